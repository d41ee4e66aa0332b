"""The audit log as files, backup and restore, and who holds the workspace."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from core.lease import Held, Lease, holder
from tests.cli.cli_site import ROOT, Workspace

MEMBERS = {
    "sequence", "time", "actor", "action", "object", "before", "after", "result", "run", "version",
    "previous", "hash",
}  # fmt: skip


@pytest.fixture
def used(quiet: Workspace, tmp_path: Path) -> Workspace:
    """A workspace with a few audit rows."""
    file = tmp_path / "map.csv"
    file.write_text("x3_supplier,avid_vendor_code\n0113,=N\n0114,S\n", encoding="utf-8")
    assert quiet.run("map", "import", "vendors", str(file)).status == 0
    return quiet


@contextlib.contextmanager
def held_by_another(workspace: Workspace) -> Iterator[int]:
    """Another process holds the workspace for the time of the block; its id."""
    program = (
        "import sys; from pathlib import Path; from core.lease import Lease\n"
        "lease = Lease.take(Path(sys.argv[1])); print('held', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(workspace.directory)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == b"held"
        yield process.pid


# --- the audit log ---------------------------------------------------------------------------


def test_an_exported_log_verifies_itself(used: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "log.jsonl"
    done = used.run("audit", "export", "--format", "jsonl", "--out", str(out), "--json")
    assert done.status == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert set(rows[0]) == MEMBERS
    assert rows[-1]["head"] == done.json["head"] == rows[-2]["hash"]
    assert rows[-1]["rows"] == len(rows) - 1 == done.json["rows"]
    assert used.run("audit", "verify", str(out)).status == 0
    assert used.run("audit", "verify", str(out), "--head", done.json["head"]).status == 0
    assert used.run("audit", "verify", str(out), "--head", "0" * 64).status == 1
    out.write_text(out.read_text(encoding="utf-8").replace('"=N"', '"=M"'), encoding="utf-8")
    changed = used.run("audit", "verify", str(out), "--json")
    assert (changed.status, changed.json["ok"]) == (1, False)
    out.write_bytes(b"\xff\xfe no log")
    assert used.run("audit", "verify", str(out)).status == 2
    assert used.run("audit", "verify", str(tmp_path / "none.jsonl")).status == 2


def test_verifying_a_file_needs_no_workspace(empty: Workspace, tmp_path: Path) -> None:
    out = tmp_path / "log.jsonl"
    out.write_text(json.dumps({"head": "0" * 64, "rows": 0, "sealed_to": 0}) + "\n", "utf-8")
    assert empty.run("audit", "verify", str(out)).status == 0
    assert not empty.directory.exists()


def test_the_stored_log_is_verified(used: Workspace) -> None:
    done = used.run("audit", "verify", "--json")
    assert (done.status, done.json["ok"]) == (0, True)
    assert used.run("audit", "verify", "--head", done.json["head"]).status == 0
    assert used.run("audit", "verify", "--head", "0" * 64).status == 1


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_a_log_for_spreadsheets_computes_nothing(
    used: Workspace, tmp_path: Path, form: str
) -> None:
    out = tmp_path / f"log-{form}"  # the form asked for counts, not the name
    done = used.run("audit", "export", "--format", form, "--out", str(out), "--json")
    assert done.status == 0
    if form == "csv":
        rows = list(csv.reader(out.read_text(encoding="utf-8").splitlines()))
        assert "'=N" in [row[6] for row in rows]
    else:
        with out.open("rb") as file:
            sheet = openpyxl.load_workbook(file).worksheets[0]
        found = [row[6] for row in sheet.iter_rows() if row[6].value == "=N"]
        assert [cell.data_type for cell in found] == ["s"]
        rows = [[str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    assert set(rows[0]) == MEMBERS
    assert len(rows) == done.json["rows"] + 1


# --- backup and restore ----------------------------------------------------------------------


def test_a_restored_backup_brings_back_what_was_there(used: Workspace, tmp_path: Path) -> None:
    copy = tmp_path / "copies" / "store.db"
    made = used.run("backup", "--out", str(copy), "--json")
    assert made.status == 0
    assert made.json["bytes"] == copy.stat().st_size
    more = tmp_path / "more.csv"
    more.write_text("x3_supplier,avid_vendor_code\n0999,LATER\n", encoding="utf-8")
    assert used.run("map", "import", "vendors", str(more)).status == 0
    done = used.run("restore", str(copy), "--json")
    assert done.status == 0
    assert done.json["head"] == made.json["head"]
    assert Path(done.json["safety"]).exists()
    out = tmp_path / "out.csv"
    used.run("map", "export", "vendors", str(out))
    text = out.read_text(encoding="utf-8")
    assert "0113" in text
    assert "0999" not in text
    assert used.run("audit", "verify").status == 0


@pytest.mark.parametrize("content", [None, b"", b"this is no store" * 500])
def test_what_is_no_backup_is_refused_and_changes_nothing(
    used: Workspace, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "other.db"
    if content is not None:
        file.write_bytes(content)
    head = used.run("audit", "verify", "--json").json["head"]
    done = used.run("restore", str(file), "--json")
    assert done.status == 2
    assert done.out == ""
    assert used.run("audit", "verify", "--json").json["head"] == head


def test_the_store_is_not_backed_up_onto_itself(used: Workspace) -> None:
    assert used.run("backup", "--out", str(used.directory / "crossfoot.db")).status == 2
    assert used.run("audit", "verify").status == 0


def test_the_demo_store_is_not_a_real_one(used: Workspace) -> None:
    done = used.run("status", "--sandbox", "--json")
    assert done.status == 2
    assert "ENV-01" in done.err


# --- the lease -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["sync"],
        ["restore", "x.db"],
        ["review", "resolve", "1", "--how", "done", "--reason", "r"],
    ],
)
def test_what_writes_the_ledger_says_who_holds_the_workspace(
    used: Workspace, arguments: list[str]
) -> None:
    with held_by_another(used) as pid:
        done = used.run(*arguments, "--json")
    assert done.status == 2
    assert done.out == ""
    assert "ENV-01" in done.err
    assert str(pid) in done.err


def test_everything_else_works_beside_the_holder(used: Workspace, tmp_path: Path) -> None:
    file = tmp_path / "more.csv"
    file.write_text("x3_supplier,avid_vendor_code\n0115,W\n", encoding="utf-8")
    with held_by_another(used):
        assert used.run("status").status == 0
        assert used.run("invoices").status == 0
        assert used.run("secret", "set", "x3.password", stdin=b"value Zqx-4711").status == 0
        assert used.run("map", "import", "vendors", str(file)).status == 0
        assert used.run("backup", "--out", str(tmp_path / "b.db")).status == 0
        assert used.run("audit", "verify").status == 0


def test_a_lease_dies_with_its_process(used: Workspace) -> None:
    with held_by_another(used) as pid:
        found = holder(used.directory)
        assert found is not None
        assert found.pid == pid
        os.kill(pid, 9)
    assert holder(used.directory) is None
    lease = Lease.take(used.directory)
    with pytest.raises(Held, match=str(os.getpid())):
        Lease.take(used.directory)
    lease.release()
    lease.release()
    Lease.take(used.directory).release()
