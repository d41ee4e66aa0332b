"""The gateway's token endpoint over real HTTP: pairs, renewals, refusals and counts (4.3, 10.3)."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests

from core.sandbox import server
from tests.sandbox.x3_door_site import DOORS, Doors

NOT_RENEWED = "Refresh token is expired, revoked or already used"


@pytest.fixture
def doors() -> Iterator[Doors]:
    made = Doors()
    yield made
    made.sandbox.stop()


def assert_invalid_grant(answer: requests.Response, description: str = NOT_RENEWED) -> None:
    assert answer.status_code == 400
    assert answer.json() == {"error": "invalid_grant", "error_description": description}


def assert_shut(doors: Doors, token: str) -> None:
    for door in DOORS:
        answer = doors.knock(door, f"Bearer {token}")
        assert answer.status_code == 401
        assert answer.headers["Content-Type"] == "text/plain"
        assert answer.text == f"Error {30 if door == 'soap' else 50}: Invalid token"


@pytest.mark.parametrize("form", [False, True])
def test_a_renewal_gives_a_new_pair_and_ends_the_old_one(doors: Doors, form: bool) -> None:  # noqa: FBT001 - a parameter of the test
    first = doors.sign_in()
    assert set(first) == {"access_token", "refresh_token", "expires_in"}
    answer = doors.renew(first["refresh_token"], form=form)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    second = answer.json()
    assert set(second) == {
        "access_token",
        "refresh_token",
        "token_type",
        "expires_in",
        "refresh_expires_in",
    }
    assert second["token_type"] == "Bearer"
    assert (second["expires_in"], second["refresh_expires_in"]) == (300, 2592000)
    assert len({pair[name] for pair in (first, second) for name in tuple(first)[:2]}) == 4
    assert_invalid_grant(doors.renew(first["refresh_token"], form=form))
    assert doors.knock("api1", f"Bearer {second['access_token']}").status_code == 200
    assert doors.renew(second["refresh_token"]).status_code == 200
    found = doors.admin("GET", "gateway")
    assert found == {
        "signed_in": 1,
        "granted": 2,
        "refused_refresh": 1,
        "refused_code": 0,
        "refused_client": 0,
        "accepted_access": 1,
        "refused_access": 0,
    }


def test_tokens_have_the_claims_of_the_contract(doors: Doors) -> None:
    doors.admin("POST", "value", {"name": "x3.access_token_s", "value": 2})
    pair = doors.sign_in()
    unchecked: Any = {"verify_signature": False}
    access = jwt.decode(pair["access_token"], options=unchecked)
    assert {"iss", "aud", "iat", "exp", "region", "sub", "azp", "scopes"} <= set(access)
    assert (access["sub"], access["azp"]) == (doors.at.x3_user, doors.at.gateway_client_id)
    assert access["scopes"] == ["businessDomain.ALL", "api.graphQL"]
    assert access["exp"] - access["iat"] in (2, 3)
    refresh = jwt.decode(pair["refresh_token"], options=unchecked)
    assert refresh["jti"]
    assert refresh["exp"] - refresh["iat"] in (2592000, 2592001)
    assert jwt.get_unverified_header(pair["access_token"]) == {"alg": "HS256", "typ": "JWT"}


def test_an_access_token_ends_with_its_life(doors: Doors) -> None:
    pair = doors.sign_in()
    doors.admin("POST", "clock", {"shift_seconds": 298})
    assert doors.knock("api1", f"Bearer {pair['access_token']}").status_code == 200
    doors.admin("POST", "clock", {"shift_seconds": 4})
    assert_shut(doors, pair["access_token"])
    assert doors.count("refused_access") == len(DOORS)
    assert doors.renew(pair["refresh_token"]).status_code == 200


def test_a_refresh_token_ends_with_its_life(doors: Doors) -> None:
    early, late = doors.sign_in(), doors.sign_in()
    doors.admin("POST", "clock", {"shift_seconds": 2592000 - 5})
    assert doors.renew(early["refresh_token"]).status_code == 200
    doors.admin("POST", "clock", {"shift_seconds": 10})
    assert_invalid_grant(doors.renew(late["refresh_token"]))


def test_tokens_serve_only_for_what_they_are(doors: Doors) -> None:
    pair = doors.sign_in()
    assert_shut(doors, pair["refresh_token"])
    assert_invalid_grant(doors.renew(pair["access_token"]))
    claims = jwt.decode(pair["access_token"], options={"verify_signature": False})
    assert_shut(doors, jwt.encode(claims, doors.at.gateway_client_secret, "HS256"))
    assert_shut(doors, jwt.encode(claims, "", "none"))


@pytest.mark.parametrize("text", ["", "x", "a.b.c", "\u00e9.\u00e9.\u00e9", "e30.e30.e30"])
def test_a_foreign_refresh_token_is_refused(doors: Doors, text: str) -> None:
    assert_invalid_grant(doors.renew(text))
    assert doors.count("refused_refresh") == 1


def test_a_client_that_is_not_known_is_401(doors: Doors) -> None:
    pair = doors.sign_in()
    wrong: tuple[dict[str, Any], ...] = (
        {"client_id": "OTHER"},
        {"client_secret": "wrong"},
        {"client_secret": None},
        {"client_id": None},
        {"client_id": "", "client_secret": ""},
    )
    for change in wrong:
        answer = doors.renew(pair["refresh_token"], **change)
        assert answer.status_code == 401
        assert answer.json()["error"] == "invalid_client"
        assert answer.json()["error_description"]
    assert doors.count("refused_client") == len(wrong)
    assert doors.renew(pair["refresh_token"]).status_code == 200


def test_malformed_requests_are_400(doors: Doors) -> None:
    url = doors.at.x3_token_url
    plain = {"Content-Type": "application/json"}
    for body in (
        b"",
        b"{",
        b"[]",
        b'"x"',
        b'{"grant_type": 1}',
        b'{"grant_type":"\\ud800"}',
        b"{}",
    ):
        answer = requests.post(url, body, headers=plain, timeout=10)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for body in (b"", b"\xff=1", b"grant_type", b"grant_type=a&grant_type=b"):
        answer = requests.post(url, body, headers=form, timeout=10)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    answer = requests.post(url, b"{}", headers={"Content-Type": "text/plain"}, timeout=10)
    assert answer.json()["error"] == "invalid_request"
    answer = doors.ask(grant_type="client_credentials")
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")
    assert requests.get(url, timeout=10).status_code == 405


@pytest.mark.parametrize("taken", ["json", "form"])
def test_a_gateway_may_take_only_one_kind_of_body(doors: Doors, taken: str) -> None:
    doors.admin("POST", "value", {"name": "x3.token_body", "value": taken})
    pair = doors.sign_in()
    wrong = doors.renew(pair["refresh_token"], form=taken == "json")
    assert (wrong.status_code, wrong.json()["error"]) == (400, "invalid_request")
    assert doors.renew(pair["refresh_token"], form=taken == "form").status_code == 200


def test_an_old_refresh_token_may_stay_good_until_the_new_one_is_used(doors: Doors) -> None:
    doors.fault("old_refresh_until_used", "token")
    first = doors.sign_in()["refresh_token"]
    lost = doors.renew(first).json()["refresh_token"]
    second = doors.renew(first).json()["refresh_token"]
    assert second != lost
    third = doors.renew(second)
    assert third.status_code == 200
    assert_invalid_grant(doors.renew(first))
    assert_invalid_grant(doors.renew(lost))
    assert doors.renew(third.json()["refresh_token"]).status_code == 200
    assert doors.count("refused_refresh") == 2


def test_a_revoked_token_stays_revoked(doors: Doors) -> None:
    pair, other = doors.sign_in(), doors.sign_in()
    doors.fault("revoked", "token", times=1)
    assert_invalid_grant(doors.renew(pair["refresh_token"]))
    assert_invalid_grant(doors.renew(pair["refresh_token"]))
    assert doors.renew(other["refresh_token"]).status_code == 200
    assert doors.knock("api1", f"Bearer {pair['access_token']}").status_code == 200


def test_names_may_be_camel_case_and_the_life_untold(doors: Doors) -> None:
    doors.fault("camel_case", "token", times=1)
    pair = doors.renew(doors.sign_in()["refresh_token"]).json()
    assert set(pair) == {
        "accessToken",
        "refreshToken",
        "tokenType",
        "expiresIn",
        "refreshExpiresIn",
    }
    doors.fault("no_expires_in", "token", times=1)
    pair = doors.renew(pair["refreshToken"]).json()
    assert "expires_in" not in pair
    assert doors.knock("graphql", f"Bearer {pair['access_token']}").status_code == 200


@pytest.mark.parametrize("keeps_old", [False, True])
def test_an_answer_lost_after_the_commit(doors: Doors, keeps_old: bool) -> None:  # noqa: FBT001 - a parameter of the test
    doors.fault("reset_after", "token", times=1)
    if keeps_old:
        doors.fault("old_refresh_until_used", "token")
    refresh = doors.sign_in()["refresh_token"]
    with pytest.raises(requests.ConnectionError):
        doors.renew(refresh)
    assert doors.count("granted") == 1
    again = doors.renew(refresh)
    if keeps_old:
        assert again.status_code == 200
    else:
        assert_invalid_grant(again)


def test_an_access_token_may_be_refused_before_its_end(doors: Doors) -> None:
    token = doors.sign_in()["access_token"]
    doors.fault("access_refused_early", "query", times=1)
    answer = doors.knock("api1", f"Bearer {token}")
    assert (answer.status_code, answer.text) == (401, "Error 50: Invalid token")
    assert doors.knock("api1", f"Bearer {token}").status_code == 200
    doors.fault("access_refused_early", args={"after_s": 100})
    assert doors.knock("soap", f"Bearer {token}").status_code == 200
    doors.admin("POST", "clock", {"shift_seconds": 110})
    assert_shut(doors, token)
    assert doors.knock("soap", f"Bearer {doors.sign_in()['access_token']}").status_code == 200
    assert doors.knock("soap", f"Bearer {doors.token()}").status_code == 200


def test_of_many_renewals_at_once_one_is_granted(doors: Doors) -> None:
    refresh = doors.sign_in()["refresh_token"]
    with ThreadPoolExecutor(8) as pool:
        found = [answer.status_code for answer in pool.map(doors.renew, [refresh] * 8)]
    assert sorted(found) == [200] + [400] * 7
    assert (doors.count("granted"), doors.count("refused_refresh")) == (1, 7)


def test_a_region_may_stand_before_the_token_path(doors: Doors) -> None:
    pair = doors.sign_in()
    answer = doors.renew(pair["refresh_token"], path="/eu/oauth/token")
    assert answer.status_code == 200
    assert doors.admin("GET", "journal")[-1]["path"] == "/eu/oauth/token"
    assert doors.admin("GET", "counters")["x3.requests.token"] == 1


def test_pairs_and_counts_outlive_the_process(tmp_path: Path) -> None:
    first = server.start(tmp_path, invoices=0)
    url = f"{first.addresses.x3_url}/_sandbox/sign_in"
    pair = requests.post(url, timeout=10).json()
    port = int(first.addresses.x3_url.rpartition(":")[2])
    first.stop()
    second = server.start(tmp_path, invoices=0, x3_port=port)
    try:
        body = {
            "grant_type": "refresh_token",
            "refresh_token": pair["refresh_token"],
            "client_id": second.addresses.gateway_client_id,
            "client_secret": second.addresses.gateway_client_secret,
        }
        answer = requests.post(second.addresses.x3_token_url, json=body, timeout=10)
        assert answer.status_code == 200
        counts = requests.get(f"{second.addresses.x3_url}/_sandbox/gateway", timeout=10).json()
        assert (counts["signed_in"], counts["granted"]) == (1, 1)
        kept = json.dumps(second.state.tables())
        assert "gateway:refresh" in kept
    finally:
        second.stop()
