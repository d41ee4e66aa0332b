"""Every finding of product.md 4 for an invoice not sent: what raises it, and what just does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from core.domain.ap_documents import Vendor
from core.domain.books import Books
from core.domain.documents import Invoice, InvoiceLine
from core.domain.findings import Acceptances, Finding
from core.domain.peers import Peer
from core.domain.policy import Policy
from core.domain.reference_documents import FiscalPeriod, PaymentTerm, PurchaseOrder
from core.domain.validate import Assessment, Candidate, assess
from tests.domain.domain_samples import (
    LINES,
    RULES,
    SUPPLIER,
    books,
    candidate,
    dec,
    invoice,
    item,
    policy,
    posted,
    with_supplier,
)

ORDERS = {"PO1": PurchaseOrder("PO1", supplier="0113")}
HALVES = (
    PaymentTerm("NET30", "USA", 1, days=30, share=dec("50"), method="CHQ"),
    PaymentTerm("NET30", "USA", 2, days=60, share=dec("50"), method="CHQ"),
)


def check(
    found: Invoice | Candidate | None = None,
    site: Books | None = None,
    chosen: Policy | None = None,
    accepted: Acceptances | None = None,
) -> Assessment:
    entry = found if isinstance(found, Candidate) else candidate(found)
    return assess(entry, site or books(), chosen or policy(), accepted or Acceptances())


def vendor(**changes: Any) -> dict[str, Vendor]:
    return {"v00101": replace(Vendor("V00101"), **changes)}


def orders(*numbers: str) -> tuple[InvoiceLine, ...]:
    return tuple(
        replace(LINES[0], line=at, po_number=number, gross=dec("1224.00") if at == 1 else dec("0"))
        for at, number in enumerate(numbers, start=1)
    )


def in_period(status: int | None) -> dict[str, tuple[FiscalPeriod, ...]]:
    period = FiscalPeriod("US10", 6, 3, start=date(2026, 3, 1), end=date(2026, 3, 31))
    return {"US10": (replace(period, status=status),)}


def test_a_sound_invoice_has_no_finding_and_a_payload() -> None:
    result = check()
    assert result.excluded == ""
    assert result.findings == ()
    assert result.payload
    assert result.due_date == date(2026, 3, 29)


#: name of the rule, what is checked, expected (code, blocking state; "" = it does not block)
CASES: list[tuple[str, Invoice | Candidate | None, Books, Policy, list[tuple[str, str]]]] = [
    # supplier and vendor
    (
        "supplier without a row",
        None,
        books(rules=RULES[1:]),
        policy(),
        [("MAP-01", "needs_mapping")],
    ),
    (
        "row of the supplier has ended",
        None,
        books(rules=(replace(RULES[0], valid_to=date(2026, 2, 28)), *RULES[1:])),
        policy(),
        [("MAP-01", "needs_mapping")],
    ),
    (
        "row ends on the accounting date",
        None,
        books(rules=(replace(RULES[0], valid_to=date(2026, 3, 1)), *RULES[1:])),
        policy(),
        [],
    ),
    (
        "vendor is not in AvidXchange",
        None,
        books(vendors={}),
        policy(),
        [("MAP-05", "needs_mapping")],
    ),
    (
        "vendor is created in this plan",
        None,
        books(vendors={}, creatable=frozenset({"v00101"})),
        policy(),
        [],
    ),
    (
        "vendor is inactive",
        None,
        books(vendors=vendor(active=False)),
        policy(),
        [("MAP-05", "needs_mapping")],
    ),
    (
        "vendor code differs by case and blanks only",
        None,
        books(rules=(replace(RULES[0], code=" v00101 "), *RULES[1:])),
        policy(),
        [],
    ),
    ("supplier is inactive", None, with_supplier(active=False), policy(), [("SUP-01", "held")]),
    ("activity of the supplier is unknown", None, with_supplier(active=None), policy(), []),
    ("supplier on hold", None, with_supplier(payment_hold=True), policy(), [("SUP-01", "held")]),
    ("hold of the supplier is unknown", None, with_supplier(payment_hold=None), policy(), []),
    ("supplier in dispute hold", None, with_supplier(dispute=3), policy(), [("SUP-01", "held")]),
    ("supplier in dispute warning", None, with_supplier(dispute=2), policy(), []),
    (
        "supplier is not among X3's",
        None,
        books(suppliers={"0999": replace(SUPPLIER, code="0999")}),
        policy(),
        [("SUP-01", "held")],
    ),
    ("suppliers are not published", None, books(suppliers={}), policy(), []),
    # status, match, period
    ("pending in X3", invoice(status=1), books(), policy(), [("STA-01", "held")]),
    ("status not known", invoice(status=None), books(), policy(), [("STA-01", "held")]),
    ("match blocked", invoice(match=4), books(), policy(), [("PO-01", "held")]),
    ("match with a warning", invoice(match=3), books(), policy(), []),
    ("match unblocked", invoice(match=5), books(), policy(), []),
    ("kind not known", invoice(kind=9), books(), policy(), [("KND-01", "needs_review")]),
    ("no kind", invoice(kind=None), books(), policy(), [("KND-01", "needs_review")]),
    ("debit note", invoice(kind=3), books(), policy(), []),
    ("period closed", None, books(periods=in_period(3)), policy(), [("PER-01", "held")]),
    ("period not open", None, books(periods=in_period(1)), policy(), [("PER-01", "held")]),
    ("period open", None, books(periods=in_period(2)), policy(), []),
    ("no period of the day", None, books(periods={"US10": ()}), policy(), []),
    ("periods not published", None, books(periods={}), policy(), []),
    (
        "day outside every period",
        invoice(accounting_date=date(2026, 5, 1)),
        books(),
        policy(),
        [("PER-01", "held")],
    ),
    (
        "posted in a closed period",
        candidate(posted(), items=(item(),)),
        books(periods=in_period(3)),
        policy(),
        [],
    ),
    # amounts
    (
        "amount is nothing",
        invoice(gross=dec("0.00"), lines=(replace(LINES[0], gross=dec("0"), po_number=""),)),
        books(),
        policy(),
        [("SUM-02", "needs_review")],
    ),
    ("amount not given", invoice(gross=None), books(), policy(), [("SUM-02", "needs_review")]),
    (
        "currency without two decimals",
        invoice(currency="JPY"),
        books(),
        policy(scope=replace(policy().scope, currencies=frozenset())),
        [("CUR-01", "needs_review")],
    ),
    ("ceiling", None, books(), policy(ceiling={"": dec("1223.99")}), [("LIM-01", "held")]),
    ("exactly the ceiling", None, books(), policy(ceiling={"": dec("1224.00")}), []),
    (
        "ceiling of its currency",
        None,
        books(),
        policy(ceiling={"USD": dec("1")}),
        [("LIM-01", "held")],
    ),
    ("ceiling of another currency", None, books(), policy(ceiling={"CAD": dec("1")}), []),
    (
        "own ceiling before that of all",
        None,
        books(),
        policy(ceiling={"": dec("1"), "USD": dec("5000")}),
        [],
    ),
    (
        "ceiling of a credit memo",
        invoice(kind=2),
        books(),
        policy(ceiling={"": dec("1")}),
        [("LIM-01", "held")],
    ),
    (
        "partly paid at first sight",
        candidate(posted(), items=(item("1224.00", paid=dec("0.01")),)),
        books(),
        policy(),
        [("BAL-01", "needs_review")],
    ),
    (
        "partly paid provisionally",
        candidate(posted(), items=(item("1224.00", provisional=dec("100.00")),)),
        books(),
        policy(),
        [("BAL-01", "needs_review")],
    ),
    (
        "one of two items closed",
        candidate(posted(), items=(item("612.00", closed=2), item("612.00", 2))),
        books(),
        policy(),
        [("BAL-01", "needs_review")],
    ),
    ("all open", candidate(posted(), items=(item("1224.00"),)), books(), policy(), []),
    # dates
    ("term not known", None, books(terms={}), policy(), [("DUE-01", "needs_review")]),
    (
        "term with an unknown setting",
        None,
        books(terms={"NET30": (PaymentTerm("NET30", "USA", 1, end_of_month=7),)}),
        policy(),
        [("DUE-01", "needs_review")],
    ),
    ("instalments warn", None, books(terms={"NET30": HALVES}), policy(), [("DUE-02", "")]),
    (
        "instalments hold",
        None,
        books(terms={"NET30": HALVES}),
        policy(instalments="hold"),
        [("DUE-02", "needs_review")],
    ),
    (
        "two parts of one day",
        None,
        books(terms={"NET30": (HALVES[0], replace(HALVES[0], line=2))}),
        policy(instalments="hold"),
        [],
    ),
    (
        "holdback in the term",
        None,
        books(terms={"NET30": (HALVES[0], replace(HALVES[1], item_type=3))}),
        policy(),
        [("DUE-02", "needs_review")],
    ),
    (
        "holdback item",
        candidate(posted(), items=(item("1000.00"), item("224.00", 2, item_type=3))),
        books(),
        policy(),
        [("DUE-02", "needs_review")],
    ),
    (
        "holdback became an ordinary item",
        candidate(posted(), items=(item("1000.00"), item("224.00", 2))),
        books(),
        policy(),
        [("DUE-02", "")],
    ),
    # orders
    ("order exists and is the supplier's", None, books(orders=ORDERS), policy(), []),
    (
        "order not known",
        None,
        books(orders={"PO9": PurchaseOrder("PO9", supplier="0113")}),
        policy(),
        [("PO-01", "needs_review")],
    ),
    (
        "order of another supplier",
        None,
        books(orders={"PO1": PurchaseOrder("PO1", supplier="0777")}),
        policy(),
        [("PO-01", "needs_review")],
    ),
    (
        "order of a supplier that is billed by this one",
        None,
        books(
            orders={"PO1": PurchaseOrder("PO1", supplier="0777")},
            suppliers={"0113": SUPPLIER, "0777": replace(SUPPLIER, code="0777")},
        ),
        policy(),
        [],
    ),
    ("orders not published", None, books(orders={}), policy(), []),
    ("several orders", invoice(lines=orders("PO1", "PO2")), books(), policy(), [("PO-01", "")]),
    ("one order twice", invoice(lines=orders("PO1", "PO1")), books(), policy(), []),
    # duplicates and limits
    (
        "no document number",
        invoice(supplier_document=" "),
        books(),
        policy(),
        [("DUP-02", "needs_review")],
    ),
    (
        "same bill went before",
        candidate(peers=(Peer("BIS0", is_exact=True, goes_first=True),)),
        books(),
        policy(),
        [("DUP-01", "needs_review")],
    ),
    (
        "same bill comes after",
        candidate(peers=(Peer("BIS2", is_exact=True, goes_first=False),)),
        books(),
        policy(),
        [],
    ),
    # split
    (
        "split line",
        invoice(lines=(replace(LINES[0], distribution="K"), LINES[1])),
        books(),
        policy(),
        [("DIM-01", "needs_review")],
    ),
]


@pytest.mark.parametrize(
    ("found", "site", "chosen", "expected"),
    [case[1:] for case in CASES],
    ids=[case[0].replace(" ", "_") for case in CASES],
)
def test_a_finding_is_raised_with_its_state_and_just_beside_it_is_not(
    found: Invoice | Candidate | None,
    site: Books,
    chosen: Policy,
    expected: list[tuple[str, str]],
) -> None:
    result = check(found, site, chosen)
    assert result.excluded == ""
    shown = [(f.code, f.blocking_state if f.blocks else "") for f in result.findings]
    assert shown == expected
    blocks = any(state for _, state in expected)
    assert (result.payload is None) == blocks


@pytest.mark.parametrize(
    ("days", "codes"),
    [(0, ["DUP-01"]), (7, ["DUP-01"]), (-7, ["DUP-01"]), (8, []), (-8, []), (None, [])],
)
def test_same_supplier_and_amount_within_seven_days_warns(
    days: int | None, codes: list[str]
) -> None:
    day = None if days is None else date.fromordinal(date(2026, 2, 27).toordinal() + days)
    peer = Peer("BIS0", is_exact=False, goes_first=True, document_date=day)
    found = check(candidate(peers=(peer,)))
    assert [f.code for f in found.findings] == codes
    assert all(
        not f.blocks and f.asks_person and f.resolutions == ("accept",) for f in found.findings
    )
    assert found.payload


def test_a_finding_names_its_document_and_says_why() -> None:
    for _, found, site, chosen, _ in CASES:
        for finding in check(found, site, chosen).findings:
            assert isinstance(finding, Finding)
            assert finding.document == "BIS1"
            assert finding.text.endswith(".")
