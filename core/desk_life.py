"""A workspace that stays open: one long-living engine, what changed, health, settings, secrets.

The part of the desk that knows the engine; lists, documents and mappings are `core.desk`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from core import (
    config,
    desk_contacts,
    desk_health,
    desk_settings_form,
    desk_sign_in,
    doctor,
    pauses,
    settings_log,
    views,
)
from core.deciding import Deciding
from core.desk_engine import Conductor
from core.desk_reference import Reference
from core.desk_sign_in import SignIn, SignInView
from core.desk_views import FieldView, HealthView, ProgressView, VolumeView
from core.errors import ConfigError
from core.facade import Facade, Parts, SyncOrder
from core.settings import Settings
from core.store import holds, promised, reviews
from core.words import area

say = area(__name__)

if TYPE_CHECKING:
    from core.desk_host import Heard, HostedEngine
    from core.engine.run import RunResult

_LOG = logging.getLogger(__name__)
_Result = TypeVar("_Result")
Listener = Callable[[str, int], None]
TOPICS = ("invoices", "payments", "review", "runs", "audit", "mappings", "health", "progress")
#: What the engine says has changed -> the topics that are to be read again.
_TOPICS: dict[str, tuple[str, ...]] = {
    "reference": ("mappings",),
    "suppliers": ("mappings", "invoices"),
    "invoices": ("invoices", "audit"),
    "approvals": ("invoices", "audit"),
    "payments": ("payments", "audit"),
    "review": ("review", "health", "mappings"),
    "runs": ("runs", "audit", "health"),
}
WRITING = "writing"
_LISTS_EVERY_S = 1.0
_REFERENCE = frozenset(("reference", "suppliers"))


class LivingFacade(Facade):
    """The facade over an engine that runs as long as the window does."""

    def __init__(self, parts: Parts, start: Callable[[Heard], HostedEngine]) -> None:
        super().__init__(parts)
        self._lock = threading.RLock()
        self._listeners: list[Listener] = []
        self._versions = dict.fromkeys(TOPICS, 0)
        self._kept: Settings | None = None
        self._sign_in: SignIn | None = None
        self._needs_you = 0
        self._told_s = 0.0
        self._counted: tuple[int, dict[str, str]] = (-1, {})
        self._conductor = Conductor(
            parts,
            lambda: self.settings,
            start,
            on_change=self._changed,
            on_progress=self._progressed,
        )
        self._reference = Reference(self._store, lambda: self._conductor.gl_group)

    # --- life ------------------------------------------------------------------------------

    def open(self) -> None:
        """Start the engine on a thread of its own, recovery first; returns at once.

        It runs by the schedule in live mode, after a first run that a person started. Settings that
        are not whole leave it standing; `health().problem` says why.
        """
        self._count_reviews()
        self._conductor.open()

    def close(self, timeout_s: float = 3.0) -> bool:
        """End the engine; whether all ended in time. What was sent is settled or found in doubt."""
        if self._sign_in is not None:
            self._sign_in.cancel()
        has_ended = self._conductor.close(timeout_s)
        self._store.close_thread()
        return has_ended

    def close_thread(self) -> None:
        """Close the calling thread's connection; the last thing a pool's thread does."""
        self._store.close_thread()

    @property
    def settings(self) -> Settings:
        """The settings in force; ConfigError when they are not whole. Read once and kept."""
        with self._lock:
            if self._kept is None:
                self._kept = self._parts.settings()
            return self._kept

    @property
    def is_demo(self) -> bool:
        """Whether both systems are the simulated ones."""
        return self._parts.demo is not None

    @property
    def directory(self) -> Path:
        """The data directory."""
        return self._parts.directory

    # --- runs ------------------------------------------------------------------------------

    def sync_now(self, order: SyncOrder) -> Future[RunResult]:
        """Ask for a run; returns at once. The same order is not asked for twice at a time.

        The future raises ConfigError (a secret or plan is missing; nothing was asked of either
        system) or `Stopped` (cancelled before it began, or the window closed).
        """
        return self._conductor.ask(order, self._actor)

    def sync(self, order: SyncOrder) -> RunResult:
        """As `sync_now`, and waits for the end of the run."""
        return self.sync_now(order).result()

    def cancel_run(self) -> None:
        """End the run under way soon; what is on its way is still settled, nothing is lost."""
        self._conductor.cancel()

    def pause(self, minutes: float) -> None:
        """Hold the schedule so long; 0 goes on. What a person asks for still runs."""
        self._conductor.pause(minutes, self._store.clock())
        self._tell("health")

    @property
    def is_running(self) -> bool:
        """Whether a run is under way; no query."""
        return self._conductor.is_running

    def progress(self) -> ProgressView | None:
        """How far the run under way is, None when none is; no query."""
        return desk_health.progress(self._conductor.under, self._needs_you)

    def _with_engine(self, ask: Callable[[Deciding], Future[_Result]]) -> _Result:
        """What the engine answers; a decision waits behind the run under way."""
        return self._conductor.ask_engine(ask)

    def resolve(self, item: int, how: str, *, reason: str, to: str = "") -> dict[str, Any]:
        """Settle a review item; waits for the run under way. Raises as `Facade.resolve`."""
        found = super().resolve(item, how, reason=reason, to=to)
        for topic in ("review", "invoices", "payments", "audit"):
            self._changed(topic)
        return found

    def decide(
        self, documents: Sequence[str], how: str, *, reason: str, kind: str = holds.INVOICE
    ) -> dict[str, Any]:
        """Hold, release or exclude; waits for the run under way. Raises as `Facade.decide`."""
        found = super().decide(documents, how, reason=reason, kind=kind)
        for topic in ("review", "invoices", "payments", "audit"):
            self._changed(topic)
        return found

    # --- what changed ----------------------------------------------------------------------

    def subscribe(self, fn: Listener) -> Callable[[], None]:
        """Call `fn(topic, version)` after each commit, on any thread; the answer unsubscribes.

        `fn` must not wait. Topics are `TOPICS`.
        """
        with self._lock:
            self._listeners.append(fn)

        def unsubscribe() -> None:
            with self._lock:
                if fn in self._listeners:
                    self._listeners.remove(fn)

        return unsubscribe

    def _progressed(self) -> None:
        """Says so; while writing, lists are told once a second, because the plan names no topic."""
        self._tell("progress")
        under, now = self._conductor.under, time.monotonic()
        if under is not None and under.phase == WRITING and now - self._told_s >= _LISTS_EVERY_S:
            self._told_s = now
            for topic in ("invoices", "payments", "audit"):
                self._tell(topic)

    def _changed(self, topic: str) -> None:
        if topic in _REFERENCE:
            self._reference.forget()
        if topic in ("review", "runs"):
            self._count_reviews()
        for name in _TOPICS.get(topic, (topic,)):
            self._tell(name)

    def _tell(self, topic: str) -> None:
        with self._lock:
            self._versions[topic] = self._versions.get(topic, 0) + 1
            version, listeners = self._versions[topic], list(self._listeners)
        for listener in listeners:
            try:
                listener(topic, version)
            except Exception:  # noqa: BLE001 - a front end's slip must not end a run
                _LOG.exception("a listener failed on %s", topic)

    def _count_reviews(self) -> None:
        items = reviews.open_items(self._store)
        now = self._store.clock()
        self._needs_you = sum(reviews.is_asking(item, now) for item in items)

    # --- state -----------------------------------------------------------------------------

    def health(self) -> HealthView:
        """The state of everything; a dozen indexed queries, counts of all lists after each run."""
        settings = self._whole_settings()
        found = desk_health.health(
            self._store, settings, self._conductor, self._counts(), is_demo=self.is_demo
        )
        return desk_sign_in.with_ending(found, self._store, settings)

    def volume(self) -> VolumeView:
        """What today has moved toward X3, by purpose; a dozen indexed rows."""
        return desk_health.volume(self._store, self._whole_settings())

    def _counts(self) -> dict[str, str]:
        """What the promises were counted over, counted once for each run."""
        version = self._versions["runs"]
        if self._counted[0] != version:
            self._counted = (version, promised.counted(self._store))
        return self._counted[1]

    def _whole_settings(self) -> Settings | None:
        try:
            return self.settings
        except ConfigError:
            return None

    def _start_date(self) -> str:
        settings = self._whole_settings()
        return settings.workspace.start_date.isoformat() if settings else ""

    # --- settings and secrets --------------------------------------------------------------

    def settings_form(self) -> list[FieldView]:
        """Every setting with label, value and problem; reads the file. Locked in the demo."""
        if self.is_demo:
            held = self.settings.model_dump()
            return desk_settings_form.fields("", held, is_locked=True)
        path = self.directory / config.FILE_NAME
        text = path.read_text(encoding="utf-8-sig") if path.exists() else config.DEFAULT_TEXT
        return desk_settings_form.fields(text)

    def check_settings(self, changes: Mapping[str, str]) -> dict[str, str]:
        """Key -> problem of the whole file after these changes; writes nothing."""
        return desk_settings_form.checked(self.directory / config.FILE_NAME, changes)

    def save_settings(self, changes: Mapping[str, str]) -> None:
        """Write settings in one step; clients and schedule are made anew before the next run.

        Raises:
            ConfigError: a value does not fit, or this is the demo; nothing was written.
        """
        if self.is_demo:
            raise ConfigError(
                "CFG-01",
                say("the_demos_settings_stay_as_they_are"),
                title=say("nothing_was_saved"),
                fix=say("open_a_workspace_of_your_own"),
            )
        desk_settings_form.save(self.directory / config.FILE_NAME, changes)
        with self._lock:
            self._kept = None
        settings = self._whole_settings()
        if settings is not None:
            settings_log.note(self._store, settings, self._actor)
        # Another sign-in is not the one that was refused.
        changed = tuple({key.partition(".")[0] for key in changes} & set(views.SIDES))
        pauses.lift(self._store, changed)
        self._conductor.renew()
        for topic in ("health", "invoices", "audit"):
            self._changed(topic)

    def set_secret(self, name: str, value: str) -> None:
        """Seal a secret; asks the keyring. The clients are made anew. Raises as `Facade`."""
        super().set_secret(name, value)
        self._conductor.renew()
        self._changed("audit")

    def forget_secret(self, name: str) -> bool:
        """Remove a secret; the clients are made anew. Raises as `Facade`."""
        found = super().forget_secret(name)
        self._conductor.renew()
        self._changed("audit")
        return found

    def sign_in(self, open_browser: Callable[[str], object]) -> SignIn:
        """Begin a sign-in at the gateway in the browser; returns at once. One before it ends.

        Raises:
            ConfigError: settings or the client's secret are missing, or it is no OAuth2.
        """
        from core.gateway_sign_in import GatewaySignIn

        if self._sign_in is not None:
            self._sign_in.cancel()
        flow = GatewaySignIn(self.settings, self.directory, self._parts.credentials)
        self._sign_in = SignIn(
            flow, self._store, open_browser, actor=self._actor, on_done=self._signed_in
        )
        return self._sign_in

    def sign_in_view(self) -> SignInView:
        """How the sign-in at the gateway stands; two indexed rows."""
        return desk_sign_in.view(self._store, self._store.clock())

    def _signed_in(self) -> None:
        pauses.lift(self._store, ("x3",))
        self._conductor.renew()
        for topic in ("health", "audit"):
            self._changed(topic)

    def test_side(self, system: str) -> Iterator[doctor.Check]:
        """The checks of one side in order, each made when it is asked for; speaks to the system.

        What they found of the side is shown by `health` after the last one.

        Raises:
            ConfigError: the settings are not whole.
        """
        probes = [probe for probe in self._parts.probes() if probe.side == system]
        yield from desk_contacts.noted(self._store, system, doctor.examine(probes))
        self._changed("health")

    def lift_pause(self, system: str) -> None:
        """Let a side be asked again after it refused our credentials; one transaction."""
        pauses.lift(self._store, (system,))
        self._changed("health")
