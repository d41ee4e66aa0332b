"""Reads again, by number, the invoices and open items that are still unfinished (sage-x3.md 3.5).

Changes that moved no stamp are found so, and what X3 no longer shows: never by a row that a page
lacks, only by asking for it by its number, and by asking for a single one twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from core.domain import absence, timing
from core.domain.canonical import instant_text, parse_instant
from core.domain.documents import Invoice, OpenItem
from core.engine import stored
from core.engine.completing import stale_invoices
from core.engine.flows import Flow
from core.engine.lanes import Answer
from core.engine.pull import Ended, give_up, note_sweep
from core.engine.work import ENGINE, READ_LANE, X3, Work
from core.store import unfinished, values
from core.store.invoices import mark_dirty, mark_gone
from core.store.posting_numbers import is_waiting
from core.store.sqlite import lots

_log = logging.getLogger("crossfoot.engine")
UNFINISHED = Flow(X3, "unfinished", "invoices")
#: So long an invoice that was never sent is asked for after it has gone.
_MAY_COME_BACK = timedelta(days=35)


class Rereading:
    """One pass over what is unfinished; lives on the engine thread."""

    def __init__(self, work: Work, flow: Flow, ended: Ended) -> None:
        self.flow = flow
        self._work = work
        self._ended = ended
        self._waiting = 0
        self._is_failed = False
        self._is_confirmed = False
        self._known: dict[str, bool] = {}
        self._missing: set[str] = set()
        self._missing_items: dict[str, str] = {}
        self._items_of = 0

    def start(self) -> None:
        """Ask for all of it, as many numbers in one request as the profile allows."""
        work, config = self._work, self._work.tools.config
        with work.store.read():
            self._known = unfinished.unfinished_invoices(
                work.store,
                start=config.start_date.isoformat(),
                gone_since=instant_text(work.now - _MAY_COME_BACK),
            )
            parents = unfinished.unfinished_parents(work.store, "open_item")
        numbers = sorted(self._known)
        with_items = sorted(self._known.keys() | {p for p in parents if not is_waiting(p)})
        self._items_of = len(with_items)
        reader = work.tools.reader
        for lot in lots(numbers, config.keys_per_request):
            self._ask(partial(reader.invoice_headers, lot), self._headers, lot)
        for lot in lots(with_items, config.keys_per_request):
            self._ask(partial(reader.open_items, lot), self._items, lot)
        if not with_items:
            self._finish()

    def _ask(
        self, call: Callable[[], Any], then: Callable[[list[str], Any], None], lot: list[str]
    ) -> None:
        self._waiting += 1

        def arrived(answer: Answer) -> None:
            self._arrived(answer, then, lot)

        self._work.lanes[READ_LANE].submit(call, arrived)

    def _arrived(
        self, answer: Answer, then: Callable[[list[str], Any], None], lot: list[str]
    ) -> None:
        if answer.crash:
            raise answer.crash
        self._waiting -= 1
        if self._is_failed:
            return
        if answer.error:
            self._is_failed = True
            give_up(self._work, self.flow, answer.error)
            self._ended(self)
            return
        then(lot, answer.value)
        if not self._waiting:
            self._confirm()

    def _bound(self, entity: str) -> datetime | None:
        """Below it no poll looks any more: what has changed there moved no stamp."""
        text = values.bookmark(self._work.store, f"{X3}:{entity}").value
        kind = self._work.tools.reader.change_kind(entity)
        old = parse_instant(text) if text else None
        return timing.erp_lower_bound(old, self._work.tools.config.overlap, kind)

    def _headers(self, lot: list[str], headers: tuple[Invoice, ...]) -> None:
        self._missing |= set(lot) - {header.number for header in headers}
        for number in stale_invoices(self._work, headers, "none", self._work.now):
            self._ask_whole(number)

    def _ask_whole(self, number: str) -> None:
        reader = self._work.tools.reader
        self._ask(lambda: reader.invoice(number), self._whole, [number])

    def _whole(self, lot: list[str], found: Invoice | None) -> None:
        """An invoice with its lines; None when X3 has none of that number."""
        if found is None:
            self._missing |= set(lot)
            return
        self._missing -= set(lot)
        with self._work.store.write():
            stored.keep_found(self._work, "invoice", [found], self._bound("invoice"), None)

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
        newly = {number for number in self._missing if self._known.get(number)}
        if newly and not self._are_together(newly) and not self._is_confirmed:
            self._is_confirmed = True
            for number in sorted(newly):
                self._ask_whole(number)
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
