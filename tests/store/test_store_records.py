"""Documents, invoices, payments and small values, as they are kept."""

from __future__ import annotations

import dataclasses
import json
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Protocol

import pytest

from core.domain import ap_documents as ap
from core.domain.canonical import decode, instant_text
from core.domain.documents import Address, Invoice, InvoiceLine, OpenItem, Supplier, document_hash
from core.store import (
    checks_doubled,
    history,
    invoices,
    journal,
    payments,
    plans,
    queries,
    records,
    values,
)
from core.store.journal import Settlement
from core.store.sqlite import Store

CREDITS = frozenset({2, 4})
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Moving(Protocol):
    """The clock of conftest.py."""

    at: datetime

    def move(self, seconds: float) -> datetime: ...


def invoice(number: str = "N1", **members: Any) -> Invoice:
    plain: dict[str, Any] = {
        "kind": 1, "company": "US10", "supplier": "S1", "supplier_document": " Ab-7 ",
        "document_date": date(2026, 2, 1), "accounting_date": date(2026, 2, 3),
        "currency": "USD", "gross": Decimal("100.10"), "changed": NOON,
        "lines": (
            InvoiceLine(line=1, account="00601", net=Decimal("100.1"), po_number="PO-9"),
        ),
    }  # fmt: skip
    return Invoice(number=number, **(plain | members))


def keep(store: Store, *found: Invoice, run: int = 1) -> records.Changes:
    with store.write():
        return records.store_invoices(store, found, run, credit_kinds=CREDITS, actor="anna")


def keep_documents(store: Store, entity: str, *found: Any, run: int = 1) -> records.Changes:
    with store.write():
        return records.store_documents(store, entity, found, run)


def test_a_document_is_kept_once_by_content_and_told_in_the_log(store: Store) -> None:
    first = Supplier(code="00S1", name="Acmé", changed=NOON)
    assert keep_documents(store, "supplier", first) == records.Changes(1, 0, 0, ("00S1",), ())
    rows = history.head(store)[0]
    later = dataclasses.replace(first, changed=datetime(2026, 3, 2, tzinfo=UTC))
    assert keep_documents(store, "supplier", later).same == 1
    assert history.head(store)[0] == rows
    (body,) = records.documents(store, "supplier")
    assert decode(Supplier, body) == later
    renamed = dataclasses.replace(later, name="Acme Ltd")
    assert keep_documents(store, "supplier", renamed).changed == 1
    told = queries.audit_of(store, ["supplier 00S1"])
    assert [(e["before"], e["after"], e["result"]) for e in told] == [
        (None, document_hash(first), "new"),
        (document_hash(first), document_hash(renamed), "changed"),
    ]


def test_documents_are_found_by_key_and_by_what_they_belong_to(store: Store) -> None:
    items = [
        OpenItem(type="SPINV", number=number, line=1, due_line=line, amount=Decimal(5))
        for number in ("N1", "N2")
        for line in (1, 2)
    ]
    changes = keep_documents(store, "open_item", *items)
    assert changes.parents == ("N1", "N2")
    of_n1 = records.documents(store, "open_item", parents=["N1", "N1"])
    assert [decode(OpenItem, body).due_line for body in of_n1] == [1, 2]
    one = records.documents(store, "open_item", keys=["SPINV~N2~1~1"])
    assert [decode(OpenItem, body).number for body in one] == ["N2"]
    assert records.documents(store, "open_item", keys=[]) == []
    keep_documents(store, "supplier_address", Address(supplier="S1", code="MAIN"))
    assert len(records.documents(store, "supplier_address", parents=["S1"])) == 1
    keep_documents(store, "ap_invoice", ap.ApInvoice("7", external_id="X3|P|U|N1|1"))
    assert len(records.documents(store, "ap_invoice", parents=["X3|P|U|N1|1"])) == 1
    assert records.document_keys(store, "open_item")[0] == "SPINV~N1~1~1"


def test_the_hash_of_a_stored_body_is_the_hash_of_the_document(store: Store) -> None:
    vendor = ap.Vendor("V1", vendor_id="9", name="x", last_modified=NOON)
    keep_documents(store, "vendor", vendor)
    assert records.document_hashes(store, "vendor", ["v1", "v2"]) == {"v1": ap.ap_hash(vendor)}
    keep(store, invoice())
    (row,) = invoices.invoice_rows(store)
    assert row.hash == document_hash(invoice())
    assert records.header_hashes(store, ["N1", "N2"]) == {"N1": records.header_hash(invoice())}
    assert records.header_hash(invoice(lines=())) == row.header_hash


def test_what_is_gone_is_kept_and_may_come_back(store: Store) -> None:
    keep_documents(store, "supplier", Supplier(code="S1"), Supplier(code="S2"))
    keep(store, invoice("N1"), invoice("N2"))
    with store.write():
        invoices.mark_clean(store, ["N1", "N2"])
        assert invoices.mark_gone(store, "supplier", ["S1", "S9"], 2) == ("S1",)
        assert invoices.mark_gone(store, "invoice", ["N1", "N9"], 2) == ("N1",)
        assert invoices.mark_gone(store, "invoice", ["N1"], 2) == ()
    assert len(records.documents(store, "supplier")) == 1
    assert len(records.documents(store, "supplier", with_gone=True)) == 2
    assert records.header_hashes(store, ["N1", "N2"]).keys() == {"N2"}
    assert [r.number for r in invoices.invoice_rows(store, dirty=True)] == ["N1"]
    assert [r.number for r in invoices.invoice_rows(store, with_gone=False)] == ["N2"]
    assert [e["action"] for e in queries.audit_of(store, ["N1"])] == ["received", "gone"]
    assert keep(store, invoice("N1")).changed == 1
    assert keep_documents(store, "supplier", Supplier(code="S1")).changed == 1
    assert invoices.invoice_rows(store, numbers=["N1"])[0].gone == 0


def test_an_invoice_becomes_columns_and_credits_are_negative(store: Store) -> None:
    changes = keep(store, invoice(), invoice("N2", kind=2), invoice("N3", gross=None, currency=""))
    assert (changes.new, changes.keys, changes.parents) == (3, ("N1", "N2", "N3"), ("S1",))
    one, two, three = invoices.invoice_rows(store)
    assert (one.amount, two.amount, three.amount) == (10010, -10010, 0)
    assert (one.state, one.live, one.dirty, one.revision) == ("ready", 1, 1, 1)
    assert (one.supplier_document, one.document_folded) == (" Ab-7 ", "ab-7")
    assert (one.document_date, one.accounting_date) == ("2026-02-01", "2026-02-03")
    assert one.first_seen == one.since == store.now()
    assert "po-9" in one.search
    assert decode(Invoice, one.body) == invoice()
    assert (one.open_x3, one.codes) == (None, ())


@pytest.mark.parametrize(
    ("currency", "gross", "minor"),
    [("JPY", "1234", 1234), ("KWD", "1.5", 1500), ("USD", "0.005", 1), ("USD", "-3", -300)],
)
def test_amounts_have_the_digits_of_their_currency(
    store: Store, currency: str, gross: str, minor: int
) -> None:
    keep(store, invoice(currency=currency, gross=Decimal(gross)))
    assert invoices.invoice_rows(store)[0].amount == minor


def test_a_changed_invoice_keeps_what_is_known_of_its_way(store: Store, clock: Moving) -> None:
    keep(store, invoice())
    with store.write():
        changes = {"N1": {"state": "sent", "external_id": "X3|1", "dirty": False, "level": 4}}
        assert invoices.change_invoices(store, changes, 1, actor="engine") == ("N1",)
    before = invoices.invoice_rows(store)[0]
    clock.move(60)
    again = keep(store, invoice(gross=Decimal("100.2")), run=2)
    assert (again.changed, again.new) == (1, 0)
    after = invoices.invoice_rows(store)[0]
    assert (after.amount, after.dirty, after.run) == (10020, 1, 2)
    kept = ("state", "since", "external_id", "level", "first_seen", "revision")
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]
    assert keep(store, invoice(gross=Decimal("100.2"), changed=clock.at)).same == 1
    newest = invoices.invoice_rows(store)[0]
    assert newest.changed == instant_text(clock.at)
    assert decode(Invoice, newest.body).changed == clock.at


def test_each_change_of_state_has_its_audit_entry(store: Store, clock: Moving) -> None:
    keep(store, invoice("N1"), invoice("N2"))
    clock.move(5)
    with store.write():
        wanted = {"state": "held", "why": "supplier on hold", "codes": ["SUP-01"], "open_x3": 5}
        changes: dict[str, dict[str, Any]] = {"N1": wanted, "N2": {"why": "noted"}}
        assert invoices.change_invoices(store, changes, 3, actor="anna") == ("N1", "N2")
        assert invoices.change_invoices(store, changes, 3, actor="anna") == ()
    one, two = invoices.invoice_rows(store)
    assert (one.state, one.codes, one.since, one.open_x3) == ("held", ("SUP-01",), store.now(), 5)
    assert two.since != one.since
    told = queries.audit(store, queries.AuditFilter(action="state")).rows
    assert [(e["object"], e["before"], e["after"], e["result"], e["run"]) for e in told] == [
        ("N1", "ready", "held", "supplier on hold", 3)
    ]


@pytest.mark.parametrize("changes", [{"N9": {"state": "sent"}}, {"N1": {"amount": 1}}])
def test_only_known_columns_of_known_invoices_change(
    store: Store, changes: dict[str, dict[str, Any]]
) -> None:
    keep(store, invoice())
    with pytest.raises(KeyError), store.write():
        invoices.change_invoices(store, changes, 1, actor="x")
    assert invoices.invoice_rows(store)[0].state == "ready"


def test_invoices_are_marked_for_the_next_plan(store: Store) -> None:
    keep(store, *(invoice(f"N{n}", supplier=f"S{n % 2}") for n in range(4)))
    with store.write():
        assert invoices.mark_clean(store, ["N0", "N1", "N2", "N3"]) == 4
        invoices.change_invoices(store, {"N0": {"live": False}}, 1, actor="x")
        assert invoices.mark_dirty(store, suppliers=["S0"]) == 1
        assert invoices.mark_dirty(store, numbers=["N0", "N2"]) == 1
        assert invoices.mark_dirty(store, all_live=True) == 2
    assert [r.number for r in invoices.invoice_rows(store, live=True)] == ["N1", "N2", "N3"]
    assert [r.number for r in invoices.of_suppliers(store, ["S0"])] == ["N0", "N2"]


def test_invoices_with_one_supplier_document_are_found(store: Store) -> None:
    keep(
        store, invoice("N1"), invoice("N2", supplier_document="AB-7"), invoice("N3", supplier="S2")
    )
    found = invoices.same_document(store, [("S1", "ab-7"), ("S3", "ab-7")])
    assert [row.number for row in found] == ["N1", "N2"]


def payment(key: str = "P1", **members: Any) -> ap.ApPayment:
    plain: dict[str, Any] = {
        "amount": Decimal("30.5"), "currency": "USD", "state": "issued", "status_text": "Issued",
        "method": "check", "printed_check_number": "0012", "batch": "B1", "vendor_name": "Acmé",
        "payment_date": date(2026, 3, 1), "last_modified": NOON,
        "remittances": (
            ap.Remittance(external_id="X3|PROD|US10|N1|1", net=Decimal("20.5")),
            ap.Remittance(external_id="X3|PROD|US10|N2|2", net=Decimal(10)),
        ),
    }  # fmt: skip
    return ap.ApPayment(key, **(plain | members))


def keep_payments(store: Store, *found: ap.ApPayment, endpoint: str = "") -> records.Changes:
    with store.write():
        return payments.store_payments(store, found, 1, endpoint=endpoint)


def test_payments_find_their_invoices_and_mark_them(store: Store) -> None:
    keep(store, invoice("N1"), invoice("N2"), invoice("N3"))
    with store.write():
        changes = {"N1": {"external_id": "X3|PROD|US10|N1|1"}}
        invoices.change_invoices(store, changes, 1, actor="x")
        invoices.mark_clean(store, ["N1", "N2", "N3"])
        old = plans.ActionRecord("invoice", "N2", 2, b"", "f", reference="X3|PROD|US10|N2|2")
        plans.store_plan(store, plans.PlanRecord("p", 1, "live", {}, (old,)))
        ids = [row.id for row in plans.action_rows(store, plan="p")]
        journal.enqueue(store, ids, 1, due=store.clock(), actor="x")
    changes_made = keep_payments(store, payment())
    assert (changes_made.new, changes_made.parents) == (1, ("N1", "N2"))
    assert [(s.number, s.net) for s in payments.settled_by(store, ids=["P1"])] == [
        ("N1", 2050), ("N2", 1000),
    ]  # fmt: skip
    assert [s.payment_id for s in payments.settled_by(store, numbers=["N2"])] == ["P1"]
    assert [r.number for r in invoices.invoice_rows(store, dirty=True)] == ["N1", "N2"]
    (row,) = payments.payment_rows(store, dirty=True)
    assert (row.amount, row.check_number, row.payment_class) == (3050, "0012", "out")
    assert decode(ap.ApPayment, row.body) == payment()
    assert keep_payments(store, payment(last_modified=store.clock())).same == 1
    assert payments.payment_rows(store)[0].last_modified == store.now()


def test_a_reference_names_its_invoice_only_for_the_same_endpoint(store: Store) -> None:
    keep_payments(store, payment("P1"))
    keep_payments(store, payment("P2"), endpoint="TEST")
    keep_payments(store, payment("P3"), endpoint="PROD")
    found = payments.settled_by(store, ids=["P1", "P2", "P3"])
    assert {(s.payment_id, s.number) for s in found} == {
        ("P1", ""), ("P2", ""), ("P3", "N1"), ("P3", "N2"),
    }  # fmt: skip


def test_a_changed_payment_keeps_its_posting_and_replaces_its_invoices(store: Store) -> None:
    keep_payments(store, payment())
    with store.write():
        wanted = {"reference": "AVDP1", "x3_payment": "PAY1", "posted": True, "dirty": False}
        assert payments.change_payments(store, {"P1": wanted}, 2, actor="engine") == ("P1",)
        assert payments.change_payments(store, {"P1": wanted}, 2, actor="engine") == ()
    told = queries.audit_of(store, ["AVDP1"])
    assert [(e["action"], e["before"], e["after"]) for e in told] == [("posted", "", "PAY1")]
    voided = payment(state="voided", remittances=None, external_ids=("X3|PROD|US10|N1|1",))
    assert keep_payments(store, voided, endpoint="PROD").changed == 1
    (row,) = payments.payment_rows(store, ids=["P1"])
    assert (row.state, row.payment_class, row.dirty) == ("voided", "back", 1)
    assert (row.posted, row.x3_payment, row.reference) == (1, "PAY1", "AVDP1")
    assert [(s.number, s.net) for s in payments.settled_by(store, ids=["P1"])] == [("N1", 0)]
    with pytest.raises(KeyError), store.write():
        payments.change_payments(store, {"P1": {"amount": 3}}, 2, actor="engine")


def test_a_bookmark_never_moves_back(store: Store) -> None:
    assert values.bookmark(store, "x3.invoice") == values.BookmarkRow("x3.invoice")
    with store.write():
        values.put_progress(store, "x3.invoice", "page-2", {"resume": "k", "page": 2})
    unfinished = values.bookmark(store, "x3.invoice")
    assert (unfinished.progress, unfinished.walk) == ("page-2", {"resume": "k", "page": 2})
    with store.write():
        values.put_bookmark(store, "x3.invoice", instant_text(NOON))
    with store.write():
        values.put_bookmark(store, "x3.invoice", "")
    done = values.bookmark(store, "x3.invoice")
    assert (done.value, done.progress, done.walk) == (instant_text(NOON), "", {})
    with pytest.raises(ValueError, match="move back"), store.write():
        values.put_bookmark(store, "x3.invoice", instant_text(NOON.replace(hour=11)))
    assert values.bookmarks(store) == {"x3.invoice": done}


def test_contacts_and_sealed_secrets(store: Store) -> None:
    with store.write():
        values.put_contact(store, "x3", {"reachable": True, "last_contact": "t"})
        values.put_contact(store, "x3", {"reachable": False})
        values.put_secret(store, "x3.password", b"\x00sealed")
    assert values.contact(store, "x3") == {"reachable": False, "last_contact": "t"}
    assert values.contact(store, "avidxchange") == {}
    assert values.secret(store, "x3.password") == b"\x00sealed"
    assert values.secret_names(store) == {"x3.password": store.now()}
    with store.write():
        assert values.forget_secret(store, "x3.password") is True
        assert values.forget_secret(store, "x3.password") is False
    assert values.secret(store, "x3.password") is None


def test_four_thousand_invoices_are_kept_in_seconds_and_whole(store: Store) -> None:
    many = [invoice(f"N{n:05}", lines=invoice().lines * 5) for n in range(4000)]
    start = time.perf_counter()
    keep(store, *many)
    took = time.perf_counter() - start
    assert len(invoices.invoice_rows(store, dirty=True)) == 4000
    assert history.verify(store).rows == 4000
    assert took < 10  # 0.8 s on a quiet machine; this only catches a slip in complexity


def test_settling_takes_part_in_the_callers_transaction(store: Store) -> None:
    keep(store, invoice())
    with store.write():
        new = plans.ActionRecord("invoice", "N1", 1, b"x", "f", reference="X3|1")
        plans.store_plan(store, plans.PlanRecord("p", 1, "live", {}, (new,)))
        ids = [row.id for row in plans.action_rows(store, plan="p")]
        journal.enqueue(store, ids, 1, due=store.clock(), actor="x")
    with store.write():
        (row,) = journal.claim(store, ["invoice"], 1, store.clock())

    def work() -> None:
        with store.write():
            journal.settle(store, row, Settlement("done", "accepted"))
            invoices.change_invoices(store, {"N1": {"state": "sent"}}, 1, actor="engine")
            raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - the test's own
        work()
    assert journal.outbox_rows(store, ids=[row.id])[0].state == "sending"
    assert invoices.invoice_rows(store)[0].state == "ready"
    assert history.verify(store).ok


def test_what_is_to_be_looked_at_is_found_by_the_partial_indexes(store: Store) -> None:
    keep(store, *(invoice(f"N{n}") for n in range(1, 5)))
    with store.write():
        changes: dict[str, dict[str, Any]] = {
            "N1": {"dirty": 0}, "N2": {"live": 0}, "N3": {"dirty": 0, "live": 0},
        }  # fmt: skip
        invoices.change_invoices(store, changes, 1, actor="x")
    assert [r.number for r in invoices.to_look_at(store, with_live=True)] == ["N1", "N2", "N4"]
    assert [r.number for r in invoices.to_look_at(store, with_live=False)] == ["N2", "N4"]
    for sql, index in ((invoices._DIRTY, "invoice_dirty"), (invoices._LIVE_TOO, "invoice_live")):
        plan = " ".join(str(row["detail"]) for row in store.select(f"EXPLAIN QUERY PLAN {sql}"))
        assert index in plan, plan


def test_the_revisions_of_many_invoices_are_looked_up_by_the_index_of_parents(store: Store) -> None:
    found = [ap.ApInvoice(f"A{n}", f"X3|E|C|N{n}|1", state="received") for n in range(1200)]
    with store.write():
        records.store_documents(store, "ap_invoice", found, 1)
    wanted = [json.dumps([f"X3|E|C|N{n}" for n in range(1100)]), "ap_invoice"]
    rows = store.select(checks_doubled._IN_ANY_REVISION, wanted)
    assert {row["key"] for row in rows} == {f"A{n}" for n in range(1100)}
    planned = store.select(f"EXPLAIN QUERY PLAN {checks_doubled._IN_ANY_REVISION}", wanted)
    plan = " ".join(str(row["detail"]) for row in planned)
    assert "SEARCH found USING" in plan, plan
