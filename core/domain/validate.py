"""Everything that is checked before an invoice is sent (product.md 4): scope, findings, payload."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from core.domain import images, renames
from core.domain.absence import Absence
from core.domain.books import Books
from core.domain.coding import Coded, code_lines
from core.domain.documents import KINDS, MATCH_BLOCKED, POSTED, TO_VALIDATE, Invoice, OpenItem
from core.domain.due_dates import Instalment, instalments
from core.domain.findings import Acceptances, Finding
from core.domain.mapping import NOT_PAID_HERE
from core.domain.money import digits
from core.domain.payload import InvoicePayload
from core.domain.peers import Peer
from core.domain.policy import Policy
from core.domain.reference_documents import PERIOD_OPEN
from core.domain.remittance import details_of
from core.domain.signs import contradiction
from core.words import area

say = area(__name__)

_DISPUTE_HOLD, _NEAR = 3, timedelta(days=7)  # menu 516: none, warning, hold


@dataclass(frozen=True, slots=True)
class Candidate:
    """An invoice that has not been sent, with what is known around it."""

    invoice: Invoice
    items: tuple[OpenItem, ...] = ()
    peers: tuple[Peer, ...] = ()
    revision: int = 1
    excluded_because: str = ""  # a person's reason
    held_because: str = ""  # a person holds it until they release it
    absence: Absence | None = None  # X3 no longer shows it, and nobody has said a word yet
    turned_up: str = ""  # id of the AvidXchange invoice that stands there though it was given up
    attached: images.Attached | None = None  # its documents; None = not looked at


@dataclass(frozen=True, slots=True)
class Assessment:
    """What validation says: excluded with a reason, or findings and perhaps a payload.

    The payload stands only when no finding blocks.
    """

    excluded: str = ""
    findings: tuple[Finding, ...] = ()
    payload: InvoicePayload | None = None
    due_date: date | None = None


def sign_of(invoice: Invoice, policy: Policy) -> int:
    """-1 for a kind that reduces what is owed, else 1 (sage-x3.md 7, *Credit memos*)."""
    return -1 if invoice.kind in policy.credit_kinds else 1


def assess(
    candidate: Candidate, books: Books, policy: Policy, acceptances: Acceptances
) -> Assessment:
    """Decide about one invoice before its first send, or before it replaces what was sent."""
    invoice = candidate.invoice
    parts = instalments(invoice, candidate.items, books.terms.get(invoice.payment_term, ()))
    due = parts[0].due if parts else None
    excluded = _exclusion(candidate, parts, books, policy)
    if excluded:
        return Assessment(excluded=excluded, due_date=due)
    sign = sign_of(invoice, policy)
    coded = code_lines(invoice, books, policy, sign=sign)
    found: list[Finding] = [*coded.findings]
    for check in _CHECKS:
        found += check(candidate, parts, books, policy)
    found += renames.findings(invoice, books, policy)
    found += images.unsent_findings(invoice.number, candidate.attached, policy.images)
    findings = tuple(dict.fromkeys(acceptances.open_ones(found)))
    if any(finding.blocks for finding in findings) or due is None:
        return Assessment(findings=findings, due_date=due)
    payload = _payload(candidate, coded, books, policy, due)
    return Assessment(findings=findings, payload=payload, due_date=due)


def _exclusion(
    candidate: Candidate, parts: Sequence[Instalment], books: Books, policy: Policy
) -> str:
    """Why the invoice is not meant for AvidXchange; empty when it is."""
    invoice = candidate.invoice
    if candidate.excluded_because:
        return candidate.excluded_because
    day = invoice.accounting_date
    if day and day < policy.start_date:
        return say("it_is_dated", day=day, start_date=policy.start_date)
    if invoice.kind in policy.skip_kinds:
        return say("a_is_not_paid", kind=KINDS.get(invoice.kind or 0, "document"))
    return (
        _out_of_scope(invoice, parts, books, policy)
        or _not_paid_here(invoice, books)
        or _settled(candidate)
    )


def _out_of_scope(
    invoice: Invoice, parts: Sequence[Instalment], books: Books, policy: Policy
) -> str:
    scope = policy.scope
    supplier = books.suppliers.get(invoice.supplier)
    category = supplier.category if supplier else ""
    if invoice.supplier in scope.suppliers_not:
        return say("supplier_is_not", supplier=invoice.supplier)
    if scope.supplier_categories and category not in scope.supplier_categories:
        return say("supplier_category", category=category or "none")
    if scope.invoice_types and invoice.type not in scope.invoice_types:
        return say("invoice_type_is", type=invoice.type or "none")
    if scope.currencies and invoice.currency not in scope.currencies:
        return say("currency_is_not", currency=invoice.currency or "none")
    methods = {part.method for part in parts}
    if scope.payment_methods and parts and not methods <= scope.payment_methods:
        shown = ", ".join(sorted(methods - scope.payment_methods)) or "none"
        return say("payment_method_is", shown=shown)
    return ""


def _not_paid_here(invoice: Invoice, books: Books) -> str:
    day = invoice.accounting_date or date.max
    for supplier in dict.fromkeys((invoice.supplier, invoice.pay_to)):
        rule = books.rules.vendor(supplier, invoice.company, day) if supplier else None
        if rule and rule.code == NOT_PAID_HERE:
            return say("supplier_is_not_2", supplier=supplier)
    return ""


def _settled(candidate: Candidate) -> str:
    """Posted with nothing open: somebody paid it before we saw it."""
    invoice = candidate.invoice
    if not invoice.is_posted or any(not item.is_closed for item in candidate.items):
        return ""
    return "" if invoice.gross == 0 else say("it_was_settled")


Check = Callable[[Candidate, Sequence[Instalment], Books, Policy], Iterator[Finding]]


def _status(
    candidate: Candidate, parts: Sequence[Instalment], books: Books, policy: Policy
) -> Iterator[Finding]:
    """Kind, status, match and period of the invoice itself."""
    del parts
    invoice = candidate.invoice
    if invoice.kind not in KINDS:
        yield Finding("KND-01", invoice.number, say("x3_shows_kind", kind=invoice.kind))
    elif contradicting := contradiction(invoice, candidate.items, policy):
        yield contradicting
    if invoice.status not in (TO_VALIDATE, POSTED):
        yield Finding("STA-01", invoice.number, say("x3_shows_it_as"))
    if invoice.match == MATCH_BLOCKED:
        text = say("x3s_match_of")
        yield Finding("PO-01", invoice.number, text, state="held", how=("exclude",))
    day = invoice.accounting_date
    if not invoice.is_posted and day:
        status = books.period_status(invoice.company, day)
        if status not in (None, PERIOD_OPEN):
            text = say("lies_in_a_period", day=day, company=invoice.company)
            yield Finding("PER-01", invoice.number, text, how=("exclude",))


def _supplier(
    candidate: Candidate, parts: Sequence[Instalment], books: Books, policy: Policy
) -> Iterator[Finding]:
    """The supplier's state in X3 and its vendor in AvidXchange."""
    del parts, policy
    invoice = candidate.invoice
    if reason := ineligible_supplier(invoice, books):
        cause = f"supplier {invoice.supplier}"
        yield Finding("SUP-01", invoice.number, reason, cause=cause, how=("exclude",))
    party = books.paid_party(invoice.supplier, invoice.pay_to)
    day = invoice.accounting_date or date.max
    rule = books.rules.vendor(party, invoice.company, day)
    cause = f"supplier {party}"
    if rule is None:
        role = say("supplier") if party == invoice.supplier else say("pay_to")
        text = say("has_no_vendor", role=role, party=party)
        yield Finding("MAP-01", invoice.number, text, cause=cause)
        return
    vendor = books.vendor(rule.code)
    if vendor is None and rule.code.strip().casefold() not in books.creatable:
        text = say("supplier_is", party=party, code=rule.code)
        yield Finding("MAP-05", invoice.number, text, cause=cause)
    elif vendor is not None and not vendor.active:
        text = say("vendor_of", code=vendor.code, party=party)
        yield Finding("MAP-05", invoice.number, text, cause=cause)


def ineligible_supplier(invoice: Invoice, books: Books) -> str:
    """Why X3 says that this supplier may not be paid now; empty when it may."""
    supplier = books.suppliers.get(invoice.supplier)
    if supplier is None:
        return say("x3_did_not_show", supplier=invoice.supplier) if books.suppliers else ""
    name = say("supplier_2", code=supplier.code, name=supplier.name)
    if supplier.active is False:
        return say("is_inactive_in_x3", name=name)
    if supplier.payment_hold:
        return say("is_on_payment", name=name)
    if supplier.dispute == _DISPUTE_HOLD:
        return say("is_in_dispute_in", name=name)
    return ""


def _remit_to(
    candidate: Candidate, parts: Sequence[Instalment], books: Books, policy: Policy
) -> Iterator[Finding]:
    """Where the money goes is what a person released (BNK-01), for the supplier and its pay-to."""
    del parts, policy
    invoice = candidate.invoice
    party = books.paid_party(invoice.supplier, invoice.pay_to)
    # Both: a supplier led to another known party would otherwise change nothing that is looked at.
    for code in dict.fromkeys((invoice.supplier, party)):
        baseline, supplier = books.baselines.get(code), books.suppliers.get(code)
        if baseline is None or supplier is None:
            continue
        now = details_of(supplier, books.remit_address(supplier))
        if now != baseline:
            text = say("released_x3_shows", sentence=baseline.sentence, sentence2=now.sentence)
            cause = f"supplier {code}"
            yield Finding("BNK-01", invoice.number, text, cause=cause, basis=now.fingerprint)
        elif code == party and invoice.pay_to_address not in ("", baseline.address_code):
            text = say(
                "the_invoice_is_to",
                pay_to_address=invoice.pay_to_address,
                party=party,
                address_code=baseline.address_code or "none",
            )
            basis = f"{party}|{invoice.pay_to_address}"
            yield Finding("BNK-01", invoice.number, text, basis=basis)


def _amounts(
    candidate: Candidate, parts: Sequence[Instalment], books: Books, policy: Policy
) -> Iterator[Finding]:
    """Amount, currency, ceiling, and what X3 shows open at first sight."""
    del parts, books
    invoice = candidate.invoice
    number, currency, gross = invoice.number, invoice.currency, invoice.gross
    if digits(currency) != 2:  # noqa: PLR2004 - AvidXchange takes two decimals only (2.6)
        text = say("has_decimals", currency=currency, digits=digits(currency))
        yield Finding("CUR-01", number, text)
        return
    if gross is None or gross == 0:
        yield Finding("SUM-02", number, say("x3_shows_a_total"))
        return
    ceiling = policy.ceiling_of(currency)
    if ceiling and abs(gross) > ceiling:
        text = say("is_above_the", gross=gross, currency=currency, ceiling=ceiling)
        yield Finding("LIM-01", number, text, basis=f"{gross} {currency}")
    open_now = sum((item.open_amount for item in candidate.items if not item.is_closed), start=0)
    if invoice.is_posted and candidate.items and open_now < gross:
        text = say("x3_shows_of_as", gross=gross - open_now, gross2=gross, currency=currency)
        yield Finding("BAL-01", number, text, state="needs_review", how=("exclude",))


def _dates(
    candidate: Candidate, parts: Sequence[Instalment], books: Books, policy: Policy
) -> Iterator[Finding]:
    """Due date and instalments."""
    del books
    invoice = candidate.invoice
    if not parts:
        if invoice.gross != 0:
            text = say("term_gives_no_due", payment_term=invoice.payment_term or "none")
            yield Finding("DUE-01", invoice.number, text)
        return
    listed = "; ".join(
        f"{part.due}: {part.amount} {invoice.currency}{' (holdback)' if part.is_holdback else ''}"
        for part in parts
    )
    if any(part.is_holdback for part in parts):
        text = say("part_of_it_is", listed=listed)
        yield Finding("DUE-02", invoice.number, text, how=("exclude",))
    elif len({part.due for part in parts}) > 1:
        blocks = policy.instalments == "hold"
        text = say("it_falls_due_in", listed=listed)
        yield Finding("DUE-02", invoice.number, text, blocks=blocks, basis=listed)


def _orders(
    candidate: Candidate, parts: Sequence[Instalment], books: Books, policy: Policy
) -> Iterator[Finding]:
    """The purchase orders exist, are the supplier's, and are not several."""
    del parts, policy
    invoice = candidate.invoice
    orders = order_numbers(invoice)
    for number in orders:
        order = books.orders.get(number)
        if not books.orders or (order and _is_of(order.supplier, invoice.supplier, books)):
            continue
        what = say("is_supplier_s", supplier=order.supplier) if order else say("is_not_known_in")
        text = say("order", number=number, what=what)
        basis = f"{number}|{order.supplier if order else ''}"
        yield Finding("PO-01", invoice.number, text, basis=basis)
    if len(orders) > 1:
        text = say("it_names_orders", count=len(orders), orders=orders[0])
        yield Finding("PO-01", invoice.number, text, blocks=False, basis=",".join(orders))


def _is_of(ordered_from: str, billed_by: str, books: Books) -> bool:
    supplier = books.suppliers.get(ordered_from)
    return billed_by in (ordered_from, supplier.bill_by if supplier else ordered_from)


def order_numbers(invoice: Invoice) -> list[str]:
    """The orders of its lines, each once, in the order of the lines."""
    return list(dict.fromkeys(line.po_number for line in invoice.lines if line.po_number))


def _duplicates(
    candidate: Candidate, parts: Sequence[Instalment], books: Books, policy: Policy
) -> Iterator[Finding]:
    """The same bill twice, surely or perhaps."""
    del parts, books, policy
    invoice = candidate.invoice
    number = invoice.supplier_document
    if not number.strip():
        text = say("x3_has_no")
        yield Finding("DUP-02", invoice.number, text)
        return
    for peer in candidate.peers:
        if peer.is_exact and peer.goes_first:
            text = say("has_the_same", name=peer.name, number=number)
            yield Finding("DUP-01", invoice.number, text, basis=peer.basis)
        elif not peer.is_exact and _is_near(peer.document_date, invoice.document_date):
            text = say("has_the_same_2", name=peer.name)
            yield Finding(
                "DUP-01",
                invoice.number,
                text,
                blocks=False,
                notes=True,
                how=("accept",),
                basis=peer.basis,
            )


def _is_near(one: date | None, other: date | None) -> bool:
    return one is not None and other is not None and abs(one - other) <= _NEAR


_CHECKS: tuple[Check, ...] = (
    _status,
    _supplier,
    _remit_to,
    _amounts,
    _dates,
    _orders,
    _duplicates,
)


def _payload(
    candidate: Candidate, coded: Coded, books: Books, policy: Policy, due: date
) -> InvoicePayload:
    """The invoice as AvidXchange gets it (product.md 4, *Invoice payload*)."""
    invoice = candidate.invoice
    day = invoice.accounting_date or date.max
    rule = books.vendor_rule(invoice.supplier, invoice.pay_to, invoice.company, day)
    orders = order_numbers(invoice)
    further = say("further_orders", orders=", ".join(orders[1:])) if orders[1:] else ""
    texts = (invoice.comment1, invoice.comment2, further)
    external = policy.external_id(invoice.company, invoice.number, candidate.revision)
    return InvoicePayload(
        external_id=external,
        company=invoice.company,
        vendor_code=rule.code if rule else "",
        number=invoice.supplier_document,
        invoice_date=invoice.document_date or day,
        due_date=due,
        posting_date=invoice.accounting_date,
        amount=sum((line.amount for line in coded.lines), start=0 * coded.lines[0].amount),
        currency=invoice.currency,
        description=" ".join(text for text in texts if text)[: policy.limits.description],
        po_number=orders[0] if orders else "",
        reference=invoice.number,
        lines=tuple(coded.lines),
    )
