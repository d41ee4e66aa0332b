"""The circuit breaker of each side: what failed is left alone for a while by scheduled runs.

A side that could not be reached, or asked to wait, rests 30 seconds, then twice as long after each
further failure, up to 15 minutes (`[times] breaker_s`, `[retry] breaker_seconds`), jittered; the
other side works on. Its first answer closes the breaker. A run that a person asks for closes both
and tries each side (product.md 6). Kept in the store, so that a restart does not begin anew.
Refused credentials and wrong settings wait for a person instead (`core.pauses`).
"""

from __future__ import annotations

import json
import random
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from core.domain.canonical import canonical, instant_text, parse_instant
from core.domain.timing import Breaker, jittered
from core.engine.work import SYSTEMS, X3, Work
from core.errors import AppError, TransientError
from core.store import values
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

SCHEDULE = "schedule"
#: Failures that may pass by themselves.
_PASSING = frozenset(("NET-01", "NET-02", "TLS-01", "RAT-01", "LCK-01"))
_NEARLY = 0.1  # of a rest: what is left of it is not worth a run of its own


@dataclass(frozen=True, slots=True)
class _Open:
    """A side at rest; `began` and `until` are instant texts."""

    failures: int
    began: str
    until: str
    code: str
    text: str


def open_until(store: Store) -> datetime | None:
    """When the first side that rests is to be tried again; None while none does. Two rows."""
    found = (_read(store, system) for system in SYSTEMS)
    return min((parse_instant(one.until) for one in found if one), default=None)


def leave_alone(work: Work) -> frozenset[str]:
    """Begin a run: the sides it does not ask, because they rest; those count as failed in it."""
    store = work.store
    if work.order.by != SCHEDULE:
        with store.write():
            for system in SYSTEMS:
                _close(store, system)
        return frozenset()
    resting = set()
    for system in SYSTEMS:
        kept = _read(store, system)
        if kept is None or not _rests(kept, work.now):
            continue
        resting.add(system)
        until = parse_instant(kept.until)
        why = say("it_is_left_alone_until_utc", text=kept.text, until=until)
        work.fail_side(system, TransientError(kept.code, why, system))
    if X3 in resting:
        # This check asks X3 for its companies; nothing of X3 is read or written in this run.
        work.tools = replace(work.tools, check_folder=None)
    return frozenset(resting)


def note(work: Work, resting: Collection[str]) -> None:
    """End a run: open the breakers of the sides that failed, close those of sides that answered."""
    with work.store.write():
        for system in SYSTEMS:
            if system in resting:
                continue
            failure = work.failures.get(system)
            if failure is not None and failure.code in _PASSING:
                _open(work, system, failure)
            elif failure is not None or system in work.answered:
                _close(work.store, system)


def _open(work: Work, system: str, failure: AppError) -> None:
    config, before = work.tools.config, _read(work.store, system)
    breaker = Breaker(*(config.breaker_s if system == X3 else config.ap_breaker_s))
    failures = before.failures + 1 if before else 1
    asked_s = min(failure.retry_after_s or 0, breaker.longest_s)
    pause_s = max(breaker.pause_s(failures), asked_s)
    if pause_s <= 0:
        _close(work.store, system)
        return
    pause_s = jittered(pause_s, config.jitter_percent, random.random())
    until = work.now + timedelta(seconds=pause_s)
    kept = _Open(
        failures, instant_text(work.now), instant_text(until), failure.code, failure.why
    )  # fmt: skip
    values.put_setting(work.store, _name(system), canonical(asdict(kept)))


def _close(store: Store, system: str) -> None:
    if _read(store, system) is not None:
        values.put_setting(store, _name(system), "")


def _rests(kept: _Open, now: datetime) -> bool:
    """Whether a rest still lasts; a clock that was put back does not make it longer."""
    began, until = parse_instant(kept.began), parse_instant(kept.until)
    return began <= now < until - (until - began) * _NEARLY


def _read(store: Store, system: str) -> _Open | None:
    text = values.setting(store, _name(system))
    return _Open(**json.loads(text)) if text else None


def _name(system: str) -> str:
    return f"breaker.{system}"
