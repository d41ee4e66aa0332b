"""Settling what is in doubt: looked up at the contract's times, sent again only when absent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from core.domain.ap_documents import ApInvoice
from core.domain.approvals import shown_level
from core.domain.documents import Invoice, OpenItem
from core.engine import clearing, images, settling, stored
from core.engine.matching import payment_verdict
from core.engine.work import AVIDXCHANGE, X3
from core.ports import Exchange
from core.store.journal import OutboxRow
from core.words import area

say = area(__name__)

if TYPE_CHECKING:
    from core.engine.apply import Apply

_LOOKED = Exchange()


def start(apply: Apply, rows: Sequence[OutboxRow]) -> None:
    """Look up rows in doubt whose time has come."""
    invoices = [row for row in rows if row.kind == "invoice"]
    size = apply.work.tools.config.ids_per_call
    for at in range(0, len(invoices), size):
        _invoices(apply, invoices[at : at + size])
    for row in rows:
        if row.kind == "payment":
            _payment(apply, row)
        elif row.kind == "approval":
            _approval(apply, row)
        elif row.kind in ("replace", "withdraw"):
            _open_there(apply, row)
        elif row.kind == "vendor":
            _repeat(apply, row)
        elif row.kind == "image":
            images.look_up(apply, row)


def _invoices(apply: Apply, lot: list[OutboxRow]) -> None:
    ap = apply.work.tools.ap
    references = [row.reference for row in lot]
    apply.read(
        AVIDXCHANGE,
        lambda: ap.find_invoices(references),
        lambda found: _invoices_found(apply, lot, found),
        lambda: apply.again_later(lot),
    )


def _invoices_found(apply: Apply, lot: list[OutboxRow], found: tuple[ApInvoice, ...]) -> None:
    by_reference: dict[str, list[ApInvoice]] = {}
    for invoice in found:
        by_reference.setdefault(invoice.external_id, []).append(invoice)
    with apply.work.store.write():
        for row in lot:
            there = by_reference.get(row.reference, [])
            if there:
                clearing.settle_invoice(apply, row, there)
                stored.keep(apply.work, "ap_invoice", there)
            elif not settling.look_again(apply, row, _LOOKED):
                _absent_invoice(apply, row)


def _absent_invoice(apply: Apply, row: OutboxRow) -> None:
    """Not there at the last look-up (avidxchange.md 2.12)."""
    if row.must_exist:
        text = say("avidxchange_said_that_exists_but_does", reference=row.reference)
        settling.to_person(apply, row, "DBT-01", text, _LOOKED)
    elif row.resent:
        text = say("was_sent_twice_without_an_answer_and", reference=row.reference)
        settling.to_person(apply, row, "DBT-01", text, _LOOKED)
    else:
        settling.again(apply, row, "absent at the last look-up", _LOOKED)


def _payment(apply: Apply, row: OutboxRow) -> None:
    clearing.look_at_payment(
        apply,
        row,
        lambda found: _payment_found(apply, row, found),
        lambda: apply.again_later([row]),
    )


def _payment_found(apply: Apply, row: OutboxRow, found: clearing.Looked) -> None:
    lookup, items = found
    with apply.work.store.write():
        stored.keep(apply.work, "open_item", items)
        verdict = payment_verdict(row, lookup)
        if verdict.number:
            values = {"number": verdict.number}
            settling.accept(apply, row, values, _LOOKED, "found by its REF")
        elif verdict.problem:
            settling.to_person(apply, row, "PAY-01", verdict.problem, _LOOKED)
        elif not settling.look_again(apply, row, _LOOKED):
            _absent_payment(apply, row, items)


def _absent_payment(apply: Apply, row: OutboxRow, items: Sequence[OpenItem]) -> None:
    """Twice not there: once more only when no balance moved (sage-x3.md 5.5)."""
    if clearing.balances_moved(row, items):
        text = say("is_not_in_x3_yet_the_balance", reference=row.reference)
        settling.to_person(apply, row, "DBT-01", text, _LOOKED)
    elif row.resent:
        text = say("was_sent_twice_without_an_answer_and_2", reference=row.reference)
        settling.to_person(apply, row, "DBT-01", text, _LOOKED)
    else:
        settling.again(apply, row, "absent at the last look-up", _LOOKED)
        if row.run != apply.work.run:  # it may have been voided since: the next plan judges it
            apply.leave_to_the_plan(row)


def _approval(apply: Apply, row: OutboxRow) -> None:
    """A level can be set again, so the level shown decides."""
    reader = apply.work.tools.reader

    def look() -> tuple[tuple[Invoice, ...], tuple[OpenItem, ...]]:
        return reader.invoice_headers([row.key]), reader.open_items([row.key])

    apply.read(
        X3,
        look,
        lambda found: _approval_found(apply, row, *found),
        lambda: apply.again_later([row]),
    )


def _approval_found(
    apply: Apply, row: OutboxRow, headers: tuple[Invoice, ...], items: tuple[OpenItem, ...]
) -> None:
    with apply.work.store.write():
        stored.keep(apply.work, "open_item", items)
        shown = shown_level(headers[0], items) if headers else frozenset()
        if headers and shown <= {int(row.info["level"])}:
            settling.accept(apply, row, {}, _LOOKED, "X3 shows the level")
            return
        before = frozenset(map(int, row.basis.get("shown", "0").split(",")))
        if not shown <= before | {int(row.info["level"])}:
            # Neither ours nor what it was to replace: somebody set it after our write.
            settling.note_level(apply, row, int(row.info["level"]))
        settling.anew(apply, row, "X3 shows another level", _LOOKED)


def _open_there(apply: Apply, row: OutboxRow) -> None:
    ap, invoice_id = apply.work.tools.ap, str(row.info["invoice_id"])
    apply.read(
        AVIDXCHANGE,
        lambda: ap.invoice(invoice_id),
        lambda found: _open_found(apply, row, found),
        lambda: apply.again_later([row]),
    )


def _open_found(apply: Apply, row: OutboxRow, found: ApInvoice | None) -> None:
    """A replacement or withdrawal may be repeated after reading the invoice (2.12)."""
    with apply.work.store.write():
        if found is not None:
            stored.keep(apply.work, "ap_invoice", [found])
        if row.kind == "withdraw" and found is not None and found.state == "deleted":
            settling.accept(apply, row, {"id": found.invoice_id}, _LOOKED, "deleted there")
        elif row.kind == "withdraw":  # a person has ordered it
            settling.again(apply, row, "read; sent again", _LOOKED)
        else:
            settling.anew(apply, row, "read", _LOOKED)


def _repeat(apply: Apply, row: OutboxRow) -> None:
    """A vendor is sent again as it is: a repeat changes nothing (avidxchange.md 2.5)."""
    with apply.work.store.write():
        settling.again(apply, row, "sent again", _LOOKED)
