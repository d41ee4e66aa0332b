"""The composition root: from a data directory to a `Facade`, in the one order that is safe.

Settings come before everything else, so that a wrong one asks nothing of either system; the lease
comes before the store is written. Nothing here decides anything about documents.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal

from core import config, logs, settings_log
from core import demo as demos
from core.clock import SystemClock
from core.credentials import Credentials
from core.doctor import Probe
from core.errors import AppError, ConfigError, LocalFault
from core.facade import Connected, Facade, Parts
from core.lease import WINDOW_FILE, Lease, person
from core.ports import KeyPort
from core.settings import Settings
from core.store import backups
from core.store.audit_file import verify_file
from core.store.sqlite import Store
from core.vault import FixedKey, KeyringKey, Vault
from core.version import VERSION
from core.words import area

say = area(__name__)

if TYPE_CHECKING:  # commands that ask nothing of either system start without servers and clients
    from core.desk import Desk
    from core.engine_host import Voice

Needs = Literal["store", "read", "remote", "ledger"]

ENGINE_COMMAND, WORK_COMMAND = "engine", "work"
_PATIENCE_S = 5.0  # the engine of a window that was killed has seconds to end
_SHORT_S = 3.0  # for a command, which says who holds the workspace rather than wait long
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Opening:
    """Which workspace is opened and what for.

    `store` needs no settings, `read` needs them, `remote` asks the systems, `ledger` runs the
    engine and therefore takes the lease.
    """

    data_dir: Path | None = None
    is_sandbox: bool = False
    seed: int | None = None
    needs: Needs = "read"

    def directory(self) -> Path:
        """The data directory; ConfigError when a store must not lie there."""
        return config.data_directory(self.data_dir, sandbox=self.is_sandbox)


@contextmanager
def opened(order: Opening) -> Iterator[Facade]:
    """The facade of a workspace; lease, servers and connections end with the block.

    Raises:
        ConfigError: settings or data directory are wrong, or another process holds the workspace.
        LocalFault: the store cannot be opened.
    """
    directory = order.directory()
    with ExitStack() as stack:
        settings: Callable[[], Settings] = partial(config.load, directory / config.FILE_NAME)
        if order.needs != "store" and not order.is_sandbox:
            loaded = settings()
            settings = partial(_same, loaded)
        if order.needs == "ledger" or (order.is_sandbox and order.needs == "remote"):
            # The simulated systems keep their state in one process, so asking them needs it too.
            stack.callback(Lease.take(directory, patience_s=_SHORT_S).release)
            logs.start(directory, console=False)
        store = _open_store(directory, is_sandbox=order.is_sandbox)
        stack.callback(store.close_thread)
        key: KeyPort = FixedKey() if order.is_sandbox else KeyringKey(store.workspace)
        credentials = Credentials(store, Vault(key))
        demo = None
        if order.is_sandbox:
            demo, settings = demos.in_this_process(
                directory,
                store,
                credentials,
                stack,
                seed=order.seed,
                is_asked=order.needs in ("remote", "ledger"),
            )
        wiring = _Wiring(directory, store, credentials, key, settings)
        yield Facade(
            Parts(
                directory=directory,
                store=store,
                key=key,
                credentials=credentials,
                settings=settings,
                connect=wiring.connect,
                probes=partial(wiring.probes, stack),
                actor=person(),
                demo=demo,
            )
        )


@contextmanager
def desk(order: Opening) -> Iterator[Desk]:
    """The door for a window, not yet opened: it takes the workspace, whatever `order` needs.

    Settings may still be missing or wrong, so that a first set-up can be made. The simulated
    systems of a demo run in a process of their own, which ends with the block.

    Raises:
        ConfigError: the data directory is wrong, or another process holds the workspace.
        LocalFault: the store cannot be opened, or the demo did not start.
    """
    from core.desk import Desk
    from core.desk_host import HostedEngine
    from core.desk_worker import Worker

    directory = order.directory()
    with ExitStack() as stack:
        stack.callback(Lease.take(directory, file_name=WINDOW_FILE).release)
        # A command that works on the ledger now, or the engine of a window that was killed.
        Lease.take(directory, patience_s=_PATIENCE_S).release()
        logs.start(directory, console=False)
        store = _open_store(directory, is_sandbox=order.is_sandbox)
        stack.callback(store.close_thread)
        key: KeyPort = FixedKey() if order.is_sandbox else KeyringKey(store.workspace)
        credentials = Credentials(store, Vault(key))
        settings: Callable[[], Settings] = partial(config.load, directory / config.FILE_NAME)
        demo, told = None, None
        if order.is_sandbox:
            demo, settings, told = demos.in_its_own_process(
                directory, store, credentials, stack, seed=order.seed
            )
        wiring = _Wiring(directory, store, credentials, key, settings)
        made = Desk(
            Parts(
                directory=directory,
                store=store,
                key=key,
                credentials=credentials,
                settings=settings,
                connect=wiring.connect,
                probes=partial(wiring.probes, stack),
                actor=person(),
                demo=demo,
            ),
            partial(
                HostedEngine.start,
                [ENGINE_COMMAND],
                {"data_dir": str(directory), "sandbox": told},
            ),
            Worker(WORK_COMMAND, {"data_dir": str(directory), "sandbox": told}),
        )
        stack.callback(made.close)
        yield made


def host_engine(source: IO[bytes], sink: IO[bytes]) -> None:
    """Be the engine of a window: the first message names the workspace, the rest are orders.

    Holds the workspace until the window says `end` or its input closes. What keeps it from
    beginning is told to the window.
    """
    from core.engine_host import Hosted, Voice, serve

    voice = Voice(sink)
    with _hosted(source, voice, ENGINE_COMMAND, needs_lease=True) as parts:
        if parts is not None:
            serve(Hosted(parts.store, parts.settings, parts.connect), source, voice)


def host_work(source: IO[bytes], sink: IO[bytes]) -> None:
    """Carry out one order of a window: the first message names the workspace, the second says what.

    Works beside the engine, as a command would. What it raises is told to the window.
    """
    from core import engine_wire, worker_host
    from core.engine_host import Voice
    from core.facade import Facade

    voice = Voice(sink)
    with _hosted(source, voice, WORK_COMMAND, needs_lease=False) as parts:
        order = engine_wire.read(source) if parts is not None else None
        if parts is not None and order is not None:
            worker_host.carry_out(Facade(parts), order, voice)


@contextmanager
def _hosted(
    source: IO[bytes], voice: Voice, role: str, *, needs_lease: bool
) -> Iterator[Parts | None]:
    """The parts of the workspace that a window names; None when it says nothing.

    What is raised within is told to the window and ends the block.
    """
    from core import engine_wire

    opening = engine_wire.read(source)
    if opening is None:
        yield None
        return
    directory, told = Path(opening["data_dir"]), opening["sandbox"]
    try:
        with ExitStack() as stack:
            if needs_lease:
                stack.callback(Lease.take(directory, patience_s=_PATIENCE_S).release)
            logs.start(directory, console=False, role=role)
            store = _open_store(directory, is_sandbox=told is not None)
            stack.callback(store.close_thread)
            key: KeyPort = FixedKey() if told else KeyringKey(store.workspace)
            settings: Callable[[], Settings] = partial(config.load, directory / config.FILE_NAME)
            if told:
                settings = partial(demos.settings_told, store, told)
            credentials = Credentials(store, Vault(key))
            wiring = _Wiring(directory, store, credentials, key, settings)
            probes = partial(wiring.probes, stack)
            yield Parts(
                directory, store, key, credentials, settings, wiring.connect, probes, person()
            )
    except Exception as error:  # noqa: BLE001 - told to the window, which shows it
        if not isinstance(error, AppError):
            _LOG.exception("what the window asked for has ended by a fault (%s)", role)
        voice.failed(0, error)


def restore(order: Opening, file: Path) -> dict[str, Any]:
    """Put a backup in the store's place: `file, safety, rows, head`; a safety copy is made first.

    Raises:
        ConfigError: the file cannot be used, or another process holds the workspace; nothing was
            changed.
    """
    directory = order.directory()
    with ExitStack() as stack:
        stack.callback(Lease.take(directory, file_name=WINDOW_FILE).release)
        stack.callback(Lease.take(directory).release)
        logs.start(directory, console=False)
        try:
            done = backups.restore(
                directory, file, version=VERSION, clock=SystemClock(), actor=person()
            )
        except LocalFault as error:
            # Which file to take is the person's choice: a wrong one is no fault of the program.
            raise ConfigError(
                error.code, error.why, detail=error.detail, title=error.title, fix=error.fix
            ) from error
    return {
        "file": str(file),
        "safety": str(done.safety) if done.safety else None,
        "rows": done.rows,
        "head": done.head,
    }


def verify_audit_file(file: Path, head: str) -> tuple[int, str]:
    """(0 good, 1 does not match, 2 unreadable) and one sentence; needs no workspace."""
    return verify_file(file, head)


def note_fault(order: Opening) -> Path | None:
    """Write the exception being handled to the log; its file, None when there can be none."""
    try:
        logs.start(order.directory(), console=False)
    except AppError:
        return None
    _LOG.exception(say("a_command_ended_by_a_fault"))
    return logs.current_file()


def end_logs() -> None:
    """Write what is queued and close the log; a second call does nothing."""
    logs.stop()


@dataclass(frozen=True, slots=True)
class _Wiring:
    """Makes clients when they are first needed, fresh for each engine."""

    directory: Path
    store: Store
    credentials: Credentials
    key: KeyPort
    settings: Callable[[], Settings]

    def connect(self, clock: SystemClock) -> Connected:
        """Tools whose waits end with this clock."""
        from core import clients

        settings_log.note(self.store, self.settings(), person())
        made = clients.connect(self.settings(), self.directory, self.credentials, clock)
        # The keyring may take its time and is asked once for each engine only.
        seal_key = cache(self.key.create)
        tools = clients.tools_of(made, self.settings(), self.store, clock, seal_key)
        return Connected(tools, made.close)

    def probes(self, stack: ExitStack) -> list[Probe]:
        """The doctor's checks of both connections, which end with the stack."""
        from core import clients, probes

        settings, clock = self.settings(), SystemClock()
        made = clients.connect(settings, self.directory, self.credentials, clock, is_patient=False)
        stack.callback(made.close)
        return probes.probes_of(
            made, settings, self.credentials, store=self.store, directory=self.directory
        )


def _same(settings: Settings) -> Settings:
    return settings


def _open_store(directory: Path, *, is_sandbox: bool) -> Store:
    return Store.open(directory, version=VERSION, clock=SystemClock(), is_sandbox=is_sandbox)
