"""One side down, refused credentials, runs with nothing to do, and what a run reads again."""

from __future__ import annotations

import pytest

from tests.engine.conftest import MakeSite
from tests.engine.site import Site


def test_avidxchange_down_lets_x3_work_on(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    payment = site.act("avid.pay", [number], status="Cleared")
    site.sync(preview=True)
    site.fault("avid", "*", "reset_before", times=None)
    new = site.invoice("55.00")
    result = site.sync()
    assert result.exit_status == 4
    assert {entry["system"] for entry in result.report["errors"]} == {"avidxchange"}
    assert (len(site.postings(payment)), site.level(number) <= {4}) == (1, True)
    assert site.row(new).state == "ready"
    site.sandbox.faults.clear()
    assert site.sync().exit_status == 0
    assert site.row(new).state == "sent"


def test_x3_down_lets_avidxchange_work_on(site: Site) -> None:
    number = site.sent("55.00")
    new = site.invoice("66.00")
    site.sync(preview=True)
    site.fault("x3", "*", "reset_before", times=None)
    site.act("avid.approve", number)
    result = site.sync()
    assert result.exit_status == 4
    assert {entry["system"] for entry in result.report["errors"]} == {"x3"}
    assert (site.row(number).state, site.level(number)) == ("approved", {1})
    # Whether X3 still owes the new one cannot be asked: it is not sent.
    assert (site.row(new).state, site.there(new)) == ("ready", [])
    site.sandbox.faults.clear()
    assert site.sync().exit_status == 0
    assert (site.level(number), site.row(new).state) == ({4}, "sent")


def test_both_down_is_said_and_nothing_is_lost(site: Site) -> None:
    number = site.invoice("55.00")
    for side in ("x3", "avid"):
        site.fault(side, "*", "status", args={"status": 503}, times=None)
    assert site.sync().exit_status == 4
    site.sandbox.faults.clear()
    site.sync()
    assert site.row(number).state == "sent"


def test_wrong_x3_password_is_one_request(site: Site) -> None:
    site.sync()
    site.secrets.set("x3.password", "wrong", actor="test")
    site.restart()
    before = _requests(site, "x3")
    result = site.sync()
    assert _requests(site, "x3") - before == 1
    assert result.exit_status == 4
    assert [e["code"] for e in result.report["errors"]] == ["AUT-01"]


def test_wrong_client_secret_is_one_token_request(site: Site) -> None:
    site.sync()
    site.secrets.set("avidxchange.client_secret", "wrong", actor="test")
    site.restart()
    before = _requests(site, "avid")
    result = site.sync()
    assert _requests(site, "avid") - before == 1
    assert result.exit_status == 4
    assert [e["code"] for e in result.report["errors"]] == ["AUT-01"]


def test_second_run_writes_nothing_and_reads_the_overlap_only(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.sync()
    site.sync()
    before, writes = site.state.counters, site.writes()
    result = site.sync()
    after = site.state.counters
    assert site.writes() == writes
    assert after["x3.requests.details"] == before["x3.requests.details"]
    for name in ("get_invoice", "list_code_groups", "list_codes"):
        key = f"avid.requests.{name}"
        assert after.get(key, 0) == before.get(key, 0), name
    assert result.report["planned"] == 0
    assert result.report["read"]["approvals"] == 1
    assert result.exit_status == 0


def test_unchanged_rows_read_again_leave_no_trace_in_the_log(site: Site) -> None:
    site.sent("100.00")
    site.sync()
    rows = _log(site, "received")
    site.sync()
    assert _log(site, "received") == rows


def test_only_one_flow_is_read_and_written(site: Site) -> None:
    number = site.sent("100.00")
    site.act("avid.approve", number)
    new = site.invoice("55.00")
    result = site.sync(only="invoices")
    assert (site.row(new).state, site.level(number)) == ("sent", {1})
    assert result.report["read"]["approvals"] == 0
    site.act("avid.approve", new)
    site.sync(only="approvals")
    assert (site.level(number), site.level(new)) == ({4}, {4})


def test_level_planned_under_another_flow_is_not_forgotten(site: Site) -> None:
    number = site.sent("100.00")
    site.act("avid.approve", number)
    site.sync(preview=True)
    site.sync(only="invoices")
    assert site.level(number) == {1}
    site.sync()
    assert site.level(number) == {4}


def test_preview_mode_never_writes(make_site: MakeSite) -> None:
    site = make_site(settings={"workspace": {"mode": "preview"}})
    site.invoice("100.00")
    result = site.sync()
    assert (result.report["mode"], result.report["planned"], site.writes()) == ("preview", 1, 0)


def test_writing_to_x3_switched_off_asks_a_person(make_site: MakeSite) -> None:
    site = make_site(settings={"x3": {"write": "none"}})
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.act("avid.pay", [number], status="Cleared")
    site.sync()
    assert site.count("modify", "run", "save") == 0
    assert "PAY-01" in site.codes()


def test_invoice_before_the_start_date_is_never_sent(site: Site) -> None:
    number = site.invoice("100.00", BPRDAT="2020-02-01", ACCDAT="2020-02-01")
    site.sync()
    assert site.there(number) == []


@pytest.mark.parametrize("side", ["x3", "avid"])
def test_one_stumble_while_reading_is_not_even_told(site: Site, side: str) -> None:
    number = site.invoice("100.00")
    operation = "query" if side == "x3" else "list_vendors"
    site.fault(side, operation, "status", args={"status": 502, "html": "<html></html>"})
    result = site.sync()
    assert (result.exit_status, result.report["errors"]) == (0, [])
    assert site.row(number).state == "sent"


def _requests(site: Site, side: str) -> int:
    counted = site.state.counters
    return sum(n for name, n in counted.items() if name.startswith(f"{side}.requests."))


def _log(site: Site, action: str) -> int:
    from core.store import history

    with site.store.read():
        return sum(1 for row in history.stream(site.store) if row["action"] == action)
