"""A served pair of simulated systems and a desk beside it, each a process of its own.

`Served` speaks to the systems' admin door only; `Desk` runs the program by its command line only.
Nothing of the program is imported here.
"""

from __future__ import annotations

import atexit
import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
KEYRING_FOLDER = ROOT / "tests" / "cli"
COLUMNS = {
    "vendors": ("x3_supplier", "avid_vendor_code"),
    "gl": ("chart", "x3_account", "avid_code"),
    "dimensions": ("dimension_type", "x3_value", "avid_group", "avid_code"),
}
WRITES = (
    "x3.requests.modify",
    "x3.requests.run",
    "x3.requests.save",
    "avid.requests.submit_invoice",
    "avid.requests.replace_invoice",
    "avid.requests.withdraw_invoice",
    "avid.requests.upsert_vendors",
    "avid.requests.attach_image",
)
FEW = {"invoices": 90, "seed": 4}  # enough for every planted case
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_AVID_TIMES = (
    ("in_doubt_lookups = [2, 10, 30, 120]", "in_doubt_lookups = [0.2, 0.4, 0.8]"),
    ("base_seconds = 1,", "base_seconds = 0.05,"),
    ("breaker_seconds = [30, 900]", "breaker_seconds = [0.2, 0.5]"),
    ("to_lag_seconds = 120", "to_lag_seconds = 0"),
    (" read = 60,", " read = {read},"),
    ("here_seconds = 120", "here_seconds = 2"),
)
_X3_TIMES = """profile_version = 1
name = "Quick times for tests"
[limits]
read_timeout_s = {read}
write_timeout_s = {read}
[times]
read_retry_s = [0.05, 0.1]
busy_read_s = [0.1, 0.2]
busy_write_s = [0.1, 0.2, 0.4]
approval_reread_s = 0.2
payment_lookup_s = [0.2, 0.4]
silence_s = 5
breaker_s = [0.2, 0.5]
"""


@cache
def _bytecode() -> str:
    """A folder for compiled modules that goes with this process."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def quick_environment() -> dict[str, str]:
    """This process's environment, with compiled modules kept: hundreds of programs are started."""
    environment = dict(os.environ)
    if environment.pop("PYTHONDONTWRITEBYTECODE", ""):
        environment["PYTHONPYCACHEPREFIX"] = _bytecode()
    return environment


class Served:
    """Both systems as `sandbox serve` runs them, and their admin door."""

    def __init__(self, addresses: Mapping[str, str], directory: Path | None) -> None:
        self.addresses = dict(addresses)
        self._directory = directory

    @property
    def secrets(self) -> dict[str, str]:
        """The secrets a desk must have, by name."""
        return {
            "x3.password": self.addresses["x3_password"],
            "avidxchange.client_secret": self.addresses["client_secret"],
        }

    def ask(self, path: str, order: Any = None, *, method: str = "") -> Any:
        """What the admin door answers."""
        url = f"{self.addresses['x3_url']}/_sandbox/{path}"
        body = None if order is None else json.dumps(order).encode()
        request = urllib.request.Request(url, body, method=method or None)
        try:
            with _DIRECT.open(request, timeout=40) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{path} {order}: {error.read().decode()}") from error

    def table(self, name: str) -> dict[str, dict[str, Any]]:
        """The rows of a table by key, as `x3:PINVOICE` or `avid:invoice`."""
        rows: dict[str, dict[str, Any]] = self.ask(f"table/{name}")
        return rows

    def counters(self) -> dict[str, int]:
        """What the servers have counted."""
        found: dict[str, int] = self.ask("counters")
        return found

    def writes(self) -> int:
        """How many writing requests have arrived."""
        counted = self.counters()
        return sum(counted.get(name, 0) for name in WRITES)

    def journal(self, limit: int = 50_000) -> list[dict[str, Any]]:
        """The requests, oldest first."""
        found: list[dict[str, Any]] = self.ask(f"journal?limit={limit}")
        return found

    def act(self, event: str, /, **args: Any) -> Any:
        """Make an event happen and commit it."""
        return self.ask("act", {"name": event, "args": args})["result"]

    def value(self, name: str, value: Any) -> None:
        """Set a small setting of the systems."""
        self.ask("value", {"name": name, "value": value})

    def advance(self) -> None:
        """Move the demo on by one notch."""
        self.ask("advance", {})

    def faults(self, *entries: tuple[str, str, str, dict[str, Any]]) -> None:
        """Put faults in force: (system, operation, kind, further members)."""
        self.ask(
            "faults",
            [{"system": s, "operation": o, "kind": k, **more} for s, o, k, more in entries],
        )

    def calm(self) -> None:
        """Take all faults out of force."""
        self.ask("faults", method="DELETE")

    def mapping(self) -> dict[str, list[dict[str, str]]]:
        """The demo's mapping rows, out of the state file (the admin door does not give them)."""
        assert self._directory is not None
        file = self._directory / "sandbox" / "sandbox.db"
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        try:
            (body,) = connection.execute(
                "SELECT body FROM setting WHERE name = 'avid.mapping'"
            ).fetchone()
        finally:
            connection.close()
        rows: dict[str, list[dict[str, str]]] = json.loads(body)
        return rows


@contextmanager
def serving(directory: Path, *, invoices: int = 90, seed: int = 4) -> Iterator[Served]:
    """`sandbox serve` in a process of its own; it ends when its input closes."""
    command = [sys.executable, str(ROOT / "main.py"), "sandbox", "serve", "--json"]
    command += ["--invoices", str(invoices), "--seed", str(seed), "--data-dir", str(directory)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=quick_environment()
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            served = Served(json.loads(process.stdout.readline()), directory)
            served.value("avid.lag_seconds", 0)
            yield served
        finally:
            process.stdin.close()
            try:
                process.wait(20)
            finally:
                process.kill()


@dataclass(frozen=True)
class Ran:
    """What a command did."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Standard output as the one JSON value that it is."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Standard output as one JSON object a line."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Desk:
    """A workspace, the commands run on it, and everything they have said."""

    directory: Path
    environment: dict[str, str] = field(default_factory=dict)
    heard: list[Ran] = field(default_factory=list)

    def run(self, *arguments: str, stdin: bytes = b"", timeout: float = 55) -> Ran:
        """Run one command to its end."""
        done = subprocess.run(
            self.command(*arguments),
            input=stdin,
            capture_output=True,
            env=self.environment,
            timeout=timeout,
            check=False,
        )
        ran = Ran(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))
        self.heard.append(ran)
        return ran

    def command(self, *arguments: str) -> list[str]:
        """The command line of a command on this workspace."""
        return [
            sys.executable, str(ROOT / "main.py"), *arguments, "--data-dir", str(self.directory),
        ]  # fmt: skip

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a command and leave it running; whoever starts it ends it."""
        return subprocess.Popen(
            self.command(*arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment,
        )

    def sync(self, *arguments: str, status: Iterable[int] = (0, 3)) -> dict[str, Any]:
        """One run that must end with one of these statuses; its report."""
        ran = self.run("sync", "--json", *arguments)
        assert ran.status in status, (ran.status, ran.out, ran.err)
        report: dict[str, Any] = ran.json
        return report

    def invoices(self) -> dict[str, dict[str, Any]]:
        """The list of invoices by number."""
        return {row["number"]: row for row in self.run("invoices", "--json").lines}

    def reviews(self) -> list[dict[str, Any]]:
        """The open review items."""
        return self.run("review", "list", "--json").lines

    def write_settings(self, served: Served, **more: str) -> None:
        """A settings file that leads to the served systems, with quick times.

        `more`: text per table (`workspace`, `x3`, `x3_payment`, `x3_soap`, `avidxchange`), and
        `read` = the longest wait for an answer in seconds. A key given replaces the usual one.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        read = more.pop("read", "20")
        self._write_profiles(read)
        at = served.addresses
        start = (datetime.now(UTC) - timedelta(days=120)).date().isoformat()
        tables = {
            "workspace": {"name": '"Acceptance"', "start_date": start, "mode": '"live"'},
            "x3": {
                "base_url": f'"{at["x3_url"]}"',
                "endpoint": f'"{at["endpoint"]}"',
                "username": f'"{at["x3_user"]}"',
                "profile": '"x3-quick.toml"',
            },
            "x3_payment": {"bank": '{ US10 = "USBNK", CA10 = "CABNK" }'},
            "avidxchange": {
                "base_url": f'"{at["avid_url"]}"',
                "token_url": f'"{at["token_url"]}"',
                "client_id": f'"{at["client_id"]}"',
                "company_id": f'"{at["company_id"]}"',
                "profile": '"connect-quick.toml"',
            },
        }
        text = ""
        for name in (*tables, *(name for name in more if name not in tables)):
            rows = dict(tables.get(name, {}))
            for line in filter(None, more.get(name, "").splitlines()):
                key, _, value = line.partition(" = ")
                rows[key] = value
            text += f"[{name.replace('_', '.')}]\n"
            text += "".join(f"{key} = {value}\n" for key, value in rows.items())
        (self.directory / "settings.toml").write_text(text, encoding="utf-8")

    def _write_profiles(self, read: str) -> None:
        shipped = ROOT / "resources" / "profiles" / "connect.toml"
        text = shipped.read_text(encoding="utf-8")
        for old, new in _AVID_TIMES:
            assert old in text, old
            text = text.replace(old, new.format(read=read) if "{read}" in new else new)
        (self.directory / "connect-quick.toml").write_text(text, encoding="utf-8")
        quick = _X3_TIMES.format(read=read)
        (self.directory / "x3-quick.toml").write_text(quick, encoding="utf-8")

    def set_secrets(self, secrets: Mapping[str, str]) -> None:
        """Give each secret on standard input."""
        for name, value in secrets.items():
            ran = self.run("secret", "set", name, stdin=value.encode())
            assert ran.status == 0, ran.err

    def import_mapping(self, rows: Mapping[str, list[dict[str, str]]]) -> None:
        """Write the three mapping files and import them."""
        for kind, columns in COLUMNS.items():
            file = self.directory / f"{kind}.csv"
            with file.open("w", encoding="utf-8", newline="") as out:
                writer = csv.DictWriter(out, columns, extrasaction="ignore")
                writer.writeheader()
                writer.writerows(rows[kind])
            ran = self.run("map", "import", kind, str(file), "--json")
            assert ran.status == 0, (ran.out, ran.err)


def desk_in(folder: Path) -> Desk:
    """A desk whose workspace does not exist yet, with a keyring kept in a file of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [str(KEYRING_FOLDER), *filter(None, [os.environ.get("PYTHONPATH", "")])]
    environment = quick_environment() | {
        "PYTHONPATH": os.pathsep.join(paths),
        "PYTHON_KEYRING_BACKEND": "file_keyring.FileKeyring",
        "FILE_KEYRING": str(folder / "keyring.json"),
    }
    return Desk(folder / "data", environment)


def connect(desk: Desk, served: Served, **more: str) -> Desk:
    """Settings, secrets and mappings: a desk ready to work with the served systems."""
    desk.write_settings(served, **more)
    desk.set_secrets(served.secrets)
    desk.import_mapping(served.mapping())
    return desk


def until_quiet(desk: Desk, served: Served, *, notches: int, more: int = 3) -> list[dict[str, Any]]:
    """Run with a notch of the demo before each run, then on until a run does nothing."""
    reports = []
    for _ in range(notches):
        served.advance()
        reports.append(desk.sync())
    for _ in range(more):
        reports.append(desk.sync())
        if is_quiet(reports[-1]):
            break
    return reports


def is_quiet(report: Mapping[str, Any]) -> bool:
    """Whether a run has written nothing and left nothing open."""
    done = ("sent", "replaced", "withdrawn", "vendors", "approvals_written", "payments_posted")
    return not any(report[name] for name in (*done, "planned", "in_doubt"))


SUPPLIER = "0100"  # of seed 1: in US dollars, active, mapped, due in one sum


def enter(served: Served, amount: str = "100.00", *, post: bool = False, **fields: Any) -> str:
    """Enter an invoice that goes through; members named `line_…` change its line."""
    line = {"ACC": "61100", "AMTNOTLIN": amount, "DIE1": "DPT", "CCE1": "ADM"}
    head = {"BPR": SUPPLIER, "BPRVCR": f"DOC-{len(served.table('x3:PINVOICE')) + 1}"}
    for name, value in fields.items():
        (line if name.startswith("line_") else head)[name.removeprefix("line_")] = value
    number: str = served.act("x3.invoice", fields=head, lines=[line], post=post)
    return number
