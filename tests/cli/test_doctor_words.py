"""What the doctor says beside causes: for IT, through a proxy, what it keeps, what it warns of."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta

import pytest

from tests.acceptance.accept_site import Desk
from tests.campaigns import doctor_servers as servers
from tests.campaigns.doctor_faults import Bench, bench
from tests.campaigns.doctor_plants import with_secret
from tests.campaigns.doctor_servers import HOST, NAME, listening

MEMBERS = ["side", "check", "ok", "cause", "remedy", "code"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("words")) as made:
        yield made


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as made:
        yield made


def kept(desk: Desk, name: str) -> str:
    with closing(sqlite3.connect(desk.directory / "crossfoot.db")) as connection:
        found = connection.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
    return str(found[0]) if found else ""


def test_a_failure_comes_with_a_text_for_it_without_secrets(place: Bench, stack: ExitStack) -> None:
    desk = with_secret("x3.password")(place, stack)
    ran = desk.run("doctor")
    assert ran.status == 4
    told = ran.out.partition("To hand to IT:")[2]
    assert "Sage X3, check: sign-in" in told
    assert place.served.addresses["x3_url"] in told
    assert "DEMO-WS (user and password)" in told
    assert "AUT-01" in told
    every = (*place.served.secrets.values(), "not the right one at all")
    assert not any(secret in ran.out + ran.err for secret in every)
    lines = desk.run("doctor", "--json").lines
    assert all(list(line) == MEMBERS for line in lines)


def test_a_site_behind_a_proxy_and_a_private_authority_is_good(
    place: Bench, stack: ExitStack
) -> None:
    keys = place.keys("proxied", has_intermediate=True)
    behind = place.secure(stack, keys)
    proxy = stack.enter_context(listening(servers.proxy_to({NAME: behind})))
    desk = place.desk(
        {"HTTPS_PROXY": f"http://{HOST}:{proxy}"},
        x3=f'base_url = "https://{NAME}:8124"\nca_file = "works.pem"',
    )
    (desk.directory / "works.pem").write_bytes(keys.authority)
    ran = desk.run("doctor", "--json")
    assert ran.status == 0, (ran.out, ran.err)
    checks = {line["check"]: line for line in ran.lines if line["side"] == "x3"}
    assert f"Through the proxy {HOST}:{proxy}" in checks["proxy"]["cause"]
    assert checks["certificate"]["ok"]
    assert desk.run("sync", "--preview", "--json").status in (0, 3)


def test_what_a_good_look_found_is_kept(place: Bench) -> None:
    desk = place.desk()
    assert desk.run("doctor", "--json").status == 0
    assert '"company US10"' in kept(desk, "x3.folder")
    assert '"endpoint":"SANDBOX"' in kept(desk, "x3.folder")
    assert kept(desk, "x3.invoice_group") == "BIS1_1"


def test_a_bad_look_keeps_nothing(place: Bench, stack: ExitStack) -> None:
    place.value(stack, "x3.endpoints", ["SANDBOX", "TEST"], ["SANDBOX"])
    desk = place.desk({}, x3='endpoint = "TEST"')
    before = kept(desk, "x3.folder")
    assert desk.run("doctor", "--json").status == 4
    assert kept(desk, "x3.folder") == before != ""


def test_each_side_stops_at_its_first_cause_and_the_other_goes_on(
    place: Bench, stack: ExitStack
) -> None:
    lines = with_secret("x3.password")(place, stack).run("doctor", "--json").lines
    x3 = [line for line in lines if line["side"] == "x3"]
    assert [line["ok"] for line in x3] == [True] * (len(x3) - 1) + [False]
    assert x3[-1]["check"] == "sign-in"
    avid = [line for line in lines if line["side"] == "avidxchange"]
    assert avid
    assert all(line["ok"] for line in avid)


def test_answers_are_timed_three_times(place: Bench) -> None:
    lines = place.desk().run("doctor", "--json").lines
    told = [line["cause"] for line in lines if line["check"] == "answer time"]
    assert len(told) == 2
    assert all("of 3 answers" in text and " ms" in text for text in told)


def test_a_certificate_that_ends_soon_is_a_warning(place: Bench, stack: ExitStack) -> None:
    keys = place.keys("ending", ends=datetime.now(UTC) + timedelta(days=5))
    port = place.secure(stack, keys)
    desk = place.desk({}, x3=f'base_url = "https://{HOST}:{port}"\nca_file = "works.pem"')
    (desk.directory / "works.pem").write_bytes(keys.authority)
    ran = desk.run("doctor", "--json")
    assert ran.status == 0, ran.out
    told = next(line for line in ran.lines if line["check"] == "certificate")
    assert (told["ok"], told["code"]) == (True, "TLS-01")
    assert "ends on" in told["cause"]
