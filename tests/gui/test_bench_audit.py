"""The benchmark of the audit log stands on rows a real log could hold, and writes its table."""

import sqlite3
from pathlib import Path

import pytest

from core.desk_lists import Query
from core.store import history
from tests.gui import bench_audit
from tests.gui.audit_rows import fill
from tests.gui.desk_site import make_demo, opened


@pytest.mark.timeout(180)
def test_a_filled_log_is_whole_and_tells_of_the_object_it_names(tmp_path: Path) -> None:
    demo = make_demo(tmp_path / "demo", invoices=40, notches=0)
    with opened(demo):
        pass
    name = fill(demo / "crossfoot.db", 1_500)
    with sqlite3.connect(demo / "crossfoot.db") as connection:
        beside = connection.execute(
            "SELECT COUNT(*) FROM sqlite_master WHERE tbl_name = 'audit' AND type <> 'table'"
        ).fetchone()
    connection.close()
    assert beside == (5,)  # two indexes and three triggers are there again
    with opened(demo) as desk:
        source = desk.source("audit")
        told = list(source.rows(Query(members={"object": f"={name}"})))
        assert {row["object"] for row in told} == {name}
        assert {row["action"] for row in told} >= {"received", "state"}
        assert history.verify(desk._store).ok
        desk.close()


def test_the_table_is_added_under_its_heading_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "measurements.md"
    place.write_text("# Measurements\n", encoding="utf-8")
    monkeypatch.setattr(bench_audit, "MEASUREMENTS", place)
    bench_audit.write("| a |")
    with place.open("a", encoding="utf-8") as file:
        file.write("\n## Another\n\nIts own.\n")
    bench_audit.write("| b |")
    text = place.read_text(encoding="utf-8")
    assert text.count(bench_audit.HEADING) == 1
    assert text.index("| a |") < text.index("| b |") < text.index("## Another")


def test_both_sizes_stand_side_by_side_with_their_ratio() -> None:
    text = bench_audit.table({"open": 10.0, "none": 0.0}, {"open": 25.0, "none": 0.0}, 50_000)
    assert "| open | 10.0 | 25.0 | 2.5 |" in text
    assert "| none | 0.0 | 0.0 |  |" in text
    assert "50,000" in text
