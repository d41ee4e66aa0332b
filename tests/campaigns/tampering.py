"""The tampering campaign: an exported audit log is changed in every way, and each is found.

    python -m tests.campaigns.tampering --count 10000 --entries 1000000 --write

Logs come from a real store by its own export. One half of the tamperings is left as it is and must
be found by the file alone, with the row it concerns named; after the other half everything that
follows is recomputed, so that the file is whole in itself and only a head kept elsewhere tells.
Both verifiers judge: the one shipped beside exports (`packaging/verify_audit.py`) and the program's
own. At the end an untouched log of many entries is verified by the shipped one, in its own process.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core.store import audit_file, history
from core.store.sqlite import Store
from tests.campaigns import sections

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "packaging" / "verify_audit.py"
KINDS = ("flip", "delete", "insert", "swap", "cut")
HEADING = "Tampering with the audit log"
_LOT = 5000
_TEXTS = ("state", "answer", "received", "posted", "noted", "naïve \u2028 text")


@dataclass
class Figures:
    """What was done and what was not found; all is well while `problems` is empty."""

    tampered: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    named: Counter[str] = field(default_factory=Counter)
    entries: int = 0
    megabytes: float = 0.0
    verify_s: float = 0.0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


def verifier() -> Any:
    """The shipped script as a module, for its functions."""
    spec = importlib.util.spec_from_file_location("verify_audit_apart", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def exported(folder: Path, entries: int, seed: int) -> tuple[Path, str]:
    """A log of so many entries from a store of its own, as it is exported; its head."""
    chance = random.Random(seed)
    now = datetime(2026, 3, 1, tzinfo=UTC)

    def clock() -> datetime:
        return now

    store = Store.open(folder / f"store-{entries}", version="1", clock=clock, is_sandbox=True)
    try:
        left = entries
        while left:
            lot = min(left, _LOT)
            now += timedelta(minutes=1)
            with store.write():
                history.append_many(store, (_entry(chance) for _ in range(lot - 1)))
                history.seal(store, b"k" * 32, 1)
            left -= lot
        path = folder / f"log-{entries}.jsonl"
        _, head = history.export_jsonl(store, path)
        return path, head
    finally:
        store.close_thread()


def _entry(chance: random.Random) -> history.Entry:
    after = {"n": chance.randrange(10**6), "text": chance.choice(_TEXTS)}
    name = f"N{chance.randrange(10**5):05d}"
    return history.Entry("schedule", chance.choice(_TEXTS), name, None, after, "ok", 1)


# --- tampering -------------------------------------------------------------------------------


def tamper(kind: str, lines: list[bytes], chance: random.Random) -> tuple[list[bytes], int]:
    """The lines after one change, and the line (from 1) where the file no longer fits."""
    rows = len(lines) - 1  # the last line closes the file
    at = chance.randrange(rows)
    changed = list(lines)
    if kind == "flip":
        at = chance.randrange(rows + 1)
        line = bytearray(changed[at])
        line[chance.randrange(len(line))] ^= 1 << chance.randrange(8)
        changed[at] = bytes(line)
    elif kind == "delete":
        del changed[at]
    elif kind == "insert":
        copied = chance.randrange(rows)
        changed.insert(at + 1, changed[copied])
        # A copy of the very row that follows takes its place; then the old one is one too many.
        return changed, at + 2 + (copied == at + 1)
    elif kind == "swap":
        other = chance.choice([place for place in range(rows) if place != at])
        changed[at], changed[other] = changed[other], changed[at]
        at = min(at, other)
    else:
        return changed[: at + 1], at + 1
    return changed, at + 1


def rewritten(kind: str, lines: list[bytes], chance: random.Random) -> list[bytes]:
    """The lines after one change of their content, with every later hash made anew."""
    rows = [json.loads(line) for line in lines[:-1]]
    at = chance.randrange(len(rows))
    if kind == "flip":
        name = chance.choice(("actor", "action", "object", "after", "result", "version"))
        rows[at][name] = f"{rows[at][name]}!"
    elif kind == "delete":
        del rows[at]
    elif kind == "insert":
        rows.insert(at, dict(rows[chance.randrange(len(rows))]) | {"actor": "nobody"})
    elif kind == "swap":
        other = (at + chance.randrange(1, len(rows))) % len(rows)
        rows[at], rows[other] = rows[other], rows[at]
    else:
        del rows[max(1, at) :]
    return list(_chained(rows))


def _chained(rows: list[dict[str, Any]]) -> list[bytes]:
    """Rows numbered and hashed from the first, and the line that closes them."""
    previous, sealed_to = "0" * 64, 0
    made: list[bytes] = []
    for sequence, row in enumerate(rows, start=1):
        content = {name: row[name] for name in row if name not in ("previous", "hash")}
        content["sequence"] = sequence
        digest = hashlib.sha256((previous + _text(content)).encode()).hexdigest()
        made.append(_line(content | {"previous": previous, "hash": digest}))
        sealed_to = sequence if content["action"] == "seal" else sealed_to
        previous = digest
    return [*made, _line({"head": previous, "rows": len(rows), "sealed_to": sealed_to})]


def _text(members: dict[str, Any]) -> str:
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _line(members: dict[str, Any]) -> bytes:
    return f"{_text(members)}\n".encode()


# --- judging ---------------------------------------------------------------------------------


class Judge:
    """Writes a changed log and asks both verifiers."""

    def __init__(self, folder: Path, figures: Figures) -> None:
        self._path = folder / "tampered.jsonl"
        self._apart = verifier()
        self._figures = figures

    def apart(self, lines: list[bytes], head: str = "") -> str:
        """What the shipped verifier says against a file; empty when it is whole."""
        self._path.write_bytes(b"".join(lines))
        try:
            self._apart.read(self._path, head)
        except (self._apart.Broken, ValueError) as error:
            return str(error)
        return ""

    def ours(self, head: str = "") -> str:
        """What the program's own verifier says of the same file."""
        status, text = audit_file.verify_file(self._path, head)
        return text if status else ""

    def plain(self, kind: str, lines: list[bytes], chance: random.Random, mark: str) -> None:
        """A tampering that is left as it is: found by the file alone, its row named."""
        changed, line = tamper(kind, lines, chance)
        if changed == lines:
            return
        self._figures.tampered[kind] += 1
        text, own = self.apart(changed), self.ours()
        if not text or not own:
            self._figures.problems.append(f"{mark} {kind}: not found ({text!r}, {own!r})")
            return
        self._figures.found[kind] += 1
        wanted = f"after row {line}" if kind == "cut" else f"line {line}"
        if _names(text, wanted):
            self._figures.named[kind] += 1
        else:
            self._figures.problems.append(f"{mark} {kind}: {wanted} is not named in {text!r}")

    def whole(
        self, kind: str, lines: list[bytes], chance: random.Random, head: str, mark: str
    ) -> None:
        """A tampering with everything after it made anew: whole in itself, told by the head."""
        name = f"{kind}, recomputed"
        changed = rewritten(kind, lines, chance)
        if changed == lines:
            return
        self._figures.tampered[name] += 1
        if self.apart(changed):
            self._figures.problems.append(f"{mark} {name}: the file is not whole in itself")
        if not self.apart(changed, head) or not self.ours(head):
            self._figures.problems.append(f"{mark} {name}: not found with --head")
        else:
            self._figures.found[name] += 1


def _names(text: str, wanted: str) -> bool:
    """Whether a text names this place, and no longer number that begins with it."""
    return any(f"{text} ".find(f"{wanted}{end}") >= 0 for end in (" ", ":", ","))


def campaign(count: int, entries: int, folder: Path, *, seed: int = 1) -> Figures:
    """All of it: `count` tamperings of small logs, then one untouched log of `entries`."""
    began, figures = time.monotonic(), Figures(entries=entries)
    chance = random.Random(seed)
    logs = [exported(folder, size, seed + size) for size in (20, 60, 150)]
    read = [(path.read_bytes().splitlines(keepends=True), head) for path, head in logs]
    judge = Judge(folder, figures)
    for lines, head in read:
        if judge.apart(lines, head) or judge.ours(head):
            figures.problems.append("an untouched log does not verify")
    number = 0
    while sum(figures.tampered.values()) < count:
        lines, head = chance.choice(read)
        kind = KINDS[(number // 2) % len(KINDS)]
        if number % 2:
            judge.whole(kind, lines, chance, head, f"no. {number}")
        else:
            judge.plain(kind, lines, chance, f"no. {number}")
        number += 1
    if entries:
        _untouched(folder, entries, seed, figures)
    figures.seconds = round(time.monotonic() - began, 1)
    return figures


def _untouched(folder: Path, entries: int, seed: int, figures: Figures) -> None:
    """A long log as it was exported, verified by the script as an auditor runs it."""
    path, head = exported(folder, entries, seed)
    figures.megabytes = round(path.stat().st_size / 1e6, 1)
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(path), "--head", head], capture_output=True, check=False
    )
    figures.verify_s = round(time.monotonic() - began, 1)
    text = done.stdout.decode()
    if done.returncode or f"{entries} rows" not in text or head not in text:
        figures.problems.append(f"the untouched log: {done.returncode} {text}")


def table(figures: Figures) -> str:
    """The figures as a table of docs/measurements.md."""
    names = [name for kind in KINDS for name in (kind, f"{kind}, recomputed")]
    lines = ["| tampering | made | found | row named |", "| --- | --: | --: | --: |"]
    for name in names:
        named = figures.named[name] if name in KINDS else "-"
        lines.append(f"| {name} | {figures.tampered[name]} | {figures.found[name]} | {named} |")
    total, found = sum(figures.tampered.values()), sum(figures.found.values())
    lines.append(f"| all | {total} | {found} | {sum(figures.named.values())} |")
    return "\n".join(lines)


def main() -> int:
    """Run it, print the table and a closing line; 1 when something was not found."""
    parser = argparse.ArgumentParser(description="tampers with an exported audit log")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help="into docs/measurements.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = campaign(options.count, options.entries, Path(folder), seed=options.seed)
    text = (
        f"{table(figures)}\n\nAn untouched log of {figures.entries:,} entries "
        f"({figures.megabytes} MB) verified with `--head` in {figures.verify_s} s."
    )
    problems = "\n".join(figures.problems[:20]) or "no problems"
    sys.stdout.write(f"{text}\n{problems}\n{figures.seconds} s\n")
    if options.write and not figures.problems:
        command = f"python -m tests.campaigns.tampering --count {options.count}"
        made = f"Command: `{command} --entries {options.entries} --seed {options.seed}`"
        why = (
            "*Recomputed*: every later hash and the last line were made anew, so that the file is "
            "whole in itself; it is found with `--head` only. Both verifiers judged each file."
        )
        sections.put(HEADING, f"{made} · {sections.made_on()}\n\n{why}\n\n{text}")
    return 1 if figures.problems else 0


if __name__ == "__main__":
    raise SystemExit(main())
