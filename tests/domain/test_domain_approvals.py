"""The payment approval level X3 should show (avidxchange.md 5.1, sage-x3.md 7 *Approval*)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.ap_documents import INVOICE_STATES, ApInvoice, ApLine
from core.domain.approvals import (
    LevelState,
    LevelWrite,
    Submitted,
    decide,
    differs,
    recoding,
    shown_level,
    wanted_level,
)
from core.domain.documents import Invoice, OpenItem
from core.domain.findings import Finding
from core.domain.policy import Levels
from tests.domain.domain_samples import GL, MOMENT, ap_invoice, dec, invoice, item, posted

LEVELS = Levels()
SENT = Submitted(
    vendor_code="V00101",
    number="INV-90871",
    amount=dec("1224.00"),
    currency="USD",
    lines=(
        (dec("1134.00"), frozenset({(GL, "6100"), ("Location", "102F")})),
        (dec("90.00"), frozenset({(GL, "6240"), ("Location", "102F")})),
    ),
)
WANTED = {
    "received": 1,
    "in_approval": 1,
    "on_hold": 3,
    "disputed": 2,
    "approved": 4,
    "exported": 4,
    "rejected": 2,
    "deleted": 1,
    "unknown": None,
}


def decision(
    state: str,
    shown: int | tuple[int, ...],
    last: LevelState | None = None,
    *,
    is_posted: bool = False,
    levels: Levels = LEVELS,
    **changes: Any,
) -> LevelWrite | Finding | None:
    """What is decided for an invoice that shows these levels in X3."""
    shown = (shown,) if isinstance(shown, int) else shown
    document: Invoice = posted() if is_posted else invoice(approval=shown[0])
    items: tuple[OpenItem, ...] = ()
    if is_posted:
        items = tuple(item("612.00", at, approval=level) for at, level in enumerate(shown, 1))
    found = ap_invoice(state=state, status_text=state.title(), **changes)
    return decide(document, items, found, SENT, last or LevelState(), levels)


@pytest.mark.parametrize("state", INVOICE_STATES)
def test_each_state_has_its_level_and_an_unknown_one_has_none(state: str) -> None:
    assert wanted_level(ap_invoice(state=state), LEVELS) == WANTED[state]


def test_levels_are_those_of_the_settings() -> None:
    own = Levels(in_approval=2, rejected=1, on_hold=4, approved=3)
    found = [wanted_level(ap_invoice(state=s), own) for s in ("received", "disputed", "on_hold")]
    assert found == [2, 1, 4]
    assert wanted_level(ap_invoice(state="approved"), own) == 3


@pytest.mark.parametrize("is_posted", [False, True])
@pytest.mark.parametrize("shown", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("state", INVOICE_STATES)
def test_a_level_never_written_before_is_written_unless_it_is_shown_already(
    state: str,
    shown: int,
    is_posted: bool,  # noqa: FBT001 - a table
) -> None:
    found = decision(state, shown, is_posted=is_posted)
    if WANTED[state] in (None, shown):
        assert found is None
        return
    assert isinstance(found, LevelWrite)
    assert (found.level, found.posted) == (WANTED[state], is_posted)
    assert found.written_for == f"{state}:{'posted' if is_posted else 'unposted'}"


@pytest.mark.parametrize("is_posted", [False, True])
@pytest.mark.parametrize("last", [1, 2, 3, 4])
@pytest.mark.parametrize("shown", [0, 1, 2, 3, 4])
@pytest.mark.parametrize("state", INVOICE_STATES)
def test_a_level_that_is_neither_wanted_nor_what_we_left_is_a_persons(
    state: str,
    shown: int,
    last: int,
    is_posted: bool,  # noqa: FBT001 - a table
) -> None:
    where = "posted" if is_posted else "unposted"
    found = decision(state, shown, LevelState(last, f"received:{where}"), is_posted=is_posted)
    if WANTED[state] in (None, shown):
        assert found is None
    elif shown == last:
        assert isinstance(found, LevelWrite)
    else:
        assert isinstance(found, Finding)
        assert found.code == "LVL-01"
        assert found.basis == f"{shown}|{WANTED[state]}"


@pytest.mark.parametrize("shown", [1, 2, 3])
def test_the_first_look_after_posting_takes_what_stands_there_as_ours(shown: int) -> None:
    """X3 copies or resets the level at posting: 5.4 once, then review."""
    before = LevelState(4, "approved:unposted")
    found = decision("approved", shown, before, is_posted=True)
    assert isinstance(found, LevelWrite)
    assert (found.level, found.posted) == (4, True)
    after = LevelState(4, "approved:posted")
    again = decision("approved", shown, after, is_posted=True)
    assert isinstance(again, Finding)
    assert again.code == "LVL-01"


def test_a_level_that_posting_copied_is_not_written_again() -> None:
    assert decision("approved", 4, LevelState(4, "approved:unposted"), is_posted=True) is None


def test_falling_back_from_approved_takes_the_authorisation_away() -> None:
    found = decision("in_approval", 4, LevelState(4, "approved:unposted"))
    assert isinstance(found, LevelWrite)
    assert found.level == 1


def test_open_items_with_different_levels_are_all_set() -> None:
    found = decision("approved", (4, 1), is_posted=True)
    assert isinstance(found, LevelWrite)
    assert found.level == 4
    assert decision("approved", (4, 4), is_posted=True) is None


def test_closed_items_do_not_count_and_without_open_ones_nothing_is_written() -> None:
    items = [item("612.00", 1, approval=4), item("612.00", 2, approval=1, closed=2)]
    assert shown_level(posted(), items) == {4}
    found = ap_invoice(state="approved")
    assert decide(posted(), items, found, SENT, LevelState(), LEVELS) is None
    assert decide(posted(), items[1:], found, SENT, LevelState(), LEVELS) is None
    assert shown_level(posted(), [item(approval=None)]) == {0}
    assert shown_level(invoice(approval=None), ()) == {0}


# The guard


@pytest.mark.parametrize("state", ["approved", "exported"])
@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"vendor_code": "V00999"}, "vendor V00101 became V00999"),
        ({"number": "INV-2"}, "number INV-90871 became INV-2"),
        ({"currency": "CAD"}, "currency USD became CAD"),
        ({"amount": dec("1224.01")}, "amount 1224.00 became 1224.01"),
    ],
)
def test_nothing_is_authorised_when_what_was_sent_became_something_else(
    state: str, change: dict[str, Any], word: str
) -> None:
    found = decision(state, 1, **change)
    assert isinstance(found, Finding)
    assert word in found.text
    assert found.basis == word
    assert found.asks_person


@pytest.mark.parametrize(
    "change",
    [{"vendor_code": " v00101 "}, {"number": "inv-90871"}, {"amount": dec("1224")}],
)
def test_the_guard_compares_trimmed_in_any_case_and_as_decimals(change: dict[str, Any]) -> None:
    found = decision("approved", 1, **change)
    assert isinstance(found, LevelWrite)
    assert differs(ap_invoice(**change), SENT) == ""


def test_all_differences_are_named() -> None:
    text = differs(ap_invoice(vendor_code="X", amount=dec("1")), SENT)
    assert text == "vendor V00101 became X; amount 1224.00 became 1.00"


@pytest.mark.parametrize("state", ["received", "on_hold", "disputed", "rejected"])
def test_the_guard_speaks_of_level_4_only(state: str) -> None:
    assert isinstance(decision(state, 4, amount=dec("1")), LevelWrite)


def test_a_wrong_approval_that_x3_shows_already_is_told_and_writes_nothing() -> None:
    found = decision("approved", 4, amount=dec("1"))
    assert isinstance(found, Finding)
    assert found.code == "REC-01"


# Recoding


def coded(*lines: tuple[str, str, str]) -> ApInvoice:
    made = tuple(
        ApLine(at, dec(amount), "", (("Location", place), (GL, code)))
        for at, (amount, code, place) in enumerate(lines, start=1)
    )
    return ap_invoice(lines=made)


@pytest.mark.parametrize(
    ("found", "is_recoded"),
    [
        (coded(("1134.00", "6100", "102F"), ("90.00", "6240", "102F")), False),
        (coded(("90", "6240", "102F"), ("1134", "6100", "102F")), False),  # order is no coding
        (coded(("1134.00", "6100", "102F"), ("90.00", "6250", "102F")), True),
        (coded(("1134.00", "6100", "103A"), ("90.00", "6240", "102F")), True),
        (coded(("1133.00", "6100", "102F"), ("91.00", "6240", "102F")), True),
        (
            coded(("1000.00", "6100", "102F"), ("134.00", "6100", "102F"), ("90", "6240", "102F")),
            True,
        ),
    ],
)
def test_recoding_is_a_change_of_amounts_or_codes_and_not_of_order(
    found: ApInvoice,
    is_recoded: bool,  # noqa: FBT001 - a table
) -> None:
    text = recoding(found, SENT)
    assert bool(text) is is_recoded
    if is_recoded:
        assert text.startswith("Sent: ")
        assert ". Now: " in text


def test_a_recoded_invoice_is_authorised_all_the_same() -> None:
    recoded = coded(("1134.00", "6100", "102F"), ("90.00", "6250", "102F"))
    assert isinstance(decision("approved", 1, lines=recoded.lines), LevelWrite)


# Words


def test_the_text_says_state_and_day() -> None:
    approved = datetime(2026, 3, 10, tzinfo=UTC)
    found = decision("approved", 1, approved=approved)
    assert isinstance(found, LevelWrite)
    assert found.text == "AvidXchange: approved 2026-03-10"
    later = decision("on_hold", 1, last_modified=MOMENT)
    assert isinstance(later, LevelWrite)
    assert later.text == "AvidXchange: on_hold 2026-03-10"
    nameless = decide(
        invoice(approval=2),
        (),
        replace(ap_invoice(), status_text="", last_modified=None),
        SENT,
        LevelState(),
        LEVELS,
    )
    assert isinstance(nameless, LevelWrite)
    assert nameless.text == "AvidXchange: in_approval"


@given(st.text(max_size=200))
def test_the_text_fits_the_80_characters_of_x3(word: str) -> None:
    found = decide(
        invoice(approval=3), (), ap_invoice(status_text=word), SENT, LevelState(), LEVELS
    )
    assert isinstance(found, LevelWrite)
    assert len(found.text) <= 80


@pytest.mark.parametrize(
    ("state", "code"), [("rejected", "DSP"), ("disputed", "DSP"), ("approved", ""), ("on_hold", "")]
)
def test_the_dispute_code_goes_with_the_level_of_a_conflict(state: str, code: str) -> None:
    found = decision(state, 1, levels=Levels(dispute_code="DSP"))
    assert isinstance(found, LevelWrite)
    assert found.dispute_code == code
