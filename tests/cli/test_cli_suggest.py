"""`map suggest`: what unmapped codes may be, listed first, the sure ones mapped in one step."""

from __future__ import annotations

from pathlib import Path

from core import demo
from core.sandbox import server
from tests.cli.cli_site import Workspace

MEMBERS = {
    "kind", "of", "code", "name", "suggestion", "suggestion_name", "group", "score", "active",
    "evidence", "open", "waiting", "currency", "accepted",
}  # fmt: skip


def test_suggestions_are_listed_and_the_sure_ones_mapped_in_one_step(
    empty: Workspace, tmp_path: Path
) -> None:
    server.start(demo.folder(empty.directory), seed=1, invoices=150).stop()
    assert empty.run("--sandbox", "sync", "--preview", "--json").status in {0, 3}
    listed = empty.run("--sandbox", "map", "suggest", "vendors", "--json")
    assert listed.status == 0, listed.err
    rows = listed.lines
    assert rows
    assert all(set(row) == MEMBERS and not row["accepted"] for row in rows)
    assert [row["score"] for row in rows] == sorted((r["score"] for r in rows), reverse=True)
    sure = [row for row in rows if row["score"] >= 95]
    assert sure
    assert all(any(fact["verdict"] == "same" for fact in row["evidence"]) for row in sure)

    shown = empty.run("--sandbox", "map", "suggest", "vendors", "--accept-at", "95")
    assert (shown.status, sure[0]["suggestion"] in shown.out) == (0, True)
    assert "Nothing was changed" in shown.err
    before = exported(empty, tmp_path / "before.csv")

    taken = empty.run(
        "--sandbox", "map", "suggest", "vendors", "--accept-at", "95", "--yes", "--json"
    )
    assert [row["code"] for row in taken.lines] == [row["code"] for row in sure]
    assert all(row["accepted"] for row in taken.lines)
    added = exported(empty, tmp_path / "after.csv") - before
    assert added == {f"{row['code']},{row['suggestion']}" for row in sure}
    again = empty.run("--sandbox", "map", "suggest", "vendors", "--accept-at", "95", "--json")
    assert again.out == ""

    accounts = empty.run("--sandbox", "map", "suggest", "gl", "--json").lines
    assert accounts
    assert all(row["kind"] == "gl" and row["of"] for row in accounts)


def exported(workspace: Workspace, out: Path) -> set[str]:
    done = workspace.run("--sandbox", "map", "export", "vendors", str(out))
    assert done.status == 0
    return set(out.read_text(encoding="utf-8").splitlines())


def test_nothing_read_is_nothing_to_suggest(quiet: Workspace) -> None:
    done = quiet.run("map", "suggest", "dimensions")
    assert (done.status, done.out) == (0, "There is nothing to suggest.\n")
