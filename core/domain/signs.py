"""Whether X3's own sign says of an invoice what its kind says (sage-x3.md 7, *Credit memos*).

The kind alone gives the sign of what is sent; a contradiction is asked about, never resolved here.
"""

from __future__ import annotations

from collections.abc import Sequence

from core.domain.documents import Invoice, OpenItem
from core.domain.findings import Finding
from core.domain.policy import Policy
from core.words import area

say = area(__name__)

_SIGNS = (-1, 1)  # anything else says nothing


def contradiction(invoice: Invoice, items: Sequence[OpenItem], policy: Policy) -> Finding | None:
    """The KND-01 of a header or open item whose sign is that of the other kind; None without."""
    expected = -1 if invoice.kind in policy.credit_kinds else 1
    shown = [f"header {invoice.sign}"] if _differs(invoice.sign, expected) else []
    shown += [
        say("open_item", due_line=item.due_line, sign=item.sign)
        for item in items
        if _differs(item.sign, -expected)
    ]
    if not shown:
        return None
    what = "credit" if expected < 0 else "bill"
    text = say("its_kind_is_a_but_x3s_signs", kind=invoice.kind, what=what, shown=", ".join(shown))
    how = ("accept", "exclude")
    return Finding("KND-01", invoice.number, text, how=how, basis=f"{invoice.kind}|{shown}")


def _differs(sign: int | None, expected: int) -> bool:
    return sign in _SIGNS and sign != expected
