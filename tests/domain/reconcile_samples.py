"""Positions and books of a month end, with as little as a test needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from core.domain.reconcile import Statement, state_of
from core.domain.reconcile_books import (
    ApSide,
    OtherItem,
    PaymentFact,
    Period,
    Position,
    Share,
    SideBooks,
    X3Side,
)

OCTOBER = Period(2026, 10)
AT = "2026-11-01T06:00:00.000000Z"


def posted(amount: int = 10_000, **members: Any) -> Position:
    """An invoice posted in X3 and approved in AvidXchange, the same on both sides."""
    plain: dict[str, Any] = {
        "number": "N1", "company": "US10", "currency": "USD", "supplier": "S1",
        "state": "approved", "document_day": "2026-10-02", "accounting_day": "2026-10-05",
        "due_day": "2026-11-04", "gross": amount, "x3": X3Side(amount=amount),
        "ap": ApSide("A1", "approved", amount, "USD", "Approved"), "sent": amount,
        "external_id": "X3|PROD|US10|N1|1", "lines": 2,
    }  # fmt: skip
    return Position(**(plain | members))


def share(net: int, kind: str = "done", **members: Any) -> Share:
    plain: dict[str, Any] = {"payment_id": "P1", "payment_class": kind, "state": kind, "net": net}
    return Share(**(plain | members))


def paid(position: Position, *, in_x3: int, shares: Iterable[Share]) -> Position:
    """The position with payments, and as much of it paid in X3."""
    side = position.x3
    assert side is not None
    return replace(position, x3=replace(side, paid=in_x3), shares=tuple(shares))


def books(
    *positions: Position,
    others: Iterable[OtherItem] = (),
    payments: Iterable[PaymentFact] = (),
    waits_for_clearing: bool = False,
) -> SideBooks:
    return SideBooks(
        AT, AT, AT, waits_for_clearing, tuple(positions), tuple(others), tuple(payments)
    )


def parts(made: SideBooks) -> list[tuple[str, str, int]]:
    """(step, cause, amount) of every part, in the order of the statement."""
    return [
        (part.step, part.cause, part.amount)
        for line in statement(made).differences
        for part in line.parts
    ]


def statement(made: SideBooks, company: str = "") -> Statement:
    return state_of(made, OCTOBER, company, is_as_of_today=False)
