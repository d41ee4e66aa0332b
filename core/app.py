"""The composition root: from a data directory to a `Facade`, in the one order that is safe.

Settings come before everything else, so that a wrong one asks nothing of either system; the lease
comes before the store is written. Nothing here decides anything about documents.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core import config, logs
from core.clock import SystemClock
from core.credentials import Credentials
from core.doctor import Probe
from core.errors import AppError, ConfigError, LocalFault
from core.facade import Connected, Demo, Facade, Parts
from core.lease import Lease, person
from core.ports import KeyPort
from core.settings import Settings
from core.store import backups, rules, values
from core.store.audit_file import verify_file
from core.store.sqlite import Store
from core.vault import FixedKey, KeyringKey, Vault
from core.version import VERSION

if TYPE_CHECKING:  # commands that ask nothing of either system start without servers and clients
    from core.desk import Desk
    from core.sandbox.server import Addresses, Sandbox

Needs = Literal["store", "read", "remote", "ledger"]

_DEMO_FOLDER = "sandbox"
_DEMO_DAYS = 120  # the demo's workspace begins this long before its first day
_DEMO_READY = "demo.ready"
_DEMO_START = "demo.start_date"
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
            stack.callback(Lease.take(directory).release)
            logs.start(directory, console=False)
        store = _open_store(directory, is_sandbox=order.is_sandbox)
        stack.callback(store.close_thread)
        key: KeyPort = FixedKey() if order.is_sandbox else KeyringKey(store.workspace)
        credentials = Credentials(store, Vault(key))
        demo = None
        if order.is_sandbox:
            demo, settings = _demo(order, directory, store, credentials, stack)
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

    directory = order.directory()
    with ExitStack() as stack:
        stack.callback(Lease.take(directory).release)
        logs.start(directory, console=False)
        store = _open_store(directory, is_sandbox=order.is_sandbox)
        stack.callback(store.close_thread)
        key: KeyPort = FixedKey() if order.is_sandbox else KeyringKey(store.workspace)
        credentials = Credentials(store, Vault(key))
        settings: Callable[[], Settings] = partial(config.load, directory / config.FILE_NAME)
        demo = None
        if order.is_sandbox:
            demo, settings = _served_demo(order, directory, store, credentials, stack)
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
            )
        )
        stack.callback(made.close)
        yield made


def restore(order: Opening, file: Path) -> dict[str, Any]:
    """Put a backup in the store's place: `file, safety, rows, head`; a safety copy is made first.

    Raises:
        ConfigError: the file cannot be used, or another process holds the workspace; nothing was
            changed.
    """
    directory = order.directory()
    with contextlib.closing(_Lent(Lease.take(directory))):
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


def demo_folder(data_dir: Path) -> Path:
    """Where the simulated systems keep their state in a data directory."""
    return data_dir / _DEMO_FOLDER


def note_fault(order: Opening) -> Path | None:
    """Write the exception being handled to the log; its file, None when there can be none."""
    try:
        logs.start(order.directory(), console=False)
    except AppError:
        return None
    _LOG.exception("a command ended by a fault")
    return logs.current_file()


def end_logs() -> None:
    """Write what is queued and close the log; a second call does nothing."""
    logs.stop()


@dataclass(frozen=True, slots=True)
class _Lent:
    lease: Lease

    def close(self) -> None:
        self.lease.release()


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

        made = clients.connect(self.settings(), self.directory, self.credentials, clock)
        # The keyring may take its time and is asked once for each engine only.
        seal_key = cache(self.key.create)
        tools = clients.tools_of(made, self.settings(), self.store, clock, seal_key)
        return Connected(tools, made.close)

    def probes(self, stack: ExitStack) -> list[Probe]:
        """The doctor's checks of both connections, which end with the stack."""
        from core import clients, probes

        made = clients.connect(self.settings(), self.directory, self.credentials, SystemClock())
        stack.callback(made.close)
        return probes.probes_of(made, self.settings(), self.credentials)


def _same(settings: Settings) -> Settings:
    return settings


def _open_store(directory: Path, *, is_sandbox: bool) -> Store:
    return Store.open(directory, version=VERSION, clock=SystemClock(), is_sandbox=is_sandbox)


# --- the demo --------------------------------------------------------------------------------


def _demo(
    order: Opening, directory: Path, store: Store, credentials: Credentials, stack: ExitStack
) -> tuple[Demo, Callable[[], Settings]]:
    """The simulated systems, running only for what asks them, and settings that lead to them."""
    folder = demo_folder(directory)
    if order.needs not in ("remote", "ledger"):
        return Demo(advance=_nothing, counts=partial(_counts, folder)), partial(
            _demo_settings, store, None
        )
    from core.sandbox import server

    running = server.start(folder, seed=1 if order.seed is None else order.seed)
    stack.callback(running.stop)
    _prepare(store, credentials, running)
    settings = partial(_demo_settings, store, running.addresses)
    return Demo(advance=running.advance, counts=running.counts), settings


def _served_demo(
    order: Opening, directory: Path, store: Store, credentials: Credentials, stack: ExitStack
) -> tuple[Demo, Callable[[], Settings]]:
    """As `_demo`, with the simulated systems in a process of their own."""
    from core.desk_demo import serve
    from core.sandbox.server import Addresses

    served = serve(directory, seed=order.seed)
    stack.callback(served.stop)
    addresses = Addresses(**served.told)
    _prepare(store, credentials, _Served(addresses, demo_folder(directory)))
    settings = partial(_demo_settings, store, addresses)
    return Demo(advance=served.advance, counts=served.counts), settings


@dataclass(frozen=True, slots=True)
class _Served:
    """The simulated systems of another process, as far as a demo is prepared from them."""

    addresses: Addresses
    folder: Path

    def mapping_rows(self) -> dict[str, list[dict[str, str]]]:
        """The mapping that fits the demo, from its file, which is written as a whole."""
        from core.sandbox import company_avid
        from core.sandbox.server import STATE_FILE
        from core.sandbox.state import State

        state = State(self.folder / STATE_FILE)
        try:
            rows: dict[str, list[dict[str, str]]] = company_avid.mapping_rows(state)
            return rows
        finally:
            state.close()


def _nothing() -> None:
    """The demo does not move while nobody works with it."""


def _counts(folder: Path) -> dict[str, int]:
    """What the simulated AvidXchange holds, from its file; zeros before the first run."""
    names = ("invoice", "vendor", "payment")
    from core.sandbox.server import STATE_FILE
    from core.sandbox.state import State

    if not (folder / STATE_FILE).exists():
        return {f"{name}s": 0 for name in names}
    state = State(folder / STATE_FILE)
    try:
        return {f"{name}s": len(state.table(f"avid:{name}")) for name in names}
    finally:
        state.close()


def _prepare(store: Store, credentials: Credentials, running: Sandbox | _Served) -> None:
    """Give a new demo its secrets and mappings, once; what a person changes later stays."""
    from core.mapping_files import KINDS, draft_of
    from core.sheets import COLUMNS, MappingRow

    if values.setting(store, _DEMO_READY):
        return
    known = values.secret_names(store)
    addresses = running.addresses
    demo_secrets = {
        "x3.password": addresses.x3_password,
        "avidxchange.client_secret": addresses.client_secret,
    }
    for name, value in demo_secrets.items():
        if name not in known:
            credentials.set(name, value, actor="demo")
    tables = running.mapping_rows()
    with store.write():
        for kind in KINDS:
            rows = [
                draft_of(kind, MappingRow(values={name: row[name] for name in COLUMNS[kind]}))
                for row in tables[kind]
            ]
            rules.apply_rows(store, kind, rows, replace=False, actor="demo")
        values.put_setting(store, _DEMO_READY, "1")


def _demo_settings(store: Store, addresses: Addresses | None) -> Settings:
    """The demo's settings; without addresses they lead nowhere, for lists that ask nobody."""
    from core.sandbox.server import ENDPOINT

    start = values.setting(store, _DEMO_START)
    if not start:
        start = (SystemClock().now() - timedelta(days=_DEMO_DAYS)).date().isoformat()
        with store.write():
            values.put_setting(store, _DEMO_START, start)
    nowhere = "http://127.0.0.1:1"
    return Settings.model_validate(
        {
            "workspace": {"name": "Demo", "start_date": start, "mode": "live"},
            "x3": {
                "base_url": addresses.x3_url if addresses else nowhere,
                "endpoint": addresses.endpoint if addresses else ENDPOINT,
                "username": addresses.x3_user if addresses else "demo",
                "payment": {"bank": {"US10": "USBNK", "CA10": "CABNK"}},
            },
            "avidxchange": {
                "base_url": addresses.avid_url if addresses else nowhere,
                "token_url": addresses.token_url if addresses else nowhere,
                "client_id": addresses.client_id if addresses else "demo",
                "company_id": addresses.company_id if addresses else "demo",
            },
        }
    )
