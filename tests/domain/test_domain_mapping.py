"""Mapping rows: look-up is total and single-valued whatever the order of the rows."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.mapping import DEFAULT_ACCOUNT, Rule, RuleBook

DAY = date(2026, 3, 1)
KEYS = st.sampled_from(["A", "B"])
SMALL_DAYS = st.none() | st.integers(0, 6).map(lambda n: DAY + timedelta(days=n))


@st.composite
def rules(draw: st.DrawFn) -> Rule:
    kind = draw(st.sampled_from(["vendors", "gl", "dimensions"]))
    second = {"vendors": st.just(""), "gl": st.sampled_from(["1", "2", "*"]), "dimensions": KEYS}
    return Rule(
        kind=kind,
        key1=draw(KEYS),
        key2=draw(second[kind]),
        code=draw(st.sampled_from(["x", "y", "z", "-"])),
        group=draw(st.sampled_from(["G", "H"])) if kind == "dimensions" else "",
        company=draw(st.sampled_from(["", "US10", "CA10"])),
        valid_from=draw(SMALL_DAYS),
        valid_to=draw(SMALL_DAYS),
    )


TABLES = st.lists(rules(), max_size=12)
ASKED = st.tuples(
    KEYS,
    st.sampled_from(["1", "2", "3"]),
    st.sampled_from(["US10", "CA10", "ZZ10"]),
    st.integers(-2, 8).map(lambda n: DAY + timedelta(days=n)),
)


def answers(book: RuleBook, key: str, second: str, company: str, day: date) -> list[Rule | None]:
    return [
        book.vendor(key, company, day),
        book.account(key, second, company, day),
        book.dimension(key, second, company, day),
        book.dimension(key, "A", company, day),
    ]


@given(TABLES, ASKED, st.randoms(use_true_random=False))
def test_the_order_of_rows_never_matters(
    table: list[Rule],
    asked: tuple[str, str, str, date],
    chance: object,
) -> None:
    mixed = list(table)
    chance.shuffle(mixed)  # type: ignore[attr-defined]  # a Random of hypothesis
    one, other = RuleBook(table), RuleBook(mixed)
    found = answers(one, *asked)
    assert [r and (r.code, r.group) for r in found] == [
        r and (r.code, r.group) for r in answers(other, *asked)
    ]
    assert one.groups == other.groups
    assert [r.code for r in one.vendor_rules()] == [r.code for r in other.vendor_rules()]


@given(TABLES, ASKED)
def test_every_question_has_one_answer_that_holds_or_none(
    table: list[Rule], asked: tuple[str, str, str, date]
) -> None:
    key, second, company, day = asked
    for found in answers(RuleBook(table), *asked):
        if found:
            assert found in table
            assert found.company in ("", company)
            assert found.valid_from is None or found.valid_from <= day
            assert found.valid_to is None or day <= found.valid_to
    holding = [r for r in table if r.kind == "gl" and r.key1 == key and r.holds(company, day)]
    candidates = [r for r in holding if r.key2 in (second, DEFAULT_ACCOUNT)]
    assert (RuleBook(table).account(key, second, company, day) is None) == (not candidates)


def test_a_row_of_the_company_goes_before_one_for_any() -> None:
    book = RuleBook(
        [Rule("vendors", "0113", "", "ANY"), Rule("vendors", "0113", "", "OWN", company="US10")]
    )
    for company, code in (("US10", "OWN"), ("CA10", "ANY")):
        found = book.vendor("0113", company, DAY)
        assert found
        assert found.code == code


def test_the_row_that_began_later_goes_first_and_then_the_smaller_code() -> None:
    rows = [
        Rule("vendors", "0113", "", "B", valid_from=date(2026, 1, 1)),
        Rule("vendors", "0113", "", "A", valid_from=date(2026, 1, 1)),
        Rule("vendors", "0113", "", "OLD"),
        Rule("vendors", "0113", "", "LATE", valid_from=date(2026, 3, 2)),
    ]
    book = RuleBook(rows)
    found = [
        book.vendor("0113", "US10", day) for day in (date(2025, 12, 31), DAY, date(2026, 3, 2))
    ]
    assert [rule and rule.code for rule in found] == ["OLD", "A", "LATE"]


@pytest.mark.parametrize(
    ("day", "holds"),
    [("2026-02-28", False), ("2026-03-01", True), ("2026-03-31", True), ("2026-04-01", False)],
)
def test_both_ends_of_a_validity_belong_to_it(day: str, holds: bool) -> None:  # noqa: FBT001 - a table
    row = Rule("gl", "USA", "1", "x", valid_from=DAY, valid_to=date(2026, 3, 31))
    assert row.holds("US10", date.fromisoformat(day)) is holds
    assert (RuleBook([row]).account("USA", "1", "US10", date.fromisoformat(day)) is row) is holds


def test_the_star_is_the_default_of_its_own_chart_only() -> None:
    book = RuleBook([Rule("gl", "USA", "*", "9999"), Rule("gl", "USA", "61100", "6100")])
    exact = book.account("USA", "61100", "US10", DAY)
    default = book.account("USA", "70000", "US10", DAY)
    assert exact
    assert default
    assert (exact.code, default.code) == ("6100", "9999")
    assert book.account("CAN", "61100", "US10", DAY) is None


def test_an_exact_row_that_has_ended_gives_way_to_the_default() -> None:
    ended = Rule("gl", "USA", "61100", "6100", valid_to=date(2026, 2, 28))
    found = RuleBook([ended, Rule("gl", "USA", "*", "9999")]).account("USA", "61100", "US10", DAY)
    assert found
    assert found.code == "9999"


def test_codes_keep_their_leading_zeros_and_are_not_the_number() -> None:
    book = RuleBook([Rule("vendors", "0113", "", "V1")])
    assert book.vendor("113", "US10", DAY) is None


def test_the_groups_of_a_dimension_type_are_all_that_its_rows_name() -> None:
    rows = [
        Rule("dimensions", "DPT", "ADM", "1", "Location"),
        Rule("dimensions", "DPT", "SAL", "2", "Region"),
        Rule("dimensions", "PRJ", "P1", "3", "Project"),
    ]
    book = RuleBook(rows)
    assert book.groups == {"DPT": {"Location", "Region"}, "PRJ": {"Project"}}


def test_suppliers_of_a_vendor_are_found_as_avidxchange_compares_codes() -> None:
    rows = [
        Rule("vendors", "0113", "", " v1 "),
        Rule("vendors", "0114", "", "V1"),
        Rule("vendors", "0115", "", "V2"),
        Rule("gl", "USA", "1", "V1"),
    ]
    book = RuleBook(rows)
    assert book.suppliers_of("V1") == {"0113", "0114"}
    assert [rule.key1 for rule in book.vendor_rules()] == ["0113", "0114", "0115"]
