"""`ErpReader` over REST: pages, single records, and records by their keys (sage-x3.md 3).

A row that cannot be read costs only itself on a page; where a caller asks for certain records by
key, it is an error, because an absent one would be taken for deleted. Nothing is written here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from core.domain.documents import ErpPayment, Invoice, InvoiceLine, OpenItem
from core.errors import UnreadableRecord
from core.heard import Heard
from core.ports import Page
from core.words import area
from core.x3.answers import RecordMissing
from core.x3.conditions import Conditions
from core.x3.rows import Rows, key_of
from core.x3.transport import Answer, Wire
from core.x3.values import Unclear
from core.x3.walk import Walk, pages_error

say = area(__name__)


class Api1Reader:
    """Reads Sage X3 over `api1`; may be used from any number of threads.

    Every call may raise the errors of `Gate.json_object` and `Transport.exchange`, after the
    retries of sage-x3.md 3.6.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._profile = wire.profile
        self._rows = Rows(wire.profile)
        connection = wire.connection
        self._conditions = Conditions(wire.profile, connection.companies, connection.start_date)

    def first_page(
        self, entity: str, *, since: datetime | None = None, resume: str | None = None
    ) -> Page:
        """First page of an entity, changed at or after `since` (the day of it for `date`).

        Without `since` open items are the open ones and payments those from the start date on.
        `resume` continues an earlier walk.
        """
        if resume is not None:
            return self.next_page(entity, resume)
        return self._page(entity, self._query(entity, self._conditions.walk(entity, since)))

    def next_page(self, entity: str, link: str) -> Page:
        """The page behind a `next` of this entity."""
        walk = Walk.parse(link)
        return self._page(entity, dataclasses.replace(walk, target=self._rebased(walk.target)))

    def change_kind(self, entity: str) -> str:
        """`datetime`, `date` or `none`."""
        return self._profile.entity[entity].change_kind

    def invoice(self, number: str) -> Invoice | None:
        """One invoice with its lines; None when X3 has none of that number."""
        shape = self._profile.entity["invoice"]
        is_whole = self._has_details("invoice", number)
        found = self._record("invoice", number, is_whole=is_whole)
        if not isinstance(found, Invoice):
            return None
        if shape.lines == "bulk" or (shape.lines == "details" and not is_whole):
            lines = self._bulk_lines([number])
            return dataclasses.replace(found, lines=lines.get(number, ()))
        if shape.lines == "none":
            return dataclasses.replace(found, lines=())
        return found

    @property
    def invoices_at_once(self) -> int:
        """How many invoices are read in the requests of one: 1 where each has its `$details`."""
        is_bulk = self._profile.entity["invoice"].details == "never"
        return self._profile.limits.keys_per_request if is_bulk else 1

    def invoices(self, numbers: Sequence[str]) -> tuple[Invoice, ...]:
        """Invoices with their lines; missing ones are absent.

        Where no `$details` are read, `keys_per_request` at a time; else one by one.
        """
        found: tuple[Invoice, ...] = self.ask_invoices(numbers).make()
        return found

    def ask_invoices(self, numbers: Sequence[str]) -> Heard:
        """`invoices` in two steps: what is made of `$details` needs no connection."""
        shape = self._profile.entity["invoice"]
        if shape.details != "never":
            heard = [self._ask_invoice(number) for number in dict.fromkeys(numbers)]
            made = (one.make() for one in heard)
            return Heard(lambda: tuple(invoice for invoice in made if invoice is not None))
        headers = self.invoice_headers(numbers)
        if shape.lines != "none":
            lines = self._bulk_lines([header.number for header in headers])
            headers = tuple(
                dataclasses.replace(header, lines=lines.get(header.number, ()))
                for header in headers
            )
        return Heard(lambda: headers)

    def _ask_invoice(self, number: str) -> Heard:
        is_whole = self._has_details("invoice", number)
        if is_whole and self._profile.entity["invoice"].lines == "details":
            return self._ask_details("invoice", number)
        found = self.invoice(number)
        return Heard(lambda: found)

    def invoice_headers(self, numbers: Sequence[str]) -> tuple[Invoice, ...]:
        """Headers as they stand now, without lines; missing ones are absent."""
        found = self._by_keys("invoice", self._property("invoice", "number"), numbers)
        return tuple(row for row in found if isinstance(row, Invoice))

    def open_items(self, numbers: Sequence[str]) -> tuple[OpenItem, ...]:
        """All open items of these invoices as they stand now, closed ones included."""
        name, wanted = self._property("open_item", "number"), list[Any](numbers)
        if self._profile.meaning.open_item_link == "accnum":
            name = self._property("open_item", "posting_number")
            headers = self.invoice_headers(numbers)
            wanted = [one.posting_number for one in headers if one.posting_number]
        found = self._by_keys("open_item", name, wanted)
        return tuple(row for row in found if isinstance(row, OpenItem))

    def payment(self, number: str) -> ErpPayment | None:
        """One payment with its lines; None when X3 has none of that number."""
        is_whole = self._has_details("payment", number)
        found = self._record("payment", number, is_whole=is_whole)
        return found if isinstance(found, ErpPayment) else None

    def payments_by_reference(self, reference: str) -> tuple[ErpPayment, ...]:
        """Payments, without lines, whose reference X3 finds equal."""
        pairs = [(self._property("payment", "reference"), reference)]
        found = self._all("payment", self._conditions.equal("payment", pairs))
        return tuple(row for row in found if isinstance(row, ErpPayment))

    def raw_by_keys(self, entity: str, name: str, wanted: Sequence[Any]) -> Iterator[Any]:
        """Rows as X3 gives them with one of these values in a property; missing ones are absent.

        One question per `keys_per_request` values.
        """
        values = list(dict.fromkeys(wanted))
        size = self._profile.limits.keys_per_request
        for start in range(0, len(values), size):
            chunk = values[start : start + size]
            yield from self._raw(entity, self._conditions.among(entity, name, chunk))

    def rows(self, entity: str, where: str, *, count: int) -> Answer:
        """One raw page of at most `count` rows, for the checks of set-up."""
        walk = self._query(entity, where, count=count)
        return self._read(entity, walk.target)

    def _query(self, entity: str, where: str, *, count: int | None = None) -> Walk:
        shape = self._profile.entity[entity]
        parameters = {
            "representation": f"{shape.representation}.$query",
            "count": str(count or self._wire.connection.page_size),
        }
        if where:
            parameters["where"] = where
        if order := self._conditions.order(entity):
            parameters["orderBy"] = order
        return Walk(self._rebased(self._wire.addresses.query(shape.cls, parameters)))

    def _rebased(self, link: str) -> str:
        """Path and query of a link on our own base; it stays valid when the host is renamed."""
        parts = urlsplit(self._wire.addresses.rebased(link))
        return f"{parts.path}?{parts.query}"

    def _read(self, entity: str, target: str) -> Answer:
        shape = self._profile.entity[entity]
        url = self._wire.addresses.rebased(target)
        return self._wire.read(url, shape.cls, shape.representation)

    def _page(self, entity: str, walk: Walk) -> Page:
        answer = self._read(entity, walk.target)
        listed = _resources(answer)
        rows: list[Any] = []
        unreadable: list[str] = []
        stamps: list[datetime] = []
        for row in self._whole(entity, listed):
            try:
                document = self._rows.document(entity, row)
            except Unclear as cause:
                key = "~".join(key_of(self._profile.entity[entity], row))
                unreadable.append(self._wire.redact(f"{entity} {key}: {cause}"))
                continue
            rows.append(document)
            if document.changed is not None:
                stamps.append(document.changed)
        onward = self._onward(answer, walk, len(listed))
        return Page(
            rows=tuple(rows),
            next=onward.text if onward else None,
            server_time=answer.reply.server_time,
            changed_max=max(stamps, default=None),
            unreadable=tuple(unreadable),
        )

    def _whole(self, entity: str, listed: list[Any]) -> Iterator[Any]:
        """The rows of a page, each by its `$details` where the profile says always.

        Invoices are read whole by `invoice`, when the caller has seen that they are new.
        """
        shape = self._profile.entity[entity]
        for row in listed:
            key = key_of(shape, row)
            is_listed = shape.details != "always" or entity == "invoice"
            if is_listed or not all(part and "~" not in part for part in key):
                yield row
                continue
            url = self._wire.addresses.details(shape.cls, key, shape.representation)
            try:
                yield self._wire.read(url, shape.cls, shape.representation).table
            except RecordMissing:
                continue  # gone since the page was made

    def _onward(self, answer: Answer, walk: Walk, row_count: int) -> Walk | None:
        """The walk to the next page; None at the end."""
        links = answer.table.get("$links")
        size = answer.table.get("$itemsPerPage", self._wire.connection.page_size)
        if not isinstance(links, dict):
            if links is not None or (isinstance(size, int) and 1 < size <= row_count):
                raise pages_error("a full page does not tell whether there are more (no $links)")
            return None
        link = links.get("$next")
        if link is None:
            return None
        target = link.get("$url") if isinstance(link, dict) else link
        if not isinstance(target, str) or not target:
            raise pages_error(say("its_next_page_has_no_address"))
        max_pages = self._profile.limits.max_pages
        return walk.onward(self._rebased(target), is_empty=row_count == 0, max_pages=max_pages)

    def _has_details(self, entity: str, number: str) -> bool:
        """Whether a record can be read by `$details`: not with `~` in its key (10.8)."""
        shape = self._profile.entity[entity]
        return shape.details != "never" and len(shape.key) == 1 and "~" not in number

    def _record(self, entity: str, number: str, *, is_whole: bool) -> Any:
        """One record by its number, None when there is none."""
        if not is_whole:
            pairs = [(self._property(entity, "number"), number)]
            return next(iter(self._all(entity, self._conditions.equal(entity, pairs))), None)
        return self._ask_details(entity, number).make()

    def _ask_details(self, entity: str, number: str) -> Heard:
        """A record by its `$details`; None when there is none."""
        shape = self._profile.entity[entity]
        url = self._wire.addresses.details(shape.cls, [number], shape.representation)
        try:
            answer = self._wire.read(url, shape.cls, shape.representation)
        except RecordMissing:
            return Heard(lambda: None)

        def make() -> Any:
            try:
                return self._rows.document(entity, answer.table)
            except Unclear as cause:
                raise self._unclear(f"{entity} {number}: {cause}") from None

        return Heard(make)

    def _bulk_lines(self, numbers: Sequence[str]) -> dict[str, tuple[InvoiceLine, ...]]:
        """Lines by invoice, `keys_per_request` invoices at a time; by line number."""
        name = self._property("invoice_line", "invoice")
        size = self._profile.limits.keys_per_request
        lines: dict[str, list[InvoiceLine]] = {}
        for start in range(0, len(numbers), size):
            chunk = numbers[start : start + size]
            where = self._conditions.among("invoice_line", name, chunk)
            try:
                lines |= self._rows.lines_by_invoice(self._raw("invoice_line", where))
            except Unclear as cause:
                named = ", ".join(chunk)
                raise self._unclear(say("lines_of_invoice", named=named, cause=cause)) from None
        return {
            number: tuple(sorted(found, key=lambda line: line.line or 0))
            for number, found in lines.items()
        }

    def _by_keys(self, entity: str, name: str, wanted: Sequence[Any]) -> Iterator[Any]:
        """Documents with one of these values, `keys_per_request` at a time."""
        return self._documents(entity, self.raw_by_keys(entity, name, wanted))

    def _all(self, entity: str, where: str) -> list[Any]:
        """All documents of a condition."""
        return list(self._documents(entity, self._raw(entity, where)))

    def _documents(self, entity: str, rows: Iterator[Any]) -> Iterator[Any]:
        """The documents of wanted rows; one that cannot be read is an error here."""
        try:
            for row in rows:
                yield self._rows.document(entity, row)
        except Unclear as cause:
            raise self._unclear(f"{entity}: {cause}") from None

    def _raw(self, entity: str, where: str) -> Iterator[Any]:
        walk: Walk | None = self._query(entity, where)
        while walk is not None:
            answer = self._read(entity, walk.target)
            listed = _resources(answer)
            yield from listed
            walk = self._onward(answer, walk, len(listed))

    def _property(self, entity: str, ours: str) -> str:
        """The property of one of our fields; the first of the key where the site has none."""
        shape = self._profile.entity[entity]
        field = shape.field(ours)
        return (field.path.property_name if field else "") or shape.key[0]

    def _unclear(self, what: str) -> UnreadableRecord:
        why = self._wire.redact(say("x3s_record_cannot_be_read", what=what))
        title = say("the_answer_could_not_be_read")
        return UnreadableRecord("NET-01", why, "x3", was_sent=True, title=title)


def _resources(answer: Answer) -> list[Any]:
    listed = answer.table.get("$resources")
    if not isinstance(listed, list):
        raise pages_error("the answer holds no $resources")
    return listed
