"""Invoices that a person holds, releases and excludes without a review item."""

from __future__ import annotations

import json
from typing import Any

from core import explanations
from core.store import history, holds, reviews
from tests.engine.site import Site


def decide(site: Site, numbers: list[str], how: str, reason: str = "looked at") -> dict[str, Any]:
    return site.running.decide(numbers, "invoice", how, reason, "tester").result(20)


def test_a_held_invoice_waits_until_it_is_released(site: Site) -> None:
    site.sync(preview=True)
    held, other = site.invoice("10.00"), site.invoice("11.00")
    site.sync(preview=True)
    assert decide(site, [held], "hold", "a credit note comes") == {"done": [held], "refused": {}}
    assert site.row(held).state == "held"  # seen at once, not with the next run
    assert "a credit note comes" in site.row(held).why
    for _ in range(2):
        site.sync()
        assert (site.row(held).state, site.row(other).state) == ("held", "sent")
    assert site.there(held) == []
    assert decide(site, [held], "release", "it has come") == {"done": [held], "refused": {}}
    assert site.row(held).state == "ready"
    site.sync()
    assert site.row(held).state == "sent"
    assert len(site.there(held)) == 1
    told = [(row["action"], row["actor"]) for row in _log(site, held) if row["actor"] == "tester"]
    assert told == [
        ("decided", "tester"), ("state", "tester"), ("decision ended", "tester"),
        ("state", "tester"),
    ]  # fmt: skip


def test_what_an_invoice_lacks_goes_before_its_hold(site: Site) -> None:
    site.supplier("S7", vendor="")
    number = site.invoice("12.00", BPR="S7")
    site.sync()
    assert site.row(number).state == "needs_mapping"
    decide(site, [number], "hold")
    assert site.row(number).state == "needs_mapping"
    site.act("avid.vendor", "VS7")
    site.map("vendors", ("S7", "VS7"))
    site.sync()
    assert site.row(number).state == "held"
    assert site.there(number) == []


def test_what_is_released_shows_what_it_lacks_all_the_time(site: Site) -> None:
    site.supplier("S8", vendor="")
    number = site.invoice("12.50", BPR="S8")
    site.sync()
    lacks = (site.row(number).state, site.row(number).why)
    assert lacks[0] == "needs_mapping"
    for how in ("hold", "release"):
        assert decide(site, [number], how)["done"] == [number]
        assert (site.row(number).state, site.row(number).why) == lacks
    site.sync()
    assert (site.row(number).state, site.row(number).why) == lacks


def test_what_x3_holds_too_is_not_shown_as_ready_when_it_is_released(site: Site) -> None:
    site.act("x3.hold_supplier", "S1")
    number = site.invoice("12.60")
    site.sync()
    held_by_x3 = (site.row(number).state, site.row(number).why)
    assert held_by_x3[0] == "held"
    for how in ("hold", "release"):
        assert decide(site, [number], how)["done"] == [number]
        assert (site.row(number).state, site.row(number).why) == held_by_x3


def test_what_a_person_holds_behind_x3_is_ready_once_both_let_it_go(site: Site) -> None:
    site.act("x3.hold_supplier", "S1")
    number = site.invoice("12.70")
    site.sync()
    decide(site, [number], "hold", "a credit note comes")
    site.act("x3.hold_supplier", "S1", held=False)
    site.sync()
    assert "a credit note comes" in site.row(number).why
    decide(site, [number], "release")
    assert site.row(number).state == "ready"


def test_an_excluded_invoice_can_be_released(site: Site) -> None:
    number = site.invoice("13.00")
    site.sync(preview=True)
    decide(site, [number], "exclude", "paid by card")
    assert (site.row(number).state, site.row(number).why) == ("excluded", "paid by card")
    site.sync()
    assert site.row(number).state == "excluded"
    assert site.there(number) == []
    refused = decide(site, [number], "hold")
    assert refused["done"] == []
    decide(site, [number], "release")
    site.sync()
    assert site.row(number).state == "sent"


def test_what_an_item_excluded_is_released_with_it(site: Site) -> None:
    site.supplier("S6", vendor="")
    number = site.invoice("14.00", BPR="S6")
    site.sync()
    (item,) = reviews.open_items(site.store, ["MAP-01"])
    site.running.resolve(item.id, "exclude", "not ours", "", "tester").result(20)
    site.sync()
    assert site.row(number).state == "excluded"
    decide(site, [number], "release")
    site.sync()
    assert site.row(number).state == "needs_mapping"


def test_what_stands_there_or_is_unknown_is_refused_and_stops_no_other(site: Site) -> None:
    sent = site.invoice("15.00")
    site.sync()
    new = site.invoice("16.00")
    site.sync(preview=True)
    for how in ("hold", "exclude", "release"):
        found = decide(site, [sent, "NOBODY"], how)
        assert found["done"] == []
        assert set(found["refused"]) == {sent, "NOBODY"}
    found = decide(site, [sent, new], "hold")
    assert found["done"] == [new]
    again = decide(site, [new], "hold")
    assert again["done"] == []
    assert reviews.decisions(site.store, [sent]) == []


def test_an_invoice_in_doubt_is_not_put_aside(site: Site) -> None:
    number = site.invoice("17.00")
    body = json.dumps({"exception": {"reason": "Conflict", "detail": "External id exists"}})
    site.fault("avid", "submit_invoice", "status", args={"status": 409, "body": body})
    site.sync()
    assert site.row(number).state == "in_doubt"
    for how in ("hold", "exclude"):
        assert decide(site, [number], how)["done"] == []


def test_a_stored_plan_does_not_send_what_was_held_since(site: Site) -> None:
    held, other = site.invoice("18.00"), site.invoice("19.00")
    seen = site.sync(preview=True)
    decide(site, [held], "hold")
    site.sync(plan=seen.report["plan_hash"])
    assert site.there(held) == []
    assert len(site.there(other)) == 1


def test_a_decision_needs_a_reason_and_a_name(site: Site) -> None:
    number = site.invoice("20.00")
    site.sync(preview=True)
    for how, reason in (("hold", " "), ("forget", "why not")):
        answer = site.running.decide([number], "invoice", how, reason, "tester")
        assert isinstance(answer.exception(20), ValueError)
    assert reviews.decisions(site.store, [number]) == []


def _log(site: Site, number: str) -> list[dict[str, Any]]:
    return [row for row in history.stream(site.store) if row["object"] == number]


def test_the_explanation_tells_of_it_and_of_who_acts_next(site: Site) -> None:
    number = site.invoice("21.00")
    site.sync(preview=True)
    decide(site, [number], "hold", "a credit note comes")
    site.sync(preview=True)
    row = site.row(number)
    shown = {"number": number, "state": row.state, "since": row.since, "why": row.why}
    is_held = holds.invoice_standings(site.store, [number])[number].is_held
    text = explanations.sentence(shown, (), is_held_by_person=is_held)
    assert text.endswith(
        "A person holds it: a credit note comes. You act next: release it when it may be sent."
    )
    decide(site, [number], "release", "it has come")
    told = [entry["text"] for entry in explanations.timeline(_log(site, number))]
    assert "Held: a credit note comes" in told
    assert "Decision taken back: it has come" in told


def test_what_was_refused_can_be_excluded_and_released(site: Site) -> None:
    """The refusal's item goes with it; released, it asks a person as before."""
    number = site.invoice("22.00")
    error = {"Message": "Vendor is inactive: VS1"}
    body = {"Results": [{"Successful": False, "Item": None, "Errors": [error]}]}
    args = {"status": 200, "body": json.dumps(body)}
    site.fault("avid", "submit_invoice", "status", args=args)
    site.sync()
    assert site.codes() == ["MAP-05"]
    decide(site, [number], "exclude", "paid by card")
    site.sync()
    assert (site.row(number).state, site.codes()) == ("excluded", [])
    decide(site, [number], "release")
    site.sync()
    assert site.codes() == ["MAP-05"]
    site.resolve("MAP-05", "send_again")
    site.sync()
    assert site.row(number).state == "sent"
    assert len(site.there(number)) == 1
