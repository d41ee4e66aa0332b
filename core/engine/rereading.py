"""Reads again, by number, the invoices and open items that are still unfinished (sage-x3.md 3.5).

Changes that moved no stamp are found so, and what X3 no longer shows: never by a row that a page
lacks, only by asking for it by its number, and by asking for a single one twice. Lines, of which
neither stamp nor header may tell that they changed, are read again when they are a week old, some
hundred a day.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from core.domain import absence, timing
from core.domain.canonical import instant_text, parse_instant
from core.domain.documents import Invoice, OpenItem
from core.engine import stored
from core.engine.asking import ALONE, Asking, Question, singly, tell
from core.engine.flows import Flow
from core.engine.pull import Ended, give_up, note_sweep
from core.engine.whole_invoices import is_of_the_side, stale_invoices, unread_invoices
from core.engine.work import ENGINE, X3, Work
from core.errors import AppError
from core.store import unfinished, values
from core.store.invoices import mark_dirty, mark_gone
from core.store.posting_numbers import is_waiting

UNFINISHED = Flow(X3, "unfinished", "invoices")
#: So long an invoice that was never sent is asked for after it has gone.
_MAY_COME_BACK = timedelta(days=35)
#: Lines read so long ago are read again, this many invoices in one pass: at half a second each they
#: take two minutes a day.
_OLD = timedelta(days=7)
_OLD_AT_MOST = 250


class Rereading:
    """One pass over what is unfinished; lives on the engine thread."""

    def __init__(self, work: Work, flow: Flow, ended: Ended) -> None:
        self.flow = flow
        self._work = work
        self._ended = ended
        self._asking = Asking(work, self._confirm, self._failed)
        size, reader = work.tools.config.keys_per_request, work.tools.reader
        self._of_headers = Question(reader.invoice_headers, self._headers, size)
        self._of_items = Question(reader.open_items, self._items, size)
        self._of_lines = Question(reader.ask_invoices, self._whole, reader.invoices_at_once, ALONE)
        self._of_missing = Question(singly(reader), self._whole, 1, ALONE)
        self._of_invoices = (self._of_headers, self._of_lines, self._of_missing)
        self._shown: dict[str, Invoice] = {}
        self._read = 0
        self._is_confirmed = False
        self._known: dict[str, bool] = {}
        self._old: set[str] = set()
        self._missing: set[str] = set()
        self._missing_items: dict[str, str] = {}
        self._items_of = 0

    def start(self) -> None:
        """Ask for all of it, as many numbers in one request as the profile allows."""
        work, config = self._work, self._work.tools.config
        start = config.start_date.isoformat()
        with work.store.read():
            self._known = unfinished.unfinished_invoices(
                work.store, start=start, gone_since=instant_text(work.now - _MAY_COME_BACK)
            )
            before = instant_text(work.now - _OLD)
            old = unfinished.read_before(work.store, before, start=start, most=_OLD_AT_MOST)
            parents = unfinished.unfinished_parents(work.store, "open_item")
        self._old = set(old)
        with_items = sorted(self._known.keys() | {p for p in parents if not is_waiting(p)})
        self._items_of = len(with_items)
        self._asking.ask(sorted(self._known), self._of_headers)
        self._asking.ask(with_items, self._of_items)
        if not with_items:
            self._finish()

    def _failed(self, error: AppError) -> None:
        give_up(self._work, self.flow, error)
        self._ended(self)

    def _bound(self, entity: str) -> datetime | None:
        """Below it no poll looks any more: what has changed there moved no stamp."""
        text = values.bookmark(self._work.store, f"{X3}:{entity}").value
        kind = self._work.tools.reader.change_kind(entity)
        old = parse_instant(text) if text else None
        return timing.erp_lower_bound(old, self._work.tools.config.overlap, kind)

    def _headers(self, lot: list[str], headers: tuple[Invoice, ...]) -> None:
        shown = {header.number: header for header in headers}
        self._shown |= shown
        self._missing |= set(lot) - shown.keys()
        stale = stale_invoices(self._work, headers, "none", self._work.now)
        self._asking.ask(sorted({*stale, *(self._old & shown.keys())}), self._of_lines)

    def _whole(self, lot: list[str], found: tuple[Invoice, ...]) -> None:
        """Invoices with their lines; of those that are absent X3 has none."""
        numbers = {invoice.number for invoice in found}
        self._read += len(numbers)
        self._missing = (self._missing | set(lot)) - numbers
        self._keep(found)

    def _keep(self, invoices: tuple[Invoice, ...]) -> None:
        # The server's time of this run's first answer: they were read no earlier.
        read_at = self._work.complete.get(X3)
        with self._work.store.write():
            stored.keep_found(self._work, "invoice", invoices, self._bound("invoice"), read_at)

    def _items(self, lot: list[str], items: tuple[OpenItem, ...]) -> None:
        work = self._work
        shown = {item.key for item in items}
        known = unfinished.keys_by_parent(work.store, "open_item", lot)
        # By posting number an item is found only while its invoice is: nothing is told of the rest.
        if work.tools.policy.open_item_link == "document":
            self._missing_items |= {k: p for k, p in known.items() if k not in shown}
        with work.store.write():
            stored.keep_found(work, "open_item", items, self._bound("open_item"), None)

    def _confirm(self) -> None:
        """Ask once more, singly, for what is missing, unless so much is that it is one question."""
        if error := is_of_the_side(self._of_lines.unclear, self._read):
            self._failed(error)
            return
        # What cannot be read is there.
        for question in self._of_invoices:
            self._missing -= question.unclear.keys()
        newly = {number for number in self._missing if self._known.get(number)}
        if newly and not self._are_together(newly) and not self._is_confirmed:
            self._is_confirmed = True
            self._asking.ask(sorted(newly), self._of_missing)
            return
        self._finish()

    def _are_together(self, missing: set[str]) -> bool:
        present = sum(self._known.values())
        return absence.are_missing_together(len(missing), present)

    def _finish(self) -> None:
        """Mark what is missing and note that the pass was made, in one transaction."""
        work = self._work
        newly = {number for number in self._missing if self._known.get(number)}
        of_items = set(self._missing_items.values())
        items_together = absence.are_missing_together(len(of_items), self._items_of)
        for question in (*self._of_invoices, self._of_items):
            tell(work, question.unclear)
        self._keep(tuple(unread_invoices(work, self._shown, self._of_lines.unclear)))
        with work.store.write():
            gone = mark_gone(
                work.store,
                "invoice",
                newly,
                work.run,
                actor=ENGINE,
                together=self._are_together(newly),
            )
            items = mark_gone(
                work.store,
                "open_item",
                self._missing_items,
                work.run,
                actor=ENGINE,
                together=items_together,
            )
            mark_dirty(work.store, numbers=sorted(of_items))
            note_sweep(work, self.flow.name, "day")
        work.tally.sweep["gone"] += len(gone) + len(items)
        work.changed("invoices")
        self._ended(self)
