"""Slowing down and then falling silent is the allowance used up, not an unreachable server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from core.errors import TransientError
from core.http import TimedOut, Traffic
from core.ports import Accepted, Doubt, NotDone
from core.x3.allowance import Allowance, Counted, Pace
from tests.contract.x3_site import Desk, Said, Site, desk_at, page, running_site, shipped

QUICK, SLOW, NEVER = 0.0, 0.7, 1.6
ACCEPTED = (
    b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><r><x>'
    b"<status>1</status></x></r></s:Body></s:Envelope>"
)


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


def desk_of(site: Site, *delays_s: float) -> Desk:
    """A client whose answers take so long, one after the other; the last goes on."""
    site.say(*(Said(page(), delay_s=delay_s) for delay_s in delays_s))
    profile = shipped(
        limits={"read_timeout_s": 1.0, "write_timeout_s": 1.0},
        times={"read_retry_s": (0.0,) * 3},
    )
    return desk_at(site.base_url, profile=profile)


def test_slow_answers_and_then_none_are_the_allowance(site: Site) -> None:
    reader = desk_of(site, *[QUICK] * 10, *[SLOW] * 5, NEVER).client.reader
    for _ in range(15):
        reader.first_page("site")
    with pytest.raises(TimedOut) as caught:
        reader.first_page("site")
    error = caught.value
    assert (error.code, error.was_sent) == ("QTA-01", True)
    assert "slowed down from 0.0 s to 0.7 s" in error.why
    assert "its web service allowance is used up" in error.why
    assert len(site.heard) == 15 + 3
    with pytest.raises(TransientError) as kept:
        reader.first_page("supplier")
    assert (kept.value.code, kept.value.was_sent) == ("QTA-01", False)
    assert "its web service allowance is used up" in kept.value.why
    assert len(site.heard) == 15 + 3, "silence is kept"


def test_no_answer_out_of_the_blue_names_both_causes(site: Site) -> None:
    reader = desk_of(site, *[QUICK] * 15, NEVER).client.reader
    for _ in range(15):
        reader.first_page("site")
    with pytest.raises(TransientError) as caught:
        reader.first_page("site")
    assert caught.value.code == "QTA-01"
    assert "or the server is down" in caught.value.why


def test_a_slow_write_among_quick_reads_is_no_slowing_down(site: Site) -> None:
    """Writes of 17 s are normal: only what is alike is compared."""
    desk = desk_of(site, *[QUICK] * 12, *[SLOW] * 3, NEVER)
    for _ in range(12):
        desk.client.reader.first_page("site")
    body = desk.client.encoder.approval_unposted("B", 4, "", second=False)
    send = desk.client.writer.send_approval_unposted
    outcomes = [send(body) for _ in range(7)]
    assert [type(outcome) for outcome in outcomes] == [Doubt] * 6 + [NotDone]
    last = outcomes[-1]
    assert isinstance(last, NotDone)
    assert (last.kind, last.error.code) == ("throttled", "QTA-01")
    assert "or the server is down" in last.error.why


def test_a_write_may_take_far_longer_than_a_read(site: Site) -> None:
    """5 to 17 s are normal for a save: its own time-out counts, and it is sent once."""
    site.say(Said(ACCEPTED, 200, "text/xml", delay_s=0.8))
    limits = {"read_timeout_s": 0.2, "write_timeout_s": 5.0}
    client = desk_at(site.base_url, profile=shipped(limits=limits)).client
    body = client.encoder.approval_unposted("B", 4, "", second=False)
    assert isinstance(client.writer.send_approval_unposted(body), Accepted)
    assert len(site.heard) == 1


@pytest.mark.parametrize(
    ("took", "wanted"),
    [
        ([0.2] * 20 + [1.0] * 5, (0.2, 1.0)),
        ([0.2] * 20 + [0.9] * 5, None),
        ([0.2] * 20 + [0.2, 0.2, 5.0, 5.0, 5.0], (0.2, 5.0)),
        ([0.2] * 20 + [0.2, 0.2, 0.2, 9.0, 9.0], None),
        ([0.2] * 9 + [5.0] * 5, None),
        ([0.01] * 20 + [0.4] * 5, None),
        ([0.1] * 60 + [2.0] * 5, (0.1, 2.0)),
        ([17.0] * 30, None),
        ([], None),
    ],
)
def test_what_counts_as_slowed_down(took: list[float], wanted: Any) -> None:
    pace = Pace()
    for took_s in took:
        pace.note("api1", took_s)
        pace.note("soap", 17.0)
    assert pace.slowed("api1") == wanted
    assert pace.slowed("soap") is None
    assert pace.slowed("xtrem") is None


def test_every_exchange_is_told_with_its_bytes(site: Site) -> None:
    """Sent is exact; received is the packed body with its head; a failed one counts too."""
    told: list[Traffic] = []
    desk = desk_of(site, QUICK)
    desk.transport.on_traffic = told.append
    desk.client.reader.first_page("site")
    heard, moved = site.heard[0], told[0]
    head = f"GET {heard.target} HTTP/1.1\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in heard.headers.items()
    )
    assert moved.sent == len(head) + len("\r\n")
    assert len(site.script[0].raw) < moved.received < len(site.script[0].raw) + 200
    assert not moved.is_time_out
    site.say(Said(b"", 0))
    with pytest.raises(TransientError):
        desk.client.reader.first_page("site")
    assert len(told) == 5
    assert all(one.sent == moved.sent and one.received == 0 for one in told[1:])
    assert desk.transport.meter.sent == 5 * moved.sent


def test_threads_count_under_their_own_label(site: Site) -> None:
    desk = desk_of(site, QUICK)
    allowance = Allowance(0, lambda: datetime(2026, 11, 25, tzinfo=UTC))
    desk.transport.on_traffic = allowance.note
    reader = Counted(desk.client.reader)
    threads = [
        threading.Thread(target=reader.first_page, args=(name,)) for name in ("site", "company")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reader.open_items(["B"])
    desk.client.reader.first_page("site")
    assert reader.change_kind("site") == "none"
    assert {v.flow: v.calls for v in allowance.take()} == {
        "site": 1, "company": 1, "open_item": 1, "checks": 1,
    }  # fmt: skip
    assert allowance.day == "2026-11-25"
