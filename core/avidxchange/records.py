"""Documents of AvidXchange, read tolerantly into `core.domain.ap_documents`.

A record that cannot be read raises `RecordError`. States and methods come from the profile's texts;
ids of statuses are never interpreted (avidxchange.md 2.9, 3.10).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from core.avidxchange.profile import Profile
from core.avidxchange.values import (
    Members,
    RecordError,
    as_list,
    objects,
    read_account,
    read_amount,
    read_count,
    read_date,
    read_flag,
    read_id,
    read_instant,
    read_named,
    read_text,
)
from core.domain.ap_documents import (
    ApImage,
    ApInvoice,
    ApLine,
    ApPayment,
    Code,
    CodeGroup,
    PostalAddress,
    Remittance,
    Vendor,
)
from core.words import area

say = area(__name__)

_TEXT_NAMES = ("Description", "Name")
_NO_AMOUNT = Decimal(0)


class RecordReader:
    """Reads one JSON object into one document; knows the profile's names and texts."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._zone = ZoneInfo(profile.values.zone_in)
        self._readers: dict[str, Callable[[Members], Any]] = {
            "code_group": self._code_group,
            "code": self._code,
            "vendor": self._vendor,
            "ap_invoice": self._invoice,
            "ap_payment": self._payment,
        }

    def read(self, entity: str, record: Any) -> Any:
        """The document of one list item.

        Raises:
            RecordError: the record cannot be read; names the entity and, where known, the id.
        """
        if not isinstance(record, Mapping):
            raise RecordError(say("the_record_is_no_object", entity=entity))
        members = Members(record)
        try:
            return self._readers[entity](members)
        except RecordError as error:
            raise RecordError(f"{entity} {self._label(members)}: {error}") from None

    def bare_invoice(self, record: Any) -> ApInvoice:
        """Only ids and state of an invoice that cannot be read as a whole.

        For look-ups, where a record that exists must never count as absent.
        """
        if not isinstance(record, Mapping):
            raise RecordError(say("the_record_is_no_object_2"))
        members = Members(record)
        status = self._status(members)
        return ApInvoice(
            invoice_id=read_id(members.get(*self._profile.aliases.invoice_id), "Id"),
            external_id=read_named(members.get("ExternalId"), "ExternalId", "Value"),
            state=self._profile.invoice_state(status),
            status_text=status,
        )

    def instant(self, value: Any, member: str) -> datetime | None:
        """An instant of the wire in UTC."""
        return read_instant(value, member, self._zone)

    def _label(self, members: Members) -> str:
        """What names a record in a message: its id, code or name; never anything private."""
        names = ("PaymentId", *self._profile.aliases.invoice_id, "ExternalVendorCode")
        value = members.get(*names, "CodeValue", "GroupName")
        return str(value)[:60] if isinstance(value, int | str) else say("without_id")

    def _last_modified(self, members: Members) -> datetime | None:
        names = self._profile.aliases.last_modified
        return self.instant(members.get(*names), names[0])

    def _amount(self, members: Members, name: str) -> Decimal | None:
        return read_amount(members.get(name), name, self._profile.values.amount_scale)

    def _required_amount(self, members: Members, name: str) -> Decimal:
        amount = self._amount(members, name)
        if amount is None:
            raise RecordError(say("is_missing", name=name))
        return amount

    @staticmethod
    def _status(members: Members) -> str:
        return read_named(members.get("Status"), "Status", *_TEXT_NAMES)

    @staticmethod
    def _code_group(members: Members) -> CodeGroup:
        return CodeGroup(
            name=read_id(members.get("GroupName"), "GroupName"),
            required=read_flag(members.get("IsRequired"), "IsRequired", default=False),
        )

    @staticmethod
    def _code(members: Members) -> Code:
        return Code(
            group=read_id(members.get("GroupName"), "GroupName"),
            value=read_id(members.get("CodeValue"), "CodeValue"),
            description=read_text(members.get("Description"), "Description"),
            active=read_flag(members.get("IsActive"), "IsActive", default=True),
        )

    def _vendor(self, members: Members) -> Vendor:
        def text(name: str) -> str:
            return read_text(members.get(name), name)

        code = text("ExternalVendorCode")
        if not code:
            raise RecordError(say("externalvendorcode_is_missing"))
        return Vendor(
            code=code,
            vendor_id=text("VendorId").strip(),
            name=text("Name"),
            name_on_check=text("NameOnCheck"),
            tax_id=text("FedTaxId"),
            active=read_flag(members.get("Active"), "Active", default=True),
            address=_address(members.get("Address"), "Address") or PostalAddress(),
            remit_to=_address(members.get("RemitToAddress"), "RemitToAddress"),
            telephone=text("Telephone1"),
            email=text("Email"),
            website=text("Website"),
            last_modified=self._last_modified(members),
        )

    def _invoice(self, members: Members) -> ApInvoice:
        def text(name: str) -> str:
            return read_text(members.get(name), name)

        names = self._profile.aliases
        status = self._status(members)
        return ApInvoice(
            invoice_id=read_id(members.get(*names.invoice_id), names.invoice_id[0]),
            external_id=read_named(members.get("ExternalId"), "ExternalId", "Value"),
            state=self._profile.invoice_state(status),
            status_text=status,
            company=text("CompanyExternalCode"),
            vendor_code=text("VendorExternalCode"),
            vendor_name=text("VendorName"),
            number=read_text(members.get(*names.invoice_number), names.invoice_number[0]),
            invoice_date=read_date(members.get("InvoiceDate"), "InvoiceDate"),
            due_date=read_date(members.get("DueDate"), "DueDate"),
            posting_date=read_date(members.get("PostingDate"), "PostingDate"),
            amount=self._required_amount(members, "Amount"),
            currency=text("CurrencyCode").strip(),
            description=text("Description"),
            po_number=text("PONumber"),
            reference=text("Reference"),
            approver=text("ApproverName"),
            rejection_reason=text("RejectionReason"),
            approved=self.instant(members.get("ApprovedDate"), "ApprovedDate"),
            submitted=self.instant(members.get("SubmittedDate"), "SubmittedDate"),
            lines=tuple(
                self._line(line, position)
                for position, line in enumerate(objects(members.get("Lines"), "Lines"), start=1)
            ),
            images=tuple(_image(image) for image in objects(members.get("Images"), "Images")),
            last_modified=self._last_modified(members),
        )

    def _line(self, members: Members, position: int) -> ApLine:
        number = read_count(members.get("LineNumber"), "LineNumber")
        pairs = []
        for code in objects(members.get("Codes"), "Codes"):
            group = read_id(code.get("GroupName"), "GroupName")
            value = read_account(code.get("CodeValue"), "CodeValue")
            if value:
                pairs.append((group, value))
        return ApLine(
            number=position if number is None else number,
            amount=self._required_amount(members, "Amount"),
            description=read_text(members.get("Description"), "Description"),
            codes=tuple(sorted(pairs)),
        )

    def _payment(self, members: Members) -> ApPayment:
        def text(name: str) -> str:
            return read_text(members.get(name), name)

        status = self._status(members)
        method = read_named(members.get("PaymentMethod"), "PaymentMethod", *_TEXT_NAMES)
        numbers, texts = _exceptions(members.get("Exceptions"))
        check_names = self._profile.aliases.check_number
        return ApPayment(
            payment_id=read_id(members.get("PaymentId"), "PaymentId"),
            external_ids=_external_ids(members.get("ExternalPaymentIds")),
            batch=text("BatchId"),
            vendor_code=text("VendorExternalCode"),
            vendor_name=text("VendorName"),
            amount=self._required_amount(members, "Amount"),
            currency=text("CurrencyCode").strip(),
            state=self._profile.payment_state(status),
            status_text=status,
            method=self._profile.payment_method(method),
            method_text=method,
            check_number=read_text(members.get(*check_names), check_names[0]).strip(),
            printed_check_number=text("AvidPayCheckNumber").strip(),
            payment_date=read_date(members.get("PaymentDate"), "PaymentDate"),
            cleared_date=read_date(members.get("ClearedDate"), "ClearedDate"),
            status_date=read_date(members.get("StatusDate"), "StatusDate"),
            refund_amount=self._amount(members, "RefundAmount"),
            exceptions=numbers,
            exception_texts=texts,
            remittances=self._remittances(members),
            last_modified=self._last_modified(members),
        )

    def _remittances(self, members: Members) -> tuple[Remittance, ...] | None:
        """What the payment settles; None when the answer does not carry it."""
        value = members.get("Remittances")
        if value is None:
            return None
        return tuple(self._remittance(item) for item in objects(value, "Remittances"))

    def _remittance(self, members: Members) -> Remittance:
        gross, net = self._amount(members, "Gross"), self._amount(members, "Net")
        discount = self._amount(members, "Discount") or _NO_AMOUNT
        if gross is None and net is None:
            raise RecordError(say("remittances_hold_neither_gross_nor_net"))
        return Remittance(
            invoice_id=read_text(members.get("InvoiceId"), "InvoiceId").strip(),
            external_id=read_named(members.get("InvoiceExternalId"), "InvoiceExternalId", "Value"),
            number=read_text(members.get("Number", "InvoiceNumber"), "Number"),
            gross=(net or _NO_AMOUNT) + discount if gross is None else gross,
            discount=discount,
            net=(gross or _NO_AMOUNT) - discount if net is None else net,
        )


def _address(value: Any, member: str) -> PostalAddress | None:
    """An address; None when absent or without any content."""
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise RecordError(say("is_no_object", member=member))
    members = Members(value)
    names = ("Line1", "Line2", "City", "State", "PostalCode", "Country")
    found = PostalAddress(*(read_text(members.get(name), f"{member}.{name}") for name in names))
    return None if found == PostalAddress() else found


def _image(members: Members) -> ApImage:
    return ApImage(
        image_id=read_text(members.get("Id"), "Images.Id").strip(),
        name=read_text(members.get("FileName"), "FileName"),
        content_type=read_text(members.get("ContentType"), "ContentType"),
        size=read_count(members.get("Size"), "Size") or 0,
        sha256=read_text(members.get("Sha256"), "Sha256").strip().casefold(),
    )


def _external_ids(value: Any) -> tuple[str, ...]:
    """The ids of a list of objects or texts, or of one of them; empty ones are left out."""
    texts = (read_named(item, "ExternalPaymentIds", "Value") for item in as_list(value))
    return tuple(text for text in texts if text)


def _exceptions(value: Any) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Reason numbers, and texts, of a payment's exceptions; one that has no number has a text."""
    numbers: list[int] = []
    texts: list[str] = []
    for item in as_list(value):
        reason = Members(item).get("ReasonCode") if isinstance(item, Mapping) else item
        members = Members(reason if isinstance(reason, Mapping) else {"Description": reason})
        number = read_count(members.get("Id"), "ReasonCode.Id")
        text = read_text(members.get(*_TEXT_NAMES), "ReasonCode.Description")
        if number is not None:
            numbers.append(number)
        if text:
            texts.append(text)
    return tuple(numbers), tuple(texts)
