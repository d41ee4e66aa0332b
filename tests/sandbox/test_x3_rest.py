"""api1 of the simulated X3 over real HTTP: every answer of the contract's table 3.4, and paging."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests

from core.sandbox import server
from core.sandbox.x3_classes import CLASSES


class Peer:
    def __init__(self, sandbox: server.Sandbox) -> None:
        self.sandbox = sandbox
        self.base = sandbox.addresses.x3_url
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.auth = (sandbox.addresses.x3_user, sandbox.addresses.x3_password)

    def get(self, path: str, **headers: str) -> requests.Response:
        return self.session.get(self.base + path, headers=headers, timeout=10)

    def query(
        self, name: str, where: str = "", order: str = "", count: str = ""
    ) -> requests.Response:
        path = f"/api1/x3/erp/SANDBOX/{name}?representation={name}.$query"
        for label, text in (("count", count), ("where", where), ("orderBy", order)):
            if text:
                path += f"&{label}={quote(text, safe='')}"
        return self.get(path)

    def rows(self, name: str, where: str = "", order: str = "", count: str = "1000") -> list[Any]:
        answer = self.query(name, where, order, count)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["$resources"])

    def details(self, name: str, key: str) -> requests.Response:
        return self.get(f"/api1/x3/erp/SANDBOX/{name}('{key}')?representation={name}.%24details")

    def walk(self, name: str, order: str, count: int, where: str = "") -> list[dict[str, Any]]:
        answer = self.query(name, where, order, str(count))
        found: list[dict[str, Any]] = []
        for _page in range(10_000):
            body = answer.json()
            found += body["$resources"]
            link = body["$links"].get("$next")
            if link is None:
                return found
            parts = urlsplit(link["$url"])
            assert (parts.scheme, parts.netloc) == ("https", "x3app01.internal:8124")
            answer = self.get(f"{parts.path}?{parts.query}")
        raise AssertionError("the walk does not end")

    def faults(self, *entries: dict[str, Any]) -> None:
        self.sandbox.faults.add(entries)

    def act(self, event: str, /, **args: Any) -> Any:
        order = {"name": event, "args": args}
        answer = requests.post(self.base + "/_sandbox/act", json=order, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()["result"]


@pytest.fixture(scope="module")
def shared() -> Iterator[Peer]:
    """One read-only company for the tests that change nothing."""
    sandbox = server.start(None, seed=7, invoices=240)
    yield Peer(sandbox)
    sandbox.stop()


@pytest.fixture
def peer() -> Iterator[Peer]:
    """A company of its own without invoices."""
    sandbox = server.start(None, seed=7, invoices=0)
    yield Peer(sandbox)
    sandbox.stop()


def _rank(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda row: "" if row[name] is None else row[name]


def diagnosis(answer: requests.Response) -> str:
    first = answer.json()["$diagnoses"][0]
    assert first["$severity"] == "error"
    return str(first["$message"])


def test_a_page_has_twenty_rows_by_default_and_tells_so(shared: Peer) -> None:
    body = shared.query("PINVOICE").json()
    assert body["$itemsPerPage"] == 20
    assert len(body["$resources"]) == 20
    assert {"$first", "$next", "$last"} <= set(body["$links"])
    assert "$prev" not in body["$links"]
    assert shared.query("PINVOICE").headers["date"].endswith("GMT")


def test_count_is_capped_and_the_size_used_is_told(shared: Peer) -> None:
    assert shared.query("PINVOICE", count="5000").json()["$itemsPerPage"] == 1000


@pytest.mark.parametrize("count", ["0", "-1", "x", "1.5"])
def test_count_that_is_no_positive_number_is_500(shared: Peer, count: str) -> None:
    answer = shared.query("PINVOICE", count=count)
    assert answer.status_code == 500
    assert diagnosis(answer) == f"Invalid count: {count}"


def test_an_empty_result_is_200_without_next(shared: Peer) -> None:
    body = shared.query("PINVOICE", "NUM eq 'NOSUCH'").json()
    assert body["$resources"] == []
    assert "$next" not in body["$links"]


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_every_class_answers_with_all_its_properties(shared: Peer, name: str) -> None:
    row = shared.rows(name, count="1")[0]
    assert set(row) == set(CLASSES[name].query)
    path = f"/api1/x3/erp/SANDBOX/{name}/$prototypes('{name}.$query')"
    assert set(shared.get(path).json()["$properties"]) == set(row)


def test_wrong_password_is_401_before_anything_else(shared: Peer) -> None:
    address = shared.base + "/api1/x3/erp/NOWHERE/PINVOICE"
    for auth in (None, ("DEMO-WS", "wrong"), ("other", shared.sandbox.addresses.x3_password)):
        answer = requests.get(address, auth=auth, timeout=10)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Basic realm="Syracuse"'
        assert answer.json() == {"$diagnoses": [{"$message": "Wrong username and password"}]}
    bearer = requests.get(address, headers={"Authorization": "Bearer x.y.z"}, timeout=10)
    assert (bearer.status_code, bearer.text) == (401, "Error 41: Invalid token")
    assert bearer.headers["content-type"] == "text/plain"


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("NOWHERE/PINVOICE?representation=PINVOICE.$query", 404, "Endpoint not found: NOWHERE"),
        ("SANDBOX/NOCLASS?representation=NOCLASS.$query", 500, "Representation not found: NOCLASS"),
        ("SANDBOX/PINVOICE?representation=OTHER.$query", 500, "Representation not found: OTHER"),
        ("SANDBOX/PINVOICE", 500, "Representation not found: PINVOICE"),
        (
            "SANDBOX/PINVOICE('A')?representation=PINVOICE.$query",
            500,
            "Representation not found: PINVOICE",
        ),
        (
            "SANDBOX/PINVOICE?representation=PINVOICE.$details",
            500,
            "Representation not found: PINVOICE",
        ),
        (
            "SANDBOX/PINVOICE('NOSUCH')?representation=PINVOICE.$details",
            404,
            "721 : Record does not exist",
        ),
        (
            "SANDBOX/PINVOICE?representation=PINVOICE.$query&where=FOO%20eq%201",
            500,
            "Property not found: FOO",
        ),
        (
            "SANDBOX/PINVOICE?representation=PINVOICE.$query&orderBy=TAX%20asc",
            500,
            "Property not found: TAX",
        ),
        (
            "SANDBOX/PINVOICE?representation=PINVOICE.$query&where=PILLINES%20eq%201",
            500,
            "Property not found: PILLINES",
        ),
        (
            "SANDBOX/PINVOICE?representation=PINVOICE.$query&where=NUM%20eq%205",
            500,
            "Type mismatch",
        ),
    ],
)
def test_refusals_carry_their_text(shared: Peer, path: str, status: int, message: str) -> None:
    answer = shared.get(f"/api1/x3/erp/{path}")
    assert answer.status_code == status
    assert diagnosis(answer) == message


@pytest.mark.parametrize("verb", ["POST", "PUT", "DELETE"])
def test_write_verbs_are_405(shared: Peer, verb: str) -> None:
    address = f"{shared.base}/api1/x3/erp/SANDBOX/PINVOICE('X')?representation=PINVOICE.$details"
    answer = shared.session.request(verb, address, headers={"If-Match": "x"}, timeout=10)
    assert answer.status_code == 405
    assert diagnosis(answer) == "Read-only representation"


def test_details_hold_identity_references_arrays_and_children(shared: Peer) -> None:
    number = shared.rows("PINVOICE", "NBRTAX eq 2", count="1")[0]["NUM"]
    body = shared.details("PINVOICE", number).json(parse_float=Decimal)
    assert body["$uuid"]
    assert body["$etag"] == body["UPDDATTIM"]
    assert body["BPR_REF"]["$title"] == body["BPR"]
    assert body["CUR_REF"]["$description"]
    assert len(body["TAX"]) == len(body["BASTAX"]) == body["NBRTAX"] == 2
    lines = body["PILLINES"]
    assert [line["LIG"] for line in lines] == list(range(1, len(lines) + 1))
    assert "NUM" not in lines[0]
    assert sum(line["AMTATILIN"] for line in lines) == body["AMTATI"]
    bulk = shared.rows("BPSINVLIG", f"NUM in ('{number}')")
    assert [line["ACC"] for line in bulk] == [line["ACC"] for line in lines]


def test_a_supplier_keeps_its_zeros_and_shows_its_addresses(shared: Peer) -> None:
    body = shared.details("BPSUPPLIER", "0113").json()
    assert body["BPSNUM"] == "0113"
    assert body["BPSNAM"] == "Northwind Paper LLC"
    assert body["ADDRESSES"][0]["BPAADD"] == body["BPAADD"]
    composite = shared.details("BPADDRESS", "1~0113~A01").json()
    assert composite["BPANUM"] == "0113"
    pair = shared.details("GACCOUNT", "USA~61100").json()
    assert pair["DES"] == "Office supplies"


def test_decimals_are_exact_numbers_with_their_scale(peer: Peer) -> None:
    lines = [{"ACC": "61100", "AMTNOTLIN": "1234567890123.10", "TAX1": "EXE"}]
    number = peer.act("x3.invoice", fields={"BPR": "0113"}, lines=lines)
    text = peer.query("PINVOICE", f"NUM eq '{number}'").text
    assert '"AMTATI":1234567890123.10,' in text
    assert '"ACCNUM":0,' in text


@pytest.mark.parametrize(
    ("order", "name"),
    [
        ("UPDDATTIM asc,NUM asc", "PINVOICE"),
        ("UPDDATTIM asc; NUM asc", "PINVOICE"),
        ("UPDDATTIM asc", "PINVOICE"),
        ("CUR desc,AMTATI desc", "PINVOICE"),
        ("DUDDAT desc,PAYCUR", "GACCDUDATE"),
        ("PAYDAT asc", "GACCDUDATE"),
        ("", "GACCDUDATE"),
        ("", "BPADDRESS"),
    ],
)
@pytest.mark.parametrize("count", [7, 50])
def test_a_walk_over_pages_equals_a_plain_sort(
    shared: Peer, order: str, name: str, count: int
) -> None:
    rows = shared.walk(name, order, count)
    keys = CLASSES[name].keys
    assert len({tuple(row[key] for key in keys) for row in rows}) == len(rows)
    assert len(rows) == len(shared.sandbox.state.table(f"x3:{name}"))
    expected = sorted(rows, key=lambda row: tuple(row[key] for key in keys))
    steps = [part.split() for part in order.replace(";", ",").split(",") if part.split()]
    for words in reversed(steps):
        expected.sort(key=_rank(words[0]), reverse=words[-1] == "desc")
    assert rows == expected


def test_last_and_previous_pages_lead_back(shared: Peer) -> None:
    body = shared.query("PORDER", order="POHNUM asc", count="9").json()
    rows = shared.rows("PORDER", order="POHNUM asc")
    last = urlsplit(body["$links"]["$last"]["$url"])
    page = shared.get(f"{last.path}?{last.query}").json()
    assert page["$resources"] == rows[-9:]
    assert "$next" not in page["$links"]
    previous = urlsplit(page["$links"]["$prev"]["$url"])
    assert shared.get(f"{previous.path}?{previous.query}").json()["$resources"] == rows[-18:-9]


def test_open_items_are_found_by_the_clients_condition(shared: Peer) -> None:
    where = "(BPRTYP eq 2) and CPY in ('US10','CA10') and FLGCLE eq 1"
    rows = shared.rows("GACCDUDATE", where)
    assert rows
    assert {row["FLGCLE"] for row in rows} == {1}
    number = rows[0]["NUM"]
    found = shared.rows("GACCDUDATE", f"(BPRTYP eq 2) and NUM in ('{number}','NOSUCH')")
    assert {row["NUM"] for row in found} == {number}
    assert all(row["REF"].startswith("CHK") for row in shared.rows("PAYMENTH"))
    assert shared.rows("PAYMENTH", "BPRTYP eq 2 and left(REF,3) eq 'AVD'") == []


def test_folders_have_data_of_their_own(peer: Peer) -> None:
    peer.act("x3.endpoint", name="SECOND")
    peer.act("x3.row", name="COMPANY", row={"CPY": "ZZ1", "CPYNAM": "Z"}, endpoint="SECOND")
    path = "/api1/x3/erp/SECOND/COMPANY?representation=COMPANY.$query"
    assert [row["CPY"] for row in peer.get(path).json()["$resources"]] == ["ZZ1"]
    assert "ZZ1" not in [row["CPY"] for row in peer.rows("COMPANY")]
    listed = peer.get(
        "/api1/syracuse/collaboration/syracuse/endPoints?representation=endPoints.$query&count=100"
    )
    assert [row["dataset"] for row in listed.json()["$resources"]] == ["SANDBOX", "SECOND"]


def test_a_missing_record_may_be_200_with_the_diagnosis(peer: Peer) -> None:
    peer.faults({"system": "x3", "operation": "details", "kind": "missing_is_200"})
    answer = peer.details("PINVOICE", "NOSUCH")
    assert answer.status_code == 200
    assert diagnosis(answer) == "721 : Record does not exist"


def test_variants_change_the_shape_of_values(peer: Peer) -> None:
    number = peer.act("x3.invoice", fields={"BPR": "0113"}, post=True)
    kinds = ("as_text", "trailing_blanks", "flat_arrays", "yesno_booleans", "sentinel_dates")
    peer.faults(*({"system": "x3", "operation": "*", "kind": kind} for kind in kinds))
    invoice = peer.details("PINVOICE", number).json()
    assert (invoice["AMTATI"], invoice["STA"], invoice["CUR"]) == ("100.00", "3", "USD  ")
    assert invoice["TAX1"] == "EXE"
    assert peer.rows("GACCDUDATE")[0]["PAYDAT"] == "1753-01-01"
    assert peer.rows("BPSUPPLIER", count="1")[0]["ENAFLG"] is True


def test_the_change_property_may_have_another_name_or_be_a_date(peer: Peer) -> None:
    peer.act("x3.invoice", fields={"BPR": "0113"})
    state = peer.sandbox.state
    state.set_value("x3.change_property", "modifiedDateTime")
    rows = peer.rows(
        "PINVOICE", "modifiedDateTime ge @2026-01-01T00:00:00Z@", "modifiedDateTime asc"
    )
    assert rows[0]["modifiedDateTime"].endswith("Z")
    assert "UPDDATTIM" not in rows[0]
    assert peer.query("PINVOICE", "UPDDATTIM ge @2026-01-01@").status_code == 500
    state.set_value("x3.change_property", "UPDDATTIM")
    state.set_value("x3.change_kind", "date")
    rows = peer.rows("PINVOICE", f"UPDDATTIM ge @{state.now():%Y-%m-%d}@", "UPDDATTIM asc")
    assert [len(row["UPDDATTIM"]) for row in rows] == [10]


def test_noise_breaks_the_body_but_not_the_frame(peer: Peer) -> None:
    lines = [{"ACC": "1", "AMTNOTLIN": "1", "DES": "a\\x"}]
    peer.act("x3.invoice", fields={"BPR": "0113"}, lines=lines)
    for kind, mark in (
        ("bom", b"\xef\xbb\xbf"),
        ("raw_backslash", b"a\\x"),
        ("raw_control", b"\x0b"),
    ):
        peer.sandbox.faults.clear()
        peer.faults({"system": "x3", "operation": "query", "kind": kind})
        body = peer.query("BPSINVLIG").content
        assert mark in body
        with pytest.raises(json.JSONDecodeError):
            json.loads(body.decode())


def test_a_slow_request_is_tracked(peer: Peer) -> None:
    fault = {"system": "x3", "operation": "query", "kind": "tracking", "times": 1}
    peer.faults({**fault, "args": {"polls": 2}})
    first = peer.query("COMPANY")
    assert (first.status_code, first.json()) == (202, {"phase": "Tracking"})
    place = urlsplit(first.headers["location"]).path
    assert peer.get(place).status_code == 202
    assert len(peer.get(place).json()["$resources"]) == 2
    assert peer.get(place).status_code == 404


def test_a_change_may_leave_the_stamp_where_it_was(peer: Peer) -> None:
    number = peer.act("x3.invoice", fields={"BPR": "0113"})
    before = peer.rows("PINVOICE")[0]["UPDDATTIM"]
    peer.sandbox.state.shift_clock(3600)
    peer.act("x3.change_invoice", number=number, fields={"INVREF": "one"})
    moved = peer.rows("PINVOICE")[0]
    assert moved["UPDDATTIM"] > before
    peer.sandbox.state.set_value("x3.still_stamp", value=True)
    peer.sandbox.state.shift_clock(3600)
    peer.act("x3.change_invoice", number=number, fields={"INVREF": "two"})
    after = peer.rows("PINVOICE")[0]
    assert (after["INVREF"], after["UPDDATTIM"]) == ("two", moved["UPDDATTIM"])


def test_messages_may_be_french(peer: Peer) -> None:
    peer.faults({"system": "x3", "operation": "*", "kind": "french"})
    assert diagnosis(peer.details("PINVOICE", "X")) == "721 : L'enregistrement n'existe pas"
    assert peer.rows("COMPANY")


def test_prototypes_of_both_facets(shared: Peer) -> None:
    path = "/api1/x3/erp/SANDBOX/PINVOICE/%24prototypes('PINVOICE.%24details')"
    answer = shared.get(path)
    assert answer.json()["$properties"]["RATMLT"]["$type"] == "application/x-array"
    assert shared.get(path.replace("details", "edit")).status_code == 500


def test_denied_class_and_badge(peer: Peer) -> None:
    peer.sandbox.state.set_value("x3.denied_classes", ["PERIOD"])
    answer = peer.query("PERIOD")
    assert (answer.status_code, diagnosis(answer)) == (403, "Access denied")
    assert "any badge" in diagnosis(peer.get("/sdata/x3/erp/SANDBOX/PINVOICE"))
