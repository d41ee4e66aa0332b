"""SOAP of the simulated X3 over real HTTP: frames, refusals in order, and approval levels."""

import re
import threading
from collections.abc import Iterator

import pytest
import requests
from lxml import etree

from tests.sandbox.x3_caller import SERVICE, Answer, Peer, keys


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.sandbox.stop()


def test_sign_in_comes_before_everything(peer: Peer) -> None:
    address = f"{peer.base}/soap-generic{SERVICE}"
    answer = requests.post(address, data=b"nonsense", timeout=10)
    assert answer.status_code == 401
    assert answer.json()["$diagnoses"][0]["$message"] == "Wrong username and password"
    bearer = requests.post(address, headers={"Authorization": "Bearer a.b.c"}, timeout=10)
    assert (bearer.status_code, bearer.text) == (401, "Error 30: Invalid token")


def test_an_unreadable_request_is_a_fault(peer: Peer) -> None:
    for body in ("nonsense", "<a/>", "<!DOCTYPE a [<!ENTITY e 'x'>]><a>&e;</a>"):
        answer = peer.post(body)
        assert answer.status_code == 500
        assert "<faultcode>" in answer.text


def test_refusals_of_the_frame_in_order(peer: Peer) -> None:
    peer.pool = "avidpool"
    assert peer.modify("X", "4", name="NOPE").refusal() == (
        "No classic web service pool match to 'avidpool'"
    )
    peer.pool = "AVIDPOOL"
    assert peer.modify("X", "4", name="NOPE").refusal() == "Unknown web service: NOPE"
    assert peer.call("delete", "AVIDPIH", "").refusal() == "Operation delete not available"
    assert peer.call("run", "AVIDPIH", "").refusal() == "Operation run not available"
    peer.act("lock", number="X", seconds=60)
    assert peer.modify("X", "4").refusal() == "Locked record"
    peer.act("unlock", number="X")
    assert peer.modify("X", "4").refusal() == "721 : Record does not exist"


def test_modify_sets_the_level_and_moves_the_stamp(peer: Peer) -> None:
    number = peer.act("invoice", fields={"BPR": "0113"})
    old = peer.age("PINVOICE", number)
    answer = peer.modify(number, "4")
    assert answer.status == 1
    assert answer.messages == []
    assert answer.field("PAZ") == "4"
    assert answer.result is not None
    level = answer.result.find("GRP[@ID='BIS1_1']/FLD[@NAME='PAZ']")
    assert level is not None
    assert level.get("MENULOCAL") == "510"
    assert peer.row("PINVOICE", number)["PAZ"] == 4
    assert peer.row("PINVOICE", number)["UPDDATTIM"] > old
    old = peer.age("PINVOICE", number)
    assert peer.modify(number, "4").field("PAZ") == "4"
    assert peer.row("PINVOICE", number)["UPDDATTIM"] > old


def test_modify_refuses_wrong_levels_and_posted_invoices(peer: Peer) -> None:
    number = peer.act("invoice", fields={"BPR": "0113"})
    for level in ("0", "5", "x", ""):
        assert peer.modify(number, level).refusal() == "PAZ : Incorrect value"
    peer.state.set_value("x3.max_level", 3)
    assert peer.modify(number, "4").refusal() == "PAZ : Level not authorized"
    peer.act("post", number=number)
    assert peer.modify(number, "3").refusal() == "PAZ : Field cannot be modified"
    assert peer.row("PINVOICE", number)["PAZ"] == 1


def test_a_field_of_an_unknown_block_is_ignored_with_status_1(peer: Peer) -> None:
    number = peer.act("invoice", fields={"BPR": "0113"})
    answer = peer.modify(number, "4", group="BIS9_9")
    assert (answer.status, answer.field("PAZ")) == (1, "1")
    assert peer.row("PINVOICE", number)["PAZ"] == 1


def test_one_publication_may_serve_both_kinds_or_not(peer: Peer) -> None:
    bought = peer.act("invoice", fields={"BPR": "0113", "PIHTYP": 1})
    expense = peer.act("invoice", fields={"BPR": "0113"})
    assert peer.modify(bought, "4").status == 1
    peer.state.set_value("x3.pih_serves_both", value=False)
    assert peer.modify(bought, "3").refusal() == "721 : Record does not exist"
    assert peer.modify(bought, "3", name="AVIDPTH").field("PAZ") == "3"
    assert peer.modify(expense, "3").field("PAZ") == "3"
    assert peer.modify(expense, "2", name="AVIDPTH").refusal() == "721 : Record does not exist"


def test_read_answers_all_blocks(peer: Peer) -> None:
    number = peer.act("invoice", fields={"BPR": "0113", "BPRVCR": 'A & "B" <c>'})
    answer = peer.call("read", "AVIDPIH", keys(NUM=number))
    assert answer.field("BPRVCR") == 'A & "B" <c>'
    assert answer.field("STA") == "2"
    assert re.fullmatch(r"\d{8}", answer.field("BPRDAT"))
    assert peer.call("read", "AVIDPIH", keys(NUM="X")).refusal() == "721 : Record does not exist"


def test_run_answers_the_codes_in_their_order(peer: Peer) -> None:
    pending = peer.act("invoice", fields={"BPR": "0113"})
    number = peer.posted(PTE="US3X33")
    assert peer.run("NOSUCH", "9") == ("1", "0")
    assert peer.run(pending, "9") == ("4", "0")
    assert peer.run(pending, "4") == ("2", "0")
    assert peer.run(number, "4") == ("0", "3")
    assert peer.run(number, "4") == ("0", "0")
    peer.act("lock", number=number, seconds=60, of="GACCDUDATE")
    assert peer.run(number, "3") == ("5", "0")
    assert {peer.item(number, due)["FLGPAZ"] for due in (1, 2, 3)} == {4}
    peer.act("unlock", number=number, of="GACCDUDATE")
    peer.act("pay_by_hand", number=number, amount=peer.item(number)["AMTCUR"])
    old = peer.age("GACCDUDATE", f"SPINV~{number}~1~1")
    assert peer.run(number, "3") == ("0", "2")
    assert (peer.item(number)["FLGPAZ"], peer.item(number)["UPDDATTIM"]) == (4, old)
    peer.act("pay_by_hand", number=number)
    peer.act("lock", number=number, seconds=60, of="GACCDUDATE")
    assert peer.run(number, "3") == ("3", "0")
    peer.state.set_value("x3.flgpaz_on", value=False)
    assert peer.run(number, "3") == ("4", "0")


def test_posting_makes_items_by_the_term_and_copies_the_level(peer: Peer) -> None:
    number = peer.act(
        "invoice",
        fields={"BPR": "0113", "PTE": "US3X33", "BPRDAT": "2026-01-31", "PAZ": 3},
        lines=[{"ACC": "61100", "AMTNOTLIN": "100.01"}],
        post=True,
    )
    items = [peer.item(number, due) for due in (1, 2, 3)]
    assert [item["AMTCUR"] for item in items] == ["33.33", "33.33", "33.35"]
    assert [item["DUDDAT"] for item in items] == ["2026-02-28", "2026-03-31", "2026-05-31"]
    invoice = peer.row("PINVOICE", number)
    assert (invoice["STA"], {item["FLGPAZ"] for item in items}) == (3, {3})
    assert {item["ACCNUM"] for item in items} == {invoice["ACCNUM"]}
    assert {item["SNS"] for item in items} == {-1}


def test_a_third_write_at_once_is_refused_not_lost(peer: Peer) -> None:
    numbers = [peer.act("invoice", fields={"BPR": "0113"}) for _ in range(3)]
    peer.sandbox.faults.add(
        [
            {
                "system": "x3",
                "operation": "modify",
                "kind": "slow",
                "times": 2,
                "args": {"seconds": 1},
            }
        ]
    )
    got: list[Answer] = []
    threads = [
        threading.Thread(target=lambda one=number: got.append(peer.modify(one, "4")))
        for number in numbers[:2]
    ]
    for thread in threads:
        thread.start()
    while peer.state.counters.get("x3.max_at_once.write", 0) < 2:
        threading.Event().wait(0.01)
    assert peer.modify(numbers[2], "4").refusal() == "Pool 'AVIDPOOL': request rejected"
    for thread in threads:
        thread.join()
    assert [answer.status for answer in got] == [1, 1]
    assert peer.row("PINVOICE", numbers[2])["PAZ"] == 1
    assert peer.state.counters["x3.max_at_once.write"] == 3


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("locked", "Locked record"),
        ("changed_elsewhere", "Change In Progress on another workstation"),
        ("pool_busy", "Pool 'AVIDPOOL': request rejected"),
        ("out_of_date", "Web service AVIDPIH must be published again"),
    ],
)
def test_variants_refuse_and_store_nothing(peer: Peer, kind: str, message: str) -> None:
    number = peer.act("invoice", fields={"BPR": "0113"})
    peer.sandbox.faults.add([{"system": "x3", "operation": "modify", "kind": kind, "times": 1}])
    assert peer.modify(number, "4").refusal() == message
    assert peer.row("PINVOICE", number)["PAZ"] == 1
    assert peer.modify(number, "4").status == 1


def test_variants_of_the_frame(peer: Peer) -> None:
    number = peer.act("invoice", fields={"BPR": "0113"})
    for kind in ("message_inline", "warning_messages"):
        peer.sandbox.faults.add([{"system": "x3", "operation": "modify", "kind": kind}])
    answer = peer.modify(number, "4")
    assert [kind for kind, _ in answer.messages] == [2, 1]
    assert "multiRef" not in answer.reply.text
    peer.sandbox.faults.add([{"system": "x3", "operation": "read", "kind": "no_web_services"}])
    with pytest.raises(AssertionError, match="No web services accepted"):
        peer.call("read", "AVIDPIH", keys(NUM=number))


def test_the_description_is_published(peer: Peer) -> None:
    answer = requests.get(f"{peer.base}/soap-wsdl{SERVICE}?wsdl", auth=peer.auth, timeout=10)
    assert answer.status_code == 200
    root = etree.fromstring(answer.content)
    names = {one.get("name") for one in root.iter("{http://schemas.xmlsoap.org/wsdl/}operation")}
    assert {"modify", "run", "save", "query", "read"} <= names
    assert peer.call("getDescription", "AVIDPAY", "").status == 1
