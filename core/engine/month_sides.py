"""Single documents of both sides as plain figures, for `core.engine.month_end`; no query here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from core.domain.reconcile_books import ApSide, PaymentFact, Position, X3Side
from core.store.records import minor_nearest

Members = Mapping[str, Any]
_TAXES = ("tax_amount1", "tax_amount2", "tax_amount3")


def is_short(position: Position, x3: X3Side) -> bool:
    """Whether X3 shows less paid of it than was posted."""
    posted = sum(share.net for share in position.shares if share.is_posted)
    return abs(x3.paid) < abs(posted)


def without(position: Position, undone: set[str]) -> Position:
    """The position with these payments' postings taken back."""
    if all(share.payment_id not in undone for share in position.shares):
        return position
    shares = tuple(
        replace(share, is_posted=share.is_posted and share.payment_id not in undone)
        for share in position.shares
    )
    return replace(position, shares=shares)


def fact(
    row: Members, company: str, nets: int | None, named: tuple[str, ...], *, is_posted: bool
) -> PaymentFact:
    """A payment as the month end reckons with it."""
    body = row["body"]
    return PaymentFact(
        payment_id=row["payment_id"],
        company=company,
        currency=row["currency"],
        amount=row["amount"],
        nets=nets,
        payment_class=row["payment_class"],
        state=row["state"],
        method=row["method"],
        number=row["check_number"],
        batch=row["batch"],
        vendor=str(body.get("vendor_name") or body.get("vendor_code") or ""),
        payment_day=row["payment_date"],
        cleared_day=row["cleared_date"],
        is_posted=is_posted,
        x3_payment=row["x3_payment"],
        invoices=named,
    )


def ap_side(body: Members, currency: str) -> ApSide:
    """An invoice of AvidXchange; without a currency of its own it is in X3's."""
    own = str(body.get("currency", ""))
    return ApSide(
        str(body["invoice_id"]),
        str(body.get("state", "unknown")),
        minor_nearest(Decimal(body.get("amount", "0")), own or currency),
        own,
        str(body.get("status_text", "")),
    )


def figures(item: Members) -> tuple[int, int]:
    """Amount of an item, and what is paid of it with what is paid provisionally."""
    currency = str(item.get("currency", ""))
    owed, paid, provisional = (
        minor_nearest(Decimal(item.get(name, "0")), currency)
        for name in ("amount", "paid", "provisional")
    )
    return owed, paid + provisional


def accounts(body: Members, currency: str) -> tuple[tuple[str, int], ...]:
    """GL accounts of an invoice with what its lines put on each, tax included; unsigned."""
    found: dict[str, int] = {}
    for line in body.get("lines", ()):
        gross = line.get("gross")
        if gross is None:
            parts = [line.get("net") or "0", *(line.get(name) or "0" for name in _TAXES)]
            gross = sum((Decimal(part) for part in parts), Decimal(0))
        account = str(line.get("account", ""))
        found[account] = found.get(account, 0) + minor_nearest(Decimal(gross), currency)
    return tuple(sorted(found.items()))
