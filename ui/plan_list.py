"""The list of a plan's actions, in the order of writing: its columns and words."""

from __future__ import annotations

from typing import Any

from ui import formats, list_text
from ui.find_syntax import Field
from ui.list_spec import Column, ListSpec, PageOf, Query, Row
from ui.painting import PillLook

KINDS = {
    "vendor": PillLook("building-store", "Write vendor", "wait"),
    "invoice": PillLook("send", "Send invoice", "wait"),
    "replace": PillLook("replace", "Replace invoice", "wait"),
    "withdraw": PillLook("arrow-back-up", "Withdraw invoice", "wait"),
    "image": PillLook("file-text", "Send document", "wait"),
    "approval": PillLook("check", "Write approval", "wait"),
    "payment": PillLook("credit-card", "Post payment", "wait"),
}
TO_AVIDXCHANGE = ("vendor", "invoice", "replace", "withdraw", "image")
TO_X3 = ("approval", "payment")
_SYSTEMS = {"x3": "Sage X3", "avidxchange": "AvidXchange"}


def _sentence(row: Row) -> str:
    look = KINDS.get(str(row["kind"]))
    word = look.text if look is not None else str(row["action"])
    amount = row.get("amount")
    money = f", {amount} {row['currency']}" if amount else ""
    return f"{word}, {row['object']}, {row['supplier_name']}, to {row['to']}{money}"


SPEC = ListSpec(
    name="actions",
    columns=(
        Column("kind", "Action", "icon_text", looks=KINDS),
        Column("object", "Object", "code", is_strong=True),
        Column("supplier_name", "Supplier", "text", is_elastic=True),
        Column("to", "Written to", "text", least_characters=11, is_muted=True,
               priority_to_hide=2),
        Column("before", "Now and then", "change", second="after", priority_to_hide=1,
               least_characters=20),
        Column("amount", "Amount", "amount", sort_name="amount", second="currency"),
        Column("currency", "Currency", "code", hidden_at_first=True),
    ),
    noun=("action", "actions"),
    row_key="position",
    sentence=_sentence,
    fields={
        "object": Field("object", "Object"),
        "supplier": Field("supplier", "Supplier"),
        "amount": Field("amount", "Amount", "amount"),
        "action": Field(
            "kind", "Action", "word", {look.text: kind for kind, look in KINDS.items()}
        ),
    },
    order="position",
    sum_of="amount",
)  # fmt: skip


class ActionSource:
    """The core's actions with the name of the system they are written to."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def page(self, wanted: Query, after: Any, limit: int) -> PageOf:
        """As `Source.page`."""
        found = self._source.page(wanted, after, limit)
        return PageOf(tuple(_shown(row) for row in found.rows), found.next)

    def count(self, wanted: Query) -> int:
        """As `Source.count`."""
        return int(self._source.count(wanted))

    def totals(self, wanted: Query) -> dict[str, str]:
        """None: invoices and their payments must not be added up."""
        del wanted
        return {}


def _shown(row: Row) -> Row:
    amount = row.get("amount")
    _, _, decimals = str(amount or "").partition(".")
    if len(decimals) == 1:  # a payment's amount comes as AvidXchange writes it
        amount = f"{amount}0"
    return {**row, "to": _SYSTEMS.get(row["system"], ""), "amount": amount}


def money(amounts: dict[str, str]) -> str:
    """Sums as a card shows them: one currency without its name, else all with theirs."""
    if len(amounts) == 1:
        value = next(iter(amounts.values()))
        return list_text.totals({"": value}).strip()
    return list_text.totals(amounts)


def promise(actions: int, at: str) -> str:
    """What the bar at the foot promises."""
    if not actions:
        return "There is nothing to write. Both sides agree as far as they were read."
    counted = formats.counted(actions, "action")
    verb = "this" if actions == 1 else "these"
    is_are = "is" if actions == 1 else "are"
    changed = f"What has changed since {at}" if at else "What has changed meanwhile"
    return f"Only {verb} {counted} {is_are} written. {changed} is left out and planned again."
