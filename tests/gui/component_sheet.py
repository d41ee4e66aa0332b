"""Every shared part in each of its states on one page, for pictures to be looked at."""

from typing import Any, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QMenu,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from tests.gui.component_rows import Rows
from ui import icons, theme
from ui.widgets import (
    Banner,
    Button,
    Card,
    Chip,
    ChoiceCard,
    Combo,
    EnvironmentStrip,
    Evidence,
    EvidenceRow,
    Facts,
    Field,
    FigureCard,
    FindField,
    IconButton,
    LineEdit,
    Panel,
    PillLabel,
    PillLook,
    ProgressStrip,
    QuotedBox,
    SecretEdit,
    Segment,
    StatusBar,
    TabBar,
    TextLabel,
    Timeline,
    TimelineEntry,
    group_heading,
)

TABS = (
    "Sync status",
    "Invoices",
    "Payments",
    "Needs review",
    "Mappings",
    "Reconciliation",
    "Audit log",
    "Connections",
)
ACT = (
    ("needs_mapping", "Needs mapping", "warn"),
    ("needs_review", "Needs review", "warn"),
    ("held", "Held", "warn"),
    ("in_doubt", "In doubt", "doubt"),
    ("rejected", "Rejected", "bad"),
    ("payment_voided", "Payment voided", "bad"),
    ("payment_returned", "Payment returned", "bad"),
    ("changed_after_sending", "Changed after sending", "warn"),
)
BY_ITSELF = (
    ("ready", "Ready", "go"),
    ("sending", "Sending", "go"),
    ("sent", "Sent", "wait"),
    ("in_approval", "In approval", "wait"),
    ("approved", "Approved", "wait"),
    ("payment_scheduled", "Payment scheduled", "wait"),
    ("payment_issued", "Payment issued", "wait"),
    ("part_paid", "Part paid", "wait"),
    ("paid", "Paid", "ok"),
    ("excluded", "Excluded", "wait"),
)


Part = TypeVar("Part", bound=QWidget)


class FocusedButton(Button):
    """A button that shows its ring; only one widget can have the focus."""

    def hasFocus(self) -> bool:  # noqa: N802 Qt's name
        return True


class FocusedChip(Chip):
    """A chip that shows its ring."""

    def hasFocus(self) -> bool:  # noqa: N802 Qt's name
        return True


def hovered(part: Part) -> Part:
    part.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    return part


class Sheet(QWidget):
    """The page of all parts."""

    def __init__(self) -> None:
        super().__init__()
        self.setAutoFillBackground(True)
        columns = QHBoxLayout(self)
        columns.setContentsMargins(20, 20, 20, 20)
        columns.setSpacing(28)
        self.left, self.right = QVBoxLayout(), QVBoxLayout()
        for side in (self.left, self.right):
            side.setSpacing(12)
            columns.addLayout(side)
        self._buttons()
        self._fields()
        self._states()
        self._surfaces()
        self._more()
        self.left.addStretch(1)
        self.right.addStretch(1)

    def _row(self, name: str, *parts: QWidget) -> None:
        row = QHBoxLayout()
        row.setSpacing(10)
        label = TextLabel(name, tone="muted")
        label.setFixedWidth(110)
        row.addWidget(label)
        for part in parts:
            row.addWidget(part)
        row.addStretch(1)
        self.left.addLayout(row)

    def _buttons(self) -> None:
        self.left.addWidget(TextLabel("Components", ratio=1.35, weight=theme.Weight.DemiBold))
        sync: dict[str, Any] = {"kind": "primary", "icon": "refresh", "key": "F9"}
        busy, off = Button("Sync now", **sync), Button("Sync now", **sync)
        busy.set_busy("Syncing")
        off.refuse("A run is under way")
        self._row(
            "Primary",
            Button("Sync now", **sync),
            hovered(Button("Sync now", **sync)),
            FocusedButton("Sync now", **sync),
            off,
            busy,
        )
        pressed, none, more = (
            Button("Preview", icon="eye"),
            Button("Preview", icon="eye"),
            Button("More"),
        )
        pressed.setDown(True)
        none.refuse("Nothing to preview")
        self.menu = QMenu()
        more.set_menu(self.menu)
        self._row(
            "Plain",
            Button("Preview", icon="eye"),
            hovered(Button("Preview", icon="eye")),
            FocusedButton("Preview", icon="eye"),
            pressed,
            none,
            more,
        )
        quiet: dict[str, Any] = {"kind": "quiet", "icon": "filter"}
        link: dict[str, Any] = {"kind": "link", "icon": "arrow-right"}
        self._row(
            "Quiet, link",
            Button("Filter", **quiet),
            hovered(Button("Filter", **quiet)),
            FocusedButton("Filter", **quiet),
            Button("Open", **link),
            hovered(Button("Open", **link)),
            FocusedButton("Open", **link),
            IconButton("columns-3", "Columns"),
            IconButton("player-pause", "Pause", kind="plain"),
            Button("Copy as a reply", icon="copy", is_small=True),
        )

    def _fields(self) -> None:
        self.focused = LineEdit(icon="search", name="Find")
        self.focused.setText("supplier:acme")
        self.focused.setFixedWidth(150)
        wrong, off = LineEdit(name="Address"), LineEdit("Not changeable", name="Fixed")
        wrong.setText("x3.plant")
        wrong.set_error(is_wrong=True)
        wrong.setFixedWidth(130)
        off.setEnabled(False)
        off.setFixedWidth(130)
        find = FindField()
        find.set_width(160)
        self._row("Field", find, self.focused, wrong, off)
        combo = Combo("Period", ["October 2026", "September 2026"], icon="calendar")
        no = Combo("Company", ["NA10"])
        no.setEnabled(False)
        self._row("Combo", combo, Combo("Currency", ["USD"]), no)
        self._row(
            "Chips",
            Chip("state", "held"),
            hovered(Chip("state", "held")),
            FocusedChip("state", "held"),
            Chip("", "My open items", is_outlined=True),
            hovered(Chip("", "My open items", is_outlined=True)),
        )
        segment = Segment("What", ["Vendors", "GL accounts", "Dimensions"])
        segment.set_count(0, 6)
        segment.set_count(1, 29)
        checked, box = QCheckBox("Checked"), QCheckBox("Not checked")
        checked.setChecked(True)
        radio = QRadioButton()
        radio.setChecked(True)
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(radio)
        row.addWidget(QRadioButton())
        self._row("Choices", segment, checked, box, holder)
        gone, on = QCheckBox("Off"), QCheckBox("On, off")
        on.setChecked(True)
        for part in (gone, on):
            part.setEnabled(False)
        self._row("Disabled", gone, on)

    def _states(self) -> None:
        def pills(states: tuple[tuple[str, str, str], ...]) -> list[QWidget]:
            return [
                PillLabel(PillLook(icons.STATES[state], word, kind), is_flush=True)
                for state, word, kind in states
            ]

        self._row("States: act", *pills(ACT[:4]))
        self._row("", *pills(ACT[4:]))
        self._row("States: by itself", *pills(BY_ITSELF[:6]))
        self._row("", *pills(BY_ITSELF[6:]))
        panel = Panel("These 4 documents", "39,120.00 USD")
        panel.add_to_head(Button("Export", kind="quiet", icon="table-export"))
        panel.set_content(Rows())
        self.left.addWidget(panel)
        self.left.addWidget(
            Banner(
                "warn",
                "alert-triangle",
                "The AvidXchange key ends in 15 days",
                "Ask for a new one before 12/08/2026. Nothing stops until then.",
                [Button("Enter new key…", icon="key")],
            )
        )
        self.left.addWidget(
            Banner(
                "bad",
                "plug-connected-x",
                "AvidXchange can't be reached since 09:12",
                "The connection to api.avid.example was closed before an answer came. Nothing was "
                "lost and nothing is sent twice: 12 invoices (18,940.00 USD) wait here.",
                [Button("What to tell IT", icon="copy"), Button("Test now", icon="refresh")],
            )
        )

    def _surfaces(self) -> None:
        strip = EnvironmentStrip()
        strip.show_mode(
            "demo", "Both systems are simulated. Nothing reaches Sage X3.", "Demo company"
        )
        self.right.addWidget(strip)
        tabs = TabBar("Tabs", TABS)
        tabs.set_count(3, 7)
        tabs.set_count(4, 38)
        tabs.setCurrentIndex(3)
        self.right.addWidget(tabs)
        progress = ProgressStrip()
        progress.show_progress("Invoices", 412, 1204, needs=3, elapsed_s=21)
        self.right.addWidget(progress)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(FigureCard("Open in Sage X3", "618,204.55", "1,411 open items"))
        row.addWidget(FigureCard("Unexplained", "0.00", "every cent has a cause", tone="ok"))
        row.addWidget(FigureCard("Not in this plan", "7", aside="61,387.20", tone="warn"))
        self.right.addLayout(row)
        card = Card("AvidXchange", "")
        card.add_to_head(PillLabel(PillLook("plug-connected-x", "Not reached", "bad")))
        card.body.addWidget(group_heading("On their way"))
        card.body.addWidget(Facts([("Sent", "Nov 18 09:12, revision 0"), ("Order", "POH02290")]))
        card.set_fault(is_faulty=True)
        fine = Card("Needs you")
        fine.add_to_head(Button("Open", kind="link", icon="arrow-right"))
        box = QuotedBox()
        said = TextLabel(
            "Not paid yet because the plant manager has had it for 4 days.",
            weight=theme.Weight.DemiBold,
            is_wrapped=True,
        )
        box.body.addWidget(said)
        box.body.addWidget(Button("Copy as a reply", icon="copy", is_small=True))
        fine.body.addWidget(box)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(card)
        row.addWidget(fine)
        self.right.addLayout(row)

    def _more(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self._form(), 2)
        row.addWidget(self._history(), 3)
        self.right.addLayout(row)
        card = Card("Which vendor is it?", "suggestions from tax id, name and past invoices")
        evidence = Evidence(
            [
                EvidenceRow("Name", "Delmarva Paper Mill", "Delmarva Paper Mill LLC", "alike"),
                EvidenceRow("Tax id", "••-•••4471", "••-•••4471", "same"),
                EvidenceRow("City", "Salisbury", "Easton", "differs"),
            ]
        )
        first = ChoiceCard("V-10442", "Delmarva Paper Mill LLC", "same tax id", 97, evidence)
        first.radio.setChecked(True)
        second = ChoiceCard("V-20913", "Del-Mar Paper Products", "name alike, other state", 58)
        card.body.addWidget(first)
        card.body.addWidget(second)
        self.right.addWidget(card)
        bar = StatusBar()
        bar.x3.show_words("X3 PROD", "09:41", icon="circle-check", icon_tone="ok")
        bar.avidxchange.show_words(
            "AvidXchange", "not reached since 09:12", tone="bad", icon="plug-connected-x"
        )
        bar.next_run.show_words("Next run 10:00")
        bar.show_needs(7)
        bar.selection.setText("1 selected · sum 4,861.06 USD")
        self.right.addWidget(bar)

    def _form(self) -> QWidget:
        form = Card("Sage X3")
        wrong = Field("Address", LineEdit())
        wrong.set_error("Type a whole address, as https://x3.plant.example:8124")
        form.body.addWidget(wrong)
        hint = "Kept encrypted. Never shown again."
        form.body.addWidget(Field("Client secret", SecretEdit("", is_stored=True), hint))
        return form

    def _history(self) -> QWidget:
        history = Card("History")
        history.body.addWidget(
            Timeline(
                [
                    TimelineEntry(
                        "hourglass",
                        "With the plant manager since Nov 19",
                        "now",
                        "AvidXchange asks again each morning.",
                    ),
                    TimelineEntry(
                        "eye-check", "Coded by the approver; account unchanged", "Nov 19 10:58"
                    ),
                    TimelineEntry(
                        "circle-check",
                        "AvidXchange took it as AVX-551902",
                        "Nov 18 09:12",
                        "Found by our reference X3|PROD|NA10|PIH04217|0. Request and answer kept.",
                        is_ours=True,
                        key="1",
                    ),
                    TimelineEntry(
                        "send", "Sent, 3 lines, 4,861.06 USD", "Nov 18 09:12", is_ours=True, key="2"
                    ),
                    TimelineEntry("file-text", "Posted in Sage X3", "Nov 17 16:20"),
                ]
            )
        )
        return history
