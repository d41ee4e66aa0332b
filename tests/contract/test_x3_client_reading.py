"""api1 over real HTTP: every row of sage-x3.md 3.4, paging, retries, single records, set-up."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.errors import AppError, AuthError, ConfigError, TransientError, Unreadable
from core.http import TimedOut
from core.x3.profile import Profile
from tests.contract.x3_site import (
    Heard,
    Said,
    Site,
    desk_at,
    diagnosis,
    page,
    running_site,
    shipped,
    with_entity,
)

SUPPLIER = {"BPSNUM": "0113", "BPSNAM": "Northwind", "UPDDATTIM": "2026-01-14T08:00:00Z"}
OTHER = {"BPSNUM": "0114", "BPSNAM": "Küche & Söhne", "UPDDATTIM": "2026-01-15T08:00:00Z"}
ITEM = {
    "TYP": "SPINV", "NUM": "BIS1", "LIG": 1, "DUDLIG": 1, "CPY": "US10", "BPR": "0113",
    "CUR": "USD", "DUDDAT": "2026-03-29", "AMTCUR": "612.00", "PAYCUR": 0, "TMPCUR": 0,
    "FLGPAZ": 1, "FLGCLE": 1, "UPDDATTIM": "2026-03-02T15:04:11Z",
}  # fmt: skip
INVOICE = {
    "NUM": "BIS1", "INVTYP": 1, "GTE": "SPINV", "CPY": "US10", "FCY": "US011", "BPR": "0113",
    "BPRVCR": "INV-1", "BPRDAT": "2026-02-27", "ACCDAT": "2026-03-01", "CUR": "USD",
    "AMTNOT": "1140.00", "AMTATI": "1224.00", "STA": 3, "PAZ": 1, "ACCNUM": 88213,
    "UPDDATTIM": "2026-03-02T15:04:11Z",
}  # fmt: skip
LINE = {"LIG": 1, "COA": ["USA"], "ACC": ["61100"], "AMTNOTLIN": "600.00"}
PAYMENT = {
    "NUM": "PY1", "CPY": "US10", "BPR": "0113", "CUR": "USD", "AMTCUR": "1224.00",
    "ACCDAT": "2026-03-18", "REF": "AVD1", "STA": 9, "UPDDATTIM": "2026-03-18T16:20:05Z",
    "PAYMENTD": [{"LIN": 1, "VCRTYP": "SPINV", "VCRNUM": "BIS1", "AMTLIN": "1224.00"}],
}  # fmt: skip


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


def swift(**limits: Any) -> Profile:
    """The shipped profile without long waits."""
    return shipped(limits=limits)


def test_first_page_asks_as_the_contract_says(site: Site) -> None:
    site.say(Said(page(SUPPLIER, OTHER)))
    desk = desk_at(site.base_url, page_size=50)
    since = datetime(2026, 1, 14, 8, tzinfo=UTC)
    found = desk.client.reader.first_page("supplier", since=since)
    asked = site.heard[0]
    assert asked.target == (
        "/api1/x3/erp/PROD/BPSUPPLIER?representation=BPSUPPLIER.$query&count=50"
        "&where=UPDDATTIM%20ge%20%402026-01-14T08%3A00%3A00Z%40"
        "&orderBy=UPDDATTIM%20asc,BPSNUM%20asc"
    )
    assert asked.headers["Authorization"] == "Basic QVZJRFdTOnMzY3JldA=="
    assert asked.headers["Accept"] == "application/json"
    assert [row.name for row in found.rows] == ["Northwind", "Küche & Söhne"]
    assert found.next is None
    assert found.server_time == datetime(2026, 11, 25, 15, tzinfo=UTC)
    assert found.changed_max == datetime(2026, 1, 15, 8, tzinfo=UTC)


def test_pages_are_followed_on_our_own_host_and_resumed(site: Site) -> None:
    inside = "https://inside:8124/api1/x3/erp/PROD/BPSUPPLIER?count=1&key=gt.a%2fb~0113"
    site.say(Said(page(SUPPLIER, next_url=inside)), Said(page(OTHER)))
    first = desk_at(site.base_url).client.reader.first_page("supplier")
    assert first.next is not None
    second = desk_at(site.base_url).client.reader.first_page("supplier", resume=first.next)
    assert site.heard[1].target == "/api1/x3/erp/PROD/BPSUPPLIER?count=1&key=gt.a%2fb~0113"
    assert ([row.code for row in second.rows], second.next) == (["0114"], None)


def test_whole_reads_have_no_order_and_no_bound(site: Site) -> None:
    site.say(Said(page()))
    reader = desk_at(site.base_url).client.reader
    found = reader.first_page("site", since=datetime(2026, 1, 1, tzinfo=UTC))
    assert set(site.heard[0].query) == {"representation", "count"}
    assert (found.rows, found.next, found.changed_max) == ((), None, None)
    assert (reader.change_kind("site"), reader.change_kind("invoice")) == ("none", "datetime")


def test_a_row_that_cannot_be_read_costs_only_itself(site: Site) -> None:
    site.say(Said(page(ITEM, {**ITEM, "LIG": 2, "AMTCUR": "much"}, {**ITEM, "LIG": 3})))
    found = desk_at(site.base_url).client.reader.first_page("open_item")
    assert [row.key for row in found.rows] == ["SPINV~BIS1~1~1", "SPINV~BIS1~3~1"]
    assert len(found.unreadable) == 1
    assert "SPINV~BIS1~2~1" in found.unreadable[0]
    assert "AMTCUR" in found.unreadable[0]


@pytest.mark.parametrize(
    ("answers", "named"),
    [
        ([page(SUPPLIER, next_url="/api1/x3/erp/PROD/B?key=1")] * 2, "leads back"),
        (
            [page(next_url=f"/api1/x3/erp/PROD/B?key={n}") for n in (1, 2)],
            "two pages in a row are empty",
        ),
        ([{"$itemsPerPage": 2, "$resources": [SUPPLIER, OTHER]}], "no \\$links"),
        ([{"$resource": []}], "no \\$resources"),
        ([page(SUPPLIER, next_url="https://evil.example/x")], "outside"),
    ],
)
def test_walks_that_cannot_end(site: Site, answers: list[Any], named: str) -> None:
    site.say(*(Said(answer) for answer in answers))
    reader = desk_at(site.base_url).client.reader

    def walk() -> None:
        found = reader.first_page("supplier")
        while found.next is not None:
            found = reader.next_page("supplier", found.next)

    with pytest.raises(Unreadable, match=named):
        walk()


def test_a_walk_has_a_longest(site: Site) -> None:
    site.respond = lambda _: Said(
        page(SUPPLIER, next_url=f"/api1/x3/erp/PROD/B?key={len(site.heard)}")
    )
    reader = desk_at(site.base_url, profile=swift(max_pages=3)).client.reader
    second = reader.next_page("supplier", reader.first_page("supplier").next or "")
    with pytest.raises(Unreadable, match="more than 3 pages"):
        reader.next_page("supplier", second.next or "")
    assert len(site.heard) == 3


def test_a_full_page_of_one_without_links_is_an_end(site: Site) -> None:
    site.say(Said({"$itemsPerPage": 1, "$resources": [SUPPLIER]}))
    assert desk_at(site.base_url).client.reader.first_page("supplier").next is None


def test_a_spoilt_place_is_an_error(site: Site) -> None:
    with pytest.raises(Unreadable, match="saved place"):
        desk_at(site.base_url).client.reader.next_page("supplier", "nonsense")


@pytest.mark.parametrize("severity", ["info", "warning", "success", None])
def test_a_mild_diagnosis_is_still_good(site: Site, severity: str | None) -> None:
    site.say(Said({**page(SUPPLIER), **diagnosis("note", severity)}))
    assert len(desk_at(site.base_url).client.reader.first_page("supplier").rows) == 1


HTML = b"<html><body>Please log in</body></html>"


@pytest.mark.parametrize(
    ("said", "kind", "code", "named", "calls"),
    [
        (Said(diagnosis("Wrong username", None), 401), AuthError, "AUT-01", "Wrong username", 1),
        (Said(b"Error 50: Invalid token", 401, "text/plain"), AuthError, "AUT-01", "Error 50", 1),
        (Said(diagnosis("Access denied"), 403), ConfigError, "CFG-01", "BPSUPPLIER", 1),
        (Said(diagnosis("Endpoint not found: PROD"), 404), ConfigError, "CFG-01", "PROD", 1),
        (Said(HTML, 404, "text/html"), ConfigError, "CFG-01", "endpoint PROD", 1),
        (Said(diagnosis("Representation not found"), 500), ConfigError, "CFG-01", "BPSUPPLIER", 1),
        (Said(diagnosis("Representation not found"), 400), ConfigError, "CFG-01", "BPSUPPLIER", 1),
        (Said(diagnosis("Property not found: X"), 500), ConfigError, "CFG-01", "found: X", 1),
        (Said(diagnosis("Read-only representation"), 405), AppError, "NET-01", "Read-only", 1),
        (Said(diagnosis("Property not found: X"), 200), ConfigError, "CFG-01", "found: X", 1),
        (Said(b"", 302, "", (("Location", "/x"),)), ConfigError, "CFG-01", "redirects", 1),
        (Said(diagnosis("Locked record"), 500), TransientError, "LCK-01", "Locked", 4),
        (Said({"$message": "Locked record"}, 500), TransientError, "LCK-01", "Locked", 4),
        (Said({"$message": "boom", "$details": "d"}, 500), TransientError, "NET-01", "boom", 4),
        (Said({"$message": "boom"}, 200), ConfigError, "CFG-01", "boom", 1),
        (Said(HTML, 502, "text/html"), TransientError, "NET-01", "502", 4),
        (Said(HTML, 500, "text/html"), TransientError, "NET-01", "500", 4),
        (Said(diagnosis("down"), 503), TransientError, "NET-01", "503", 4),
        (Said(b"", 429), TransientError, "RAT-01", "wait", 4),
        (Said(HTML, 200, "text/html"), Unreadable, "NET-01", "no JSON", 4),
        (Said(b"", 200), Unreadable, "NET-01", "empty", 4),
        (Said(b'{"$resources":[{"A', 200), Unreadable, "NET-01", "no JSON", 4),
        (Said(b"[]", 200), Unreadable, "NET-01", "no JSON", 4),
        (Said(b'{"a":"\xe9"}', 200), Unreadable, "NET-01", "no JSON", 4),
        (Said(b"", 0), TransientError, "NET-01", "broken off", 4),
    ],
)
def test_every_answer_that_is_no_page(
    site: Site, said: Said, kind: type[AppError], code: str, named: str, calls: int
) -> None:
    site.say(said)
    desk = desk_at(site.base_url)
    with pytest.raises(kind) as caught:
        desk.client.reader.first_page("supplier")
    assert (caught.value.code, caught.value.system, caught.value.was_sent) == (code, "x3", True)
    assert named in caught.value.why
    assert len(site.heard) == calls
    usual = [10, 30, 60] if code == "LCK-01" else [1, 4, 15]
    assert len(desk.waits) == calls - 1
    assert all(abs(wait - base) <= base / 4 for wait, base in zip(desk.waits, usual, strict=False))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"\xef\xbb\xbf" + json.dumps(page(SUPPLIER)).encode(), "application/json"),
        (json.dumps(page(SUPPLIER)).encode(), "text/plain"),
        (
            json.dumps(page({**SUPPLIER, "BPSNAM": "Caf\xe9"}), ensure_ascii=False).encode(
                "cp1252"
            ),
            "application/json; charset=Windows-1252",
        ),
        (
            json.dumps(page(SUPPLIER)).replace("Northwind", "C:\\Data\tx").encode(),
            "application/json",
        ),
    ],
)
def test_bodies_that_are_tolerated(site: Site, body: bytes, kind: str) -> None:
    site.say(Said(body, 200, kind))
    found = desk_at(site.base_url).client.reader.first_page("supplier")
    assert found.rows[0].name in ("Northwind", "Caf\xe9", "C:\\Data\tx")
    assert len(site.heard) == 1


def test_a_failed_read_is_asked_again_and_good(site: Site) -> None:
    site.say(Said(HTML, 502, "text/html"), Said(b"", 0), Said(page(SUPPLIER)))
    desk = desk_at(site.base_url)
    assert len(desk.client.reader.first_page("supplier").rows) == 1
    assert len({heard.target for heard in site.heard}) == 1
    assert len(desk.waits) == 2


def test_retry_after_is_respected_and_a_long_one_handed_on(site: Site) -> None:
    site.say(Said(b"", 429, headers=(("Retry-After", "7"),)), Said(page()))
    desk = desk_at(site.base_url)
    desk.client.reader.first_page("supplier")
    assert desk.waits == [7]
    site.say(Said(b"", 503, headers=(("Retry-After", "Wed, 25 Nov 2026 15:05:00 GMT"),)))
    with pytest.raises(TransientError) as caught:
        desk.client.reader.first_page("supplier")
    assert (caught.value.code, caught.value.retry_after_s) == ("RAT-01", 300)


def test_a_slow_request_is_tracked(site: Site) -> None:
    inside = "https://inside/api1/x3/erp/PROD/$trackings('1')"
    put_off = Said({"phase": "Tracking"}, 202, headers=(("Location", inside),))
    site.say(put_off, put_off, Said(page(SUPPLIER)))
    desk = desk_at(site.base_url)
    assert len(desk.client.reader.first_page("supplier").rows) == 1
    assert [heard.path for heard in site.heard[1:]] == ["/api1/x3/erp/PROD/$trackings('1')"] * 2
    assert desk.waits == [2, 2]


def test_tracking_has_an_end_and_needs_a_place(site: Site) -> None:
    put_off = Said({}, 202, headers=(("Location", "/api1/x3/erp/PROD/$trackings('1')"),))
    site.say(put_off)
    profile = shipped(times={"read_retry_s": (0.0,)})
    desk = desk_at(site.base_url, profile=profile)
    with pytest.raises(TimedOut):
        desk.client.reader.first_page("supplier")
    assert desk.waits.count(2.0) == 120  # two tries of 120 s
    site.say(Said({}, 202))
    with pytest.raises(Unreadable, match="did not say where"):
        desk.client.reader.first_page("supplier")


def test_three_time_outs_in_a_row_are_followed_by_silence(site: Site) -> None:
    site.say(Said(page(), delay_s=1))
    profile = shipped(limits={"read_timeout_s": 0.1})
    desk = desk_at(site.base_url, profile=profile)
    with pytest.raises(TransientError) as caught:
        desk.client.reader.first_page("supplier")
    assert caught.value.code == "QTA-01"
    assert not caught.value.was_sent
    assert (caught.value.retry_after_s or 0) > 890
    heard = len(site.heard)
    with pytest.raises(TransientError, match="QTA-01"):
        desk.client.reader.first_page("site")
    assert len(site.heard) == heard == 3


def test_silence_ends_and_an_answer_between_forgets(site: Site) -> None:
    late, good = Said(page(), delay_s=0.6), Said(page())
    site.say(late, late, good, late, late, good)
    profile = shipped(limits={"read_timeout_s": 0.2}, times={"silence_s": 0.0})
    reader = desk_at(site.base_url, profile=profile).client.reader
    reader.first_page("supplier")
    reader.first_page("supplier")
    assert len(site.heard) == 6
    site.say(late, late, late, good)
    reader.first_page("supplier")  # a silence of 0 s is over at once
    assert len(site.heard) == 10
    time.sleep(0.5)


def test_invoice_with_lines_by_details(site: Site) -> None:
    site.say(Said({"$uuid": "u", "$etag": "e", **INVOICE, "CUR_REF": {}, "PILLINES": [LINE]}))
    invoice = desk_at(site.base_url).client.reader.invoice("BIS'1")
    assert site.heard[0].target == (
        "/api1/x3/erp/PROD/PINVOICE('BIS%271')?representation=PINVOICE.$details"
    )
    assert invoice is not None
    assert (invoice.gross, invoice.lines[0].account) == (Decimal("1224.00"), "61100")


@pytest.mark.parametrize("status", [404, 200])
def test_a_missing_invoice_is_none(site: Site, status: int) -> None:
    site.say(Said(diagnosis("721 : Record does not exist"), status))
    reader = desk_at(site.base_url).client.reader
    assert reader.invoice("BIS9") is None
    assert reader.payment("PY9") is None


def test_details_of_an_unknown_endpoint_are_not_a_missing_invoice(site: Site) -> None:
    site.say(Said(diagnosis("Endpoint not found: PROD"), 404))
    with pytest.raises(ConfigError):
        desk_at(site.base_url).client.reader.invoice("BIS1")


def test_an_unreadable_invoice_is_an_error(site: Site) -> None:
    site.say(Said({**INVOICE, "AMTATI": "x"}))
    with pytest.raises(Unreadable, match="AMTATI"):
        desk_at(site.base_url).client.reader.invoice("BIS1")


def lines_and_headers(heard: Heard) -> Said:
    if heard.path.endswith("BPSINVLIG"):
        return Said(page({**LINE, "NUM": "A~1", "LIG": 2}, {**LINE, "NUM": "A~1"}))
    if "$details" in heard.target:
        return Said({**INVOICE, "NUM": "A~1"})
    return Said(page({**INVOICE, "NUM": "A~1"}))


@pytest.mark.parametrize(
    ("changes", "reads"),
    [({}, 2), ({"lines": "bulk", "details": "never"}, 2), ({"lines": "none"}, 1)],
)
def test_a_key_with_a_tilde_and_bulk_lines(site: Site, changes: dict[str, str], reads: int) -> None:
    site.respond = lines_and_headers
    profile = with_entity(shipped(), "invoice", **changes)
    invoice = desk_at(site.base_url, profile=profile).client.reader.invoice("A~1")
    assert invoice is not None
    assert [line.line for line in invoice.lines] == ([1, 2] if reads == 2 else [])
    assert len(site.heard) == reads
    assert site.heard[0].query["where"] == "ACCDAT ge @2026-01-01@ and NUM eq 'A~1'"


def test_bulk_lines_beside_details(site: Site) -> None:
    site.respond = lines_and_headers
    profile = with_entity(shipped(), "invoice", lines="bulk")
    invoice = desk_at(site.base_url, profile=profile).client.reader.invoice("A1")
    assert invoice is not None
    assert site.heard[1].query["where"] == "NUM in ('A1')"
    assert "orderBy" not in site.heard[1].query


def test_records_by_their_keys(site: Site) -> None:
    site.respond = lambda _: Said(page({**INVOICE, "NUM": f"B{len(site.heard)}"}))
    reader = desk_at(site.base_url, profile=swift(keys_per_request=2)).client.reader
    found = reader.invoice_headers(["B1", "B2", "B2", "B3"])
    assert [row.number for row in found] == ["B1", "B2"]
    assert [heard.query["where"] for heard in site.heard] == [
        "ACCDAT ge @2026-01-01@ and NUM in ('B1','B2')",
        "ACCDAT ge @2026-01-01@ and NUM in ('B3')",
    ]
    assert reader.invoice_headers([]) == ()


def test_open_items_of_invoices_closed_ones_included(site: Site) -> None:
    more = "https://inside/api1/x3/erp/PROD/GACCDUDATE?key=gt.1"
    site.say(Said(page(ITEM, next_url=more)), Said(page({**ITEM, "DUDLIG": 2, "FLGCLE": 2})))
    found = desk_at(site.base_url).client.reader.open_items(["BIS1"])
    assert [row.closed for row in found] == [1, 2]
    assert site.heard[0].query["where"] == "(BPRTYP eq 2) and NUM in ('BIS1')"


def test_open_items_by_the_posting_number(site: Site) -> None:
    site.say(Said(page(INVOICE)), Said(page(ITEM)))
    profile = shipped(meaning={"open_item_link": "accnum"})
    found = desk_at(site.base_url, profile=profile).client.reader.open_items(["BIS1"])
    assert len(found) == 1
    assert site.heard[1].query["where"] == "(BPRTYP eq 2) and ACCNUM in (88213)"


def test_an_unreadable_record_among_wanted_ones_is_an_error(site: Site) -> None:
    site.say(Said(page({**ITEM, "PAYCUR": "x"})))
    with pytest.raises(Unreadable, match="PAYCUR"):
        desk_at(site.base_url).client.reader.open_items(["BIS1"])


def test_payment_with_lines(site: Site) -> None:
    site.say(Said(PAYMENT))
    payment = desk_at(site.base_url).client.reader.payment("PY1")
    assert payment is not None
    assert (payment.reference, payment.status) == ("AVD1", 9)
    assert (payment.lines[0].doc_number, payment.lines[0].amount) == ("BIS1", Decimal("1224.00"))


def test_set_up_sees_paging_that_does_not_work(site: Site) -> None:
    company = {"CPY": "US10", "CPYNAM": "ACME"}
    site.say(Said(page(company, size=1)), Said(page(company, {**company, "CPY": "US20"})))
    with pytest.raises(ConfigError, match="company"):
        desk_at(site.base_url).client.set_up.check_paging()
    site.say(Said(page(company, size=1, next_url="/api1/x3/erp/PROD/COMPANY?key=1")))
    desk_at(site.base_url).client.set_up.check_paging()
    site.say(Said(page(company, size=1)))
    desk_at(site.base_url).client.set_up.check_paging()


def test_set_up_names_missing_properties(site: Site) -> None:
    described: dict[str, Any] = {"$properties": {"BPSNUM": {}, "UPDDATTIM": {}}}
    site.say(Said(described))
    set_up = desk_at(site.base_url).client.set_up
    assert set_up.missing_properties("supplier") == ("BPSNAM",)
    assert site.heard[0].path == "/api1/x3/erp/PROD/BPSUPPLIER/$prototypes('BPSUPPLIER.$query')"
    refused = Said(diagnosis("Representation not found"), 500)
    site.say(refused, Said(page({"BPSNUM": "1", "BPSNAM": "x"})))
    assert set_up.missing_properties("supplier") == ("UPDDATTIM",)
    site.say(refused, Said(page()))
    assert set_up.missing_properties("supplier") is None


def test_set_up_lists_endpoints_where_the_server_tells(site: Site) -> None:
    site.say(Said(page({"dataset": "PROD"}, {"dataset": "TEST"}, {"name": "x"})))
    set_up = desk_at(site.base_url).client.set_up
    assert set_up.endpoints() == ("PROD", "TEST")
    assert site.heard[0].path == "/api1/syracuse/collaboration/syracuse/endPoints"
    site.say(Said(diagnosis("Access denied"), 403))
    assert set_up.endpoints() == ()


def test_a_single_diagnosis_and_an_odd_one(site: Site) -> None:
    site.say(Said({"$diagnoses": {"$severity": "ERROR", "$message": "Property not found: X"}}))
    with pytest.raises(ConfigError, match="found: X"):
        desk_at(site.base_url).client.reader.first_page("supplier")
    site.say(Said({**page(SUPPLIER), "$diagnoses": ["odd"]}))
    assert desk_at(site.base_url).client.reader.first_page("supplier").rows


@pytest.mark.parametrize("text", ["soon", "Wed, 25 Nov 2026 15:05:00 -0000"])
def test_a_retry_after_that_tells_nothing(site: Site, text: str) -> None:
    site.say(Said(b"", 503, headers=(("Retry-After", text),)), Said(page(SUPPLIER)))
    desk = desk_at(site.base_url)
    desk.client.reader.first_page("supplier")
    assert 0.75 <= desk.waits[0] <= 1.25


def test_many_threads_share_one_client(site: Site) -> None:
    site.respond = lambda heard: Said(page({**SUPPLIER, "BPSNAM": heard.query["where"]}))
    reader = desk_at(site.base_url).client.reader
    base = datetime(2026, 1, 1, tzinfo=UTC)

    def ask(number: int) -> bool:
        since = base + timedelta(days=number)
        return f"{since:%Y-%m-%d}" in reader.first_page("supplier", since=since).rows[0].name

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(ask, range(80)))
    assert len(site.heard) == 80
