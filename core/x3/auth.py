"""How requests to X3 are signed; an `Auth` never shows a secret in an error or its repr."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from core.errors import AuthError
from core.words import area

say = area(__name__)


class Auth(Protocol):
    """Signs requests; used from several threads at once."""

    def header(self) -> str:
        """The value of `Authorization` for a request that is sent now.

        Raises:
            AuthError: there is no valid sign-in; nothing may be sent.
        """
        ...

    def renew(self, refused: str) -> bool:
        """After a 401 in answer to `refused`: whether another header may be tried, once."""
        ...

    def note_server_time(self, at: datetime) -> None:
        """Learn the server's clock from the `Date` of an answer."""
        ...


class BasicAuth:
    """User and password on every request (sage-x3.md 4.1); a refusal is final, accounts may lock.

    `password` is asked for each header, so that a changed one is used at once and none is kept.
    What was refused is not tried again; the engine sends the first request of a run alone.
    """

    def __init__(self, username: str, password: Callable[[], str]) -> None:
        self._username = username
        self._password = password
        self._refused = ""

    def header(self) -> str:
        """`Basic` with user and password in UTF-8; AuthError when exactly these were refused."""
        signature = self._signature()
        if signature == self._refused:
            raise AuthError("AUT-01", say("x3_refused_this_user_and_password_they"), "x3")
        return signature

    def _signature(self) -> str:
        pair = f"{self._username}:{self._password()}"
        return "Basic " + base64.b64encode(pair.encode()).decode("ascii")

    def renew(self, refused: str) -> bool:
        """Never: a second try could lock the account."""
        self._refused = refused
        return False

    def note_server_time(self, at: datetime) -> None:
        """Nothing to learn: Basic has no clock."""
        del at
