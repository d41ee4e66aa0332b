"""Writes the program's icon for Windows: `python packaging/icon.py FILE.ico`.

Drawn by the window's own code, so that there is one mark. Needs Qt, no display.
"""

# ruff: noqa: INP001 - a package named `packaging` would hide the library of that name
from __future__ import annotations

import os
import struct
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SIZES = (16, 24, 32, 48, 64, 128, 256)


def icon_bytes(pictures: list[tuple[int, bytes]]) -> bytes:
    """An .ico of PNG pictures (side length, content); 256 is written as 0."""
    offset = 6 + 16 * len(pictures)
    head, body = struct.pack("<HHH", 0, 1, len(pictures)), b""
    for side, content in pictures:
        place = offset + len(body)
        head += struct.pack("<BBBBHHII", side % 256, side % 256, 0, 0, 1, 32, len(content), place)
        body += content
    return head + body


def drawn() -> list[tuple[int, bytes]]:
    """The mark in each size, as PNG."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.path.insert(0, str(ROOT))
    from PySide6.QtCore import QBuffer, QIODevice

    from ui import shell
    from ui.tray import program_icon

    application = shell.application()
    icon, pictures = program_icon(), []
    for side in SIZES:
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        icon.pixmap(side, side).save(buffer, "PNG")
        pictures.append((side, bytes(buffer.data().data())))
    application.quit()
    return pictures


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(icon_bytes(drawn()))
