"""The gateway's tokens: when they are renewed, kept and given up (sage-x3.md 4.3, 10.2, 10.3)."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from core.errors import AppError, AuthError, ConfigError, LocalFault, TransientError
from core.x3.oauth2 import Kept
from core.x3.token_endpoint import rooted
from tests.contract.gateway_site import (
    CLIENT,
    LOST,
    SECRET,
    TOKEN_PATH,
    Door,
    Gateway,
    door_at,
    now,
    pair_of,
    running_gateway,
)
from tests.contract.x3_site import Said, desk_at


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running_gateway() as running:
        yield running


def refused_by(door: Door) -> AppError:
    with pytest.raises(AppError) as refused:
        door.auth.header()
    error = refused.value
    assert not error.was_sent, "the request that needed the token has not gone out"
    assert SECRET not in str(error) + repr(error) + error.detail
    assert "refresh-" not in str(error)
    return error


# Requests and answers


@pytest.mark.parametrize("body", ["json", "form"])
def test_a_renewal_asks_with_these_members_and_is_kept_before_it_is_used(
    gateway: Gateway, body: str
) -> None:
    door = door_at(gateway, body=body)
    assert door.auth.header() == "Bearer access-1"
    assert gateway.forms == [
        {
            "grant_type": "refresh_token",
            "refresh_token": "refresh-0",
            "client_id": CLIENT,
            "client_secret": SECRET,
        }
    ]
    assert door.keeper.log == ["asked refresh-0", "save refresh-1", "end"]
    assert "access-1" not in repr(door.keeper.kept)
    assert door.register.redact("access-1 refresh-1") == "removed removed"


def camel_case(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "accessToken": given["access_token"],
        "refreshToken": given["refresh_token"],
        "expiresIn": str(given["expires_in"]),
        "refreshExpiresIn": given["refresh_expires_in"],
    }


def test_names_may_be_camel_case_and_numbers_texts(gateway: Gateway) -> None:
    gateway.names = camel_case
    gateway.expires_in = 120
    door = door_at(gateway)
    assert door.auth.header() == "Bearer access-1"
    pair = door.keeper.kept.pair
    assert pair is not None
    assert pair.access_life_s == 120
    assert timedelta(days=29) < pair.refresh_ends - now() <= timedelta(days=30)


def _jwt(**claims: int) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    head = base64.urlsafe_b64encode(b'{"alg":"HS256"}').decode().rstrip("=")
    return f"{head}.{body}.c2ln"


@pytest.mark.parametrize(("told", "life_s"), [(_jwt(iat=1000, exp=1090), 90), ("opaque", 300)])
def test_a_life_that_is_not_told_is_the_tokens_own_or_five_minutes(
    gateway: Gateway, told: str, life_s: float
) -> None:
    def without(given: dict[str, Any]) -> dict[str, Any]:
        return {"access_token": told, "refresh_token": given["refresh_token"]}

    gateway.names = without
    door = door_at(gateway)
    door.auth.header()
    pair = door.keeper.kept.pair
    assert pair is not None
    assert pair.access_life_s == life_s


# When


@pytest.mark.parametrize(
    ("life_s", "left_s", "is_renewed"),
    [(300, 31, False), (300, 29, True), (3600, 61, False), (3600, 59, True), (10, 2, False)],
)
def test_a_token_is_renewed_when_a_tenth_or_60_seconds_are_left(
    gateway: Gateway, life_s: float, left_s: float, *, is_renewed: bool
) -> None:
    pair = pair_of("refresh-0", "access-0", life_s)
    pair = type(pair)(
        pair.access, pair.refresh, now() + timedelta(seconds=left_s), life_s, pair.refresh_ends
    )
    door = door_at(gateway, kept=Kept(pair))
    assert (door.auth.header() == "Bearer access-1") is is_renewed
    assert gateway.granted == is_renewed


def test_a_401_renews_once_for_each_request(gateway: Gateway) -> None:
    door = door_at(gateway, kept=Kept(pair_of("refresh-0", "stale")))
    desk = desk_at(gateway.site.base_url, auth=door.auth)
    assert not desk.client.reader.first_page("site").rows
    assert gateway.granted == 1
    gateway.accepts = lambda _: False
    with pytest.raises(AuthError) as refused:
        desk.client.reader.first_page("site")
    assert refused.value.code == "AUT-01"
    assert gateway.granted <= 2, "a fresh token that is refused is not the cause"
    before = gateway.granted
    with pytest.raises(AuthError):
        desk.client.reader.first_page("site")
    assert gateway.granted == before


def test_many_threads_make_one_renewal(gateway: Gateway) -> None:
    gateway.delay_s = 0.3
    door = door_at(gateway)
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(door.auth.header())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["Bearer access-1"] * 8
    assert len(gateway.forms) == 1


def test_many_threads_with_one_refused_token_make_one_renewal(gateway: Gateway) -> None:
    door = door_at(gateway, kept=Kept(pair_of("refresh-0", "stale")))
    desk = desk_at(gateway.site.base_url, auth=door.auth)
    threads = [
        threading.Thread(target=desk.client.reader.first_page, args=("site",)) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert gateway.granted == 1


def test_who_waited_for_another_process_takes_what_it_has_kept(gateway: Gateway) -> None:
    door = door_at(gateway)
    door.keeper.taken_by_other = 3
    looks = []

    def read() -> Kept:
        looks.append(1)
        return Kept(pair_of("refresh-9", "access-9")) if len(looks) > 3 else Kept(pair_of("old"))

    door.keeper.read = read  # type: ignore[method-assign]
    assert door.auth.header() == "Bearer access-9"
    assert gateway.forms == []
    assert door.waits == [0.2] * 3


def test_what_another_process_kept_just_before_our_turn_is_taken(gateway: Gateway) -> None:
    door = door_at(gateway)

    def other_renews() -> None:
        door.keeper.kept = Kept(pair_of("refresh-9", "access-9"))

    door.keeper.on_turn = other_renews
    assert door.auth.header() == "Bearer access-9"
    assert gateway.forms == []


@pytest.mark.parametrize(("left_s", "renewals"), [(200, 0), (100, 1)])
def test_after_a_401_only_a_young_token_of_another_process_is_taken(
    gateway: Gateway, left_s: float, renewals: int
) -> None:
    door = door_at(gateway, kept=Kept(pair_of("refresh-0", "stale")))
    first = door.auth.header()
    assert door.auth.renew(first)
    other = pair_of("refresh-0", "access-9")
    ends = now() + timedelta(seconds=left_s)
    door.keeper.kept = Kept(type(other)(other.access, other.refresh, ends, 300, other.refresh_ends))
    assert door.auth.header() == f"Bearer access-{1 if renewals else 9}"
    assert gateway.granted == renewals


# Failures


@pytest.mark.parametrize("is_done", [False, True])
def test_a_lost_answer_is_asked_for_once_more_after_five_seconds(
    gateway: Gateway, *, is_done: bool
) -> None:
    gateway.script = [(LOST, is_done)]
    door = door_at(gateway)
    if not is_done:
        assert door.auth.header() == "Bearer access-1"
        assert door.keeper.kept.is_pending is False
    else:
        error = refused_by(door)
        assert (type(error), error.code) == (AuthError, "AUT-02")
        assert "The answer to the last renewal was lost" in error.why
        assert door.keeper.log == ["asked refresh-0", "drop refresh-0", "end"]
    assert gateway.grants == ["refresh-0", "refresh-0"]
    assert door.waits == [5]


@pytest.mark.parametrize(
    "said",
    [
        Said(b"<html>proxy</html>", kind="text/html"),
        Said(b'{"access_token": "a'),
        Said({"token_type": "Bearer"}),
        Said({"access_token": 5, "refresh_token": "r"}),
        Said(b""),
        Said([1]),
    ],
)
def test_an_answer_that_cannot_be_read_is_a_lost_one(gateway: Gateway, said: Said) -> None:
    gateway.script = [(said, True)]
    door = door_at(gateway)
    assert "The answer to the last renewal was lost" in refused_by(door).why
    assert door.waits == [5]


def test_two_lost_answers_keep_the_pair_and_the_doubt(gateway: Gateway) -> None:
    gateway.script = [(LOST, True), (LOST, False)]
    door = door_at(gateway)
    error = refused_by(door)
    assert (type(error).__mro__[1], error.code) == (TransientError, "NET-01")
    assert door.keeper.kept.is_pending
    error = refused_by(door)
    assert (error.code, gateway.grants) == ("AUT-02", ["refresh-0"] * 3)
    assert "The answer to the last renewal was lost" in error.why


def test_a_renewal_that_a_killed_process_left_open_is_told_as_lost(gateway: Gateway) -> None:
    gateway.refresh = "refresh-of-nobody"
    door = door_at(gateway, kept=Kept(pair_of("refresh-0"), is_pending=True))
    assert "The answer to the last renewal was lost" in refused_by(door).why
    assert gateway.grants == ["refresh-0"]


def test_a_revoked_sign_in_is_dropped_and_nobody_asks_again(gateway: Gateway) -> None:
    gateway.refresh = "refresh-of-nobody"
    door = door_at(gateway)
    error = refused_by(door)
    assert (type(error), error.code, error.fix) == (
        AuthError, "AUT-02", "Sign in again; nothing that waits is lost.",
    )  # fmt: skip
    assert "lost" not in error.why
    assert door.keeper.log == ["asked refresh-0", "drop refresh-0", "end"]
    assert refused_by(door).code == "AUT-02"
    assert len(gateway.forms) == 1


def test_a_refusal_is_no_end_when_another_process_has_renewed(gateway: Gateway) -> None:
    gateway.refresh = "refresh-9"
    door = door_at(gateway)
    before, after = door.keeper.kept, Kept(pair_of("refresh-9", "access-9"))
    door.keeper.read = lambda: after if gateway.forms else before  # type: ignore[method-assign]
    assert door.auth.header() == "Bearer access-9"
    assert len(gateway.forms) == 1
    assert not [entry for entry in door.keeper.log if entry.startswith("drop")]


def test_a_newer_refresh_token_without_a_good_access_token_is_tried_once(gateway: Gateway) -> None:
    gateway.refresh = "refresh-9"
    door = door_at(gateway)
    before, after = door.keeper.kept, Kept(pair_of("refresh-9"))
    door.keeper.read = lambda: after if gateway.forms else before  # type: ignore[method-assign]
    assert door.auth.header() == "Bearer access-1"
    assert gateway.grants == ["refresh-0", "refresh-9"]


@pytest.mark.parametrize("status", [401, 400])
def test_a_wrong_client_is_a_setting_and_the_tokens_stay(gateway: Gateway, status: int) -> None:
    door = door_at(gateway, secret="another secret of the client")
    gateway.script = [(Said({"error": "invalid_client"}, status=status), False)]
    error = refused_by(door)
    assert isinstance(error, ConfigError)
    assert (error.code, error.detail) == ("CFG-01", "x3.client_id")
    assert door.keeper.log == ["asked refresh-0", "asked ", "refuse", "end"]
    assert door.keeper.kept.pair is not None
    assert refused_by(door).code == "CFG-01"
    assert len(gateway.forms) == 1, "nobody asks again before a person acts"


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_a_failing_server_is_asked_by_the_rule_of_reads(gateway: Gateway, status: int) -> None:
    gateway.script = [(Said(b"<html>", status=status, kind="text/html"), False)] * 3
    door = door_at(gateway)
    assert door.auth.header() == "Bearer access-1"
    assert gateway.grants == ["refresh-0"] * 4
    assert [round(seconds, 1) for seconds in door.waits] == pytest.approx([1, 4, 15], rel=0.26)


def test_a_server_that_goes_on_failing_leaves_the_old_pair(gateway: Gateway) -> None:
    gateway.script = [(Said(b"", status=503), False)] * 4
    door = door_at(gateway)
    error = refused_by(door)
    assert (type(error), error.code) == (TransientError, "NET-01")
    assert door.auth.header() == "Bearer access-1"


def test_the_server_may_ask_to_wait(gateway: Gateway) -> None:
    slow = Said({}, status=429, headers=(("Retry-After", "7"),))
    gateway.script = [(slow, False)]
    door = door_at(gateway)
    assert door.auth.header() == "Bearer access-1"
    assert door.waits == [7]


def test_a_gateway_that_is_not_there_is_no_lost_answer(gateway: Gateway) -> None:
    door = door_at(gateway, token_url=f"http://127.0.0.1:1{TOKEN_PATH}")
    error = refused_by(door)
    assert (type(error), error.code) == (TransientError, "NET-01")
    assert len(door.waits) == 3
    assert door.keeper.kept.is_pending is False


@pytest.mark.parametrize(
    "said",
    [
        Said({"error": "invalid_scope"}, status=400),
        Said(b"<html>", status=404, kind="text/html"),
        Said(b"", status=302, headers=(("Location", "https://elsewhere.example/"),)),
    ],
)
def test_another_refusal_is_a_setting_and_the_pair_stays(gateway: Gateway, said: Said) -> None:
    gateway.script = [(said, False)]
    door = door_at(gateway)
    assert isinstance(refused_by(door), ConfigError)
    assert door.auth.header() == "Bearer access-1"


def test_a_pair_that_cannot_be_kept_is_not_used_and_kept_later(gateway: Gateway) -> None:
    door = door_at(gateway)
    door.keeper.fault = LocalFault("DSK-01", "There is no room.")
    for _ in range(2):
        error = refused_by(door)
        assert (type(error), error.code) == (LocalFault, "DSK-01")
    assert (gateway.granted, door.keeper.kept.is_pending) == (1, True)
    door.keeper.fault = None
    assert door.auth.header() == "Bearer access-1"
    assert gateway.granted == 1


def test_who_waited_for_a_failure_shares_it(gateway: Gateway) -> None:
    gateway.script = [(Said({}, status=404, delay_s=0.5), False)] * 9
    door = door_at(gateway)
    codes: list[str] = []

    def ask() -> None:
        try:
            door.auth.header()
        except AppError as error:
            codes.append(error.code)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert codes == ["CFG-01"] * 4
    assert len(gateway.forms) == 1


def test_without_a_sign_in_nothing_is_asked(gateway: Gateway) -> None:
    door = door_at(gateway, kept=Kept())
    assert refused_by(door).code == "AUT-02"
    assert gateway.forms == []


# Where


@pytest.mark.parametrize(
    ("root", "url"),
    [
        ("", "https://id.sage.example/v1/token"),
        ("https://eu.sage.example", "https://eu.sage.example/v1/token"),
        ("https://eu.sage.example/", "https://eu.sage.example/v1/token"),
        ("https://eu.sage.example/v1/", "https://eu.sage.example/v1/token"),
        ("https://api.eu.sage.example/x3", "https://api.eu.sage.example/x3/v1/token"),
    ],
)
def test_the_regional_root_is_the_root_of_the_token_address(root: str, url: str) -> None:
    assert rooted("https://id.sage.example/v1/token", root) == url


@pytest.mark.parametrize(
    "root",
    ["https://sage.example.evil.example", "https://evil-sage.example", "http://eu.sage.example",
     "https://127.0.0.1", "nonsense", "https://user@evil.example/.sage.example"],
)  # fmt: skip
def test_the_clients_secret_goes_to_no_other_domain(root: str) -> None:
    with pytest.raises(ConfigError):
        rooted("https://id.sage.example/v1/token", root)


def test_a_renewal_goes_to_the_regional_root_that_is_kept(gateway: Gateway) -> None:
    root = f"{gateway.site.base_url}/eu"
    door = door_at(gateway, kept=Kept(pair_of("refresh-0", root=root)))
    door.auth.header()
    assert gateway.site.heard[0].path == f"/eu{TOKEN_PATH}"
    assert door.keeper.kept.pair is not None
    assert door.keeper.kept.pair.root == root
