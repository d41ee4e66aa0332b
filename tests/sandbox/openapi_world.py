"""A simulated AvidXchange with invoices and payments in every state, for requests to meet."""

from typing import Any

from tests.sandbox.avid_site import ADDRESS, Site
from tests.sandbox.openapi_requests import World


def fill(site: Site) -> None:
    """Give the site invoices and payments in every state."""
    site.event("vendor", "V00101", RemitToAddress=ADDRESS, Email="ap@acme.example")
    moves: dict[str, list[tuple[str, dict[str, Any]]]] = {
        "Received": [],
        "In Approval": [("start_approval", {})],
        "On Hold": [("hold", {})],
        "Disputed": [("dispute", {})],
        "Approved": [("recode", {"how": "split"}), ("approve", {})],
        "Rejected": [("reject", {"reason": "No"})],
        "Exported": [("approve", {}), ("export", {})],
        "Deleted": [("delete", {})],
        "Re-read by Martians": [("set_invoice_status", {"status": "Re-read by Martians"})],
    }
    for number, steps in moves.items():
        key = site.submitted(number)
        for name, args in steps:
            site.event(name, key, **args)
    site.event("insert_foreign_invoice", "V00101", "PORTAL-1")
    paid = [site.submitted(f"P-{number}") for number in range(4)]
    for key in paid:
        site.event("approve", key)
    out = site.event("pay", paid[:2], status="Issued to Supplier")
    site.event("reissue_new", site.event("pay", [paid[2]], status="Cleared"))
    site.event("fail", site.event("pay", [paid[3]], "e-Payment"), 77)
    site.event("refund", out, "10")
    site.event("insert_foreign_payment", "V00101", "PORTAL-2", method="Barter")


def world_of(site: Site) -> World:
    """Return what there is to ask for."""
    rows = list(site.state.table("avid:invoice").values())
    return World(
        invoices=tuple(str(row["Id"]) for row in rows),
        numbers=tuple(row["InvoiceNumber"] for row in rows),
        payments=tuple(site.state.table("avid:payment").keys()),
        now=site.state.now(),
    )
