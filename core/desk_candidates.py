"""Candidates for a mapping out of what is stored: reference data of both sides and past invoices.

Kept until reference data is read anew. Nothing is written, no other system is asked.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from core.desk_reference import Reference
from core.domain.ap_documents import fold
from core.domain.suggestions import LEAST, Suggestion
from core.domain.suggestions_codes import CodeIndex
from core.domain.suggestions_vendors import VendorIndex
from core.store import rules
from core.store.past_codings import PastCodings, past_codings
from core.store.sqlite import Store

Pair = tuple[str, str]
_Kept = TypeVar("_Kept")


class Candidates:
    """Candidates of the three kinds of mapping; any thread."""

    def __init__(self, store: Store, reference: Reference) -> None:
        self._store = store
        self._reference = reference
        self._lock = threading.Lock()
        self._version = -1
        self._held: dict[Any, Any] = {}
        self._best: dict[tuple[str, str, str], Suggestion | None] = {}

    def of(self, kind: str, key1: str, key2: str = "", limit: int = 5) -> list[Suggestion]:
        """The best first. Cost: vendors by what few share; codes are all compared."""
        reference, past = self._reference, self._past()
        if kind == "vendors":
            supplier = reference.suppliers.get(key1)
            if supplier is None:
                return []
            index = self._kept("vendors", lambda: VendorIndex(reference.vendors.values()))
            address = reference.address_of(supplier)
            return index.suggest(supplier, address, limit, past.vendors.get(key1, {}))
        if kind == "gl":
            account = reference.accounts.get((key1, key2))
            group = reference.account_group
            coded: Mapping[str, int] = past.accounts.get(((key1, key2), group), {})
            return self._code_index(group).suggest(
                key2, account.name if account else "", limit, coded
            )
        value = reference.dimensions.get((key1, key2))
        named = {row.avid_group for row in rules.current(self._store, kind, key1=key1)}
        groups = sorted(named or self.other_groups())
        return self._code_index(*groups).suggest(
            key2, value.name if value else "", limit, _of_groups(past, (key1, key2), groups)
        )

    def best(self, kind: str, key1: str, key2: str = "") -> Suggestion | None:
        """The best candidate when it is more likely than everything else; kept."""
        self._follow()
        key = (kind, key1, key2)
        if key not in self._best:
            found = self.of(kind, key1, key2, limit=1)
            self._best[key] = found[0] if found and found[0].score >= LEAST else None
        return self._best[key]

    def search(self, kind: str, text: str, limit: int) -> list[Suggestion]:
        """Vendors or codes whose code or name contains the text, by code; in memory."""
        wanted, reference = fold(text), self._reference
        if kind == "vendors":
            return [
                Suggestion(vendor.code, vendor.name, 0, (), is_active=vendor.active)
                for key, vendor in sorted(reference.vendors.items())
                if wanted in key or wanted in vendor.name.casefold()
            ][:limit]
        groups = {reference.account_group} if kind == "gl" else self.other_groups()
        return [
            Suggestion(code.value, code.description, 0, (), code.group, code.active)
            for (group, value), code in sorted(reference.codes.items())
            if group in groups
            and (wanted in value.casefold() or wanted in code.description.casefold())
        ][:limit]

    def other_groups(self) -> set[str]:
        """AvidXchange's groups that hold no accounts."""
        groups = {group for group, _ in self._reference.codes}
        return groups - {self._reference.account_group}

    def _code_index(self, *groups: str) -> CodeIndex:
        found = self._reference.codes.values()
        return self._kept(groups, lambda: CodeIndex(c for c in found if c.group in groups))

    def _past(self) -> PastCodings:
        return self._kept("past", lambda: past_codings(self._store))

    def _kept(self, name: Any, make: Callable[[], _Kept]) -> _Kept:
        self._follow()
        with self._lock:
            if name not in self._held:
                self._held[name] = make()
            found: _Kept = self._held[name]
            return found

    def _follow(self) -> None:
        """Forget everything once reference data was read anew."""
        with self._lock:
            if self._version != self._reference.version:
                self._version = self._reference.version
                self._held = {}
                self._best = {}


def _of_groups(past: PastCodings, pair: Pair, groups: list[str]) -> Mapping[str, int]:
    """How a value was coded in the group that it goes to; nothing while that is not known."""
    return past.dimensions.get((pair, groups[0]), {}) if len(groups) == 1 else {}
