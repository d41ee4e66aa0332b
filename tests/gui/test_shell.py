"""Starting and ending: one window a workspace, an end within three seconds, faults told."""

import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from core import lease
from core.version import VERSION
from ui.shell import demo_command
from ui.single_instance import Doorbell, meeting_point, raise_first
from ui.stalls import StallWatch

ROOT = Path(__file__).resolve().parents[2]
LONGEST_QUIT_S = 3.0
LEAVING_S = 1.5  # what the interpreter takes to end on a busy machine
MAIN = [sys.executable, str(ROOT / "main.py")]


def environment(**changes: str) -> dict[str, str]:
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen", **changes}


@contextmanager
def window(directory: Path, what: str, **changes: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.gui.shell_child", str(directory), what]
    child = subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(**changes),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.kill()
        child.wait(10)
        for stream in (child.stdout, child.stderr):
            if stream is not None:
                stream.close()


def log_of_window(directory: Path) -> str:
    """The newest log of a window; its engine writes one of its own."""
    files = (directory / "logs").glob("*.log")
    newest = max(file for file in files if not file.stem.endswith("-engine"))
    return newest.read_text(encoding="utf-8")


def line(child: subprocess.Popen[str]) -> str:
    assert child.stdout is not None
    return child.stdout.readline().strip()


def end_of(child: subprocess.Popen[str]) -> float:
    """Seconds from now until the process has ended."""
    began = time.monotonic()
    child.wait(20)
    return time.monotonic() - began


@pytest.mark.timeout(90)
def test_a_second_start_raises_the_first_window_and_ends_with_0(demo_copy: Path) -> None:
    with window(demo_copy, "hold") as first:
        assert line(first) == "ready"
        second = subprocess.run(
            [*MAIN, "--sandbox", "--data-dir", str(demo_copy)],
            env=environment(),
            capture_output=True,
            timeout=30,
            check=False,
        )
        assert second.returncode == 0
        assert line(first) == "rung"
        assert first.poll() is None


@pytest.mark.timeout(90)
@pytest.mark.parametrize("what", ["close", "close-in-run"])
def test_closing_ends_within_three_seconds(demo_copy: Path, what: str) -> None:
    with window(demo_copy, what) as child:
        assert line(child) == "ready"
        if what == "close-in-run":
            assert line(child) == "sending"
        assert end_of(child) < LONGEST_QUIT_S + LEAVING_S
        assert child.returncode == 0
        assert lease.holder(demo_copy) is None


@pytest.mark.timeout(120)
def test_the_end_is_orderly_after_every_dialog_was_opened(demo_copy: Path) -> None:
    """Memory that was freed is filled with a pattern, so that a wrong use of it shows."""
    with window(demo_copy, "dialogs", MALLOC_PERTURB_="165") as child:
        out, err = child.communicate(timeout=100)
    assert out.split() == ["ready", "opened", "ended", "0"], err
    assert child.returncode == 0
    assert "Traceback" not in err


@pytest.mark.timeout(90)
def test_work_that_does_not_end_does_not_hold_the_window(demo_copy: Path) -> None:
    with window(demo_copy, "stuck") as child:
        assert line(child) == "ready"
        assert end_of(child) < LONGEST_QUIT_S + LEAVING_S
        assert child.returncode == 0
    assert "the program ends all the same" in log_of_window(demo_copy)


@pytest.mark.timeout(90)
@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_a_signal_is_an_orderly_end(demo_copy: Path) -> None:
    with window(demo_copy, "hold") as child:
        assert line(child) == "ready"
        time.sleep(1.2)  # the stall watch, whose beat lets Python see signals, begins after 1 s
        child.send_signal(signal.SIGTERM)
        assert end_of(child) < LONGEST_QUIT_S + LEAVING_S
        assert line(child) == "ended 0"


@pytest.mark.timeout(90)
def test_faults_are_told_one_at_a_time_with_a_bundle_and_without_the_secret(
    demo_copy: Path,
) -> None:
    with window(demo_copy, "fault") as child:
        assert line(child) == "ready"
        assert line(child) == "1 open"
        told = line(child)
        assert "BUG-01" in told
        assert "RuntimeError: it fell with removed" in told
        assert "in _fall" in told
        assert f"Crossfoot {VERSION}" in told
        assert "open-sesame-42" not in told
        assert line(child) == "told KeyError: 'of a thread'"
        assert end_of(child) < LONGEST_QUIT_S + LEAVING_S
    log = log_of_window(demo_copy)
    assert log.count("it fell with removed") == 3
    assert log.count("a fault in the window") == 2
    assert "(_fall) ends by a fault" in log
    with zipfile.ZipFile(demo_copy / "bundle.zip") as bundle:
        texts = {name: bundle.read(name).decode("utf-8") for name in bundle.namelist()}
    assert {"about.txt", "facts.json"} <= set(texts)
    assert any("it fell with removed" in text for text in texts.values())
    assert "open-sesame-42" not in "".join([log, *texts.values()])


@pytest.mark.timeout(90)
def test_a_window_that_falls_before_it_stands_says_so(demo_copy: Path) -> None:
    with window(demo_copy, "unopened") as child:
        assert line(child) == "told RuntimeError: it never opened [True, False]"
        assert child.wait(20) == 1


def test_without_a_display_one_line_says_so(tmp_path: Path) -> None:
    if not sys.platform.startswith("linux"):
        pytest.skip("other systems always have a display")
    plain = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"}
    }
    done = subprocess.run(
        [*MAIN, "--data-dir", str(tmp_path)],
        env=plain,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1
    assert "no display" in done.stderr


def test_without_qt_one_line_says_so(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['PySide6'] = None; sys.argv = ['main.py'];"
        "import main; sys.exit(main.main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "PySide6" in done.stderr


def test_commands_still_go_to_the_command_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [*MAIN, "--data-dir", str(tmp_path), "runs", "--sandbox", "--json"],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0
    assert done.stdout == ""


def test_a_doorbell_is_heard_and_nobody_answers_without_one(tmp_path: Path, qtbot: QtBot) -> None:
    assert not raise_first(tmp_path)
    bell = Doorbell(tmp_path)
    assert bell.is_listening
    code = (
        "import sys; from pathlib import Path; from PySide6.QtCore import QCoreApplication;"
        "app = QCoreApplication([]); from ui.single_instance import raise_first;"
        f"sys.exit(0 if raise_first(Path({str(tmp_path)!r})) else 1)"
    )
    with qtbot.waitSignal(bell.rung, timeout=20_000):
        caller = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment())
    assert caller.wait(20) == 0
    bell.close()


def test_the_demo_opens_beside_the_data_it_was_told() -> None:
    plain = demo_command(["main.py"])
    assert plain[0] == sys.executable
    assert plain[-1] == "--sandbox"
    told = demo_command(["main.py", "--data-dir", "/data/plant"])
    assert told[-3:] == ["--sandbox", "--data-dir", "/data/plant-demo"]
    assert demo_command(["main.py", "--data-dir=/data/plant"])[-3:] == told[-3:]


def test_two_workspaces_have_two_meeting_points(tmp_path: Path) -> None:
    assert meeting_point(tmp_path / "a") != meeting_point(tmp_path / "b")
    assert meeting_point(tmp_path / "a") == meeting_point(tmp_path / "b" / ".." / "a")


def test_a_stall_is_told_once_with_the_stack_it_was_seen_in(qtbot: QtBot) -> None:
    told: list[tuple[float, str]] = []
    watch = StallWatch(told=lambda seconds, stack: told.append((seconds, stack)))
    watch.start()
    qtbot.wait(120)

    def stand_still() -> None:
        time.sleep(0.4)

    QTimer.singleShot(0, stand_still)
    qtbot.waitUntil(lambda: len(told) > 0, timeout=5_000)
    watch.stop()
    seconds, stack = max(told)
    assert 0.2 < seconds < 2
    assert any("stand_still" in entry[1] for entry in told), stack
