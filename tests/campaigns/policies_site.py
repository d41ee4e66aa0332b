"""The site that the cases of the policies campaign begin with, and the times they go by."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.acceptance.accept_site import ROOT, Desk, Served, serving
from tests.acceptance.truth_cli import look

START = (datetime.now(UTC) - timedelta(days=120)).date().isoformat()
INVOICE_LOOKUPS_S = (2.0, 10.0, 30.0, 120.0)
PAYMENT_LOOKUPS_S = (60.0, 180.0)
ANSWER_S = 2.0  # the client's longest wait; the servers' silences are longer


def write_times(desk: Desk, pace: float, lookup: str) -> None:
    """Profiles with the contracts' times multiplied by the pace, and a short wait for answers."""
    text = (ROOT / "resources" / "profiles" / "connect.toml").read_text(encoding="utf-8")
    times = ", ".join(str(seconds * pace) for seconds in INVOICE_LOOKUPS_S)
    for old, new in (
        ("in_doubt_lookups = [2, 10, 30, 120]", f"in_doubt_lookups = [{times}]"),
        (" read = 60,", f" read = {ANSWER_S},"),
    ):
        assert old in text, old
        text = text.replace(old, new)
    (desk.directory / "connect-quick.toml").write_text(text, encoding="utf-8")
    times = ", ".join(str(seconds * pace) for seconds in PAYMENT_LOOKUPS_S)
    (desk.directory / "x3-quick.toml").write_text(
        f'profile_version = 1\nname = "Times of a campaign"\n[limits]\n'
        f"write_timeout_s = {ANSWER_S}\n[times]\npayment_lookup_s = [{times}]\n"
        f'approval_reread_s = {30 * pace}\n[soap.payment]\nlookup = "{lookup}"\n',
        encoding="utf-8",
    )  # fmt: skip


def entered(invoices: int, seed: int, folder: Path) -> Path:
    """The folder of a site with all invoices, to be copied; its servers have ended."""
    with serving(folder, invoices=0, seed=seed) as served:
        _enter(served, invoices)
    return folder


def _enter(served: Served, invoices: int) -> None:
    """Enter posted invoices of mapped suppliers, which all go through as they are."""
    world = look(served, served.mapping(), START)
    active = {row["ExternalVendorCode"] for row in world.rows("avid:vendor") if row["Active"]}
    suppliers = [
        row["BPSNUM"] for row in world.rows("x3:BPSUPPLIER")
        if row["ENAFLG"] == 2 and row["PAYLOKFLG"] == row["DOUFLG"] == 1
        and row["CUR"] == "USD" and world.vendors.get(row["BPSNUM"]) in active
        and row["BPRPAY"] in ("", row["BPSNUM"])
    ]  # fmt: skip
    for place in range(invoices):
        amount = f"{100 + place}.{place % 100:02d}"
        line = {"ACC": "61100", "AMTNOTLIN": amount, "DIE1": "DPT", "CCE1": "ADM"}
        head = {"BPR": suppliers[place % len(suppliers)], "BPRVCR": f"ONCE-{place:05d}"}
        served.act("x3.invoice", fields=head, lines=[line], post=True)
