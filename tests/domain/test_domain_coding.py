"""Lines of X3 as lines of AvidXchange: codes, signs, and a sum that always fits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.ap_documents import Code, CodeGroup
from core.domain.books import Books
from core.domain.coding import CHARGES, Coded, code_lines, gross_of
from core.domain.documents import Invoice, InvoiceLine
from core.domain.findings import Acceptances, Finding
from core.domain.mapping import Rule
from core.domain.reference_documents import Dimension, GlAccount
from core.domain.validate import assess, sign_of
from tests.domain.domain_samples import (
    CODES,
    DAY,
    GL,
    GROUPS,
    LINES,
    RULES,
    books,
    candidate,
    dec,
    invoice,
    policy,
)

CHARGED = policy(charges_account="USA/62400")


def coded(found: Invoice | None = None, site: Books | None = None, **choices: Any) -> Coded:
    chosen = policy(**choices)
    document = found or invoice()
    return code_lines(document, site or books(), chosen, sign=sign_of(document, chosen))


def with_line(**changes: Any) -> Invoice:
    """The invoice with its first line changed."""
    return invoice(lines=(replace(LINES[0], **changes), LINES[1]))


def blocking(findings: list[Finding]) -> list[tuple[str, str, str]]:
    return [(f.code, f.cause, f.blocking_state) for f in findings if f.blocks]


def test_a_sound_invoice_has_one_code_per_group_on_each_line() -> None:
    found = coded()
    assert found.findings == []
    assert [line.codes for line in found.lines] == [
        ((GL, "6100"), ("Location", "102F")),
        ((GL, "6240"), ("Location", "102F")),
    ]


def test_lines_are_numbered_from_one_in_the_order_of_x3() -> None:
    lines = tuple(replace(line, line=number) for line, number in zip(LINES, (7, 3), strict=True))
    found = coded(invoice(lines=lines))
    assert [(line.number, line.description) for line in found.lines] == [
        (1, "Paper"),
        (2, "Freight"),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (InvoiceLine(gross=dec("648.00"), net=dec("600.00")), "648.00"),
        (InvoiceLine(net=dec("600.00"), tax_amount1=dec("48.00")), "648.00"),
        (
            InvoiceLine(
                net=dec("1"), tax_amount1=dec("2"), tax_amount2=dec("3"), tax_amount3=dec("4")
            ),
            "10",
        ),
        (InvoiceLine(gross=dec("0.00"), net=dec("600.00")), "0.00"),
        (InvoiceLine(), "0"),
    ],
)
def test_a_line_carries_its_amount_tax_included(line: InvoiceLine, expected: str) -> None:
    assert gross_of(line) == dec(expected)


def test_a_line_text_is_cut_to_255() -> None:
    assert coded(with_line(description="ä" * 300)).lines[0].description == "ä" * 255


def test_a_credit_memo_is_negative_line_by_line() -> None:
    found = coded(invoice(kind=2))
    assert [line.amount for line in found.lines] == [dec("-1134.00"), dec("-90.00")]
    assert found.findings == []


# Accounts


@pytest.mark.parametrize(
    ("account", "expected"),
    [
        (GlAccount("USA", "61100"), []),
        (GlAccount("USA", "61100", active=True, valid_from=DAY, valid_to=DAY), []),
        (GlAccount("USA", "61100", active=False), ["MAP-02"]),
        (GlAccount("USA", "61100", valid_from=date(2026, 3, 2)), ["MAP-02"]),
        (GlAccount("USA", "61100", valid_to=date(2026, 2, 28)), ["MAP-02"]),
    ],
)
def test_an_account_must_be_active_and_valid_on_the_accounting_date(
    account: GlAccount, expected: list[str]
) -> None:
    others = {("USA", "62400"): GlAccount("USA", "62400")}
    found = coded(site=books(accounts={("USA", "61100"): account, **others}))
    assert [f.code for f in found.findings] == expected
    assert all(f.blocking_state == "needs_mapping" for f in found.findings)


def test_an_account_of_another_chart_is_another_account() -> None:
    found = coded(with_line(chart="CAN"))
    assert blocking(found.findings) == [("MAP-02", "account CAN/61100", "needs_mapping")]
    unpublished = coded(with_line(chart="CAN"), books(accounts={}))
    assert blocking(unpublished.findings) == [("MAP-03", "account CAN/61100", "needs_mapping")]


def test_accounts_that_the_site_does_not_publish_are_not_checked() -> None:
    assert coded(site=books(accounts={})).findings == []


def test_an_account_without_a_row_is_map_03_once_and_not_a_missing_group_too() -> None:
    site = books(rules=(RULES[0], *RULES[2:]))
    expected = ("MAP-03", "account USA/61100", "needs_mapping")
    assert blocking(coded(site=site).findings) == [expected]
    default = books(rules=(*RULES[2:], Rule("gl", "USA", "*", "6100")))
    assert coded(site=default).findings == []


def test_a_line_without_an_account_is_map_03_and_names_the_line() -> None:
    found = coded(with_line(account=""))
    assert blocking(found.findings) == [("MAP-03", "account missing", "needs_mapping")]
    assert "Line 1" in found.findings[0].text


def test_a_mapping_row_counts_on_the_accounting_date() -> None:
    late = Rule("gl", "USA", "61100", "6100", valid_from=date(2026, 3, 2))
    site = books(rules=(late, *RULES[2:]))
    assert [f.code for f in coded(site=site).findings] == ["MAP-03"]
    moved = invoice(accounting_date=date(2026, 3, 2))
    assert coded(moved, site).findings == []


# Codes and groups


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (CODES, []),
        ((Code(GL, "6100", active=False), *CODES[1:]), [("MAP-05", f"{GL} 6100")]),
        (CODES[1:], [("MAP-05", f"{GL} 6100")]),
        ((), []),  # not read: not checked
    ],
)
def test_a_code_must_be_active_in_avidxchange(
    codes: tuple[Code, ...], expected: list[tuple[str, str]]
) -> None:
    found = coded(site=books(codes={(c.group, c.value): c for c in codes}))
    assert [(f.code, f.cause) for f in found.findings] == expected
    assert all(f.blocking_state == "needs_mapping" for f in found.findings)


def test_a_required_group_must_stand_on_each_line() -> None:
    found = coded(with_line(dimensions=()))
    assert blocking(found.findings) == [("MAP-04", "group Location", "needs_mapping")]
    optional = {name: CodeGroup(name) for name in (GL, "Location")}
    assert coded(with_line(dimensions=()), books(groups=optional)).findings == []


def test_a_mapping_row_of_a_group_that_is_not_required_is_carried_over() -> None:
    rules = (*RULES, Rule("dimensions", "PRJ", "P1", "42", "Project"))
    site = books(
        rules=rules, codes={(c.group, c.value): c for c in (*CODES, Code("Project", "42"))}
    )
    found = coded(with_line(dimensions=(("DPT", "ADM"), ("PRJ", "P1"))), site)
    assert found.findings == []
    assert found.lines[0].codes[-1] == ("Project", "42")


def test_a_dimension_type_that_no_row_names_is_not_carried_over() -> None:
    found = coded(with_line(dimensions=(("DPT", "ADM"), ("XXX", "1"))))
    assert found.findings == []
    assert {group for group, _ in found.lines[0].codes} == {GL, "Location"}


def test_a_value_of_a_mapped_type_without_a_row_blocks_and_is_no_missing_group() -> None:
    found = coded(with_line(dimensions=(("DPT", "SAL"),)))
    assert blocking(found.findings) == [("MAP-06", "dimension DPT SAL", "needs_mapping")]


def test_a_value_without_a_row_blocks_though_its_group_is_not_required() -> None:
    rules = (*RULES, Rule("dimensions", "PRJ", "P1", "42", "Project"))
    found = coded(with_line(dimensions=(("DPT", "ADM"), ("PRJ", "P2"))), books(rules=rules))
    assert blocking(found.findings) == [("MAP-06", "dimension PRJ P2", "needs_mapping")]


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (Dimension("DPT", "ADM", active=True), []),
        (Dimension("DPT", "ADM"), []),
        (Dimension("DPT", "ADM", active=False), ["MAP-06", "MAP-06"]),
        (Dimension("DPT", "ADM", valid_from=date(2026, 3, 2)), ["MAP-06", "MAP-06"]),
        (Dimension("DPT", "ADM", valid_to=date(2026, 2, 28)), ["MAP-06", "MAP-06"]),
    ],
)
def test_a_dimension_value_must_be_active_and_valid_in_x3(
    known: Dimension, expected: list[str]
) -> None:
    found = coded(site=books(dimensions={("DPT", "ADM"): known}))
    assert [f.code for f in found.findings] == expected


def test_two_values_for_one_group_of_a_line_block() -> None:
    rules = (*RULES, Rule("dimensions", "PRJ", "P1", "103A", "Location"))
    codes = (*CODES, Code("Location", "103A"))
    site = books(rules=rules, codes={(c.group, c.value): c for c in codes})
    both = with_line(dimensions=(("DPT", "ADM"), ("PRJ", "P1")))
    assert blocking(coded(both, site).findings) == [("MAP-06", "Location twice", "needs_mapping")]
    equal = books(rules=(*RULES, Rule("dimensions", "PRJ", "P1", "102F", "Location")))
    assert coded(both, equal).findings == []


def test_a_split_line_is_dim_01() -> None:
    found = coded(with_line(distribution="KEY1"))
    assert blocking(found.findings) == [("DIM-01", "", "needs_review")]
    assert coded(with_line(distribution="")).findings == []


# Sums


@pytest.mark.parametrize("cents", ["0.01", "0.02", "-0.02"])
def test_a_difference_of_a_cent_a_line_goes_to_the_largest_line_and_warns(cents: str) -> None:
    found = coded(invoice(gross=dec("1224.00") + dec(cents)))
    assert [line.amount for line in found.lines] == [dec("1134.00") + dec(cents), dec("90.00")]
    assert [(f.code, f.blocks) for f in found.findings] == [("SUM-01", False)]


@pytest.mark.parametrize("cents", ["0.03", "-0.03", "100.00"])
def test_a_larger_difference_blocks_without_a_charges_account(cents: str) -> None:
    found = coded(invoice(gross=dec("1224.00") + dec(cents)))
    assert blocking(found.findings) == [("SUM-01", "", "needs_review")]
    assert len(found.lines) == 2


@pytest.mark.parametrize("cents", ["0.03", "-0.03", "100.00"])
def test_a_larger_difference_becomes_a_line_on_the_charges_account(cents: str) -> None:
    found = code_lines(invoice(gross=dec("1224.00") + dec(cents)), books(), CHARGED, sign=1)
    assert found.findings == []
    last = found.lines[-1]
    assert (last.number, last.amount, last.description) == (3, dec(cents), CHARGES)
    assert last.codes == ((GL, "6240"), ("Location", "102F"))


def test_the_charges_line_of_a_credit_memo_has_its_sign() -> None:
    found = code_lines(invoice(kind=2, gross=dec("1225.00")), books(), CHARGED, sign=-1)
    assert found.lines[-1].amount == dec("-1.00")
    assert sum(line.amount for line in found.lines) == dec("-1225.00")


def test_a_charges_account_that_is_not_mapped_says_so() -> None:
    chosen = policy(charges_account="USA/99999")
    found = code_lines(invoice(gross=dec("1300.00")), books(), chosen, sign=1)
    assert [(f.code, f.cause) for f in found.findings] == [("MAP-02", "account USA/99999")]


def test_a_line_of_a_fraction_of_a_cent_is_balanced_into_whole_cents() -> None:
    found = coded(with_line(gross=dec("1134.005")))
    assert [line.amount for line in found.lines] == [dec("1134.000"), dec("90.00")]
    assert [(f.code, f.blocks) for f in found.findings] == [("SUM-01", False)]


def test_an_invoice_without_lines_is_sum_01() -> None:
    assert blocking(coded(invoice(lines=())).findings) == [("SUM-01", "", "needs_review")]


def test_without_a_total_in_x3_nothing_is_balanced() -> None:
    found = coded(invoice(gross=None))
    assert [line.amount for line in found.lines] == [dec("1134.00"), dec("90.00")]


CENTS = st.integers(-500_000, 500_000).map(lambda cents: Decimal(cents).scaleb(-2))


@settings(max_examples=150)
@given(
    amounts=st.lists(CENTS, min_size=1, max_size=12),
    off=st.integers(-40, 40).map(lambda cents: Decimal(cents).scaleb(-2)),
    kind=st.sampled_from([1, 2, 3, 4]),
    has_charges=st.booleans(),
)
def test_the_lines_of_a_payload_always_add_up_to_its_amount(
    amounts: list[Decimal],
    off: Decimal,
    kind: int,
    has_charges: bool,  # noqa: FBT001 - given by name
) -> None:
    lines = tuple(replace(LINES[0], line=n, gross=a) for n, a in enumerate(amounts, start=1))
    document = invoice(kind=kind, lines=lines, gross=sum(amounts, Decimal(0)) + off)
    chosen = CHARGED if has_charges else policy()
    result = assess(candidate(document), books(), chosen, Acceptances())
    if result.payload is None:
        codes = {finding.code for finding in result.findings if finding.blocks}
        within = abs(off) <= Decimal("0.01") * len(lines)
        assert codes == {
            *(["SUM-02"] if document.gross == 0 else []),
            *([] if within or has_charges else ["SUM-01"]),
        }
        assert codes
        return
    payload = result.payload
    assert sum((line.amount for line in payload.lines), Decimal(0)) == payload.amount
    sign = -1 if kind in (2, 4) else 1
    assert payload.amount == sign * (document.gross or 0)
    assert [line.number for line in payload.lines] == list(range(1, len(payload.lines) + 1))
    assert -payload.amount.as_tuple().exponent <= 2  # type: ignore[operator]  # finite
    assert all(len({g for g, _ in line.codes}) == len(line.codes) for line in payload.lines)
    required = {group.name for group in GROUPS if group.required}
    assert all(required <= {g for g, _ in line.codes} for line in payload.lines)
