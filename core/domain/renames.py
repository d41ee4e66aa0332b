"""A vendor or code that AvidXchange calls otherwise than when it was mapped: a person looks.

It does not hold the invoice. Saving the mapping row again, or accepting the new name, ends it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from core.domain.ap_documents import fold
from core.domain.books import Books
from core.domain.documents import Invoice
from core.domain.findings import Finding
from core.domain.mapping import NOT_PAID_HERE, Rule
from core.domain.policy import Policy
from core.words import area

say = area(__name__)

Past = tuple[tuple[str, str], ...]
_TITLE = say("avidxchange_has_renamed_what_this")
_FIX = say("save_its_mapping_again_if_it_still")


def name_then(past: Past, mapped: str, now: str) -> str:
    """What it was called when it was mapped (instant text).

    Empty when it is called so again, and when it is called nothing: that is no new name.
    """
    was = next((name for until, name in past if until > mapped), "")
    return "" if not now.strip() or _same(was, now) else was


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def findings(invoice: Invoice, books: Books, policy: Policy) -> Iterator[Finding]:
    """One for each renamed vendor or code of an invoice."""
    if not books.renamed:
        return
    day = invoice.accounting_date or invoice.document_date or date.max
    yield from _vendor(invoice, books, day)
    told: dict[str, Finding] = {}
    for rule, group in _rules(invoice, books, policy, day):
        code = books.codes.get((group, rule.code))
        past = books.renamed.get(("code", code.key)) if code else None
        was = name_then(past, rule.made, code.description) if code and past else ""
        if code and was:
            text = say(
                "is_called_now_it_was",
                group=group,
                code=rule.code,
                description=code.description,
                was=was,
            )
            finding = _finding(
                invoice, text, say("renamed", group=group, code=rule.code), code.description
            )
            told.setdefault(finding.cause, finding)
    yield from told.values()


def _rules(invoice: Invoice, books: Books, policy: Policy, day: date) -> Iterator[tuple[Rule, str]]:
    for line in invoice.lines:
        rule = books.rules.account(line.chart, line.account, invoice.company, day)
        if rule:
            yield rule, policy.gl_group
        for pair in line.dimensions:
            rule = books.rules.dimension(pair[0], pair[1], invoice.company, day)
            if rule:
                yield rule, rule.group


def _vendor(invoice: Invoice, books: Books, day: date) -> Iterator[Finding]:
    rule = books.vendor_rule(invoice.supplier, invoice.pay_to, invoice.company, day)
    vendor = books.vendor(rule.code) if rule and rule.code != NOT_PAID_HERE else None
    past = books.renamed.get(("vendor", vendor.key)) if vendor else None
    if rule is None or vendor is None or past is None:
        return
    supplier = books.suppliers.get(rule.key1)
    if supplier and _same(supplier.name, vendor.name):
        return  # it follows X3, as we write it
    was = name_then(past, rule.made, vendor.name)
    if was:
        text = say("vendor_is_called_now_it_was", code=vendor.code, name=vendor.name, was=was)
        yield _finding(invoice, text, say("vendor_renamed", fold=fold(vendor.code)), vendor.name)


def _finding(invoice: Invoice, text: str, cause: str, name: str) -> Finding:
    return Finding(
        "MAP-05", invoice.number, text, cause=cause, blocks=False, notes=True, basis=name,
        how=("accept", "exclude"), title=_TITLE, fix=_FIX,
    )  # fmt: skip


def successor(books: Books, group: str, value: str) -> str:
    """The code that is called as a code was that is gone; empty when there is not just one."""
    was = books.gone_codes.get((group, value), "")
    same = [
        code.value
        for code in books.codes.values()
        if was and code.group == group and code.active and _same(code.description, was)
    ]
    return say("is_called_now_as_it_was", same=same[0], was=was) if len(same) == 1 else ""
