"""Health checks made one after the other, off the GUI thread, each told as soon as it is made."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from core.errors import AppError
from core.words import area
from ui.bridge import Bridge, Ticket

say = area(__name__)

#: Sides in the order of their checks.
SIDES = {"workspace": say("this_computer"), "x3": say("sage_x3"), "avidxchange": "AvidXchange"}


class Check(Protocol):
    """A finding of the core's doctor."""

    @property
    def side(self) -> str: ...  # noqa: D102 - the core says what it is

    @property
    def check(self) -> str: ...  # noqa: D102

    @property
    def ok(self) -> bool: ...  # noqa: D102

    @property
    def cause(self) -> str: ...  # noqa: D102

    @property
    def remedy(self) -> str: ...  # noqa: D102

    @property
    def code(self) -> str: ...  # noqa: D102

    @property
    def for_it(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding made here: the checks themselves could not be made."""

    side: str
    check: str
    ok: bool
    cause: str
    remedy: str
    code: str
    for_it: str = ""


class CheckRun(QObject):
    """Makes checks one by one; `found` has each with its seconds, `ended` whether all passed."""

    found = Signal(object, float)
    ended = Signal(bool)

    def __init__(
        self, bridge: Bridge, checks: Callable[[], Iterator[Check]], side: str, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._checks = checks
        self._side = side
        self._made: Iterator[Check] | None = None
        self._ticket: Ticket | None = None
        self._is_good = True

    def start(self) -> None:
        """Ask for the first check; the others follow."""
        self._ticket = self._bridge.call_later(self, self._make, self._take, self._fail)

    def cancel(self) -> None:
        """Nothing more is told; the check under way runs to its end unheard."""
        if self._ticket is not None:
            self._ticket.cancel()

    def _make(self) -> tuple[Check | None, float]:
        """The next check and how long it took; on a thread of the pool."""
        began = time.perf_counter()
        if self._made is None:
            self._made = self._checks()
        check = next(self._made, None)
        return check, time.perf_counter() - began

    def _take(self, answer: tuple[Check | None, float]) -> None:
        check, took_s = answer
        if check is None:
            self.ended.emit(self._is_good)
            return
        self._is_good = self._is_good and check.ok
        self.found.emit(check, took_s)
        self.start()

    def _fail(self, error: BaseException) -> None:
        """The checks could not even be made, as when a setting is missing."""
        if not isinstance(error, AppError):
            raise error
        check = Finding(
            self._side, "settings", ok=False, cause=error.why, remedy=error.fix, code=error.code
        )
        self._is_good = False
        self.found.emit(check, 0.0)
        self.ended.emit(False)  # noqa: FBT003 - a signal's argument
