"""The clock of the simulated AvidXchange, and the dates at which happenings are said to take place.

The state value "avid.clock_ahead_s" moves this side's clock against the rest of the sandbox
(avidxchange.md 7.16: clocks ten minutes apart). ``at`` of every happening is None (now), a
date-time (it happened then, stamps and lists included), or a plain date: the business dates are
that day, but the change appears now.
"""

import functools
import inspect
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from core.sandbox.state import State

CLOCK_AHEAD = "avid.clock_ahead_s"
_NOON = time(12, tzinfo=UTC)


def now(state: State) -> datetime:
    """Return what the clock of this server shows, in UTC."""
    return state.now() + timedelta(seconds=float(state.get_value(CLOCK_AHEAD, 0.0)))


def moment_of(state: State, at: date | None) -> datetime:
    """Return the instant that members with a time carry; noon of a plain date."""
    if isinstance(at, datetime):
        return at
    return now(state) if at is None else datetime.combine(at, _NOON)


def day_of(state: State, at: date | None) -> date:
    """Return the business date of a happening."""
    return moment_of(state, at).date()


def read(state: State, given: Any) -> date | None:
    """Return an ``at`` that came as JSON.

    Args:
        state: Whose clock counts.
        given: None; seconds from now as a number (negative: in the past); ``YYYY-MM-DD``; or a
            date-time, with or without zone (none = UTC).

    Raises:
        ValueError: It is none of these.
    """
    if given is None or isinstance(given, date):
        return given
    if isinstance(given, int | float):
        return now(state) + timedelta(seconds=given)
    text = str(given)
    if len(text) == len("2026-06-12"):
        return date.fromisoformat(text)
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def dated(happen: Callable[..., Any]) -> Callable[..., Any]:
    """Return the happening with ``at`` read by ``read``; one without ``at`` comes back as it is."""
    if "at" not in inspect.signature(happen).parameters:
        return happen

    @functools.wraps(happen)
    def happen_at(state: State, *args: Any, **named: Any) -> Any:
        if "at" in named:
            named["at"] = read(state, named["at"])
        return happen(state, *args, **named)

    return happen_at
