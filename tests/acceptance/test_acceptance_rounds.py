"""The demo company lived through from outside: both systems must stand as worked out apart."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.accept_site import (
    Desk,
    Served,
    connect,
    desk_in,
    is_quiet,
    serving,
    until_quiet,
)
from tests.acceptance.truth_cli import look

START = (datetime.now(UTC) - timedelta(days=120)).date().isoformat()
# What a run asks when nothing is new: each list once from its bookmark, page by page.
READS = {
    "x3.requests.query", "x3.requests.details", "avid.requests.token",
    "avid.requests.list_code_groups", "avid.requests.list_codes", "avid.requests.list_vendors",
    "avid.requests.list_invoices", "avid.requests.list_payments",
}  # fmt: skip


def waiting_of(desk: Desk) -> set[str]:
    """Documents that stand on the review list."""
    items = desk.reviews()
    return {name for item in items for name in (item["document"], *item["documents"])}


def requests(served: Served) -> Counter[str]:
    return Counter({n: c for n, c in served.counters().items() if ".requests." in n})


def total(rows: list[dict[str, Any]], name: str = "amount") -> Counter[str]:
    sums: Counter[str] = Counter()
    for row in rows:
        if row[name] is not None:
            sums[row["currency"]] += int(Decimal(row[name]) * 100)
    return sums


@pytest.mark.timeout(150)
@pytest.mark.parametrize(("post_when", "seed"), [("issued", 4), ("cleared", 2)])
def test_after_eight_notches_both_systems_stand_as_they_should(
    tmp_path: Path, post_when: str, seed: int
) -> None:
    with serving(tmp_path / "site", invoices=60, seed=seed) as served:
        payment = f'post_when = "{post_when}"'
        desk = connect(desk_in(tmp_path / "desk"), served, x3_payment=payment)
        reports = until_quiet(desk, served, notches=8)
        assert is_quiet(reports[-1]), reports[-1]
        assert not any(report["errors"] or report["drifted"] for report in reports)
        world = look(served, served.mapping(), START)
        assert world.check(post_when=post_when, waiting=waiting_of(desk)) == []
        assert sum(report["sent"] for report in reports) == len(world.there)
        posted = sum(report["payments_posted"] for report in reports)
        assert posted == len(world.postings) > 0
        assert_lists(desk, world)
        assert_second_run_is_idle(desk, served)


def assert_lists(desk: Desk, world: Any) -> None:
    """The program's own lists say the same, to the minor unit per currency."""
    status = desk.run("status", "--json").json
    assert set(status["invariants"].values()) == {"ok"}
    assert status["in_doubt"] == 0
    listed = list(desk.invoices().values())
    assert [row["number"] for row in listed] == sorted(row["number"] for row in listed)
    shown = {row["NUM"] for row in world.rows("x3:PINVOICE") if row["ACCDAT"] >= START}
    assert {row["number"] for row in listed} == shown
    assert Counter(row["state"] for row in listed) == Counter(
        {state: number for state, number in status["states"].items() if number}
    )
    sent = [row for row in listed if row["number"] in world.there]
    there = [
        {"currency": row["CurrencyCode"], "amount": row["Amount"]}
        for rows in world.there.values()
        for row in rows
    ]
    assert total(sent) == total(there)
    open_x3 = Counter[str]()
    for row in sent:
        for item in world.items.get(row["number"], []):
            sign = -1 if row["kind"] in ("credit_memo", "credit_note") else 1
            left = Decimal(item["AMTCUR"]) - Decimal(item["PAYCUR"])
            open_x3[row["currency"]] += sign * int(abs(left) * 100)
    assert total(sent, "open_x3") == open_x3
    posted = [row for row in desk.run("payments", "--json").lines if row["posted"]]
    assert {row["reference"] for row in posted} == set(world.postings)
    assert {row["x3_payment"] for row in posted} == {
        row["NUM"] for rows in world.postings.values() for row in rows
    }
    in_x3 = [
        {"currency": row["CUR"], "amount": row["AMTCUR"]}
        for rows in world.postings.values()
        for row in rows
    ]
    assert total(posted) == total(in_x3)


def assert_second_run_is_idle(desk: Desk, served: Served) -> None:
    """With nothing new a run writes nothing and reads only what the overlaps cover."""
    writes = served.writes()
    desk.sync()
    one, size = requests(served), served.counters()["x3.bytes_sent"]
    report = desk.sync()
    asked = requests(served) - one
    assert is_quiet(report), report
    assert served.writes() == writes
    assert set(asked) <= READS, asked
    lists = len(served.table("avid:invoice")) // 200 + 1
    assert asked["avid.requests.list_invoices"] <= 2 * lists + 2, asked
    assert asked["avid.requests.list_payments"] <= 4, asked
    assert served.counters()["x3.bytes_sent"] - size < size / 3
    assert set(report["read"]) == {"reference", "suppliers", "invoices", "approvals", "payments"}


@pytest.mark.timeout(200)
def test_the_embedded_demo_runs_by_itself(tmp_path: Path) -> None:
    desk = desk_in(tmp_path)
    first = desk.run("sync", "--sandbox", "--json", timeout=150)
    assert first.status == 3, (first.out[:300], first.err)
    second = desk.run("--json", "--sandbox", "sync", timeout=150)
    assert second.status == 3, (second.out[:300], second.err)
    assert first.json["sent"] > second.json["sent"] > 0
    status = desk.run("status", "--sandbox", "--json").json
    sent = first.json["sent"] + second.json["sent"]
    assert status["sandbox"]["invoices"] == sent
    assert list(status["sandbox"]) == ["invoices", "vendors", "payments"]
    states = status["states"]
    assert states["sent"] + states["in_approval"] + states["approved"] == sent
