"""The engine's process: what it tells, that it ends with its window, that it may die."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from core import app, engine_wire, lease, own_program
from core.desk import Desk
from core.desk_lists import Query
from core.engine_wire import EngineFault
from core.errors import ConfigError, LocalFault, Stopped, TransientError
from core.facade import SyncOrder

pytestmark = pytest.mark.timeout(120)
_ALL = Query()


def until(is_true: Callable[[], object], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.01)


def held_by(directory: Path) -> int:
    """The process that holds the workspace; 0 when none does."""
    found = lease.holder(directory)
    return found.pid if found else 0


@pytest.mark.parametrize(
    "error",
    [
        ConfigError("CFG-01", "why", title="t", fix="f", detail="x3.base_url"),
        TransientError("NET-01", "gone", "x3", retry_after_s=2.5, was_sent=True, status=503),
        LocalFault("DSK-01", "full"),
        KeyError(7),
        ValueError("not so"),
        Stopped(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_arrives_as_it_was_raised(error: Exception) -> None:
    found = engine_wire.error_of(engine_wire.error_members(error))
    assert type(found) is type(error)
    assert str(found) == str(error)
    assert getattr(found, "retry_after_s", None) == getattr(error, "retry_after_s", None)
    assert getattr(found, "detail", None) == getattr(error, "detail", None)


def test_a_fault_of_ours_arrives_by_its_kind_without_values() -> None:
    found = engine_wire.error_of(engine_wire.error_members(RuntimeError("secret-42")))
    assert isinstance(found, EngineFault)
    assert "RuntimeError" in str(found)
    assert "secret-42" not in str(found)


def test_the_engine_is_another_process_and_holds_the_workspace(fresh: Desk) -> None:
    assert held_by(fresh.directory) == 0
    fresh.open()
    until(lambda: held_by(fresh.directory))
    assert held_by(fresh.directory) != os.getpid()
    order = app.Opening(fresh.directory, is_sandbox=True, needs="ledger")
    with pytest.raises(ConfigError, match="held by"), app.opened(order):
        raise AssertionError
    assert fresh.close(15)
    assert held_by(fresh.directory) == 0


def test_an_engine_that_dies_is_told_and_the_next_run_has_a_new_one(fresh: Desk) -> None:
    fresh.open()
    future = fresh.sync_now(SyncOrder())
    until(lambda: fresh.progress() is not None and fresh.source("invoices").count(_ALL) > 0)
    first = held_by(fresh.directory)
    os.kill(first, signal.SIGTERM)
    with pytest.raises(EngineFault, match="ended"):
        future.result(20)
    report = fresh.sync_now(SyncOrder()).result(60).report
    assert report["sent"] > 0
    assert report["in_doubt"] == 0
    assert held_by(fresh.directory) not in {0, first}


def test_an_engine_ends_with_its_window_and_frees_the_workspace(fresh: Desk) -> None:
    """What a killed window leaves: an input that has closed, in the middle of a run."""
    code = (
        "import sys, pathlib, os\n"
        "from core import app\n"
        "from core.facade import SyncOrder\n"
        "order = app.Opening(pathlib.Path(sys.argv[1]), is_sandbox=True)\n"
        "with app.desk(order) as desk:\n"
        "    desk.open()\n"
        "    desk.sync_now(SyncOrder())\n"
        "    while desk.progress() is None or desk.progress().done < 5:\n"
        "        pass\n"
        "    print('running', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    directory = fresh.directory.parent / "other"
    own = subprocess.Popen(
        [sys.executable, "-c", code, str(directory)],
        cwd=Path(own_program.__file__).resolve().parents[1],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert own.stdout is not None
    assert own.stdin is not None
    assert own.stdout.readline() == b"running\n"
    engine = held_by(directory)
    own.kill()
    own.wait(10)
    until(lambda: held_by(directory) == 0, seconds=6)
    own.stdout.close()
    own.stdin.close()
    assert engine not in {0, own.pid}
    with app.desk(app.Opening(directory, is_sandbox=True)) as desk:
        desk.open()
        report = desk.sync_now(SyncOrder()).result(60).report
        assert report["in_doubt"] == 0


def test_an_engine_that_cannot_begin_says_why(tmp_path: Path) -> None:
    child = own_program.started("engine")
    assert child.stdin is not None
    assert child.stdout is not None
    taken = lease.Lease.take(tmp_path)
    try:
        engine_wire.write(child.stdin, {"data_dir": str(tmp_path), "sandbox": None})
        told = engine_wire.read(child.stdout)
    finally:
        taken.release()
        child.stdin.close()
        child.wait(10)
        child.stdout.close()
    assert told is not None
    found = engine_wire.error_of(told["error"])
    assert isinstance(found, ConfigError)
    assert found.code == "ENV-01"
