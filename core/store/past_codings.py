"""How AvidXchange's own invoices were coded: those that X3 shows too and that are not Crossfoot's.

Read only. An invoice of both sides is one with the same number and the same amount; a line of both
is the only one of its amount in each. What was coded so is evidence for a mapping, never a mapping.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.domain.ap_documents import fold
from core.domain.money import digits
from core.store.records import documents
from core.store.sqlite import Store, lots
from core.store.tables import Invoice

_NOT_STANDING = ("rejected", "deleted")
Counts = dict[Any, Counter[str]]


def _counts() -> Counts:
    return defaultdict(Counter)


@dataclass(slots=True)
class PastCodings:
    """Supplier, (chart, account) and (type, value) -> how often which folded code stood for it.

    Codes of accounts and values are counted under (key, group).
    """

    vendors: Counts = field(default_factory=_counts)
    accounts: Counts = field(default_factory=_counts)
    dimensions: Counts = field(default_factory=_counts)


def past_codings(store: Store) -> PastCodings:
    """Everything that both sides coded; one query, and one for 500 numbers of such invoices."""
    there: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for body in documents(store, "ap_invoice", parents=[""]):
        found = json.loads(body)
        if found.get("state") not in _NOT_STANDING and found.get("number", "").strip():
            there[fold(found["number"])].append(found)
    past = PastCodings()
    columns = (
        Invoice.supplier, Invoice.document_folded, Invoice.amount, Invoice.currency, Invoice.body,
    )  # fmt: skip
    query = Invoice.select(*columns).where(Invoice.gone == 0)
    for lot in lots(sorted(there)):
        for row in store.rows(query.where(Invoice.document_folded.in_(lot))):
            _count(past, row, [one for one in there[row["document_folded"]] if _is_same(row, one)])
    return past


def _is_same(row: Mapping[str, Any], there: Mapping[str, Any]) -> bool:
    amount = Decimal(str(there.get("amount", 0))).scaleb(digits(row["currency"]))
    is_currency = there.get("currency", "") in ("", row["currency"])
    return is_currency and bool(amount) and abs(amount) == abs(Decimal(row["amount"]))


def _count(past: PastCodings, row: Mapping[str, Any], found: list[dict[str, Any]]) -> None:
    if len(found) != 1:
        return  # several bills of one number and amount tell nobody's vendor
    there = found[0]
    past.vendors[row["supplier"]][fold(str(there.get("vendor_code", "")))] += 1
    ours = _single(json.loads(row["body"]).get("lines", ()), _gross)
    theirs = _single(there.get("lines", ()), lambda line: line.get("amount"))
    for amount in ours.keys() & theirs.keys():
        line, codes = ours[amount], theirs[amount].get("codes", ())
        for group, value in (pair for pair in codes if len(pair) == 2):  # noqa: PLR2004 - a pair
            account = (line.get("chart", ""), line.get("account", ""))
            past.accounts[(account, group)][fold(value)] += 1
            for kind, own in (pair for pair in line.get("dimensions", ()) if len(pair) == 2):  # noqa: PLR2004 - a pair
                past.dimensions[((kind, own), group)][fold(value)] += 1


def _gross(line: Mapping[str, Any]) -> Any:
    """A line's amount with tax where it can be told: X3's own, or the net of a line without."""
    has_tax = any(Decimal(str(line.get(f"tax_amount{place}", 0))) for place in (1, 2, 3))
    return line.get("gross", None if has_tax else line.get("net"))


def _single(lines: Iterable[dict[str, Any]], amount_of: Any) -> dict[Decimal, dict[str, Any]]:
    """Lines by their amount without sign, those whose amount no other one has."""
    held: dict[Decimal, list[dict[str, Any]]] = defaultdict(list)
    for line in lines:
        amount = amount_of(line)
        if amount is not None and Decimal(str(amount)):
            held[abs(Decimal(str(amount)))].append(line)
    return {amount: found[0] for amount, found in held.items() if len(found) == 1}
