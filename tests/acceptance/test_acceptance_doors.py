"""The demo company lived through by the other doors of X3: the same outcome as by user and REST."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance import test_acceptance_rounds as rounds
from tests.acceptance.accept_site import (
    Desk,
    Served,
    connect,
    desk_in,
    enter,
    is_quiet,
    serving,
    until_quiet,
)
from tests.acceptance.truth_cli import World, look

ACCESS_S = 2
# A tenth of its life before its end, a token is renewed (sage-x3.md 10.17).
SHORTEST_LIFE_S = ACCESS_S * 0.9
# What an idle run asks beside what it asks by user and password over REST.
ASKED_BY_DOOR = {"x3.requests.graphql", "x3.requests.token"}

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path / "site", invoices=60, seed=4) as running:
        yield running


def desk_by(folder: Path, served: Served, secrets: Mapping[str, str], *x3: str) -> Desk:
    desk = connect(desk_in(folder), served, x3="\n".join(x3))
    desk.set_secrets(secrets)
    return desk


def live_through(desk: Desk, served: Served) -> World:
    """Eight notches and what follows from them; the world as it stands then."""
    reports = until_quiet(desk, served, notches=8)
    assert is_quiet(reports[-1]), reports[-1]
    assert not any(report["errors"] or report["drifted"] for report in reports)
    world = look(served, served.mapping(), rounds.START)
    assert world.check(waiting=rounds.waiting_of(desk)) == []
    assert total(reports, "sent") == len(world.there) > 0
    assert total(reports, "payments_posted") == len(world.postings) > 0
    assert total(reports, "approvals_written") > 0
    rounds.assert_lists(desk, world)
    return world


def total(reports: list[dict[str, Any]], name: str) -> int:
    return sum(int(report[name]) for report in reports)


def assert_idle(desk: Desk, served: Served) -> None:
    """With nothing new a run writes nothing and has nothing left to do."""
    desk.sync()
    writes, before = served.writes(), rounds.requests(served)
    report = desk.sync()
    assert is_quiet(report), report
    assert served.writes() == writes
    asked = set(rounds.requests(served) - before)
    assert asked <= rounds.READS | ASKED_BY_DOOR, asked


def test_a_connected_application_lives_through_it_by_graphql(
    tmp_path: Path, served: Served
) -> None:
    at = served.addresses
    secrets = {"x3.client_secret": at["x3_client_secret"]}
    desk = desk_by(
        tmp_path / "desk", served, secrets, 'auth = "connected_app"', 'read = "graphql"',
        f'client_id = "{at["x3_client_id"]}"', f'audience = "{at["x3_audience"]}"',
    )  # fmt: skip
    world = live_through(desk, served)
    assert rounds.requests(served)["x3.requests.graphql"] > 0
    assert_what_matching_blocks_is_held(desk, served, world)
    assert_idle(desk, served)


def assert_what_matching_blocks_is_held(desk: Desk, served: Served, world: World) -> None:
    """Only api1 tells TWMSTA; of two new invoices the blocked one is held for it alone."""
    sent = (world.tables["x3:PINVOICE"][number] for number in sorted(world.there))
    supplier = next(row["BPR"] for row in sent if row["CPY"] == "US10")
    free = enter(served, BPR=supplier, BPRVCR="MATCHED", TWMSTA=3)
    blocked = enter(served, "731.25", BPR=supplier, BPRVCR="X-77", TWMSTA=4)
    assert desk.sync()["sent"] == 1
    listed = desk.invoices()
    assert (listed[free]["state"], listed[free]["codes"]) == ("sent", [])
    assert (listed[blocked]["state"], listed[blocked]["codes"]) == ("held", ["PO-01"])


def test_the_gateways_tokens_end_all_the_time_and_nothing_else_does(
    tmp_path: Path, served: Served
) -> None:
    at = served.addresses
    served.value("x3.access_token_s", ACCESS_S)
    begun = time.monotonic()
    secrets = {
        "x3.client_secret": at["gateway_client_secret"],
        "x3.refresh_token": served.ask("sign_in", {})["refresh_token"],
    }
    desk = desk_by(
        tmp_path / "desk", served, secrets, 'auth = "oauth2"',
        f'client_id = "{at["gateway_client_id"]}"', f'token_url = "{at["x3_token_url"]}"',
    )  # fmt: skip
    live_through(desk, served)
    assert_idle(desk, served)
    counted = served.ask("gateway")
    assert (counted["refused_refresh"], counted["refused_client"]) == (0, 0)
    endings = (time.monotonic() - begun) / SHORTEST_LIFE_S
    assert counted["signed_in"] == 1
    assert 1 < counted["granted"] <= 1 + endings


def test_the_doctor_tells_what_graphql_and_api1_both_lack(
    bare: Served, new_desk: Callable[..., Desk]
) -> None:
    desk = new_desk(bare, x3='read = "graphql"')
    enter(bare)

    def check_of(entity: str) -> dict[str, Any]:
        checks = desk.run("doctor", "--json").lines
        found = next(one for one in checks if one["check"] == f"fields of {entity}")
        assert found["ok"], found
        return found

    assert check_of("invoice")["cause"] == ""
    bare.value("x3.renames", {"PINVOICE": {"TWMSTA": "ZMATCH"}, "BPSUPPLIER": {"BPAPAY": "ZPAY"}})
    told = check_of("invoice")
    assert told["cause"] == (
        "Not published, so not known here: TWMSTA. "
        "An invoice that three-way matching blocks is sent like any other."
    )
    assert (told["code"], "TWMSTA in class PINVOICE" in told["remedy"]) == ("CFG-01", True)
    told = check_of("supplier")
    assert told["cause"].startswith("Not published, so not known here: BPAPAY. Payments")
    assert told["code"] == "CFG-01"
