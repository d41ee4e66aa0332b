"""Which vendor of AvidXchange a supplier of X3 may be: code, tax id, name, address, past invoices.

The weights are log-odds, set by hand from what each fact says and checked by the campaign
`suggestions`. A name alone is never sure; a vendor that is inactive never is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from rapidfuzz import fuzz, process

from core.domain.ap_documents import Vendor, fold
from core.domain.documents import Address, Supplier
from core.domain.suggestions import (
    ALIKE,
    DIFFERS,
    NEVER_CERTAIN,
    SAME,
    SURE,
    Evidence,
    Suggestion,
    Weighed,
    scored,
)
from core.domain.suggestions_names import (
    NAME,
    bare,
    compared,
    named,
    numbered,
    placed,
    short_postcode,
    sorted_name,
    sorted_score,
    words,
)
from core.words import area

say = area(__name__)

#: What a fact is called, which is also what its points go by.
_CODE = say("code")
_TAX_ID = say("tax_id")
_STREET = say("street")
_CITY = say("city")
_POSTAL_CODE = say("postal_code")
_PHONE = say("phone")
PAST = say("past_invoices")

_PRIOR = -6.0
_POINTS = {
    _CODE: {SAME: 16.0},
    _TAX_ID: {SAME: 11.0, ALIKE: 2.0, DIFFERS: -6.0},
    _STREET: {SAME: 7.0, ALIKE: 4.5, DIFFERS: -1.5},
    _CITY: {SAME: 1.0, ALIKE: 0.5, DIFFERS: -1.5},
    _POSTAL_CODE: {SAME: 2.5, DIFFERS: -1.0},
    _PHONE: {SAME: 4.0, DIFFERS: -0.5},
}
#: A name score from here on -> points.
_NAMES = ((100, 7.0), (95, 6.0), (85, 4.5), (75, 2.0), (60, 0.0), (0, -4.0))
_ONE_PAST, _MORE_PAST, _OTHER_PAST = 6.0, 8.0, -4.0
_COMMON = 200  # words that so many share tell nothing apart
_SILENT = 85  # below it the words have found nobody: all names are looked through
_NEAR_NAMES = 5
_NAMESAKES = 10  # so many of those that share no more than words are looked at closely
_PROOFS = (_CODE, _TAX_ID, PAST)
_UNSURE = SURE - 1
NO_PAST: Mapping[str, int] = {}


@dataclass(slots=True)
class VendorIndex:
    """Finds vendors by code, tax id, address and words without comparing each with each."""

    vendors: Iterable[Vendor]
    _all: list[Vendor] = field(default_factory=list)
    _names: list[str] = field(default_factory=list)
    _by_code: dict[str, int] = field(default_factory=dict)
    _by_mark: dict[tuple[str, str], list[int]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        for place, vendor in enumerate(self.vendors):
            self._all.append(vendor)
            self._names.append(sorted_name(vendor.name))
            self._by_code[fold(vendor.code)] = place
            own = vendor.address
            for mark in _marks(vendor.name, vendor.tax_id, own.line1, own.postal_code):
                self._by_mark[mark].append(place)

    def suggest(
        self,
        supplier: Supplier,
        address: Address | None,
        limit: int,
        past: Mapping[str, int] = NO_PAST,
    ) -> list[Suggestion]:
        """The best candidates, best first; cost grows with the vendors that share a rare word.

        `past` counts, by folded vendor code, the supplier's invoices that AvidXchange holds already
        under the same number with the same amount.
        """
        name = sorted_name(supplier.name)
        firm, loose = self._places(supplier, address, past)
        scores = {place: sorted_score(name, self._names[place]) for place in firm | loose}
        weak = sorted(loose - firm, key=lambda place: (-scores[place], place))[_NAMESAKES:]
        for place in weak:
            del scores[place]
        if name and max(scores.values(), default=0) < _SILENT:
            near = process.extract(
                name, self._names, scorer=fuzz.ratio, limit=_NEAR_NAMES, score_cutoff=_SILENT
            )
            scores |= {place: round(score) for _, score, place in near}
        made = [
            _weighed(supplier, address, self._all[place], score, past)
            for place, score in scores.items()
        ]
        return [replace(entry, score=score) for entry, score in scored(made, limit)]

    def _places(
        self, supplier: Supplier, address: Address | None, past: Mapping[str, int]
    ) -> tuple[set[int], set[int]]:
        """Vendors that share code, tax id or place, and those that share a word few have."""
        codes = (fold(supplier.code), *past)
        firm = {self._by_code[code] for code in codes if code in self._by_code}
        loose: set[int] = set()
        line1, postcode = (address.line1, address.postcode) if address else ("", "")
        for mark in _marks(supplier.name, supplier.tax_id, line1, postcode):
            sharing = self._by_mark.get(mark, ())
            if len(sharing) <= _COMMON:
                (loose if mark[0] == "word" else firm).update(sharing)
        return firm, loose


def _marks(name: str, tax_id: str, street: str, postcode: str) -> set[tuple[str, str]]:
    """What is looked up: words of the name, the tax id, the street within its postal code."""
    marks = {("word", word) for word in words(name)}
    if tax := bare(tax_id):
        marks.add(("tax", tax))
    if street.strip() and postcode.strip():
        marks.add(("place", f"{short_postcode(postcode)} {' '.join(words(street))}"))
    return marks


def _weighed(
    supplier: Supplier, address: Address | None, vendor: Vendor, names: int, past: Mapping[str, int]
) -> Weighed:
    own, at = vendor.address, address or Address()
    evidence = (
        compared(_CODE, supplier.code, vendor.code, fold),
        named(supplier.name, vendor.name, names),
        numbered(_TAX_ID, supplier.tax_id, vendor.tax_id),
        placed(_STREET, at.line1, own.line1),
        placed(_CITY, at.city, own.city),
        compared(_POSTAL_CODE, at.postcode, own.postal_code, short_postcode),
        compared(_PHONE, at.phone, vendor.telephone, bare),
        *past_evidence(past, fold(vendor.code)),
    )
    found = Suggestion(vendor.code, vendor.name, 0, evidence, is_active=vendor.active)
    verdicts = {entry.name: entry.verdict for entry in evidence}
    points = _PRIOR + past_points(past, fold(vendor.code))
    points += sum(_POINTS.get(name, {}).get(verdict, 0.0) for name, verdict in verdicts.items())
    if supplier.name.strip() and vendor.name.strip():
        points += name_points(names, _NAMES)
    is_denied = verdicts[_TAX_ID] == DIFFERS
    is_sure = vendor.active and not is_denied and _is_proved(verdicts)
    most = NEVER_CERTAIN if is_sure else _UNSURE
    return Weighed(found, points, most, is_certain=verdicts[_CODE] == SAME)


def _is_proved(verdicts: Mapping[str, str]) -> bool:
    """Whether more than a name speaks: a proof, or the very place."""
    if any(verdicts.get(name) == SAME for name in _PROOFS):
        return True
    is_there = verdicts[_POSTAL_CODE] == SAME and verdicts[_STREET] in (SAME, ALIKE)
    return is_there and verdicts[NAME] in (SAME, ALIKE)


def name_points(score: int, steps: Iterable[tuple[int, float]]) -> float:
    """The points of a name score by its step."""
    return next(points for least, points in steps if score >= least)


def past_points(past: Mapping[str, int], code: str) -> float:
    """What the invoices that both sides hold say about a candidate."""
    own = past.get(code, 0)
    if not own:
        return _OTHER_PAST if past else 0.0
    points = _ONE_PAST if own == 1 else _MORE_PAST
    return points if 2 * own > Counter(past).total() else points / 2


def past_evidence(past: Mapping[str, int], code: str) -> tuple[Evidence, ...]:
    """The fact of the invoices that both sides hold; none where there is no such invoice."""
    if not past:
        return ()
    total, own = Counter(past).total(), past.get(code, 0)
    verdict = DIFFERS if not own else SAME if 2 * own > total else ALIKE
    counted = say("in_both", total=total) if total > 1 else say("1_in_both")
    return (Evidence(PAST, counted, say("of_them", own=own), verdict),)
