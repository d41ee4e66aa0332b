"""The pages behind the tabs: made once, told what changed, and led from one to another.

It knows which tabs there are and the few words pages and frame exchange; no page's inside.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from core.desk import Desk
from core.desk_views import HealthView, PlanView
from core.words import area
from ui.bridge import Bridge

say = area(__name__)

if TYPE_CHECKING:
    from ui.tab_sync import SyncTab
    from ui.window import Window

_Make = Callable[[Desk, Bridge, QWidget], QWidget]


def _sync(desk: Desk, bridge: Bridge, parent: QWidget) -> QWidget:
    from ui.tab_sync import SyncTab

    return SyncTab(desk, bridge, parent)


def _invoices(desk: Desk, bridge: Bridge, parent: QWidget) -> QWidget:
    from ui.tab_lists import InvoicesTab

    return InvoicesTab(desk, bridge, parent)


def _payments(desk: Desk, bridge: Bridge, parent: QWidget) -> QWidget:
    from ui.tab_lists import PaymentsTab

    return PaymentsTab(desk, bridge, parent)


def _review(desk: Desk, bridge: Bridge, parent: QWidget) -> QWidget:
    from ui.tab_review import ReviewTab

    return ReviewTab(desk, bridge, parent)


def _mappings(desk: Desk, bridge: Bridge, parent: QWidget) -> QWidget:
    from ui.tab_mappings import MappingsTab

    return MappingsTab(desk, bridge, parent)


def _reconcile(desk: Desk, bridge: Bridge, parent: QWidget) -> QWidget:
    from ui.tab_reconcile import ReconcileTab

    return ReconcileTab(desk, bridge, parent)


def _audit(desk: Desk, bridge: Bridge, parent: QWidget) -> QWidget:
    from ui.tab_lists import AuditTab

    return AuditTab(desk, bridge, parent)


def _connections(desk: Desk, bridge: Bridge, parent: QWidget) -> QWidget:
    from ui.tab_connections import ConnectionsTab

    return ConnectionsTab(desk, bridge, parent)


@dataclass(frozen=True, slots=True)
class PageSpec:
    """One tab. `has_primary`: its own fix is the primary button, so *Sync now* is a plain one."""

    name: str
    title: str
    make: _Make
    has_primary: bool = False


PAGES = (
    PageSpec("sync", say("sync_status"), _sync),
    PageSpec("invoices", say("invoices"), _invoices),
    PageSpec("payments", say("payments"), _payments),
    PageSpec("review", say("needs_review"), _review, has_primary=True),
    PageSpec("mappings", say("mappings"), _mappings, has_primary=True),
    PageSpec("reconcile", say("reconciliation"), _reconcile, has_primary=True),
    PageSpec("audit", say("audit_log"), _audit),
    PageSpec("connections", say("connections"), _connections),
)
_PLACES = {page.name: at for at, page in enumerate(PAGES)}


class Pages(QObject):
    """Makes pages when they are first shown and passes on what concerns them."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._made: dict[str, QWidget] = {}
        self.plan: PlanView | None = None
        self.names = tuple(_PLACES)

    @property
    def current_name(self) -> str:
        """Name of the page in sight."""
        return PAGES[max(0, self._window.tabs.currentIndex())].name

    @property
    def current(self) -> Any:
        """The page in sight, None before the first; what it can do differs from page to page."""
        return self._made.get(self.current_name)

    def page(self, name: str) -> Any:
        """The page of this name, made now if it was not there."""
        found = self._made.get(name)
        if found is None:
            found = PAGES[_PLACES[name]].make(
                self._window.desk, self._window.bridge, self._window.stack
            )
            self._made[name] = found
            self._window.stack.addWidget(found)
            self._connect(found)
            if self._window.health is not None:
                _tell(found, "show_health", self._window.health)
        return found

    def make_all(self) -> None:
        """Make every page now: before the window is shown nobody waits for a click's answer."""
        for name in self.names:
            _tell(self.page(name), "show_topic", "mappings")

    def show(self, at: int) -> None:
        """Bring the page of a tab into sight."""
        page = self.page(PAGES[at].name)
        if self._window.stack.currentWidget() is not page:
            self._window.stack.setCurrentWidget(page)
            self._window.status.selection.setText("")
        self._set_primary()

    def open(self, name: str) -> Any:
        """Choose a tab, with the keyboard in its first part; the page."""
        page = self.page(name)
        at = _PLACES[name]
        if self._window.tabs.currentIndex() != at:
            self._window.tabs.setCurrentIndex(at)
        self.show(at)
        _tell(page, "first_focus")
        return page

    # -- what the frame passes on ------------------------------------------------------------

    def tell(self, topic: str) -> None:
        """Something under this topic changed."""
        for page in self._made.values():
            _tell(page, "show_topic", topic)

    def keep_places(self) -> None:
        """Where each list stands is there again at the next start."""
        for page in self._made.values():
            _tell(page, "keep_place")

    def show_health(self, health: HealthView) -> None:
        """The newest state of the whole."""
        for page in self._made.values():
            _tell(page, "show_health", health)

    def show_running(self, *, is_running: bool) -> None:
        """A run has begun or ended."""
        for page in self._made.values():
            if hasattr(page, "show_running"):
                page.show_running(is_running=is_running)

    def show_needs(self, count: int) -> None:
        """How many open items ask a person."""
        self._window.tabs.set_count(_PLACES["review"], count)

    def show_unmapped(self, count: int) -> None:
        """How many X3 codes hold something up because they are not mapped."""
        self._window.tabs.set_count(_PLACES["mappings"], count)

    def show_plan(self, plan_hash: str) -> None:
        """Show a plan that waits for its approval, on the first tab."""
        page: SyncTab = self.open("sync")
        page.show_plan(plan_hash)

    # -- what pages wish ---------------------------------------------------------------------

    def _connect(self, page: QWidget) -> None:
        """Pages have those of these signals that they need."""
        for name, slot in (
            ("open_invoice", self.open_invoice),
            ("open_list", self.open_list),
            ("open_payment", self.open_payment),
            ("map_wanted", self.open_mapping),
            ("wants", self.carry_out),
            ("plan_changed", self._plan_changed),
            ("plan_approved", self._window.apply_plan),
            ("selection_said", self._window.status.selection.setText),
            ("unmapped_changed", self.show_unmapped),
        ):
            signal = getattr(page, name, None)
            if signal is not None:
                signal.connect(slot)

    def open_invoice(self, number: str) -> None:
        """Show one invoice in its list."""
        self.open_list("invoices", {"number": number})

    def open_payment(self, payment_id: str) -> None:
        """Show one payment in its list."""
        self.open_list("payments", {"payment_id": payment_id})

    def open_list(self, name: str, members: Mapping[str, str]) -> None:
        """Show a list restricted to what these members say."""
        _tell(self.open(name), "show_filtered", members)

    def open_mapping(self, kind: str, key1: str, key2: str) -> None:
        """Show the mapping of one X3 code."""
        _tell(self.open("mappings"), "show_key", kind, key1, key2)

    def carry_out(self, command: str) -> None:
        """A page asks for a command of the frame, or for another page by its name."""
        commands = {
            "sync": self._window.sync_now,
            "preview": self._window.preview,
            "stop": self._window.stop,
        }
        if command in commands:
            commands[command]()
        elif command in _PLACES:
            self.open(command)

    def _plan_changed(self, plan: PlanView | None) -> None:
        self.plan = plan
        self._window.show_strip()
        self._set_primary()

    def _set_primary(self) -> None:
        name = self.current_name
        is_taken = PAGES[_PLACES[name]].has_primary or (name == "sync" and self.plan is not None)
        self._window.toolbar.set_primary(is_primary=not is_taken)


def _tell(page: Any, method: str, *what: Any) -> None:
    """Pages need not listen to everything."""
    listens = getattr(page, method, None)
    if listens is not None:
        listens(*what)
