"""How alike names, numbers and addresses of both sides are, legal forms and signs aside."""

from __future__ import annotations

import re
from collections.abc import Callable

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from core.domain.suggestions import ALIKE, DIFFERS, SAME, Evidence
from core.words import area

say = area(__name__)

NAME = say("name")

ALIKE_FROM = 85  # a name score from which two names are called alike
_SLIP = 1  # one wrong, missing or swapped sign in an id of some length is a slip of the hand
_SLIP_LENGTH = 7
_LEGAL = frozenset((
    "inc", "incorporated", "llc", "lc", "llp", "lp", "pllc", "pc", "ltd", "limited", "co",
    "company", "corp", "corporation", "plc", "gmbh", "ag", "sa", "sas", "sarl", "bv", "nv", "the",
    "and", "of", "l", "c", "p",
))  # fmt: skip
#: Words that are written both ways -> one form.
_SHORT = {
    "services": "service", "svcs": "service", "svc": "service", "manufacturing": "mfg",
    "associates": "assoc", "brothers": "bros", "international": "intl", "national": "natl",
    "center": "ctr", "centre": "ctr", "management": "mgmt", "department": "dept",
    "distribution": "dist", "distributors": "dist", "technologies": "tech", "technology": "tech",
    "saint": "st", "street": "st", "avenue": "ave", "road": "rd", "boulevard": "blvd",
    "drive": "dr", "lane": "ln", "suite": "ste", "highway": "hwy", "parkway": "pkwy",
    "north": "n", "south": "s", "east": "e", "west": "w", "expense": "exp", "expenses": "exp",
    "supplies": "supply", "equipment": "equip", "maintenance": "maint", "professional": "prof",
    "insurance": "ins", "telephone": "tel", "amortization": "amort", "depreciation": "depr",
    "administration": "admin", "administrative": "admin", "warehouse": "whse",
    "advertising": "adv", "miscellaneous": "misc", "utilities": "utility", "fees": "fee",
}  # fmt: skip


def words(text: str) -> list[str]:
    """Its words in lower case, in one spelling, without legal forms; those when it has no other."""
    found = re.findall(r"[^\W_]+", text.casefold().replace("&", " and ").replace("'", ""))
    kept = [word for word in found if word not in _LEGAL]
    return [_SHORT.get(word, word) for word in kept or found]


def plain_name(text: str) -> str:
    """A name without legal forms and signs, in lower case and one spelling."""
    return " ".join(words(text))


def sorted_name(text: str) -> str:
    """The plain name with its words in order: what is compared."""
    return " ".join(sorted(words(text)))


def name_score(left: str, right: str) -> int:
    """How alike two names are, 0 to 100, legal forms and order of words aside."""
    return sorted_score(sorted_name(left), sorted_name(right))


def sorted_score(left: str, right: str) -> int:
    """As `name_score`, of two results of `sorted_name`."""
    return round(fuzz.ratio(left, right))


def bare(text: str) -> str:
    """Letters and digits of an id, as far as it has any, in lower case."""
    return re.sub(r"[^0-9A-Za-z]", "", text).casefold()


def named(left: str, right: str, score: int) -> Evidence:
    """The fact of two names with their score."""
    if not left.strip() or not right.strip():
        return Evidence(NAME, left, right)
    if left.strip() == right.strip():
        return Evidence(NAME, left, right, SAME)
    return Evidence(NAME, left, right, ALIKE if score >= ALIKE_FROM else DIFFERS)


def compared(name: str, left: str, right: str, plain: Callable[[str], str]) -> Evidence:
    """Two values that agree when their plain forms do; no verdict where one side is silent."""
    one, other = plain(left), plain(right)
    if not one or not other:
        return Evidence(name, left, right)
    return Evidence(name, left, right, SAME if one == other else DIFFERS)


def numbered(name: str, left: str, right: str) -> Evidence:
    """Two ids; alike when they differ by one slip of the hand."""
    found = compared(name, left, right, bare)
    one, other = bare(left), bare(right)
    if found.verdict != DIFFERS or min(len(one), len(other)) < _SLIP_LENGTH:
        return found
    if OSA.distance(one, other, score_cutoff=_SLIP) <= _SLIP:
        return Evidence(name, left, right, ALIKE)
    return found


def placed(name: str, left: str, right: str) -> Evidence:
    """Two parts of an address."""
    found = compared(name, left, right, plain_name)
    if found.verdict == DIFFERS and name_score(left, right) >= ALIKE_FROM:
        return Evidence(name, left, right, ALIKE)
    return found


def short_postcode(text: str) -> str:
    """A postal code as far as both sides usually have it: without a US code's last four."""
    found = bare(text)
    return found[:5] if found.isdigit() else found
