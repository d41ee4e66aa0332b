"""Makes one call of one kind fail at its Nth use, in a process that a test has made for that.

Kinds and what is counted: `store` (statements, transactions and copies of SQLite), `network`
(requests handed to a pool of connections), `file` (opening, writing, renaming, removing, flushing
in the data directory), `keyring` (reading and writing the entry), `clock` (asking for the time).
The program has no switch for it: the functions that it calls are replaced from outside.
"""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from urllib3.connectionpool import HTTPConnectionPool
from urllib3.exceptions import NewConnectionError, ProtocolError, ReadTimeoutError

KINDS = ("store", "network", "file", "keyring", "clock")
_STORE = (
    (sqlite3.SQLITE_FULL, "database or disk is full"),
    (sqlite3.SQLITE_IOERR, "disk I/O error"),
    (sqlite3.SQLITE_BUSY, "database is locked"),
)
_FILE = (errno.ENOSPC, errno.EACCES, errno.EIO)
_JUMPS = (timedelta(hours=-1), timedelta(hours=1))


@dataclass
class Nth:
    """Counts the calls of a kind; the Nth fails in one of several ways, which turn with N."""

    kind: str
    nth: int
    report: Path
    directory: Path
    seen: int = 0
    what: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_it(self, what: str) -> bool:
        """Count a call; whether it is the one that fails."""
        with self._lock:
            self.seen += 1
            if self.seen != self.nth:
                return False
            self.what = what
            return True

    def way(self, ways: int) -> int:
        """Which of so many ways of failing is used."""
        return self.nth % ways

    def tell(self) -> None:
        """Leave the figures for the test."""
        self.report.write_text(json.dumps({"seen": self.seen, "what": self.what}))


def arm(kind: str, nth: int, report: str, directory: str) -> Nth:
    """Replace what a kind counts; 0 counts only."""
    made = Nth(kind, nth, Path(report), Path(directory))
    {"store": _store, "network": _network, "file": _file, "keyring": _keyring, "clock": _clock}[
        kind
    ](made)
    return made


def _store(nth: Nth) -> None:
    def fail(what: str) -> None:
        if nth.is_it(what.strip()[:60]):
            code, text = _STORE[nth.way(3)]
            error = sqlite3.OperationalError(text)
            error.sqlite_errorcode = code
            raise error

    class Cursor(sqlite3.Cursor):
        def execute(self, sql: str, *values: Any) -> Any:
            fail(sql)
            return super().execute(sql, *values)

        def executemany(self, sql: str, *values: Any) -> Any:
            fail(sql)
            return super().executemany(sql, *values)

    class Connection(sqlite3.Connection):
        def cursor(self, factory: Any = Cursor) -> Any:
            return super().cursor(factory)

        def execute(self, sql: str, *values: Any) -> Any:
            return self.cursor().execute(sql, *values)

        def backup(self, *target: Any, **options: Any) -> None:
            fail("backup")
            super().backup(*target, **options)

    connect = sqlite3.dbapi2.connect

    def connecting(*arguments: Any, **options: Any) -> Any:
        fail("connect")
        return connect(*arguments, **options | {"factory": Connection})

    sqlite3.dbapi2.connect = sqlite3.connect = connecting


def _network(nth: Nth) -> None:
    urlopen = HTTPConnectionPool.urlopen

    def opening(self: HTTPConnectionPool, method: str, url: str, *more: Any, **options: Any) -> Any:
        is_it, way = nth.is_it(f"{method} {url}"[:60]), nth.way(3)
        if is_it and way == 0:
            connection: Any = self
            raise NewConnectionError(connection, "connection refused")
        answer = urlopen(self, method, url, *more, **options)
        if not is_it:
            return answer
        answer.close()
        if way == 1:
            raise ProtocolError("aborted", ConnectionResetError())
        raise ReadTimeoutError(self, url, "read timed out")

    setattr(HTTPConnectionPool, "urlopen", opening)  # noqa: B010 - the seam


def _file(nth: Nth) -> None:
    def fail(name: str, *places: Any) -> None:
        texts = [os.fspath(place) for place in places if isinstance(place, str | os.PathLike)]
        inside = [text for text in texts if str(text).startswith(str(nth.directory))]
        if (inside or not texts) and nth.is_it(" ".join((name, *map(str, inside)))[-60:]):
            number = _FILE[nth.way(3)]
            raise OSError(number, os.strerror(number), *inside[:1])

    def failing(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def calling(*arguments: Any, **options: Any) -> Any:
            fail(name, *(place for place in arguments[:2] if not name.startswith("write")))
            return call(*arguments, **options)

        return calling

    for name in ("open", "replace", "rename", "unlink", "remove", "mkdir", "fsync"):
        setattr(os, name, failing(name, getattr(os, name)))
    open_before = io.open

    def opening(place: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
        if not isinstance(place, int):  # a file that the system has opened already
            fail("open", place)
        made = open_before(place, mode, *arguments, **options)
        if set(mode) & set("wax+") and str(place).startswith(str(nth.directory)):
            writing = failing(f"write {Path(place).suffix}", made.write)
            setattr(made, "write", writing)  # noqa: B010 - the seam
        return made

    for module in (builtins, io):
        setattr(module, "open", opening)  # noqa: B010 - the seam


def _keyring(nth: Nth) -> None:
    import keyring
    from keyring.errors import KeyringError, KeyringLocked

    backend = type(keyring.get_keyring())

    ways = (KeyringLocked("locked"), KeyringError("failed"), OSError(5, "the bus is gone"))

    def failing(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def calling(*arguments: Any) -> Any:
            if nth.is_it(name):
                raise ways[nth.way(3)]
            return call(*arguments)

        return calling

    for name in ("get_password", "set_password"):
        made = failing(name, getattr(backend, name))
        setattr(backend, name, made)


def _clock(nth: Nth) -> None:
    from core.clock import SystemClock

    now, monotonic = SystemClock.now, SystemClock.monotonic

    def telling(self: SystemClock) -> datetime:
        if not nth.is_it("now"):
            return now(self)
        if nth.way(3) == 0:
            raise OSError(errno.EINVAL, "the clock cannot be read")
        return now(self) + _JUMPS[nth.way(3) - 1]

    def counting(self: SystemClock) -> float:
        if nth.is_it("monotonic") and nth.way(3) == 0:
            raise OSError(errno.EINVAL, "the clock cannot be read")
        return monotonic(self)

    SystemClock.now = telling  # type: ignore[method-assign]  # the seam
    SystemClock.monotonic = counting  # type: ignore[method-assign]  # the seam
