"""All that is SQLite: opening, transactions, bulk writes, backup, and telling faults apart.

`postgres.py` will offer the same functions one day; no other module of the program may import
`sqlite3`. Connections belong to threads: a thread that used a store calls `close_thread` in its
`finally`.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sqlite3
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import peewee

from core import crash_points
from core.domain.canonical import instant_text
from core.errors import AppError, ConfigError
from core.store import faults, migrate
from core.store.tables import Audit, Setting, Table
from core.words import area

say = area(__name__)

FILE = "crossfoot.db"
LOT = 500  # values of one IN list and rows of one read; far below SQLite's limit of variables
# In memory: a statement that fires triggers would else write a temporary file row by row.
_PRAGMAS = {
    "foreign_keys": 1, "synchronous": "FULL", "busy_timeout": 10000, "temp_store": "MEMORY",
}  # fmt: skip
_SWITCH_TRIES, _SWITCH_PAUSE_S = 100, 0.05
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_REFUSED = {
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_IOERR, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_PROTOCOL,
}  # fmt: skip


@dataclass(slots=True)
class Held:
    """What a write transaction holds: its one instant, and the rows of the audit log it adds.

    The rows are added all at once, at its end. `head` is the sequence and the hash of the last row
    with them; None before the first. Nothing reads the log's table inside of a transaction that
    appends to it, but for its head.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    head: tuple[int, str] | None = None
    now: str = ""


class Store:
    """One workspace's store; usable from any thread, each with a connection of its own."""

    def __init__(self, directory: Path, *, version: str, clock: Callable[[], datetime]) -> None:
        self.directory = directory
        self.path = directory / FILE
        self.version = version
        self.clock = clock
        self.workspace = ""
        self._local = threading.local()
        # Any: the stubs leave the calls that we need without types.
        self.db: Any = peewee.SqliteDatabase(str(self.path), pragmas=_PRAGMAS, timeout=10)

    @classmethod
    def open(
        cls, directory: Path, *, version: str, clock: Callable[[], datetime], is_sandbox: bool
    ) -> Store:
        """The store of a data directory, made or upgraded when needed.

        Args:
            directory: the data directory; made when it is missing.
            version: the program's version, written with every audit row.
            clock: gives aware instants.
            is_sandbox: whether the simulated systems are used; the first open marks the store.

        Raises:
            StoreBusy, StoreDamaged, StoreNewer: as their classes say.
            ConfigError: ENV-01, a sandbox's store was opened for real systems or the reverse.
            LocalFault: DSK-01 or STO-01.
        """
        directory.mkdir(parents=True, exist_ok=True)
        store = cls(directory, version=version, clock=clock)
        try:
            store._prepare(is_sandbox=is_sandbox)
        except BaseException:
            store.close_thread()
            raise
        return store

    def _prepare(self, *, is_sandbox: bool) -> None:
        is_empty = self.path.exists() and self.path.stat().st_size == 0
        if is_empty and faults.newest_backup(self.directory):
            raise faults.damaged(self.path, say("the_file_is_empty"))
        with self._told():
            self._write_ahead()
        migrate.upgrade(self)
        mark, self.workspace = self._value_of("sandbox"), self._value_of("workspace")
        if not mark or not self.workspace:  # a store that is set up is opened without a write
            with self.write():
                mark = self._first_value("sandbox", "1" if is_sandbox else "0")
                self.workspace = self._first_value("workspace", str(uuid.uuid4()))
        if (mark == "1") != is_sandbox:
            made = "the simulated systems" if mark == "1" else "real systems"
            raise ConfigError(
                "ENV-01",
                say("the_store_in_belongs_to", directory=self.directory, made=made),
                fix=say("use_a_data_directory_of_its_own"),
            )

    def _write_ahead(self) -> None:
        """Switch a new file to a write-ahead log.

        SQLite does not wait by itself while another process switches the same file.
        """
        for left in reversed(range(_SWITCH_TRIES)):
            if str(self.db.pragma("journal_mode")).lower() == "wal":
                return
            try:
                self.db.pragma("journal_mode", "wal")
            except peewee.OperationalError:
                if not left:
                    raise
                time.sleep(_SWITCH_PAUSE_S)

    def _first_value(self, name: str, value: str) -> str:
        """The setting's value; `value` is kept when there is none yet."""
        found = self._value_of(name)
        if not found:
            self.put(Setting, [{"name": name, "value": value}], key=("name",), update=("value",))
        return found or value

    def _value_of(self, name: str) -> str:
        return str(self.value(Setting.select(Setting.value).where(Setting.name == name)) or "")

    def now(self) -> str:
        """The clock's instant as stored; one and the same all through a transaction."""
        held = self.held
        if held is None:
            return instant_text(self.clock())
        held.now = held.now or instant_text(self.clock())
        return held.now

    # Transactions

    @property
    def is_writing(self) -> bool:
        """Whether this thread is inside `write`."""
        return self.held is not None

    @property
    def held(self) -> Held | None:
        """What is written at the end of the transaction that this thread is in; None outside."""
        found: Held | None = getattr(self._local, "held", None)
        return found

    @contextlib.contextmanager
    def write(self) -> Iterator[None]:
        """One short write transaction (IMMEDIATE): all of it or nothing; no I/O inside.

        Raises:
            StoreBusy: another process wrote for more than ten seconds.
            RuntimeError: this thread is already in a transaction; they do not nest.
        """
        if self.db.transaction_depth():
            raise RuntimeError("a write transaction does not stand inside another one")
        with self._told(), self.db.atomic("IMMEDIATE"):
            held = self._local.held = Held()
            try:
                yield
                self.put(Audit, held.rows)
            finally:
                self._local.held = None

    @contextlib.contextmanager
    def read(self) -> Iterator[None]:
        """One consistent snapshot for several queries; joins a transaction already open."""
        if self.db.transaction_depth():
            yield
            return
        with self._told(), self.db.atomic("DEFERRED"):
            yield

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turns SQLite's errors into the program's; what a caller broke stays IntegrityError."""
        try:
            yield
        except (peewee.IntegrityError, AppError):
            raise
        except sqlite3.IntegrityError as error:
            raise peewee.IntegrityError(str(error)) from error
        except (peewee.DatabaseError, peewee.InterfaceError, sqlite3.Error) as error:
            fault = self._fault(error)
            if fault is None:
                raise
            raise fault from error

    def _fault(self, error: BaseException) -> AppError | None:
        """The program's error for an SQLite error; None when it is a mistake in our SQL."""
        for link in faults.chain(error):
            code = getattr(link, "sqlite_errorcode", None)
            primary = code & 0xFF if isinstance(code, int) else None
            if primary in _BUSY:
                return faults.busy(self.path)
            if primary in _DAMAGED:
                return faults.damaged(self.path, str(link))
            if primary == sqlite3.SQLITE_FULL:
                return faults.full(self.path, str(link))
            if primary in _REFUSED:
                return faults.unreadable(self.path, str(link))
        return None

    # Queries; every SELECT may run with or without a transaction

    def rows(self, query: peewee.ModelSelect[Any]) -> list[dict[str, Any]]:
        """All rows as dicts of column names."""
        with self._told():
            return _dicts(self.db.execute(query))

    def select(self, sql: str, parameters: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """All rows of a selection of ours whose text is made once, as dicts of column names."""
        with self._told():
            return _dicts(self.db.connection().execute(sql, parameters))

    def first(self, query: peewee.ModelSelect[Any]) -> dict[str, Any] | None:
        """The first row, None when there is none."""
        found = self.rows(query.limit(1))
        return found[0] if found else None

    def value(self, query: peewee.ModelSelect[Any]) -> Any:
        """The first column of the first row; None when there is no row."""
        with self._told():
            found = list(query.tuples().execute(self.db))
        return found[0][0] if found else None

    def change(self, query: Any) -> int:
        """Runs an UPDATE or DELETE inside `write`; the number of rows it touched."""
        self.require_write()
        with self._told():
            return int(query.execute(self.db))

    def insert(self, table: type[Table], values: Mapping[str, Any]) -> int:
        """Adds one row inside `write`; its id."""
        self.require_write()
        with self._told():
            return int(table.insert(**values).execute(self.db))

    def put(
        self,
        table: type[Table],
        rows: Iterable[Mapping[str, Any]],
        *,
        key: Sequence[str] = (),
        update: Sequence[str] = (),
    ) -> None:
        """Adds many rows of the same members in one go, inside `write`.

        With `key`, a row that is there already gets the members in `update` instead.
        """
        self.require_write()
        listed = list(rows)
        if not listed:
            return
        names = list(listed[0])
        columns = ", ".join(f'"{name}"' for name in names)
        marks = ", ".join("?" for _ in names)
        # Table and column names come from our own models, never from outside.
        sql = f'INSERT INTO "{table._meta.table_name}" ({columns}) VALUES ({marks})'  # noqa: S608, SLF001
        if key:
            sets = ", ".join(f'"{name}" = excluded."{name}"' for name in update)
            keys = ", ".join(f'"{name}"' for name in key)
            sql += f" ON CONFLICT ({keys}) DO UPDATE SET {sets}"
        with self._told():
            cursor = self.db.connection().cursor()
            cursor.executemany(sql, [tuple(map(row.__getitem__, names)) for row in listed])
            cursor.close()

    def run(self, sql: str, rows: Sequence[Sequence[Any]]) -> int:
        """Runs a change of ours once for each row of parameters, inside `write`; rows touched."""
        self.require_write()
        with self._told():
            cursor = self.db.connection().cursor()
            cursor.executemany(sql, rows)
            touched = int(cursor.rowcount)
            cursor.close()
        return touched

    def script(self, statements: Iterable[str]) -> None:
        """Runs schema statements inside `write`."""
        self.require_write()
        with self._told():
            for text in statements:
                self.db.execute_sql(text)

    def table_names(self) -> set[str]:
        """Names of the tables there are."""
        with self._told():
            return {name for name in self.db.get_tables() if not name.startswith("sqlite_")}

    def require_write(self) -> Held:
        """What the transaction holds; raises RuntimeError outside of `write`."""
        held = self.held
        if held is None:
            raise RuntimeError("a write stands inside store.write()")
        return held

    # Files

    def problems(self) -> list[str]:
        """What integrity and foreign-key check find; empty = sound. Reads the whole file."""
        with self._told():
            found = [str(row[0]) for row in self.db.execute_sql("PRAGMA integrity_check")]
            broken = list(self.db.execute_sql("PRAGMA foreign_key_check"))
        return [text for text in found if text != "ok"] + [say("foreign_key", r=r) for r in broken]

    def backup(self, path: Path) -> Path:
        """A consistent copy as one file, also while others write; replaces `path` in one step.

        Cost: reads the whole store; any thread, outside of a transaction.

        Raises:
            LocalFault: DSK-01, the copy could not be written; as `open` for the store itself.
        """
        part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with self._told():
                    copy_database(self.db.connection(), part)
                crash_points.reach(crash_points.IN_BACKUP)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
        except OSError as error:
            raise faults.not_copied(path, error) from error
        return path

    def as_one_file(self) -> None:
        """Folds the write-ahead log into the file; only while nobody else has it open."""
        with self._told():
            self.db.pragma("journal_mode", "delete")

    def close_thread(self) -> None:
        """Closes this thread's connection; the store can be used again afterwards."""
        if not self.db.is_closed():
            self.db.close()


def _dicts(cursor: sqlite3.Cursor) -> list[dict[str, Any]]:
    """The rows of a cursor; peewee's own conversion takes five times as long and changes none."""
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def is_sound(path: Path) -> bool:
    """Whether a file is a database without damage; reads all of it, changes nothing beside it."""
    try:
        with contextlib.closing(
            sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        ) as file:
            names = file.execute("SELECT COUNT(*) FROM sqlite_master WHERE name = 'audit'")
            return bool(names.fetchone()[0]) and file.execute(
                "PRAGMA quick_check(1)"
            ).fetchone() == ("ok",)
    except sqlite3.Error:
        return False


def copy_database(source: sqlite3.Connection, path: Path) -> None:
    """Copies a live database into a new file that needs no `-wal` beside it, and flushes it."""
    target = sqlite3.connect(path, isolation_level=None)
    try:
        source.backup(target)
        target.execute("PRAGMA journal_mode = DELETE").fetchone()
    finally:
        target.close()
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def lots(values: Iterable[Any], size: int = LOT) -> Iterator[list[Any]]:
    """The values in lists of at most `size`."""
    left = iter(values)
    while lot := list(itertools.islice(left, size)):
        yield lot
