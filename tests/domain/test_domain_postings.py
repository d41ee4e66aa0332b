"""Which payment is posted to X3, over which open items, or why not (avidxchange.md 5.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.ap_documents import PAYMENT_CLASSES, ApPayment
from core.domain.books import Books
from core.domain.documents import Invoice, OpenItem
from core.domain.findings import Finding
from core.domain.policy import Policy
from core.domain.postings import (
    Balances,
    PaidInvoice,
    Posting,
    after_posting,
    decide,
    identity_of,
    is_due,
    is_overdue_failure,
    money_of,
    posting_date,
    reference_of,
    replaces,
)
from core.domain.reference_documents import FiscalPeriod
from tests.domain.domain_samples import (
    EXTERNAL_ID,
    books,
    dec,
    item,
    payment,
    policy,
    posted,
    remittance,
)

SECOND = "X3|PROD|US10|BIS2|1"
CREDIT = "X3|PROD|US10|CM1|1"


def paid(
    items: tuple[OpenItem, ...] = (), *, is_credit: bool = False, found: Invoice | None = None
) -> PaidInvoice:
    return PaidInvoice(found or posted(), items or (item(),), is_credit)


def other(number: str, *amounts: str, is_credit: bool = False, **changes: Any) -> PaidInvoice:
    """Another invoice with one open item for each amount."""
    items = tuple(
        item(amount, at, number=number, **changes) for at, amount in enumerate(amounts, start=1)
    )
    return paid(items, is_credit=is_credit, found=posted(number=number))


def posting(
    found: ApPayment | None = None,
    ours: dict[str, PaidInvoice] | None = None,
    site: Books | None = None,
    chosen: Policy | None = None,
    balances: Balances | None = None,
    **options: Any,
) -> Posting | Finding:
    return decide(
        found or payment(),
        {EXTERNAL_ID: paid()} if ours is None else ours,
        site or books(),
        chosen or policy(),
        Balances() if balances is None else balances,
        **options,
    )


def good(result: Posting | Finding) -> Posting:
    assert isinstance(result, Posting), result
    return result


def refused(result: Posting | Finding, code: str) -> Finding:
    assert isinstance(result, Finding), result
    assert result.code == code
    assert result.document == "4765360"
    assert result.text.endswith(".")
    return result


def shares(result: Posting | Finding) -> list[tuple[str, int | None, str]]:
    return [(s.item.number, s.item.due_line, str(s.amount)) for s in good(result).shares]


def test_a_payment_that_fits_is_posted_under_its_reference() -> None:
    found = good(posting())
    assert found.reference == "AVD4765360"
    assert (found.company, found.site, found.partner, found.bank) == (
        "US10",
        "US011",
        "0113",
        "USBNK",
    )
    assert found.date == date(2026, 3, 18)
    assert found.numbers == ("BIS1",)
    assert found.notes == ()
    assert shares(found) == [("BIS1", 1, "1224.00")]


# When


@pytest.mark.parametrize("state", sorted(PAYMENT_CLASSES))
def test_a_payment_is_posted_when_issued_or_when_cleared_and_never_on_another_state(
    state: str,
) -> None:
    found = payment(state=state)
    assert is_due(found, policy(post_when="issued")) is (state in ("issued", "cleared"))
    assert is_due(found, policy(post_when="cleared")) is (state == "cleared")


P, C, S = date(2026, 3, 18), date(2026, 3, 25), date(2026, 3, 26)


@pytest.mark.parametrize(
    ("post_when", "dates", "expected"),
    [
        ("issued", (P, C, S), P),
        ("issued", (None, C, S), C),
        ("issued", (None, None, S), S),
        ("issued", (None, None, None), None),
        ("cleared", (P, C, S), C),
        ("cleared", (P, None, S), S),
        ("cleared", (P, None, None), None),
    ],
)
def test_a_posting_has_the_date_of_what_it_waits_for(
    post_when: str, dates: tuple[date | None, ...], expected: date | None
) -> None:
    found = payment(payment_date=dates[0], cleared_date=dates[1], status_date=dates[2])
    assert posting_date(found, policy(post_when=post_when)) == expected
    result = posting(found, chosen=policy(post_when=post_when))
    if expected is None:
        refused(result, "PAY-01")
    else:
        assert good(result).date == expected


@pytest.mark.parametrize(
    ("payment_id", "sequence", "expected"),
    [
        ("4765360", 0, "AVD4765360"),
        ("4765360", 2, "AVD4765360-2"),
        ("1" * 14, 0, "AVD" + "1" * 14),
        ("1" * 14, 9, "AVD" + "1" * 14 + "-9"),
    ],
)
def test_the_reference_names_payment_and_sequence(
    payment_id: str, sequence: int, expected: str
) -> None:
    found = payment(payment_id=payment_id)
    assert reference_of(found, sequence) == expected
    assert good(posting(found, sequence=sequence)).reference == expected
    assert len(expected) <= 20


@pytest.mark.parametrize(("payment_id", "sequence"), [("1" * 15, 0), ("1" * 14, 100)])
def test_a_reference_that_x3_cannot_hold_goes_to_a_person(payment_id: str, sequence: int) -> None:
    result = posting(payment(payment_id=payment_id), sequence=sequence)
    assert isinstance(result, Finding)
    assert result.code == "PAY-01"


# Conditions of 5.2


@pytest.mark.parametrize("remittances", [None, ()])
def test_a_payment_without_invoices_goes_to_a_person(remittances: tuple[()] | None) -> None:
    refused(posting(payment(remittances=remittances)), "PAY-01")


@pytest.mark.parametrize(
    ("amount", "nets"),
    [
        ("1224.00", ("1223.99",)),
        ("1224.00", ("1224.01",)),
        ("0.00", ("100.00", "-100.00")),
        ("-5.00", ("-5.00",)),
    ],
)
def test_the_invoices_must_add_up_to_the_payment_and_to_more_than_nothing(
    amount: str, nets: tuple[str, ...]
) -> None:
    found = payment(amount, remittances=tuple(remittance(net) for net in nets))
    refused(posting(found), "PAY-01")


def test_an_invoice_that_is_not_ours_sends_the_whole_payment_to_a_person() -> None:
    foreign = remittance("24.00", "", number="F-9")
    found = payment(remittances=(remittance("1200.00"), foreign))
    finding = refused(posting(found), "PAY-01")
    assert "F-9" in finding.text
    nameless = payment(remittances=(remittance("1224.00", "", number=""),))
    assert "991823" in refused(posting(nameless), "PAY-01").text


def two(second: PaidInvoice) -> Posting | Finding:
    found = payment("1324.00", remittances=(remittance("1224.00"), remittance("100.00", SECOND)))
    return posting(found, {EXTERNAL_ID: paid(), SECOND: second})


def test_one_company_only() -> None:
    entry = PaidInvoice(posted(number="BIS2", company="CA10"), (item("100", number="BIS2"),), False)  # noqa: FBT003 - a plain field
    assert "CA10, US10" in refused(two(entry), "PAY-01").text


def test_one_currency_only_and_that_of_the_payment() -> None:
    other_currency = PaidInvoice(
        posted(number="BIS2", currency="CAD"), (item("100", number="BIS2"),), is_credit=False
    )
    refused(two(other_currency), "PAY-01")
    refused(posting(payment(currency="CAD")), "PAY-01")


def test_one_supplier_only_but_one_pay_to_may_stand_for_several() -> None:
    refused(two(other("BIS2", "100.00", partner="0777")), "PAY-01")
    ours = {
        EXTERNAL_ID: paid((item(pay_to="0200"),)),
        SECOND: other("BIS2", "100.00", partner="0777", pay_to="0200"),
    }
    found = payment("1324.00", remittances=(remittance("1224.00"), remittance("100.00", SECOND)))
    assert good(posting(found, ours)).partner == "0200"


def test_an_invoice_not_posted_in_x3_yet_waits() -> None:
    entry = paid(found=replace(posted(), status=2))
    finding = refused(posting(ours={EXTERNAL_ID: entry}), "PER-02")
    assert "BIS1" in finding.text
    assert finding.blocking_state == "held"


def test_a_company_without_a_bank_is_cfg_01() -> None:
    finding = refused(posting(chosen=policy(banks={"CA10": "CABNK"})), "CFG-01")
    assert finding.blocking_state == "needs_review"
    own = policy(banks={"": "X", "US10": "OWN"})
    assert good(posting(chosen=own)).bank == "OWN"


# Periods


def periods(*status: tuple[int, int]) -> Books:
    """Periods of 2026 by month and status."""
    made = tuple(
        FiscalPeriod(
            "US10",
            6,
            month,
            start=date(2026, month, 1),
            end=date(2026, month + 1, 1) - timedelta(days=1),
            status=code,
        )
        for month, code in status
    )
    return books(periods={"US10": made})


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        (periods((3, 2)), date(2026, 3, 18)),
        (books(periods={}), date(2026, 3, 18)),
        (periods((3, 3), (4, 2)), ("accept",)),
        (periods((3, 1)), ("done",)),
        (periods((4, 2)), ("done",)),
    ],
)
def test_a_payment_falls_in_an_open_period_or_a_person_is_asked(
    site: Books, expected: date | tuple[str, ...]
) -> None:
    result = posting(site=site)
    if isinstance(expected, date):
        assert good(result).date == expected
    else:
        finding = refused(result, "PER-01")
        assert finding.resolutions == expected
        assert finding.basis == "2026-03-18"


@pytest.mark.parametrize(
    "options", [{"accepted_period": True}, {"chosen": policy(closed_period="next")}]
)
def test_a_closed_period_moves_to_the_first_day_of_the_next_open_one(
    options: dict[str, Any],
) -> None:
    site = periods((2, 2), (3, 3), (4, 1), (5, 2), (6, 2))
    assert good(posting(site=site, **options)).date == date(2026, 5, 1)
    refused(posting(site=periods((3, 3), (4, 1)), **options), "PER-01")
    refused(posting(site=periods((3, 1), (4, 2)), **options), "PER-01")


# Spreading


HALVES = (item("612.00", 2), item("612.00", 1))


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("1224.00", [("BIS1", 1, "612.00"), ("BIS1", 2, "612.00")]),
        ("612.00", [("BIS1", 1, "612.00")]),
        ("700.00", [("BIS1", 1, "612.00"), ("BIS1", 2, "88.00")]),
        ("0.01", [("BIS1", 1, "0.01")]),
    ],
)
def test_the_oldest_due_item_is_paid_first(
    amount: str, expected: list[tuple[str, int, str]]
) -> None:
    assert shares(posting(payment(amount), {EXTERNAL_ID: paid(HALVES)})) == expected


def test_an_item_without_a_due_date_comes_last() -> None:
    items = (item("100.00", 1, due_date=None), item("100.00", 2))
    assert shares(posting(payment("150.00"), {EXTERNAL_ID: paid(items)})) == [
        ("BIS1", 2, "100.00"),
        ("BIS1", 1, "50.00"),
    ]


@pytest.mark.parametrize(
    "items",
    [
        (item("1223.99"),),
        (item("1224.00", paid=dec("0.01")),),
        (item("1224.00", provisional=dec("0.01")),),
        (item("1224.00", closed=2),),
        (item("612.00", 1, closed=2), item("612.00", 2)),
    ],
)
def test_more_than_is_open_is_bal_01_and_nothing_is_taken(items: tuple[OpenItem, ...]) -> None:
    balances = Balances()
    refused(posting(ours={EXTERNAL_ID: paid(items)}, balances=balances), "BAL-01")
    assert balances.taken == {}


def test_a_part_payment_leaves_the_rest_for_the_next_of_the_same_plan() -> None:
    balances = Balances()
    ours = {EXTERNAL_ID: paid(HALVES)}
    first = posting(payment("1000.00"), ours, balances=balances)
    second = posting(payment("224.00"), ours, balances=balances)
    assert shares(first) == [("BIS1", 1, "612.00"), ("BIS1", 2, "388.00")]
    assert shares(second) == [("BIS1", 2, "224.00")]
    refused(posting(payment("0.01"), ours, balances=balances), "BAL-01")


def credited(credit: str, available: str, amount: str) -> Posting | Finding:
    ours = {EXTERNAL_ID: paid(), CREDIT: other("CM1", available, is_credit=True)}
    found = payment(amount, remittances=(remittance("1224.00"), remittance(credit, CREDIT)))
    return posting(found, ours)


def test_a_credit_memo_is_settled_by_a_negative_line() -> None:
    found = good(credited("-80.00", "80.00", "1144.00"))
    assert shares(found) == [("BIS1", 1, "1224.00"), ("CM1", 1, "-80.00")]
    assert found.numbers == ("BIS1", "CM1")
    assert sum(share.amount for share in found.shares) == dec("1144.00")


def test_a_credit_must_have_that_much_open() -> None:
    refused(credited("-80.00", "79.99", "1144.00"), "BAL-01")


@pytest.mark.parametrize(("net", "is_credit"), [("-10.00", False), ("10.00", True)])
def test_a_sign_that_does_not_fit_the_kind_is_not_posted(
    net: str,
    is_credit: bool,  # noqa: FBT001 - a table
) -> None:
    amount = str(dec("1224.00") + dec(net))
    ours = {EXTERNAL_ID: paid(), SECOND: other("BIS2", "100.00", is_credit=is_credit)}
    found = payment(amount, remittances=(remittance("1224.00"), remittance(net, SECOND)))
    refused(posting(found, ours), "BAL-01")


def test_one_invoice_named_twice_shares_its_items() -> None:
    found = payment("1224.00", remittances=(remittance("1000.00"), remittance("224.00")))
    result = good(posting(found, {EXTERNAL_ID: paid(HALVES)}))
    assert sum(share.amount for share in result.shares) == dec("1224.00")
    assert result.numbers == ("BIS1",)
    more = payment("1300.00", remittances=(remittance("1000.00"), remittance("300.00")))
    refused(posting(more, {EXTERNAL_ID: paid(HALVES)}), "BAL-01")


def test_two_open_items_of_one_due_line_cannot_be_told_apart_in_x3() -> None:
    items = (item("612.00", 1), item("612.00", 1, line=2))
    refused(posting(payment("100.00"), {EXTERNAL_ID: paid(items)}), "PAY-01")


def test_a_discount_stays_open_and_is_named() -> None:
    found = payment(
        "1200.00",
        remittances=(remittance("1200.00", gross=dec("1224.00"), discount=dec("24.00")),),
    )
    result = good(posting(found))
    (note,) = result.notes
    assert (note.code, note.blocks, note.asks_person) == ("PAY-01", False, True)
    assert "24.00" in note.text
    assert shares(result) == [("BIS1", 1, "1200.00")]


CENTS = st.integers(1, 20000).map(lambda cents: Decimal(cents).scaleb(-2))


@settings(max_examples=200)
@given(
    balances=st.lists(st.tuples(CENTS, CENTS), min_size=1, max_size=4),
    amounts=st.lists(st.tuples(CENTS, CENTS), min_size=1, max_size=6),
)
def test_shares_equal_the_payment_and_a_plan_never_gives_more_than_is_open(
    balances: list[tuple[Decimal, Decimal]], amounts: list[tuple[Decimal, Decimal]]
) -> None:
    """Several part payments over two invoices in one plan (product.md 8, I5)."""
    items = {
        number: tuple(
            item(str(pair[at] + pair[1 - at] / 2), line, number=number, paid=pair[1 - at] / 2)
            for line, pair in enumerate(balances, start=1)
        )
        for at, number in enumerate(("BIS1", "BIS2"))
    }
    ours = {
        EXTERNAL_ID: paid(items["BIS1"]),
        SECOND: paid(items["BIS2"], found=posted(number="BIS2")),
    }
    plan = Balances()
    given_away: dict[str, Decimal] = {}
    for one, second in amounts:
        found = payment(
            str(one + second),
            remittances=(remittance(str(one)), remittance(str(second), SECOND)),
        )
        before = dict(plan.taken)
        result = posting(found, ours, balances=plan)
        if isinstance(result, Finding):
            assert result.code == "BAL-01"
            assert plan.taken == before
            continue
        assert sum((s.amount for s in result.shares), Decimal(0)) == found.amount
        assert all(s.amount > 0 for s in result.shares)
        for share in result.shares:
            key = share.item.key
            given_away[key] = given_away.get(key, Decimal(0)) + share.amount
    for entry in (*items["BIS1"], *items["BIS2"]):
        assert given_away.get(entry.key, Decimal(0)) <= entry.open_amount
        assert plan.left(entry) >= 0


# After posting


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("voided", "VOI-01"),
        ("stopped", "VOI-01"),
        ("reissued", "VOI-01"),
        ("returned", "RET-01"),
        ("refunded", "RET-01"),
        ("issued", None),
        ("cleared", None),
        ("processing", None),
        ("held", None),
    ],
)
def test_what_comes_back_after_posting_asks_for_a_reversal_by_a_person(
    state: str, code: str | None
) -> None:
    found = payment(state=state, status_text=state.title(), check_number="10455")
    finding = after_posting(found, "AVD4765360", "PYUS1")
    assert (finding and finding.code) == code
    if finding:
        assert "PYUS1" in finding.text
        assert "AVD4765360" in finding.text
        assert "2026-03-18" in finding.text
        assert "10455" in finding.text


@pytest.mark.parametrize(
    ("refund", "is_named"), [(dec("1200.00"), True), (dec("1224.00"), False), (None, False)]
)
def test_a_refund_less_a_fee_names_what_came_back(
    refund: Decimal | None,
    is_named: bool,  # noqa: FBT001 - a table
) -> None:
    found = payment(state="refunded", status_text="", refund_amount=refund, status_date=None)
    finding = after_posting(found, "AVD1", "PY1")
    assert finding
    assert ("1200.00 of 1224.00" in finding.text) is is_named
    assert "4765360 is refunded." in finding.text


@pytest.mark.parametrize(
    ("state", "exceptions", "days", "is_overdue"),
    [
        ("failed", (4,), 0, False),
        ("failed", (4, 9), 2, False),
        ("failed", (4,), 3, True),
        ("failed", (), 2, False),
        ("failed", (), 3, True),
        ("failed", (7,), 0, True),
        ("failed", (4, 7), 0, True),
        ("processing", (7,), 9, False),
    ],
)
def test_a_failed_payment_is_a_persons_when_it_does_not_cure_itself_in_two_days(
    state: str,
    exceptions: tuple[int, ...],
    days: int,
    is_overdue: bool,  # noqa: FBT001 - a table
) -> None:
    found = payment(state=state, exceptions=exceptions)
    now = date(2026, 3, 18) + timedelta(days=days)
    assert is_overdue_failure(found, now, policy()) is is_overdue


# Re-issues (5.2, R1 and R2)


@pytest.mark.parametrize(
    ("change", "same_money", "same_identity"),
    [
        ({"method": "card"}, True, False),
        ({"printed_check_number": "9"}, True, False),
        ({"amount": dec("1.00")}, False, True),
        ({"remittances": (remittance("1.00"),)}, False, True),
        ({"amount": dec("1224")}, True, True),
        ({"status_text": "x", "state": "cleared"}, True, True),
    ],
)
def test_a_reissue_changes_how_it_is_paid_and_not_what_is_paid(
    change: dict[str, Any],
    same_money: bool,  # noqa: FBT001 - a table
    same_identity: bool,  # noqa: FBT001 - a table
) -> None:
    assert (money_of(payment(**change)) == money_of(payment())) is same_money
    assert (identity_of(payment(**change)) == identity_of(payment())) is same_identity


def test_the_order_of_remittances_is_no_change() -> None:
    parts = (remittance("1000.00"), remittance("224.00", SECOND))
    one, other_order = payment(remittances=parts), payment(remittances=parts[::-1])
    assert money_of(one) == money_of(other_order)
    assert money_of(payment(remittances=None)) == money_of(payment(remittances=()))


OLD = payment(payment_id="1", state="voided", external_ids=("AP-1",))


@pytest.mark.parametrize(
    ("new", "old", "is_reissue"),
    [
        (payment(payment_id="2", external_ids=("AP-1",)), OLD, True),
        (
            payment(payment_id="2", external_ids=("AP-0", "AP-1")),
            replace(OLD, state="issued"),
            True,
        ),
        (payment(payment_id="2", external_ids=("AP-2",)), OLD, False),
        (payment(payment_id="1", external_ids=("AP-1",)), OLD, False),
        (payment(payment_id="2"), replace(OLD, external_ids=()), True),
        (payment(payment_id="2", vendor_code="v00101 "), replace(OLD, external_ids=()), True),
        (payment(payment_id="2"), replace(OLD, external_ids=(), state="issued"), False),
        (payment(payment_id="2", vendor_code="V2"), replace(OLD, external_ids=()), False),
        (payment("1.00", payment_id="2"), replace(OLD, external_ids=()), False),
    ],
)
def test_a_new_id_replaces_a_payment_by_external_id_or_by_money_that_came_back(
    new: ApPayment,
    old: ApPayment,
    is_reissue: bool,  # noqa: FBT001 - a table
) -> None:
    assert replaces(new, old) is is_reissue
