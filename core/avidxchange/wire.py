"""The exact bytes of what is sent to AvidXchange: strict, pure and the same for the same payload.

Members, order and limits are those of avidxchange.md 2.5 and 2.6. What would not fit raises
ValueError naming the member, the value's size and the limit; nothing is cut or rounded here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

import msgspec

from core.avidxchange.profile import Profile
from core.domain.ap_documents import PostalAddress
from core.domain.payload import InvoicePayload, PayloadLine, VendorPayload
from core.words import area

say = area(__name__)

# Lengths that the contract gives and no profile changes (avidxchange.md 2.5, 2.6).
_COMPANY = 50
_SCHEME = 50
_ADDRESS_LINE = 255
_CITY = 50
_POSTAL_CODE = 20
_TAX_ID = 20
_TELEPHONE = 20
_EMAIL = 255
_LARGEST_EXPONENT = 15

_CURRENCY = re.compile(r"[A-Z]{3}")
_COUNTRY = re.compile(r"[A-Z]{2}")


_JSON = msgspec.json.Encoder()


class _Sent(msgspec.Struct, omit_defaults=True):
    """A body as it is sent: members in the order of the class, None is left out."""


class ExternalIdOut(_Sent):
    """The external id of an invoice; scheme and owner are carried, not compared (10.4)."""

    Value: str
    Scheme: str | None = None
    SchemeOwner: str | None = None


class CodeOut(_Sent):
    """One code of a line."""

    GroupName: str
    CodeValue: str


class LineOut(_Sent, kw_only=True):
    """One line of an invoice."""

    LineNumber: int
    Amount: msgspec.Raw
    Description: str | None = None
    Codes: tuple[CodeOut, ...]


class InvoiceOut(_Sent, kw_only=True):
    """One invoice or credit memo."""

    ExternalId: ExternalIdOut
    CompanyExternalCode: str | None = None
    VendorExternalCode: str
    InvoiceNumber: str
    InvoiceDate: str
    DueDate: str
    PostingDate: str | None = None
    Amount: msgspec.Raw
    CurrencyCode: str
    Description: str | None = None
    PONumber: str | None = None
    Reference: str | None = None
    Lines: tuple[LineOut, ...]


class AddressOut(_Sent):
    """An address; an absent member stays as AvidXchange has it."""

    Line1: str | None = None
    Line2: str | None = None
    City: str | None = None
    State: str | None = None
    PostalCode: str | None = None
    Country: str | None = None


class VendorOut(_Sent):
    """One element of a vendor upsert; an absent member stays as AvidXchange has it."""

    ExternalVendorCode: str
    Name: str
    FedTaxId: str | None = None
    Active: bool | None = None
    Address: AddressOut | None = None
    RemitToAddress: AddressOut | None = None
    Telephone1: str | None = None
    Email: str | None = None


class Encoder:
    """Makes request bodies; implements `core.ports.ApEncoder`."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def invoice(self, payload: InvoicePayload) -> bytes:
        """Body of submit and replace.

        Raises:
            ValueError: a value does not fit, is missing, or the lines do not add up.
        """
        names, texts = self._profile.limits.names, self._profile.limits.texts
        _check_sum(payload)
        body = InvoiceOut(
            ExternalId=self._external_id(payload.external_id),
            CompanyExternalCode=self._company(payload.company),
            VendorExternalCode=_listed(
                "VendorExternalCode", payload.vendor_code, names.vendor_code
            ),
            InvoiceNumber=_required("InvoiceNumber", payload.number, names.invoice_number),
            InvoiceDate=payload.invoice_date.strftime(self._profile.values.date_out),
            DueDate=payload.due_date.strftime(self._profile.values.date_out),
            PostingDate=(
                payload.posting_date.strftime(self._profile.values.date_out)
                if payload.posting_date
                else None
            ),
            Amount=self._amount("Amount", payload.amount),
            CurrencyCode=_shaped(
                "CurrencyCode", payload.currency, _CURRENCY, say("three_capitals")
            ),
            Description=_optional("Description", payload.description, texts.description),
            PONumber=_optional("PONumber", payload.po_number, texts.po_number),
            Reference=_optional("Reference", payload.reference, texts.reference),
            Lines=self._lines(payload.lines),
        )
        return _bytes(body)

    def vendor(self, payload: VendorPayload) -> bytes:
        """One element of a vendor upsert.

        Raises:
            ValueError: a value does not fit or is missing.
        """
        names = self._profile.limits.names
        body = VendorOut(
            ExternalVendorCode=_listed("ExternalVendorCode", payload.code, names.vendor_code),
            Name=_required("Name", payload.name, names.vendor_name),
            FedTaxId=_optional("FedTaxId", payload.tax_id, _TAX_ID),
            Active=payload.active,
            Address=_address("Address", payload.address),
            RemitToAddress=_address("RemitToAddress", payload.remit_to),
            Telephone1=_optional("Telephone1", payload.telephone, _TELEPHONE),
            Email=_optional("Email", payload.email, _EMAIL),
        )
        return _bytes(body)

    def _external_id(self, value: str) -> ExternalIdOut:
        form = self._profile.invoice.external_id
        limit = self._profile.limits.names.external_id
        return ExternalIdOut(
            Value=_listed("ExternalId.Value", value, limit),
            Scheme=_optional("ExternalId.Scheme", form.scheme, _SCHEME),
            SchemeOwner=form.owner or None,
        )

    def _company(self, company: str) -> str | None:
        if not self._profile.invoice.send_company_code:
            return None
        return _optional("CompanyExternalCode", company, _COMPANY)

    def _amount(self, member: str, amount: Decimal) -> msgspec.Raw:
        """The JSON of an amount with exactly the profile's number of decimals."""
        scale = self._profile.values.amount_scale
        if not amount.is_finite() or (amount and amount.adjusted() > _LARGEST_EXPONENT):
            raise ValueError(say("is_no_amount_that_can_be_sent", member=member, amount=amount))
        exact = round(amount, scale)
        if exact != amount:
            raise ValueError(
                say("has_more_than_decimals", member=member, amount=amount, scale=scale)
            )
        digits = f"{exact + 0:f}"  # a negative zero has no sign on the wire
        is_number = self._profile.values.amount_out == "number"
        return msgspec.Raw((digits if is_number else f'"{digits}"').encode())

    def _lines(self, lines: Sequence[PayloadLine]) -> tuple[LineOut, ...]:
        limit = self._profile.limits.counts.lines
        if not lines:
            raise ValueError(say("lines_is_missing_an_invoice_needs_at"))
        if limit and len(lines) > limit:
            raise ValueError(say("lines_holds_lines_more_than", count=len(lines), limit=limit))
        numbers = [line.number for line in lines]
        if min(numbers) < 1 or len(set(numbers)) < len(numbers):
            raise ValueError(say("lines_linenumber_must_be_unique_and"))
        return tuple(self._line(position, line) for position, line in enumerate(lines))

    def _line(self, position: int, line: PayloadLine) -> LineOut:
        place = f"Lines[{position}]"
        names, texts = self._profile.limits.names, self._profile.limits.texts
        groups = [group for group, _ in line.codes]
        if len(set(groups)) < len(groups):
            raise ValueError(say("codes_a_group_is_given_twice", place=place))
        return LineOut(
            LineNumber=line.number,
            Amount=self._amount(f"{place}.Amount", line.amount),
            Description=_optional(f"{place}.Description", line.description, texts.description),
            Codes=tuple(
                CodeOut(
                    GroupName=_required(f"{place}.Codes.GroupName", group, names.group_name),
                    CodeValue=_required(f"{place}.Codes.CodeValue", value, names.code_value),
                )
                for group, value in line.codes
            ),
        )


def _bytes(body: _Sent) -> bytes:
    """JSON without blanks, texts as they are."""
    try:
        return _JSON.encode(body)
    except UnicodeEncodeError as error:
        character = error.object[error.start]
        raise ValueError(say("a_text_holds_which_cannot_be_sent", character=character)) from None


def _check_sum(payload: InvoicePayload) -> None:
    """The rule of 2.6: the amount is not 0 and equals the sum of the lines to the cent."""
    if not payload.amount:
        raise ValueError(say("amount_must_not_be_zero"))
    total = sum((line.amount for line in payload.lines), Decimal(0))
    if payload.lines and total != payload.amount:
        raise ValueError(say("lines_add_up_to_instead_of", total=total, amount=payload.amount))


def _optional(member: str, value: str, limit: int) -> str | None:
    """An optional text; empty or blank = left out."""
    if not value.strip():
        return None
    # Unicode code points, as the server counts (avidxchange.md 10.15); 0 = no limit.
    if limit and len(value) > limit:
        raise ValueError(
            say("has_characters_more_than", member=member, count=len(value), limit=limit)
        )
    return value


def _required(member: str, value: str, limit: int) -> str:
    text = _optional(member, value, limit)
    if text is None:
        raise ValueError(say("is_missing", member=member))
    return text


def _listed(member: str, value: str, limit: int) -> str:
    """A code or id by which lists are filtered; there a comma would separate two (2.2)."""
    text = _required(member, value, limit)
    if "," in text:
        raise ValueError(say("holds_a_comma", member=member, text=text))
    return text


def _shaped(member: str, value: str, pattern: re.Pattern[str], shape: str) -> str:
    if not pattern.fullmatch(value):
        raise ValueError(say("must_be", member=member, value=value, shape=shape))
    return value


def _address(member: str, address: PostalAddress | None) -> AddressOut | None:
    """The members that are given; None when there are none."""
    if address is None or address == PostalAddress():
        return None
    country = address.country
    return AddressOut(
        Line1=_optional(f"{member}.Line1", address.line1, _ADDRESS_LINE),
        Line2=_optional(f"{member}.Line2", address.line2, _ADDRESS_LINE),
        City=_optional(f"{member}.City", address.city, _CITY),
        State=_optional(f"{member}.State", address.state, _CITY),
        PostalCode=_optional(f"{member}.PostalCode", address.postal_code, _POSTAL_CODE),
        Country=_shaped(f"{member}.Country", country, _COUNTRY, say("two_capitals"))
        if country
        else None,
    )
