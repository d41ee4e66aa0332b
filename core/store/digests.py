"""The daily digest: what was read, sent, paid and waits, with the head of the audit log, as a file.

It lies outside the store, so that a log that was cut or rewritten later shows. The writing runs on
a thread of its own: a share that does not answer holds up neither a run nor the end of the program.
"""

from __future__ import annotations

import contextlib
import os
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from core.domain.canonical import instant_text
from core.domain.states import INVOICE_STATES
from core.errors import CATALOGUE
from core.store import evidence_rows, history, journal, queries, queries_lists, reviews
from core.store.second_copies import stem_of
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

_COUNTS = (
    ("sent", "invoices sent"),
    ("replaced", "replaced"),
    ("withdrawn", "withdrawn"),
    ("vendors", "vendors written"),
    ("approvals_written", say("approval_levels_written_to_x3")),
    ("payments_posted", say("payments_posted_to_x3")),
)
_MOST = 40  # review items by code; more are counted


def text_of(store: Store, name: str, now: datetime) -> str:
    """The digest of the day (UTC) that holds an instant; a dozen queries, one snapshot."""
    first = now.replace(hour=0, minute=0, second=0, microsecond=0)
    with store.read():
        runs = evidence_rows.runs(
            store, instant_text(first), instant_text(first + timedelta(days=1))
        )
        lines = [
            say("crossfoot_digest_of_utc", first=first, name=name),
            say("written_utc", now=now),
            "",
            *_done(store, runs),
            "",
            *_waits(store),
            "",
            *_log(store),
        ]
    return "\n".join(lines) + "\n"


def _done(store: Store, runs: list[dict[str, Any]]) -> Iterator[str]:
    read: Counter[str] = Counter()
    done: Counter[str] = Counter()
    for run in runs:
        read.update(run.get("read", {}))
        done.update({key: int(run.get(key, 0)) for key, _ in _COUNTS})
    yield say("runs", count=len(runs))
    yield "Read: " + (", ".join(f"{n:,} {what}" for what, n in read.items() if n) or "nothing new")
    yield "Done: " + (
        ", ".join(f"{done[key]:,} {words}" for key, words in _COUNTS if done[key]) or "nothing"
    )
    sums: dict[str, Decimal] = {}
    for sent in queries_lists.amounts_sent(store, [run["run"] for run in runs]).values():
        for currency, amount in sent.items():
            sums[currency] = sums.get(currency, Decimal(0)) + Decimal(amount)
    if sums:
        yield say("amount_sent") + ", ".join(f"{sums[name]:,} {name}" for name in sorted(sums))


def _waits(store: Store) -> Iterator[str]:
    yield say("in_doubt", count_in_doubt=journal.count_in_doubt(store))
    counted = queries.counts_by_state(store)
    states = [
        f"{counted[s]:,} {INVOICE_STATES[s][0].lower()}" for s in INVOICE_STATES if s in counted
    ]
    yield "Invoices: " + (", ".join(states) or "none")
    codes = Counter(item.code for item in reviews.open_items(store))
    yield say("needs_review", sum=sum(codes.values()))
    for code, number in codes.most_common(_MOST):
        yield f"  {number:>6,} {code} {CATALOGUE[code].title}"


def _log(store: Store) -> Iterator[str]:
    rows, head = history.head(store)
    yield say("audit_log_rows", rows=rows)
    yield say("head", head=head)
    yield say("row_of_every_later_export_carries_this", rows=rows)


class DigestFile:
    """Writes one file a day into a folder, over that of an earlier run of the day."""

    def __init__(self, folder: Path, *, name: str, workspace: str) -> None:
        self.folder = folder
        self.name = name
        self._stem = stem_of(name, workspace)
        self._thread: threading.Thread | None = None
        self._problem = ""

    def path_of(self, day: str) -> Path:
        """Where the digest of a day lies."""
        return self.folder / f"{self._stem} digest {day}.txt"

    def write(self, text: str, day: str, wait_s: float) -> str:
        """Write it; why it is not there after so many seconds, in a sentence, empty when it is."""
        if self._thread is not None and self._thread.is_alive():
            return say("the_folder_does_not_answer")
        self._problem = say("the_folder_does_not_answer")
        self._thread = threading.Thread(
            target=self._write, args=(text, self.path_of(day)), name="digest", daemon=True
        )
        self._thread.start()
        self._thread.join(wait_s)
        return self._problem

    def _write(self, text: str, path: Path) -> None:
        part = path.with_name(f"{path.name}.{uuid.uuid4().hex}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with part.open("w", encoding="utf-8", newline="\n") as file:
                    file.write(text)
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(path)
            finally:
                with contextlib.suppress(OSError):  # the share went away with it
                    part.unlink(missing_ok=True)
        except OSError as error:
            self._problem = f"{error.strerror or type(error).__name__}."
            return
        self._problem = ""
