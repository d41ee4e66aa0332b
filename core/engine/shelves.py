"""Loads the books the rules look things up in: reference data of both sides and the mapping."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from functools import partial
from typing import Any

from core.domain.ap_documents import Code, CodeGroup, Vendor
from core.domain.books import Books
from core.domain.canonical import decode, loads
from core.domain.documents import Address, Supplier
from core.domain.mapping import Rule, RuleBook
from core.domain.reference_documents import (
    Dimension,
    FiscalPeriod,
    GlAccount,
    PaymentTerm,
    PurchaseOrder,
)
from core.domain.remittance import RemitDetails
from core.engine.decoded import Decoded
from core.store import renames, rules
from core.store.records import documents, gone_documents
from core.store.sqlite import Store


def load(store: Store, decoded: Decoded | None = None) -> Books:
    """All reference data of both sides with the mapping in force; inside one read transaction.

    `decoded` holds what was made of the same texts before.
    """
    made = decoded or Decoded()
    listed = partial(_listed, store, made)
    suppliers = listed(Supplier, "supplier")
    terms: dict[str, list[PaymentTerm]] = defaultdict(list)
    for term in listed(PaymentTerm, "payment_term"):
        terms[term.code].append(term)
    periods: dict[str, list[FiscalPeriod]] = defaultdict(list)
    for period in listed(FiscalPeriod, "fiscal_period"):
        periods[period.company].append(period)
    addresses = listed(Address, "supplier_address")
    return Books(
        rules=RuleBook([_rule(row) for kind in rules.KINDS for row in
                        rules.current(store, kind)]),
        suppliers={s.code: s for s in suppliers},
        addresses={(a.supplier, a.code): a for a in addresses},
        accounts={(a.chart, a.account): a for a in listed(GlAccount, "gl_account")},
        dimensions={(d.type, d.value): d for d in listed(Dimension, "dimension")},
        orders={o.number: o for o in listed(PurchaseOrder, "purchase_order")},
        terms={code: tuple(lines) for code, lines in terms.items()},
        periods={company: tuple(found) for company, found in periods.items()},
        vendors={vendor.key: vendor for vendor in listed(Vendor, "vendor")},
        groups={group.name: group for group in listed(CodeGroup, "code_group")},
        codes={(code.group, code.value): code for code in listed(Code, "code")},
        renamed=renames.load(store),
        gone_codes={(c.group, c.value): c.description for c in _gone(store, Code, "code")},
        baselines={b.supplier: b for b in listed(RemitDetails, "baseline")},
    )  # fmt: skip


def _listed(store: Store, made: Decoded, kind: type[Any], entity: str) -> list[Any]:
    return [made.document(kind, body) for body in documents(store, entity)]


def _gone(store: Store, kind: type[Any], entity: str) -> list[Any]:
    return [decode(kind, body) for body in gone_documents(store, entity)]


def vendors_sent(store: Store) -> dict[str, str]:
    """Folded vendor code -> payload hash that AvidXchange is taken to have."""
    found = (loads(body) for body in documents(store, "vendor_sent"))
    return {body["vendor"]: body["content"] for body in found}


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


def _rule(row: Any) -> Rule:
    return Rule(
        kind=row.kind,
        key1=row.key1,
        key2=row.key2,
        code=row.code,
        group=row.avid_group,
        company=row.company,
        valid_from=_day(row.valid_from),
        valid_to=_day(row.valid_to),
        revision=row.revision,
        made=row.at,
    )
