"""The commands of proof: `explain`, also as of a moment, and `evidence`."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from core import cli_output, past_words
from core.app import Needs
from core.facade import Facade
from core.words import area

say = area(__name__)

Row = Mapping[str, Any]
Opened = Callable[[Namespace, Needs], AbstractContextManager[Facade]]
Answer = Callable[[Namespace, Row, Callable[[], str]], None]


def explain(options: Namespace, opened: Opened, answer: Answer) -> int:
    """Explain an invoice as it stands, or as of a moment with the proof of each part."""
    with opened(options, "read") as facade:
        if options.as_of:
            found = facade.explain_as_of(options.number, options.as_of)
            answer(options, found, lambda: past_words.text(found))
        else:
            found = facade.explain(options.number)
            answer(options, found, lambda: cli_output.explanation(found))
    return 0


def evidence(options: Namespace, opened: Opened, answer: Answer) -> int:
    """Write the evidence pack of a month."""
    with opened(options, "read") as facade:
        done = facade.evidence(options.period, options.file)
    text = say(
        "files_bytes_written_to_audit_head",
        count=len(done["contents"]),
        bytes=done["bytes"],
        file=done["file"],
        head=done["head"],
    )
    answer(options, done, lambda: text)
    return 0
