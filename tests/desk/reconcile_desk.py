"""A facade over a store with planted books, as front ends have it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from core import config
from core.credentials import Credentials
from core.facade import Connected, Facade, Parts
from core.store.sqlite import Store
from core.vault import FixedKey, Vault
from tests.campaigns.planted_books import NOW
from tests.campaigns.reconciling import SETTINGS


class Moment:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.at: datetime = NOW

    def __call__(self) -> datetime:
        return self.at


def facade_in(folder: Path, clock: Callable[[], datetime]) -> Facade:
    """A facade that can reach nobody."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    store = Store.open(folder, version="1.2.3", clock=clock, is_sandbox=False)

    def connect(_: object) -> Connected:
        raise AssertionError("a reconciliation asks neither system")

    return Facade(
        Parts(
            directory=folder,
            store=store,
            key=FixedKey(),
            credentials=Credentials(store, Vault(FixedKey())),
            settings=lambda: config.load(folder / "settings.toml"),
            connect=connect,
            probes=list,
            actor="anna",
        )
    )


def store_of(facade: Facade) -> Store:
    """The store under a facade."""
    return facade._store
