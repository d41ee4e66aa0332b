"""The month end on the command line: `reconcile` (product.md 6)."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from core import cli_output
from core.desk_reconcile_views import STEP_TITLES, StatementView
from core.facade import Facade

OK, UNEXPLAINED = 0, 3
Members = Mapping[str, Any]
Lister = Callable[[Iterable[Members], Callable[[list[Members]], str]], None]


def reconcile(options: Namespace, facade: Facade, show: Lister) -> int:
    """Make the statement, write it where asked, show its lines; 3 when a cent has no cause."""
    view = facade.reconcile(options.period, options.company, today=options.today)
    written = ""
    if options.out is not None:
        done = facade.export_reconciliation(view.id, options.out)
        written = f"{done['bytes']:,} bytes written to {done['file']}; audit head {done['head']}"
    show(facade.reconciliation_lines(view.id), lambda _: statement_text(view, written))
    return OK if view.is_explained else UNEXPLAINED


def statement_text(view: StatementView, written: str = "") -> str:
    """A statement as aligned text."""
    read = f"X3 {_moment(view.read_x3)}, AvidXchange {_moment(view.read_avidxchange)}"
    parts = [f"{view.title}\nRead up to: {read}", _balances(view)]
    if view.causes:
        parts.append(_causes(view))
    if view.before:
        noun = cli_output.counted(view.changed, "document")
        stand = "stands" if view.changed == 1 else "stand"
        parts.append(f"{noun} {stand} otherwise than in the statement before.")
    if view.signed_by:
        parts.append(f"Signed off by {view.signed_by} on {view.signed_at[:10]}.")
    told = "Every cent has a cause." if view.is_explained else "Something is unexplained."
    parts.append(told if view.balances else "Nothing is open on either side.")
    return "\n\n".join([*parts, *([written] if written else [])])


def _moment(text: str) -> str:
    return f"{text[:10]} {text[11:16]} UTC" if text else "not yet"


def _balances(view: StatementView) -> str:
    header = (
        "Company", "Currency", "Open in X3", "Open in AvidXchange", "Explained", "Unexplained",
        "Payments",
    )  # fmt: skip
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
    header = ("Company", "Between", "Cause", "Documents", "Amount", "Currency", "Who acts")
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
