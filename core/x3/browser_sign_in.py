"""A person's sign-in in the browser, caught on this computer (sage-x3.md 4.3, point 1).

Listens on 127.0.0.1 for one answer that carries our `state`; everything else is refused and changes
nothing. The code is not exchanged here, and no browser is opened.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from core.errors import AuthError, ConfigError, Stopped
from core.redaction import SecretRegister
from core.words import area

say = area(__name__)

PATH = "/callback"
LONGEST_S = 300.0
_HOST = "127.0.0.1"
_RANDOM_BYTES = 32
_MOST_BYTES = 65_536
_SILENCE_S = 5.0
_LOOK_S = 0.2
_PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Crossfoot</title></head>'
    "<body><h1>{title}</h1><p>{text}</p></body></html>"
)
_DONE = (say("crossfoot_has_what_it_needs"), say("you_can_close_this_window"))
_REFUSED = (say("this_is_not_the_sign_in_that"), say("begin_again_in_crossfoot"))
_NOT_HERE = (say("there_is_nothing_here"), say("you_can_close_this_window"))


@dataclass(frozen=True, slots=True)
class AuthorizePage:
    """Where a browser signs in, by settings and profile; holds no secret."""

    url: str
    client_id: str
    scope: str
    customer: str


@dataclass(frozen=True, slots=True)
class Callback:
    """What the gateway called back with; `error` is its word when the person was not let in."""

    code: str = field(default="", repr=False)
    root: str = ""
    error: str = ""


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = False  # nobody else shall listen on our port

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that breaks off is nothing to tell."""


class BrowserSignIn:
    """One sign-in from the address to open until its code; listens from `begin` until `close`.

    Any thread may `paste` or `cancel` while one waits.
    """

    def __init__(self, page: AuthorizePage, register: SecretRegister) -> None:
        self._page = page
        self._state = secrets.token_urlsafe(_RANDOM_BYTES)
        self.verifier = secrets.token_urlsafe(_RANDOM_BYTES)
        for value in (self._state, self.verifier):
            register.register(value, rotates=True)
        self._register = register
        self._lock = threading.Lock()
        self._answered = threading.Event()
        self._callback: Callback | None = None
        self._is_cancelled = False
        self._server = _Listener((_HOST, 0), _handler(self))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": _LOOK_S}, daemon=True
        )
        self._thread.start()

    @property
    def redirect_uri(self) -> str:
        """Where the gateway calls back."""
        return f"http://{_HOST}:{self._server.server_address[1]}{PATH}"

    @property
    def address(self) -> str:
        """What the browser opens."""
        page = self._page
        challenge = hashlib.sha256(self.verifier.encode("ascii")).digest()
        asked = {
            "client_id": page.client_id,
            "scope": page.scope,
            "customer": page.customer,
            "redirect_uri": self.redirect_uri,
            "state": self._state,
            "response_type": "code",
            "code_challenge": base64.urlsafe_b64encode(challenge).decode("ascii").rstrip("="),
            "code_challenge_method": "S256",
        }
        parts = urlsplit(page.url)
        query = "&".join(filter(None, (parts.query, urlencode(asked))))
        return urlunsplit(parts._replace(query=query))

    def wait(self, timeout_s: float, wait: Callable[[float], None]) -> Callback:
        """The callback with its code. `wait` sleeps for seconds and may raise `Stopped`.

        Raises:
            AuthError: AUT-02, nobody signed in within the time, or the gateway let nobody in.
            Stopped: it was cancelled.
        """
        end = time.monotonic() + timeout_s
        while not self._answered.is_set():
            if time.monotonic() >= end:
                why = say("nobody_signed_in_within_seconds", timeout_s=timeout_s)
                raise AuthError("AUT-02", why, "x3", title=say("the_sign_in_was_not_finished"))
            wait(_LOOK_S)
        if self._is_cancelled or self._callback is None:
            raise Stopped
        if self._callback.error:
            why = say("the_gateway_let_nobody_in", error=self._callback.error)
            raise AuthError("AUT-01", why, "x3", fix=say("allow_crossfoot_on_the_gateways_page"))
        return self._callback

    def paste(self, text: str) -> None:
        """Take a code, or the whole address of the page that the browser ended on.

        Raises:
            ConfigError: CFG-01, there is no code in it, or it belongs to another sign-in.
        """
        given = text.strip()
        members = {"code": given, "state": self._state}
        if urlsplit(given).scheme in ("http", "https"):
            members = dict(parse_qsl(urlsplit(given).query))
        elif "state=" in given:
            members = dict(parse_qsl(given.lstrip("?")))
        if any(sign.isspace() for sign in given) or not self.take(members):
            raise ConfigError(
                "CFG-01",
                say("this_holds_no_code_of_the_sign"),
                "x3",
                title=say("the_code_was_not_taken"),
                fix=say("copy_the_code_or_the_whole_address"),
            )

    def take(self, members: Mapping[str, str]) -> bool:
        """Whether these are the members of our callback; the first ones that are end the wait."""
        if not hmac.compare_digest(members.get("state", "").encode(), self._state.encode()):
            return False
        code = members.get("authorizationCode") or members.get("code") or ""
        error = members.get("error", "")
        if not code and not error:
            return False
        self._register.register(code, rotates=True)
        with self._lock:
            if self._callback is None:
                word = "".join(sign for sign in error if sign.isalnum() or sign in "_-")[:60]
                root = members.get("endpoint", "")
                self._callback = Callback(code, root, "" if code else word or "refused")
        self._answered.set()
        return True

    def cancel(self) -> None:
        """End the wait; who waits gets `Stopped`."""
        self._is_cancelled = True
        self._answered.set()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(sign_in: BrowserSignIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One request of a browser; says nothing about this program's version or its time."""

        timeout: ClassVar[float] = _SILENCE_S
        server_version = "Crossfoot"
        sys_version = ""

        def do_GET(self) -> None:
            self._judge(urlsplit(self.path).query)

        def do_POST(self) -> None:
            size = self.headers.get("Content-Length", "")
            if not (size.isascii() and size.isdigit()) or int(size) > _MOST_BYTES:
                self._answer(HTTPStatus.BAD_REQUEST, _REFUSED)
                return
            self._judge(self.rfile.read(int(size)).decode("utf-8", "replace"))

        def _judge(self, form: str) -> None:
            if urlsplit(self.path).path != PATH:
                self._answer(HTTPStatus.NOT_FOUND, _NOT_HERE)
            elif sign_in.take(dict(parse_qsl(form))):
                self._answer(HTTPStatus.OK, _DONE)
            else:
                self._answer(HTTPStatus.BAD_REQUEST, _REFUSED)

        def _answer(self, status: HTTPStatus, words: tuple[str, str]) -> None:
            page = _PAGE.format(title=words[0], text=words[1]).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(page)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Referrer-Policy", "no-referrer")
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *args: object) -> None:
            """Addresses hold a code: they are not logged."""

    return Handler
