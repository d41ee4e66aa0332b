"""Pictures of the dialogs, of lists that have nothing to show, and of what is only checked.

What is only checked: twice the size, the least window, and the colours of high contrast.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.gui.desk_site import make_demo, opened

if TYPE_CHECKING:
    from PySide6.QtGui import QPalette
    from PySide6.QtWidgets import QApplication, QWidget

    from ui.window import Window

Settle = Callable[[float], None]
Take = Callable[["QWidget", Path], None]
_SCHEMES = ("light", "dark")
_OF_THIS_COMPUTER = frozenset(("about",))
_NATIVE = frozenset({"export"})  # Qt's own dialog, never shown on Windows
_FULL, _LEAST = (1366, 768), (900, 500)
_PAUSE_S, _PATIENCE = 0.5, 400


@contextmanager
def shown(app: QApplication, demo: Path, settle: Settle) -> Iterator[Window]:
    """A window over a demo, 1366 by 768."""
    from ui import shell
    from ui.bridge import Bridge
    from ui.window import Window

    with opened(demo) as desk:
        desk.open()
        bridge = Bridge()
        bridge.attach(desk.subscribe)
        window = Window(desk, bridge, shell.preferences_of(demo))
        window.resize(*_FULL)
        window.pages.make_all()
        window.show()
        settle(1.0)
        try:
            yield window
        finally:
            window.end()
            desk.close()
            bridge.close(desk.close_thread)
            window.deleteLater()
            app.processEvents()


def dialogs(window: Window, folder: Path, settle: Settle) -> Iterator[tuple[str, QWidget]]:
    """Every dialog that is painted by us, in sight and filled."""
    from tests.gui import every_dialog

    def until(is_so: Callable[[], object]) -> None:
        for _ in range(_PATIENCE):
            if is_so():
                return
            settle(0.05)
        raise TimeoutError("what a dialog is about never came")

    for opening in every_dialog.dialogs(window, folder, until):
        if opening.name in _NATIVE or opening.name == "wizard":
            continue
        opening.bring()
        until(partial(every_dialog.in_front, window))
        settle(_PAUSE_S)
        yield opening.name, every_dialog.in_front(window)[-1]
        every_dialog.close_all(window)
        settle(0.1)


def draw_dialogs(
    window: Window, out: Path, scale: float, settle: Settle, take: Take, *, is_kept: bool
) -> None:
    """Every dialog, light and dark; one that tells of this computer only where it is not kept."""
    with tempfile.TemporaryDirectory() as folder:
        for name, dialog in dialogs(window, Path(folder), settle):
            if is_kept and name in _OF_THIS_COMPUTER:
                continue
            for scheme in _schemes():
                settle(_PAUSE_S)
                take(dialog, out / f"dialog-{name}-{scheme}-{scale:g}.png")


def draw_empty(app: QApplication, out: Path, scale: float, settle: Settle, take: Take) -> None:
    """Every tab before anything was read, and a list in which nothing is found."""
    from tests.gui import every_dialog

    with tempfile.TemporaryDirectory() as folder:
        demo = make_demo(Path(folder) / "demo", invoices=20, notches=0)
        with shown(app, demo, settle) as window:
            for tab in every_dialog.tabs(window):
                tab.bring()
                settle(_PAUSE_S)
                _take_both(window, out / f"empty-{tab.name}", scale, settle, take)


def draw_nothing_found(window: Window, out: Path, scale: float, settle: Settle, take: Take) -> None:
    """The list of invoices when nothing matches what was typed."""
    page = window.pages.open("invoices")
    page.list.filter_row.box.setText("no such supplier")
    settle(1.5)
    _take_both(window, out / "empty-nothing-found", scale, settle, take)
    page.list.filter_row.clear()
    settle(0.5)


def draw_checks(app: QApplication, demo: Path, out: Path, settle: Settle, take: Take) -> None:
    """Tabs in the least window and in high contrast, to be looked at and not kept."""
    from tests.gui import every_dialog
    from ui import theme

    with shown(app, demo, settle) as window:
        for tab in every_dialog.tabs(window):
            tab.bring()
            window.resize(*_LEAST)
            settle(1.0)
            take(window, out / f"{tab.name}-least.png")
        window.resize(*_FULL)
        keeper = theme.apply(app, "light")
        keeper.show(theme.high_contrast(strong_palette()))
        for tab in every_dialog.tabs(window):
            tab.bring()
            settle(1.0)
            take(window, out / f"{tab.name}-contrast.png")


def strong_palette() -> QPalette:
    """The colours of a system that was asked for more contrast: yellow and cyan on black."""
    from PySide6.QtGui import QColor, QPalette

    made = QPalette(QColor("#000000"), QColor("#000000"))
    role = QPalette.ColorRole
    for each, value in (
        (role.Window, "#000000"), (role.Base, "#000000"), (role.AlternateBase, "#000000"),
        (role.Button, "#000000"), (role.WindowText, "#FFFF00"), (role.Text, "#FFFF00"),
        (role.ButtonText, "#FFFF00"), (role.Highlight, "#1AEBFF"),
        (role.HighlightedText, "#000000"), (role.Link, "#1AEBFF"),
    ):  # fmt: skip
        made.setColor(each, QColor(value))
    return made


def _take_both(window: Window, stem: Path, scale: float, settle: Settle, take: Take) -> None:
    for scheme in _schemes():
        settle(_PAUSE_S)
        take(window, stem.with_name(f"{stem.name}-{scheme}-{scale:g}.png"))


def _schemes() -> Iterator[str]:
    """Light, then dark, then light again for what comes after."""
    from PySide6.QtWidgets import QApplication

    from ui import theme

    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise TypeError("pictures need an application")
    for scheme in _SCHEMES:
        theme.apply(app, "dark" if scheme == "dark" else "light")
        yield scheme
    theme.apply(app, "light")
