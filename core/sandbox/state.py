"""The memory of the simulated systems: JSON rows, counters and settings in one SQLite file.

Everything lives in memory and is written by ``commit`` in one transaction, so a process that is
killed finds on its next start exactly what had been committed. No rule of either system is here.

For simulations: the clock can be held, so that time passes only when it is told to; all that is
committed can be recorded in an append-only history; and a state can be reset to what it once was.
"""

import itertools
import json
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, ItemsView, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.sandbox.chronicle import Chronicle, HeldClock

Row = dict[str, Any]

JOURNAL_LENGTH = 50_000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS row (
    name TEXT NOT NULL, key TEXT NOT NULL, position INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (name, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS counter (
    name TEXT NOT NULL PRIMARY KEY, amount INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS setting (
    name TEXT NOT NULL PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
"""
_PUT_ROW = (
    "INSERT INTO row (name, key, position, body) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (name, key) DO UPDATE SET position = excluded.position, body = excluded.body"
)
_PUT_COUNTER = (
    "INSERT INTO counter (name, amount) VALUES (?, ?) "
    "ON CONFLICT (name) DO UPDATE SET amount = excluded.amount"
)
_PUT_SETTING = (
    "INSERT INTO setting (name, body) VALUES (?, ?) "
    "ON CONFLICT (name) DO UPDATE SET body = excluded.body"
)
_COUNT_PREFIX = "count:"
_OFFSET = "clock_offset"


class Table:
    """Rows by key in the order of their first ``put``; a row changed in place is ``put`` again.

    ``version`` grows with every ``put`` and ``delete``, so that a reader can keep a sorted or
    filtered view for as long as the number stays.
    """

    def __init__(self, name: str, positions: "itertools.count[int]") -> None:
        self.name = name
        self.version = 0
        self._next_position = positions
        self._rows: dict[str, Row] = {}
        self._positions: dict[str, int] = {}
        self._dirty: set[str] = set()

    def get(self, key: str) -> Row | None:
        """Return the row itself, not a copy, or None."""
        return self._rows.get(key)

    def put(self, key: str, row: Row) -> None:
        """Store the row under the key; it reaches the file with the next commit."""
        if key not in self._rows:
            self._positions[key] = next(self._next_position)
        self._rows[key] = row
        self._dirty.add(key)
        self.version += 1

    def delete(self, key: str) -> None:
        """Remove the row; a missing key is no error."""
        if self._rows.pop(key, None) is not None:
            del self._positions[key]
            self._dirty.add(key)
            self.version += 1

    def keys(self) -> Iterable[str]:
        """Return the keys in insertion order."""
        return self._rows.keys()

    def values(self) -> Iterable[Row]:
        """Return the rows in insertion order."""
        return self._rows.values()

    def items(self) -> ItemsView[str, Row]:
        """Return key and row in insertion order."""
        return self._rows.items()

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def load(self, key: str, position: int, row: Row) -> None:
        """Take over a row from the file without marking it as changed."""
        self._rows[key] = row
        self._positions[key] = position

    def continue_at(self, positions: "itertools.count[int]") -> None:
        """Take new positions from here, behind all rows that were loaded."""
        self._next_position = positions

    def reset(self, rows: Iterable[tuple[str, Row]]) -> None:
        """Hold these rows, in this order, and no others."""
        for key in list(self._rows):
            self.delete(key)
        for key, row in rows:
            self.put(key, row)

    def changed(self) -> list[str]:
        """Return the keys put or deleted since the last ``take_changes``, in order of position."""
        last = len(self._positions) + 1
        return sorted(self._dirty, key=lambda key: (self._positions.get(key, last), key))

    def take_changes(self) -> tuple[list[tuple[str, str, int, str]], list[tuple[str, str]]]:
        """Return what to write and what to delete since the last call, and forget it."""
        kept = [key for key in self._dirty if key in self._rows]
        gone = [(self.name, key) for key in self._dirty if key not in self._rows]
        self._dirty.clear()
        written = [
            (self.name, key, self._positions[key], _dump(self._rows[key]))
            for key in sorted(kept, key=self._positions.__getitem__)
        ]
        return written, gone


@dataclass(frozen=True)
class Snapshot:
    """A whole state as it once was, as text; made by ``State.snapshot``."""

    body: str
    held: datetime | None


class State:
    """All data of both systems; a handler holds ``lock`` for the whole of one request's work.

    ``counters`` and ``journal`` have a lock of their own, so that they may be used at any time.
    ``chronicle`` records what is committed, when it is told to.
    """

    def __init__(self, path: Path | None) -> None:
        self.lock = threading.RLock()
        self.entries: deque[Row] = deque(maxlen=JOURNAL_LENGTH)
        self._small_lock = threading.Lock()
        self._positions = itertools.count(1)
        self._tables: dict[str, Table] = {}
        self._sequences: dict[str, int] = {}
        self._counts: dict[str, int] = {}
        self._settings: dict[str, Any] = {}
        self._dirty_settings: set[str] = set()
        self._dirty_counters: set[str] = set()
        self.chronicle = Chronicle()
        self._held = HeldClock()
        self._file: sqlite3.Connection | None = None
        if path is not None:
            self._file = _open(path)
            self._load(self._file)

    @property
    def counters(self) -> dict[str, int]:
        """A copy of the counted facts, by name."""
        with self._small_lock:
            return dict(self._counts)

    def table(self, name: str) -> Table:
        """Return the table, made empty at first use."""
        with self.lock:
            if name not in self._tables:
                self._tables[name] = Table(name, self._positions)
            return self._tables[name]

    def tables(self) -> dict[str, int]:
        """Return the number of rows of every table."""
        with self.lock:
            return {name: len(table) for name, table in self._tables.items()}

    def next(self, counter: str) -> int:
        """Return 1, 2, 3 ... for one counter, over restarts too."""
        with self.lock:
            value = self._sequences.get(counter, 0) + 1
            self._sequences[counter] = value
            self._dirty_counters.add(counter)
            return value

    def count(self, name: str, by: int = 1) -> None:
        """Add to a counted fact."""
        with self._small_lock:
            self._counts[name] = self._counts.get(name, 0) + by
            self._dirty_counters.add(_COUNT_PREFIX + name)

    def count_peak(self, name: str, value: int) -> None:
        """Raise a counted fact to the value if it is lower."""
        with self._small_lock:
            if value > self._counts.get(name, 0):
                self._counts[name] = value
                self._dirty_counters.add(_COUNT_PREFIX + name)

    def get_value(self, name: str, default: Any = None) -> Any:
        """Return a small setting, or the default when it was never set."""
        with self.lock:
            return self._settings.get(name, default)

    def set_value(self, name: str, value: Any) -> None:
        """Set a small setting; it must be JSON."""
        with self.lock:
            self._settings[name] = value
            self._dirty_settings.add(name)

    def now(self) -> datetime:
        """Return the simulated time in UTC: real time plus the clock offset, or the held time."""
        if self._held.at is not None:
            return self._held.at
        return datetime.now(UTC) + timedelta(seconds=float(self.get_value(_OFFSET, 0.0)))

    def shift_clock(self, seconds: float) -> None:
        """Move the simulated clock on (or back) by this many seconds."""
        with self.lock:
            moved = self._held.moved(seconds)
            if moved is not None:
                self.hold_clock(moved)
                return
            self.set_value(_OFFSET, float(self.get_value(_OFFSET, 0.0)) + seconds)

    @property
    def is_clock_held(self) -> bool:
        """Whether time passes only by ``hold_clock``."""
        return self._held.at is not None

    def hold_clock(self, at: datetime) -> None:
        """Let it be this instant until told otherwise; what was put off until then is done."""
        with self.lock:
            self._held.hold(at)

    def put_off(self, seconds: float, work: Callable[[], Any]) -> None:
        """Do this work when the held clock has moved on by so many seconds."""
        with self.lock:
            self._held.put_off(self.now() + timedelta(seconds=seconds), work)

    def snapshot(self) -> Snapshot:
        """Return all that is stored as it is now: rows, counters, settings and the held clock."""
        with self.lock:
            body = {
                "tables": {name: list(table.items()) for name, table in self._tables.items()},
                "sequences": self._sequences,
                "settings": self._settings,
            }
            return Snapshot(_dump(body), self._held.at)

    def reset(self, snapshot: Snapshot) -> None:
        """Be again as at the snapshot; what was counted, put off or recorded since is gone."""
        with self.lock, self._small_lock:
            body = json.loads(snapshot.body)
            for name in [*self._tables, *body["tables"]]:
                self.table(name).reset(body["tables"].get(name, ()))
            self._sequences, self._settings = body["sequences"], body["settings"]
            self._dirty_settings = set(self._settings)
            self._counts = dict.fromkeys(self._counts, 0)
            self._dirty_counters = {_COUNT_PREFIX + name for name in self._counts}
            self._dirty_counters |= set(self._sequences)
            self.entries.clear()
            self._held.release(snapshot.held)
        self.commit()
        self.chronicle.end()

    def journal(self, entry: Row) -> None:
        """Remember one request; the caller has masked its secrets. Only in memory."""
        with self._small_lock:
            self.entries.append(entry)

    def journal_tail(self, limit: int) -> list[Row]:
        """Return the last entries, oldest first."""
        with self._small_lock:
            return list(self.entries)[-limit:] if limit > 0 else []

    def commit(self) -> None:
        """Write everything changed since the last commit in one transaction."""
        with self.lock:
            self.chronicle.note(self.now(), self._tables.values())
            written: list[tuple[str, str, int, str]] = []
            gone: list[tuple[str, str]] = []
            for table in self._tables.values():
                changed, deleted = table.take_changes()
                written += changed
                gone += deleted
            counters = self._take_counters()
            settings = [(name, _dump(self._settings[name])) for name in self._dirty_settings]
            self._dirty_settings.clear()
            if self._file is None or not (written or gone or counters or settings):
                return
            with self._file:
                self._file.execute("BEGIN IMMEDIATE")
                self._file.executemany("DELETE FROM row WHERE name = ? AND key = ?", gone)
                self._file.executemany(_PUT_ROW, written)
                self._file.executemany(_PUT_COUNTER, counters)
                self._file.executemany(_PUT_SETTING, settings)

    def close(self) -> None:
        """Commit and close the file; a second call does nothing."""
        with self.lock:
            if self._file is not None:
                self.commit()
                self._file.close()
                self._file = None

    def _take_counters(self) -> list[tuple[str, int]]:
        with self._small_lock:
            names = sorted(self._dirty_counters)
            self._dirty_counters.clear()
            return [
                (
                    name,
                    self._counts[name.removeprefix(_COUNT_PREFIX)]
                    if name.startswith(_COUNT_PREFIX)
                    else self._sequences[name],
                )
                for name in names
            ]

    def _load(self, file: sqlite3.Connection) -> None:
        last = 0
        rows = file.execute("SELECT name, key, position, body FROM row ORDER BY position")
        for name, key, position, body in rows:
            self.table(name).load(key, position, json.loads(body))
            last = position
        self._positions = itertools.count(last + 1)
        for table in self._tables.values():
            table.continue_at(self._positions)
        for name, amount in file.execute("SELECT name, amount FROM counter"):
            if name.startswith(_COUNT_PREFIX):
                self._counts[name.removeprefix(_COUNT_PREFIX)] = amount
            else:
                self._sequences[name] = amount
        for name, body in file.execute("SELECT name, body FROM setting"):
            self._settings[name] = json.loads(body)


def _open(path: Path) -> sqlite3.Connection:
    # Autocommit: transactions are begun by hand, so that reading at start holds none open.
    file = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
    file.execute("PRAGMA journal_mode = WAL")
    file.execute("PRAGMA synchronous = OFF")
    file.executescript(_SCHEMA)
    return file


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
