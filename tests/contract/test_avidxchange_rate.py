"""How fast requests go: limits that are configured, told in headers or found out, and waiting."""

from __future__ import annotations

import math
import threading
from datetime import timedelta

import pytest

from core.avidxchange import load_profile
from core.avidxchange.gate import Gate
from core.avidxchange.pace import Learned, Pace, Width
from core.avidxchange.quota import Quota, read_quotas
from core.errors import Stopped, TransientError
from core.ports import NotDone
from tests.contract.avidxchange_server import (
    SERVER_TIME,
    Answer,
    TestClock,
    listing,
    profile_with,
    site,
)

PROFILE = load_profile()
TOLD = {"RateLimit-Policy": '"default";q=20;w=1', "RateLimit": '"default";r=15;t=1'}


# --- what headers tell -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (TOLD, (Quota("default", 20, 1, 15, 1),)),
        (
            {"RateLimit-Policy": '"a";q=5;w=1,"b";q=900;w=3600'},
            (Quota("a", 5, 1), Quota("b", 900, 3600)),
        ),
        ({"RateLimit-Policy": '"a";q=5;qu="content-bytes";w=1'}, ()),
        ({"RateLimit-Policy": "a;q=5;w=1;pk=:cHsdsRa894==:"}, (Quota("a", 5, 1),)),
        ({"RateLimit": '"a";r=0;t=30'}, (Quota("a", None, None, 0, 30),)),
        (
            {"RateLimit-Limit": "20, 20;w=1", "RateLimit-Remaining": "3", "RateLimit-Reset": "1"},
            (Quota("", 20, 1, 3, 1),),
        ),
        ({"RateLimit": "limit=100, remaining=50, reset=5"}, (Quota("", 100, None, 50, 5),)),
        ({"RateLimit-Limit": "20"}, ()),
        ({"RateLimit-Policy": '"a";q=5;w'}, ()),
        ({"RateLimit-Policy": '"a";q=-5;w=1'}, ()),
        ({"RateLimit-Policy": '"a";q=1e3;w=1'}, ()),
        ({"RateLimit-Policy": '"a";q=0;w=1'}, ()),
        ({"RateLimit-Policy": '"a;q=5;w=1'}, ()),
        ({"RateLimit-Policy": "q=5 w=1"}, ()),
        ({"RateLimit-Policy": '"a";q=5;w=1 rubbish'}, ()),
        ({"RateLimit": "soon"}, ()),
        ({"RateLimit": '"a";r=none;t=1'}, ()),
        ({"RateLimit-Limit": "many", "RateLimit-Remaining": "3", "RateLimit-Reset": "1"}, ()),
        ({"RateLimit": ",,;;"}, ()),
        ({}, ()),
    ],
)
def test_what_limits_an_answer_tells(headers: dict[str, str], expected: tuple[Quota, ...]) -> None:
    assert read_quotas({name.lower(): text for name, text in headers.items()}) == expected


def test_a_malformed_header_changes_nothing() -> None:
    with site() as found:
        found.server.script = [Answer(listing(), headers={"RateLimit": '"a";r=0;t=soon'})]
        for _ in range(3):
            found.client.first_page("code")
        assert found.clock.waits == []


def test_a_told_limit_is_kept_evenly() -> None:
    with site() as found:
        found.server.script = [Answer(listing(), headers=TOLD)]
        for _ in range(41):
            found.client.first_page("code")
        assert 39 / 20 < found.clock.monotonic() < 41 / 18


def test_where_nothing_is_left_all_wait_but_never_longer_than_is_slept() -> None:
    used_up = {"RateLimit-Policy": '"a";q=20;w=1', "RateLimit": '"a";r=0;t=7'}
    for_hours = {"RateLimit": '"a";r=0;t=7200'}
    with site() as found:
        found.server.script = [
            Answer(listing(), headers=used_up),
            Answer(listing(), headers=for_hours),
            Answer(listing()),
        ]
        found.client.first_page("code")
        found.client.first_page("code")
        assert found.clock.monotonic() == pytest.approx(7, abs=0.1)
        found.client.first_page("code")
        assert found.clock.monotonic() == pytest.approx(127, abs=0.1)


def test_retry_after_wins_over_the_header_and_the_header_over_back_off() -> None:
    with site() as found:
        found.server.script = [
            Answer(status=429, headers={"Retry-After": "3", "RateLimit": '"a";r=0;t=50'}),
            Answer(listing()),
        ]
        found.client.first_page("code")
        assert found.clock.monotonic() == pytest.approx(3, abs=0.5)
    with site() as found:
        found.server.script = [
            Answer(status=429, headers={"RateLimit": '"a";r=0;t=50'}),
            Answer(listing()),
        ]
        found.client.first_page("code")
        assert found.clock.monotonic() == pytest.approx(50, abs=0.5)


# --- the pace ----------------------------------------------------------------------------------


def test_the_slowest_of_what_is_configured_and_told_counts() -> None:
    pace = Pace(10)
    assert pace.rate(0) == 9.5
    pace.told([Quota("a", 20, 1, 5, 1), Quota("b", 240, 60, 200, 30)], 0)
    assert pace.rate(1) == pytest.approx(240 / 60 * 0.95)
    assert pace.rate(901) == 9.5  # not told again for a quarter of an hour
    assert pace.told([Quota("a", 20, 1, 0, 4)], 2) == 4


def test_a_long_quota_is_spread_only_when_little_of_it_is_left() -> None:
    pace = Pace(0)
    pace.told([Quota("day", 1000, 86_400, 900, 40_000)], 0)
    assert pace.rate(0) == math.inf
    pace.told([Quota("day", 1000, 86_400, 50, 500)], 0)
    assert pace.rate(0) == pytest.approx(0.1)


def test_a_limit_without_its_window_is_seen_over_time() -> None:
    pace = Pace(0)
    pace.told([Quota("", None, None, 19, 1)], 0)
    assert pace.rate(0) == pytest.approx(19)
    pace.told([Quota("", None, None, 3, 1)], 0.9)
    assert pace.rate(0.9) == pytest.approx(19)


def test_a_learned_pace_halves_climbs_stays_and_tries_again() -> None:
    learned = Learned()
    assert learned.rate(0) == math.inf
    for number in range(400):
        learned.passed(number / 40)  # 40 a second for 10 s
    learned.refused(10, 11)
    assert learned.rate(11) == pytest.approx(20, rel=0.05)
    rates = [learned.rate(11 + second) for second in range(90)]
    assert rates == sorted(rates)
    assert rates[15] == rates[35] == pytest.approx(36, rel=0.05)
    assert rates[46] == pytest.approx(46, rel=0.05)
    assert rates[89] > 100
    assert learned.rate(10_000) == math.inf


def test_the_same_limit_met_again_is_tried_half_as_often() -> None:
    learned = Learned()
    learned.refused(0, 1)
    assert learned.rate(1) == 10  # met by the first request: 20 is the first guess
    stays = []
    now = 1.0
    for _ in range(3):
        begun = now
        while learned.rate(now) <= 0.9 * 20:
            learned.passed(now)
            now += 1 / learned.rate(now)
        stays.append(now - begun)
        for _ in range(200):
            learned.passed(now)
            now += 0.05
        learned.refused(now, now)
    assert stays[0] < stays[1] * 0.8 < stays[2] * 0.6


def test_a_pause_that_was_too_short_does_not_bring_the_pace_down_to_nothing() -> None:
    learned = Learned()
    for number in range(200):
        learned.passed(number / 100)
    for second in range(2, 12):
        learned.refused(second, second + 1)
    # 200 in 11 s: each refusal alone would have halved the pace, down to a thousandth.
    assert 4 <= learned.rate(12) <= 20


def test_places_grow_by_one_a_second_and_halve() -> None:
    width = Width()
    assert width.has_room(0, 0)
    width.goes(0)
    assert not width.has_room(0.5, 1)
    for tenth in range(1, 40):
        width.passed(tenth / 10, width.most)
    assert width.most == 8
    width.refused(4, 4)
    assert width.most == 2
    assert not width.has_room(4.5, 2)
    assert width.has_room(5.1, 2)  # those under way hang: one more may go


# --- the gate ----------------------------------------------------------------------------------


def test_refusals_of_one_moment_count_once() -> None:
    clock = TestClock()
    gate = Gate(PROFILE, clock, chance=lambda: 1.0)
    clock.pass_time(5)
    assert [gate.hold(None, began) for began in (4.0, 4.1, 4.2)] == [1, 1, 1]
    clock.pass_time(2)
    assert gate.hold(None, 6.5) == 2


def test_when_it_goes_on_is_told_while_it_waits() -> None:
    with site() as found:
        assert found.client.continues_at is None
        found.server.script = [
            Answer(status=429, headers={"Retry-After": "600"}),
            Answer(listing()),
        ]
        with pytest.raises(TransientError):
            found.client.first_page("code")
        assert found.client.continues_at == SERVER_TIME + timedelta(seconds=600)
        found.clock.pass_time(100)
        assert found.client.continues_at == SERVER_TIME + timedelta(seconds=600)
        found.clock.pass_time(501)
        assert found.client.continues_at is None
        found.client.first_page("code")


def test_a_pause_of_less_than_a_second_is_not_told() -> None:
    gate = Gate(PROFILE, TestClock())
    gate.hold(0.5)
    assert gate.continues_at is None


class _Waiting(TestClock):
    """A clock on which a wait takes no time of its own, but lets others run."""

    __test__ = False

    def __init__(self) -> None:
        super().__init__()
        self.has_waited = threading.Event()

    def wait(self, seconds: float) -> None:
        if self.stopped:
            raise Stopped
        self.waits.append(seconds)
        self.has_waited.set()
        threading.Event().wait(0.005)


def test_what_waits_can_be_dropped_and_later_calls_go_on() -> None:
    clock = _Waiting()
    gate = Gate(PROFILE, clock)
    gate.hold(60)
    ended: list[BaseException] = []

    def wait() -> None:
        try:
            with gate.turn():
                pass
        except Stopped as stopped:
            ended.append(stopped)

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    assert clock.has_waited.wait(10)
    while len(gate._line) < 3:  # only so is seen that all three wait
        threading.Event().wait(0.005)
    gate.drop_waiting()
    for thread in threads:
        thread.join(10)
    assert len(ended) == 3
    clock.pass_time(61)
    with gate.turn() as began:
        assert began == 61


def test_a_write_that_is_stopped_while_it_waits_was_not_done() -> None:
    with site() as found:
        found.server.script = [Answer(status=429, headers={"Retry-After": "30"})]
        assert isinstance(found.client.withdraw_invoice("1"), NotDone)
        found.clock.stopped = True
        outcome = found.client.submit_invoice(b"{}", "X3|PROD|US01|1|1")
        assert isinstance(outcome, NotDone)
        assert (outcome.kind, outcome.error.was_sent) == ("", False)
        assert len(found.server.seen) == 1


def test_requests_go_in_the_order_in_which_they_came() -> None:
    clock = TestClock()
    gate = Gate(profile_with(("requests_per_second = 0", "requests_per_second = 10")), clock)
    order: list[int] = []
    first = gate.turn()
    first.__enter__()

    def go(number: int) -> None:
        with gate.turn():
            order.append(number)

    threads = []
    for number in range(4):
        thread = threading.Thread(target=go, args=(number,))
        thread.start()
        threads.append(thread)
        while thread.is_alive() and len(gate._line) + len(order) <= number:
            threading.Event().wait(0.002)
    first.__exit__(None, None, None)
    for thread in threads:
        thread.join(10)
    assert order == [0, 1, 2, 3]
    assert clock.monotonic() == pytest.approx(4 / 9.5)
