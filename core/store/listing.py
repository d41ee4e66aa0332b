"""Any list by keyset: what a person typed becomes SQL conditions, order, pages, count and sums.

A list is one query with named members. A member's value holds alternatives (`held,rejected`) or
comparisons that all apply (`>100 <=500`), as the find box of the window writes them. Read only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import reduce
from operator import and_, ge, gt, le, lt, or_
from typing import Any, Literal

import peewee

from core.domain.ap_documents import fold
from core.domain.canonical import instant_text
from core.domain.money import UNUSUAL, Money
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

Kind = Literal["code", "text", "amount", "number", "date", "instant", "age", "chosen"]
#: (value of the sorted column, key) of a page's last row.
After = tuple[Any, Any]
Rows = list[dict[str, Any]]

_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_SORTED = "sorted_by"
_PLACES = 4  # no currency has more decimals
_LEAST = -(2**62)  # stands before every amount that is known


@dataclass(frozen=True, slots=True)
class Member:
    """A member that can be filtered and sorted by.

    kind code: equal to one of the values; text: contains one of them, any case, in a column that is
    stored folded unless `choose` turns the value into a condition itself (kind chosen); amount:
    minor units, compared with a decimal of two places; date and instant: ISO texts compared by day;
    age: an instant compared by its distance from now in days. `nullable` amounts stand first. With
    `currency` amounts are sorted and compared by their value, whatever their coins.
    """

    column: Any
    kind: Kind = "code"
    nullable: bool = False
    choose: Callable[[str], Any] | None = None
    currency: Any = None

    @property
    def sorted_column(self) -> Any:
        """What it is sorted by; never NULL."""
        value = self.value
        return peewee.fn.COALESCE(value, _LEAST) if self.nullable else value

    @property
    def value(self) -> Any:
        """The column, or the amount in ten-thousandths of its currency."""
        if self.currency is None:
            return self.column
        scales = [(self.currency.in_(names), 10 ** (_PLACES - places)) for places, names in UNUSUAL]
        return self.column * peewee.Case(None, scales, 10 ** (_PLACES - 2))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is asked for; the same members as the window's query."""

    text: str = ""
    members: Mapping[str, str] = field(default_factory=dict)
    order: str = ""
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of the store.

    `key` is a unique column under `key_name` in the rows; `search` turns free text into a
    condition; `shape` makes rows of the store into rows people see, a page at a time; `money` is
    (amount, currency) for totals.
    """

    store: Store
    query: Any
    key: Any
    key_name: str
    members: Mapping[str, Member]
    shape: Callable[[Rows], Rows]
    search: Callable[[str], Any]
    money: tuple[Any, Any] | None = None
    base: tuple[Any, ...] = ()

    def page(self, wanted: Wanted, after: After | None, limit: int) -> tuple[Rows, After | None]:
        """At most `limit` rows behind `after`, and the key to go on with; one query and `shape`.

        Raises:
            ValueError: a member is not known here, or its value cannot be read.
        """
        column = self._order(wanted.order)
        query = self._narrowed(self.query, wanted)
        # The older an instant, the larger the age that is shown of it.
        is_age = bool(wanted.order) and self.members[wanted.order].kind == "age"
        descending = wanted.descending != is_age
        if after is not None:
            query = query.where(_behind(column, self.key, after, descending=descending))
        parts = [self.key] if column is self.key else [column, self.key]
        query = query.order_by(*(p.desc() if descending else p.asc() for p in parts))
        query = query.select_extend(column.alias(_SORTED))
        rows = self.store.rows(query.limit(limit + 1))
        shown = rows[:limit]
        following = None
        if len(rows) > limit and shown:
            following = (shown[-1][_SORTED], shown[-1][self.key_name])
        for row in shown:
            del row[_SORTED]
        return self.shape(shown), following

    def count(self, wanted: Wanted) -> int:
        """How many rows match; reads an index or the rows once. Raises as `page`."""
        query = self._narrowed(self.query, wanted)
        return int(self.store.value(query.select(peewee.fn.COUNT(self.key))))

    def totals(self, wanted: Wanted) -> dict[str, str]:
        """Currency -> sum of the amounts that match, empty without amounts. Raises as `page`."""
        if self.money is None:
            return {}
        amount, currency = self.money
        query = self._narrowed(self.query, wanted)
        query = query.select(currency.alias("currency"), peewee.fn.SUM(amount).alias("sum"))
        found = self.store.rows(query.group_by(currency).order_by(currency))
        return {
            row["currency"]: Money(int(row["sum"] or 0), row["currency"]).text
            for row in found
            if row["currency"]
        }

    def _order(self, name: str) -> Any:
        if not name:
            return self.key
        if name not in self.members:
            raise ValueError(say("this_list_is_not_sorted_by", name=name))
        return self.members[name].sorted_column

    def _narrowed(self, query: Any, wanted: Wanted) -> Any:
        conditions = list(self.base)
        if wanted.text.strip():
            conditions.append(self.search(wanted.text))
        for name, value in wanted.members.items():
            member = self.members.get(name)
            if member is None:
                raise ValueError(say("this_list_has_no", name=name))
            if value.strip():
                now = self.store.clock()
                conditions.append(condition_of(member, value, now))
        return query.where(*conditions) if conditions else query


def _behind(column: Any, key: Any, after: After, *, descending: bool) -> Any:
    """Rows behind a key; the first comparison lets an index begin at the right place."""
    value, last = after
    if column is key:
        return key < last if descending else key > last
    if descending:
        return (column <= value) & ((column < value) | (key < last))
    return (column >= value) & ((column > value) | (key > last))


def condition_of(member: Member, value: str, now: datetime) -> Any:
    """The condition that a member's value asks for.

    Raises:
        ValueError: the value cannot be read.
    """
    if member.kind == "code":
        return member.column.in_([part.strip() for part in value.split(",")])
    if member.kind in ("text", "chosen"):
        parts = [part.strip() for part in value.split(",") if part.strip()]
        choose = member.choose or (lambda part: member.column.contains(fold(part)))
        return _any(choose(part) for part in parts)
    compared: list[Any] = []
    for token in value.split():
        operand = token.lstrip("<>=")
        sign = token[: len(token) - len(operand)]
        if sign in _COMPARE:
            compared.append(_compared(member, sign, operand, now))
        else:
            compared.append(
                _any(_compared(member, "=", part, now) for part in operand.split(",") if part)
            )
    return reduce(and_, compared)


def _any(conditions: Iterable[Any]) -> Any:
    found = list(conditions)
    if not found:
        raise ValueError(say("nothing_to_look_for_was_given"))
    return reduce(or_, found)


def _compared(member: Member, sign: str, operand: str, now: datetime) -> Any:
    column = member.column
    if member.kind == "date":
        day = _day(operand)
        found = column == day.isoformat() if sign == "=" else _COMPARE[sign](column, str(day))
        return found & (column != "")
    if member.kind == "instant":
        return _by_day(column, sign, _day(operand))
    if member.kind == "age":
        return _by_age(column, sign, _number(operand), now)
    if member.kind == "number":
        value = _number(operand)
    else:
        column = member.value
        value = _minor(operand, 2 if member.currency is None else _PLACES)
    return column == value if sign == "=" else _COMPARE[sign](column, value)


def _by_day(column: Any, sign: str, day: date) -> Any:
    """An instant compared with a whole day: `<=` takes the day in, `>` leaves all of it out."""
    first, following = day.isoformat(), (day + timedelta(days=1)).isoformat()
    if sign == "=":
        return (column >= first) & (column < following)
    edge = following if sign in ("<=", ">") else first
    return column < edge if sign in ("<", "<=") else column >= edge


def _by_age(column: Any, sign: str, days: int, now: datetime) -> Any:
    """The larger the age, the smaller the instant."""
    youngest = instant_text(now - timedelta(days=days))
    older = instant_text(now - timedelta(days=days + 1))
    if sign == "=":
        return (column <= youngest) & (column > older)
    edge = older if sign in ("<=", ">") else youngest
    return column > edge if sign in ("<", "<=") else column <= edge


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(say("is_no_date_like_2026_01_31", text=text)) from None


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(say("is_no_whole_number", text=text)) from None


def _minor(text: str, places: int) -> int:
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(say("is_no_amount", text=text)) from None
    if not amount.is_finite():
        raise ValueError(say("is_no_amount", text=text))
    return int(amount.scaleb(places).to_integral_value())
