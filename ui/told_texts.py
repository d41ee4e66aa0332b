"""Finds in a text that the core put together the parts it was put together from.

What to look for comes from the catalogue, so that it is found in every language. Nothing here is
shown to anybody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from string import Formatter

from core.words import Say, area

#: Names of the sentences that say who acts next (`core.explanations`).
NEXT = (
    "avidxchange_acts_next_a_part_is_paid",
    "avidxchange_acts_next_the_invoice_waits",
    "avidxchange_acts_next_the_invoice_waits_2",
    "avidxchange_acts_next_the_payment_is",
    "crossfoot_acts_next_it_is_being_sent",
    "crossfoot_acts_next_it_looks_the",
    "crossfoot_acts_next_the_next_run_in",
    "nothing_is_left_to_do",
    "nothing_will_be_sent",
    "the_approvers_in_avidxchange_act_next",
    "the_supplier_acts_next_the_payment_is",
    "x3_acts_next_and_it_goes_on",
    "x3_acts_next_it_goes_on_by",
    "you_act_next",
    "you_act_next_complete_the_mapping",
    "you_act_next_correct_it_and_send",
    "you_act_next_keep_what_was_sent",
    "you_act_next_reverse_the_payment_in",
    "you_act_next_reverse_the_payment_in_2",
    "you_act_next_settle_its_review_item",
)
_MARK = "\0"


def pattern(template: str) -> str:
    """The regular expression of a template: its words as they are, anything for its values."""
    parts = Formatter().parse(template)
    return "".join(re.escape(words) + ("" if name is None else ".*?") for words, name, *_ in parts)


def between(template: str, first: str, second: str) -> str:
    """The words of a template between two of its values; empty when they stand otherwise."""
    marked = template.replace(f"{{{first}}}", _MARK).replace(f"{{{second}}}", _MARK)
    parts = marked.split(_MARK)
    is_in_order = template.find(f"{{{first}}}") < template.find(f"{{{second}}}")
    return parts[1] if len(parts) == 3 and is_in_order else ""  # noqa: PLR2004 - before and behind


@dataclass(frozen=True, slots=True)
class Explanation:
    """Takes a sentence of `core.explanations` apart; `told` gives the texts of that module."""

    told: Say

    def parts(self, sentence: str, number: str = "") -> tuple[str, str]:
        """Why a document stands where it stands, and who acts next.

        Review items named for the command line are left out, and so is the document's `number`
        where the sentence begins with it.
        """
        item = pattern(self.told("review_item"))
        text = re.sub(item, "", sentence, flags=re.DOTALL).strip()
        text = text.removeprefix(self._head(number))
        text = text[:1].upper() + text[1:]
        follows = "|".join(pattern(self.told(name)) for name in NEXT)
        first, *following = re.split(rf"(?<=[.!?。]) ?(?=(?:{follows}))", text, maxsplit=1)
        return first, following[0] if following else ""

    def _head(self, number: str) -> str:
        """What stands before the state; empty in a language that begins with the state."""
        whole = self.told("is", number=number, word_of=_MARK)
        return whole.partition(_MARK)[0]

    def is_sending(self, text: str) -> bool:
        """Whether an entry of the history tells that something is being sent."""
        return bool(re.match(pattern(self.told("sending")), text, re.DOTALL))


EXPLANATION = Explanation(area("core.explanations"))
