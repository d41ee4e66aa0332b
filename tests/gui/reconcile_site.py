"""A desk over planted books that asks nobody, for tests and pictures of the Reconciliation tab."""

from __future__ import annotations

from pathlib import Path

from core import config
from core.credentials import Credentials
from core.desk import Desk
from core.desk_host import Heard, HostedEngine
from core.facade import Connected, Parts
from core.store.sqlite import Store
from core.vault import FixedKey, Vault
from tests.campaigns.planted_books import PLANTS, Books, clean
from tests.campaigns.reconciling import SETTINGS
from tests.desk.reconcile_desk import Moment

OCTOBER = "2026-10"


def desk_in(folder: Path, clock: Moment) -> Desk:
    """A desk that is never opened: a reconciliation needs no engine."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    store = Store.open(folder, version="1.2.3", clock=clock, is_sandbox=False)

    def connect(_: object) -> Connected:
        raise AssertionError("a reconciliation asks neither system")

    def start(_: Heard) -> HostedEngine:
        raise AssertionError("a reconciliation needs no engine")

    parts = Parts(
        directory=folder,
        store=store,
        key=FixedKey(),
        credentials=Credentials(store, Vault(FixedKey())),
        settings=lambda: config.load(folder / "settings.toml"),
        connect=connect,
        probes=list,
        actor="anna",
    )
    return Desk(parts, start)


def plant(desk: Desk, *causes: str, each: int = 3, clean_ones: int = 8) -> Books:
    """Clean documents and so many of each difference; of every cause without names."""
    books = Books(5)
    for _ in range(clean_ones):
        clean(books)
    for cause in causes or tuple(PLANTS):
        for _ in range(each):
            PLANTS[cause](books)
    books.store(desk._store)
    return books
