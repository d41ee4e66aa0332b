"""Mapping rows: laid over, replaced, refused, taken back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from core.store import history, queries, rule_steps, rules
from core.store.rules import RuleDraft
from core.store.sqlite import Store


def apply(
    store: Store, kind: str, *rows: RuleDraft, replace: bool = False, actor: str = "anna"
) -> rules.Applied:
    with store.write():
        return rules.apply_rows(store, kind, rows, replace=replace, actor=actor)


def codes(store: Store, kind: str) -> dict[str, str]:
    return {row.key1 + row.key2 + row.company: row.code for row in rules.current(store, kind)}


def test_rows_are_added_changed_and_left_alone(store: Store) -> None:
    first = apply(store, "vendors", RuleDraft("0S1", code="V1"), RuleDraft("S2 ", code="-"))
    assert (first.added, first.changed, first.same, first.refused) == (2, 0, 0, ())
    second = apply(store, "vendors", RuleDraft("0S1", code="V9"), RuleDraft("S2 ", code="-"))
    assert (second.added, second.changed, second.same) == (0, 1, 1)
    assert second.differences == ((RuleDraft("0S1", code="V9"), "V1", "V9"),)
    assert codes(store, "vendors") == {"0S1": "V9", "S2 ": "-"}
    versions = rules.past(store, "vendors", "0S1")
    assert [(row.code, row.revision, bool(row.ended)) for row in versions] == [
        ("V9", 2, False), ("V1", 1, True),
    ]  # fmt: skip
    third = apply(store, "vendors", RuleDraft("0S1", code="V9"))
    assert (third.same, third.step) == (1, 0)
    told = queries.audit_of(store, ["vendors 0S1"])
    assert [(e["before"], e["after"], e["actor"]) for e in told] == [
        (None, "V1", "anna"), ("V1", "V9", "anna"),
    ]  # fmt: skip


def test_replacing_ends_what_is_not_in_the_list(store: Store) -> None:
    apply(store, "gl", RuleDraft("US", "601", "A"), RuleDraft("US", "*", "B"))
    done = apply(store, "gl", RuleDraft("US", "601", "A"), replace=True)
    assert (done.same, done.ended, done.added) == (1, 1, 0)
    assert codes(store, "gl") == {"US601": "A"}
    assert done.differences == ((RuleDraft("US", "*", "B"), "B", ""),)


def test_a_refused_row_of_a_replacing_list_unmaps_nothing(store: Store) -> None:
    apply(store, "vendors", RuleDraft("S1", code="V1"), RuleDraft("S2", code="V2"))
    done = apply(store, "vendors", RuleDraft("S1", code=""), replace=True)
    assert done.refused == ((1, "S1 has no AvidXchange code"),)
    assert codes(store, "vendors") == {"S1": "V1"}


@pytest.mark.parametrize(
    ("kind", "row", "words"),
    [
        ("vendors", RuleDraft(" ", code="V"), "X3 side is empty"),
        ("gl", RuleDraft("US", "", "V"), "X3 side is empty"),
        ("vendors", RuleDraft("S1", code=" "), "no AvidXchange code"),
        ("dimensions", RuleDraft("BRN", "A", "V"), "no AvidXchange group"),
        ("vendors", RuleDraft("S1", code="V", valid_from="1.1.2026"), "no date"),
        ("vendors", RuleDraft("S1", code="V", valid_to="20260101"), "no date"),
        (
            "vendors",
            RuleDraft("S1", code="V", valid_from="2026-02-01", valid_to="2026-01-01"),
            "before it begins",
        ),
    ],
)
def test_a_row_that_says_too_little_is_refused_alone(
    store: Store, kind: str, row: RuleDraft, words: str
) -> None:
    good = RuleDraft("OK", "1", "V", avid_group="G")
    done = apply(store, kind, row, good)
    assert done.added == 1
    assert [place for place, _ in done.refused] == [1]
    assert words in done.refused[0][1]


def test_validity_of_one_key_and_company_never_overlaps(store: Store) -> None:
    spring = RuleDraft("S1", code="A", valid_to="2026-06-30")
    autumn = RuleDraft("S1", code="B", valid_from="2026-07-01")
    done = apply(
        store,
        "vendors",
        spring,
        autumn,
        RuleDraft("S1", code="C"),
        RuleDraft("S1", code="D", valid_from="2026-06-30", valid_to="2026-06-30"),
        RuleDraft("S1", code="E", company="US10"),
        RuleDraft("S1", code="F", valid_to="2026-06-30"),
    )
    assert done.added == 3
    assert [place for place, _ in done.refused] == [3, 4, 6]
    assert "mapped to A from any day to 2026-06-30 already" in done.refused[0][1]
    assert "twice" in done.refused[2][1]
    later = apply(store, "vendors", RuleDraft("S1", code="G", valid_from="2027-01-01"))
    assert "mapped to B" in later.refused[0][1]


def test_a_dry_run_tells_the_same_and_writes_nothing(store: Store) -> None:
    apply(store, "vendors", RuleDraft("S1", code="A"))
    head = history.head(store)
    rows = [RuleDraft("S1", code="B"), RuleDraft("S2", code="C"), RuleDraft("", code="C")]
    dry = rules.apply_rows(store, "vendors", rows, replace=False, actor="anna", dry_run=True)
    assert history.head(store) == head
    assert codes(store, "vendors") == {"S1": "A"}
    wet = apply(store, "vendors", *rows)
    assert (dry.added, dry.changed, dry.refused) == (wet.added, wet.changed, wet.refused)
    assert (dry.step, dry.differences) == (0, wet.differences)


def test_an_edit_is_taken_back_and_brought_again(store: Store) -> None:
    apply(store, "vendors", RuleDraft("S1", code="A"), RuleDraft("S3", code="X"))
    edit = apply(
        store, "vendors", RuleDraft("S1", code="B"), RuleDraft("S2", code="C"), replace=True
    )
    assert codes(store, "vendors") == {"S1": "B", "S2": "C"}
    with store.write():
        back = rules.undo(store, edit.step, actor="ben")
    assert codes(store, "vendors") == {"S1": "A", "S3": "X"}
    assert (back.added, back.changed, back.ended) == (1, 1, 1)
    newest = rules.past(store, "vendors", "S1")[0]
    assert (newest.revision, newest.by) == (3, "ben")
    with store.write():
        rules.undo(store, back.step, actor="ben")
    assert codes(store, "vendors") == {"S1": "B", "S2": "C"}
    assert rules.last_step(store) == 4


def test_an_edit_that_was_edited_since_is_not_taken_back(store: Store) -> None:
    first = apply(store, "vendors", RuleDraft("S1", code="A"))
    apply(store, "vendors", RuleDraft("S1", code="B"))
    with pytest.raises(ValueError, match="changed again"), store.write():
        rules.undo(store, first.step, actor="ben")
    with pytest.raises(ValueError, match="no edit"), store.write():
        rules.undo(store, 77, actor="ben")
    assert codes(store, "vendors") == {"S1": "B"}


def test_taking_back_never_makes_validity_overlap(store: Store) -> None:
    apply(store, "vendors", RuleDraft("S1", code="A"))
    ended = apply(store, "vendors", RuleDraft("S2", code="X"), replace=True)
    apply(store, "vendors", RuleDraft("S1", code="B", valid_from="2026-01-01"))
    with pytest.raises(ValueError, match="changed again"), store.write():
        rules.undo(store, ended.step, actor="ben")


def test_an_unknown_mapping_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="no mapping"):
        apply(store, "colours", RuleDraft("a", "b", "c"))


def test_rows_of_one_key(store: Store) -> None:
    apply(store, "gl", RuleDraft("US", "601", "A"), RuleDraft("CA", "601", "B"))
    assert [row.code for row in rules.current(store, "gl", key1="CA")] == ["B"]
    assert rules.current(store, "vendors") == []


def test_edits_are_taken_back_and_made_again_in_order(store: Store) -> None:
    for code in ("A", "B", "C"):
        apply(store, "vendors", RuleDraft("S1", code=code))

    def step(turn: Callable[..., rules.Applied]) -> dict[str, str]:
        with store.write():
            turn(store, actor="ben")
        return codes(store, "vendors")

    seen = [step(turn) for turn in (rule_steps.undo, rule_steps.undo, rule_steps.redo)]
    assert seen == [{"S1": "B"}, {"S1": "A"}, {"S1": "B"}]
    assert step(rule_steps.redo) == {"S1": "C"}
    with pytest.raises(ValueError, match="nothing to do again"):
        step(rule_steps.redo)
    step(rule_steps.undo)
    apply(store, "vendors", RuleDraft("S2", code="X"))
    with pytest.raises(ValueError, match="nothing to do again"):
        step(rule_steps.redo)
    assert step(rule_steps.undo) == {"S1": "B"}
    assert [step(rule_steps.undo) for _ in range(2)] == [{"S1": "A"}, {}]
    with pytest.raises(ValueError, match="nothing left"):
        step(rule_steps.undo)
    told = [row["actor"] for row in history.stream(store) if row["action"] == "mapping"]
    assert told.count("ben") == 8
