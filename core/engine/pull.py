"""One page loop for every poll: what changed since the bookmark, stored page by page.

A page, its audit rows and the progress of its walk are one transaction; the bookmark moves only
after the last page. A killed walk goes on at the page it had come to. What reads further back than
a poll, and what is unfinished, stands in `sweeps` and `rereading`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, Protocol

from core import crash_points
from core.domain import timing
from core.domain.canonical import instant_text, parse_instant
from core.engine import stored
from core.engine.completing import Details, Remittances
from core.engine.flows import WHOLE, Flow
from core.engine.lanes import Answer
from core.engine.turns import Turn, Turns
from core.engine.work import AVIDXCHANGE, X3, Work
from core.errors import AppError, AuthError, TransientError
from core.ports import FULL, ORDINARY, Page
from core.store import values

_log = logging.getLogger("crossfoot.engine")
FORBIDDEN = 403  # the sign-in is good, but has no right on this class
#: Days between two sweeps of a kind -> how far each reads back (sage-x3.md 10.1).
SWEEPS = {"week": (7, timedelta(days=35)), "day": (1, timedelta(days=3))}

Windows = list[tuple[datetime | None, datetime | None]]


class Reading(Protocol):
    """Something that asks one side page by page and says when it has ended."""

    flow: Flow

    def start(self) -> None:
        """Ask for the first page; engine thread."""
        ...


Ended = Callable[[Reading], None]


class Walk:
    """One poll under way; lives on the engine thread."""

    def __init__(self, work: Work, flow: Flow, ended: Ended) -> None:
        self.work = work
        self.flow = flow
        self.ended = ended
        self.keys: set[str] = set()
        self.unreadable = 0
        self.without_stamp = 0
        self.first_answer: datetime | None = None
        self._changed_max: datetime | None = None
        self._query_time: datetime | None = None
        self._windows: Windows = []
        self._sweeps: list[str] = []
        self._total: int | None = None
        self._window_keys: set[str] = set()
        self._window_unreadable, self._again, self._is_resumed = 0, 0, False
        self._turns = Turns()  # of the pages: kept in their order, though two are under way at once
        self._onward: str | None = None  # behind the page read last, not asked for yet

    @property
    def mark_name(self) -> str:
        """Under which name its progress is kept."""
        return self.flow.name

    @property
    def is_whole(self) -> bool:
        """Whether what it does not show at its end is gone; such a walk is never taken up again."""
        return self.flow.entity in WHOLE

    @property
    def checks_settled(self) -> bool:
        """Whether an invoice that may have changed under its stamp is read again (completing)."""
        return True

    def start(self) -> None:
        """Ask for the first page, or for the one an interrupted walk had come to."""
        mark = values.bookmark(self.work.store, self.mark_name)
        # Only X3 pages by key; a list paged by number shifts while nobody reads, so it starts anew.
        may_resume = self.flow.system == X3 and not self.is_whole and not self._has_new_scope()
        if mark.progress and may_resume and self.may_resume(mark.walk):
            self._resume(mark.walk)
            self._ask(lambda: self._port.next_page(self.flow.entity, mark.progress))
            return
        self._begin()

    def may_resume(self, walk: dict[str, str]) -> bool:  # noqa: ARG002 - sweeps look at it
        """Whether an interrupted walk of this name is the one that is to be made now."""
        return True

    def _begin(self) -> None:
        self._changed_max = self.first_answer = None
        self._windows = self.lower_bounds()
        self._open_window()

    @property
    def _port(self) -> Any:
        return self.work.tools.reader if self.flow.system == X3 else self.work.tools.ap

    @property
    def change_kind(self) -> str:
        """How the entity tells changes: `datetime`, `date` or `none`."""
        if self.flow.system == AVIDXCHANGE:
            return "datetime"
        return self.work.tools.reader.change_kind(self.flow.entity)

    def _resume(self, walk: dict[str, str]) -> None:
        def instant(name: str) -> datetime | None:
            return parse_instant(walk[name]) if walk.get(name) else None

        self._changed_max, self.first_answer = instant("changed_max"), instant("first_answer")
        self.without_stamp = int(walk.get("without_stamp", "0"))
        self._windows, self._is_resumed = [(None, None)], True

    def lower_bounds(self) -> Windows:
        """The windows to read, from the bookmark less the overlap."""
        config, old = self.work.tools.config, self.bookmark()
        if self.is_whole:
            return [(None, None)]
        if self.flow.entity in ("ap_invoice", "ap_payment"):
            days, now = config.window_max_days, self.work.now
            slices = timing.ap_windows(
                old, config.start_date, now, config.ap_overlap + self._look_back(old), days
            )
            return list(slices)
        if self.flow.system == AVIDXCHANGE:
            since = old and old - config.ap_overlap - self._look_back(old)
            # Vendors are read whole once a week (avidxchange.md 6).
            return [(None if "week" in self._sweeps else since, None)]
        if self._has_new_scope():
            return [(None, None)]
        return [(timing.erp_lower_bound(old, config.overlap, self.change_kind), None)]

    def _has_new_scope(self) -> bool:
        """Whether other companies, dates or members are read than when the bookmark was set.

        Then everything is read anew: what was out of scope lies behind the bookmark.
        """
        scope = self.work.tools.config.scopes.get(self.flow.entity, "")
        last = values.setting(self.work.store, f"scope.{self.flow.name}")
        return self.flow.system == X3 and bool(last) and last != scope

    def bookmark(self) -> datetime | None:
        """How far the flow has been read."""
        text = values.bookmark(self.work.store, self.flow.name).value
        return parse_instant(text) if text else None

    def _look_back(self, old: datetime | None) -> timedelta:
        """How much further back a poll of AvidXchange reads: some days daily, 35 weekly."""
        if old is None:
            return timedelta(0)
        config = self.work.tools.config
        weekly, longest = SWEEPS["week"]
        if self.flow.entity == "vendor":
            weekly = config.vendors_full_days
        if sweep_is_due(self.work, self.flow.name, "week", weekly):
            self._sweeps = ["day", "week"]
            return longest
        if sweep_is_due(self.work, self.flow.name, "day", SWEEPS["day"][0]):
            self._sweeps = ["day"]
            return config.sweep_reach
        return timedelta(0)

    def _open_window(self) -> None:
        since, until = self._windows[0]
        self._window_keys, self._total, self._window_unreadable = set(), None, 0
        entity = self.flow.entity
        if self.flow.system == X3:
            self._ask(lambda: self._port.first_page(entity, since=since))
        else:
            self._ask(lambda: self._port.first_page(entity, since=since, until=until))

    @property
    def urgency(self) -> str:
        """How soon it has to wait when the day's volume runs short."""
        is_first = not values.setting(self.work.store, f"read.{self.flow.name}")
        is_full = self.is_whole or is_first or self.change_kind == "none"
        return FULL if is_full else ORDINARY

    def _ask(self, call: Callable[[], Page]) -> None:
        turn = self._turns.begin()
        if self.flow.system == X3 and self.work.waits(X3, self.urgency):
            self._turns.ready(turn, lambda: self.ended(self))  # tomorrow it goes on from its place
            return
        lane = self.work.lanes[self.flow.lane]  # first of all: a page brings more work than details
        lane.submit(call, lambda answer: self._arrived(turn, answer), is_first=True)

    def _ask_on(self) -> None:
        """Ask for the page behind the one read last, unless that was done."""
        link, self._onward = self._onward, None
        if link is not None:
            self._ask(lambda: self._port.next_page(self.flow.entity, link))

    def _arrived(self, turn: Turn, answer: Answer) -> None:
        if answer.crash:
            raise answer.crash

        def failed(error: AppError) -> None:
            self._turns.ready(turn, lambda: self._broken_off(error))

        def whole(rows: Iterable[Any]) -> None:
            self._turns.ready(turn, lambda: self.store(page, rows))

        if answer.error:
            failed(answer.error)
            return
        page: Page = answer.value
        self._is_resumed, self._onward = False, page.next
        self.work.answered[self.flow.system] = self.work.now
        if self.flow.system == X3 and len(self._turns) == 1:
            # The lane has work while this page is kept; the next one first, to have its details.
            self._ask_on()
        if self.flow.name == f"{X3}:invoice":
            Details(self, page, whole, failed).start()
        elif self.flow.entity == "ap_payment":
            Remittances(self, page, whole, failed).start()
        else:
            whole(page.rows)

    def _broken_off(self, error: AppError) -> None:
        self._turns.drop()
        if self._is_resumed and _is_hopeless(error):
            self._forget_place(error)
        else:
            self.failed(error)

    def _forget_place(self, error: AppError) -> None:
        """The place kept by an earlier walk is no longer understood: read from the bookmark."""
        _log.warning("%s cannot go on where it was and begins anew: %s", self.mark_name, error.why)
        with self.work.store.write():
            values.put_bookmark(self.work.store, self.mark_name, "")
        self._is_resumed = False
        self._begin()

    def failed(self, error: AppError) -> None:
        """End the walk: its side is left alone, unless the site only lacks this entity."""
        if self.flow.is_optional and _is_unpublished(error):
            self.work.unpublished.add(self.flow.entity)
            _log.info("%s is not published here: %s", self.flow.entity, error.why)
            self.ended(self)
            return
        self.work.has_wrong_setting |= error.code == "CFG-01" and error.status != FORBIDDEN
        self.work.fail_side(self.flow.system, error)
        self.ended(self)

    def _note(self, page: Page) -> None:
        self.count(page)
        if self.first_answer is None:
            self.first_answer = page.server_time
        if page.changed_max:
            self._changed_max = max(page.changed_max, self._changed_max or page.changed_max)
        if page.query_time:
            self._query_time = min(page.query_time, self._query_time or page.query_time)
        if self.flow.system == X3 and self.change_kind != "none":
            self.without_stamp += sum(1 for row in page.rows if row.changed is None)
        self.unreadable += len(page.unreadable)
        self._window_unreadable += len(page.unreadable)
        for text in page.unreadable:
            self.work.tally.error("UNK-01", self.flow.system, text)

    def count(self, page: Page) -> None:
        """Count what was read for the report of the run."""
        self.work.tally.read[self.flow.group] += len(page.rows)

    def keep(self, page: Page, rows: tuple[Any, ...]) -> None:
        """Store what a page brought, inside its transaction."""
        stored.keep(self.work, self.flow.entity, rows, read_at=page.server_time)

    def store(self, page: Page, rows: Iterable[Any]) -> None:
        """Keep a page with the walk's progress, then go on; engine thread."""
        self._note(page)
        self.keys |= {row.key for row in page.rows}
        self._window_keys |= {row.key for row in page.rows}
        drifted = page.total is not None and self._total not in (None, page.total)
        self._total = page.total if page.total is not None else self._total
        is_last = page.next is None
        if is_last and self._total is not None:
            drifted |= len(self._window_keys) + self._window_unreadable < self._total
        work = self.work
        with work.store.write():
            self.keep(page, tuple(rows))
            if not is_last:
                values.put_progress(work.store, self.mark_name, page.next or "", self.walk())
            elif len(self._windows) == 1 and not (drifted and self._again < 2):  # noqa: PLR2004
                self.finish()
                crash_points.reach(crash_points.BEFORE_BOOKMARK)
        work.tell(self.flow.name, len(self.keys), self._total or 0)
        work.changed(self.flow.group)
        if drifted and self._again < 2 and self.flow.system == AVIDXCHANGE:  # noqa: PLR2004
            self._again += 1  # rows moved while we read: the window is read again (section 3, 6)
            self._open_window()
        elif not is_last:
            self._ask_on()
            stored.make_ready(work, self.flow.entity, [row.key for row in page.rows])
        else:
            self._windows.pop(0)
            if self._windows:
                self._open_window()
            else:
                self.ended(self)

    def walk(self) -> dict[str, str]:
        """What is kept with the place of an unfinished walk."""
        named = {"changed_max": self._changed_max, "first_answer": self.first_answer}
        kept = {name: instant_text(moment) for name, moment in named.items() if moment}
        return kept | {"without_stamp": str(self.without_stamp)}

    def finish(self) -> None:
        """Move the bookmark, inside the transaction of the last page."""
        work, name, old = self.work, self.flow.name, self.bookmark()
        if self.flow.system == X3 and not self.is_whole:
            new = timing.erp_bookmark(old, self._changed_max, self.first_answer)
        else:
            lag = work.tools.config.ap_lag
            new = timing.ap_bookmark(old, self.first_answer, self._query_time, lag)
        values.put_bookmark(work.store, name, instant_text(new) if new else "")
        values.put_setting(work.store, f"read.{name}", instant_text(work.now))
        scope = work.tools.config.scopes.get(self.flow.entity, "")
        values.put_setting(work.store, f"scope.{name}", scope)
        if old is None:
            # The first reading had no lower bound: it saw everything, as a sweep would.
            self._sweeps = list(SWEEPS)
            note_without_stamp(work, name, self.without_stamp)
            if self.flow.entity == "invoice":
                note_sweep(work, f"{X3}:unfinished", "day")
        for sweep in self._sweeps:
            note_sweep(work, name, sweep)
        if self.is_whole and not self.unreadable:
            stored.forget_missing(work, self.flow.entity, self.keys)
        system = self.flow.system
        if until := self.first_answer if system == X3 else new:
            work.complete[system] = min(until, work.complete.get(system, until))


def sweep_is_due(work: Work, name: str, kind: str, days: int) -> bool:
    """Whether the daily or weekly sweep of a flow is to be made in this run."""
    last = values.setting(work.store, f"sweep.{kind}.{name}")
    return timing.sweep_is_due(parse_instant(last) if last else None, work.now, days)


def note_sweep(work: Work, name: str, kind: str) -> None:
    """A sweep was made to its end; inside `store.write()`."""
    values.put_setting(work.store, f"sweep.{kind}.{name}", instant_text(work.now))


def give_up(work: Work, flow: Flow, error: AppError) -> None:
    """A sweep failed: it is noted when; only a refused sign-in stops its side."""
    if isinstance(error, AuthError):
        work.fail_side(flow.system, error)
        return
    work.note_error(flow.system, error)
    with work.store.write():
        values.put_setting(work.store, f"sweep.failed.{flow.name}", instant_text(work.now))


def note_without_stamp(work: Work, name: str, count: int) -> None:
    """Keep how many rows of a flow carry no change stamp; inside `store.write()`."""
    values.put_setting(work.store, f"without_stamp.{name}", str(count))


def _is_unpublished(error: AppError) -> bool:
    """The site does not offer this class or property; the login itself works."""
    return error.code == "CFG-01" or error.status == FORBIDDEN  # no right on the class


def _is_hopeless(error: AppError) -> bool:
    """Whether asking for the same page again would meet the same answer."""
    return not isinstance(error, AuthError | TransientError) and error.status != FORBIDDEN


def pull(
    work: Work,
    flows: Iterable[Flow],
    make: Callable[[Work, Flow, Ended], Reading] = Walk,
) -> None:
    """Read both sides side by side until every reading has ended or its side has failed."""
    open_ones: set[str] = set()

    def begin(flow: Flow) -> None:
        if work.is_up(flow.system):
            open_ones.add(flow.name)
            make(work, flow, ended).start()

    def ended(reading: Reading) -> None:
        open_ones.discard(reading.flow.name)
        for flow in reading.flow.then:
            begin(flow)

    for flow in flows:
        begin(flow)
    work.pump(lambda: not [n for n in open_ones if work.is_up(n.partition(":")[0])], None)
