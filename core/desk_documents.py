"""One document at a time, with everything its pane shows; each is a handful of indexed queries.

Reads the store only. Texts of requests and answers are shown as they were kept, which is without
secrets.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from lxml import etree

from core import desk_links, explanations
from core.desk_reference import Reference
from core.desk_views import (
    ExchangeView,
    InvoiceView,
    LineView,
    PaymentView,
    ReviewView,
    TimelineEntry,
)
from core.domain.canonical import decode
from core.domain.coding import gross_of
from core.domain.documents import Invoice, InvoiceLine
from core.domain.mapping import Rule, RuleBook
from core.store import (
    holds,
    journal,
    queries,
    queries_lists,
    queries_reviews,
    queries_rows,
    reviews,
    rules,
)
from core.store.holds import PaymentStanding, Standing
from core.store.invoices import invoice_rows
from core.store.journal import AttemptRow, OutboxRow
from core.store.payments import payment_rows, settled_by
from core.store.records import minor_nearest
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

MOST_DOCUMENTS = 500
_ERP_KINDS = frozenset(("approval", "payment"))
Row = Mapping[str, Any]


class Documents:
    """Views of single documents; any thread."""

    def __init__(self, store: Store, reference: Reference) -> None:
        self._store = store
        self._reference = reference

    def invoice(self, number: str) -> InvoiceView | None:
        """An invoice, None when X3 has shown none of that number."""
        store = self._store
        with store.read():
            found = invoice_rows(store, numbers=[number])
            if not found:
                return None
            row = found[0]
            document = decode(Invoice, row.body)
            items = self._items_of({number})
            ids = [entry.payment_id for entry in settled_by(store, numbers=[number])]
            shown = self.invoice_rows([number])[0]
            vendor = self._vendor_of(document)
            standing = holds.invoice_standings(store, [number])[number]
            return InvoiceView(
                row=shown,
                supplier_name=str(shown["supplier_name"]),
                vendor_code=vendor,
                vendor_name=self._reference.vendor_name(vendor),
                lines=self._lines(document, sign=-1 if row.amount < 0 else 1),
                items=tuple(items),
                sentence=explanations.sentence(shown, items, is_held_by_person=standing.is_held),
                offers=_offers(holds.INVOICE, standing),
                timeline=self._timeline(queries.names_of(self._store, row), [number, *ids]),
                payments=tuple(self.payment_rows(ids)),
            )

    def payment(self, payment_id: str) -> PaymentView | None:
        """A payment, None when AvidXchange has shown none of that id."""
        store = self._store
        with store.read():
            found = payment_rows(store, ids=[payment_id])
            if not found:
                return None
            row = found[0]
            shown = self.payment_rows([payment_id])[0]
            settled = settled_by(store, ids=[payment_id])
            numbers = [entry.number for entry in settled if entry.number]
            invoices = {entry["number"]: entry for entry in self.invoice_rows(numbers)}
            shares = tuple(
                {
                    "number": entry.number,
                    "external_id": entry.external_id,
                    "amount": queries.amount_text(entry.net, row.currency),
                    "currency": row.currency,
                    "state": invoices.get(entry.number, {}).get("state", ""),
                }
                for entry in settled
            )
            objects = {holds.payment_name(payment_id), row.reference, payment_id} - {""}
            standing = holds.payment_standings(store, [payment_id])[payment_id]
            supplier = next((str(entry["supplier"]) for entry in invoices.values()), "")
            return PaymentView(
                row=shown,
                vendor_name=str(shown["vendor_name"]),
                supplier=supplier,
                shares=shares,
                items=tuple(self._items_of({payment_id})),
                offers=_offers(holds.PAYMENT, standing),
                timeline=self._timeline(objects, [payment_id, row.reference]),
            )

    def review_item(self, item_id: int) -> ReviewView | None:
        """An item open or closed, None when there is none of that id."""
        store = self._store
        with store.read():
            item = reviews.review_item(store, item_id)
            if item is None:
                return None
            row = self._item_rows([item])[0]
            names = list(item.documents)[:MOST_DOCUMENTS]
            invoices = self.invoice_rows(names)
            payments = self.payment_rows(names)
            told = queries.audit_of(store, {item.document or item.cause})
            mine = [entry for entry in told if entry["result"] == item.code]
            return ReviewView(
                row=row,
                invoices=tuple(invoices),
                payments=tuple(payments),
                evidence=desk_links.evidence(store, invoices[0]) if invoices else (),
                timeline=tuple(
                    TimelineEntry(entry["time"], entry["text"], entry["source"])
                    for entry in explanations.timeline(mine)
                ),
                candidates=desk_links.candidates(store, item, invoices[0]) if invoices else (),
            )

    def exchange(self, exchange_id: int) -> ExchangeView | None:
        """A request with its answer, None when there is none of that id; two indexed rows."""
        attempt = queries_rows.attempt_row(self._store, exchange_id)
        if attempt is None:
            return None
        entry = journal.outbox_rows(self._store, ids=[attempt.outbox])[0]
        request = readable(entry.body)
        if attempt.purpose != "send":
            request = say("a_look_up_of_it_carries_nothing", object=entry.object)
        return ExchangeView(
            id=attempt.id,
            purpose=f"{entry.kind} {attempt.purpose}",
            object=entry.object,
            system="x3" if entry.kind in _ERP_KINDS else "avidxchange",
            started=attempt.started,
            took_s=attempt.took_ms / 1000,
            status=attempt.status,
            outcome=attempt.outcome,
            request_id=attempt.request_id,
            request=request,
            answer=readable(attempt.answer.encode()),
            fingerprint=entry.fingerprint if attempt.purpose == "send" else "",
        )

    # Rows as their lists show them

    def invoice_rows(self, numbers: Sequence[str]) -> Sequence[Row]:
        """Rows of the list `invoices` by number, dated before the start too, in order of number."""
        if not numbers:
            return []
        listing = queries_lists.invoice_list(self._store, self._reference.names())
        return listing.shape(queries_rows.invoices_by_number(self._store, numbers))

    def payment_rows(self, ids: Sequence[str]) -> Sequence[Row]:
        """Rows of the list `payments` by id, newest payment date first."""
        if not ids:
            return []
        listing = queries_lists.payment_list(self._store, self._reference.names())
        rows = listing.shape(queries_rows.payments_by_id(self._store, ids))
        return sorted(rows, key=lambda row: str(row["payment_date"]), reverse=True)

    def _items_of(self, names: set[str]) -> list[dict[str, Any]]:
        """Open items that name one of these documents, as rows of the list `review`."""
        return self._item_rows(
            item
            for item in reviews.open_items(self._store)
            if item.document in names or names & set(item.documents)
        )

    def _item_rows(self, items: Iterable[reviews.ReviewRow]) -> list[dict[str, Any]]:
        return queries_reviews.shown(self._store, [_members(item) for item in items])

    # Parts

    def _timeline(self, objects: Iterable[str], keys: Iterable[str]) -> tuple[TimelineEntry, ...]:
        """The audit rows of these objects, newest first, with the exchange each tells of."""
        store, named = self._store, set(objects)
        told = sorted(queries.audit_of(store, named), key=lambda r: int(r["sequence"]))[::-1]
        entries = {entry.id: entry for entry in journal.rows_of(store, {*keys} - {""})}
        by_reference = journal.rows_by_reference(store, named)
        entries |= {entry.id: entry for rows in by_reference.values() for entry in rows}
        exchanges = _Exchanges(entries, journal.attempts(store, entries))
        return tuple(
            TimelineEntry(shown["time"], shown["text"], shown["source"], exchanges.of(row))
            for shown, row in zip(explanations.timeline(told), told, strict=True)
        )

    def _vendor_of(self, document: Invoice) -> str:
        party = document.pay_to or document.supplier
        book = _book(rules.current(self._store, "vendors", key1=party))
        rule = book.vendor(party, document.company, _day(document))
        return rule.code if rule else ""

    def _lines(self, document: Invoice, *, sign: int) -> tuple[LineView, ...]:
        store = self._store
        charts = {line.chart for line in document.lines}
        types = {kind for line in document.lines for kind, _ in line.dimensions}
        held = [row for chart in charts for row in rules.current(store, "gl", key1=chart)]
        held += [row for kind in types for row in rules.current(store, "dimensions", key1=kind)]
        book = _book(held)
        return tuple(
            self._line(number, line, document, book, sign)
            for number, line in enumerate(document.lines, 1)
        )

    def _line(
        self, number: int, line: InvoiceLine, document: Invoice, book: RuleBook, sign: int
    ) -> LineView:
        reference, day = self._reference, _day(document)
        account = reference.accounts.get((line.chart, line.account))
        rule = book.account(line.chart, line.account, document.company, day)
        code = reference.codes.get((reference.account_group, rule.code)) if rule else None
        dimensions = []
        for kind, value in line.dimensions:
            found = book.dimension(kind, value, document.company, day)
            dimensions.append((kind, value, found.code if found else ""))
        minor = sign * minor_nearest(gross_of(line), document.currency)
        return LineView(
            number=number,
            description=line.description,
            account=line.account,
            account_name=account.name if account else "",
            code=rule.code if rule else "",
            code_name=code.description if code else "",
            amount=queries.amount_text(minor, document.currency) or "",
            dimensions=tuple(dimensions),
            order=line.po_number,
        )


class _Exchanges:
    """Finds the exchange that an audit row tells of: of the same write, nearest in time."""

    def __init__(self, entries: Mapping[int, OutboxRow], attempts: Iterable[AttemptRow]) -> None:
        self._by_object: dict[str, list[AttemptRow]] = {}
        for attempt in attempts:
            self._by_object.setdefault(entries[attempt.outbox].object, []).append(attempt)

    def of(self, row: Row) -> int | None:
        """The id of the exchange, None for a row that tells of none."""
        action = str(row["action"])
        found = self._by_object.get(str(row["object"]), [])
        if action == "intent":
            found = [attempt for attempt in found if attempt.purpose == "send"]
            moments = {attempt.id: attempt.started for attempt in found}
        elif action == "answer":
            moments = {attempt.id: attempt.ended for attempt in found if attempt.ended}
        else:
            return None
        told = str(row["time"])
        # Both moments are noted in one transaction, the audit row last.
        before = {key: at for key, at in moments.items() if at <= told}
        return max(before, key=lambda key: (before[key], key), default=None)


def _members(item: reviews.ReviewRow) -> dict[str, Any]:
    """An item as the members of `review list`."""
    return {
        "id": item.id, "code": item.code, "document": item.document, "system": item.system,
        "currency": item.currency, "since": item.since, "title": item.title,
        "text": item.text, "fix": item.fix, "cause": item.cause, "closed": item.closed,
        "resolution": item.resolution, "reason": item.reason, "by": item.by,
        "amount": queries.amount_text(item.amount, item.currency) if item.currency else "",
        "documents": list(item.documents), "how": list(item.how), "info": item.info,
    }  # fmt: skip


def _day(document: Invoice) -> date:
    return document.accounting_date or document.document_date or date.max


def _book(rows: Iterable[rules.RuleRow]) -> RuleBook:
    return RuleBook(
        [
            Rule(
                kind=row.kind,
                key1=row.key1,
                key2=row.key2,
                code=row.code,
                group=row.avid_group,
                company=row.company,
                valid_from=date.fromisoformat(row.valid_from) if row.valid_from else None,
                valid_to=date.fromisoformat(row.valid_to) if row.valid_to else None,
                revision=row.revision,
            )
            for row in rows
        ]
    )


def _offers(kind: str, standing: Standing | PaymentStanding) -> tuple[str, ...]:
    return tuple(how for how in holds.HOWS[kind] if not standing.why_not(how))


def readable(body: bytes) -> str:
    """Bytes of a request or answer as people read them: JSON and XML are indented."""
    text = body.decode("utf-8", "replace").strip()
    if text.startswith(("{", "[")):
        try:
            return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
        except ValueError:
            return text
    if text.startswith("<"):
        parser = etree.XMLParser(
            resolve_entities=False, no_network=True, huge_tree=False, remove_blank_text=True
        )
        try:
            root = etree.fromstring(text.encode(), parser)
        except etree.XMLSyntaxError:
            return text
        return etree.tostring(root, pretty_print=True, encoding="unicode").strip()
    return text
