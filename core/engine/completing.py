"""Completes a page before it is kept: lines of invoices, remittances of payments."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from core.domain import timing
from core.domain.canonical import decode, parse_instant
from core.domain.documents import Invoice
from core.engine.lanes import Answer
from core.engine.work import AP_LANE, READ_LANE, Work
from core.ports import Page
from core.store.invoices import InvoiceRow, invoice_rows

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
        kind = self._walk.change_kind if self._walk.checks_settled else "none"
        work, page = self._walk.work, self._page
        wanted = stale_invoices(work, page.rows, kind, page.server_time or work.now)
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


def stale_invoices(work: Work, headers: Iterable[Invoice], kind: str, now: datetime) -> list[str]:
    """Numbers of the invoices to be read with their lines, of these headers just read.

    Those not stored, gone or stored differently; and those whose lines may have changed since under
    the same stamp, by the change property of this `kind` ("none": these are left out). `now` is the
    server's.
    """
    found = list(dict.fromkeys(headers))
    rows = {row.number: row for row in invoice_rows(work.store, numbers=[h.number for h in found])}
    return [
        header.number
        for header in found
        if not _is_same(_known(rows.get(header.number)), header)
        or _may_have_changed(work, rows[header.number], header.changed, kind, now)
    ]


def _known(row: InvoiceRow | None) -> Invoice | None:
    return decode(Invoice, row.body) if row is not None and not row.gone else None


def _may_have_changed(
    work: Work, row: InvoiceRow, changed: datetime | None, kind: str, now: datetime
) -> bool:
    """Whether it was read while changes could still bear this stamp, and may be judged now."""
    if kind == "none" or changed is None or not row.read_at:
        return False
    read_at, overlap = parse_instant(row.read_at), work.tools.config.overlap
    return timing.is_worth_reading_again(changed, read_at, now, kind, overlap)


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
        self._is_failed = False

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
        if answer.error and not self._is_failed:
            # Kept without its invoices it would look like a payment that names none.
            self._is_failed = True
            self._walk.failed(answer.error)
        if answer.value is not None:
            self._rows[answer.value.key] = answer.value
        self._waiting -= 1
        if not self._waiting and not self._is_failed:
            self._walk.store(self._page, tuple(self._rows.values()))
