"""A statement is made, signed and exported by a process of its own, as the window has it done."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import app
from core.desk import Desk
from core.desk_worker import Worker
from core.domain.reconcile_books import Period
from core.engine_wire import EngineFault
from core.errors import ConfigError
from core.store.sqlite import Store
from core.version import VERSION
from tests.campaigns.planted_books import NOW, PLANTS, Books, clean
from tests.campaigns.reconciling import SETTINGS

OCTOBER = "2026-10"
pytestmark = pytest.mark.timeout(300)  # seconds on a desk that does nothing else


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """A desk as the window gets it, over planted books of October; its files go beside them."""
    folder = tmp_path_factory.mktemp("worker")
    (folder / "kept").mkdir()
    text = SETTINGS.replace("[workspace]", f'[workspace]\nfolder = "{folder.as_posix()}/kept"')
    (folder / "settings.toml").write_text(text, encoding="utf-8")
    store = Store.open(folder, version=VERSION, clock=lambda: NOW, is_sandbox=False)
    books = Books(5)
    clean(books)
    PLANTS["rejected"](books)
    books.store(store)
    store.close_thread()
    with app.desk(app.Opening(folder)) as opened:
        yield opened
        opened.close_thread()


def test_a_statement_is_made_apart_and_tells_how_far_it_is(desk: Desk) -> None:
    told: list[tuple[str, int, int]] = []
    threads: set[str] = set()

    def hear(phase: str, done: int, total: int) -> None:
        told.append((phase, done, total))
        threads.add(threading.current_thread().name)

    desk.on_progress = hear
    view = desk.reconcile(OCTOBER)
    assert [phase for phase, _, _ in told] == [
        "Reading both sides", "Naming the causes", "Keeping the statement",
    ]  # fmt: skip
    assert threads == {threading.current_thread().name}
    assert view == desk.last_statement(OCTOBER)
    assert {line.cause for line in view.causes} == {"rejected"}
    assert view.balances


def test_what_the_process_refuses_is_refused_here(desk: Desk) -> None:
    with pytest.raises(ConfigError, match="knows no company NONE"):
        desk.reconcile(OCTOBER, "NONE")


def test_a_sign_off_files_workbook_and_pdf(desk: Desk, tmp_path: Path) -> None:
    view = desk.reconcile(OCTOBER)
    if not view.may_sign:
        pytest.skip(f"{Period.parse(OCTOBER).title} has not ended on this computer")
    signed = desk.sign_off(view.id, "Carla Controller", "as agreed")
    assert signed.signed_by == "Carla Controller"
    assert signed.files_problem == ""
    names = sorted(Path(file).suffix for file in signed.files)
    assert names == [".pdf", ".xlsx"]
    assert {Path(file).parent.name for file in signed.files} == {"Reconciliations"}
    assert {Path(file).parent.parent.name for file in signed.files} == {"kept"}
    pdf = next(Path(file) for file in signed.files if file.endswith(".pdf"))
    assert pdf.read_bytes().startswith(b"%PDF")
    done = desk.export_reconciliation(view.id, tmp_path / "again.xlsx")
    assert done["bytes"] == (tmp_path / "again.xlsx").stat().st_size


def test_evidence_is_gathered_apart(desk: Desk, tmp_path: Path) -> None:
    done = desk.evidence(OCTOBER, tmp_path / "october.zip")
    with zipfile.ZipFile(tmp_path / "october.zip") as archive:
        assert f"evidence-{OCTOBER}/audit.jsonl" in archive.namelist()
    assert done["head"]


def test_a_process_that_ends_without_a_word_is_told(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    with pytest.raises(KeyError, match="no such order"):
        Worker("work", {"data_dir": str(tmp_path), "sandbox": None}).ask("no such order")
    with pytest.raises(EngineFault):
        Worker("selftest-that-is-not", {}).ask("reconcile")
