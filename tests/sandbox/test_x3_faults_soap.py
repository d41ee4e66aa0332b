"""The variants of the simulated SOAP service that differ per site, each over real HTTP."""

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from lxml import etree

from tests.sandbox.x3_caller import SERVICE, Answer, Peer, keys, line

JSON_CONFIG = "adxwss.optreturn=JSON&amp;adxwss.beautify=false"


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.sandbox.stop()


def fault(peer: Peer, operation: str, kind: str, times: int | None = None, **args: Any) -> None:
    entry = {"system": "x3", "operation": operation, "kind": kind, "times": times, "args": args}
    peer.sandbox.faults.add([entry])


def asked_for_json(peer: Peer, operation: str, name: str, inner: str) -> str:
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
        f"<{operation}><callContext><poolAlias>AVIDPOOL</poolAlias>"
        f"<requestConfig>{JSON_CONFIG}</requestConfig></callContext>"
        f"<publicName>{name}</publicName>{inner}</{operation}></e:Body></e:Envelope>"
    )
    root = etree.fromstring(peer.post(body).content)
    return str(root.findtext(".//resultXml"))


def test_json_is_given_when_asked_for_unless_it_is_ignored(peer: Peer) -> None:
    number = peer.posted("200.00", PTE="US2X50")
    saved = peer.save([line(number, "100.00"), line(number, "40.00", "2")], AMTCUR="140.00")
    body = json.loads(asked_for_json(peer, "read", "AVIDPAY", keys(NUM=saved.field("NUM"))))
    assert body["PAY0_1"] == {"NUM": saved.field("NUM"), "STA2": 9}
    assert [one["AMTLIN"] for one in body["PAY1_4"]] == ["100.00", "40.00"]
    listed = json.loads(asked_for_json(peer, "query", "AVIDPAY", keys(REF="AVD1")))
    assert [one["REF"] for one in listed] == ["AVD1"]
    assert json.loads(asked_for_json(peer, "query", "AVIDPAY", keys(REF="NONE"))) == []
    fault(peer, "*", "optreturn_ignored")
    text = asked_for_json(peer, "read", "AVIDPAY", keys(NUM=saved.field("NUM")))
    assert text.startswith("<?xml")


def test_messages_inline_and_warnings_on_success(peer: Peer) -> None:
    number = peer.posted()
    for kind in ("message_inline", "warning_messages"):
        fault(peer, "save", kind)
    answer = peer.save([line(number, "100.00")])
    assert answer.status == 1
    assert [kind for kind, _ in answer.messages] == [2, 1]
    assert "multiRef" not in answer.reply.text
    refused = peer.save([line(number, "100.00")])
    assert refused.refusal() == "VCRNUM : Incorrect value"
    assert "multiRef" not in refused.reply.text


def test_an_error_message_beside_status_1(peer: Peer) -> None:
    number = peer.posted()
    fault(peer, "save", "error_message", times=1)
    answer = peer.save([line(number, "100.00")])
    assert (answer.status, [kind for kind, _ in answer.messages]) == (1, [3])
    assert len(peer.state.table("x3:PAYMENTH")) == 1


def test_a_refusal_without_a_reason(peer: Peer) -> None:
    fault(peer, "save", "no_message", times=1)
    answer = peer.save([], FCY="NOPE")
    assert (answer.status, answer.messages, answer.is_nil) == (0, [], True)


def test_a_payment_whose_number_is_not_told(peer: Peer) -> None:
    number = peer.posted()
    fault(peer, "save", "no_number", times=1)
    answer = peer.save([line(number, "100.00")])
    assert (answer.status, answer.field("NUM"), answer.field("REF")) == (1, "", "AVD1")
    assert len(peer.state.table("x3:PAYMENTH")) == 1


@pytest.mark.parametrize(("kind", "level"), [("fault", 1), ("fault_after", 4)])
def test_a_fault_before_or_after_the_work(peer: Peer, kind: str, level: int) -> None:
    number = peer.act("invoice", fields={"BPR": "0113"})
    fault(peer, "modify", kind, times=1)
    with pytest.raises(AssertionError, match="<faultstring>Internal error</faultstring>"):
        peer.modify(number, "4")
    assert peer.row("PINVOICE", number)["PAZ"] == level


def test_no_web_services_is_500_for_every_operation(peer: Peer) -> None:
    fault(peer, "*", "no_web_services")
    answer = peer.post("<a/>")
    assert (answer.status_code, answer.text) == (500, "No web services accepted")
    wsdl = requests.get(f"{peer.base}/soap-wsdl{SERVICE}?wsdl", auth=peer.auth, timeout=10)
    assert wsdl.status_code == 200


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("pool_busy", "Pool 'AVIDPOOL': request rejected"),
        ("out_of_date", "Web service AVIDPAY must be published again"),
        ("locked", "Locked record"),
        ("changed_elsewhere", "Change In Progress on another workstation"),
    ],
)
def test_a_save_that_meets_an_obstacle_stores_nothing(peer: Peer, kind: str, message: str) -> None:
    number = peer.posted()
    fault(peer, "save", kind, times=1)
    assert peer.save([line(number, "100.00")]).refusal() == message
    assert len(peer.state.table("x3:PAYMENTH")) == 0
    assert peer.save([line(number, "100.00")]).status == 1


def test_messages_may_be_french(peer: Peer) -> None:
    number = peer.posted()
    fault(peer, "*", "french")
    peer.act("lock", number="0113", of="BPSUPPLIER", seconds=60)
    assert peer.save([line(number, "100.00")]).refusal() == "Enregistrement verrouillé"
    assert peer.modify("X", "4").refusal() == "721 : L'enregistrement n'existe pas"


def test_run_may_answer_any_code(peer: Peer) -> None:
    number = peer.posted()
    fault(peer, "run", "retcode", times=1, code=9, text="Parameter missing")
    assert peer.run(number, "4") == ("9", "0")
    assert peer.item(number)["FLGPAZ"] == 1
    assert peer.run(number, "4") == ("0", "1")


def test_level_4_may_be_demanded(peer: Peer) -> None:
    number = peer.posted()
    fault(peer, "save", "level_demanded")
    assert peer.save([line(number, "100.00")]).refusal() == "VCRNUM : Incorrect value"
    peer.run(number, "4")
    assert peer.save([line(number, "100.00")]).status == 1


def test_a_held_supplier_may_be_refused(peer: Peer) -> None:
    number = peer.posted()
    peer.act("hold_supplier", code="0113")
    fault(peer, "save", "held_refused", times=1)
    assert peer.save([line(number, "100.00")]).refusal() == "BPR : Payments on hold"
    assert peer.save([line(number, "100.00")]).status == 1


def test_deferred_posting_holds_amounts_provisionally_until_posted(peer: Peer) -> None:
    number = peer.posted()
    fault(peer, "save", "deferred_posting", times=1)
    payment = peer.save([line(number, "100.00")]).field("NUM")
    item = peer.item(number)
    assert (peer.row("PAYMENTH", payment)["STA"], item["TMPCUR"], item["PAYCUR"]) == (
        1,
        "100.00",
        "0.00",
    )
    peer.act("post_payment", number=payment)
    item = peer.item(number)
    assert (item["TMPCUR"], item["PAYCUR"], item["FLGCLE"]) == ("0.00", "100.00", 2)
    peer.act("reverse_payment", number=payment)
    assert (peer.row("PAYMENTH", payment)["STA"], peer.item(number)["FLGCLE"]) == (11, 1)


def test_query_by_start_value_and_the_full_list(peer: Peer) -> None:
    for reference in ("AVD1", "AVD2", "AVD3"):
        peer.save([line(peer.posted(), "100.00")], REF=reference)

    def found(reference: str, size: int = 50) -> list[str]:
        result = peer.query(reference, size).result
        assert result is not None
        assert result.get("SIZE") == str(len(result))
        return [str(one.text) for one in result.iterfind("LIN/FLD[@NAME='REF']")]

    assert found("AVD2") == ["AVD2"]
    fault(peer, "soap_query", "query_start_value", times=2)
    assert found("AVD2") == ["AVD2", "AVD3"]
    assert found("AVD1", 2) == ["AVD1", "AVD2"]
    fault(peer, "soap_query", "query_full", times=1)
    assert found("AVD3") == ["AVD1", "AVD2", "AVD3"]


def test_the_answer_is_lost_or_the_commit_comes_after_the_time_out(peer: Peer) -> None:
    first, second = peer.posted(), peer.posted()
    fault(peer, "save", "timeout_after", times=1, seconds=0.1)
    with pytest.raises(requests.ConnectionError):
        peer.save([line(first, "100.00")])
    assert len(peer.state.table("x3:PAYMENTH")) == 1
    fault(peer, "save", "late_commit", times=1, seconds=0.5)
    with pytest.raises(requests.ConnectionError):
        peer.save([line(second, "100.00")], REF="AVD2")
    assert len(peer.state.table("x3:PAYMENTH")) == 1
    until(lambda: len(peer.state.table("x3:PAYMENTH")) == 2)


def test_a_commit_after_the_clients_own_time_out(peer: Peer) -> None:
    number = peer.act("invoice", fields={"BPR": "0113"})
    fault(peer, "modify", "delay", times=1, seconds=1.0)
    payload = '<PARAM><GRP ID="BIS1_1"><FLD NAME="PAZ">4</FLD></GRP></PARAM>'
    body = (
        '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><modify>'
        "<callContext><poolAlias>AVIDPOOL</poolAlias></callContext>"
        f"<publicName>AVIDPIH</publicName>{keys(NUM=number)}"
        f"<objectXml><![CDATA[{payload}]]></objectXml></modify></e:Body></e:Envelope>"
    )
    with pytest.raises(requests.ReadTimeout):
        requests.post(
            f"{peer.base}/soap-generic{SERVICE}", data=body.encode(), auth=peer.auth, timeout=0.3
        )
    assert peer.row("PINVOICE", number)["PAZ"] == 1
    until(lambda: peer.row("PINVOICE", number)["PAZ"] == 4)


def test_standing_variants_hold_for_every_call(peer: Peer) -> None:
    peer.state.set_value("x3.variants", ["warning_messages", "message_inline"])
    number = peer.act("invoice", fields={"BPR": "0113"})
    for level in ("3", "4"):
        assert [kind for kind, _ in peer.modify(number, level).messages] == [2, 1]


@pytest.mark.parametrize(
    ("name", "made", "blocks"),
    [
        ("AVIDPIH", "GESBIS", {"BIS0_1", "BISX_9"}),
        ("AVIDPTH", "GESPIH", {"BIS0_1", "BISX_9"}),
        ("AVIDPAZ", "SUBPROG", {"GRP1"}),
        ("AVIDPAY", "GESPAY", {"PAY0_1", "PAY1_1", "PAY1_2", "PAY1_4", "PAY1_6"}),
    ],
)
def test_the_description_names_the_blocks(
    peer: Peer, name: str, made: str, blocks: set[str]
) -> None:
    peer.state.set_value("x3.invoice_group", "BISX_9")
    result = peer.call("getDescription", name, "").result
    assert result is not None
    described = result.find("OBJECT")
    assert described is not None
    assert (described.get("NAME"), described.get("OBJECT")) == (name, made)
    assert {one.get("ID") for one in result if one.tag != "OBJECT"} == blocks
    if name != "AVIDPAY":
        level = result.find(".//FLD[@NAME='PAZ']")
        assert level is not None
        assert level.get("TYPE") == "Integer"
    assert peer.call("getDescription", "NOPE", "").refusal() == "Unknown web service: NOPE"
    fault(peer, "getDescription", "out_of_date", times=1)
    answer: Answer = peer.call("getDescription", name, "")
    assert answer.refusal() == f"Web service {name} must be published again"


def until(holds: Any) -> None:
    deadline = time.monotonic() + 10
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
