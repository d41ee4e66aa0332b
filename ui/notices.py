"""Word of what needs a person while nobody looks at the window; a click opens just that.

A run that went well, or a side that will be tried again, is no news here (design.md 7).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from core.words import area
from ui import formats
from ui.list_spec import Query, Row

say = area(__name__)

if TYPE_CHECKING:
    from ui.window import Window

_NAMED = 2  # causes that a notice names; Windows shows no more lines


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told: a title, a text, and the review item that a click opens."""

    title: str
    text: str
    item: int


class Notices(QObject):
    """Hears how many need a person; `told` comes when there are more and nobody looks."""

    told = Signal(object)  # Notice

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._known: int | None = None
        self._item = 0

    def hear(self, needs_you: int) -> None:
        """Take the new count; only a growing one is told, and not to somebody who looks at it."""
        before, self._known = self._known, needs_you
        if before is None or needs_you <= before or self._window.isActiveWindow():
            return
        more = needs_you - before
        read = partial(newest, self._window.desk, more)
        self._window.bridge.read_later(self, read, partial(self._tell, more), self._tell_plainly)

    def open(self) -> None:
        """Bring the window forward, with what was told last in sight."""
        self._window.come_forward()
        if self._item:
            self._window.pages.open_list("review", {"id": str(self._item)})

    def _tell(self, more: int, rows: Sequence[Row]) -> None:
        if not rows:
            return  # settled before anybody could be told
        notice = notice_of(more, rows)
        self._item = notice.item
        self.told.emit(notice)

    def _tell_plainly(self, error: BaseException) -> None:
        """What it is could not be read; the window says why."""
        self._window.faults.tell(error)


def newest(desk: Any, count: int) -> list[Row]:
    """The youngest items that ask a person, so many; on the reader thread."""
    asked = Query(members={"asks": "yes"}, order="since", descending=True)
    return list(desk.source("review").page(asked, None, count).rows)


def notice_of(more: int, rows: Sequence[Row]) -> Notice:
    """The words: of one item its own, of several how many and the first of them."""
    first = rows[0]
    if more == 1:
        title, fix = str(first["title"]), str(first["fix"])
        about = str(first["document"]) or str(first["system"])
        return Notice(title, ". ".join(part for part in (about, fix) if part), int(first["id"]))
    titles = list(dict.fromkeys(str(row["title"]) for row in rows))
    others = say("and_others") if len(titles) > _NAMED else ""
    text = "; ".join(titles[:_NAMED]) + others
    return Notice(say("need_you", counted=formats.counted(more, "problem")), text, int(first["id"]))
