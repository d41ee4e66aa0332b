"""Candidates for a mapping, each with its evidence: what both sides say and whether it agrees.

Pure. A name never makes a link by itself: candidates are offered to a person.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from rapidfuzz import fuzz, process

from core.desk_views import EvidenceView, Suggestion
from core.domain.ap_documents import Code, Vendor, fold
from core.domain.documents import Address, Supplier

SURE = 95  # from here on a candidate may be accepted in bulk
LEAST = 60  # below this a name says nothing
_ALIKE = 85
_RIVALLED = 85  # the same code, while another one has the same name
_COMMON = 200  # words that so many share tell nothing apart
_PLACES = (
    ("Street", "line1", "line1"),
    ("City", "city", "city"),
    ("Postal code", "postcode", "postal_code"),
)
_LEGAL = frozenset((
    "inc", "incorporated", "llc", "lc", "llp", "lp", "ltd", "limited", "co", "company", "corp",
    "corporation", "plc", "gmbh", "ag", "sa", "sas", "sarl", "bv", "nv", "the", "and", "l", "c",
))  # fmt: skip


def plain_name(text: str) -> str:
    """A name without legal forms and signs, in lower case."""
    words = re.findall(r"[^\W_]+", text.casefold().replace("&", " and "))
    kept = [word for word in words if word not in _LEGAL]
    return " ".join(kept or words)


def name_score(left: str, right: str) -> int:
    """How alike two names are, 0 to 100, legal forms and order of words aside."""
    return round(fuzz.token_sort_ratio(plain_name(left), plain_name(right)))


def digits_of(text: str) -> str:
    """Letters and digits of a tax id, as far as it has any."""
    return re.sub(r"[^0-9A-Za-z]", "", text).casefold()


class VendorIndex:
    """Finds vendors by code, tax id and words of their names without comparing each with each."""

    def __init__(self, vendors: Iterable[Vendor]) -> None:
        self._by_code: dict[str, Vendor] = {}
        self._by_tax: dict[str, list[Vendor]] = defaultdict(list)
        self._by_word: dict[str, list[Vendor]] = defaultdict(list)
        for vendor in vendors:
            self._by_code[fold(vendor.code)] = vendor
            if tax := digits_of(vendor.tax_id):
                self._by_tax[tax].append(vendor)
            for word in set(plain_name(vendor.name).split()):
                self._by_word[word].append(vendor)

    def suggest(self, supplier: Supplier, address: Address | None, limit: int) -> list[Suggestion]:
        """The best candidates, best first; cost grows with the vendors that share a rare word."""
        found: dict[str, Vendor] = {}
        if same := self._by_code.get(fold(supplier.code)):
            found[fold(same.code)] = same
        for vendor in self._by_tax.get(digits_of(supplier.tax_id), ()):
            found[fold(vendor.code)] = vendor
        for word in set(plain_name(supplier.name).split()):
            sharing = self._by_word.get(word, ())
            if len(sharing) <= _COMMON:
                found |= {fold(vendor.code): vendor for vendor in sharing}
        made = [_vendor(supplier, address, vendor) for vendor in found.values()]
        kept = [entry for entry in made if entry.score >= LEAST]
        return sorted(kept, key=lambda entry: (-entry.score, entry.code))[:limit]


def _vendor(supplier: Supplier, address: Address | None, vendor: Vendor) -> Suggestion:
    names = name_score(supplier.name, vendor.name)
    own = vendor.address
    verdict = _name_verdict(supplier.name, vendor.name, names)
    evidence = (
        _evidence("Code", supplier.code, vendor.code, fold),
        EvidenceView("Name", supplier.name, vendor.name, verdict),
        _evidence("Tax id", supplier.tax_id, vendor.tax_id, digits_of),
        *(
            _placed(name, getattr(address, one, "") if address else "", getattr(own, other))
            for name, one, other in _PLACES
        ),
    )
    score = _score(evidence, names)
    return Suggestion(vendor.code, vendor.name, score, evidence, is_active=vendor.active)


def _score(evidence: Sequence[EvidenceView], names: int) -> int:
    """The same code is certain; a tax id and a name each need the other to be nearly so."""
    verdicts = {entry.name: entry.verdict for entry in evidence}
    if verdicts["Code"] == "same":
        return 100 if verdicts["Tax id"] != "differs" else 90
    if verdicts["Tax id"] == "same":
        return 98 if names >= _ALIKE else 94
    if verdicts["Tax id"] == "differs":
        return min(names, 70) if names >= _ALIKE else 0
    places = sum(verdicts[name] == "same" for name in ("Street", "City", "Postal code"))
    return min(97, round(names * 0.85) + 4 * places) if names >= LEAST else 0


def _name_verdict(left: str, right: str, score: int) -> str:
    if not left or not right:
        return ""
    if left.strip() == right.strip():
        return "same"
    return "alike" if score >= _ALIKE else "differs"


def _evidence(name: str, left: str, right: str, plain: Callable[[str], str]) -> EvidenceView:
    """Two values that agree when their plain forms do; no verdict where one side is silent."""
    if not left.strip() or not right.strip():
        return EvidenceView(name, left, right)
    return EvidenceView(name, left, right, "same" if plain(left) == plain(right) else "differs")


def _placed(name: str, left: str, right: str) -> EvidenceView:
    if not left.strip() or not right.strip():
        return EvidenceView(name, left, right)
    if plain_name(left) == plain_name(right):
        return EvidenceView(name, left, right, "same")
    is_alike = name_score(left, right) >= _ALIKE
    return EvidenceView(name, left, right, "alike" if is_alike else "differs")


class CodeIndex:
    """Finds codes by the same value and by names; each name is prepared once."""

    def __init__(self, codes: Iterable[Code]) -> None:
        self._codes = list(codes)
        self._names = [_sorted_words(code.description) for code in self._codes]
        self._by_value: dict[str, list[int]] = defaultdict(list)
        for place, code in enumerate(self._codes):
            self._by_value[fold(code.value)].append(place)

    def suggest(self, code: str, name: str, limit: int) -> list[Suggestion]:
        """The best candidates for an X3 code, best first; its name is compared with all of them."""
        places = set(self._by_value.get(fold(code), ()))
        wanted = _sorted_words(name)
        if wanted:
            near = process.extract(
                wanted, self._names, scorer=fuzz.ratio, limit=limit, score_cutoff=LEAST
            )
            places |= {place for _, _, place in near}
        made = _weighed([_code(code, name, self._codes[place]) for place in places])
        kept = [entry for entry in made if entry.score >= LEAST]
        return sorted(kept, key=lambda entry: (-entry.score, entry.group, entry.code))[:limit]


def _weighed(made: list[Suggestion]) -> list[Suggestion]:
    """Charts share numbers: where another code has the very name, the same number is not sure."""

    def verdicts(entry: Suggestion) -> dict[str, str]:
        return {fact.name: fact.verdict for fact in entry.evidence}

    named = [entry for entry in made if verdicts(entry)["Name"] == "same"]
    rivals = [entry for entry in named if verdicts(entry)["Code"] != "same"]
    if not rivals or len(rivals) < len(named):
        return made
    return [
        replace(entry, score=min(entry.score, _RIVALLED))
        if verdicts(entry)["Code"] == "same"
        else entry
        for entry in made
    ]


def _sorted_words(name: str) -> str:
    return " ".join(sorted(plain_name(name).split()))


def _code(code: str, name: str, candidate: Code) -> Suggestion:
    names = name_score(name, candidate.description) if name and candidate.description else 0
    evidence = (
        _evidence("Code", code, candidate.value, fold),
        EvidenceView(
            "Name",
            name,
            candidate.description,
            _name_verdict(name, candidate.description, names),
        ),
    )
    score = round(names * 0.9)
    if fold(code) == fold(candidate.value):
        score = 100 if names >= _ALIKE or not names else 90
    return Suggestion(
        candidate.value,
        candidate.description,
        score,
        evidence,
        candidate.group,
        candidate.active,
    )


def evidence_text(candidate: Suggestion) -> str:
    """What speaks for a candidate, in a few words."""
    same = [entry.name for entry in candidate.evidence if entry.verdict == "same"]
    alike = [entry.name for entry in candidate.evidence if entry.verdict == "alike"]
    differs = [entry.name for entry in candidate.evidence if entry.verdict == "differs"]
    parts = [f"same {_joined(same)}"] if same else []
    parts += [f"{_joined(alike)} alike"] if alike else []
    parts += [f"{_joined(differs)} differs"] if differs and not same else []
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]


def _joined(names: list[str]) -> str:
    *first, last = [name.lower() for name in names]
    return f"{', '.join(first)} and {last}" if first else last
