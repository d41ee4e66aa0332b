"""What X3 no longer shows: when many are missing together, and what a person is told of it; pure.

Absence is never taken for a deletion by itself (product.md 4, *Reversed in X3*, and 10).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from core.domain.findings import Finding
from core.words import area

say = area(__name__)

INVOICE, ITEMS = "invoice", "open items"
_FEW = 5  # more are missing together
_SHARE = 50  # one of so many: 2 %
_FIX_TOGETHER = say("check_the_rights_of_the_x3_user")
_FIX_UNSENT = say("nothing_stands_in_avidxchange_confirm")


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
    of = say("of", named=" and ".join(named)) if named else ""
    noun = "invoice" if total == 1 else "invoices"
    subject = (
        f"{total} {noun}{of}"
        if what == INVOICE
        else say("the_open_items_of", total=total, noun=noun, of=of)
    )
    return say("x3_no_longer_shows_rights_or_folder", subject=subject)


def finding(number: str, absence: Absence, *, was_sent: bool) -> Finding:
    """The DEL-01 of an invoice; several missing together are one, without a bulk withdraw."""
    basis = say("gone_in_run", what=absence.what, run=absence.run)
    stands = say("it_still_stands_in_avidxchange") if was_sent else say("it_was_never_sent")
    if absence.together:
        return Finding(
            "DEL-01",
            number,
            absence.together,
            cause=f"{absence.what} missing together in run {absence.run}",
            basis=basis,
            title=say("x3_no_longer_shows_several_invoices"),
            how=("keep", "done"),
            fix=_FIX_TOGETHER,
        )
    subject = "it" if absence.what == INVOICE else say("open_items_of_it")
    text = say("x3_no_longer_shows", subject=subject, stands=stands)
    if was_sent:
        return Finding("DEL-01", number, text, basis=basis)
    return Finding("DEL-01", number, text, basis=basis, how=("keep", "done"), fix=_FIX_UNSENT)
