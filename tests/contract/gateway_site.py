"""A hand-written gateway for the client's tests: it gives, renews and refuses tokens as told."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from core.http import Transport
from core.redaction import SecretRegister
from core.x3.oauth2 import Kept, OAuth2Auth
from core.x3.token_endpoint import Gateway as Told
from core.x3.token_endpoint import Pair, TokenEndpoint
from tests.contract.x3_site import Heard, Said, Site, running_site

CLIENT, SECRET = "APP-1", "client-secret-of-the-gateway"
TOKEN_PATH = "/oauth/token"
LOST = Said(status=0)


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Gateway:
    """Counts what it grants; `script` holds answers that come instead, first ones first.

    An entry `(answer, is_done)` says whether the renewal was made before the answer went wrong.
    """

    site: Site
    refresh: str = "refresh-0"
    access: str = "access-0"
    granted: int = 0
    refused: int = 0
    expires_in: Any = 300
    names: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    script: list[tuple[Said, bool]] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    codes: dict[str, str] = field(default_factory=dict)
    accepts: Callable[[str], bool] | None = None
    delay_s: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, heard: Heard) -> Said:
        if heard.path.endswith(TOKEN_PATH):
            return self.token(heard)
        bearer = heard.headers.get("Authorization", "").removeprefix("Bearer ")
        good = self.accepts(bearer) if self.accepts else bearer == self.access
        if not good:
            return Said(b"Error 50: Invalid token", status=401, kind="text/plain")
        return Said({"$itemsPerPage": 200, "$resources": [], "$links": {}})

    def token(self, heard: Heard) -> Said:
        form = _form(heard)
        with self.lock:
            self.forms.append(form)
            is_good = self._is_good(form)
            said = self.script.pop(0) if self.script else None
            if said is not None and not said[1]:
                return said[0]
            if (form["client_id"], form["client_secret"]) != (CLIENT, SECRET):
                return Said({"error": "invalid_client", "error_description": SECRET}, status=401)
            if not is_good:
                self.refused += 1
                return Said({"error": "invalid_grant", "error_description": "used"}, status=400)
            self.granted += 1
            self.refresh, self.access = f"refresh-{self.granted}", f"access-{self.granted}"
            given = {
                "access_token": self.access,
                "refresh_token": self.refresh,
                "token_type": "Bearer",
                "expires_in": self.expires_in,
                "refresh_expires_in": 2_592_000,
            }
            answer = Said(self.names(given) if self.names else given, delay_s=self.delay_s)
            return said[0] if said is not None else answer

    def _is_good(self, form: dict[str, str]) -> bool:
        if form["grant_type"] == "refresh_token":
            return form["refresh_token"] == self.refresh
        return self.codes.get(form["code"]) == form["redirect_uri"]

    @property
    def grants(self) -> list[str]:
        return [form.get("refresh_token", form.get("code", "")) for form in self.forms]


def _form(heard: Heard) -> dict[str, str]:
    if "json" in heard.headers.get("Content-Type", ""):
        found: dict[str, str] = json.loads(heard.body)
        return found
    return {name: values[0] for name, values in parse_qs(heard.body.decode()).items()}


@contextmanager
def running_gateway() -> Iterator[Gateway]:
    with running_site() as site:
        gateway = Gateway(site)
        site.respond = gateway.respond
        yield gateway


@dataclass
class MemoryKeeper:
    """A keeper without a store; notes in `log` what was asked of it, in order."""

    kept: Kept
    log: list[str] = field(default_factory=list)
    fault: Exception | None = None
    taken_by_other: int = 0
    on_turn: Callable[[], None] | None = None

    def read(self) -> Kept:
        return self.kept

    def take_turn(self, for_s: float) -> bool:
        assert for_s > 0
        if self.taken_by_other:
            self.taken_by_other -= 1
            return False
        if self.on_turn:
            self.on_turn()
        return True

    def end_turn(self) -> None:
        self.log.append("end")

    def note_asked(self, refresh: str) -> None:
        self.log.append(f"asked {refresh}")
        self.kept = Kept(self.kept.pair, is_pending=bool(refresh))

    def save(self, pair: Pair) -> None:
        if self.fault is not None:
            raise self.fault
        self.log.append(f"save {pair.refresh}")
        self.kept = Kept(pair)

    def drop(self, refresh: str, refusal: Any) -> None:
        self.log.append(f"drop {refresh}")
        self.kept = Kept(refusal=refusal)

    def refuse(self, refusal: Any) -> None:
        self.log.append("refuse")
        self.kept = Kept(self.kept.pair, refusal=refusal)


@dataclass
class Door:
    """A client's sign-in at a gateway, with what it waited for."""

    auth: OAuth2Auth
    keeper: MemoryKeeper
    endpoint: TokenEndpoint
    register: SecretRegister
    waits: list[float]


def pair_of(refresh: str, access: str = "", life_s: float = 300, root: str = "") -> Pair:
    return Pair(access, refresh, now() if not access else _in(life_s), life_s, _in(1e6), root)


def _in(seconds: float) -> datetime:
    return datetime.fromtimestamp(time.time() + seconds, UTC)


def door_at(
    gateway: Gateway,
    *,
    kept: Kept | None = None,
    secret: str = SECRET,
    body: Any = "json",
    timeout_s: float = 5,
    token_url: str = "",
) -> Door:
    register, waits = SecretRegister(), list[float]()
    transport = Transport(system="x3", base_url=gateway.site.base_url, redact=register.redact)
    told = Told(token_url or gateway.site.base_url + TOKEN_PATH, CLIENT, body, timeout_s)
    endpoint = TokenEndpoint(told, transport, secret=lambda: secret, register=register, now=now)
    keeper = MemoryKeeper(kept or Kept(pair_of("refresh-0")))

    def wait(seconds: float) -> None:
        if seconds:
            waits.append(seconds)

    auth = OAuth2Auth(endpoint, keeper, retry_s=(1, 4, 15), now=now, wait=wait)
    return Door(auth, keeper, endpoint, register, waits)
