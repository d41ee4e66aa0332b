"""How each request shows who asks: a bearer token that is fetched, or two static tokens.

avidxchange.md 2.3 and 4. Tokens live in memory only. Bodies of token requests and of their answers
never reach an error, a log or a trace: a token service has been seen echoing credentials.
"""

from __future__ import annotations

import base64
import dataclasses
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Protocol
from urllib.parse import quote_plus, urlencode

from core.avidxchange.connection import (
    CLIENT_SECRET,
    COMPANY_TOKEN,
    SYSTEM,
    USER_TOKEN,
    AvidConnection,
)
from core.avidxchange.faults import Fault, pause_of
from core.avidxchange.profile import Profile
from core.avidxchange.values import Members, parse_json
from core.errors import AppError, AuthError, TransientError
from core.http import Reply, Transport
from core.ports import Clock
from core.redaction import SecretRegister
from core.words import area

say = area(__name__)

_SHORT_S = 2  # a token that lives no longer is waited out (avidxchange.md 2.3)
_NO_LIMIT_S = 3600.0
_OAUTH_WORDS = frozenset(
    {
        "invalid_client",
        "invalid_grant",
        "invalid_request",
        "invalid_scope",
        "unauthorized_client",
        "unsupported_grant_type",
    }
)

Secret = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Grant:
    """Headers that show who asks; never shown in a text of this object."""

    headers: Mapping[str, str] = field(repr=False)
    token: str = field(default="", repr=False)


class Credentials(Protocol):
    """What the transport needs to know of the kind of sign-in."""

    def mark(self) -> int:
        """What tells `grant` since when the request has waited."""
        ...

    def grant(self, since: int | None = None) -> Grant:
        """Headers for one request; `since` is the `mark` of when it began to wait.

        Raises:
            AuthError: AUT-01, refused or not set. TransientError: no token now; `was_sent` is
                False, because the request it was for has not gone out.
        """
        ...

    def refused(self, grant: Grant) -> bool:
        """Take note of a 401; True when one more attempt makes sense, False when it is final."""
        ...

    def accepted(self, grant: Grant) -> None:
        """Take note of an answer other than 401."""
        ...


class StaticTokens:
    """Company token and user token on every call; a 401 is final (avidxchange.md 4)."""

    def __init__(self, profile: Profile, secret: Secret, register: SecretRegister) -> None:
        self._auth = profile.auth
        self._secret = secret
        self._register = register

    def mark(self) -> int:
        """Nothing is fetched, so nothing is to be marked."""
        return 0

    def grant(self, since: int | None = None) -> Grant:
        """Both headers; raises AuthError when a token is not set."""
        del since
        headers = {}
        for header, name in (
            (self._auth.company_token_header, COMPANY_TOKEN),
            (self._auth.user_token_header, USER_TOKEN),
        ):
            headers[header] = _known_secret(self._secret, self._register, name)
        return Grant(headers)

    def refused(self, grant: Grant) -> bool:
        """Always final."""
        del grant
        return False

    def accepted(self, grant: Grant) -> None:
        """Nothing to note."""


class TokenSource:
    """A bearer token by OAuth2 client credentials; one token request at a time."""

    def __init__(
        self,
        http: Transport,
        connection: AvidConnection,
        profile: Profile,
        *,
        secret: Secret,
        register: SecretRegister,
        clock: Clock,
    ) -> None:
        self._http = http
        self._connection = connection
        self._profile = profile
        self._secret = secret
        self._register = register
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._renew_at = 0.0
        self._refused_token = ""
        self._rounds = 0
        self._failure: AppError | None = None

    def mark(self) -> int:
        """How many token requests have ended."""
        return self._rounds

    def grant(self, since: int | None = None) -> Grant:
        """The token that lives, or a new one; whoever waited for a failed request shares it."""
        seen = self._rounds if since is None else since
        # A short wait again and again, so that a stop ends the wait for another thread's request.
        while not self._lock.acquire(timeout=0.1):
            self._clock.wait(0)
        try:
            if not self._token or self._clock.monotonic() >= self._renew_at:
                if self._failure is not None and self._rounds > seen:
                    raise dataclasses.replace(self._failure)
                self._renew()
            return Grant({"Authorization": f"Bearer {self._token}"}, self._token)
        finally:
            self._lock.release()

    def refused(self, grant: Grant) -> bool:
        """Final only when two different tokens were refused in a row (avidxchange.md 10.9)."""
        with self._lock:
            if self._token == grant.token:
                self._token = ""
            elif self._refused_token != grant.token:
                return True  # an older token; the present one has not been tried
            is_second = bool(self._refused_token) and self._refused_token != grant.token
            self._refused_token = grant.token
            return not is_second

    def accepted(self, grant: Grant) -> None:
        """The token is good, so an earlier refusal counts no more."""
        del grant
        if self._refused_token:
            with self._lock:
                self._refused_token = ""

    def _renew(self) -> None:
        """Fetch a token; the lock is held."""
        self._failure = None
        try:
            lifetime = self._fetch()
            if lifetime is not None and lifetime <= _SHORT_S:
                self._clock.wait(lifetime + 1)
                self._fetch()
        except AppError as error:
            # Whatever happened here, the request that needed the token has not gone out.
            error.was_sent = False
            self._failure, self._token = error, ""
            raise
        finally:
            self._rounds += 1

    def _fetch(self) -> float | None:
        """One token request; returns the seconds left, None when the answer does not tell."""
        asked_at = self._clock.monotonic()
        headers, form = self._request()
        try:
            reply = self._http.exchange(
                "POST",
                self._connection.token_url,
                headers=headers,
                body=urlencode(form).encode(),
                timeout_s=self._profile.retry.timeouts.token or _NO_LIMIT_S,
                is_write=True,
            )
        except TransientError:
            raise
        except AppError as error:
            if error.code == "CFG-01":
                raise
            raise _failed(say("its_answer_was_cut_or_too_large"), error.status) from None
        members = _answer_of(reply)
        token = members.get("access_token")
        if not isinstance(token, str) or not token.strip():
            raise _failed(say("the_answer_holds_no_token"), reply.status)
        self._register.register(token, rotates=True)
        lifetime = _lifetime(members.get("expires_in"))
        self._token = token
        self._renew_at = float("inf")
        if lifetime is not None:
            early = min(self._profile.auth.skew_seconds, lifetime / 10)
            self._renew_at = asked_at + lifetime - early
        return lifetime

    def _request(self) -> tuple[dict[str, str], dict[str, str]]:
        """Headers and form of a token request."""
        auth = self._profile.auth
        client, secret = self._connection.client_id, self._client_secret()
        form = {"grant_type": "client_credentials"}
        if self._connection.scope:
            form["scope"] = self._connection.scope
        form |= auth.token_form
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/x-www-form-urlencoded",
        }
        if auth.token_client_auth != "basic":  # noqa: S105 - a way, not a secret
            return headers, form | {"client_id": client, "client_secret": secret}
        pair = (quote_plus(client), quote_plus(secret)) if auth.basic_encode else (client, secret)
        basic = base64.b64encode(":".join(pair).encode()).decode()
        self._register.register(basic)
        return headers | {"Authorization": f"Basic {basic}"}, form

    def _client_secret(self) -> str:
        return _known_secret(self._secret, self._register, CLIENT_SECRET)


def _known_secret(secret: Secret, register: SecretRegister, name: str) -> str:
    """The secret, registered for redaction.

    Raises:
        AuthError: AUT-01, it is not set.
    """
    value = secret(name)
    if not value:
        raise AuthError("AUT-01", say("the_secret_is_not_set", name=name), SYSTEM, detail=name)
    register.register(value)
    return value


def _answer_of(reply: Reply) -> Members:
    """The members of a token answer, or the error that it stands for; nothing is quoted."""
    try:
        payload: Any = parse_json(reply.body)
    except ValueError:
        payload = None
    members = Members(payload if isinstance(payload, dict) else {})
    status = reply.status
    if status == HTTPStatus.OK and isinstance(payload, dict):
        return members
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        access = members.get("nextAccessTime")
        fault = Fault(next_access=access if isinstance(access, str) else "")
        raise TransientError(
            "RAT-01",
            say("the_token_service_asked_to_wait"),
            SYSTEM,
            retry_after_s=pause_of(reply, fault, now=datetime.now(UTC)),
            status=status,
        )
    is_client_error = HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR
    if is_client_error and status != HTTPStatus.REQUEST_TIMEOUT:
        word = members.get("error")
        shown = f" ({word})" if isinstance(word, str) and word in _OAUTH_WORDS else ""
        why = say("the_token_service_answered", status=status, shown=shown)
        raise AuthError("AUT-01", why, SYSTEM, status=status, request_id=reply.request_id)
    raise _failed(say("the_answer_is_no_token"), status)


def _failed(what: str, status: int | None) -> TransientError:
    """No token; only a status that is an error by itself is kept, as it decides on a repeat."""
    return TransientError(
        "NET-01",
        say("the_token_service_answered_2", status=status or "nothing", what=what),
        SYSTEM,
        status=status if status and status >= HTTPStatus.BAD_REQUEST else None,
        title=say("no_token_was_given"),
    )


def _lifetime(value: Any) -> float | None:
    """`expires_in` as number or text, never negative; None when it tells nothing."""
    if isinstance(value, bool):
        return None
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, seconds) if seconds == seconds else None  # noqa: PLR0124 - not NaN
