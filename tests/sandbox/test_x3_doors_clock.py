"""X3's own clock, the slow end of its volume, and the addresses that a sandbox tells."""

import dataclasses
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
import requests

from tests.sandbox.x3_door_site import Doors

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def doors() -> Iterator[Doors]:
    made = Doors()
    yield made
    made.sandbox.stop()


def ahead_by(doors: Doors, base: str = "") -> float:
    """How far the Date header of an answer is ahead of the simulated time."""
    answer = requests.get(f"{base or doors.base}/nothing", timeout=10)
    return (parsedate_to_datetime(answer.headers["Date"]) - doors.state.now()).total_seconds()


@pytest.mark.parametrize("seconds", [600, -600])
@pytest.mark.parametrize("way", ["variant", "setting"])
def test_a_clock_that_goes_wrong_shows_in_the_date_and_in_the_tokens(
    doors: Doors, seconds: int, way: str
) -> None:
    if way == "variant":
        doors.fault("clock_ahead", args={"clock_ahead_s": seconds})
    else:
        doors.admin("POST", "value", {"name": "x3.clock_ahead_s", "value": seconds})
    assert ahead_by(doors) == pytest.approx(seconds, abs=3)
    assert ahead_by(doors, doors.at.avid_url) == pytest.approx(0, abs=3)
    corrected = int((doors.state.now() + timedelta(seconds=seconds)).timestamp())
    good = doors.token(iat=corrected - 5, exp=corrected + 55)
    assert doors.knock("api1", f"Bearer {good}").status_code == 200
    # By our clock the token lives; a clock 600 s ahead finds it dead, one behind not yet issued.
    doors.fault("issue_time_checked")
    answer = doors.knock("api1", f"Bearer {doors.token()}")
    assert (answer.status_code, answer.text) == (401, "Error 50: Invalid token")
    assert doors.knock("api1", f"Bearer {good}").status_code == 200


def test_the_gateway_goes_by_the_same_clock(doors: Doors) -> None:
    doors.fault("clock_ahead", args={"clock_ahead_s": 600})
    pair = doors.sign_in()
    assert doors.knock("api1", f"Bearer {pair['access_token']}").status_code == 200
    doors.admin("DELETE", "faults")
    assert doors.knock("api1", f"Bearer {pair['access_token']}").status_code == 200
    doors.fault("clock_ahead", args={"clock_ahead_s": 1200})
    assert doors.knock("api1", f"Bearer {pair['access_token']}").status_code == 401


def test_a_wrong_clock_dates_the_answers_that_a_fault_makes_too(doors: Doors) -> None:
    doors.fault("clock_ahead", args={"clock_ahead_s": 600})
    doors.fault("status", args={"status": 503})
    assert ahead_by(doors) == pytest.approx(600, abs=3)


def test_over_the_volume_answers_are_slow_and_then_none(doors: Doors) -> None:
    way = f"Bearer {doors.token()}"

    def seconds() -> float:
        started = time.monotonic()
        assert doors.knock("api1", way).status_code == 200
        return time.monotonic() - started

    seconds()
    page = doors.admin("GET", "counters")["x3.bytes_sent"]
    for name, value in (
        ("x3.volume_slow_s", 1.0),
        ("x3.volume_slow_from", 3 * page),
        ("x3.volume_limit", 5 * page),
        ("x3.volume_silence_s", 0.2),
    ):
        doors.admin("POST", "value", {"name": name, "value": value})
    quick = seconds()
    slow = [seconds() for _ in range(3)]
    assert quick < 0.9
    assert min(slow) >= 1.0
    for _ in range(2):
        with pytest.raises(requests.ConnectionError):
            doors.knock("api1", way)
    doors.admin("POST", "value", {"name": "x3.volume_limit", "value": 0})
    doors.admin("POST", "value", {"name": "x3.volume_slow_from", "value": None})
    assert seconds() < 0.9


def test_the_gateway_is_not_slow_with_x3(doors: Doors) -> None:
    doors.admin("POST", "value", {"name": "x3.volume_slow_from", "value": 0})
    doors.admin("POST", "value", {"name": "x3.volume_slow_s", "value": 5})
    started = time.monotonic()
    pair = doors.sign_in()
    assert doors.renew(pair["refresh_token"]).status_code == 200
    assert time.monotonic() - started < 2


def test_stopping_does_not_wait_for_a_slow_answer(doors: Doors) -> None:
    doors.admin("POST", "value", {"name": "x3.volume_slow_from", "value": 0})
    doors.admin("POST", "value", {"name": "x3.volume_slow_s", "value": 60})
    way = f"Bearer {doors.token()}"
    ends: list[object] = []

    def call() -> None:
        try:
            ends.append(doors.knock("api1", way).status_code)
        except requests.ConnectionError as error:
            ends.append(error)

    thread = threading.Thread(target=call)
    thread.start()
    while not doors.state.counters.get("x3.bytes_sent"):
        time.sleep(0.01)
    started = time.monotonic()
    doors.sandbox.stop()
    assert time.monotonic() - started < 2
    thread.join(5)
    assert len(ends) == 1


def test_the_command_tells_the_doors_and_their_demo_secrets(tmp_path: Path) -> None:
    command = [sys.executable, "main.py", "sandbox", "serve", "--json", "--invoices", "0"]
    with subprocess.Popen(
        [*command, "--data-dir", str(tmp_path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        told = json.loads(child.stdout.readline())
        body = {
            "grant_type": "refresh_token",
            "refresh_token": requests.post(f"{told['x3_url']}/_sandbox/sign_in", timeout=10).json()[
                "refresh_token"
            ],
            "client_id": told["gateway_client_id"],
            "client_secret": told["gateway_client_secret"],
        }
        assert requests.post(told["x3_token_url"], json=body, timeout=10).status_code == 200
        child.communicate(timeout=20)
    assert told["authorize_url"] == f"{told['x3_url']}/oauth/authorize"
    assert told["x3_token_url"] == f"{told['x3_url']}/oauth/token"
    assert told["x3_client_id"] == "DEMO-APP"
    assert told["gateway_client_id"] == "DEMO-GATEWAY"
    assert told["x3_audience"] == "https://crossfoot.example/x3"
    assert len(told["x3_client_secret"]) == 40


def test_addresses_are_whole_again_when_told_by_another_process(doors: Doors) -> None:
    told = json.loads(json.dumps(dataclasses.asdict(doors.at)))
    assert type(doors.at)(**told) == doors.at
