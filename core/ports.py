"""What the engine needs of the two systems, the keyring and time; adapters implement it.

All reads raise `AppError` subclasses from `core.errors`; all writes return an `Outcome` and never
raise for what the far side does. Instants are aware UTC. Adapters may be used from several worker
threads at once; each call is one exchange (reads may retry inside by the contract's rule, writes
never do).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from core.domain.ap_documents import ApInvoice, ApPayment
from core.domain.documents import ErpPayment, Invoice, OpenItem
from core.errors import AppError
from core.heard import Heard
from core.words import area

say = area(__name__)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What one write said and heard, for the audit log; secrets are already removed."""

    request_id: str = ""
    status: int | None = None
    answer: str = ""
    took_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Accepted:
    """The far side did it; `values` names what it told, such as `id`, `level` or `number`."""

    values: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    exchange: Exchange = Exchange()


@dataclass(frozen=True, slots=True)
class Refused:
    """The far side said no and stored nothing. `kind` is the profile's class of the message."""

    messages: tuple[str, ...]
    kind: str = "other"
    exchange: Exchange = Exchange()


@dataclass(frozen=True, slots=True)
class NotDone:
    """Known not done: no byte left, or the far side asked to wait or to sign in."""

    error: AppError
    kind: str = ""  # busy | setup | auth | blocked | throttled | unreachable
    exchange: Exchange = Exchange()


@dataclass(frozen=True, slots=True)
class Doubt:
    """A byte may have left and no readable answer came, or the answer asks for a look-up."""

    why: str
    error: AppError | None = None
    must_exist: bool = False  # 409, 422, "already exists": absent at the look-up is for a person
    exchange: Exchange = Exchange()


Outcome = Accepted | Refused | NotDone | Doubt


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a read. `next` is opaque; None after the last page.

    `server_time` is the answer's `Date`. `query_time` is a cap for the bookmark where the far side
    gives one. `unreadable` are texts about records that cost only themselves. `changed_max` is the
    largest change value of the page (X3: instant, or date where only dates exist).
    """

    rows: tuple[Any, ...]
    next: str | None = None
    server_time: datetime | None = None
    query_time: datetime | None = None
    changed_max: datetime | None = None
    unreadable: tuple[str, ...] = ()
    total: int | None = None


@dataclass(frozen=True, slots=True)
class FoundPayment:
    """A payment found in X3 by its `REF` (sage-x3.md 5.5)."""

    number: str
    reference: str
    date: date | None
    partner: str
    currency: str
    amount: Decimal | None
    status: int | None


@dataclass(frozen=True, slots=True)
class PaymentLookup:
    """Rows whose REF equals the one asked for; inconclusive when the list was cut at its size."""

    rows: tuple[FoundPayment, ...]
    is_conclusive: bool = True


@dataclass(frozen=True, slots=True)
class Allocation:
    """One line of a payment to post: an open item and how much of it, signed, document currency."""

    doc_type: str
    doc_number: str
    due_line: int | None
    site: str
    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PaymentPosting:
    """One X3 payment as it is to be posted (sage-x3.md 5.5)."""

    reference: str
    site: str
    partner: str
    date: date
    bank: str
    currency: str
    amount: Decimal
    check_number: str
    description: str
    allocations: tuple[Allocation, ...]


class ErpEncoder(Protocol):
    """Exact request bytes for X3; pure, the same input gives the same bytes."""

    def approval_unposted(self, number: str, level: int, dispute: str, *, second: bool) -> bytes:
        """`modify` of an unposted invoice; `second` = the purchase invoice publication."""
        ...

    def approval_posted(self, number: str, level: int, text: str, dispute: str) -> bytes:
        """`run` on the open items of a posted invoice."""
        ...

    def payment(self, posting: PaymentPosting) -> bytes:
        """`save` of a payment."""
        ...


class ErpReader(Protocol):
    """Reads Sage X3."""

    def first_page(
        self, entity: str, *, since: datetime | None = None, resume: str | None = None
    ) -> Page:
        """First page of an entity, changed at or after `since` (inclusive; None = from the start).

        `resume` is a `next` of an earlier page of the same walk.
        """
        ...

    def next_page(self, entity: str, link: str) -> Page:
        """The page behind a `next`."""
        ...

    def change_kind(self, entity: str) -> str:
        """`datetime`, `date` or `none`: how the entity's change property works here."""
        ...

    def invoice(self, number: str) -> Invoice | None:
        """One invoice with its lines, None when X3 has none of that number."""
        ...

    @property
    def invoices_at_once(self) -> int:
        """How many `invoices` may be asked for in one call; 1 where each is read singly."""
        ...

    def ask_invoices(self, numbers: Sequence[str]) -> Heard:
        """Invoices with their lines, made of what is heard now; missing ones are absent."""
        ...

    def invoice_headers(self, numbers: Sequence[str]) -> tuple[Invoice, ...]:
        """Headers as they stand now, without lines; missing ones are absent."""
        ...

    def open_items(self, numbers: Sequence[str]) -> tuple[OpenItem, ...]:
        """All open items of these invoices as they stand now, closed ones included."""
        ...

    def payment(self, number: str) -> ErpPayment | None:
        """One payment with its lines."""
        ...


class ErpWriter(Protocol):
    """Writes to Sage X3; bytes come from the encoder."""

    def send_approval_unposted(self, body: bytes) -> Outcome:
        """`modify`; Accepted values: `level` (int or None when the answer does not show it)."""
        ...

    def send_approval_posted(self, body: bytes) -> Outcome:
        """`run`; values: `return_code` (0 or 3), `changed`; code 2 is Refused, kind `unposted`."""
        ...

    def send_payment(self, body: bytes) -> Outcome:
        """`save`; Accepted values: `number` (the X3 payment number)."""
        ...

    def find_payments(self, reference: str) -> PaymentLookup:
        """Payments with exactly this REF."""
        ...


class ApEncoder(Protocol):
    """Exact request bytes for AvidXchange; pure. Raises ValueError naming what cannot fit."""

    def invoice(self, payload: Any) -> bytes:
        """Body of submit and replace, from a `core.domain.payload.InvoicePayload`."""
        ...

    def vendor(self, payload: Any) -> bytes:
        """One element of a vendor upsert, from a `core.domain.payload.VendorPayload`."""
        ...


class ApPort(Protocol):
    """Reads and writes AvidXchange."""

    @property
    def continues_at(self) -> datetime | None:
        """When requests go on while AvidXchange asked to wait; None while nothing waits."""
        ...

    def drop_waiting(self) -> None:
        """End every call that waits to be sent, before a byte of it leaves.

        A read ends with `Stopped`, a write as NotDone. Calls made later are not concerned.
        """
        ...

    def first_page(
        self, entity: str, *, since: datetime | None = None, until: datetime | None = None
    ) -> Page:
        """First page of `code_group`, `code`, `vendor`, `ap_invoice` or `ap_payment`.

        `since` inclusive, `until` exclusive; windows are at most `window_max_days` long.
        """
        ...

    def next_page(self, entity: str, link: str) -> Page:
        """The page behind a `next`."""
        ...

    def find_invoices(self, external_ids: Sequence[str]) -> tuple[ApInvoice, ...]:
        """Invoices by external id, at most `ids_per_call`; missing ones are absent."""
        ...

    def invoice(self, invoice_id: str) -> ApInvoice | None:
        """One invoice without lag; None for 404."""
        ...

    def find_payments(self, payment_ids: Sequence[str]) -> tuple[ApPayment, ...]:
        """Payments by id, at most `ids_per_call`."""
        ...

    def find_reissues(self, external_ids: Sequence[str]) -> tuple[ApPayment, ...]:
        """Payments by external payment id, at most `ids_per_call`; a re-issue keeps it."""
        ...

    def payment(self, payment_id: str) -> ApPayment | None:
        """One payment without lag; None for 404."""
        ...

    def submit_invoice(self, body: bytes, external_id: str) -> Outcome:
        """POST one invoice; its key is derived from the external id. Values: `id`, `state`."""
        ...

    def replace_invoice(self, invoice_id: str, body: bytes) -> Outcome:
        """PUT; values as for submit. Refused kind `closed` when it can no longer be changed."""
        ...

    def withdraw_invoice(self, invoice_id: str) -> Outcome:
        """DELETE; values as for submit."""
        ...

    def upsert_vendor(self, body: bytes, code: str) -> Outcome:
        """POST a list of this one vendor; values: `id`."""
        ...

    def attach_image(
        self, invoice_id: str, name: str, content_type: str, content: bytes
    ) -> Outcome:
        """POST one image; values: `id`. The same name and bytes again change nothing.

        Raises ValueError when type, size or name are not taken; nothing was sent then.
        """
        ...


@dataclass(frozen=True, slots=True)
class FolderFile:
    """A file of the document folder; `modified` are nanoseconds since the epoch."""

    name: str
    size: int
    modified: int


class AttachmentFolder(Protocol):
    """The folder with the documents of invoices; both calls end within their time limit."""

    def files(self) -> tuple[FolderFile, ...]:
        """Its files in order of name; LocalFault CFG-01 when it cannot be read."""
        ...

    def read(self, name: str, most: int) -> bytes:
        """A file of at most so many bytes (0 = any); LocalFault ATT-01, or CFG-01 as above."""
        ...


#: How urgent a call toward X3 is: full reads and look-backs, reading changes, writes and look-ups.
FULL, ORDINARY, URGENT = "full", "ordinary", "urgent"
MEGABYTE = 1_000_000  # of the setting `x3.daily_megabytes`
#: From which share of the budget on calls of an urgency wait, and how that is said.
ALLOWANCE_WAITS = (
    (0.8, FULL, say("full_reads_and_look_backs_wait")),
    (1.0, ORDINARY, say("everything_but_approvals_and_payments")),
    (1.2, URGENT, say("everything_waits")),
)


@dataclass(frozen=True, slots=True)
class Volume:
    """What was moved toward X3 on a day of UTC (`YYYY-MM-DD`) for one purpose; bytes."""

    day: str
    flow: str
    calls: int = 0
    sent: int = 0
    received: int = 0

    @property
    def bytes(self) -> int:
        """Both directions together."""
        return self.sent + self.received


class Allowance(Protocol):
    """The day's volume toward X3 (product.md 9, QTA-01)."""

    def waiting(self, urgency: str) -> AppError | None:
        """Why calls of this urgency wait until tomorrow; None while they may be made."""
        ...

    def take(self) -> tuple[Volume, ...]:
        """What was counted and not taken yet; the caller stores it."""
        ...

    def begin_at(self, day: str, stored: int) -> None:
        """Learn what the store holds of a day, other processes included, after `take`."""
        ...


class KeyPort(Protocol):
    """Where the workspace key lives."""

    def get(self) -> bytes | None:
        """The 32 bytes, or None when there is none."""
        ...

    def create(self) -> bytes:
        """Make, keep and return a new key; an existing one is never overwritten."""
        ...


class Clock(Protocol):
    """Time as the engine sees it."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...

    def wait(self, seconds: float) -> None:
        """Sleep, ended early by `Stopped` when the program stops."""
        ...
