"""The command `support`: what a bundle would hold, and the bundle itself."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from core.app import Needs
from core.facade import Facade
from core.words import area

say = area(__name__)

Opened = Callable[[Namespace, Needs], AbstractContextManager[Facade]]
Answer = Callable[[Namespace, Mapping[str, Any], Callable[[], str]], None]


def support(options: Namespace, opened: Opened, answer: Answer) -> int:
    """Show the content; write it where `--out` names a file."""
    with opened(options, "store") as facade:
        done = facade.support_bundle(options.out)
    answer(options, done, lambda: _text(done))
    return 0


def _text(done: Mapping[str, Any]) -> str:
    lines = [f"{one['bytes']:>11,}  {one['name']}" for one in done["contents"]]
    if done["file"]:
        lines.append(
            say("bytes_written_to_secrets_are_removed", bytes=done["bytes"], file=done["file"])
        )
    else:
        lines.append(say("nothing_was_written_out_file_zip_writes"))
    return "\n".join(lines)
