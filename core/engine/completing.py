"""Completes a page before it is kept: lines of invoices, remittances of payments."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.domain.canonical import decode
from core.domain.documents import Invoice
from core.engine.lanes import Answer
from core.engine.work import AP_LANE, READ_LANE
from core.ports import Page
from core.store.invoices import invoice_rows

if TYPE_CHECKING:
    from core.engine.pull import Walk


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
            self._walk.failed(answer.error)
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
