"""AvidXchange asks to wait: it is shown, the other side is read meanwhile, and a stop is a stop."""

from __future__ import annotations

import time

from core.engine.engine import ASKED_TO_WAIT
from tests.engine.site import Site


def _hear(site: Site) -> list[tuple[str, int, int]]:
    """Everything the engine tells of its progress from now on."""
    heard: list[tuple[str, int, int]] = []
    site.running._on_progress = lambda *told: heard.append(told)  # the engine runs already
    return heard


def test_a_pause_is_shown_with_its_seconds_while_the_other_side_is_read(site: Site) -> None:
    number = site.invoice("100.00")
    heard = _hear(site)
    args = {"seconds": 2, "retry_after": "seconds"}
    site.fault("avid", "list_codes", "throttled", args=args)
    site.fault("x3", "query", "delay", args={"seconds": 0.2}, times=20)  # else it is read before
    result = site.sync()
    assert site.row(number).state == "sent"
    assert result.exit_status == 0
    waited = [(done, total) for phase, done, total in heard if phase == ASKED_TO_WAIT]
    assert {total for _, total in waited} == {2}
    assert {done for done, _ in waited} >= {0, 1}
    first = next(place for place, told in enumerate(heard) if told[0] == ASKED_TO_WAIT)
    last = max(place for place, told in enumerate(heard) if told[0] == ASKED_TO_WAIT)
    assert any(phase.startswith("x3:") for phase, _, _ in heard[first:last])


def test_a_run_that_is_stopped_while_a_send_waits_sends_nothing_later(site: Site) -> None:
    site.invoice("100.00")
    second = site.invoice("200.00")
    args = {"seconds": 4, "retry_after": "seconds"}
    site.fault("avid", "submit_invoice", "throttled", args=args)
    run = site.begin()
    ap = site.running.tools.ap
    site.until(lambda: ap.continues_at is not None)
    begun = time.monotonic()
    site.running.cancel_run()
    run.result(timeout=10)
    assert time.monotonic() - begun < 3
    time.sleep(max(0.0, 4.5 - (time.monotonic() - begun)))
    assert site.state.counters.get("avid.invoices_created", 0) == 0
    assert {row.state for row in site.outbox("invoice")} == {"ready"}
    assert site.sync().report["sent"] == 2
    assert site.row(second).state == "sent"


def test_a_send_that_outlives_its_cancelled_run_is_looked_up_by_the_next(site: Site) -> None:
    number = site.invoice("100.00")
    site.fault("avid", "submit_invoice", "delay", args={"seconds": 5}, times=1)
    run = site.begin()
    site.until(lambda: [row.state for row in site.outbox("invoice")] == ["sending"])
    site.running.cancel_run()
    run.result(timeout=10)
    assert [row.state for row in site.outbox("invoice")] == ["sending"]
    site.until(lambda: site.state.counters.get("avid.invoices_created", 0) == 1)
    assert site.sync().report["in_doubt"] == 0
    assert site.row(number).state == "sent"
    assert len(site.there(number)) == 1
    assert site.count("submit_invoice") == 1
