"""Plays one seed: a small world, its faults, its people and its computer, then rest and judgement.

Everything is drawn from the seed. After the schedule the faults end, and the program runs until
nothing changes any more; what both systems committed is then compared with what the program says.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import threading
import traceback
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from core.errors import AppError
from tests.simulation import checker, guards, occasions
from tests.simulation.clerk import Clerk
from tests.simulation.engine import Killed
from tests.simulation.facts import Facts, Notes, gather
from tests.simulation.guards import Surgery
from tests.simulation.machine import Crashed, Machine, Traits
from tests.simulation.stage import Stage
from tests.simulation.weather import Weather
from tests.simulation.world import World

_POLICIES = ("key_ignored", "return_existing", "replay_errors", "none")
_MOST_CALM_RUNS = 9


@dataclass
class Outcome:
    """What a seed showed; `problems` is empty when every promise holds."""

    seed: int
    problems: list[str] = field(default_factory=list)
    trace: list[str] = field(default_factory=list)
    runs: int = 0
    killed: int = 0
    restored: int = 0
    struck: dict[str, int] = field(default_factory=dict)
    sent: int = 0
    posted: int = 0


def play(stage: Stage, place: Path, seed: int, *, guard: str = "") -> Outcome:
    """Play one seed in a directory that is made for it and removed; `guard` is taken away.

    What breaks off a seed is a problem of it.
    """
    random.seed(seed)  # back-offs of the clients draw from it
    with guards.without(guard) as surgery:
        player = Player(stage, place, seed, surgery)
        try:
            player.play()
        except Exception as error:  # noqa: BLE001 - told with its seed, the others are played
            told = traceback.extract_tb(error.__traceback__)[-1]
            text = f"broken off by {type(error).__name__} in {told.name}: {error}"
            player.outcome.problems.append(text[:400])
            player.outcome.trace += traceback.format_exc().splitlines()
        finally:
            player.end()
            shutil.rmtree(place, ignore_errors=True)
    return player.outcome


class Player:
    """One seed under way."""

    def __init__(self, stage: Stage, place: Path, seed: int, surgery: Surgery) -> None:
        self.stage = stage
        self._surgery = surgery
        self.outcome = Outcome(seed)
        self.chance = random.Random(f"play {seed}")
        stage.begin(place)
        self.world = World(stage, random.Random(f"world {seed}"))
        self.weather = Weather(stage, random.Random(f"weather {seed}"), self.world.note)
        self.clerk = Clerk(self.world, random.Random(f"clerk {seed}"))
        self.outcome.trace = self.world.trace
        self.occasion = occasions.of(seed, self.world)
        self.machine = Machine(stage, place, self._traits(), self.between)
        self.backups: list[Path] = []
        self.earlier: list[Facts] = []
        self.notes = Notes(clocks=[(stage.state.now(), self.machine.traits.wrong_by)])
        self._previewed = ""
        self._shaken = 0.0
        self._kill_while = ""
        self._kill_at = 0
        self._steps = 0
        self._is_under_way = False

    def _traits(self) -> Traits:
        chance = self.chance
        made = Traits(
            page_size=chance.choice((1, 2, 3, 5, 20, 50)),
            keys=chance.choice((1, 3, 25)),
            reads=chance.choice((1, 1, 1, 2)),
            concurrency=chance.choice((1, 1, 1, 3)),
            wrong_by=timedelta(minutes=chance.choice((0, 0, 0, 0, 2, -2, 90, -90))),
        )
        if self.occasion:
            made = self.occasion.traits(made)
        surgery = self._surgery
        return replace(
            made, engine=surgery.engine, statements=tuple(surgery.statements), **surgery.traits
        )

    # The schedule

    def play(self) -> None:
        """All of it."""
        self._begin()
        for _ in range(self.chance.randint(3, 6)):
            self._pass_time()
            self._live()
            if self.occasion:
                self.occasion.before_run(self)
            self._run()
        self._rest()
        self.outcome.struck = self.weather.struck
        found = self._facts()
        self.outcome.problems += checker.problems(found)

    def _facts(self) -> Facts:
        decided = self.clerk.decided
        return gather(self.machine, self.stage, self.earlier, decided, self.notes)

    def _now(self) -> str:
        return self.stage.state.now().isoformat(timespec="microseconds")

    def _begin(self) -> None:
        state = self.stage.state
        if self.chance.random() < 0.3:
            policy = self.chance.choice(_POLICIES)
            state.set_value("avid.policy", policy)
            self.weather.may_duplicate = False
            self.world.note(f"policy {policy}")
        state.set_value("avid.lag_seconds", self.chance.choice((0, 2, 2, 20, 100)))
        self.world.fill()
        self.clerk.map_suppliers(self.machine, self.chance.choice((1.0, 1.0, 0.7)))
        if self.chance.random() < 0.3:
            self.back_up()
        if self.occasion:
            self.world.note(f"a world of {self.occasion.about}")
            self.occasion.prepare(self)

    def _pass_time(self) -> None:
        gap = self.chance.choice((1, 15, 15, 15, 60, 300, 1440, 4320))
        self.stage.state.shift_clock(gap * 60)
        if self.chance.random() < 0.1:
            hours = self.chance.choice((1, 10, 60))
            self.stage.state.shift_clock(hours * 3600)
            self.machine.clock.slept += timedelta(hours=hours)
            self.world.note(f"the computer slept {hours} hours")

    def _live(self) -> None:
        """People on both sides, the clerk, and what befalls the computer."""
        for _ in range(self.chance.randint(1, 8)):
            self.world.step()
        draw = self.chance.random()
        if draw < 0.08:
            self.machine.stop()
            self.machine = self.machine.again()
            self.world.note("stopped and started")
        elif draw < 0.14:
            self._set_clock()
        elif draw < 0.22:
            self.back_up()
        elif draw < 0.32 and self.backups:
            self.restore(self.chance.choice(self.backups))
            if self.chance.random() < 0.4:
                self.world.change_lines()
        elif draw < 0.36:
            wrong = self.machine.second_start()
            self.outcome.problems += [wrong] if wrong else []
        elif draw < 0.6:
            self.clerk.decide(self.machine)
        elif draw < 0.66:
            self.clerk.change_mapping(self.machine)
        elif draw < 0.7:
            self.clerk.map_suppliers(self.machine, 1.0)
        elif draw < 0.76:
            self._sign_in_again()

    def _sign_in_again(self) -> None:
        """The clerk says that user and password are good."""
        self.machine.sign_in_again()
        self.machine = self.machine.again()
        self.world.note("the clerk lets it sign in again")

    def _set_clock(self) -> None:
        """Somebody sets the computer's clock, or it is daylight saving of a wrong kind."""
        by = timedelta(minutes=self.chance.choice((60, -60, 3, -3, 0)))
        self.machine.clock.wrong_by = by
        self.notes.clocks.append((self.stage.state.now(), by))
        self.machine.traits = replace(self.machine.traits, wrong_by=by)
        self.world.note(f"the computer's clock is wrong by {by}")

    def back_up(self) -> Path:
        """A copy of the store is made and kept."""
        self.backups.append(self.machine.backup(f"{len(self.backups)}.db"))
        self.world.note(f"backup {len(self.backups) - 1}")
        return self.backups[-1]

    def restore(self, file: Path) -> None:
        """An older store comes back; what the present one knows is kept as evidence only."""
        self.machine.stop()
        self.earlier.append(self._facts())
        self.machine.close()
        self.machine.restore(file)
        self.machine = self.machine.again()
        self.outcome.restored += 1
        self.notes.restores.append(self._now())
        self.world.note(f"restored {file.name}")

    # A run

    def _run(self) -> None:
        if self.chance.random() < 0.7:
            self.weather.brew(4)
        self._steps, self._kill_at = 0, 0
        self._shaken = self.chance.choice((0.0, 0.05, 0.3))
        draw = self.chance.random()
        if draw < 0.08:
            self._kill_at = self.chance.randint(1, 40)
        elif draw < 0.2:
            self._kill_while = self.chance.choice(("sending", "clearing", "clearing"))
        elif draw < 0.28:
            self._weaken()
        self._is_under_way = True
        self._sync()
        self._is_under_way = False
        self._kill_at, self._shaken, self._kill_while = 0, 0.0, ""
        self.machine.store.before_commit = self.machine.store.after_commit = None
        if self.chance.random() < 0.7:
            self.weather.calm()

    def _sync(self) -> None:
        self.outcome.runs += 1
        self.notes.runs.append(self._now())
        order = self._order()
        try:
            report = self.machine.sync(wait_s=self.chance.choice((0.0, 5.0, 5.0, 200.0)), **order)
        except Crashed:
            self.outcome.killed += 1
            self.machine.bury()
            self.machine = self.machine.again()
            self.world.note("killed; started again")
            for _ in range(self.chance.randint(0, 3)):
                self.world.meddle()  # while what was planned still waits
        except (AppError, sqlite3.Error) as error:
            self.world.note(f"the run ended: {type(error).__name__} {error}")
            if not self.machine.is_alive:  # the engine could not even begin: a front end does again
                self.machine.stop()
                self.machine = self.machine.again()
        else:
            self._tell(report)

    def preview(self) -> None:
        """A plan is made and shown; the next run most often applies it."""
        self.outcome.runs += 1
        self.notes.runs.append(self._now())
        self._tell(self.machine.sync(preview=True))

    def _order(self) -> dict[str, Any]:
        """A preview, the plan that was previewed last, or most often simply all."""
        plan, self._previewed = self._previewed, ""
        if plan and self.chance.random() < 0.7:
            self.world.note(f"applies {plan[:12]}")
            self.notes.applied.append((self._now(), plan))
            return {"plan": plan}
        return {"preview": True} if self.chance.random() < 0.15 else {}

    def _tell(self, report: dict[str, Any]) -> None:
        if report["mode"] == "preview":
            self._previewed = report["plan_hash"]
        self.outcome.sent += report["sent"]
        self.outcome.posted += report["payments_posted"]
        names = ("sent", "replaced", "withdrawn", "vendors", "approvals_written",
                 "payments_posted", "drifted", "in_doubt", "review")  # fmt: skip
        counts = " ".join(f"{name}={report[name]}" for name in names if report[name])
        errors = [f"{one['code']} {one['system']} {one['text'][:90]}" for one in report["errors"]]
        self.world.note(f"run {report['run']}: {counts} {errors}")

    def between(self) -> None:
        """Before each answer is taken: a kill, or something that people do meanwhile."""
        self._steps += 1
        self.stage.state.shift_clock(0.01)  # no two things happen at the same instant
        is_there = bool(self._kill_while) and self._kill_while in self.machine.running.doing
        if self._steps == self._kill_at or is_there:
            self.world.note(f"killed before answer {self._steps} {self._kill_while}")
            self._kill_while = ""
            raise Killed
        if self._shaken and self.chance.random() < self._shaken:
            self.world.meddle()
        if self.occasion and self._is_under_way:
            self.occasion.meanwhile(is_waiting="clearing" in self.machine.running.doing)

    def _weaken(self) -> None:
        """A write of the store fails, or the process dies right before or after one."""
        store, at = self.machine.store, self.chance.randint(1, 25)
        what = self.chance.choice(("full", "busy", "kill before", "kill after"))
        count = 0

        def strike() -> None:
            nonlocal count
            if threading.current_thread().name != "engine":
                return
            count += 1
            if count != at:
                return
            self.world.note(f"commit {at}: {what}")
            if what.startswith("kill"):
                store.is_dead = True
                raise Killed
            failure = sqlite3.OperationalError(what)
            code = sqlite3.SQLITE_FULL if what == "full" else sqlite3.SQLITE_BUSY
            failure.sqlite_errorcode = code
            raise failure

        if what == "kill after":
            store.after_commit = strike
        else:
            store.before_commit = strike

    # Rest

    def _rest(self) -> None:
        """No more faults and nobody does anything: run until nothing changes."""
        self._end_weather()
        self._part()
        last = self._seen()
        for _ in range(_MOST_CALM_RUNS):
            self.stage.state.shift_clock(26 * 3600)
            self.calm_run()
            seen = self._seen()
            if seen == last:
                return
            last = seen
        self.outcome.problems.append("it does not come to rest")

    def _end_weather(self) -> None:
        self.weather.calm()
        self.stage.state.set_value("x3.locks", {})
        self.world.note("rest")
        self._sign_in_again()
        self.stage.state.shift_clock(18 * 60)
        self.calm_run()

    def _part(self) -> None:
        """The next poll has to find what comes in now, whatever becomes of this one."""
        self.world.part()
        self.stage.state.shift_clock(15 * 60)
        self.world.enter()
        if self.chance.random() < 0.5:
            skip = self.chance.randint(0, 12)
            self.stage.sandbox.faults.add(
                [{"system": "x3", "operation": "query", "kind": "reset_before", "times": 4,
                  "skip": skip}]
            )  # fmt: skip
            self.world.note(f"X3 fails from the query after {skip} on")
        self.stage.state.shift_clock(5)
        self.calm_run()
        self.weather.calm()
        self.world.come_late()
        self.stage.state.shift_clock(4 * 60)
        self.calm_run()
        self.outcome.problems += checker.timely(self._facts())

    def calm_run(self) -> None:
        """A run that nobody and nothing disturbs."""
        self.outcome.runs += 1
        self.notes.runs.append(self._now())
        self._tell(self.machine.sync(wait_s=400.0))

    def _seen(self) -> list[Any]:
        """What must stay the same when all is at rest."""
        counted = self.stage.state.counters
        writes = ("submit_invoice", "replace_invoice", "withdraw_invoice", "upsert_vendors",
                  "save", "modify", "run")  # fmt: skip
        done = [counted.get(f"{s}.requests.{name}", 0) for s in ("x3", "avid") for name in writes]
        door = self.machine.facade()
        return [done, [(r["number"], r["state"], r["codes"]) for r in door.invoices()],
                [(r["payment_id"], r["state"], r["codes"]) for r in door.payments()],
                sorted(r["id"] for r in door.reviews())]  # fmt: skip

    def end(self) -> None:
        """Let go of everything."""
        with suppress(AssertionError):
            self.machine.stop()
        self.machine.close()
        self.stage.sandbox.faults.clear()
