"""Answers that are no success, and what a read does about them (avidxchange.md 2.11, 3, 6)."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.avidxchange import load_profile
from core.avidxchange.faults import error_of, pause_of, read_fault
from core.avidxchange.gate import Gate
from core.errors import AppError, AuthError, RemoteRefused, Stopped, TransientError, Unreadable
from core.http import Reply
from tests.contract.avidxchange_server import (
    SERVER_TIME,
    Answer,
    Seen,
    Site,
    TestClock,
    fault,
    listing,
    profile_with,
    refused,
    site,
    token,
)

PROFILE = load_profile()
GATEWAY = {"code": "900804", "message": "Message throttled out", "description": "Quota exceeded"}
OLD = {"code": "900901", "error_message": "Invalid", "error_description": "It is not valid"}


def reply_of(answer: Answer, *, dated: bool = True) -> Reply:
    headers = {name.lower(): value for name, value in answer.headers.items()}
    stamp = SERVER_TIME if dated else None
    return Reply(answer.status, headers, answer.content, stamp, 0.1, "request-1")


def read_code(found: Site) -> Any:
    return found.client.first_page("code")


# --- shapes ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "text", "code", "message_id"),
    [
        (refused("Vendor not found: V1", "Two"), "Vendor not found: V1; Two", "", ""),
        (fault("BadRequest", "Too long"), "BadRequest: Too long", "", "5d0c7c1e-0001"),
        (fault("BadRequest", "Too long")["exception"], "BadRequest: Too long", "", "5d0c7c1e-0001"),
        (
            {"error": "invalid_client", "error_description": "Failed"},
            "invalid_client: Failed",
            "",
            "",
        ),
        (GATEWAY, "Message throttled out: Quota exceeded", "900804", ""),
        (OLD, "Invalid: It is not valid", "900901", ""),
        ({"fault": {"code": 900805, "message": "Blocked"}}, "Blocked", "900805", ""),
        (
            {"type": "about:blank", "title": "No", "detail": "Why", "status": 400},
            "No: Why",
            "",
            "",
        ),
        (b"  <html>\n<b>Bad</b> </html>", "<html> <b>Bad</b> </html>", "", ""),
        (b"x" * 2000, "x" * 300, "", ""),
        ([1], "", "", ""),
    ],
)
def test_every_shape_of_a_fault(body: Any, text: str, code: str, message_id: str) -> None:
    found = read_fault(reply_of(Answer(body, status=400)), PROFILE, str)
    assert (found.text, found.code, found.message_id) == (text, code, message_id)


def test_texts_are_redacted_and_unknown_bodies_of_500_are_dropped() -> None:
    def redact(text: str) -> str:
        return text.replace("hidden", "removed")

    shaped = read_fault(reply_of(Answer(fault("X", "hidden"), status=400)), PROFILE, redact)
    assert shaped.text == "X: removed"
    plain = read_fault(reply_of(Answer(b"hidden", status=400)), PROFILE, redact)
    assert plain.text == "removed"
    assert read_fault(reply_of(Answer(b"hidden", status=503)), PROFILE, redact).text == ""


def test_an_error_keeps_both_ids_for_support() -> None:
    reply = reply_of(Answer(fault("BadRequest", "Window is longer than 30 days"), status=400))
    error = error_of(reply, read_fault(reply, PROFILE, str), PROFILE, now=SERVER_TIME)
    assert isinstance(error, RemoteRefused)
    assert (error.status, error.request_id) == (400, "request-1")
    assert error.detail == "avidMessageId 5d0c7c1e-0001"
    assert "Window is longer than 30 days" in error.why
    assert error.was_sent


@pytest.mark.parametrize("status", range(300, 600))
def test_every_status_has_an_error(status: int) -> None:
    reply = reply_of(Answer(status=status))
    error = error_of(reply, read_fault(reply, PROFILE, str), PROFILE, now=SERVER_TIME)
    assert isinstance(error, AuthError | TransientError | RemoteRefused | Unreadable)
    assert error.was_sent
    assert error.system == "avidxchange"
    assert isinstance(error, TransientError) == (status in (408, 429) or status >= 500)


# --- reads -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "answer",
    [
        *(Answer(status=status) for status in (408, 500, 502, 503, 504)),
        Answer(b"<html>Gateway</html>", status=502),
        Answer(b"<html>Sign in</html>"),
        Answer(b'{"Items":[{"Gro'),
        Answer(listing(), keep=10),
        Answer(drop=True),
    ],
)
def test_a_read_is_repeated_with_full_jitter(answer: Answer) -> None:
    with site() as found:
        found.server.script = [answer, answer, Answer(listing())]
        assert read_code(found).rows == ()
        ids = {seen.headers["x-request-id"] for seen in found.server.seen}
        assert len(ids) == len(found.server.seen) == 3
        assert len(found.clock.waits) == 2
        assert found.clock.waits[0] <= 1
        assert found.clock.waits[1] <= 2


def test_a_read_gives_up_after_five_attempts() -> None:
    with site() as found:
        found.server.script = [Answer(fault("ServerError", "Something went wrong"), status=500)]
        with pytest.raises(TransientError, match="Something went wrong") as caught:
            read_code(found)
        assert len(found.server.seen) == 5
    assert (caught.value.status, caught.value.was_sent) == (500, True)


def test_no_connection_is_repeated_and_then_raised() -> None:
    with site(base_url="http://127.0.0.1:9") as found:
        with pytest.raises(TransientError) as caught:
            read_code(found)
        assert len(found.clock.waits) == 4
    assert (caught.value.code, caught.value.was_sent) == ("NET-01", False)


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (400, fault("BadRequest", "A filter is required"), RemoteRefused, "CFG-01"),
        (403, fault("Forbidden", "Company C-1 is not available"), AuthError, "AUT-01"),
        (403, {"code": "900805", "message": "Message blocked"}, AuthError, "RAT-02"),
        (404, fault("NotFound", "No such resource"), RemoteRefused, "CFG-01"),
        (405, fault("MethodNotAllowed", "Method not allowed"), RemoteRefused, "CFG-01"),
        (413, b"", RemoteRefused, "CFG-01"),
        (415, b"", RemoteRefused, "CFG-01"),
        (302, b"", Unreadable, "NET-01"),
    ],
)
def test_what_is_not_repeated(status: int, body: Any, kind: type[AppError], code: str) -> None:
    with site() as found:
        found.server.script = [Answer(body, status=status, headers={"Location": "/v1/codes"})]
        with pytest.raises(kind) as caught:
            read_code(found)
        assert len(found.server.seen) == 1
    assert caught.value.code == code


def test_the_profile_names_the_statuses_that_are_repeated() -> None:
    profile = profile_with(("statuses = [408, 429, 500, 502, 503, 504]", "statuses = [502]"))
    with site(profile) as found:
        found.server.script = [Answer(status=500)]
        with pytest.raises(TransientError):
            read_code(found)
        assert len(found.server.seen) == 1


def test_an_answer_over_the_limit_is_an_error() -> None:
    profile = profile_with(
        ("response_bytes = 33554432", "response_bytes = 20"), ("attempts = 5", "attempts = 0")
    )
    with site(profile) as found:
        found.server.token_script = [token("t", expires_in=1)]
        found.server.script = [Answer(listing())]
        with pytest.raises(TransientError, match="No token was given"):
            read_code(found)


# --- throttling --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        ({"Retry-After": "30"}, b"", 30.0),
        ({"Retry-After": " 1.5 "}, b"", 1.5),
        ({"Retry-After": "Fri, 12 Jun 2026 18:02:00 GMT"}, b"", 120.0),
        ({"Retry-After": "Friday, 12-Jun-26 18:02:00 GMT"}, b"", 120.0),
        ({}, {**GATEWAY, "nextAccessTime": "2026-Jun-12 18:30:00+0000 UTC"}, 1800.0),
        ({}, {"fault": {**GATEWAY, "nextAccessTime": "2026-Jun-12 13:00:01-0500 EST"}}, 1.0),
        ({"Retry-After": "315360000"}, b"", 315_360_000.0),
        ({"Retry-After": "-5"}, b"", None),
        ({"Retry-After": "soon"}, b"", None),
        ({"Retry-After": "Fri, 99 Zzz 2026 18:02:00 GMT"}, b"", None),
        ({"Retry-After": "9" * 400}, b"", None),
        ({"Retry-After": "Fri, 12 Jun 2026 17:00:00 GMT"}, b"", None),
        ({"Retry-After": "0"}, {"nextAccessTime": "2026-Jun-12 18:00:07+0000 UTC"}, 7.0),
        ({}, {**GATEWAY, "nextAccessTime": "2026-Abc-12 18:30:00+0000 UTC"}, None),
        ({}, {**GATEWAY, "nextAccessTime": "2026-Feb-31 18:30:00+0000 UTC"}, None),
        ({}, {**GATEWAY, "nextAccessTime": 5}, None),
        ({}, b"", None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], body: Any, expected: float | None) -> None:
    reply = reply_of(Answer(body, status=429, headers=headers))
    found = read_fault(reply, PROFILE, str)
    # The clock here is 10 minutes apart: only the answer's own Date counts.
    wrong = SERVER_TIME + timedelta(minutes=10)
    assert pause_of(reply, found, now=wrong) == expected


def test_without_a_date_the_own_clock_counts() -> None:
    headers = {"Retry-After": "Fri, 12 Jun 2026 18:02:00 GMT"}
    reply = reply_of(Answer(status=429, headers=headers), dated=False)
    found = read_fault(reply, PROFILE, str)
    assert pause_of(reply, found, now=datetime(2026, 6, 12, 18, 1, tzinfo=UTC)) == 60


def test_a_read_waits_as_told_and_goes_on() -> None:
    with site() as found:
        found.server.script = [
            Answer(GATEWAY, status=429, headers={"Retry-After": "30"}),
            Answer({"code": "900801", "message": "Throttled"}, status=503),
            Answer(listing()),
        ]
        assert read_code(found).rows == ()
        assert 30 <= found.clock.monotonic() < 32
        assert len(found.server.seen) == 3


def test_a_long_wait_is_raised_and_capped_so_that_one_request_probes() -> None:
    with site() as found:
        found.server.script = [Answer(status=429, headers={"Retry-After": "315360000"})]
        with pytest.raises(TransientError) as caught:
            read_code(found)
        assert (caught.value.code, caught.value.retry_after_s) == ("RAT-01", 900)
        found.clock.pass_time(500)
        with pytest.raises(TransientError) as again:
            found.client.invoice("1")
        assert again.value.retry_after_s == pytest.approx(400)
        assert not again.value.was_sent
        assert len(found.server.seen) == 1
        assert found.clock.waits == []
        found.clock.pass_time(401)
        found.server.script = [Answer(listing())]
        assert read_code(found).rows == ()


def test_throttling_for_ever_ends() -> None:
    with site() as found:
        found.server.script = [Answer(status=429)]
        with pytest.raises(TransientError) as caught:
            read_code(found)
        assert caught.value.code == "RAT-01"
        assert len(found.server.seen) == 5


def test_a_throttled_token_request_shuts_the_gate_too() -> None:
    with site() as found:
        found.server.token_script = [
            Answer(GATEWAY, status=429, headers={"Retry-After": "20"}),
            token("token-1"),
        ]
        found.server.script = [Answer(listing())]
        assert read_code(found).rows == ()
        assert found.clock.monotonic() == 20


def test_all_calls_wait_and_one_probes() -> None:
    """While the gate is shut nobody goes; after a long pause one goes first."""
    clock = TestClock()
    gate = Gate(PROFILE, clock)
    assert gate.hold(600) == 600
    with pytest.raises(TransientError), gate.turn():
        pass
    clock.pass_time(500)
    entered = threading.Event()

    def follow() -> None:
        with gate.turn():
            entered.set()

    with gate.turn():  # waits for the last 100 s, then probes
        assert clock.monotonic() == pytest.approx(600)
        follower = threading.Thread(target=follow)
        follower.start()
        assert not entered.wait(0.1)
        gate.passed()
    follower.join(5)
    assert entered.is_set()


def test_the_gate_backs_off_and_forgets() -> None:
    gate = Gate(PROFILE, TestClock(), chance=lambda: 1.0)
    assert [gate.hold(None) for _ in range(8)] == [1, 2, 4, 8, 16, 32, 60, 60]
    gate.passed()
    assert gate.hold(None) == 1
    assert gate.backoff(10_000) == 60


def test_a_stop_ends_every_wait() -> None:
    with site() as found:
        found.server.script = [Answer(status=429, headers={"Retry-After": "30"})]
        found.clock.stopped = True
        with pytest.raises(Stopped):
            read_code(found)
        found.server.script = [Answer(status=500)]
        with pytest.raises(Stopped):
            read_code(found)


def test_requests_a_second_can_be_limited() -> None:
    profile = profile_with(("requests_per_second = 0", "requests_per_second = 4"))
    with site(profile) as found:
        found.server.script = [Answer(listing())]
        for _ in range(5):
            read_code(found)
        # A margin of 5 % stays free, so that a clock of the server's own does no harm.
        assert found.clock.monotonic() == pytest.approx(1.0 / 0.95)


def test_four_threads_share_one_gate_and_one_token() -> None:
    lock = threading.Lock()
    throttled: list[Seen] = []

    def answer(seen: Seen) -> Answer:
        with lock:
            if len(throttled) < 4:
                throttled.append(seen)
                return Answer(status=429, headers={"Retry-After": "3"})
        return Answer(listing())

    with site() as found:
        found.server.script = [answer]
        pages: list[Any] = []
        threads = [
            threading.Thread(target=lambda: pages.append(read_code(found))) for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert len(pages) == 4
        assert len(found.server.token_requests) == 1
        assert len(found.server.seen) == 8
