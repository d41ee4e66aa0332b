"""Writes: what each answer proves (avidxchange.md 2.5 to 2.8, 2.11, 2.12, 6 and 3.3)."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest

from core.errors import AuthError, ConfigError, TransientError
from core.ports import Accepted, ApPort, Doubt, NotDone, Outcome, Refused
from tests.contract.avidxchange_server import (
    Answer,
    Seen,
    created,
    fault,
    profile_with,
    refused,
    site,
    token,
)

EXTERNAL_ID = "X3|PROD|US01|PIH26060012|1"
BODY = b'{"ExternalId":{"Value":"X3|PROD|US01|PIH26060012|1"}}'
THROTTLED = {"code": "900804", "message": "Message throttled out", "description": "Quota exceeded"}
ITEM = created()["Results"][0]["Item"]


def submit(answer: Answer, **settings: Any) -> Outcome:
    with site(**settings) as found:
        found.server.script = [answer]
        return found.client.submit_invoice(BODY, EXTERNAL_ID)


def test_a_submission_is_accepted_and_carries_all_headers() -> None:
    with site() as found:
        port: ApPort = found.client
        found.server.script = [Answer(created())]
        outcome = port.submit_invoice(BODY, EXTERNAL_ID)
        (seen,) = found.server.seen
    assert isinstance(outcome, Accepted)
    assert outcome.values == {"id": "991823", "state": "received", "status_text": "Received"}
    assert outcome.exchange.status == 200
    assert (seen.method, seen.target, seen.body) == ("POST", "/v1/invoices", BODY)
    assert seen.headers["authorization"] == "Bearer token-1"
    assert seen.headers["x-company-id"] == "C-1001"
    assert seen.headers["accept"] == "application/json"
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["user-agent"].startswith("Crossfoot/")
    assert uuid.UUID(seen.headers["x-request-id"]).version == 4
    key = uuid.uuid5(uuid.UUID("196673a1-3a54-49c5-8bec-ad559c341dbe"), EXTERNAL_ID)
    assert seen.headers["idempotency-key"] == str(key)


def test_the_key_can_be_quoted_renamed_or_left_out() -> None:
    quoted = profile_with(("idempotency_quoted = false", "idempotency_quoted = true"))
    with site(quoted, idempotency_header="X-Key") as found:
        found.server.script = [Answer(created())]
        found.client.submit_invoice(BODY, EXTERNAL_ID)
        key = found.server.seen[0].headers["x-key"]
        assert key.startswith('"')
        assert key.endswith('"')
    with site(idempotency_header="") as found:
        found.server.script = [Answer(created())]
        found.client.submit_invoice(BODY, EXTERNAL_ID)
        assert "idempotency-key" not in found.server.seen[0].headers


def test_replace_and_withdraw_carry_no_key() -> None:
    with site() as found:
        found.server.script = [Answer(created())]
        assert isinstance(found.client.replace_invoice("991823", BODY), Accepted)
        assert isinstance(found.client.withdraw_invoice("991823"), Accepted)
        put, delete = found.server.seen
    assert (put.method, put.target, put.body) == ("PUT", "/v1/invoices/991823", BODY)
    assert (delete.method, delete.target, delete.body) == ("DELETE", "/v1/invoices/991823", b"")
    assert "idempotency-key" not in put.headers
    assert "content-type" not in delete.headers


@pytest.mark.parametrize(
    "body",
    [
        created(),
        created(Errors=None),
        {"Results": created()["Results"][0]},
        created(Successful="true"),
        {"Results": [{"Item": ITEM}]},
        {"Results": [{"Item": [ITEM]}]},
        {"results": [{"successful": "TRUE", "item": {"id": "991823"}, "errors": None}]},
        ITEM,
        {"Items": [ITEM]},
        {"Successful": True, "Item": ITEM},
    ],
)
@pytest.mark.parametrize("status", [200, 201])
def test_every_shape_that_proves_success(body: Any, status: int) -> None:
    outcome = submit(Answer(body, status=status))
    assert isinstance(outcome, Accepted), outcome
    assert outcome.values["id"] == "991823"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(status=204),
        Answer(b"", status=200),
        Answer(b"<html>Sign in</html>", headers={"Content-Type": "text/html"}),
        Answer({}),
        Answer([]),
        Answer("done"),
        Answer({"Results": None}),
        Answer({"Results": []}),
        Answer({"Results": ["done"]}),
        Answer({"Results": [{"Successful": True, "Item": "991823"}]}),
        Answer({"Results": [{"Successful": True, "Item": {**ITEM, "Id": [5]}}]}),
        Answer({"Results": [{"Successful": None, "Item": None, "Errors": None}]}),
        Answer({"Results": [{"Successful": "perhaps", "Item": ITEM}]}),
        Answer({"Results": [{"Successful": True, "Item": None}]}),
        Answer({"Results": [{"Successful": True, "Item": ITEM, "Errors": [{"Message": "x"}]}]}),
        Answer({"Results": [*created()["Results"], *created()["Results"]]}),
        Answer(created(Item={**ITEM, "ExternalId": {"Value": "X3|PROD|US01|OTHER|1"}})),
        Answer({"Items": [ITEM, ITEM]}),
        Answer(fault("ServerError", "Something went wrong")),
        Answer(THROTTLED),
        Answer(created(), status=202),
        Answer(created(), status=302, headers={"Location": "/v1/elsewhere"}),
        Answer(status=408),
        Answer(fault("ServerError", "Something went wrong"), status=500),
        Answer(b"<html>Bad gateway</html>", status=502),
        Answer({"code": "303001", "message": "Endpoint suspended"}, status=503),
        Answer(status=504),
        Answer(status=418),
        Answer(drop=True),
        Answer(b'\xff\xfe{"a":1}'),
    ],
)
def test_what_proves_nothing_is_in_doubt(answer: Answer) -> None:
    outcome = submit(answer)
    assert isinstance(outcome, Doubt), outcome
    assert outcome.why
    assert not outcome.must_exist


def test_a_success_about_another_invoice_is_in_doubt() -> None:
    with site() as found:
        found.server.script = [Answer(created())]
        assert isinstance(found.client.replace_invoice("5", BODY), Doubt)
        assert isinstance(found.client.withdraw_invoice("5"), Doubt)


def test_withdrawal_needs_no_id_in_its_result_but_a_result() -> None:
    with site() as found:
        found.server.script = [Answer({"Results": [{"Successful": True}]}), Answer({})]
        accepted = found.client.withdraw_invoice("5")
        assert isinstance(accepted, Accepted)
        assert accepted.values["id"] == "5"
        assert isinstance(found.client.withdraw_invoice("5"), Doubt)


def test_a_body_cut_anywhere_is_never_accepted() -> None:
    """Cut on the wire, and cut by a proxy that makes the length fit."""
    content = Answer(created()).content
    with site() as found:
        for size in range(len(content)):
            found.server.script = [Answer(content, keep=size)]
            cut = found.client.submit_invoice(BODY, EXTERNAL_ID)
            found.server.script = [Answer(content[:size])]
            fitted = found.client.submit_invoice(BODY, EXTERNAL_ID)
            assert isinstance(cut, Doubt), (size, cut)
            assert isinstance(fitted, Doubt), (size, fitted)


@pytest.mark.parametrize(
    ("messages", "kind"),
    [
        (("Vendor not found: V00999", "Required code missing: Location on line 2"), "vendor"),
        (("Required code missing: Location on line 2",), "coding"),
        (("Duplicate invoice number for vendor: INV-1001",), "duplicate_number"),
        (("Lines do not add up: 1.00 instead of 2.00",), "amount"),
        (("Amount must not be zero",), "other"),
        (("Purchase order not found: PO-1",), "purchase_order"),
        (("Invoice can no longer be changed: Approved",), "closed"),
    ],
)
def test_item_errors_refuse_with_their_kind(messages: tuple[str, ...], kind: str) -> None:
    outcome = submit(Answer(refused(*messages)))
    assert isinstance(outcome, Refused)
    assert outcome.messages == messages
    assert outcome.kind == kind
    assert "Results" in outcome.exchange.answer


@pytest.mark.parametrize(
    "result",
    [
        {"Successful": "false", "Errors": {"Message": "Vendor is inactive: V1"}},
        {"Successful": False, "Errors": ["Vendor is inactive: V1"]},
        {"Errors": [{"message": "Vendor is inactive: V1"}]},
    ],
)
def test_every_shape_of_a_refusal(result: Any) -> None:
    outcome = submit(Answer({"Results": result}))
    assert isinstance(outcome, Refused)
    assert outcome.messages == ("Vendor is inactive: V1",)


def test_a_refusal_without_reasons_still_says_something() -> None:
    for result in ({"Successful": False}, {"Successful": False, "Errors": [{"Message": [1]}]}):
        outcome = submit(Answer({"Results": [result]}))
        assert isinstance(outcome, Refused)
        assert outcome.messages == ("No reason was given",)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(refused("External id already exists")),
        Answer(refused("External id  EXISTS twice")),
        Answer(fault("Conflict", "External id exists with different content"), status=409),
        Answer(fault("Conflict", "A request with this key is in progress"), status=409),
        Answer(fault("UnprocessableEntity", "Idempotency key was used"), status=422),
        Answer(b"<html>Conflict</html>", status=409),
    ],
)
def test_an_invoice_that_must_exist_is_in_doubt(answer: Answer) -> None:
    outcome = submit(answer)
    assert isinstance(outcome, Doubt)
    assert outcome.must_exist


@pytest.mark.parametrize("status", [400, 404, 405, 413, 415])
def test_a_request_that_is_not_understood_is_refused(status: int) -> None:
    outcome = submit(Answer(fault("BadRequest", "Body is not valid JSON"), status=status))
    assert isinstance(outcome, Refused)
    assert outcome.kind == "request"
    assert outcome.messages == ("BadRequest: Body is not valid JSON",)
    assert isinstance(submit(Answer(b"<html></html>", status=status)), Refused)


def test_item_errors_with_status_400_keep_their_kind() -> None:
    outcome = submit(Answer(refused("Vendor not found: V1"), status=400))
    assert isinstance(outcome, Refused)
    assert outcome.kind == "vendor"


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (fault("Forbidden", "Company C-1 is not available to this client"), "auth", "AUT-01"),
        ({"code": "900805", "message": "Message blocked"}, "blocked", "RAT-02"),
        ({"fault": {"code": 900805, "message": "Message blocked"}}, "blocked", "RAT-02"),
    ],
)
def test_403_is_known_not_done(body: Any, kind: str, code: str) -> None:
    outcome = submit(Answer(body, status=403))
    assert isinstance(outcome, NotDone)
    assert outcome.kind == kind
    assert outcome.error.code == code
    assert isinstance(outcome.error, AuthError)


@pytest.mark.parametrize(
    "answer",
    [
        Answer(THROTTLED, status=429, headers={"Retry-After": "30"}),
        Answer({"code": 900801, "message": "Message throttled out"}, status=503),
        Answer(status=429),
    ],
)
def test_throttling_is_known_not_done_and_not_repeated(answer: Answer) -> None:
    with site() as found:
        found.server.script = [answer]
        outcome = found.client.submit_invoice(BODY, EXTERNAL_ID)
        assert len(found.server.seen) == 1
    assert isinstance(outcome, NotDone)
    assert outcome.kind == "throttled"
    assert outcome.error.retry_after_s is not None


def test_an_expired_token_is_renewed_and_the_write_sent_once_more() -> None:
    with site() as found:
        found.server.token_script = [token("token-1"), token("token-2")]
        found.server.script = [Answer(status=401), Answer(created())]
        assert isinstance(found.client.submit_invoice(BODY, EXTERNAL_ID), Accepted)
        first, second = found.server.seen
    assert second.headers["authorization"] == "Bearer token-2"
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


def test_401_with_a_second_token_is_known_not_done() -> None:
    with site() as found:
        found.server.token_script = [token("token-1"), token("token-2")]
        found.server.script = [Answer(status=401)]
        outcome = found.client.submit_invoice(BODY, EXTERNAL_ID)
        assert len(found.server.seen) == 2
    assert isinstance(outcome, NotDone)
    assert (outcome.kind, outcome.error.code) == ("auth", "AUT-01")


def test_without_a_token_nothing_is_sent() -> None:
    with site() as found:
        found.server.token_script = [Answer(b"client-1:s3cret-value", status=503)]
        outcome = found.client.submit_invoice(BODY, EXTERNAL_ID)
        assert found.server.seen == []
    assert isinstance(outcome, NotDone)
    assert outcome.kind == "unreachable"
    assert "s3cret" not in str(outcome.error) + outcome.error.detail + repr(outcome)


def test_an_answer_that_comes_too_late_is_in_doubt() -> None:
    def late(_: Seen) -> Answer:
        time.sleep(0.6)
        return Answer(created())

    with site(profile_with(("read = 60", "read = 0.2"))) as found:
        found.server.script = [late]
        outcome = found.client.submit_invoice(BODY, EXTERNAL_ID)
        assert len(found.server.seen) == 1
    assert isinstance(outcome, Doubt)
    assert outcome.error is not None
    assert (outcome.error.code, outcome.error.was_sent) == ("NET-01", True)


def test_a_token_that_comes_too_late_leaves_the_write_unsent() -> None:
    def late(_: Seen) -> Answer:
        time.sleep(0.6)
        return token("token-1")

    with site(profile_with(("token = 30", "token = 0.2"))) as found:
        found.server.token_script = [late]
        outcome = found.client.submit_invoice(BODY, EXTERNAL_ID)
        assert found.server.seen == []
    assert isinstance(outcome, NotDone)
    assert outcome.kind == "unreachable"


def test_no_connection_is_known_not_done() -> None:
    with site(base_url="http://127.0.0.1:9") as found:
        outcome = found.client.submit_invoice(BODY, EXTERNAL_ID)
    assert isinstance(outcome, NotDone)
    assert outcome.kind == "unreachable"
    assert isinstance(outcome.error, TransientError)


def test_a_token_address_that_may_not_be_asked_is_known_not_done() -> None:
    with site(token_url="http://tokens.example/token") as found:
        outcome = found.client.submit_invoice(BODY, EXTERNAL_ID)
        assert found.server.seen == []
    assert isinstance(outcome, NotDone)
    assert outcome.error.code == "CFG-01"


def test_an_operation_that_is_not_offered_is_an_error_of_the_site() -> None:
    profile = profile_with(('"DELETE /v1/invoices/{id}"', '""'))
    with site(profile) as found, pytest.raises(ConfigError, match="does not offer withdraw"):
        found.client.withdraw_invoice("1")
