"""A report made of a statement alone, without a store."""

from __future__ import annotations

from typing import Any

from core.desk_reconcile_views import StatementView, balance_views, cause_view
from core.domain.money import Money
from core.domain.reconcile import Statement
from core.domain.reconcile_parts import CAUSES, TO_AVIDXCHANGE
from core.reports import Pack
from core.reports_tables import Column, Table


def pack_of(statement: Statement, tables: tuple[Table, ...] = (), **members: Any) -> Pack:
    """A report with one line a cause, and further tables."""
    view = StatementView(
        id=1, period=str(statement.period), title=statement.title, company="", at=statement.at,
        read_x3=statement.read_x3, read_avidxchange="", is_as_of_today=False, hash=statement.hash,
        snapshot=1, snapshot_hash="5" * 64, balances=tuple(balance_views(statement)),
        causes=tuple(cause_view(line, "") for line in statement.differences), by="anna",
        made_at=statement.at, before=0, changed=0, may_sign=True, **members,
    )  # fmt: skip
    columns = (Column("Cause", "text", 30), Column("Difference", "amount", 15))
    rows = [(CAUSES[line.cause], Money(line.amount, "USD")) for line in statement.differences]
    summary = Table("Differences", "Differences by cause", "All of them.", columns, rows)
    return Pack(
        view=view,
        head="a" * 64,
        footer=f"Audit log: 5 rows, head {'a' * 64}",
        facts=(("Statement", statement.title), ("Company", "all"), ("Read", statement.at)),
        summary=(summary, summary),
        tables=tables,
        causes=tuple(
            (CAUSES[line.cause], f"{line.company} {line.currency}", line.amount)
            for line in statement.differences
            if line.step == TO_AVIDXCHANGE
        ),
    )
