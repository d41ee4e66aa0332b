"""One request to the gateway's token endpoint, and what its answer means (sage-x3.md 4.3).

Bodies of requests and answers never reach an error or a log: they hold secrets. Nothing is asked
twice here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit, urlunsplit

import jwt

from core.errors import AppError, AuthError, ConfigError, TransientError, Unreadable
from core.http import Reply, Transport
from core.redaction import SecretRegister
from core.settings import is_loopback
from core.words import area
from core.x3.answers import retry_after

say = area(__name__)

ACCESS_LIFE_S = 300.0  # what the contract says where an answer does not
REFRESH_LIFE_S = 2_592_000.0
_LONGEST_LIFE_S = 315_360_000.0
_FEWEST_LABELS = 2  # of a domain that somebody owns
_GRANT, _CLIENT = "invalid_grant", "invalid_client"
_OTHER_WORDS = frozenset(
    {
        "invalid_request",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
        "access_denied",
    }
)


class GrantRefused(AuthError):
    """The code or the refresh token is not taken (any more)."""


class ClientRefused(ConfigError):
    """The gateway does not know the client id or its secret."""


class AnswerLost(TransientError):
    """The request was sent and no answer came that can be read: tokens may have been given."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Tokens as the gateway gave them; instants by our clock, counted from before the request."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    access_ends: datetime
    access_life_s: float
    refresh_ends: datetime
    root: str = ""


@dataclass(frozen=True, slots=True)
class Gateway:
    """What settings and profile say of a gateway; holds no secret."""

    token_url: str
    client_id: str
    body: Literal["json", "form"] = "json"
    timeout_s: float = 30.0


class TokenEndpoint:
    """Asks for tokens; may be used from any number of threads.

    `secret` gives the client's. `root` of a call is the regional root that a sign-in named.
    """

    def __init__(
        self,
        gateway: Gateway,
        transport: Transport,
        *,
        secret: Callable[[], str],
        register: SecretRegister,
        now: Callable[[], datetime],
    ) -> None:
        self.gateway = gateway
        self._transport = transport
        self._secret = secret
        self._register = register
        self._now = now

    def refreshed(self, refresh: str, root: str) -> Pair:
        """A new pair for a refresh token. Raises as `_granted`."""
        return self._granted({"grant_type": "refresh_token", "refresh_token": refresh}, root)

    def exchanged(self, code: str, redirect_uri: str, verifier: str, root: str) -> Pair:
        """The first pair of a sign-in for its code. Raises as `_granted`."""
        self._register.register(code, rotates=True)
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        return self._granted(asked, root)

    def _granted(self, asked: Mapping[str, str], root: str) -> Pair:
        """The pair of one request.

        Raises:
            GrantRefused: AUT-02. ClientRefused, ConfigError: CFG-01, naming what to correct.
            AnswerLost: NET-01, sent without a readable answer.
            TransientError: NET-01 or RAT-01; not sent, or the server failed (`was_sent`).
        """
        gateway = self.gateway
        url = rooted(gateway.token_url, root)
        members = {**asked, "client_id": gateway.client_id, "client_secret": self._secret()}
        is_json = gateway.body == "json"
        kind = "application/json" if is_json else "application/x-www-form-urlencoded"
        body = json.dumps(members) if is_json else urlencode(members)
        headers = {"Accept": "application/json", "Content-Type": kind}
        at = self._now()
        try:
            reply = self._transport.exchange(
                "POST",
                url,
                headers=headers,
                body=body.encode(),
                timeout_s=gateway.timeout_s,
                is_write=True,  # never on a connection that may be dead, and never twice
            )
        except (TransientError, Unreadable) as error:
            if not error.was_sent:
                raise
            raise _lost(error) from None
        table = _table(reply)
        if reply.status != HTTPStatus.OK:
            raise _refusal(reply, table)
        pair = self._pair(table, at, root, asked.get("refresh_token", ""))
        if pair is None:
            raise _lost(_unreadable(reply))
        return pair

    def _pair(self, table: Mapping[str, Any], at: datetime, root: str, old: str) -> Pair | None:
        """Tokens and lives of an answer, registered for redaction; None where one is missing.

        A gateway that gives no new refresh token means that the old one goes on (RFC 6749, 6).
        """
        access, refresh = table.get("accesstoken"), table.get("refreshtoken") or old
        if not isinstance(access, str) or not access or not isinstance(refresh, str) or not refresh:
            return None
        for token in (access, refresh):
            self._register.register(token, rotates=True)
        life_s = _seconds(table.get("expiresin")) or _life_of(access) or ACCESS_LIFE_S
        rest_s = _seconds(table.get("refreshexpiresin"))
        ends = ends_of(refresh, at) if rest_s is None else at + timedelta(seconds=rest_s)
        return Pair(access, refresh, at + timedelta(seconds=life_s), life_s, ends, root)


def ends_of(refresh: str, at: datetime) -> datetime:
    """When a refresh token ends: as it says itself, else 30 days after `at`."""
    ends = _claim(refresh, "exp")
    if ends is None:
        return at + timedelta(seconds=REFRESH_LIFE_S)
    return datetime.fromtimestamp(ends, UTC)


def rooted(token_url: str, root: str) -> str:
    """The token address under the regional root that a sign-in named.

    Raises:
        ConfigError: CFG-01, the root is no https address of the gateway's own domain; the client's
            secret must not go there.
    """
    if not root:
        return token_url
    at, own = urlsplit(root), urlsplit(token_url)
    host, home = (at.hostname or "").lower(), (own.hostname or "").lower()
    is_here = is_loopback(host) and is_loopback(home)
    if not is_here and (at.scheme != "https" or not _is_kin(host, home)):
        why = say("the_gateway_named_for_its_tokens_which", host=host or say("no_host"), home=home)
        raise ConfigError("CFG-01", why, "x3", fix=say("check_x3_token_url_and_x3_authorize"))
    prefix = at.path.rstrip("/")
    path = own.path if own.path.startswith(f"{prefix}/") else prefix + own.path
    return urlunsplit((at.scheme, at.netloc, path, own.query, ""))


def _is_kin(host: str, home: str) -> bool:
    """Whether a host belongs to the domain in which the gateway stands."""
    labels = home.split(".")
    domain = ".".join(labels[1:]) if len(labels) > _FEWEST_LABELS else home
    return host in (home, domain) or host.endswith(f".{domain}")


def _table(reply: Reply) -> dict[str, Any]:
    """The members of an answer, names without case and underscores; empty when it is no object."""
    try:
        found = json.loads(reply.body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(name).replace("_", "").lower(): value for name, value in found.items()}


def _refusal(reply: Reply, table: Mapping[str, Any]) -> AppError:
    """The error that a status other than 200 stands for; nothing of the answer is quoted."""
    status, word = reply.status, str(table.get("error", ""))
    shared: dict[str, Any] = {"status": status, "request_id": reply.request_id, "was_sent": True}
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        why = say("the_gateway_asked_to_wait_before_it")
        return TransientError("RAT-01", why, "x3", retry_after_s=retry_after(reply), **shared)
    if status < HTTPStatus.BAD_REQUEST:
        why = say("the_gateway_answered_without_a_token", status=status)
        return ConfigError("CFG-01", why, "x3", fix=say("check_x3_token_url"), **shared)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        why = say("the_gateway_answered_when_a_token_was", status=status)
        pause_s = retry_after(reply)
        return TransientError("NET-01", why, "x3", retry_after_s=pause_s, **shared)
    if word == _GRANT:
        return GrantRefused("AUT-02", say("the_gateway_refused_it_invalid_grant"), "x3", **shared)
    if word == _CLIENT or status == HTTPStatus.UNAUTHORIZED:
        why = say("the_gateway_does_not_take_x3_client")
        fix = say("correct_x3_client_id_or_set_x3")
        return ClientRefused("CFG-01", why, "x3", fix=fix, detail="x3.client_id", **shared)
    shown = f" ({word})" if word in _OTHER_WORDS else ""
    why = say("the_gateway_answered_when_a_token_was_2", status=status, shown=shown)
    fix = say("check_x3_token_url_x3_client_id")
    return ConfigError("CFG-01", why, "x3", fix=fix, detail="x3.token_url", **shared)


def _lost(error: AppError) -> AnswerLost:
    return AnswerLost(
        "NET-01",
        error.why,
        "x3",
        was_sent=True,
        status=error.status,
        request_id=error.request_id,
        title=say("no_token_was_given"),
    )


def _unreadable(reply: Reply) -> AppError:
    why = say("the_gateways_answer_holds_no_pair_of")
    return Unreadable("NET-01", why, "x3", status=reply.status, request_id=reply.request_id)


def _seconds(value: Any) -> float | None:
    """A life as number or text; None when it tells nothing."""
    if isinstance(value, bool):
        return None
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return seconds if 0 < seconds <= _LONGEST_LIFE_S else None


def _life_of(token: str) -> float | None:
    """How long a token lives by its own words, `exp` less `iat`."""
    begins, ends = _claim(token, "iat"), _claim(token, "exp")
    return None if begins is None or ends is None else _seconds(ends - begins)


def _claim(token: str, name: str) -> float | None:
    """A number that a token says of itself; it is not proven here, the gateway judges it."""
    try:
        value = jwt.decode(token, options={"verify_signature": False}).get(name)
    except jwt.InvalidTokenError:
        return None
    return _instant(value)


def _instant(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 < value < 1e11 else None  # noqa: PLR2004 - beyond what a date can hold
