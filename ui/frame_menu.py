"""The menu of the window with the keys of the frame (product.md 5).

Keys that belong to a list are bound by the list, so that each works where it is typed; from where
none takes them they go to the list in sight.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, QUrl
from PySide6.QtGui import QAction, QActionGroup, QDesktopServices, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from core.words import area
from ui import theme
from ui.about import AboutDialog
from ui.dialogs import ConfirmDialog, Question
from ui.pages import PAGES

say = area(__name__)

if TYPE_CHECKING:
    from ui.window import Window

_PageKey = tuple[Qt.KeyboardModifier, Qt.Key]
#: Keys of the page in sight, wherever on it the keyboard is: what is asked, and of list or page.
_PAGE_KEYS: dict[_PageKey, tuple[str, bool]] = {
    (Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_F): ("focus_find", True),
    (Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_E): ("export", True),
    (Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_Z): ("undo", False),
    (Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_Y): ("redo", False),
    (Qt.KeyboardModifier.NoModifier, Qt.Key.Key_F4): ("toggle_pane", False),
}
_SCHEMES = (("system", say("as_the_system")), ("light", say("light")), ("dark", say("dark")))
_KEYS = (
    ("F9", say("sync_now")),
    ("Shift+F9", say("preview")),
    ("Ctrl+1 … 8", say("tabs")),
    ("F6", say("from_list_to_pane_to_status_bar")),
    ("Ctrl+F", say("find_in_the_list")),
    ("F4", say("details_pane")),
    ("← →", say("width_of_the_details_at_their_edge")),
    ("Ctrl+E", say("export_the_list")),
    ("F1", say("why_it_stands_where_it_stands")),
    (say("alt"), say("shows_the_letter_that_presses_a_button")),
    ("Shift+F10", say("menu_of_the_row_or_the_chip")),
    ("Ctrl+Enter", say("approve_the_plan_in_sight")),
    ("Ctrl+Down", say("mappings_next_that_is_not_mapped")),
    ("Ctrl+Z", say("mappings_take_the_last_one_back")),
    ("Ctrl+Y", say("mappings_make_it_again")),
)
_KEYS_SAID = say("tab_goes_through_a_tab_as_it")


class FrameMenu(QObject):
    """Fills the menu bar of the window and binds its keys."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._actions: dict[str, QAction] = {}
        self._workspace()
        self._edit()
        self._view()
        self._help()

    def show_running(self, *, is_running: bool) -> None:
        """Only what fits now can be chosen."""
        for name in ("sync", "preview"):
            self._actions[name].setEnabled(not is_running)
        self._actions["stop"].setEnabled(is_running)

    def _menu(self, title: str) -> QMenu:
        menu = QMenu(title, self._window)
        self._window.menuBar().addMenu(menu)
        return menu

    def _add(
        self, menu: QMenu, words: str, slot: Callable[[], Any], keys: str = "", name: str = ""
    ) -> QAction:
        action = menu.addAction(words)
        if keys:
            action.setShortcut(QKeySequence(keys))
        # `triggered` carries whether it is checked; none of these commands wants to know.
        action.triggered.connect(partial(_call, slot))
        if name:
            self._actions[name] = action
        return action

    def _workspace(self) -> None:
        window = self._window
        menu = self._menu("&Workspace")
        self._add(menu, say("sync_now_2"), window.sync_now, "F9", "sync")
        self._add(menu, "&Preview", window.preview, "Shift+F9", "preview")
        self._add(menu, say("s_top_the_run"), window.stop, name="stop").setEnabled(False)
        menu.addSeparator()
        self._add(menu, "Set &up…", window.open_wizard)
        self._add(menu, say("open_the_folder_of_this_workspace"), self._open_folder)
        menu.addSeparator()
        keeps = self._add(menu, say("keep_running_when_closed"), self._turn_keeping, name="keeps")
        keeps.setCheckable(True)
        menu.aboutToShow.connect(self._show_keeping)
        self._show_keeping()
        self._add(menu, "&Quit", window.quit_asked.emit, "Ctrl+Q")

    def _edit(self) -> None:
        menu = self._menu("&Edit")
        self._add(menu, "&Undo\tCtrl+Z", partial(self._page, "undo"))
        self._add(menu, "&Redo\tCtrl+Y", partial(self._page, "redo"))
        menu.addSeparator()
        self._add(menu, "&Copy\tCtrl+C", partial(self._list, "copy"))
        self._add(menu, "&Find\tCtrl+F", partial(self._list, "focus_find"))
        self._add(menu, say("export_this_view_ctrl_e"), partial(self._list, "export"))

    def _view(self) -> None:
        menu = self._menu("&View")
        for number, page in enumerate(PAGES, start=1):
            self._add(
                menu, page.title, partial(self._window.pages.open, page.name), f"Ctrl+{number}"
            )
        menu.addSeparator()
        self._add(menu, say("details_pane_f4"), partial(self._page, "toggle_pane"))
        self._add(menu, say("next_part"), self.next_part, "F6")
        menu.addSeparator()
        colours = menu.addMenu("&Colours")
        group = QActionGroup(self)
        kept = str(self._window.preferences.value("look/scheme", "system"))
        for name, words in _SCHEMES:
            action = self._add(colours, words, partial(self._choose_scheme, name))
            action.setCheckable(True)
            action.setChecked(name == kept)
            group.addAction(action)
        if kept != "system":
            self._choose_scheme(kept)

    def _help(self) -> None:
        menu = self._menu("&Help")
        self._add(menu, "&Explain", self._explain, "F1")
        self._add(menu, "&Keys", self._show_keys)
        self._add(menu, say("open_the_log_folder"), self._open_logs)
        menu.addSeparator()
        self._add(menu, say("about_crossfoot"), self._show_about)

    # -- what they do ------------------------------------------------------------------------

    def next_part(self) -> None:
        """The keyboard goes on to the next of list, pane and status bar."""
        page = self._window.pages.current
        parts = [part for part in _panes(page) if part.isVisible() and part.isEnabled()]
        parts.append(self._window.status.needs_you)
        at = QApplication.focusWidget()
        inside = [number for number, part in enumerate(parts) if _holds(part, at)]
        chosen = parts[(inside[0] + 1) % len(parts) if inside else 0]
        chosen.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def press(self, event: QKeyEvent) -> bool:
        """Carry out a key that no part of the page has taken; whether it is one of the page's."""
        asked = _PAGE_KEYS.get((event.modifiers(), Qt.Key(event.key())))
        if asked is None:
            return False
        method, is_of_list = asked
        (self._list if is_of_list else self._page)(method)
        return True

    def _page(self, method: str) -> None:
        found = getattr(self._window.pages.current, method, None)
        if found is not None:
            found()

    def _explain(self) -> None:
        """Why it stands where it stands; where nothing stands to be explained, which keys work."""
        if hasattr(self._window.pages.current, "explain"):
            self._page("explain")
        else:
            self._show_keys()

    def _list(self, method: str) -> None:
        page = self._window.pages.current
        current = getattr(page, "current_list", None)
        view = current() if current is not None else getattr(page, "list", None)
        found = getattr(view, method, None)
        if found is not None:
            found()

    def _show_keeping(self) -> None:
        """Only where there is a place beside the clock; ticked as it was decided."""
        closing = self._window.closing
        self._actions["keeps"].setVisible(closing.has_tray)
        self._actions["keeps"].setChecked(bool(closing.keeps_running))

    def _turn_keeping(self) -> None:
        self._window.closing.decide(keeps_running=self._actions["keeps"].isChecked())

    def _choose_scheme(self, name: str) -> None:
        app = QApplication.instance()
        chosen = next(known for known, _ in _SCHEMES if known == name)
        if isinstance(app, QApplication):
            theme.apply(app, _scheme(chosen))
        self._window.preferences.setValue("look/scheme", name)

    def _open_folder(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._window.desk.directory)))

    def _open_logs(self) -> None:
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._window.desk.directory / "logs")))

    def _show_keys(self) -> None:
        self._tell(
            Question(say("keys_of_the_window"), _KEYS_SAID, say("close"), facts=_KEYS, kind="wait")
        )

    def _show_about(self) -> None:
        window = self._window
        AboutDialog(window.desk.directory, window.bridge, window).open()

    def _tell(self, question: Question) -> None:
        dialog = ConfirmDialog(question, self._window)
        dialog.leave_button.hide()
        dialog.show()


def _call(slot: Callable[[], Any], *_: object) -> None:
    slot()


def _scheme(name: str) -> theme.Scheme:
    return "dark" if name == "dark" else "light" if name == "light" else "system"


def _panes(page: Any) -> list[QWidget]:
    """The parts a page offers to F6, in reading order; by itself its focus proxy's place."""
    offered = getattr(page, "panes", None)
    if offered is not None:
        return list(offered())
    view = getattr(page, "list", None)
    return [view] if isinstance(view, QWidget) else []


def _holds(part: QWidget, at: QWidget | None) -> bool:
    return at is not None and (part is at or part.isAncestorOf(at))
