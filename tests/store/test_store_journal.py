"""The ledger: intents, settling, recovery after a kill, and what its indexes forbid."""

from __future__ import annotations

import itertools
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import peewee
import pytest

from core.domain.canonical import instant_text, parse_instant
from core.domain.states import OUTBOX_MOVES
from core.ports import Exchange
from core.store import history, journal, plans, queries
from core.store.journal import Settlement
from core.store.plans import ActionRecord, PlanRecord
from core.store.sqlite import Store
from core.store.tables import Outbox

STATES = tuple(OUTBOX_MOVES)
ALLOWED = {
    ("ready", "cancelled"), ("ready", "done"), ("ready", "review"), ("sending", "done"),
    ("sending", "rejected"), ("sending", "ready"), ("sending", "in_doubt"),
    ("in_doubt", "in_doubt"), ("in_doubt", "done"), ("in_doubt", "review"),
    ("in_doubt", "ready"), ("in_doubt", "rejected"), ("in_doubt", "cancelled"),
    ("rejected", "cancelled"), ("review", "done"), ("review", "ready"), ("review", "cancelled"),
}  # fmt: skip


class Moving(Protocol):
    """The clock of conftest.py."""

    at: datetime

    def move(self, seconds: float) -> datetime: ...


def action(
    key: str, kind: str = "invoice", remote: str | None = None, revision: int = 1
) -> ActionRecord:
    reference = f"X3|PROD|US10|{key}|{revision}" if kind == "invoice" else ""
    if kind == "payment":
        reference = f"AVD{key}"
    return ActionRecord(
        kind=kind,
        key=key,
        revision=revision,
        body=f"bytes of {key} \x00".encode(),
        fingerprint=f"print-{key}",
        basis={"hash": "h", "mapping": 3},
        remote=f"{kind}:{key}" if remote is None else remote,
        reference=reference,
        info={"amount": "10.00"},
    )


def queue(store: Store, *actions: ActionRecord, plan: str = "plan-1") -> tuple[int, ...]:
    with store.write():
        assert plans.store_plan(store, PlanRecord(plan, 1, "live", {"actions": 1}, actions))
        stored = plans.action_rows(store, plan=plan)
        ids, left = journal.enqueue(
            store, [row.id for row in stored], 1, due=store.clock(), actor="anna"
        )
    assert left == ()
    return ids


def claim(store: Store, *kinds: str, limit: int = 100) -> list[journal.OutboxRow]:
    with store.write():
        return journal.claim(store, kinds or journal.PRIORITY, limit, store.clock())


def settle(store: Store, row: int, state: str, **members: object) -> journal.OutboxRow:
    with store.write():
        (stands,) = journal.outbox_rows(store, ids=[row])
        return journal.settle(store, stands, Settlement(state, "told", **members))  # type: ignore[arg-type]


def force(store: Store, row: int, state: str) -> None:
    with store.write():
        store.change(Outbox.update(state=state).where(Outbox.id == row))


def test_a_plan_is_kept_once_with_its_exact_bytes_in_order(store: Store) -> None:
    record = PlanRecord("p", 7, "preview", {"totals": {"USD": "20.00"}}, (action("B"), action("A")))
    with store.write():
        assert plans.store_plan(store, record) is True
        assert plans.store_plan(store, record) is False
    rows = plans.action_rows(store, plan="p")
    assert [row.key for row in rows] == ["B", "A"]
    assert rows[0].body == b"bytes of B \x00"
    assert (rows[0].basis, rows[0].info) == ({"hash": "h", "mapping": 3}, {"amount": "10.00"})
    plan = plans.plan_row(store, "p")
    assert plan is not None
    assert (plan.run, plan.mode, plan.summary) == (7, "preview", {"totals": {"USD": "20.00"}})
    assert plans.latest_plan(store) == plan
    assert plans.plan_row(store, "q") is None


def test_an_action_whose_row_is_live_is_left_alone(store: Store) -> None:
    queue(store, action("A"))
    with store.write():
        again = PlanRecord("plan-2", 1, "live", {}, (action("A"), action("B")))
        plans.store_plan(store, again)
        stored = plans.action_rows(store, plan="plan-2")
        ids, left = journal.enqueue(
            store, [row.id for row in stored], 1, due=store.clock(), actor="anna"
        )
    assert left == (stored[0].id,)
    assert [row.key for row in journal.outbox_rows(store, ids=ids)] == ["B"]


def test_an_invoice_already_sent_under_its_reference_cannot_be_queued_again(store: Store) -> None:
    (row,) = queue(store, action("A"))
    claim(store)
    settle(store, row, "done", exchange=Exchange())
    with pytest.raises(peewee.IntegrityError):
        queue(store, action("A"), plan="plan-2")
    assert len(journal.rows_of(store, ["A"])) == 1
    (withdrawn,) = queue(store, action("B"), plan="plan-3")
    settle(store, withdrawn, "cancelled")
    assert queue(store, action("B"), plan="plan-4")


def test_claiming_takes_due_rows_by_kind_then_age_and_notes_intents(
    store: Store, clock: Moving
) -> None:
    kinds = ("image", "invoice", "vendor", "withdraw", "payment", "replace", "approval")
    ids = queue(store, *(action(f"K{n}", kind) for n, kind in enumerate(kinds)), action("K9"))
    (later,) = queue(store, action("LATER"), plan="plan-2")
    with store.write():
        due = clock.at + timedelta(seconds=60)
        store.change(
            Outbox.update(due=due.strftime("%Y-%m-%dT%H:%M:%S.%fZ")).where(Outbox.id == later)
        )
    first = claim(store, limit=3)
    assert [row.kind for row in first] == ["approval", "payment", "vendor"]
    assert all(row.state == "sending" and row.attempts == 1 for row in first)
    assert [row.kind for row in claim(store, "invoice", "image")] == ["invoice", "invoice", "image"]
    rest = claim(store)
    assert [row.kind for row in rest] == ["replace", "withdraw"]
    assert claim(store) == []
    clock.move(60)
    assert [row.id for row in claim(store)] == [later]
    intents = queries.audit(store, queries.AuditFilter(action="intent")).rows
    assert len(intents) == len(ids) + 1
    assert [row["object"] for row in intents[:2]] == ["K6", "AVDK4"]
    assert len([a for a in journal.attempts(store, [*ids, later]) if not a.ended]) == len(ids) + 1


def test_one_remote_object_is_never_touched_twice_at_once(store: Store) -> None:
    one, two, other = queue(
        store,
        action("A", "approval", remote="x3:S1"),
        action("P", "payment", remote="x3:S1"),
        action("Q", "payment", remote="x3:S2"),
    )
    assert [row.id for row in claim(store)] == [one, other]
    settle(store, one, "in_doubt", due=store.clock())
    assert claim(store) == []
    settle(store, one, "done", exchange=Exchange())
    assert [row.id for row in claim(store)] == [two]
    force(store, other, "ready")
    with store.write():
        store.change(Outbox.update(remote="x3:S1").where(Outbox.id == other))
    with pytest.raises(peewee.IntegrityError):
        force(store, other, "sending")


def test_rows_without_a_remote_do_not_wait_for_each_other(store: Store) -> None:
    ids = queue(store, action("A", remote=""), action("B", remote=""))
    assert [row.id for row in claim(store)] == list(ids)


def test_only_the_rows_asked_for_are_claimed(store: Store) -> None:
    one, two, three = queue(store, action("A"), action("B"), action("C"))
    with store.write():
        wanted = journal.outbox_rows(store, ids=[three, two])
        rows = journal.claim(store, ["invoice"], 5, store.clock(), among=wanted)
        none = journal.claim(store, ["invoice"], 5, store.clock(), among=())
    assert ([row.id for row in rows], none) == ([two, three], [])
    assert [row.id for row in claim(store)] == [one]


def test_vendors_of_previews_are_known(store: Store) -> None:
    with store.write():
        made = (action(" Acme ", "vendor"), action("N1"))
        plans.store_plan(store, PlanRecord("p", 1, "preview", {}, made))
        plans.store_plan(store, PlanRecord("q", 1, "live", {}, (action("other", "vendor"),)))
    assert plans.previewed_vendors(store) == {"acme"}


def test_a_long_queue_of_one_remote_does_not_hide_what_stands_behind_it(store: Store) -> None:
    many = [action(f"P{n:03}", "payment", remote="x3:S1") for n in range(150)]
    ids = queue(store, *many, action("Z", "payment", remote="x3:S2"))
    assert [row.id for row in claim(store, limit=2)] == [ids[0], ids[-1]]


@pytest.mark.parametrize(("old", "new"), list(itertools.product(STATES, STATES)))
def test_only_the_transitions_of_the_table_are_possible(store: Store, old: str, new: str) -> None:
    (row,) = queue(store, action("A"))
    force(store, row, old)
    if (old, new) in ALLOWED:
        assert settle(store, row, new, exchange=Exchange()).state == new
        return
    before = history.head(store)
    with pytest.raises(ValueError, match="cannot go from"):
        settle(store, row, new)
    assert journal.outbox_rows(store, ids=[row])[0].state == old
    assert history.head(store) == before


def test_no_state_but_the_final_ones_is_a_dead_end() -> None:
    ends = {state for state, ways in OUTBOX_MOVES.items() if not ways - {state}}
    assert ends == {"done", "cancelled"}


def test_settling_ends_the_attempt_and_keeps_what_was_heard(store: Store, clock: Moving) -> None:
    (row,) = queue(store, action("A"))
    claim(store)
    clock.move(2)
    heard = Exchange(request_id="r-1", status=201, answer='{"InvoiceId": 7}', took_s=1.25)
    after = settle(store, row, "done", result={"id": "7"}, exchange=heard)
    assert (after.state, after.result, after.due) == ("done", {"id": "7"}, "")
    assert parse_instant(after.settled) == clock.at
    (attempt,) = journal.attempts(store, [row])
    assert (attempt.purpose, attempt.outcome, attempt.request_id) == ("send", "told", "r-1")
    assert (attempt.status, attempt.answer, attempt.took_ms) == (201, '{"InvoiceId": 7}', 1250)
    assert parse_instant(attempt.ended) == clock.at
    told = queries.audit_of(store, ["X3|PROD|US10|A|1"])
    assert [entry["action"] for entry in told] == ["approved", "intent", "answer"]
    assert (told[2]["before"], told[2]["result"]) == ("sending", "told")
    assert '"state":"done"' in told[2]["after"]


def test_doubt_is_looked_up_at_its_times_and_sent_again_once(store: Store, clock: Moving) -> None:
    (row,) = queue(store, action("A"))
    claim(store)
    start = clock.at
    settle(store, row, "in_doubt", due=start + timedelta(seconds=20))
    assert journal.due_lookups(store, clock.at) == []
    assert journal.next_due(store) == start + timedelta(seconds=20)
    clock.move(20)
    assert [r.id for r in journal.due_lookups(store, clock.at)] == [row]
    still = settle(
        store, row, "in_doubt", due=clock.at + timedelta(seconds=60), exchange=Exchange(took_s=0.5)
    )
    assert (still.lookups, parse_instant(still.doubt_since)) == (1, start)
    ready = settle(store, row, "ready", exchange=Exchange())
    assert (ready.state, ready.resent, ready.lookups, ready.doubt_since) == ("ready", 1, 0, "")
    claim(store)
    settle(store, row, "in_doubt")
    with pytest.raises(ValueError, match="sent again once"):
        settle(store, row, "ready", exchange=Exchange())
    settle(store, row, "review", exchange=Exchange())
    again = settle(store, row, "ready", actor="anna")
    assert (again.attempts, again.fingerprint) == (2, "print-A")
    purposes = [attempt.purpose for attempt in journal.attempts(store, [row])]
    assert purposes == ["send", "lookup", "lookup", "send", "lookup"]


def test_doubt_from_a_moment_still_to_come_is_looked_up_now(store: Store, clock: Moving) -> None:
    (row,) = queue(store, action("A"))
    claim(store, "invoice")
    settle(store, row, "in_doubt", due=clock.at + timedelta(seconds=2))
    noon = clock.at - timedelta(hours=1)  # the computer's clock is set back
    assert journal.due_lookups(store, noon) == []
    with store.write():
        assert journal.recover(store, noon) == 0
    (doubted,) = journal.due_lookups(store, noon)
    assert (doubted.id, doubted.doubt_since) == (row, instant_text(noon))
    assert doubted.lookups == 0


def test_what_must_exist_is_never_sent_again_by_itself(store: Store) -> None:
    (row,) = queue(store, action("A"))
    claim(store)
    assert settle(store, row, "in_doubt", must_exist=True).must_exist == 1
    with pytest.raises(ValueError, match="said that it exists"):
        settle(store, row, "ready", exchange=Exchange())
    settle(store, row, "review", exchange=Exchange())
    assert settle(store, row, "ready", actor="anna").must_exist == 0


def test_a_kind_that_may_be_repeated_is_sent_again_as_often_as_needed(store: Store) -> None:
    (row,) = queue(store, action("V", "vendor"))
    for _ in range(3):
        assert [claimed.id for claimed in claim(store)] == [row]
        settle(store, row, "in_doubt", must_exist=True)
        settle(store, row, "ready", exchange=Exchange())
    assert journal.outbox_rows(store, ids=[row])[0].resent == 3


def test_what_the_first_look_up_finds_is_done_without_a_send(store: Store) -> None:
    (row,) = queue(store, action("A"))
    found = settle(store, row, "done", result={"id": "9"}, exchange=Exchange(request_id="r"))
    assert (found.state, found.attempts, found.result) == ("done", 0, {"id": "9"})
    assert [a.purpose for a in journal.attempts(store, [row])] == ["lookup"]
    assert queries.audit_of(store, [found.object])[-1]["action"] == "answer"


def test_counts_and_lists_of_the_ledger(store: Store, clock: Moving) -> None:
    assert journal.next_due(store) is None
    one, two, _ = queue(store, action("A"), action("B"), action("V", "vendor"))
    claim(store, "invoice")
    settle(store, one, "done", exchange=Exchange())
    assert journal.counts(store) == {
        ("invoice", "done"): 1, ("invoice", "sending"): 1, ("vendor", "ready"): 1,
    }  # fmt: skip
    assert journal.counts(store, run=99) == {}
    assert [row.key for row in journal.live_rows(store)] == ["B", "V"]
    assert journal.live_rows(store, ["A"]) == []
    assert [row.id for row in journal.live_rows(store, ["B", "A"])] == [two]
    by_reference = journal.rows_by_reference(store, ["X3|PROD|US10|A|1", "none"])
    assert {name: [row.id for row in rows] for name, rows in by_reference.items()} == {
        "X3|PROD|US10|A|1": [one]
    }
    assert [row.key for row in journal.outbox_rows(store, states=("ready",))] == ["V"]
    assert journal.next_due(store) == clock.at


def test_a_row_that_stands_otherwise_in_the_store_is_neither_settled_nor_claimed(
    store: Store,
) -> None:
    (row,) = queue(store, action("A"))
    (stale,) = journal.outbox_rows(store, ids=[row])
    (claimed,) = claim(store)
    with pytest.raises(RuntimeError, match="not ready any more"), store.write():
        journal.settle(store, stale, Settlement("done", "told"))
    with pytest.raises(RuntimeError, match="not sending any more"), store.write():
        journal.settle(store, replace(claimed, attempts=7), Settlement("done", "told"))
    with store.write():
        assert journal.claim(store, ["invoice"], 1, store.clock(), among=[stale]) == []
    done = settle(store, row, "done", exchange=Exchange())
    before = history.head(store)
    with pytest.raises(RuntimeError, match="was ready a moment ago"), store.write():
        journal.claim(store, ["invoice"], 1, store.clock(), among=[stale])
    assert journal.outbox_rows(store, ids=[row]) == [done]
    assert history.head(store) == before


_SENDER = """
import sys, time
from datetime import UTC, datetime
from pathlib import Path
from core.store import journal
from core.store.sqlite import Store
clock = lambda: datetime.now(UTC)
store = Store.open(Path(sys.argv[1]), version="1", clock=clock, is_sandbox=False)
with store.write():
    rows = journal.claim(store, ("invoice",), 2, datetime.now(UTC))
print(len(rows), flush=True)
if sys.argv[2] == "inside":
    with store.write():
        journal.settle(store, rows[0], journal.Settlement("done", "told"))
        print("settled, not committed", flush=True)
        time.sleep(60)
time.sleep(60)
"""


@pytest.mark.parametrize("where", ["between", "inside"])
def test_killed_between_intent_and_answer_the_rows_are_in_doubt_and_nothing_is_lost(
    store: Store, clock: Moving, where: str
) -> None:
    queue(store, action("A"), action("B"), action("C"))
    store.close_thread()
    process = subprocess.Popen(
        [sys.executable, "-c", _SENDER, str(store.directory), where],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    with process.stdout as out:
        assert out.readline() == b"2\n"
        if where == "inside":
            assert out.readline().startswith(b"settled")
        process.kill()
        process.wait(20)
    now = datetime.now(UTC)
    with store.write():
        run = plans.begin_run(store, by="schedule", mode="live")
        assert journal.recover(store, now, run=run) == 2
    with store.write():
        assert journal.recover(store, now, run=run) == 0
    rows = journal.live_rows(store)
    assert [(row.key, row.state) for row in rows] == [
        ("A", "in_doubt"), ("B", "in_doubt"), ("C", "ready"),
    ]  # fmt: skip
    assert [row.key for row in journal.due_lookups(store, now)] == ["A", "B"]
    attempts = journal.attempts(store, [row.id for row in rows])
    assert [(a.purpose, a.outcome) for a in attempts] == [("send", "unknown")] * 2
    told = queries.audit_of(store, ["X3|PROD|US10|A|1"])
    assert [(e["actor"], e["action"]) for e in told] == [
        ("anna", "approved"), ("engine", "intent"), ("recovery", "answer"),
    ]  # fmt: skip
    assert history.verify(store).ok
    assert store.problems() == []
    clock.move(1)


def test_runs_are_kept_with_their_result(store: Store, clock: Moving) -> None:
    with store.write():
        run = plans.begin_run(store, by="anna", mode="preview", only="invoices")
    clock.move(3)
    with store.write():
        plans.end_run(store, run, {"sent": 2, "errors": []})
    shown = queries.run_row(store, run)
    assert shown == {
        "run": run, "sent": 2, "errors": [], "by": "anna", "mode": "preview", "only": "invoices",
        "started": "2026-03-02T08:00:00.000000Z", "ended": "2026-03-02T08:00:03.000000Z",
    }  # fmt: skip
    assert queries.runs(store).rows == (shown,)
    assert queries.run_row(store, 99) is None
