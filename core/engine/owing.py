"""Before an invoice is sent the first time X3 is read again: is it still there and owed in full?

What somebody paid, closed or deleted between plan and send is not sent; the next plan says why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from core.domain.documents import Invoice, OpenItem
from core.domain.policy import Policy
from core.engine import stored
from core.engine.asking import Readable, readable, singly, tell
from core.engine.work import ENGINE, X3
from core.errors import AppError
from core.ports import ErpReader
from core.store.invoices import mark_gone
from core.store.journal import OutboxRow
from core.words import area

say = area(__name__)

if TYPE_CHECKING:
    from core.engine.apply import Apply


@dataclass(frozen=True, slots=True)
class Owed:
    """Invoices as X3 shows them now, with their open items, and what cannot be read of them."""

    headers: dict[str, Invoice]
    items: tuple[OpenItem, ...]
    unclear: Mapping[str, AppError]


def headers_now(reader: ErpReader, numbers: Sequence[str]) -> Readable:
    """Invoices as X3 shows them now, on a worker; who is neither found nor unclear is gone."""
    listed = readable(reader.invoice_headers, list(numbers))
    shown = {header.number for header in listed.found} | listed.unclear.keys()
    # Never by a row that a list lacks: it is asked for alone.
    again = readable(singly(reader), sorted(set(numbers) - shown))
    return Readable((*listed.found, *again.found), {**listed.unclear, **again.unclear})


def look(
    apply: Apply,
    lot: Sequence[OutboxRow],
    then: Callable[[dict[str, str]], None],
    failed: Callable[[], None],
) -> None:
    """Read invoices and their open items anew; `then` gets number -> why it is not sent now."""
    reader = apply.work.tools.reader
    numbers = [row.key for row in lot]

    def job() -> Owed:
        shown = headers_now(reader, numbers)
        headers = {header.number: header for header in shown.found}
        posted = [number for number, header in headers.items() if header.is_posted]
        items = readable(reader.open_items, posted)
        return Owed(headers, items.found, {**shown.unclear, **items.unclear})

    apply.read(X3, job, lambda found: then(_judged(apply, numbers, found)), failed)


def _judged(apply: Apply, numbers: Sequence[str], found: Owed) -> dict[str, str]:
    """Keep what was read, and say of each invoice that is not to be sent why."""
    work = apply.work
    reasons: dict[str, str] = {}
    items: dict[str, list[OpenItem]] = defaultdict(list)
    for item in found.items:
        items[work.tools.policy.link_of(item)].append(item)
    with work.store.write():
        stored.keep(work, "open_item", found.items)
        tell(work, found.unclear)
        for number in numbers:
            if number in found.unclear:
                reasons[number] = say("its_record_in_x3_cannot_be_read")
                continue
            header = found.headers.get(number)
            why = _why_not(work.tools.policy, header, items)
            if header is None:
                mark_gone(work.store, "invoice", [number], work.run, actor=ENGINE)
            elif why:
                apply.header_touched.add(number)  # read whole before the next plan is made
            if why:
                reasons[number] = why
    return reasons


def _why_not(
    policy: Policy, header: Invoice | None, items: Mapping[str, Sequence[OpenItem]]
) -> str:
    """Why an invoice is not sent as it was planned; empty when all of it is still owed.

    `items` are the open items by what links them to their invoice.
    """
    if header is None:
        return say("gone_from_x3")
    if not header.is_posted:
        return ""
    linked = items.get(policy.link_of(header), ())
    mine = [item for item in linked if policy.belongs(item, header)]
    left = sum((item.open_amount for item in mine if not item.is_closed), Decimal(0))
    whole = (
        sum((item.amount for item in mine), Decimal(0)) if header.gross is None else header.gross
    )
    return "" if left >= whole and left > 0 else say("closed_or_paid_in_x3_meanwhile")
