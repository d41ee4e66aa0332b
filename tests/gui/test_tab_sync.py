"""The frame and its first tab: figures of the core, ways into lists, the plan, narrow windows."""

import json
import urllib.request
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from core import app
from core.desk import Desk
from core.desk_views import HealthView, InvariantView, SideView
from core.facade import SyncOrder
from core.store.values import put_contact
from tests.gui.window_site import WAIT_MS, nameless, run_to_end, shown
from ui import runs_list
from ui.list_spec import Query
from ui.side_banner import SideBanner
from ui.tab_sync import SyncTab
from ui.toolbar import minutes_until_morning
from ui.window import Window
from ui.wizard import Wizard


def front(window: Window) -> SyncTab:
    page = window.pages.page("sync")
    assert isinstance(page, SyncTab)
    return page


def figures_read(tab: SyncTab, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: tab._overview is not None, timeout=WAIT_MS)
    qtbot.waitUntil(lambda: tab.list.model.rowCount() > 0, timeout=WAIT_MS)


def test_the_front_page_shows_what_the_core_counts(desk_with_demo: Desk, qtbot: QtBot) -> None:
    with shown(desk_with_demo, qtbot) as window:
        tab = front(window)
        figures_read(tab, qtbot)
        health = desk_with_demo.health()
        for state in ("needs_mapping", "held", "approved", "payment_scheduled"):
            line = tab.standing.lines[state]
            assert line._count == health.by_state[state]
            assert f"{health.by_state[state]} invoice" in line.accessibleName()
        assert tab.list.model.rowCount() == 6
        assert tab.needs.title.text() == "Needs you"
        assert window.status.needs_you.accessibleName() == f"Needs you: {health.needs_you}"
        assert window.tabs.accessibleTabName(3) == f"Needs review, {health.needs_you}"
        assert not window.environment.isHidden()
        assert window.environment.accessibleName().startswith("DEMO")
        assert not tab.banner.isVisible()


def test_what_changes_while_figures_are_read_is_read_afterwards(
    desk_with_demo: Desk, qtbot: QtBot
) -> None:
    with shown(desk_with_demo, qtbot) as window:
        tab = front(window)
        figures_read(tab, qtbot)
        window.bridge.changed.disconnect()
        qtbot.waitUntil(lambda: not tab._pause.isActive(), timeout=WAIT_MS)
        qtbot.waitUntil(lambda: tab._reading is None, timeout=WAIT_MS)
        first = tab._overview
        tab._read()
        tab._read()
        qtbot.waitUntil(lambda: tab._overview is not first, timeout=WAIT_MS)
        second = tab._overview
        qtbot.waitUntil(lambda: tab._overview is not second, timeout=WAIT_MS)


def test_a_line_opens_the_invoices_it_counts(desk_with_demo: Desk, qtbot: QtBot) -> None:
    with shown(desk_with_demo, qtbot) as window:
        tab = front(window)
        figures_read(tab, qtbot)
        line = tab.standing.lines["held"]
        QTest.mouseClick(line, Qt.MouseButton.LeftButton)
        assert window.pages.current_name == "invoices"
        page = window.pages.current
        count = desk_with_demo.health().by_state["held"]
        qtbot.waitUntil(lambda: page.list.model.figures.matched == count, timeout=WAIT_MS)


def test_a_run_is_seen_from_start_to_end(empty_desk: Desk, qtbot: QtBot) -> None:
    with shown(empty_desk, qtbot) as window:
        tab = front(window)
        qtbot.waitUntil(lambda: not tab.list.area.empty.isHidden(), timeout=WAIT_MS)
        assert tab.list.area.empty.accessibleName() == "Nothing has run yet"
        QTest.keyClick(window, Qt.Key.Key_F9)
        assert window.toolbar.sync.word() == "Syncing"
        assert not window.toolbar.preview.isEnabled()
        qtbot.waitUntil(window.progress.isVisible, timeout=WAIT_MS)
        assert window.progress.accessibleName()
        run_to_end(window, qtbot)
        qtbot.waitUntil(lambda: tab.list.model.rowCount() == 1, timeout=WAIT_MS)
        qtbot.waitUntil(lambda: tab.standing.lines["sent"]._count > 0, timeout=WAIT_MS)
        assert window.toolbar.sync.word() == "Sync now"
        assert window.toolbar.sync.isEnabled()
        assert window.progress.isHidden()


def test_a_plan_is_shown_and_applied_as_it_was_shown(empty_desk: Desk, qtbot: QtBot) -> None:
    with shown(empty_desk, qtbot) as window:
        tab = front(window)
        QTest.keyClick(window, Qt.Key.Key_F9, Qt.KeyboardModifier.ShiftModifier)
        qtbot.waitUntil(lambda: window.pages.plan is not None, timeout=WAIT_MS)
        plan, page = window.pages.plan, tab._plan
        assert plan is not None
        assert page is not None
        assert plan.actions > 0
        assert window.environment.accessibleName().startswith("PREVIEW")
        assert window.toolbar.sync._kind == "plain"
        qtbot.waitUntil(lambda: page.list.model.rowCount() == plan.actions, timeout=WAIT_MS)
        assert page.foot.approve.word() == f"Approve and run {plan.actions} actions"
        qtbot.waitUntil(lambda: page.pane.bytes.toPlainText() != "", timeout=WAIT_MS)
        QTest.mouseClick(page.pane.more, Qt.MouseButton.LeftButton)
        assert page.pane.bytes.isVisible()
        page.segment.setCurrentIndex(2)
        qtbot.waitUntil(lambda: page.list.model.figures.matched == 0, timeout=WAIT_MS)
        qtbot.waitUntil(page.foot.approve.isEnabled, timeout=WAIT_MS)
        page.list.setFocus()
        QTest.keyClick(page.list.table, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        qtbot.waitUntil(lambda: window.pages.plan is None, timeout=WAIT_MS)
        run_to_end(window, qtbot)
        qtbot.waitUntil(lambda: tab.standing.lines["sent"]._count > 0, timeout=WAIT_MS)
        runs = empty_desk.source("runs").page(Query(), None, 10).rows
        sent = [row["sent"] for row in runs if row["plan_hash"] == plan.hash]
        assert max(sent) == plan.kinds["invoice"]


def test_a_plan_approved_while_another_run_seems_to_go_on_is_applied(
    empty_desk: Desk, qtbot: QtBot
) -> None:
    """An answer that was on its way may still say so for a moment; the click must not be lost."""
    with shown(empty_desk, qtbot) as window:
        window.preview()
        qtbot.waitUntil(lambda: window.pages.plan is not None, timeout=WAIT_MS)
        plan = window.pages.plan
        assert plan is not None
        window._show_running(is_running=True)
        window.apply_plan(plan.hash)
        run_to_end(window, qtbot)
        runs = empty_desk.source("runs").page(Query(), None, 10).rows
        assert max(row["sent"] for row in runs if row["plan_hash"] == plan.hash) > 0


def test_a_discarded_plan_writes_nothing(empty_desk: Desk, qtbot: QtBot) -> None:
    with shown(empty_desk, qtbot) as window:
        window.preview()
        qtbot.waitUntil(lambda: window.pages.plan is not None, timeout=WAIT_MS)
        page = front(window)._plan
        assert page is not None
        QTest.mouseClick(page.foot.discard, Qt.MouseButton.LeftButton)
        assert window.pages.plan is None
        assert window.toolbar.sync._kind == "primary"
        assert empty_desk.source("runs").page(Query(), None, 1).rows[0]["sent"] == 0


def test_what_cannot_begin_is_told(empty_desk: Desk, qtbot: QtBot) -> None:
    with shown(empty_desk, qtbot) as window:
        window._ask(SyncOrder(plan="0" * 64), is_preview=False)
        qtbot.waitUntil(lambda: window.faults.dialog is not None, timeout=WAIT_MS)
        assert window.faults.dialog is not None
        assert "hash" in window.faults.dialog.accessibleDescription()
        window.faults.dialog.close()
        qtbot.waitUntil(lambda: not window.is_running, timeout=WAIT_MS)


@pytest.mark.parametrize(("width", "kind"), [(1600, "wide"), (1366, "plain"), (911, "narrow")])
def test_cards_fold_and_nothing_is_cut(
    desk_with_demo: Desk, qtbot: QtBot, width: int, kind: str
) -> None:
    with shown(desk_with_demo, qtbot, width, 512 if width < 1000 else 900) as window:
        tab = front(window)
        figures_read(tab, qtbot)
        assert window.width() == width
        assert tab._width_class == kind
        cards = (*tab.sides.values(), tab.next_run, tab.needs, tab.standing, tab.promises, tab.plot)

        def nothing_is_cut() -> None:
            for card in cards:
                assert card.width() >= card.minimumSizeHint().width(), type(card).__name__
                assert card.mapTo(tab, card.rect().topRight()).x() < tab.width()

        qtbot.waitUntil(nothing_is_cut)  # figures that come later are laid out with the next event
        assert bool(window.toolbar.preview.word()) == (kind != "narrow")


def test_every_control_has_a_name(desk_with_demo: Desk, qtbot: QtBot) -> None:
    with shown(desk_with_demo, qtbot) as window:
        figures_read(front(window), qtbot)
        assert nameless(window) == []


def test_keys_choose_tabs_and_parts(desk_with_demo: Desk, qtbot: QtBot) -> None:
    with shown(desk_with_demo, qtbot) as window:
        for number, name in enumerate(window.pages.names, start=1):
            key = Qt.Key(Qt.Key.Key_0.value + number)
            QTest.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
            assert window.pages.current_name == name
        window.pages.open("sync")
        seen = set()
        for _ in range(4):
            QTest.keyClick(window, Qt.Key.Key_F6)
            focused = QApplication.focusWidget()
            assert focused is not None
            seen.add(type(focused).__name__)
        assert "StatusPart" in seen
        assert "ListTable" in seen


def test_size_and_tab_are_kept(desk_with_demo: Desk, qtbot: QtBot) -> None:
    with shown(desk_with_demo, qtbot, 1280, 720) as window:
        window.pages.open("payments")
        preferences = window.preferences
    assert preferences.value("window/tab") == "payments"
    assert Path(preferences.fileName()).is_relative_to(desk_with_demo.directory)


def test_a_first_start_shows_the_wizard_and_says_what_is_missing(
    tmp_path: Path, qtbot: QtBot
) -> None:
    with app.desk(app.Opening(tmp_path / "plant")) as desk:
        desk.open()
        with shown(desk, qtbot) as window:
            qtbot.waitUntil(lambda: window.findChild(Wizard) is not None, timeout=WAIT_MS)
            wizard = window.findChild(Wizard)
            assert wizard is not None
            assert wizard.isVisible()
            assert front(window).banner._said.startswith("The settings are not whole")
            window.open_wizard()
            assert len(window.findChildren(Wizard)) == 1
            wizard.close()


def _health(**changes: object) -> HealthView:
    sides = (
        SideView("x3", "Sage X3", "ok", "2026-11-23T15:41:00Z"),
        SideView("avidxchange", "AvidXchange", "ok", "2026-11-23T15:41:00Z"),
    )
    members: dict[str, object] = {
        "environment": "live", "workspace": "Plant", "is_running": False, "sides": sides,
        "by_state": {"ready": 12}, "needs_you": 0, "waiting": 0, "in_doubt": 0, "invariants": (),
    }  # fmt: skip
    return HealthView(**(members | changes))  # type: ignore[arg-type] # members by name


def test_a_lost_side_is_told_with_what_is_safe(qtbot: QtBot) -> None:
    banner = SideBanner()
    qtbot.addWidget(banner)
    lost = SideView(
        "avidxchange", "AvidXchange", "not_reached", "2026-11-23T15:12:00Z", code="NET-01",
        text="The connection was closed before an answer came", fix="Check the network",
    )  # fmt: skip
    banner.show_health(_health(sides=(_health().sides[0], lost)))
    assert not banner.isHidden()
    said = banner._said
    assert "AvidXchange can't be reached since" in said
    assert "closed before an answer came." in said
    assert "12 invoices wait here" in said
    QTest.mouseClick(banner._tell_it, Qt.MouseButton.LeftButton)
    assert QApplication.clipboard().text() == said
    assert banner._go.word() == "Test now"
    with qtbot.waitSignal(banner.test_asked) as asked:
        banner._go.click()
    assert asked.args == ["avidxchange"]
    banner.show_health(_health())
    assert banner.isHidden()


def test_a_side_that_is_not_reached_is_tested_on_the_spot(
    desk_with_demo: Desk, qtbot: QtBot
) -> None:
    with shown(desk_with_demo, qtbot) as window:
        tab = front(window)
        lost = {"reachable": False, "code": "NET-01", "text": "The connection was refused"}
        with desk_with_demo._store.write():
            put_contact(desk_with_demo._store, "x3", lost)
        window._read_health()
        qtbot.waitUntil(tab.banner.isVisible, timeout=WAIT_MS)
        assert "refused" in tab.banner._said
        QTest.mouseClick(tab.banner._go, Qt.MouseButton.LeftButton)
        assert tab.banner._go.word() == "Testing"
        qtbot.waitUntil(tab.banner.isHidden, timeout=WAIT_MS)
        assert desk_with_demo.health().side("x3").state == "ok"
        assert window.pages.current_name == "sync"


def test_a_test_that_fails_stays_in_the_banner_with_its_time(
    desk_with_demo: Desk, qtbot: QtBot
) -> None:
    with shown(desk_with_demo, qtbot) as window:
        tab = front(window)
        with desk_with_demo._store.write():
            put_contact(desk_with_demo._store, "x3", {"reachable": False, "code": "NET-01"})
        window._read_health()
        qtbot.waitUntil(tab.banner.isVisible, timeout=WAIT_MS)
        fault = {"system": "x3", "operation": "*", "kind": "reset_before"}
        order = json.dumps([fault]).encode()
        url = f"{desk_with_demo.settings.x3.base_url}/_sandbox/faults"
        kind = {"Content-Type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(url, order, kind)).close()
        QTest.mouseClick(tab.banner._go, Qt.MouseButton.LeftButton)
        qtbot.waitUntil(lambda: "Tested at" in tab.banner._said, timeout=WAIT_MS)
        assert tab.banner.isVisible()
        assert tab.banner._go.word() == "Test now"


def test_a_broken_promise_comes_before_a_lost_side(qtbot: QtBot) -> None:
    banner = SideBanner()
    qtbot.addWidget(banner)
    broken = InvariantView("I4", "broken", "No payment is posted twice", ("AVD1 twice",))
    lost = SideView("x3", "Sage X3", "not_reached")
    banner.show_health(_health(invariants=(broken,), sides=(lost, _health().sides[1])))
    assert banner._said.startswith("I4 does not hold: no payment is posted twice")
    assert "AVD1 twice" in banner._said
    with qtbot.waitSignal(banner.review_asked):
        banner._go.click()


def test_rows_of_runs_say_how_they_ended() -> None:
    base = {"ended": "2026-11-23T15:41:09Z", "mode": "live", "errors": [], "review": 0}
    assert runs_list.outcome(base) == "done"
    assert runs_list.outcome({**base, "ended": ""}) == "running"
    assert runs_list.outcome({**base, "mode": "preview"}) == "preview"
    assert runs_list.outcome({**base, "review": 2}) == "needs_you"
    down = {**base, "errors": [{"code": "NET-01", "system": "avidxchange", "text": "closed"}]}
    assert runs_list.outcome(down) == "avidxchange"
    assert runs_list.happened(down) == "closed"
    assert runs_list.happened({**base, "vendors": 1, "drifted": 2}).startswith("1 vendor written")


def test_a_pause_until_morning_ends_at_six() -> None:
    assert 0 < minutes_until_morning() <= 30 * 60
