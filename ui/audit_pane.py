"""The details of an audit entry: when to the second, who, what was and is, and that it fits.

The link to the entry before is computed here anew from what is shown (product.md 6, `audit
export`), so that the pane does not merely repeat what the store says.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from core.desk_views import ExchangeView
from core.domain.money import digits
from core.words import area
from ui import formats, looks, theme
from ui.details_pane import DetailsPane
from ui.document_lists import OUTCOMES, kept, object_words, short_hash, who
from ui.kept_text import CodeView, quoted
from ui.list_spec import Row
from ui.widgets import Button, Facts, Hairline, TextLabel, group_heading

say = area(__name__)

_LABEL = 72
_HASHED = (
    "sequence", "time", "actor", "action", "object", "before", "after", "result", "run", "version",
)  # fmt: skip
_LINES = 12


class AuditPane(DetailsPane):
    """Shows one entry; `exchange_wanted` opens its request and answer in full."""

    exchange_wanted = Signal(int)
    object_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(say("details_of_the_entry"), parent)
        self._row: Row = {}
        self._exchange: ExchangeView | None = None
        self.object_button = Button(say("only_this_object"), icon="filter", is_small=True)
        self.object_button.clicked.connect(self._only_object)
        self.copy_button = Button(say("copy_entry"), icon="copy", is_small=True)
        self.copy_button.clicked.connect(self._copy)
        self.set_buttons((self.object_button, self.copy_button))
        self.facts = Facts((), label_width=_LABEL)
        self.chain = TextLabel("", is_wrapped=True, is_selectable=True)
        self._line = Hairline()
        self.request = CodeView(say("request"), "")
        self.answer = CodeView(say("answer"), "")
        self.open_button = Button(say("open_in_full"), kind="link", icon="external-link")
        self.open_button.clicked.connect(self._open)
        for part in (self.facts, self.chain, self._line):
            self.body.addWidget(part)
        self._exchange_parts = (
            self._line,
            group_heading(say("request")),
            quoted(self.request),
            group_heading(say("answer")),
            quoted(self.answer),
            self.open_button,
        )
        for view in (self.request, self.answer):
            view.setMinimumHeight(theme.sizes().height * _LINES // 2)
        for shown in self._exchange_parts[1:]:
            self.body.addWidget(shown)
        self.body.addStretch(1)
        self._show_exchange()

    def show_row(self, row: Row) -> None:
        """Everything that stands in the entry itself."""
        is_other = row["sequence"] != self._row.get("sequence")
        self._row = row
        moment = datetime.fromisoformat(row["time"])
        title = looks.action(row["action"]).text
        entry = say("entry", count=formats.count(row["sequence"]), day=formats.day(moment))
        self.show_head(OUTCOMES[row["outcome"]], title, entry)
        self.facts.set_rows(facts_of(row))
        does_fit = fits(row)
        links = f"{short_hash(row['previous'])} → {short_hash(row['hash'])}"
        self.chain.setText(
            say("chain_it_fits_what_is_shown", links=links)
            if does_fit
            else say("chain_it_does_not_fit_what_is", links=links)
        )
        self.chain.set_tone("ok" if does_fit else "bad")
        self.object_button.setVisible(bool(row["object"]))
        if is_other:
            self._exchange = None
            self._show_exchange()
            self.scroll_up()

    def show_view(self, view: ExchangeView | None) -> None:
        """The request and answer this entry tells of, None when it tells of none."""
        self._exchange = view
        self._show_exchange()

    def _show_exchange(self) -> None:
        view = self._exchange
        for shown in self._exchange_parts:
            shown.setVisible(view is not None)
        if view is not None:
            self.request.setPlainText(view.request)
            self.answer.setPlainText(view.answer or say("no_readable_answer_came"))

    def _open(self) -> None:
        if self._exchange is not None:
            self.exchange_wanted.emit(self._exchange.id)

    def _only_object(self) -> None:
        self.object_wanted.emit(str(self._row["object"]))

    def _copy(self) -> None:
        shown = {name: self._row.get(name) for name in (*_HASHED, "previous", "hash")}
        QGuiApplication.clipboard().setText(json.dumps(shown, ensure_ascii=False, indent=2))


def fits(row: Row) -> bool:
    """Whether the hash of an entry is that of its members and of the hash before."""
    held = {name: row.get(name) for name in _HASHED}
    text = json.dumps(held, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(f"{row['previous']}{text}".encode()).hexdigest()
    return digest == str(row["hash"])


def facts_of(row: Row) -> list[tuple[str, str]]:
    """The members of an entry, as label and value."""
    moment = datetime.fromisoformat(row["time"])
    run = say("run", run=row["run"]) if row["run"] else ""
    rows = [
        (say("time"), f"{formats.clock(moment, has_seconds=True)} · {formats.utc(moment)}"),
        (say("object"), object_words(str(row["object"]))),
        (say("was"), said(kept(row["before"]))),
        (say("is"), said(kept(row["after"]))),
        (say("result"), short_hash(str(row["result"]))),
        (say("by"), f"{who(str(row['actor']))}{run}"),
        (say("program"), str(row["version"])),
    ]
    return [(label, value) for label, value in rows if value]


def _amount(minor: int, currency: str) -> str:
    """An amount kept in the smallest coin, with all decimals of its currency."""
    places = digits(currency)
    return formats.amount(Decimal(minor).scaleb(-places), places)


def figures(balances: Any) -> Any:
    """The balances of a statement as people read them; what has another form stays as it is."""
    try:
        return [
            [
                say(
                    "figures",
                    where=f"{company} {currency}",
                    x3=_amount(x3, currency),
                    avidxchange=_amount(avidxchange, currency),
                )
            ]
            for company, currency, x3, avidxchange, *_ in balances
        ]
    except (TypeError, ValueError, ArithmeticError):
        return balances


def said(value: Any) -> str:
    """A stored value in full, one member a line."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        value = {**value, "figures": figures(value["figures"])} if "figures" in value else value
        named = ((str(name).replace("_", " "), said(part)) for name, part in value.items())
        return "\n".join(f"{name}: {part}" for name, part in named if part)
    if isinstance(value, list):
        is_table = any(isinstance(part, list) for part in value)
        return ("\n" if is_table else ", ").join(said(part) for part in value)
    inner = kept(value)
    if not isinstance(inner, str):
        return said(inner) if isinstance(inner, Mapping | list) else str(inner)
    text = short_hash(str(value))
    return looks.INVOICES[text].text if text in looks.INVOICES else text
