"""A side that failed rests for scheduled runs, the other works on, and a person closes it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.engine import breakers
from core.engine.run import RunResult
from core.engine.work import RunOrder
from tests.engine.conftest import MakeSite
from tests.engine.site import ANSWER_S, Site

REST_S = 0.6


def _scheduled(site: Site) -> RunResult:
    """A run that the schedule asks for."""
    order = RunOrder(by=breakers.SCHEDULE)
    return site.running.sync(order).result(timeout=ANSWER_S)


def _asked(site: Site, side: str) -> int:
    counted = site.state.counters
    return sum(number for name, number in counted.items() if name.startswith(f"{side}.requests."))


def _rest(site: Site) -> timedelta:
    """How long the side that is tried first rests from now on."""
    until = breakers.open_until(site.store)
    assert until is not None
    return until - site.store.clock()


def _down(site: Site, side: str) -> None:
    site.fault(side, "*", "reset_before", times=None)


def test_a_failed_side_rests_and_the_other_works_on(site: Site) -> None:
    site.changes = {"ap_breaker_s": (30.0, 900.0), "breaker_s": (30.0, 900.0)}
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    payment = site.act("avid.pay", [number], status="Cleared")
    site.sync(preview=True)
    _down(site, "avid")
    assert _scheduled(site).exit_status == 4
    assert timedelta(seconds=26) < _rest(site) < timedelta(seconds=34)
    assert len(site.postings(payment)) == 1
    asked, new = _asked(site, "avid"), site.invoice("55.00")
    result = _scheduled(site)
    assert _asked(site, "avid") == asked, "it was left alone"
    assert result.report["read"]["invoices"] > 0
    assert site.row(new).state == "ready", "X3 was read"
    (entry,) = result.report["errors"]
    assert (entry["system"], entry["code"]) == ("avidxchange", "NET-01")
    assert "It is left alone until" in entry["text"]
    assert entry["text"].count("left alone") == 1
    assert result.exit_status == 4
    # It rests as long as before: a run that did not ask is no further failure.
    assert _rest(site) < timedelta(seconds=34)


def test_x3_at_rest_is_not_asked_for_anything(site: Site) -> None:
    site.changes = {"breaker_s": (30.0, 900.0)}
    number = site.sent("55.00")
    site.act("avid.approve", number)
    _down(site, "x3")
    _scheduled(site)
    asked = _asked(site, "x3")
    site.sandbox.faults.clear()
    result = _scheduled(site)
    assert _asked(site, "x3") == asked
    assert {entry["system"] for entry in result.report["errors"]} == {"x3"}
    assert (site.row(number).state, site.level(number)) == ("approved", {1})
    assert site.sync().exit_status == 0
    assert site.level(number) == {4}


def test_rests_grow_and_the_first_answer_ends_them(make_site: MakeSite) -> None:
    site = make_site()
    site.changes = {"ap_breaker_s": (REST_S, 900.0)}
    site.sync()
    _down(site, "avid")
    for failures in (1, 2, 3):
        _scheduled(site)
        longest = REST_S * 2 ** (failures - 1)
        assert _rest(site) <= timedelta(seconds=longest * 1.1)
        site.until(lambda: _rest(site) < timedelta(0))
    assert longest == REST_S * 4
    site.sandbox.faults.clear()
    assert _scheduled(site).exit_status == 0
    assert breakers.open_until(site.store) is None


def test_a_persons_run_tries_at_once_and_begins_anew(site: Site) -> None:
    site.changes = {"ap_breaker_s": (30.0, 900.0)}
    site.sync()
    _down(site, "avid")
    _scheduled(site)
    asked = _asked(site, "avid")
    site.sync()
    assert _asked(site, "avid") > asked
    assert _rest(site) < timedelta(seconds=34), "the first rest again"
    site.sandbox.faults.clear()
    assert site.sync().exit_status == 0
    assert breakers.open_until(site.store) is None


def test_a_rest_outlives_the_engine_and_a_longest_of_zero_is_none(site: Site) -> None:
    site.changes = {"ap_breaker_s": (30.0, 900.0)}
    site.sync()
    _down(site, "avid")
    _scheduled(site)
    site.restart()
    asked = _asked(site, "avid")
    _scheduled(site)
    assert _asked(site, "avid") == asked
    site.sync()
    site.restart(ap_breaker_s=(0.0, 0.0))
    site.sync()
    assert breakers.open_until(site.store) is None


@pytest.mark.parametrize("name", ["x3.password", "avidxchange.client_secret"])
def test_refused_credentials_do_not_rest(site: Site, name: str) -> None:
    site.sync()
    site.secrets.set(name, "wrong", actor="test")
    site.restart()
    assert [e["code"] for e in site.sync().report["errors"]] == ["AUT-01"]
    assert breakers.open_until(site.store) is None


def test_a_long_wait_that_was_asked_for_is_the_rest(site: Site) -> None:
    site.changes = {"ap_breaker_s": (1.0, 900.0)}
    site.sync()
    told = {"retry_after": "seconds", "seconds": 3600}
    site.fault("avid", "*", "throttled", args=told, times=None)
    report = _scheduled(site).report
    assert [entry["code"] for entry in report["errors"]] == ["RAT-01"]
    # Never longer than its longest: then one request probes (avidxchange.md 6).
    assert timedelta(seconds=700) < _rest(site) < timedelta(seconds=991)
