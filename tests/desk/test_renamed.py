"""A vendor or code that AvidXchange has renamed is shown, told once, and confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core import desk_edits
from core.desk_mappings import Mappings
from core.desk_reference import Reference
from core.domain import renames
from core.domain.ap_documents import Code, Vendor
from core.domain.documents import Invoice, InvoiceLine, Supplier
from core.domain.findings import Finding
from core.domain.policy import Policy
from core.domain.reference_documents import GlAccount
from core.engine import shelves
from core.store import invoices, records
from core.store.rules import RuleDraft
from core.store.sqlite import Store

GL = "Accounting Codes"
POLICY = Policy(endpoint="PROD", start_date=date(2026, 1, 1), gl_group=GL)
INVOICE = Invoice(
    number="N1",
    kind=1,
    supplier="S1",
    accounting_date=date(2026, 6, 1),
    lines=(InvoiceLine(line=1, chart="US", account="1", net=Decimal(5)),) * 2,
)


class Clock:
    """Moves a minute with each look."""

    def __init__(self) -> None:
        self.at = datetime(2026, 6, 15, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(minutes=1)
        return self.at


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(tmp_path / "data", version="1", clock=Clock(), is_sandbox=False)
    keep(opened, "supplier", Supplier("S1", name="ACME Inc", active=True))
    keep(opened, "gl_account", GlAccount("US", "1", name="Travel", active=True))
    keep(opened, "code", Code(GL, "A", "Travel"), Code(GL, "B", "Rent"))
    keep(opened, "vendor", Vendor("V1", name="Acme"))
    desk_edits.save(opened, "gl", [RuleDraft("US", "1", "A")], "anna")
    desk_edits.save(opened, "vendors", [RuleDraft("S1", code="V1")], "anna")
    yield opened
    opened.close_thread()


def keep(store: Store, entity: str, *found: Any) -> None:
    with store.write():
        records.store_documents(store, entity, found, 1)


def line(store: Store, kind: str) -> tuple[str, str]:
    found = next(iter(Mappings(store, Reference(store, lambda: GL), int).lines(kind)))
    return str(found["state"]), str(found["evidence"])


def told(store: Store) -> list[Finding]:
    with store.read():
        return list(renames.findings(INVOICE, shelves.load(store), POLICY))


def test_a_renamed_code_is_told_once_an_invoice_and_holds_nothing(store: Store) -> None:
    assert line(store, "gl")[0] == "mapped"
    assert told(store) == []
    keep(store, "code", Code(GL, "A", "Entertainment"))
    assert line(store, "gl") == (
        "conflict", "AvidXchange calls it Entertainment now; it was Travel when it was mapped.",
    )  # fmt: skip
    (finding,) = told(store)
    assert (finding.code, finding.blocks, finding.asks_person) == ("MAP-05", False, True)
    assert finding.text == f"{GL} A is called Entertainment now; it was Travel."
    assert finding.resolutions == ("accept", "exclude")


def test_saving_the_row_again_confirms_the_new_name(store: Store) -> None:
    keep(store, "code", Code(GL, "A", "Entertainment"))
    desk_edits.save(store, "gl", [RuleDraft("US", "1", "A")], "bert")
    assert line(store, "gl") == ("mapped", "")
    assert told(store) == []
    keep(store, "code", Code(GL, "A", "Rent"))
    assert "it was Entertainment" in line(store, "gl")[1]


def test_a_name_that_came_back_is_no_rename(store: Store) -> None:
    keep(store, "code", Code(GL, "A", "Trvael"))
    keep(store, "code", Code(GL, "A", " travel"))
    assert line(store, "gl")[0] == "mapped"
    assert told(store) == []


def test_a_renamed_vendor_is_told_unless_it_follows_x3(store: Store) -> None:
    keep(store, "vendor", Vendor("V1", name="ACME INC"))
    assert told(store) == []
    assert line(store, "vendors")[0] == "mapped"
    keep(store, "vendor", Vendor("V1", name="Shell Games Ltd"))
    (finding,) = told(store)
    assert finding.text == "Vendor V1 is called Shell Games Ltd now; it was Acme."
    assert line(store, "vendors")[0] == "conflict"


def test_a_code_under_another_number_is_named_where_the_old_one_is_gone(store: Store) -> None:
    keep(store, "code", Code(GL, "A2", "Travel"))
    with store.write():
        invoices.mark_gone(store, "code", [Code(GL, "A").key], 2)
    with store.read():
        books = shelves.load(store)
    assert renames.successor(books, GL, "A") == "A2 is called Travel now, as it was."
    keep(store, "code", Code(GL, "A3", "Travel"))
    with store.read():
        books = shelves.load(store)
    assert renames.successor(books, GL, "A") == ""
