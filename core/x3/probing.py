"""What the doctor asks of X3 beside set-up: who it lets in, which folder it is, what it publishes.

Reads only, each asked once. An error names the setting that is to blame, as far as X3's answer
tells; what a check is called and what follows from it is the doctor's.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from core.errors import AppError, AuthError, ConfigError, RemoteRefused, Unreadable
from core.words import area
from core.x3.answers import FORBIDDEN, OK
from core.x3.api1 import Api1Reader
from core.x3.client import X3Client
from core.x3.profile import Entity, Profile
from core.x3.transport import Answer

say = area(__name__)

_LONGEST_READ_S = 30.0
_ROWS = 1000
_TOKEN_TEXT = re.compile(r"Error (\d+): ")
_SET = say("set_the_credentials_again_connections")


@dataclass(frozen=True, slots=True)
class SignIn:
    """How this workspace signs in to X3, as the settings have it; holds no secret."""

    kind: str
    username: str = ""
    client_id: str = ""
    audience: str = ""


@dataclass(frozen=True, slots=True)
class Timed:
    """An answer's time in seconds, and by how many seconds X3's clock is ahead of this one.

    `ahead_s` is None when the answer had no date; it is exact to a second.
    """

    took_s: float
    ahead_s: float | None


def asked_once(profile: Profile) -> Profile:
    """The profile for checks: nothing is asked again, and no answer is waited for over 30 s."""
    times = profile.times.model_copy(update={"read_retry_s": (), "busy_read_s": ()})
    most_s = min(profile.limits.read_timeout_s, _LONGEST_READ_S)
    limits = profile.limits.model_copy(update={"read_timeout_s": most_s})
    return profile.model_copy(update={"times": times, "limits": limits})


class Probing:
    """Questions to one endpoint; made from a client, whose sign-in and transport it shares."""

    def __init__(self, client: X3Client, sign_in: SignIn) -> None:
        self._client = client
        self._profile = client.wire.profile
        self._reader = Api1Reader(client.wire)
        self._sign_in = sign_in

    # --- who and where ---------------------------------------------------------------------

    def ask(self) -> Timed:
        """One small read.

        Raises:
            AuthError: AUT-01 or AUT-02, in the words of the kind of sign-in.
            ConfigError: the endpoint or the class is not known. AppError: as any read.
        """
        try:
            answer = self._page("company", count=1)
        except AuthError as error:
            raise self._refused(error) from None
        except Unreadable as error:
            raise _no_data(error) from None
        heard, reply = datetime.now(UTC), answer.reply
        if reply.server_time is None:
            return Timed(reply.took_s, None)
        return Timed(reply.took_s, (reply.server_time - heard).total_seconds() + reply.took_s / 2)

    def endpoints(self) -> tuple[str, ...]:
        """The endpoints the server tells of; may be empty."""
        return self._client.set_up.endpoints()

    def folder(self) -> dict[str, str]:
        """What makes this folder itself: `company CODE` -> name, `site CODE` -> its company.

        Sites are left out where X3 does not publish them.
        """
        found = self._facts("company", "code", "name")
        try:
            return found | self._facts("site", "code", "company")
        except (ConfigError, RemoteRefused):
            return found

    # --- what is published -----------------------------------------------------------------

    def check_publication(self, name: str) -> None:
        """X3 serves this publication.

        Raises:
            ConfigError: CFG-01 with X3's own text. AppError: as any read over SOAP.
        """
        try:
            self._client.writer.describe(name)
        except Unreadable as error:
            raise _no_data(error) from None

    def first_invoice(self) -> str:
        """The number of any invoice, to look at over SOAP; empty when X3 shows none."""
        rows = _rows(self._page("invoice", count=1))
        name = _property(self._profile.entity["invoice"], "number")
        return str(rows[0].get(name) or "").strip() if rows else ""

    def approval_block(self, number: str, *, second: bool) -> str:
        """The screen block that holds PAZ in this invoice's publication; empty when none does."""
        return self._client.set_up.invoice_group(number, second=second)

    # --- inside ----------------------------------------------------------------------------

    def _page(self, entity: str, *, count: int) -> Answer:
        return self._reader.rows(entity, self._profile.entity[entity].where, count=count)

    def _facts(self, entity: str, key: str, value: str) -> dict[str, str]:
        shape = self._profile.entity[entity]
        code, told = _property(shape, key), _property(shape, value)
        return {
            f"{entity} {row[code]}": str(row.get(told) or "").strip()
            for row in _rows(self._page(entity, count=_ROWS))
            if isinstance(row.get(code), str) and row[code].strip()
        }

    def _refused(self, error: AuthError) -> AuthError:
        """A refusal with what it means for this kind of sign-in (sage-x3.md 4)."""
        who = self._sign_in
        if error.status is None or error.code != "AUT-01":
            return error  # our own side or the gateway says so: expired, or rests now
        if who.kind == "basic":
            why = say(
                "x3_refuses_the_user_with_its_password",
                username=who.username,
                quoted=_quoted(error.why),
            )
            fix = say("if_they_are_right_ask_it_whether", set=_SET.format(name="x3.password"))
            return _with(error, why, fix)
        if who.kind == "connected_app":
            return _with(error, *_token_refused(error, who))
        fix = say("sign_in_again_connections_or_secret_set")
        return _with(error, say("x3_refuses_the_access_token", quoted=_quoted(error.why)), fix)


def _token_refused(error: AuthError, who: SignIn) -> tuple[str, str]:
    """(why, fix) of a refused token of a connected application, by X3's number (4.2)."""
    found = _TOKEN_TEXT.search(error.why)
    number, said = (found[1] if found else ""), _quoted(error.why)
    if number == "41":
        why = say("x3_does_not_know_the_client_id", client_id=who.client_id, said=said)
        return why, say("correct_x3_client_id_to_that_of")
    if number == "42":
        why = say("the_connected_application_may_not_act", username=who.username, said=said)
        return why, say("correct_x3_username_or_have_the_user")
    if number == "45":
        why = say("the_audience_is_not_the_address", audience=who.audience, said=said)
        return why, say("copy_the_connected_applications_address")
    why = say("x3_refuses_the_signature_of_the", said=said)
    fix = say("if_the_secret_is_right_ask_it", set=_SET.format(name="x3.client_secret"))
    return why, fix


def _quoted(text: str) -> str:
    return f"“{text.strip()}”." if text.strip() else say("no_reason_given")


def _with(error: AuthError, why: str, fix: str) -> AuthError:
    return dataclasses.replace(error, why=why, fix=fix, detail=f"HTTP status {error.status}")


def _no_data(error: Unreadable) -> Unreadable:
    """An answer that is a page for people, or nothing at all."""
    if "html" in error.why:
        why = say("the_address_answers_with_a_web_page", why=error.why)
        fix = say("check_x3_base_url_if_it_is")
    else:
        why, fix = error.why, say("check_x3_base_url_ask_it_what")
    return dataclasses.replace(error, why=why, fix=fix, detail=f"HTTP status {error.status}")


def is_right_missing(error: AppError) -> bool:
    """Whether X3 lets the user in and not at this class."""
    return isinstance(error, ConfigError) and error.status == FORBIDDEN


def is_answered(error: AppError) -> bool:
    """Whether X3 itself refused a publication, so that SOAP works as such."""
    return error.status == OK and isinstance(error, ConfigError | RemoteRefused)


def _rows(answer: Answer) -> list[Mapping[str, Any]]:
    listed = answer.table.get("$resources")
    return [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else []


def _property(shape: Entity, name: str) -> str:
    field = shape.field(name)
    return field.path.property_name if field is not None else ""
