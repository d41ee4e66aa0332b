"""Look-backs and whole reads: what a poll from its bookmark cannot see (sage-x3.md 3.5, 10.1).

Made after the polls of a run, so that they starve none, and never moving a bookmark. Each is made
at most once a day or week; where it stands survives a restart. What is unfinished is read again by
`rereading`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.domain import timing
from core.domain.canonical import instant_text, parse_instant
from core.engine import stored, vanished, watching
from core.engine.flows import (
    FLOWS,
    LOOKED_BACK,
    WHOLE_DAILY,
    WHOLE_WEEKLY,
    Flow,
    wanted,
)
from core.engine.pull import (
    SWEEPS,
    Ended,
    Reading,
    Walk,
    Windows,
    give_up,
    note_sweep,
    note_without_stamp,
    pull,
)
from core.engine.rereading import UNFINISHED, Rereading
from core.engine.vanished import Vanished
from core.engine.work import X3, Work
from core.errors import AppError
from core.ports import FULL, Page
from core.store import unfinished, values

_RETRY_AFTER = timedelta(hours=1)  # a sweep that failed must not be tried with every run
_STALE = timedelta(days=1)  # an interrupted one this old begins anew


@dataclass(frozen=True, slots=True)
class Sweep:
    """One sweep of a flow: how far `back` it reads, None = whole.

    `kinds` are the sweeps it stands for. With `forgets` what it does not show at its end is gone.
    """

    flow: Flow
    kinds: tuple[str, ...]
    back: timedelta | None
    forgets: bool = False

    @property
    def name(self) -> str:
        """What an interrupted walk must have been to be taken up again."""
        return "whole" if self.back is None else self.kinds[-1]


class SweepWalk(Walk):
    """One sweep under way; lives on the engine thread."""

    def __init__(self, work: Work, sweep: Sweep, ended: Ended) -> None:
        super().__init__(work, sweep.flow, self._after)
        self._sweep = sweep
        self._ended = ended
        self._passed: dict[str, str] = {}
        self._finished = 0
        #: Below it a poll no longer looks: what is found there came late.
        config = work.tools.config
        self._bound = timing.erp_lower_bound(self.bookmark(), config.overlap, self.change_kind)

    @property
    def mark_name(self) -> str:
        """Apart from the poll's, which goes on whatever becomes of a sweep."""
        return f"sweep:{self.flow.name}"

    @property
    def is_whole(self) -> bool:
        """Only whole reads of reference data tell what is gone."""
        return self._sweep.forgets

    @property
    def checks_settled(self) -> bool:
        """The polls do that."""
        return False

    @property
    def urgency(self) -> str:
        """Look-backs wait first."""
        return FULL

    def may_resume(self, walk: dict[str, str]) -> bool:
        """The same kind of sweep, begun less than a day ago."""
        began = walk.get("first_answer")
        is_fresh = bool(began) and abs(self.work.now - parse_instant(began or "")) < _STALE
        return is_fresh and walk.get("sweep") == self._sweep.name

    def lower_bounds(self) -> Windows:
        """From the bookmark less the days of the sweep; whole without one."""
        back = self._sweep.back
        if back is None:
            return [(None, None)]
        overlap = self.work.tools.config.overlap + back
        return [(timing.erp_lower_bound(self.bookmark(), overlap, self.change_kind), None)]

    def count(self, page: Page) -> None:
        """A sweep counts only what it finds."""

    def keep(self, page: Page, rows: tuple[Any, ...]) -> None:
        """Store what a page brought; what no poll would have brought is counted."""
        stored.keep_found(self.work, self.flow.entity, rows, self._bound, page.server_time)

    def walk(self) -> dict[str, str]:
        """With the kind of the sweep."""
        return super().walk() | {"sweep": self._sweep.name}

    def finish(self) -> None:
        """Note that it was made; the bookmark stays."""
        work, name = self.work, self.flow.name
        values.put_bookmark(work.store, self.mark_name, "")
        for kind in self._sweep.kinds:
            note_sweep(work, name, kind)
        if self._sweep.back is None and self.change_kind != "none":
            note_without_stamp(work, name, self.without_stamp)
        if self._sweep.forgets and not self.unreadable:
            stored.forget_missing(work, self.flow.entity, self.keys)

        if "week" in self._sweep.kinds and self.flow.entity in vanished.WATCHED:
            self._note_passed(SWEEPS["week"][1])

    def _note_passed(self, back: timedelta) -> None:
        """Finished documents of these days that no page showed: each has to be asked for."""
        work, entity = self.work, self.flow.entity
        overlap = work.tools.config.overlap + back
        since = timing.erp_lower_bound(self.bookmark(), overlap, self.change_kind)
        if since is not None:
            found = unfinished.finished_since(work.store, entity, instant_text(since))
            self._finished = len(found)
            self._passed = {key: n for key, n in found.items() if key not in self.keys}

    def _after(self, _reading: Reading) -> None:
        """The walk has ended: ask for what it passed by, if there is such."""

        def asked(error: AppError | None) -> None:
            if error is not None:
                give_up(self.work, self.flow, error)
            self._ended(self)

        passed, self._passed = self._passed, {}
        Vanished(self.work, self.flow.entity, passed, self._finished, asked).start()

    def failed(self, error: AppError) -> None:
        """Leave it for later; what the polls brought is not held up by it."""
        give_up(self.work, self.flow, error)
        self.ended(self)


class _Noted:
    """What the store has noted of the sweeps of X3, as it was when this was made; one query."""

    def __init__(self, work: Work) -> None:
        self._work = work
        names = {flow.name for flow in wanted_flat(work)} | {UNFINISHED.name}
        kinds = ("read", "without_stamp", "sweep.failed", *(f"sweep.{kind}" for kind in SWEEPS))
        wanted = (f"{kind}.{name}" for kind in kinds for name in names)
        self._values = values.settings(work.store, wanted)

    def is_due(self, flow: Flow, kind: str) -> bool:
        """Whether a sweep is due and did not fail within the last hour."""
        now, failed = self._work.now, self._values.get(f"sweep.failed.{flow.name}")
        if failed and timedelta(0) <= now - parse_instant(failed) < _RETRY_AFTER:
            return False
        last = self._values.get(f"sweep.{kind}.{flow.name}")
        return timing.sweep_is_due(parse_instant(last) if last else None, now, SWEEPS[kind][0])

    def flows(self) -> Iterator[Flow]:
        """The flows of this run that are swept, each without what follows it."""
        swept: Sequence[frozenset[str]] = (LOOKED_BACK, WHOLE_DAILY, WHOLE_WEEKLY)
        for flow in wanted_flat(self._work):
            is_read = bool(self._values.get(f"read.{flow.name}"))
            is_here = flow.entity not in self._work.unpublished
            if flow.system == X3 and is_read and is_here and any(flow.entity in s for s in swept):
                yield flow

    def without_stamp(self, flow: Flow) -> int:
        """How many rows of a flow carry no change stamp."""
        return int(self._values.get(f"without_stamp.{flow.name}", "0"))


def sweep(work: Work) -> None:
    """Make every sweep of either side that is due, and count what carries no stamp of X3."""
    noted = _Noted(work)
    _look_back(work, noted)
    is_asked = work.is_up(X3) and wanted(work, UNFINISHED) and noted.is_due(UNFINISHED, "day")
    if is_asked and not work.waits(X3, FULL):
        _reread(work)
    watching.watch(work)
    noted = _Noted(work)
    work.tally.sweep["without_stamp"] = sum(noted.without_stamp(flow) for flow in noted.flows())


def _look_back(work: Work, noted: _Noted) -> None:
    due = {sweep.flow.name: sweep for sweep in _due(work, noted)}

    def make(work: Work, flow: Flow, ended: Ended) -> Reading:
        return SweepWalk(work, due[flow.name], ended)

    pull(work, [sweep.flow for sweep in due.values()], make)


def _reread(work: Work) -> None:
    pull(work, [UNFINISHED], Rereading)


def wanted_flat(work: Work) -> Iterator[Flow]:
    """The flows of this run in order, those that follow another one after it."""
    for flow in FLOWS:
        for one in (flow, *flow.then):
            if wanted(work, one):
                yield Flow(one.system, one.entity, one.group, is_optional=one.is_optional)


def _due(work: Work, noted: _Noted) -> Iterator[Sweep]:
    if not work.is_up(X3):
        return
    for flow in noted.flows():
        found = _sweep_of(work, noted, flow)
        if found is not None:
            yield found


def _sweep_of(work: Work, noted: _Noted, flow: Flow) -> Sweep | None:
    """The sweep of a flow that is due now, the longest first."""
    has_stamp = work.tools.reader.change_kind(flow.entity) != "none"
    is_weekly, is_daily = noted.is_due(flow, "week"), noted.is_due(flow, "day")
    both = tuple(SWEEPS)
    if flow.entity in WHOLE_DAILY:
        is_asked = work.order.only == "reference"
        return Sweep(flow, both, None, forgets=True) if is_daily or is_asked else None
    if is_weekly and flow.entity in WHOLE_WEEKLY:
        return Sweep(flow, both, None, forgets=True)
    if not has_stamp:
        return None  # every poll reads it whole
    if is_weekly:
        # What carries no stamp is in no poll: where there is such, the week's sweep reads all.
        is_whole = noted.without_stamp(flow) > 0
        return Sweep(flow, both, None if is_whole else SWEEPS["week"][1])
    return Sweep(flow, ("day",), SWEEPS["day"][1]) if is_daily else None
