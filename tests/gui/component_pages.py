"""Pages of shared parts as pictures in both themes; run with a folder and a scale to look at them.

`PYTHONPATH=. python tests/gui/component_pages.py FOLDER 1.5`
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path

if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ["QT_SCALE_FACTOR"] = sys.argv[2] if len(sys.argv) > 2 else "1"

from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication, QWidget

from tests.gui.component_sheet import Sheet
from tests.gui.known_font import picture_font
from ui import dialogs, theme
from ui.widgets import Button, EmptyState


def problem_dialog() -> QWidget:
    return dialogs.ErrorDialog(
        dialogs.Problem(
            code="DBT-01",
            title="We don't know yet whether AvidXchange took PIH04213",
            why="The connection closed at 09:41:09, after sending and before an answer.",
            safe="It is not sent again until that is settled. No record changed in Sage X3.",
            kind="doubt",
            facts=(
                ("Supplier", "Lakeshore Uniform Supply"),
                ("Amount", "1,884.45 USD"),
                ("Our reference", "X3|PROD|NA10|PIH04213|0"),
                ("Next look", "09:46, by itself"),
            ),
            fix="Look now",
            fix_icon="search",
        )
    )


def question_dialog() -> QWidget:
    return dialogs.ConfirmDialog(
        dialogs.Question(
            title="Exclude 3 invoices?",
            sentence="They are never sent. "
            "You can take them in again later, in the list of excluded ones.",
            verb="Exclude 3 invoices",
            safe="Nothing changes in Sage X3 or AvidXchange.",
            facts=(("Supplier", "Delmarva Paper Mill"), ("Amount", "39,120.00 USD")),
            reason_label="Reason",
            icon="circle-minus",
        )
    )


def empty_page() -> QWidget:
    page = EmptyState(
        "circle-check",
        "All clear",
        "Nothing needs you. The last problem was solved today at 09:32: "
        "Penhallow Printing was linked.",
        [Button("Show solved ones", icon="history"), Button("Open invoices", icon="file-text")],
        kind="ok",
    )
    page.setAutoFillBackground(True)
    page.resize(700, 420)
    return page


PAGES: dict[str, Callable[[], QWidget]] = {
    "components": Sheet,
    "error": problem_dialog,
    "confirm": question_dialog,
    "empty": empty_page,
}


def settle(app: QApplication) -> None:
    """Let layouts and palettes arrive; two rounds are needed before a picture."""
    for _ in range(3):
        app.processEvents()


def paint_all(app: QApplication, folder: Path, suffix: str) -> None:
    for look in ("light", "dark"):
        theme.apply(app, "dark" if look == "dark" else "light")
        for name, make in PAGES.items():
            page = make()
            page.show()
            if isinstance(page, Sheet):
                page.focused.setFocus()
            settle(app)
            page.grab().save(str(folder / f"{name}-{look}-{suffix}.png"))
            page.close()
            settle(app)


def main() -> None:
    app = QApplication(["pictures"])
    QLocale.setDefault(QLocale(QLocale.Language.English, QLocale.Country.UnitedStates))
    app.setFont(picture_font())
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    paint_all(app, folder, os.environ["QT_SCALE_FACTOR"])


if __name__ == "__main__":
    main()
