"""The property of reading: whatever happened in X3, the store equals it when all has come to rest.

One seed is a history of `reading_world` with polls between its changes: the engine's own reading,
its sweeps, a real store, and the real X3 client against the simulated X3 over HTTP on 127.0.0.1.
Polls are killed between two answers and begun again by a new start; rows change between pages. Two
promises are checked: after every poll that came to its end the store holds whatever was committed
within the overlap before it, and in the end it equals X3 in every row.
"""

from __future__ import annotations

import json
import queue
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from core import clients
from core.clock import SystemClock
from core.credentials import Credentials
from core.domain.canonical import instant_text
from core.engine import pull, sweeps
from core.engine.flows import FLOWS
from core.engine.lanes import Lanes
from core.engine.work import AP_LANE, READ_LANE, WRITE_LANE, RunOrder, Tools, Work
from core.sandbox import server
from core.settings import Settings
from core.store import plans, values
from core.store.invoices import invoice_rows
from core.store.records import documents
from core.store.sqlite import Store
from core.vault import FixedKey, Vault
from tests.engine.reading_world import (
    ACCOUNT,
    BEGIN,
    INVOICE,
    ITEM,
    SUPPLIER,
    Key,
    Row,
    World,
    masters_of,
)

#: What keeps reading honest -> the flows whose sweeps it is ("overlap" is a setting).
GUARDS: dict[str, tuple[str, ...]] = {
    "overlap": (),
    "look_back": ("x3:invoice", "x3:open_item"),
    "unfinished": ("x3:unfinished",),
    "whole": ("x3:supplier", "x3:gl_account"),
}
#: How a site tells changes: by stamps with a time, or by dates.
KINDS = ("datetime", "date")
_ENTITIES = {ITEM: "open_item", SUPPLIER: "supplier", ACCOUNT: "gl_account"}
_PROFILE = """profile_version = 1
name = "reading"
[limits]
keys_per_request = {keys}
[times]
read_retry_s = [0.05]
[entity_defaults]
change_kind = "{kind}"
"""


class Killed(Exception):
    """The process ended between two answers."""


class MovedClock(SystemClock):
    """The computer's clock: the servers' plus what it is wrong by."""

    def __init__(self, world: World, wrong_by: timedelta) -> None:
        super().__init__()
        self._world = world
        self._wrong_by = wrong_by

    def now(self) -> datetime:
        """Aware UTC, standing still between two steps of the history."""
        return self._world.at + self._wrong_by


@dataclass
class Outcome:
    """What a seed showed; `problems` is empty when the property holds."""

    seed: int
    problems: list[str]
    polls: int = 0
    killed: int = 0
    kind: str = ""


class Reader:
    """One computer with one store; a new one on the same directory is a restart."""

    def __init__(self, directory: Path, sandbox: server.Sandbox, world: World, plan: Plan) -> None:
        self.world = world
        self.plan = plan
        clock = MovedClock(world, plan.wrong_by)
        self.store = Store.open(directory, version="0", clock=clock, is_sandbox=True)
        secrets = Credentials(self.store, Vault(FixedKey()))
        addresses = sandbox.addresses
        if "x3.password" not in values.secret_names(self.store):
            secrets.set("x3.password", addresses.x3_password, actor="test")
            secrets.set("avidxchange.client_secret", addresses.client_secret, actor="test")
        profile = directory / "profile.toml"
        text = _PROFILE.format(keys=plan.keys, kind=plan.kind)
        profile.write_text(text, encoding="utf-8")
        settings = _settings(addresses, profile, plan)
        self.made = clients.connect(settings, directory, secrets, clock)
        self.tools: Tools = clients.tools_of(
            self.made, settings, self.store, clock, FixedKey().create
        )

        self._mailbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._lanes = Lanes({READ_LANE: 1, WRITE_LANE: 1, AP_LANE: 1}, self._mailbox)

    def close(self) -> None:
        """End it; what is committed stays."""
        self._lanes.close()
        self.made.close()
        self.store.close_thread()

    def poll(self, between: Callable[[], None]) -> None:
        """One run's reading; `between` is called before each answer is taken."""

        def pump(is_done: Callable[[], bool], _deadline: float | None) -> None:
            while not is_done():
                arrived = self._mailbox.get(timeout=60)
                between()
                arrived.then(arrived.answer)

        with self.store.write():
            run = plans.begin_run(self.store, by="test", mode="live", only="")
        order = RunOrder(by="test")
        work = Work(self.tools, self._lanes, order, run, pump, _nothing, _nothing)
        wanted = [f for f in FLOWS if f.name in ("x3:supplier", "x3:gl_account", "x3:invoice")]
        pull.pull(work, wanted)
        self._take_away_guard()
        sweeps.sweep(work)
        if work.failures or work.tally.errors:
            raise AssertionError(f"reading failed: {work.failures} {work.tally.errors}")

    def _take_away_guard(self) -> None:
        """Let the sweeps of the guard that is taken away look as if they had just been made."""
        with self.store.write():
            for name in GUARDS.get(self.plan.without, ()):
                for kind in ("day", "week"):
                    now = instant_text(self.tools.clock.now())
                    values.put_setting(self.store, f"sweep.{kind}.{name}", now)

    def is_under_way(self) -> bool:
        """Whether a killed poll left a place to go on from."""
        marks = values.bookmarks(self.store).items()
        return any(m.progress for name, m in marks if not name.startswith("sweep:"))

    def held(self) -> dict[Key, Row]:
        """What the store holds and does not know to be gone, in the form of `World.truth`."""
        found: dict[Key, Row] = {}
        for row in invoice_rows(self.store, with_gone=False):
            found[INVOICE, row.number] = _invoice_facts(json.loads(row.body))
        for name, entity in _ENTITIES.items():
            for body in documents(self.store, entity):
                key, facts = _facts(name, json.loads(body))
                found[name, key] = facts
        return found


@dataclass
class Plan:
    """What a seed fixes beforehand, and which guard is taken away."""

    kind: str
    page_size: int
    keys: int
    wrong_by: timedelta
    without: str = ""

    @classmethod
    def of(cls, chance: random.Random, kind: str, without: str) -> Plan:
        """Draw one; the same whatever the kind, which is drawn too when it is empty."""
        drawn = chance.choice(("datetime", "datetime", "date"))
        return cls(
            kind=kind or drawn,
            page_size=chance.choice((1, 2, 3, 5, 8, 20, 50)),
            keys=chance.choice((1, 3, 25)),
            wrong_by=timedelta(minutes=chance.choice((0, 0, 3, -3, 100, -100))),
            without=without,
        )


@dataclass(frozen=True)
class Stage:
    """The simulated X3 that seeds are played on, one after another."""

    sandbox: server.Sandbox
    masters: dict[str, list[Row]]


def run_seed(
    stage: Stage, directory: Path, seed: int, *, kind: str = "", without: str = ""
) -> Outcome:
    """Play one history and say what the store got wrong; the same seed, the same history.

    `kind` is one of `KINDS`, drawn when it is empty; `without` takes one of `GUARDS` away.
    """
    sandbox = stage.sandbox
    chance = random.Random(seed)
    plan = Plan.of(chance, kind, without)
    world = World(sandbox.state, chance, dates=plan.kind == "date")
    world.hold_clock()
    sandbox.state.set_value("x3.change_kind", plan.kind)
    with sandbox.state.lock:
        world.fill(stage.masters)
    outcome = Outcome(seed, [], kind=plan.kind)
    player = _Player(sandbox, directory, world, plan, outcome)
    try:
        player.play()
    finally:
        player.reader.close()
    return outcome


class _Player:
    def __init__(
        self,
        sandbox: server.Sandbox,
        directory: Path,
        world: World,
        plan: Plan,
        outcome: Outcome,
    ) -> None:
        self._place = (directory, sandbox)
        self.reader = Reader(directory, sandbox, world, plan)
        self.world = world
        self.plan = plan
        self.outcome = outcome
        self.chance = world.chance

    def play(self) -> None:
        """Changes and polls, then rest: a day's sweeps, a week's, and one poll more."""
        for _ in range(self.chance.randint(3, 7)):
            self.world.move(timedelta(seconds=self.chance.choice((5, 70, 900, 3600, 90_000))))
            for _ in range(self.chance.randint(0, 4)):
                self.world.act()
                self.world.move(timedelta(seconds=self.chance.choice((0, 0, 1, 40, 400))))
            self._poll(is_calm=False)
        for days in (1.1, 7.1, 1.1):
            self.world.move(timedelta(days=days))
            self._poll(is_calm=True)
        differences = _differences(self.world.truth(), self.reader.held())
        self.outcome.problems += [f"at the end: {text}" for text in differences]

    def _poll(self, *, is_calm: bool) -> None:
        self.outcome.polls += 1
        is_fresh = not self.reader.is_under_way()
        must_know = dict(self.world.prompt)
        was_first = not values.bookmark(self.reader.store, "x3:open_item").value
        draw = self.chance.random()
        kill_at = self.chance.randint(1, 12) if draw < 0.3 and not is_calm else 0
        shaken = 0.0 if is_calm else self.chance.choice((0, 0, 0.1, 0.3))
        answers = 0

        def between() -> None:
            nonlocal answers
            answers += 1
            if answers == kill_at:
                raise Killed
            if self.chance.random() < shaken:
                self.world.act()

        try:
            self.reader.poll(between)
        except Killed:
            self.outcome.killed += 1
            self.reader.close()
            self.reader = Reader(*self._place, self.world, self.plan)
            return
        if is_fresh:
            self._check_fresh(must_know, was_first=was_first)

    def _check_fresh(self, must_know: dict[Key, int], *, was_first: bool) -> None:
        """What was committed in time before this poll, and left alone since, is known."""
        truth = self.world.truth()
        held = self.reader.held()
        for key, change in must_know.items():
            if self.world.prompt.get(key) != change or key not in truth:
                continue
            # The first reading, which lasts until one is seen, asks for open ones only.
            is_first = key not in held or was_first
            is_settled = key[0] == ITEM and truth[key]["closed"] != 1 and is_first
            if held.get(key) != truth[key] and not is_settled:
                text = f"{key}: {held.get(key)} is not {truth[key]}"
                self.outcome.problems.append(f"after poll {self.outcome.polls}: {text}")


def _differences(truth: dict[Key, Row], held: dict[Key, Row]) -> Iterator[str]:
    numbers = {key for name, key in truth if name == INVOICE}
    for key, facts in truth.items():
        if key[0] == ITEM and key[1].split("~")[1] not in numbers:
            continue
        if key not in held:
            yield f"{key} is missing"
        elif held[key] != facts:
            yield f"{key}: {held[key]} is not {facts}"
    for key in held.keys() - truth.keys():
        yield f"{key} is gone in X3 and not known to be"


def _invoice_facts(body: Row) -> Row:
    lines = body.get("lines", [])
    return {
        "changed": _instant(body.get("changed", "")),
        "lines": [(n["line"], Decimal(n["net"]), n.get("description", "")) for n in lines],
        "reference": body.get("reference", ""),
        "status": body["status"],
        "entry": body["posting_number"],
    }


def _facts(name: str, body: Row) -> tuple[str, Row]:
    facts: Row = {"changed": _instant(body.get("changed", ""))}
    if name == ITEM:
        facts |= {"paid": Decimal(body["paid"]), "closed": body["closed"]}
        facts["approval"] = body["approval"]
        return "~".join(str(body[n]) for n in ("type", "number", "line", "due_line")), facts
    facts["name"] = body["name"]
    return (body["code"] if name == SUPPLIER else f"{body['chart']}~{body['account']}"), facts


def _instant(text: str) -> str:
    return text.replace(".000000", "")


def _settings(addresses: server.Addresses, profile: Path, plan: Plan) -> Settings:
    return Settings.model_validate(
        {
            "workspace": {
                "name": "Reading",
                "start_date": (BEGIN - timedelta(days=60)).date(),
                "mode": "live",
            },
            "x3": {
                "base_url": addresses.x3_url,
                "endpoint": addresses.endpoint,
                "username": addresses.x3_user,
                "profile": str(profile),
                "page_size": plan.page_size,
                "overlap_minutes": 0 if plan.without == "overlap" else 10,
            },
            "avidxchange": {
                "base_url": addresses.avid_url,
                "token_url": addresses.token_url,
                "client_id": addresses.client_id,
                "company_id": addresses.company_id,
            },
        }
    )


def _nothing(*_: Any) -> None:
    """Nobody looks on."""


@contextmanager
def simulated_x3() -> Iterator[Stage]:
    """One simulated X3 for many seeds."""
    sandbox = server.start(None, seed=1, invoices=0)
    try:
        yield Stage(sandbox, masters_of(sandbox.state))
    finally:
        sandbox.stop()
