"""The gateway's sign-in page as a browser sees it: the way there, back, and every refusal."""

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from tests.sandbox.x3_door_site import (
    CALLBACK,
    WITH_STATE,
    Doors,
    back,
    challenge_of,
    form_of,
)

VERIFIER = "a-verifier-of-more-than-43-characters-as-demanded-by-its-rfc"


@pytest.fixture(scope="module")
def doors() -> Iterator[Doors]:
    made = Doors()
    yield made
    made.sandbox.stop()


@pytest.fixture(autouse=True)
def calm(doors: Doors) -> Iterator[None]:
    yield
    doors.admin("DELETE", "faults")


def test_allow_sends_the_browser_back_with_a_code_for_one_pair(doors: Doors) -> None:
    page = doors.authorize()
    assert ">Allow</button>" in page.text
    assert "DEMO-GATEWAY" in page.text
    found = back(doors.press(page))
    assert set(found) == {"authorizationCode", "state"}
    assert found["state"] == WITH_STATE
    before = doors.count("signed_in")
    answer = doors.trade(found["authorizationCode"])
    assert answer.status_code == 200
    pair = answer.json()
    assert doors.count("signed_in") == before + 1
    assert doors.knock("soap", f"Bearer {pair['access_token']}").status_code == 200
    assert doors.renew(pair["refresh_token"]).status_code == 200
    again = doors.trade(found["authorizationCode"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")


def test_deny_sends_the_browser_back_without_a_code(doors: Doors) -> None:
    found = back(doors.press(doors.authorize(), "deny"))
    assert found == {"error": "access_denied", "state": WITH_STATE}


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:1/",
        "http://localhost:53682/callback",
        "http://[::1]:53682/callback",
        "http://127.0.0.1/callback?own=1",
    ],
)
def test_every_loopback_address_is_a_way_back(doors: Doors, address: str) -> None:
    found = back(doors.press(doors.authorize(redirect_uri=address)), address)
    code = found["authorizationCode"]
    assert doors.trade(code, redirect_uri=address).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"client_id": "OTHER"},
        {"client_id": None},
        {"scope": None},
        {"customer": ""},
        {"state": None},
        {"redirect_uri": None},
        {"redirect_uri": "https://127.0.0.1/callback"},
        {"redirect_uri": "http://evil.example/callback"},
        {"redirect_uri": "http://127.0.0.1.evil.example/"},
        {"redirect_uri": "http://127.0.0.1@evil.example/"},
        {"redirect_uri": "http://u@127.0.0.1/"},
        {"redirect_uri": "http://127.0.0.1:99999/"},
        {"redirect_uri": "http://127.0.0.1/#x"},
        {"redirect_uri": "http://127.0.0.1/\r\nSet-Cookie: a=b"},
        {"redirect_uri": "http://127.0.0.1/\u00e9"},
    ],
)
def test_a_wrong_order_ends_on_a_page(doors: Doors, change: dict[str, Any]) -> None:
    doors.fault("auto_allow", "authorize")
    answer = doors.authorize(**change)
    assert answer.status_code == 400
    assert "Sign-in is not possible" in answer.text
    assert "Location" not in answer.headers


def test_a_doubled_or_unreadable_field_ends_on_a_page(doors: Doors) -> None:
    for query in ("state=a&state=b", "state"):
        answer = requests.get(f"{doors.at.authorize_url}?{query}", timeout=10)
        assert answer.status_code == 400
        assert "malformed" in answer.text


def test_names_on_the_page_are_no_markup(doors: Doors) -> None:
    page = doors.authorize(customer='"><script>alert(1)</script>')
    assert "<script>" not in page.text
    assert form_of(page)[1]["customer"] == '"><script>alert(1)</script>'


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"scope": "businessDomain.ALL more"}, "invalid_scope"),
        (
            {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "plain"},
            "invalid_request",
        ),
        ({"code_challenge": challenge_of(VERIFIER)}, "invalid_request"),
        ({"code_challenge": "short", "code_challenge_method": "S256"}, "invalid_request"),
        ({"code_challenge_method": "S256"}, "invalid_request"),
    ],
)
def test_an_order_that_cannot_be_met_comes_back_as_an_error(
    doors: Doors, change: dict[str, Any], error: str
) -> None:
    assert back(doors.authorize(**change)) == {"error": error, "state": WITH_STATE}


def test_a_challenge_that_was_given_is_enforced(doors: Doors) -> None:
    order = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "S256"}
    assert doors.trade(doors.code(**order), code_verifier=VERIFIER).status_code == 200
    for wrong in ({}, {"code_verifier": ""}, {"code_verifier": VERIFIER + "x"}):
        answer = doors.trade(doors.code(**order), **wrong)
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


def test_a_code_is_bound_to_its_address_and_its_time(doors: Doors) -> None:
    before = doors.count("refused_code")
    for address in (CALLBACK + "/", None):
        assert doors.trade(doors.code(), redirect_uri=address).json()["error"] == "invalid_grant"
    assert doors.trade("no-such-code").json()["error"] == "invalid_grant"
    code = doors.code()
    doors.admin("POST", "clock", {"shift_seconds": 601})
    assert doors.trade(code).json()["error"] == "invalid_grant"
    assert doors.count("refused_code") == before + 4


def test_a_wrong_client_does_not_use_up_a_code(doors: Doors) -> None:
    code = doors.code()
    assert doors.trade(code, client_secret="wrong").status_code == 401
    assert doors.trade(code).status_code == 200


def test_the_page_can_be_left_out(doors: Doors) -> None:
    doors.fault("auto_allow", "authorize", times=1)
    assert back(doors.authorize())["authorizationCode"]
    assert ">Allow</button>" in doors.authorize().text


def test_the_answer_may_say_code(doors: Doors) -> None:
    doors.fault("code_name", "authorize")
    found = back(doors.press(doors.authorize()))
    assert set(found) == {"code", "state"}
    assert doors.trade(found["code"]).status_code == 200


def test_the_answer_may_come_as_a_form(doors: Doors) -> None:
    doors.fault("auto_allow", "authorize")
    doors.fault("form_post", "authorize")
    action, fields = form_of(doors.authorize())
    assert action == CALLBACK
    assert fields["state"] == WITH_STATE
    assert doors.trade(fields["authorizationCode"]).status_code == 200


def test_the_state_may_be_wrong_or_missing(doors: Doors) -> None:
    doors.fault("auto_allow", "authorize")
    doors.fault("wrong_state", "authorize", times=1)
    assert back(doors.authorize())["state"] != WITH_STATE
    doors.fault("no_state", "authorize", times=1)
    assert set(back(doors.authorize())) == {"authorizationCode"}
    assert back(doors.authorize())["state"] == WITH_STATE


def test_a_regional_root_may_be_named(doors: Doors) -> None:
    doors.fault("auto_allow", "authorize")
    doors.fault("endpoint", "authorize", times=1)
    assert back(doors.authorize())["endpoint"] == doors.base
    doors.fault("endpoint", "authorize", args={"url": f"{doors.base}/eu"})
    found = back(doors.authorize())
    assert found["endpoint"] == f"{doors.base}/eu"
    answer = doors.trade(found["authorizationCode"], path="/eu/oauth/token")
    assert answer.status_code == 200


def test_the_code_may_have_to_be_copied(doors: Doors) -> None:
    doors.fault("auto_allow", "authorize")
    doors.fault("show_code", "authorize")
    page = doors.authorize()
    assert page.status_code == 200
    code = page.text.partition("<code>")[2].partition("</code>")[0]
    assert doors.trade(code).status_code == 200
