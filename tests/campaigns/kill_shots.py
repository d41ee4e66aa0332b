"""How a kill campaign kills: at each named place in turn, and at moments of chance.

A shot prepares what its place needs, starts the command with `CRASH_AT`, and says whether it died.
"""

from __future__ import annotations

import random
import shutil
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.acceptance.accept_site import Desk, Ran, Served
from tests.acceptance.truth_cli import look
from tests.campaigns.forking import Forge, Running
from tests.campaigns.kill_judge import START, Figures

DIED = 137  # what a process that died at a named place ends with
_WRITING = (
    "intent.uncommitted", "intent.committed", "request.half", "answer.heard", "answer.taken",
    "settle.uncommitted", "settle.committed",
)  # fmt: skip
IN_A_RUN = (
    *(f"{side}.{name}" for name in _WRITING for side in ("x3", "avidxchange")),
    "bookmark.uncommitted", "plan.uncommitted", "run.uncommitted",
)  # fmt: skip
OTHERS = (
    "resolve.uncommitted", "resolve.committed", "backup.copied", "restore.saved",
    "restore.replaced", "file.written", "migration.step",
)  # fmt: skip
POINTS = (*IN_A_RUN, *OTHERS)
_NTH = {"bookmark.uncommitted": 12, "plan.uncommitted": 2, "run.uncommitted": 1}
_USUAL_NTH = 4
_FINE = (0, 3, 4)  # how a run may end by itself among faults


@dataclass
class Forked(Desk):
    """A desk whose commands are forks of one loaded process."""

    forge: Forge = field(kw_only=True)

    def run(self, *arguments: str, stdin: bytes = b"", timeout: float = 55) -> Ran:
        """Run one command to its end."""
        if stdin:
            return super().run(*arguments, stdin=stdin, timeout=timeout)
        return self.shot(*arguments)

    def shot(self, *arguments: str, **how: Any) -> Ran:
        """Run one command that may not come to its end; `how` as `Forge.run` has it."""
        return self.forge.run(*arguments, "--data-dir", str(self.directory), **how)


@dataclass
class Range:
    """Where the shots are made: a desk, the systems it works with, chance, and what was found."""

    desk: Forked
    served: Served
    chance: random.Random
    figures: Figures
    folder: Path
    supplier: str  # whose invoices go through as they are
    usual_s: float = 1.0  # of a run; moments of chance lie within it

    def at_random(self) -> bool:
        """A run killed after a random time, or soon after a random number of writes."""
        began = time.monotonic()
        stop = self._some_time if self.chance.random() < 0.5 else self._some_writes
        ran = self.desk.shot("sync", "--json", stop=stop)
        if ran.status == -signal.SIGKILL:
            self.figures.at_random += 1
            return True
        self.ended(ran)
        self.usual_s = 0.7 * self.usual_s + 0.3 * (time.monotonic() - began)
        return False

    def _some_time(self, running: Running) -> None:
        running.is_over(self.chance.uniform(0.02, self.usual_s))

    def _some_writes(self, running: Running) -> None:
        goal = self.served.writes() + self.chance.choice((1, 1, 2, 3, 5, 8, 13))
        while not running.is_over(0.004) and self.served.writes() < goal:
            pass
        running.is_over(self.chance.uniform(0.0, 0.03))

    def at(self, point: str) -> bool:
        """A command that dies at this place; false when it came to its end before."""
        special: dict[str, Callable[[str], Ran | None]] = {
            "resolve.uncommitted": self._resolve,
            "resolve.committed": self._resolve,
            "backup.copied": self._backup,
            "restore.saved": self._restore,
            "restore.replaced": self._restore,
            "file.written": self._export,
            "migration.step": self._migrate,
        }
        ran = special.get(point, self._run)(point)
        if ran is None:
            return False
        if ran.status == DIED:
            self.figures.named[point] += 1
            return True
        self.ended(ran)
        return False

    def ended(self, ran: Ran) -> None:
        """A command that was not killed must have ended well."""
        self.figures.runs_whole += 1
        if ran.status not in _FINE or "Traceback" in ran.out + ran.err:
            self.figures.wrong("a command ended with", ran.status, ran.out[-300:], ran.err)

    def _run(self, point: str) -> Ran:
        nth = self.chance.randint(1, _NTH.get(point, _USUAL_NTH))
        ran = self.desk.shot("sync", "--json", crash_at=f"{point}:{nth}")
        if ran.status in _FINE and nth > 1:
            self.ended(ran)
            self.served.advance()
            ran = self.desk.shot("sync", "--json", crash_at=point)
        return ran

    def _resolve(self, point: str) -> Ran | None:
        """Leave out for good what must not be sent anyway, so that the truth stays as it is."""
        world = look(self.served, self.served.mapping(), START)
        kept_out = {
            row["NUM"]
            for row in world.rows("x3:PINVOICE")
            if row["ACCDAT"] >= START and world.obstacles(row)
        }
        for item in self.desk.reviews():
            documents = {item["document"], *item["documents"]} - {""}
            if "exclude" in item["how"] and documents and documents <= kept_out - set(world.there):
                words = ("--how", "exclude", "--reason", "It is not ours")
                return self.desk.shot("review", "resolve", str(item["id"]), *words, crash_at=point)
        return None

    def _backup(self, point: str) -> Ran:
        """The copy of the day; it stands in for a person's, which the next restore uses."""
        for made in (self.desk.directory / "backups").glob("daily-*"):
            made.unlink()
        ran = self.desk.shot("sync", "--json", crash_at=point)
        kept = self.desk.run("backup", "--out", str(self.folder / "kept.db"))
        if kept.status != 0:
            self.figures.wrong("backup:", kept.status, kept.err)
        return ran

    def _restore(self, point: str) -> Ran | None:
        """Put an older store in place; what was sent since must not be sent again."""
        if not (self.folder / "kept.db").exists():
            return None
        return self.desk.shot("restore", str(self.folder / "kept.db"), crash_at=point)

    def _export(self, point: str) -> Ran:
        target = self.folder / "exports" / "gl.csv"
        ran = self.desk.shot("map", "export", "gl", str(target), crash_at=point)
        done = self.desk.run("map", "export", "gl", str(target))
        if done.status != 0:
            self.figures.wrong("export after a kill:", done.status, done.err)
        return ran

    def _migrate(self, point: str) -> Ran:
        """A new workspace that dies while its tables are made, and is opened again."""
        place = self.folder / "fresh"
        shutil.rmtree(place, ignore_errors=True)
        fresh = Forked(place, self.desk.environment, forge=self.desk.forge)
        ran = fresh.shot("secret", "list", "--json", crash_at=point)
        for again in (fresh.run("secret", "list", "--json"), fresh.run("audit", "verify")):
            if again.status != 0:
                self.figures.wrong("after a kill in a migration:", again.status, again.err)
        return ran
