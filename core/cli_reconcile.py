"""The month end on the command line: `reconcile` (product.md 6)."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from core import cli_output
from core.desk_reconcile_views import STEP_TITLES, StatementView
from core.facade import Facade
from core.words import area

say = area(__name__)

OK, UNEXPLAINED = 0, 3
Members = Mapping[str, Any]
Lister = Callable[[Iterable[Members], Callable[[list[Members]], str]], None]


def reconcile(options: Namespace, facade: Facade, show: Lister) -> int:
    """Make the statement, write it where asked, show its lines; 3 when a cent has no cause."""
    view = facade.reconcile(options.period, options.company, today=options.today)
    written = ""
    if options.out is not None:
        done = facade.export_reconciliation(view.id, options.out)
        written = say(
            "bytes_written_to_audit_head", bytes=done["bytes"], file=done["file"], head=done["head"]
        )
    show(facade.reconciliation_lines(view.id), lambda _: statement_text(view, written))
    return OK if view.is_explained else UNEXPLAINED


def statement_text(view: StatementView, written: str = "") -> str:
    """A statement as aligned text."""
    read = say(
        "x3_avidxchange", moment=_moment(view.read_x3), moment2=_moment(view.read_avidxchange)
    )
    parts = [say("read_up_to", title=view.title, read=read), _balances(view)]
    if view.causes:
        parts.append(_causes(view))
    if view.before:
        noun = cli_output.counted(view.changed, "document")
        stand = "stands" if view.changed == 1 else "stand"
        parts.append(say("otherwise_than_in_the_statement_before", noun=noun, stand=stand))
    if view.signed_by:
        parts.append(
            say("signed_off_by_on", signed_by=view.signed_by, signed_at=view.signed_at[:10])
        )
    told = say("every_cent_has_a_cause") if view.is_explained else say("something_is_unexplained")
    parts.append(told if view.balances else say("nothing_is_open_on_either_side"))
    return "\n\n".join([*parts, *([written] if written else [])])


def _moment(text: str) -> str:
    return say("utc", text=text[:10], text2=text[11:16]) if text else say("not_yet")


def _balances(view: StatementView) -> str:
    header = (
        say("company"),
        say("currency"),
        say("open_in_x3"),
        say("open_in_avidxchange"),
        say("explained"),
        say("unexplained"),
        say("payments"),
    )
    rows = [
        (
            found.company,
            found.currency,
            *(
                cli_output.money(text)
                for text in (
                    found.x3, found.avidxchange, found.explained, found.unexplained, found.payments,
                )
            ),
        )
        for found in view.balances
    ]  # fmt: skip
    return cli_output.table(header, rows, right=(2, 3, 4, 5, 6))


def _causes(view: StatementView) -> str:
    header = (
        say("company"),
        say("between"),
        say("cause"),
        say("documents"),
        say("amount"),
        say("currency"),
        say("who_acts"),
    )
    rows = [
        (
            line.company,
            STEP_TITLES[line.step],
            line.title,
            str(line.documents),
            cli_output.money(line.amount),
            line.currency,
            line.acts,
        )
        for line in view.causes
    ]
    return cli_output.table(header, rows, right=(3, 4))
