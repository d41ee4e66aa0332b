"""What the program checks of itself on a computer: all parts there, and one demo carried through.

Everything happens in a folder of its own that is removed afterwards; no workspace is opened and
nothing but the simulated systems on 127.0.0.1 is asked. The window is drawn in a process of its
own, by a function that `main.py` hands in, because a missing part of Qt ends its process.
"""

from __future__ import annotations

import importlib
import json
import logging
import pkgutil
import platform
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from core import app, config, own_program, selftest_tls
from core.clock import SystemClock
from core.errors import AppError
from core.facade import SyncOrder
from core.store import migrate
from core.store.sqlite import Store
from core.vault import SERVICE, KeyringKey
from core.version import VERSION
from core.words import area

say = area(__name__)

WINDOW_PART = "window"
INVOICES = 20
_CHILD_S = 120.0
_LEAST_MODULES = 150  # fewer means that the package hides its own modules from this check
_LIBRARIES = (
    "requests", "truststore", "jwt", "pypac", "dukpy", "lxml.etree", "pydantic",
    "tomlkit", "keyring", "cryptography", "peewee", "platformdirs", "rapidfuzz", "openpyxl",
    "reportlab.platypus", "tzdata", "starlette", "uvicorn", "python_multipart", "graphql",
)  # fmt: skip
_BACKENDS = {
    "win32": "keyring.backends.Windows",
    "darwin": "keyring.backends.macOS",
    "linux": "keyring.backends.SecretService",
}
_ICON_NAMES = ("check", "alert-triangle", "refresh")
_FONTS = ("DejaVuSansCondensed.ttf", "DejaVuSansCondensed-Bold.ttf")
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Check:
    """One check: what was looked at, whether it is good, and the facts or the cause in words."""

    name: str
    ok: bool
    text: str
    ms: int

    @property
    def members(self) -> dict[str, Any]:
        """As one JSON object."""
        return {"check": self.name, "ok": self.ok, "text": self.text, "ms": self.ms}


def run(picture: Path | None = None) -> Iterator[Check]:
    """All checks in order, each as soon as it is done; a failed one keeps none from being made.

    The window's picture is written to `picture` when one is named.
    """
    with tempfile.TemporaryDirectory(
        prefix="crossfoot-selftest-",
        ignore_cleanup_errors=True,  # a virus scanner may still hold a file of it
    ) as name:
        folder = Path(name)
        yield _checked("program", _program)
        yield _checked("imports", _imports)
        yield _checked("resources", _resources)
        yield _checked(say("time_zones"), _time_zones)
        yield _checked("keyring", _keyring)
        yield _checked("tls", lambda: selftest_tls.check(folder))
        yield _checked("store", lambda: _store(folder / "store"))
        yield _checked("sandbox", lambda: _sandbox(folder / "demo"))
        yield from _window(folder / "demo", picture)


def _checked(name: str, look: Callable[[], str]) -> Check:
    began = time.monotonic()
    try:
        text, is_good = look(), True
    except AppError as error:
        text, is_good = str(error), False
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the check has found
        _LOG.warning("selftest: %s failed", name, exc_info=error)
        text, is_good = f"{type(error).__name__}: {error}", False
    return Check(name, is_good, text, _since(began))


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)


# --- what the package holds ------------------------------------------------------------------


def _program() -> str:
    kind = "packaged" if getattr(sys, "frozen", False) else say("from_source")
    python = say("python", python_version=platform.python_version())
    return say(
        "crossfoot",
        version=VERSION,
        kind=kind,
        python=python,
        platform=platform.platform(),
        machine=platform.machine(),
    )


def _imports() -> str:
    """Every module of ours and every library; the script engine of proxies is tried, too."""
    import dukpy  # type: ignore[import-untyped] # it comes without types

    import core

    ours = [found.name for found in pkgutil.walk_packages(core.__path__, "core.")]
    steps = [f"core.store.migrations.{step}" for step in migrate.STEPS]
    missing = []
    for name in [*ours, *steps, *_LIBRARIES]:
        try:
            importlib.import_module(name)
        except ImportError as error:
            missing.append(f"{name} ({error})")
    if missing:
        raise ImportError(", ".join(missing))
    if len(ours) < _LEAST_MODULES:
        raise ImportError(say("only_modules_of_the_program_were_found", count=len(ours)))
    if dukpy.evaljs("6 * 7") != 42:  # noqa: PLR2004 - the answer
        raise ImportError(say("the_script_engine_for_proxy_scripts"))
    return say("modules_libraries", count=len(ours), count2=len(_LIBRARIES))


def _resources() -> str:
    from core.avidxchange import profile as avidxchange_profile
    from core.x3 import profile as x3_profile

    x3_profile.load(config.resource("profiles/x3-default.toml"))
    avidxchange_profile.load_profile()
    named = [*(f"icons/{name}.svg" for name in _ICON_NAMES), *(f"fonts/{name}" for name in _FONTS)]
    for name in named:
        if not config.resource(name).read_bytes():
            raise ValueError(say("resources_is_empty", name=name))
    icons = len(list(config.resource("icons").glob("*.svg")))
    return say("2_profiles_icons_fonts", icons=icons, count=len(_FONTS))


def _time_zones() -> str:
    """The zones must come with the program: Windows has none that Python can read."""
    if not resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").strip():
        raise LookupError("the package tzdata holds no zones")
    summer = datetime(2026, 7, 1, 12, tzinfo=UTC).astimezone(ZoneInfo("America/New_York"))
    winter = datetime(2026, 1, 1, 12, tzinfo=UTC).astimezone(ZoneInfo("America/New_York"))
    if summer.utcoffset() != timedelta(hours=-4) or winter.utcoffset() != timedelta(hours=-5):
        raise LookupError("America/New_York has the wrong distance from UTC")
    here = SystemClock().now().astimezone()
    return say("new_york_is_at_utc_5_and", here=here)


# --- what this computer gives ----------------------------------------------------------------


def _keyring() -> str:
    """The package's back end for this system, and a key kept, read and removed with it.

    A server without a desktop has no keyring; that is said and is no fault of the package.
    """
    import keyring
    from keyring.errors import PasswordDeleteError

    importlib.import_module(_BACKENDS.get(sys.platform, _BACKENDS["linux"]))
    name = f"selftest-{uuid.uuid4()}"
    port = KeyringKey(name)
    try:
        kept = port.create()
    except AppError as error:
        if sys.platform == "linux":
            return say("its_back_end_is_there_this_session", why=error.why)
        raise
    try:
        if port.get() != kept:
            raise LookupError("the keyring gave another key than the one it was given")
    finally:
        try:
            keyring.delete_password(SERVICE, name)
        except PasswordDeleteError:
            raise LookupError(f"the keyring did not remove {SERVICE} / {name}") from None
    backend = keyring.get_keyring()
    return say("kept_gave_and_removed_a_key", module=type(backend).__module__)


def _store(folder: Path) -> str:
    """A new store goes through every step and is sound; the second opening finds nothing to do."""
    for _ in range(2):
        store = Store.open(folder, version=VERSION, clock=SystemClock(), is_sandbox=True)
        try:
            done, found = migrate.check_known(store), store.problems()
            tables = len(store.table_names())
        finally:
            store.close_thread()
        if done != list(migrate.STEPS) or found:
            raise ValueError(say("steps_problems", done=done, found=found))
    return say("of_steps_tables_sound", count=len(migrate.STEPS), tables=tables)


# --- the demo --------------------------------------------------------------------------------


def _sandbox(folder: Path) -> str:
    """A company of 20 invoices, made by a process of our own, and one run that carries it."""
    _make_company(folder)
    with _logged(), app.opened(app.Opening(folder, is_sandbox=True, needs="ledger")) as facade:
        report = facade.sync(SyncOrder(wait_s=0)).report
        held = facade.status()["sandbox"]["invoices"]
    sent, in_doubt = report["sent"], report["in_doubt"]
    text = say(
        "invoices_read_sent_in_doubt",
        invoices=report["read"]["invoices"],
        sent=sent,
        in_doubt=in_doubt,
    )
    if report["errors"] or in_doubt or not sent or sent != held:
        raise ValueError(
            say("avidxchange_holds_errors", text=text, held=held, errors=report["errors"])
        )
    return say("the_simulated_avidxchange_holds", text=text, held=held)


@contextmanager
def _logged() -> Iterator[None]:
    """The log of the folder is closed at the end, so that the folder can be removed."""
    try:
        yield
    finally:
        app.end_logs()


def _make_company(folder: Path) -> None:
    command = ("sandbox", "serve", "--json", "--invoices", str(INVOICES))
    with _child(*command, "--data-dir", str(folder)) as child:
        line = child.stdout.readline() if child.stdout else b""
    if not line:
        raise ValueError(say("the_simulated_systems_did_not_start", returncode=child.returncode))
    json.loads(line)


def _window(folder: Path, picture: Path | None) -> Iterator[Check]:
    """What the window's process tells; when it tells too little, that is the finding."""
    arguments = ["selftest", "--part", WINDOW_PART, "--json", "--data-dir", str(folder)]
    arguments += ["--picture", str(picture.absolute())] if picture else []
    began, seen = time.monotonic(), set()
    with _child(*arguments) as child:
        for line in child.stdout or ():
            told = json.loads(line)
            seen.add(told["check"])
            yield Check(told["check"], bool(told["ok"]), str(told["text"]), _since(began))
    for name in ("qt", "window"):
        if name not in seen:
            text = say("the_windows_process_ended_with_and_told", returncode=child.returncode)
            yield Check(name, ok=False, text=text, ms=_since(began))


@contextmanager
def _child(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of our own program, ended with the block, at the latest after two minutes."""
    child = own_program.started(*arguments)
    deadline = threading.Timer(_CHILD_S, child.kill)
    deadline.daemon = True
    deadline.start()
    try:
        yield child
    finally:
        for stream in (child.stdin, child.stdout):
            if stream is not None:
                stream.close()
        child.wait()
        deadline.cancel()
