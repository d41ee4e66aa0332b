"""The doctor's checks of AvidXchange after the way to it: sign-in, organisation, data, clock."""

from __future__ import annotations

import dataclasses
import time
from datetime import UTC, datetime
from pathlib import Path

from core.clients import Clients
from core.doctor import AVIDXCHANGE, Note, Probe
from core.errors import AppError, AuthError, TransientError
from core.probes_network import Way, ways
from core.probes_x3 import clock_note, time_note
from core.settings import Settings
from core.words import area

say = area(__name__)

_TIMEOUT_S = 10.0
_ASKED = 3
_BAD_REQUEST, _UNAUTHORIZED, _FORBIDDEN = 400, 401, 403
_SET = say("set_the_credentials_again_connections")


class AvidChecks:
    """The checks of one workspace's AvidXchange; each method is one, and asks when called."""

    def __init__(self, clients: Clients, settings: Settings) -> None:
        self._ap = clients.ap
        self._settings = settings.avidxchange
        timeout_s = clients.avid_profile.retry.timeouts.connect
        self._timeout_s = float(timeout_s) or _TIMEOUT_S
        self._took: list[float] = []
        self._ahead: list[float | None] = []
        self._groups = 0

    def ways(self, ca_file: Path | None) -> list[Way]:
        """The servers of this side: the service, and where tokens come from."""
        avid = self._settings
        first = Way(AVIDXCHANGE, avid.base_url, "avidxchange.base_url", ca_file, self._timeout_s)
        token_url = avid.token_url if self._has_token else ""
        return ways(first, token_url, "avidxchange.token_url", say("the_token_service"))

    def probes(self) -> list[Probe]:
        """The checks in the order in which one builds on the other."""
        checks = [
            ("sign-in", self.check_sign_in),
            ("organisation", self.check_organisation),
            (say("code_groups"), self.check_groups),
            ("clock", self.check_clock),
            (say("answer_time"), self.check_answer_time),
        ]
        return [Probe(AVIDXCHANGE, name, run, lambda: self.facts) for name, run in checks]

    @property
    def facts(self) -> tuple[str, ...]:
        """What IT or AvidXchange needs to know of this connection."""
        avid = self._settings
        who = f"client {avid.client_id}" if self._has_token else say("company_token_and_user_token")
        lines = [
            say("server", base_url=avid.base_url),
            say("signs_in_as_company", who=who, company_id=avid.company_id),
        ]
        if self._has_token:
            lines.append(say("token_service", token_url=avid.token_url))
        return tuple(lines)

    @property
    def _has_token(self) -> bool:
        return self._settings.auth == "client_credentials"

    def check_sign_in(self) -> None:
        """A token is given; with static tokens, both are set."""
        try:
            self._ap.sign_in()
        except AuthError as error:
            if error.code == "AUT-01":
                raise self._refused(error) from None
            raise
        except TransientError as error:
            raise self._failed(error) from None

    def check_organisation(self) -> None:
        """AvidXchange takes the sign-in for this company id."""
        try:
            self._ask()
        except AuthError as error:
            raise self._refused_company(error) from None
        except TransientError as error:
            raise self._failed(error) from None

    def check_groups(self) -> Note | None:
        """There are code groups, without which no account can be mapped."""
        if self._groups:
            return None
        return Note(
            say("avidxchange_shows_no_code_groups_so"),
            say("ask_avidxchange_to_set_up_the"),
            "CFG-01",
        )

    def check_clock(self) -> Note | None:
        """Both clocks agree within a minute; bookmarks depend on AvidXchange's."""
        while len(self._took) < _ASKED:
            self._ask()
        return clock_note("AvidXchange", self._ahead)

    def check_answer_time(self) -> Note:
        """The longest of three answers."""
        return time_note("AvidXchange", self._took)

    def _ask(self) -> None:
        began = time.monotonic()
        page = self._ap.first_page("code_group")
        took_s = time.monotonic() - began
        self._groups = len(page.rows)
        self._took.append(took_s)
        at = page.server_time
        ahead_s = (at - datetime.now(UTC)).total_seconds() + took_s / 2 if at else None
        self._ahead.append(ahead_s)

    def _refused(self, error: AuthError) -> AuthError:
        """No token: client id and secret, or what the token service says of the request."""
        if error.status is None:
            return error
        avid = self._settings
        why = say("avidxchanges_token_service_refuses_the", client_id=avid.client_id, why=error.why)
        fix = say(
            "check_avidxchange_client_id_too", set=_SET.format(name="avidxchange.client_secret")
        )
        if error.status == _BAD_REQUEST:
            fix = say("check_avidxchange_scope_and_ask")
        return dataclasses.replace(error, why=why, fix=fix)

    def _refused_company(self, error: AuthError) -> AuthError:
        """The sign-in was taken and the company was not, or static tokens were refused."""
        avid = self._settings
        if error.status == _FORBIDDEN and error.code == "AUT-01":
            why = say(
                "avidxchange_company_id_is_not_open_to", company_id=avid.company_id, why=error.why
            )
            fix = say("correct_avidxchange_company_id_or_ask")
            return dataclasses.replace(error, why=why, fix=fix)
        if error.status == _UNAUTHORIZED:
            names = say("avidxchange_company_token_and")
            fix = _SET.format(name="avidxchange.client_secret" if self._has_token else names)
            return dataclasses.replace(error, fix=fix)
        return error

    def _failed(self, error: TransientError) -> AppError:
        """A server that is reached and does not do its work."""
        if error.status is None or error.code != "NET-01":
            return error
        fix = say("it_is_on_avidxchanges_side_look_at")
        return dataclasses.replace(error, fix=fix)
