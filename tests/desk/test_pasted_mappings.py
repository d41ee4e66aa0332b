"""Cells copied out of a spreadsheet become a mapping table."""

from __future__ import annotations

import pytest

from core.desk_views import Pasted
from core.errors import ConfigError
from core.mapping_files import Table
from core.pasted_mappings import table_of
from core.sheets import MappingKind

ACCOUNTS = {("USA", "060000"), ("CAN", "060000"), ("USA", "061000")}


def table(kind: MappingKind, text: str) -> Table:
    return table_of(kind, Pasted(text), ACCOUNTS)


def test_two_columns_of_suppliers_keep_their_zeros() -> None:
    found = table("vendors", "0113\tNORTH\r\n0114\t007\r\n\r\n")
    assert found.records == (
        ("x3_supplier", "avid_vendor_code"), ("0113", "NORTH"), ("0114", "007"),
    )  # fmt: skip
    assert found.first == 1


def test_a_header_is_taken_as_it_stands() -> None:
    found = table("vendors", "avid_vendor_code\tx3_supplier\tnote\nN\t1\tby hand\n")
    assert found.records[0] == ("avid_vendor_code", "x3_supplier", "note")
    assert found.first == 2


def test_an_account_finds_its_chart_only_where_there_is_one() -> None:
    found = table("gl", "061000\tA-1\t\n060000\tA-2\t\n9\tA-3\t\n")
    assert found.records == (
        ("chart", "x3_account", "avid_code"),
        ("USA", "061000", "A-1"), ("", "060000", "A-2"), ("", "9", "A-3"),
    )  # fmt: skip
    whole = table("gl", "USA\t060000\tA-2")
    assert whole.records[1] == ("USA", "060000", "A-2")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("vendors", ""), ("vendors", " \n\t\n"), ("vendors", "0113"),
        ("vendors", "a\tb\tc"), ("dimensions", "DPT\tADM\t10"), ("gl", "a\tb\tc\td"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_told_with_the_columns_that_are_wanted(
    kind: MappingKind, text: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        table(kind, text)
    assert caught.value.title == "Nothing was pasted"
    assert "avid_code" in caught.value.fix or "avid_vendor_code" in caught.value.fix
