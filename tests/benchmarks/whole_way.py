"""The whole way beside a bare loop of `requests`, and beside dlt; what is known and costs nothing.

    python -m tests.benchmarks.whole_way [--write] [--invoices 4000] [--dlt PYTHON]

A new workspace reads X3, plans, sends every invoice to AvidXchange and settles it in the store,
with everything on: intents, look-ups, audit chain, seals. Both systems are one quick process of
their own (`quick_systems`), answering at once and after 20 ms. The bare loop then sends the very
requests that our run made, with as many threads toward each side. `--dlt` names a Python that has
dlt. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks import audit_entries, known
from tests.benchmarks.bare_loop import Width, replay
from tests.benchmarks.quick_documents import ENDPOINT
from tests.benchmarks.quick_site import Quick, Workspace, quick_systems
from tests.campaigns import sections

ROOT = Path(__file__).resolve().parents[2]
HEADING = "The whole way beside a bare loop and dlt"
READS = 2
_SAID = (
    "`python -m tests.benchmarks.whole_way --write`: a new workspace reads X3 (pages of 200 "
    "headers, each invoice with its lines), plans, looks up, sends each invoice and settles it, "
    "with all intents, audit chain and seals; both systems are one quick process of their own. "
    "*Bare loop*: the very requests of our run by `requests` with as many threads toward each "
    "side (2 and the width), nothing kept or decided; *lean* is the same with `trust_env` off. "
    "Figures are invoices a second; *%* is the time of the loop by ours. dlt: rest_api source, "
    "each record sent by a custom destination, one a batch, one job at 0 ms and 8 at 20 ms. "
    "At 0 ms ours and the loop take turns five times, and the middle stands here."
)
_QUIET_RUNS = 7
_ROUNDS_AT_0_MS = 5  # without pauses the machine's own moods are a tenth of what is measured


@dataclass(frozen=True, slots=True)
class Case:
    """Width toward AvidXchange, and how long an answer takes."""

    delay_s: float
    width: int
    is_limit_known: bool = True


CASES = (Case(0.0, 4), Case(0.0, 8), Case(0.02, 8), Case(0.02, 8, is_limit_known=False))


@dataclass(frozen=True, slots=True)
class Found:
    """What one case took: seconds, and how many requests a run makes."""

    case: Case
    invoices: int
    requests: float
    ours_s: float
    cpu_s: float
    bare_s: float
    lean_s: float
    dlt_s: float | None


def carry(base: str, width: int, *, is_limit_known: bool) -> dict[str, float]:
    """One run of a new workspace, in this process."""
    with tempfile.TemporaryDirectory() as made:
        workspace = Workspace(Path(made), base, width=width, is_limit_known=is_limit_known)
        cpu = time.process_time()
        result, took_s = workspace.sync()
        cpu = time.process_time() - cpu
        workspace.close()
    return {"took_s": took_s, "cpu_s": cpu, "sent": result.report["sent"]}


def again(base: str, width: int, *, is_lean: bool) -> dict[str, float]:
    """The recorded requests by a bare loop, in this process."""
    recorded = Quick(base).order("recorded")
    Quick(base).order("reset", value=False)
    took_s = replay(base, recorded, Width(READS, width), is_lean=is_lean)
    return {"took_s": took_s, "requests": len(recorded)}


def make_known(base: str, count: int, directory: str) -> dict[str, float]:
    """A workspace in which so many are known; two runs after it find nothing, all is looked at."""
    workspace = known.make(Path(directory), Quick(base), count)
    workspace.sync()
    workspace.sync()
    workspace.close()
    return {}


def nothing_new(base: str, directory: str) -> dict[str, float]:
    """Runs that find nothing new in a workspace that is there, in this process."""
    workspace = Workspace(Path(directory), base, width=8, is_limit_known=True)
    runs = []
    for _ in range(_QUIET_RUNS):
        cpu = time.process_time()
        result, took_s = workspace.sync()
        runs.append((took_s, time.process_time() - cpu))
        if result.report["planned"] or result.report["review"] or result.exit_status:
            raise SystemExit(f"there was something to do: {result.report}")
    workspace.close()
    return {
        "took_s": statistics.median(took_s for took_s, _ in runs),
        "cpu_s": statistics.median(cpu for _, cpu in runs),
        "most_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


_PARTS: dict[str, Callable[..., dict[str, float]]] = {
    "carry": carry,
    "again": again,
    "make_known": make_known,
    "nothing_new": nothing_new,
}


def in_its_process(part: str, **given: Any) -> dict[str, float]:
    """A part of the measurement in a process of its own, so that none warms up another."""
    command = [sys.executable, "-m", "tests.benchmarks.whole_way", "--part", part]
    command += ["--given", json.dumps(given)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=ROOT)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measure(case: Case, invoices: int, dlt: Path | None) -> Found:
    """Ours, the bare loop twice and dlt, on the same systems; of several rounds the middle."""
    with quick_systems() as quick:
        times = 1 if case.delay_s else _ROUNDS_AT_0_MS
        rounds = [_round(quick, case, invoices) for _ in range(times)]
        dlt_s = by_dlt(quick, case, invoices, dlt) if dlt else None
    middle = {name: statistics.median(one[name] for one in rounds) for name in rounds[0]}
    return Found(case, invoices, dlt_s=dlt_s, **middle)


def _round(quick: Quick, case: Case, invoices: int) -> dict[str, float]:
    """Our run, then what it asked for by the bare loop: members of `Found`."""
    quick.order("invoices", [0, invoices])
    quick.order("delay", case.delay_s)
    quick.order("reset", value=True)
    ours = in_its_process(
        "carry", base=quick.base, width=case.width, is_limit_known=case.is_limit_known
    )
    if ours["sent"] != invoices or quick.order("counted")["stored"] != invoices:
        raise SystemExit(f"{ours['sent']} of {invoices} were sent")
    recorded = quick.order("recorded")
    found = {"requests": len(recorded), "ours_s": ours["took_s"], "cpu_s": ours["cpu_s"]}
    for name, is_lean in (("bare_s", False), ("lean_s", True)):
        quick.order("record", recorded)
        found[name] = in_its_process("again", base=quick.base, width=case.width, is_lean=is_lean)[
            "took_s"
        ]
        if quick.order("counted")["stored"] != invoices:
            raise SystemExit("the bare loop has not sent the same")
    quick.order("reset", value=False)
    return found


def by_dlt(quick: Quick, case: Case, invoices: int, python: Path) -> float:
    """The seconds that dlt takes to move the same invoices: with one job, with width 8 with 8."""
    jobs = 8 if case.delay_s else 1
    with tempfile.TemporaryDirectory() as made:
        script = ROOT / "tests" / "benchmarks" / "dlt_loop.py"
        command = [str(python), str(script), quick.base, ENDPOINT, str(jobs), made]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    if told["sent"] != invoices:
        raise SystemExit(f"dlt sent {told['sent']} of {invoices}")
    return float(told["took_s"])


def table(found: list[Found]) -> str:
    """One row for each case."""
    lines = [
        "| after | width | limit | invoices | requests | ours | CPU s | bare | % | lean % | dlt |",
        "| --: | --: | --- | --: | --: | --: | --: | --: | --: | --: | --: |",
    ]
    for one in found:
        case = one.case
        limit = "known to be none" if case.is_limit_known else "not known"
        dlt = "" if one.dlt_s is None else f"{one.invoices / one.dlt_s:,.0f}"
        lines.append(
            f"| {case.delay_s * 1000:.0f} ms | {case.width} | {limit} | {one.invoices:,} |"
            f" {one.requests:,.0f} | {one.invoices / one.ours_s:,.0f} | {one.cpu_s:.1f} |"
            f" {one.invoices / one.bare_s:,.0f} | {100 * one.bare_s / one.ours_s:.0f} |"
            f" {100 * one.lean_s / one.ours_s:.0f} | {dlt} |"
        )
    return "\n".join(lines)


def quiet_table(counts: list[int]) -> str:
    """Runs with nothing new, the first count as the measure of the others."""
    lines = [
        "| known invoices | a run with nothing new, s | CPU s | CPU, times the first | memory MB |",
        "| --: | --: | --: | --: | --: |",
    ]
    first = 0.0
    for count in counts:
        with quick_systems() as quick, tempfile.TemporaryDirectory() as made:
            in_its_process("make_known", base=quick.base, count=count, directory=made)
            one = in_its_process("nothing_new", base=quick.base, directory=made)
        first = first or one["cpu_s"]
        times = f"{one['cpu_s'] / first:.2f}"
        lines.append(
            f"| {count:,} | {one['took_s']:.2f} | {one['cpu_s']:.2f} | {times} |"
            f" {one['most_mb']:.0f} |"
        )
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Measure, and write the tables to standard output."""
    parser = argparse.ArgumentParser(description="Carry invoices the whole way, and compare.")
    parser.add_argument("--invoices", type=int, default=4000, metavar="N")
    parser.add_argument("--known", type=int, nargs="*", default=[1000, 100_000], metavar="N")
    parser.add_argument("--audit", type=int, default=1_000_000, metavar="N", help="0 = leave out")
    parser.add_argument("--dlt", type=Path, metavar="PYTHON", help="a Python that has dlt")
    parser.add_argument(
        "--write", action="store_true", help="renew its section of the measurements"
    )
    parser.add_argument("--part", choices=sorted(_PARTS), help=argparse.SUPPRESS)
    parser.add_argument("--given", type=json.loads, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.part:
        sys.stdout.write(json.dumps(_PARTS[options.part](**options.given)) + "\n")
        return 0
    parts = []
    if options.invoices:
        parts.append(table([measure(case, options.invoices, options.dlt) for case in CASES]))
    if options.known:
        parts.append(quiet_table(options.known))
    if options.audit:
        parts.append(audit_entries.table(audit_entries.measure(options.audit)))
    text = "\n\n".join(parts)
    sys.stdout.write(f"{text}\n")
    if options.write:
        sections.put(HEADING, f"{_SAID}\n\n{sections.made_on()}\n\n{text}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
