"""Lines of an X3 invoice as lines of an AvidXchange invoice: codes, signs and the sum."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from core.domain import renames
from core.domain.books import Books, is_valid_on
from core.domain.documents import Invoice, InvoiceLine
from core.domain.findings import Finding
from core.domain.money import Money, digits
from core.domain.payload import PayloadLine
from core.domain.policy import Policy
from core.words import area

say = area(__name__)

CHARGES = say("charges_and_rounding")


@dataclass(slots=True)
class Coded:
    """Lines ready to be sent and what speaks against it; amounts are signed, tax included."""

    lines: list[PayloadLine] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)


def gross_of(line: InvoiceLine) -> Decimal:
    """A line's amount with tax: X3's own, else net plus the line's taxes."""
    if line.gross is not None:
        return line.gross
    taxes = (line.tax_amount1, line.tax_amount2, line.tax_amount3)
    return (line.net or Decimal(0)) + sum((tax or Decimal(0) for tax in taxes), Decimal(0))


def code_lines(invoice: Invoice, books: Books, policy: Policy, *, sign: int) -> Coded:
    """Code every line and make the sum fit; `sign` is -1 for a credit memo."""
    coded = Coded()
    if invoice.unread:
        coded.findings.append(_unread(invoice))
        return coded
    for number, line in enumerate(invoice.lines, start=1):
        codes, findings = _codes(invoice, line, number, books, policy)
        coded.findings += findings
        text = line.description[: policy.limits.description]
        coded.lines.append(PayloadLine(number, sign * gross_of(line), text, codes))
    if not invoice.lines:
        coded.findings.append(Finding("SUM-01", invoice.number, say("the_invoice_has_no_lines")))
    _balance(coded, invoice, books, policy, sign)
    return coded


def _unread(invoice: Invoice) -> Finding:
    """Its lines are not known as they are now, so it is not sent."""
    return Finding(
        "SUM-01",
        invoice.number,
        say("it_waits_for_its_details", unread=invoice.unread),
        title=say("x3_does_not_give_its_details_in"),
        fix=say("correct_it_in_x3_it_is_read"),
    )


def _codes(
    invoice: Invoice, line: InvoiceLine, number: int, books: Books, policy: Policy
) -> tuple[tuple[tuple[str, str], ...], list[Finding]]:
    """The codes of one line, one per group, and the findings about them."""
    findings: list[Finding] = []
    codes: dict[str, str] = {}
    if line.distribution:
        findings.append(
            Finding(
                "DIM-01",
                invoice.number,
                say("line_is_split_by_distribution", number=number, distribution=line.distribution),
            )
        )
    account = _account(invoice, line, number, books)
    explained = {policy.gl_group} if isinstance(account, Finding) else set()
    for found in (account, *_dimensions(invoice, line, number, books)):
        if isinstance(found, Finding):
            findings.append(found)
            explained |= books.rules.groups.get(found.about, set())
            continue
        group, code = found[0] or policy.gl_group, found[1]
        if codes.setdefault(group, code) != code:
            text = say(
                "line_has_two_values_for_and",
                number=number,
                group=group,
                codes=codes[group],
                code=code,
            )
            findings.append(Finding("MAP-06", invoice.number, text, cause=f"{group} twice"))
        unusable = _unusable(invoice.number, group, code, books)
        findings += [unusable] if unusable else []
    findings += [
        _missing_group(invoice.number, number, name)
        for name, group in books.groups.items()
        if group.required and name not in codes and name not in explained
    ]
    return tuple(codes.items()), findings


def _missing_group(document: str, number: int, group: str) -> Finding:
    text = say("line_has_no_code_of_the_group", number=number, group=group)
    return Finding("MAP-04", document, text, cause=f"group {group}")


def _unusable(document: str, group: str, value: str, books: Books) -> Finding | None:
    """MAP-05 when AvidXchange would refuse the code."""
    if not books.codes:
        return None
    code = books.codes.get((group, value))
    if code is not None and code.active:
        return None
    what = say("is_inactive_in_avidxchange") if code else say("does_not_exist_in_avidxchange")
    text = f"{group} {value} {what}. {renames.successor(books, group, value)}".rstrip()
    return Finding("MAP-05", document, text, cause=f"{group} {value}")


def _account(
    invoice: Invoice, line: InvoiceLine, number: int, books: Books
) -> tuple[str, str] | Finding:
    """(empty group, code) of the line's account, or why there is none."""
    day = _day(invoice)
    if not line.account:
        text = say("line_has_no_account_in_x3", number=number)
        return Finding("MAP-03", invoice.number, text, cause="account missing")
    name = f"{line.chart}/{line.account}"
    account = books.accounts.get((line.chart, line.account))
    if books.accounts and account is None:
        text = say("account_of_line_is_not_among_x3s", name=name, number=number)
        return Finding("MAP-02", invoice.number, text, cause=f"account {name}")
    if account and account.active is False:
        text = say("account_of_line_is_inactive_in_x3", name=name, number=number)
        return Finding("MAP-02", invoice.number, text, cause=f"account {name}")
    if account and not is_valid_on(day, account.valid_from, account.valid_to):
        text = say("account_of_line_is_not_valid_on", name=name, number=number, day=day)
        return Finding("MAP-02", invoice.number, text, cause=f"account {name}")
    rule = books.rules.account(line.chart, line.account, invoice.company, day)
    if rule is None:
        text = say("account_of_line_has_no_avidxchange_code", name=name, number=number)
        return Finding("MAP-03", invoice.number, text, cause=f"account {name}")
    return "", rule.code


def _dimensions(
    invoice: Invoice, line: InvoiceLine, number: int, books: Books
) -> Iterator[tuple[str, str] | Finding]:
    """Pairs (group, code) of the dimension types that the mapping names."""
    day = _day(invoice)
    for kind, value in line.dimensions:
        if kind not in books.rules.groups:
            continue
        name = f"{kind} {value}"
        known = books.dimensions.get((kind, value))
        is_missing = bool(books.dimensions) and known is None
        invalid = known and (
            known.active is False or not is_valid_on(day, known.valid_from, known.valid_to)
        )
        rule = books.rules.dimension(kind, value, invoice.company, day)
        text = ""
        if is_missing:
            text = say("of_line_is_not_among_x3s_values", name=name, number=number)
        elif invalid:
            text = say("of_line_is_not_active_in_x3", name=name, number=number, day=day)
        elif rule is None:
            text = say("of_line_has_no_avidxchange_code", name=name, number=number)
        if text or rule is None:
            yield Finding("MAP-06", invoice.number, text, cause=f"dimension {name}", about=kind)
        else:
            yield rule.group, rule.code


def _day(invoice: Invoice) -> date:
    return invoice.accounting_date or invoice.document_date or date.max


def _balance(coded: Coded, invoice: Invoice, books: Books, policy: Policy, sign: int) -> None:
    """Make the lines add up to the header's gross, within the rule of product.md 4, *Lines*."""
    if not coded.lines or invoice.gross is None:
        return
    places = Decimal(1).scaleb(-digits(invoice.currency))
    wanted = sign * invoice.gross
    difference = wanted - sum((line.amount for line in coded.lines), Decimal(0))
    if not difference:
        return
    shown = Money.of(difference, invoice.currency) if difference % places == 0 else difference
    if abs(difference) <= places * len(coded.lines):
        largest = max(range(len(coded.lines)), key=lambda index: abs(coded.lines[index].amount))
        line = coded.lines[largest]
        coded.lines[largest] = replace(line, amount=line.amount + difference)
        text = say("the_lines_miss_the_total_by_line", shown=shown, number=line.number)
        coded.findings.append(Finding("SUM-01", invoice.number, text, blocks=False))
        return
    _charges(coded, invoice, books, policy, difference)


def _charges(
    coded: Coded, invoice: Invoice, books: Books, policy: Policy, difference: Decimal
) -> None:
    """Put a larger difference on the charges account, or block."""
    if not policy.charges_account:
        text = say("the_lines_miss_the_total_by", difference=difference, currency=invoice.currency)
        coded.findings.append(Finding("SUM-01", invoice.number, text))
        return
    chart, _, account = policy.charges_account.partition("/")
    first = invoice.lines[0]
    number = len(coded.lines) + 1
    line = replace(first, chart=chart, account=account, distribution="")
    codes, findings = _codes(invoice, line, number, books, policy)
    coded.findings += findings
    coded.lines.append(PayloadLine(number, difference, CHARGES, codes))
