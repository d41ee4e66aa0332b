"""Payments through SOAP of the simulated X3: checks in order, effect, reversal and look-up."""

import re
from collections.abc import Iterator

import pytest

from tests.sandbox.x3_caller import Peer, line


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.sandbox.stop()


def test_save_posts_the_payment_and_closes_the_items(peer: Peer) -> None:
    number = peer.posted("200.00", PTE="US2X50")
    header = peer.age("PINVOICE", number)
    answer = peer.save(
        [line(number, "100.00"), line(number, "40.00", "2")],
        AMTCUR="140.00",
        CHQNUM="100234",
        DES="AvidXchange 77",
    )
    payment = peer.row("PAYMENTH", answer.field("NUM"))
    assert re.fullmatch(r"PYUS011\d{7}", payment["NUM"])
    assert (payment["STA"], payment["REF"], payment["DES"]) == (9, "AVD1", "AvidXchange 77")
    assert (payment["CHQNUM"], payment["AMTCUR"]) == ("100234", "140.00")
    assert [part["DUDLIG"] for part in payment["PAYMENTD"]] == [1, 2]
    assert [part["DUDNUM"] for part in payment["PAYMENTD"]] == [peer.item(number)["ACCNUM"]] * 2
    first, second = peer.item(number), peer.item(number, 2)
    assert (first["PAYCUR"], first["FLGCLE"], first["PAYLOC"]) == ("100.00", 2, "100.00")
    assert (second["PAYCUR"], second["FLGCLE"]) == ("40.00", 1)
    assert first["PAYDAT"] == payment["ACCDAT"]
    assert peer.row("PINVOICE", number)["UPDDATTIM"] == header
    assert answer.field("TOTIMPUT") == "140.00"


def test_save_refuses_in_the_contracts_order(peer: Peer) -> None:
    number = peer.posted()
    bad = {
        "FCY": "NOPE",
        "BPR": "9999",
        "BAN": "NOPE",
        "CUR": "XXX",
        "REF": "A" * 21,
        "ACCDAT": "20261332",
        "AMTCUR": "1.234",
    }
    lines = [line("NOSUCH", "x")]
    seen = []
    cures = [
        ("FCY", "US011"),
        ("BPR", "0120"),
        ("BPR", "0113"),
        ("BAN", "USOLD"),
        ("BAN", "CABNK"),
        ("BAN", "USBNK"),
        ("CUR", "GBP"),
        ("CUR", "USD"),
        ("REF", "AVD1"),
        ("ACCDAT", "20240115"),
        ("ACCDAT", f"{peer.state.now().year + 2}0101"),
        ("ACCDAT", peer.state.now().strftime("%Y%m%d")),
        ("AMTCUR", "0"),
        ("AMTCUR", "100.00"),
    ]
    for name, value in cures:
        seen.append(peer.save(lines, **bad).refusal())
        bad[name] = value
    wrong: tuple[list[dict[str, str]], ...] = (
        [line("NOSUCH", "x")],
        [line(number, "x")],
        [line(number, "100.001")],
        [line(number, "-100.00")],
        [line(number, "0")],
        [line(number, "100.01")],
        [line(number, "60.00"), line(number, "60.00")],
        [line(number, "99.00")],
        [],
    )
    seen += [peer.save(one, **bad).refusal() for one in wrong]
    assert seen == [
        "FCY : Record does not exist",
        "BPR : Record does not exist",
        "BPR : Inactive record",
        "BAN : Record does not exist",
        "BAN : Inactive record",
        "BAN : Incorrect value",
        "CUR : Record does not exist",
        "CUR : Inactive record",
        "REF : Incorrect value",
        "ACCDAT : Incorrect value",
        "ACCDAT : Period not open",
        "ACCDAT : Period not open",
        "AMTCUR : Incorrect value",
        "AMTCUR : Total not allocated",
        "VCRNUM : Record does not exist",
        "AMTLIN : Incorrect value",
        "AMTLIN : Incorrect value",
        "AMTLIN : Incorrect value",
        "AMTLIN : Incorrect value",
        "AMTLIN : Amount greater than the open amount",
        "AMTLIN : Amount greater than the open amount",
        "AMTCUR : Total not allocated",
        "AMTCUR : Total not allocated",
    ]
    assert len(peer.state.table("x3:PAYMENTH")) == 0
    assert peer.item(number)["PAYCUR"] == "0.00"


def test_save_refuses_a_closed_period_and_foreign_items(peer: Peer) -> None:
    number = peer.posted()
    day = peer.state.now().date().isoformat()
    peer.act("close_period", company="US10", day=day)
    assert peer.save([line(number, "100.00")]).refusal() == "ACCDAT : Period closed"
    peer.act("close_period", company="US10", day=day, status=2)
    other = peer.posted(BPR="0114")
    assert peer.save([line(other, "100.00")]).refusal() == "VCRNUM : Incorrect value"
    canadian = peer.posted(FCY="CA011", CUR="USD")
    assert peer.save([line(canadian, "100.00")]).refusal() == "VCRNUM : Incorrect value"
    euro = peer.posted(CUR="EUR")
    assert peer.save([line(euro, "100.00")]).refusal() == "VCRNUM : Incorrect value"
    peer.act("pay_by_hand", number=number)
    assert peer.save([line(number, "100.00")]).refusal() == "VCRNUM : Incorrect value"
    peer.act("lock", number="0113", of="BPSUPPLIER", seconds=60)
    assert peer.save([], FCY="NOPE").refusal() == "Locked record"


def test_without_due_line_the_oldest_items_are_taken(peer: Peer) -> None:
    number = peer.posted("90.00", PTE="US3X33")
    answer = peer.save([line(number, "50.00", "")], AMTCUR="50.00")
    payment = peer.row("PAYMENTH", answer.field("NUM"))
    parts = [(part["DUDLIG"], part["AMTLIN"]) for part in payment["PAYMENTD"]]
    assert parts == [(1, "30.00"), (2, "20.00")]


def test_a_credit_memo_is_taken_with_a_negative_line(peer: Peer) -> None:
    number, memo = peer.posted(), peer.posted("30.00", INVTYP=2)
    lines = [line(number, "100.00"), line(memo, "-30.00", kind="SPCRM")]
    peer.save(lines, AMTCUR="70.00").field("NUM")
    assert peer.item(memo)["PAYCUR"] == "30.00"
    assert peer.item(memo)["FLGCLE"] == 2


def test_deferred_payments_are_provisional_first(peer: Peer) -> None:
    peer.state.set_value("x3.payment_posting", "deferred")
    number = peer.posted()
    name = peer.save([line(number, "100.00")]).field("NUM")
    item = peer.item(number)
    assert (item["TMPCUR"], item["PAYCUR"], item["FLGCLE"]) == ("100.00", "0.00", 1)
    assert peer.row("PAYMENTH", name)["STA"] == 1
    peer.act("post_payment", number=name)
    assert (item["TMPCUR"], item["PAYCUR"], item["FLGCLE"]) == ("0.00", "100.00", 2)
    peer.act("reverse_payment", number=name)
    assert (item["PAYCUR"], item["FLGCLE"], item["PAYDAT"]) == ("0.00", 1, None)
    assert peer.row("PAYMENTH", name)["STA"] == 11


def test_query_finds_the_exact_reference(peer: Peer) -> None:
    numbers = [peer.posted() for _ in range(3)]
    names = [
        peer.save([line(number, "100.00")], REF=reference).field("NUM")
        for number, reference in zip(numbers, ("AVD1", "AVD1-1", "AVD1"), strict=True)
    ]
    answer = peer.query("AVD1")
    assert answer.result is not None
    assert (answer.result.get("DIM"), answer.result.get("SIZE")) == ("50", "2")
    found = [one.text for one in answer.result.iterfind("LIN/FLD[@NAME='NUM']")]
    assert found == [names[0], names[2]]
    assert answer.field("STA2") == "9"
    empty = peer.query("AVD9")
    assert empty.result is not None
    assert (empty.status, empty.result.get("SIZE"), len(empty.result)) == (1, "0", 0)
    peer.sandbox.faults.add(
        [{"system": "x3", "operation": "soap_query", "kind": "query_start_value"}]
    )
    assert peer.query("AVD1-", size=1).field("REF") == "AVD1-1"
