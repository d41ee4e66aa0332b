"""One offscreen application for the tests of the window, in a font whose sizes are known."""

import gc
import os

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication

from tests.gui.desk_site import (  # noqa: F401 - fixtures are found by their names
    demo_copy,
    demo_folder,
    desk_to_read,
    desk_with_demo,
    empty_desk,
)
from tests.gui.known_font import known_font
from ui import theme

# The longest ones are left to a desk: the checks of record must stay under 20 minutes.
collect_ignore = (
    ["test_keyboard_day.py", "test_open_close.py", "test_every_control.py"]
    if os.environ.get("CI")
    else []
)


@pytest.fixture(scope="session")
def qapp() -> Iterator[QApplication]:
    """The application in its own style; pictures show American separators on every computer."""
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    found = QApplication.instance()
    app = found if isinstance(found, QApplication) else QApplication(["crossfoot-tests"])
    app.setFont(known_font())
    theme.apply(app, "light")
    yield app
    app.closeAllWindows()


@pytest.fixture(scope="module", autouse=True)
def collected() -> Iterator[None]:
    """Nothing collects but this thread, as in the program.

    A reader's thread that collects would free objects of Qt, which then fall at any later moment.
    """
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture(autouse=True)
def light(qapp: QApplication) -> Iterator[None]:
    """Every test begins and ends in the light theme."""
    theme.apply(qapp, "light")
    yield
    theme.apply(qapp, "light")
    gc.collect(1)
