"""What is wrong with a mapping row, on either side, and what waits on it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.desk_mappings import Mappings
from core.desk_reference import Reference
from core.domain.ap_documents import Code, Vendor
from core.domain.documents import Invoice, Supplier
from core.domain.reference_documents import Dimension, GlAccount
from core.store import records, reviews, rules
from core.store.rules import RuleDraft
from core.store.sqlite import Store

GL = "Accounting Codes"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = Store.open(
        tmp_path / "data", version="1", clock=lambda: datetime(2026, 6, 15, 12, tzinfo=UTC),
        is_sandbox=False,
    )  # fmt: skip
    yield opened
    opened.close_thread()


def keep(store: Store, entity: str, *found: Any) -> None:
    with store.write():
        records.store_documents(store, entity, found, 1)


def lay(store: Store, kind: str, *drafts: RuleDraft) -> None:
    with store.write():
        applied = rules.apply_rows(store, kind, drafts, replace=False, actor="anna")
    assert not applied.refused


def wait_on(store: Store, code: str, cause: str, number: str, amount: str = "84.12") -> None:
    """An invoice that an open item holds up."""
    invoice = Invoice(number, kind=1, company="US10", currency="USD", gross=Decimal(amount))
    with store.write():
        records.store_invoices(store, [invoice], 1, credit_kinds=frozenset({2}), actor="anna")
        draft = reviews.ReviewDraft(
            code=code, cause=f"{code}|{cause}", title="It waits", text="It waits.", fix="Map it.",
            documents=(number,),
        )  # fmt: skip
        reviews.open_item(store, draft, actor="schedule")


def lines(store: Store, kind: str) -> dict[str, dict[str, Any]]:
    mappings = Mappings(store, Reference(store, lambda: GL), int)
    return {str(line["key2"] or line["key1"]): line for line in mappings.lines(kind)}


def said(line: dict[str, Any]) -> tuple[str, str]:
    return line["state"], line["evidence"]


def test_every_fault_of_an_account_row_is_named(store: Store) -> None:
    names = ("1", "2", "3", "4", "5", "6", "7", "8")
    accounts = {name: GlAccount("US", name, name=f"Account {name}", active=True) for name in names}
    accounts["2"] = GlAccount("US", "2", active=False)
    accounts["3"] = GlAccount("US", "3", active=True, valid_to=date(2026, 5, 31))
    keep(store, "gl_account", *accounts.values())
    keep(store, "code", Code(GL, "A", "One"), Code(GL, "B", "Two", active=False))
    lay(
        store,
        "gl",
        *(RuleDraft("US", name, "A") for name in ("1", "2", "3", "gone")),
        RuleDraft("US", "4", "B"),
        RuleDraft("US", "5", "LOST"),
        RuleDraft("US", "6", "A", valid_to="2026-05-31"),
        RuleDraft("US", "7", "A", valid_from="2026-07-01"),
        RuleDraft("US", "8", "A", company="CA10"),
    )
    wait_on(store, "MAP-03", "account US/8", "N8")
    wait_on(store, "MAP-05", f"{GL} LOST", "N5", "12.00")
    found = lines(store, "gl")
    assert {name: said(line) for name, line in found.items()} == {
        "1": ("mapped", ""),
        "2": ("inactive", "Inactive in X3."),
        "3": ("inactive", "X3 takes it from any day to 2026-05-31 only."),
        "4": ("inactive", "Inactive in AvidXchange."),
        "5": ("conflict", "AvidXchange has no LOST."),
        "6": ("conflict", "Its row ended on 2026-05-31."),
        "7": ("conflict", "Its row begins on 2026-07-01."),
        "8": ("conflict", "Invoices wait: no row holds for their company or date."),
        "gone": ("conflict", "X3 shows no such code."),
    }
    assert (found["8"]["open"], found["8"]["waiting"]) == (1, 8412)
    assert (found["5"]["open"], found["5"]["waiting"]) == (1, 1200)
    mappings = Mappings(store, Reference(store, lambda: GL), int)
    assert mappings.waiting_invoices("gl", "US", "5") == ["N5"]
    assert mappings.waiting_invoices("gl", "US", "8") == ["N8"]
    assert mappings.waiting_invoices("gl", "US", "1") == []


def test_a_supplier_that_is_gone_closed_or_led_to_a_lost_vendor_is_named(store: Store) -> None:
    keep(store, "supplier", *(Supplier(c, active=c != "S2") for c in ("S1", "S2", "S3", "S4")))
    keep(store, "vendor", Vendor("V1", name="One"), Vendor("V3", name="Old", active=False))
    lay(
        store,
        "vendors",
        RuleDraft("S1", code="v1"), RuleDraft("S2", code="V1"), RuleDraft("S3", code="V3"),
        RuleDraft("S4", code="MERGED"), RuleDraft("S5", code="V1"), RuleDraft("S6", code="-"),
    )  # fmt: skip
    wait_on(store, "MAP-05", "supplier S4", "N4")
    found = lines(store, "vendors")
    assert {name: said(line) for name, line in found.items()} == {
        "S1": ("mapped", ""),
        "S2": ("inactive", "Inactive in X3."),
        "S3": ("inactive", "Inactive in AvidXchange."),
        "S4": ("conflict", "AvidXchange has no MERGED."),
        "S5": ("conflict", "X3 shows no such code."),
        "S6": ("excluded", "Not paid through AvidXchange."),
    }
    assert (found["S4"]["open"], found["S4"]["waiting"]) == (1, 8412)


def test_a_value_that_x3_no_longer_takes_is_named(store: Store) -> None:
    keep(
        store,
        "dimension",
        Dimension("DPT", "ADM", active=True),
        Dimension("DPT", "OLD", active=True, valid_to=date(2025, 12, 31)),
        Dimension("PRJ", "P1", active=True),
    )
    keep(store, "code", Code("Department", "10", "Administration"))
    lay(
        store,
        "dimensions",
        RuleDraft("DPT", "ADM", "10", "Department"), RuleDraft("DPT", "OLD", "10", "Department"),
    )  # fmt: skip
    found = lines(store, "dimensions")
    assert said(found["ADM"]) == ("mapped", "")
    assert said(found["OLD"]) == ("inactive", "X3 takes it from any day to 2025-12-31 only.")
    assert found["P1"]["state"] == "excluded"
