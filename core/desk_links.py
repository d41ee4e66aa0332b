"""What a document may be taken for: both sides' facts of an invoice and of what stands elsewhere.

Reads the store only. A fact that both sides state is compared; a name alike is no sameness.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from core.desk_views import AMOUNT, STATE, CandidateView, EvidenceView
from core.domain.peers import HERE, THERE
from core.domain.suggestions_names import name_score
from core.store import journal, queries_rows
from core.store.reviews import ReviewRow
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

Row = Mapping[str, Any]
_ALIKE = 85
_LINK = "link"
#: What a fact is called.
_NUMBER = say("number")
_DATE = say("date")
_DUE = say("due")
_CURRENCY = say("currency")
_VENDOR = say("vendor")
_REASON = say("reason")
#: A basis of a finding: the invoice it may be the same as, there or in X3.
_THERE = re.compile(rf"(?:{THERE})?(\d+)")
_HERE = re.compile(rf"{HERE}(\S+)")


def evidence(store: Store, row: Row) -> tuple[EvidenceView, ...]:
    """Facts of an invoice beside those of the one that stands under its reference; indexed."""
    there = queries_rows.ap_invoice_of(store, str(row["external_id"]))
    return _compared(row, _facts_there(there)) if there else ()


def candidates(store: Store, item: ReviewRow, row: Row) -> tuple[CandidateView, ...]:
    """What the invoice of an item may be linked to, best known first; a few indexed queries."""
    if _LINK not in item.how:
        return ()
    found: dict[str, CandidateView] = {}
    for made in _made(store, item, row):
        found.setdefault(made.target or made.title, made)
    return tuple(found.values())


def _made(store: Store, item: ReviewRow, row: Row) -> Iterator[CandidateView]:
    number = str(row["number"])
    for entry in journal.rows_of(store, [number]):
        if entry.kind == "invoice" and entry.state == "review":
            for there in queries_rows.ap_invoices(store, parents=[entry.reference]):
                yield _there(row, there, say("under_the_reference_of_this_invoice"))
    basis = str(item.info.get("bases", {}).get(number, ""))
    if named := _THERE.fullmatch(basis):
        for there in queries_rows.ap_invoices(store, keys=[named[1]]):
            yield _there(
                row, there, say("not_sent_by_crossfoot") if not there["external_id"] else ""
            )
    if named := _HERE.fullmatch(basis):
        yield from _rival(store, row, named[1])


def _rival(store: Store, row: Row, number: str) -> Iterator[CandidateView]:
    """Another invoice in X3: what it became in AvidXchange, or itself while it is not there."""
    for other in queries_rows.invoices_by_number(store, [number]):
        there = queries_rows.ap_invoice_of(store, str(other["external_id"]))
        if there:
            yield _there(row, there, say("sent_for_invoice", number=number))
            continue
        facts = {
            _NUMBER: other["supplier_document"],
            _DATE: other["document_date"],
            _DUE: other["due_date"],
            AMOUNT: queries_rows.amounts_of(store, [number])[number].text,
            _CURRENCY: other["currency"],
            STATE: other["state"],
        }
        title = say("invoice_in_sage_x3", number=number)
        note = say("not_in_avidxchange_yet_so_there_is")
        yield CandidateView("", title, note, _compared(row, facts))


def _there(row: Row, there: Row, note: str) -> CandidateView:
    identity = str(there["invoice_id"])
    facts = _compared(row, _facts_there(there))
    return CandidateView(identity, say("avidxchange_invoice", identity=identity), note, facts)


def _facts_there(there: Row) -> dict[str, str]:
    names = {
        _NUMBER: "number", _DATE: "invoice_date", _DUE: "due_date", AMOUNT: "amount",
        _CURRENCY: "currency", _VENDOR: "vendor_name", STATE: "status_text",
        _REASON: "rejection_reason",
    }  # fmt: skip
    return {title: str(there.get(name) or "") for title, name in names.items()}


def _compared(row: Row, facts: Mapping[str, Any]) -> tuple[EvidenceView, ...]:
    """The invoice's own facts beside these, those that neither side states left out."""
    ours = {
        _NUMBER: row["supplier_document"],
        _DATE: row["document_date"],
        _DUE: row["due_date"],
        AMOUNT: row["amount"],
        _CURRENCY: row["currency"],
        _VENDOR: row["supplier_name"],
        STATE: row["state"],
    }
    found = []
    for name in (*ours, _REASON):
        one, other = str(ours.get(name) or ""), str(facts.get(name) or "")
        if one or other:
            found.append(EvidenceView(name, one, other, _verdict(name, one, other)))
    return tuple(found)


def _verdict(name: str, ours: str, theirs: str) -> str:
    if not ours or not theirs or name == STATE:
        return ""
    if name == AMOUNT:
        return "same" if _decimal(ours) == _decimal(theirs) else "differs"
    if ours.strip().casefold() == theirs.strip().casefold():
        return "same"
    is_alike = name == _VENDOR and name_score(ours, theirs) >= _ALIKE
    return "alike" if is_alike else "differs"


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
