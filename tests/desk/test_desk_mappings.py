"""Mappings on the demo company: states, candidates, edits, undo, files."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from core.desk import Desk, RuleDraft
from core.desk_lists import Query
from core.errors import ConfigError
from core.facade import SyncOrder
from tests.desk.conftest import demo_desk


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk that has read everything and written nothing."""
    with demo_desk(tmp_path_factory.mktemp("seen"), invoices=300) as opened:
        opened.open()
        opened.sync_now(SyncOrder(preview=True)).result(timeout=50)
        yield opened


def lines(desk: Desk, kind: str, **members: str) -> list[Any]:
    return list(desk.source(kind).rows(Query(members=members, order="rank")))


def test_what_is_not_mapped_comes_first_with_what_waits(seen: Desk) -> None:
    rows = lines(seen, "vendors")
    states = [row["state"] for row in rows]
    order = ("conflict", "unmapped", "suggested", "planned", "inactive", "mapped", "excluded")
    assert [order.index(s) for s in states] == sorted(order.index(s) for s in states)
    assert {"unmapped", "mapped", "inactive", "excluded"} <= set(states)
    waiting = [row for row in rows if row["waiting"] is not None]
    assert waiting
    assert all(row["currency"] and row["open"] for row in waiting)
    held = {row["supplier"] for row in seen.source("invoices").rows(
        Query(members={"code": "MAP-01"}))}  # fmt: skip
    assert held <= {row["key1"] for row in rows if row["state"] in ("unmapped", "suggested")}
    assert held == {row["key1"] for row in waiting if row["state"] != "inactive"}


def test_a_suggestion_brings_its_evidence(seen: Desk) -> None:
    rows = lines(seen, "vendors", state="suggested")
    assert rows
    for row in rows:
        best = seen.suggestions("vendors", row["key1"])[0]
        assert (best.code, best.score) == (row["code"], row["score"])
        facts = {entry.name: entry for entry in best.evidence}
        assert facts["Name"].x3 == row["name"]
        assert facts["Name"].verdict in {"same", "alike"}
        assert facts["Tax id"].verdict == "same"
    for row in lines(seen, "gl", state="suggested"):
        assert seen.suggestions("gl", row["key1"], row["key2"])[0].evidence


def test_one_code_in_full(seen: Desk) -> None:
    row = lines(seen, "vendors", state="mapped")[0]
    view = seen.mapping_row("vendors", row["key1"])
    assert view.row == row
    assert dict(view.x3)["Name"] == row["name"]
    assert dict(view.avidxchange)["Name"] == row["code_name"]
    assert [rule.code for rule in view.rules if not rule.ended] == [row["code"]]
    waiting = next(r for r in lines(seen, "gl", state="suggested") if r["open"])
    held = seen.mapping_row("gl", waiting["key1"], waiting["key2"])
    assert len(held.invoices) == waiting["open"]
    with pytest.raises(ConfigError, match="no NOPE"):
        seen.mapping_row("vendors", "NOPE")


def test_accepting_ending_excluding_and_undoing(seen: Desk) -> None:
    heard: list[str] = []
    unsubscribe = seen.subscribe(lambda topic, _: heard.append(topic))
    row = lines(seen, "vendors", state="suggested")[0]
    key = row["key1"]
    seen.save_rule("vendors", RuleDraft(key, code=row["code"], note="looked at"))
    assert seen.mapping_row("vendors", key).row["state"] == "mapped"
    seen.exclude_supplier(key, "paid by card")
    found = seen.mapping_row("vendors", key)
    assert (found.row["state"], found.row["evidence"]) == ("excluded", "paid by card")
    assert [rule.code for rule in found.rules][:2] == ["-", row["code"]]
    assert seen.undo_mapping() == f"Undone: {key}."
    assert seen.mapping_row("vendors", key).row["state"] == "mapped"
    seen.end_rule("vendors", RuleDraft(key, code=row["code"]))
    assert seen.mapping_row("vendors", key).row["state"] == "suggested"
    seen.undo_mapping()
    seen.undo_mapping()
    assert seen.mapping_row("vendors", key).row["state"] == "suggested"
    with pytest.raises(ConfigError, match="nothing left to undo"):
        seen.undo_mapping()
    assert {"mappings", "audit"} <= set(heard)
    unsubscribe()


def test_what_was_undone_is_done_again_until_something_else_is_edited(seen: Desk) -> None:
    first, second = (row["key1"] for row in lines(seen, "vendors", state="suggested")[:2])
    seen.save_rule("vendors", RuleDraft(first, code="V-A"))
    with pytest.raises(ConfigError, match="nothing to do again"):
        seen.redo_mapping()
    seen.save_rule("vendors", RuleDraft(first, code="V-B"))
    seen.undo_mapping()
    seen.undo_mapping()
    assert seen.redo_mapping() == f"Done again: {first}."
    assert seen.mapping_row("vendors", first).row["code"] == "V-A"
    seen.redo_mapping()
    assert seen.mapping_row("vendors", first).row["code"] == "V-B"
    seen.undo_mapping()
    seen.save_rule("vendors", RuleDraft(second, code="V-C"))
    with pytest.raises(ConfigError, match="nothing to do again"):
        seen.redo_mapping()
    seen.undo_mapping()
    seen.undo_mapping()
    assert {row["key1"] for row in lines(seen, "vendors", state="suggested")} >= {first, second}


def test_several_at_once_are_one_step_and_one_bad_row_costs_all(seen: Desk) -> None:
    rows = lines(seen, "vendors", state="suggested")
    drafts = [RuleDraft(row["key1"], code=row["code"]) for row in rows]
    with pytest.raises(ConfigError, match="no AvidXchange code"):
        seen.save_rule("vendors", *drafts, RuleDraft("0001", code=""))
    assert len(lines(seen, "vendors", state="suggested")) == len(rows)
    seen.save_rule("vendors", *drafts)
    assert lines(seen, "vendors", state="suggested") == []
    seen.undo_mapping()
    assert len(lines(seen, "vendors", state="suggested")) == len(rows)
    with pytest.raises(ConfigError, match="reason"):
        seen.exclude_supplier(rows[0]["key1"], " ")
    with pytest.raises(ConfigError, match="no such row"):
        seen.end_rule("vendors", RuleDraft("NOPE"))


def test_an_account_is_tried(seen: Desk) -> None:
    row = lines(seen, "gl", state="mapped")[0]
    day = date(2026, 6, 1)
    told = seen.test_mapping(row["key1"], row["key2"], "US10", day)
    assert f"becomes {row['code']} for US10 on 2026-06-01, by its own row" in told
    assert "has no AvidXchange code" in seen.test_mapping("USA", "NOPE", "", day)


def test_a_file_is_tried_before_it_is_taken(seen: Desk, tmp_path: Path) -> None:
    row = lines(seen, "vendors", state="suggested")[0]
    mapped = lines(seen, "vendors", state="mapped")[0]
    file = tmp_path / "vendors.csv"
    file.write_text(
        f"x3_supplier,avid_vendor_code\n{row['key1']},{row['code']}\n{mapped['key1']},OTHER\n,V1\n",
        encoding="utf-8",
    )
    view = seen.preview_import("vendors", file)
    assert (view.added, view.changed, len(view.refused)) == (1, 1, 1)
    assert (mapped["key1"], mapped["code"], "OTHER") in view.differences
    assert seen.mapping_row("vendors", mapped["key1"]).row["code"] == mapped["code"]
    seen.import_mapping("vendors", file)
    found = seen.mapping_row("vendors", mapped["key1"]).row
    assert (found["state"], found["evidence"]) == ("conflict", "AvidXchange has no OTHER.")
    seen.undo_mapping()
    back = seen.mapping_row("vendors", mapped["key1"]).row
    assert {**back, "by": "", "at": ""} == {**mapped, "by": "", "at": ""}


def test_a_vendor_that_a_preview_has_shown_is_planned(seen: Desk) -> None:
    row = next(row for row in lines(seen, "vendors", state="suggested,unmapped"))
    seen.save_rule("vendors", RuleDraft(row["key1"], code="V-NEW-1"))
    before = seen.mapping_row("vendors", row["key1"]).row
    assert (before["state"], before["evidence"]) == ("conflict", "AvidXchange has no V-NEW-1.")
    seen.sync_now(SyncOrder(preview=True)).result(timeout=50)
    after = seen.mapping_row("vendors", row["key1"]).row
    assert after["state"] == "planned"
    assert "V-NEW-1" in after["evidence"]
    assert row["key1"] in {line["key1"] for line in lines(seen, "vendors", state="planned")}
    seen.undo_mapping()
    assert seen.mapping_row("vendors", row["key1"]).row["state"] == row["state"]


def test_a_search_box_finds_codes_and_names(seen: Desk) -> None:
    mapped = lines(seen, "vendors", state="mapped")[0]
    word = mapped["code_name"].split()[0].lower()
    assert mapped["code"] in {found.code for found in seen.search_codes("vendors", word)}
    assert all(found.group == "Accounting Codes" for found in seen.search_codes("gl", "6", 5))
