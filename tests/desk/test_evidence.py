"""The evidence pack of a month: fixed names, no secret, no formula, verified by a stranger."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import ConfigError
from core.facade import Facade
from core.store import evidence_rows, history, journal, plans, rules
from tests.campaigns.planted_books import Books, clean
from tests.desk.reconcile_desk import Moment, facade_in, store_of

OCTOBER = "2026-10"
SECRET = "Pa55-w0rd-of-the-clerk"
FORMULA = '=HYPERLINK("http://evil.example","a")'
FOLDER = "evidence-2026-10"


@pytest.fixture
def clock() -> Moment:
    return Moment()


@pytest.fixture
def facade(tmp_path: Path, clock: Moment) -> Iterator[Facade]:
    made = facade_in(tmp_path / "data", clock)
    yield made
    store_of(made).close_thread()


def live_a_month(facade: Facade, clock: Moment) -> None:
    """September before it, October with a run, a mapping and a secret, November behind."""
    store = store_of(facade)
    clock.at = clock.at.replace(month=9, day=1)
    books = Books(5)
    clean(books)
    books.store(store)
    for moment in ("2026-09-10", "2026-10-20", "2026-11-01"):
        clock.at = clock.at.replace(
            year=int(moment[:4]), month=int(moment[5:7]), day=int(moment[8:])
        )
        with store.write():
            run = plans.begin_run(store, by="anna", mode="live")
            draft = rules.RuleDraft("S1", code=f"V{run}", note=FORMULA)
            rules.apply_rows(store, "vendors", [draft], replace=False, actor="bert")
            result = {"sent": run, "read": {"invoices": 7}, "invariants": {"I1": "ok"}}
            plans.end_run(store, run, result)
            history.seal(store, b"k" * 32, run)
        facade.set_secret("x3.password", SECRET)


def pack(facade: Facade, folder: Path) -> zipfile.ZipFile:
    facade.evidence(OCTOBER, folder / "october.zip")
    return zipfile.ZipFile(folder / "october.zip")


def rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    text = archive.read(f"{FOLDER}/{name}").decode("utf-8")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_pack_holds_the_month_under_fixed_names(
    facade: Facade, clock: Moment, tmp_path: Path
) -> None:
    live_a_month(facade, clock)
    with pack(facade, tmp_path) as archive:
        assert sorted(archive.namelist()) == [
            f"{FOLDER}/{name}"
            for name in (
                "README.txt", "access-and-settings.csv", "audit.jsonl", "completeness.csv",
                "decisions.csv", "invariants-counted-over.json", "invariants.csv",
                "manifest.json", "mapping-changes.csv", "reconciliation-all.json",
                "reconciliation-all.pdf", "reconciliation-all.xlsx", "verify_audit.py",
            )
        ]  # fmt: skip
        (run,) = rows(archive, "completeness.csv")
        assert (run["sent"], run["read_invoices"], run["by"]) == (run["run"], "7", "anna")
        assert [row["I1"] for row in rows(archive, "invariants.csv")] == ["ok"]
        changes = rows(archive, "mapping-changes.csv")
        assert [(row["change"], row["avid_code"]) for row in changes] == [
            ("ends", "V1"), ("begins", "V2"),
        ]  # fmt: skip
        assert changes[1]["by"] == "bert"
        assert [row["object"] for row in rows(archive, "access-and-settings.csv")] == [
            "x3.password"
        ]
        manifest = json.loads(archive.read(f"{FOLDER}/manifest.json"))
        for told in manifest["files"]:
            body = archive.read(f"{FOLDER}/{told['name']}")
            assert hashlib.sha256(body).hexdigest() == told["sha256"]
        assert archive.read(f"{FOLDER}/reconciliation-all.pdf").startswith(b"%PDF")


def test_a_stranger_verifies_the_extract_with_what_lies_in_it(
    facade: Facade, clock: Moment, tmp_path: Path
) -> None:
    live_a_month(facade, clock)
    done = facade.evidence(OCTOBER, tmp_path / "october.zip")
    with zipfile.ZipFile(tmp_path / "october.zip") as archive:
        archive.extractall(tmp_path)
    folder = tmp_path / FOLDER
    command = [sys.executable, "-I", "verify_audit.py", "audit.jsonl", "--head", done["head"]]
    ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    lines = (folder / "audit.jsonl").read_text(encoding="utf-8").splitlines()
    told = [json.loads(line) for line in lines[1:-1]]
    assert told[0]["time"] >= "2026-09-30"
    assert told[-1]["action"] == history.SEAL
    assert not [row for row in told if row["time"] < "2026-09-30"]
    (folder / "audit.jsonl").write_text("\n".join([lines[0], *lines[2:]]), encoding="utf-8")
    again = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert again.returncode == 1
    entry = list(history.stream(store_of(facade)))[-1]
    assert (entry["action"], json.loads(entry["after"])["head"]) == ("evidence made", done["head"])


def test_no_secret_and_no_formula_leaves_with_it(
    facade: Facade, clock: Moment, tmp_path: Path
) -> None:
    live_a_month(facade, clock)
    store = store_of(facade)
    with store.write():
        # What should never be: a slip that wrote a secret into a note.
        clock.at = clock.at.replace(month=10, day=21)
        draft = rules.RuleDraft("S2", code="V9", note=f"his password is {SECRET}")
        rules.apply_rows(store, "vendors", [draft], replace=False, actor="bert")
    with pack(facade, tmp_path) as archive:
        for name in archive.namelist():
            body = archive.read(name)
            assert SECRET.encode() not in body, name
            if name.endswith(".xlsx"):
                with zipfile.ZipFile(io.BytesIO(body)) as book:
                    assert not [n for n in book.namelist() if SECRET.encode() in book.read(n)]
        notes = [row["note"] for row in rows(archive, "mapping-changes.csv")]
    assert f"'{FORMULA}" in notes
    assert not [note for note in notes if note.startswith(("=", "+", "-", "@"))]


def test_the_same_month_gives_the_same_bytes(facade: Facade, clock: Moment, tmp_path: Path) -> None:
    live_a_month(facade, clock)
    names = ("audit.jsonl", "completeness.csv", "mapping-changes.csv", "invariants.csv")
    with pack(facade, tmp_path) as archive:
        first = {name: archive.read(f"{FOLDER}/{name}") for name in names}
        moments = {info.date_time for info in archive.infolist()}
    with pack(facade, tmp_path) as archive:
        assert {name: archive.read(f"{FOLDER}/{name}") for name in names} == first
    assert moments == {(1980, 1, 1, 0, 0, 0)}


def test_a_month_without_anything_is_told_as_such(facade: Facade, tmp_path: Path) -> None:
    with pack(facade, tmp_path) as archive:
        assert rows(archive, "completeness.csv") == []
        readme = archive.read(f"{FOLDER}/README.txt").decode()
    assert "Evidence for October 2026" in readme
    with pytest.raises(ConfigError, match="no month"):
        facade.evidence("October", tmp_path / "x.zip")


def test_writes_are_counted_by_how_they_ended(facade: Facade, clock: Moment) -> None:
    store = store_of(facade)
    with store.write():
        run = plans.begin_run(store, by="anna", mode="live")
        action = plans.ActionRecord("invoice", "N1", 1, b"{}", "f", reference="X3|A|B|N1|1")
        plans.store_plan(store, plans.PlanRecord("h", run, "live", {}, (action,)))
        ids = [row.id for row in plans.action_rows(store, plan="h")]
        journal.enqueue(store, ids, run, due=clock.at, actor="engine")
    assert evidence_rows.writes(store, run) == {"ready": 1}
