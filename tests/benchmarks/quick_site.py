"""A workspace beside the quick systems: store, real clients and the engine, as a run uses them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core import clients
from core.clock import SystemClock
from core.credentials import Credentials
from core.engine.engine import Engine
from core.engine.run import RunResult
from core.engine.work import RunOrder
from core.mapping_files import KINDS, draft_of
from core.settings import Settings
from core.sheets import COLUMNS, MappingRow
from core.store import rules
from core.store.sqlite import Store
from core.vault import FixedKey, Vault
from tests.benchmarks.quick_documents import ENDPOINT, mapping

ROOT = Path(__file__).resolve().parents[2]
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_UNLIMITED = 100_000
_LONGEST_S = 3600


@dataclass(frozen=True, slots=True)
class Quick:
    """The quick systems in their process."""

    base: str

    def order(self, name: str, value: Any = None) -> Any:
        """Give an order, or ask for what was counted."""
        request = urllib.request.Request(f"{self.base}/control/{name}", json.dumps(value).encode())
        with _DIRECT.open(request, timeout=60) as answer:
            return json.load(answer)


@contextmanager
def quick_systems() -> Iterator[Quick]:
    """The quick systems in a process of their own, which ends with the block."""
    command = [sys.executable, "-m", "tests.benchmarks.quick_systems"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise SystemExit("the systems have no streams")
        yield Quick(f"http://127.0.0.1:{int(process.stdout.readline())}")
        process.stdin.close()


class Workspace:
    """A workspace in a directory, as a command line run has it."""

    def __init__(self, directory: Path, base: str, *, width: int, is_limit_known: bool) -> None:
        self.directory = directory
        self._clock = SystemClock()
        self.store = Store.open(directory, version="0", clock=self._clock, is_sandbox=True)
        self._secrets = Credentials(self.store, Vault(FixedKey()))
        self.settings = self._settings(base, width, is_limit_known=is_limit_known)
        if not rules.last_step(self.store):
            self._prepare()

    def _prepare(self) -> None:
        self._secrets.set("x3.password", "quick", actor="benchmark")
        self._secrets.set("avidxchange.client_secret", "quick", actor="benchmark")
        with self.store.write():
            for kind in KINDS:
                drafts = [
                    draft_of(kind, MappingRow(values={c: row.get(c, "") for c in COLUMNS[kind]}))
                    for row in mapping()[kind]
                ]
                rules.apply_rows(self.store, kind, drafts, replace=False, actor="benchmark")

    def _settings(self, base: str, width: int, *, is_limit_known: bool) -> Settings:
        start = datetime.now(UTC).date() - timedelta(days=90)
        avid = {
            "base_url": base, "token_url": f"{base}/token", "client_id": "quick",
            "company_id": "quick", "max_concurrency": width,
        }  # fmt: skip
        if is_limit_known:
            avid["profile"] = str(self._profile())
        x3 = {
            "base_url": base, "endpoint": ENDPOINT, "username": "quick",
            "payment": {"bank": "USBNK"},
        }  # fmt: skip
        workspace = {"name": "Benchmark", "start_date": start, "mode": "live"}
        return Settings.model_validate({"workspace": workspace, "x3": x3, "avidxchange": avid})

    def _profile(self) -> Path:
        """The shipped profile for a server that is known to take any number of requests."""
        text = (ROOT / "resources" / "profiles" / "connect.toml").read_text(encoding="utf-8")
        unknown = "requests_per_second = 0"
        if unknown not in text:
            raise SystemExit(f"the shipped profile has no {unknown!r}")
        path = self.directory / "unlimited.toml"
        text = text.replace(unknown, f"requests_per_second = {_UNLIMITED}")
        path.write_text(text, encoding="utf-8")
        return path

    def sync(self, hook: Any = None) -> tuple[RunResult, float]:
        """One run with an engine of its own, and how many seconds it took."""
        clock = SystemClock()
        made = clients.connect(self.settings, self.directory, self._secrets, clock)
        try:
            tools = clients.tools_of(made, self.settings, self.store, clock, FixedKey().create)
            engine = Engine(tools)
            if hook is not None:
                hook(engine)
            engine.start()
            begun = time.perf_counter()
            result = engine.sync(RunOrder(by="benchmark")).result(timeout=_LONGEST_S)
            took_s = time.perf_counter() - begun
            clock.stop()
            engine.stop()
        finally:
            made.close()
        return result, took_s

    def close(self) -> None:
        """Close the store."""
        self.store.close_thread()
