"""What a person may say about an item, and what follows (product.md 6 and 9)."""

from __future__ import annotations

import json

import pytest

from core.domain.findings import Finding
from core.engine.resolve import _WAYS
from core.errors import CATALOGUE
from tests.engine.site import Site

CONFLICT = json.dumps({"exception": {"reason": "Conflict", "detail": "External id exists"}})


def _doubtful(site: Site) -> str:
    """An invoice whose submission ended with a person."""
    number = site.invoice("100.00")
    args = {"status": 409, "body": CONFLICT}
    site.fault("avid", "submit_invoice", "status", args=args)
    site.sync()
    assert site.codes() == ["DBT-01"]
    return number


def test_every_way_of_the_catalogue_can_be_carried_out() -> None:
    offered = {how for code in CATALOGUE for how in Finding(code, "x", "").resolutions}
    assert offered <= set(_WAYS)


def test_unknown_item_and_unoffered_way_are_refused(site: Site) -> None:
    _doubtful(site)
    item = site.item("DBT-01").id
    with pytest.raises(KeyError):
        site.running.resolve(item + 1000, "done", "because", "", "me").result(timeout=5)
    with pytest.raises(ValueError, match="not by reverse"):
        site.running.resolve(item, "reverse", "because", "", "me").result(timeout=5)
    with pytest.raises(ValueError, match="reason"):
        site.running.resolve(item, "send_again", "  ", "", "me").result(timeout=5)
    with pytest.raises(ValueError, match="--to"):
        site.running.resolve(item, "link", "because", "", "me").result(timeout=5)
    assert site.codes() == ["DBT-01"]


def test_item_is_settled_once_only(site: Site) -> None:
    _doubtful(site)
    item = site.item("DBT-01").id
    site.resolve("DBT-01", "send_again")
    with pytest.raises(KeyError):
        site.running.resolve(item, "send_again", "because", "", "me").result(timeout=5)


def test_invoice_in_doubt_is_linked_to_what_a_person_found(site: Site) -> None:
    number = _doubtful(site)
    found = site.act("avid.insert_foreign_invoice", "VS1", "OTHER", "100.00", "Received")
    site.resolve("DBT-01", "link", to=str(found))
    site.sync()
    assert site.row(number).avid_invoice_id == str(found)
    assert site.row(number).state == "sent"
    assert site.count("submit_invoice") == 1
    assert site.codes() == []


def test_invoice_in_doubt_that_is_given_up_is_never_sent(site: Site) -> None:
    number = _doubtful(site)
    site.resolve("DBT-01", "withdraw")
    for _ in range(2):
        site.sync()
    assert site.count("submit_invoice") == 1
    assert site.row(number).state == "excluded"


def test_payment_in_doubt_is_linked_to_a_posting_made_by_hand(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.sync()
    payment = site.act("avid.pay", [number], status="Cleared")
    site.fault("x3", "save", "reset_before", times=2)
    site.sync()
    assert site.codes() == ["DBT-01"]
    by_hand = site.act("x3.pay_by_hand", number)
    site.resolve("DBT-01", "link", to=by_hand)
    result = site.sync()
    assert (site.payment(payment).x3_payment, site.payment(payment).posted) == (by_hand, 1)
    assert (site.codes(), result.exit_status) == ([], 0)
    assert (site.row(number).state, site.postings()) == ("paid", [])


def test_payment_refused_is_closed_on_a_persons_word(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.sync()
    site.act("avid.pay", [number], status="Cleared")
    site.value("x3.save_refuses_held", value=True)
    site.act("x3.hold_supplier", "S1")
    site.sync()
    assert "PAY-01" in site.codes()
    site.resolve("PAY-01", "done")
    asked = site.count("save")
    site.sync()
    assert "PAY-01" not in site.codes()
    assert site.count("save") == asked


def test_acceptance_ends_when_what_it_was_given_for_changes(site: Site) -> None:
    site.policy_changes["ceiling"] = {"": 500}
    number = site.invoice("600.00")
    site.sync()
    site.resolve("LIM-01", "accept")
    site.act(
        "x3.change_invoice",
        number,
        {"AMTATI": "700.00", "AMTNOT": "700.00"},
        {"1": {"AMTNOTLIN": "700.00", "AMTATILIN": "700.00"}},
    )
    site.sync()
    assert (site.row(number).state, site.codes()) == ("held", ["LIM-01"])


def test_decision_and_reason_stand_in_the_log(site: Site) -> None:
    from core.store import history

    number = _doubtful(site)
    site.resolve("DBT-01", "send_again")
    with site.store.read():
        rows = [r for r in history.stream(site.store) if r["action"] == "review resolved"]
    assert [(r["object"], r["actor"]) for r in rows] == [(number, "tester")]
    assert "because" in rows[0]["after"]


def test_item_keeps_its_id_while_its_cause_stands(site: Site) -> None:
    site.supplier("S9", vendor="")
    site.invoice("10.00", BPR="S9")
    site.sync()
    first = site.item("MAP-01")
    site.invoice("20.00", BPR="S9")
    site.sync()
    second = site.item("MAP-01")
    assert (first.id, len(first.documents), len(second.documents)) == (second.id, 1, 2)
    site.act("avid.vendor", "VS9")
    site.map("vendors", ("S9", "VS9"))
    site.sync()
    assert site.codes() == []


def test_excluded_for_a_supplier_excludes_all_its_documents(site: Site) -> None:
    site.supplier("S9", vendor="")
    numbers = [site.invoice(f"{n}.00", BPR="S9") for n in (10, 20)]
    site.sync()
    site.resolve("MAP-01", "exclude")
    result = site.sync()
    assert {site.row(number).state for number in numbers} == {"excluded"}
    assert (result.exit_status, site.codes()) == (0, [])


def test_broken_promise_is_accepted_and_writing_goes_on(site: Site) -> None:
    site.value("avid.policy", "none")
    site.invoice("100.00")
    site.fault("avid", "submit_invoice", "duplicate")
    site.sync()
    site.sync()
    site.resolve("INV-01", "accept")
    number = site.invoice("70.00")
    site.sync()
    assert site.row(number).state == "sent"
    site.forgive_doubles()


def test_given_up_invoice_that_turns_up_after_all_is_told(site: Site) -> None:
    number = site.invoice("100.00")
    site.fault("avid", "submit_invoice", "reset_before")
    site.fault("avid", "submit_invoice", "late_commit", args={"seconds": 2.5})
    site.sync()
    assert site.codes() == ["DBT-01"]
    site.resolve("DBT-01", "withdraw")
    site.sync()
    site.until(lambda: bool(site.there(number)))
    result = site.sync()
    assert result.exit_status == 3
    assert len(site.codes()) == 1
