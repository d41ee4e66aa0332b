"""One page loop for every poll: what changed since the bookmark, stored page by page.

A page, its audit rows and the progress of its walk are one transaction; the bookmark moves only
after the last page. A killed walk goes on at the page it had come to.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from core.domain import timing
from core.domain.canonical import decode, instant_text, parse_instant
from core.domain.documents import Invoice
from core.engine import stored
from core.engine.lanes import Answer
from core.engine.work import AP_LANE, AVIDXCHANGE, READ_LANE, X3, Work
from core.errors import AppError
from core.ports import Page
from core.store import values
from core.store.invoices import invoice_rows

_log = logging.getLogger("crossfoot.engine")


@dataclass(frozen=True, slots=True)
class Flow:
    """What one poll reads. `group` is its name in the result of `sync`.

    `then` are flows that begin when this one has ended. An optional one may be missing on a site.
    """

    system: str
    entity: str
    group: str
    then: tuple[Flow, ...] = ()
    is_optional: bool = False

    @property
    def name(self) -> str:
        """Name of its bookmark."""
        return f"{self.system}:{self.entity}"

    @property
    def lane(self) -> str:
        """The lane its pages are asked on."""
        return READ_LANE if self.system == X3 else AP_LANE


def _x3(entity: str, group: str, *then: Flow, optional: bool = False) -> Flow:
    return Flow(X3, entity, group, then, optional)


#: Open items begin after invoices: one that was posted meanwhile is then seen with its items.
FLOWS: tuple[Flow, ...] = (
    _x3("company", "reference", optional=True),
    _x3("site", "reference", optional=True),
    _x3("fiscal_period", "reference", optional=True),
    _x3("payment_term", "reference", optional=True),
    _x3("gl_account", "reference"),
    _x3("dimension", "reference", optional=True),
    _x3("purchase_order", "reference", optional=True),
    _x3("supplier", "suppliers"),
    _x3("supplier_address", "suppliers", optional=True),
    _x3("invoice", "invoices", _x3("open_item", "invoices")),
    _x3("payment", "payments", optional=True),
    Flow(AVIDXCHANGE, "code_group", "reference"),
    Flow(AVIDXCHANGE, "code", "reference"),
    Flow(AVIDXCHANGE, "vendor", "suppliers"),
    Flow(AVIDXCHANGE, "ap_invoice", "approvals"),
    Flow(AVIDXCHANGE, "ap_payment", "payments"),
)
#: X3 reference data without a change stamp, and AvidXchange's codes: read whole, daily.
_WHOLE = frozenset(("company", "site", "fiscal_period", "payment_term", "code_group", "code"))
#: Codes of open review items that make reference data worth reading again at once.
_STALE = {
    "fiscal_period": ("PER-01",),
    "payment_term": ("DUE-01",),
    "code_group": ("MAP-04", "MAP-05"),
    "code": ("MAP-04", "MAP-05"),
}
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
        self._again = 0

    def start(self) -> None:
        """Ask for the first page, or for the one an interrupted walk had come to."""
        mark = values.bookmark(self.work.store, self.flow.name)
        if mark.progress and not self._is_whole:
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
        return self.flow.entity in _WHOLE

    def _resume(self, walk: dict[str, str]) -> None:
        def instant(name: str) -> datetime | None:
            return parse_instant(walk[name]) if walk.get(name) else None

        self._changed_max, self._first_answer = instant("changed_max"), instant("first_answer")
        self._query_time = instant("query_time")
        now = self.work.now
        config = self.work.tools.config
        if self.flow.system == AVIDXCHANGE and self.flow.entity.startswith("ap_"):
            begin = instant("until")
            if begin:
                slices = timing.ap_windows(
                    begin, config.start_date, now, timedelta(0), config.window_max_days
                )
                self._windows = [(None, None), *slices]
        self._windows = self._windows or [(None, None)]

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
        self._window_keys, self._total = set(), None
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
            self._failed(answer.error)
            return
        page: Page = answer.value
        self._note(page)
        if self.flow.name == f"{X3}:invoice":
            Details(self, page).start()
        elif self.flow.entity == "ap_payment":
            Remittances(self, page).start()
        else:
            self.store(page, page.rows)

    def _failed(self, error: AppError) -> None:
        if self.flow.is_optional and _is_unpublished(error):
            self.work.unpublished.add(self.flow.entity)
            _log.info("%s is not published here: %s", self.flow.entity, error.why)
            self._ended(self)
            return
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
        if is_last and self._total is not None and len(self._window_keys) < self._total:
            drifted = True
        work = self.work
        with work.store.write():
            stored.keep(work, self.flow.entity, rows)
            if not is_last:
                values.put_progress(work.store, self.flow.name, page.next or "", self._walk())
            elif len(self._windows) == 1 and not (drifted and self._again < 2):  # noqa: PLR2004
                self._finish()
        work.tell(self.flow.name, len(self._keys), self._total or 0)
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
        until = self._windows[0][1] if self._windows else None
        named = {
            "changed_max": self._changed_max,
            "first_answer": self._first_answer,
            "query_time": self._query_time,
            "until": until,
        }
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
        if new:
            system = self.flow.system
            work.complete[system] = min(new, work.complete.get(system, new))


class Details:
    """Reads the lines of a page's new and changed invoices, then keeps the page."""

    def __init__(self, walk: Walk, page: Page) -> None:
        self._walk = walk
        self._page = page
        self._invoices: list[Invoice] = []
        self._waiting = 0
        self._is_failed = False

    def start(self) -> None:
        """Ask for each invoice whose header or stamp is not what is stored."""
        work = self._walk.work
        known = {
            row.number: decode(Invoice, row.body)
            for row in invoice_rows(work.store, numbers=[h.number for h in self._page.rows])
            if not row.gone
        }
        wanted = [
            header.number
            for header in dict.fromkeys(self._page.rows)
            if not _is_same(known.get(header.number), header)
        ]
        self._waiting = len(wanted)
        if not wanted:
            self._walk.store(self._page, ())
        for number in wanted:
            self._ask(number)

    def _ask(self, number: str) -> None:
        work = self._walk.work
        reader = work.tools.reader
        work.lanes[READ_LANE].submit(lambda: reader.invoice(number), self._arrived)

    def _arrived(self, answer: Answer) -> None:
        if answer.crash:
            raise answer.crash
        if answer.error and not self._is_failed:
            self._is_failed = True
            self._walk._failed(answer.error)  # noqa: SLF001 - one walk, in two classes
        if answer.value is not None:
            self._invoices.append(answer.value)
        self._waiting -= 1
        if not self._waiting and not self._is_failed:
            self._walk.store(self._page, sorted(self._invoices, key=lambda i: i.number))


def _is_same(known: Invoice | None, header: Invoice) -> bool:
    """Whether a header read now says no more than the whole invoice that is stored."""
    if known is None or header.changed is None:
        return False
    details_only = {
        "lines": (),
        "comment1": "",
        "comment2": "",
        "rate_multiplier": None,
        "rate_divisor": None,
        "tax_codes": (),
        "tax_bases": (),
        "tax_amounts": (),
    }
    return replace(known, **details_only) == replace(header, **details_only)  # type: ignore[arg-type]


class Remittances:
    """Reads singly the payments whose list entry carried no remittances, then keeps the page."""

    def __init__(self, walk: Walk, page: Page) -> None:
        self._walk = walk
        self._page = page
        self._rows = {row.key: row for row in page.rows}
        self._waiting = 0

    def start(self) -> None:
        """Ask for each payment that is incomplete (avidxchange.md 5.2)."""
        bare = [key for key, row in self._rows.items() if row.remittances is None]
        self._waiting = len(bare)
        if not bare:
            self._walk.store(self._page, self._page.rows)
        ap = self._walk.work.tools.ap
        for key in bare:
            lane = self._walk.work.lanes[AP_LANE]
            lane.submit(lambda key=key: ap.payment(key), self._arrived)  # type: ignore[misc]

    def _arrived(self, answer: Answer) -> None:
        if answer.crash:
            raise answer.crash
        if answer.value is not None:
            self._rows[answer.value.key] = answer.value
        self._waiting -= 1
        if not self._waiting:
            self._walk.store(self._page, tuple(self._rows.values()))


def _is_unpublished(error: AppError) -> bool:
    """The site does not offer this class or property; the login itself works."""
    return error.code == "CFG-01" or error.status == 403  # noqa: PLR2004 - no right on the class


def wanted_flows(work: Work, open_codes: frozenset[str]) -> list[Flow]:
    """The flows this run reads: those of its order; whole reads daily or when something waits."""
    only = work.order.only
    found = []
    for flow in FLOWS:
        if only and flow.group != only:
            continue
        if flow.entity in _WHOLE and only != "reference":
            last = values.setting(work.store, f"read.{flow.name}")
            hours = work.tools.config.codes_hours
            is_stale = not last or work.now - parse_instant(last) >= timedelta(hours=hours)
            if not is_stale and not open_codes & set(_STALE.get(flow.entity, ())):
                continue
        found.append(flow)
    return found


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
