"""Snapshots, statements, notes and sign-offs as they are kept."""

from __future__ import annotations

import pytest

from core.store import history, snapshots, tables
from core.store.sqlite import Store

PERIOD = "2026-10"


def kept(store: Store, kind: str = snapshots.DEMAND, text: str = "a") -> snapshots.SnapshotRow:
    made = snapshots.draft({"positions": [text] * 3, "name": "Müller"})
    with store.write():
        return snapshots.keep(
            store, made, kind=kind, period=PERIOD, at=store.now(), run=4, actor="engine"
        )


def reconciled(store: Store, snapshot: int, digest: str = "d1") -> int:
    with store.write():
        return snapshots.keep_reconciliation(
            store, snapshot, period=PERIOD, company="US10", digest=digest,
            body={"balances": [["US10", 5]]}, actor="anna",
        )  # fmt: skip


def test_a_snapshot_comes_back_as_it_was_and_its_hash_is_in_the_log(store: Store) -> None:
    row = kept(store, snapshots.TURN)
    assert snapshots.turn(store, PERIOD) == row == snapshots.snapshot_row(store, row.id)
    assert snapshots.turn(store, "2026-09") is None
    body = snapshots.unpacked(snapshots.body_of(store, row.id))
    assert body == {"positions": ["a"] * 3, "name": "Müller"}
    told = list(history.stream(store))[-1]
    assert (told["action"], told["object"], told["run"]) == ("snapshot", "period 2026-10", 4)
    assert row.hash in told["after"]


@pytest.mark.parametrize("body", [b"", b"nothing", snapshots.draft({"other": 1}).body])
def test_a_snapshot_that_is_not_what_its_hash_says_is_refused(store: Store, body: bytes) -> None:
    row = kept(store)
    with store.write():
        store.change(tables.Snapshot.update(body=body))
    with pytest.raises(ValueError, match=r"is damaged|not what its hash says"):
        snapshots.body_of(store, row.id)
    with pytest.raises(KeyError):
        snapshots.body_of(store, row.id + 1)


def test_the_same_statement_is_kept_once(store: Store) -> None:
    snapshot = kept(store).id
    first = reconciled(store, snapshot)
    assert reconciled(store, snapshot) == first
    second = reconciled(store, snapshot, "d2")
    last = snapshots.last_reconciliation(store, PERIOD, "US10")
    assert last is not None
    assert (last.id, last.body, last.by) == (second, {"balances": [["US10", 5]]}, "anna")
    before = snapshots.last_reconciliation(store, PERIOD, "US10", before=second)
    assert before is not None
    assert before.id == first
    assert snapshots.last_reconciliation(store, PERIOD, "") is None


def test_a_statement_is_signed_once(store: Store) -> None:
    number = reconciled(store, kept(store).id)
    with store.write():
        snapshots.sign(store, number, reviewer="Controller", note="ok", actor="anna")
    signed = snapshots.signed(store, PERIOD, "US10")
    assert signed is not None
    assert (signed.signed_by, signed.note) == ("Controller", "ok")
    with pytest.raises(ValueError, match="signed off by Controller"), store.write():
        snapshots.sign(store, number, reviewer="Other", note="", actor="anna")
    with pytest.raises(KeyError), store.write():
        snapshots.sign(store, number + 1, reviewer="Other", note="", actor="anna")
    assert snapshots.signed(store, PERIOD, "US10") == signed


def test_only_old_unsigned_snapshots_on_demand_are_dropped(store: Store) -> None:
    turn, signed = kept(store, snapshots.TURN), kept(store, text="signed")
    number = reconciled(store, signed.id)
    with store.write():
        snapshots.sign(store, number, reviewer="C", note="", actor="anna")
    rows = [kept(store, text=str(at)) for at in range(7)]
    dropped = [reconciled(store, row.id, f"d{row.id}") for row in rows][:2]
    with store.write():
        assert snapshots.prune(store, PERIOD) == 2
        assert snapshots.prune(store, PERIOD) == 0
    left = {row["id"] for row in store.rows(tables.Snapshot.select(tables.Snapshot.id))}
    assert left == {turn.id, signed.id, *(row.id for row in rows[2:])}
    assert all(snapshots.reconciliation(store, gone) is None for gone in dropped)
    assert store.problems() == []


def test_notes_are_kept_in_order_and_told(store: Store) -> None:
    plain = {"period": PERIOD, "currency": "USD", "cause": "rounding", "document": ""}
    with store.write():
        snapshots.note(store, plain | {"company": "US10", "note": "one"}, actor="anna")
        snapshots.note(store, plain | {"company": "CA10", "note": "two"}, actor="anna")
        snapshots.note(store, plain | {"company": "", "note": "three"}, actor="bert")
    assert [note.note for note in snapshots.notes(store, PERIOD, "US10")] == ["one", "three"]
    assert [note.note for note in snapshots.notes(store, PERIOD, "")] == ["one", "two", "three"]
    assert snapshots.notes(store, "2026-09", "") == []
    assert [row["action"] for row in history.stream(store)] == ["noted"] * 3
