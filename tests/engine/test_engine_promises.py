"""Each promise (product.md 8) broken in a real store: what is told, what stops, what goes on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest

from core.domain.canonical import canonical
from core.store import history, promised, reviews, values
from tests.engine.site import Site

#: Beneath the program a person may write what they like; the log's triggers are taken away first.
_LOG_OPEN = "DROP TRIGGER IF EXISTS audit_no_update"


def beneath(site: Site, *statements: str) -> None:
    """Write into the store past the program."""
    with closing(sqlite3.connect(site.store.path, timeout=10)) as raw, raw:
        for statement in statements:
            assert raw.execute(statement).rowcount != 0, statement


def states(site: Site) -> dict[str, str]:
    found: dict[str, str] = json.loads(values.setting(site.store, "invariants"))
    return found


def broken(site: Site) -> list[str]:
    return [name for name, state in states(site).items() if state == "broken"]


def told_in_log(site: Site, words: str) -> bool:
    """Whether an audit row of a decision holds these words."""
    rows = [row for row in history.stream(site.store) if row["action"] == "decided"]
    return any(words in str(row["after"]) for row in rows)


def second_supplier(site: Site) -> str:
    site.supplier("S2", "VS2")
    return "S2"


def paid(site: Site, **named: str) -> tuple[str, int]:
    """An invoice sent, approved, paid and posted in X3."""
    number = site.sent("100.00", post=True, **named)
    site.act("avid.approve", number)
    payment: int = site.act("avid.pay", [number], status="Issued to Supplier")
    site.sync()
    assert site.payment(payment).posted
    return number, payment


# --- what stops its own --------------------------------------------------------------------------


def shown(site: Site) -> str:
    """An invoice that was sent and that AvidXchange's list has shown since."""
    number = site.sent("100.00")
    site.sync()
    return number


def double(site: Site, number: str) -> str:
    """Have the store show a second live AvidXchange invoice of this one; its id."""
    body = json.loads(_body_of(site, number))
    body["invoice_id"] = "900001"
    _put_document(site, "ap_invoice", "900001", site.row(number).external_id, canonical(body))
    return "900001"


def _body_of(site: Site, number: str) -> str:
    with closing(sqlite3.connect(site.store.path)) as raw:
        (body,) = raw.execute(
            "SELECT body FROM document WHERE entity = 'ap_invoice' AND parent = ?",
            (site.row(number).external_id,),
        ).fetchone()
    return str(body)


def _put_document(site: Site, entity: str, key: str, parent: str, body: str) -> None:
    with closing(sqlite3.connect(site.store.path, timeout=10)) as raw, raw:
        raw.execute(
            "INSERT INTO document (entity, key, parent, body) VALUES (?, ?, ?, ?)",
            (entity, key, parent, body),
        )


def test_a_doubled_invoice_stops_its_supplier_and_no_one_else(site: Site) -> None:
    second_supplier(site)
    number = shown(site)
    other = double(site, number)
    site.act("avid.approve", number)  # its level is due in X3
    mine, theirs = site.invoice("10.00"), site.invoice("20.00", BPR="S2")
    result = site.sync()
    assert (states(site)["I1"], result.exit_status) == ("broken", 3)
    assert site.row(theirs).state == "sent"
    row = site.row(mine)
    assert (row.state, row.codes, site.there(mine)) == ("held", ("INV-01",), [])
    assert number in row.why
    assert site.level(number) == {1}
    item = site.item("INV-01")
    assert {number, mine} <= set(item.documents)
    assert other in item.text
    assert "supplier S1" in item.text
    both = f"{other}, {site.row(number).avid_invoice_id}"
    assert item.info["evidence"] == [f"{number} stands in AvidXchange 2 times: {both}"]
    # Nobody has looked yet: it stays, under its id, and so does what it stops.
    site.sync()
    assert (site.item("INV-01").id, site.row(mine).state) == (item.id, "held")
    # It holds again by itself: the other one was deleted there.
    beneath(site, "UPDATE document SET gone = 1 WHERE key = '900001'")
    result = site.sync()
    assert (states(site)["I1"], site.codes(), result.exit_status) == ("ok", [], 0)
    assert site.row(mine).state == "sent"
    assert site.level(number) != {1}


def test_what_a_person_accepted_is_accepted_and_nothing_more(site: Site) -> None:
    number = shown(site)
    double(site, number)
    mine = site.invoice("10.00")
    site.sync()
    assert site.row(mine).state == "held"
    site.resolve("INV-01", "accept")
    assert told_in_log(site, "900001")
    result = site.sync()
    assert (states(site)["I1"], site.codes(), result.exit_status) == ("ok", [], 0)
    assert site.row(mine).state == "sent"
    assert json.loads(values.setting(site.store, promised.ACCEPTED)) == {"I1": 1}
    # A third one is another thing.
    body = json.loads(_body_of(site, number)) | {"invoice_id": "900002"}
    parent = site.row(number).external_id
    _put_document(site, "ap_invoice", "900002", parent, canonical(body))
    later = site.invoice("11.00")
    assert site.sync().exit_status == 3
    assert "3 times" in site.item("INV-01").text
    assert site.row(later).state == "held"
    site.resolve("INV-01", "accept")
    site.sync()
    assert site.row(later).state == "sent"


def test_a_write_that_is_found_absent_is_not_sent_again(site: Site) -> None:
    number = shown(site)
    waiting = site.invoice("10.00")
    site.fault("avid", "submit_invoice", "reset_before")
    site.sync(wait_s=0)
    assert site.row(waiting).state == "in_doubt"
    double(site, number)
    site.sync()
    assert [row.state for row in site.outbox("invoice") if row.key == waiting] == ["ready"]
    assert site.there(waiting) == []
    site.sync()
    row = site.row(waiting)
    assert (row.state, row.codes, site.there(waiting)) == ("held", ("INV-01",), [])
    assert waiting in site.item("INV-01").documents
    site.resolve("INV-01", "accept")
    site.sync()
    assert (len(site.there(waiting)), site.row(waiting).state) == (1, "sent")


def _posted_again(site: Site, payment: int) -> None:
    """X3 shows a second payment under our reference."""
    with closing(sqlite3.connect(site.store.path)) as raw:
        (body,) = raw.execute(
            "SELECT body FROM document WHERE entity = 'payment' AND parent = ?", (f"AVD{payment}",)
        ).fetchone()
    again = json.loads(body) | {"number": "PY-AGAIN"}
    _put_document(site, "payment", "PY-AGAIN", f"AVD{payment}", canonical(again))


def _overpaid(site: Site, number: str) -> None:
    """X3 shows more paid of an open item than it owes."""
    key = f"'{site.items(number)[0]['TYP']}~{number}%'"
    with closing(sqlite3.connect(site.store.path, timeout=10)) as raw, raw:
        (body,) = raw.execute(
            f"SELECT body FROM document WHERE entity = 'open_item' AND key LIKE {key}"
        ).fetchone()
        more = canonical(json.loads(body) | {"paid": "140.00"})
        raw.execute(
            f"UPDATE document SET body = ? WHERE entity = 'open_item' AND key LIKE {key}", (more,)
        )


@pytest.mark.parametrize("promise", ["I4", "I5"])
def test_money_posted_twice_or_too_much_stops_its_supplier(site: Site, promise: str) -> None:
    second_supplier(site)
    number, payment = paid(site)
    site.sync()  # shows the posting in X3's own list
    also = site.sent("50.00", post=True)
    theirs = site.sent("60.00", post=True, BPR="S2")
    for each in (also, theirs):
        site.act("avid.approve", each)
    site.sync()
    if promise == "I4":
        _posted_again(site, payment)
    else:
        _overpaid(site, number)
    mine: int = site.act("avid.pay", [also], status="Issued to Supplier")
    other: int = site.act("avid.pay", [theirs], status="Issued to Supplier")
    assert site.sync().exit_status == 3
    assert broken(site) == [promise]
    assert (site.postings(mine), len(site.postings(other))) == ([], 1)
    assert site.payment(mine).codes == ("INV-01",)
    item = site.item("INV-01")
    assert {number, str(mine)} <= set(item.documents)
    assert ("PY-AGAIN" if promise == "I4" else "140") in item.text
    site.resolve("INV-01", "accept")
    site.sync()
    assert (len(site.postings(mine)), "INV-01" in site.codes(), broken(site)) == (1, False, [])


# --- what stops all ------------------------------------------------------------------------------

Break = Callable[[Site, str], tuple[str, str]]


def _no_answer(_: Site, number: str) -> tuple[str, str]:
    send = f"(SELECT id FROM outbox WHERE kind = 'invoice' AND key = '{number}')"
    lost = "UPDATE attempt SET ended = '{}' WHERE purpose = 'send' AND outbox = " + send
    return lost.format(""), lost.format("2026-01-01T00:00:00.000000Z")


def _other_sum(_: Site, number: str) -> tuple[str, str]:
    more = 'UPDATE outbox SET info = replace(info, \'"amount":"{}\', \'"amount":"{}\')'
    where = f" WHERE kind = 'invoice' AND key = '{number}'"
    return more.format("100", "9100") + where, more.format("9100", "100") + where


def _silent_state(_: Site, number: str) -> tuple[str, str]:
    set_to = f"UPDATE invoice SET state = '{{}}' WHERE number = '{number}'"
    return set_to.format("paid"), set_to.format("sent")


def _silent_posting(site: Site, _: str) -> tuple[str, str]:
    payment = site.rows("avid:payment")[0]["PaymentId"]
    set_to = f"UPDATE ap_payment SET posted = {{}} WHERE payment_id = '{payment}'"
    return set_to.format(1), set_to.format(0)


def _far_bookmark(_: Site, __: str) -> tuple[str, str]:
    moved = "UPDATE bookmark SET value = {} WHERE flow = 'x3:invoice'"
    keep = "(SELECT MAX(changed) FROM invoice)"
    return moved.format("'2099-01-01T00:00:00.000000Z'"), moved.format(keep)


@pytest.mark.parametrize(
    ("promise", "spoil"),
    [
        ("I2", _no_answer),
        ("I3", _other_sum),
        ("I6", _silent_state),
        ("I6", _silent_posting),
        ("I7", _far_bookmark),
    ],
)
def test_what_nothing_can_be_trusted_after_stops_all_writing(
    site: Site, promise: str, spoil: Break
) -> None:
    second_supplier(site)
    number = site.sent("100.00")
    site.act("avid.approve", number)
    site.act("avid.pay", [number], status="Processing")
    site.sync(only="payments")
    spoilt, mended = spoil(site, number)
    beneath(site, spoilt)
    mine, theirs = site.invoice("10.00"), site.invoice("20.00", BPR="S2")
    writes = site.writes()
    assert site.sync().exit_status == 3
    assert (broken(site), site.writes()) == ([promise], writes)
    assert site.there(mine) == site.there(theirs) == []
    item = site.item("INV-01")
    assert item.info["evidence"][0] in item.text
    site.resolve("INV-01", "accept")
    assert told_in_log(site, item.info["evidence"][0][:40])
    site.sync()
    assert (broken(site), "INV-01" in site.codes()) == ([], False)
    beneath(site, mended)
    site.sync()
    assert (broken(site), "INV-01" in site.codes()) == ([], False)
    assert len(site.there(mine)) == len(site.there(theirs)) == 1


def test_a_record_that_was_lost_and_a_changed_log_stop_all(site: Site) -> None:
    number = site.sent("100.00")
    with closing(sqlite3.connect(site.store.path, timeout=10)) as raw, raw:
        kept = raw.execute("SELECT * FROM invoice WHERE number = ?", (number,)).fetchone()
        raw.execute("DELETE FROM invoice WHERE number = ?", (number,))
    assert site.sync(only="reference").exit_status == 3
    assert broken(site) == ["I7"]
    assert number in site.item("INV-01").text
    with closing(sqlite3.connect(site.store.path, timeout=10)) as raw, raw:
        raw.execute(f"INSERT INTO invoice VALUES ({','.join('?' * len(kept))})", kept)
    site.sync(only="reference")
    assert (broken(site), site.codes()) == ([], [])
    end, _ = history.head(site.store)
    beneath(
        site,
        _LOG_OPEN,
        f"UPDATE audit SET actor = 'x' || actor WHERE sequence IN ({end - 9}, {end - 7})",
    )
    mine = site.invoice("10.00")
    site.sync()
    assert (broken(site), site.there(mine)) == (["I8"], [])
    item = site.item("INV-01")
    assert f"row {end - 9} was changed" in item.text
    assert f"row {end - 7} was changed" in item.text
    site.resolve("INV-01", "accept")
    site.sync()
    assert broken(site) == []
    assert len(site.there(mine)) == 1
    beneath(site, f"UPDATE audit SET actor = 'x' || actor WHERE sequence = {end - 5}")
    site.sync()
    assert site.item("INV-01").info["evidence"] == [
        f"row {end - 5} was changed after it was written"
    ]
    beneath(
        site,
        "UPDATE audit SET actor = substr(actor, 2)"
        f" WHERE sequence >= {end - 9} AND actor LIKE 'x%'",
    )
    site.sync()
    assert (broken(site), site.codes()) == ([], [])


def test_a_change_far_back_in_the_log_is_found_within_a_day_and_stays_told(site: Site) -> None:
    site.sync()
    with site.store.write():
        entries = [history.Entry("a", "noted", f"o{n}") for n in range(1100)]
        history.append_many(site.store, entries)
    beneath(site, _LOG_OPEN, "UPDATE audit SET actor = 'x' || actor WHERE sequence = 2")
    site.sync()
    assert broken(site) == []  # only the last thousand rows are looked at by each run
    with site.store.write():
        values.put_setting(site.store, promised.WHOLE, "2026-01-01T00:00:00.000000Z")
    site.sync()
    assert broken(site) == ["I8"]
    site.sync()
    assert broken(site) == ["I8"]
    assert reviews.open_items(site.store, ["INV-01"])[0].info["evidence"] == [
        "row 2 was changed after it was written"
    ]
    beneath(site, "UPDATE audit SET actor = substr(actor, 2) WHERE sequence = 2")
    site.sync()
    assert (broken(site), site.codes()) == ([], [])


def test_a_promise_of_a_side_that_was_not_read_is_not_known_and_stops_nothing(site: Site) -> None:
    number = site.invoice("100.00")
    site.sync()
    site.fault("avid", "list_invoices", "status", args={"status": 503}, times=None)
    site.fault("avid", "list_payments", "status", args={"status": 503}, times=None)
    site.sync(only="invoices")
    found = states(site)
    assert found["I1"] in ("ok", "unknown")
    assert site.row(number).state == "sent"
    assert "broken" not in found.values()
