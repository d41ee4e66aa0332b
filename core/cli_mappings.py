"""`map suggest`, `map undo` and `map redo` on the command line."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from core import cli_output
from core.app import Needs
from core.facade import Facade
from core.words import area

say = area(__name__)

OK = 0
Members = Mapping[str, Any]
Opened = Callable[[Namespace, Needs], AbstractContextManager[Facade]]
Lister = Callable[[Namespace, Iterable[Members], Callable[[list[Members]], str]], None]
Answer = Callable[[Namespace, Members, Callable[[], str]], None]


def step(options: Namespace, opened: Opened, answer: Answer) -> int:
    """Take the last edit back, or make it again."""
    is_redo = options.action == "redo"
    with opened(options, "store") as facade:
        done = facade.step_mapping(is_redo=is_redo)
    answer(options, done, lambda: _stepped(done, is_redo=is_redo))
    return OK


def _stepped(done: Members, *, is_redo: bool) -> str:
    none = say("not_mapped")
    lines = [
        f"  {row['key']}: {row['before'] or none} -> {row['after'] or none}" for row in done["rows"]
    ]
    head = say("done_again") if is_redo else say("undone")
    return "\n".join(
        [f"{head}: {cli_output.counted(done['changed'], say('mapping_row'))}.", *lines]
    )


def suggest(options: Namespace, opened: Opened, show: Lister) -> int:
    """List the suggestions; with `--accept-at` those only, and with `--yes` map them in one step.

    Each line has `accepted`: whether this command mapped it.
    """
    least = options.accept_at or 0
    with opened(options, "store") as facade:
        rows = [row for row in facade.suggested(options.kind) if row["score"] >= least]
        is_meant = bool(options.accept_at and options.yes)
        count = facade.accept_suggested(options.kind, rows) if is_meant else 0
    show(options, ({**row, "accepted": is_meant} for row in rows), suggestions_text)
    if is_meant:
        mapped = cli_output.counted(count, "code")
        _note(say("mapped_in_one_step_what_waits_for", mapped=mapped))
    elif options.accept_at:
        would = cli_output.counted(len(rows), "code")
        _note(say("nothing_was_changed_with_yes_would_be", would=would))
    return OK


def _note(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def suggestions_text(rows: list[Members]) -> str:
    """The suggestions as a table, the most sure first."""
    if not rows:
        return say("there_is_nothing_to_suggest")
    header = (
        say("sure"),
        say("code"),
        say("name"),
        say("may_be"),
        say("name_there"),
        say("evidence"),
        say("open"),
        say("waiting"),
        "",
    )
    shown = [
        (
            f"{row['score']} %",
            f"{row['of']} {row['code']}".strip(),
            row["name"],
            f"{row['suggestion']}{'' if row['active'] else ' (inactive)'}",
            row["suggestion_name"],
            _evidence(row["evidence"]),
            str(row["open"]),
            cli_output.money(row["waiting"]),
            row["currency"],
        )
        for row in rows
    ]
    table = cli_output.table(header, shown, right=(0, 6, 7))
    return f"{table}\n{cli_output.counted(len(rows), 'suggestion')}"


def _evidence(facts: Iterable[Members]) -> str:
    """The facts that agree, then those that do not."""
    held = [(fact["verdict"], str(fact["name"]).lower()) for fact in facts]
    parts = [
        f"{verdict} {', '.join(name for said, name in held if said == verdict)}"
        for verdict in ("same", "alike", "differs")
        if any(said == verdict for said, _ in held)
    ]
    return "; ".join(parts)
