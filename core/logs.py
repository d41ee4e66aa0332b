"""The log: one file per start under ``logs/``, written by its own thread, secrets taken out.

Callers never wait for the disk: records pass through a queue. What leaves here holds no registered
secret, no body and no query string (the latter two are the callers' duty; house.md 12). A fault
that ends the program or a thread is written to the same file.
"""

import atexit
import contextlib
import logging
import os
import queue
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from logging.handlers import QueueHandler, QueueListener
from pathlib import Path
from types import TracebackType

from core.errors import LocalFault
from core.redaction import REGISTER
from core.words import area

say = area(__name__)

KEEP_FILES = 20
KEEP_BYTES = 50_000_000
_NAME = "crossfoot-*.log"
# Libraries that put addresses with their query, or their own doings, into lines of level INFO.
_QUIET = ("uvicorn", "urllib3", "keyring", "asyncio", "qasync")
_LOG = logging.getLogger(__name__)


class _Formatter(logging.Formatter):
    """One record a line, in UTC; further lines are indented so that none can be forged."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s [%(threadName)s] %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802, ARG002 - logging's name
        """Returns the record's instant in UTC with milliseconds."""
        instant = datetime.fromtimestamp(record.created, UTC)
        return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _LogFile(logging.FileHandler):
    """The file of one start; a full disk costs its lines and shows nobody a traceback."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Leaves a line out that cannot be written: there is no place left to say so."""

    def close(self) -> None:
        """Closes the file; lines that are still to be written may be lost."""
        with contextlib.suppress(OSError):
            super().close()


class _RedactingHandler(QueueHandler):
    """Queues records as finished text; redaction happens before anything leaves the caller."""

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Returns a copy whose message holds arguments, exception and stack, without secrets."""
        text = logging.Formatter("%(message)s").format(record)
        prepared = logging.makeLogRecord(vars(record))
        prepared.msg = REGISTER.redact(text).replace("\r", "\\r").replace("\n", "\n    ")
        prepared.args = None
        prepared.exc_info = prepared.exc_text = prepared.stack_info = None
        return prepared


def _is_wanted(record: logging.LogRecord) -> bool:
    """Drops what chatty libraries say below a warning."""
    return record.levelno >= logging.WARNING or record.name.partition(".")[0] not in _QUIET


@dataclass(slots=True)
class _Running:
    """What one start has put in place and its stop takes away again."""

    directory: Path
    path: Path
    handler: QueueHandler
    listener: QueueListener
    level_before: int
    excepthook_before: Callable[..., object]
    thread_hook_before: Callable[..., object]


_lock = threading.RLock()
_running: _Running | None = None


def start(directory: Path, *, console: bool, role: str = "") -> Callable[[], None]:
    """Begins logging into ``<directory>/logs`` and returns the function that ends it.

    ``role`` marks the file of a process that serves a window. With ``console`` every line goes to
    standard error too. A second start for the same directory changes nothing; one for another
    directory ends the first. Stopping twice is allowed, and ending the program stops by itself, so
    that the last lines are on disk.

    Raises:
        LocalFault: DSK-01, the file cannot be made.
    """
    global _running  # noqa: PLW0603 - a process has one log, as it has one root logger
    with _lock:
        if _running and _running.directory == directory:
            return stop
        stop()
        path = _new_file(directory / "logs", role)
        targets: list[logging.Handler] = [_opened(path)]
        if console:
            targets.append(logging.StreamHandler(sys.stderr))
        for target in targets:
            target.setFormatter(_Formatter())
        records: queue.SimpleQueue[logging.LogRecord] = queue.SimpleQueue()
        root = logging.getLogger()
        _running = _Running(
            directory=directory,
            path=path,
            handler=_RedactingHandler(records),
            listener=QueueListener(records, *targets),
            level_before=root.level,
            excepthook_before=sys.excepthook,
            thread_hook_before=threading.excepthook,
        )
        _running.handler.addFilter(_is_wanted)
        _running.listener.start()
        root.addHandler(_running.handler)
        root.setLevel(logging.INFO)
        sys.excepthook = _log_crash
        threading.excepthook = _log_thread_crash
        atexit.register(stop)
        return stop


def stop() -> None:
    """Writes what is queued, closes the file and restores what `start` replaced; idempotent."""
    global _running
    with _lock:
        if _running is None:
            return
        ended, _running = _running, None
        root = logging.getLogger()
        root.removeHandler(ended.handler)
        root.setLevel(ended.level_before)
        sys.excepthook = ended.excepthook_before
        threading.excepthook = ended.thread_hook_before
        ended.listener.stop()
        for target in ended.listener.handlers:
            target.close()
        ended.handler.close()
        atexit.unregister(stop)


def current_file() -> Path | None:
    """Returns the file of this start; None while nothing is logged."""
    running = _running
    return running.path if running else None


def _new_file(folder: Path, role: str) -> Path:
    """Makes this start's file, readable by its user only, and prunes the older ones."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    suffix = f"-{role}" if role else ""
    path = folder / f"crossfoot-{stamp}-{os.getpid()}{suffix}.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
    except OSError as error:
        raise _not_made(path, error) from error
    _prune(folder, path)
    return path


def _opened(path: Path) -> _LogFile:
    """The handler that writes to a file; raises LocalFault when it cannot be opened."""
    try:
        return _LogFile(path, encoding="utf-8")
    except OSError as error:
        raise _not_made(path, error) from error


def _not_made(path: Path, error: OSError) -> LocalFault:
    return LocalFault(
        "DSK-01",
        say("could_not_be_made", path=path, strerror=error.strerror),
        title=say("the_log_cannot_be_written"),
        fix=say("free_some_space_or_choose_another_data"),
    )


def _prune(folder: Path, current: Path) -> None:
    """Deletes the oldest files until at most 20 with 50 MB together are left."""
    left_files, left_bytes = KEEP_FILES - 1, KEEP_BYTES
    # Names begin with the start time, so their order is the order of age.
    older = sorted((file for file in folder.glob(_NAME) if file != current), reverse=True)
    for file in older:
        try:
            left_bytes -= file.stat().st_size
            left_files -= 1
            if left_files < 0 or left_bytes < 0:
                file.unlink()
        except OSError as error:
            # Another start may have deleted it, or Windows holds it open: the next start tries.
            _LOG.debug("log file %s was not pruned: %s", file.name, error.strerror)


def _log_crash(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    """Writes what ended the program, and tells the person where it stands; no values on screen."""
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
        return
    path = current_file()
    _LOG.critical(say("the_program_ends_by_a_fault"), exc_info=(kind, error, trace))
    stop()
    if sys.stderr is not None:  # a windowed program of Windows has none
        sys.stderr.write(say("crossfoot_stopped_by_a_fault_of_its", name=kind.__name__, path=path))


def _log_thread_crash(arguments: threading.ExceptHookArgs) -> None:
    """Writes what ended a thread; the program goes on."""
    if issubclass(arguments.exc_type, SystemExit) or arguments.exc_value is None:
        return
    name = arguments.thread.name if arguments.thread else say("a_thread")
    error = (arguments.exc_type, arguments.exc_value, arguments.exc_traceback)
    _LOG.critical("%s ends by a fault", name, exc_info=error)
