"""What speaks against the promises about writes and money, I1 to I5 (product.md 8); reads only.

Each check looks at what changed, or at all there is (`touched.everything`), and gives a `Fact` for
whatever is not as promised. The log's and the bookmarks' promises stand in `checks_log`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from decimal import Decimal
from typing import Any

from core.domain.canonical import decimal_text, decode
from core.domain.documents import PAYMENT_UNPAID, OpenItem
from core.domain.money import Money
from core.store.outbox import OutboxRow, outbox_rows, rows_of
from core.store.payments import settled_by
from core.store.sqlite import Store, lots
from core.store.tables import Action, ApPayment, Attempt, Document, Invoice, Outbox
from core.store.touched import (
    ACTION,
    AP_INVOICE,
    INVOICE,
    OPEN_ITEM,
    OUTBOX,
    PAYMENT,
    Changed,
    Fact,
    Note,
)

#: References -> those whose posting a person reversed in X3.
Undone = Callable[[list[str]], Collection[str]]
_NOT_LIVE = frozenset(("rejected", "deleted"))
_REFERENCE_PARTS = 4  # X3|endpoint|company|number; the revision follows
_ONE_BY_ONE = 1000  # so many invoices are looked up by their names, more by one scan
# "}" is the sign after "|": all revisions of each number, by the index of parents.
_IN_ANY_REVISION = """
    SELECT found."key" AS "key", found."parent" AS "parent"
    FROM json_each(?) AS wanted CROSS JOIN "document" AS found
    WHERE found."entity" = ? AND found."gone" = 0
    AND found."parent" > wanted."value" || '|' AND found."parent" < wanted."value" || '}'
"""
_MOST_REISSUES = 10  # postings of one payment id that are looked for
# A row that is ready again after an unknown answer is in doubt until it is sent once more.
_ANSWERED_OR_IN_DOUBT = frozenset(("done", "in_doubt", "review", "sending", "ready"))
_NOT_THERE = ("refused", "auth", "blocked", "throttled", "setup", "busy", "unreachable", "not done")


# I1


def doubled_invoices(store: Store, changed: Changed, endpoint: str) -> list[Fact]:
    """X3 invoices that AvidXchange shows live more than once, of all revisions and links (I1)."""
    names = _moved_names(store, changed, endpoint)
    found = _shown(store, names, endpoint)
    for name, linked in _linked(store, names, endpoint).items():
        found[name].add(linked)
    several = {name: keys for name, keys in found.items() if len(keys) > 1}
    live = _live(store, {key for keys in several.values() for key in keys})
    facts = []
    for name, keys in sorted(several.items()):
        standing = sorted(keys & live, key=lambda key: (len(key), key))
        if len(standing) > 1:
            number = name.split("|")[3]
            text = f"{number} stands in AvidXchange {len(standing)} times: {', '.join(standing)}"
            notes = ((INVOICE, number), *((AP_INVOICE, key) for key in standing))
            suppliers = _suppliers(store, [number])
            facts.append(Fact(number, text, notes, (number,), suppliers=suppliers))
    return facts


def _name(external_id: str, endpoint: str) -> str:
    """`X3|endpoint|company|number` of a reference of this workspace; empty for others'."""
    parts = external_id.split("|")
    is_ours = len(parts) > _REFERENCE_PARTS and parts[:2] == ["X3", endpoint]
    return "|".join(parts[:_REFERENCE_PARTS]) if is_ours else ""


def _moved_names(store: Store, changed: Changed, endpoint: str) -> list[str] | None:
    """Names of the invoices of which something changed; None for so many that all are looked at."""
    keys, numbers = changed.of(AP_INVOICE), changed.of(INVOICE)
    if changed.is_all or len(keys) + len(numbers) > _ONE_BY_ONE:
        return None
    found: set[str] = set()
    for lot in lots(keys):
        query = Document.select(Document.parent).where(Document.entity == AP_INVOICE)
        rows = store.rows(query.where(Document.key.in_(lot)))
        found |= {_name(row["parent"], endpoint) for row in rows}
    for lot in lots(numbers):
        carried = Invoice.select(Invoice.external_id).where(Invoice.number.in_(lot))
        found |= {_name(row["external_id"], endpoint) for row in store.rows(carried)}
    return sorted(found - {""})


def _shown(store: Store, names: list[str] | None, endpoint: str) -> dict[str, set[str]]:
    """Name -> keys of the AvidXchange invoices that carry it in any revision."""
    if names is None:
        query = Document.select(Document.key, Document.parent).where(
            Document.entity == AP_INVOICE, Document.gone == 0, Document.parent != ""
        )
        rows = store.rows(query)
    else:
        rows = store.select(_IN_ANY_REVISION, [json.dumps(names), AP_INVOICE])
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        name = _name(row["parent"], endpoint)
        if name:
            found[name].add(row["key"])
    return found


def _linked(store: Store, names: list[str] | None, endpoint: str) -> dict[str, str]:
    """Name -> the AvidXchange invoice that it was answered as, or that a person linked it to."""
    query = Invoice.select(Invoice.external_id, Invoice.avid_invoice_id).where(
        Invoice.external_id != "", Invoice.avid_invoice_id != ""
    )
    wheres = [Invoice.number.in_(lot) for lot in lots(n.split("|")[3] for n in names or ())]
    found: dict[str, str] = {}
    for where in [Invoice.number != ""] if names is None else wheres:
        for row in store.rows(query.where(where)):
            name = _name(row["external_id"], endpoint)
            if name:
                found[name] = row["avid_invoice_id"]
    return found


def _live(store: Store, keys: Iterable[str]) -> set[str]:
    """Those of these AvidXchange invoices that are shown, neither rejected nor deleted."""
    found: set[str] = set()
    query = Document.select(Document.key, Document.body).where(
        Document.entity == AP_INVOICE, Document.gone == 0
    )
    for lot in lots(sorted(keys)):
        for row in store.rows(query.where(Document.key.in_(lot))):
            if json.loads(row["body"]).get("state") not in _NOT_LIVE:
                found.add(row["key"])
    return found


def _suppliers(store: Store, numbers: Iterable[str]) -> tuple[str, ...]:
    found: set[str] = set()
    for lot in lots(sorted(set(numbers))):
        rows = store.rows(Invoice.select(Invoice.supplier).where(Invoice.number.in_(lot)))
        found |= {row["supplier"] for row in rows}
    return tuple(sorted(found - {""}))


def numbers_of_suppliers(store: Store, suppliers: Iterable[str]) -> dict[str, str]:
    """Number -> supplier of all invoices of these suppliers; indexed."""
    found: dict[str, str] = {}
    for lot in lots(sorted(set(suppliers))):
        query = Invoice.select(Invoice.number, Invoice.supplier).where(Invoice.supplier.in_(lot))
        found |= {row["number"]: row["supplier"] for row in store.rows(query)}
    return found


# I2 and I3


def unanswered(store: Store, changed: Changed) -> list[Fact]:
    """Writes that have not exactly one answer for each send, and are not in doubt either (I2)."""
    facts = []
    ids = [int(key) for key in changed.of(OUTBOX)]
    for lot in lots(ids):
        rows = {row["id"]: row for row in store.rows(_standing(lot))}
        sends = _sends(store, lot)
        for row_id in lot:
            text = _unanswered(rows.get(row_id), sends.get(row_id, []))
            if text:
                facts.append(_of_write(row_id, rows.get(row_id), text))
    return facts


def _standing(ids: list[int]) -> Any:
    columns = (Outbox.id, Outbox.kind, Outbox.state, Outbox.reference, Outbox.key, Outbox.attempts)
    return Outbox.select(*columns).where(Outbox.id.in_(ids))


def _sends(store: Store, ids: list[int]) -> dict[int, list[dict[str, Any]]]:
    """Outbox id -> its sends in order: when they ended, and their outcome."""
    query = Attempt.select(Attempt.outbox, Attempt.ended, Attempt.outcome).where(
        Attempt.outbox.in_(ids), Attempt.purpose == "send"
    )
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in store.rows(query.order_by(Attempt.id)):
        found[row["outbox"]].append(row)
    return found


def _unanswered(row: dict[str, Any] | None, sends: list[dict[str, Any]]) -> str:
    """What is wrong with a write and its sends; empty when nothing is."""
    if row is None:
        return "it stands no longer in the outbox"
    waiting = [send for send in sends if not send["ended"]]
    if row["state"] == "sending":
        return "" if len(waiting) == 1 else f"it is being sent, with {len(waiting)} open sends"
    if waiting and row["state"] != "in_doubt":
        return f"a send has no answer, yet it is {row['state']}"
    if len(sends) != row["attempts"]:
        return f"it was sent {row['attempts']} times, with {len(sends)} answers"
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
    for lot in lots([int(key) for key in changed.of(ACTION)]):
        found = store.rows(Outbox.select(Outbox.id).where(Outbox.action.in_(lot)))
        ids |= dict.fromkeys(row["id"] for row in found)
    for lot in lots(ids):
        rows = [row for row in outbox_rows(store, ids=_worth_summing(store, lot)) if _counts(row)]
        sends = _sends(store, [row.id for row in rows])
        planned = _planned(store, rows)
        for row in rows:
            sent = _sent(row, sends.get(row.id, []), planned)
            known = _money(row.info) if row.state in _ANSWERED_OR_IN_DOUBT else None
            if sent is not None and sent != known:
                told = f"{known} is acknowledged or in doubt" if known else "no answer counts it"
                facts.append(Fact(row.reference, f"{row.reference}: {sent} was sent, {told}",
                                  ((OUTBOX, str(row.id)),)))  # fmt: skip
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
    query = Action.select(Action.id, Action.info).where(Action.id.in_([r.action for r in rows]))
    return {row["id"]: json.loads(row["info"]) for row in store.rows(query)}


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
    text = f"payment {payment} stands in X3 {len(standing)} times: {', '.join(standing)}"
    notes: tuple[Note, ...] = (("ap_payment", payment),)
    return Fact(payment, text, notes, numbers, (payment,), _suppliers(store, numbers))


def _moved_payments(store: Store, changed: Changed) -> set[str]:
    """AvidXchange payments of whose postings something changed."""
    found = set(changed.of("ap_payment"))
    for lot in lots(changed.of(PAYMENT)):
        query = Document.select(Document.parent).where(Document.entity == PAYMENT)
        for row in store.rows(query.where(Document.key.in_(lot))):
            found.add(_payment_of(row["parent"]))
    for lot in lots([int(key) for key in changed.of(OUTBOX)]):
        ours = Outbox.select(Outbox.reference).where(Outbox.id.in_(lot))
        for row in store.rows(ours.where(Outbox.kind == "payment")):
            found.add(_payment_of(row["reference"]))
    return found - {""}


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
    for lot in lots(names):
        query = Document.select(Document.key, Document.parent, Document.body)
        where = (Document.entity == PAYMENT) & Document.parent.in_(lot) & (Document.gone == 0)
        for row in store.rows(query.where(where)):
            body = json.loads(row["body"])
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
        for row in store.rows(_items_posted_to(store, lot)):
            item, number = decode(OpenItem, row["body"]), str(row["parent"])
            text = _overpaid(store, item, number, undone)
            if text:
                notes: tuple[Note, ...] = ((OPEN_ITEM, item.key),)
                suppliers = _suppliers(store, [number])
                facts.append(Fact(item.key, text, notes, (number,), suppliers=suppliers))
    return facts


def _moved_items(store: Store, changed: Changed) -> list[str]:
    """Open items that changed, or that a posting of ours that changed was given to."""
    found = dict.fromkeys(changed.of(OPEN_ITEM))
    for lot in lots([int(key) for key in changed.of(OUTBOX)]):
        query = Outbox.select(Outbox.info).where(Outbox.id.in_(lot), Outbox.kind == "payment")
        for row in store.rows(query):
            shares = json.loads(row["info"]).get("items", ())
            found |= dict.fromkeys(str(share["key"]) for share in shares)
    return list(found)


def _items_posted_to(store: Store, keys: list[str]) -> Any:
    """Those of these open items whose invoice a payment is posted to."""
    query = Document.select(Document.key, Document.parent).where(
        Document.entity == OPEN_ITEM, Document.key.in_(keys), Document.gone == 0
    )
    rows = store.rows(query)
    settled = settled_by(store, numbers={row["parent"] for row in rows})
    posted: set[str] = set()
    for lot in lots(sorted({entry.payment_id for entry in settled})):
        ids = ApPayment.select(ApPayment.payment_id).where(ApPayment.payment_id.in_(lot))
        posted |= {row["payment_id"] for row in store.rows(ids.where(ApPayment.posted == 1))}
    paid = {entry.number for entry in settled if entry.payment_id in posted}
    wanted = [row["key"] for row in rows if row["parent"] in paid]
    return Document.select(Document.parent, Document.body).where(
        Document.entity == OPEN_ITEM, Document.key.in_(wanted)
    )


def _overpaid(store: Store, item: OpenItem, number: str, undone: Undone) -> str:
    """What is beyond the balance of an item; empty when nothing is."""
    used, owed = item.paid + item.provisional, f"{decimal_text(item.amount)} {item.currency}"
    if used > item.amount:
        return f"{item.key} shows {decimal_text(used)} paid of {owed}"
    given = _given(store, item.key, number)
    if sum(given.values()) <= item.amount:
        return ""
    reversed_ones = undone(sorted(given))
    standing = sum((took for ref, took in given.items() if ref not in reversed_ones), Decimal(0))
    if standing <= item.amount:
        return ""
    return f"{item.key} was given {decimal_text(standing)} of {owed}"


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
