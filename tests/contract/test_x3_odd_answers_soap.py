"""Sixty odd answers, as exact bytes, to every call of the X3 client over SOAP.

A write is heard once, and is accepted, refused, not done or in doubt exactly as the table says; a
read over SOAP is asked again or is the error it is (sage-x3.md 3.6, 5.2, 10.20).
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.errors import AppError, AuthError, ConfigError, RemoteRefused, Unreadable
from core.ports import Accepted, Allocation, Doubt, NotDone, Outcome, PaymentPosting, Refused
from core.x3.client import X3Client
from tests.contract.test_x3_odd_answers import AGAIN, BIG, BOM, GOOD, HTML, LOGIN, alone, client_of
from tests.contract.x3_odd_site import CLOSE, RawSite, http, raw_site


@pytest.fixture(scope="module")
def site() -> Iterator[RawSite]:
    with raw_site() as running:
        yield running


POSTING = PaymentPosting(
    reference="AVD1", site="US011", partner="0113", date=date(2026, 3, 18), bank="USBNK",
    currency="USD", amount=Decimal(12), check_number="", description="",
    allocations=(Allocation("SPINV", "BIS1", 1, "US011", "USD", Decimal(12)),),
)  # fmt: skip


def result(operation: str) -> str:
    """The result document of a good answer."""
    fields = {
        "modify": '<GRP ID="BIS1_1"><FLD NAME="PAZ">4</FLD><FLD NAME="T">Söhne</FLD></GRP>',
        "run": '<GRP ID="GRP1"><FLD NAME="RETCODE">0</FLD><FLD NAME="NBDUD">2</FLD>'
        '<FLD NAME="RETMSG">Söhne</FLD></GRP>',
        "save": '<GRP ID="PAY0_1"><FLD NAME="NUM">PY1</FLD><FLD NAME="T">Söhne</FLD></GRP>',
        "query": '<LIN NUM="1"><FLD NAME="NUM">PY1</FLD><FLD NAME="REF">AVD1</FLD>'
        '<FLD NAME="BPR">Söhne</FLD></LIN>',
        "read": '<GRP ID="BIS7_1"><FLD NAME="PAZ">1</FLD><FLD NAME="T">Söhne</FLD></GRP>',
    }[operation]
    size = ' DIM="50" SIZE="1"' if operation == "query" else ""
    return f"<RESULT{size}>{fields}</RESULT>"


def envelope(
    operation: str,
    *,
    status: str = "1",
    messages: str = "",
    document: str | None = "",
    after: str = "",
) -> bytes:
    inner = result(operation) if document == "" else document
    held = (
        '<resultXml xsi:nil="true"/>'
        if inner is None
        else f"<resultXml><![CDATA[{inner}]]></resultXml>"
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
        ' xmlns:wss="http://www.adonix.com/WSS"><soapenv:Body>'
        f"<wss:{operation}Response><{operation}Return><messages>{messages}</messages>{held}"
        f"<status>{status}</status></{operation}Return></wss:{operation}Response>{after}"
        "</soapenv:Body></soapenv:Envelope>"
    )
    return text.encode()


def told(text: str, kind: str = "3") -> str:
    return f"<messages><type>{kind}</type><message>{text}</message></messages>"


def soap(body: bytes, *headers: str, **options: Any) -> bytes:
    return http(body, *headers, **({"kind": "text/xml; charset=utf-8"} | options))


FAULT = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault>'
    b"<faultcode>s:Client</faultcode><faultstring>No web services accepted</faultstring>"
    b"</s:Fault></s:Body></s:Envelope>"
)
BOMB = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>'

SoapBuild = Callable[[str], bytes]
#: name, answer to an operation, outcome of a write, what a read becomes
SOAP_TABLE: list[tuple[str, SoapBuild, Any, Any]] = [
    ("plain", lambda o: soap(envelope(o)), Accepted, GOOD),
    ("messages of type 1 and 2",
     lambda o: soap(envelope(o, messages=told("a", "1") + told("b", "2"))), Accepted, GOOD),
    ("BOM", lambda o: soap(BOM + envelope(o)), Accepted, GOOD),
    ("UTF-16", lambda o: soap(envelope(o).decode().replace("UTF-8", "UTF-16").encode("utf-16")),
     Accepted, GOOD),
    ("Windows-1252 declared",
     lambda o: soap(envelope(o).decode().replace("UTF-8", "windows-1252").encode("cp1252")),
     Accepted, GOOD),
    ("wrong charset", lambda o: soap(envelope(o).decode().encode("cp1252")), Doubt, AGAIN),
    ("raw control characters",
     lambda o: soap(envelope(o).replace(b"<messages>", b"\x01<messages>")), Accepted, GOOD),
    ("references to control characters",
     lambda o: soap(envelope(o, messages=told("a&#1;&#x1F;b", "1"))), Accepted, GOOD),
    ("gzip", lambda o: soap(gzip.compress(envelope(o)), "Content-Encoding: gzip"), Accepted, GOOD),
    ("broken gzip", lambda o: soap(gzip.compress(envelope(o))[:-12] + b"x" * 12,
                                   "Content-Encoding: gzip"), Doubt, AGAIN),
    ("deflate", lambda o: soap(zlib.compress(envelope(o)), "Content-Encoding: deflate"),
     Accepted, GOOD),
    ("empty body", lambda o: soap(b"" + envelope(o)[:0]), Doubt, AGAIN),
    ("blanks only", lambda o: soap(b" \n" + envelope(o)[:0]), Doubt, AGAIN),
    ("cut in the middle", lambda o: soap(envelope(o)[:400]), Doubt, AGAIN),
    ("cut before the last bracket", lambda o: soap(envelope(o)[:-1]), Doubt, AGAIN),
    ("cut on the wire", lambda o: soap(envelope(o)[:-9], length=len(envelope(o))) + CLOSE,
     Doubt, AGAIN),
    ("whole without a length", lambda o: soap(envelope(o), length=-1) + CLOSE, Accepted, GOOD),
    ("length too short", lambda o: soap(envelope(o), length=300), Doubt, AGAIN),
    ("closed without a word", lambda o: CLOSE + envelope(o)[:0], Doubt, AGAIN),
    ("no HTTP", lambda o: b"SSH-2.0-x\r\n" + envelope(o)[:0] + CLOSE, Doubt, AGAIN),
    ("HTML with 200", lambda o: soap(HTML + envelope(o)[:0], kind="text/html"), Doubt, AGAIN),
    ("log-in page", lambda o: soap(LOGIN + envelope(o)[:0], kind="text/html"), Doubt, AGAIN),
    ("JSON for SOAP", lambda o: soap(b'{"status":1}' + envelope(o)[:0], kind="application/json"),
     Doubt, AGAIN),
    ("two documents", lambda o: soap(envelope(o) + envelope(o)), Doubt, AGAIN),
    ("another root", lambda o: soap(b"<status>1</status>" + envelope(o)[:0]), Doubt, AGAIN),
    ("DOCTYPE", lambda o: soap(b"<!DOCTYPE a>" + envelope(o).partition(b"?>")[2]), Doubt, AGAIN),
    ("entity bomb", lambda o: soap(BOMB + envelope(o).partition(b"?>")[2].replace(
        b"<messages>", b"<messages>&c;")), Doubt, AGAIN),
    ("too large", lambda o: soap(envelope(o, messages=told("x" * BIG, "1"))), Doubt, AGAIN),
    ("deep nesting", lambda o: soap(envelope(o, messages="<a>" * 9_000 + "</a>" * 9_000)),
     Doubt, AGAIN),
    ("Fault with 500", lambda o: soap(FAULT + envelope(o)[:0], status="500 Error"), Doubt, AGAIN),
    ("Fault with 200", lambda o: soap(FAULT + envelope(o)[:0]), Doubt, AGAIN),
    ("no web services", lambda o: soap(b"No web services accepted" + envelope(o)[:0],
                                       kind="text/plain", status="500 Error"),
     (NotDone, "setup"), ConfigError),
    ("500 with HTML", lambda o: soap(HTML + envelope(o)[:0], kind="text/html", status="500 E"),
     Doubt, AGAIN),
    ("502 with a good body", lambda o: soap(envelope(o), status="502 Bad"), Doubt, AGAIN),
    ("100, then the answer",
     lambda o: b"HTTP/1.1 100 Continue\r\n\r\n" + soap(envelope(o)), Accepted, GOOD),
    ("103, then the answer",
     lambda o: b"HTTP/1.1 103 Early Hints\r\n\r\n" + soap(envelope(o)), Doubt, AGAIN),
    ("202 with a good body", lambda o: soap(envelope(o), status="202 Accepted"), Doubt, AGAIN),
    ("204", lambda o: soap(envelope(o)[:0], status="204 None", length=-1), Doubt, AGAIN),
    ("206 with a good body", lambda o: soap(envelope(o), status="206 Part"), Doubt, AGAIN),
    ("302", lambda o: soap(envelope(o)[:0], "Location: /login", status="302 Found"),
     Doubt, ConfigError),
    ("401 as text", lambda o: soap(b"Error 30: Invalid token" + envelope(o)[:0],
                                   kind="text/plain", status="401 No"),
     (NotDone, "auth"), AuthError),
    ("401 as JSON", lambda o: soap(alone("Wrong username") + envelope(o)[:0],
                                   kind="application/json", status="401 No"),
     (NotDone, "auth"), AuthError),
    ("403 with HTML", lambda o: soap(HTML + envelope(o)[:0], kind="text/html", status="403 No"),
     (NotDone, "auth"), AuthError),
    ("404", lambda o: soap(envelope(o)[:0], status="404 None"), Doubt, ConfigError),
    ("408", lambda o: soap(envelope(o)[:0], status="408 Late"), Doubt, AGAIN),
    ("429", lambda o: soap(envelope(o)[:0], status="429 Slow"), (NotDone, "throttled"), AGAIN),
    ("503", lambda o: soap(envelope(o)[:0], status="503 Busy"), Doubt, AGAIN),
    ("status 0 without a message", lambda o: soap(envelope(o, status="0", document=None)),
     (Refused, "other"), RemoteRefused),
    ("status 0 with a message", lambda o: soap(envelope(
        o, status="0", document=None, messages=told("721 : Record does not exist"))),
     (Refused, "missing"), RemoteRefused),
    ("status 0 and a number all the same", lambda o: soap(envelope(
        o, status="0", messages=told("AMTLIN : Incorrect value"))),
     (Refused, "other"), RemoteRefused),
    ("status 0, locked", lambda o: soap(envelope(
        o, status="0", document=None, messages=told("Locked record"))),
     (NotDone, "busy"), AGAIN),
    ("status 0, message missing", lambda o: soap(envelope(
        o, status="0", document=None, messages='<messages href="#id9"/>')),
     (Refused, "other"), RemoteRefused),
    ("status 1 with an error", lambda o: soap(envelope(o, messages=told("no"))),
     Doubt, RemoteRefused),
    ("status 1, message missing", lambda o: soap(envelope(o, messages='<messages href="#id9"/>')),
     Doubt, AGAIN),
    ("status 1, message of a strange type", lambda o: soap(envelope(o, messages=told("x", "E"))),
     Doubt, RemoteRefused),
    ("status 2", lambda o: soap(envelope(o, status="2")), Doubt, RemoteRefused),
    ("status in words", lambda o: soap(envelope(o, status="true")), Doubt, AGAIN),
    ("no status", lambda o: soap(envelope(o).replace(b"<status>1</status>", b"")), Doubt, AGAIN),
    ("result nil", lambda o: soap(envelope(o, document=None)), "no result", "no result"),
    ("result empty", lambda o: soap(envelope(o, document="<RESULT/>")), "no result", "no result"),
    ("result no XML", lambda o: soap(envelope(o, document='{"NUM":"PY1"}')),
     "no result", "no result"),
    ("result cut", lambda o: soap(envelope(o, document=result(o)[:-9])), "no result", "no result"),
    ("result with a DOCTYPE", lambda o: soap(envelope(o, document="<!DOCTYPE a>" + result(o))),
     "no result", "no result"),
    ("result behind an href", lambda o: soap(envelope(o).replace(
        f"<resultXml><![CDATA[{result(o)}]]></resultXml>".encode(), b'<resultXml href="#r"/>'
    ).replace(b"</soapenv:Body>", f'<multiRef id="r"><![CDATA[{result(o)}]]></multiRef>'.encode()
              + b"</soapenv:Body>")), Accepted, GOOD),
]  # fmt: skip

WRITES: dict[str, Callable[[X3Client], Outcome]] = {
    "modify": lambda c: c.writer.send_approval_unposted(
        c.encoder.approval_unposted("BIS1", 4, "", second=False)
    ),
    "run": lambda c: c.writer.send_approval_posted(c.encoder.approval_posted("BIS1", 4, "t", "")),
    "save": lambda c: c.writer.send_payment(c.encoder.payment(POSTING)),
}
LOOKS: dict[str, Callable[[X3Client], Any]] = {
    "query": lambda c: c.writer.find_payments("AVD1"),
    "read": lambda c: c.writer.group_of_level("BIS1", second=False),
}
ACCEPTED = {
    "modify": {"level": 4},
    "run": {"return_code": 0, "changed": 2},
    "save": {"number": "PY1"},
}


@pytest.mark.parametrize(
    ("build", "wanted"), [(r[1], r[2]) for r in SOAP_TABLE], ids=[r[0] for r in SOAP_TABLE]
)
def test_every_writing_call(site: RawSite, build: SoapBuild, wanted: Any) -> None:
    for operation, write in WRITES.items():
        # A write that were sent a second time would be accepted then.
        site.say(build(operation), soap(envelope(operation)))
        client, transport = client_of(site)
        outcome = write(client)
        transport.close()
        assert len(site.heard) == 1, (operation, "a write is never repeated")
        if wanted == "no result":
            # A level is read back in any case; a code or a number must be there.
            kind: type = Accepted if operation == "modify" else Doubt
            assert type(outcome) is kind, (operation, outcome)
            continue
        kind, word = wanted if isinstance(wanted, tuple) else (wanted, "")
        assert type(outcome) is kind, (operation, outcome)
        if isinstance(outcome, Accepted):
            assert outcome.values == ACCEPTED[operation]
        if isinstance(outcome, NotDone | Refused):
            assert outcome.kind == word
        if isinstance(outcome, Doubt):
            assert outcome.why


@pytest.mark.parametrize(
    ("build", "wanted"), [(r[1], r[3]) for r in SOAP_TABLE], ids=[r[0] for r in SOAP_TABLE]
)
def test_every_reading_call_over_soap(site: RawSite, build: SoapBuild, wanted: Any) -> None:
    for operation, look in LOOKS.items():
        site.say(soap(envelope(operation)))
        client, transport = client_of(site)
        good = look(client)
        site.say(build(operation), soap(envelope(operation)))
        if wanted == "no result" and operation == "read":
            assert look(client) == ""
        elif wanted == "no result" or isinstance(wanted, type):
            kind = Unreadable if wanted == "no result" else wanted
            with pytest.raises(AppError) as caught:
                look(client)
            assert type(caught.value) is kind, (operation, caught.value)
            assert len(site.heard) == 1
        else:
            assert look(client) == good
            assert len(site.heard) == (2 if wanted == AGAIN else 1), operation
        transport.close()


@pytest.mark.parametrize("code", ["", "x", None])
def test_run_without_a_return_code_is_a_doubt(site: RawSite, code: str | None) -> None:
    field = "" if code is None else f'<FLD NAME="RETCODE">{code}</FLD>'
    site.say(soap(envelope("run", document=f'<RESULT><GRP ID="GRP1">{field}</GRP></RESULT>')))
    client, transport = client_of(site)
    assert type(WRITES["run"](client)) is Doubt
    transport.close()


def test_a_dead_connection_under_a_write_is_a_doubt_and_under_a_read_nothing(
    site: RawSite,
) -> None:
    """A server that closes an idle connection: the next read goes on, a write is never repeated."""
    site.say(soap(envelope("query")), CLOSE, soap(envelope("query")))
    client, transport = client_of(site)
    look = LOOKS["query"]
    assert look(client) == look(client)
    assert len(site.heard) == 3
    site.say(CLOSE, soap(envelope("save")))
    assert type(WRITES["save"](client)) is Doubt
    assert len(site.heard) == 1
    transport.close()
