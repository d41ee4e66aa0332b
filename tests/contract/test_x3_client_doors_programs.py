"""The program signs in to the simulated X3 by each door, in a process of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.accept_site import Desk, Served, connect, desk_in, serving

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("site"), invoices=30, seed=4) as running:
        yield running


def desk_by(folder: Path, served: Served, *x3: str) -> Desk:
    return connect(desk_in(folder), served, x3="\n".join(x3))


def gateway(served: Served, url: str = "") -> tuple[str, ...]:
    at = served.addresses
    return (
        'auth = "oauth2"',
        f'client_id = "{at["gateway_client_id"]}"',
        f'token_url = "{url or at["x3_token_url"]}"',
    )


@pytest.mark.parametrize("user", ["x3_user", ""])
def test_a_connected_application_works(tmp_path: Path, served: Served, user: str) -> None:
    at = served.addresses
    desk = desk_by(
        tmp_path, served, 'auth = "connected_app"', f'client_id = "{at["x3_client_id"]}"',
        f'audience = "{at["x3_audience"]}"', f'username = "{at.get(user, "")}"',
    )  # fmt: skip
    desk.set_secrets({"x3.client_secret": at["x3_client_secret"]})
    report = desk.sync("--preview")
    assert report["read"]["invoices"] > 0
    assert report["errors"] == []


@pytest.mark.parametrize(("what", "number"), [("client_id", 41), ("audience", 45), ("secret", 50)])
def test_what_x3_does_not_take_pauses_it_with_its_words(
    tmp_path: Path, served: Served, what: str, number: int
) -> None:
    at = served.addresses
    held = {
        "client_id": at["x3_client_id"],
        "audience": at["x3_audience"],
        "secret": at["x3_client_secret"],
        what: "another one of forty signs, which is wrong",
    }
    desk = desk_by(
        tmp_path, served, 'auth = "connected_app"', f'client_id = "{held["client_id"]}"',
        f'audience = "{held["audience"]}"',
    )  # fmt: skip
    desk.set_secrets({"x3.client_secret": held["secret"]})
    ran = desk.run("sync", "--json")
    assert ran.status == 4
    (error,) = ran.json["errors"]
    assert (error["code"], error["system"]) == ("AUT-01", "x3")
    assert f"Error {number}: Invalid token" in error["text"]
    assert held["secret"] not in ran.out + ran.err


def test_the_gateway_is_asked_nothing_before_somebody_signs_in(
    tmp_path: Path, served: Served
) -> None:
    desk = desk_by(tmp_path, served, *gateway(served))
    desk.set_secrets({"x3.client_secret": served.addresses["gateway_client_secret"]})
    ran = desk.run("sync", "--json")
    assert ran.status == 2
    assert "x3.refresh_token is not set" in ran.err
    desk.set_secrets({"x3.refresh_token": served.ask("sign_in", {})["refresh_token"]})
    assert desk.sync("--preview")["errors"] == []


def test_a_wrong_client_rests_until_its_secret_is_right(tmp_path: Path, served: Served) -> None:
    desk = desk_by(tmp_path, served, *gateway(served))
    desk.set_secrets(
        {
            "x3.client_secret": "not the one of this client at all",
            "x3.refresh_token": served.ask("sign_in", {})["refresh_token"],
        }
    )
    before = served.ask("gateway")["refused_client"]
    for _ in range(2):
        ran = desk.run("sync", "--json")
        assert ran.status in (2, 4)
        assert ran.json["errors"][0]["code"] == "CFG-01"
        assert "x3.client_id" in ran.json["errors"][0]["text"]
    assert served.ask("gateway")["refused_client"] == before + 1
    desk.set_secrets({"x3.client_secret": served.addresses["gateway_client_secret"]})
    assert desk.sync("--preview")["errors"] == []


def test_graphql_is_read_by_the_gateways_tokens(tmp_path: Path, served: Served) -> None:
    desk = desk_by(tmp_path, served, *gateway(served), 'read = "graphql"')
    desk.set_secrets(
        {
            "x3.client_secret": served.addresses["gateway_client_secret"],
            "x3.refresh_token": served.ask("sign_in", {})["refresh_token"],
        }
    )
    report = desk.sync("--preview")
    assert report["errors"] == []
    assert report["read"]["invoices"] > 0
