"""A seeded company lives for eight notches; then both systems and our lists agree."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.engine.conftest import MakeSite
from tests.engine.site import Site
from tests.engine.truth import differences


def _mapped_as_shipped(site: Site) -> None:
    tables = site.sandbox.mapping_rows()
    site.map("vendors", *[(r["x3_supplier"], r["avid_vendor_code"]) for r in tables["vendors"]])
    site.map("gl", *[(r["chart"], r["x3_account"], r["avid_code"]) for r in tables["gl"]])
    columns = ("dimension_type", "x3_value", "avid_group", "avid_code")
    rows = [tuple(row[name] for name in columns) for row in tables["dimensions"]]
    site.map("dimensions", *rows)


def _truth(site: Site) -> list[str]:
    start = site.settings().workspace.start_date
    return differences(site.state, site.store, endpoint="SANDBOX", start=start)


def test_seeded_company_agrees_after_eight_notches(make_site: MakeSite) -> None:
    site = make_site(invoices=300, is_mapped=False)
    _mapped_as_shipped(site)
    site.sync()
    assert _truth(site) == []
    for _ in range(8):
        site.sandbox.advance()
        site.sync()
    # A posting may have met its invoice unposted: the next look has both.
    site.sync()
    assert _truth(site) == []
    assert len(site.postings()) > 20
    statuses = Counter(row["Status"] for row in site.rows("avid:invoice"))
    assert statuses["Approved"] > 50
    before = site.writes()
    assert site.sync().report["planned"] == 0
    assert site.writes() == before


def test_company_with_a_stumbling_network_agrees_as_well(make_site: MakeSite) -> None:
    site = make_site(invoices=60, is_mapped=False)
    _mapped_as_shipped(site)
    for kind, operation in (("reset_after", "submit_invoice"), ("reset_before", "submit_invoice")):
        site.fault("avid", operation, kind, times=None, every=7)
    site.fault("x3", "save", "reset_after", times=None, every=3)
    site.fault("x3", "run", "reset_after", times=None, every=5)
    for _ in range(5):
        site.sandbox.advance()
        site.sync()
    site.sandbox.faults.clear()
    site.sync()
    site.sync()
    assert _truth(site) == []


# The checker itself sees what it is there for.


@pytest.fixture
def agreed(make_site: MakeSite) -> Site:
    """A site with one paid invoice on which everything agrees."""
    site = make_site()
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.sync()
    site.act("avid.pay", [number], status="Cleared")
    site.sync()
    assert _truth(site) == []
    return site


def test_checker_sees_a_lost_invoice(agreed: Site) -> None:
    agreed.invoice("5.00")
    assert any("eligible and not in AvidXchange" in text for text in _truth(agreed))


def test_checker_sees_a_doubled_invoice(agreed: Site) -> None:
    with agreed.state.lock:
        table = agreed.state.table("avid:invoice")
        row = dict(next(iter(table.values())))
        table.put("995000", row | {"Id": 995000})
    assert any("several times" in text for text in _truth(agreed))
    agreed.forgive_doubles()


def test_checker_sees_a_doubled_posting(agreed: Site) -> None:
    with agreed.state.lock:
        table = agreed.state.table("x3:PAYMENTH")
        row = dict(agreed.postings()[0])
        table.put("PYX", row | {"NUM": "PYX"})
    assert any("posted twice" in text for text in _truth(agreed))
    agreed.forgive_doubles()


def test_checker_sees_a_wrong_level_code_and_amount(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    assert any("X3 shows level [1]" in text for text in _truth(site))
    with site.state.lock:
        row = site.state.table("avid:invoice").get(str(site.there(number)[0]["Id"]))
        assert row is not None
        row["Submitted"]["Amount"] = "99.00"
        row["Submitted"]["Lines"][0]["Codes"][0]["CodeValue"] = "62200"
    found = " ".join(_truth(site))
    assert "99.00 was sent" in found
    assert "the mapping says" in found


def test_checker_is_written_apart_from_the_engine() -> None:
    for name in ("truth.py", "truth_books.py"):
        text = (Path(__file__).parent / name).read_text(encoding="utf-8")
        assert "core.engine" not in text
        assert "core.domain" not in text
