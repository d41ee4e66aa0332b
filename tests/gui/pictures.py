"""Pictures of the window: tabs, plan, wizard, dialogs, empty states; light, dark, 100 and 150 %.

    python -m tests.gui.pictures [--out docs/pictures] [--only sync] [--demo DIR] [--check]

`--only` takes the name of a tab, `plan`, `wizard`, `dialogs` or `empty`. `--check` paints what is
looked at and not kept, into `--out`: 200 %, the least window and high contrast.

Each scale is a process of its own, because Qt takes its scale factor once. The demo is made anew
unless a directory of an earlier run is given.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.gui.desk_site import make_demo

if TYPE_CHECKING:
    from PySide6.QtGui import QImage
    from PySide6.QtWidgets import QApplication, QWidget

    from ui.window import Window

SIZES = ((1366, 768), (1600, 1000))
SCALES = (1.0, 1.5)
SCHEMES = ("light", "dark")
NARROW = (911, 512)
_SETTLE_S = 0.9
_PAGE_S = 0.4
_COLOURS = 256
_PLAN = "plan"
_STATEMENT = "reconcile"
_WIZARD = "wizard"
_DIALOGS, _EMPTY = "dialogs", "empty"
_CHECK_SCALE = 2.0


def settle(app: QApplication, seconds: float = _SETTLE_S) -> None:
    """Let readers answer and painters paint."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        app.sendPostedEvents()
        app.processEvents()  # a picture is taken outside of any event loop
        time.sleep(0.01)


def take(part: QWidget, file: Path) -> None:
    """One picture, with as few colours as keep it true: a third of the size."""
    file.parent.mkdir(parents=True, exist_ok=True)
    compact(part.grab().toImage()).save(str(file), quality=0)  # 0: packed as tightly as it goes


def compact(image: QImage) -> QImage:
    """The same in 256 colours: those of the theme, and of the others the most common."""
    from PySide6.QtCore import Qt
    from PySide6.QtGui import QImage

    plain = image.convertToFormat(QImage.Format.Format_RGB32)
    counted = Counter(memoryview(plain.constBits()).cast("B").cast("I"))
    named = _tokens()
    table = [colour for colour in named if colour in counted]
    others = sorted(counted.keys() - named, key=lambda c: -counted[c] * (1 + _strength(c)))
    table += others[: _COLOURS - len(table)]
    flags = Qt.ImageConversionFlag.ThresholdDither  # the nearest colour, never a pattern
    return plain.convertToFormat(QImage.Format.Format_Indexed8, table, flags)


def _strength(colour: int) -> int:
    """How far a colour is from grey: a small coloured sign counts as much as grey writing."""
    parts = (colour >> 16 & 255, colour >> 8 & 255, colour & 255)
    return max(parts) - min(parts)


def _tokens() -> set[int]:
    """Every colour of the theme in force."""
    from PySide6.QtGui import QColor

    from ui import theme

    found: set[int] = set()
    for value in asdict(theme.tokens()).values():
        parts = value.values() if isinstance(value, dict) else (value,)
        found |= {QColor(part).rgb() for part in parts if isinstance(part, str)}
    return found


def prepare() -> QApplication:
    """The application in the pictures' font and locale."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QLocale

    from tests.gui.known_font import picture_font
    from ui import shell, theme

    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    app = shell.application()
    app.setFont(picture_font())
    theme.apply(app, "light")
    return app


def shots(window: Window, only: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """Names of pictures and what brings each into sight."""
    from ui.pages import PAGES

    for page in PAGES:
        if only in ("", page.name):
            bring = partial(window.pages.open, page.name)
            yield page.name, partial(_show_statement, window) if page.name == _STATEMENT else bring
    if only in ("", _PLAN):
        yield _PLAN, partial(_show_plan, window)


def _show_statement(window: Window) -> None:
    """The month that is offered first, as both sides stand now."""
    from ui.tab_reconcile_words import month_to_offer

    window.desk.reconcile(month_to_offer(window.desk.reconcilable().months))
    window.pages.open(_STATEMENT)


def _show_plan(window: Window) -> None:
    from core.facade import SyncOrder

    result = window.desk.sync_now(SyncOrder(preview=True)).result(timeout=50)
    window.pages.show_plan(str(result.report["plan_hash"]))


def draw(scale: float, demo: Path, out: Path, only: str) -> None:
    """All pictures of one scale."""
    app = prepare()
    from tests.gui import dialog_pictures

    if only in ("", _WIZARD):
        draw_wizard(app, out, scale)
    if only in ("", _EMPTY):
        dialog_pictures.draw_empty(app, out, scale, partial(settle, app), take)
    if only not in (_WIZARD, _EMPTY):
        draw_window(app, scale, demo, out, only)


def check(scale: float, demo: Path, out: Path) -> None:
    """What is only looked at: every tab at 200 %; at 100 % the least window and high contrast."""
    from tests.gui import dialog_pictures, every_dialog

    app = prepare()
    rest = partial(settle, app)
    if scale != _CHECK_SCALE:
        dialog_pictures.draw_checks(app, demo, out, rest, take)
        return
    with dialog_pictures.shown(app, demo, rest) as window:
        for tab in every_dialog.tabs(window):
            tab.bring()
            settle(app)
            take(window, out / f"{tab.name}-{scale:g}.png")
        dialog_pictures.draw_dialogs(window, out, scale, rest, take, is_kept=False)


def draw_window(app: QApplication, scale: float, demo: Path, out: Path, only: str) -> None:
    """The tabs of the window over a demo, and a plan."""
    from tests.gui import dialog_pictures
    from ui import theme

    rest = partial(settle, app)
    with dialog_pictures.shown(app, demo, rest) as window:
        for name, bring in shots(window, only):
            bring()
            for scheme, (width, height) in kept(scale):
                theme.apply(app, "dark" if scheme == "dark" else "light")
                window.resize(width, height)
                settle(app)
                take(window, out / f"{name}-{scheme}-{width}x{height}-{scale:g}.png")
            theme.apply(app, "light")
            window.pages.page("sync").hide_plan()
        window.resize(*SIZES[0])
        if only in ("", _EMPTY):
            dialog_pictures.draw_nothing_found(window, out, scale, rest, take)
        if only in ("", _DIALOGS):
            dialog_pictures.draw_dialogs(window, out, scale, rest, take, is_kept=True)


def kept(scale: float) -> Iterator[tuple[str, tuple[int, int]]]:
    """Schemes and sizes of one scale: a large screen is kept at 100 %, a small one where it is."""
    for scheme in SCHEMES:
        yield scheme, SIZES[0]
    if scale == SCALES[0]:
        for scheme in SCHEMES:
            yield scheme, SIZES[1]
    else:
        yield SCHEMES[0], NARROW


def draw_wizard(app: QApplication, out: Path, scale: float) -> None:
    """Every page of the first-run wizard over systems of its own, light and dark."""
    from tests.gui.wizard_pictures import pages
    from ui import theme

    with tempfile.TemporaryDirectory() as folder:
        for name, wizard in pages(Path(folder), partial(settle, app)):
            for scheme in SCHEMES:
                theme.apply(app, "dark" if scheme == "dark" else "light")
                settle(app, _PAGE_S)
                take(wizard, out / f"{_WIZARD}-{name}-{scheme}-{scale:g}.png")
            theme.apply(app, "light")


def main() -> int:
    """Make the demo, then each scale in a process; 1 when one of them failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/pictures"))
    parser.add_argument("--only", default="")
    parser.add_argument("--demo", type=Path)
    parser.add_argument("--scale", type=float)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.scale is not None:
        if options.check:
            check(options.scale, options.demo, options.out)
        else:
            draw(options.scale, options.demo, options.out, options.only)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        demo = options.demo or make_demo(Path(folder) / "demo")
        status = 0
        for scale in (SCALES[0], _CHECK_SCALE) if options.check else SCALES:
            copy = Path(folder) / f"scale-{scale:g}"
            shutil.copytree(demo, copy)
            command = [
                sys.executable, "-m", "tests.gui.pictures", "--scale", str(scale), "--demo",
                str(copy), "--out", str(options.out), "--only", options.only,
                *(["--check"] if options.check else []),
            ]  # fmt: skip
            environment = {**os.environ, "QT_SCALE_FACTOR": str(scale)}
            done = subprocess.run(command, env=environment, check=False)
            status = status or done.returncode
        return status


if __name__ == "__main__":
    sys.exit(main())
