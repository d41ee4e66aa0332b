"""Another document that may be the same bill as one that is to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.words import area

say = area(__name__)

#: What the basis of a finding about another document begins with.
HERE, THERE = "x3:", "avidxchange:"


@dataclass(frozen=True, slots=True)
class Peer:
    """Another document that may be the same bill: one of X3, or one found in AvidXchange.

    `key` is its X3 number, or AvidXchange's id where it `is_there`. `is_exact` tells the same
    vendor and document number, else it is close by amount and date. `goes_first` tells that it was
    sent, stands there already, or was created earlier.
    """

    key: str
    is_exact: bool
    goes_first: bool
    document_date: date | None = None
    is_there: bool = False

    @property
    def name(self) -> str:
        """What a person calls it."""
        if self.is_there:
            return say("avidxchange_invoice", key=self.key)
        return say("x3_invoice", key=self.key)

    @property
    def basis(self) -> str:
        """What an acceptance is given for: this document, whatever the language."""
        return f"{THERE if self.is_there else HERE}{self.key}"
