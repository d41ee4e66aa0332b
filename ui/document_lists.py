"""The lists of invoices, payments and audit entries, declared: columns, find fields, words.

Columns, their order and which go first in a narrow window are those of design.md 4. What a row of
the audit log says in words is made here too, off the GUI thread.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from core.words import area
from ui import formats, looks
from ui.find_syntax import Field
from ui.list_spec import Column, ListSpec, PageOf, Query, Row
from ui.painting import PillLook

say = area(__name__)

_WORDS = {look.text: state for state, look in looks.INVOICES.items()}
_PAYMENT_WORDS = {look.text: state for state, look in looks.PAYMENTS.items()}
_ACTION_WORDS = {words: name for name, (_, words) in looks.ACTIONS.items()}
METHODS = {"check": say("check"), "ach": say("ach"), "card": say("card"), "epayment": "E-payment"}
_PAID = {
    say("no_2"): "",
    say("scheduled"): "scheduled",
    say("issued"): "issued",
    say("part_paid"): "part_paid",
    say("paid"): "paid",
    say("voided"): "voided",
    say("returned"): "returned",
}


_DAY = re.compile(r"\b(\d{4}-\d{2}-\d{2})\b")


def with_days(text: str) -> str:
    """Dates of a sentence as people here write them; what is no date stays."""
    return _DAY.sub(_day_of, text)


def _day_of(found: re.Match[str]) -> str:
    try:
        return formats.day(date.fromisoformat(found[1]))
    except ValueError:
        return found[1]


def money(row: Row, name: str = "amount") -> str:
    """An amount of a row with its currency, as people read it; a dash when there is none."""
    text = row.get(name)
    return formats.money(Decimal(text), str(row.get("currency", ""))) if text else formats.NONE


def spoken(row: Row, name: str = "amount") -> str:
    """The same for a screen reader."""
    text = row.get(name)
    return formats.spoken_money(Decimal(text), str(row.get("currency", ""))) if text else ""


def _invoice_sentence(row: Row) -> str:
    state = looks.INVOICES[row["state"]].text
    said = (state, row["number"], row["supplier_name"] or row["supplier"], spoken(row))
    return ", ".join(part for part in (*said, row["why"]) if part)


INVOICES = ListSpec(
    name="invoices",
    columns=(
        Column("state", say("state"), "state", sort_name="state", looks=looks.INVOICES),
        Column("number", say("x3_no"), "code", sort_name="number", is_strong=True),
        Column("supplier_name", say("supplier"), "text", is_elastic=True, sort_name="supplier"),
        Column(
            "supplier_document", say("suppliers_no"), "code", priority_to_hide=4,
            sort_name="supplier_document",
        ),
        Column("document_date", say("date"), "date", priority_to_hide=2, sort_name="document_date"),
        Column("due_date", say("due"), "date", sort_name="due_date"),
        Column("amount", say("amount"), "amount", sort_name="amount", second="currency"),
        Column(
            "open_x3", say("open_in_x3"), "amount", priority_to_hide=3, sort_name="open_x3",
            second="currency",
        ),
        Column(
            "open_avidxchange", say("open_in_avid"), "amount", priority_to_hide=1,
            sort_name="open_avidxchange", second="currency",
        ),
        Column("why", say("why"), "text", is_elastic=True, sort_name="why"),
        Column("currency", say("currency"), "code", hidden_at_first=True, sort_name="currency"),
        Column("company", say("company"), "code", hidden_at_first=True, sort_name="company"),
        Column("kind", say("type"), "text", hidden_at_first=True),
        Column("age", say("days"), "count", hidden_at_first=True, sort_name="age"),
        Column("avid_invoice_id", say("avidxchange_id"), "code", hidden_at_first=True),
    ),
    noun=("invoice", "invoices"),
    row_key="number",
    sentence=_invoice_sentence,
    fields={
        "status": Field("state", say("state"), "word", _WORDS),
        "number": Field("number", say("x3_number")),
        "vendor": Field("supplier", say("supplier")),
        "document": Field("supplier_document", say("suppliers_number")),
        "amount": Field("amount", say("amount"), "amount"),
        "open": Field("open_x3", say("open_in_x3"), "amount"),
        "date": Field("document_date", say("date"), "date"),
        "due": Field("due_date", say("due"), "date"),
        "age": Field("age", say("days_in_its_state"), "number"),
        "company": Field("company", say("company")),
        "currency": Field("currency", say("currency")),
        "code": Field("code", say("cause")),
        "paid": Field("payment", say("payment"), "word", {k: v for k, v in _PAID.items() if v}),
        "why": Field("why", say("why")),
    },
    order="number",
    descending=True,
    sum_of="amount",
)  # fmt: skip


def _payment_sentence(row: Row) -> str:
    state = looks.PAYMENTS[row["state"]].text if row["state"] in looks.PAYMENTS else row["state"]
    named = (state, row["method_shown"], row["check_number"], row["vendor_name"])
    return ", ".join(str(part) for part in (*named, spoken(row), row["why"]) if part)


PAYMENTS = ListSpec(
    name="payments",
    columns=(
        Column("state", say("state"), "state", sort_name="state", looks=looks.PAYMENTS),
        Column("method_shown", say("method"), "text", sort_name="method", priority_to_hide=3),
        Column("check_number", say("number"), "code", sort_name="check_number", is_strong=True),
        Column("vendor_name", say("supplier"), "text", is_elastic=True),
        Column("amount", say("amount"), "amount", sort_name="amount", second="currency"),
        Column("payment_date", say("issued"), "date", sort_name="payment_date"),
        Column(
            "cleared_date", say("cleared"), "date", sort_name="cleared_date", priority_to_hide=2
        ),
        Column("invoices_shown", say("invoices"), "text", is_elastic=True, priority_to_hide=1),
        Column("x3_payment", say("x3_payment"), "code", sort_name="x3_payment", is_strong=True),
        Column("why", say("why"), "text", is_elastic=True),
        Column("currency", say("currency"), "code", hidden_at_first=True, sort_name="currency"),
        Column("batch", say("batch"), "code", hidden_at_first=True, sort_name="batch"),
        Column(
            "payment_id",
            say("avidxchange_id"),
            "code",
            hidden_at_first=True,
            sort_name="payment_id",
        ),
    ),
    noun=("payment", "payments"),
    row_key="payment_id",
    sentence=_payment_sentence,
    fields={
        "status": Field("state", say("state"), "word", _PAYMENT_WORDS),
        "method": Field("method", say("method"), "word", {v: k for k, v in METHODS.items()}),
        "number": Field("number", say("number")),
        "vendor": Field("supplier", say("supplier")),
        "invoice": Field("invoice", say("invoice")),
        "amount": Field("amount", say("amount"), "amount"),
        "issued": Field("payment_date", say("issued"), "date"),
        "cleared": Field("cleared_date", say("cleared"), "date"),
        "id": Field("payment_id", say("avidxchange_id")),
        "posted": Field(
            "posted", say("posted_in_x3"), "word", {say("yes"): "yes", say("no_2"): "no"}
        ),
        "batch": Field("batch", say("batch")),
        "x3": Field("x3_payment", say("x3_payment")),
        "currency": Field("currency", say("currency")),
        "code": Field("code", say("cause")),
    },
    order="payment_date",
    descending=True,
    sum_of="amount",
)


class Shown:
    """A source of the desk whose rows get what their cells need; all of it off the GUI thread."""

    def __init__(self, source: Any, shape: Callable[[Row], Row]) -> None:
        self._source = source
        self._shape = shape

    def page(self, wanted: Query, after: Any, limit: int) -> PageOf:
        """As the source, each row shaped."""
        found = self._source.page(wanted, after, limit)
        return PageOf(tuple(self._shape(row) for row in found.rows), found.next)

    def count(self, wanted: Query) -> int:
        """As the source."""
        return int(self._source.count(wanted))

    def totals(self, wanted: Query) -> dict[str, str]:
        """As the source."""
        found: dict[str, str] = self._source.totals(wanted)
        return found


def invoice_row(row: Row) -> Row:
    """A supplier without a name is shown by its code; dates stand as people write them."""
    name = row["supplier_name"] or row["supplier"]
    return {**row, "supplier_name": name, "why": with_days(str(row["why"]))}


def payment_row(row: Row) -> Row:
    """With its invoices in one cell, the method in words, and their word where nothing is asked."""
    return {
        **row,
        "vendor_name": row["vendor_name"] or row["vendor"],
        "invoices_shown": ", ".join(row["invoices"]),
        "method_shown": METHODS.get(str(row["method"]), str(row["method"]) or say("payment")),
        "why_asked": row["why"],
        "why": with_days(str(row["why"])) or row["held"] or row["text"],
    }


# --- the audit log ---------------------------------------------------------------------------

#: What became of what an entry tells -> its look.
OUTCOMES = {
    "in_doubt": PillLook("zoom-question", say("no_answer"), "doubt"),
    "rejected": PillLook("circle-x", say("refused"), "bad"),
    "review": PillLook("alert-triangle", say("needs_review"), "warn"),
    "ready": PillLook("refresh", say("tried_again"), "wait"),
    "cancelled": PillLook("circle-minus", say("cancelled"), "wait"),
    "done": PillLook("check", say("done"), "wait", is_filled=False),
}
_ACTIONS = {name: looks.action(name) for name in looks.ACTIONS}
_PROGRAM = {"engine": "Crossfoot", "schedule": say("schedule"), "recovery": say("recovery")}
_RUN_WORDS = (
    ("sent", "sent"),
    ("replaced", "replaced"),
    ("withdrawn", "withdrawn"),
    ("in_doubt", say("in_doubt")),
    ("approvals_written", "approvals"),
    ("payments_posted", "payments"),
    ("review", say("to_review")),
)
_HASH = 64
_LONG = 160


def who(actor: str) -> str:
    """Who acted: a person's name, or which part of the program."""
    return _PROGRAM.get(actor, actor)


def kept(text: str | None) -> Any:
    """A stored `before` or `after`: the object it holds, or the plain text; None stays None."""
    if not isinstance(text, str) or text[:1] not in {"{", "["}:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def short_hash(text: str) -> str:
    """The begin and end of a hash; any other text as it is."""
    is_hash = len(text) == _HASH and not text.strip("0123456789abcdef")
    return f"{text[:4]}…{text[-4:]}" if is_hash else text


def _brief(value: Any) -> str:
    """One line of what was or is, for a cell."""
    if value is None:
        return ""
    if isinstance(value, Mapping):
        named = ((str(name), _brief(part)) for name, part in value.items())
        return ", ".join(f"{name} {part}" for name, part in named if part)[:_LONG]
    if isinstance(value, list):
        return ", ".join(_brief(part) for part in value)[:_LONG]
    text = short_hash(str(value))
    return looks.INVOICES[text].text if text in looks.INVOICES else text[:_LONG]


def _answer_words(result: str, after: Mapping[str, Any]) -> str:
    """How it ended, and under which id or number."""
    brought = kept(after.get("result"))
    named = brought if isinstance(brought, Mapping) else {}
    identity = str(named.get("id") or named.get("number") or "")
    words = result.replace("_", " ").capitalize()
    return say("as", words=words, identity=identity) if identity else words


def _run_words(report: Mapping[str, Any]) -> str:
    """What a run did, as far as it did anything."""
    counted = [(int(report.get(name) or 0), words) for name, words in _RUN_WORDS]
    said = [f"{formats.count(count)} {words}" for count, words in counted if count]
    return ", ".join(said) or say("nothing_new")


def object_words(name: str) -> str:
    """`open_item X` as people read it: `Open item X`; names of documents stay as they are."""
    kind, space, rest = name.partition(" ")
    if not space or not kind.replace("_", "").islower():
        return name
    return f"{kind.replace('_', ' ').capitalize()} {rest}"


def audit_row(row: Row) -> dict[str, Any]:
    """A stored entry with what its cells show: `who`, `was`, `is`, `outcome`, and so on."""
    before, after = kept(row["before"]), kept(row["after"])
    name = str(row["action"])
    was, now = _brief(before), _brief(after)
    result = str(row["result"] or "")
    outcome = "done"
    if name in {"answer", "decision"} and isinstance(after, Mapping):
        outcome = str(after.get("state", "done"))
        was, now = "", _answer_words(result, after)
    elif name in {"state", "review opened", "review closed"} and result:
        now = f"{now}: {result}" if name == "state" else now or result
    elif name == "received":
        was, now = "", result.capitalize()
    elif name in {"intent", "approved"}:
        was, now = "", result.replace("_", " ").capitalize()
    elif name == "run ended" and isinstance(after, Mapping):
        now = _run_words(after)
    elif isinstance(after, Mapping) and "figures" in after:
        now = short_hash(str(after.get("hash", "")))  # its figures are for the pane
    return {
        **row,
        "who": who(str(row["actor"])),
        "was": was,
        "is": now,
        "outcome": outcome if outcome in OUTCOMES else "done",
        "chain": short_hash(str(row["hash"])),
        "object_shown": object_words(str(row["object"])),
    }


def _audit_sentence(row: Row) -> str:
    when = formats.moment(datetime.fromisoformat(row["time"]), has_seconds=True)
    change = say("to", was=row["was"], value=row["is"]) if row["was"] and row["is"] else row["is"]
    said = (when, row["who"], looks.action(row["action"]).text, row["object_shown"], change)
    return ", ".join(part for part in said if part)


AUDIT = ListSpec(
    name="audit",
    columns=(
        Column("time", say("time"), "instant", sort_name="sequence"),
        Column("who", say("who"), "text", least_characters=10),
        Column("action", say("what"), "icon_text", sort_name="action", looks=_ACTIONS,
               least_characters=15),
        Column("object_shown", say("object"), "text", is_elastic=True, sort_name="object",
               is_strong=True),
        Column("was", say("before_and_after"), "change", is_elastic=True, second="is"),
        Column("outcome", say("result"), "state", looks=OUTCOMES),
        Column("run", say("run"), "count", priority_to_hide=1),
        Column("sequence", say("no"), "count", priority_to_hide=2),
        Column("chain", say("chain"), "icon_text", hidden_at_first=True),
    ),
    noun=("entry", "entries"),
    row_key="sequence",
    sentence=_audit_sentence,
    fields={
        "object": Field("object", say("object")),
        "what": Field("action", say("what"), "word", _ACTION_WORDS),
        "who": Field("actor", say("who")),
        "date": Field("time", say("date"), "date"),
        "result": Field("result", say("result")),
        "run": Field("run", say("run"), "number"),
        "no": Field("sequence", say("number"), "number"),
    },
    order="sequence",
    descending=True,
)  # fmt: skip
