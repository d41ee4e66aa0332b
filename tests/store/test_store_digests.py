"""The digest of a day: what was done and waits, and the head that a rewritten log lacks."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from core.domain.documents import Invoice
from core.store import digests, history, plans, records, reviews
from core.store.digests import DigestFile
from core.store.sqlite import Store


class Moving(Protocol):
    """The clock of conftest.py."""

    at: datetime

    def move(self, seconds: float) -> datetime: ...


def run(store: Store, sent: int) -> None:
    with store.write():
        number = plans.begin_run(store, by="anna", mode="live")
        result = {"sent": sent, "read": {"invoices": 10, "payments": 0}, "payments_posted": 1}
        plans.end_run(store, number, result)
        history.seal(store, b"k" * 32, number)


def test_it_adds_up_the_day_and_names_what_waits(store: Store, clock: Moving) -> None:
    run(store, 99)
    clock.move(86_400)
    run(store, 2)
    run(store, 3)
    with store.write():
        invoice = Invoice("N1", kind=1, currency="USD", gross=Decimal(5))
        records.store_invoices(store, [invoice], 1, credit_kinds=frozenset())
        draft = reviews.ReviewDraft(
            code="MAP-01", cause="MAP-01|supplier S1", title="t", text="x", fix="f",
            documents=("N1",),
        )  # fmt: skip
        reviews.open_item(store, draft, actor="engine")
    rows, head = history.head(store)
    text = digests.text_of(store, "ACME US", clock.at)
    lines = text.splitlines()
    assert lines[0] == "Crossfoot digest of 2026-03-03 (UTC), ACME US"
    assert "2 runs" in lines
    assert "Read: 20 invoices" in lines
    assert "Done: 5 invoices sent, 2 payments posted to X3" in lines
    assert "Invoices: 1 ready" in lines
    assert "       1 MAP-01 The supplier is not linked to a vendor" in lines
    assert f"Audit log: {rows:,} rows" in lines
    assert f"Head: {head}" in lines
    run(store, 1)
    later = list(history.stream(store))
    assert later[rows - 1]["hash"] == head


def test_a_later_run_of_the_day_writes_over_it(tmp_path: Path) -> None:
    file = DigestFile(tmp_path / "share", name="ACME: US", workspace="0123456789")
    assert file.write("one\n", "2026-03-02", 10) == ""
    assert file.write("two\n", "2026-03-02", 10) == ""
    (found,) = (tmp_path / "share").iterdir()
    assert found == file.path_of("2026-03-02")
    assert found.name == "ACME US 01234567 digest 2026-03-02.txt"
    assert found.read_text(encoding="utf-8") == "two\n"


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "share").write_text("no folder", encoding="utf-8")
    file = DigestFile(tmp_path / "share", name="", workspace="0123456789")
    assert file.write("one\n", "2026-03-02", 10)
    assert list(tmp_path.iterdir()) == [tmp_path / "share"]
