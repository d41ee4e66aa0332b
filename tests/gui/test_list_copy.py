"""What a spreadsheet gets from copied rows."""

from html.parser import HTMLParser

import pytest

from ui import list_copy, list_text
from ui.list_spec import Column, Row

COLUMNS = (
    Column("number", "X3 no.", "code"),
    Column("supplier", "Supplier", "text"),
    Column("amount", "=Amount", "amount", second="currency"),
    Column("due", "Due", "date"),
)
ROW = {
    "number": "00123",
    "supplier": "=HYPERLINK(1)\tA\nB <b>&",
    "amount": "-1224.00",
    "currency": "USD",
    "due": "2026-11-23",
}


class Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.cells: list[tuple[dict[str, str | None], str]] = []
        self.open: dict[str, str | None] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "td":
            self.cells.append((dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.cells:
            attributes, text = self.cells[-1]
            self.cells[-1] = (attributes, text + data)


def test_text_is_one_line_a_row_with_neutral_amounts() -> None:
    text = list_copy.as_tsv(COLUMNS, [ROW], list_text.shown)
    title, row, rest = text.split("\r\n")
    assert title.split("\t") == ["X3 no.", "Supplier", "'=Amount", "Due"]
    assert row.split("\t") == ["00123", "'=HYPERLINK(1) A B <b>&", "-1224.00", "11/23/2026"]
    assert rest == ""


def test_the_table_keeps_codes_as_text_and_amounts_as_numbers() -> None:
    page = Cells()
    page.feed(list_copy.as_html(COLUMNS, [ROW], list_text.shown))
    (code, number), (_, supplier), (amount, shown), _ = page.cells
    assert "\\@" in (code["style"] or "")
    assert code["sdnum"] == "0;0;@"
    assert number == "00123"
    assert supplier == "'=HYPERLINK(1)\tA\nB <b>&"
    assert amount["x:num"] == amount["sdval"] == shown == "-1224.00"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_what_a_spreadsheet_would_run_stays_text(sign: str) -> None:
    assert list_copy.neutralised(f"{sign}1+1") == f"'{sign}1+1"
    assert list_copy.neutralised(f"{sign}1+1", is_figure=True) == f"'{sign}1+1"


def test_a_negative_amount_is_no_formula_but_a_code_like_it_is() -> None:
    assert list_copy.neutralised("-57.47", is_figure=True) == "-57.47"
    assert list_copy.neutralised("-57.47") == "'-57.47"


def test_cells_read_as_people_write() -> None:
    assert list_text.shown(ROW, COLUMNS[2]) == "\u22121,224.00"
    assert list_text.shown({"amount": None}, COLUMNS[2]) == "\u2013"
    assert list_text.shown({"due": "not known"}, COLUMNS[3]) == "not known"
    change = Column("before", "Change", "change", second="after")
    assert list_text.shown({"before": "Ready", "after": "Held"}, change) == "Ready → Held"
    assert list_text.shown({"before": "", "after": "Held"}, change) == "Held"


def test_a_selection_is_summed_exactly_per_currency() -> None:
    rows: list[Row] = [
        {"amount": "0.10", "currency": "USD"},
        {"amount": "0.20", "currency": "USD"},
        {"amount": "9007199254740993.01", "currency": "EUR"},
        {"amount": None, "currency": "EUR"},
    ]
    sums = list_text.sum_of(rows, COLUMNS[2])
    assert sums == {"EUR": "9007199254740993.01", "USD": "0.30"}
    assert list_text.selection(4, {"USD": "0.30"}) == "4 selected · sum 0.30 USD"
    assert list_text.selection(0, {}) == ""
