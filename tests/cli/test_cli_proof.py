"""`explain --as-of` and `evidence` on the command line, with settings that have just changed."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from core.domain.documents import Invoice
from core.store import history, records, values
from core.store.sqlite import Store
from core.version import VERSION
from tests.cli.cli_site import Workspace

OCTOBER = datetime(2026, 10, 5, tzinfo=UTC)


def fill(workspace: Workspace) -> None:
    """One invoice that X3 showed in October, and changed in November."""
    for month, gross in ((10, "70.00"), (11, "90.00")):
        clock = partial(OCTOBER.replace, month=month)
        store = Store.open(workspace.directory, version=VERSION, clock=clock, is_sandbox=False)
        try:
            with store.write():
                invoice = Invoice("N1", kind=1, supplier="S1", currency="USD", gross=Decimal(gross))
                records.store_invoices(store, [invoice], 1, credit_kinds=frozenset())
        finally:
            store.close_thread()


def rows(workspace: Workspace) -> list[dict[str, Any]]:
    store = Store.open(
        workspace.directory, version=VERSION, clock=lambda: datetime.now(UTC), is_sandbox=False
    )
    try:
        assert values.setting(store, "settings.noted")
        return list(history.stream(store))
    finally:
        store.close_thread()


def test_an_invoice_as_of_a_day_and_a_changed_setting_is_noted(quiet: Workspace) -> None:
    fill(quiet)
    ran = quiet.run("explain", "N1", "--as-of", "2026-10-31", "--json")
    assert (ran.status, ran.err) == (0, "")
    assert ran.json["x3"]["body"]["gross"] == "70"
    assert ran.json["x3"]["is_proven"]
    assert ran.json["today"]["request"] == ""
    settings = quiet.directory / "settings.toml"
    settings.write_text(
        settings.read_text(encoding="utf-8").replace("mode =", "audit_years = 9\nmode ="),
        encoding="utf-8",
    )
    words = quiet.run("explain", "N1", "--as-of", "2026-09-01")
    assert "X3 had not shown it yet" in words.out
    changed = [row for row in rows(quiet) if row["action"] == "setting changed"]
    assert [(row["object"], row["before"], row["after"]) for row in changed] == [
        ("workspace.audit_years", "7", "9")
    ]
    assert quiet.run("explain", "N1", "--as-of", "soon").status == 2


def test_the_evidence_of_a_month(quiet: Workspace, tmp_path: Path) -> None:
    fill(quiet)
    file = tmp_path / "october.zip"
    ran = quiet.run("evidence", "--period", "2026-10", str(file), "--json")
    assert (ran.status, ran.err) == (0, "")
    with zipfile.ZipFile(file) as archive:
        names = {name.partition("/")[2] for name in archive.namelist()}
    assert {told["name"] for told in ran.json["contents"]} == names - {"manifest.json"}
    assert quiet.run("evidence", "--period", "2026-10", str(tmp_path / "x.txt")).status == 2
