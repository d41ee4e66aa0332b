"""What a document was before it changed is kept once, and given out only as it was."""

from __future__ import annotations

import dataclasses
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Protocol

from core.domain import ap_documents as ap
from core.domain.canonical import decode, instant_text
from core.domain.documents import Invoice, InvoiceLine, OpenItem
from core.store import earlier, invoices, payments, records
from core.store.sqlite import Store

FIRST = Invoice(
    number="N1",
    kind=1,
    supplier="S1",
    document_date=date(2026, 2, 1),
    currency="USD",
    gross=Decimal("100.10"),
    changed=datetime(2026, 3, 1, tzinfo=UTC),
    lines=(InvoiceLine(line=1, account="00601", net=Decimal("100.10")),),
)
MOVED = datetime(2026, 3, 2, tzinfo=UTC)


class Moving(Protocol):
    """The clock of conftest.py."""

    at: datetime

    def move(self, seconds: float) -> datetime: ...


def keep(store: Store, invoice: Invoice) -> str:
    with store.write():
        records.store_invoices(store, [invoice], 1, credit_kinds=frozenset())
    return store.now()


def image(store: Store, entity: str, key: str, moment: str) -> earlier.Image | None:
    found = earlier.images(store, entity, [key], moment)
    return found[0] if found else None


def test_an_invoice_stands_as_it_was_at_each_moment(store: Store, clock: Moving) -> None:
    before = store.now()
    clock.move(60)
    first = keep(store, FIRST)
    clock.move(60)
    second = keep(store, dataclasses.replace(FIRST, gross=Decimal(90), changed=MOVED))
    clock.move(60)
    keep(store, FIRST)
    for moment, gross in ((first, "100.1"), (second, "90"), (store.now(), "100.1")):
        found = image(store, "invoice", "N1", moment)
        assert found is not None
        assert decode(Invoice, found.body).gross == Decimal(gross)
        assert found.heard == moment
    assert image(store, "invoice", "N1", before) is None


def test_what_has_not_changed_keeps_nothing(store: Store, clock: Moving) -> None:
    keep(store, FIRST)
    clock.move(60)
    keep(store, dataclasses.replace(FIRST, changed=MOVED))
    assert store.select('SELECT COUNT(*) AS "kept" FROM "earlier"') == [{"kept": 0}]


def test_items_and_payments_stand_as_they_were(store: Store, clock: Moving) -> None:
    item = OpenItem(type="BPI", number="N1", company="US10", amount=Decimal(100))
    payment = ap.ApPayment(payment_id="77", currency="USD", amount=Decimal(5), state="pending")
    with store.write():
        records.store_documents(store, "open_item", [item], 1)
        payments.store_payments(store, [payment], 1)
    then = store.now()
    clock.move(60)
    with store.write():
        records.store_documents(
            store, "open_item", [dataclasses.replace(item, paid=Decimal(100))], 1
        )
        payments.store_payments(store, [dataclasses.replace(payment, state="issued")], 1)
    keys = earlier.keys_of(store, "open_item", ["N1"])
    assert keys == [item.key]
    old, new = (image(store, "open_item", item.key, m) for m in (then, store.now()))
    assert old
    assert new
    assert decode(OpenItem, old.body) == item
    assert decode(OpenItem, new.body).paid == Decimal(100)
    paid = image(store, earlier.PAYMENT, "77", then)
    assert paid
    assert decode(ap.ApPayment, paid.body).state == "pending"


def test_a_loss_is_told_from_then_on(store: Store, clock: Moving) -> None:
    there = keep(store, FIRST)
    clock.move(60)
    with store.write():
        invoices.mark_gone(store, "invoice", ["N1"], 2)
    found = [image(store, "invoice", "N1", moment) for moment in (there, store.now())]
    assert [one.is_gone for one in found if one] == [False, True]
    clock.move(60)
    keep(store, FIRST)
    back = image(store, "invoice", "N1", store.now())
    assert back
    assert not back.is_gone


def test_a_content_that_was_changed_afterwards_is_not_given_out(
    store: Store, clock: Moving
) -> None:
    then = keep(store, FIRST)
    clock.move(60)
    keep(store, dataclasses.replace(FIRST, gross=Decimal(90)))
    with store.write():
        store.run('UPDATE "earlier" SET "body" = ?', [(b"x\x9c\xab\xae\x05\x00\x01u\x00\xf9",)])
        body = '{"number":"N1","gross":"1"}'
        store.run('UPDATE "invoice" SET "body" = ?', [(body,)])
    for moment in (then, store.now()):
        found = image(store, "invoice", "N1", moment)
        assert found
        assert found.body == ""
        assert found.hash
    assert instant_text(clock.at) == store.now()
