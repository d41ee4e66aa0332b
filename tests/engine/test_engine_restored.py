"""A restored older store, and a store that was lost whole: nothing goes twice (issue 6)."""

from __future__ import annotations

from pathlib import Path

from core.clock import SystemClock
from core.store import backups, history
from tests.engine.conftest import MakeSite
from tests.engine.site import Site


def _codes(errors: list[dict[str, object]]) -> list[object]:
    return [error["code"] for error in errors]


def _paid(site: Site, number: str, status: str = "Issued to Supplier") -> int:
    site.act("avid.approve", number)
    payment: int = site.act("avid.pay", [number], status=status)
    return payment


def _second_later(site: Site) -> None:
    """X3's stamps have whole seconds: what comes next is seen to come later."""
    with site.state.lock:
        site.state.shift_clock(2)
        site.state.commit()


def _gone_back(site: Site, copy: Path, make_site: MakeSite) -> Site:
    """The same workspace with an older store in place, by what `restore` does."""
    assert site.stop()
    site.store.close_thread()
    done = backups.restore(site.directory, copy, version="0", clock=SystemClock(), actor="test")
    assert done.safety is not None
    return make_site(sandbox=site.sandbox)


def _truth(site: Site) -> tuple[int, dict[str, list[str]], list[str]]:
    """What the servers hold: invoices made, those of each number by state, references posted."""
    there: dict[str, list[str]] = {}
    for row in site.rows("avid:invoice"):
        there.setdefault(str(row["Reference"]), []).append(str(row["Status"]))
    posted = sorted(f"{row['REF']} {row['STA']}" for row in site.postings())
    return site.state.counters["avid.invoices_created"], there, posted


def test_after_a_restore_of_an_older_store_nothing_goes_twice(
    site: Site, make_site: MakeSite, tmp_path: Path
) -> None:
    old, again = site.sent("100.00", post=True), site.sent("30.00", post=True)
    rejected = site.sent("40.00")
    reversed_one = site.sent("60.00", post=True)
    in_doubt = site.invoice("70.00")
    site.fault("avid", "submit_invoice", "reset_after")
    site.sync(wait_s=0)
    assert site.row(in_doubt).state == "in_doubt"
    copy = site.store.backup(tmp_path / "old.db")
    # What the restored store will know nothing of.
    later = site.invoice("50.00", post=True)
    site.sync()
    payments = [_paid(site, number) for number in (old, later, reversed_one)]
    site.sync()
    site.act("avid.reject", rejected)
    site.sync()
    site.resolve("REJ-01", "send_again")
    _second_later(site)
    site.act("x3.reverse_payment", site.postings(payments[2])[0]["NUM"])
    site.sync()
    site.act("avid.approve", again)
    site.sync()
    before, writes = _truth(site), site.count("submit_invoice", "save")
    assert len(before[1][rejected]) == 2  # the rejected one and the one sent again
    assert [row["REF"] for row in site.postings(payments[2])] == [f"AVD{payments[2]}"]

    back = _gone_back(site, copy, make_site)
    result = back.sync()
    assert "ENV-01" in _codes(result.report["errors"])
    assert back.row(later).state == "payment_issued"
    back.sync()
    back.resolve("REJ-01", "send_again")
    back.sync()
    assert _truth(back) == before
    assert back.count("submit_invoice", "save") == writes
    assert back.row(rejected).state == "sent"
    assert back.row(in_doubt).state == "sent"
    assert {back.payment(p).x3_payment for p in payments[:2]} == {
        row["NUM"] for p in payments[:2] for row in back.postings(p)
    }
    entries = [row for row in history.stream(back.store) if row["action"] == "restored"]
    assert len(entries) == 1


def test_after_the_data_directory_was_lost_nothing_goes_twice(
    site: Site, make_site: MakeSite, tmp_path: Path
) -> None:
    one, two = site.sent("100.00", post=True), site.sent("50.00")
    first, second = _paid(site, one), _paid(site, site.sent("80.00", post=True), "Cleared")
    site.sync()
    assert len(site.postings(first)) == len(site.postings(second)) == 1
    before, writes = _truth(site), site.count("submit_invoice", "save")
    assert site.stop()
    site.store.close_thread()
    for name in ("crossfoot.db", "crossfoot.db-wal", "crossfoot.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)

    new = make_site(sandbox=site.sandbox)
    result = new.sync()
    assert "ENV-01" in _codes(result.report["errors"])
    new.sync()
    new.sync()
    assert _truth(new) == before
    assert new.count("submit_invoice", "save") == writes
    assert new.row(two).state == "sent"
    assert new.row(one).external_id
    # What comes now goes as ever.
    fresh = new.invoice("12.00")
    new.sync()
    assert len(new.there(fresh)) == 1
