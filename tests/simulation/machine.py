"""One computer with one workspace: the real store, clients and engine on a virtual clock.

It can be stopped, killed between two steps or around a commit, put to sleep, given an older backup,
and found held by a second start. Its facts are taken by the program's public surface alone.
"""

from __future__ import annotations

import gc
import json
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import CancelledError, Future, wait
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from core import clients, pauses
from core.credentials import Credentials
from core.engine.work import EngineConfig, RunOrder
from core.facade import Facade, Parts
from core.lease import Held, Lease
from core.settings import Settings
from core.store import backups, rules
from core.store.sqlite import FILE
from core.vault import FixedKey, Vault
from tests.simulation.clock import VirtualClock
from tests.simulation.engine import LockstepEngine, WeakStore, threads_of
from tests.simulation.stage import BEGIN, GROUPS, Stage

VERSION = "0"
_LOOK_S = 5.0
_JOIN_S = 20.0
_X3_PROFILE = """profile_version = 1
name = "Simulation"
[limits]
reads = {reads}
keys_per_request = {keys}
"""
_EVIDENCE = (
    "SELECT a.kind, a.key, a.revision, a.reference, a.body, a.info, p.at, p.run, p.hash AS plan "
    "FROM action a JOIN plan p ON p.hash = a.plan ORDER BY a.id"
)


@dataclass(frozen=True)
class Traits:
    """What a seed fixes of its computer beforehand."""

    page_size: int = 50
    keys: int = 25
    reads: int = 1
    concurrency: int = 1
    wrong_by: timedelta = timedelta(0)
    settings: Mapping[str, Any] = field(default_factory=dict)
    engine: Mapping[str, Any] = field(default_factory=dict)
    statements: tuple[str, ...] = ()


class Crashed(Exception):
    """The process was killed in the middle of what it did."""


class Machine:
    """A workspace in a directory; a new one on it is a restart."""

    def __init__(
        self,
        stage: Stage,
        directory: Path,
        traits: Traits | None = None,
        between: Callable[[], None] | None = None,
    ) -> None:
        self.stage = stage
        self.directory = directory
        self.traits = traits or Traits()
        self.between = between or (lambda: None)
        self.clock = VirtualClock(stage.state, self.traits.wrong_by)
        self.store: WeakStore = self._open()
        self.engine: LockstepEngine | None = None
        self._lease: Lease | None = None
        self._made: clients.Clients | None = None

    @classmethod
    def first(cls, stage: Stage, directory: Path) -> Machine:
        """A workspace that is set up: secrets set, accounts and dimensions mapped."""
        machine = cls(stage, directory)
        secrets = Credentials(machine.store, Vault(FixedKey()))
        addresses = stage.sandbox.addresses
        secrets.set("x3.password", addresses.x3_password, actor="clerk")
        secrets.set("avidxchange.client_secret", addresses.client_secret, actor="clerk")
        accounts = [
            rules.RuleDraft(
                key1=row["COA"],
                key2=row["ACC"],
                code=row["ACC"] if row["COA"] == "USA" else f"C{row['ACC']}",
                avid_group="",
            )
            for row in stage.rows("x3:GACCOUNT")
        ]
        values = [
            rules.RuleDraft(
                key1=row["DIE"], key2=row["CCE"], code=row["CCE"], avid_group=GROUPS[row["DIE"]]
            )
            for row in stage.rows("x3:CACCE")
        ]
        machine.map("gl", accounts)
        machine.map("dimensions", values)
        return machine

    def _open(self) -> WeakStore:
        store = WeakStore.open(self.directory, version=VERSION, clock=self.clock, is_sandbox=True)
        assert isinstance(store, WeakStore)
        if self.traits.statements:
            with store.write():
                store.script(self.traits.statements)
        return store

    # Life

    def settings(self) -> Settings:
        """The settings of the workspace."""
        addresses = self.stage.sandbox.addresses
        profile = self.directory / "x3.toml"
        text = _X3_PROFILE.format(reads=self.traits.reads, keys=self.traits.keys)
        profile.write_text(text, encoding="utf-8")
        made: dict[str, Any] = {
            "workspace": {
                "name": "Simulation",
                "start_date": (BEGIN - timedelta(days=60)).date(),
                "mode": "live",
            },
            "x3": {
                "base_url": addresses.x3_url,
                "endpoint": addresses.endpoint,
                "username": addresses.x3_user,
                "page_size": self.traits.page_size,
                "payment": {"bank": {"US10": "USBNK", "CA10": "CABNK"}},
                "profile": str(profile),
            },
            "avidxchange": {
                "base_url": addresses.avid_url,
                "token_url": addresses.token_url,
                "client_id": addresses.client_id,
                "company_id": addresses.company_id,
                "max_concurrency": self.traits.concurrency,
            },
        }
        for section, members in self.traits.settings.items():
            made[section] |= members
        return Settings.model_validate(made)

    def start(self) -> None:
        """Take the workspace and start an engine with fresh clients."""
        self._lease = Lease.take(self.directory, patience_s=0)
        settings = self.settings()
        secrets = Credentials(self.store, Vault(FixedKey()))
        self._made = clients.connect(settings, self.directory, secrets, self.clock)
        tools = clients.tools_of(self._made, settings, self.store, self.clock, FixedKey().create)
        config: EngineConfig = replace(tools.config, **self.traits.engine)
        tools = pauses.guarded(replace(tools, config=config), settings)
        self.engine = LockstepEngine(tools, self.clock, self.between)
        self.engine.start()

    @property
    def running(self) -> LockstepEngine:
        """The engine, started when it is not."""
        if self.engine is None:
            self.start()
        assert self.engine is not None
        return self.engine

    @property
    def is_alive(self) -> bool:
        """Whether the engine's thread goes on."""
        thread = self.engine.thread if self.engine is not None else None
        return thread is not None and thread.is_alive()

    def stop(self) -> None:
        """End the engine as a front end does."""
        if self.engine is None:
            return
        self.clock.stop()
        assert self.engine.stop(_JOIN_S), "the engine did not end"
        self._let_go()

    def _let_go(self) -> None:
        self.engine = None
        if self._made is not None:
            for transport in self._made.transports:
                transport.close()
            self._made = None
        if self._lease is not None:
            self._lease.release()
            self._lease = None

    def close(self) -> None:
        """Let go of the store; the machine is of no more use."""
        self.store.close_thread()

    def again(self) -> Machine:
        """A new start on the same directory, after this one has ended."""
        self.close()
        return Machine(self.stage, self.directory, self.traits, self.between)

    def bury(self) -> None:
        """Tidy up after a kill: what was on the wire ends, nothing is written."""
        engine = self.engine
        assert engine is not None
        self.store.is_dead = True
        self.clock.stop()
        thread, work = engine.thread, engine.last_work
        if thread is not None:
            thread.join(_JOIN_S)
            assert not thread.is_alive(), "a killed engine goes on"
        if work is not None:
            work.lanes.close()
            for worker in threads_of(work.lanes):
                worker.join(_JOIN_S)
        self._let_go()

    # What is asked of it

    def sync(self, **order: Any) -> dict[str, Any]:
        """One run; its report.

        Raises:
            Crashed: the process was killed; `bury` it and start another.
            AppError: a fault of this computer ended the run.
        """
        future = self.running.sync(RunOrder(by="schedule", **order))
        report: dict[str, Any] = self._answer(future).report
        pauses.note(self.store, report, self.settings())
        return report

    def sign_in_again(self) -> None:
        """A person says that the credentials are good: a pause of either side ends."""
        self.stop()
        pauses.lift(self.store)

    def resolve(self, item: int, how: str, to: str = "") -> str:
        """Settle a review item; what was told, also when it was refused."""
        future = self.running.resolve(item, how, "because", to, "clerk")
        try:
            return str(self._answer(future)["text"])
        except (KeyError, ValueError) as error:
            return f"refused: {error}"

    def _answer(self, future: Future[Any]) -> Any:
        engine = self.running
        while not future.done():
            wait([future], timeout=_LOOK_S)
            if not future.done() and engine.thread is not None and not engine.thread.is_alive():
                raise Crashed
        try:
            return future.result()
        except (RuntimeError, CancelledError) as error:
            if engine.is_killed:
                raise Crashed from error
            raise

    def map(self, kind: str, drafts: Iterable[rules.RuleDraft]) -> None:
        """Lay mapping rows over a table."""
        with self.store.write():
            applied = rules.apply_rows(self.store, kind, list(drafts), replace=False, actor="clerk")
        assert not applied.refused

    def second_start(self) -> str:
        """Start the program once more on the same workspace; what is wrong, empty when refused."""
        if self.engine is None:
            self.start()
        try:
            Lease.take(self.directory, patience_s=0).release()
        except Held:
            return ""
        return "a second start took the workspace while the first one works"

    def backup(self, name: str) -> Path:
        """A copy of the store as it is now."""
        return self.store.backup(self.directory / "kept" / name)

    def restore(self, file: Path) -> None:
        """Put a copy in the store's place; the machine has been stopped and closed."""
        gc.collect()  # a statement that an exception still holds keeps the file in use
        backups.restore(self.directory, file, version=VERSION, clock=self.clock, actor="clerk")

    # Its facts, for the checker

    def facade(self) -> Facade:
        """The door that front ends use."""
        secrets = Credentials(self.store, Vault(FixedKey()))
        return Facade(
            Parts(
                directory=self.directory,
                store=self.store,
                key=FixedKey(),
                credentials=secrets,
                settings=self.settings,
                connect=lambda _clock: _refused(),
                probes=list,
                actor="clerk",
            )
        )

    def log(self) -> list[dict[str, Any]]:
        """The rows of the audit log, as they are exported."""
        file = self.directory / "audit.jsonl"
        self.facade().export_audit("jsonl", file)
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        return [line for line in lines if "sequence" in line]

    def plans(self) -> list[dict[str, Any]]:
        """Every action of every stored plan with its exact bytes, read from the file itself."""
        file = sqlite3.connect(self.directory / FILE)
        try:
            file.row_factory = sqlite3.Row
            return [dict(row) for row in file.execute(_EVIDENCE)]
        finally:
            file.close()


def _refused() -> Any:
    raise AssertionError("the checker asks neither system")
