"""Lists, pages, windows and look-ups (avidxchange.md 2.2, 2.9, 2.10 and section 3, rows 2 to 6)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.avidxchange import Profile
from core.domain.ap_documents import Code
from core.errors import AppError, Unreadable
from core.ports import Page
from tests.contract.avidxchange_server import (
    DATE,
    SERVER_TIME,
    Answer,
    Seen,
    Site,
    fault,
    invoice_json,
    listing,
    payment_json,
    profile_with,
    site,
)

SINCE = datetime(2026, 6, 1, tzinfo=UTC)
UNTIL = datetime(2026, 6, 12, 18, 0, 0, 500_000, tzinfo=UTC)


def read_all(found: Site, entity: str) -> list[Page]:
    since = None if entity.startswith("code") else SINCE
    pages = [found.client.first_page(entity, since=since)]
    while pages[-1].next is not None:
        pages.append(found.client.next_page(entity, pages[-1].next))
    return pages


def keys(pages: list[Page]) -> list[str]:
    return [row.key for page in pages for row in page.rows]


def codes(*values: str) -> list[dict[str, Any]]:
    return [{"GroupName": "Location", "CodeValue": value, "IsActive": True} for value in values]


def test_a_page_carries_the_times_of_its_answer() -> None:
    with site() as found:
        paging = {"QueryTimeStamp": "2026-06-12T17:59:00", "TotalItems": 1}
        found.server.script = [Answer(listing(invoice_json(), **paging))]
        page = found.client.first_page("ap_invoice", since=SINCE, until=UNTIL)
        (seen,) = found.server.seen
    assert DATE.startswith("Fri, 12 Jun 2026")
    assert page.server_time == SERVER_TIME
    assert page.query_time == datetime(2026, 6, 12, 17, 59, tzinfo=UTC)
    assert page.changed_max == datetime(2026, 6, 3, 16, 2, 44, tzinfo=UTC)
    assert (page.total, page.next, page.unreadable) == (1, None, ())
    assert seen.path == "/v1/invoices"
    assert seen.query == {
        "lastModifiedFrom": "2026-06-01T00:00:00Z",
        "lastModifiedTo": "2026-06-12T18:00:00Z",
        "pageNumber": "1",
        "pageSize": "200",
    }


@pytest.mark.parametrize(
    ("entity", "path"),
    [
        ("code_group", "/v1/codes/groups"),
        ("code", "/v1/codes"),
        ("vendor", "/v1/vendors"),
    ],
)
def test_reference_data_is_read_without_a_window(entity: str, path: str) -> None:
    with site(page_size=900) as found:
        found.server.script = [Answer(listing())]
        assert found.client.first_page(entity).rows == ()
        (seen,) = found.server.seen
    assert seen.path == path
    assert seen.query == {"pageNumber": "1", "pageSize": "500"}


def test_windows() -> None:
    with site() as found:
        found.server.script = [Answer(listing())]
        found.client.first_page("vendor", since=SINCE)
        assert "lastModifiedTo" not in found.server.seen[-1].query
        found.client.first_page("vendor", since=SINCE - timedelta(days=400), until=UNTIL)
        found.client.first_page("ap_payment", since=SINCE, until=SINCE + timedelta(days=30))
        asked = len(found.server.seen)
        with pytest.raises(ValueError, match="longer than 30"):
            found.client.first_page("ap_payment", since=SINCE, until=SINCE + timedelta(days=31))
        with pytest.raises(ValueError, match="windows only"):
            found.client.first_page("ap_invoice")
        with pytest.raises(ValueError, match="time zone"):
            found.client.first_page("ap_invoice", since=SINCE.replace(tzinfo=None))
        assert len(found.server.seen) == asked


def test_windows_of_whole_days() -> None:
    days = profile_with(
        ('window_granularity = "datetime"', 'window_granularity = "date"'),
    )
    with site(days) as found:
        found.server.script = [Answer(listing())]
        found.client.first_page("ap_payment", since=SINCE + timedelta(hours=5), until=UNTIL)
        query = found.server.seen[0].query
    assert (query["lastModifiedFrom"], query["lastModifiedTo"]) == ("2026-06-01", "2026-06-12")


@pytest.mark.parametrize("name", ["PageCount", "Pages"])
def test_pages_by_count_even_when_they_are_short(name: str) -> None:
    def answer(seen: Seen) -> Answer:
        number = int(seen.query["pageNumber"])
        items = {1: codes("A", "B"), 2: codes("C"), 3: codes("D", "E")}[number]
        paging = {"PageNumber": number, "PageSize": 500, name: 3, "TotalItems": 5}
        return Answer({"Items": items, "Paging": paging})

    with site() as found:
        found.server.script = [answer]
        pages = read_all(found, "code")
    assert len(pages) == 3
    assert keys(pages) == [f"Location\n{value}" for value in "ABCDE"]


@pytest.mark.parametrize("total", [3, None])
def test_pages_without_a_count_go_on_until_all_are_read_or_a_page_is_empty(
    total: int | None,
) -> None:
    def answer(seen: Seen) -> Answer:
        number = int(seen.query["pageNumber"])
        items = {1: codes("A"), 2: codes("B"), 3: codes("C")}.get(number, [])
        paging = {"PageNumber": number, **({"TotalItems": total} if total else {})}
        return Answer({"Items": items, "Paging": paging})

    with site() as found:
        found.server.script = [answer]
        assert len(keys(read_all(found, "code"))) == 3
        assert len(found.server.seen) == (3 if total else 4)


def test_paging_that_cannot_be_read_is_as_good_as_none() -> None:
    paging = {"PageNumber": "one", "PageCount": "few", "TotalItems": "1", "QueryTimeStamp": "now"}
    with site() as found:
        found.server.script = [Answer({"Items": codes("A"), "Paging": paging, "Links": ["next"]})]
        page = found.client.first_page("code")
    assert (page.total, page.next, page.query_time) == (1, None, None)


def test_a_walk_goes_on_with_another_client() -> None:
    with site() as found:
        found.server.script = [Answer(listing(invoice_json(1), PageCount=2, TotalItems=2))]
        place = found.client.first_page("ap_invoice", since=SINCE, until=UNTIL).next
    assert place is not None
    with site() as later:
        later.server.script = [
            Answer(listing(invoice_json(2), PageNumber=2, PageCount=2, TotalItems=2))
        ]
        page = later.client.next_page("ap_invoice", place)
        query = later.server.seen[0].query
        with pytest.raises(Unreadable, match="saved place"):
            later.client.next_page("ap_invoice", "page 2, please")
    assert keys([page]) == ["2"]
    assert (query["pageNumber"], query["lastModifiedFrom"]) == ("2", "2026-06-01T00:00:00Z")
    assert page.next is None


def test_another_page_than_asked_for_is_an_error_at_once() -> None:
    with site() as found:
        found.server.script = [Answer(listing(PageNumber=7))]
        with pytest.raises(Unreadable, match="page 1 was asked for and page 7 came"):
            found.client.first_page("code")
        assert len(found.server.seen) == 1


def test_the_same_page_for_ever_ends_with_an_error() -> None:
    def answer(seen: Seen) -> Answer:
        number = int(seen.query["pageNumber"])
        return Answer({"Items": codes("A", "B"), "Paging": {"PageNumber": number}})

    with site() as found:
        found.server.script = [answer]
        with pytest.raises(Unreadable, match="same page came twice"):
            read_all(found, "code")
    one_row = profile_with(("max_pages = 10000", "max_pages = 4"))
    with site(one_row) as found:
        found.server.script = [Answer({"Items": codes("A"), "Paging": {}})]
        with pytest.raises(Unreadable, match="more than 4 pages"):
            read_all(found, "code")


LINKS = ('style = "number"', 'style = "link"')


@pytest.mark.parametrize("inside", [True, False])
def test_pages_by_link(inside: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    def answer(seen: Seen) -> Answer:
        is_last = seen.query.get("cursor") == "b"
        links = [{"rel": "NEXT", "href": "/v1/codes?cursor=b"}, {"rel": "self", "href": "/x"}]
        items = codes("B") if is_last else codes("A")
        links = [] if is_last else links
        if inside:
            return Answer({"Items": items, "Paging": {"PageNumber": 1 + is_last, "Links": links}})
        return Answer({"Items": items, "Links": links})

    with site(profile_with(LINKS)) as found:
        found.server.script = [answer]
        pages = read_all(found, "code")
        assert keys(pages) == ["Location\nA", "Location\nB"]
        assert found.server.seen[1].target == "/v1/codes?cursor=b"


def test_links_to_another_server_are_refused_and_unused_with_style_number() -> None:
    elsewhere = {"Items": codes("A"), "Links": [{"Rel": "next", "Href": "http://127.0.0.1:9/v1"}]}
    with site(profile_with(LINKS)) as found:
        found.server.script = [Answer(elsewhere)]
        with pytest.raises(Unreadable, match="another server"):
            found.client.first_page("code")
    with site() as found:
        found.server.script = [Answer(elsewhere)]
        assert found.client.first_page("code").next is None
    strange = {"Items": codes("A"), "Links": ["next", {"Rel": "next", "Href": 5}]}
    with site(profile_with(LINKS)) as found:
        found.server.script = [Answer(strange)]
        assert found.client.first_page("code").next is None


@pytest.mark.parametrize(
    "body",
    [
        {"Items": codes("A")},
        codes("A"),
        {"Items": codes("A")[0]},
        {"items": [{"groupname": "Location", "CODEVALUE": "A"}], "paging": None},
    ],
)
def test_every_shape_of_a_list(body: Any) -> None:
    with site() as found:
        found.server.script = [Answer(body)]
        page = found.client.first_page("code")
    assert page.rows == (Code("Location", "A"),)
    assert page.next is None


@pytest.mark.parametrize("body", [{}, {"Value": 1}, "text", 5, None, fault("X", "Y")])
def test_what_is_no_list_is_an_error(body: Any) -> None:
    with site() as found:
        found.server.script = [Answer(body)]
        with pytest.raises(Unreadable):
            found.client.first_page("code")
        assert len(found.server.seen) == 1


def test_a_record_that_cannot_be_read_costs_only_itself() -> None:
    broken = payment_json(7, LastModified="1781000000")
    with site() as found:
        found.server.script = [Answer(listing(payment_json(6), broken, "x", TotalItems=3))]
        page = found.client.first_page("ap_payment", since=SINCE)
    assert keys([page]) == ["6"]
    assert page.unreadable == (
        "ap_payment 7: LastModified '1781000000' is no date-time",
        "ap_payment: the record is no object",
    )
    assert page.total == 3


def company_profile(place: str) -> Profile:
    return profile_with(
        ('company_in = "header"', f'company_in = "{place}"'),
        ('company_name = "X-Company-Id"', 'company_name = "company"'),
    )


def test_the_company_travels_where_the_profile_says() -> None:
    with site(company_profile("query")) as found:
        found.server.script = [Answer(listing())]
        found.client.first_page("code")
        assert found.server.seen[0].query["company"] == "C-1001"
        assert "company" not in found.server.seen[0].headers
    with site(company_profile("none")) as found:
        found.server.script = [Answer(listing())]
        found.client.first_page("code")
        assert "company" not in found.server.seen[0].query
        assert "company" not in found.server.seen[0].headers


def test_the_request_id_can_be_left_out() -> None:
    with site(profile_with(('request_id = "X-Request-Id"', 'request_id = ""'))) as found:
        found.server.script = [Answer(listing())]
        found.client.first_page("code")
        assert "x-request-id" not in found.server.seen[0].headers


def test_a_base_address_with_a_path_is_kept() -> None:
    with site() as plain, site(base_url=f"{plain.server.url}/gateway/") as found:
        found.server.script = [Answer(listing())]
        plain.server.script = [Answer(listing())]
        found.client.first_page("code")
        assert plain.server.seen[0].path == "/gateway/v1/codes"


@pytest.mark.parametrize(
    ("operation", "entity"),
    [
        ("GET /v1/codes/groups", "code_group"),
        ("GET /v1/codes", "code"),
        ("GET /v1/payments", "ap_payment"),
    ],
)
def test_a_list_that_is_not_offered_is_off(operation: str, entity: str) -> None:
    with site(profile_with((f'"{operation}"', '""'))) as found:
        page = found.client.first_page(entity, since=SINCE)
        assert (page.rows, page.next, page.server_time) == ((), None, None)
        assert found.server.seen == []


def test_a_look_up_that_is_not_offered_never_says_that_nothing_is_there() -> None:
    profile = profile_with(('"GET /v1/invoices"', '""'))
    with site(profile) as found, pytest.raises(AppError, match="does not offer list_invoices"):
        found.client.find_invoices(["X3|PROD|US01|1|1"])


def test_a_server_that_cuts_the_page_size_is_asked_for_what_it_gives() -> None:
    pages = [
        Answer(
            listing(
                {"GroupName": "L", "CodeValue": str(number)},
                PageNumber=number,
                PageSize=1,
                PageCount=3,
                TotalItems=3,
            )
        )
        for number in (1, 2, 3)
    ]
    with site(page_size=500) as found:
        found.server.script = [*pages]
        page = found.client.first_page("code")
        while page.next:
            page = found.client.next_page("code", page.next)
        assert [seen.query["pageSize"] for seen in found.server.seen] == ["500", "1", "1"]
