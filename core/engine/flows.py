"""What is polled: one flow for each entity of either side, and which of them a run reads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from core.domain.canonical import parse_instant
from core.engine.work import AP_LANE, AVIDXCHANGE, READ_LANE, X3, Work
from core.store import values


@dataclass(frozen=True, slots=True)
class Flow:
    """What one poll reads. `group` is its name in the result of `sync`.

    `then` are flows that begin when this one has ended. An optional one may be missing on a site.
    """

    system: str
    entity: str
    group: str
    then: tuple[Flow, ...] = ()
    is_optional: bool = False

    @property
    def name(self) -> str:
        """Name of its bookmark."""
        return f"{self.system}:{self.entity}"

    @property
    def lane(self) -> str:
        """The lane its pages are asked on."""
        return READ_LANE if self.system == X3 else AP_LANE


def _x3(entity: str, group: str, *then: Flow, optional: bool = False) -> Flow:
    return Flow(X3, entity, group, then, optional)


#: Open items begin after invoices: one that was posted meanwhile is then seen with its items.
FLOWS: tuple[Flow, ...] = (
    _x3("company", "reference", optional=True),
    _x3("site", "reference", optional=True),
    _x3("fiscal_period", "reference", optional=True),
    _x3("payment_term", "reference", optional=True),
    _x3("gl_account", "reference"),
    _x3("dimension", "reference", optional=True),
    _x3("purchase_order", "reference", optional=True),
    _x3("supplier", "suppliers"),
    _x3("supplier_address", "suppliers", optional=True),
    _x3("invoice", "invoices", _x3("open_item", "invoices")),
    _x3("payment", "payments", optional=True),
    Flow(AVIDXCHANGE, "code_group", "reference"),
    Flow(AVIDXCHANGE, "code", "reference"),
    Flow(AVIDXCHANGE, "vendor", "suppliers"),
    Flow(AVIDXCHANGE, "ap_invoice", "approvals"),
    Flow(AVIDXCHANGE, "ap_payment", "payments"),
)
#: X3 reference data without a change stamp, and AvidXchange's codes: read whole, daily.
WHOLE = frozenset(("company", "site", "fiscal_period", "payment_term", "code_group", "code"))
#: X3 entities whose late changes are looked for daily (3 days) and weekly (35), and orders, which
#: an invoice would be held for.
LOOKED_BACK = frozenset(
    ("supplier", "supplier_address", "invoice", "open_item", "payment", "purchase_order")
)
#: Reference data that changes by its stamp, but is gone only when a whole read does not show it.
WHOLE_DAILY = frozenset(("gl_account", "dimension"))
WHOLE_WEEKLY = frozenset(("supplier", "supplier_address"))
#: Codes of open review items that make reference data worth reading again at once.
_STALE = {
    "fiscal_period": ("PER-01",),
    "payment_term": ("DUE-01",),
    "code_group": ("MAP-04", "MAP-05"),
    "code": ("MAP-04", "MAP-05"),
}


def wanted(work: Work, flow: Flow) -> bool:
    """Whether this run's order is for all, or for what this flow reads."""
    return work.order.only in ("", flow.group)


def wanted_flows(work: Work, open_codes: frozenset[str]) -> list[Flow]:
    """The flows this run reads: those of its order; whole reads daily or when something waits."""
    only = work.order.only
    found = []
    for flow in FLOWS:
        if not wanted(work, flow):
            continue
        if flow.entity in WHOLE and only != "reference":
            last = values.setting(work.store, f"read.{flow.name}")
            hours = work.tools.config.codes_hours
            is_stale = not last or work.now - parse_instant(last) >= timedelta(hours=hours)
            if not is_stale and not open_codes & set(_STALE.get(flow.entity, ())):
                continue
        found.append(flow)
    return found
