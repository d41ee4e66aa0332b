"""A month-end report as a PDF to keep: balances, causes with a plot, sign-off, and every table.

The font is ours and is embedded, so that names keep their letters wherever it is opened. Texts from
documents are escaped. Long tables are cut at what their page says; the workbook holds all of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, BinaryIO
from xml.sax.saxutils import escape

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import landscape, letter
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    LongTable,
    PageTemplate,
    Paragraph,
    Spacer,
    TableStyle,
)
from reportlab.platypus import Table as Grid

from core.config import resource
from core.domain.money import Money
from core.reports import Pack
from core.reports_plots import ageing_plot, cause_plot
from core.reports_tables import AGEING, Cell, Column, Row, Table
from core.words import area

say = area(__name__)

PLAIN, BOLD = "DejaVuSansCondensed", "DejaVuSansCondensed-Bold"
INK, MUTED, LINE = HexColor(0x1A1E26), HexColor(0x565F6E), HexColor(0xD8DCE3)
ACCENT, BAND, GOOD, BAD = (
    HexColor(0x1F3A5F), HexColor(0xF3F4F6), HexColor(0x17693A), HexColor(0xAE1E2A),
)  # fmt: skip
_PAGE = landscape(letter)
_MARGIN = 14 * mm
_WIDTH = _PAGE[0] - 2 * _MARGIN
_SIZE = 7.2
_PADDING = 8.0
_TOGETHER = 18  # lines of a table that are not parted where a fresh page holds them
_WIDEST_CODE = 105.0
_LONGEST = 400  # characters of a cell; a page must hold the row
_CARDS, _PLOTS = 6, 2


@cache
def _fonts() -> None:
    for name in (PLAIN, BOLD):
        pdfmetrics.registerFont(TTFont(name, str(resource(f"fonts/{name}.ttf"))))


def _style(name: str, font: str, size: float, color: Color = INK, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(name, fontName=font, fontSize=size, leading=size * 1.28, textColor=color,
                          **more)  # fmt: skip


_TITLE = _style("title", BOLD, 17)
_SECTION = _style("section", BOLD, 11.5, ACCENT, spaceBefore=14, spaceAfter=2)
_NOTE = _style("note", PLAIN, 8, MUTED, spaceAfter=4)
_BODY = _style("body", PLAIN, 8.5)
_CELL = _style("cell", PLAIN, _SIZE, splitLongWords=1)
_FIGURE = _style("figure", PLAIN, _SIZE, alignment=TA_RIGHT)
_TOTAL = _style("total", BOLD, _SIZE, alignment=TA_RIGHT)
_TOTAL_TEXT = _style("total text", BOLD, _SIZE)
_HEADER = _style("header", BOLD, _SIZE, HexColor(0xFFFFFF))
_HEADER_RIGHT = _style("header right", BOLD, _SIZE, HexColor(0xFFFFFF), alignment=TA_RIGHT)
_CARD_LABEL, _CARD_FIGURE = _style("label", PLAIN, 8, MUTED), _style("big", BOLD, 15)


def write_pdf(pack: Pack, file: BinaryIO) -> None:
    """Write the report: Letter, landscape, with page numbers and the audit head on every page."""
    _fonts()
    document = BaseDocTemplate(
        file,
        pagesize=_PAGE,
        title=pack.view.title,
        author="Crossfoot",
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
    )
    frame = Frame(_MARGIN, 15 * mm, _WIDTH, _PAGE[1] - 27 * mm, 0, 0, 0, 0)
    document.addPageTemplates([PageTemplate(id="page", frames=[frame])])
    document.build(list(_story(pack)), canvasmaker=_canvas_of(pack))


def _canvas_of(pack: Pack) -> type[Canvas]:
    """A canvas that knows how many pages there are before it writes the first foot."""

    class Numbered(Canvas):
        """Keeps its pages until the last, then gives each its head and foot."""

        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named)
            self._kept: list[dict[str, Any]] = []

        def showPage(self) -> None:  # noqa: N802 - reportlab's name
            """Keep the page instead of writing it."""
            self._kept.append(dict(self.__dict__))
            self._startPage()  # type: ignore[attr-defined]  # not in the stubs

        def save(self) -> None:
            """Write all pages."""
            for number, members in enumerate(self._kept, start=1):
                self.__dict__.update(members)
                _foot(self, pack, number, len(self._kept))
                super().showPage()
            super().save()

    return Numbered


def _foot(canvas: Canvas, pack: Pack, number: int, pages: int) -> None:
    canvas.setFillColor(MUTED)
    canvas.setStrokeColor(LINE)
    canvas.line(_MARGIN, 12 * mm, _PAGE[0] - _MARGIN, 12 * mm)
    canvas.setFont(PLAIN, 6.5)
    canvas.drawString(_MARGIN, 8.5 * mm, pack.footer)
    canvas.drawRightString(_PAGE[0] - _MARGIN, 8.5 * mm, say("page_of", number=number, pages=pages))
    if number > 1:
        canvas.drawString(_MARGIN, _PAGE[1] - 9 * mm, pack.view.title)


# --- the story -------------------------------------------------------------------------------


def _story(pack: Pack) -> Iterator[Flowable]:
    view = pack.view
    yield Paragraph(escape(view.title), _TITLE)
    yield Spacer(1, 1.5 * mm)
    read = "; ".join(f"{name}: {text}" for name, text in pack.facts[1:6])
    yield Paragraph(escape(read), _NOTE)
    yield Spacer(1, 2 * mm)
    yield from _cards(pack)
    balances, differences = pack.summary
    for place, causes in _largest(pack):
        plot = cause_plot(causes, _WIDTH, (PLAIN, BOLD))
        title = say("sage_x3_avidxchange_by_cause", place=place)
        yield KeepTogether([Paragraph(escape(title), _SECTION), plot, Spacer(1, 3 * mm)])
    yield from _section(differences)
    yield _sign_off(pack)
    if len(balances.rows) > 1:
        yield from _section(balances)
    for table in pack.tables:
        yield from _section(table)
        if table.name == AGEING and table.totals:
            ages = ageing_plot(table, _WIDTH, (PLAIN, BOLD))
            if ages is not None:
                yield KeepTogether([ages])


def _largest(pack: Pack) -> list[tuple[str, list[tuple[str, str, int]]]]:
    """The causes of the few balances that differ most, by place."""
    places: dict[str, list[tuple[str, str, int]]] = {}
    for cause in pack.causes:
        places.setdefault(cause[1], []).append(cause)
    ordered = sorted(places.items(), key=lambda entry: -sum(abs(cause[2]) for cause in entry[1]))
    return ordered[:_PLOTS]


def _cards(pack: Pack) -> Iterator[Flowable]:
    """The equation, once for each company and currency; the table below holds what is left."""
    for found in pack.view.balances[:_CARDS]:
        is_whole = not any(
            line.state == "unexplained"
            for line in pack.view.causes
            if (line.company, line.currency) == (found.company, found.currency)
        )
        color = GOOD if is_whole else BAD
        figures = (
            (
                say("open_in_sage_x3"),
                found.x3,
                _count(found.open_items, say("invoice_or_item"), say("invoices_and_items")),
                INK,
            ),
            (
                say("open_in_avidxchange"),
                found.avidxchange,
                _count(found.open_invoices, "invoice"),
                INK,
            ),
            (
                say("explained_differences"),
                found.explained,
                f"{_count(found.documents, 'document')}, {_count(found.causes, 'cause')}",
                INK,
            ),
            (
                "+ Unexplained",
                found.unexplained,
                say("every_cent_has_a_cause") if is_whole else say("see_the_items_without_a_cause"),
                color,
            ),
        )
        cells = [
            [
                Paragraph(escape(label), _CARD_LABEL),
                Paragraph(
                    _money(text),
                    _style("figure", BOLD, 15, ink),
                ),
                Paragraph(escape(below), _CARD_LABEL),
            ]
            for label, text, below, ink in figures
        ]
        grid = Grid([cells], colWidths=[_WIDTH / 4] * 4)
        grid.setStyle(
            TableStyle([
                ("BOX", (0, 0), (-1, -1), 0.75, LINE), ("INNERGRID", (0, 0), (-1, -1), 0.75, LINE),
                ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 8),
                ("TOPPADDING", (0, 0), (-1, -1), 5), ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
            ])
        )  # fmt: skip
        name = f"{found.company} {found.currency}".strip()
        yield KeepTogether([Paragraph(escape(name), _SECTION), grid, Spacer(1, 3 * mm)])


def _count(number: int, noun: str, nouns: str = "") -> str:
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def _money(text: str) -> str:
    """A canonical amount with its thousands set apart and a true minus."""
    whole, dot, places = text.removeprefix("-").partition(".")
    sign = "\u2212" if text.startswith("-") else ""
    return f"{sign}{int(whole):,}{dot}{places}"


def _sign_off(pack: Pack) -> Flowable:
    """Who made it, who reviewed it; lines to sign on paper while nobody has."""
    view = pack.view
    by = say("utc", by=view.by, made_at=view.made_at[:10], made_at2=view.made_at[11:16])
    reviewed = "________________________________   Date ________________"
    if view.signed_by:
        reviewed = say(
            "utc_2",
            signed_by=view.signed_by,
            signed_at=view.signed_at[:10],
            signed_at2=view.signed_at[11:16],
        )
    rows = [
        [Paragraph(say("prepared_by"), _BODY), Paragraph(escape(by), _BODY)],
        [Paragraph(say("reviewed_by"), _BODY), Paragraph(escape(reviewed), _BODY)],
    ]
    if view.note:
        rows.append([Paragraph(say("note"), _BODY), Paragraph(escape(view.note), _BODY)])
    grid = Grid(rows, colWidths=[30 * mm, 120 * mm], hAlign="LEFT")
    grid.setStyle(
        TableStyle([
            ("BOX", (0, 0), (-1, -1), 0.75, LINE), ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("TOPPADDING", (0, 0), (-1, -1), 6), ("BOTTOMPADDING", (0, 0), (-1, -1), 6),
        ])
    )  # fmt: skip
    return KeepTogether([Paragraph(say("sign_off"), _SECTION), grid])


# --- tables ----------------------------------------------------------------------------------


def _section(table: Table) -> Iterator[Flowable]:
    lines = min(max(3, len(table.rows) + len(table.totals)), _TOGETHER)
    yield CondPageBreak(20 * mm + lines * 5 * mm)
    yield Paragraph(escape(table.title), _SECTION)
    left = len(table.rows) - table.most
    note = table.note
    if left > 0:
        note += say("the_first_of_the_workbook_has_all", most=table.most, count=len(table.rows))
    yield Paragraph(escape(note), _NOTE)
    if table.rows:
        yield _grid(table)
    else:
        yield Paragraph(escape(table.empty), _BODY)


def _grid(table: Table) -> Flowable:
    shown = table.rows[: table.most]
    used = [
        at for at, column in enumerate(table.columns)
        if column.kind != "text" or any(row[at] for row in shown)
    ]  # fmt: skip
    columns = [table.columns[at] for at in used]
    header = [
        Paragraph(escape(column.name.strip()), _HEADER_RIGHT if _is_right(column) else _HEADER)
        for column in columns
    ]
    body = [_line(columns, row, used) for row in shown]
    totals = [_line(columns, row, used, is_total=True) for row in table.totals]
    kept = [*shown, *table.totals]
    widths = _widths(columns, [[row[at] for at in used] for row in kept])
    grid = LongTable([header, *body, *totals], colWidths=widths, repeatRows=1)
    first_total = len(body) + 1
    style: list[Any] = [
        ("BACKGROUND", (0, 0), (-1, 0), ACCENT), ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, LINE), ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3), ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]  # fmt: skip
    if totals:
        style += [
            ("LINEABOVE", (0, first_total), (-1, first_total), 0.9, INK),
            ("BACKGROUND", (0, first_total), (-1, -1), BAND),
        ]
    grid.setStyle(TableStyle(style))
    return grid


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> list[float]:
    """As wide as figures, codes and the words of the header; texts share what is left."""
    least = [
        max(pdfmetrics.stringWidth(word, BOLD, _SIZE) for word in column.name.split())
        for column in columns
    ]
    for at, column in enumerate(columns):
        if column.kind != "text":
            cells = (_shown(row[at]) for row in rows)
            widest = max((pdfmetrics.stringWidth(cell, BOLD, _SIZE) for cell in cells), default=0)
            least[at] = max(least[at], min(widest, _WIDEST_CODE))
    least = [width + _PADDING for width in least]
    left = max(0.0, _WIDTH - sum(least))
    shares = [column.width if column.kind == "text" else 0 for column in columns]
    if not any(shares):
        shares = [column.width for column in columns]
    return [width + left * share / sum(shares) for width, share in zip(least, shares, strict=True)]


def _is_right(column: Column) -> bool:
    return column.kind in ("amount", "number")


def _line(
    columns: Sequence[Column], row: Row, used: Sequence[int], *, is_total: bool = False
) -> list[Flowable]:
    figure, text = (_TOTAL, _TOTAL_TEXT) if is_total else (_FIGURE, _CELL)
    return [
        Paragraph(_shown(row[at]), figure if _is_right(column) else text)
        for column, at in zip(columns, used, strict=True)
    ]


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Money):
        return _money(cell.text)
    if isinstance(cell, int):
        return f"{cell:,}"
    cut = cell if len(cell) <= _LONGEST else f"{cell[:_LONGEST]}…"
    return escape("".join(sign if sign.isprintable() or sign == " " else " " for sign in cut))
