"""What invoices, payments and audit entries say in words: rows, history, replies, exports."""

import json
from datetime import UTC, datetime

import pytest

from core import views
from core.desk_views import LineView, TimelineEntry
from ui import (
    audit_pane,
    document_lists,
    history_view,
    invoice_pane,
    list_export,
    payment_pane,
    replies,
)


def test_entries_in_words() -> None:
    row = {
        "sequence": 3, "time": "2026-11-25T16:26:16.000000Z", "actor": "engine",
        "action": "answer", "object": "X3|E|C|N|1", "before": "sending", "result": "accepted",
        "after": '{"result":"{\\"id\\":\\"991\\"}","state":"done"}', "run": 1, "version": "1",
        "previous": "0" * 64, "hash": "a" * 64,
    }  # fmt: skip
    shown = document_lists.audit_row(row)
    assert shown["is"] == "Accepted as 991"
    assert shown["who"] == "Crossfoot"
    doubt = document_lists.audit_row(
        {**row, "after": '{"state":"in_doubt"}', "result": "no answer"}
    )
    assert doubt["outcome"] == "in_doubt"
    state = {**row, "action": "state", "before": "ready", "after": "held", "result": "Pending."}
    assert document_lists.audit_row(state)["is"] == "Held: Pending."
    ended = {**row, "action": "run ended", "after": '{"sent":1200,"review":2}'}
    assert document_lists.audit_row(ended)["is"] == "1,200 sent, 2 to review"
    assert document_lists.object_words("open_item SPINV~1") == "Open item SPINV~1"
    assert document_lists.object_words("PIH 1") == "PIH 1"


# --- words -----------------------------------------------------------------------------------


def test_the_sentence_is_parted_into_why_and_next() -> None:
    why, following = invoice_pane.explained(
        "PIH1 is held since 2026-11-25: X3 shows it as pending. You act next: Validate it in X3"
        " (review item 4: exclude).",
        "PIH1",
    )
    assert why == "Held since 11/25/2026: X3 shows it as pending."
    assert following == "You act next: Validate it in X3."


def test_a_line_says_where_it_goes() -> None:
    line = LineView(
        1, "Gloves", "60110", "Supplies", "6011", "", "10.00", (("DPT", "SAL", "S1"),), ""
    )
    assert invoice_pane.coded(line) == "Gloves · 60110 → 6011 · DPT S1"
    bare = LineView(1, "", "60110", "Supplies", "", "", "10.00")
    assert "not mapped" in invoice_pane.coded(bare)


def test_history_parts_title_and_detail() -> None:
    now = datetime(2026, 11, 25, 17, tzinfo=UTC)
    told = TimelineEntry(
        "2026-11-25T16:26:00.000000Z",
        "AvidXchange answered: accepted, now done (id 991529)",
        "avidxchange",
        7,
    )
    entry = history_view.entries((told,), now)[0]
    assert entry.title == "AvidXchange answered"
    assert entry.detail == "Accepted, now done (id 991529). Request and answer kept."
    assert entry.key == "7"
    assert entry.is_ours


def test_replies_for_every_state() -> None:
    row = {
        "number": "PIH1", "supplier_document": "", "document_date": "2026-11-01",
        "due_date": "2026-12-01", "amount": "12.50", "currency": "USD",
    }  # fmt: skip
    for state in views.STATES:
        said = replies.reply({**row, "state": state})
        assert said.startswith("Your invoice PIH1 of 11/01/2026 over 12.50 USD: ")
    payment = {
        "state": "cleared", "method": "Check", "check_number": "104", "amount": "12.50",
        "currency": "USD", "payment_date": "2026-11-20", "cleared_date": "2026-11-24",
    }  # fmt: skip
    paid = replies.reply({**row, "state": "paid"}, payment)
    assert paid.endswith("Check 104 over 12.50 USD was issued 11/20/2026 and cleared 11/24/2026.")


def test_exports_take_stored_members() -> None:
    pairs = list_export.columns(document_lists.AUDIT, ("time", "who", "was", "outcome"))
    assert pairs == [
        ("time", "Time"), ("actor", "Who"), ("before", "Before"), ("after", "After"),
        ("result", "Result"),
    ]  # fmt: skip
    assert ("currency", "Currency") in list_export.columns(document_lists.INVOICES, ("amount",))


@pytest.mark.parametrize(
    ("state", "posted", "begins"),
    [
        ("pending", False, "Not issued yet"),
        ("issued", True, "Posted in Sage X3"),
        ("issued", False, "AvidXchange says"),
        ("voided", True, "Posted in Sage X3"),
    ],
)
def test_a_payment_is_explained(state: str, posted: bool, begins: str) -> None:  # noqa: FBT001
    row = {
        "state": state, "posted": posted, "x3_payment": "PY1", "text": "Issued",
        "why_asked": "", "held": "",
    }  # fmt: skip
    what, following = payment_pane.explained(row)
    assert what.startswith(begins)
    assert following


def test_a_statement_in_the_log_has_figures_and_no_hash_that_is_cut() -> None:
    digest = "77ee" + "b" * 56 + "6537"
    kept = json.dumps(
        {"figures": [["CA10", "CAD", 3712106, 2921111, 0, 13], ["US10", "JPY", 666, -5, 0, 1]],
         "hash": digest}
    )  # fmt: skip
    row = {
        "action": "reconciled", "before": None, "after": kept, "result": digest, "actor": "Ann",
        "hash": digest, "object": "period 2026-10", "time": "2026-11-26T11:15:29.000000Z",
        "run": 0, "version": "1",
    }  # fmt: skip
    assert document_lists.audit_row(row)["is"] == "77ee…6537"
    facts = dict(audit_pane.facts_of(row))
    assert facts["Result"] == "77ee…6537"
    assert facts["Is"].splitlines() == [
        "figures: CA10 CAD: 37,121.06 in X3, 29,211.11 in AvidXchange",
        "US10 JPY: 666 in X3, −5 in AvidXchange",  # noqa: RUF001 - a true minus
        "hash: 77ee…6537",
    ]
