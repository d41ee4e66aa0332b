"""Review items in words: what they are grouped by, what they say, what can be done; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from core.desk_views import AMOUNT, STATE
from core.words import area
from ui import formats, looks, told_texts
from ui.document_lists import with_days
from ui.list_spec import Row
from ui.painting import PillLook

say = area(__name__)

_COUNTED = re.compile(told_texts.pattern(area("core.engine.verdicts")("documents")))
_NOW = told_texts.between(area("core.domain.approvals")("sent_now"), "sent", "now")
_FIRST = ("SUP-01", "DBT-01", "RET-01", "VOI-01", "BNK-01", "REJ-01")
_WAITS_FOR = {
    "MAP-01": say("a_vendor"),
    "MAP-02": say("an_active_account"),
    "MAP-03": say("an_account_mapping"),
    "MAP-04": say("a_code_of_a_required_group"),
    "MAP-05": say("a_code_that_avidxchange_knows"),
    "MAP-06": say("a_dimension_mapping"),
    "STA-01": say("validation_in_sage_x3"),
    "BNK-01": say("the_release_of_changed_remittance"),
    "ATT-01": say("a_document_image"),
}
_UNSENT = frozenset((
    "MAP-01", "MAP-02", "MAP-03", "MAP-04", "MAP-05", "MAP-06", "STA-01", "PO-01", "SUM-01",
    "SUM-02", "CUR-01", "DUE-01", "DIM-01", "KND-01", "DUP-02", "FIT-01", "LIM-01", "ATT-01",
))  # fmt: skip
_SAFE = say("nothing_was_sent_no_record_changed")


@dataclass(frozen=True, slots=True)
class Way:
    """One resolution: its verb alone and with `{counted}` documents, its icon, what it does."""

    verb: str
    with_number: str
    icon: str
    what: str
    names_number: bool = True


WAYS = {
    "accept": Way(
        say("accept"),
        say("accept_2"),
        "check",
        say("goes_on_unchanged_with_the_next_run"),
        names_number=False,
    ),
    "link": Way(say("link"), say("link_2"), "link", say("what_stands_there_is_taken_as_this")),
    "send_again": Way(
        say("send_again"), say("send_again_2"), "send", say("sent_with_the_next_run")
    ),
    "keep": Way(
        say("keep_as_it_is"),
        say("keep_as_they_are"),
        "check",
        say("nothing_is_changed_on_either_side"),
        names_number=False,
    ),
    "reverse": Way(
        say("i_reverse_it_in_x3"),
        say("i_reverse_in_x3"),
        "arrow-back-up",
        say("the_item_closes_by_itself_when_x3"),
        names_number=False,
    ),
    "withdraw": Way(
        say("withdraw"), say("withdraw_2"), "trash", say("taken_back_from_avidxchange_with_the")
    ),
    "done": Way(
        say("mark_as_done"),
        say("mark_as_done_2"),
        "checks",
        say("you_have_settled_it_yourself"),
        names_number=False,
    ),
    "exclude": Way(
        say("exclude"), say("exclude_2"), "circle-minus", say("not_sent_and_paid_outside")
    ),
}


@dataclass(frozen=True, slots=True)
class Cause:
    """One line of the queue: one item, or all items of a code when they are several."""

    key: str
    items: tuple[Row, ...]
    waits: bool
    is_child: bool = False
    children: tuple[Cause, ...] = field(default=())

    @property
    def code(self) -> str:
        """The catalogue's code."""
        return str(self.items[0]["code"])

    @property
    def look(self) -> PillLook:
        """Icon, word and kind."""
        return looks.cause(self.code, waits=self.waits)

    @property
    def documents(self) -> int:
        """How many documents its items name."""
        return sum(max(1, len(item["documents"])) for item in self.items)

    @property
    def how(self) -> tuple[str, ...]:
        """What can be chosen for all its items; excluding stands last."""
        shared = [h for h in self.items[0]["how"] if all(h in item["how"] for item in self.items)]
        return tuple(sorted(shared, key=lambda way: way == "exclude"))

    @property
    def title(self) -> str:
        """What it is, in a few words; below a group, what it is about."""
        if self.is_child:
            return subject(self.items[0])
        return looks.CAUSES.get(self.code, str(self.items[0]["title"]))

    @property
    def second(self) -> str:
        """What it is about and how old it is."""
        oldest = max(int(item["age"]) for item in self.items)
        aged = formats.counted(oldest, "day") if oldest else "today"
        if len(self._sums()) > 1:
            return aged  # the amounts beside it need the room
        if self.children:
            return f"{formats.counted(len(self.items), 'cause')} · {aged}"
        return aged if self.is_child else f"{subject(self.items[0])} · {aged}"

    @property
    def amount(self) -> str:
        """The sum; with its currency only where there are several. Empty without amounts."""
        sums = self._sums()
        if len(sums) == 1:
            return formats.amount(next(iter(sums.values())))
        return self.money

    @property
    def brief(self) -> str:
        """The sum, or in how many currencies it is; for the short lines of a group."""
        count = len(self._sums())
        return self.amount if count < 2 else say("currencies", count=count)  # noqa: PLR2004 - several

    @property
    def money(self) -> str:
        """The sums with their currencies, one behind the other."""
        return ", ".join(formats.money(total, code) for code, total in self._sums().items())

    def _sums(self) -> dict[str, Decimal]:
        """Currency -> sum of what its items hold up; sums of nothing are left out."""
        sums: dict[str, Decimal] = {}
        for item in self.items:
            own = item.get("amounts") or {item["currency"]: item["amount"]}
            for currency, text in own.items():
                if currency:
                    sums[currency] = sums.get(currency, Decimal(0)) + Decimal(text or 0)
        return {currency: total for currency, total in sorted(sums.items()) if total}

    @property
    def spoken(self) -> str:
        """The line as one sentence for a screen reader."""
        counted = formats.counted(self.documents, "document")
        return ", ".join(part for part in (self.title, self.second, counted, self.money) if part)


def causes(rows: Iterable[Row]) -> tuple[list[Cause], list[Cause]]:
    """What asks a person, the urgent first, and what goes on by itself; grouped by code."""
    groups: dict[tuple[bool, str], list[Row]] = {}
    for row in rows:
        waits = bool(row["waits"] or row["snoozed"])
        groups.setdefault((waits, str(row["code"])), []).append(row)
    made = [_cause(waits, code, items) for (waits, code), items in groups.items()]
    made.sort(key=_urgency)
    return [c for c in made if not c.waits], [c for c in made if c.waits]


def _cause(waits: bool, code: str, items: list[Row]) -> Cause:  # noqa: FBT001 - the group's key
    if len(items) == 1:
        return Cause(str(items[0]["id"]), tuple(items), waits)
    items.sort(key=lambda row: (-len(row["documents"]), int(row["id"])))
    children = tuple(Cause(str(row["id"]), (row,), waits, is_child=True) for row in items)
    return Cause(f"{code}{' waits' if waits else ''}", tuple(items), waits, children=children)


def _urgency(cause: Cause) -> tuple[int, int, str]:
    place = _FIRST.index(cause.code) if cause.code in _FIRST else len(_FIRST)
    return (place, -cause.documents, cause.code)


def subject(row: Row) -> str:
    """What an item is about: a supplier, an account, a dimension, or its document."""
    cause = str(row["cause"]).partition("|")[2]
    kind, _, name = cause.partition(" ")
    if known := str(row.get("supplier_name") or ""):
        return f"{known} ({name})"
    if name and kind in {"supplier", "account", "dimension", "group"}:
        return f"{kind.capitalize()} {name}"
    return str(row["document"]) or cause or str(row["system"])


def supplier_of(row: Row) -> str:
    """The code of the supplier an item is about, empty when it is about something else."""
    kind, _, name = str(row["cause"]).partition("|")[2].partition(" ")
    return name if kind == "supplier" else ""


def mapping_of(row: Row) -> tuple[str, str, str] | None:
    """Kind, key and second key of the mapping an item waits for; None when it is no mapping."""
    if not str(row["code"]).startswith("MAP-"):
        return None
    kind, _, name = str(row["cause"]).partition("|")[2].partition(" ")
    if kind == "supplier" and name:
        return "vendors", name, ""
    if kind == "account" and "/" in name:
        chart, _, account = name.partition("/")
        return "gl", chart, account
    if kind == "dimension" and " " in name:
        dimension, _, value = name.partition(" ")
        return "dimensions", dimension, value
    return None


def noun(cause: Cause) -> str:
    """What its documents are called."""
    info = cause.items[0].get("info") or {}
    return "payment" if isinstance(info, dict) and info.get("kind") == "payment" else "invoice"


def headline(cause: Cause) -> str:
    """A sentence that says what waits, with the number."""
    count = cause.documents
    what = _WAITS_FOR.get(cause.code)
    if what is None:
        title = str(cause.items[0]["title"])
        if count == 1:
            return title
        return f"{looks.CAUSES.get(cause.code, title)}: {formats.counted(count, noun(cause))}"
    verb = "is" if count == 1 else "are"
    return say("waiting_for", counted=formats.counted(count, noun(cause)), verb=verb, what=what)


def sentence(cause: Cause) -> str:
    """Why, with values, and what is safe."""
    if cause.children:
        count = formats.count(len(cause.items))
        text = say("open_the_group_at_the_left_for", count=count)
    else:
        text = with_days(_COUNTED.sub("", str(cause.items[0]["text"])).strip())
        text = _named(text, cause.items[0])
        if _NOW:  # what was sent and what stands there now, one below the other
            text = text.replace(_NOW, _NOW.replace(" ", "\n", 1))
    return f"{text} {_SAFE}" if cause.code in _UNSENT else text


def _named(text: str, row: Row) -> str:
    """The supplier's name behind its code, where the sentence does not say it itself."""
    name, code = str(row.get("supplier_name") or ""), supplier_of(row)
    if not name or name in text:
        return text
    return text.replace(f"upplier {code}", f"upplier {code} {name}", 1)


def verb(cause: Cause, how: str) -> str:
    """The words of a button: the result with its number."""
    way = WAYS[how]
    if way.names_number or cause.documents > 1:
        return way.with_number.format(counted=formats.counted(cause.documents, noun(cause)))
    return way.verb


def invoice_rows(invoices: Sequence[Row]) -> list[dict[str, Any]]:
    """Invoices of an item as rows of its small list."""
    return [
        {
            "key": say("invoice", number=row["number"]),
            "open": row["number"],
            "number": row["number"],
            "theirs": row["supplier_document"],
            "date": row["document_date"],
            "due": row["due_date"],
            "amount": row["amount"],
            "currency": row["currency"],
            "age": row["age"],
            "what": _what(row["supplier_name"], row["why"]),
        }
        for row in invoices
    ]


def payment_rows(payments: Sequence[Row]) -> list[dict[str, Any]]:
    """Payments of an item as rows of its small list."""
    return [
        {
            "key": say("payment", payment_id=row["payment_id"]),
            "open": row["payment_id"],
            "number": row["check_number"] or row["payment_id"],
            "theirs": row["x3_payment"],
            "date": row["payment_date"],
            "amount": row["amount"],
            "currency": row["currency"],
            "what": _what(row["vendor_name"], row["why"] or row["text"]),
        }
        for row in payments
    ]


def shown_fact(name: str, value: str) -> str:
    """A fact of one side as people read it: amounts, dates and states."""
    if name == STATE and value in looks.INVOICES:
        return looks.INVOICES[value].text
    if name == AMOUNT:
        try:
            return formats.amount(Decimal(value))
        except InvalidOperation:
            return value
    return with_days(value)


def _what(name: str, why: str) -> str:
    return " · ".join(part for part in (name, with_days(why)) if part)


def item_rows(cause: Cause) -> list[dict[str, Any]]:
    """Items of a group as rows of the same list."""
    return [
        {
            "key": say("item", id=row["id"]),
            "open": row["document"] if noun(cause) == "invoice" else "",
            "number": subject(row),
            "theirs": "",
            "date": "",
            "due": "",
            "amount": row["amount"] or None,
            "currency": row["currency"],
            "age": row["age"],
            "what": with_days(_COUNTED.sub("", str(row["text"]))),
        }
        for row in cause.items
    ]
