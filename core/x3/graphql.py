"""`ErpReader` over GraphQL: pages and records by their keys (sage-x3.md 6).

What has no node, payments among it, is read by api1, and so are members that a node has no path
for. A node that cannot be read costs only itself on a page; where a caller asks for certain records
by key, it is an error, because an absent one would be taken for deleted. Nothing is written here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from core.domain.documents import ErpPayment, Invoice, InvoiceLine, OpenItem
from core.errors import UnreadableRecord
from core.heard import Heard
from core.ports import Page
from core.words import area
from core.x3.api1 import Api1Reader
from core.x3.fields import Path
from core.x3.graphql_answers import UnknownField
from core.x3.graphql_completion import Completion
from core.x3.graphql_documents import Filters
from core.x3.graphql_questions import Nodes, Question, Questions
from core.x3.graphql_rows import GraphRows
from core.x3.transport import Wire
from core.x3.values import Unclear
from core.x3.walk import Walk

say = area(__name__)

LINES = "invoice_line"
# What only `$details` of api1 has; read with the lines where these come from there.
_FROM_DETAILS = (
    "rate_multiplier", "rate_divisor", "comment1", "comment2", "tax_codes", "tax_bases",
    "tax_amounts",
)  # fmt: skip


class GraphqlReader:
    """Reads Sage X3 over GraphQL; may be used from any number of threads.

    Every call may raise the errors of `GraphGate.json_object` and `Transport.exchange`, after the
    retries of sage-x3.md 3.6.
    """

    def __init__(self, wire: Wire, api1: Api1Reader, questions: Questions) -> None:
        self._wire = wire
        self._api1 = api1
        self._questions = questions
        self._profile = wire.profile
        self._rows = GraphRows(wire.profile)
        self._completion = Completion(wire.profile, api1)
        connection = wire.connection
        self._filters = Filters(wire.profile, connection.companies, connection.start_date)
        self._lacks_lines = False

    def has_node(self, entity: str) -> bool:
        """Whether the profile reads an entity by GraphQL."""
        shape = self._profile.graphql.get(entity)
        return shape is not None and bool(shape.node)

    def first_page(
        self, entity: str, *, since: datetime | None = None, resume: str | None = None
    ) -> Page:
        """First page of an entity, changed at or after `since`.

        Without `since` open items are the open ones. `resume` continues an earlier walk.
        """
        if not self.has_node(entity):
            return self._api1.first_page(entity, since=since, resume=resume)
        if resume is not None:
            return self.next_page(entity, resume)
        filters = self._filters
        question = Question(filters.walk(entity, since), filters.order(entity))
        return self._page(entity, Walk(question.text))

    def next_page(self, entity: str, link: str) -> Page:
        """The page behind a `next` of this entity."""
        if not self.has_node(entity):
            return self._api1.next_page(entity, link)
        return self._page(entity, Walk.parse(link))

    def change_kind(self, entity: str) -> str:
        """`datetime` or `none`, since every node has a stamp; as api1 where it reads the entity."""
        kind = self._api1.change_kind(entity)
        return "datetime" if self.has_node(entity) and kind == "date" else kind

    def invoice(self, number: str) -> Invoice | None:
        """One invoice with its lines; None when X3 has none of that number."""
        return next(iter(self.invoices([number])), None)

    @property
    def invoices_at_once(self) -> int:
        """How many invoices are read in the requests of one: 1 where api1 gives the lines."""
        if not self.has_node("invoice"):
            return self._api1.invoices_at_once
        has_lines = self.has_node(LINES) and not self._lacks_lines
        is_bulk = has_lines or self._profile.entity["invoice"].lines == "none"
        return self._profile.limits.keys_per_request if is_bulk else 1

    def invoices(self, numbers: Sequence[str]) -> tuple[Invoice, ...]:
        """Invoices with their lines, `keys_per_request` at a time; missing ones are absent."""
        if not self.has_node("invoice"):
            return self._api1.invoices(numbers)
        headers = self.invoice_headers(numbers)
        if self._profile.entity["invoice"].lines == "none":
            return headers
        lines = self._lines([header.number for header in headers])
        if lines is None:
            return tuple(self._with_details(header) for header in headers)
        return tuple(
            dataclasses.replace(header, lines=tuple(lines.get(header.number, ())))
            for header in headers
        )

    def ask_invoices(self, numbers: Sequence[str]) -> Heard:
        """`invoices` in two steps; here all is made at once, for one answer leads to the next."""
        if not self.has_node("invoice"):
            return self._api1.ask_invoices(numbers)
        found = self.invoices(numbers)
        return Heard(lambda: found)

    def invoice_headers(self, numbers: Sequence[str]) -> tuple[Invoice, ...]:
        """Headers as they stand now, without lines; missing ones are absent."""
        if not self.has_node("invoice"):
            return self._api1.invoice_headers(numbers)
        found = self._by_keys("invoice", self._path("invoice", "number"), numbers)
        headers = [self._document("invoice", node) for node in found]
        whole, unreadable = self._completion.completed("invoice", headers)
        if unreadable:
            raise self._unclear(unreadable[0])
        return tuple(self._with_entry_types(whole))

    def open_items(self, numbers: Sequence[str]) -> tuple[OpenItem, ...]:
        """All open items of these invoices as they stand now, closed ones included."""
        if not self.has_node("open_item"):
            return self._api1.open_items(numbers)
        name, wanted = "number", list[Any](numbers)
        if self._is_by_posting_number:
            name, wanted = "posting_number", self._posting_numbers(numbers)
        found = self._by_keys("open_item", self._path("open_item", name), wanted)
        return tuple(self._document("open_item", node) for node in found)

    def payment(self, number: str) -> ErpPayment | None:
        """One payment with its lines, by api1: GraphQL has none (sage-x3.md 6.2)."""
        return self._api1.payment(number)

    def payments_by_reference(self, reference: str) -> tuple[ErpPayment, ...]:
        """Payments, without lines, whose reference X3 finds equal; by api1."""
        return self._api1.payments_by_reference(reference)

    @property
    def _is_by_posting_number(self) -> bool:
        return self._profile.meaning.open_item_link == "accnum"

    def _posting_numbers(self, numbers: Sequence[str]) -> list[int]:
        if not self.has_node("invoice"):
            headers = self._api1.invoice_headers(numbers)
        else:
            found = self._by_keys("invoice", self._path("invoice", "number"), numbers)
            headers = tuple(self._document("invoice", node) for node in found)
        return [one.posting_number for one in headers if one.posting_number]

    def _page(self, entity: str, walk: Walk) -> Page:
        question = Question.parse(walk.target)
        found = self._questions.page(entity, question)
        onward = self._onward(walk, question, found)
        rows: list[Any] = []
        unreadable: list[str] = []
        for node in found.rows:
            try:
                rows.append(self._rows.document(entity, node))
            except Unclear as cause:
                name = self._rows.name(node)
                unreadable.append(self._wire.redact(f"{entity} {name}: {cause}"))
        whole, unclear = self._completion.completed(entity, rows)
        unreadable += map(self._wire.redact, unclear)
        if entity == "invoice":
            whole = self._with_entry_types(whole)
        stamps = [row.changed for row in whole if row.changed is not None]
        return Page(
            rows=tuple(whole),
            next=onward.text if onward else None,
            server_time=found.server_time,
            changed_max=max(stamps, default=None),
            unreadable=tuple(unreadable),
        )

    def _onward(self, walk: Walk, question: Question, found: Nodes) -> Walk | None:
        """The walk to the next page; None at the end."""
        if not found.after:
            return None
        target = dataclasses.replace(question, after=found.after).text
        max_pages = self._profile.limits.max_pages
        return walk.onward(target, is_empty=not found.rows, max_pages=max_pages)

    def _by_keys(self, entity: str, path: Path, wanted: Sequence[Any]) -> Iterator[Any]:
        """Nodes with one of these values, `keys_per_request` at a time."""
        values = list(dict.fromkeys(wanted))
        size = self._profile.limits.keys_per_request
        for start in range(0, len(values), size):
            written = self._filters.among(entity, path, values[start : start + size])
            walk: Walk | None = Walk(Question(written, self._filters.order(entity)).text)
            while walk is not None:
                question = Question.parse(walk.target)
                found = self._questions.page(entity, question)
                yield from found.rows
                walk = self._onward(walk, question, found)

    def _document(self, entity: str, node: Any) -> Any:
        """The document of a wanted node; one that cannot be read is an error here."""
        try:
            return self._rows.document(entity, node)
        except Unclear as cause:
            raise self._unclear(f"{entity} {self._rows.name(node)}: {cause}") from None

    def _lines(self, numbers: Sequence[str]) -> dict[str, list[InvoiceLine]] | None:
        """Lines by invoice; None where they are read by api1: no node here, or none in X3."""
        if not self.has_node(LINES) or self._lacks_lines:
            return None
        name = self._profile.graphql[LINES].node.partition(".")[2]
        try:
            nodes = list(self._by_keys(LINES, self._path(LINES, "invoice"), numbers))
        except UnknownField as error:
            if name not in error.names:
                raise
            self._lacks_lines = True  # an older X3 (sage-x3.md 8.16)
            return None
        try:
            return self._rows.lines_by_invoice(nodes)
        except Unclear as cause:
            raise self._unclear(
                say("lines_of_invoices", numbers=", ".join(numbers), cause=cause)
            ) from None

    def _with_details(self, header: Invoice) -> Invoice:
        """The invoice with its lines, and what else only its details have, by api1."""
        whole = self._api1.invoice(header.number)
        if whole is None:
            return header
        members = {name: getattr(whole, name) for name in ("lines", *_FROM_DETAILS)}
        return dataclasses.replace(header, **members)

    def _with_entry_types(self, headers: list[Any]) -> list[Any]:
        """The headers with their entry types, which else only their open items tell (10.7)."""
        bare = [header for header in headers if header.is_posted and not header.entry_type]
        if not bare or not self.has_node("open_item"):
            return headers
        ours = "posting_number" if self._is_by_posting_number else "number"
        wanted = [getattr(header, ours) for header in bare if getattr(header, ours)]
        types: dict[Any, str] = {}
        for node in self._by_keys("open_item", self._path("open_item", ours), wanted):
            try:
                item = self._rows.document("open_item", node)
            except Unclear:
                continue  # it is told of where open items are read
            types.setdefault(getattr(item, ours), item.type)
        return [
            dataclasses.replace(header, entry_type=types.get(getattr(header, ours), ""))
            if header.is_posted and not header.entry_type
            else header
            for header in headers
        ]

    def _path(self, entity: str, ours: str) -> Path:
        """The path of one of our fields; the profile's checks see to it that it is there."""
        field = self._profile.graphql[entity].field(ours)
        return field.path if field else Path()

    def _unclear(self, what: str) -> UnreadableRecord:
        why = self._wire.redact(say("x3s_record_cannot_be_read", what=what))
        title = say("the_answer_could_not_be_read")
        return UnreadableRecord("NET-01", why, "x3", was_sent=True, title=title)
