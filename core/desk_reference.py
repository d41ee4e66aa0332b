"""What both sides call things: suppliers, vendors, accounts, values and codes, read once and kept.

Thread-safe. `forget` is called when reference data was read anew; until then nothing is asked of
the store twice. Nothing here decides what maps to what.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar

from core.domain.ap_documents import Code, Vendor, fold
from core.domain.canonical import decode
from core.domain.documents import Address, Supplier
from core.domain.reference_documents import Dimension, GlAccount
from core.store import renames
from core.store.queries_lists import Names
from core.store.records import documents
from core.store.sqlite import Store

_Document = TypeVar("_Document")


class Reference:
    """Reference data by its keys. Cost of a first use: reads one entity whole."""

    def __init__(self, store: Store, gl_group: Callable[[], str] = str) -> None:
        self._store = store
        self._gl_group = gl_group
        self._lock = threading.RLock()
        self._held: dict[str, Any] = {}
        self.version = 0

    def forget(self) -> None:
        """Everything is read again when it is next asked for."""
        with self._lock:
            self._held.clear()
            self.version += 1

    def _kept(self, name: str, make: Callable[[], _Document]) -> _Document:
        with self._lock:
            if name not in self._held:
                self._held[name] = make()
            found: _Document = self._held[name]
            return found

    def _all(self, entity: str, kind: type[_Document]) -> list[_Document]:
        return [decode(kind, body) for body in documents(self._store, entity)]

    @property
    def suppliers(self) -> dict[str, Supplier]:
        """Suppliers by code."""
        return self._kept(
            "suppliers", lambda: {item.code: item for item in self._all("supplier", Supplier)}
        )

    @property
    def addresses(self) -> dict[tuple[str, str], Address]:
        """Addresses by supplier and code."""
        return self._kept(
            "addresses",
            lambda: {(a.supplier, a.code): a for a in self._all("supplier_address", Address)},
        )

    @property
    def vendors(self) -> dict[str, Vendor]:
        """Vendors by folded code."""
        return self._kept(
            "vendors", lambda: {fold(item.code): item for item in self._all("vendor", Vendor)}
        )

    @property
    def accounts(self) -> dict[tuple[str, str], GlAccount]:
        """Accounts by chart and account."""
        return self._kept(
            "accounts",
            lambda: {(a.chart, a.account): a for a in self._all("gl_account", GlAccount)},
        )

    @property
    def dimensions(self) -> dict[tuple[str, str], Dimension]:
        """Dimension values by type and value."""
        return self._kept(
            "dimensions", lambda: {(d.type, d.value): d for d in self._all("dimension", Dimension)}
        )

    @property
    def codes(self) -> dict[tuple[str, str], Code]:
        """Codes of AvidXchange by group and value."""
        return self._kept("codes", lambda: {(c.group, c.value): c for c in self._all("code", Code)})

    @property
    def renamed(self) -> dict[tuple[str, str], renames.Past]:
        """What codes and vendors were called before, by entity and key."""
        return self._kept("renamed", lambda: renames.load(self._store))

    def address_of(self, supplier: Supplier) -> Address | None:
        """The address a supplier's letters go to."""
        return self.addresses.get((supplier.code, supplier.default_address))

    @property
    def account_group(self) -> str:
        """The group that holds GL accounts, by the profile, else by the numbers found in it."""
        return self._gl_group() or self._kept("account_group", self._find_account_group)

    def _find_account_group(self) -> str:
        numbers = {account for _, account in self.accounts}
        hits: dict[str, int] = {}
        for group, value in self.codes:
            hits[group] = hits.get(group, 0) + (value in numbers)
        return max(sorted(hits), key=lambda group: hits[group], default="")

    def names(self) -> Names:
        """Names for lists; each call of a function is a look-up in memory."""
        return Names(self.supplier_name, self.suppliers_like, self.vendor_name)

    def supplier_name(self, code: str) -> str:
        """The supplier's name, empty when it is not known."""
        found = self.suppliers.get(code)
        return found.name if found else ""

    def suppliers_like(self, text: str) -> list[str]:
        """Codes of the suppliers whose name contains the text, any case."""
        wanted = fold(text)
        return [code for code, item in self.suppliers.items() if wanted in item.name.casefold()]

    def vendor_name(self, code: str) -> str:
        """The vendor's name, empty when it is not known."""
        found = self.vendors.get(fold(code))
        return found.name if found else ""
