"""What speaks against the promise that no invoice stands twice, I1 (product.md 8); reads only.

It looks at what changed, or at all there is (`touched.everything`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable

from core.domain.canonical import loads
from core.store.invoices import suppliers_of
from core.store.sqlite import Store
from core.store.statements import by_key
from core.store.tables import Document, Invoice
from core.store.touched import AP_INVOICE, INVOICE, Changed, Fact
from core.words import area

say = area(__name__)

_NOT_LIVE = frozenset(("rejected", "deleted"))
_REFERENCE_PARTS = 4  # X3|endpoint|company|number; the revision follows
_ONE_BY_ONE = 1000  # so many invoices are looked up by their names, more by one scan
_LINK = ("external_id", "avid_invoice_id")
_IS_LINKED = " AND ".join(f"\"{name}\" != ''" for name in _LINK)
# "}" is the sign after "|": all revisions of each number, by the index of parents.
_IN_ANY_REVISION = """
    SELECT found."key" AS "key", found."parent" AS "parent"
    FROM json_each(?) AS wanted CROSS JOIN "document" AS found
    WHERE found."entity" = ? AND found."gone" = 0
    AND found."parent" > wanted."value" || '|' AND found."parent" < wanted."value" || '}'
"""


def doubled_invoices(store: Store, changed: Changed, endpoint: str) -> list[Fact]:
    """X3 invoices that AvidXchange shows live more than once, of all revisions and links (I1)."""
    names = _moved_names(store, changed, endpoint)
    found = _shown(store, names, endpoint)
    for name, linked in _linked(store, names, endpoint).items():
        found[name].add(linked)
    several = {name: keys for name, keys in found.items() if len(keys) > 1}
    live = _live(store, {key for keys in several.values() for key in keys})
    facts = []
    for name, keys in sorted(several.items()):
        standing = sorted(keys & live, key=lambda key: (len(key), key))
        if len(standing) > 1:
            number = name.split("|")[3]
            text = say(
                "stands_in_avidxchange_times",
                number=number,
                count=len(standing),
                standing=", ".join(standing),
            )
            notes = ((INVOICE, number), *((AP_INVOICE, key) for key in standing))
            suppliers = suppliers_of(store, [number])
            facts.append(Fact(number, text, notes, (number,), suppliers=suppliers))
    return facts


def _name(external_id: str, endpoint: str) -> str:
    """`X3|endpoint|company|number` of a reference of this workspace; empty for others'."""
    parts = external_id.split("|")
    is_ours = len(parts) > _REFERENCE_PARTS and parts[:2] == ["X3", endpoint]
    return "|".join(parts[:_REFERENCE_PARTS]) if is_ours else ""


def _moved_names(store: Store, changed: Changed, endpoint: str) -> list[str] | None:
    """Names of the invoices of which something changed; None for so many that all are looked at."""
    keys, numbers = changed.of(AP_INVOICE), changed.of(INVOICE)
    if changed.is_all or len(keys) + len(numbers) > _ONE_BY_ONE:
        return None
    also = {"entity": AP_INVOICE}
    shown = by_key(store, Document, "key", keys, columns=("parent",), also=also)
    carried = by_key(store, Invoice, "number", numbers, columns=("external_id",))
    references = (*(row["parent"] for row in shown), *(row["external_id"] for row in carried))
    return sorted({_name(reference, endpoint) for reference in references} - {""})


def _shown(store: Store, names: list[str] | None, endpoint: str) -> dict[str, set[str]]:
    """Name -> keys of the AvidXchange invoices that carry it in any revision."""
    if names is None:
        query = Document.select(Document.key, Document.parent).where(
            Document.entity == AP_INVOICE, Document.gone == 0, Document.parent != ""
        )
        rows = store.rows(query)
    else:
        rows = store.select(_IN_ANY_REVISION, [json.dumps(names), AP_INVOICE])
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        name = _name(row["parent"], endpoint)
        if name:
            found[name].add(row["key"])
    return found


def _linked(store: Store, names: list[str] | None, endpoint: str) -> dict[str, str]:
    """Name -> the AvidXchange invoice that it was answered as, or that a person linked it to."""
    if names is None:
        rows = store.rows(
            Invoice.select(Invoice.external_id, Invoice.avid_invoice_id).where(
                Invoice.external_id != "", Invoice.avid_invoice_id != ""
            )
        )
    else:
        numbers = [name.split("|")[3] for name in names]
        rows = by_key(store, Invoice, "number", numbers, columns=_LINK, where=_IS_LINKED)
    found = {_name(row["external_id"], endpoint): row["avid_invoice_id"] for row in rows}
    return {name: invoice_id for name, invoice_id in found.items() if name}


def _live(store: Store, keys: Iterable[str]) -> set[str]:
    """Those of these AvidXchange invoices that are shown, neither rejected nor deleted."""
    also = {"entity": AP_INVOICE, "gone": 0}
    rows = by_key(store, Document, "key", sorted(keys), columns=("key", "body"), also=also)
    return {row["key"] for row in rows if loads(row["body"]).get("state") not in _NOT_LIVE}
