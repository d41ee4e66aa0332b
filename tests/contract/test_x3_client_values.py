"""Tolerant, exact reading of values and rows; conditions and addresses as the contract has them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.errors import Unreadable
from core.x3 import values
from core.x3.addresses import Addresses
from core.x3.conditions import Conditions, instant, literal
from core.x3.fields import parse_path
from core.x3.rows import Rows
from core.x3.values import MISSING, Unclear
from tests.contract.x3_site import shipped, with_entity

EMPTY = shipped().format.empty_dates


def test_decimals_never_pass_a_float() -> None:
    read = values.load_json('{"a":1234567890123456.78,"b":1140.00,"c":1}')
    assert read["a"] == Decimal("1234567890123456.78")
    assert str(read["b"]) == "1140.00"
    assert values.decimal(read["c"]) == 1


@pytest.mark.parametrize("text", ["NaN", "[Infinity]", "{", "", "{'a':1}", '{"a":"\\u12"}'])
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        values.load_json(text)


def test_raw_backslashes_and_control_characters_are_repaired_once() -> None:
    text = '{"a":"C:\\Temp\\new","b":"x\ty","c":"q\\"q","d":"k\\\\k\\é"}'
    assert values.load_json(text) == {
        "a": "C:\\Temp\new",
        "b": "x\ty",
        "c": 'q"q',
        "d": "k\\k\\é",
    }


@pytest.mark.parametrize(
    ("value", "expected"),
    [(1, 1), ("12.50", Decimal("12.50")), (" 7 ", 7), (None, None), ("", None), (MISSING, None)],
)
def test_decimal(value: Any, expected: Any) -> None:
    assert values.decimal(value) == expected


@pytest.mark.parametrize("value", ["x", "1,5", True, [1], "NaN", "1E+999999", "Infinity"])
def test_bad_decimal(value: Any) -> None:
    with pytest.raises(Unclear):
        values.decimal(value)


def test_integer_refuses_a_fraction() -> None:
    assert values.integer("12") == 12
    assert values.integer(Decimal("3.0")) == 3
    with pytest.raises(Unclear):
        values.integer("1.5")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((2, True), ("2", True), (True, True), ("yes", True)),
        *((1, False), ("1", False), (False, False), ("No", False)),
        *((0, None), (None, None), (MISSING, None), ("x", None), (3, None)),
    ],
)
def test_yes_no(value: Any, expected: object) -> None:
    assert values.yes_no(value) is expected


@pytest.mark.parametrize(
    ("value", "expected"), [(3, 3), ("3", 3), (0, None), (None, None), ("delayed", None)]
)
def test_menu(value: Any, expected: int | None) -> None:
    assert values.menu(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("2026-03-01", date(2026, 3, 1)), ("2026-03-01T10:00:00Z", date(2026, 3, 1))]
    + [(empty, None) for empty in ("", "0000-00-00", "1599-12-31", "1753-01-01T00:00:00Z", None)],
)
def test_day(value: Any, expected: date | None) -> None:
    assert values.day(value, EMPTY) == expected


@pytest.mark.parametrize("value", ["2026-02-30", "01/02/2026", 20260301])
def test_bad_day(value: Any) -> None:
    with pytest.raises(Unclear):
        values.day(value, EMPTY)


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-01T10:00:00Z",
        "2026-03-01 10:00:00Z",
        "2026-03-01T10:00:00.000Z",
        "2026-03-01T12:00:00+02:00",
        "2026-03-01T11:00:00",
    ],
)
def test_stamp(value: str) -> None:
    read = values.stamp(value, EMPTY, ZoneInfo("Europe/Paris"))
    assert read == datetime(2026, 3, 1, 10, tzinfo=UTC)


def test_text_keeps_leading_zeros_and_blanks() -> None:
    assert values.text(" 0113  ") == " 0113"
    assert values.text(113) == "113"
    assert values.text(None) == ""


@pytest.mark.parametrize(
    ("row", "path", "expected"),
    [
        ({"A": [1, 2]}, "A[2]", 2),
        ({"A": [1]}, "A[2]", None),
        ({"A": 1}, "A[1]", 1),
        ({"A": 1}, "A[2]", MISSING),
        ({"A": 1, "A2": 5}, "A[2]", 5),
        ({"A2": 5}, "A[2]", 5),
        ({}, "A[1]", MISSING),
        ({"A": None}, "A", None),
        ({}, "=DPT", "DPT"),
    ],
)
def test_paths(row: dict[str, Any], path: str, expected: Any) -> None:
    assert values.pick(row, parse_path(path)) is expected or values.pick(row, parse_path(path)) == (
        expected
    )


INVOICE: dict[str, Any] = {
    "NUM": "BIS1", "INVTYP": 1, "GTE": "SPINV", "CPY": "US10", "FCY": "US011", "BPR": "0113 ",
    "BPRVCR": "INV-1", "BPRDAT": "2026-02-27", "ACCDAT": "2026-03-01", "CUR": "USD",
    "AMTNOT": Decimal("1140.00"), "AMTATI": "1224.00", "NBRTAX": 2, "STA": "3", "PAZ": 0,
    "UPDDATTIM": "2026-03-02T15:04:11Z", "TAX": ["NY8", "EXE", ""],
    "BASTAX1": Decimal("1050.00"), "BASTAX2": 90, "BASTAX3": 0, "DES": ["Paper"],
    "PILLINES": [
        {"LIG": 1, "COA": ["USA"], "ACC1": "61100", "AMTNOTLIN": 600, "DIE1": "DPT", "CCE1": "ADM",
         "DIE2": "PRJ", "CCE2": ""},
    ],
}  # fmt: skip


def test_invoice_row_becomes_a_document() -> None:
    invoice = Rows(shipped()).document("invoice", INVOICE)
    assert (invoice.number, invoice.supplier, invoice.status, invoice.approval) == (
        "BIS1",
        "0113",
        3,
        None,
    )
    assert (invoice.net, invoice.gross) == (Decimal("1140.00"), Decimal("1224.00"))
    assert invoice.tax_codes == ("NY8", "EXE")
    assert invoice.tax_bases == (Decimal("1050.00"), Decimal(90))
    assert (invoice.comment1, invoice.comment2) == ("Paper", "")
    assert invoice.changed == datetime(2026, 3, 2, 15, 4, 11, tzinfo=UTC)
    line = invoice.lines[0]
    assert (line.line, line.chart, line.account, line.net) == (1, "USA", "61100", Decimal(600))
    assert line.dimensions == (("DPT", "ADM"),)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"AMTATI": "much"}, "AMTATI"),
        ({"AMTATI": None}, "AMTATI"),
        ({"NUM": " "}, "key"),
        ({"BPRDAT": "soon"}, "BPRDAT"),
        ({"PILLINES": [{"LIG": 1}]}, "is missing"),
        ({"PILLINES": {}}, "PILLINES"),
        ({"UPDDATTIM": "2026-13-01T00:00:00Z"}, "is no"),
    ],
)
def test_a_row_that_cannot_be_read_names_its_property(change: dict[str, Any], named: str) -> None:
    with pytest.raises(Unclear, match=named):
        Rows(shipped()).document("invoice", {**INVOICE, **change})


def test_a_missing_required_property_is_unclear_and_an_optional_one_unknown() -> None:
    without = {name: value for name, value in INVOICE.items() if name not in ("TWMSTA", "PILLINES")}
    assert Rows(shipped()).document("invoice", without).match is None
    del without["CUR"]
    with pytest.raises(Unclear, match="CUR is missing"):
        Rows(shipped()).document("invoice", without)


START = date(2026, 1, 1)
BOTH = "CPY in ('US10','US20')"
SINCE = datetime(2026, 3, 2, 9, 50, 0, 900_000, tzinfo=UTC)


def conditions(*companies: str, **changes: Any) -> Conditions:
    return Conditions(shipped(**changes), companies, START)


@pytest.mark.parametrize(
    ("entity", "since", "expected"),
    [
        ("supplier", None, ""),
        ("supplier", SINCE, "UPDDATTIM ge @2026-03-02T09:50:00Z@"),
        ("invoice", None, "CPY in ('US10','US20') and ACCDAT ge @2026-01-01@"),
        (
            "invoice",
            SINCE,
            f"{BOTH} and ACCDAT ge @2026-01-01@ and UPDDATTIM ge @2026-03-02T09:50:00Z@",
        ),
        ("open_item", None, "(BPRTYP eq 2) and CPY in ('US10','US20') and FLGCLE eq 1"),
        (
            "open_item",
            SINCE,
            "(BPRTYP eq 2) and CPY in ('US10','US20') and UPDDATTIM ge @2026-03-02T09:50:00Z@",
        ),
        (
            "payment",
            None,
            f"(BPRTYP eq 2 and left(REF,3) eq 'AVD') and {BOTH} and ACCDAT ge @2026-01-01@",
        ),
        ("fiscal_period", SINCE, "(LEDTYP eq 1) and CPY in ('US10','US20')"),
        ("site", None, "LEGCPY in ('US10','US20')"),
    ],
)
def test_conditions_of_a_walk(entity: str, since: datetime | None, expected: str) -> None:
    assert conditions("US10", "US20").walk(entity, since) == expected


def test_conditions_by_key_and_variants() -> None:
    some = conditions()
    assert some.among("open_item", "NUM", ["A", "B"]) == "(BPRTYP eq 2) and NUM in ('A','B')"
    assert some.among("open_item", "ACCNUM", [7]) == "(BPRTYP eq 2) and ACCNUM in (7)"
    spelled = conditions("US10", "US20", format={"where_in": False})
    assert spelled.walk("site", None) == "(LEGCPY eq 'US10' or LEGCPY eq 'US20')"
    dated = with_entity(shipped(), "supplier", change_kind="date", change="UPDDAT")
    assert Conditions(dated, (), START).walk("supplier", SINCE) == "UPDDAT ge @2026-03-02@"


def test_order_is_the_change_then_the_key() -> None:
    assert conditions().order("open_item") == "UPDDATTIM asc,TYP asc,NUM asc,LIG asc,DUDLIG asc"
    assert conditions().order("fiscal_period") == ""
    assert conditions(format={"order_by": ";"}).order("supplier") == "UPDDATTIM asc;BPSNUM asc"


@pytest.mark.parametrize(
    ("value", "expected"),
    [("A", "'A'"), ("O'Hara", '"O\'Hara"'), ('5"', "'5\"'"), ("a'b\"c", "'a''b\"c'"), (7, "7")],
)
def test_literals(value: str | int, expected: str) -> None:
    assert literal(value) == expected


def test_other_stamp_patterns() -> None:
    form = shipped().format.model_copy(update={"where_datetime": "#DD/MM/YYYY HH.MM#"})
    assert instant(form, SINCE) == "#02/03/2026 09.50#"


PREFIXED = Addresses("https://gate.example/x3/", "PROD")


def test_addresses_are_encoded() -> None:
    plain = Addresses("https://x3.example:8124", "PROD")
    assert plain.query(
        "PINVOICE", {"representation": "PINVOICE.$query", "where": "A eq 'é+%'"}
    ) == (
        "https://x3.example:8124/api1/x3/erp/PROD/PINVOICE?representation=PINVOICE.$query"
        "&where=A%20eq%20%27%C3%A9%2B%25%27"
    )
    assert plain.details("X", ["A'B", "C~D/"], "R") == (
        "https://x3.example:8124/api1/x3/erp/PROD/X('A%27B~C%7ED%2F')?representation=R.$details"
    )


@pytest.mark.parametrize(
    "link",
    [
        "https://inside:8124/api1/x3/erp/PROD/X?key=gt.a%2fb~é#top",
        "/api1/x3/erp/PROD/X?key=gt.a%2fb~é",
        "/x3/api1/x3/erp/PROD/X?key=gt.a%2fb~é",
    ],
)
def test_links_are_rebased_byte_for_byte(link: str) -> None:
    assert PREFIXED.rebased(link) == "https://gate.example/x3/api1/x3/erp/PROD/X?key=gt.a%2fb~é"


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/other",
        "https://inside/api1/x3/erp/TEST/X",
        "https://inside/api1/x3/erp/PROD/../TEST/X",
        "https://inside/api1/x3/erp/PROD/%2e%2E/TEST/X",
        "//evil.example/api1",
        "",
    ],
)
def test_links_that_lead_outside_are_refused(link: str) -> None:
    with pytest.raises(Unreadable, match="outside"):
        PREFIXED.rebased(link)
