"""The list of a plan's actions, in the order of writing: its columns and words."""

from __future__ import annotations

from typing import Any

from core.words import area
from ui import formats, list_text
from ui.find_syntax import Field
from ui.list_spec import Column, ListSpec, PageOf, Query, Row
from ui.painting import PillLook

say = area(__name__)

KINDS = {
    "vendor": PillLook("building-store", say("write_vendor"), "wait"),
    "invoice": PillLook("send", say("send_invoice"), "wait"),
    "replace": PillLook("replace", say("replace_invoice"), "wait"),
    "withdraw": PillLook("arrow-back-up", say("withdraw_invoice"), "wait"),
    "image": PillLook("file-text", say("send_document"), "wait"),
    "approval": PillLook("check", say("write_approval"), "wait"),
    "payment": PillLook("credit-card", say("post_payment"), "wait"),
}
TO_AVIDXCHANGE = ("vendor", "invoice", "replace", "withdraw", "image")
TO_X3 = ("approval", "payment")
_SYSTEMS = {"x3": say("sage_x3"), "avidxchange": "AvidXchange"}


def _sentence(row: Row) -> str:
    look = KINDS.get(str(row["kind"]))
    word = look.text if look is not None else str(row["action"])
    amount = row.get("amount")
    money = f", {amount} {row['currency']}" if amount else ""
    return say(
        "to",
        word=word,
        object=row["object"],
        supplier_name=row["supplier_name"],
        to=row["to"],
        money=money,
    )


SPEC = ListSpec(
    name="actions",
    columns=(
        Column("kind", say("action"), "icon_text", looks=KINDS),
        Column("object", say("object"), "code", is_strong=True),
        Column("supplier_name", say("supplier"), "text", is_elastic=True),
        Column("to", say("written_to"), "text", least_characters=11, is_muted=True,
               priority_to_hide=2),
        Column("before", say("now_and_then"), "change", second="after", priority_to_hide=1,
               least_characters=20),
        Column("amount", say("amount"), "amount", sort_name="amount", second="currency"),
        Column("currency", say("currency"), "code", hidden_at_first=True),
    ),
    noun=("action", "actions"),
    row_key="position",
    sentence=_sentence,
    fields={
        "object": Field("object", say("object")),
        "supplier": Field("supplier", say("supplier")),
        "amount": Field("amount", say("amount"), "amount"),
        "action": Field(
            "kind", say("action"), "word", {look.text: kind for kind, look in KINDS.items()}
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
        return say("there_is_nothing_to_write_both_sides")
    counted = formats.counted(actions, "action")
    verb = "this" if actions == 1 else "these"
    is_are = "is" if actions == 1 else "are"
    changed = say("what_has_changed_since", at=at) if at else say("what_has_changed_meanwhile")
    return say(
        "only_written_is_left_out_and_planned",
        verb=verb,
        counted=counted,
        is_are=is_are,
        changed=changed,
    )
