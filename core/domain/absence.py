"""What X3 no longer shows: when many are missing together, and what a person is told of it; pure.

Absence is never taken for a deletion by itself (product.md 4, *Reversed in X3*, and 10).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.domain.findings import Finding

INVOICE, ITEMS = "invoice", "open items"
_FEW = 5  # more are missing together
_SHARE = 50  # one of so many: 2 %
_FIX_TOGETHER = (
    "Check the rights of the X3 user and the folder: what X3 shows again goes on by itself. "
    "Keep them if they are really gone."
)
_FIX_UNSENT = "Nothing stands in AvidXchange. Confirm that it was deleted in X3."


@dataclass(frozen=True, slots=True)
class Absence:
    """Why an invoice is asked about: it, or its open items, are no longer shown.

    `together` is the sentence of a sweep in which so many were missing that rights or folder may
    have changed; empty for a single one. `run` tells one absence from the next.
    """

    what: str = INVOICE
    together: str = ""
    run: int = 0


def are_missing_together(missing: int, asked_for: int) -> bool:
    """Whether so many at once are one item: more than 5, or more than 2 % of those open.

    One document alone is never many.
    """
    return missing > 1 and (missing > _FEW or missing * _SHARE > asked_for)


def sentence(counts: Mapping[str, int], what: str = INVOICE) -> str:
    """The sentence for many missing together; `counts` by company."""
    total = sum(counts.values())
    named = sorted(company for company in counts if company)
    of = f" of {' and '.join(named)}" if named else ""
    noun = "invoice" if total == 1 else "invoices"
    subject = f"{total} {noun}{of}" if what == INVOICE else f"the open items of {total} {noun}{of}"
    return f"X3 no longer shows {subject}: rights or folder changed?"


def finding(number: str, absence: Absence, *, was_sent: bool) -> Finding:
    """The DEL-01 of an invoice; several missing together are one, without a bulk withdraw."""
    basis = f"{absence.what} gone in run {absence.run}"
    stands = "it still stands in AvidXchange" if was_sent else "it was never sent"
    if absence.together:
        return Finding(
            "DEL-01",
            number,
            absence.together,
            cause=f"{absence.what} missing together in run {absence.run}",
            basis=basis,
            title="X3 no longer shows several invoices",
            how=("keep", "done"),
            fix=_FIX_TOGETHER,
        )
    subject = "it" if absence.what == INVOICE else "open items of it"
    text = f"X3 no longer shows {subject}; {stands}."
    if was_sent:
        return Finding("DEL-01", number, text, basis=basis)
    return Finding("DEL-01", number, text, basis=basis, how=("keep", "done"), fix=_FIX_UNSENT)
