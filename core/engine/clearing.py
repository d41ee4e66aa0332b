"""Looking before writing: what is found is linked, what changed is left, the rest may go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from core.domain.ap_documents import ApInvoice
from core.domain.approvals import shown_level
from core.domain.canonical import decimal_text
from core.domain.documents import OpenItem
from core.engine import images, owing, settling, stored
from core.engine.asking import Readable, readable, tell
from core.engine.matching import difference_of_invoice, payment_verdict
from core.engine.work import AVIDXCHANGE, ENGINE, WRITE_LANE, X3, Work
from core.ports import PaymentLookup
from core.store.invoices import mark_gone
from core.store.journal import OutboxRow, Settlement
from core.words import area

say = area(__name__)

if TYPE_CHECKING:
    from core.engine.apply import Apply

Looked = tuple[PaymentLookup, tuple[OpenItem, ...]]


def start(apply: Apply) -> None:
    """Begin to look at rows that may be written next, only a little ahead of their writing."""
    config = apply.work.tools.config
    for row in _next(apply, "vendor", AVIDXCHANGE, len(apply.uncleared["vendor"])):
        apply.claimable["vendor"].append(row.id)
    if apply.work.is_up(X3):  # an invoice is sent only while X3 can say that it is still owed
        _in_lots(apply, "invoice", AVIDXCHANGE, config.ids_per_call, _owed)
    _in_lots(apply, "approval", X3, config.keys_per_request, _approvals)
    # A payment's look-up must be fresh when it is posted: one is looked at for each free worker.
    free = apply.work.lanes[WRITE_LANE].free - len(apply.claimable["payment"]) - apply.looking
    for row in _next_payments(apply, free):
        _payment(apply, row)
    for kind in ("replace", "withdraw"):
        for row in _next(apply, kind, AVIDXCHANGE, len(apply.uncleared[kind])):
            _open_there(apply, row)
    images.clear(apply)


def _next(apply: Apply, kind: str, system: str, most: int) -> list[OutboxRow]:
    """Take rows out of the line of those not looked at; none while their side is down."""
    queue = apply.uncleared[kind]
    taken: list[OutboxRow] = []
    while queue and len(taken) < most and apply.work.is_up(system):
        row = apply.rows.get(queue.popleft())
        if row is not None and row.state == "ready":
            taken.append(row)
    return taken


def _next_payments(apply: Apply, most: int) -> list[OutboxRow]:
    """Payments to look at now; one waits while a level of its supplier is due (house.md 5)."""
    if most <= 0 or not apply.uncleared["payment"]:
        return []
    first = apply.remotes_of_levels()
    rows = _next(apply, "payment", X3, len(apply.uncleared["payment"]))
    taken = [row for row in rows if row.remote not in first][:most]
    chosen = {row.id for row in taken}
    apply.uncleared["payment"].extend(row.id for row in rows if row.id not in chosen)
    return taken


def _in_lots(
    apply: Apply,
    kind: str,
    system: str,
    size: int,
    begin: Callable[[Apply, list[OutboxRow]], None],
) -> None:
    """Look at two lots at most ahead of the writing."""
    while (
        apply.uncleared[kind]
        and len(apply.claimable[kind]) + apply.asked[kind] < 2 * size
        and (lot := _next(apply, kind, system, size))
    ):
        apply.asked[kind] += len(lot)
        begin(apply, lot)


def _back(apply: Apply, rows: Sequence[OutboxRow]) -> None:
    """The look-up could not be made: the rows stand in line again."""
    for row in rows:
        apply.uncleared[row.kind].append(row.id)


def _looked(apply: Apply, lot: Sequence[OutboxRow]) -> None:
    for row in lot:
        apply.asked[row.kind] -= 1


# Invoices


def _owed(apply: Apply, lot: list[OutboxRow]) -> None:
    """First whether X3 still owes it, then whether AvidXchange has it."""

    def then(reasons: dict[str, str]) -> None:
        rest = [row for row in lot if row.key not in reasons]
        away = [row for row in lot if row.key in reasons]
        _looked(apply, away)
        if away:
            with apply.work.store.write():
                for row in away:
                    _drift(apply, row, reasons[row.key])
        if rest and apply.work.is_up(AVIDXCHANGE):
            _invoices(apply, rest)
        elif rest:
            _failed(apply, rest)

    owing.look(apply, lot, then, lambda: _failed(apply, lot))


def _invoices(apply: Apply, lot: list[OutboxRow]) -> None:
    ap = apply.work.tools.ap
    references = [row.reference for row in lot]
    apply.read(
        AVIDXCHANGE,
        lambda: ap.find_invoices(references),
        lambda found: _invoices_found(apply, lot, found),
        lambda: _failed(apply, lot),
    )


def _failed(apply: Apply, lot: Sequence[OutboxRow]) -> None:
    _looked(apply, lot)
    _back(apply, lot)


def _invoices_found(apply: Apply, lot: list[OutboxRow], found: tuple[ApInvoice, ...]) -> None:
    """Link what stands there already; all else may be sent (product.md 4, *first send*)."""
    _looked(apply, lot)
    by_reference: dict[str, list[ApInvoice]] = {}
    for invoice in found:
        by_reference.setdefault(invoice.external_id, []).append(invoice)
    work = apply.work
    with work.store.write():
        for row in lot:
            there = by_reference.get(row.reference, [])
            if not there:
                apply.claimable[row.kind].append(row.id)
                continue
            if not row.resent and not row.attempts:
                other_copy(apply.work, row.reference)
            settle_invoice(apply, row, there)
            stored.keep(work, "ap_invoice", there)


def other_copy(work: Work, reference: str) -> None:
    """A write under our references that this store did not make (ENV-01), told once a run."""
    text = say("stands_there_already_and_this_workspace", reference=reference)
    if not any(entry["code"] == "ENV-01" for entry in work.tally.errors):
        work.tally.error("ENV-01", AVIDXCHANGE, text)


def settle_invoice(apply: Apply, row: OutboxRow, there: list[ApInvoice]) -> None:
    """One invoice found by our reference: equal is linked, anything else is for a person."""
    if len({invoice.invoice_id for invoice in there}) > 1:
        ids = ", ".join(sorted(invoice.invoice_id for invoice in there))
        settling.to_person(apply, row, "DBT-01", say("avidxchange_has_it_several_times", ids=ids))
        return
    found = there[0]
    difference = difference_of_invoice(row, found)
    if difference:
        text = say(
            "avidxchange_has_another_invoice_under", reference=row.reference, difference=difference
        )
        settling.to_person(apply, row, "DUP-01", text)
        return
    values = {"id": found.invoice_id, "state": found.state}
    settling.accept(apply, row, values, None, "found by its reference")


def _open_there(apply: Apply, row: OutboxRow) -> None:
    """A replacement or withdrawal needs the invoice to be open there still."""
    ap, invoice_id = apply.work.tools.ap, str(row.info["invoice_id"])
    apply.read(
        AVIDXCHANGE,
        lambda: ap.invoice(invoice_id),
        lambda found: _open_found(apply, row, found),
        lambda: _back(apply, [row]),
    )


def _open_found(apply: Apply, row: OutboxRow, found: ApInvoice | None) -> None:
    work = apply.work
    with work.store.write():
        if found is not None:
            stored.keep(work, "ap_invoice", [found])
        if row.kind == "withdraw" and found is not None and found.state == "deleted":
            settling.accept(apply, row, {"id": found.invoice_id}, None, "deleted there already")
        elif found is None or found.state not in work.tools.policy.changeable:
            _drift(apply, row, say("no_longer_open_there"))
        else:
            apply.claimable[row.kind].append(row.id)


def _drift(apply: Apply, row: OutboxRow, why: str) -> None:
    """The far side is not what the plan saw: nothing is written, the next plan looks again."""
    apply.move(row, Settlement("cancelled", f"drifted: {why}"))
    settling.mark_documents(apply.work, row)
    settling.ask_again(apply.work, row)
    apply.work.tally.drifted += 1


# Approvals


def _approvals(apply: Apply, lot: list[OutboxRow]) -> None:
    """Read the levels as they stand: headers of unposted, open items of posted invoices."""
    reader = apply.work.tools.reader
    numbers = [row.key for row in lot]

    def look() -> tuple[Readable, Readable]:
        posted = [row.key for row in lot if row.info.get("posted")]
        return owing.headers_now(reader, numbers), readable(reader.open_items, posted)

    apply.read(
        X3,
        look,
        lambda found: _approvals_found(apply, lot, *found),
        lambda: _failed(apply, lot),
    )


def _approvals_found(
    apply: Apply, lot: list[OutboxRow], headers: Readable, items: Readable
) -> None:
    work = apply.work
    _looked(apply, lot)
    by_number = {header.number: header for header in headers.found}
    unclear = {**headers.unclear, **items.unclear}
    tell(work, unclear)
    with work.store.write():
        stored.keep(work, "open_item", items.found)
        for row in lot:
            header = by_number.get(row.key)
            is_posted = bool(row.info.get("posted"))
            if row.key in unclear:
                _drift(apply, row, say("its_record_in_x3_cannot_be_read"))
                continue
            if header is None:  # at once, or the next plan would only try again
                mark_gone(work.store, "invoice", [row.key], work.run, actor=ENGINE)
            if header is None or header.is_posted != is_posted:
                apply.header_touched.add(row.key)
                _drift(apply, row, "posted meanwhile" if header else say("gone_from_x3"))
                continue
            mine = [i for i in items.found if work.tools.policy.belongs(i, header)]
            shown = shown_level(header, mine)
            listed = ",".join(str(level) for level in sorted(shown))
            if shown <= {int(row.info["level"])}:
                settling.accept(apply, row, {}, None, "X3 shows it already")
                work.tally.approvals_written -= 1
            elif row.basis.get("shown") != listed:
                _drift(apply, row, say("x3_shows_level", listed=listed))
            else:
                apply.claimable[row.kind].append(row.id)


# Payments


def _payment(apply: Apply, row: OutboxRow) -> None:
    apply.looking += 1
    look_at_payment(
        apply,
        row,
        lambda found: _payment_found(apply, row, found),
        lambda: _payment_failed(apply, row),
    )


def _payment_failed(apply: Apply, row: OutboxRow) -> None:
    apply.looking -= 1
    _back(apply, [row])


def look_at_payment(apply: Apply, row: OutboxRow, then: Any, failed: Any) -> None:
    """Look a payment up by its REF, and read its items' balances as they stand now."""
    tools = apply.work.tools
    numbers = [str(number) for number in row.info["numbers"]]

    def look() -> Looked:
        return tools.writer.find_payments(row.reference), tools.reader.open_items(numbers)

    apply.read(X3, look, then, failed)


def _payment_found(apply: Apply, row: OutboxRow, found: Looked) -> None:
    work = apply.work
    apply.looking -= 1
    lookup, items = found
    with work.store.write():
        stored.keep(work, "open_item", items)
        verdict = payment_verdict(row, lookup)
        if verdict.number:
            if not row.attempts:
                other_copy(apply.work, row.reference)
            settling.accept(apply, row, {"number": verdict.number}, None, "found by its REF")
        elif verdict.problem:
            settling.to_person(apply, row, "PAY-01", verdict.problem)
        elif balances_moved(row, items):
            _drift(apply, row, say("the_balance_in_x3_moved"))
        else:
            apply.claimable[row.kind].append(row.id)


def balances_moved(row: OutboxRow, items: Sequence[OpenItem]) -> bool:
    """Whether what is paid of an item differs from what the plan saw."""
    now = {item.key: item for item in items}
    for share in row.info["items"]:
        item = now.get(str(share["key"]))
        if item is None or item.is_closed:
            return True
        if decimal_text(item.paid + item.provisional) != share["used"]:
            return True
    return False
