"""Which invoices are read with their lines, and what becomes of one whose details are unreadable.

A header seen on a page or by number says whether the whole invoice has to be read. One whose
details X3 does not give in a readable form is kept all the same, marked as `unread`: it is not sent
then, a person is told, and it is read again an hour later at the earliest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from core.domain import timing
from core.domain.canonical import decode, parse_instant
from core.domain.documents import Invoice
from core.engine.work import Work
from core.errors import AppError, ConfigError, UnreadableRecord
from core.store.invoices import InvoiceRow, invoice_rows

_AGAIN_AFTER = timedelta(hours=1)
#: What a header does not hold, and how it looks then.
_DETAILS_ONLY: dict[str, Any] = {
    "lines": (),
    "comment1": "",
    "comment2": "",
    "rate_multiplier": None,
    "rate_divisor": None,
    "tax_codes": (),
    "tax_bases": (),
    "tax_amounts": (),
    "unread": "",
}


def stale_invoices(work: Work, headers: Iterable[Invoice], kind: str, now: datetime) -> list[str]:
    """Numbers of the invoices to be read with their lines, of these headers just read.

    Those not stored, gone or stored differently; those whose details could not be read an hour ago
    or earlier; and those whose lines may have changed since under the same stamp, by the change
    property of this `kind` ("none": these are left out). `now` is the server's.
    """
    found = list(dict.fromkeys(headers))
    rows = {row.number: row for row in invoice_rows(work.store, numbers=[h.number for h in found])}
    return [
        header.number
        for header in found
        if not _is_same(rows.get(header.number), header, now)
        or _may_have_changed(work, rows[header.number], header.changed, kind, now)
    ]


def _known(row: InvoiceRow | None) -> Invoice | None:
    return decode(Invoice, row.body) if row is not None and not row.gone else None


def _is_same(row: InvoiceRow | None, header: Invoice, now: datetime) -> bool:
    """Whether a header read now says no more than the invoice that is stored."""
    known = _known(row)
    if row is None or known is None or header.changed is None:
        return False
    if known.unread and not _was_just_read(row, now):
        return False
    return replace(known, **_DETAILS_ONLY) == replace(header, **_DETAILS_ONLY)


def _was_just_read(row: InvoiceRow, now: datetime) -> bool:
    """Whether trying it again so soon would only cost time; a clock put back does not count."""
    if not row.read_at:
        return False
    return timedelta(0) <= now - parse_instant(row.read_at) < _AGAIN_AFTER


def _may_have_changed(
    work: Work, row: InvoiceRow, changed: datetime | None, kind: str, now: datetime
) -> bool:
    """Whether it was read while changes could still bear this stamp, and may be judged now."""
    if kind == "none" or changed is None or not row.read_at:
        return False
    read_at, overlap = parse_instant(row.read_at), work.tools.config.overlap
    return timing.is_worth_reading_again(changed, read_at, now, kind, overlap)


def unread_invoices(
    work: Work, headers: Mapping[str, Invoice], problems: Mapping[str, AppError]
) -> list[Invoice]:
    """The invoices among `headers` with such problems: as the header says now, lines as known.

    What was sent is compared with its lines as they were; what was not has none.
    """
    numbers = sorted(headers.keys() & problems.keys())
    rows = {row.number: row for row in invoice_rows(work.store, numbers=numbers)}
    return [
        replace(headers[number], **_details(rows.get(number)), unread=problems[number].why)
        for number in numbers
    ]


def _details(row: InvoiceRow | None) -> dict[str, Any]:
    known = _known(row)
    names = [name for name in _DETAILS_ONLY if name != "unread"]
    return {name: getattr(known, name) for name in names} if known else {}


def is_of_the_side(problems: Mapping[str, AppError], read: int) -> AppError | None:
    """The error of the whole side, when single records failed and none was `read`.

    A record that was understood to be unreadable is its own problem, however many there are; one
    alone is, unless X3 says that it does not know what it was asked.
    """
    others = [error for error in problems.values() if not isinstance(error, UnreadableRecord)]
    if read or not others:
        return None
    return others[0] if len(others) > 1 or isinstance(others[0], ConfigError) else None
