"""Details of one action of a plan: what changes, what stays, and the bytes that would be sent."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from core.desk import Desk
from core.desk_views import ActionView
from core.words import area
from ui import formats, theme
from ui.bridge import Bridge, Ticket
from ui.kept_text import CodeView
from ui.list_spec import Row
from ui.plan_list import KINDS
from ui.widgets import Box, Button, Facts, Hairline, ScrollArea, TextLabel
from ui.widgets_text import PANE

say = area(__name__)

_DEMI = theme.Weight.DemiBold
_LABEL = 76
_CODE = 3  # letters of a currency
_LEAST_LINES = 14
_UNTOLD = area("core.desk_plans")("because_of")  # names a key, which is no word for people


class PlanPane(Box):
    """Shows the action that is current in the list; reads it off the GUI thread."""

    def __init__(self, desk: Desk, bridge: Bridge, plan_hash: str) -> None:
        super().__init__(edge="base", radius=0)
        room = theme.sizes()
        self._desk, self._bridge, self._hash = desk, bridge, plan_hash
        self._asked: Ticket | None = None
        self.setAccessibleName(say("details_of_the_action"))
        self.title = TextLabel("", ratio=PANE, weight=_DEMI, is_wrapped=True)
        self.who = TextLabel("", tone="muted", is_wrapped=True)
        self._changes = Facts(label_width=_LABEL)
        self._stays = TextLabel("", tone="muted", is_wrapped=True)
        self.more = Button(say("show_the_exact_bytes"), kind="link", icon="code")
        self.more.clicked.connect(self._toggle)
        self.bytes = CodeView(say("the_exact_bytes_of_the_request"), "")
        self._parts = (
            TextLabel(say("what_changes"), weight=_DEMI),
            TextLabel(say("what_stays"), weight=_DEMI),
        )
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(room.margin, room.unit * 3, room.margin, room.unit * 2)
        column.setSpacing(room.unit * 2)
        for part in (
            self.title, self.who, Hairline(), self._parts[0], self._changes, Hairline(),
            self._parts[1], self._stays,
        ):  # fmt: skip
            column.addWidget(part)
        column.addStretch(1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, room.unit * 2)
        whole.setSpacing(room.unit)
        self._scroll = ScrollArea(inside)
        self._scroll.setAccessibleName(say("what_changes"))
        whole.addWidget(self._scroll, 1)
        for shown, share in ((self.bytes, 1), (self.more, 0)):
            row = QHBoxLayout()
            row.setContentsMargins(room.margin, 0, room.margin, 0)
            row.addWidget(shown, share)
            row.addStretch(1 - share)
            whole.addLayout(row, share)
        self._prepare_bytes()
        self.setFocusProxy(self.more)
        self.show_row(None)

    def _prepare_bytes(self) -> None:
        self.bytes.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        fixed.setPointSizeF(max(1.0, theme.font(0.92).pointSizeF()))
        self.bytes.setFont(fixed)
        self.bytes.setMinimumHeight(theme.sizes().height * _LEAST_LINES)
        self.bytes.hide()

    def show_row(self, row: Row | None) -> None:
        """Show another action; None shows that none is chosen."""
        if self._asked is not None:
            self._asked.cancel()
            self._asked = None
        self.more.setEnabled(row is not None)
        if row is None:
            self.title.setText(say("no_action_is_chosen"))
            self.who.setText(say("choose_one_in_the_list_to_see"))
            self._changes.set_rows(())
            self._stays.setText("")
            self.bytes.clear()
            return
        look = KINDS.get(str(row["kind"]))
        self.title.setText(f"{look.text if look else row['action']} {row['object']}")
        name = str(row.get("supplier_name") or "")
        written = say("written_to", to=row["to"])
        self.who.setText(f"{name.rstrip('.')}. {written}" if name else written)
        position = int(row["position"])
        self._asked = self._bridge.read_later(
            self, lambda: self._desk.action(self._hash, position), self._show_action
        )

    def _show_action(self, action: ActionView | None) -> None:
        self._asked = None
        if action is None:
            return
        self._changes.set_rows(
            [(what, _change(now, then)) for what, now, then in action.changes if what != _UNTOLD]
        )
        self._stays.setText("\n".join(f"{what}: {word}." for what, word in action.stays))
        self.bytes.setPlainText(action.body)
        self.bytes.setAccessibleDescription(formats.counted(action.size, "byte"))

    def _toggle(self) -> None:
        is_shown = self.bytes.isHidden()
        self.bytes.setVisible(is_shown)
        self.more.set_text(say("hide_the_exact_bytes") if is_shown else say("show_the_exact_bytes"))


def _change(now: str, then: str) -> str:
    """What was and what will be; an amount with its currency as people read it."""
    value, _, currency = then.partition(" ")
    try:
        amount = Decimal(value)
    except InvalidOperation:
        return f"{now} → {then}" if now else then
    is_money = len(currency) == _CODE and currency.isupper()
    shown = formats.money(amount, currency) if is_money else then
    return f"{now} → {shown}" if now else shown
