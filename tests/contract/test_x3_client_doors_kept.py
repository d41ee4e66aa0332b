"""The gateway's tokens in the store: sealed, shared by processes, whole after a kill."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core import crash_points
from core.clock import SystemClock
from core.credentials import Credentials
from core.errors import AuthError, ConfigError
from core.kept_tokens import KeptTokens
from core.store import history, sign_in, values
from core.store.sqlite import Store
from core.vault import FixedKey, Vault
from core.x3.token_endpoint import Pair
from tests.contract.gateway_site import TOKEN_PATH, Gateway, pair_of, running_gateway

ROOT = Path(__file__).resolve().parents[2]
CLIENT = "https://id.example/token APP-1"
NOW = datetime.now(UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store.open(tmp_path, version="1", clock=SystemClock(), is_sandbox=False)
    yield made
    made.close_thread()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with running_gateway() as running:
        yield running


def keeper(store: Store, client: str = CLIENT) -> KeptTokens:
    return KeptTokens(store, Vault(FixedKey()), for_client=client)


def whole(refresh: str = "refresh-1", access: str = "access-1", root: str = "") -> Pair:
    later = NOW + timedelta(seconds=300)
    return Pair(access, refresh, later, 300.0, NOW + timedelta(days=30), root)


def test_a_pair_is_read_as_it_was_saved_and_lies_sealed(store: Store) -> None:
    keeper(store).save(whole(root="https://eu.id.example"))
    kept = keeper(store).read()
    assert kept.pair == whole(root="https://eu.id.example")
    assert (kept.is_pending, kept.refusal) == (False, None)
    store.close_thread()
    for file in store.directory.glob("crossfoot.db*"):
        assert b"access-1" not in file.read_bytes()
        assert b"refresh-1" not in file.read_bytes()


def test_the_regional_root_is_that_of_one_gateway(store: Store) -> None:
    keeper(store).save(whole(root="https://eu.id.example"))
    pair = keeper(store, "https://other.example/token APP-1").read().pair
    assert pair is not None
    assert pair.root == ""


def test_an_open_renewal_belongs_to_its_token(store: Store) -> None:
    one = keeper(store)
    one.save(whole())
    one.note_asked("refresh-1")
    assert keeper(store).read().is_pending
    one.note_asked("")
    assert not one.read().is_pending
    one.note_asked("refresh-1")
    Credentials(store, Vault(FixedKey())).set("x3.refresh_token", "refresh-7", actor="Ann")
    assert not one.read().is_pending
    one.note_asked("refresh-7")
    one.save(whole("refresh-8"))
    assert not one.read().is_pending


def test_an_ended_sign_in_is_gone_and_told_until_a_person_signs_in(store: Store) -> None:
    credentials = Credentials(store, Vault(FixedKey()))
    one = keeper(store)
    one.save(whole())
    one.drop("refresh-1", AuthError("AUT-02", "It has ended.", "x3"))
    kept = one.read()
    assert kept.pair is None
    assert isinstance(kept.refusal, AuthError)
    assert (kept.refusal.code, kept.refusal.why) == ("AUT-02", "It has ended.")
    assert not {"x3.access_token", "x3.refresh_token"} & set(values.secret_names(store))
    rows = [row for row in history.stream(store) if row["action"] == "sign-in ended"]
    assert [(row["object"], row["result"]) for row in rows] == [
        ("x3.refresh_token", "It has ended.")
    ]
    credentials.require(["x3.refresh_token"])  # the client tells it; it is no missing secret
    with store.write():
        sign_in.allow_again(store)
    assert one.read().refusal is not None, "no try brings it back"
    credentials.set("x3.refresh_token", "refresh-7", actor="Ann")
    kept = one.read()
    assert kept.refusal is None
    assert kept.pair is not None
    assert (kept.pair.refresh, kept.pair.access) == ("refresh-7", "")


def test_a_sign_in_that_came_meanwhile_is_not_dropped(store: Store) -> None:
    one = keeper(store)
    one.save(whole("refresh-2"))
    one.drop("refresh-1", AuthError("AUT-02", "It has ended.", "x3"))
    kept = one.read()
    assert (kept.pair, kept.refusal) == (whole("refresh-2"), None)


def test_a_refused_client_rests_until_its_secret_is_set(store: Store) -> None:
    credentials = Credentials(store, Vault(FixedKey()))
    one = keeper(store)
    one.save(whole())
    one.refuse(ConfigError("CFG-01", "Not this client.", "x3", detail="x3.client_id"))
    refusal = one.read().refusal
    assert isinstance(refusal, ConfigError)
    assert (refusal.why, refusal.detail) == ("Not this client.", "x3.client_id")
    assert keeper(store, "other gateway").read().refusal is None
    credentials.set("x3.client_secret", "another secret", actor="Ann")
    assert one.read().refusal is None
    assert one.read().pair == whole()


def test_a_forgotten_refresh_token_leaves_nothing(store: Store) -> None:
    credentials = Credentials(store, Vault(FixedKey()))
    keeper(store).save(whole())
    assert credentials.forget("x3.refresh_token", actor="Ann")
    assert keeper(store).read().pair is None
    assert "x3.access_token" not in values.secret_names(store)
    with pytest.raises(ConfigError) as missing:
        credentials.require(["x3.refresh_token"])
    assert "sign in on the Connections page" in missing.value.fix


def test_a_refresh_token_that_another_process_kept_is_seen(store: Store) -> None:
    credentials = Credentials(store, Vault(FixedKey()))
    credentials.set("x3.refresh_token", "refresh-1", actor="Ann")
    assert credentials.value("x3.refresh_token") == "refresh-1"
    keeper(store).save(whole("refresh-2"))
    assert credentials.value("x3.refresh_token") == "refresh-2"


def test_the_access_token_cannot_be_set_by_hand(store: Store) -> None:
    with pytest.raises(ConfigError):
        Credentials(store, Vault(FixedKey())).set("x3.access_token", "mine", actor="Ann")


# Turns


def test_one_has_the_turn_and_may_prolong_it(store: Store) -> None:
    one, other = keeper(store), keeper(store)
    assert one.take_turn(30)
    assert one.take_turn(30)
    assert not other.take_turn(30)
    other.end_turn()
    assert not other.take_turn(30), "nobody ends another one's turn"
    one.end_turn()
    assert other.take_turn(30)


def test_a_turn_ends_with_its_time(store: Store) -> None:
    assert keeper(store).take_turn(0)
    assert keeper(store).take_turn(30)


@pytest.mark.skipif(os.name != "posix", reason="elsewhere the turn's end is waited for")
def test_a_process_that_died_holds_nobody_up(store: Store) -> None:
    code = (
        "import sys; from pathlib import Path; from core.clock import SystemClock\n"
        "from core.store.sqlite import Store; from core.store import sign_in\n"
        "s = Store.open(Path(sys.argv[1]), version='1', clock=SystemClock(), is_sandbox=False)\n"
        "with s.write(): sys.exit(0 if sign_in.take_turn(s, 'dead', 600) else 1)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(store.directory)], cwd=ROOT, check=False)
    assert done.returncode == 0
    assert keeper(store).take_turn(30)


# Real processes


def start(
    store: Store, gateway: Gateway, seconds: float, crash_at: str = ""
) -> subprocess.Popen[str]:
    arguments = [str(store.directory), gateway.site.base_url + TOKEN_PATH, str(seconds)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.contract.token_process", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ | {crash_points.VARIABLE: crash_at},
    )


def test_three_processes_renew_once_for_each_expiry(store: Store, gateway: Gateway) -> None:
    gateway.expires_in = 1
    gateway.delay_s = 0.1
    keeper(store, gateway.site.base_url + TOKEN_PATH).save(pair_of("refresh-0"))
    store.close_thread()
    running = [start(store, gateway, 5) for _ in range(3)]
    outs = [process.communicate(timeout=50)[0].split("\n") for process in running]
    assert [process.returncode for process in running] == [0, 0, 0], outs
    assert gateway.refused == 0
    assert gateway.granted == len(gateway.forms) <= 15
    used = {line for out in outs for line in out if line}
    assert used <= {f"Bearer access-{number}" for number in range(1, gateway.granted + 1)}
    assert gateway.granted >= 4


@pytest.mark.parametrize("is_old_good", [True, False])
def test_a_kill_before_the_pair_is_kept(
    store: Store, gateway: Gateway, *, is_old_good: bool
) -> None:
    keeper(store, gateway.site.base_url + TOKEN_PATH).save(pair_of("refresh-0"))
    store.close_thread()
    killed = start(store, gateway, 5, crash_points.BEFORE_TOKENS_ARE_STORED)
    out, _ = killed.communicate(timeout=50)
    assert (killed.returncode, out, gateway.granted) == (crash_points.STATUS, "", 1)
    if is_old_good:
        gateway.refresh = "refresh-0"
    after = start(store, gateway, 0.1)
    out, _ = after.communicate(timeout=50)
    if is_old_good:
        assert (after.returncode, out.split("\n")[0]) == (0, "Bearer access-2")
    else:
        assert after.returncode == 1
        assert out.startswith("AUT-02 The answer to the last renewal was lost")


# What is shown


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (9.5, ""), (6.5, "ends in 6 days"), (1.5, "ends in 1 day"), (0.5, "ends today"),
        (-0.5, "has ended"),
    ],
)  # fmt: skip
def test_the_end_is_told_seven_days_before(store: Store, days: float, words: str) -> None:
    one = keeper(store)
    pair = whole()
    ends = datetime.now(UTC) + timedelta(days=days)
    one.sign_in(Pair(pair.access, pair.refresh, pair.access_ends, 300.0, ends), actor="Ann")
    text = sign_in.ending(store, datetime.now(UTC))
    assert (words in text) if words else text == ""
    rows = [row for row in history.stream(store) if row["action"] == "signed in"]
    assert [row["actor"] for row in rows] == ["Ann"]
