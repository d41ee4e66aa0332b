"""Payments made in AvidXchange, the invoices they settle, and what became of them in X3.

Writes are called inside `store.write()` and append their audit rows there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.domain import ap_documents
from core.domain.ap_documents import PaymentPast, fold
from core.domain.canonical import canonical, decode, instant_text
from core.store import earlier, history
from core.store.earlier import body_hash
from core.store.invoices import mark_dirty, numbers_of_external_ids
from core.store.records import Changes, documents, minor_nearest, store_documents
from core.store.sqlite import Store, lots
from core.store.statements import by_key
from core.store.tables import ApPayment, Outbox, PaymentInvoice

#: What `change_payments` may set.
COLUMNS = ("reference", "x3_payment", "posted", "posted_hash", "codes", "dirty")
#: Entity of what a payment was before (`PaymentPast`).
PAST = "ap_payment_past"
_REFERENCE_PARTS = 5  # X3|endpoint|company|number|revision


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A payment as stored; `amount` in minor units, `body` canonical JSON of `ApPayment`."""

    payment_id: str
    state: str
    payment_class: str
    text: str
    method: str
    check_number: str
    currency: str
    amount: int
    payment_date: str
    cleared_date: str
    batch: str
    body: str
    hash: str
    last_modified: str
    run: int
    reference: str
    x3_payment: str
    posted: int
    posted_hash: str
    codes: tuple[str, ...]
    dirty: int
    search: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What one payment settles of one invoice; `number` is empty when no invoice is known."""

    payment_id: str
    external_id: str
    number: str
    net: int


_SETTLED = ("payment_id", "external_id", "number", "net")


def store_payments(
    store: Store,
    payments: Iterable[ap_documents.ApPayment],
    run: int,
    *,
    endpoint: str = "",
    actor: str = "schedule",
) -> Changes:
    """Keeps payments with their invoices; new and changed ones and their invoices become dirty.

    The later `last_modified` wins, of equal ones the last read (avidxchange.md 5.2). What a payment
    was before it moves on is kept under `PAST`.

    An external id leads to the invoice that carries it now, or to the one an outbox row sent under
    it, or, when `endpoint` is given and equal, to the number it names. `parents` are the numbers.
    """
    by_id = _latest(payments)
    known = _known(store, by_id)
    writes: list[dict[str, Any]] = []
    bumps: list[dict[str, Any]] = []
    entries: list[history.Entry] = []
    for key, payment in by_id.items():
        row = _columns(payment) | {"run": run}
        old = known.get(key)
        if old and "" < row["last_modified"] < old["last_modified"]:
            continue  # older news of a page that came late
        if old and old["hash"] == row["hash"]:
            if old["last_modified"] != row["last_modified"]:
                names = ("payment_id", "last_modified", "body")
                bumps.append({name: row[name] for name in names})
            continue
        writes.append(row)
        before, result = (old["hash"], "changed") if old else (None, "new")
        name = f"payment {key}"
        entries.append(history.Entry(actor, "received", name, before, row["hash"], result, run))
    written = {row["payment_id"] for row in writes}
    update = [name for name in writes[0] if name != "payment_id"] if writes else []
    earlier.keep(store, earlier.PAYMENT, [key for key in by_id if key in known and key in written])
    store.put(ApPayment, writes, key=("payment_id",), update=update)
    store.put(ApPayment, bumps, key=("payment_id",), update=("last_modified", "body"))
    keys = tuple(row["payment_id"] for row in writes)
    numbers = _link(store, [by_id[key] for key in keys], endpoint)
    history.append_many(store, entries)
    _remember(store, [by_id[key] for key in keys], known, run, actor)
    changed = sum(1 for key in keys if key in known)
    return Changes(len(keys) - changed, changed, len(by_id) - len(keys), keys, numbers)


def _latest(payments: Iterable[ap_documents.ApPayment]) -> dict[str, ap_documents.ApPayment]:
    """Payment id -> the latest of what was read of it, in the order of reading."""
    found: dict[str, ap_documents.ApPayment] = {}
    for payment in payments:
        other = found.get(payment.payment_id)
        moments = (payment.last_modified, other.last_modified) if other else (None, None)
        if moments[0] is None or moments[1] is None or moments[0] >= moments[1]:
            found[payment.payment_id] = payment
    return found


def _remember(
    store: Store,
    payments: Iterable[ap_documents.ApPayment],
    known: Mapping[str, Mapping[str, Any]],
    run: int,
    actor: str,
) -> None:
    """Note money that came back: what the payment becomes later depends on it (5.2)."""
    back = [
        payment
        for payment in payments
        if payment.payment_class == "back"
        and known.get(payment.payment_id, {}).get("state") != payment.state
    ]
    bodies = documents(store, PAST, keys=[payment.payment_id for payment in back])
    pasts = {past.key: past for past in (decode(PaymentPast, body) for body in bodies)}
    noted = []
    for payment in back:
        past = pasts.get(payment.payment_id, PaymentPast(payment.payment_id))
        was_back = known.get(payment.payment_id, {}).get("payment_class") == "back"
        backs = past.backs if was_back else past.backs + 1
        was_refunded = payment.state == "refunded" or (was_back and past.was_refunded)
        noted.append(PaymentPast(payment.payment_id, backs, was_refunded))
    store_documents(store, PAST, noted, run, actor=actor)


def _known(store: Store, keys: Iterable[str]) -> dict[str, dict[str, Any]]:
    columns = ("payment_id", "hash", "last_modified", "state", "payment_class")
    rows = by_key(store, ApPayment, "payment_id", keys, columns=columns)
    return {row["payment_id"]: row for row in rows}


def _columns(payment: ap_documents.ApPayment) -> dict[str, Any]:
    body = canonical(payment)
    check_number = payment.check_number or payment.printed_check_number
    words = (
        payment.payment_id, payment.vendor_code, payment.vendor_name, check_number, payment.batch,
        *(entry.number for entry in payment.remittances or ()),
    )  # fmt: skip
    return {
        "payment_id": payment.payment_id,
        "state": payment.state,
        "payment_class": payment.payment_class,
        "text": payment.status_text,
        "method": payment.method,
        "check_number": check_number,
        "currency": payment.currency,
        "amount": minor_nearest(payment.amount, payment.currency),
        "payment_date": payment.payment_date.isoformat() if payment.payment_date else "",
        "cleared_date": payment.cleared_date.isoformat() if payment.cleared_date else "",
        "batch": payment.batch,
        "body": body,
        "hash": body_hash(body, "last_modified"),
        "last_modified": instant_text(payment.last_modified) if payment.last_modified else "",
        "dirty": 1,
        "search": fold(" ".join(word for word in words if word)),
    }


def _link(store: Store, payments: list[ap_documents.ApPayment], endpoint: str) -> tuple[str, ...]:
    """Replaces the invoice rows of payments, marks those invoices dirty; their numbers."""
    rows: list[dict[str, Any]] = []
    for payment in payments:
        if payment.remittances is None:
            nets = [(external_id, 0) for external_id in payment.external_ids]
        else:
            currency = payment.currency
            nets = [(r.external_id, minor_nearest(r.net, currency)) for r in payment.remittances]
        rows += [
            {"payment_id": payment.payment_id, "external_id": external_id, "net": net}
            for external_id, net in nets
        ]
    numbers = _numbers(store, {row["external_id"] for row in rows}, endpoint)
    for lot in lots(payment.payment_id for payment in payments):
        store.change(PaymentInvoice.delete().where(PaymentInvoice.payment_id.in_(lot)))
    linked = [row | {"number": numbers.get(row["external_id"], "")} for row in rows]
    store.put(PaymentInvoice, linked)
    found = tuple(dict.fromkeys(row["number"] for row in linked if row["number"]))
    mark_dirty(store, numbers=found)
    return found


def _numbers(store: Store, external_ids: set[str], endpoint: str) -> dict[str, str]:
    """External id -> invoice number, by what invoices carry, what was sent, what the id says."""
    found: dict[str, str] = {}
    for external_id in external_ids:
        parts = external_id.split("|")
        if endpoint and len(parts) == _REFERENCE_PARTS and parts[:2] == ["X3", endpoint]:
            found[external_id] = parts[3]
    rows = by_key(
        store, Outbox, "reference", sorted(i for i in external_ids if i),
        columns=("reference", "key"), where="\"state\" != 'cancelled'", also={"kind": "invoice"},
    )  # fmt: skip
    found |= {row["reference"]: row["key"] for row in rows}
    return found | numbers_of_external_ids(store, external_ids)


def payment_rows(
    store: Store, *, ids: Iterable[str] | None = None, dirty: bool = False
) -> list[PaymentRow]:
    """Payments by id, or all that are dirty (partial index), or all; in order of id."""
    query = ApPayment.select().order_by(ApPayment.payment_id)
    if dirty:
        query = query.where(ApPayment.dirty == 1)
    if ids is None:
        return [_row(row) for row in store.rows(query)]
    where = '"dirty" = 1' if dirty else ""
    rows = by_key(store, ApPayment, "payment_id", sorted(set(ids)), where=where)
    return [_row(row) for row in sorted(rows, key=lambda row: str(row["payment_id"]))]


def _row(row: Mapping[str, Any]) -> PaymentRow:
    return PaymentRow(**(dict(row) | {"codes": tuple(json.loads(row["codes"]))}))


def settled_by(
    store: Store, *, numbers: Iterable[str] | None = None, ids: Iterable[str] | None = None
) -> list[Settled]:
    """What payments settle, by invoice number or by payment id; indexed, in order of storing."""
    column = "number" if numbers is not None else "payment_id"
    wanted = sorted(set(numbers if numbers is not None else ids or ()))
    rows = by_key(store, PaymentInvoice, column, wanted, columns=("id", *_SETTLED))
    rows.sort(key=lambda row: int(row["id"]))
    return [Settled(**{name: row[name] for name in _SETTLED}) for row in rows]


def change_payments(
    store: Store, changes: Mapping[str, Mapping[str, Any]], run: int | None, *, actor: str
) -> tuple[str, ...]:
    """Sets columns of payments (names in `COLUMNS`); the ids that really changed.

    A change of `posted` or `x3_payment` appends an audit row `posted` under the reference.

    Raises:
        KeyError: a payment is not stored, or a column is not one of `COLUMNS`.
    """
    known = {row.payment_id: row for row in payment_rows(store, ids=changes)}
    writes: list[dict[str, Any]] = []
    entries: list[history.Entry] = []
    for key, wanted in changes.items():
        old = known[key]
        strange = set(wanted) - set(COLUMNS)
        if strange:
            raise KeyError(f"not a column to change: {sorted(strange)}")
        now = {name: getattr(old, name) for name in COLUMNS} | dict(wanted)
        now |= {"posted": int(now["posted"]), "dirty": int(now["dirty"])}
        now["codes"] = tuple(now["codes"])
        if all(now[name] == getattr(old, name) for name in COLUMNS):
            continue
        if (now["posted"], now["x3_payment"]) != (old.posted, old.x3_payment):
            after = now["x3_payment"] if now["posted"] else ""
            name = now["reference"] or f"payment {key}"
            entries.append(history.Entry(actor, "posted", name, old.x3_payment, after, run=run))
        writes.append(now | {"payment_id": key, "codes": canonical(now["codes"])})
    store.put(ApPayment, writes, key=("payment_id",), update=COLUMNS)
    history.append_many(store, entries)
    return tuple(row["payment_id"] for row in writes)
