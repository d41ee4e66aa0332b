"""Every fault on the submission of an invoice: one invoice there, the right state, the right code.

avidxchange.md 2.12 and 7.13 to 7.17. The look-ups stand at 0.2 and 0.5 seconds here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.engine.conftest import MakeSite
from tests.engine.site import Site

EXISTS = json.dumps(
    {
        "Results": [
            {
                "Successful": False,
                "Item": None,
                "Errors": [{"Message": "External id already exists"}],
            }
        ]
    }
)
CONFLICT = json.dumps({"exception": {"reason": "Conflict", "detail": "External id exists"}})
HTML = "<html><body>Bad gateway</body></html>"

DOUBTS: dict[str, tuple[str, Mapping[str, Any]]] = {
    "reset before": ("reset_before", {}),
    "reset after": ("reset_after", {}),
    "timeout before": ("timeout_before", {"seconds": 0.2}),
    "timeout after": ("timeout_after", {"seconds": 0.2}),
    "late commit": ("late_commit", {"seconds": 0.1}),
    "html 200": ("html_200", {}),
    "html 200 committed": ("html_200", {"commit": True}),
    "cut json": ("cut_json", {}),
    "truncated": ("truncate", {"commit": True}),
    "empty": ("empty", {"commit": True}),
    "502 html": ("status", {"status": 502, "html": HTML}),
    "502 html committed": ("status", {"status": 502, "html": HTML, "commit": True}),
}
for _status in (408, 500, 503, 504):
    DOUBTS[f"{_status}"] = ("status", {"status": _status})
    DOUBTS[f"{_status} committed"] = ("status", {"status": _status, "commit": True})


@pytest.mark.parametrize("name", DOUBTS)
def test_unknown_answer_ends_in_exactly_one_invoice(site: Site, name: str) -> None:
    kind, args = DOUBTS[name]
    number = site.invoice("100.00")
    site.fault("avid", "submit_invoice", kind, args=dict(args))
    result = site.sync()
    assert site.state.counters["avid.invoices_created"] == 1
    assert (site.row(number).state, site.codes()) == ("sent", [])
    assert (result.exit_status, result.report["in_doubt"], result.report["sent"]) == (0, 0, 1)
    (row,) = site.outbox("invoice")
    assert row.state == "done"
    assert row.result["id"] == str(site.there(number)[0]["Id"])


@pytest.mark.parametrize("policy", ["key_ignored", "return_existing", "replay_errors", "none"])
@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
def test_every_policy_of_the_server_gives_one_invoice(site: Site, policy: str, kind: str) -> None:
    site.value("avid.policy", policy)
    number = site.invoice("100.00")
    site.fault("avid", "submit_invoice", kind)
    site.sync()
    assert site.state.counters["avid.invoices_created"] == 1
    assert site.row(number).state == "sent"


def test_committed_but_shown_late_is_found_not_sent_again(site: Site) -> None:
    site.value("avid.policy", "none")
    site.value("avid.lag_seconds", 0.35)
    number = site.invoice("100.00")
    site.fault("avid", "submit_invoice", "reset_after")
    site.sync()
    assert site.count("submit_invoice") == 1
    assert site.row(number).state == "sent"


def test_request_delivered_twice_by_a_proxy_is_one_invoice(site: Site) -> None:
    number = site.invoice("100.00")
    site.fault("avid", "submit_invoice", "duplicate")
    site.sync()
    assert site.state.counters["avid.invoices_created"] == 1
    assert site.row(number).state == "sent"


def test_server_that_made_two_is_told_and_a_third_is_never_sent(site: Site) -> None:
    site.value("avid.policy", "none")
    site.invoice("100.00")
    site.fault("avid", "submit_invoice", "duplicate")
    site.sync()
    result = site.sync()
    assert site.codes() == ["INV-01"]
    assert "I1" in site.item("INV-01").text
    assert result.exit_status == 3
    assert site.count("submit_invoice") == 1
    site.forgive_doubles()


def test_two_found_while_in_doubt_go_to_a_person(site: Site) -> None:
    site.value("avid.policy", "none")
    number = site.invoice("100.00")
    site.fault("avid", "submit_invoice", "reset_after")
    site.begin()
    _double(site, number)
    result = site.sync()
    assert result.exit_status == 3
    assert "DBT-01" in site.codes()
    assert site.row(number).state == "in_doubt"
    assert site.count("submit_invoice") == 1
    site.forgive_doubles()


@pytest.mark.parametrize("status", [409, 422])
def test_conflict_without_an_invoice_goes_to_a_person(site: Site, status: int) -> None:
    number = site.invoice("100.00")
    args = {"status": status, "body": CONFLICT, "headers": {"content-type": "application/json"}}
    site.fault("avid", "submit_invoice", "status", args=args)
    result = site.sync()
    assert (result.exit_status, site.codes()) == (3, ["DBT-01"])
    assert site.row(number).state == "in_doubt"
    assert site.count("submit_invoice") == 1
    site.sync()
    assert site.count("submit_invoice") == 1
    site.resolve("DBT-01", "send_again")
    site.sync()
    assert (site.row(number).state, site.codes()) == ("sent", [])
    assert site.row(number).revision == 1


@pytest.mark.parametrize("status", [409, 422])
def test_conflict_with_our_own_invoice_is_linked(site: Site, status: int) -> None:
    number = site.invoice("100.00")
    args = {"status": status, "body": CONFLICT, "commit": True}
    site.fault("avid", "submit_invoice", "status", args=args)
    assert site.sync().exit_status == 0
    assert site.row(number).state == "sent"
    assert site.count("submit_invoice") == 1


@pytest.mark.parametrize("is_there", [False, True], ids=["absent", "there"])
def test_external_id_already_exists_is_looked_up(site: Site, *, is_there: bool) -> None:
    number = site.invoice("100.00")
    args = {"status": 200, "body": EXISTS, "commit": is_there}
    site.fault("avid", "submit_invoice", "status", args=args)
    site.sync()
    assert site.count("submit_invoice") == 1
    assert site.codes() == ([] if is_there else ["DBT-01"])
    assert site.row(number).state == ("sent" if is_there else "in_doubt")


def test_twice_lost_and_absent_goes_to_a_person(site: Site) -> None:
    number = site.invoice("100.00")
    site.fault("avid", "submit_invoice", "reset_before", times=2)
    result = site.sync()
    assert (result.exit_status, site.codes()) == (3, ["DBT-01"])
    assert site.count("submit_invoice") == 2
    assert site.row(number).state == "in_doubt"
    site.resolve("DBT-01", "withdraw")
    site.sync()
    assert site.there(number) == []
    assert site.row(number).state == "excluded"


def test_schedule_of_lookups_survives_a_restart(site: Site) -> None:
    site.changes["invoice_lookup_s"] = (0.2, 2.5)
    number = site.invoice("100.00")
    site.fault("avid", "submit_invoice", "reset_before")
    result = site.sync(wait_s=0.5)
    assert (result.exit_status, result.report["in_doubt"]) == (3, 1)
    assert site.row(number).state == "in_doubt"
    (before,) = site.outbox("invoice")
    site.restart()
    site.sync()
    (after,) = site.outbox("invoice")
    assert (after.id, after.body, after.reference) == (before.id, before.body, before.reference)
    assert site.state.counters["avid.invoices_created"] == 1
    assert after.lookups == 0
    assert after.resent == 1


def test_asked_to_wait_is_sent_once_after_it(site: Site) -> None:
    number = site.invoice("100.00")
    args = {"seconds": 1, "retry_after": "seconds"}
    site.fault("avid", "submit_invoice", "throttled", args=args)
    result = site.sync()
    assert site.state.counters["avid.invoices_created"] == 1
    assert (site.row(number).state, result.exit_status) == ("sent", 0)


def test_asked_to_wait_without_a_time_is_sent_once(site: Site) -> None:
    number = site.invoice("100.00")
    site.fault("avid", "submit_invoice", "throttled", args={"retry_after": "none"})
    site.sync()
    assert site.state.counters["avid.invoices_created"] == 1
    assert site.row(number).state == "sent"


def test_asked_to_wait_for_long_leaves_it_for_later(site: Site) -> None:
    number = site.invoice("100.00")
    args = {"seconds": 3600, "retry_after": "seconds"}
    site.fault("avid", "submit_invoice", "throttled", args=args)
    result = site.sync()
    assert result.exit_status == 4
    assert [entry["code"] for entry in result.report["errors"]] == ["RAT-01"]
    assert site.state.counters.get("avid.invoices_created", 0) == 0
    assert site.row(number).state == "ready"


def test_token_taken_back_in_mid_run_costs_one_renewal(site: Site) -> None:
    number = site.invoice("100.00")
    site.fault("avid", "submit_invoice", "revoked")
    result = site.sync()
    assert (result.exit_status, site.row(number).state) == (0, "sent")
    assert site.state.counters["avid.invoices_created"] == 1
    assert site.state.counters["avid.tokens_issued"] == 2


def test_blocked_client_stops_the_side(site: Site) -> None:
    number = site.invoice("100.00")
    site.fault("avid", "submit_invoice", "blocked", times=None)
    result = site.sync()
    assert result.exit_status == 4
    assert [entry["code"] for entry in result.report["errors"]] == ["RAT-02"]
    assert site.row(number).state == "ready"


def test_refused_with_reasons_waits_for_a_person(site: Site) -> None:
    error = {"Message": "Vendor is inactive: VS1"}
    body = {"Results": [{"Successful": False, "Item": None, "Errors": [error]}]}
    number = site.invoice("100.00")
    args = {"status": 200, "body": json.dumps(body)}
    site.fault("avid", "submit_invoice", "status", args=args)
    site.sync()
    assert site.row(number).state == "needs_mapping"
    assert "Vendor is inactive: VS1" in site.item("MAP-05").text
    asked = site.count("submit_invoice")
    site.sync()
    assert site.count("submit_invoice") == asked
    site.resolve("MAP-05", "send_again")
    site.sync()
    assert site.row(number).state == "sent"
    assert site.row(number).revision == 2


def test_really_timed_out_reads_and_writes(make_site: MakeSite) -> None:
    site = make_site(timeout_s=0.6)
    number = site.invoice("100.00")
    site.fault("avid", "submit_invoice", "slow", args={"seconds": 1.0})
    site.sync()
    assert site.state.counters["avid.invoices_created"] == 1
    assert site.row(number).state == "sent"


def _double(site: Site, number: str) -> None:
    """Let a second invoice of the same external id stand there, as a careless server makes it."""
    site.until(lambda: bool(site.there(number)))
    with site.state.lock:
        from core.sandbox.avid_invoices import store_invoice

        row = dict(site.there(number)[0])
        row = {name: value for name, value in row.items() if name != "Versions"}
        store_invoice(site.state, row | {"Id": row["Id"] + 5000})
        site.state.commit()
