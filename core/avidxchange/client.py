"""AvidXchange as the engine sees it: `AvidClient` implements `core.ports.ApPort`.

Reads raise `AppError`, writes return an `Outcome`. Written from docs/contracts/avidxchange.md
alone. Nothing is remembered here but the token and the server's wish to wait.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from core.avidxchange.connection import SYSTEM, AvidConnection
from core.avidxchange.envelope import ShapeError, read_single
from core.avidxchange.faults import NotFound, json_of, not_understood
from core.avidxchange.gate import Gate
from core.avidxchange.images import multipart
from core.avidxchange.outcomes import Outcomes, Written
from core.avidxchange.pages import Loaded, PageReader, Place
from core.avidxchange.profile import Profile
from core.avidxchange.records import RecordReader
from core.avidxchange.token import Credentials, StaticTokens, TokenSource
from core.avidxchange.transport import AvidTransport, Call, Query
from core.avidxchange.values import RecordError
from core.domain.ap_documents import ApInvoice, ApPayment, Vendor, fold
from core.errors import AppError, Stopped, TransientError, Unreadable
from core.http import Contact, Reply, Transport
from core.ports import Clock, NotDone, Outcome, Page
from core.redaction import REGISTER, SecretRegister
from core.words import area

say = area(__name__)

#: Namespace of idempotency keys, a constant of the product (settings.md).
KEY_NAMESPACE = uuid.UUID("196673a1-3a54-49c5-8bec-ad559c341dbe")
_LISTS = {
    "code_group": "list_code_groups",
    "code": "list_codes",
    "vendor": "list_vendors",
    "ap_invoice": "list_invoices",
    "ap_payment": "list_payments",
}
_WITHOUT_WINDOW = frozenset({"code_group", "code"})
_WINDOW_REQUIRED = frozenset({"ap_invoice", "ap_payment"})
_READS_OF_A_LOOKUP = 3  # one that changes while it is read is read again, twice at most (3.6)
_NO_LIMIT_S = 3600.0
_STOPPED = say("the_run_was_stopped")


def idempotency_key(external_id: str) -> str:
    """The key of an external id, the same for ever (avidxchange.md 2.12)."""
    return str(uuid.uuid5(KEY_NAMESPACE, external_id))


def open_http(
    connection: AvidConnection,
    profile: Profile,
    *,
    register: SecretRegister = REGISTER,
    on_contact: Callable[[Contact], None] | None = None,
) -> Transport:
    """The HTTP transport for a connection, with the profile's deadlines and size cap."""
    sizes, timeouts = profile.limits.sizes, profile.retry.timeouts
    return Transport(
        system=SYSTEM,
        base_url=connection.base_url,
        ca_file=connection.ca_file,
        connect_timeout_s=timeouts.connect or _NO_LIMIT_S,
        redact=register.redact,
        on_contact=on_contact,
        max_bytes=sizes.response_bytes or 2**31,
    )


class AvidClient:
    """Reads and writes one organisation of AvidXchange; safe for any number of threads.

    `secret` gives a secret by its name (`core.avidxchange.connection`); every secret is registered
    before it is used. Nothing is sent before the first call. `Stopped` ends a wait before a request
    goes out, so a read raises it, and a write returns NotDone.
    """

    def __init__(
        self,
        connection: AvidConnection,
        profile: Profile,
        *,
        http: Transport,
        secret: Callable[[str], str],
        clock: Clock,
        register: SecretRegister = REGISTER,
    ) -> None:
        self._connection = connection
        self._profile = profile
        self._records = RecordReader(profile)
        credentials: Credentials = (
            StaticTokens(profile, secret, register)
            if connection.auth == "static_tokens"
            else TokenSource(
                http, connection, profile, secret=secret, register=register, clock=clock
            )
        )
        self._gate = Gate(profile, clock)
        self._transport = AvidTransport(
            http,
            connection,
            profile,
            credentials=credentials,
            gate=self._gate,
            clock=clock,
            redact=register.redact,
        )
        self._pages = PageReader(self._transport, connection, profile, self._records)
        self._outcomes = Outcomes(profile, clock, register.redact)

    @property
    def continues_at(self) -> datetime | None:
        """When requests go on while AvidXchange asked to wait; None while nothing waits."""
        return self._gate.continues_at

    def drop_waiting(self) -> None:
        """End every call that waits for its turn: reads with `Stopped`, writes as NotDone."""
        self._gate.drop_waiting()

    def sign_in(self) -> None:
        """Be ready to ask: a token is had, or both static tokens are set; one exchange at most.

        Raises:
            AuthError: AUT-01, no token is given for these credentials, or one is not set.
            TransientError: no token now.
        """
        self._transport.sign_in()

    # --- lists ---------------------------------------------------------------------------------

    def first_page(
        self, entity: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> Page:
        """First page of `code_group`, `code`, `vendor`, `ap_invoice` or `ap_payment`.

        A list that the profile does not offer is off: nothing is asked, and it is empty.
        `since` inclusive, `until` exclusive, both aware; code groups and codes know no window,
        vendors need none.

        Raises:
            ValueError: invoices and payments need `since`; a window longer than the profile takes.
            AppError: see `AvidTransport.read`.
        """
        if not self._profile.is_offered(_LISTS[entity]):
            return Page(rows=())
        query: Query = ()
        if entity not in _WITHOUT_WINDOW:
            query = self._window(entity, since, until)
        return self._pages.load(entity, self._pages.first(_LISTS[entity], query)).page

    def next_page(self, entity: str, link: str) -> Page:
        """The page behind a `next`, which may come from an earlier run of the program."""
        return self._pages.load(entity, Place.of(link)).page

    def find_invoices(self, external_ids: Sequence[str]) -> tuple[ApInvoice, ...]:
        """Every invoice with one of these external ids; missing ones are absent.

        One that exists never counts as absent: if it cannot be read as a whole, its ids, state and
        status stand alone; if not even these can be read, nothing is returned.

        Raises:
            Unreadable: an answer holds a record whose external id cannot be read.
        """
        wanted = frozenset(external_ids)
        found: dict[str, ApInvoice] = {}
        for query in self._lookups(self._profile.query.invoices.external_ids, external_ids):
            for loaded in self._whole("ap_invoice", query):
                rows = (*map(self._bare_invoice, loaded.broken), *loaded.page.rows)
                found |= {row.key: row for row in rows if row.external_id in wanted}
        return tuple(found.values())

    def find_payments(self, payment_ids: Sequence[str]) -> tuple[ApPayment, ...]:
        """Payments by id; missing ones, and ones that cannot be read, are absent."""
        found = self._payments(self._profile.query.payments.ids, payment_ids)
        wanted = frozenset(payment_ids)
        return tuple(payment for payment in found if payment.key in wanted)

    def find_reissues(self, external_ids: Sequence[str]) -> tuple[ApPayment, ...]:
        """Payments by external payment id, which stays the same over a re-issue (5.2, R2)."""
        found = self._payments(self._profile.query.payments.external_ids, external_ids)
        wanted = frozenset(external_ids)
        return tuple(payment for payment in found if wanted & set(payment.external_ids))

    def find_vendors(self, codes: Sequence[str]) -> tuple[Vendor, ...]:
        """Vendors by code, compared trimmed and in any case; missing ones are absent."""
        wanted = frozenset(map(fold, codes))
        found: dict[str, Vendor] = {}
        for query in self._lookups(self._profile.query.vendors.codes, codes):
            for loaded in self._whole("vendor", query):
                found |= {row.key: row for row in loaded.page.rows if row.key in wanted}
        return tuple(found.values())

    # --- single documents ----------------------------------------------------------------------

    def invoice(self, invoice_id: str) -> ApInvoice | None:
        """One invoice without lag; None when AvidXchange says that there is none."""
        found: ApInvoice | None = self._single("get_invoice", "ap_invoice", invoice_id)
        return found

    def payment(self, payment_id: str) -> ApPayment | None:
        """One payment without lag; None when AvidXchange says that there is none."""
        found: ApPayment | None = self._single("get_payment", "ap_payment", payment_id)
        return found

    # --- writes --------------------------------------------------------------------------------

    def submit_invoice(self, body: bytes, external_id: str) -> Outcome:
        """POST one invoice; Accepted values: `id`, `state`, `status_text`."""
        call = self._transport.call("submit_invoice")
        headers = self._key_headers(external_id)
        written = Written("invoice", external_id=external_id)
        return self._write(replace(call, body=body, headers=headers), written)

    def replace_invoice(self, invoice_id: str, body: bytes) -> Outcome:
        """PUT; values as for submit. Refused kind `closed` when it can no longer be changed."""
        call = self._transport.call("replace_invoice", identity=invoice_id)
        return self._write(replace(call, body=body), Written("invoice", invoice_id=invoice_id))

    def withdraw_invoice(self, invoice_id: str) -> Outcome:
        """DELETE; values as for submit. Refused kind `closed` as for replace."""
        call = self._transport.call("withdraw_invoice", identity=invoice_id)
        return self._write(call, Written("invoice", invoice_id=invoice_id))

    def upsert_vendor(self, body: bytes, code: str) -> Outcome:
        """POST a list of this one vendor; values: `id`, empty when the answer has none."""
        call = self._transport.call("upsert_vendors")
        return self._write(replace(call, body=b"[" + body + b"]"), Written("vendor", code=code))

    def attach_image(
        self, invoice_id: str, name: str, content_type: str, content: bytes
    ) -> Outcome:
        """POST one image; values: `id`.

        Raises:
            ValueError: type, size or name are not taken; nothing was sent.
        """
        call = self._transport.call("attach_image", identity=invoice_id)
        kind, body = multipart(self._profile, name, content_type, content)
        timeout_s = self._profile.retry.timeouts.image or _NO_LIMIT_S
        call = replace(call, body=body, content_type=kind, timeout_s=timeout_s)
        return self._write(call, Written("image", invoice_id=invoice_id))

    # --- inside --------------------------------------------------------------------------------

    def _write(self, call: Call, written: Written) -> Outcome:
        """One write; a reason not to be sent or answered is an outcome as well."""
        try:
            answer = self._transport.send(call)
        except AppError as error:
            return self._outcomes.of_error(error)
        except Stopped:
            why = say("it_was_stopped_while_it_waited_for")
            return NotDone(TransientError("RAT-01", why, SYSTEM, title=_STOPPED))
        return self._outcomes.of_answer(answer, written)

    def _key_headers(self, external_id: str) -> dict[str, str]:
        header, names = self._connection.idempotency_header, self._profile.headers
        if not header or "submit_invoice" not in names.idempotency_on:
            return {}
        key = idempotency_key(external_id)
        return {header: f'"{key}"' if names.idempotency_quoted else key}

    def _window(self, entity: str, since: datetime | None, until: datetime | None) -> Query:
        """Both ends of a window, cut to what the profile's format shows.

        Both are cut downwards, so that slices which share an end leave no gap between them.
        """
        if since is None:
            if entity in _WINDOW_REQUIRED:
                raise ValueError(say("is_read_by_windows_only", entity=entity))
            return ()
        longest = self._profile.values.window_max_days
        if entity in _WINDOW_REQUIRED and until is not None and longest:
            days = (until - since).total_seconds() / 86_400
            if days > longest:
                raise ValueError(say("a_window_of_days_is_longer_than", days=days, longest=longest))
        names = self._profile.query.window
        pairs = [(names.from_, self._end(since))]
        if until is not None:
            pairs.append((names.to, self._end(until)))
        return pairs

    def _end(self, moment: datetime) -> str:
        if moment.tzinfo is None:
            raise ValueError(say("an_end_of_a_window_needs_a"))
        values = self._profile.values
        form = values.date_out if values.window_granularity == "date" else values.datetime_out
        return moment.astimezone(UTC).strftime(form)

    def _lookups(self, name: str, ids: Sequence[str]) -> Iterator[Query]:
        """Filters by id: as many a call as the profile allows, and no address too long.

        Raises:
            ValueError: an id is empty or holds a comma, which would make two of it.
        """
        counts, sizes = self._profile.limits.counts, self._profile.limits.sizes
        room = sizes.url_chars - len(self._connection.base_url) - 200  # path, paging, company
        batch: list[str] = []
        taken = 0  # characters of the batch as it stands in an address
        for identity in dict.fromkeys(ids):
            if not identity or "," in identity:
                raise ValueError(say("cannot_be_looked_up", identity=identity))
            needed = len(quote(identity, safe="")) + len("%2C")
            is_full = bool(counts.ids_per_call) and len(batch) >= counts.ids_per_call
            is_long = bool(sizes.url_chars) and taken + needed > room
            if batch and (is_full or is_long):
                yield ((name, ",".join(batch)),)
                batch, taken = [], 0
            batch.append(identity)
            taken += needed
        if batch:
            yield ((name, ",".join(batch)),)

    def _whole(self, entity: str, query: Query) -> list[Loaded]:
        """All pages of a look-up; read again when it changed meanwhile (avidxchange.md 3.6)."""
        pages: list[Loaded] = []
        for _ in range(_READS_OF_A_LOOKUP):
            pages = self._walk(entity, query)
            totals = {loaded.page.total for loaded in pages}
            distinct = {row.key for loaded in pages for row in loaded.page.rows}
            broken = sum(len(loaded.broken) for loaded in pages)
            total = max((number for number in totals if number is not None), default=0)
            if len(totals) == 1 and len(distinct) + broken >= total:
                break
        return pages

    def _walk(self, entity: str, query: Query) -> list[Loaded]:
        place = self._pages.first(_LISTS[entity], query)
        pages = [self._pages.load(entity, place)]
        while (following := pages[-1].page.next) is not None:
            pages.append(self._pages.load(entity, Place.of(following)))
        return pages

    def _bare_invoice(self, record: Any) -> ApInvoice:
        try:
            return self._records.bare_invoice(record)
        except RecordError as error:
            why = say("a_record_found_by_external_id_cannot", error=error)
            raise Unreadable("NET-01", why, SYSTEM, was_sent=True) from None

    def _payments(self, name: str, ids: Sequence[str]) -> list[ApPayment]:
        found: dict[str, ApPayment] = {}
        for query in self._lookups(name, ids):
            for loaded in self._whole("ap_payment", query):
                found |= {row.key: row for row in loaded.page.rows}
        return list(found.values())

    def _single(self, operation: str, entity: str, identity: str) -> Any:
        """One document by id, None for a 404 that speaks of the document."""
        call = self._transport.call(operation, identity=identity)
        try:
            return self._transport.read(call, lambda reply: self._document(entity, identity, reply))
        except NotFound:
            return None

    def _document(self, entity: str, identity: str, reply: Reply) -> Any:
        """The document of an answer; one that is another document is an error."""
        try:
            record = read_single(json_of(reply), self._profile.envelope)
            document = self._records.read(entity, record)
        except (ShapeError, RecordError) as problem:
            raise not_understood(reply, str(problem)) from None
        if document.key != identity:
            raise not_understood(
                reply, say("was_asked_for_and_came", identity=identity, key=document.key)
            )
        return document
