"""Which code of AvidXchange an account or dimension value of X3 may be: code, name, past invoices.

Charts share numbers: where another code has the very name, the same number says less.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace

from rapidfuzz import fuzz, process

from core.domain.ap_documents import Code, fold
from core.domain.suggestions import (
    ALIKE,
    NEVER_CERTAIN,
    SAME,
    SURE,
    Evidence,
    Suggestion,
    Weighed,
    scored,
)
from core.domain.suggestions_names import bare, compared, named, sorted_name, sorted_score
from core.domain.suggestions_vendors import NO_PAST, PAST, name_points, past_evidence, past_points
from core.words import area

say = area(__name__)

_PRIOR = -5.0
_SAME_CODE, _ALIKE_CODE, _RIVALLED_CODE = 12.2, 4.0, 6.0
#: A name score from here on -> points.
_NAMES = ((100, 7.2), (95, 6.0), (85, 4.0), (70, 1.5), (60, 0.0), (0, -5.0))
_IDLE = frozenset(("exp", "account", "accounts", "acct", "cost", "costs"))
_NEAR = 60
_LEAST_SHARED = 3  # so many signs a code must have before a part of another is like it


class CodeIndex:
    """Finds codes by value, by like values and by names; each name is prepared once."""

    def __init__(self, codes: Iterable[Code]) -> None:
        self._codes = list(codes)
        self._names = [_told(code.description) for code in self._codes]
        self._by_value: dict[str, list[int]] = defaultdict(list)
        self._by_core: dict[str, list[int]] = defaultdict(list)
        for place, code in enumerate(self._codes):
            self._by_value[fold(code.value)].append(place)
            for core in _cores(code.value):
                self._by_core[core].append(place)

    def suggest(
        self, code: str, name: str, limit: int, past: Mapping[str, int] = NO_PAST
    ) -> list[Suggestion]:
        """The best candidates for an X3 code, best first; its name is compared with all of them.

        `past` counts, by folded value, the invoice lines of both sides that were coded so.
        """
        places = set(self._by_value.get(fold(code), ()))
        for core in _cores(code):
            places.update(self._by_core.get(core, ()))
        for value in past:
            places.update(self._by_value.get(value, ()))
        wanted = _told(name)
        if wanted:
            near = process.extract(
                wanted, self._names, scorer=fuzz.ratio, limit=limit + 1, score_cutoff=_NEAR
            )
            places |= {place for _, _, place in near}
        scores = {place: sorted_score(wanted, self._names[place]) for place in places}
        has_namesake = any(
            score == 100 and fold(self._codes[place].value) != fold(code)  # noqa: PLR2004 - the very name
            for place, score in scores.items()
        )
        made = [
            _weighed(code, name, self._codes[place], score, past, has_namesake=has_namesake)
            for place, score in scores.items()
        ]
        return [replace(entry, score=score) for entry, score in scored(made, limit)]


def _weighed(
    code: str,
    name: str,
    candidate: Code,
    names: int,
    past: Mapping[str, int],
    *,
    has_namesake: bool,
) -> Weighed:
    same = _coded(code, candidate.value)
    evidence = (
        same,
        named(name, candidate.description, names),
        *past_evidence(past, fold(candidate.value)),
    )
    found = Suggestion(
        candidate.value, candidate.description, 0, evidence, candidate.group, candidate.active
    )
    points = _PRIOR + past_points(past, fold(candidate.value))
    is_same = same.verdict == SAME
    is_rivalled = has_namesake and names < 100  # noqa: PLR2004 - the very name
    if is_same:
        points += _RIVALLED_CODE if is_rivalled else _SAME_CODE
    elif same.verdict == ALIKE:
        points += _ALIKE_CODE
    if name.strip() and candidate.description.strip():
        points += name_points(names, _NAMES)
    is_proved = same.verdict in (SAME, ALIKE) or any(
        entry.name == PAST and entry.verdict == SAME for entry in evidence
    )
    most = NEVER_CERTAIN if candidate.active and is_proved else SURE - 1
    return Weighed(found, points, most, is_certain=is_same)


def _told(name: str) -> str:
    """A name without the words that every account may have."""
    found = sorted_name(name).split()
    return " ".join([word for word in found if word not in _IDLE] or found)


def _coded(left: str, right: str) -> Evidence:
    found = compared(say("code"), left, right, fold)
    if found.verdict != SAME and _cores(left) & _cores(right):
        return Evidence(say("code"), left, right, ALIKE)
    return found


def _cores(value: str) -> set[str]:
    """What two spellings of one number share: without signs, leading zeros, prefix or `-00`."""
    plain = bare(value)
    head = bare(value.rsplit("-", 1)[0]) if set(value.rpartition("-")[2]) == {"0"} else plain
    found = {text.lstrip("0") for text in (plain, head, head.lstrip("abcdefghijklmnopqrstuvwxyz"))}
    return {text for text in found if len(text) >= _LEAST_SHARED}
