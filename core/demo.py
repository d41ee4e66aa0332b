"""The demo: settings, secrets and mappings that lead to the simulated systems.

A command runs them in its own process, a window in one of theirs. Only this module and the
command `sandbox serve` know the simulated systems.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.clock import SystemClock
from core.credentials import Credentials
from core.facade import Demo
from core.settings import Settings
from core.store import rules, values
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

if TYPE_CHECKING:  # commands that ask nothing of either system start without servers
    from core.sandbox.server import Addresses, Sandbox
    from core.sandbox.state import State

_FOLDER = "sandbox"
_DOCUMENTS = "documents"
_CURRENCIES = ["USD", "CAD", "JPY"]  # yen have no decimals: AvidXchange does not take them
_CEILING = {"USD": 250_000, "CAD": 250_000}
_DAYS = 120  # the demo's workspace begins this long before its first day
_READY = "demo.ready"
_START = "demo.start_date"


def in_this_process(
    directory: Path,
    store: Store,
    credentials: Credentials,
    stack: ExitStack,
    *,
    seed: int | None,
    is_asked: bool,
) -> tuple[Demo, Callable[[], Settings]]:
    """The simulated systems, running only where they are asked, and settings that lead to them."""
    demo_folder = folder(directory)
    if not is_asked:
        return Demo(advance=_nothing, counts=partial(_counts, demo_folder)), partial(
            _settings, store, None
        )
    from core.sandbox import server

    running = server.start(demo_folder, seed=1 if seed is None else seed)
    stack.callback(running.stop)
    _prepare(store, credentials, running, lambda: _ask_for_happenings(running))
    settings = partial(_settings, store, running.addresses)
    return Demo(advance=running.advance, counts=running.counts), settings


def in_its_own_process(
    directory: Path,
    store: Store,
    credentials: Credentials,
    stack: ExitStack,
    *,
    seed: int | None,
) -> tuple[Demo, Callable[[], Settings], dict[str, str]]:
    """As `in_this_process`, in a process of their own; and what `settings_told` needs of it."""
    from core.desk_demo import serve
    from core.sandbox.server import Addresses

    served = serve(directory, seed=seed)
    stack.callback(served.stop)
    addresses = Addresses(**served.told)
    site = _Served(addresses, folder(directory))
    _prepare(store, credentials, site, served.ask_for_happenings)
    settings = partial(_settings, store, addresses)
    return Demo(advance=served.advance, counts=served.counts), settings, served.told


def settings_told(store: Store, told: dict[str, str]) -> Settings:
    """Settings that lead to simulated systems of another process, by what it told."""
    from core.sandbox.server import Addresses

    return _settings(store, Addresses(**told))


def folder(data_dir: Path) -> Path:
    """Where the simulated systems keep their state in a data directory."""
    return data_dir / _FOLDER


@dataclass(frozen=True, slots=True)
class _Served:
    """The simulated systems of another process, as far as a demo is prepared from them."""

    addresses: Addresses
    folder: Path

    def mapping_rows(self) -> dict[str, list[dict[str, str]]]:
        """The mapping that fits the demo, from its file, which is written as a whole."""
        from core.sandbox import company_avid

        rows: dict[str, list[dict[str, str]]] = self._read(company_avid.mapping_rows)
        return rows

    def documents(self) -> dict[str, bytes]:
        """The documents of some of its invoices, by their file names."""
        from core.sandbox import company_documents

        files: dict[str, bytes] = self._read(company_documents.files)
        return files

    def _read(self, look: Callable[[State], Any]) -> Any:
        from core.sandbox.server import STATE_FILE
        from core.sandbox.state import State

        state = State(self.folder / STATE_FILE)
        try:
            return look(state)
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


def _ask_for_happenings(running: Sandbox) -> None:
    from core.sandbox import life_planted

    state = running.state
    with state.lock:
        state.set_value(life_planted.ASKED, value=True)
        state.commit()


def _documents(running: Sandbox | _Served) -> dict[str, bytes]:
    if isinstance(running, _Served):
        return running.documents()
    from core.sandbox import company_documents

    files: dict[str, bytes] = company_documents.files(running.state)
    return files


def _prepare(
    store: Store,
    credentials: Credentials,
    running: Sandbox | _Served,
    ask_for_happenings: Callable[[], None],
) -> None:
    """Give a new demo its secrets, mappings and documents, once; what a person changes stays."""
    from core.mapping_files import KINDS, draft_of
    from core.sheets import COLUMNS, MappingRow

    if values.setting(store, _READY):
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
    ask_for_happenings()
    for name, content in _documents(running).items():
        place = store.directory / _DOCUMENTS
        place.mkdir(exist_ok=True)
        (place / name).write_bytes(content)
    tables = running.mapping_rows()
    with store.write():
        for kind in KINDS:
            rows = [
                draft_of(kind, MappingRow(values={name: row[name] for name in COLUMNS[kind]}))
                for row in tables[kind]
            ]
            rules.apply_rows(store, kind, rows, replace=False, actor="demo")
        values.put_setting(store, _READY, "1")


def _settings(store: Store, addresses: Addresses | None) -> Settings:
    """The demo's settings; without addresses they lead nowhere, for lists that ask nobody."""
    from core.sandbox.server import ENDPOINT

    start = values.setting(store, _START)
    if not start:
        start = (SystemClock().now() - timedelta(days=_DAYS)).date().isoformat()
        with store.write():
            values.put_setting(store, _START, start)
    nowhere = "http://127.0.0.1:1"
    documents = store.directory / _DOCUMENTS
    return Settings.model_validate(
        {
            "workspace": {
                "name": say("demo"),
                "start_date": start,
                "mode": "live",
                "ceiling": _CEILING,
            },
            "scope": {"currencies": _CURRENCIES},
            "attachments": {"folder": str(documents) if documents.is_dir() else ""},
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
