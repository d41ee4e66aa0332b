"""Sixty odd answers, as exact bytes, to every reading and writing call of the X3 client.

Each is said once, then the good answer: what may be asked again must bring the whole good result
and nothing twice; what may not must be the error it is. A write is heard once, and is accepted,
refused, not done or in doubt exactly as the table says (sage-x3.md 3.4, 3.6, 5.2).
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from core.errors import AppError, AuthError, ConfigError, RemoteRefused, TransientError, Unreadable
from core.http import TimedOut, Transport
from core.ports import Accepted, Allocation, Doubt, NotDone, Outcome, PaymentPosting, Refused
from core.x3.auth import BasicAuth
from core.x3.client import X3Client, connect
from core.x3.transport import X3Connection
from tests.contract.x3_odd_site import CLOSE, RawSite, http, raw_site, row_of
from tests.contract.x3_site import shipped

PROFILE = shipped(times={"read_retry_s": (0.0,), "busy_read_s": (0.0,)})
NAME = "Küche & Söhne \\ 5"
BIG = 300_000
ENTITIES = [name for name in PROFILE.entity if name != "invoice_line"]
GOOD, AGAIN = "good", "again"  # read at once; asked again, then good

Build = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def site() -> Iterator[RawSite]:
    with raw_site() as running:
        yield running


def client_of(site: RawSite) -> tuple[X3Client, Transport]:
    connection = X3Connection(
        base_url=site.base_url, endpoint="PROD", start_date=date(2026, 1, 1), page_size=200
    )
    transport = Transport(system="x3", base_url=site.base_url, max_bytes=BIG)
    auth = BasicAuth("AVIDWS", lambda: "pw")
    return connect(connection, PROFILE, auth, transport, lambda _: None), transport


# Reading calls and their good bodies


def page_of(entity: str) -> bytes:
    row = row_of(PROFILE, entity, NAME)
    if entity == "payment":
        row["REF"] = "AVD1"
    rows = [row]
    links = {"$first": {"$url": "https://inside:8124/x"}}
    table = {"$title": "Küche", "$itemsPerPage": 200, "$resources": rows, "$links": links}
    return json.dumps(table, ensure_ascii=False).encode()


def details_of(entity: str) -> bytes:
    row = row_of(PROFILE, entity, NAME)
    if entity == "invoice":
        row["PILLINES"] = [row_of(PROFILE, "invoice_line", "Zeile")]
    else:
        row["PAYMENTD"] = [{"LIN": 1, "VCRTYP": "T", "VCRNUM": "N", "AMTLIN": 1.5}]
    return json.dumps({"$title": "Küche", "$uuid": "u", **row}, ensure_ascii=False).encode()


@dataclass(frozen=True)
class Reading:
    """One reading call: how it is made, and the body it is answered with."""

    name: str
    ask: Callable[[X3Client], Any]
    body: bytes
    by_details: bool = False


def first_page(entity: str) -> Callable[[X3Client], Any]:
    def ask(client: X3Client) -> Any:
        found = client.reader.first_page(entity)
        return found.rows, found.next, found.unreadable, found.changed_max

    return ask


READINGS = [
    *(Reading(f"page of {name}", first_page(name), page_of(name)) for name in ENTITIES),
    Reading("headers", lambda c: c.reader.invoice_headers(["K1"]), page_of("invoice")),
    Reading("open items", lambda c: c.reader.open_items(["K1"]), page_of("open_item")),
    Reading("invoice", lambda c: c.reader.invoice("K1"), details_of("invoice"), by_details=True),
    Reading("payment", lambda c: c.reader.payment("K1"), details_of("payment"), by_details=True),
]


# The table: JSON


def text_as(body: bytes, old: str, new: bytes) -> bytes:
    """The body with one text replaced by raw bytes."""
    assert old.encode() in body
    return body.replace(old.encode(), new, 1)


def member(body: bytes, added: bytes) -> bytes:
    """The body with members put in front."""
    return b"{" + added + b"," + body[1:]


def diagnosed(text: str, severity: str | None = "error") -> bytes:
    entry = {"$message": text} | ({"$severity": severity} if severity else {})
    return b'"$diagnoses":[' + json.dumps(entry).encode() + b"]"


def alone(text: str) -> bytes:
    return b"{" + diagnosed(text) + b"}"


def chunked(body: bytes, *, is_whole: bool = True) -> bytes:
    half = len(body) // 2
    parts = [body[:half], body[half:]]
    raw = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts if part)
    framed = http(b"", "Transfer-Encoding: chunked", length=-1)
    return framed + (raw + b"0\r\n\r\n" if is_whole else raw[:-9] + CLOSE)


def nested(body: bytes) -> bytes:
    return member(body, b'"x":' + b"[" * 100_000 + b"]" * 100_000)


HTML = b"<!DOCTYPE html><html><body>Bad gateway</body></html>"
LOGIN = b'<html><form action="/auth/login/page"><input name="user"/></form></html>'
XML = b'<?xml version="1.0"?><Envelope><Body/></Envelope>'
BOM = b"\xef\xbb\xbf"
ZERO_HEADERS = ("Content-Encoding: gzip",)
TRACKING = "Location: /api1/x3/erp/PROD/$trackings('7')"

JSON_TABLE: list[tuple[str, Build, Any]] = [
    ("plain", http, GOOD),
    ("raw control characters", lambda b: http(text_as(b, "Küche", b"K\x01\t\x0bche")), GOOD),
    ("BOM", lambda b: http(BOM + b), GOOD),
    ("BOM although Windows-1252 is declared",
     lambda b: http(BOM + b, kind="application/json; charset=windows-1252"), GOOD),
    ("UTF-16", lambda b: http(b.decode().encode("utf-16")), AGAIN),
    ("UTF-16 declared",
     lambda b: http(b.decode().encode("utf-16"), kind="application/json; charset=utf-16"), AGAIN),
    ("Windows-1252 declared",
     lambda b: http(b.decode().encode("cp1252"), kind="application/json; charset=Windows-1252"),
     GOOD),
    ("Windows-1252 not declared", lambda b: http(b.decode().encode("cp1252")), AGAIN),
    ("Windows-1252 declared as UTF-8",
     lambda b: http(b.decode().encode("cp1252"), kind="application/json; charset=utf-8"), AGAIN),
    ("gzip", lambda b: http(gzip.compress(b), *ZERO_HEADERS), GOOD),
    ("broken gzip", lambda b: http(gzip.compress(b)[:-12] + b"x" * 12, *ZERO_HEADERS), AGAIN),
    ("cut gzip", lambda b: http(gzip.compress(b)[:60], *ZERO_HEADERS), AGAIN),
    ("no gzip at all", lambda b: http(b, *ZERO_HEADERS), AGAIN),
    ("deflate", lambda b: http(zlib.compress(b), "Content-Encoding: deflate"), GOOD),
    ("a coding nobody asked for", lambda b: http(b"\x1b\x03" + b, "Content-Encoding: br"), AGAIN),
    ("text/plain", lambda b: http(b, kind="text/plain"), GOOD),
    ("no content type", lambda b: http(b, kind=""), GOOD),
    ("empty body", lambda b: http(b[:0]), AGAIN),
    ("blanks only", lambda b: http(b" \r\n" + b[:0]), AGAIN),
    ("cut at a quarter", lambda b: http(b[: len(b) // 4]), AGAIN),
    ("cut in the middle", lambda b: http(b[: len(b) // 2]), AGAIN),
    ("cut before the last bracket", lambda b: http(b[:-1]), AGAIN),
    ("cut on the wire", lambda b: http(b[:-9], length=len(b)) + CLOSE, AGAIN),
    ("cut without a length", lambda b: http(b[:-9], length=-1) + CLOSE, AGAIN),
    ("whole without a length", lambda b: http(b, length=-1) + CLOSE, GOOD),
    ("length too short", lambda b: http(b, length=len(b) - 5), AGAIN),
    ("chunked", chunked, GOOD),
    ("chunked and cut", lambda b: chunked(b, is_whole=False), AGAIN),
    ("closed without a word", lambda b: CLOSE + b[:0], AGAIN),
    ("half a status line", lambda b: b"HTTP/1.1 20" + b[:0] + CLOSE, AGAIN),
    ("no HTTP", lambda b: b"SSH-2.0-x\r\n" + b[:0] + CLOSE, AGAIN),
    ("HTML with 200", lambda b: http(HTML + b[:0], kind="text/html"), AGAIN),
    ("HTML called JSON", lambda b: http(HTML + b[:0]), AGAIN),
    ("log-in page", lambda b: http(LOGIN + b[:0], kind="text/html; charset=utf-8"), AGAIN),
    ("XML for JSON", lambda b: http(XML + b[:0], kind="text/xml"), AGAIN),
    ("an array", lambda b: http(b"[" + b + b"]"), AGAIN),
    ("a number", lambda b: http(b"7" + b[:0]), AGAIN),
    ("null", lambda b: http(b"null" + b[:0]), AGAIN),
    ("NaN", lambda b: http(member(b, b'"x":NaN')), AGAIN),
    ("the same name twice, other value", lambda b: http(member(b, b'"$uuid":1,"$uuid":2')), AGAIN),
    ("the same name twice, same value", lambda b: http(member(b, b'"x":1,"x":1')), GOOD),
    ("two documents", lambda b: http(b + b), AGAIN),
    ("a number beyond reason", lambda b: http(member(b, b'"x":1e99999999999999999999')), GOOD),
    ("a number that fills the memory", lambda b: http(member(b, b'"x":1e999999999')), GOOD),
    ("a whole number of 5,000 digits", lambda b: http(member(b, b'"x":' + b"9" * 5000)), AGAIN),
    ("deep nesting", lambda b: http(nested(b)), AGAIN),
    ("too large", lambda b: http(member(b, b'"x":"' + b"x" * BIG + b'"')), AGAIN),
    ("too large when unpacked",
     lambda b: http(gzip.compress(member(b, b'"x":"' + b"x" * BIG + b'"')), *ZERO_HEADERS), AGAIN),
    ("100, then the answer", lambda b: b"HTTP/1.1 100 Continue\r\n\r\n" + http(b), GOOD),
    ("103, then the answer", lambda b: b"HTTP/1.1 103 Early Hints\r\n\r\n" + http(b), AGAIN),
    ("204", lambda b: http(b[:0], status="204 No Content", length=-1), AGAIN),
    ("206 with a good body", lambda b: http(b, status="206 Partial Content"), AGAIN),
    ("301", lambda b: http(b[:0], "Location: /elsewhere", status="301 Moved"), ConfigError),
    ("302 to a log-in page", lambda b: http(b[:0], "Location: /auth/login", status="302 Found"),
     ConfigError),
    ("304", lambda b: http(b[:0], status="304 Not Modified", length=-1), AGAIN),
    ("202 without Location", lambda b: http(b'{"phase":"Tracking"}' + b[:0], status="202 A"),
     AGAIN),
    ("202, then the answer", lambda b: http(b[:0], TRACKING, status="202 Accepted"), "tracked"),
    ("202 to another host's log-in",
     lambda b: http(b[:0], "Location: https://evil.example/x", status="202 Accepted"), AGAIN),
    ("400 with HTML", lambda b: http(HTML + b[:0], kind="text/html", status="400 Bad"),
     ConfigError),
    ("401 as text", lambda b: http(b"Error 50: Invalid token" + b[:0], kind="text/plain",
                                   status="401 Unauthorized"), AuthError),
    ("401 with a good body", lambda b: http(b, status="401 Unauthorized"), AuthError),
    ("403 with HTML", lambda b: http(HTML + b[:0], kind="text/html", status="403 Forbidden"),
     ConfigError),
    ("404 with 721", lambda b: http(alone("721 : Record does not exist") + b[:0],
                                    status="404 Not Found"), "missing"),
    ("200 with 721", lambda b: http(alone("721 : Record does not exist") + b[:0]), "missing"),
    ("404 with HTML", lambda b: http(HTML + b[:0], kind="text/html", status="404 Not Found"),
     ConfigError),
    ("408", lambda b: http(b[:0], status="408 Request Timeout"), AGAIN),
    ("429", lambda b: http(b[:0], status="429 Too Many"), AGAIN),
    ("500 with HTML", lambda b: http(HTML + b[:0], kind="text/html", status="500 Error"), AGAIN),
    ("500 with $message", lambda b: http(b'{"$message":"boom"}' + b[:0], status="500 E"), AGAIN),
    ("500 with a good body", lambda b: http(b, status="500 Error"), AGAIN),
    ("503 without a body", lambda b: http(b[:0], status="503 Unavailable"), AGAIN),
    ("507 with HTML", lambda b: http(HTML + b[:0], kind="text/html", status="507 Full"), AGAIN),
    ("status 999", lambda b: http(b, status="999 What"), AGAIN),
    ("a locked record", lambda b: http(alone("Locked record") + b[:0]), AGAIN),
    ("a warning beside the data", lambda b: http(member(b, diagnosed("note", "warning"))), GOOD),
    ("an unnamed diagnosis beside the data", lambda b: http(member(b, diagnosed("note", None))),
     GOOD),
    ("an error beside the data", lambda b: http(member(b, diagnosed("Property not found: X"))),
     ConfigError),
    ("a severity nobody knows", lambda b: http(member(b, diagnosed("boom", "fatal"))),
     ConfigError),
    ("$message only", lambda b: http(b'{"$message":"boom","$details":"d"}' + b[:0]), ConfigError),
    ("GraphQL errors for api1", lambda b: http(b'{"errors":[{"message":"x"}]}' + b[:0]),
     Unreadable),
]  # fmt: skip


@pytest.mark.parametrize(
    ("build", "wanted"), [r[1:] for r in JSON_TABLE], ids=[r[0] for r in JSON_TABLE]
)
def test_every_reading_call(site: RawSite, build: Build, wanted: Any) -> None:
    for call in READINGS:
        site.say(http(call.body))
        client, transport = client_of(site)
        good = call.ask(client)
        assert good[0] if isinstance(good, tuple) else good, "the good answer holds something"
        site.say(build(call.body), http(call.body))
        try:
            _judge(site, call, wanted, good, client)
        finally:
            transport.close()


def _judge(site: RawSite, call: Reading, wanted: Any, good: Any, client: X3Client) -> None:
    where = call.name
    if wanted == "missing":
        if call.by_details:
            assert call.ask(client) is None, where
        else:
            with pytest.raises(RemoteRefused):
                call.ask(client)
        assert len(site.heard) == 1, where
    elif isinstance(wanted, type):
        with pytest.raises(AppError) as caught:
            call.ask(client)
        assert type(caught.value) is wanted, (where, caught.value)
        assert caught.value.was_sent
        assert len(site.heard) == 1, where
    else:
        found = call.ask(client)
        assert found == good, where
        assert len(site.heard) == (2 if wanted in (AGAIN, "tracked") else 1), where


def test_the_table_is_long_enough() -> None:
    names = {row[0] for row in (*JSON_TABLE, *SOAP_TABLE)}
    assert len(names) >= 40
    assert len(READINGS) == 16


def test_endless_tracking_ends(site: RawSite) -> None:
    site.say(http(b"", TRACKING, status="202 Accepted"))
    client, transport = client_of(site)
    with pytest.raises(TimedOut):
        client.reader.first_page("supplier")
    assert len(site.heard) == 2 * 61  # two tries; each asks anew and polls for 120 s at 2 s
    transport.close()


SPOILT_LINKS: list[tuple[bytes, Any]] = [
    (b'"$links":[]', Unreadable),
    (b'"$links":{"$next":{}}', Unreadable),
    (b'"$links":{"$next":{"$url":""}}', Unreadable),
    (b'"$links":{"$next":{"$url":7}}', Unreadable),
    (b'"$links":{"$next":null}', None),
    (b'"$links":{"$next":{"$url":"https://evil.example/x"}}', Unreadable),
]


@pytest.mark.parametrize(("links", "wanted"), SPOILT_LINKS)
def test_a_full_page_with_spoilt_links_is_no_end(
    site: RawSite, links: bytes, wanted: type[AppError] | None
) -> None:
    """A list is not cut short because the way to its next page cannot be read."""
    row = json.dumps(row_of(PROFILE, "site", "x")).encode()
    second = row.replace(b"K1", b"K2")
    site.say(http(b'{"$itemsPerPage":2,"$resources":[%s,%s],%s}' % (row, second, links)))
    client, transport = client_of(site)
    if wanted is None:
        assert client.reader.first_page("site").next is None
    else:
        with pytest.raises(wanted):
            client.reader.first_page("site")
    transport.close()


# The table: SOAP


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


def test_transient_is_what_the_table_means_by_again() -> None:
    assert issubclass(TimedOut, TransientError)
