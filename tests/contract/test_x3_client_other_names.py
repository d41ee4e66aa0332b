"""A customised X3: other classes, properties, stamps and switches, by a site's profile alone.

The rows are the contract's samples (sage-x3.md 2.5) under other names; each switch of section 2.2
is shown to change what goes over the wire.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.domain.timing import erp_lower_bound
from core.errors import ConfigError
from core.x3.api1 import Api1Reader
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

OVERLAY = """
name = "A customised folder"
[format]
order_by = ";"
where_in = false
where_datetime = "@YYYY-MM-DD HH:MM:SS@"
where_date = "@DD/MM/YYYY@"
time_zone = "Europe/Paris"
empty_dates = ["", "2999-12-31"]
[entity_defaults]
change = "modifiedDateTime"
[entity.supplier]
class = "YSUPP"
representation = "YSUPPAVD"
key = ["YCODE"]
fields = ["code=YCODE!", "name=YNAME!", "active:yn=YACTIVE", "payment_hold:yn=YHOLD"]
[entity.invoice]
class = "ZPINV"
key = ["ZNUM"]
company = "ZCPY"
change_kind = "date"
change = "updatedDate"
children = { lines = "ZLINES" }
fields = ["number=ZNUM!", "kind:m645=ZTYP!", "company=ZCPY!", "accounting_date:d=ZDATE!",
  "net:n=ZNET!", "gross:n=ZGROSS!", "status:m509=ZSTA!", "approval:m510=ZPAZ!",
  "posting_number:i=ZACC", "entry_type=ZGTE!", "site=ZSITE!", "supplier=ZSUPP!",
  "supplier_document=ZVCR!",
  "document_date:d=ZDAT!", "currency=ZCUR!", "journal="]
details_fields = ["comment1=ZTEXT[1]", "comment2=ZTEXT[2]", "tax_codes=ZTAX"]
[entity.invoice_line]
class = "ZPLINE"
key = ["ZNUM", "ZLIN"]
fields = ["invoice=ZNUM!", "line:i=ZLIN!", "chart==USA", "account=ZACC!", "net:n=ZNET!"]
dimension_types = ["=DPT", "=PRJ"]
dimension_values = ["ZDPT", "ZPRJ"]
[entity.open_item]
class = "YDUDATE"
key = ["YTYP", "YNUM", "YLIG", "YDUE"]
company = "YCPY"
where = "YKIND eq 2 or YKIND eq 3"
fields = ["type=YTYP!", "number=YNUM!", "line:i=YLIG!", "due_line:i=YDUE!", "company=YCPY!",
  "partner=YBPR!", "currency=YCUR!", "due_date:d=YDATE!", "amount:n=YAMT!", "paid:n=YPAID!",
  "provisional:n=YTMP!", "approval:m510=YPAZ!", "closed:i=YCLOSED!", "posting_number:i=YACC"]
[entity.payment]
class = "ZPAY"
key = ["ZNUM"]
where = "ZKIND eq 2"
children = { lines = "ZPAYD" }
fields = ["number=ZNUM!", "company=ZCPY!", "partner=ZBPR!", "currency=ZCUR!", "amount:n=ZAMT!",
  "date:d=ZDATE!", "reference=ZREF!", "status:m689=ZSTA!"]
line_fields = ["line:i=ZLIN!", "doc_type=ZVTYP!", "doc_number=ZVNUM!", "amount:n=ZAMT!"]
[entity.gl_account]
class = "YACCOUNT"
key = ["YCHART", "YACC"]
details = "always"
fields = ["chart=YCHART!", "account=YACC!", "name=YNAME!"]
[soap.payment]
lookup = "read"
"""

SUPPLIER = {
    "YCODE": "0113", "YNAME": "Northwind", "YACTIVE": 2, "YHOLD": 1,
    "modifiedDateTime": "2026-01-14 09:00:00",
}  # fmt: skip
LINE = {"ZLIN": 2, "ZACC": "61100", "ZNET": 600, "ZDPT": "ADM", "ZPRJ": ""}
INVOICE = {
    "ZNUM": "BIS1", "ZTYP": 1, "ZCPY": "US10", "ZDATE": "2026-03-01", "ZNET": 1140.00,
    "ZGROSS": 1224.00, "ZSTA": 3, "ZPAZ": 1, "ZACC": 88213, "ZGTE": "SPINV", "ZSITE": "US011",
    "ZSUPP": "0113", "ZVCR": "INV-1", "ZDAT": "2026-02-27", "ZCUR": "USD",
    "updatedDate": "2026-03-02",
}  # fmt: skip
ITEM = {
    "YTYP": "SPINV", "YNUM": "BIS1", "YLIG": 1, "YDUE": 1, "YCPY": "US10", "YBPR": "0113",
    "YCUR": "USD", "YDATE": "2026-03-29", "YAMT": 612.00, "YPAID": 0, "YTMP": 0, "YPAZ": 4,
    "YCLOSED": 1, "YACC": 88213, "modifiedDateTime": "2026-03-02T15:04:11Z",
}  # fmt: skip
PAYMENT = {
    "ZNUM": "PY1", "ZCPY": "US10", "ZBPR": "0113", "ZCUR": "USD", "ZAMT": 1224, "ZREF": "AVD1",
    "ZDATE": "2026-03-18", "ZSTA": 9, "modifiedDateTime": "2026-03-18T16:20:05Z",
    "ZPAYD": [{"ZLIN": 1, "ZVTYP": "SPINV", "ZVNUM": "BIS1", "ZAMT": 1224}],
}  # fmt: skip
ACCOUNTS = {
    code: {"YCHART": "USA", "YACC": code, "YNAME": f"Account {code}", "modifiedDateTime": None}
    for code in ("61100", "61110", "62~00")
}


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    path = tmp_path / "site.toml"
    path.write_text(OVERLAY, "utf-8")
    return load(SHIPPED, path)


def customised(heard: Heard) -> Said:
    """A server that knows these classes alone, with the contract's answer for any other."""
    name = heard.path.rpartition("/")[2]
    detail = re.fullmatch(r"(\w+)\('(.*)'\)", name)
    if detail is not None:
        found = {
            ("ZPINV", "BIS1"): {**INVOICE, "ZLINES": [LINE], "ZTEXT": ["Paper"], "ZTAX": "NY8"},
            ("ZPAY", "PY1"): PAYMENT,
            ("YACCOUNT", "USA~61100"): {**ACCOUNTS["61100"], "YNAME": "Whole"},
        }.get((detail[1], detail[2]))
        missing = Said(diagnosis("721 : Record does not exist"), 404)
        return missing if found is None else Said(found)
    rows: dict[str, list[dict[str, Any]]] = {
        "YSUPP": [SUPPLIER], "ZPINV": [INVOICE], "YDUDATE": [ITEM], "ZPAY": [PAYMENT],
        "ZPLINE": [{**LINE, "ZNUM": "BIS1"}, {**LINE, "ZNUM": "BIS1", "ZLIN": 1}],
        "YACCOUNT": list(ACCOUNTS.values()),
    }  # fmt: skip
    if name not in rows:
        return Said(diagnosis(f"Representation not found: {name}"), 500)
    return Said(page(*rows[name]))


def reader(site: Site, profile: Profile, **settings: Any) -> Api1Reader:
    site.respond = customised
    found = desk_at(site.base_url, profile=profile, **settings).client.reader
    assert isinstance(found, Api1Reader)
    return found


def test_suppliers_of_another_class(site: Site, profile: Profile) -> None:
    since = datetime(2026, 1, 14, 7, 30, 5, tzinfo=UTC)
    found = reader(site, profile).first_page("supplier", since=since)
    supplier = found.rows[0]
    assert (supplier.key, supplier.name, supplier.active, supplier.payment_hold) == (
        "0113", "Northwind", True, False,
    )  # fmt: skip
    assert supplier.changed == datetime(2026, 1, 14, 8, tzinfo=UTC)  # Paris is an hour ahead
    heard = site.heard[0]
    assert heard.path == "/api1/x3/erp/PROD/YSUPP"
    assert heard.query == {
        "representation": "YSUPPAVD.$query",
        "count": "200",
        "where": "modifiedDateTime ge @2026-01-14 07:30:05@",
        "orderBy": "modifiedDateTime asc;YCODE asc",
    }


def test_a_change_property_that_is_a_date(site: Site, profile: Profile) -> None:
    asks = reader(site, profile, companies=("US10", "US20"))
    assert asks.change_kind("invoice") == "date"
    bookmark = datetime(2026, 3, 2, 15, tzinfo=UTC)
    since = erp_lower_bound(bookmark, timedelta(minutes=15), asks.change_kind("invoice"))
    found = asks.first_page("invoice", since=since)
    assert found.rows[0].changed == found.changed_max == datetime(2026, 3, 2, tzinfo=UTC)
    assert site.heard[0].query["where"] == (
        "(ZCPY eq 'US10' or ZCPY eq 'US20') and ZDATE ge @01/01/2026@ "
        "and updatedDate ge @01/03/2026@"
    )
    assert site.heard[0].query["orderBy"] == "updatedDate asc;ZNUM asc"


def test_an_invoice_with_its_lines(site: Site, profile: Profile) -> None:
    invoice = reader(site, profile).invoice("BIS1")
    assert invoice is not None
    assert (invoice.gross, invoice.status, invoice.supplier) == (Decimal("1224.0"), 3, "0113")
    assert (invoice.comment1, invoice.comment2, invoice.tax_codes) == ("Paper", "", ("NY8",))
    line = invoice.lines[0]
    assert (line.chart, line.account, line.net) == ("USA", "61100", Decimal(600))
    assert line.dimensions == (("DPT", "ADM"),)
    assert site.heard[0].target.endswith("/ZPINV('BIS1')?representation=ZPINV.$details")
    assert reader(site, profile).invoice("BIS9") is None


def test_look_ups_by_other_names(site: Site, profile: Profile) -> None:
    asks = reader(site, profile)
    assert asks.invoice_headers(["BIS1", "BIS'2"])[0].number == "BIS1"
    assert site.heard[0].query["where"] == (
        "ZDATE ge @01/01/2026@ and (ZNUM eq 'BIS1' or ZNUM eq \"BIS'2\")"
    )
    item = asks.open_items(["BIS1"])[0]
    assert (item.key, item.open_amount, item.approval) == ("SPINV~BIS1~1~1", Decimal("612.0"), 4)
    assert site.heard[1].query["where"] == "(YKIND eq 2 or YKIND eq 3) and (YNUM eq 'BIS1')"
    asks.first_page("open_item")
    assert site.heard[2].query["where"] == "(YKIND eq 2 or YKIND eq 3) and YCLOSED eq 1"
    payment = asks.payment("PY1")
    assert payment is not None
    assert (payment.date, payment.lines[0].doc_number) == (date(2026, 3, 18), "BIS1")
    found = desk_at(site.base_url, profile=profile).client.writer.find_payments("AVD1")
    assert [row.number for row in found.rows] == ["PY1"]
    assert site.heard[-1].query["where"] == "(ZKIND eq 2) and ZREF eq 'AVD1'"


def test_items_by_the_posting_number_under_other_names(site: Site, profile: Profile) -> None:
    meaning = profile.meaning.model_copy(update={"open_item_link": "accnum"})
    by_number = profile.model_copy(update={"meaning": meaning})
    assert len(reader(site, by_number).open_items(["BIS1"])) == 1
    assert site.heard[1].query["where"] == "(YKIND eq 2 or YKIND eq 3) and (YACC eq 88213)"


def test_set_up_of_other_names(site: Site, profile: Profile) -> None:
    told = {"YCODE", "YNAME", "modifiedDateTime"}
    site.say(Said({"$properties": {name: {} for name in told}}))
    set_up = desk_at(site.base_url, profile=profile).client.set_up
    assert set_up.missing_properties("supplier") == ()
    assert site.heard[0].path == "/api1/x3/erp/PROD/YSUPP/$prototypes('YSUPPAVD.$query')"
    site.say(Said({"$properties": {name: {} for name in [*INVOICE][:-2]}}))
    assert set_up.missing_properties("invoice") == ("ZCUR", "updatedDate")
    site.respond = customised
    assert set_up.missing_properties("open_item") == ()  # a row tells, where nothing describes it
    with pytest.raises(ConfigError, match="PORDER"):
        set_up.missing_properties("purchase_order")


def test_records_that_are_always_read_whole(site: Site, profile: Profile) -> None:
    found = reader(site, profile).first_page("gl_account")
    # 61110 is gone by now; the key of the third cannot be named by `$details` (10.8).
    assert [(row.key, row.name) for row in found.rows] == [
        ("USA~61100", "Whole"), ("USA~62~00", "Account 62~00"),
    ]  # fmt: skip
    assert [heard.path.rpartition("/")[2] for heard in site.heard] == [
        "YACCOUNT", "YACCOUNT('USA~61100')", "YACCOUNT('USA~61110')",
    ]  # fmt: skip


def bulk(heard: Heard) -> Said:
    if "BPSINVLIG" not in heard.path:
        wanted = re.findall(r"'(\w+)'", heard.query["where"])
        return Said(page(*({**STANDARD, "NUM": number} for number in wanted if number != "B9")))
    numbers = re.findall(r"'(\w+)'", heard.query["where"])
    rows = ((number, line) for number in numbers for line in (2, 1))
    return Said(page(*({**STANDARD_LINE, "NUM": number, "LIG": line} for number, line in rows)))


STANDARD = {
    "INVTYP": 1, "GTE": "SPINV", "CPY": "US10", "FCY": "US011", "BPR": "0113", "BPRVCR": "INV-1",
    "BPRDAT": "2026-02-27", "ACCDAT": "2026-03-01", "CUR": "USD", "AMTNOT": 1140, "AMTATI": 1224,
    "STA": 2, "PAZ": 1, "UPDDATTIM": "2026-03-02T15:04:11Z",
}  # fmt: skip
STANDARD_LINE = {"COA": ["USA"], "ACC": ["61100"], "AMTNOTLIN": 570}


def test_lines_in_bulk(site: Site) -> None:
    profile = with_entity(
        shipped(limits={"keys_per_request": 2}), "invoice", lines="bulk", details="never"
    )
    asks = reader(site, profile)
    site.respond = bulk
    found = asks.invoices(["B1", "B2", "B3", "B9"])
    assert [(one.number, [line.line for line in one.lines]) for one in found] == [
        (number, [1, 2]) for number in ("B1", "B2", "B3")
    ]
    assert [heard.query["where"] for heard in site.heard] == [
        "ACCDAT ge @2026-01-01@ and NUM in ('B1','B2')",
        "ACCDAT ge @2026-01-01@ and NUM in ('B3','B9')",
        "NUM in ('B1','B2')",
        "NUM in ('B3')",
    ]
    whole = asks.invoice("B1")
    assert whole == found[0]


@pytest.mark.parametrize(
    ("lines", "details", "paths", "count"),
    [
        ("details", "always", ["PINVOICE('B1')"], 1),
        ("details", "on_demand", ["PINVOICE('B1')"], 1),
        ("details", "never", ["PINVOICE", "BPSINVLIG"], 2),
        ("bulk", "always", ["PINVOICE('B1')", "BPSINVLIG"], 2),
        ("bulk", "never", ["PINVOICE", "BPSINVLIG"], 2),
        ("none", "always", ["PINVOICE('B1')"], 0),
        ("none", "never", ["PINVOICE"], 0),
    ],
)
def test_every_way_to_lines(
    site: Site, lines: str, details: str, paths: list[str], count: int
) -> None:
    def respond(heard: Heard) -> Said:
        if "$details" in heard.target:
            return Said({**STANDARD, "NUM": "B1", "PILLINES": [{**STANDARD_LINE, "LIG": 1}]})
        return bulk(heard)

    asks = reader(site, with_entity(shipped(), "invoice", lines=lines, details=details))
    site.respond = respond
    (found,) = asks.invoices(["B1"])
    assert len(found.lines) == count
    assert [heard.path.rpartition("/")[2] for heard in site.heard] == paths


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[meaning]\nopen_item_link = 'accnum'\n[entity.invoice]\nfields = ['posting_number=']",
         "posting_number of invoice"),
        ("[meaning]\nopen_item_link = 'accnum'\n[graphql.open_item]\nfields = ['posting_number=']",
         "posting_number of open_item"),
        ("[entity.invoice]\nlines = 'bulk'\n[entity.invoice_line]\nfields = ['invoice=']",
         "invoice of invoice_line"),
        ("[graphql.invoice_line]\nfields = ['invoice=']", "invoice is missing"),
        ("[graphql.supplier]\nfields = ['code=']", "code is missing"),
        ("[graphql.supplier]\nfields = ['name=code']", "part of another"),
        ("[graphql.supplier]\nfields = ['name=code.code.code']", "part of another"),
        ("[graphql.supplier]\nnode = 'supplier'", "graphql.supplier.node"),
        ("[graphql.supplier]\nnode = 'a.b { c } '", "graphql.supplier.node"),
        ("[graphql.supplier]\nfields = ['colour=x']", "colour"),
    ],
)  # fmt: skip
def test_a_profile_that_cannot_work_is_refused(tmp_path: Path, text: str, named: str) -> None:
    path = tmp_path / "site.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load(SHIPPED, path)
    assert named in caught.value.why
