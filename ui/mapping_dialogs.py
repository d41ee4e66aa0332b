"""Windows over the Mappings tab: find a code, accept the sure ones together, test an account.

Each shows first what it would do and only asks; the tab does it.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from core.desk import Desk
from core.desk_views import Suggestion
from core.words import area
from ui import formats, mapping_lists, theme
from ui.bridge import Bridge
from ui.list_spec import Column, ListSpec, PageOf, Query, Row
from ui.list_view import ListView
from ui.mapping_lists import MappingSource
from ui.painting import PillLook
from ui.sheet import Sheet
from ui.widgets import Field, LineEdit, TextLabel

say = area(__name__)

_FOUND = 500  # codes that a search shows
_ACTIVE = {
    "yes": PillLook("check", say("active"), "wait"),
    "no": PillLook("circle-minus", say("inactive"), "wait"),
}


# -- find a code ---------------------------------------------------------------------------------


class _Codes:
    """What AvidXchange has, found by words; without words the candidates come first."""

    def __init__(self, desk: Desk, kind: str, keys: tuple[str, str]) -> None:
        self._desk, self._kind, self._keys = desk, kind, keys

    def page(self, wanted: Query, after: Any, limit: int) -> PageOf:
        rows = self._rows(wanted)
        first = int(after or 0)
        following = first + limit
        return PageOf(tuple(rows[first:following]), following if following < len(rows) else None)

    def count(self, wanted: Query) -> int:
        return len(self._rows(wanted))

    def totals(self, wanted: Query) -> dict[str, str]:  # noqa: ARG002 - codes have no amounts
        return {}

    def _rows(self, wanted: Query) -> list[Row]:
        near = [] if wanted.text else self._desk.suggestions(self._kind, *self._keys)
        known = {(each.group, each.code) for each in near}
        found = self._desk.search_codes(self._kind, wanted.text, _FOUND)
        others = [each for each in found if (each.group, each.code) not in known]
        return [_code_row(each) for each in (*near, *others)]


def _code_row(code: Suggestion) -> Row:
    return {
        "key": f"{code.group} {code.code}",
        "code": code.code,
        "group": code.group,
        "name": code.name,
        "score": code.score or "",
        "active": "yes" if code.is_active else "no",
    }


def _code_spec(kind: str) -> ListSpec:
    noun = ("vendor", "vendors") if kind == "vendors" else ("code", "codes")
    group = () if kind == "vendors" else (Column("group", say("group"), "text"),)
    return ListSpec(
        name=f"codes.{kind}",
        columns=(
            Column(
                "code", say("vendor") if kind == "vendors" else say("code"), "code", is_strong=True
            ),
            *group,
            Column("name", say("name_in_avidxchange"), "text", is_elastic=True),
            Column("active", say("state"), "icon_text", looks=_ACTIVE),
            Column("score", say("match"), "confidence"),
        ),
        noun=noun,
        row_key="key",
        sentence=lambda row: f"{row['code']}, {row['name']}",
    )


class CodeDialog(Sheet):
    """Finds a code of AvidXchange for one X3 code; `picked` has code, group, company and dates."""

    picked = Signal(object)

    def __init__(
        self, desk: Desk, bridge: Bridge, kind: str, row: Row, parent: QWidget | None = None
    ) -> None:
        name = mapping_lists.name_of(kind, row)
        sentence = say("the_nearest_ones_stand_first_type_a")
        title = say("what_is", name=name, name2=row["name"]).rstrip() + say("in_avidxchange")
        super().__init__(title, sentence, say("map"), parent, has_list=True)
        self.view = ListView(
            _code_spec(kind), _Codes(desk, kind, (row["key1"], row["key2"])), bridge
        )
        self.view.filter_row.without_tools()
        self.view.current_changed.connect(self._show_current)
        self.view.activated.connect(self._pick)
        self.view.table.clicked.connect(self._show_clicked)
        self.view.model.figures_changed.connect(self._show_searched)
        self.company = LineEdit(say("any"), name=say("company"))
        self.valid_from = LineEdit(say("any_day"), name=say("valid_from"))
        self.valid_to = LineEdit(say("any_day"), name=say("valid_to"))
        self._fields = {
            "valid_from": Field(say("valid_from"), self.valid_from, say("2026_01_31_or_empty")),
            "valid_to": Field(say("valid_to"), self.valid_to, say("2026_12_31_or_empty")),
        }
        self._add_limits()
        self.do_button.clicked.connect(self._pick)
        self.do_button.refuse(say("choose_a_code_first"))
        self.take_room(760, 600)
        self.view.start()
        self.view.focus_find()

    def _add_limits(self) -> None:
        room = theme.sizes()
        row = QHBoxLayout()
        row.setContentsMargins(room.margin, 0, room.margin, room.unit * 3)
        row.setSpacing(room.unit * 3)
        row.addWidget(Field(say("only_for_company"), self.company, say("x3_code_or_empty")), 1)
        for field in self._fields.values():
            row.addWidget(field, 1)
        self.body.addWidget(self.view, 1)
        self.body.addLayout(row)

    def _show_current(self, row: Row | None) -> None:
        # The first of all codes is no proposal: it must be looked for, pointed at or be near.
        is_meant = row is not None and bool(row["score"] or self.view.query.text)
        self._offer(row if is_meant or self.view.table.hasFocus() else None)

    def _show_clicked(self, *_: object) -> None:
        self._offer(self.view.current_row())

    def _show_searched(self, *_: object) -> None:
        self._show_current(self.view.current_row())

    def _offer(self, row: Row | None) -> None:
        if row is None:
            self.do_button.set_text(say("map"))
            self.do_button.refuse(say("choose_a_code_first"))
        else:
            self.do_button.set_text(say("map_to", code=row["code"]))
            self.do_button.allow()

    def _pick(self, *_: object) -> None:
        row = self.view.current_row()
        if row is None or self.result() or not self._are_days_good():
            return  # Enter reaches both list and button
        picked = {
            "code": row["code"],
            "avid_group": row["group"],
            "company": self.company.text().strip(),
            "valid_from": self.valid_from.text().strip(),
            "valid_to": self.valid_to.text().strip(),
        }
        self.accept()
        self.picked.emit(picked)

    def _are_days_good(self) -> bool:
        is_good = True
        for name, field in self._fields.items():
            text = getattr(self, name).text().strip()
            wrong = bool(text) and not is_day(text)
            field.set_error(say("type_a_day_as_2026_01_31") if wrong else "")
            is_good = is_good and not wrong
        return is_good


def is_day(text: str) -> bool:
    """Whether a text is a day as the core takes it."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


# -- accept the sure ones ------------------------------------------------------------------------


class AcceptAllDialog(Sheet):
    """Shows every suggestion of 95 % and above before all are accepted in one step."""

    confirmed = Signal()

    def __init__(
        self,
        source: MappingSource,
        bridge: Bridge,
        kind: str,
        count: int,
        parent: QWidget | None = None,
    ) -> None:
        noun = mapping_lists.WORDS[kind].noun
        counted = formats.counted(count, *noun)
        sentence = say("each_of_these_is_95_sure_or")
        verb = say("map_2", counted=counted)
        super().__init__(say("as_suggested", verb=verb), sentence, verb, parent, has_list=True)
        spec = mapping_lists.spec(kind, f"accept.{kind}")
        self.view = ListView(spec, source, bridge)
        self.view.filter_row.without_tools(keeps_columns=True)
        self.view.set_base(sure_members())
        self.body.addWidget(self.view, 1)
        self.do_button.clicked.connect(self._confirm)
        self.take_room(980, 560)
        self.view.start()
        self.do_button.setFocus()

    def _confirm(self) -> None:
        self.accept()
        self.confirmed.emit()


def sure_members() -> dict[str, str]:
    """What restricts a mapping list to suggestions that may be accepted together."""
    return {"state": "suggested", "score": f">={mapping_lists.SURE}"}


# -- test an account -----------------------------------------------------------------------------


class AccountDialog(Sheet):
    """Asks what an account becomes for a company on a day; `wanted` has chart, account and so on.

    The answer stands in the dialog, so that several can be tried.
    """

    wanted = Signal(str, str, str, object)

    def __init__(self, row: Row | None, parent: QWidget | None = None) -> None:
        sentence = say("tells_which_avidxchange_code_an_account")
        super().__init__(say("test_an_account"), sentence, say("test"), parent)
        room = theme.sizes()
        today = datetime.now(UTC).astimezone().date().isoformat()
        self._titles = {
            "chart": say("chart"), "account": say("account"), "company": say("company"),
            "day": say("accounting_date"),
        }  # fmt: skip
        key1, key2 = (str(row["key1"]), str(row["key2"])) if row else ("", "")
        texts = {"chart": key1, "account": key2, "company": "", "day": today}
        hints = {"company": say("x3_code_or_empty"), "day": say("as_2026_01_31")}
        self.edits = {name: LineEdit(name=title) for name, title in self._titles.items()}
        self._fields: dict[str, Field] = {}
        line = QHBoxLayout()
        line.setContentsMargins(room.unit * 5, 0, room.unit * 5, 0)
        line.setSpacing(room.unit * 3)
        for name, text in texts.items():
            self.edits[name].setText(text)
            title = self._titles[name]
            self._fields[name] = Field(title, self.edits[name], hints.get(name, ""))
            line.addWidget(self._fields[name], 1, Qt.AlignmentFlag.AlignTop)
        self.answer = TextLabel(
            " ", weight=theme.Weight.Medium, is_wrapped=True, is_selectable=True
        )
        self.answer.setContentsMargins(room.unit * 5, 0, room.unit * 5, room.unit * 4)
        self.body.addLayout(line)
        self.body.addWidget(self.answer)
        self.body.addStretch(1)
        self.cancel_button.set_text(say("close"))
        self.do_button.clicked.connect(self._ask)
        self.take_room(640, 260)
        self.edits["account" if row else "chart"].setFocus()

    def _ask(self) -> None:
        texts = {name: edit.text().strip() for name, edit in self.edits.items()}
        for name in ("chart", "account"):
            missing = say("type_the", name=self._titles[name].lower())
            self._fields[name].set_error("" if texts[name] else missing)
        day = texts["day"]
        self._fields["day"].set_error("" if is_day(day) else say("type_it_as_2026_01_31"))
        if texts["chart"] and texts["account"] and is_day(day):
            self.wanted.emit(
                texts["chart"], texts["account"], texts["company"], date.fromisoformat(day)
            )

    def show_answer(self, text: str) -> None:
        """Say what the account becomes."""
        self.answer.setText(text)
        self.answer.setAccessibleName(text)
