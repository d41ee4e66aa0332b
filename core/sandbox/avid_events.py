"""Every single thing that can happen inside the simulated AvidXchange, by name.

``docs/sandbox-avidxchange.md`` lists them. ``at`` of an event may come as JSON (``avid_clock``).
"""

from collections.abc import Callable
from typing import Any

from core.sandbox import (
    avid_clock,
    avid_codes,
    avid_fill,
    avid_idempotency,
    avid_moves,
    avid_pay,
    avid_payment_moves,
    avid_vendors,
)
from core.sandbox.avid_exchange import companies
from core.sandbox.avid_rows import VENDORS, save
from core.sandbox.state import State


def put_vendor(state: State, code: str, company: str | None = None, **fields: Any) -> int:
    """Make a vendor, or change members of one, as a person in the portal can."""
    company = company or companies(state)[0]
    key = avid_vendors.vendor_key(company, code)
    row = state.table(VENDORS).get(key)
    if row is None:
        row = avid_vendors.new_vendor(state, company, code, str(fields.get("Name", code)))
    row.update(fields)
    save(state, VENDORS, key, row)
    return int(row["VendorId"])


def put_code(
    state: State,
    group: str,
    value: str,
    description: str = "",
    company: str | None = None,
    *,
    active: bool = True,
) -> None:
    """Make or change a code of an existing group."""
    company = company or companies(state)[0]
    if avid_codes.group_of(state, company, group) is None:
        raise LookupError(f"no group {group}")
    avid_codes.put_code(state, company, group, value, description, active=active)


def put_group(
    state: State, name: str, company: str | None = None, *, required: bool = False
) -> None:
    """Make or change a group of codes."""
    avid_codes.put_group(state, company or companies(state)[0], name, required=required)


_EVENTS: dict[str, Callable[..., Any]] = {
    "start_approval": avid_moves.start_approval,
    "approve": avid_moves.approve,
    "reject": avid_moves.reject,
    "hold": avid_moves.hold,
    "unhold": avid_moves.unhold,
    "dispute": avid_moves.dispute,
    "undispute": avid_moves.unhold,
    "recode": avid_moves.recode,
    "amend": avid_moves.amend,
    "reopen": avid_moves.reopen,
    "export": avid_moves.export,
    "delete": avid_moves.delete,
    "set_invoice_status": avid_moves.set_invoice_status,
    "change_invoice": avid_moves.change_invoice,
    "vanish_invoice": avid_moves.vanish_invoice,
    "insert_foreign_invoice": avid_moves.insert_foreign_invoice,
    "restamp": avid_moves.restamp,
    "pay": avid_pay.pay,
    "advance_payment": avid_pay.advance_payment,
    "set_payment_status": avid_payment_moves.set_payment_status,
    "hold_payment": avid_payment_moves.hold_payment,
    "release_payment": avid_payment_moves.release_payment,
    "void": avid_payment_moves.void,
    "stop": avid_payment_moves.stop,
    "return_": avid_payment_moves.return_,
    "refund": avid_payment_moves.refund,
    "fail": avid_payment_moves.fail,
    "cure": avid_payment_moves.cure,
    "reissue_same": avid_payment_moves.reissue_same,
    "reissue_new": avid_payment_moves.reissue_new,
    "change_method": avid_payment_moves.change_method,
    "change_payment": avid_payment_moves.change_payment,
    "vanish_payment": avid_payment_moves.vanish_payment,
    "insert_foreign_payment": avid_payment_moves.insert_foreign_payment,
    "vendor": put_vendor,
    "code": put_code,
    "group": put_group,
    "forget_keys": avid_idempotency.forget_keys,
    "fill": avid_fill.fill,
}
EVENTS = {name: avid_clock.dated(event) for name, event in _EVENTS.items()}
