"""The reconciliation campaign: planted differences are found to the cent, and large books in time.

    python -m tests.campaigns.reconciling --each 1000 --clean 20000 --sizes 5000,50000 --write

First both sides of a store are filled: clean documents and, of every cause, so many with one
difference that is written down when it is made. The statement must say of each document what was
written down, and nothing else; the clean books alone must have no difference. Then books of two
sizes are reconciled by the command as a person runs it, in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from core.domain.money import Money
from core.domain.policy import Policy
from core.domain.reconcile import Statement, flat, state_of
from core.domain.reconcile_books import Period, kept, of_json, to_json
from core.domain.reconcile_parts import CAUSES
from core.engine import month_end
from core.store import snapshots
from core.store.sqlite import Store
from core.version import VERSION
from tests.campaigns import sections
from tests.campaigns.planted_books import NOW, PLANTS, Books, clean, two_at_once
from tests.cli.cli_site import ROOT, child_environment

OCTOBER = Period(2026, 10)
POLICY = Policy(endpoint="PROD", start_date=date(2026, 1, 1))
HEADING = "Reconciliation of planted differences"
_LOT = 2000
SETTINGS = """[workspace]
name = "Campaign"
start_date = 2026-01-01
[x3]
base_url = "http://127.0.0.1:1"
endpoint = "PROD"
username = "WS"
[avidxchange]
base_url = "http://127.0.0.1:1"
token_url = "http://127.0.0.1:1/token"
client_id = "c"
company_id = "C-1"
"""


@dataclass
class Timed:
    """One command: how large the books were, how long it took, and its highest memory.

    `cpu_s` is what it computed; `seconds` grow with what else the machine does.
    """

    invoices: int
    items: int
    payments: int
    seconds: float
    cpu_s: float
    megabytes: float
    status: int


@dataclass
class Figures:
    """What was planted and found by cause, in cents; all is well while `problems` is empty."""

    documents: int = 0
    planted: Counter[str] = field(default_factory=Counter)
    planted_minor: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    found_minor: Counter[str] = field(default_factory=Counter)
    clean_lines: int = 0
    timed: list[Timed] = field(default_factory=list)
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


def opened(folder: Path) -> Store:
    """A store as the program makes it, and the settings of a site that nobody reaches."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "settings.toml").write_text(SETTINGS, encoding="utf-8")
    return Store.open(folder, version=VERSION, clock=lambda: NOW, is_sandbox=False)


def reconciled(store: Store) -> Statement:
    """The statement of both sides as the program makes it, by way of a snapshot."""
    books = kept(month_end.books_of(store, POLICY, OCTOBER), OCTOBER)
    again = of_json(snapshots.unpacked(snapshots.draft(to_json(books))))
    return state_of(again, OCTOBER, is_as_of_today=False)


def fill(store: Store, books: Books, number: int) -> None:
    """So many clean documents."""
    for at in range(number):
        clean(books)
        if at % _LOT == _LOT - 1:
            books.store(store)
    books.store(store)


def plant(each: int, clean_ones: int, folder: Path, figures: Figures, *, seed: int = 1) -> None:
    """Clean books first, then with every difference; both statements are compared."""
    store = opened(folder)
    try:
        books = Books(seed)
        fill(store, books, clean_ones)
        before = reconciled(store)
        figures.clean_lines = len(before.differences)
        if before.differences:
            lines = [(line.cause, line.amount) for line in before.differences]
            figures.problems.append(f"clean books differ: {lines[:5]}")
        for maker in (*PLANTS.values(), two_at_once):
            for _ in range(each):
                maker(books)
            books.store(store)
        statement = reconciled(store)
        compare(books, statement, figures)
        figures.documents = clean_ones + each * (len(PLANTS) + 1)
    finally:
        store.close_thread()


def compare(books: Books, statement: Statement, figures: Figures) -> None:
    """Document by document, cause by cause, cent by cent."""
    found: dict[tuple[str, str, str, str, str], int] = defaultdict(int)
    for line in statement.differences:
        for part in line.parts:
            key = (part.company, part.currency, part.step, part.cause, part.document)
            found[key] += part.amount
    for key, amount in books.expected.items():
        figures.planted[key[3]] += 1
        figures.planted_minor[key[3]] += amount
    for key, amount in found.items():
        figures.found[key[3]] += 1
        figures.found_minor[key[3]] += amount
    wrong = [
        f"{key}: {books.expected.get(key, 0)} planted, {found.get(key, 0)} found"
        for key in sorted(books.expected.keys() | found.keys())
        if books.expected.get(key, 0) != found.get(key, 0)
    ]
    figures.problems += wrong[:20]
    if not statement.adds_up():
        figures.problems.append("the statement does not add up")
    if len(list(flat(statement))) < len(found):
        figures.problems.append("a part is missing from the flat list")


# --- large books -----------------------------------------------------------------------------


def timed(size: int, folder: Path, figures: Figures) -> None:
    """Books of `size` invoices with an open item each and payments for most, by the command."""
    store = opened(folder)
    try:
        books = Books(size)
        makers = [*PLANTS.values()]
        payments = 0
        for at in range(size):
            # Of ten, six have a payment on its way, one is clean, three differ in some other way.
            maker = PLANTS["issued_not_cleared"] if at % 10 < 6 else makers[at % len(makers)]
            maker = clean if at % 10 == 9 else maker
            maker(books)
            if at % _LOT == _LOT - 1:
                payments += len(books.payments)
                books.store(store)
        payments += len(books.payments)
        books.store(store)
    finally:
        store.close_thread()
    figures.timed.append(_run(size, payments, folder, figures))


#: Starts a command and tells what it took: a small process of its own, because what a child is
#: said to have used at most begins with what its parent holds.
_WATCH = """
import json, os, sys, time
began = time.monotonic()
out = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ, file_actions=[
    (os.POSIX_SPAWN_DUP2, out, 1)])
_, status, usage = os.wait4(child, 0)
print(json.dumps([os.waitstatus_to_exitcode(status), time.monotonic() - began,
                  usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
"""


def _run(size: int, payments: int, folder: Path, figures: Figures) -> Timed:
    out = folder / "lines.jsonl"
    command = [
        sys.executable, "-c", _WATCH, str(out), sys.executable, str(ROOT / "main.py"),
        "reconcile", "--period", "2026-10", "--json", "--data-dir", str(folder),
    ]  # fmt: skip
    done = subprocess.run(
        command, stdout=subprocess.PIPE, env=child_environment(folder), check=True
    )
    status, seconds, cpu, megabytes = json.loads(done.stdout)
    last = json.loads(out.read_bytes().splitlines()[-1])
    if status not in (0, 3) or not last.get("totals"):
        figures.problems.append(f"the command ended with {status}")
    measured = (round(seconds, 1), round(cpu, 1), round(megabytes, 1))
    return Timed(size, size, payments, *measured, status)


def campaign(
    each: int, clean_ones: int, sizes: list[int], folder: Path, *, seed: int = 1
) -> Figures:
    """Both parts."""
    began, figures = time.monotonic(), Figures()
    plant(each, clean_ones, folder / "planted", figures, seed=seed)
    for size in sizes:
        timed(size, folder / f"books-{size}", figures)
    figures.seconds = round(time.monotonic() - began, 1)
    return figures


def tables_of(figures: Figures) -> str:
    """The figures as tables of docs/measurements.md."""
    lines = [
        f"{figures.documents:,} documents; lines of the clean ones alone: {figures.clean_lines}.",
        "",
        "| cause | planted | found | planted, both currencies | found, both currencies |",
        "| --- | --: | --: | --: | --: |",
    ]
    for cause in CAUSES:
        planted = Money(figures.planted_minor[cause], "USD").amount
        found = Money(figures.found_minor[cause], "USD").amount
        lines.append(
            f"| {cause} | {figures.planted[cause]} | {figures.found[cause]} | {planted:,} "
            f"| {found:,} |"
        )
    if figures.timed:
        lines += ["", "| invoices | open items | payments | seconds | CPU s | peak memory, MB |"]
        lines.append("| --: | --: | --: | --: | --: | --: |")
        lines += [
            f"| {t.invoices:,} | {t.items:,} | {t.payments:,} | {t.seconds} | {t.cpu_s} "
            f"| {t.megabytes} |"
            for t in figures.timed
        ]
    return "\n".join(lines)


def main() -> int:
    """Run it, print the tables and a closing line; 1 when something is not as planted."""
    parser = argparse.ArgumentParser(description="plants differences and reconciles")
    parser.add_argument("--each", type=int, default=1000)
    parser.add_argument("--clean", type=int, default=20_000)
    parser.add_argument("--sizes", default="5000,50000")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="into docs/measurements.md")
    options = parser.parse_args()
    sizes = [int(size) for size in options.sizes.split(",") if size]
    with tempfile.TemporaryDirectory() as folder:
        figures = campaign(options.each, options.clean, sizes, Path(folder), seed=options.seed)
    text = tables_of(figures)
    problems = "\n".join(figures.problems) or "no problems"
    sys.stdout.write(f"{text}\n{problems}\n{figures.seconds} s\n")
    if options.write and not figures.problems:
        command = f"python -m tests.campaigns.reconciling --each {options.each}"
        made = f"Command: `{command} --clean {options.clean} --sizes {options.sizes}`"
        why = (
            "Planted and found are compared document by document. Time and memory are those of "
            "`reconcile --json` in a process of its own, reading, snapshot and all."
        )
        sections.put(HEADING, f"{made} · {sections.made_on()}\n\n{why}\n\n{text}")
    return 1 if figures.problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
