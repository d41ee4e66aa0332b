"""The log: one pruned file per start, no secret in it, nothing left behind after stop."""

import logging
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core import logs
from core.errors import LocalFault
from core.redaction import REGISTER

ROOT = Path(__file__).resolve().parents[2]
LOG = logging.getLogger("core.test")


@pytest.fixture(autouse=True)
def always_stopped() -> Iterator[None]:
    yield
    logs.stop()


def written(directory: Path) -> str:
    logs.stop()
    (file,) = (directory / "logs").iterdir()
    return file.read_text(encoding="utf-8")


def test_lines_are_in_the_file_with_time_level_and_thread(tmp_path: Path) -> None:
    stop = logs.start(tmp_path, console=False)
    LOG.info("read %d invoices", 7)
    LOG.debug("too much")
    stop()
    text = written(tmp_path)
    pattern = (
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z INFO core\.test \[MainThread\] read 7 invoices\n"
    )
    assert re.fullmatch(pattern, text)


def test_the_file_is_named_by_time_and_process(tmp_path: Path) -> None:
    logs.start(tmp_path, console=False)
    path = logs.current_file()
    assert path is not None
    assert re.fullmatch(rf"crossfoot-\d{{8}}T\d{{6}}\.\d{{6}}Z-{os.getpid()}\.log", path.name)
    if os.name == "posix":
        assert path.stat().st_mode & 0o077 == 0


def test_secrets_are_taken_out_of_message_arguments_exception_and_stack(tmp_path: Path) -> None:
    REGISTER.register("hunter2-log-test")
    logs.start(tmp_path, console=False)
    LOG.info("plain hunter2-log-test")
    LOG.info("argument %s %r", "hunter2-log-test", {"a": "hunter2-log-test"})
    try:
        raise ValueError("hunter2-log-test")  # noqa: TRY301 - the point of the test
    except ValueError:
        LOG.exception("failed")
    text = written(tmp_path)
    assert "hunter2" not in text
    assert "plain removed\n" in text
    assert "argument removed {'a': 'removed'}\n" in text
    assert "ValueError: removed" in text


def test_a_message_cannot_forge_a_line(tmp_path: Path) -> None:
    logs.start(tmp_path, console=False)
    LOG.info("one\n2026-01-01T00:00:00.000Z INFO core.test forged\rtwo")
    lines = written(tmp_path).splitlines()
    assert [line.startswith("    ") for line in lines] == [False, True]


def test_chatty_libraries_are_heard_from_a_warning_on(tmp_path: Path) -> None:
    logs.start(tmp_path, console=False)
    logging.getLogger("uvicorn.access").info("GET /v1/invoices?where=secret")
    logging.getLogger("uvicorn.error").warning("trouble")
    text = written(tmp_path)
    assert "where" not in text
    assert "trouble" in text


def test_console_shows_the_same_lines(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logs.start(tmp_path, console=True)
    LOG.warning("seen")
    assert capsys.readouterr().out == ""
    logs.stop()
    assert "WARNING core.test [MainThread] seen" in capsys.readouterr().err


def test_start_and_stop_leave_nothing_behind(tmp_path: Path) -> None:
    logs.stop()  # another test of this process may have left its own running
    root = logging.getLogger()
    before = (list(root.handlers), root.level, sys.excepthook, threading.excepthook)
    threads = threading.active_count()
    first = logs.start(tmp_path, console=False)
    assert logs.start(tmp_path, console=False) is first
    assert len(root.handlers) == len(before[0]) + 1
    other = logs.start(tmp_path / "other", console=False)
    assert len(root.handlers) == len(before[0]) + 1
    other()
    other()
    first()
    assert (list(root.handlers), root.level, sys.excepthook, threading.excepthook) == before
    assert threading.active_count() == threads
    assert logs.current_file() is None


def test_the_oldest_files_are_pruned_by_number(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    for number in range(30):
        (folder / f"crossfoot-20250101T0000{number:02}.000000Z-1.log").touch()
    (folder / "note.txt").touch()
    logs.start(tmp_path, console=False)
    names = sorted(file.name for file in folder.glob("crossfoot-*"))
    assert len(names) == logs.KEEP_FILES
    assert names[0] == "crossfoot-20250101T000011.000000Z-1.log"
    assert (folder / "note.txt").exists()


def test_the_oldest_files_are_pruned_by_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "KEEP_BYTES", 2500)
    folder = tmp_path / "logs"
    folder.mkdir()
    for number in range(5):
        (folder / f"crossfoot-20250101T00000{number}.000000Z-1.log").write_bytes(bytes(1000))
    logs.start(tmp_path, console=False)
    names = sorted(file.name[10:25] for file in folder.glob("crossfoot-2025*"))
    assert names == ["20250101T000003", "20250101T000004"]


def test_a_directory_that_cannot_be_made_is_a_local_fault(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LocalFault, match="log cannot be written"):
        logs.start(tmp_path / "file", console=False)
    assert logs.current_file() is None


def test_a_thread_that_dies_is_in_the_log(tmp_path: Path) -> None:
    logs.start(tmp_path, console=False)

    def die() -> None:
        raise ValueError("thread trouble")

    thread = threading.Thread(target=die, name="worker-7")
    thread.start()
    thread.join()
    text = written(tmp_path)
    assert "CRITICAL core.logs [worker-7] worker-7 ends by a fault" in text
    assert "ValueError: thread trouble" in text


def run_program(directory: Path, body: str) -> subprocess.CompletedProcess[str]:
    program = (
        "import logging, sys, threading\nfrom pathlib import Path\nfrom core import logs\n"
        f"logs.start(Path({str(directory)!r}), console=False)\n{body}\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=False, capture_output=True, text=True
    )


def test_a_crash_is_in_the_log_and_not_on_screen(tmp_path: Path) -> None:
    body = (
        "from core.redaction import REGISTER\nREGISTER.register('hunter2-crash')\n"
        "raise RuntimeError('hunter2-crash happened')"
    )
    result = run_program(tmp_path, body)
    text = written(tmp_path)
    assert result.returncode == 1
    assert "RuntimeError: removed happened" in text
    assert "hunter2" not in text + result.stderr.replace("hunter2-crash.py", "")
    assert "See " in result.stderr


def test_the_last_line_is_on_disk_when_a_program_ends_without_stop(tmp_path: Path) -> None:
    assert run_program(tmp_path, "logging.getLogger('a').info('last words')").returncode == 0
    assert "last words" in written(tmp_path)
