"""Payments over invoices of ours, and what is read from a decision about one."""

from __future__ import annotations

from typing import Any

from core.domain.ap_documents import ApPayment
from core.domain.books import Books
from core.domain.documents import Invoice, OpenItem
from core.domain.findings import Finding
from core.domain.policy import Policy
from core.domain.postings import (
    Balances,
    PaidInvoice,
    Posting,
    decide,
)
from tests.domain.domain_samples import (
    EXTERNAL_ID,
    books,
    item,
    payment,
    policy,
    posted,
)

SECOND = "X3|PROD|US10|BIS2|1"


CREDIT = "X3|PROD|US10|CM1|1"


def paid(
    items: tuple[OpenItem, ...] = (), *, is_credit: bool = False, found: Invoice | None = None
) -> PaidInvoice:
    return PaidInvoice(found or posted(), items or (item(),), is_credit)


def other(number: str, *amounts: str, is_credit: bool = False, **changes: Any) -> PaidInvoice:
    """Another invoice with one open item for each amount."""
    items = tuple(
        item(amount, at, number=number, **changes) for at, amount in enumerate(amounts, start=1)
    )
    return paid(items, is_credit=is_credit, found=posted(number=number))


def posting(
    found: ApPayment | None = None,
    ours: dict[str, PaidInvoice] | None = None,
    site: Books | None = None,
    chosen: Policy | None = None,
    balances: Balances | None = None,
    **options: Any,
) -> Posting | Finding:
    return decide(
        found or payment(),
        {EXTERNAL_ID: paid()} if ours is None else ours,
        site or books(),
        chosen or policy(),
        Balances() if balances is None else balances,
        **options,
    )


def good(result: Posting | Finding) -> Posting:
    assert isinstance(result, Posting), result
    return result


def code_of(result: Posting | Finding) -> str:
    """The code of a refusal, which has the form of every one."""
    assert isinstance(result, Finding), result
    assert result.document == "4765360"
    assert result.text.endswith(".")
    return result.code


def refused(result: Posting | Finding, code: str) -> Finding:
    assert code_of(result) == code
    assert isinstance(result, Finding)
    return result


def shares(result: Posting | Finding) -> list[tuple[str, int | None, str]]:
    return [(s.item.number, s.item.due_line, str(s.amount)) for s in good(result).shares]
