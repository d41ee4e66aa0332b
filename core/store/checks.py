"""What speaks against the promises about writes and money, I2 to I5 (product.md 8); reads only.

Each check looks at what changed, or at all there is (`touched.everything`), and gives a `Fact` for
whatever is not as promised. The log's and the bookmarks' promises stand in `checks_log`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Any

from core.domain.canonical import decimal_text, decode, loads
from core.domain.documents import PAYMENT_UNPAID, OpenItem
from core.domain.money import Money
from core.store.invoices import suppliers_of
from core.store.outbox import OutboxRow, outbox_rows, rows_of
from core.store.payments import settled_by
from core.store.sqlite import Store, lots
from core.store.statements import by_key
from core.store.tables import Action, ApPayment, Attempt, Document, Outbox
from core.store.touched import (
    ACTION,
    OPEN_ITEM,
    OUTBOX,
    PAYMENT,
    Changed,
    Fact,
    Note,
)
from core.words import area

say = area(__name__)

#: References -> those whose posting a person reversed in X3.
Undone = Callable[[list[str]], Collection[str]]
_STANDING = ("id", "kind", "state", "reference", "key", "attempts")
_SEND = ("id", "outbox", "ended", "outcome")
_WITH_BODY = ("parent", "body")
_SHOWN_PAYMENT = {"entity": PAYMENT, "gone": 0}
_MOST_REISSUES = 10  # postings of one payment id that are looked for
# A row that is ready again after an unknown answer is in doubt until it is sent once more.
_ANSWERED_OR_IN_DOUBT = frozenset(("done", "in_doubt", "review", "sending", "ready"))
_NOT_THERE = ("refused", "auth", "blocked", "throttled", "setup", "busy", "unreachable", "not done")


# I2 and I3


def unanswered(store: Store, changed: Changed) -> list[Fact]:
    """Writes that have not exactly one answer for each send, and are not in doubt either (I2)."""
    facts = []
    ids = [int(key) for key in changed.of(OUTBOX)]
    for lot in lots(ids):
        rows = {row["id"]: row for row in by_key(store, Outbox, "id", lot, columns=_STANDING)}
        sends = _sends(store, lot)
        for row_id in lot:
            text = _unanswered(rows.get(row_id), sends.get(row_id, []))
            if text:
                facts.append(_of_write(row_id, rows.get(row_id), text))
    return facts


def _sends(store: Store, ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """Outbox id -> its sends in order: when they ended, and their outcome."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows = by_key(store, Attempt, "outbox", ids, columns=_SEND, also={"purpose": "send"})
    for row in sorted(rows, key=lambda row: int(row["id"])):
        found[row["outbox"]].append(row)
    return found


def _unanswered(row: dict[str, Any] | None, sends: list[dict[str, Any]]) -> str:
    """What is wrong with a write and its sends; empty when nothing is."""
    if row is None:
        return say("it_stands_no_longer_in_the_outbox")
    waiting = [send for send in sends if not send["ended"]]
    if row["state"] == "sending":
        return (
            "" if len(waiting) == 1 else say("it_is_being_sent_with_open_sends", count=len(waiting))
        )
    if waiting and row["state"] != "in_doubt":
        return say("a_send_has_no_answer_yet_it", state=row["state"])
    if len(sends) != row["attempts"]:
        return say("it_was_sent_times_with_answers", attempts=row["attempts"], count=len(sends))
    return ""


def _of_write(row_id: int, row: dict[str, Any] | None, text: str) -> Fact:
    name = str(row["reference"] or row["key"]) if row else f"write {row_id}"
    kind = f"{row['kind']} " if row else ""
    return Fact(f"{name} {row_id}", f"{kind}{name}: {text}", ((OUTBOX, str(row_id)),))


def sum_differences(store: Store, changed: Changed) -> list[Fact]:
    """Sent invoices that are not in the sum of what is acknowledged or in doubt (I3).

    Both sums run over the same writes, so they are equal when each write stands in both with one
    amount: in what was sent with that of the stored plan, in what is known with that of the outbox.
    """
    facts = []
    ids = dict.fromkeys(int(key) for key in changed.of(OUTBOX))
    actions = [int(key) for key in changed.of(ACTION)]
    of_actions = by_key(store, Outbox, "action", actions, columns=("id",))
    ids |= dict.fromkeys(row["id"] for row in of_actions)
    for lot in lots(ids):
        rows = [row for row in outbox_rows(store, ids=_worth_summing(store, lot)) if _counts(row)]
        sends = _sends(store, [row.id for row in rows])
        planned = _planned(store, rows)
        for row in rows:
            sent = _sent(row, sends.get(row.id, []), planned)
            known = _money(row.info) if row.state in _ANSWERED_OR_IN_DOUBT else None
            if sent is not None and sent != known:
                told = (
                    say("is_acknowledged_or_in_doubt", known=known)
                    if known
                    else say("no_answer_counts_it")
                )
                facts.append(
                    Fact(
                        row.reference,
                        say("was_sent", reference=row.reference, sent=sent, told=told),
                        ((OUTBOX, str(row.id)),),
                    )
                )
    return facts


def _worth_summing(store: Store, ids: list[int]) -> list[int]:
    """Those that may stand in the two sums with two amounts.

    One that is known, with the facts that the plan had word for word, has the same amount in both.
    """
    known = ", ".join(f"'{state}'" for state in sorted(_ANSWERED_OR_IN_DOUBT))
    marks = ", ".join("?" * len(ids))
    sql = (
        f'SELECT "outbox"."id" FROM "outbox" WHERE "outbox"."id" IN ({marks}) AND NOT ('  # noqa: S608
        f'"outbox"."state" IN ({known}) AND EXISTS (SELECT 1 FROM "action" WHERE'
        ' "action"."id" = "outbox"."action" AND "action"."info" = "outbox"."info"))'
        ' ORDER BY "outbox"."id"'
    )
    return [row["id"] for row in store.select(sql, ids)]


def _counts(row: OutboxRow) -> bool:
    return row.kind == "invoice" and row.state != "cancelled"


def _planned(store: Store, rows: list[OutboxRow]) -> dict[int, Any]:
    found = by_key(store, Action, "id", [row.action for row in rows], columns=("id", "info"))
    return {row["id"]: loads(row["info"]) for row in found}


def _sent(row: OutboxRow, sends: list[dict[str, Any]], planned: dict[int, Any]) -> Money | None:
    """What may have arrived, as the plan had it; None when nothing was sent or surely not."""
    if not sends or sends[-1]["outcome"] in _NOT_THERE:
        return None
    return _money(planned.get(row.action, row.info))


def _money(info: dict[str, Any]) -> Money:
    return Money.of(Decimal(str(info["amount"])), str(info["currency"]))


# I4 and I5


def doubled_postings(store: Store, changed: Changed, undone: Undone) -> list[Fact]:
    """Payments with more than one posting that stands in X3, whoever made them (I4)."""
    facts = []
    for lot in lots(sorted(_moved_payments(store, changed)), 50):
        for payment, postings in _postings(store, lot).items():
            if len(postings) < 2:  # noqa: PLR2004 - two are one too many
                continue
            reversed_ones = set(undone(sorted(set(postings.values()))))
            standing = sorted(n for n, ref in postings.items() if ref not in reversed_ones)
            if len(standing) > 1:
                facts.append(_posted_twice(store, payment, standing))
    return facts


def _posted_twice(store: Store, payment: str, standing: list[str]) -> Fact:
    numbers = tuple({entry.number: 0 for entry in settled_by(store, ids=[payment]) if entry.number})
    text = say(
        "payment_stands_in_x3_times",
        payment=payment,
        count=len(standing),
        standing=", ".join(standing),
    )
    notes: tuple[Note, ...] = (("ap_payment", payment),)
    return Fact(payment, text, notes, numbers, (payment,), suppliers_of(store, numbers))


def _moved_payments(store: Store, changed: Changed) -> set[str]:
    """AvidXchange payments of whose postings something changed."""
    shown = by_key(
        store, Document, "key", changed.of(PAYMENT), columns=("parent",), also={"entity": PAYMENT}
    )
    ours = _posted(store, changed, "reference")
    named = {_payment_of(name) for name in (*(row["parent"] for row in shown), *ours)}
    return (named | set(changed.of("ap_payment"))) - {""}


def _posted(store: Store, changed: Changed, column: str) -> list[Any]:
    """A column of the payments in the outbox of which something changed."""
    ids = [int(key) for key in changed.of(OUTBOX)]
    rows = by_key(store, Outbox, "id", ids, columns=(column,), also={"kind": "payment"})
    return [row[column] for row in rows]


def _payment_of(reference: str) -> str:
    """The payment id that X3's REF names; empty when it is none of ours."""
    if not reference.startswith("AVD"):
        return ""
    return reference.removeprefix("AVD").partition("-")[0]


def _postings(store: Store, ids: list[str]) -> dict[str, dict[str, str]]:
    """Payment id -> X3 payment -> its REF: what X3 shows and is not unpaid, and what we posted."""
    names = [f"AVD{i}{n}" for i in ids for n in ("", *(f"-{n}" for n in range(1, _MOST_REISSUES)))]
    found: dict[str, dict[str, str]] = defaultdict(dict)
    unpaid: set[str] = set()
    for row in by_key(store, Document, "parent", names, columns=_WITH_BODY, also=_SHOWN_PAYMENT):
        body = loads(row["body"])
        if body.get("status") == PAYMENT_UNPAID:
            unpaid.add(str(body["number"]))
        else:
            found[_payment_of(row["parent"])][str(body["number"])] = row["parent"]
    for entry in rows_of(store, names, ("payment",)):
        number, ours = str(entry.result.get("number", "")), _payment_of(entry.reference)
        is_shown = not number and entry.reference in found[ours].values()
        if entry.state == "done" and number not in unpaid and not is_shown:
            found[ours].setdefault(number or entry.reference, entry.reference)
    return found


def overpaid_items(store: Store, changed: Changed, undone: Undone) -> list[Fact]:
    """Open items we posted to that show, or were given, more than they owe (I5)."""
    facts = []
    for lot in lots(_moved_items(store, changed)):
        for row in _items_posted_to(store, lot):
            item, number = decode(OpenItem, row["body"]), str(row["parent"])
            text = _overpaid(store, item, number, undone)
            if text:
                notes: tuple[Note, ...] = ((OPEN_ITEM, item.key),)
                suppliers = suppliers_of(store, [number])
                facts.append(Fact(item.key, text, notes, (number,), suppliers=suppliers))
    return facts


def _moved_items(store: Store, changed: Changed) -> list[str]:
    """Open items that changed, or that a posting of ours that changed was given to."""
    found = dict.fromkeys(changed.of(OPEN_ITEM))
    for info in _posted(store, changed, "info"):
        shares = loads(info).get("items", ())
        found |= dict.fromkeys(str(share["key"]) for share in shares)
    return list(found)


def _items_posted_to(store: Store, keys: list[str]) -> list[dict[str, Any]]:
    """Those of these open items whose invoice a payment is posted to."""
    also = {"entity": OPEN_ITEM, "gone": 0}
    rows = by_key(store, Document, "key", keys, columns=("key", "parent"), also=also)
    settled = settled_by(store, numbers={row["parent"] for row in rows})
    ids = {entry.payment_id for entry in settled}
    name = "payment_id"
    of_ours = by_key(store, ApPayment, name, ids, columns=(name,), also={"posted": 1})
    posted = {row[name] for row in of_ours}
    paid = {entry.number for entry in settled if entry.payment_id in posted}
    wanted = [row["key"] for row in rows if row["parent"] in paid]
    return by_key(store, Document, "key", wanted, columns=_WITH_BODY, also=also)


def _overpaid(store: Store, item: OpenItem, number: str, undone: Undone) -> str:
    """What is beyond the balance of an item; empty when nothing is."""
    used, owed = item.paid + item.provisional, f"{decimal_text(item.amount)} {item.currency}"
    if used > item.amount:
        return say("shows_paid_of", key=item.key, used=decimal_text(used), owed=owed)
    given = _given(store, item.key, number)
    if sum(given.values()) <= item.amount:
        return ""
    reversed_ones = undone(sorted(given))
    standing = sum((took for ref, took in given.items() if ref not in reversed_ones), Decimal(0))
    if standing <= item.amount:
        return ""
    return say("was_given_of", key=item.key, standing=decimal_text(standing), owed=owed)


def _given(store: Store, key: str, number: str) -> dict[str, Decimal]:
    """REF -> what our posting took of an open item."""
    ids = {entry.payment_id for entry in settled_by(store, numbers=[number])}
    names = [f"AVD{i}{n}" for i in ids for n in ("", *(f"-{n}" for n in range(1, _MOST_REISSUES)))]
    found: dict[str, Decimal] = defaultdict(Decimal)
    for entry in rows_of(store, names, ("payment",)):
        if entry.state == "done":
            for share in entry.info.get("items", ()):
                if str(share["key"]) == key:
                    found[entry.reference] += abs(Decimal(str(share["amount"])))
    return found
