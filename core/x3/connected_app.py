"""Sign-in as a connected application: short tokens that are signed here (sage-x3.md 4.2).

The secret never leaves this computer; only tokens signed with it do. Nothing is asked of a server.
"""

from __future__ import annotations

import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from jwt.algorithms import HMACAlgorithm
from jwt.api_jws import PyJWS
from jwt.exceptions import InvalidKeyError

from core.errors import AuthError, ConfigError
from core.redaction import SecretRegister
from core.words import area

say = area(__name__)

SAFE_SECRET_BYTES = 32  # of HS256: a shorter one can be guessed from one token
_BEFORE_S, _AFTER_S = 5, 55  # iat and exp around the server's present instant
_LEAST_S = 20
_ALGORITHM = "HS256"


def _now() -> datetime:
    return datetime.now(UTC)


class _AnyLength(HMACAlgorithm):
    """HMAC that says nothing about a short key: X3 made it, and `secret_hint` tells of it."""

    def check_key_length(self, key: bytes) -> str | None:
        """Nothing to say; the library would warn at each signature."""
        del key
        return None


def _signer() -> PyJWS:
    signer = PyJWS(algorithms=[])
    signer.register_algorithm(_ALGORITHM, _AnyLength(HMACAlgorithm.SHA256))
    return signer


_SIGNER = _signer()


def secret_hint(secret: str) -> str:
    """What is to be said of a secret that is too short; empty for a good one."""
    size = len(secret.encode("utf-8"))
    if size >= SAFE_SECRET_BYTES:
        return ""
    return say(
        "the_secret_of_the_connected_application", size=size, safe_secret_bytes=SAFE_SECRET_BYTES
    )


@dataclass(frozen=True, slots=True)
class _Token:
    """A signed token; `is_second` when it was signed because the one before was refused."""

    text: str = field(repr=False)
    ends: datetime
    secret: str = field(repr=False)
    is_second: bool


class ConnectedAppAuth:
    """Signs each minute anew; two refusals in a row are final until the secret is another one.

    `secret` is asked for each header, so that a changed one is used at once. The clock is the
    server's, as far as its answers have told it.
    """

    def __init__(
        self,
        client_id: str,
        audience: str,
        username: str,
        secret: Callable[[], str],
        *,
        register: SecretRegister,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._client_id = client_id
        self._audience = audience
        self._username = username
        self._secret = secret
        self._register = register
        self._now = now
        self._lock = threading.Lock()
        self._ahead = timedelta()
        self._token: _Token | None = None
        self._was_refused = False
        self._refused_secret = ""

    def header(self) -> str:
        """`Bearer` with a token that lives 20 seconds or more.

        Raises:
            AuthError: AUT-01, X3 has refused two tokens of this secret in a row.
            ConfigError: CFG-01, the secret is not set or cannot sign.
        """
        secret = self._secret()
        with self._lock:
            if secret == self._refused_secret:
                why = say("x3_refused_the_tokens_of_this_connected")
                raise AuthError("AUT-01", why, "x3")
            token, server_now = self._token, self._now() + self._ahead
            is_good = (
                token is not None
                and token.secret == secret
                and token.ends - server_now >= timedelta(seconds=_LEAST_S)
            )
            if token is None or not is_good:
                token = self._token = self._signed(secret, server_now)
            return f"Bearer {token.text}"

    def renew(self, refused: str) -> bool:
        """Sign anew once; another thread's new token counts as that."""
        with self._lock:
            token = self._token
            if token is None or refused != f"Bearer {token.text}":
                return not self._refused_secret
            self._token = None
            if token.is_second:
                self._refused_secret = token.secret
                return False
            self._was_refused = True
            return True

    def note_server_time(self, at: datetime) -> None:
        """Correct the clock by the `Date` of an answer."""
        with self._lock:
            self._ahead = at - self._now()

    def _signed(self, secret: str, server_now: datetime) -> _Token:
        """A new token, registered for redaction; the lock is held."""
        seconds = int(server_now.timestamp())
        payload: dict[str, Any] = {"iss": self._client_id}
        if self._username:
            payload["sub"] = self._username
        payload |= {
            "aud": self._audience,
            "iat": seconds - _BEFORE_S,
            "exp": seconds + _AFTER_S,
            "jti": str(uuid.uuid4()),
        }
        body = json.dumps(payload, separators=(",", ":")).encode()
        try:
            text = _SIGNER.encode(body, secret, _ALGORITHM)
        except InvalidKeyError:
            why = say("x3_client_secret_is_a_certificate_or")
            raise ConfigError("CFG-01", why, "x3", detail="x3.client_secret") from None
        self._register.register(text, rotates=True)
        is_second, self._was_refused = self._was_refused, False
        ends = datetime.fromtimestamp(seconds + _AFTER_S, UTC)
        return _Token(text, ends, secret, is_second)
