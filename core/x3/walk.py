"""How far a walk over pages has come, as one text that survives a restart (sage-x3.md 3.2)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from core.errors import Unreadable
from core.words import area

say = area(__name__)

_DIGEST = 10  # hex digits per address: enough to tell some thousand pages apart


@dataclass(frozen=True, slots=True)
class Walk:
    """`target` is the address of the next page; `seen` are digests of those already asked for."""

    target: str
    pages: int = 0
    empty: int = 0
    seen: str = ""

    @classmethod
    def parse(cls, text: str) -> Walk:
        """The walk of `text`; raises Unreadable when it is none, so that it begins anew."""
        try:
            return cls(**json.loads(text))
        except (TypeError, ValueError):
            raise pages_error(say("the_saved_place_cannot_be_read")) from None

    @property
    def text(self) -> str:
        """What `parse` takes."""
        return json.dumps(asdict(self), separators=(",", ":"))

    def onward(self, target: str, *, is_empty: bool, max_pages: int) -> Walk:
        """The walk after this page, with `target` as its next.

        Raises:
            Unreadable: the pages do not end: an address repeats, two empty pages in a row still
                have a next one, or there are more than `max_pages`.
        """
        seen = self.seen + _digest(self.target)
        empty = self.empty + 1 if is_empty else 0
        pages = self.pages + 1
        every = {seen[at : at + _DIGEST] for at in range(0, len(seen), _DIGEST)}
        if _digest(target) in every:
            raise pages_error(say("a_page_leads_back_to_one_that"))
        if empty > 1:
            raise pages_error(say("two_pages_in_a_row_are_empty"))
        if pages >= max_pages:
            raise pages_error(say("there_are_more_than_pages", max_pages=max_pages))
        return Walk(target, pages, empty, seen)


def pages_error(what: str) -> Unreadable:
    """The error of a list that cannot be read to its end."""
    why = say("the_list_from_x3_cannot_be_read", what=what)
    return Unreadable("NET-01", why, "x3", was_sent=True, title=say("the_answer_could_not_be_read"))


def _digest(target: str) -> str:
    return hashlib.sha256(target.encode()).hexdigest()[:_DIGEST]
