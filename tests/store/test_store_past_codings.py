"""What AvidXchange's own invoices say about vendors, accounts and values."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from core.domain.ap_documents import ApInvoice, ApLine
from core.domain.documents import Invoice, InvoiceLine
from core.store import records
from core.store.past_codings import past_codings
from core.store.sqlite import Store

GL, DEPARTMENT = "Accounting Codes", "Department"


def ours(number: str, document: str, *lines: InvoiceLine, supplier: str = "S1") -> Invoice:
    total = sum((line.gross or line.net or Decimal(0) for line in lines), Decimal(0))
    return Invoice(
        number, kind=1, company="US10", supplier=supplier, supplier_document=document,
        currency="USD", gross=total, lines=lines,
    )  # fmt: skip


def theirs(identity: str, number: str, *lines: ApLine, **members: Any) -> ApInvoice:
    total = sum((line.amount for line in lines), Decimal(0))
    plain: dict[str, Any] = {"vendor_code": "V-1", "currency": "USD", "state": "approved"}
    return ApInvoice(identity, number=number, amount=total, lines=lines, **(plain | members))


def line(amount: str, account: str, **members: Any) -> InvoiceLine:
    return InvoiceLine(chart="US", account=account, gross=Decimal(amount), **members)


def coded(amount: str, *codes: tuple[str, str]) -> ApLine:
    return ApLine(1, Decimal(amount), codes=codes)


def keep(store: Store, invoices: list[Invoice], there: list[ApInvoice]) -> None:
    with store.write():
        records.store_invoices(store, invoices, 1, credit_kinds=frozenset({2}), actor="anna")
        records.store_documents(store, "ap_invoice", there, 1)


def test_one_number_and_amount_on_both_sides_tell_vendor_and_codes(store: Store) -> None:
    department = (("DPT", "ADM"),)
    keep(
        store,
        [ours("N1", " ab-7", line("10.00", "6000", dimensions=department), line("5.00", "7000"))],
        [theirs("1", "AB-7 ", coded("10.00", (GL, "O-1"), (DEPARTMENT, "10")),
                coded("5.00", (GL, "O-2")))],
    )  # fmt: skip
    past = past_codings(store)
    assert past.vendors == {"S1": Counter({"v-1": 1})}
    assert past.accounts[(("US", "6000"), GL)] == Counter({"o-1": 1})
    assert past.accounts[(("US", "7000"), GL)] == Counter({"o-2": 1})
    assert past.dimensions[(("DPT", "ADM"), DEPARTMENT)] == Counter({"10": 1})


def test_another_amount_a_dead_one_a_double_and_our_own_tell_nothing(store: Store) -> None:
    one = coded("10.00", (GL, "O-1"))
    keep(
        store,
        [ours(f"N{n}", f"D{n}", line("10.00", "6000")) for n in range(5)],
        [
            theirs("0", "D0", coded("10.01", (GL, "O-1"))),
            theirs("1", "D1", one, state="rejected"),
            theirs("2", "D2", one), theirs("3", "D2", one, vendor_code="V-2"),
            theirs("4", "D3", one, external_id="X3|PROD|US10|N3|1"),
            theirs("5", "D4", one, currency="CAD"),
        ],
    )  # fmt: skip
    past = past_codings(store)
    assert (past.vendors, past.accounts, past.dimensions) == ({}, {}, {})


def test_lines_of_one_amount_and_lines_whose_tax_is_apart_tell_the_vendor_only(
    store: Store,
) -> None:
    taxed = InvoiceLine(chart="US", account="6000", net=Decimal(10), tax_amount1=Decimal(1))
    keep(
        store,
        [
            ours("N1", "D1", line("10.00", "6000"), line("10.00", "7000")),
            ours("N2", "D2", taxed, line("3.00", "8000")),
        ],
        [
            theirs("1", "D1", coded("10.00", (GL, "A")), coded("10.00", (GL, "B"))),
            theirs("2", "D2", coded("10.00", (GL, "A")), coded("3.00", (GL, "C"))),
        ],
    )
    past = past_codings(store)
    assert past.vendors == {"S1": Counter({"v-1": 2})}
    assert dict(past.accounts) == {(("US", "8000"), GL): Counter({"c": 1})}
