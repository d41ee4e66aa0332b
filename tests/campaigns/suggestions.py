"""The campaign of suggestions: what a score promises, measured on books whose answers are known.

    python -m tests.campaigns.suggestions --seeds 10 --write

Each seed makes 2,000 suppliers and 800 accounts with both sides' names for them (300 suppliers
renamed, 40 merged, 25 closed on one side, accounts in proportion). Of every best candidate it is
known whether it is right; the table says how often, by band of its score.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from core.domain.ap_documents import fold
from core.domain.suggestions import SURE, Suggestion
from core.domain.suggestions_codes import CodeIndex
from core.domain.suggestions_vendors import VendorIndex
from tests.campaigns import sections
from tests.campaigns.suggestion_books import (
    ACCOUNTS,
    SUPPLIERS,
    account_books,
    vendor_books,
)

HEADING = "Suggestions for mappings"
PRECISION, COVERAGE = 0.995, 0.80
_BANDS = (100, 99, 97, 95, 90, 80, 70, 60, 50, 1)


@dataclass
class Measured:
    """What was found of one kind; `bands` counts (lowest score of the band, right or not)."""

    what: str
    asked: int = 0
    answered: int = 0  # those that have a counterpart
    bands: Counter[tuple[int, bool]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def note(self, kind: str, code: str, label: str, found: list[Suggestion]) -> None:
        """Count the best candidate of one code against its label."""
        self.asked += 1
        self.answered += bool(label)
        if not found:
            return
        best = found[0]
        is_right = fold(best.code) == fold(label)
        band = next(least for least in _BANDS if best.score >= least)
        self.bands[(band, is_right)] += 1
        if best.score >= SURE and not is_right:
            self.wrong.append(f"{code} ({kind}) -> {best.code} at {best.score}, is {label or '-'}")

    def sure(self, *, right: bool) -> int:
        """How many candidates are sure, and right or wrong."""
        return sum(n for (band, is_right), n in self.bands.items()
                   if band >= SURE and is_right is right)  # fmt: skip

    @property
    def precision(self) -> float:
        """Share of the sure candidates that is right."""
        total = self.sure(right=True) + self.sure(right=False)
        return self.sure(right=True) / total if total else 1.0

    @property
    def coverage(self) -> float:
        """Share of all codes, those without a counterpart too, with a sure and right candidate."""
        return self.sure(right=True) / self.asked if self.asked else 0.0

    @property
    def is_good(self) -> bool:
        """Whether the promise of the sure ones is kept."""
        return self.precision >= PRECISION and self.coverage >= COVERAGE


def measure(
    seeds: range, *, suppliers: int = SUPPLIERS, accounts: int = ACCOUNTS
) -> tuple[Measured, Measured]:
    """Suppliers and accounts of these seeds."""
    vendors, codes = Measured("suppliers"), Measured("accounts")
    for seed in seeds:
        _vendors(vendors, seed, suppliers)
        _codes(codes, seed, accounts)
    return vendors, codes


def _vendors(measured: Measured, seed: int, count: int) -> None:
    books = vendor_books(seed, count)
    began = time.perf_counter()
    index = VendorIndex(books.vendors)
    found = [
        index.suggest(one, books.addresses[one.code], 1, books.past.get(one.code, {}))
        for one in books.suppliers
    ]
    measured.seconds += time.perf_counter() - began
    for supplier, answer in zip(books.suppliers, found, strict=True):
        code = supplier.code
        measured.note(books.kinds[code], f"{seed}/{code}", books.truth[code], answer)


def _codes(measured: Measured, seed: int, count: int) -> None:
    books = account_books(seed, count)
    began = time.perf_counter()
    index = CodeIndex(books.codes)
    found = [
        index.suggest(one.account, one.name, 1, books.past.get(one.account, {}))
        for one in books.accounts
    ]
    measured.seconds += time.perf_counter() - began
    for account, answer in zip(books.accounts, found, strict=True):
        code = account.account
        measured.note(books.kinds[code], f"{seed}/{code}", books.truth[code], answer)


def table(measured: Measured) -> str:
    """Score bands with how often the best candidate was right."""
    rows = ["| score | candidates | right | share right |", "| --- | ---: | ---: | ---: |"]
    highest = 100
    for least in _BANDS:
        right, wrong = measured.bands[(least, True)], measured.bands[(least, False)]
        if total := right + wrong:
            band = f"{least}" if least == highest else f"{least} to {highest}"
            rows.append(f"| {band} | {total:,} | {right:,} | {right / total:.2%} |")
        highest = least - 1
    return "\n".join(rows)


def closing(measured: Measured, seeds: int) -> str:
    """The line that says whether the promise is kept."""
    sure = measured.sure(right=True) + measured.sure(right=False)
    return (
        f"{measured.what}: {measured.asked:,} asked, {measured.answered:,} with a counterpart; at "
        f"{SURE} % and above {sure:,} candidates, "
        f"precision {measured.precision:.3%}, coverage {measured.coverage:.1%} of all; "
        f"{measured.seconds / seeds:.2f} s a set"
    )


def section(found: tuple[Measured, ...], seeds: int) -> str:
    """What docs/measurements.md says of it."""
    parts = [
        f"{sections.made_on()} · `python -m tests.campaigns.suggestions --seeds {seeds} --write`",
        (
            f"{seeds} seeded, labelled sets of {SUPPLIERS:,} suppliers and {ACCOUNTS} accounts "
            "(in each 300 suppliers renamed, 40 merged, 25 closed on one side, accounts in "
            "proportion; branches, namesakes, colliding codes, slips). Promised: at 95 % and above "
            "precision >= 99.5 % and coverage >= 80 %. Coverage counts every code, those without "
            "a counterpart too."
        ),
    ]
    for one in found:
        parts += [f"* {closing(one, seeds)}", table(one)]
    return "\n\n".join(parts)


def main(arguments: list[str]) -> int:
    """Run it; 0 when the promise is kept for both kinds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--write", action="store_true", help="put it into docs/measurements.md")
    parser.add_argument("--wrong", action="store_true", help="list the sure ones that are wrong")
    options = parser.parse_args(arguments)
    found = measure(range(options.first, options.first + options.seeds))
    for one in found:
        sys.stdout.write(f"{table(one)}\n{closing(one, options.seeds)}\n")
        if options.wrong:
            sys.stdout.write("\n".join(one.wrong) + "\n")
    if options.write:
        sections.put(HEADING, section(found, options.seeds))
    return 0 if all(one.is_good for one in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
