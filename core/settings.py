"""The shape of ``settings.toml``: every key with its default, checked strictly and never changed.

Names and defaults are those of docs/settings.md. Reading and writing the file is
``core.config``; no file, clock or secret is touched here.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from ipaddress import ip_address
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from core.domain import file_patterns
from core.words import area

say = area(__name__)

NO_CEILING = Decimal(0)


def _problem(text: str) -> PydanticCustomError:
    """Returns a refusal whose text the person reads as it stands."""
    return PydanticCustomError("setting", "{why}", {"why": text})


def _as_tuple(value: object) -> object:
    """Takes TOML's array for a tuple, which strict checking would refuse."""
    return tuple(value) if isinstance(value, list) else value


def _as_date(value: object) -> object:
    """Takes a quoted date (``"2026-01-01"``) for a date."""
    if not isinstance(value, str):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise _problem(say("must_be_a_date_like_2026_01")) from None


def _as_amount(value: object) -> object:
    """Takes a whole or decimal TOML number for an exact amount that is not negative."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise _problem(say("must_be_a_number"))
    amount = Decimal(value)
    if not amount.is_finite() or amount < 0:
        raise _problem(say("must_be_a_number_from_0_on"))
    return amount


def _as_ceiling(value: object) -> object:
    """Takes one amount for all currencies, or a table with one per currency."""
    if not isinstance(value, dict):
        return _as_amount(value)
    for currency in value:
        if not _is_currency(currency):
            raise _problem(say("must_name_its_currencies_by_three"))
    return {currency: _as_amount(amount) for currency, amount in value.items()}


def _as_bank(value: object) -> object:
    """Takes one bank for all companies, or a table with one per company."""
    values = value.values() if isinstance(value, dict) else (value,)
    if not all(isinstance(bank, str) for bank in values):
        raise _problem(say("must_be_text_or_a_table_with"))
    return value


def _is_currency(text: str) -> bool:
    """Tells whether a text has the form of an ISO 4217 code."""
    return len(text) == 3 and text.isascii() and text.isalpha() and text.isupper()  # noqa: PLR2004 - ISO 4217


def _check_currency(value: str) -> str:
    """Refuses what cannot be a currency code."""
    if not _is_currency(value):
        raise _problem(say("must_hold_currencies_of_three_capital"))
    return value


def is_loopback(host: str) -> bool:
    """Tells whether a host name or address means this computer."""
    if host.casefold() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _check_url(value: object) -> object:
    """Refuses an address that is not https (http to this computer only) or that holds a secret."""
    if not isinstance(value, str) or not value:
        return value
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise _problem(say("must_be_an_address_like_https_host")) from None
    if not host or any(sign.isspace() for sign in value):
        raise _problem(say("must_be_an_address_like_https_host"))
    if parts.username is not None or parts.password is not None:
        raise _problem(say("must_not_hold_a_user_or_password"))
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise _problem(say("must_begin_with_https_http_is_taken"))
    if parts.fragment:
        raise _problem(say("must_not_hold_a"))
    return value


def _check_base_url(value: object) -> object:
    """Refuses a query in a base address and cuts its trailing slashes."""
    checked = _check_url(value)
    if isinstance(checked, str):
        if "?" in checked:
            raise _problem(say("must_not_hold_a_2"))
        return checked.rstrip("/")
    return checked


def _check_endpoint(value: str) -> str:
    """Refuses characters that would break an address or an external reference."""
    if any(sign in "|/\\?#%&" or sign.isspace() for sign in value):
        raise _problem(say("must_be_the_name_of_an_x3"))
    return value


def _check_user(value: str) -> str:
    """Refuses the sign that ends a user name in HTTP Basic (sage-x3.md 10.11)."""
    if ":" in value:
        raise _problem(say("must_not_hold_a_3"))
    return value


def _check_pattern(value: str) -> str:
    """Refuses a pattern that names a folder or that would fit every invoice."""
    if problem := file_patterns.problem_of(value):
        raise _problem(problem)
    return value


Texts = Annotated[tuple[str, ...], BeforeValidator(_as_tuple)]
Currencies = Annotated[
    tuple[Annotated[str, AfterValidator(_check_currency)], ...],
    BeforeValidator(_as_tuple),
]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]
Level = Annotated[int, Field(ge=1, le=4)]
Required = Annotated[str, Field(min_length=1)]
Url = Annotated[str, BeforeValidator(_check_url)]
BaseUrl = Annotated[str, Field(min_length=1), BeforeValidator(_check_base_url)]


class Section(BaseModel):
    """One table of the file: unknown keys are refused, values are never converted or changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)


class Workspace(Section):
    """``[workspace]``: what this workspace is and how carefully it works."""

    name: Required = say("acme_us")
    start_date: Annotated[date, BeforeValidator(_as_date)]
    mode: Literal["preview", "live"] = "preview"
    poll_minutes: Positive = 15
    ceiling: Annotated[Decimal | dict[str, Decimal], BeforeValidator(_as_ceiling)] = NO_CEILING
    folder: str = ""
    audit_years: Positive = 7

    def ceiling_for(self, currency: str) -> Decimal | None:
        """Returns the amount above which an invoice waits for a person; None when there is none."""
        found = self.ceiling
        if isinstance(found, Mapping):
            found = found.get(currency, NO_CEILING)
        return found or None


class Scope(Section):
    """``[scope]``: which invoices are meant for AvidXchange; empty means all, all must fit."""

    suppliers_not: Texts = ()
    supplier_categories: Texts = ()
    invoice_types: Texts = ()
    currencies: Currencies = ("USD", "CAD")
    payment_methods: Texts = ()


class Attachments(Section):
    """``[attachments]``: where the pictures of invoices lie."""

    folder: str = ""
    pattern: Annotated[str, Field(min_length=1), AfterValidator(_check_pattern)] = "{number}*.pdf"
    required: bool = False


class Window(Section):
    """``[window]``: how the program looks and starts."""

    language: Required = "system"
    theme: Literal["system", "light", "dark"] = "system"
    start_with_windows: bool = False


class X3Soap(Section):
    """``[x3.soap]``: names of the site's pool and publications."""

    pool_alias: Required = "AVIDPOOL"
    language: Required = "ENG"
    invoice_publication: str = "AVIDPIH"
    purchase_invoice_publication: str = ""
    open_item_publication: str = "AVIDPAZ"
    payment_publication: str = "AVIDPAY"


class X3Payment(Section):
    """``[x3.payment]``: when and how payments are posted in X3."""

    post_when: Literal["issued", "cleared"] = "issued"
    instalments: Literal["warn", "hold"] = "warn"
    closed_period: Literal["ask", "next"] = "ask"
    bank: Annotated[str | dict[str, str], BeforeValidator(_as_bank)] = "USBNK"

    def bank_for(self, company: str) -> str | None:
        """Returns the bank of a company; None when the table has no row for it (CFG-01)."""
        found = self.bank if isinstance(self.bank, str) else self.bank.get(company, "")
        return found or None


class X3Approval(Section):
    """``[x3.approval]``: the X3 approval level (menu 510) of each AvidXchange state."""

    in_approval: Level = 1
    rejected: Level = 2
    on_hold: Level = 3
    approved: Level = 4
    dispute_code: str = ""


class X3(Section):
    """``[x3]``: where Sage X3 is, who asks, and by which services."""

    base_url: BaseUrl
    endpoint: Annotated[str, Field(min_length=1), AfterValidator(_check_endpoint)]
    companies: Texts = ()
    auth: Literal["basic", "connected_app", "oauth2"] = "basic"
    username: Annotated[str, AfterValidator(_check_user)] = ""
    client_id: str = ""
    audience: str = ""
    authorize_url: Url = ""
    token_url: Url = ""
    ca_file: str = ""
    read: Literal["api1", "graphql"] = "api1"
    write: Literal["soap", "none"] = "soap"
    page_size: Positive = 200
    overlap_minutes: Count = 10
    daily_megabytes: Count = 0
    profile: str = ""
    soap: X3Soap = X3Soap()
    payment: X3Payment = X3Payment()
    approval: X3Approval = X3Approval()


class AvidXchange(Section):
    """``[avidxchange]``: where AvidXchange is and who asks."""

    base_url: BaseUrl
    token_url: Url = ""
    auth: Literal["client_credentials", "static_tokens"] = "client_credentials"
    client_id: str = ""
    company_id: Required
    scope: str = ""
    idempotency_header: str = "Idempotency-Key"
    profile: str = ""
    page_size: Positive = 200
    max_concurrency: Positive = 4
    ca_file: str = ""


class Settings(Section):
    """The whole settings file, as it was when it was read."""

    workspace: Workspace
    scope: Scope = Scope()
    attachments: Attachments = Attachments()
    window: Window = Window()
    x3: X3
    avidxchange: AvidXchange


def keys_required_by_sign_in(settings: Settings) -> tuple[str, ...]:
    """Returns the keys that the chosen kinds of sign-in need and that are empty."""
    x3, avid = settings.x3, settings.avidxchange
    needed = {
        "basic": {"x3.username": x3.username},
        # Without a user X3 takes the one of the registration (sage-x3.md 4.2).
        "connected_app": {"x3.client_id": x3.client_id, "x3.audience": x3.audience},
        "oauth2": {"x3.client_id": x3.client_id, "x3.token_url": x3.token_url},
    }[x3.auth]
    if avid.auth == "client_credentials":
        needed = needed | {
            "avidxchange.token_url": avid.token_url,
            "avidxchange.client_id": avid.client_id,
        }
    return tuple(key for key, value in needed.items() if not value.strip())


#: A commented file with every key at its default; the required ones are left to fill in.
DEFAULT_TEXT = """\
# Settings of this Crossfoot workspace. Passwords and tokens never stand here:
#   main.py secret set NAME        (docs/settings.md lists the names)
# A line that is missing or begins with # has the default shown.

[workspace]
name = "ACME US"
# start_date = 2026-01-01        # required: invoices dated before this are never sent
mode = "preview"                 # "live" lets Crossfoot write to both systems
poll_minutes = 15
ceiling = 0                      # above it an invoice waits for a person; or { USD = 50000 }
folder = ""                      # digests, audit heads, second backup; empty = Documents/Crossfoot
audit_years = 7

[scope]                          # empty = all; all must fit
suppliers_not = []
supplier_categories = []
invoice_types = []
currencies = ["USD", "CAD"]
payment_methods = []

[attachments]
folder = ""                      # empty = no pictures
pattern = "{number}*.pdf"
required = false

[window]
language = "system"
theme = "system"                 # system | light | dark
start_with_windows = false

[x3]
base_url = ""                    # required: https://host:8124
endpoint = ""                    # required: the X3 folder
companies = []
auth = "basic"                   # basic | connected_app | oauth2
username = ""                    # required for basic; for connected_app the user it stands for
client_id = ""                   # required for connected_app and oauth2
audience = ""                    # required for connected_app: the registered address, exactly
authorize_url = ""
token_url = ""                   # required for oauth2
ca_file = ""
read = "api1"                    # api1 | graphql
write = "soap"                   # soap | none
page_size = 200
overlap_minutes = 10
daily_megabytes = 0
profile = ""

[x3.soap]
pool_alias = "AVIDPOOL"
language = "ENG"
invoice_publication = "AVIDPIH"
purchase_invoice_publication = ""
open_item_publication = "AVIDPAZ"
payment_publication = "AVIDPAY"

[x3.payment]
post_when = "issued"             # issued | cleared
instalments = "warn"             # warn | hold
closed_period = "ask"            # ask | next
bank = "USBNK"                   # or a table by company: { US10 = "USBNK", CA10 = "CABNK" }

[x3.approval]                    # levels of X3 menu 510
in_approval = 1
rejected = 2
on_hold = 3
approved = 4
dispute_code = ""

[avidxchange]
base_url = ""                    # required
token_url = ""                   # required for client_credentials
auth = "client_credentials"      # client_credentials | static_tokens
client_id = ""                   # required for client_credentials
company_id = ""                  # required
scope = ""
idempotency_header = "Idempotency-Key"
profile = ""
page_size = 200
max_concurrency = 4
ca_file = ""
"""
