"""The list of runs: its columns, and rows that say in words what a run was.

The core's rows hold what `sync` reports (product.md 6); words and figures of a row are made here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter

from core.words import area
from ui import formats, frame_words, icons, list_text, theme
from ui.find_syntax import Field
from ui.list_cells import Cell
from ui.list_spec import Column, ListSpec, PageOf, Query, Row
from ui.list_table import ListTable
from ui.painting import PillLook

say = area(__name__)

_SIDE_CODES = ("NET-01", "NET-02", "TLS-01", "AUT-01", "AUT-02", "RAT-02")
RESULTS = {
    "done": PillLook(icons.CHECKS["done"][0], say("done"), "wait"),
    "needs_you": PillLook(icons.CHECKS["needs_you"][0], say("done_needs_you"), "warn"),
    "preview": PillLook("eye", say("preview"), "wait"),
    "running": PillLook("refresh", say("running"), "go"),
    "stopped": PillLook("player-stop", say("stopped"), "wait"),
    "x3": PillLook("plug-connected-x", say("sage_x3_down"), "bad"),
    "avidxchange": PillLook("plug-connected-x", say("avidxchange_down"), "bad"),
}
#: Columns whose member in the core has another name.
MEMBERS = {
    "begun": "started",
    "who": "by",
    "outcome": "outcome",
    "read_sum": "read_total",
    "amount_text": "amount_sent",
    "took": "took_s",
    "what": "text",
}
_BY = {"schedule": say("schedule"), "recovery": say("recovery")}


def _sentence(row: Row) -> str:
    look = RESULTS[row["outcome"]]
    return say("sent", text=look.text, begun=row["begun"], sent=row["sent"], what=row["what"])


SPEC = ListSpec(
    name="runs",
    columns=(
        Column("begun", say("started"), "code", sort_name="started"),
        Column("who", say("by"), "text", least_characters=8, is_muted=True),
        Column("outcome", say("result"), "state", looks=RESULTS),
        Column("read_sum", say("read"), "count"),
        Column("planned", say("planned"), "count", priority_to_hide=2),
        Column("sent", say("sent_2"), "count"),
        Column("in_doubt", say("in_doubt"), "count"),
        Column("review", say("in_review"), "count"),
        Column("approvals_written", say("approvals"), "count", priority_to_hide=3),
        Column("payments_posted", say("payments"), "count", priority_to_hide=3),
        Column("amount_text", say("amount_sent"), "count", priority_to_hide=4),
        Column("took", say("took"), "count"),
        Column(
            "what", say("what_happened"), "text", is_elastic=True, is_muted=True, priority_to_hide=1
        ),
    ),
    noun=("run", "runs"),
    row_key="run",
    sentence=_sentence,
    fields={"by": Field("by", say("by")), "started": Field("started", say("started"), "date")},
    order="started",
    descending=True,
)


class RunSource:
    """The core's list of runs with what the columns show; everything else is the core's."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def page(self, wanted: Query, after: Any, limit: int) -> PageOf:
        """As `Source.page`."""
        found = self._source.page(wanted, after, limit)
        return PageOf(tuple(shown(row) for row in found.rows), found.next)

    def count(self, wanted: Query) -> int:
        """As `Source.count`."""
        return int(self._source.count(wanted))

    def totals(self, wanted: Query) -> dict[str, str]:
        """None: what runs sent is not summed."""
        return dict(self._source.totals(wanted))


def shown(row: Row) -> Row:
    """A row of the list."""
    read: Mapping[str, int] = row.get("read") or {}
    sent: Mapping[str, str] = row.get("amount_sent") or {}
    began, ended = (frame_words.instant(str(row.get(name) or "")) for name in ("started", "ended"))
    counts = {
        name: row.get(name) or 0
        for name in (
            "planned", "sent", "in_doubt", "review", "approvals_written", "payments_posted",
        )
    }  # fmt: skip
    by = str(row.get("by") or "")
    return {
        **row,
        **counts,
        "begun": formats.moment(began),
        "who": _BY.get(by, by),
        "outcome": outcome(row),
        "read_sum": sum(read.values()),
        "amount_text": _sums(sent),
        "took": formats.took((ended - began).total_seconds()) if began and ended else "",
        "what": happened(row),
    }


def _sums(sent: Mapping[str, str]) -> str:
    """One currency without its name; several with theirs."""
    if len(sent) < 2:  # noqa: PLR2004 - one currency needs no name
        return list_text.totals({"": next(iter(sent.values()), "0.00")}).strip()
    return list_text.totals(dict(sorted(sent.items())))


def outcome(row: Row) -> str:
    """How a run ended, as a key of `RESULTS`."""
    if not row.get("ended"):
        return "running"
    errors = row.get("errors") or ()
    down = [str(error.get("system")) for error in errors if error.get("code") in _SIDE_CODES]
    if down:
        return down[0] if down[0] in RESULTS else "x3"
    if any(error.get("code") == "stopped" for error in errors) or row.get("stopped"):
        return "stopped"
    if row.get("mode") == "preview":
        return "preview"
    return "needs_you" if row.get("review") or row.get("in_doubt") else "done"


def happened(row: Row) -> str:
    """The sentence of a run: its first error, else what else it did."""
    errors = row.get("errors") or ()
    if errors:
        return str(errors[0].get("text") or errors[0].get("code") or "")
    parts = []
    for name, one, many in (
        ("vendors", say("vendor_written"), say("vendors_written")),
        ("replaced", say("invoice_replaced"), say("invoices_replaced")),
        ("withdrawn", say("invoice_withdrawn"), say("invoices_withdrawn")),
        (
            "drifted",
            say("action_left_out_changed_meanwhile"),
            say("actions_left_out_changed_meanwhile"),
        ),
    ):
        if count := int(row.get(name) or 0):
            parts.append(formats.counted(count, one, many))
    return ", ".join(parts)


class _Toned(Cell):
    """A figure that is coloured when it is not nothing."""

    tone = "warn"

    def paint_content(self, painter: QPainter, box: QRectF, row: Row, ink: QColor) -> None:
        """As any figure, but above 0 in its tone."""
        text = list_text.shown(row, self.column)
        if list_text.is_zero(text):
            super().paint_content(painter, box, row, ink)
        else:
            is_selected = ink == theme.colour("selecttext")
            toned = theme.word(self.tone, is_selected=is_selected)
            self.write(painter, box, text, toned, is_right=True)


class _Doubtful(_Toned):
    tone = "doubt"


def tone_figures(table: ListTable) -> None:
    """Show what is in doubt purple and what needs you amber (design.md 4)."""
    for name, kind in (("in_doubt", _Doubtful), ("review", _Toned)):
        column = SPEC.column(name)
        cell = kind(column, table)
        table.cells[name] = cell
        table.setItemDelegateForColumn(SPEC.columns.index(column), cell)
