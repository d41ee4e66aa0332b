"""Writes handed over ahead of the workers: what had not begun when a run ends is still ready."""

from __future__ import annotations

from tests.engine.site import Site

WIDTH = 2


def test_only_what_has_begun_is_in_doubt_after_a_run_was_stopped(site: Site) -> None:
    site.changes["max_concurrency"] = WIDTH
    for number in range(7):
        site.invoice(f"{100 + number}.00")
    site.fault("avid", "submit_invoice", "delay", args={"seconds": 4}, times=WIDTH)
    run = site.begin()
    # One is under way for each worker, and one behind it: the answers of those tell nothing yet.
    site.until(lambda: [row.state for row in site.outbox("invoice")].count("sending") > 1)
    site.running.cancel_run()
    run.result(timeout=20)
    states = [row.state for row in site.outbox("invoice")]
    assert 1 <= states.count("sending") <= WIDTH, states
    assert set(states) <= {"sending", "ready"}
    site.until(lambda: site.state.counters.get("avid.invoices_created", 0) >= 1)
    site.sync()
    assert {row.state for row in site.outbox("invoice")} == {"done"}
    assert site.count("submit_invoice") == 7
