"""Which payment approval level X3 should show, and what to do about the one it shows.

avidxchange.md 5.1 and sage-x3.md 7, *Approval*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.domain.ap_documents import ApInvoice, fold
from core.domain.documents import Invoice, OpenItem
from core.domain.findings import Finding
from core.domain.policy import Levels
from core.words import area

say = area(__name__)

_TEXT_LENGTH = 80  # TEXT Char(80), sage-x3.md 5.4


@dataclass(frozen=True, slots=True)
class Submitted:
    """What was sent to AvidXchange, as far as approval depends on it."""

    vendor_code: str
    number: str
    amount: Decimal
    currency: str
    lines: tuple[tuple[Decimal, frozenset[tuple[str, str]]], ...] = ()
    due_date: str = ""
    content: str = ""


@dataclass(frozen=True, slots=True)
class LevelState:
    """The level we wrote or found last and what for: `state:posted` or `state:unposted`."""

    level: int = 0
    written_for: str = ""


@dataclass(frozen=True, slots=True)
class LevelWrite:
    """A level to write, to an unposted invoice or to the open items of a posted one."""

    level: int
    posted: bool
    text: str
    dispute_code: str
    written_for: str


def wanted_level(found: ApInvoice, levels: Levels) -> int | None:
    """X3's level for the state AvidXchange shows; None where nothing is written."""
    return {
        "received": levels.in_approval,
        "in_approval": levels.in_approval,
        "on_hold": levels.on_hold,
        "disputed": levels.rejected,
        "approved": levels.approved,
        "exported": levels.approved,
        "rejected": levels.rejected,
        "deleted": levels.in_approval,
    }.get(found.state)


def shown_level(invoice: Invoice, items: Sequence[OpenItem]) -> frozenset[int]:
    """The levels X3 shows now: of the items not closed once posted, else of the header."""
    if invoice.is_posted:
        return frozenset(item.approval or 0 for item in items if not item.is_closed)
    return frozenset((invoice.approval or 0,))


def differs(found: ApInvoice, submitted: Submitted) -> str:
    """How vendor, number, currency or amount differ from what was sent; empty when they do not."""
    pairs = (
        ("vendor", submitted.vendor_code, found.vendor_code),
        ("number", submitted.number, found.number),
        ("currency", submitted.currency, found.currency),
    )
    changed = [say("became", name=name, a=a, b=b) for name, a, b in pairs if fold(a) != fold(b)]
    if submitted.amount != found.amount:
        changed.append(say("amount_became", amount=submitted.amount, amount2=found.amount))
    return "; ".join(changed)


def recoding(found: ApInvoice, submitted: Submitted) -> str:
    """How the approver's lines differ from those sent; empty when they do not."""
    sent = sorted(_line_text(amount, codes) for amount, codes in submitted.lines)
    now = sorted(_line_text(line.amount, _pairs(line.codes)) for line in found.lines)
    if sent == now:
        return ""
    return say("sent_now", sent=" | ".join(sent), now=" | ".join(now))


def _pairs(codes: tuple[tuple[str, ...], ...]) -> frozenset[tuple[str, str]]:
    return frozenset((code[0], code[1]) for code in codes)


def _line_text(amount: Decimal, codes: frozenset[tuple[str, str]]) -> str:
    coding = ", ".join(f"{group} {value}" for group, value in sorted(codes))
    return f"{amount:.2f} {coding}"


def decide(
    invoice: Invoice,
    items: Sequence[OpenItem],
    found: ApInvoice,
    submitted: Submitted,
    last: LevelState,
    levels: Levels,
) -> LevelWrite | Finding | None:
    """The level to write, a finding for a person, or None when nothing is to be done.

    A level is written once per change of state. One that is neither wanted nor what we left there
    was set by a person and is left alone (LVL-01). Posting copies or resets levels by itself, so
    the first look after posting takes whatever stands there as ours.
    """
    wanted = wanted_level(found, levels)
    written_for = f"{found.state}:{'posted' if invoice.is_posted else 'unposted'}"
    shown = shown_level(invoice, items)
    if found.state in ("approved", "exported"):
        difference = differs(found, submitted)
        if difference:
            text = say("approved_in_avidxchange_but_no_level", difference=difference)
            return Finding("REC-01", invoice.number, text, basis=difference)
    if wanted is None or not shown or shown == {wanted}:
        return None
    if _is_persons(shown, last, written_for):
        listed = ", ".join(str(level) for level in sorted(shown))
        text = say("x3_shows_level_crossfoot_left", listed=listed, level=last.level, wanted=wanted)
        return Finding("LVL-01", invoice.number, text, basis=f"{listed}|{wanted}")
    day = found.approved or found.last_modified
    word = found.status_text or found.state
    text = say("avidxchange", word=word.lower(), value=f" {day:%Y-%m-%d}" if day else "")
    code = levels.dispute_code if wanted == levels.rejected else ""
    return LevelWrite(wanted, invoice.is_posted, text[:_TEXT_LENGTH], code, written_for)


def _is_persons(shown: frozenset[int], last: LevelState, written_for: str) -> bool:
    """Whether the levels shown can only come from a person."""
    if not last.written_for:
        return False
    posted_since = last.written_for.partition(":")[2] != written_for.partition(":")[2]
    return not posted_since and shown != {last.level}
