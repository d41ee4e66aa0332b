"""SOAP over real HTTP: exact requests, and the outcome of every answer and every failure."""

from __future__ import annotations

import dataclasses
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from core.errors import AppError, AuthError, ConfigError, RemoteRefused, TransientError, Unreadable
from core.ports import Accepted, Allocation, Doubt, NotDone, Outcome, PaymentPosting, Refused
from core.x3.auth import Auth
from core.x3.client import X3Client
from core.x3.profile import Profile
from tests.contract.x3_site import (
    Desk,
    Said,
    Site,
    desk_at,
    page,
    running_site,
    shipped,
    with_entity,
)

CONTRACT = Path(__file__).resolve().parents[2] / "docs" / "contracts" / "sage-x3.md"
POSTING = PaymentPosting(
    reference="AVD4765360",
    site="US011",
    partner="0113",
    date=date(2026, 3, 18),
    bank="USBNK",
    currency="USD",
    amount=Decimal(1224),
    check_number="100234",
    description="AvidXchange 77",
    allocations=(
        Allocation("SPINV", "BISUS0110000417", 1, "US011", "USD", Decimal("612.00")),
        Allocation("SPINV", "BISUS0110000417", 2, "US011", "USD", Decimal("612.0")),
    ),
)


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


def envelope(
    operation: str, result: str | None, *, status: str = "1", messages: str = "", after: str = ""
) -> Said:
    """A good frame around a result document, as sage-x3.md 5.2 has it."""
    inner = (
        '<resultXml xsi:type="xsd:string" xsi:nil="true"/>'
        if result is None
        else f'<resultXml xsi:type="xsd:string"><![CDATA[<?xml version="1.0" encoding="UTF-8"?>\n'
        f"{result}]]></resultXml>"
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/"'
        ' xmlns:wss="http://www.adonix.com/WSS"><soapenv:Body>'
        f'<wss:{operation}Response><{operation}Return xsi:type="wss:CAdxResultXml">'
        f'<messages xsi:type="soapenc:Array">{messages}</messages>{inner}'
        f'<status xsi:type="xsd:int">{status}</status>'
        '<technicalInfos><totalDuration xsi:type="xsd:double">5507</totalDuration>'
        f"</technicalInfos></{operation}Return></wss:{operation}Response>{after}"
        "</soapenv:Body></soapenv:Envelope>"
    )
    return Said(text.encode(), 200, "text/xml; charset=utf-8")


def inline(text: str, kind: int = 3) -> str:
    return f"<messages><type>{kind}</type><message>{text}</message></messages>"


def refused(text: str) -> Said:
    """A business error whose message stands behind an href."""
    behind = f'<multiRef id="id0"><type>3</type><message>{text}</message></multiRef>'
    return envelope("save", None, status="0", messages='<messages href="#id0"/>', after=behind)


def result(fields: dict[str, str], group: str = "GRP1") -> str:
    flds = "".join(f'<FLD NAME="{name}" TYPE="Char">{text}</FLD>' for name, text in fields.items())
    return f'<RESULT><GRP ID="{group}">{flds}</GRP></RESULT>'


SAVED = envelope("save", result({"NUM": "PYUS0110000255"}, "PAY0_1"))


def approve(client: X3Client) -> Outcome:
    body = client.encoder.approval_unposted("BIS1", 4, "", second=False)
    return client.writer.send_approval_unposted(body)


def approve_items(client: X3Client) -> Outcome:
    return client.writer.send_approval_posted(client.encoder.approval_posted("BIS1", 4, "T", ""))


def pay(client: X3Client) -> Outcome:
    return client.writer.send_payment(client.encoder.payment(POSTING))


WRITES = [approve, approve_items, pay]


def inner(body: bytes, name: str) -> str:
    """The document inside a parameter of a request."""
    found = etree.fromstring(body).find(f".//{name}")
    assert found is not None
    return found.text or ""


def sample(start: str, end: str) -> str:
    text = CONTRACT.read_text("utf-8")
    begin = text.index(start)
    return text[begin : text.index(end, begin) + len(end)].replace("\n", "")


def canonical(document: str | bytes) -> bytes:
    root = etree.fromstring(document if isinstance(document, bytes) else document.encode())
    parsed: bytes = etree.tostring(root, method="c14n", exclusive=True)
    return parsed


def encoder(profile: Profile | None = None, **settings: Any) -> Any:
    return desk_at("http://127.0.0.1:1", profile=profile, **settings).client.encoder


def test_modify_is_the_contracts_sample() -> None:
    body = encoder().approval_unposted("BISUS0110000417", 4, "", second=False)
    wanted = sample("<soapenv:Envelope", "</soapenv:Envelope>")
    assert body.startswith(b"<?xml version='1.0' encoding='UTF-8'?>\n<soapenv:Envelope")
    parser = etree.XMLParser(remove_blank_text=True)
    assert canonical(etree.tostring(etree.fromstring(body, parser))) == canonical(
        etree.tostring(etree.fromstring(wanted.encode(), parser))
    )
    assert body == encoder().approval_unposted("BISUS0110000417", 4, "", second=False)


def test_run_is_the_contracts_sample() -> None:
    text = "AvidXchange: approved 2026-03-10"
    body = encoder().approval_posted("BISUS0110000417", 4, text, "")
    wanted = sample('<PARAM><GRP ID="GRP1">', "</PARAM>")
    assert canonical(inner(body, "inputXml")) == canonical(wanted)


def test_save_is_the_contracts_sample_with_a_description() -> None:
    profile = shipped()
    wanted = sample('<PARAM>\n<GRP ID="PAY0_1">', "</PARAM>")
    described = wanted.replace("100234</FLD>", '100234</FLD><FLD NAME="DES">AvidXchange 77</FLD>')
    assert canonical(inner(encoder(profile).payment(POSTING), "objectXml")) == canonical(described)


def test_payment_options_and_credit_lines() -> None:
    options = shipped().soap.payment.model_copy(
        update={"attribute": "SUP", "send_due_line": False, "send_check_number": False}
        | {"send_description": False}
    )
    credit = Allocation("SPCRM", "CRM1", 1, "US011", "USD", Decimal("-10.5"))
    posting = dataclasses.replace(POSTING, allocations=(*POSTING.allocations, credit))
    body = encoder(shipped(soap={"payment": options})).payment(posting)
    text = inner(body, "objectXml")
    assert '<LIN NUM="3"><FLD NAME="DENCOD">SUP</FLD><FLD NAME="VCRTYP">SPCRM</FLD>' in text
    assert '<FLD NAME="AMTLIN">-10.50</FLD>' in text
    assert 'SIZE="3"' in text
    assert not any(name in text for name in ("DUDLIG", "CHQNUM", "DES"))


def test_dispute_goes_with_level_two_only() -> None:
    made = encoder(invoice_group="BIS9_9", purchase_invoice_publication="AVIDPIH2")
    body = made.approval_unposted("B", 2, "DSP", second=True)
    assert inner(body, "publicName") == "AVIDPIH2"
    assert inner(body, "objectXml") == (
        '<PARAM><GRP ID="BIS9_9"><FLD NAME="PAZ">2</FLD><FLD NAME="DPTCOD">DSP</FLD></GRP></PARAM>'
    )
    assert b"DPTCOD" not in made.approval_unposted("B", 4, "DSP", second=True)
    assert b"DPTCOD" in made.approval_posted("B", 2, "x", "DSP")


def test_values_cannot_break_out() -> None:
    evil = "a]]></objectXml>&<\"'\x00\x1f\ud800é"
    body = encoder().approval_posted("B", 4, evil + "x" * 100, "")
    document = etree.fromstring(inner(body, "inputXml").encode())
    text = document.xpath("string(//FLD[@NAME='TEXT'])")
    assert text == ("a]]></objectXml>&<\"'   é" + "x" * 100)[:80]


def test_amounts_are_never_rounded() -> None:
    with pytest.raises(ValueError, match="decimals"):
        encoder().payment(dataclasses.replace(POSTING, amount=Decimal("1.005")))
    yen = dataclasses.replace(POSTING, amount=Decimal(5), currency="JPY", allocations=())
    assert '<FLD NAME="AMTCUR">5</FLD>' in inner(encoder().payment(yen), "objectXml")


def test_request_goes_to_the_service(site: Site) -> None:
    site.say(SAVED)
    desk = desk_at(site.base_url)
    body = desk.client.encoder.payment(POSTING)
    outcome = desk.client.writer.send_payment(body)
    asked = site.heard[0]
    assert (asked.method, asked.target) == ("POST", shipped().soap.path)
    assert asked.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert asked.headers["SOAPAction"] == '""'
    assert asked.headers["Authorization"].startswith("Basic ")
    assert asked.body == body
    assert isinstance(outcome, Accepted)
    assert outcome.values == {"number": "PYUS0110000255"}
    assert outcome.exchange.status == 200
    assert outcome.exchange.request_id
    assert "PYUS0110000255" in outcome.exchange.answer


MODIFIED = (
    '<RESULT><GRP ID="BIS0_1"><FLD NAME="NUM">B</FLD></GRP><GRP ID="BIS1_1">'
    '<FLD MENULAB="x" MENULOCAL="510" NAME="PAZ" TYPE="Integer">4</FLD></GRP></RESULT>'
)


def outcome_of(site: Site, write: Callable[[X3Client], Outcome], *answers: Said) -> Outcome:
    site.say(*answers)
    outcome = write(desk_at(site.base_url).client)
    assert len(site.heard) == 1, "a write is never repeated"
    return outcome


@pytest.mark.parametrize(
    ("document", "level"),
    [
        (MODIFIED, 4),
        ("<RESULT/>", None),
        (None, None),
        ("{}", None),
    ],
)
def test_modify_done(site: Site, document: str | None, level: int | None) -> None:
    outcome = outcome_of(site, approve, envelope("modify", document))
    assert isinstance(outcome, Accepted)
    assert outcome.values == {"level": level}


@pytest.mark.parametrize(
    ("code", "kind", "detail"),
    [
        ("0", Accepted, 0),
        ("3", Accepted, 3),
        ("2", Refused, "unposted"),
        ("1", Refused, "missing"),
        ("4", Refused, "other"),
        ("9", Refused, "other"),
        ("5", NotDone, "busy"),
        ("", Doubt, None),
        ("x", Doubt, None),
    ],
)
def test_run_by_return_code(site: Site, code: str, kind: type, detail: Any) -> None:
    fields = {"RETCODE": code, "RETMSG": "because", "NBDUD": "2"}
    outcome = outcome_of(site, approve_items, envelope("run", result(fields)))
    assert type(outcome) is kind
    if isinstance(outcome, Accepted):
        assert outcome.values == {"return_code": detail, "changed": 2}
        assert outcome.notes == (("already paid",) if detail == 3 else ())
    if isinstance(outcome, Refused):
        assert (outcome.kind, outcome.messages) == (detail, (f"RETCODE {code}: because",))
    if isinstance(outcome, NotDone):
        assert (outcome.kind, outcome.error.code) == (detail, "LCK-01")


def test_run_without_a_result_is_a_doubt(site: Site) -> None:
    assert isinstance(outcome_of(site, approve_items, envelope("run", None)), Doubt)


@pytest.mark.parametrize(
    "document", [None, "<RESULT/>", result({"NUM": " "}, "PAY0_1"), result({"NUM": "PY1"}, "X")]
)
def test_save_without_a_number_is_a_doubt(site: Site, document: str | None) -> None:
    assert isinstance(outcome_of(site, pay, envelope("save", document)), Doubt)


@pytest.mark.parametrize(
    ("text", "kind", "code"),
    [
        ("Locked record", "busy", "LCK-01"),
        ("Change In Progress on another workstation", "busy", "LCK-01"),
        ("Pool 'AVIDPOOL': request rejected", "busy", "LCK-01"),
        ("No classic web service pool match to 'X'", "setup", "CFG-01"),
        ("Unknown web service: X", "setup", "CFG-01"),
        ("Web service X must be published again", "setup", "CFG-01"),
    ],
)
def test_busy_and_setup_are_not_done(site: Site, text: str, kind: str, code: str) -> None:
    outcome = outcome_of(site, pay, refused(text))
    assert isinstance(outcome, NotDone)
    assert (outcome.kind, outcome.error.code) == (kind, code)
    assert text in outcome.error.why


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("721 : Record does not exist", "missing"),
        ("BPR : Inactive record", "inactive"),
        ("ACCDAT : Period closed", "period"),
        ("PAZ : Field cannot be modified", "other"),
        ("VCRNUM : Incorrect value", "other"),
        ("AMTCUR : Total not allocated", "other"),
    ],
)
def test_refusals_have_their_class(site: Site, text: str, kind: str) -> None:
    outcome = outcome_of(site, pay, refused(text))
    assert isinstance(outcome, Refused)
    assert (outcome.kind, outcome.messages) == (kind, (text,))


@pytest.mark.parametrize(
    "messages", ["", inline("s3cret told", 3), inline("n", 1) + inline("e", 3)]
)
def test_messages_inline_or_none(site: Site, messages: str) -> None:
    outcome = outcome_of(site, pay, envelope("save", None, status="0", messages=messages))
    assert isinstance(outcome, Refused)
    texts = {"": ("no reason given",), inline("s3cret told", 3): ("*** told",)}
    assert outcome.messages == texts.get(messages, ("e",))


def test_notes_do_not_spoil_a_success(site: Site) -> None:
    messages = inline("for your information", 1) + inline("Supplier on hold", 2)
    said = envelope("save", result({"NUM": "PY1"}, "PAY0_1"), messages=messages)
    outcome = outcome_of(site, pay, said)
    assert isinstance(outcome, Accepted)
    assert outcome.notes == ("for your information", "Supplier on hold")


DOCTYPE = b'<!DOCTYPE a [<!ENTITY b "c">]>' + SAVED.raw.partition(b"?>")[2]
FAULT = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
    b"<faultcode>s:Client</faultcode><faultstring>No web services accepted</faultstring>"
    b"</s:Fault></s:Body></s:Envelope>"
)
HTML = b"<html><body><status>1</status>Log in</body></html>"
NOT_READABLE = [
    Said(FAULT, 500, "text/xml"),
    Said(FAULT, 200, "text/xml"),
    Said(HTML, 200, "text/html"),
    Said(HTML, 502, "text/html"),
    Said(HTML, 503, "text/html"),
    Said(HTML, 504, "text/html"),
    Said(b"boom", 500, "text/plain"),
    Said(b"", 200),
    Said(b"", 302),
    Said(b"", 404),
    Said(SAVED.raw[:-40], 200, "text/xml"),
    Said(DOCTYPE, 200, "text/xml"),
    Said(b'{"status":1}', 200),
    envelope("save", "<RESULT/>", status="7"),
    envelope("save", "<RESULT/>", status="yes"),
    envelope("save", result({"NUM": "PY1"}, "PAY0_1"), messages=inline("AMTLIN", 3)),
    Said(b"", 0),
]


@pytest.mark.parametrize("said", NOT_READABLE)
@pytest.mark.parametrize("write", WRITES)
def test_whatever_is_no_readable_answer_is_a_doubt(
    site: Site, write: Callable[[X3Client], Outcome], said: Said
) -> None:
    outcome = outcome_of(site, write, said)
    assert isinstance(outcome, Doubt)
    assert outcome.why
    assert not outcome.must_exist


@pytest.mark.parametrize(
    ("said", "kind", "code"),
    [
        (Said(b'{"$diagnoses":[{"$message":"Wrong"}]}', 401), "auth", "AUT-01"),
        (Said(b"Error 30: Invalid token", 401, "text/plain"), "auth", "AUT-01"),
        (Said(b"", 403), "auth", "AUT-01"),
        (Said(b"", 429, headers=(("Retry-After", "40"),)), "throttled", "RAT-01"),
        (Said(b"No web services accepted", 500, "text/plain"), "setup", "CFG-01"),
    ],
)
@pytest.mark.parametrize("write", WRITES)
def test_known_not_done_by_status(
    site: Site, write: Callable[[X3Client], Outcome], said: Said, kind: str, code: str
) -> None:
    outcome = outcome_of(site, write, said)
    assert isinstance(outcome, NotDone)
    assert (outcome.kind, outcome.error.code) == (kind, code)
    assert outcome.error.retry_after_s == (40 if kind == "throttled" else None)
    assert outcome.exchange.status == said.status


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@pytest.mark.parametrize("write", WRITES)
def test_no_byte_left(write: Callable[[X3Client], Outcome], site: Site) -> None:
    refused_port = f"http://127.0.0.1:{free_port()}"
    no_tls = f"https://127.0.0.1:{site.port}"
    codes = []
    for base_url in (refused_port, "https://no-such-host.invalid", no_tls):
        outcome = write(desk_at(base_url).client)
        assert isinstance(outcome, NotDone)
        assert outcome.kind == "unreachable"
        assert not outcome.error.was_sent
        codes.append(outcome.error.code)
    assert codes == ["NET-01", "NET-01", "TLS-01"]


@pytest.mark.parametrize("write", WRITES)
def test_reset_and_time_out_after_the_request_are_doubts(
    write: Callable[[X3Client], Outcome], site: Site
) -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def reset() -> None:
        connection, _ = listener.accept()
        connection.recv(65_536)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    thread = threading.Thread(target=reset)
    thread.start()
    outcome = write(desk_at(f"http://127.0.0.1:{listener.getsockname()[1]}").client)
    thread.join(5)
    listener.close()
    assert isinstance(outcome, Doubt)
    site.say(Said(SAVED.raw, delay_s=0.6))
    profile = shipped(limits={"write_timeout_s": 0.2})
    late = write(desk_at(site.base_url, profile=profile).client)
    assert isinstance(late, Doubt)
    assert late.error is not None
    assert late.error.was_sent


def test_writes_keep_silence_too(site: Site) -> None:
    site.say(Said(b"", delay_s=0.6))
    desk = desk_at(site.base_url, profile=shipped(limits={"write_timeout_s": 0.1}))
    outcomes = [pay(desk.client) for _ in range(4)]
    assert [type(outcome) for outcome in outcomes] == [Doubt, Doubt, Doubt, NotDone]
    last = outcomes[-1]
    assert isinstance(last, NotDone)
    assert (last.kind, last.error.code, len(site.heard)) == ("throttled", "QTA-01", 3)


class Renewing:
    """A sign-in that can be made anew once, as a token can."""

    def __init__(self) -> None:
        self.headers = ["Bearer new", "Bearer old"]
        self.learned: list[Any] = []

    def header(self) -> str:
        return self.headers[-1]

    def renew(self, refused: str) -> bool:
        assert refused == self.headers[-1]
        if len(self.headers) == 1:
            return False
        self.headers.pop()
        return True

    def note_server_time(self, at: Any) -> None:
        self.learned.append(at)


class SignedOut(Renewing):
    def header(self) -> str:
        raise AuthError("AUT-02", "The answer to the last renewal was lost.", "x3")


def test_a_renewable_sign_in_is_tried_once_more(site: Site) -> None:
    auth: Auth = Renewing()
    site.say(Said(b"Error 30: Invalid token", 401, "text/plain"), SAVED)
    outcome = pay(desk_at(site.base_url, auth=auth).client)
    assert isinstance(outcome, Accepted)
    assert [heard.headers["Authorization"] for heard in site.heard] == ["Bearer old", "Bearer new"]
    site.say(Said(b"", 401))
    assert isinstance(pay(desk_at(site.base_url, auth=Renewing()).client), NotDone)
    assert len(site.heard) == 4


def test_no_sign_in_sends_nothing(site: Site) -> None:
    outcome = pay(desk_at(site.base_url, auth=SignedOut()).client)
    assert isinstance(outcome, NotDone)
    assert (outcome.kind, outcome.error.code, site.heard) == ("auth", "AUT-02", [])


def test_answers_are_kept_redacted_and_short(site: Site) -> None:
    said = envelope("save", result({"NUM": "PY1"}, "PAY0_1"), messages=inline("s3cret" * 9000, 1))
    outcome = outcome_of(site, pay, said)
    assert len(outcome.exchange.answer) == 20_000
    assert "s3cret" not in outcome.exchange.answer


def listed(*rows: dict[str, str], size: int | None = None) -> Said:
    lines = "".join(
        f'<LIN NUM="{number}">'
        + "".join(f'<FLD NAME="{name}">{text}</FLD>' for name, text in row.items())
        + "</LIN>"
        for number, row in enumerate(rows, start=1)
    )
    told = len(rows) if size is None else size
    return envelope("query", f'<RESULT DIM="50" SIZE="{told}">{lines}</RESULT>')


FOUND = {"NUM": "PY1", "REF": "AVD1  ", "ACCDAT": "20260318", "BPR": "0113", "CUR": "USD",
         "AMTCUR": "1224.00", "STA2": "9"}  # fmt: skip


def looking(site: Site, *answers: Said, **limits: Any) -> Desk:
    site.say(*answers)
    return desk_at(site.base_url, profile=shipped(limits=limits))


def test_look_up_compares_exactly(site: Site) -> None:
    other = {**FOUND, "NUM": "PY2", "REF": "AVD10"}
    lookup = looking(site, listed(FOUND, other)).client.writer.find_payments("AVD1")
    assert lookup.is_conclusive
    assert len(lookup.rows) == 1
    row = lookup.rows[0]
    assert (row.number, row.date, row.amount, row.status) == (
        "PY1",
        date(2026, 3, 18),
        Decimal("1224.00"),
        9,
    )
    body = site.heard[0].body
    assert inner(body, "publicName") == "AVIDPAY"
    assert (inner(body, "key"), inner(body, "value"), inner(body, "listSize")) == (
        "REF",
        "AVD1",
        "50",
    )


@pytest.mark.parametrize(
    ("rows", "wanted", "found", "is_conclusive"),
    [
        ([], "AVD1", 0, True),
        ([FOUND], "AVD2", 0, True),
        ([FOUND, FOUND], "AVD2", 0, False),
        ([FOUND, FOUND], "AVD1", 2, True),
    ],
)
def test_look_up_is_inconclusive_when_the_list_is_full(
    site: Site, rows: list[dict[str, str]], wanted: str, found: int, is_conclusive: object
) -> None:
    writer = looking(site, listed(*rows), lookup_size=2).client.writer
    lookup = writer.find_payments(wanted)
    assert (len(lookup.rows), lookup.is_conclusive) == (found, is_conclusive)


@pytest.mark.parametrize(
    ("said", "kind", "calls"),
    [
        (envelope("query", None), Unreadable, 1),
        (envelope("query", "<OTHER/>"), Unreadable, 1),
        (listed(FOUND, size=3), Unreadable, 1),
        (listed({**FOUND, "AMTCUR": "x"}), Unreadable, 1),
        (listed({"NUM": "PY1"}), ConfigError, 1),
        (refused("Unknown web service: AVIDPAY"), ConfigError, 1),
        (refused("REF : Incorrect value"), RemoteRefused, 1),
        (refused("Locked record"), TransientError, 4),
        (Said(b"", 401), AuthError, 1),
        (Said(b"", 404), ConfigError, 1),
        (Said(b"No web services accepted", 500), ConfigError, 1),
        (Said(HTML, 502, "text/html"), TransientError, 4),
        (Said(FAULT, 500, "text/xml"), TransientError, 4),
        (Said(HTML, 200, "text/html"), Unreadable, 4),
        (Said(b"", 0), TransientError, 4),
    ],
)
def test_look_up_that_fails_is_never_an_empty_list(
    site: Site, said: Said, kind: type[AppError], calls: int
) -> None:
    writer = looking(site, said).client.writer
    with pytest.raises(kind):
        writer.find_payments("AVD1")
    assert len(site.heard) == calls


def test_look_up_is_retried_like_a_read(site: Site) -> None:
    desk = looking(site, Said(b"", 503), refused("Locked record"), listed(FOUND))
    assert len(desk.client.writer.find_payments("AVD1").rows) == 1
    assert len(desk.waits) == 2


def test_look_up_by_reading(site: Site) -> None:
    row = {"NUM": "PY1", "CPY": "US10", "BPR": "0113", "CUR": "USD", "AMTCUR": "1224.00",
           "ACCDAT": "2026-03-18", "REF": "AVD1", "STA": 9}  # fmt: skip
    site.say(Said(page(row, {**row, "NUM": "PY2", "REF": "AVD11"})))
    options = shipped().soap.payment.model_copy(update={"lookup": "read"})
    profile = with_entity(shipped(soap={"payment": options}), "payment", where="")
    lookup = desk_at(site.base_url, profile=profile).client.writer.find_payments("AVD1")
    assert [found.number for found in lookup.rows] == ["PY1"]
    assert site.heard[0].query["where"] == "REF eq 'AVD1'"


def test_set_up_finds_the_block_of_the_level(site: Site) -> None:
    site.say(envelope("read", result({"NUM": "B", "PAZ": "1"}, "BIS7_2")))
    assert desk_at(site.base_url).client.set_up.invoice_group("B") == "BIS7_2"
    site.say(refused("721 : Record does not exist"))
    with pytest.raises(RemoteRefused):
        desk_at(site.base_url).client.set_up.invoice_group("B")


def test_a_whole_return_behind_an_href(site: Site) -> None:
    text = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>'
        '<saveResponse><saveReturn href="#id0"/></saveResponse>'
        '<multiRef id="id0"><messages href="#id1"/><resultXml>&lt;RESULT&gt;&lt;GRP ID="PAY0_1"&gt;'
        '&lt;FLD NAME="NUM"&gt;PY9&lt;/FLD&gt;&lt;/GRP&gt;&lt;/RESULT&gt;</resultXml>'
        '<status>1</status></multiRef><multiRef id="id1"><item href="#id2"/></multiRef>'
        '<multiRef id="id2"><type>2</type><message>note s3cret</message></multiRef>'
        "</s:Body></s:Envelope>"
    )
    outcome = outcome_of(site, pay, Said(text.encode(), 200, "text/xml"))
    assert isinstance(outcome, Accepted)
    assert (outcome.values, outcome.notes) == ({"number": "PY9"}, ("note ***",))


def test_a_number_outside_the_header_is_not_the_payment(site: Site) -> None:
    document = (
        '<RESULT><GRP ID="PAY1_1"><FLD NAME="NUM">X</FLD></GRP>'
        '<GRP ID="PAY0_1"><FLD NAME="NUM">PY1</FLD></GRP></RESULT>'
    )
    outcome = outcome_of(site, pay, envelope("save", document))
    assert isinstance(outcome, Accepted)
    assert outcome.values == {"number": "PY1"}
