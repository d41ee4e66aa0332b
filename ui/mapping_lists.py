"""The three mapping lists, declared: columns, find fields, words of states, and what a row says.

Not mapped first: the lists are ordered by the rank the core gives, what holds up most in front.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from core.words import area
from ui import formats, icons
from ui.document_lists import Shown
from ui.find_syntax import Field
from ui.list_spec import Column, ListSpec, PageOf, Query, Row
from ui.painting import PillLook

say = area(__name__)

KINDS = ("vendors", "gl", "dimensions")
TITLES = (say("vendors"), say("gl_accounts"), say("dimensions"))
#: States a person has to look at; the others are settled.
TO_DO = ("conflict", "unmapped", "suggested")
SURE = 95  # percent from which a suggestion may be accepted together with others
_WORDS = {
    "conflict": say("conflict"),
    "unmapped": say("unmapped"),
    "suggested": say("suggested"),
    "planned": say("planned"),
    "inactive": say("inactive"),
    "mapped": say("mapped"),
    "excluded": say("excluded"),
}
_ICONS = {**icons.MAPPINGS, "planned": ("send", "go"), "excluded": ("circle-minus", "wait")}
#: State of a mapping -> its look.
STATES = {
    state: PillLook(_ICONS[state][0], word, _ICONS[state][1]) for state, word in _WORDS.items()
}


@dataclass(frozen=True, slots=True)
class Words:
    """What a kind of mapping calls its two sides."""

    noun: tuple[str, str]
    x3: str
    code: str


WORDS = {
    "vendors": Words(("supplier", "suppliers"), "supplier", "vendor"),
    "gl": Words(("account", "accounts"), "account", say("avidxchange_code")),
    "dimensions": Words(
        (say("dimension_value"), say("dimension_values")), "value", say("avidxchange_code")
    ),
}


#: What an empty list says: a title and what to read first.
EMPTY = {
    "vendors": (
        say("no_supplier_has_been_read_yet"),
        (say("sync_now_reads_suppliers_from_sage_x3")),
    ),
    "gl": (
        say("no_account_has_been_read_yet"),
        (say("sync_now_reads_accounts_from_sage_x3")),
    ),
    "dimensions": (
        say("no_dimension_has_been_read_yet"),
        (say("sync_now_reads_dimensions_from_sage_x3")),
    ),
}


def name_of(kind: str, row: Row) -> str:
    """How an X3 code of this kind is called for a person: `S0214`, `US 60100`."""
    keys = (row["key1"],) if kind == "vendors" else (row["key1"], row["key2"])
    return " ".join(str(key) for key in keys)


def is_to_do(row: Row) -> bool:
    """Whether a person should decide about this row."""
    return row["state"] in TO_DO


def money(row: Row) -> str:
    """The amount that waits for this row with its currency; empty when none does."""
    text = row.get("waiting")
    if not text or not Decimal(str(text)):
        return ""
    return formats.money(Decimal(str(text)), str(row["currency"]))


def sentence(row: Row) -> str:
    """A row read aloud."""
    held = row.get("waiting")
    parts = [
        STATES[str(row["state"])].text,
        f"{row['key1']} {row['key2']}".strip(),
        row["name"],
        f"{row['code']} {row['code_name']}".strip(),
        formats.percent(float(row["score"])) if row["score"] else "",
        say("waiting", money=money(row)) if held and money(row) else "",
    ]
    return ", ".join(str(part) for part in parts if part)


def _columns(kind: str) -> tuple[Column, ...]:
    first = Column("state", say("state"), "state", sort_name="rank", looks=STATES)
    keys = {
        "vendors": (Column("key1", say("x3_code"), "code", sort_name="key1", is_strong=True),),
        "gl": (
            Column("key1", say("chart"), "code", sort_name="key1"),
            Column("key2", say("account"), "code", sort_name="key2", is_strong=True),
        ),
        "dimensions": (
            Column("key1", say("type"), "code", sort_name="key1"),
            Column("key2", say("value"), "code", sort_name="key2", is_strong=True),
        ),
    }[kind]
    name = Column("name", say("name_in_sage_x3"), "text", is_elastic=True, sort_name="name")
    city = (
        Column("city", say("city"), "text", priority_to_hide=1, sort_name="city", is_muted=True),
    )
    group = Column("code_group", say("group"), "code", priority_to_hide=1, sort_name="code_group")
    code = Column(
        "code",
        say("vendor") if kind == "vendors" else say("code"),
        "code",
        sort_name="code",
        is_strong=True,
    )
    return (
        first,
        *keys,
        name,
        *(city if kind == "vendors" else (group,) if kind == "dimensions" else ()),
        code,
        Column(
            "code_name",
            say("name_in_avidxchange"),
            "text",
            is_elastic=True,
            priority_to_hide=4,
            sort_name="code_name",
        ),
        Column("score", say("match"), "confidence", sort_name="score"),
        Column(
            "evidence", say("evidence"), "text", is_elastic=True, priority_to_hide=2, is_muted=True
        ),
        Column("open", say("open"), "count", priority_to_hide=3, sort_name="open"),
        Column("waiting", say("amount_waiting"), "amount", sort_name="waiting", second="currency"),
        Column("company", say("company"), "code", hidden_at_first=True, sort_name="company"),
        Column(
            "valid_from", say("valid_from"), "date", hidden_at_first=True, sort_name="valid_from"
        ),
        Column("valid_to", say("valid_to"), "date", hidden_at_first=True, sort_name="valid_to"),
        Column("by", say("by"), "text", hidden_at_first=True, sort_name="by"),
        Column("at", say("changed"), "instant", hidden_at_first=True, sort_name="at"),
    )


def _fields(kind: str) -> Mapping[str, Field]:
    first, second = {
        "vendors": ("supplier", ""),
        "gl": ("chart", "account"),
        "dimensions": ("type", "value"),
    }[kind]
    made = {
        "state": Field("state", say("state"), "word", {word: key for key, word in _WORDS.items()}),
        first: Field("key1", first.capitalize()),
        "name": Field("name", say("name_in_sage_x3")),
        "code": Field("code", say("avidxchange_code")),
        "called": Field("code_name", say("name_in_avidxchange")),
        "match": Field("score", say("match"), "number"),
        "open": Field("open", say("open_documents"), "number"),
        "waiting": Field("waiting", say("amount_waiting"), "amount"),
        "by": Field("by", say("by")),
    }
    if second:
        made[second] = Field("key2", second.capitalize())
    return made


def spec(kind: str, name: str = "") -> ListSpec:
    """The list of a kind; `name` is what its columns are kept under, else the kind."""
    return ListSpec(
        name=name or kind,
        columns=_columns(kind),
        noun=WORDS[kind].noun,
        row_key="key",
        sentence=sentence,
        fields=_fields(kind),
        order="rank",
        sum_of="waiting",
    )


class MappingSource(Shown):
    """The core's list with what a person reads: no match of 0 %, and by whom a row was mapped."""

    def __init__(self, source: Any) -> None:
        super().__init__(source, readable)

    def totals(self, wanted: Query) -> dict[str, str]:
        """Currency -> amount that waits; currencies in which nothing does are left out."""
        sums = super().totals(wanted)
        return {name: total for name, total in sums.items() if name and Decimal(total)}


def readable(row: Row) -> Row:
    """A row of the core as its cells show it."""
    said = row["evidence"]
    if not said and row["by"]:
        said = say("by_2", by=row["by"], day=formats.day(datetime.fromisoformat(str(row["at"]))))
    return {**row, "score": row["score"] or "", "evidence": said}


class GivenRows:
    """A list of rows that are there already, as a preview of a file; found by words only."""

    def __init__(self, rows: tuple[Row, ...]) -> None:
        self._rows = rows

    def page(self, wanted: Query, after: Any, limit: int) -> PageOf:
        """Rows in the order in which they were given, or backwards."""
        rows = self._found(wanted)
        first = int(after or 0)
        following = first + limit
        return PageOf(tuple(rows[first:following]), following if following < len(rows) else None)

    def count(self, wanted: Query) -> int:
        """How many rows have the words."""
        return len(self._found(wanted))

    def totals(self, wanted: Query) -> dict[str, str]:  # noqa: ARG002 - there are no amounts
        """Nothing: these rows have no amounts."""
        return {}

    def _found(self, wanted: Query) -> list[Row]:
        text = wanted.text.casefold()
        found = [
            row
            for row in self._rows
            if all(_meets(row, name, value) for name, value in wanted.members.items())
            and text in " ".join(map(str, row.values())).casefold()
        ]
        return found[::-1] if wanted.descending else found


def _meets(row: Row, name: str, value: str) -> bool:
    return str(row[name]) in value.split(",")


def draft(row: Row, code: str, group: str = "", **limits: str) -> Any:
    """The core's rule that maps this row to a code; `limits` are company, valid_from, valid_to."""
    from core.desk import RuleDraft

    return RuleDraft(key1=row["key1"], key2=row["key2"], code=code, avid_group=group, **limits)


def exact(text: str) -> Decimal:
    """An amount as the core gives it."""
    return Decimal(text)
