"""The find box: what is understood, what is said about the rest."""

import pytest

from ui.find_syntax import Field, Reading, Term, members, read, written

FIELDS = {
    "state": Field("state", "State", "word", {"Held": "held", "Rejected": "rej", "Ready": "rdy"}),
    "vendor": Field("supplier", "Supplier"),
    "amount": Field("amount", "Amount", "amount"),
    "age": Field("age", "Age", "number"),
    "due": Field("due_date", "Due", "date"),
}


def test_words_alone_are_free_text_and_quotes_keep_spaces() -> None:
    found = read('paper  "two words" mill 09:41 >5', FIELDS)
    assert found.text == "paper two words mill 09:41 >5"
    assert not found.terms
    assert not found.problems


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("vendor:acme", "acme"),
        ('vendor:"Acme & Sons"', "Acme & Sons"),
        ('VENDOR:"not closed yet', "not closed yet"),
        ("amount:>5,000.50", ">5000.50"),
        ("amount:<=-12", "<=-12"),
        ("amount:\u221257.47", "-57.47"),
        ("age:>7", ">7"),
        ("due:>=2026-11-01", ">=2026-11-01"),
        ("due:11/2/26", "2026-11-02"),
        ("state:HELD", "held"),
        ("state:rej,rea", "rej,rdy"),
    ],
)
def test_conditions_are_read_as_the_filter_takes_them(line: str, value: str) -> None:
    found = read(line, FIELDS)
    assert [term.value for term in found.terms] == [value]
    assert not found.problems


def test_the_locale_decides_on_decimal_point_and_order_of_a_date() -> None:
    german = Reading(",", "dmy")
    found = read("amount:1.234,50 due:2.11.2026", FIELDS, german)
    assert [term.value for term in found.terms] == ["1234.50", "2026-11-02"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("vendr:acme", "Did you mean vendor"),
        ("zzz:acme", "Fields: state, vendor"),
        ("amount:lots", "not an amount"),
        ("amount:nan", "not an amount"),
        ("due:2026-02-30", "not a date"),
        ("due:soon", "not a date"),
        ("age:7.5", "not a whole number"),
        ("state:re", "one of: Held, Rejected, Ready"),
        ("vendor:>a", "cannot be compared"),
    ],
)
def test_what_is_not_understood_is_said_and_restricts_nothing(line: str, said: str) -> None:
    found = read(line, FIELDS)
    assert not found.terms
    assert len(found.problems) == 1
    assert said in found.problems[0]


def test_a_field_without_its_value_is_a_hint_not_a_problem() -> None:
    found = read("state:", FIELDS)
    assert not found.problems
    assert "Held, Rejected, Ready" in found.hint


def test_same_fields_are_alternatives_and_comparisons_apply_together() -> None:
    terms = read("state:held state:ready amount:>100 amount:<=500 state:held", FIELDS).terms
    assert members(terms, FIELDS) == {"state": "held,rdy", "amount": ">100 <=500"}


@pytest.mark.parametrize("value", ["acme", "Acme Paper", "held"])
def test_what_is_written_is_read_as_the_same(value: str) -> None:
    assert read(written("vendor", value), FIELDS).terms == (Term("vendor", value, value),)


def test_a_chip_of_words_goes_back_into_the_box_unchanged() -> None:
    term = read("state:held,ready", FIELDS).terms[0]
    assert term.shown == "Held, Ready"
    assert read(written("state", term.shown), FIELDS).terms == (term,)
