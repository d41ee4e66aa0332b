"""The three mapping lists, declared: columns, find fields, words of states, and what a row says.

Not mapped first: the lists are ordered by the rank the core gives, what holds up most in front.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from ui import formats, icons
from ui.document_lists import Shown
from ui.find_syntax import Field
from ui.list_spec import Column, ListSpec, PageOf, Query, Row
from ui.painting import PillLook

KINDS = ("vendors", "gl", "dimensions")
TITLES = ("Vendors", "GL accounts", "Dimensions")
#: States a person has to look at; the others are settled.
TO_DO = ("conflict", "unmapped", "suggested")
SURE = 95  # percent from which a suggestion may be accepted together with others
_WORDS = {
    "conflict": "Conflict",
    "unmapped": "Unmapped",
    "suggested": "Suggested",
    "planned": "Planned",
    "inactive": "Inactive",
    "mapped": "Mapped",
    "excluded": "Excluded",
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
    "gl": Words(("account", "accounts"), "account", "AvidXchange code"),
    "dimensions": Words(("dimension value", "dimension values"), "value", "AvidXchange code"),
}


#: What an empty list says: a title and what to read first.
EMPTY = {
    "vendors": (
        "No supplier has been read yet",
        (
            "Sync now reads suppliers from Sage X3 and vendors from AvidXchange. What is alike is "
            "then suggested here."
        ),
    ),
    "gl": (
        "No account has been read yet",
        (
            "Sync now reads accounts from Sage X3 and codes from AvidXchange. What is alike is "
            "then suggested here."
        ),
    ),
    "dimensions": (
        "No dimension has been read yet",
        (
            "Sync now reads dimensions from Sage X3 and codes from AvidXchange. A type that no row "
            "names is not carried over."
        ),
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
        f"{money(row)} waiting" if held and money(row) else "",
    ]
    return ", ".join(str(part) for part in parts if part)


def _columns(kind: str) -> tuple[Column, ...]:
    first = Column("state", "State", "state", sort_name="rank", looks=STATES)
    keys = {
        "vendors": (Column("key1", "X3 code", "code", sort_name="key1", is_strong=True),),
        "gl": (
            Column("key1", "Chart", "code", sort_name="key1"),
            Column("key2", "Account", "code", sort_name="key2", is_strong=True),
        ),
        "dimensions": (
            Column("key1", "Type", "code", sort_name="key1"),
            Column("key2", "Value", "code", sort_name="key2", is_strong=True),
        ),
    }[kind]
    name = Column("name", "Name in Sage X3", "text", is_elastic=True, sort_name="name")
    city = (Column("city", "City", "text", priority_to_hide=1, sort_name="city", is_muted=True),)
    group = Column("code_group", "Group", "code", priority_to_hide=1, sort_name="code_group")
    code = Column(
        "code", "Vendor" if kind == "vendors" else "Code", "code", sort_name="code", is_strong=True
    )
    return (
        first,
        *keys,
        name,
        *(city if kind == "vendors" else (group,) if kind == "dimensions" else ()),
        code,
        Column(
            "code_name",
            "Name in AvidXchange",
            "text",
            is_elastic=True,
            priority_to_hide=4,
            sort_name="code_name",
        ),
        Column("score", "Match", "confidence", sort_name="score"),
        Column("evidence", "Evidence", "text", is_elastic=True, priority_to_hide=2, is_muted=True),
        Column("open", "Open", "count", priority_to_hide=3, sort_name="open"),
        Column("waiting", "Amount waiting", "amount", sort_name="waiting", second="currency"),
        Column("company", "Company", "code", hidden_at_first=True, sort_name="company"),
        Column("valid_from", "Valid from", "date", hidden_at_first=True, sort_name="valid_from"),
        Column("valid_to", "Valid to", "date", hidden_at_first=True, sort_name="valid_to"),
        Column("by", "By", "text", hidden_at_first=True, sort_name="by"),
        Column("at", "Changed", "instant", hidden_at_first=True, sort_name="at"),
    )


def _fields(kind: str) -> Mapping[str, Field]:
    first, second = {
        "vendors": ("supplier", ""),
        "gl": ("chart", "account"),
        "dimensions": ("type", "value"),
    }[kind]
    made = {
        "state": Field("state", "State", "word", {word: key for key, word in _WORDS.items()}),
        first: Field("key1", first.capitalize()),
        "name": Field("name", "Name in Sage X3"),
        "code": Field("code", "AvidXchange code"),
        "called": Field("code_name", "Name in AvidXchange"),
        "match": Field("score", "Match", "number"),
        "open": Field("open", "Open documents", "number"),
        "waiting": Field("waiting", "Amount waiting", "amount"),
        "by": Field("by", "By"),
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
        said = f"By {row['by']}, {formats.day(datetime.fromisoformat(str(row['at'])))}"
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
