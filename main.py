"""Crossfoot: carries supplier invoices from Sage X3 to AvidXchange and brings the status back."""

import argparse
import os
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ui import shell

_USAGE = 2


def main() -> int:
    """Run the command that was given, or show the window when none was; the exit status."""
    arguments = sys.argv[1:]
    window = _for_window(arguments)
    if window is not None:
        return _show_window(window)
    from core.cli import main as run_command

    return run_command(arguments, draw=_draw_window)


def _for_window(arguments: list[str]) -> argparse.Namespace | None:
    """The window's options; None when these are arguments of the command line."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False, exit_on_error=False)
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--sandbox", action="store_true")
    try:
        options, others = parser.parse_known_args(arguments)
    except argparse.ArgumentError:
        return None
    return None if others else options


def _show_window(options: argparse.Namespace) -> int:
    """Open the workspace and its window; without Qt or a display, say so and what works."""
    shown = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(map(os.environ.get, shown)):
        return _refuse("There is no display to show the window on")
    try:
        from ui import shell
    except ImportError as error:
        return _refuse(f"The window needs PySide6 and qasync ({error})")
    return shell.run(_start(options.data_dir, is_sandbox=options.sandbox))


def _start(data_dir: Path | None, *, is_sandbox: bool) -> "shell.Start":
    """What a window of this workspace begins with."""
    from core import app
    from core.redaction import REGISTER
    from ui import shell

    order = app.Opening(data_dir, is_sandbox=is_sandbox, needs="ledger")
    return shell.Start(order.directory, partial(app.desk, order), app.end_logs, REGISTER.redact)


def _draw_window(
    directory: Path, picture: Path | None, tell: Callable[[str, bool, str], None]
) -> None:
    """The window's part of `selftest`; ImportError without Qt."""
    from ui import self_check

    self_check.draw(_start(directory, is_sandbox=True), picture, tell)


def _refuse(why: str) -> int:
    sys.stderr.write(f"{why}; commands work without it, see: main.py --help\n")
    return _USAGE


if __name__ == "__main__":
    sys.exit(main())
