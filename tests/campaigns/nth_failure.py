"""Every call fails once: the Nth of its kind, for N = 1, 2, 3 … until a run does not reach N.

    python -m tests.campaigns.nth_failure --jobs 2 --write

Each N begins with the same files: a store and both simulated systems in the middle of their life,
with invoices to send, levels to write, a payment to post and a daily copy to make. One `sync`, a
process of its own entering by `main.main`, meets the failure (`tests/campaigns/failing.py`). It
must end by itself with a status and a text of the catalogue, or well where the failure was
harmless; then runs without failures must bring everything to its end: nothing twice, nothing lost,
the log whole.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.sandbox import server
from tests.acceptance.accept_site import Ran, Served, connect, desk_in, enter, is_quiet
from tests.acceptance.truth_cli import look
from tests.campaigns.failing import KINDS
from tests.campaigns.forking import Forge, Running
from tests.campaigns.kill_judge import START, Figures, compare
from tests.campaigns.kill_shots import Forked
from tests.campaigns.ledger import Table, core_hash

_LONGEST_S = 90.0
_LAST_RUNS = 4
_SHOWN = 10
_CODE = re.compile(r"\b[A-Z]{3}-\d\d\b")
_OWN_FAULT = "Crossfoot stopped by a fault of its own"
COLUMNS = (
    "day", "core", "kind", "from", "to", "every", "N reached", "failed runs", "harmless",
    "statuses", "duplicates and losses", "problems", "seconds",
)  # fmt: skip
INTRODUCTION = (
    "Command: `python -m tests.campaigns.nth_failure --jobs 2 --write`. “N reached” is the number "
    "of calls of the kind in one full sync without a failure; “harmless” are failures after which "
    "the run ended with status 0 or 3 all the same; “statuses” counts how the runs that met the "
    "failure ended."
)
TABLE = Table("The Nth call fails", INTRODUCTION, COLUMNS)


@dataclass
class Found:
    """What the failures of one kind did; all is well while `problems` is empty."""

    kind: str
    reached: int = 0
    runs: int = 0
    harmless: int = 0
    statuses: dict[int, int] = field(default_factory=dict)
    wrong_documents: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


class Place:
    """A prepared site in a folder, brought back for each N."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept, self.site, self.desk_folder = folder / "kept", folder / "site", folder / "desk"
        self._ports = (0, 0)
        plain = desk_in(self.desk_folder)
        self.forge = Forge(plain.environment, folder / "said")
        self.desk = Forked(plain.directory, plain.environment, forge=self.forge)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _prepare(self) -> None:
        """Live up to the moment of the run that is to fail, and keep the files."""
        with self.served() as served:
            connect(self.desk, served, read="3", x3="overlap_minutes = 1")
            numbers = [enter(served, f"{100 + n}.00", post=n < 5) for n in range(6)]
            self.desk.sync()
            for number in numbers[:3]:
                served.act("avid.approve", invoice=number)
            served.act("avid.pay", invoices=[numbers[0], numbers[1]], status="Cleared")
            self.desk.sync()
            served.act("avid.pay", invoices=[numbers[2]], status="Cleared")
            served.act("avid.approve", invoice=numbers[3])
            served.act("avid.hold", invoice=numbers[4])
            served.act("avid.approve", invoice=numbers[5])
            for amount in ("201.00", "202.00", "203.00"):
                enter(served, amount, post=amount != "202.00")
        for made in (self.desk.directory / "backups").glob("*"):
            made.unlink()
        shutil.copytree(self.site, self.kept / "site")
        shutil.copytree(self.desk_folder, self.kept / "desk")

    def fresh(self) -> None:
        """Put the kept files back."""
        for name, place in (("site", self.site), ("desk", self.desk_folder)):
            shutil.rmtree(place)
            shutil.copytree(self.kept / name, place)

    @contextmanager
    def served(self) -> Iterator[Served]:
        """Both systems on the files of the moment, always at the same addresses."""
        x3, avid = self._ports
        running = server.start(
            self.site / "sandbox", seed=1, invoices=0, x3_port=x3, avid_port=avid
        )
        addresses = running.addresses
        self._ports = tuple(
            int(url.rpartition(":")[2]) for url in (addresses.x3_url, addresses.avid_url)
        )  # type: ignore[assignment]  # two of them
        try:
            served = Served(vars_of(addresses), self.site)
            served.value("avid.lag_seconds", 0)
            served.value("avid.policy", "none")
            yield served
        finally:
            running.stop()

    def close(self) -> None:
        """End what was started."""
        self.forge.close()


def vars_of(addresses: server.Addresses) -> dict[str, str]:
    """The addresses by name."""
    return {name: getattr(addresses, name) for name in addresses.__dataclass_fields__}


def one(place: Place, kind: str, nth: int, found: Found) -> bool:
    """A run whose Nth call fails, and what follows; whether it reached N."""
    place.fresh()
    report = place.folder / "report.json"
    report.unlink(missing_ok=True)
    with place.served() as served:
        desk = place.desk
        fail = {
            "kind": kind, "nth": nth, "report": str(report), "directory": str(desk.directory),
        }  # fmt: skip
        ran = desk.shot("sync", "--json", fail=fail, stop=_not_for_ever)
        told: dict[str, Any] = {"seen": 0, "what": "hung"}
        if report.exists():
            told = json.loads(report.read_text())
        found.reached = found.reached if nth else int(told["seen"])
        if nth and not told["what"]:
            return False
        problems = ended_wrongly(kind, ran) if nth else []
        if ran.status in (0, 3) and not (ran.json["errors"] or ran.json["in_doubt"]):
            problems += [f"not told: {text}" for text in undone(desk, served)]
        after, lost = brought_to_its_end(place, desk, served)
        found.wrong_documents += lost
        found.problems += [f"{kind} {nth} ({told['what']}): {text}" for text in problems + after]
        found.runs += 1
        found.harmless += ran.status in (0, 3)
        found.statuses[ran.status] = found.statuses.get(ran.status, 0) + 1
    return True


def _not_for_ever(running: Running) -> None:
    running.is_over(_LONGEST_S)


def ended_wrongly(kind: str, ran: Ran) -> list[str]:
    """What is wrong with how a run ended that met a failure."""
    text = ran.out + ran.err
    if ran.status < 0:
        return [f"it did not end in {_LONGEST_S:.0f} s"]
    if "Traceback" in text:
        return [f"a traceback was shown: {text[-500:]}"]
    if ran.status in (0, 3):
        return []
    is_told = _CODE.search(ran.err) or (ran.out and _CODE.search(json.dumps(ran.json["errors"])))
    if not is_told and not (kind == "clock" and _OWN_FAULT in ran.err):
        return [f"status {ran.status} without a code: {ran.err[-300:]} {ran.out[:300]}"]
    return []


def brought_to_its_end(place: Place, desk: Forked, served: Served) -> tuple[list[str], int]:
    """Runs without failures, then the comparison; the problems, and how many are of documents."""
    figures, wrong = Figures(), ["no run was made"]
    for _ in range(_LAST_RUNS):
        ran = desk.run("sync", "--json")
        if ran.status not in (0, 3):
            return [f"the run after it ended with {ran.status}: {ran.err[-400:]}"], 0
        wrong = undone(desk, served)
        if not wrong and not ran.json["in_doubt"] and is_done(ran.json):
            break
    compare(desk, served, place.folder / "copy", figures)
    return wrong + figures.problems, len(wrong)


def undone(desk: Forked, served: Served) -> list[str]:
    """What is not as it should be when everything has come to its end."""
    world = look(served, served.mapping(), START)
    items = desk.reviews() if world.check() else []
    excused = {name for item in items for name in (item["document"], *item["documents"])}
    return world.check(waiting=excused)


def is_done(report: Mapping[str, Any]) -> bool:
    """Whether a run wrote all that it had planned."""
    return is_quiet(report) or not report["errors"]


def one_kind(place: Place, kind: str, *, start: int = 1, every: int = 1, end: int = 0) -> Found:
    """All N of a kind, or every so manieth; N stops where a run does not reach it, or at `end`."""
    found, began = Found(kind), time.monotonic()
    one(place, kind, 0, found)
    found.runs, found.harmless, found.statuses = 0, 0, {}
    nth = start
    while (not end or nth <= end) and one(place, kind, nth, found):
        nth += every
    found.seconds = time.monotonic() - began
    return found


def row_of(found: Found, core: str, start: int, every: int) -> dict[str, object]:
    """The figures of a kind as cells of the table."""
    statuses = ", ".join(f"{status}: {n}" for status, n in sorted(found.statuses.items()))
    return {
        "day": datetime.now(UTC).date().isoformat(),
        "core": core,
        "kind": found.kind,
        "from": start,
        "to": start + every * max(0, found.runs - 1),
        "every": every,
        "N_reached": found.reached,
        "failed_runs": found.runs,
        "harmless": found.harmless,
        "statuses": statuses,
        "duplicates_and_losses": found.wrong_documents,
        "problems": len(found.problems),
        "seconds": round(found.seconds),
    }


def main(arguments: list[str]) -> int:
    """Run the kinds and say what came of each; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(description="Let the Nth call of each kind fail.")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--from", type=int, default=1, dest="start")
    parser.add_argument("--to", type=int, default=0, help="last N; 0: until N is not reached")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="kinds at the same time")
    parser.add_argument("--write", action="store_true", help="rows into docs/measurements.md")
    options = parser.parse_args(arguments)
    core, wrong = core_hash(), 0

    def kind_of(kind: str) -> int:
        with tempfile.TemporaryDirectory() as made:
            place = Place(Path(made))
            try:
                found = one_kind(
                    place, kind, start=options.start, every=options.every, end=options.to
                )
            finally:
                place.close()
        row = row_of(found, core, options.start, options.every)
        said = row | {"problems": found.problems[:_SHOWN]}
        sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")
        sys.stdout.flush()
        if options.write:
            TABLE.append(**row)
        return len(found.problems)

    with ThreadPoolExecutor(options.jobs) as pool:
        wrong = sum(pool.map(kind_of, options.kinds))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
