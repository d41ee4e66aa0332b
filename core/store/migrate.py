"""Brings a store to this program's schema, in order, once; a newer store is refused untouched.

Not `playhouse.migrations`: that finds its scripts as files in a folder, and a frozen program has
none. A step is a module of `migrations` whose `statements()` are run in one transaction with the
row that records it.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import peewee

from core import crash_points
from core.store import faults
from core.store.tables import Table
from core.words import area

say = area(__name__)

if TYPE_CHECKING:
    from core.store.sqlite import Store

#: Every step ever released, oldest first; a released one never changes.
STEPS = ("0001_first",)


class Migration(Table):
    """The steps a store has been through."""

    name = peewee.TextField(primary_key=True)
    at = peewee.TextField(default="")


_MIGRATION_TABLE = (
    'CREATE TABLE "migration" ("name" TEXT NOT NULL PRIMARY KEY,'
    " \"at\" TEXT NOT NULL DEFAULT '') STRICT"
)


def applied(store: Store) -> list[str]:
    """Names of the steps a store has been through; empty for a new file.

    Raises:
        StoreDamaged: it is a database, but none of Crossfoot's.
    """
    names = store.table_names()
    if "migration" in names:
        rows = store.rows(Migration.select().order_by(Migration.name))
        return [str(row["name"]) for row in rows]
    if names:
        raise faults.damaged(store.path, say("the_file_is_a_database_of_another"))
    return []


def upgrade(store: Store) -> None:
    """Applies the missing steps; an existing store is copied into `backups` before.

    Raises:
        StoreNewer: the store has steps that this program does not know.
        StoreDamaged: the checks after the upgrade found something.
    """
    done = check_known(store)
    if done == list(STEPS):
        return
    if done:
        stamp = store.now()[:19].replace(":", "")
        store.backup(store.directory / "backups" / f"upgrade-{done[-1]}-{stamp}.db")
    with store.write():
        done = check_known(store)  # another process may have been faster
        if not done:
            store.script([_MIGRATION_TABLE])
        for name in STEPS:
            if name not in done:
                module = importlib.import_module(f"core.store.migrations.{name}")
                store.script(module.statements())
                crash_points.reach(crash_points.IN_MIGRATION)
                store.put(Migration, [{"name": name, "at": store.now()}])
    found = store.problems()
    if found:
        raise faults.damaged(store.path, "; ".join(found[:5]))


def check_known(store: Store) -> list[str]:
    """The applied steps.

    Raises:
        StoreNewer: one of them is not known here.
    """
    done = applied(store)
    strange = [name for name in done if name not in STEPS]
    if strange:
        raise faults.newer(store.path, strange)
    return done
