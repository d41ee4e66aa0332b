"""Approval levels in X3 for every state AvidXchange shows (avidxchange.md 5.1, sage-x3.md 7)."""

from __future__ import annotations

import pytest

from core.store.tables import Outbox
from tests.engine.conftest import MakeSite
from tests.engine.site import Site

STATES = {
    "In Approval": (["start_approval"], 1),
    "On Hold": (["hold"], 3),
    "Disputed": (["dispute"], 2),
    "Approved": (["approve"], 4),
    "Exported": (["approve", "export"], 4),
    "Rejected": (["reject"], 2),
}


@pytest.mark.parametrize("is_posted", [False, True], ids=["unposted", "posted"])
@pytest.mark.parametrize("state", STATES)
def test_level_follows_each_state(site: Site, state: str, *, is_posted: bool) -> None:
    moves, level = STATES[state]
    number = site.sent("100.00", post=is_posted, PTE="US2X50")
    for move in moves:
        site.act(f"avid.{move}", number)
    result = site.sync()
    assert site.level(number) == {level}
    assert result.report["approvals_written"] == (0 if level == 1 else 1)
    before = site.count("modify", "run")
    again = site.sync()
    assert again.report["approvals_written"] == 0
    assert site.count("modify", "run") == before


def test_level_falls_back_with_a_reopened_approval(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.sync()
    site.act("avid.reopen", number)
    site.sync()
    assert (site.level(number), site.row(number).state) == ({1}, "in_approval")


def test_posted_between_look_and_write_is_written_the_other_way(site: Site) -> None:
    number = site.sent("100.00")
    site.act("avid.approve", number)
    # X3 posts just before our modify arrives: refused, read again, then written to the items.
    site.fault("x3", "modify", "delay", args={"seconds": 0.6})
    future = site.begin()
    site.until(lambda: site.count("modify") == 1)
    site.act("x3.post", number)
    result = future.result(timeout=30)
    site.sync()
    assert site.level(number) == {4}
    assert (result.report["errors"], site.codes()) == ([], [])


def test_posted_after_planning_drifts_and_is_written_in_the_same_run(site: Site) -> None:
    number = site.sent("100.00")
    site.act("avid.approve", number)
    plan = site.sync(preview=True).report["plan_hash"]
    site.act("x3.post", number)
    result = site.sync(plan=plan)
    assert result.report["drifted"] == 1
    site.sync()
    assert site.level(number) == {4}


def test_level_set_by_a_person_is_left_alone_and_asked_about(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.sync()
    site.act("x3.set_level", number, 3)
    result = site.sync()
    assert (result.exit_status, site.codes(), site.level(number)) == (3, ["LVL-01"], {3})
    site.resolve("LVL-01", "send_again")
    site.sync()
    assert (site.codes(), site.level(number)) == ([], {4})


def test_level_of_a_person_is_kept_on_their_word(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.sync()
    site.act("x3.set_level", number, 3)
    site.sync()
    site.resolve("LVL-01", "keep")
    assert site.sync().exit_status == 0
    assert (site.codes(), site.level(number)) == ([], {3})


@pytest.mark.parametrize("is_posted", [False, True], ids=["unposted", "posted"])
def test_level_above_the_users_right_is_tried_once_then_asked(
    site: Site, *, is_posted: bool
) -> None:
    site.value("x3.max_level", 3)
    number = site.sent("100.00", post=is_posted)
    site.act("avid.approve", number)
    result = site.sync()
    assert (result.exit_status, site.codes()) == (3, ["LVL-01"])
    tried = site.count("modify", "run")
    assert tried == 1
    site.sync()
    assert site.count("modify", "run") == tried
    site.value("x3.max_level", 4)
    site.resolve("LVL-01", "send_again")
    site.sync()
    assert (site.level(number), site.codes()) == ({4}, [])


def test_dispute_code_goes_with_the_level(make_site: MakeSite) -> None:
    site = make_site(settings={"x3": {"approval": {"dispute_code": "AVD"}}})
    posted, unposted = site.invoice("100.00", post=True), site.invoice("55.00")
    site.sync()
    for number in (posted, unposted):
        site.act("avid.reject", number, "no")
    site.sync()
    assert site.items(posted)[0]["DPTCOD"] == "AVD"
    assert site.x3(unposted)["DPTCOD"] == "AVD"


def test_amount_changed_by_the_approver_writes_no_level(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.change_invoice", number, {"Amount": "90.00"})
    site.act("avid.approve", number)
    result = site.sync()
    assert (site.level(number), result.report["approvals_written"]) == ({1}, 0)
    assert "90" in site.item("REC-01").text


def test_recoded_lines_are_told_and_the_level_written(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.recode", number, "split")
    site.act("avid.approve", number)
    site.sync()
    assert (site.level(number), site.codes()) == ({4}, ["REC-01"])
    site.resolve("REC-01", "accept")
    site.sync()
    assert site.codes() == []


def test_unknown_status_text_changes_nothing(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.sync()
    site.act("avid.set_invoice_status", number, "Waiting for Godot")
    result = site.sync()
    assert (result.exit_status, site.codes()) == (3, ["UNK-01"])
    assert (site.row(number).state, site.level(number)) == ("approved", {4})


def test_no_level_is_written_after_a_payment_was_posted(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.sync()
    site.act("avid.pay", [number], amounts=["60.00"], status="Cleared")
    site.sync()
    site.act("avid.reopen", number)
    result = site.sync()
    assert (site.level(number), result.report["approvals_written"]) == ({4}, 0)


def test_approved_before_posting_needs_no_second_write(site: Site) -> None:
    number = site.sent("100.00")
    site.act("avid.approve", number)
    site.sync()
    site.act("x3.post", number)
    before = site.count("modify", "run")
    site.sync()
    assert (site.level(number), site.count("modify", "run")) == ({4}, before)


def test_level_reset_by_posting_is_written_again_once(site: Site) -> None:
    number = site.sent("100.00")
    site.act("avid.approve", number)
    site.sync()
    site.act("x3.post", number)
    site.act("x3.set_level", number, 1)
    site.sync()
    assert (site.level(number), site.codes()) == ({4}, [])
    site.act("x3.set_level", number, 1)
    site.sync()
    assert (site.level(number), site.codes()) == ({1}, ["LVL-01"])


def test_level_that_stays_in_doubt_is_planned_once_and_found_by_the_next_run(site: Site) -> None:
    site.changes["approval_reread_s"] = 30
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.fault("x3", "run", "reset_after")
    result = site.sync()
    assert (result.exit_status, result.report["in_doubt"]) == (3, 1)
    assert result.report["planned"] == 1
    look_up_now(site)
    result = site.sync()
    assert (result.exit_status, result.report["in_doubt"], site.codes()) == (0, 0, [])
    assert (site.count("run"), site.row(number).level) == (1, 4)


def first_write_in_doubt(site: Site, fault: str) -> str:
    """The number of an invoice whose first level after posting was written without an answer."""
    site.changes["approval_reread_s"] = 30
    number = site.sent("100.00")
    site.act("avid.approve", number)
    site.act("x3.post", number)
    site.fault("x3", "run", fault)
    assert site.sync().report["in_doubt"] == 1
    return number


def test_level_set_by_a_person_after_a_write_in_doubt_is_left_alone(site: Site) -> None:
    """Also where that write was the first after posting, so that no level was known to be ours."""
    number = first_write_in_doubt(site, "reset_after")
    site.act("x3.set_level", number, 3)
    look_up_now(site)
    result = site.sync()
    assert (result.exit_status, site.codes(), site.level(number)) == (3, ["LVL-01"], {3})
    site.resolve("LVL-01", "send_again")
    site.sync()
    assert (site.codes(), site.level(number)) == ([], {4})


def test_level_of_a_write_in_doubt_that_did_not_arrive_is_written_again(site: Site) -> None:
    number = first_write_in_doubt(site, "reset_before")
    look_up_now(site)
    site.sync()
    assert (site.codes(), site.level(number)) == ([], {4})


def look_up_now(site: Site) -> None:
    """Make the next look-up of what is in doubt due."""
    with site.store.write():
        site.store.change(Outbox.update(due="2020-01-01T00:00:00.000000Z"))
