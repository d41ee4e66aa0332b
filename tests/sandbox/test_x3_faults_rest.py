"""The variants of the simulated api1 that differ per site, each over real HTTP."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests

from tests.sandbox.x3_reader import Reader, diagnosis

ORDER = "UPDDATTIM asc,NUM asc"


@pytest.fixture
def peer() -> Iterator[Reader]:
    made = Reader()
    yield made
    made.sandbox.stop()


def dated(peer: Reader, count: int) -> list[str]:
    """Enter invoices whose stamps are a day apart; return their numbers in that order."""
    numbers = [str(peer.posted()) for _ in range(count)]
    for place, number in enumerate(numbers):
        peer.row("PINVOICE", number)["UPDDATTIM"] = f"2026-01-0{place + 1}T00:00:00Z"
    return numbers


def walk(peer: Reader, count: int = 2, order: str = ORDER) -> list[str]:
    return [row["NUM"] for page in peer.pages("PINVOICE", order, count) for row in page]


def test_numbers_as_texts_in_arrays_too(peer: Reader) -> None:
    number = peer.posted()
    peer.fault("*", "as_text")
    invoice = peer.details("PINVOICE", number).json()
    assert (invoice["AMTATI"], invoice["STA"], invoice["NBRTAX"]) == ("100.00", "3", "1")
    assert (invoice["BASTAX"], invoice["RATMLT"]) == (["100.00"], ["1"])


def test_empty_texts_may_be_null_or_absent(peer: Reader) -> None:
    number = peer.posted()
    peer.fault("query", "empty_as_null", times=1)
    assert peer.rows("PINVOICE")[0]["INVREF"] is None
    peer.fault("query", "empty_left_out", times=1)
    row = peer.rows("PINVOICE")[0]
    assert "INVREF" not in row
    assert (row["NUM"], row["PAZ"]) == (number, 1)
    assert peer.rows("PINVOICE")[0]["INVREF"] == ""


@pytest.mark.parametrize("value", ["0000-00-00", "1599-12-31", "1753-01-01", "1900-01-01", ""])
def test_sentinels_stand_for_empty_dates(peer: Reader, value: str) -> None:
    peer.posted()
    peer.fault("query", "sentinel_dates", value=value)
    row = peer.rows("GACCDUDATE")[0]
    assert row["PAYDAT"] == value
    assert row["DUDDAT"] > "2026"


def test_dates_and_stamps_in_other_forms(peer: Reader) -> None:
    number = peer.posted()
    stamp = peer.row("PINVOICE", number)["UPDDATTIM"]
    peer.fault("query", "dates_as_stamps", times=1)
    assert peer.rows("PINVOICE")[0]["BPRDAT"].endswith("T00:00:00Z")
    forms = {}
    for form in ("fraction", "offset", "blank", "no_zone"):
        peer.fault("query", "stamp_form", times=1, form=form)
        forms[form] = peer.rows("PINVOICE")[0]["UPDDATTIM"]
    assert forms["fraction"] == stamp.replace("Z", ".000Z")
    assert forms["blank"] == stamp.replace("T", " ")
    assert forms["no_zone"] == stamp.removesuffix("Z")
    assert forms["offset"].endswith("-05:00")
    assert datetime.fromisoformat(forms["offset"]) == datetime.fromisoformat(stamp)


def test_dimensioned_fields_as_scalars(peer: Reader) -> None:
    number = peer.posted()
    peer.fault("*", "flat_arrays")
    body = peer.details("PINVOICE", number).json()
    assert (body["TAX1"], body["BASTAX1"], body["PILLINES"][0]["ACC1"]) == ("EXE", 100, "61100")
    assert {"TAX", "BASTAX"}.isdisjoint(body)


def test_yes_and_no_as_booleans_or_words(peer: Reader) -> None:
    peer.fault("query", "yesno_booleans", times=1)
    row = peer.rows("BPSUPPLIER", "BPSNUM eq '0113'")[0]
    assert (row["ENAFLG"], row["PAYLOKFLG"]) == (True, False)
    peer.fault("query", "yesno_booleans", times=1, words=True)
    row = peer.rows("BPSUPPLIER", "BPSNUM eq '0113'")[0]
    assert (row["ENAFLG"], row["PAYLOKFLG"], row["DOUFLG"]) == ("yes", "no", 1)


def test_missing_properties_are_missing_in_the_prototype_too(peer: Reader) -> None:
    peer.posted()
    peer.fault("*", "missing_property", name="TWMSTA,MATCH")
    assert "TWMSTA" not in peer.rows("PINVOICE")[0]
    path = "/api1/x3/erp/SANDBOX/PINVOICE/$prototypes('PINVOICE.$query')"
    properties = peer.get(path).json()["$properties"]
    assert "TWMSTA" not in properties
    assert "STA" in properties


def test_a_site_may_use_other_names(peer: Reader) -> None:
    number = peer.posted()
    renames = {
        "class": "YPINV",
        "representation": "YPINVR",
        "NUM": "YNUM",
        "TAX": "YTAX",
        "CUR": "YCUR",
        "PILLINES": "YLINES",
        "PILLINES.ACC": "YACC",
    }
    peer.state.set_value("x3.renames", {"PINVOICE": renames})
    assert diagnosis(peer.page("PINVOICE")) == "Representation not found: PINVOICE"
    assert diagnosis(peer.page("YPINV")) == "Representation not found: YPINV"
    base = "/api1/x3/erp/SANDBOX/YPINV"
    where = quote(f"YNUM in ('{number}','YNUM') and STA eq 3 and INVREF ne 'NUM'")
    answer = peer.get(f"{base}?representation=YPINVR.$query&where={where}&orderBy=YNUM%20desc")
    [row] = answer.json()["$resources"]
    assert row["YNUM"] == number
    assert "NUM" not in row
    details = peer.get(f"{base}('{number}')?representation=YPINVR.$details").json()
    assert (details["YTAX"], details["YLINES"][0]["YACC"]) == (["EXE"], ["61100"])
    assert details["YCUR_REF"] == {"$title": "USD", "$description": "US Dollar"}
    old = peer.get(f"{base}?representation=YPINVR.$query&where=NUM%20eq%20%27X%27")
    assert (old.status_code, diagnosis(old)) == (500, "Property not found: NUM")
    prototype = peer.get(f"{base}/$prototypes('YPINVR.$details')").json()
    assert {"YNUM", "YTAX", "STA"} <= set(prototype["$properties"])
    assert prototype["$baseType"] == "YPINV"
    assert peer.rows("BPSINVLIG")[0]["NUM"] == number


def test_renamed_order_walks_over_pages(peer: Reader) -> None:
    numbers = dated(peer, 3)
    peer.state.set_value("x3.renames", {"PINVOICE": {"UPDDATTIM": "YSTAMP", "NUM": "YNUM"}})
    found = list(peer.pages("PINVOICE", "YSTAMP asc,YNUM asc", 2))
    assert [row["YNUM"] for page in found for row in page] == numbers


@pytest.mark.parametrize(
    ("how", "expected"),
    [("next", "ABDC"), ("seen", "ABCDB"), ("deleted", "ABD")],
)
def test_rows_change_while_a_client_pages(peer: Reader, how: str, expected: str) -> None:
    names = dict(zip(dated(peer, 4), "ABCD", strict=True))
    peer.fault("query", "page_drift", times=1, how=how)
    assert "".join(names[number] for number in walk(peer)) == expected


def test_a_row_appears_while_a_client_pages(peer: Reader) -> None:
    numbers = dated(peer, 4)
    peer.fault("query", "page_drift", times=1, how="new")
    found = walk(peer)
    assert found[:4] == numbers
    assert len(found) == 5
    assert len(peer.rows("BPSINVLIG", f"NUM eq '{found[4]}'")) == 1


def test_a_row_appears_behind_the_clients_back(peer: Reader) -> None:
    numbers = dated(peer, 4)
    peer.fault("query", "page_drift", times=1, how="late")
    assert walk(peer) == numbers
    stored = {row["NUM"]: row["UPDDATTIM"] for row in peer.rows("PINVOICE")}
    [late] = set(stored) - set(numbers)
    assert stored[late] == "2026-01-01T23:59:59Z"


@pytest.mark.parametrize("how", ["new", "late"])
@pytest.mark.parametrize("name", ["BPSUPPLIER", "GACCDUDATE", "PERIOD", "PAYMENTH", "BPADDRESS"])
def test_any_class_can_drift(peer: Reader, name: str, how: str) -> None:
    for number in [peer.posted() for _ in range(3)]:
        peer.act("pay_by_hand", number=number)
    before = len(peer.state.table(f"x3:{name}"))
    peer.fault("query", "page_drift", times=1, how=how)
    assert peer.page(name, "", "UPDDATTIM asc", "1").status_code == 200
    assert len(peer.state.table(f"x3:{name}")) == before + 1


def test_a_transaction_commits_late_with_its_old_stamp(peer: Reader) -> None:
    number = peer.act("invoice", fields={"BPR": "0113"}, post=True, age_s=900)
    oldest = peer.state.now() - timedelta(seconds=901)
    for stored in (peer.row("PINVOICE", number), peer.item(number)):
        assert oldest.strftime("%Y-%m-%dT%H:%M:%SZ") <= stored["UPDDATTIM"]
        assert datetime.fromisoformat(stored["UPDDATTIM"]) < oldest + timedelta(seconds=3)
    fields = {"INVREF": "late"}
    peer.act("touch", name="PINVOICE", key=number, fields=fields, age_s=3600)
    row = peer.rows("PINVOICE")[0]
    assert row["INVREF"] == "late"
    assert datetime.fromisoformat(row["UPDDATTIM"]) < oldest - timedelta(seconds=2600)


def test_what_is_deleted_leaves_no_trace(peer: Reader) -> None:
    number = peer.posted()
    peer.act("cancel_invoice", number=number)
    for name in ("PINVOICE", "BPSINVLIG", "GACCDUDATE"):
        assert peer.rows(name) == []
    assert peer.details("PINVOICE", number).status_code == 404


def test_rights_may_be_missing_for_a_class_or_for_a_while(peer: Reader) -> None:
    peer.state.set_value("x3.denied_classes", ["PAYMENTH"])
    refused = peer.page("PAYMENTH")
    assert (refused.status_code, diagnosis(refused)) == (403, "Access denied")
    assert peer.rows("COMPANY")
    peer.fault("query", "access_denied", times=1)
    assert peer.page("COMPANY").status_code == 403
    assert peer.rows("COMPANY")


def test_refusals_in_other_shapes(peer: Reader) -> None:
    peer.fault("query", "unknown_is_400")
    assert peer.page("NOCLASS").status_code == 400
    assert peer.page("COMPANY", "FOO eq 1").status_code == 500
    peer.fault("query", "no_severity")
    assert peer.page("NOCLASS").json() == {
        "$diagnoses": [{"$message": "Representation not found: NOCLASS"}]
    }
    peer.fault("details", "missing_is_200")
    assert peer.details("PINVOICE", "X").status_code == 200


def test_diagnoses_beside_good_data(peer: Reader) -> None:
    peer.fault("query", "info_diagnosis", times=1, severity="warning", message="Slow")
    body = peer.page("COMPANY").json()
    assert body["$diagnoses"] == [{"$severity": "warning", "$message": "Slow"}]
    assert len(body["$resources"]) == 2
    number = peer.posted()
    peer.fault("details", "error_diagnosis", times=1)
    body = peer.details("PINVOICE", number).json()
    assert (body["$diagnoses"][0]["$severity"], body["NUM"]) == ("error", number)


def test_pages_without_rows_or_links(peer: Reader) -> None:
    numbers = dated(peer, 4)
    entry = {"system": "x3", "operation": "query", "kind": "empty_pages", "times": 2, "skip": 1}
    peer.sandbox.faults.add([entry])
    found = [[row["NUM"] for row in page] for page in peer.pages("PINVOICE", ORDER, 2)]
    assert found == [numbers[:2], [], [], numbers[2:]]
    peer.fault("query", "no_links", times=1)
    assert "$links" not in peer.page("PINVOICE", "", ORDER, "2").json()


def test_links_that_repeat_or_lead_outside(peer: Reader) -> None:
    dated(peer, 3)
    peer.fault("query", "links_repeat", times=1)
    first = peer.page("PINVOICE", "", ORDER, "2")
    assert first.json()["$links"]["$next"]["$url"].endswith(urlsplit(first.url).query)
    peer.fault("query", "link_outside", times=1)
    link = peer.page("PINVOICE", "", ORDER, "2").json()["$links"]["$next"]["$url"]
    assert urlsplit(link).path == "/sdata/x3/erp/OTHER/X"
    peer.state.set_value("x3.internal_base", "https://other.internal:1234/prefix")
    link = peer.page("PINVOICE", "", ORDER, "2").json()["$links"]["$next"]["$url"]
    assert link.startswith("https://other.internal:1234/prefix/api1/x3/erp/SANDBOX/PINVOICE?")
    peer.fault("query", "tracking", times=1)
    place = peer.page("PINVOICE").headers["location"]
    assert place.startswith("https://other.internal:1234/prefix/api1/x3/erp/SANDBOX/$trackings('")


def test_raw_control_characters_and_code_pages(peer: Reader) -> None:
    lines = [{"ACC": "1", "AMTNOTLIN": "1", "DES": "Büro"}]
    peer.act("invoice", fields={"BPR": "0113"}, lines=lines)
    peer.fault("query", "raw_control", times=1)
    answer = peer.page("BPSINVLIG")
    assert b'"DES":"\x0b' in answer.content
    assert json.loads(answer.text, strict=False)["$resources"][0]["DES"] == "\x0bBüro"
    peer.fault("query", "windows_1252", times=1)
    answer = peer.page("BPSINVLIG")
    assert "B\xfcro".encode("cp1252") in answer.content
    assert answer.headers["content-type"] == "application/json; charset=windows-1252"
    assert answer.json()["$resources"][0]["DES"] == "Büro"


def test_a_compressed_body(peer: Reader) -> None:
    peer.fault("query", "gzip", times=1)
    answer = peer.page("COMPANY")
    assert answer.headers["content-encoding"] == "gzip"
    assert len(answer.json()["$resources"]) == 2


def test_a_server_error_in_the_other_form(peer: Reader) -> None:
    peer.fault("query", "message_details", times=1, message="Boom", status=503)
    answer = peer.page("COMPANY")
    assert (answer.status_code, answer.json()) == (503, {"$message": "Boom", "$details": "-"})


@pytest.mark.parametrize("status", [500, 502, 503])
def test_html_in_place_of_an_answer(peer: Reader, status: int) -> None:
    peer.fault("query", "status", times=1, status=status, html="<html>gone</html>")
    answer = peer.page("COMPANY")
    assert (answer.status_code, answer.text) == (status, "<html>gone</html>")
    assert answer.headers["content-type"].startswith("text/html")


def test_a_redirect_leads_to_the_log_in_page(peer: Reader) -> None:
    peer.fault("query", "redirect", times=1)
    answer = peer.page("COMPANY")
    assert (answer.status_code, answer.headers["location"]) == (302, "/auth/login/page")
    peer.fault("query", "redirect", times=1, status=307, location="https://sso.example/")
    answer = peer.page("COMPANY")
    assert (answer.status_code, answer.headers["location"]) == (307, "https://sso.example/")


def test_a_reset_in_the_middle_of_a_page(peer: Reader) -> None:
    peer.fault("query", "reset_mid", times=1)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match=r"(?i)reset"):
        peer.page("BPSUPPLIER")
    assert peer.page("BPSUPPLIER").status_code == 200


def test_latency_between_two_bounds(peer: Reader) -> None:
    peer.fault("query", "slow", seconds=0.1, most_seconds=0.3)
    waits: list[Any] = [peer.page("COMPANY").elapsed.total_seconds() for _ in range(4)]
    assert min(waits) >= 0.1
    assert max(waits) - min(waits) > 0.001


def test_a_condition_nested_without_end_is_a_syntax_error(peer: Reader) -> None:
    answer = peer.page("COMPANY", "(" * 1500 + "CPY eq 'A'" + ")" * 1500)
    assert (answer.status_code, diagnosis(answer)) == (500, "Syntax error near: (")
