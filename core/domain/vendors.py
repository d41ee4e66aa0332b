"""Vendors that a mapping row asks for, and X3's changes to vendors that exist (product.md 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from core.domain.actions import Action, Encoders, vendor_remote
from core.domain.ap_documents import PostalAddress, fold
from core.domain.books import Books
from core.domain.canonical import content_hash
from core.domain.documents import Address, Supplier
from core.domain.findings import Finding
from core.domain.mapping import NOT_PAID_HERE
from core.domain.payload import VendorPayload
from core.domain.policy import Policy
from core.domain.remittance import RemitDetails, details_of
from core.words import area

say = area(__name__)


@dataclass(slots=True)
class VendorPlan:
    """Vendor actions, findings, and what is now known of suppliers that got linked.

    `baselines` are remittance details seen for the first time; `seen` maps folded codes to the hash
    of the payload that stands for what AvidXchange has.
    """

    actions: list[Action] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    baselines: list[RemitDetails] = field(default_factory=list)
    seen: dict[str, str] = field(default_factory=dict)
    creatable: set[str] = field(default_factory=set)
    refused: Mapping[str, str] = field(default_factory=dict)


def make(
    books: Books,
    policy: Policy,
    encoders: Encoders,
    *,
    last_sent: Mapping[str, str],
    refused: Mapping[str, str],
    may_create: frozenset[str] | None,
    today: date,
) -> VendorPlan:
    """Decide about every mapped supplier.

    `last_sent` maps folded vendor codes to the payload hash AvidXchange is taken to have, `refused`
    payload hashes to what it said about them. `may_create` are the folded codes that a person has
    seen in a preview; None in a preview itself: all. A row that has ended before `today` does not
    speak any more.
    """
    plan = VendorPlan(refused=refused)
    planned: set[str] = set()
    for rule in books.rules.vendor_rules():
        supplier = books.suppliers.get(rule.key1)
        code = fold(rule.code)
        has_ended = rule.valid_to is not None and rule.valid_to < today
        if rule.code == NOT_PAID_HERE or supplier is None or code in planned or has_ended:
            continue
        if rule.key1 not in books.baselines:
            plan.baselines.append(details_of(supplier, books.remit_address(supplier)))
        if books.vendor(rule.code) is None:
            if supplier.active is not False and (may_create is None or code in may_create):
                _create(plan, supplier, rule.code, books, policy, encoders, last_sent)
                planned.add(code)
        elif len(books.rules.suppliers_of(rule.code)) == 1:
            _update(plan, supplier, rule.code, books, policy, encoders, last_sent)
            planned.add(code)  # rows by company or date name one vendor several times
    return plan


def _create(
    plan: VendorPlan,
    supplier: Supplier,
    code: str,
    books: Books,
    policy: Policy,
    encoders: Encoders,
    last_sent: Mapping[str, str],
) -> None:
    payload = payload_of(supplier, code, books, policy)
    if last_sent.get(fold(code)) == content_hash(payload):
        plan.creatable.add(fold(code))  # written already; AvidXchange's lists show it later
        return
    held = _held(supplier, books)
    if held is not None:
        plan.creatable.add(fold(code))  # as soon as a person has released where money goes
        plan.findings.append(held)
        return
    address = payload.address
    missing = [
        name
        for name, value in (
            ("street", address.line1 if address else ""),
            ("city", address.city if address else ""),
            ("postal code", address.postal_code if address else ""),
            ("country", address.country if address else ""),
        )
        if not value
    ]
    if missing:
        text = say(
            "vendor_cannot_be_created_x3_gives_no", code=code, missing=say("no").join(missing)
        )
        plan.findings.append(Finding("FIT-01", supplier.code, text, how=("exclude",)))
        return
    if _add(plan, supplier, payload, encoders, what="create"):
        plan.creatable.add(fold(code))


def _update(
    plan: VendorPlan,
    supplier: Supplier,
    code: str,
    books: Books,
    policy: Policy,
    encoders: Encoders,
    last_sent: Mapping[str, str],
) -> None:
    """Write X3's changes; a change of where money goes waits until a person has released it."""
    payload = payload_of(supplier, code, books, policy)
    fingerprint = content_hash(payload)
    known = last_sent.get(fold(code))
    if known is None:
        plan.seen[fold(code)] = fingerprint
    elif known != fingerprint and _held(supplier, books) is None:
        _add(plan, supplier, payload, encoders, what="change")


def _held(supplier: Supplier, books: Books) -> Finding | None:
    """The BNK-01 of a supplier whose remittance details are not those a person released."""
    baseline = books.baselines.get(supplier.code)
    now = details_of(supplier, books.remit_address(supplier))
    if baseline is None or baseline == now:
        return None
    text = say("released_x3_shows_now", sentence=baseline.sentence, sentence2=now.sentence)
    cause = f"supplier {supplier.code}"
    return Finding("BNK-01", supplier.code, text, cause=cause, basis=now.fingerprint)


def _add(
    plan: VendorPlan, supplier: Supplier, payload: VendorPayload, encoders: Encoders, *, what: str
) -> bool:
    said = plan.refused.get(content_hash(payload))
    if said is not None:
        text = say("avidxchange_refused_vendor", code=payload.code, said=said)
        plan.findings.append(Finding("FIT-01", supplier.code, text, how=("send_again",)))
        return False
    try:
        body = encoders.vendor(payload)
    except ValueError as error:
        plan.findings.append(Finding("FIT-01", supplier.code, f"{error}.", how=("exclude",)))
        return False
    info = {"supplier": supplier.code, "what": what, "content": content_hash(payload)}
    remote = vendor_remote(payload.code)
    reference = f"vendor {payload.code}"
    plan.actions.append(Action("vendor", payload.code, 0, body, remote, reference, {}, info))
    return True


def payload_of(supplier: Supplier, code: str, books: Books, policy: Policy) -> VendorPayload:
    """A supplier as the vendor AvidXchange gets (product.md 4, *Vendor payload*)."""
    default, remit = books.default_address(supplier), books.remit_address(supplier)
    address = _postal(default, policy)
    remit_to = _postal(remit, policy)
    # A member left out stays as it is there: an old remit-to address must be written over.
    known = books.vendor(code)
    is_default = remit_to == address and not (known and known.remit_to)
    return VendorPayload(
        code=code,
        name=supplier.name,
        tax_id=supplier.tax_id,
        active=supplier.active,
        address=address,
        remit_to=None if is_default else remit_to,
        telephone=default.phone if default else "",
        email=default.email if default else "",
    )


def _postal(address: Address | None, policy: Policy) -> PostalAddress | None:
    if address is None:
        return None
    second = ", ".join(line for line in (address.line2, address.line3) if line)
    country = policy.countries.get(address.country, address.country)
    is_code = len(country) == len("US") and country.isalpha()
    return PostalAddress(
        line1=address.line1,
        line2=second,
        city=address.city,
        state=address.state,
        postal_code=address.postcode,
        country=country.upper() if is_code else "",
    )
