"""Members that a node has no path for are read by api1 and put in (sage-x3.md 2.2, 6.2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from core.errors import AppError, ConfigError, TransientError, Unreadable
from core.x3.graphql import GraphqlReader
from core.x3.graphql_completion import lacking
from core.x3.profile import Profile, load
from tests.contract.x3_site import (
    SHIPPED,
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

DENIED = Said(diagnosis("Access denied"), 403)
UNKNOWN = Said(diagnosis("Representation not found: PINVOICE"), 500)
BUSY = Said(diagnosis("Locked record"), 500)


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


def header(number: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": number, "category": "invoice", "company": {"code": "US10"},
        "site": {"code": "US011"}, "billBySupplier": {"code": {"code": "0113"}},
        "sourceDocument": "INV-1", "sourceDocumentDate": "2026-02-27",
        "accountingDate": "2026-03-01", "currency": {"code": "USD"},
        "totalAmountExcludingTax": "1140.00", "totalAmountIncludingTax": "1224.00",
        "status": "toValidate", "paymentApproval": "pending", "_id": number,
        "_updateStamp": "2026-03-02T15:04:11.250Z", **changes,
    }  # fmt: skip


def supplier(code: str) -> dict[str, Any]:
    return {"code": {"code": code}, "companyName1": "N", "_id": code, "_updateStamp": None}


def told(node: str, rows: list[dict[str, Any]], after: str = "") -> Said:
    package, name = node.split(".")
    info = {"hasNextPage": bool(after), "endCursor": after or None}
    found = {"edges": [{"node": row} for row in rows], "pageInfo": info}
    return Said({"data": {package: {name: {"query": found}}}})


def serve(
    site: Site,
    entity: str,
    rows: list[dict[str, Any]],
    by_api1: Callable[[Heard], Said],
    *,
    after: str = "",
) -> None:
    """GraphQL gives these rows of an entity whatever is asked; api1 answers as told."""
    node = shipped().graphql[entity].node
    site.respond = lambda heard: (
        by_api1(heard) if heard.method == "GET" else told(node, rows, after)
    )


def reader(site: Site, profile: Profile | None = None, **settings: Any) -> GraphqlReader:
    found = desk_at(site.base_url, profile=profile, read="graphql", **settings).client.reader
    assert isinstance(found, GraphqlReader)
    return found


def by_api1(site: Site) -> list[Heard]:
    return [heard for heard in site.heard if heard.method == "GET"]


def test_what_is_lacking_follows_from_the_profile() -> None:
    def names(entity: str, profile: Profile) -> set[str]:
        return {field.name for field in lacking(profile, entity)}

    profile = shipped()
    assert {"match", "type", "pay_to_address", "entry_type"} <= names("invoice", profile)
    assert not {"number", "status", "tax_codes"} & names("invoice", profile)
    assert names("supplier", profile) == {
        "payment_term", "tax_rule", "pay_to_address", "country", "tax_id",
    }  # fmt: skip
    assert names("company", profile) == {"currency"}
    assert names("site", profile) == set()
    assert names("open_item", profile) == set()  # its key has four parts
    assert names("payment", profile) == set()  # no node
    assert not any(field.is_required for field in lacking(profile, "invoice"))


@pytest.mark.parametrize(
    ("overlay", "has", "has_not"),
    [
        ('[graphql.invoice]\nfields = ["reference=", "control==SUP"]', {"reference", "control"},
         set()),
        ('[graphql.invoice]\nfields = ["match:m585=matching", "type=type.code"]', set(),
         {"match", "type"}),
        ('[entity.invoice]\nfields = ["match=", "journal==PUR"]', {"journal"}, {"match"}),
        ('[entity.invoice]\nfields = ["control==A"]\n[graphql.invoice]\nfields = ["control==B"]',
         set(), {"control"}),
        ('[entity.invoice]\nkey = ["NUM", "CPY"]', set(), {"match"}),
        ('[graphql.invoice]\nnode = ""', set(), {"match"}),
    ],
)  # fmt: skip
def test_a_sites_profile_decides(
    tmp_path: Path, overlay: str, has: set[str], has_not: set[str]
) -> None:
    path = tmp_path / "site.toml"
    path.write_text(overlay, "utf-8")
    names = {field.name for field in lacking(load(SHIPPED, path), "invoice")}
    assert has <= names
    assert not has_not & names


def test_members_are_asked_by_key_and_put_in(site: Site) -> None:
    rows = [header("B1"), header("O'N"), header("B3")]
    known = {"B1": {"NUM": "B1 ", "TWMSTA": 4, "PIVTYP": "STD", "BPAPAY": "A2", "AMTATI": 1},
             "O'N": {"NUM": "O'N", "TWMSTA": "1", "CREDATTIM": "2026-02-28T09:00:00Z"}}  # fmt: skip

    def answer(heard: Heard) -> Said:
        return Said(page(*(row for key, row in known.items() if key in heard.query["where"])))

    serve(site, "invoice", rows, answer, after="next")
    asks = reader(site, shipped(limits={"keys_per_request": 2}), companies=("US10",))
    found = asks.first_page("invoice", since=datetime(2026, 3, 1, tzinfo=UTC))
    first, second, gone = found.rows
    assert (first.match, first.type, first.pay_to_address) == (4, "STD", "A2")
    assert str(first.gross) == "1224.00"  # what the node has stays the node's
    assert (second.match, second.type) == (1, "")
    assert second.created == datetime(2026, 2, 28, 9, tzinfo=UTC)
    assert (gone.number, gone.match, gone.type) == ("B3", None, "")
    assert found.changed_max == datetime(2026, 3, 2, 15, 4, 11, 250000, tzinfo=UTC)
    assert found.next is not None
    scope = "CPY in ('US10') and ACCDAT ge @2026-01-01@ and NUM in "
    assert [heard.query["where"] for heard in by_api1(site)] == [
        f"""{scope}('B1',"O'N")""", f"{scope}('B3')",
    ]  # fmt: skip
    assert {heard.query["representation"] for heard in by_api1(site)} == {"PINVOICE.$query"}


def test_headers_and_whole_invoices_are_completed_too(site: Site) -> None:
    serve(site, "invoice", [header("B1")], lambda _: Said(page({"NUM": "B1", "TWMSTA": 4})))
    asks = reader(site, with_entity(shipped(), "invoice", lines="none"))
    assert [one.match for one in asks.invoice_headers(["B1"])] == [4]
    assert [one.match for one in asks.invoices(["B1"])] == [4]
    assert asks.invoice("B1") == asks.first_page("invoice").rows[0]


def test_suppliers_are_completed(site: Site) -> None:
    known = {"BPSNUM": "0113", "BPSNAM": "other", "PTE": "US2X50", "VACBPR": "USTAX",
             "BPAPAY": "A01", "CRY": "US", "CRN": "36-4412345"}  # fmt: skip
    serve(site, "supplier", [supplier("0113")], lambda _: Said(page(known)))
    one = reader(site).first_page("supplier").rows[0]
    assert (one.name, one.payment_term, one.tax_rule) == ("N", "US2X50", "USTAX")
    assert (one.pay_to_address, one.country, one.tax_id) == ("A01", "US", "36-4412345")
    assert by_api1(site)[0].query["where"] == "BPSNUM in ('0113')"


def test_constants_of_api1_need_no_question(site: Site, tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text('[entity.company]\nfields = ["currency==USD"]', "utf-8")
    serve(site, "company", [{"code": "US10", "name": "N", "_id": "1"}], lambda _: DENIED)
    assert reader(site, load(SHIPPED, path)).first_page("company").rows[0].currency == "USD"
    assert by_api1(site) == []


def test_nothing_is_asked_where_nothing_is_lacking(site: Site) -> None:
    place = {"code": "US011", "name": "S", "legalCompany": {"code": "US10"}, "_id": "1"}
    serve(site, "site", [place], lambda _: DENIED)
    assert reader(site).first_page("site").rows[0].company == "US10"
    serve(site, "invoice", [], lambda _: DENIED)
    assert reader(site).first_page("invoice").rows == ()
    assert by_api1(site) == []


@pytest.mark.parametrize("refusal", [DENIED, UNKNOWN, Said(diagnosis("no"), 400)])
def test_a_class_that_is_refused_leaves_its_members_unknown(
    site: Site, refusal: Said, caplog: pytest.LogCaptureFixture
) -> None:
    serve(site, "invoice", [header("B1")], lambda _: refusal, after="next")
    asks = reader(site)
    for _ in range(3):
        found = asks.first_page("invoice")
        assert [(one.number, one.match) for one in found.rows] == [("B1", None)]
        assert found.unreadable == ()
    said = [one.getMessage() for one in caplog.records if "api1 does not give" in one.getMessage()]
    assert len(said) == 1
    assert "invoice" in said[0]
    assert "match" in said[0]


def test_a_right_given_or_taken_away_counts_from_the_next_page_on(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    asks = reader(site)
    script = [DENIED, Said(page({"NUM": "B1", "TWMSTA": 4})), DENIED]
    serve(site, "invoice", [header("B1")], lambda _: script.pop(0))
    shown = [asks.first_page("invoice").rows[0].match for _ in range(3)]
    assert shown == [None, 4, None]
    assert len([one for one in caplog.records if "does not give" in one.getMessage()]) == 2


def test_a_class_that_has_answered_and_fails_now_fails_the_page(site: Site) -> None:
    asks = reader(site)
    serve(site, "invoice", [header("B1")], lambda _: Said(page({"NUM": "B1", "TWMSTA": 4})))
    assert asks.first_page("invoice").rows[0].match == 4
    serve(site, "invoice", [header("B1")], lambda _: UNKNOWN)
    with pytest.raises(ConfigError, match="PINVOICE"):
        asks.first_page("invoice")


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        (Said(diagnosis("Endpoint not found: PROD"), 404), ConfigError),
        (Said(b"", 302, "", (("Location", "/x"),)), ConfigError),
        (Said(b"<html></html>", 200, "text/html"), Unreadable),
        (Said(b"", 502), TransientError),
        (BUSY, TransientError),
    ],
)
def test_what_is_no_refusal_of_the_class_fails_the_page(
    site: Site, said: Said, kind: type[AppError]
) -> None:
    serve(site, "invoice", [header("B1")], lambda _: said)
    with pytest.raises(kind):
        reader(site).first_page("invoice")


def test_a_member_that_cannot_be_read_costs_only_its_record(site: Site) -> None:
    rows = [{"NUM": "B1", "CREDATTIM": "soon"}, {"NUM": "B2", "TWMSTA": 4}]
    serve(site, "invoice", [header("B1"), header("B2")], lambda _: Said(page(*rows)))
    found = reader(site).first_page("invoice")
    assert [one.number for one in found.rows] == ["B2"]
    assert [text.partition(": ")[0] for text in found.unreadable] == ["invoice B1"]
    assert "CREDATTIM" in found.unreadable[0]
    with pytest.raises(Unreadable, match="CREDATTIM"):
        reader(site).invoice_headers(["B1", "B2"])


def properties(*names: str) -> Said:
    return Said({"$properties": {name: {} for name in names}})


ALL_OF_SUPPLIER = ("PTE", "VACBPR", "BPAPAY", "CRY", "CRN")


@pytest.mark.parametrize(
    ("described", "row", "unknown"),
    [
        (properties(*ALL_OF_SUPPLIER), Said(page()), set()),
        (properties("PTE", "VACBPR", "CRY"), Said(page()), {"pay_to_address", "tax_id"}),
        (DENIED, Said(page({"PTE": "", "VACBPR": "", "CRY": ""})), {"pay_to_address", "tax_id"}),
        (UNKNOWN, Said(page()), set()),  # neither its fields nor a row: not told
        (DENIED, DENIED, {"payment_term", "tax_rule", "pay_to_address", "country", "tax_id"}),
        (properties(*ALL_OF_SUPPLIER), DENIED,
         {"payment_term", "tax_rule", "pay_to_address", "country", "tax_id"}),
    ],
)  # fmt: skip
def test_set_up_tells_what_stays_unknown(
    site: Site, described: Said, row: Said, unknown: set[str]
) -> None:
    site.respond = lambda heard: described if "$prototypes" in heard.path else row
    set_up = desk_at(site.base_url, read="graphql").client.set_up
    assert {field.name for field in set_up.unknown_fields("supplier")} == unknown


def test_set_up_asks_nothing_where_nothing_is_lacking_and_else_as_api1(site: Site) -> None:
    site.respond = lambda _: properties("PTE", "PTELIN", "LEG")
    set_up = desk_at(site.base_url, read="graphql").client.set_up
    assert set_up.unknown_fields("site") == ()
    assert site.heard == []
    unknown = {field.name for field in set_up.unknown_fields("payment_term")}  # no node
    assert {"name", "days", "share"} <= unknown
    site.respond = lambda _: Said(diagnosis("Endpoint not found: PROD"), 404)
    with pytest.raises(ConfigError, match="PROD"):
        set_up.unknown_fields("supplier")
