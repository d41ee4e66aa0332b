"""Where a supplier's money goes, as last released by a person; a change of it holds invoices."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.canonical import content_hash
from core.domain.documents import Address, Supplier
from core.words import area

say = area(__name__)


@dataclass(frozen=True, slots=True)
class RemitDetails:
    """Name, pay-to and remit-to address of one supplier."""

    supplier: str
    name: str = ""
    pay_to: str = ""
    address_code: str = ""
    line1: str = ""
    line2: str = ""
    line3: str = ""
    postcode: str = ""
    city: str = ""
    state: str = ""
    country: str = ""

    @property
    def key(self) -> str:
        """The supplier code."""
        return self.supplier

    @property
    def fingerprint(self) -> str:
        """What an acceptance is given for."""
        return content_hash(self)

    @property
    def sentence(self) -> str:
        """The details in one line."""
        place = (self.line1, self.line2, self.line3, f"{self.postcode} {self.city}".strip())
        parts = (self.name, *place, self.state, self.country)
        pay_to = (
            say("paid_to", pay_to=self.pay_to) if self.pay_to not in ("", self.supplier) else ""
        )
        return ", ".join(part for part in parts if part) + pay_to


def details_of(supplier: Supplier, remit_to: Address | None) -> RemitDetails:
    """The details as X3 shows them now."""
    address = remit_to or Address()
    return RemitDetails(
        supplier=supplier.code,
        name=supplier.name,
        pay_to=supplier.pay_to,
        address_code=supplier.pay_to_address or supplier.default_address,
        line1=address.line1,
        line2=address.line2,
        line3=address.line3,
        postcode=address.postcode,
        city=address.city,
        state=address.state,
        country=address.country,
    )
