"""The words of `explain`: who acts next, and audit rows as a person reads them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.domain.states import INVOICE_STATES
from core.explanations import sentence, timeline


def row(sequence: int, action: str, **members: Any) -> dict[str, Any]:
    empty = {"actor": "engine", "object": "BIS1", "before": None, "after": None, "result": ""}
    time = f"2026-03-02T08:00:{sequence:02}.000000Z"
    return empty | {"sequence": sequence, "time": time, "action": action} | members


@pytest.mark.parametrize("state", INVOICE_STATES)
def test_every_state_says_who_acts_next(state: str) -> None:
    told = sentence({"number": "BIS1", "state": state, "since": "2026-03-02T08:00:00Z", "why": ""})
    assert told.startswith("BIS1 is ")
    assert "2026-03-02" in told
    assert any(word in told for word in ("next", "Nothing"))


def test_the_reason_and_the_fix_stand_in_the_sentence() -> None:
    invoice = {"number": "BIS1", "state": "held", "since": "2026-03-02", "why": "On hold in X3"}
    item = {"id": 7, "code": "BNK-01", "fix": "Call them.", "how": ["accept", "exclude"]}
    told = sentence(invoice, [item])
    assert told == (
        "BIS1 is held since 2026-03-02: On hold in X3. "
        "You act next: Call them (review item 7: accept, exclude)."
    )


@pytest.mark.parametrize("waits", [{"waits": True}, {}])
def test_what_waits_for_x3_asks_no_person(waits: dict[str, bool]) -> None:
    invoice = {"number": "BIS1", "state": "held", "since": "2026-03-02", "why": "On hold in X3"}
    item = {"id": 7, "code": "SUP-01", "fix": "Release it in X3, or withdraw it.", "how": []}
    assert sentence(invoice, [item | waits]) == (
        "BIS1 is held since 2026-03-02: On hold in X3. "
        "X3 acts next, and it goes on by itself then. To be done in X3: release it."
    )
    sent = item | {"how": ["withdraw", "done"]} | ({"waits": False} if waits else {})
    assert "You act next" in sentence(invoice, [sent])
    missing = item | waits | {"code": "ATT-01"}
    assert "You act next" in sentence(invoice, [missing])


def test_the_timeline_asks_a_person_only_where_one_is_needed() -> None:
    rows = [row(1, "review opened", result=code, after="Why.") for code in ("STA-01", "BNK-01")]
    told = [entry["text"] for entry in timeline(rows)]
    assert told == ["Noted, STA-01: Why.", "Needs a person, BNK-01: Why."]


def test_the_timeline_is_newest_first_and_names_who_said_it() -> None:
    answer = {"state": "done", "result": json.dumps({"id": "991", "state": "received"})}
    reason = json.dumps({"how": "exclude", "reason": "not ours"})
    rows = [
        row(1, "received", result="new"),
        row(2, "intent", object="X3|P|C|BIS1|1", result="invoice"),
        row(3, "answer", object="X3|P|C|BIS1|1", after=json.dumps(answer), result="accepted"),
        row(4, "state", before="ready", after="sent", result="Received."),
        row(5, "review resolved", actor="mia", after=reason, result="REJ-01"),
        row(6, "received", object="payment 42", result="new"),
        row(7, "posted", object="AVD42", after="PY1"),
        row(8, "answer", actor="recovery", after=json.dumps({"state": "in_doubt"}), result="cut"),
        row(9, "something new", actor="joe", after="not { json"),
    ]
    told = timeline(rows)
    assert [entry["time"] for entry in told] == sorted((r["time"] for r in rows), reverse=True)
    shown = [(entry["source"], entry["text"]) for entry in reversed(told)]
    assert shown == [
        ("x3", "Read for the first time"),
        ("crossfoot", "Sending the invoice (X3|P|C|BIS1|1)"),
        ("avidxchange", "AvidXchange answered: accepted, now done (id 991)"),
        ("crossfoot", "Sent (was ready): Received."),
        ("mia", "REJ-01 settled by exclude: not ours"),
        ("avidxchange", "Payment seen (42)"),
        ("crossfoot", "Payment AVD42 posted in X3 as PY1"),
        ("crossfoot", "Found unanswered at start, now in doubt: cut"),
        ("joe", "Something new"),
    ]
