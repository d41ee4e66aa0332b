"""Idempotency of submissions under each policy, and odd answers to writes (2.12, 7.11, 7.15)."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.avid_site import Reply, Site, conforms, external_id, fresh_site, invoice

EXISTS = ["External id already exists"]
CONFLICT = "External id exists with different content"
USED = "Idempotency key was used with a different request"
KEYED = ("contract", "replay_errors")


@pytest.fixture
def site() -> Iterator[Site]:
    yield from fresh_site()


def _outcome(reply: Reply) -> tuple[int, Any]:
    if reply.status != 200:
        conforms(reply, "ApiFault")
        return reply.status, reply.detail
    conforms(reply, "InvoiceResults")
    return 200, reply.messages or "ok"


@pytest.mark.parametrize(
    ("policy", "same", "other_content", "created"),
    [
        ("contract", (200, "ok"), (422, USED), 1),
        ("replay_errors", (200, "ok"), (422, USED), 1),
        ("key_ignored", (200, EXISTS), (409, CONFLICT), 1),
        ("return_existing", (200, "ok"), (200, "ok"), 1),
        ("none", (200, "ok"), (200, "ok"), 3),
    ],
)
def test_the_same_key_again(
    site: Site, policy: str, same: Any, other_content: Any, created: int
) -> None:
    site.set("policy", policy)
    first = site.submit(invoice(), "key-1")
    assert first.successful
    again = site.submit(invoice(), '"key-1"')
    assert _outcome(again) == same
    if policy in KEYED:
        assert again.content == first.content
    if policy != "none":
        assert again.item["Id"] == first.item["Id"]
    assert _outcome(site.submit(invoice(Description="x"), "key-1")) == other_content
    assert site.count("invoices_created") == created


@pytest.mark.parametrize(
    ("policy", "same", "other_content"),
    [
        ("contract", (200, EXISTS), (409, CONFLICT)),
        ("replay_errors", (200, EXISTS), (409, CONFLICT)),
        ("key_ignored", (200, EXISTS), (409, CONFLICT)),
        ("return_existing", (200, "ok"), (200, "ok")),
        ("none", (200, "ok"), (200, "ok")),
    ],
)
@pytest.mark.parametrize("key", ["", "key-2"])
def test_the_same_external_id_without_its_key(
    site: Site, policy: str, same: Any, other_content: Any, key: str
) -> None:
    site.set("policy", policy)
    site.submit(invoice(), "key-1")
    assert _outcome(site.submit(invoice(), key)) == same
    assert _outcome(site.submit(invoice(Description="x"), key)) == other_content


@pytest.mark.parametrize("policy", ["contract", "key_ignored", "return_existing", "none"])
def test_refusals_leave_the_key_free(site: Site, policy: str) -> None:
    site.set("policy", policy)
    wrong = invoice(VendorExternalCode="V00999")
    assert site.submit(wrong, "key-1").messages == ["Vendor not found: V00999"]
    assert site.submit(invoice(), "key-1").successful


def test_replay_errors_binds_refusals(site: Site) -> None:
    site.set("policy", "replay_errors")
    wrong = invoice(VendorExternalCode="V00999")
    first = site.submit(wrong, "key-1")
    site.event("vendor", "V00999", Name="New")
    assert site.submit(wrong, "key-1").content == first.content
    assert _outcome(site.submit(invoice(), "key-1")) == (422, USED)
    assert site.submit(wrong, "key-2").successful


def test_the_key_of_another_external_id(site: Site) -> None:
    site.submit(invoice(), "key-1")
    other = invoice("INV-2")
    assert _outcome(site.submit(other, "key-1")) == (422, USED)
    assert _outcome(site.submit({**other, "ExternalId": 1}, "key-1")) == (422, USED)
    site.set("policy", "return_existing")
    assert _outcome(site.submit(other, "key-1")) == (422, USED)


def test_a_replay_repeats_the_original_answer(site: Site) -> None:
    first = site.submit(invoice(), "key-1")
    site.event("approve", first.item["Id"])
    replay = site.submit(invoice(), "key-1")
    assert replay.content == first.content
    assert replay.item["Status"]["Description"] == "Received"
    known = site.submit(invoice())
    assert known.item["Status"]["Description"] == "Approved"


def test_a_key_lives_14_days(site: Site) -> None:
    site.submit(invoice(), "key-1")
    site.state.shift_clock(14 * 86_400 - 5)
    site.set("token_seconds", 1e9)
    site._token = ""
    assert site.submit(invoice(), "key-1").successful
    site.state.shift_clock(10)
    assert site.submit(invoice(), "key-1").messages == EXISTS


def test_a_replaced_invoice(site: Site) -> None:
    """Step 1 compares with what bound the key, step 2 with what was accepted last (10.3)."""
    key = site.submit(invoice(), "key-1").item["Id"]
    changed = invoice(Description="x")
    assert site.json("PUT", f"/v1/invoices/{key}", changed).successful
    assert site.submit(invoice(), "key-1").successful
    assert _outcome(site.submit(changed, "key-1")) == (422, USED)
    assert _outcome(site.submit(changed)) == (200, EXISTS)
    assert _outcome(site.submit(invoice())) == (409, CONFLICT)


def test_a_deleted_invoice_keeps_its_external_id(site: Site) -> None:
    key = site.submitted()
    site.json("DELETE", f"/v1/invoices/{key}", b"")
    reply = site.submit(invoice())
    assert (reply.messages, reply.item["Status"]["Description"]) == (EXISTS, "Deleted")
    assert _outcome(site.submit(invoice(Amount=1))) == (409, CONFLICT)


def test_scheme_is_carried_and_not_compared(site: Site) -> None:
    site.submitted()
    other = {"Value": "X3|T|US10|INV-1|1", "Scheme": "Other"}
    assert site.submit(invoice(ExternalId=other)).messages == EXISTS
    assert site.submit(invoice("INV-9", ExternalId=external_id("x3|t|us10|inv-1|1"))).successful


@pytest.mark.parametrize(
    "change",
    [
        {"Amount": 1250},
        {"Unknown": 1},
        {"VendorExternalCode": " V00101"},
        {"Description": None, "Lines": list(reversed(invoice()["Lines"]))},
    ],
)
def test_equal_content_in_another_spelling(site: Site, change: dict[str, Any]) -> None:
    first = site.submit(invoice(), "key-1")
    body = {**invoice(), **change}
    assert site.submit(body, "key-1").content == first.content
    assert site.submit(body).messages == EXISTS


@pytest.mark.parametrize(
    "change", [{"Amount": "1250.00"}, {"Amount": 1250.01}, {"Description": ""}, {"Lines": 7}]
)
def test_other_content_whatever_its_type(site: Site, change: dict[str, Any]) -> None:
    site.submit(invoice(), "key-1")
    assert _outcome(site.submit({**invoice(), **change}, "key-1")) == (422, USED)
    assert _outcome(site.submit({**invoice(), **change})) == (409, CONFLICT)


def test_the_header_has_another_name(site: Site) -> None:
    site.set("idempotency_header", "X-Once")
    headers = {"X-Once": "key-1"}
    first = site.json("POST", "/v1/invoices", invoice(), **headers)
    assert site.json("POST", "/v1/invoices", invoice(), **headers).content == first.content
    assert site.submit(invoice(), "key-1").messages == EXISTS


def test_a_key_in_progress(site: Site) -> None:
    site.signed()
    site.vary("submit_invoice", "working", 1, seconds=0.6)
    replies: list[Reply] = []
    slow = threading.Thread(target=lambda: replies.append(site.submit(invoice(), "key-1")))
    slow.start()
    time.sleep(0.25)
    busy = site.submit(invoice(), "key-1")
    slow.join()
    assert _outcome(busy) == (409, "A request with this key is in progress")
    assert replies[0].successful
    assert site.submit(invoice(), "key-1").content == replies[0].content


def test_many_at_once_make_one_invoice(site: Site) -> None:
    site.signed()
    replies: list[Reply] = []
    calls = [
        threading.Thread(target=lambda: replies.append(site.submit(invoice(), "key-1")))
        for _call in range(6)
    ]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    assert {reply.content for reply in replies} == {replies[0].content}
    assert site.count("invoices_created") == 1


def test_everything_survives_a_restart(tmp_path: Path) -> None:
    before = fresh_site(tmp_path / "avid.db")
    site = next(before)
    site.set("lag_seconds", 60)
    signed = site.signed()
    first = site.submit(invoice(), "key-1")
    key = first.item["Id"]
    site.event("approve", key)
    read = site.get(f"/v1/invoices/{key}").content
    site.state.commit()
    site.state.close()
    again = next(fresh_site(tmp_path / "avid.db"))
    assert again.send("GET", f"/v1/invoices/{key}", signed).content == read
    assert again.submit(invoice(), "key-1").content == first.content
    assert again.submitted("INV-2") == key + 1
    look_up = "/v1/invoices?externalIds=X3%7CT%7CUS10%7CINV-1%7C1"
    assert again.get(look_up).body["Items"] == []
    again.state.shift_clock(61)
    assert again.get(look_up).body["Items"][0]["Status"]["Description"] == "Approved"
    again.state.close()


def test_policy_of_one_request(site: Site) -> None:
    site.submit(invoice())
    site.vary("submit_invoice", "policy", 1, name="none")
    assert site.submit(invoice()).successful
    assert site.submit(invoice()).messages == EXISTS
    found = site.get("/v1/invoices?externalIds=X3%7CT%7CUS10%7CINV-1%7C1").body["Items"]
    assert len(found) == site.count("invoices_created") == 2


def test_odd_answers_to_writes(site: Site) -> None:
    site.vary("submit_invoice", "results_object", 1)
    assert site.submit(invoice("W-1")).body["Results"]["Successful"] is True
    site.vary("submit_invoice", "created_bare", 1)
    bare = site.submit(invoice("W-2"))
    assert bare.status == 201
    conforms(bare, "InvoiceShort")
    site.vary("submit_invoice", "no_content", 1)
    empty = site.submit(invoice("W-3"))
    assert (empty.status, empty.content) == (204, b"")
    assert site.count("invoices_created") == 3
    site.vary("submit_invoice", "successful_text", 1)
    site.vary("submit_invoice", "errors_object", 1)
    refused = site.submit(invoice("W-4", VendorExternalCode="V00999")).body["Results"][0]
    assert refused["Successful"] == "false"
    assert refused["Errors"] == {"Message": "Vendor not found: V00999"}
    site.vary("submit_invoice", "server_error", 1)
    fault = site.submit(invoice("W-5"))
    assert (fault.status, fault.detail) == (500, "Something went wrong")


def test_faults_of_the_line_lose_the_answer_and_not_the_invoice(site: Site) -> None:
    site.signed()
    site.vary("submit_invoice", "status", 1, status=503, commit=True)
    assert site.submit(invoice(), "key-1").status == 503
    assert site.count("invoices_created") == 1
    assert site.submit(invoice(), "key-1").successful
    site.vary("submit_invoice", "duplicate", 1)
    assert site.submit(invoice("D-1"), "key-2").successful
    assert site.count("invoices_created") == 2
