"""The shape of a wire profile file (avidxchange.md 2.1 and 10.22): rules, limits and texts.

Only types, ranges and the words a value may have; what they mean is used elsewhere. A number may
be 0 everywhere; where 0 would make no sense it means "no limit of our own".
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from core.avidxchange.profile_names import Aliases, Auth, Envelope, Headers, Operations, Query
from core.avidxchange.profile_parts import (
    DateFormat,
    Name,
    Number,
    Numbers,
    Pairs,
    Part,
    Seconds,
    SecondsList,
    Texts,
    check_zone,
    words_only,
)
from core.domain.ap_documents import INVOICE_STATES, PAYMENT_CLASSES


class PagingLimits(Part):
    """First page's number and limits; `max_page_size` and `max_pages` 0 = no limit."""

    first_page: Number
    max_page_size: Number
    max_pages: Number


class Paging(Part):
    """``[paging]``: how the next page is found."""

    style: Literal["number", "link"]
    limits: PagingLimits


class Values(Part):
    """``[values]``: forms of dates and amounts."""

    date_out: DateFormat
    datetime_out: DateFormat
    zone_in: Annotated[str, AfterValidator(check_zone)]
    window_granularity: Literal["datetime", "date"]
    window_max_days: Number
    amount_out: Literal["number", "string"]
    amount_scale: Number


class ExternalIdForm(Part):
    """What stands beside an external id's value."""

    scheme: Annotated[str, Field(max_length=50)]
    owner: Literal["", "Buyer", "Provider", "Aggregator", "AvidXchange"]  # avidxchange.md 2.6


class InvoiceForm(Part):
    """``[invoice]``: what an invoice carries, and when it may still be changed."""

    gl_group: Name
    external_id: ExternalIdForm
    send_company_code: bool
    changeable: Texts
    image_types: Texts


class NameLimits(Part):
    """Longest names and codes, in Unicode code points."""

    external_id: Number
    vendor_code: Number
    vendor_name: Number
    invoice_number: Number
    group_name: Number
    code_value: Number


class TextLimits(Part):
    """Longest texts, in Unicode code points."""

    description: Number
    reference: Number
    po_number: Number
    account_number: Number


class CountLimits(Part):
    """How many of a kind one call takes.

    Vendors are sent one a call, whatever `vendors_per_call` allows: each is an outbox row with
    exact bytes and one answer of its own, and one bad vendor never fails another (avidxchange.md
    2.5).
    """

    lines: Number
    ids_per_call: Number
    vendors_per_call: Number


class SizeLimits(Part):
    """Sizes in characters and bytes."""

    url_chars: Number
    image_bytes: Number
    response_bytes: Number


class Limits(Part):
    """``[limits]``: 0 = no limit; `requests_per_second` 0 = learned."""

    names: NameLimits
    texts: TextLimits
    counts: CountLimits
    sizes: SizeLimits
    requests_per_second: Seconds


class Backoff(Part):
    """Full jitter: random(0, min(cap, base * 2^n)), `attempts` in all."""

    attempts: Number
    base_seconds: Seconds
    cap_seconds: Seconds


class Wait(Part):
    """Up to `here_seconds` is slept; whatever is told, after `probe_seconds` one request probes."""

    here_seconds: Seconds
    probe_seconds: Seconds


class Timeouts(Part):
    """Deadlines in seconds; 0 = an hour."""

    connect: Seconds
    read: Seconds
    token: Seconds
    image: Seconds


class Retry(Part):
    """``[retry]``: what is asked again, when, and what is only waited for."""

    in_doubt_lookups: SecondsList
    backoff: Backoff
    wait: Wait
    statuses: Numbers
    blocked_codes: Texts
    timeouts: Timeouts
    breaker_seconds: SecondsList


class PollWindow(Part):
    """How polls overlap."""

    overlap_minutes: Number
    to_lag_seconds: Number
    jitter_percent: Number


class Sweep(Part):
    """How often unfinished documents are read again."""

    every_hours: Number
    days: Number


class Lookback(Part):
    """How often and how far back finished payments are read again."""

    every_days: Number
    days: Number


class MasterData(Part):
    """How often codes and vendors are read."""

    codes_hours: Number
    vendors_full_days: Number


class Polling(Part):
    """``[polling]``: rhythm of the reads."""

    window: PollWindow
    sweep: Sweep
    lookback: Lookback
    master_data: MasterData


class Maps(Part):
    """``[maps]``: the surface's texts and our words for them."""

    invoice_status: Annotated[Pairs, words_only(frozenset(INVOICE_STATES), "an invoice state")]
    payment_status: Annotated[Pairs, words_only(frozenset(PAYMENT_CLASSES), "a payment state")]
    curable_exceptions: Numbers
    payment_method: Pairs
    item_error: Pairs


class ProfileFile(Part):
    """The whole file."""

    name: Name
    version: Literal[1]
    auth: Auth
    headers: Headers
    operations: Operations
    query: Query
    envelope: Envelope
    aliases: Aliases
    paging: Paging
    values: Values
    invoice: InvoiceForm
    limits: Limits
    retry: Retry
    polling: Polling
    maps: Maps
