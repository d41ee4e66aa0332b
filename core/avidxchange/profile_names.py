"""The tables of a wire profile that name things: headers, paths, parameters and members.

Only types and the words a value may have (avidxchange.md 2.1); "" = not sent or not offered.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from core.avidxchange.profile_parts import Call, Name, Names, Part, Seconds, Texts, as_tuples


class Auth(Part):
    """``[auth]``: how a client shows who it is and for which company it asks."""

    token_client_auth: Literal["basic", "body"]
    basic_encode: bool
    token_form: dict[str, str]
    company_in: Literal["header", "query", "none"]
    company_name: str
    company_token_header: Name
    user_token_header: Name
    skew_seconds: Seconds


class Headers(Part):
    """``[headers]``: what every call carries."""

    accept: Name
    request_id: str
    # A key is made from an external id, and only a submission may be replayed: under the key of
    # the submission a PUT would get the submission's answer.
    idempotency_on: Annotated[tuple[Literal["submit_invoice"], ...], BeforeValidator(as_tuples)]
    idempotency_quoted: bool


class Operations(Part):
    """``[operations]``: method and path of each call; "" = not offered.

    `payment_history` is named by the contract and asked by nothing: what a payment is now, and that
    its money was seen to come back, decides everything (avidxchange.md 5.2).
    """

    list_code_groups: Call
    list_codes: Call
    list_vendors: Call
    upsert_vendors: Call
    submit_invoice: Call
    attach_image: Call
    replace_invoice: Call
    withdraw_invoice: Call
    list_invoices: Call
    get_invoice: Call
    list_payments: Call
    get_payment: Call
    payment_history: Call


class PageNames(Part):
    """Parameters of paging; "" = not sent."""

    number: str
    size: str


class WindowNames(Part):
    """Parameters of a window of changes."""

    from_: Name = Field(alias="from")
    to: Name


class CodesQuery(Part):
    """Filter of the list of codes."""

    group: Name


class VendorsQuery(Part):
    """Filter of the list of vendors."""

    codes: Name


class InvoicesQuery(Part):
    """Filter of the list of invoices."""

    external_ids: Name


class PaymentsQuery(Part):
    """Filters of the list of payments."""

    ids: Name
    external_ids: Name


class Query(Part):
    """``[query]``: names of all parameters."""

    page: PageNames
    window: WindowNames
    codes: CodesQuery
    vendors: VendorsQuery
    invoices: InvoicesQuery
    payments: PaymentsQuery


class ListNames(Part):
    """Members around a list."""

    items: Name
    paging: Name


class PagingNames(Part):
    """Members inside the paging object."""

    number: Name
    size: Name
    count: Names
    total: Name
    time: Name


class LinkNames(Part):
    """Members of links to further pages."""

    list: Name
    rel: Name
    href: Name


class WriteNames(Part):
    """Members of the answer to a write."""

    results: Name
    successful: Name
    item: Name
    errors: Name
    message: Name


class Envelope(Part):
    """``[envelope]``: what lies around the documents."""

    list: ListNames
    paging: PagingNames
    links: LinkNames
    write: WriteNames
    fault_wrappers: Texts


class Aliases(Part):
    """``[aliases]``: members with several names; the first one present wins."""

    last_modified: Names
    invoice_id: Names
    invoice_number: Names
    check_number: Names
