"""The life of the demo inside AvidXchange: what approvers, payers and banks do between two syncs.

``notch`` moves every document on by one step, the same way for the same seed and history; after
six to eight notches most invoices sent are paid. ``EVENTS`` are the single happenings, for tests.
"""

import random
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from core.sandbox import (
    avid_clock,
    avid_events,
    avid_moves,
    avid_pay,
    avid_payment_moves,
    avid_script,
    life_planted,
)
from core.sandbox.avid_members import folded
from core.sandbox.avid_rows import INVOICES, PAYMENTS
from core.sandbox.state import Row, State

REASONS = (
    "Goods were not received",
    "Price differs from the agreement",
    "Wrong department",
    None,
    None,
)
APPROVERS = ("Approver One", "Approver Two", "Dana Mills", "Jorge Peña")
_METHODS = (
    avid_pay.CHECK,
    avid_pay.CHECK,
    avid_pay.CHECK,
    avid_pay.CHECK,
    avid_pay.CHECK,
    avid_pay.DIRECT,
    avid_pay.DIRECT,
    avid_pay.DIRECT,
    avid_pay.CARD,
    avid_pay.CARD,
    avid_pay.E_PAYMENT,
)
# Shares of the demo; where one roll decides between several, the numbers are upper ends.
_SHARES = {
    "started": 0.95,
    "released": 0.7,
    "rejected": 0.03,
    "held": 0.05,
    "disputed": 0.065,
    "recoded": 0.1,
    "decided": 0.9,
    "exported": 0.02,
    "paid": 0.75,
    "in_parts": 0.06,
    "discount": 0.01,
    "not_cleared": 0.4,
    "void_early": 0.01,
    "payment_held": 0.03,
    "failed": 0.012,
    "void_late": 0.004,
    "stopped": 0.012,
    "card_unused": 0.15,
    "returned": 0.004,
}
_PART_ABOVE = Decimal(1000)
_LATEST_SECONDS_AGO = 20


class _Notch:
    """One notch under way: its chance, its number and the moment its changes are dated."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.number = int(state.get_value("avid.notch", 0)) + 1
        state.set_value("avid.notch", self.number)
        self.chance = random.Random(f"{state.get_value('seed', 1)}:{self.number}")

    def at(self, row: Row) -> datetime:
        """Return a moment just past, later than the last change of the row.

        So what happened before a sync is already visible to it, whatever the lag.
        """
        now = avid_clock.now(self.state)
        moment = now - timedelta(seconds=self.chance.uniform(1, _LATEST_SECONDS_AGO))
        last = datetime.fromisoformat(f"{row['LastModified']}+00:00")
        return min(now, max(moment, last + timedelta(milliseconds=1)))


def notch(state: State) -> None:
    """Move the demo on: payments first, then new payments, then approvals. Does not commit."""
    with state.lock:
        now = _Notch(state)
        for row in list(state.table(PAYMENTS).values()):
            if not row.get("Vanished"):
                _move_payment(now, row)
        _pay_approved(now)
        for row in list(state.table(INVOICES).values()):
            if row["ExternalId"] and not row.get("Vanished"):
                _move_invoice(now, row)
        life_planted.notch(state)


def _move_invoice(now: _Notch, row: Row) -> None:
    invoice, state, luck = row["Id"], now.state, now.chance.random()
    if row["Status"] == "Received":
        if luck < _SHARES["started"]:
            avid_moves.start_approval(state, invoice, at=now.at(row))
    elif row["Status"] in ("On Hold", "Disputed"):
        if luck < _SHARES["released"]:
            avid_moves.unhold(state, invoice, at=now.at(row))
    elif row["Status"] == "In Approval":
        _judge(now, row, luck)
    elif row["Status"] == "Approved" and luck < _SHARES["exported"]:
        avid_moves.export(state, invoice, at=now.at(row))


def _judge(now: _Notch, row: Row, luck: float) -> None:
    """Let the approver decide: mostly yes, sometimes recoded, held, disputed or refused."""
    invoice, state, at = row["Id"], now.state, now.at(row)
    if luck < _SHARES["rejected"]:
        who = now.chance.choice(APPROVERS)
        avid_moves.reject(state, invoice, now.chance.choice(REASONS), who, at=at)
    elif luck < _SHARES["held"]:
        avid_moves.hold(state, invoice, at=at)
    elif luck < _SHARES["disputed"]:
        avid_moves.dispute(state, invoice, at=at)
    elif luck < _SHARES["decided"]:
        if luck < _SHARES["recoded"]:
            avid_moves.recode(state, invoice, now.chance.choice(("account", "split")), at=at)
            at = now.at(row)
        row["ApprovedNotch"] = now.number
        avid_moves.approve(state, invoice, now.chance.choice(APPROVERS), at=at)


def _pay_approved(now: _Notch) -> None:
    """Make payments of what was approved in an earlier notch, one a vendor and currency."""
    paid = avid_pay.standing(now.state)
    groups: dict[tuple[str, ...], list[tuple[Row, Decimal]]] = {}
    for row in now.state.table(INVOICES).values():
        if (
            row["Status"] not in avid_pay.PAYABLE
            or not row["ExternalId"]
            or row.get("Vanished")
            or row.get("ApprovedNotch", 0) >= now.number
        ):
            continue
        left = Decimal(row["Amount"]) - paid.get(row["Id"], Decimal(0))
        if left:
            key: tuple[str, ...] = (
                row["Company"],
                folded(row["VendorExternalCode"]),
                row["CurrencyCode"],
                row["CompanyExternalCode"] or "",
            )
            groups.setdefault(key, []).append((row, left))
    for key, group in sorted(groups.items()):
        if now.chance.random() < _SHARES["paid"]:
            _pay_group(now, key, group)


def _pay_group(now: _Notch, key: tuple[str, ...], group: list[tuple[Row, Decimal]]) -> None:
    total = sum((left for _row, left in group), Decimal(0))
    if total <= 0:
        return  # only credits as yet: they wait for an invoice to be netted with
    luck = now.chance.random()
    first, left = group[0]
    shares = [avid_pay.remittance(row, amount) for row, amount in group]
    if len(group) == 1 and left > _PART_ABOVE and luck < _SHARES["in_parts"]:
        part = (left * Decimal("0.6")).quantize(Decimal("0.01"))
        shares = [avid_pay.remittance(first, part)]
    elif len(group) == 1 and luck > 1 - _SHARES["discount"]:
        discount = (left * Decimal("0.02")).quantize(Decimal("0.01"))
        shares = [avid_pay.remittance(first, left, discount)]
    method = _METHODS[zlib.crc32(key[1].encode()) % len(_METHODS)]
    latest = max((row for row, _left in group), key=lambda row: str(row["LastModified"]))
    avid_pay.make(now.state, first, shares, method, at=now.at(latest))


def _move_payment(now: _Notch, row: Row) -> None:
    if _mishap(now, row, now.chance.random()):
        return
    if row.get("AwaitsReissue"):
        row["AwaitsReissue"] = False
        now.state.table(PAYMENTS).put(str(row["PaymentId"]), row)
        avid_payment_moves.reissue_new(now.state, row["PaymentId"], at=now.at(row))
        return
    for _step in range(now.chance.choice((2, 2, 3))):
        following = avid_pay.next_status(row)
        if following is None:
            return
        if following == "Cleared" and now.chance.random() < _SHARES["not_cleared"]:
            return
        avid_pay.advance_payment(now.state, row["PaymentId"], at=now.at(row))
        if row["Status"] in avid_pay.OUT:
            return


def _mishap(now: _Notch, row: Row, luck: float) -> bool:
    """Let something rare happen to a payment; True when it did."""
    payment, state, status = row["PaymentId"], now.state, row["Status"]
    if status == "Pending Approval" and luck < _SHARES["payment_held"]:
        if luck < _SHARES["void_early"]:
            avid_payment_moves.void(state, payment, at=now.at(row))
        else:
            avid_payment_moves.set_payment_status(state, payment, "Held", at=now.at(row))
    elif status in ("Processing", "Debit Requested") and luck < _SHARES["failed"]:
        row["Exceptions"] = [{"Id": 4, "Description": "Missing bank account"}]
        avid_payment_moves.set_payment_status(state, payment, "Error", at=now.at(row))
    elif status == "Issued to Supplier" and luck < _SHARES["stopped"]:
        row["AwaitsReissue"] = luck >= _SHARES["void_late"]
        happen = avid_payment_moves.stop if row["AwaitsReissue"] else avid_payment_moves.void
        happen(state, payment, at=now.at(row))
    elif status == "VCC Processing" and luck < _SHARES["card_unused"]:
        avid_payment_moves.reissue_same(state, payment, at=now.at(row))
    elif status == "Cleared" and _is_returned(row, luck):
        row["AwaitsReissue"] = True
        avid_payment_moves.return_(state, payment, at=now.at(row))
    else:
        return False
    return True


def _is_returned(row: Row, luck: float) -> bool:
    return row["PaymentMethod"] == avid_pay.DIRECT and luck < _SHARES["returned"]


def play(state: State, steps: list[Row]) -> list[Any]:
    """Play a sequence of events now and return their results."""
    return avid_script.play(state, steps, EVENTS)


def script(state: State, steps: list[Row]) -> int:
    """Begin a sequence of events that goes on by the clock; return how many wait."""
    return avid_script.schedule(state, steps)


EVENTS: dict[str, Callable[..., Any]] = {
    **avid_events.EVENTS,
    "notch": notch,
    "play": play,
    "script": script,
}
