"""One page loop for every poll: what changed since the bookmark, stored page by page.

A page, its audit rows and the progress of its walk are one transaction; the bookmark moves only
after the last page. A killed walk goes on at the page it had come to.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from core.domain import timing
from core.domain.canonical import instant_text, parse_instant
from core.engine import stored
from core.engine.completing import Details, Remittances
from core.engine.flows import WHOLE, Flow
from core.engine.lanes import Answer
from core.engine.work import AVIDXCHANGE, X3, Work
from core.errors import AppError
from core.ports import Page
from core.store import values

_log = logging.getLogger("crossfoot.engine")
FORBIDDEN = 403  # the sign-in is good, but has no right on this class


_DAILY, _SWEEP = timedelta(days=1), timedelta(days=3)
_WEEKLY, _LONG_SWEEP = timedelta(days=7), timedelta(days=35)
_SWEPT = frozenset(("invoice", "supplier", "supplier_address", "open_item", "payment", "vendor"))


class Walk:
    """One poll under way; lives on the engine thread."""

    def __init__(self, work: Work, flow: Flow, ended: Callable[[Walk], None]) -> None:
        self.work = work
        self.flow = flow
        self._ended = ended
        self._keys: set[str] = set()
        self._changed_max: datetime | None = None
        self._first_answer: datetime | None = None
        self._query_time: datetime | None = None
        self._windows: list[tuple[datetime | None, datetime | None]] = []
        self._sweeps: list[str] = []
        self._total: int | None = None
        self._window_keys: set[str] = set()
        self._unreadable = 0
        self._again = 0

    def start(self) -> None:
        """Ask for the first page, or for the one an interrupted walk had come to."""
        mark = values.bookmark(self.work.store, self.flow.name)
        # Only X3 pages by key; a list paged by number shifts while nobody reads, so it starts anew.
        if mark.progress and self.flow.system == X3 and not self._is_whole:
            self._resume(mark.walk)
            self._ask(lambda: self._port.next_page(self.flow.entity, mark.progress))
            return
        old = parse_instant(mark.value) if mark.value else None
        self._windows = self._lower_bounds(old)
        self._open_window()

    @property
    def _port(self) -> Any:
        return self.work.tools.reader if self.flow.system == X3 else self.work.tools.ap

    @property
    def _is_whole(self) -> bool:
        return self.flow.entity in WHOLE

    def _resume(self, walk: dict[str, str]) -> None:
        def instant(name: str) -> datetime | None:
            return parse_instant(walk[name]) if walk.get(name) else None

        self._changed_max, self._first_answer = instant("changed_max"), instant("first_answer")
        self._windows = [(None, None)]

    def _lower_bounds(self, old: datetime | None) -> list[tuple[datetime | None, datetime | None]]:
        config = self.work.tools.config
        if self._is_whole:
            return [(None, None)]
        if self.flow.entity in ("ap_invoice", "ap_payment"):
            days, now = config.window_max_days, self.work.now
            slices = timing.ap_windows(
                old, config.start_date, now, config.ap_overlap + self._sweep(old), days
            )
            return list(slices)
        if self.flow.system == AVIDXCHANGE:
            since = old and old - config.ap_overlap - self._sweep(old)
            return [(since, None)]
        kind = self.work.tools.reader.change_kind(self.flow.entity)
        since = timing.erp_lower_bound(old, config.overlap + self._sweep(old), kind)
        return [(since, None)]

    def _sweep(self, old: datetime | None) -> timedelta:
        """How much further back this poll reads: 3 days daily, 35 weekly (sage-x3.md 10.1)."""
        if old is None or self.flow.entity not in _SWEPT | {"ap_invoice", "ap_payment"}:
            self._sweeps = ["day", "week"]
            return timedelta(0)
        for name, every, back in (
            ("week", _WEEKLY, _LONG_SWEEP),
            ("day", _DAILY, _SWEEP),
        ):
            last = values.setting(self.work.store, f"sweep.{name}.{self.flow.name}")
            if not last or self.work.now - parse_instant(last) >= every:
                self._sweeps = ["day", "week"] if name == "week" else ["day"]
                return back
        return timedelta(0)

    def _open_window(self) -> None:
        since, until = self._windows[0]
        self._window_keys, self._total, self._unreadable = set(), None, 0
        entity = self.flow.entity
        if self.flow.system == X3:
            self._ask(lambda: self._port.first_page(entity, since=since))
        else:
            self._ask(lambda: self._port.first_page(entity, since=since, until=until))

    def _ask(self, call: Callable[[], Page]) -> None:
        self.work.lanes[self.flow.lane].submit(call, self._arrived)

    def _arrived(self, answer: Answer) -> None:
        if answer.crash:
            raise answer.crash
        if answer.error:
            self.failed(answer.error)
            return
        page: Page = answer.value
        self._note(page)
        if self.flow.name == f"{X3}:invoice":
            Details(self, page).start()
        elif self.flow.entity == "ap_payment":
            Remittances(self, page).start()
        else:
            self.store(page, page.rows)

    def failed(self, error: AppError) -> None:
        """End the walk: its side is left alone, unless the site only lacks this entity."""
        if self.flow.is_optional and _is_unpublished(error):
            self.work.unpublished.add(self.flow.entity)
            _log.info("%s is not published here: %s", self.flow.entity, error.why)
            self._ended(self)
            return
        self.work.has_wrong_setting |= error.code == "CFG-01" and error.status != FORBIDDEN
        self.work.fail_side(self.flow.system, error)
        self._ended(self)

    def _note(self, page: Page) -> None:
        self.work.answered[self.flow.system] = self.work.now
        self.work.tally.read[self.flow.group] += len(page.rows)
        if self._first_answer is None:
            self._first_answer = page.server_time
        if page.changed_max:
            self._changed_max = max(page.changed_max, self._changed_max or page.changed_max)
        if page.query_time:
            self._query_time = min(page.query_time, self._query_time or page.query_time)
        self._unreadable += len(page.unreadable)
        for text in page.unreadable:
            self.work.tally.error("UNK-01", self.flow.system, text)

    def store(self, page: Page, rows: Iterable[Any]) -> None:
        """Keep a page with the walk's progress, then go on; engine thread."""
        rows = tuple(rows)
        keys = {row.key for row in rows}
        self._keys |= keys
        self._window_keys |= {row.key for row in page.rows}
        drifted = page.total is not None and self._total not in (None, page.total)
        self._total = page.total if page.total is not None else self._total
        is_last = page.next is None
        if is_last and self._total is not None:
            drifted |= len(self._window_keys) + self._unreadable < self._total
        work = self.work
        with work.store.write():
            stored.keep(work, self.flow.entity, rows)
            if not is_last:
                values.put_progress(work.store, self.flow.name, page.next or "", self._walk())
            elif len(self._windows) == 1 and not (drifted and self._again < 2):  # noqa: PLR2004
                self._finish()
        work.tell(self.flow.name, len(self._keys), self._total or 0)
        work.changed(self.flow.group)
        if drifted and self._again < 2 and self.flow.system == AVIDXCHANGE:  # noqa: PLR2004
            self._again += 1  # rows moved while we read: the window is read again (section 3, 6)
            self._open_window()
        elif not is_last:
            link = page.next or ""
            self._ask(lambda: self._port.next_page(self.flow.entity, link))
        else:
            self._windows.pop(0)
            if self._windows:
                self._open_window()
            else:
                self._ended(self)

    def _walk(self) -> dict[str, str]:
        named = {"changed_max": self._changed_max, "first_answer": self._first_answer}
        return {name: instant_text(moment) for name, moment in named.items() if moment}

    def _finish(self) -> None:
        """Move the bookmark, inside the transaction of the last page."""
        work, name = self.work, self.flow.name
        text = values.bookmark(work.store, name).value
        old = parse_instant(text) if text else None
        if self.flow.system == X3 and not self._is_whole:
            new = timing.erp_bookmark(old, self._changed_max, self._first_answer)
        else:
            lag = work.tools.config.ap_lag
            new = timing.ap_bookmark(old, self._first_answer, self._query_time, lag)
        values.put_bookmark(work.store, name, instant_text(new) if new else "")
        values.put_setting(work.store, f"read.{name}", instant_text(work.now))
        for sweep in self._sweeps:
            values.put_setting(work.store, f"sweep.{sweep}.{name}", instant_text(work.now))
        if self._is_whole:
            stored.forget_missing(work, self.flow.entity, self._keys)
        until = self._first_answer if self.flow.system == X3 else new
        if until:
            system = self.flow.system
            work.complete[system] = min(until, work.complete.get(system, until))


def _is_unpublished(error: AppError) -> bool:
    """The site does not offer this class or property; the login itself works."""
    return error.code == "CFG-01" or error.status == FORBIDDEN  # no right on the class


def pull(work: Work, flows: Iterable[Flow]) -> None:
    """Read both sides side by side until every walk has ended or its side has failed."""
    open_walks: set[str] = set()

    def begin(flow: Flow) -> None:
        if work.is_up(flow.system):
            open_walks.add(flow.name)
            Walk(work, flow, ended).start()

    def ended(walk: Walk) -> None:
        open_walks.discard(walk.flow.name)
        for flow in walk.flow.then:
            begin(flow)

    for flow in flows:
        begin(flow)
    work.pump(lambda: not [n for n in open_walks if work.is_up(n.partition(":")[0])], None)
