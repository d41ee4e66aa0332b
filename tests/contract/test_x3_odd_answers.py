"""Eighty odd answers, as exact bytes, to every call of the X3 client that reads by api1.

Each is said once, then the good answer: what may be asked again must bring the whole good result
and nothing twice; what may not must be the error it is (sage-x3.md 3.4, 3.6). SOAP and GraphQL
have their own files.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from core.errors import AppError, AuthError, ConfigError, RemoteRefused, Unreadable
from core.http import TimedOut, Transport
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
        assert isinstance(caught.value, wanted), (where, caught.value)
        assert caught.value.was_sent
        assert len(site.heard) == 1, where
    else:
        found = call.ask(client)
        assert found == good, where
        assert len(site.heard) == (2 if wanted in (AGAIN, "tracked") else 1), where


def test_the_table_is_long_enough() -> None:
    assert len({row[0] for row in JSON_TABLE}) >= 40
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
