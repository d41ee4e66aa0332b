"""Sequences of happenings inside AvidXchange: at once, or by the clock (avidxchange.md 7.18).

A step is ``{"name": event, "args": {...}, "as": name, "after_s": seconds}``. ``as`` keeps the
result under a name; later steps of the same sequence write ``"$name"`` for it. ``after_s`` counts
from the moment the sequence was handed in, by the simulated clock; a step is played by the first
request after its time, dated by its time unless ``at`` says otherwise. The steps in the state
value "avid.on_submit" are begun for every invoice that is submitted, as ``"$invoice"``.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from core.sandbox import avid_clock
from core.sandbox.state import Row, State

STEPS, FAILED = "avid:script", "avid:script_failure"
ON_SUBMIT = "avid.on_submit"
_NAMES = "avid:script_names"
_MEMBERS = frozenset({"name", "args", "as", "after_s"})
Events = Mapping[str, Callable[..., Any]]


def play(state: State, steps: Sequence[Row], events: Events) -> list[Any]:
    """Play the steps now, one after the other, and return their results.

    Raises:
        ValueError, LookupError, TypeError: A step is impossible; those before it have happened.
    """
    names: Row = {}
    return [_happen(state, _checked(step), names, events) for step in steps]


def schedule(state: State, steps: Sequence[Row], names: Row | None = None) -> int:
    """Begin a sequence that goes on by the clock; return how many steps wait.

    Raises:
        ValueError: A step has an unknown shape.
    """
    checked = [_checked(step) for step in steps]
    batch = str(state.next("avid.script_batch"))
    state.table(_NAMES).put(batch, dict(names or {}))
    begun = avid_clock.now(state).timestamp()
    for step in checked:
        row = {**step, "Batch": batch, "Due": begun + float(step.get("after_s", 0))}
        state.table(STEPS).put(f"{state.next('avid.script_step'):09d}", row)
    return len(checked)


def begin_for(state: State, invoice_id: int) -> None:
    """Begin the sequence that every submitted invoice gets, if one is set."""
    steps = state.get_value(ON_SUBMIT, [])
    if steps:
        schedule(state, steps, {"invoice": invoice_id})


def run_due(state: State, events: Events) -> None:
    """Play every step whose time has come, in the order of their times.

    A step that is impossible is dropped and kept with its reason in the table ``FAILED``: nobody
    who could be told is waiting for it.
    """
    table = state.table(STEPS)
    if not len(table):
        return
    now = avid_clock.now(state).timestamp()
    due = sorted((row["Due"], key) for key, row in table.items() if row["Due"] <= now)
    for at, key in due:
        row = table.get(key) or {}
        table.delete(key)
        names = state.table(_NAMES).get(row["Batch"]) or {}
        try:
            _happen(state, row, names, events, datetime.fromtimestamp(at, UTC))
        except (ValueError, LookupError, TypeError) as error:
            reason = f"{type(error).__name__}: {error}"
            state.table(FAILED).put(key, {**row, "Reason": reason})
            state.count("avid.script_failed")
        state.table(_NAMES).put(row["Batch"], names)


def _checked(step: Row) -> Row:
    unknown = set(step) - _MEMBERS
    if unknown or "name" not in step:
        raise ValueError(f"a step has a name, args, as and after_s, not {sorted(unknown)}")
    return step


def _happen(
    state: State, step: Row, names: Row, events: Events, due: datetime | None = None
) -> Any:
    name = str(step["name"]).removeprefix("avid.")
    if name not in events:
        raise LookupError(f"no event {name}")
    event, args = events[name], _resolved(step.get("args", {}), names)
    if due is not None and "at" in inspect.signature(event).parameters:
        args.setdefault("at", due)
    result = event(state, **args)
    if "as" in step:
        names[str(step["as"])] = result
    return result


def _resolved(value: Any, names: Row) -> Any:
    """Put results in the place of the names that stand for them."""
    if isinstance(value, dict):
        return {name: _resolved(inner, names) for name, inner in value.items()}
    if isinstance(value, list):
        return [_resolved(inner, names) for inner in value]
    if isinstance(value, str) and value.startswith("$"):
        if value[1:] not in names:
            raise LookupError(f"no step was called {value[1:]}")
        return names[value[1:]]
    return value
