"""One document at a time: what its pane shows hangs together with its lists and its log."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.desk import Desk
from core.desk_documents import readable
from core.desk_lists import Query
from core.errors import ConfigError


def first(desk: Desk, name: str, **members: str) -> Any:
    return next(iter(desk.source(name).rows(Query(members=members))))


def test_a_sent_invoice_with_its_request_and_answer(worked: Desk) -> None:
    row = first(worked, "invoices", state="sent,in_approval,approved,paid,payment_issued")
    view = worked.invoice(row["number"])
    assert view.row == row
    assert view.supplier_name == row["supplier_name"]
    assert view.vendor_code
    assert view.vendor_name
    assert row["number"] in view.sentence
    assert sum(Decimal(line.amount) for line in view.lines) == Decimal(row["amount"])
    assert all(line.code and line.code_name for line in view.lines)
    times = [entry.time for entry in view.timeline]
    assert times == sorted(times, reverse=True)
    told = [entry for entry in view.timeline if entry.exchange is not None]
    assert len(told) >= 2
    sent = worked.exchange(next(e.exchange for e in reversed(told) if e.exchange) or 0)
    assert sent.purpose == "invoice send"
    assert sent.system == "avidxchange"
    assert json.loads(sent.request)["ExternalId"]["Value"] == row["external_id"]
    assert sent.status is not None
    assert sent.answer
    secrets = [s for s in (worked.settings.avidxchange.client_id,) if s in sent.request]
    assert secrets == []


def test_an_invoice_that_needs_a_mapping_names_its_item(worked: Desk) -> None:
    rows = worked.source("invoices").rows(Query(members={"state": "needs_mapping"}))
    views = (worked.invoice(row["number"]) for row in rows)
    view = next(view for view in views if view.items)
    assert {item["code"] for item in view.items} & set(view.row["codes"])
    assert "You act next" in view.sentence


def test_a_payment_with_its_invoices(worked: Desk) -> None:
    row = first(worked, "payments")
    view = worked.payment(row["payment_id"])
    assert view.row == row
    assert view.vendor_name
    assert [share["number"] or share["external_id"] for share in view.shares] == row["invoices"]
    assert sum(Decimal(str(share["amount"])) for share in view.shares) == Decimal(row["amount"])
    assert view.timeline
    number = next((s["number"] for s in view.shares if s["number"]), "")
    if number:
        ids = {entry["payment_id"] for entry in worked.invoice(number).payments}
        assert row["payment_id"] in ids


def test_a_review_item_with_its_documents(worked: Desk) -> None:
    row = first(worked, "review", asks="yes", code="MAP-01,MAP-03,DUP-01,FIT-01,BAL-01,SUM-01")
    view = worked.review_item(row["id"])
    assert view.row == row
    numbers = {entry["number"] for entry in view.invoices}
    assert numbers == set(row["documents"])
    assert view.timeline


def test_an_item_is_given_to_someone_and_put_aside(worked: Desk) -> None:
    before = worked.health()
    row = first(worked, "review", asks="yes")
    worked.assign(row["id"], "Dana")
    worked.snooze(row["id"], "2099-01-01")
    found = worked.review_item(row["id"]).row
    assert (found["assigned"], found["snoozed"]) == ("Dana", "2099-01-01")
    assert worked.health().needs_you == before.needs_you - 1
    assert worked.health().waiting == before.waiting + 1
    worked.snooze(row["id"], "")
    assert worked.health().needs_you == before.needs_you


def test_a_snoozed_item_wakes_on_its_day(worked: Desk) -> None:
    before = worked.health().needs_you
    row = first(worked, "review", asks="yes")
    today = datetime.now(UTC).astimezone().date()
    worked.snooze(row["id"], (today + timedelta(days=1)).isoformat())
    assert worked.health().needs_you == before - 1
    worked.snooze(row["id"], today.isoformat())
    assert worked.review_item(row["id"]).row["snoozed"] == ""
    asking = worked.source("review").rows(Query(members={"asks": "yes"}))
    assert row["id"] in {entry["id"] for entry in asking}
    assert worked.health().needs_you == before
    worked.snooze(row["id"], "")


def test_what_waits_for_x3_does_not_ask_the_clerk(worked: Desk) -> None:
    row = first(worked, "review", asks="no", code="STA-01,SUP-01")
    view = worked.invoice(row["documents"][0])
    assert "You act next" not in view.sentence
    assert "X3 acts next, and it goes on by itself then. To be done in X3: " in view.sentence
    assert not any("Needs a person" in entry.text for entry in view.timeline)


def test_what_is_unknown_is_said(worked: Desk) -> None:
    with pytest.raises(ConfigError, match="no invoice NOPE"):
        worked.invoice("NOPE")
    with pytest.raises(ConfigError, match="no payment NOPE"):
        worked.payment("NOPE")
    with pytest.raises(ConfigError, match="no review item 999999"):
        worked.review_item(999_999)
    with pytest.raises(ConfigError, match="999999"):
        worked.exchange(999_999)
    assert worked.plan("0" * 64) is None


def test_the_latest_plan_says_what_it_leaves_out(worked: Desk) -> None:
    plan = worked.plan()
    assert plan is not None
    assert plan.is_current
    left = dict(plan.left_out)
    assert left["needs_mapping"] == worked.health().by_state["needs_mapping"]
    assert "MAP-01" in dict(plan.reasons)


def test_a_run_is_told_in_words_and_figures(worked: Desk) -> None:
    row = first(worked, "runs")
    assert row["outcome"] == "needs_you"
    assert row["sent"] > 0
    assert row["took_s"] > 0
    assert f"{row['sent']} sent" in row["text"]
    assert Decimal(row["amount_sent"]["USD"]) > 0


def test_bytes_become_readable() -> None:
    assert readable(b'{"a":[1,2]}') == '{\n  "a": [\n    1,\n    2\n  ]\n}'
    assert readable(b"<a><b>1</b></a>") == "<a>\n  <b>1</b>\n</a>"
    assert readable(b"<a><b>") == "<a><b>"
    assert readable(b"{no") == "{no"
    assert readable(b"plain \xff") == "plain \ufffd"
    bomb = b'<!DOCTYPE a [<!ENTITY e "x">]><a>&e;</a>'
    assert ">x<" not in readable(bomb)


def test_every_promise_says_what_it_was_counted_over(worked: Desk) -> None:
    promises = {entry.name: entry for entry in worked.health().invariants}
    assert [entry.state for entry in promises.values()] == ["ok"] * 8
    invoices = worked.source("invoices").count(Query())
    assert int(promises["I6"].counted.split()[0].replace(",", "")) >= invoices
    rows = int(promises["I8"].counted.removesuffix(" rows").replace(",", ""))
    assert 0 < rows <= worked.source("audit").count(Query())
    assert "USD" in promises["I3"].counted
    assert all(entry.counted and entry.words for entry in promises.values())


def test_an_item_is_settled_from_the_window(worked: Desk) -> None:
    heard: list[str] = []
    unsubscribe = worked.subscribe(lambda topic, _: heard.append(topic))
    items = worked.source("review").rows(Query(members={"asks": "yes"}))
    row = next(item for item in items if "exclude" in item["how"])
    with pytest.raises(ConfigError, match="is settled"):
        worked.resolve(row["id"], "reverse", reason="no")
    before = worked.health().needs_you
    worked.resolve(row["id"], "exclude", reason="paid by card")
    unsubscribe()
    assert worked.review_item(row["id"]).row["resolution"] == "exclude"
    assert worked.health().needs_you == before - 1
    assert {"review", "invoices", "audit"} <= set(heard)
