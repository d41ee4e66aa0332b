"""The window's sign-in at the gateway, and when the present one ends.

The wait for the browser has a thread of its own: a person may take minutes, and the window's pool
has few threads.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Protocol

from core.desk_views import HealthView, SideView
from core.domain.canonical import parse_instant
from core.errors import CATALOGUE, AppError, LocalFault, Stopped
from core.settings import Settings
from core.store import sign_in
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

State = Literal["waiting", "done", "failed", "cancelled"]
_LOG = logging.getLogger(__name__)


class SignInFlow(Protocol):
    """One sign-in of the core, from its page to its tokens; see `core.gateway_sign_in`."""

    @property
    def address(self) -> str:
        """The page to open."""
        ...

    def run(self, open_browser: Callable[[str], object], *, actor: str) -> None:
        """Wait for the person and keep the tokens."""
        ...

    def paste(self, text: str) -> None:
        """Take the code by hand."""
        ...

    def cancel(self) -> None:
        """End the wait."""
        ...

    def close(self) -> None:
        """Stop listening."""
        ...


class SignIn:
    """A sign-in under way; its members may be read and called on any thread at any time."""

    def __init__(
        self,
        flow: SignInFlow,
        store: Store,
        open_browser: Callable[[str], object],
        *,
        actor: str,
        on_done: Callable[[], None],
    ) -> None:
        """Begin on a thread of its own."""
        self._flow = flow
        self._store = store
        self._open_browser = open_browser
        self._actor = actor
        self._on_done = on_done
        self.address = flow.address
        self.state: State = "waiting"
        self.error: AppError | None = None
        self._thread = threading.Thread(target=self._run, name="sign-in", daemon=True)
        self._thread.start()

    def paste(self, text: str) -> None:
        """Take the code by hand; ConfigError when it is none of this sign-in."""
        self._flow.paste(text)

    def cancel(self) -> None:
        """Give it up; tokens that have come already stay."""
        self._flow.cancel()

    def join(self, timeout_s: float) -> bool:
        """Wait for the end; whether it has come."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._flow.run(self._open_browser, actor=self._actor)
            self._on_done()
            self.state = "done"
        except Stopped:
            self.state = "cancelled"
        except AppError as error:
            self.error, self.state = error, "failed"
        except Exception as error:  # noqa: BLE001 - a browser's own fault must reach the window
            _LOG.exception(say("the_sign_in_ended_by_a_fault"))
            why = say("the_browser_could_not_be_opened", name=type(error).__name__)
            self.error = LocalFault("CFG-01", why, "x3", fix=say("copy_the_address_into_a_browser"))
            self.state = "failed"
        finally:
            self._flow.close()
            self._store.close_thread()


@dataclass(frozen=True, slots=True)
class SignInView:
    """The sign-in at the gateway as the window shows it; instants None when not known."""

    is_there: bool
    since: datetime | None
    ends: datetime | None
    days_left: int | None
    text: str


def view(store: Store, now: datetime) -> SignInView:
    """How the sign-in stands; two indexed rows. `text` speaks when a person should act."""
    facts = sign_in.shown(store)
    since = parse_instant(facts.since) if facts.since else None
    ends = parse_instant(facts.ends) if facts.ends and facts.is_there else None
    days = (ends - now).days if ends is not None else None
    return SignInView(facts.is_there, since, ends, days, sign_in.ending(store, now))


def with_ending(health: HealthView, store: Store, settings: Settings | None) -> HealthView:
    """The health with a word on the sign-in's end where the side has nothing worse to say."""
    if settings is None or settings.x3.auth != "oauth2":
        return health
    text = sign_in.ending(store, store.clock())
    if not text:
        return health
    return replace(health, sides=tuple(_told(side, text) for side in health.sides))


def _told(side: SideView, text: str) -> SideView:
    if side.system != "x3" or side.text:
        return side
    return replace(side, code="AUT-02", text=text, fix=CATALOGUE["AUT-02"].fix)
