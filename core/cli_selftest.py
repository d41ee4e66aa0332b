"""The command `selftest`: one line a check; the exit status is 1 when one of them failed."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path

from core import selftest
from core.words import area

say = area(__name__)

#: Draws the window of a demo: where its data lies, where its picture goes, and what hears of each
#: check (name, whether it is good, text). `main.py` hands it in, because core does not know Qt.
Draw = Callable[[Path, Path | None, Callable[[str, bool, str], None]], None]
Say = Callable[[str], None]


def selftest_command(options: Namespace, draw: Draw | None, write: Say) -> int:
    """Make all checks, or be the process in which the window is drawn."""
    if options.part == selftest.WINDOW_PART:
        return _draw_window(options, draw, write)
    failed = 0
    for check in selftest.run(options.picture):
        failed += not check.ok
        write(json.dumps(check.members, ensure_ascii=False) if options.json else _line(check))
    if not options.json:
        write(say("checks_failed", failed=failed) if failed else say("all_checks_are_good"))
    return 1 if failed else 0


def _line(check: selftest.Check) -> str:
    mark = "ok" if check.ok else "FAIL"
    return say("ms", mark=mark, name=check.name, text=check.text, ms=check.ms)


def _draw_window(options: Namespace, draw: Draw | None, write: Say) -> int:
    is_good = True

    def tell(name: str, is_ok: bool, text: str) -> None:  # noqa: FBT001 - one check in three words
        nonlocal is_good
        is_good = is_good and is_ok
        write(json.dumps({"check": name, "ok": is_ok, "text": text}))

    if draw is None or options.data_dir is None:
        tell("window", False, say("no_window_was_handed_in_or_no"))  # noqa: FBT003
    else:
        try:
            draw(options.data_dir, options.picture, tell)
        except ImportError as error:
            tell("qt", False, say("the_window_needs_pyside6_and_qasync", error=error))  # noqa: FBT003
    sys.stdout.flush()
    return 0 if is_good else 1
