"""`reconcile`: its lines, its exit statuses, its files; the site is never asked."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from core.store.sqlite import Store
from core.version import VERSION
from tests.campaigns.planted_books import NOW, PLANTS, Books, clean
from tests.cli.cli_site import Workspace


def fill(workspace: Workspace, *causes: str) -> Books:
    store = Store.open(workspace.directory, version=VERSION, clock=lambda: NOW, is_sandbox=False)
    try:
        books = Books(3)
        clean(books)
        for cause in causes:
            PLANTS[cause](books)
        books.store(store)
    finally:
        store.close_thread()
    return books


def test_one_line_a_difference_and_a_last_one_of_totals(quiet: Workspace, tmp_path: Path) -> None:
    books = fill(quiet, "rejected", "paid_not_posted")
    out = tmp_path / "october.xlsx"
    ran = quiet.run("reconcile", "--period", "2026-10", "--json", "--out", str(out))
    assert (ran.status, ran.err) == (0, "")
    *lines, totals = ran.lines
    found = {(line["cause"], *line["documents"]): line["amount"] for line in lines}
    assert found == {
        (key[3], key[4]): f"{amount / 100:.2f}" for key, amount in books.expected.items()
    }
    assert list(lines[0]) == [
        "company", "currency", "cause", "amount", "documents", "between",
    ]  # fmt: skip
    assert totals["as_of_today"] is True
    assert {total["unexplained"] for total in totals["totals"]} == {"0.00"}
    assert openpyxl.load_workbook(out).sheetnames[0] == "Summary"


def test_something_unexplained_ends_with_3_and_says_so(quiet: Workspace) -> None:
    fill(quiet, *["unexplained"] * 4)
    ran = quiet.run("reconcile", "--period", "2026-10")
    assert ran.status == 3
    assert "Something is unexplained." in ran.out
    assert "balances as of today" in ran.out


def test_nothing_at_all_is_reconciled_too(quiet: Workspace) -> None:
    ran = quiet.run("reconcile", "--period", "2026-10")
    assert ran.status == 0
    assert "Nothing is open on either side." in ran.out


@pytest.mark.parametrize(
    "more",
    [
        ("--period", "2026-13"),
        ("--period", "October"),
        (),
        ("--period", "2026-10", "--out", "statement.csv"),
        ("--period", "2026-10", "--company", "NONE"),
    ],
)
def test_what_is_wrong_ends_with_2(quiet: Workspace, more: tuple[str, ...]) -> None:
    ran = quiet.run("reconcile", *more, "--json")
    assert ran.status == 2
    assert ran.out == ""
    assert ran.err
