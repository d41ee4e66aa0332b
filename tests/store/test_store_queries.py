"""Lists: a walk by pages is the plain sort, whatever the order; filters and sums are exact."""

from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

import pytest

from core.domain import ap_documents as ap
from core.domain.documents import Invoice
from core.store import invoices, payments, plans, queries, records
from core.store.paging import Order
from core.store.queries import InvoiceFilter, PaymentFilter
from core.store.sqlite import Store


@pytest.fixture
def filled(store: Store) -> Store:
    chance = random.Random(3)
    made = [
        Invoice(
            number=f"N{chance.randrange(10**6):06}-{n}",
            kind=1 + n % 3,
            company=("US10", "CA10")[n % 2],
            supplier=f"S{n % 7}",
            supplier_document=f"Ö{n}_%",
            accounting_date=date(2026, 1 + n % 3, 1),
            currency=("USD", "CAD")[n % 2],
            gross=Decimal(chance.randrange(1, 40)),
        )
        for n in range(137)
    ]
    with store.write():
        records.store_invoices(store, made, 1, credit_kinds={2})
        numbers = [invoice.number for invoice in made]
        changes = {number: {"state": "held", "codes": ["SUP-01"]} for number in numbers[::3]}
        invoices.change_invoices(store, changes, 1, actor="x")
    return store


@pytest.mark.parametrize("column", ["", "amount", "supplier", "state", "accounting_date"])
@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("limit", [1, 10, 137, 500])
def test_paging_gives_the_plain_sort(
    filled: Store, column: str, limit: int, *, descending: bool
) -> None:
    order = Order(column, descending=descending)
    whole = queries.invoices(filled, order=order, limit=1000)
    assert whole.next is None
    found: list[str] = []
    after = None
    while True:
        part = queries.invoices(filled, order=order, after=after, limit=limit)
        found += [row["number"] for row in part.rows]
        after = part.next
        if after is None:
            break
    raw = invoices.invoice_rows(filled)
    plain = sorted(
        raw, key=lambda row: (getattr(row, column or "number"), row.number), reverse=descending
    )
    assert found == [row.number for row in plain] == [row["number"] for row in whole.rows]


def test_a_row_that_comes_between_two_pages_hides_no_other(filled: Store) -> None:
    first = queries.invoices(filled, limit=50)
    with filled.write():
        records.store_invoices(filled, [Invoice(number="A-first")], 1, credit_kinds=())
    rest = queries.invoices(filled, after=first.next, limit=500)
    assert len({row["number"] for row in (*first.rows, *rest.rows)}) == 137


@pytest.mark.parametrize("column", ["open_x3", "nonsense"])
def test_a_list_is_sorted_only_by_what_is_never_null(filled: Store, column: str) -> None:
    with pytest.raises(ValueError, match="not sorted by"):
        queries.invoices(filled, order=Order(column))


def test_an_invoice_is_shown_with_the_members_of_the_command_line(store: Store) -> None:
    invoice = Invoice(
        number="N1", kind=2, company="US10", supplier="S1", supplier_document="A-1",
        document_date=date(2026, 1, 2), accounting_date=date(2026, 1, 3), currency="USD",
        gross=Decimal("12.5"),
    )  # fmt: skip
    with store.write():
        records.store_invoices(store, [invoice], 1, credit_kinds={2})
    (shown,) = queries.invoices(store, InvoiceFilter(number="N1")).rows
    assert shown == {
        "number": "N1", "company": "US10", "kind": "credit_memo", "state": "ready",
        "supplier": "S1", "supplier_document": "A-1", "document_date": "2026-01-02",
        "accounting_date": "2026-01-03", "due_date": "", "currency": "USD", "amount": "-12.50",
        "open_x3": None, "open_avidxchange": None, "approval": "", "payment": "",
        "external_id": "", "revision": 1, "avid_invoice_id": "", "codes": [],
        "since": store.now(), "why": "",
    }  # fmt: skip


def test_filters_counts_and_sums_agree_with_the_rows(filled: Store) -> None:
    raw = invoices.invoice_rows(filled)
    cases = {
        InvoiceFilter(): raw,
        InvoiceFilter(states=("held",)): [r for r in raw if r.state == "held"],
        InvoiceFilter(states=("held", "ready"), currency="CAD"): [
            r for r in raw if r.currency == "CAD"
        ],
        InvoiceFilter(supplier="S3", company="US10"): [
            r for r in raw if r.supplier == "S3" and r.company == "US10"
        ],
        InvoiceFilter(since="2026-02-01"): [r for r in raw if r.accounting_date >= "2026-02-01"],
        InvoiceFilter(text="ö13_%"): [r for r in raw if "ö13_%" in r.search],
        InvoiceFilter(text="Ö1%3"): [],
        InvoiceFilter(amount_from=1000, amount_to=2000): [
            r for r in raw if 1000 <= abs(r.amount) <= 2000
        ],
        InvoiceFilter(state_before=filled.now()): [],
    }
    for wanted, rows in cases.items():
        shown = queries.invoices(filled, wanted, limit=1000).rows
        assert [row["number"] for row in shown] == [row.number for row in rows]
        assert queries.count_invoices(filled, wanted) == len(rows)
        sums = {c: sum(r.amount for r in rows if r.currency == c) for c in ("CAD", "USD")}
        there = {r.currency for r in rows}
        assert queries.totals(filled, wanted) == {
            currency: f"{Decimal(minor) / 100:.2f}"
            for currency, minor in sums.items()
            if currency in there
        }
    assert queries.counts_by_state(filled) == {"held": 46, "ready": 91}
    assert sum(queries.counts_by_state(filled, "2026-03-01").values()) == 45


def test_payments_are_shown_with_their_invoices(store: Store) -> None:
    made = [
        ap.ApPayment(
            f"P{n}",
            state=("issued", "cleared")[n % 2],
            status_text="Cleared",
            currency="USD",
            amount=Decimal(n),
            check_number=f"00{n}",
            payment_date=date(2026, 3, 1),
            vendor_name="Ünal",
            remittances=(
                ap.Remittance(external_id=f"X3|PROD|US10|N{n}|1", net=Decimal(n)),
                ap.Remittance(external_id="foreign", net=Decimal(0)),
            ),
        )
        for n in range(3)
    ]
    with store.write():
        payments.store_payments(store, made, 1, endpoint="PROD")
        wanted = {"P1": {"posted": True, "reference": "AVDP1", "x3_payment": "X1"}}
        payments.change_payments(store, wanted, 1, actor="engine")
    (shown,) = queries.payments(store, PaymentFilter(payment_id="P1")).rows
    assert shown == {
        "payment_id": "P1", "state": "cleared", "text": "Cleared", "method": "other",
        "check_number": "001", "currency": "USD", "amount": "1.00", "payment_date": "2026-03-01",
        "cleared_date": "", "invoices": ["N1", "foreign"], "batch": "", "reference": "AVDP1",
        "x3_payment": "X1", "posted": True, "codes": [],
    }  # fmt: skip
    cases = {
        PaymentFilter(): ["P0", "P1", "P2"],
        PaymentFilter(states=("issued",)): ["P0", "P2"],
        PaymentFilter(number="N2"): ["P2"],
        PaymentFilter(text="üNAL"): ["P0", "P1", "P2"],
        PaymentFilter(posted=True): ["P1"],
        PaymentFilter(posted=False): ["P0", "P2"],
    }
    for chosen, ids in cases.items():
        rows = queries.payments(store, chosen).rows
        assert [row["payment_id"] for row in rows] == ids
        assert queries.count_payments(store, chosen) == len(ids)
    first = queries.payments(store, limit=2)
    assert [r["payment_id"] for r in queries.payments(store, after=first.next).rows] == ["P2"]


def test_runs_page_in_order_of_their_number(store: Store) -> None:
    with store.write():
        numbers = [plans.begin_run(store, by="schedule", mode="live") for _ in range(5)]
        plans.end_run(store, numbers[1], {"sent": 1})
    newest = queries.runs(store, order=Order("", descending=True), limit=2)
    assert [row["run"] for row in newest.rows] == [numbers[4], numbers[3]]
    older = queries.runs(store, order=Order("", descending=True), after=newest.next)
    assert [row["run"] for row in older.rows] == numbers[2::-1]
    assert [row["run"] for row in queries.runs(store, only_ended=True).rows] == [numbers[1]]
