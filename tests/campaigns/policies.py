"""Exactly once under every policy: a third of the answers is lost, and work is done after it.

    python -m tests.campaigns.policies [--invoices 400] [--pace 1] [--only CASE] [--write]

Each case is a whole site of its own: both simulated systems in one process, the program in others.
Five cases submit invoices, one for each idempotency policy of AvidXchange (avidxchange.md 2.12,
7.15), with lists that are 3 s behind and submissions committed 60 s after their connection broke.
In four more the lists are 150 s behind, later than the last look-up, so that what is there already
is sent again and only the server's policy keeps it single (under `none` nothing could).
Two cases post payments in X3, found again by `query` and by reading.

Answers are lost before the work, after it, and with the work done after the client had stopped
waiting. The five come at the contract's own times; the others have these and the servers' delays
divided alike (the column *times*), as they would wait for most of an hour. `--pace` multiplies all.
The invoices are entered once and every case begins with a copy of that site; cases are played
beside each other. At the end everything is worked out from the servers' tables and their journal
of requests.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.acceptance.accept_site import Desk, Served, connect, desk_in, is_quiet, serving
from tests.acceptance.truth_cli import World, look
from tests.campaigns import sections
from tests.campaigns.policies_site import (
    ANSWER_S,
    INVOICE_LOOKUPS_S,
    PAYMENT_LOOKUPS_S,
    START,
    entered,
    write_times,
)

POLICIES = ("contract", "key_ignored", "return_existing", "replay_errors", "none")
BEHIND = {f"{policy}, lists 150 s behind": policy for policy in POLICIES if policy != "none"}
LOOKUPS = {"payments, REF by query": "soap", "payments, REF by reading": "read"}
CASES = (*POLICIES, *BEHIND, *LOOKUPS)
LOST = ("reset_before", "reset_after", "timeout_after", "late_commit", "delay")
HEADING = "Exactly once under every policy"
#: How fast a case goes that the issue gives no times for; the five policies go at 1.
PACES = dict.fromkeys(BEHIND, 0.5) | dict.fromkeys(LOOKUPS, 0.25)
_LAG_S, _LONG_LAG_S, _LATE_S = 3.0, 150.0, 60.0
_LATEST_PAYMENT_S = 150.0  # before the last look-up, as a late submission is
_SHARES = {"reset_before": 1 / 9, "reset_after": 1 / 9, "late_commit": 4 / 45, "timeout": 1 / 45}
_REFUSED = 0.03
_LOT = 100
_COLUMNS = (
    "case", "times", "eligible", "there", "answers lost", "sent again", "duplicates", "lost",
    "in doubt left", "with a person", "of these refused", "seconds", "problems",
)  # fmt: skip
_BY_PERSON = ("DBT-01", "FIT-01")


@dataclass(frozen=True)
class Plan:
    """How many documents, and by how much all times are multiplied."""

    invoices: int = 400
    pace: float = 1.0
    seed: int = 1


@dataclass
class Figures:
    """What a case found; all is well while `problems` is empty."""

    case: str
    pace: float = 1.0
    eligible: int = 0
    there: int = 0
    answers_lost: int = 0
    sent_again: int = 0
    duplicates: int = 0
    lost: int = 0
    in_doubt_left: int = 0
    with_a_person: int = 0
    refused: int = 0
    seconds: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


class Case:
    """One site, the desk beside it, and what is found there."""

    def __init__(self, found: Figures, plan: Plan, served: Served, desk: Desk) -> None:
        self.found = found
        self.plan = plan
        self.served = served
        self.desk = desk

    def say(self, *words: object) -> None:
        """Note a problem."""
        self.found.problems.append(" ".join(str(word) for word in words))

    def run(self, *, wait_s: float = 5.0) -> dict[str, Any]:
        """One run of the program; what it reports."""
        ran = self.desk.run("sync", "--json", "--wait", str(wait_s), timeout=1800)
        if ran.status not in (0, 3) or "Traceback" in ran.err:
            self.say("a run ended with", ran.status, ran.out[:400], ran.err[:400])
        report: dict[str, Any] = ran.json if ran.out else {}
        return report

    def settle(self) -> None:
        """Run on until a run finds nothing to do; doubts are carried over from run to run."""
        last = max(INVOICE_LOOKUPS_S + PAYMENT_LOOKUPS_S) * self.plan.pace
        self.run()
        for _ in range(8):
            report = self.run(wait_s=min(600.0, last + 5))
            if not report or is_quiet(report):
                return
        self.say("not quiet in the end:", report)

    def world(self) -> World:
        """Both systems' tables as they are now."""
        return look(self.served, self.served.mapping(), START)

    def lose(self, system: str, operation: str, latest: Sequence[float]) -> None:
        """From now on a third of the answers to this operation is lost."""
        silence = "delay" if system == "x3" else "timeout_after"
        late = dict(zip(("seconds", "most_seconds"), latest, strict=False))
        args = {"late_commit": late, silence: {"seconds": ANSWER_S * 2}}
        entries, left = [], 1.0
        for kind, share in _SHARES.items():
            # One fault is drawn after the other: the later ones see only what the earlier leave.
            name = silence if kind == "timeout" else kind
            more = {"share": share / left, "args": args.get(name, {})}
            entries.append((system, operation, name, more))
            left -= share
        self.served.faults(*entries)

    def struck(self) -> None:
        """Count how often each fault has struck."""
        for fault in self.served.ask("faults"):
            self.found.faults[fault["kind"]] += fault["used"]
        self.found.answers_lost = sum(self.found.faults[kind] for kind in LOST)
        if not (self.found.faults["reset_before"] and self.found.faults["reset_after"]):
            self.say("too few faults struck:", dict(self.found.faults))

    def tries(self, operation: str) -> dict[str, list[str]]:
        """What became of each request that carried a reference, oldest first."""
        tried: dict[str, list[str]] = {}
        for entry in self.served.journal():
            if entry["operation"] == operation and entry["reference"]:
                tried.setdefault(entry["reference"], []).append(entry["fault"])
        return tried

    def with_person(
        self, items: list[dict[str, Any]], tried: dict[str, list[str]], known: set[str]
    ) -> set[str]:
        """Documents that wait for a person; nobody may be asked without need.

        The need is there when both sends were lost and the document is not there, or when it was
        refused. Where lists are later than the last look-up it may be there, for nobody to see.
        """
        waiting: set[str] = set()
        for item in items:
            documents = {item["document"], *item["documents"]}
            waiting |= documents
            self.found.refused += len(documents) if item["code"] == "FIT-01" else 0
            if item["code"] not in _BY_PERSON:
                self.say("an item that nothing here asks for:", item)
            elif documents & known and self.found.case not in BEHIND:
                self.say("a person was asked about what is there:", item["code"], documents & known)
            elif item["code"] == "DBT-01":
                self._check_need(documents, tried)
        return waiting

    def _check_need(self, documents: set[str], tried: dict[str, list[str]]) -> None:
        for reference, faults in tried.items():
            if document_of(reference) in documents and (len(faults) != 2 or not all(faults)):
                self.say("a person was asked without need:", reference, faults)

    def ask(self, tried: dict[str, list[str]], due: set[str], there: set[str]) -> None:
        """Note how it stands before a person does anything, then answer as one who has looked."""
        items = self.desk.reviews()
        waiting = self.with_person(items, tried, there)
        self.found.with_a_person = len(waiting)
        self.found.sent_again = sum(len(faults) - 1 for faults in tried.values())
        self.found.in_doubt_left = self.desk.run("status", "--json").json["in_doubt"]
        if due - there - waiting:
            self.say("neither there nor with a person:", sorted(due - there - waiting)[:5])
        if left := self.found.in_doubt_left:
            self.say("in doubt without a person:", left)
        if often := {name: faults for name, faults in tried.items() if len(faults) > 2}:
            self.say("sent more than twice:", often)
        # Under `replay_errors` the answer may be that it had been refused: asked once more.
        self.answer(items)
        self.answer(self.desk.reviews() if items else [])

    def answer(self, items: list[dict[str, Any]]) -> None:
        """Send again what waits for a person, by now with all answers arriving."""
        for item in items:
            order = ("--how", "send_again", "--reason", "It is not there")
            ran = self.desk.run("review", "resolve", str(item["id"]), *order)
            if ran.status != 0:
                self.say("item", item["id"], ran.status, ran.err)
        if items:
            self.settle()

    def close(self, due: set[str], rows: dict[str, list[Any]], world: World) -> None:
        """The end: everything due is there once, and both systems and the program agree."""
        found = self.found
        found.eligible = len(due)
        found.there = sum(map(len, rows.values()))
        found.duplicates = sum(len(same) - 1 for same in rows.values())
        found.lost = len(due - rows.keys())
        found.problems += world.check()
        status = self.desk.run("status", "--json").json
        wrong = {name: word for name, word in status["invariants"].items() if word != "ok"}
        if wrong or status["in_doubt"]:
            self.say("status:", wrong, "in doubt", status["in_doubt"])
        if left := self.desk.reviews():
            self.say("still with a person:", left)
        verified = self.desk.run("audit", "verify")
        if verified.status != 0:
            self.say("audit verify:", verified.out, verified.err)


def document_of(reference: str) -> str:
    """The document that a reference names: an X3 invoice or an AvidXchange payment."""
    return reference.split("|")[3] if "|" in reference else reference.removeprefix("AVD")


def play(name: str, plan: Plan, entered: Path, folder: Path) -> Figures:
    """Play one case on a copy of a site to its end; one that breaks off ends no other."""
    began = time.monotonic()
    plan = replace(plan, pace=plan.pace * PACES.get(name, 1.0))
    found = Figures(name, plan.pace)
    shutil.copytree(entered, folder / "site")
    try:
        _play(found, plan, folder)
    except (AssertionError, OSError, subprocess.SubprocessError) as error:
        found.problems.append(f"broken off: {type(error).__name__} {error}"[:400])
    found.seconds = time.monotonic() - began
    return found


def _play(found: Figures, plan: Plan, folder: Path) -> None:
    name = found.case
    with serving(folder / "site", invoices=0, seed=plan.seed) as served:
        desk = connect(desk_in(folder / "desk"), served)
        write_times(desk, plan.pace, LOOKUPS.get(name, "soap"))
        served.value("avid.lag_seconds", plan.pace * (_LONG_LAG_S if name in BEHIND else _LAG_S))
        case = Case(found, plan, served, desk)
        if name in LOOKUPS:
            _post(case)
        else:
            _submit(case, BEHIND.get(name, name))


def _submit(case: Case, policy: str) -> None:
    """Submit all invoices under a policy; some are refused by chance."""
    case.served.value("avid.policy", policy)
    case.lose("avid", "submit_invoice", [_LATE_S * case.plan.pace])
    refusal = {"share": _REFUSED, "args": {"messages": ["Something is wrong with the item"]}}
    case.served.faults(("avid", "submit_invoice", "item_error", refusal))
    case.settle()
    case.struck()
    case.served.calm()
    world = case.world()
    due = {row["NUM"] for row in world.rows("x3:PINVOICE") if not world.obstacles(row)}
    case.ask(case.tries("submit_invoice"), due, set(world.there))
    world = case.world()
    case.close(due, world.there, world)
    if len(due) != case.plan.invoices:
        case.say("eligible are", len(due), "of", case.plan.invoices)


def _post(case: Case) -> None:
    """Post a payment of half of each invoice, all of them issued."""
    case.run()
    there = case.world().there
    numbers = sorted(there)
    if len(numbers) != case.plan.invoices:
        case.say("sent are", len(numbers), "of", case.plan.invoices)
    for at in range(0, len(numbers), _LOT):
        steps: list[dict[str, Any]] = []
        for row in (there[number][0] for number in numbers[at : at + _LOT]):
            steps.append({"name": "approve", "args": {"invoice": row["Id"]}})
            # Half of it: X3 itself refuses to pay one that is paid whole a second time.
            half = f"{Decimal(row['Amount']) / 2:.2f}"
            pay = {"invoices": [row["Id"]], "amounts": [half], "status": "Issued to Supplier"}
            steps.append({"name": "pay", "args": pay})
        case.served.act("avid.play", steps=steps)
    time.sleep(_LAG_S * case.plan.pace)
    latest = [seconds * case.plan.pace for seconds in (5.0, _LATEST_PAYMENT_S)]
    case.lose("x3", "save", latest)
    case.settle()
    case.struck()
    case.served.calm()
    world = case.world()
    due = {str(row["PaymentId"]) for row in world.rows("avid:payment")}
    case.ask(case.tries("save"), due, {document_of(name) for name in world.postings})
    world = case.world()
    rows = {document_of(name): same for name, same in world.postings.items()}
    case.close(due, rows, world)


def campaign(
    names: Sequence[str], plan: Plan, folder: Path, *, beside: int = len(CASES)
) -> list[Figures]:
    """Play so many cases beside each other: most of their time is waiting."""
    site = entered(plan.invoices, plan.seed, folder / "entered")
    with ThreadPoolExecutor(beside) as pool:
        many = len(names)
        places = [folder / str(place) for place in range(many)]
        return list(pool.map(play, names, [plan] * many, [site] * many, places))


def table(found: Iterable[Figures]) -> str:
    """The figures as a Markdown table, a row for each case."""
    lines = [
        f"| {' | '.join(_COLUMNS)} |",
        "| --- |" + " --: |" * 11 + " --- |",
    ]
    lines += [
        f"| {one.case} | {one.pace:g} | {one.eligible} | {one.there} | "
        f"{one.answers_lost} | {one.sent_again} | "
        f"{one.duplicates} | {one.lost} | {one.in_doubt_left} | {one.with_a_person} | "
        f"{one.refused} | {one.seconds:.0f} | {'; '.join(one.problems) or 'none'} |"
        for one in found
    ]
    return "\n".join(lines) + "\n"


def closing_line(found: Sequence[Figures]) -> str:
    """One line that says how it went."""
    total = Counter[str]()
    for one in found:
        total.update(lost=one.lost, duplicates=one.duplicates, left=one.in_doubt_left)
        total.update(answers=one.answers_lost, problems=len(one.problems))
    return (
        f"{len(found)} cases, {total['answers']} answers lost: {total['duplicates']} duplicates, "
        f"{total['lost']} lost, {total['left']} in doubt without a person, "
        f"{total['problems']} problems, {max(one.seconds for one in found):.0f} s"
    )


def _write(order: str, found: Sequence[Figures]) -> None:
    sections.put(
        HEADING,
        f"Command: `python -m tests.campaigns.policies{order}` · {sections.made_on()}\n\n"
        f"A third of all answers is lost. Lists 3 s behind (150 s where the row says so), "
        f"submissions committed 60 s after their connection broke, payments up to 150 s; look-ups "
        f"at the contracts' times. In rows whose *times* are not 1 all of these are multiplied by "
        f"it. *With a person*: sent twice with both answers lost and not there, or refused; "
        f"*there*, *duplicates* and *lost* are counted after these were sent again.\n\n"
        f"{closing_line(found)}.\n\n{table(found)}",
    )


def main(arguments: list[str]) -> int:
    """Play all cases and write their figures to standard output; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(description="Lose a third of all answers.")
    parser.add_argument("--invoices", type=int, default=400)
    parser.add_argument("--pace", type=float, default=1.0, help="all times are multiplied by it")
    parser.add_argument("--beside", type=int, default=len(CASES), help="cases at the same time")
    parser.add_argument("--only", choices=CASES, action="append", help="this case; may be repeated")
    parser.add_argument("--write", action="store_true", help="renew the section of measurements.md")
    options = parser.parse_args(arguments)
    plan = Plan(options.invoices, options.pace)
    with tempfile.TemporaryDirectory(prefix="policies-") as folder:
        found = campaign(options.only or CASES, plan, Path(folder), beside=options.beside)
    sys.stdout.write(f"{table(found)}\n{closing_line(found)}\n")
    if options.write:
        _write("".join(f" {word}" for word in arguments if word != "--write"), found)
    return 1 if any(one.problems or one.duplicates or one.lost for one in found) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
