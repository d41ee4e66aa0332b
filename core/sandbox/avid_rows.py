"""Rows of the simulated AvidXchange and when they become visible (avidxchange.md 2.2).

A changed row is seen by id at once; lists and look-ups by external id show the version before it
until the lag (state value "avid.lag_seconds") is over. Every change passes ``save``.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from core.sandbox import avid_clock
from core.sandbox.avid_answers import stamp
from core.sandbox.state import Row, State

GROUPS, CODES, VENDORS = "avid:group", "avid:code", "avid:vendor"
INVOICES, PAYMENTS, HISTORY = "avid:invoice", "avid:payment", "avid:history"
KEYS, TOKENS = "avid:key", "avid:token"
EXTERNAL_IDS, NUMBERS = "avid:external", "avid:number"
DEFAULT_LAG_SECONDS = 2.0
_NO_END = float("inf")


def save(
    state: State,
    table: str,
    key: str,
    row: Row,
    *,
    touch: bool = True,
    at: date | None = None,
    stamped: tuple[str, ...] = (),
) -> None:
    """Store a new or changed row; ``touch`` moves its ``LastModified`` to now.

    With a date-time as ``at`` the change happened then, and lists show it at once; a plain date
    moves only the members ``stamped``, which get the time of the change as well.

    The versions that lists may still have to show are kept in ``Versions`` as pairs of the time
    they become visible (seconds since 1970) and the row without that member.
    """
    now = avid_clock.now(state)
    then = at if isinstance(at, datetime) else None
    if touch:
        moment = stamp(then) if then else _later(row.get("LastModified"), now)
        told = stamp(avid_clock.moment_of(state, at)) if at is not None else moment
        row.update({"LastModified": moment, **dict.fromkeys(stamped, told)})
    seconds = now.timestamp()
    lag = 0.0 if then else float(state.get_value("avid.lag_seconds", DEFAULT_LAG_SECONDS))
    bare = {name: value for name, value in row.items() if name != "Versions"}
    versions = _needed(row.get("Versions", []), seconds)
    # One that is shown at once overtakes those that still wait for their lag.
    row["Versions"] = [one for one in versions if one[0] < seconds + lag]
    row["Versions"].append([seconds + lag, _copy(bare)])
    state.table(table).put(key, row)


def _later(last: str | None, now: datetime) -> str:
    """Return now, or one millisecond after the last change when that is not yet over."""
    moment = stamp(now)
    if last is None or last < moment:
        return moment
    return stamp(datetime.fromisoformat(f"{last}+00:00") + timedelta(milliseconds=1))


def settle(row: Row) -> None:
    """Make the present version of a row the only one, visible for ever (seed data)."""
    bare = {name: value for name, value in row.items() if name != "Versions"}
    row["Versions"] = [[0.0, _copy(bare)]]


def shown(state: State, row: Row) -> Row | None:
    """Return the version of a row that lists show now, or None while there is none."""
    seconds = avid_clock.now(state).timestamp()
    versions = [version for at, version in row["Versions"] if at <= seconds]
    return versions[-1] if versions and not versions[-1].get("Vanished") else None


def shown_rows(
    state: State, rows: Iterable[Row | None], company: str, order: Callable[[Row], tuple[Any, ...]]
) -> list[Row]:
    """Return what lists show now of a few rows of one company, in the order of the contract.

    A look-up by ids goes this way: it costs nothing that grows with the table.
    """
    own = [row for row in rows if row is not None and row["Company"] == company]
    found = [version for row in own if (version := shown(state, row)) is not None]
    return sorted(found, key=order)


def _needed(versions: list[Any], seconds: float) -> list[Any]:
    """Drop the versions that no list will show again."""
    shown = [entry for entry in versions if entry[0] <= seconds]
    return shown[-1:] + [entry for entry in versions if entry[0] > seconds]


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_copy(member) for member in value]
    return value


@dataclass
class View:
    """The rows of one table that one company sees in lists now, in the order of the contract."""

    version: int
    start: float
    end: float
    rows: list[Row]
    order: list[tuple[Any, ...]]
    indexes: dict[str, dict[str, list[int]]] = field(default_factory=dict)

    def between(self, low: str, high: str) -> list[Row]:
        """Return the rows with ``low <= LastModified < high``, by binary search."""
        return self.rows[bisect_left(self.order, (low,)) : bisect_left(self.order, (high,))]

    def matching(
        self, name: str, key_of: Callable[[Row], list[str]], wanted: list[str]
    ) -> list[Row]:
        """Return the rows that have one of the wanted keys, in the order of the view."""
        if name not in self.indexes:
            index: dict[str, list[int]] = {}
            for position, row in enumerate(self.rows):
                for key in key_of(row):
                    index.setdefault(key, []).append(position)
            self.indexes[name] = index
        found = {position for key in wanted for position in self.indexes[name].get(key, [])}
        return [self.rows[position] for position in sorted(found)]


_views: "WeakKeyDictionary[State, dict[tuple[str, str], View]]" = WeakKeyDictionary()


def view(state: State, table: str, company: str, order: Callable[[Row], tuple[Any, ...]]) -> View:
    """Return what lists show now; kept until a row changes or a change becomes visible.

    The caller holds ``state.lock``, which guards the kept views as well.
    """
    kept = _views.setdefault(state, {})
    version = state.table(table).version
    seconds = avid_clock.now(state).timestamp()
    known = kept.get((table, company))
    if known and known.version == version and known.start <= seconds < known.end:
        return known
    made = _made(state, table, company, seconds, order)
    kept[table, company] = made
    return made


def _made(
    state: State,
    table: str,
    company: str,
    seconds: float,
    order: Callable[[Row], tuple[Any, ...]],
) -> View:
    rows: list[Row] = []
    start, end = 0.0, _NO_END
    for row in state.table(table).values():
        if row["Company"] != company:
            continue
        shown = None
        for at, version in row["Versions"]:
            if at > seconds:
                end = min(end, at)
                break
            start = max(start, at)
            shown = version
        if shown is not None and not shown.get("Vanished"):
            rows.append(shown)
    rows.sort(key=order)
    return View(state.table(table).version, start, end, rows, [order(row) for row in rows])
