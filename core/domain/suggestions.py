"""Candidates for a mapping: what they are, what speaks for them, and what a score says.

A score is a chance in percent that the candidate is the right one: the points of its evidence are
weighed against those of every other candidate and of "none of them". So two candidates that fit
equally well are never sure. `python -m tests.campaigns.suggestions` measures how true that is.
No candidate becomes a mapping by itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from core.words import area

say = area(__name__)

SURE = 95  # from here on a candidate may be accepted in bulk, after the list was shown
LEAST = 50  # less is no suggestion: something else is as likely
LISTED = 1  # less is not even shown among the candidates
SAME, ALIKE, DIFFERS = "same", "alike", "differs"
NEVER_CERTAIN = 99


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact of both sides: `verdict` is same, alike, differs, or empty where only one speaks."""

    name: str
    x3: str
    avidxchange: str
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A candidate for a mapping: `score` 0 to 100; 95 and more may be accepted in bulk."""

    code: str
    name: str
    score: int
    evidence: tuple[Evidence, ...]
    group: str = ""
    is_active: bool = True

    def verdict(self, name: str) -> str:
        """The verdict of one fact; empty where nothing is said of it."""
        return next((entry.verdict for entry in self.evidence if entry.name == name), "")


@dataclass(frozen=True, slots=True)
class Weighed:
    """A candidate before its score: `points` are log-odds, `most` the highest score it may have."""

    candidate: Suggestion
    points: float
    most: int = NEVER_CERTAIN
    is_certain: bool = False  # once it is sure it is shown as 100


def scored(weighed: Sequence[Weighed], limit: int) -> list[tuple[Suggestion, int]]:
    """The best candidates with their scores, best first; ties by group and code."""
    top = max([0.0, *(entry.points for entry in weighed)])
    total = math.exp(-top) + sum(math.exp(entry.points - top) for entry in weighed)
    found = []
    for entry in weighed:
        chance = int(100 * math.exp(entry.points - top) / total)
        score = min(entry.most, chance)
        if entry.is_certain and score >= SURE:
            score = 100
        if score >= LISTED:
            found.append((entry.candidate, score))
    found.sort(key=lambda pair: (-pair[1], pair[0].group, pair[0].code))
    return found[:limit]


def evidence_text(candidate: Suggestion) -> str:
    """What speaks for a candidate, in a few words."""
    named = {
        verdict: [entry.name for entry in candidate.evidence if entry.verdict == verdict]
        for verdict in (SAME, ALIKE, DIFFERS)
    }
    same, alike, differs = named[SAME], named[ALIKE], named[DIFFERS]
    parts = [f"same {_joined(same)}"] if same else []
    parts += [say("alike", joined=_joined(alike))] if alike else []
    parts += [say("differs", joined=_joined(differs))] if differs and not same else []
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]


def _joined(names: list[str]) -> str:
    *first, last = [name.lower() for name in names]
    return say("and", first=", ".join(first), last=last) if first else last
