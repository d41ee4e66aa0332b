"""Faults over real sockets: what the client sees, and what the server has done meanwhile."""

import http.client
import json
import socket
import struct
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import trustme

from core.sandbox import server
from core.sandbox.faults import Faults, Request

ENVELOPE = (
    '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
    'xmlns:w="http://www.adonix.com/WSS"><s:Body><w:modify><callContext><poolAlias>AVIDPOOL'
    "</poolAlias></callContext><publicName>AVIDPIH</publicName><objectKeys><keys><key>NUM</key>"
    "<value>NUMBER</value></keys></objectKeys><objectXml>&lt;PARAM>&lt;GRP ID='BIS1_1'>"
    "&lt;FLD NAME='PAZ'>4&lt;/FLD>&lt;/GRP>&lt;/PARAM></objectXml></w:modify></s:Body></s:Envelope>"
)
PATH = "/soap-generic/syracuse/collaboration/syracuse/CAdxWebServiceXmlCC"


class Peer:
    def __init__(self, sandbox: server.Sandbox) -> None:
        self.sandbox = sandbox
        self.base = sandbox.addresses.x3_url
        user, password = sandbox.addresses.x3_user, sandbox.addresses.x3_password
        secret = b64encode(f"{user}:{password}".encode()).decode()
        self.headers = {"Authorization": f"Basic {secret}", "Content-Type": "text/xml"}
        order = {"name": "x3.invoice", "args": {"fields": {"BPR": "0113"}}}
        self.number = self.admin("POST", "act", order)["result"]

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.base}/_sandbox/{path}", json=body, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def fault(self, kind: str, operation: str = "modify", **rest: Any) -> None:
        entry = {"system": "x3", "operation": operation, "kind": kind, "times": 1, **rest}
        self.admin("POST", "faults", [entry])

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.base.removeprefix("http://"), timeout=10)

    def write(self) -> http.client.HTTPResponse:
        connection = self.connect()
        try:
            connection.request("POST", PATH, ENVELOPE.replace("NUMBER", self.number), self.headers)
            answer = connection.getresponse()
            self.body = answer.read()
        finally:
            connection.close()
        return answer

    def read(self) -> requests.Response:
        path = "/api1/x3/erp/SANDBOX/COMPANY?representation=COMPANY.$query"
        return requests.get(self.base + path, headers=self.headers, timeout=10)

    def level(self) -> int:
        row = self.sandbox.state.table("x3:PINVOICE").get(self.number)
        assert row is not None
        return int(row["PAZ"])


@pytest.fixture
def peer() -> Iterator[Peer]:
    sandbox = server.start(None, seed=3, invoices=0)
    yield Peer(sandbox)
    sandbox.stop()


@pytest.mark.parametrize(("kind", "level"), [("reset_before", 1), ("reset_after", 4)])
def test_a_reset_is_a_real_one_before_or_after_the_commit(
    peer: Peer, kind: str, level: int
) -> None:
    peer.fault(kind)
    with pytest.raises(ConnectionResetError) as caught:
        peer.write()
    assert not isinstance(caught.value, http.client.RemoteDisconnected)
    assert peer.level() == level
    assert peer.write().status == 200


@pytest.mark.parametrize(("kind", "level"), [("timeout_before", 1), ("timeout_after", 4)])
def test_silence_then_the_connection_is_closed(peer: Peer, kind: str, level: int) -> None:
    peer.fault(kind, args={"seconds": 0.3})
    started = time.monotonic()
    with pytest.raises(http.client.RemoteDisconnected):
        peer.write()
    assert time.monotonic() - started >= 0.3
    assert peer.level() == level


def test_a_late_commit_comes_after_the_client_has_given_up(peer: Peer) -> None:
    peer.fault("late_commit", args={"seconds": 0.4})
    with pytest.raises(ConnectionResetError):
        peer.write()
    assert peer.level() == 1
    deadline = time.monotonic() + 5
    while peer.level() == 1 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert peer.level() == 4


def test_a_duplicate_is_handled_twice_and_answered_once(peer: Peer) -> None:
    peer.fault("duplicate")
    assert peer.write().status == 200
    assert peer.admin("GET", "counters")["x3.levels_set"] == 2


def test_a_status_in_place_of_the_answer_with_or_without_commit(peer: Peer) -> None:
    peer.fault(
        "status", args={"status": 503, "html": "<h1>busy</h1>", "headers": {"Retry-After": "2"}}
    )
    answer = peer.write()
    assert (answer.status, peer.body) == (503, b"<h1>busy</h1>")
    assert answer.headers["retry-after"] == "2"
    assert answer.headers["content-type"].startswith("text/html")
    assert peer.level() == 1
    peer.fault("status", args={"status": 502, "body": "{}", "commit": True})
    assert peer.write().status == 502
    assert peer.level() == 4


def test_a_login_page_comes_with_200_and_nothing_is_done(peer: Peer) -> None:
    peer.fault("html_200")
    answer = peer.write()
    assert answer.status == 200
    assert b"<html>" in peer.body
    assert peer.level() == 1


def test_cut_empty_and_truncated_bodies(peer: Peer) -> None:
    whole = peer.read().content
    peer.fault("cut_json", "query")
    assert peer.read().content == whole[: len(whole) // 2]
    peer.fault("empty", "query")
    assert peer.read().content == b""
    peer.fault("truncate")
    with pytest.raises(http.client.IncompleteRead):
        peer.write()
    assert peer.level() == 4


def test_slow_delay_and_drip_answer_whole_but_late(peer: Peer) -> None:
    whole = peer.read().content
    for kind in ("slow", "delay", "drip"):
        peer.fault(kind, "query", args={"seconds": 0.2})
        started = time.monotonic()
        assert peer.read().content == whole
        assert time.monotonic() - started >= 0.15


def test_faults_strike_by_times_every_share_skip_and_match() -> None:
    request = Request("GET", "/a", "where=x", {}, b"body AVD77")

    def struck(draws: int = 6, **rest: Any) -> list[bool]:
        faults = Faults(seed=4)
        faults.add([{"system": "x3", "operation": "*", "kind": "empty", **rest}])
        return [faults.draw("x3", "query", request) is not None for _ in range(draws)]

    assert struck() == [True] * 6
    assert struck(times=2) == [True, True, False, False, False, False]
    assert struck(times=1, skip=2) == [False, False, True, False, False, False]
    assert struck(every=3) == [False, False, True, False, False, True]
    assert struck(match="AVD77") == [True] * 6
    assert struck(match="AVD78") == [False] * 6
    assert struck(operation="details") == [False] * 6
    assert struck(system="avid") == [False] * 6
    share = struck(40, share=0.5)
    assert share == struck(40, share=0.5)
    assert 5 < share.count(True) < 35


def test_variants_are_drawn_once_per_request() -> None:
    faults = Faults()
    faults.add([{"system": "x3", "operation": "save", "kind": "locked", "times": 1}])
    faults.begin(Request("POST", "/"))
    assert [one.kind for one in faults.variants("x3", "save")] == ["locked"]
    assert [one.kind for one in faults.variants("x3", "save")] == ["locked"]
    faults.begin(Request("POST", "/"))
    assert faults.variants("x3", "save") == []
    with pytest.raises(ValueError, match="unknown system"):
        faults.add([{"system": "sap", "operation": "*", "kind": "empty"}])
    with pytest.raises(TypeError):
        faults.add([{"system": "x3", "operation": "*", "kind": "empty", "nonsense": 1}])


def test_the_journal_masks_the_sign_in_and_counts_requests(peer: Peer) -> None:
    peer.read()
    peer.write()
    entries = peer.admin("GET", "journal?limit=10")
    assert [(one["operation"], one["status"]) for one in entries] == [
        ("query", 200),
        ("modify", 200),
    ]
    assert {one["authorization"] for one in entries} == {"Basic ***"}
    counters = peer.admin("GET", "counters")
    assert (counters["x3.requests.query"], counters["x3.requests.modify"]) == (1, 1)
    assert counters["x3.max_at_once.modify"] == 1


def test_admin_routes_refuse_nonsense_and_show_tables(peer: Peer) -> None:
    for path, body in (
        ("faults", [{"system": "sap", "operation": "*", "kind": "x"}]),
        ("act", {"name": "x3.nonsense"}),
        ("act", {"name": "x3.post", "args": {"number": "NOSUCH"}}),
        ("clock", {}),
    ):
        answer = requests.post(f"{peer.base}/_sandbox/{path}", json=body, timeout=10)
        assert answer.status_code == 400
        assert answer.json()["error"]
    assert peer.number in peer.admin("GET", "table/x3:PINVOICE")
    peer.fault("empty")
    assert len(peer.admin("GET", "faults")) == 1
    assert peer.admin("DELETE", "faults") == {"active": 0}
    assert peer.admin("GET", "tables")["x3:BPSUPPLIER"] == 300


def test_the_clock_moves_stamps_and_the_date_header(peer: Peer) -> None:
    before = peer.read().headers["date"]
    peer.admin("POST", "clock", {"shift_seconds": 40 * 86400})
    assert peer.read().headers["date"][:16] != before[:16]
    peer.write()
    row = peer.sandbox.state.table("x3:PINVOICE").get(peer.number)
    assert row is not None
    assert row["UPDDATTIM"] > row["CREDATTIM"]


def test_a_used_up_allowance_ends_in_silence(peer: Peer) -> None:
    peer.admin("POST", "value", {"name": "x3.volume_silence_s", "value": 0.2})
    peer.read()
    peer.admin("POST", "value", {"name": "x3.volume_limit", "value": 50})
    with pytest.raises(requests.ConnectionError):
        peer.read()
    assert peer.admin("GET", "journal")[-1]["status"] == 0


def test_stopping_is_quick_even_with_a_request_in_silence(peer: Peer) -> None:
    peer.fault("timeout_before", args={"seconds": 60})
    failures: list[BaseException] = []

    def wait() -> None:
        try:
            peer.write()
        except (OSError, http.client.HTTPException) as error:
            failures.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    while not peer.sandbox.state.counters.get("x3.requests.modify"):
        time.sleep(0.01)
    started = time.monotonic()
    peer.sandbox.stop()
    assert time.monotonic() - started < 2
    thread.join(5)
    assert failures


def test_a_client_that_leaves_in_mid_request_changes_nothing(peer: Peer) -> None:
    address = peer.base.removeprefix("http://").split(":")
    with socket.create_connection((address[0], int(address[1]))) as plain:
        head = f"POST {PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n<half"
        plain.sendall(head.encode())
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert peer.write().status == 200
    assert len(peer.admin("GET", "journal")) == 1


def test_state_and_company_are_kept_in_the_directory(tmp_path: Path) -> None:
    first = server.start(tmp_path, seed=9, invoices=30)
    addresses = first.addresses
    first.advance()
    count = len(first.state.table("x3:PINVOICE"))
    assert count > 30
    first.stop()
    second = server.start(tmp_path, seed=10, invoices=500)
    assert len(second.state.table("x3:PINVOICE")) == count
    assert second.addresses.x3_password == addresses.x3_password
    assert second.addresses.company_token == addresses.company_token
    assert set(second.counts()) == {"invoices", "vendors", "payments"}
    assert second.mapping_rows()["vendors"]
    second.stop()


def test_what_was_answered_survives_a_kill(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from core.sandbox import server\n"
        "made = server.start(Path(sys.argv[1]), seed=2, invoices=0)\n"
        "print(made.addresses.x3_url, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    root = Path(__file__).parents[2]
    with subprocess.Popen(
        command, text=True, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        base = process.stdout.readline().strip()
        order = {"name": "x3.invoice", "args": {"fields": {"BPR": "0113"}, "post": True}}
        answer = requests.post(f"{base}/_sandbox/act", json=order, timeout=10)
        process.kill()
    again = server.start(tmp_path)
    assert again.state.table("x3:PINVOICE").get(answer.json()["result"])
    assert len(again.state.table("x3:GACCDUDATE")) == 2
    again.stop()


def test_both_sides_speak_https_when_asked(tmp_path: Path) -> None:
    authority = trustme.CA()
    made = authority.issue_cert("127.0.0.1")
    certificate, key, root = tmp_path / "c.pem", tmp_path / "k.pem", tmp_path / "ca.pem"
    made.private_key_pem.write_to_path(key)
    certificate.write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))
    authority.cert_pem.write_to_path(root)
    sandbox = server.start(None, seed=1, invoices=0, tls=(certificate, key))
    try:
        assert sandbox.addresses.x3_url.startswith("https://127.0.0.1:")
        answer = requests.get(sandbox.addresses.x3_url + "/x", verify=str(root), timeout=10)
        assert answer.status_code == 401
        entry = {"system": "x3", "operation": "*", "kind": "reset_before", "times": 1}
        sandbox.faults.add([entry])
        with pytest.raises(requests.ConnectionError):
            requests.get(sandbox.addresses.x3_url + "/x", verify=str(root), timeout=10)
        with pytest.raises(requests.exceptions.SSLError):
            requests.get(sandbox.addresses.avid_url + "/x", timeout=10)
    finally:
        sandbox.stop()


def test_a_taken_port_is_an_error_and_leaves_nothing_open() -> None:
    first = server.start(None, invoices=0)
    port = int(first.addresses.x3_url.rpartition(":")[2])
    with pytest.raises(OSError, match=r"(?i)address"):
        server.start(None, invoices=0, x3_port=port)
    first.stop()


def test_answers_are_json_with_the_framing_intact(peer: Peer) -> None:
    answer = peer.read()
    assert int(answer.headers["content-length"]) == len(answer.content)
    assert json.loads(answer.content)["$resources"]
