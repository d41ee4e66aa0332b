"""A stored plan as the window shows it: what it would write, action by action, and what it leaves.

Reads the store only.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from core.desk_documents import readable
from core.desk_reference import Reference
from core.desk_views import ActionView, PlanView
from core.errors import CATALOGUE
from core.store import plans, queries, queries_lists, queries_rows
from core.store.listing import Listing, Rows
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

Row = Mapping[str, Any]
#: Kind of action -> what it does, and the system it is written to.
KINDS = {
    "vendor": (say("write_vendor"), "avidxchange"),
    "invoice": (say("send_invoice"), "avidxchange"),
    "replace": (say("replace_invoice"), "avidxchange"),
    "withdraw": (say("withdraw_invoice"), "avidxchange"),
    "image": (say("send_document"), "avidxchange"),
    "approval": (say("write_approval_level"), "x3"),
    "payment": (say("post_payment"), "x3"),
}
_LEVELS = {
    1: say("1_pending"),
    2: say("2_conflict"),
    3: say("3_delayed"),
    4: say("4_authorized_to_pay"),
}
_WAITING = ("needs_mapping", "needs_review", "held", "in_doubt", "excluded")


class Plans:
    """Views of plans; any thread."""

    def __init__(self, store: Store, reference: Reference, start_date: str = "") -> None:
        self._store = store
        self._reference = reference
        self.start_date = start_date

    def plan(self, plan_hash: str = "") -> PlanView | None:
        """A plan by its hash, the latest when empty; None when there is none. A few queries."""
        store = self._store
        with store.read():
            latest = plans.latest_plan(store)
            row = plans.plan_row(store, plan_hash) if plan_hash else latest
            if row is None or latest is None:
                return None
            counted = queries.counts_by_state(store, self.start_date)
            codes: Counter[str] = Counter()
            for state in _WAITING[:3]:
                found = queries_rows.codes_in_state(store, state, self.start_date)
                # What only warns stands beside the cause, and would count the invoice twice.
                codes.update([code for code in found if CATALOGUE[code].state == state] or found)
        kinds = {str(k): int(n) for k, n in row.summary.get("actions", {}).items()}
        return PlanView(
            hash=row.hash,
            mode=row.mode,
            at=row.at,
            run=row.run,
            actions=sum(kinds.values()),
            kinds=kinds,
            amounts=dict(row.summary.get("invoices", {})),
            left_out=tuple((s, counted[s]) for s in _WAITING if counted.get(s)),
            reasons=tuple(codes.most_common()),
            is_current=row.hash == latest.hash,
        )

    def listing(self, plan_hash: str) -> Listing:
        """The actions of a plan as a list, in the order of writing."""
        return queries_lists.action_list(self._store, plan_hash, self._shape)

    def action(self, plan_hash: str, position: int) -> ActionView | None:
        """One action with its exact bytes; None when the plan has none at that position."""
        listing = self.listing(plan_hash)
        query = listing.query.where(*listing.base, listing.key == position)
        rows = self._store.rows(query.limit(1))
        if not rows:
            return None
        body, info = bytes(rows[0]["body"]), json.loads(rows[0]["info"])
        row = self._shape(rows)[0]
        return ActionView(
            row=row,
            changes=_changes(row, info),
            stays=_stays(row),
            body=readable(body),
            size=len(body),
            fingerprint=str(row["fingerprint"]),
        )

    def _shape(self, rows: Rows) -> Rows:
        return [self._row(row) for row in rows]

    def _row(self, row: Row) -> dict[str, Any]:
        info = json.loads(row["info"])
        words, system = KINDS.get(row["kind"], (row["kind"], ""))
        supplier = str(row.get("supplier") or info.get("supplier") or info.get("partner") or "")
        before, after = _now_then(row["kind"], info)
        currency = str(row.get("currency") or info.get("currency") or "")
        amount = info.get("amount")
        if row.get("amount") is not None and currency:
            amount = queries.amount_text(row["amount"], currency)
        return {
            "position": row["position"],
            "plan": row["plan"],
            "kind": row["kind"],
            "action": words,
            "object": str(info.get("payment_id") or info.get("invoice") or row["key"]),
            "key": row["key"],
            "reference": row["reference"],
            "supplier": supplier,
            "supplier_name": self._reference.supplier_name(supplier),
            "supplier_document": str(row.get("supplier_document") or info.get("number") or ""),
            "system": system,
            "before": before,
            "after": after,
            "amount": amount if currency else None,
            "currency": currency,
            "fingerprint": row["fingerprint"],
            "revision": row["revision"],
        }


def _now_then(kind: str, info: Mapping[str, Any]) -> tuple[str, str]:
    """What stands at the target now, and what will."""
    if kind == "approval":
        return "", _LEVELS.get(int(info.get("level", 0)), str(info.get("level", "")))
    if kind == "vendor":
        is_new = info.get("what") == "create"
        return (
            (say("not_there"), say("new_vendor"))
            if is_new
            else (say("as_written_before"), say("x3s_changes"))
        )
    if kind == "payment":
        count = len(info.get("numbers", ()))
        return "open", say("paid", count=count, which="invoice" if count == 1 else "invoices")
    if kind == "image":
        return say("not_there"), say("attached", value=info.get("file", ""))
    return {
        "invoice": (say("not_there"), "received"),
        "replace": (say("as_sent_before"), say("as_x3_shows_it_now")),
        "withdraw": ("open", "withdrawn"),
    }.get(kind, ("", ""))


def _changes(row: Row, info: Mapping[str, Any]) -> tuple[tuple[str, str, str], ...]:
    told = [(str(row["action"]), str(row["before"]), str(row["after"]))]
    if row["amount"] is not None:
        told.append((say("amount"), "", f"{row['amount']} {row['currency']}"))
    names = {
        "vendor": say("vendor"),
        "number": say("number"),
        "due_date": say("due"),
        "written_for": say("because_of"),
        "name": say("name_there"),
        "size": say("bytes"),
        "sha256": "SHA-256",
    }
    told += [(title, "", str(info[name])) for name, title in names.items() if info.get(name)]
    numbers = info.get("numbers") or ()
    if numbers:
        told.append((say("invoices"), "", ", ".join(str(number) for number in numbers)))
    return tuple(told)


def _stays(row: Row) -> tuple[tuple[str, str], ...]:
    """What this write does not touch."""
    if row["system"] == "x3":
        return ((say("amounts_dates_and_coding_in_x3"), "unchanged"),)
    return ((say("sage_x3"), "unchanged"),)
