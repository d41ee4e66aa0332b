"""Named places: which one, the how manieth time, for which system; and half of a request."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from core import crash_points

ROOT = Path(__file__).resolve().parents[2]
_PASS = """
import sys
from core.crash_points import *
from core import crash_points
for name in sys.argv[1:]:
    point, *systems = name.split(",")
    crash_points.reach(point, *systems)
    print(name, flush=True)
"""
_SEND = """
import sys
from core.http import Transport
port, system, body = int(sys.argv[1]), sys.argv[2], bytes(range(256)) * 40
wire = Transport(system=system, base_url="")
for is_write in (False, True):
    wire.exchange("POST", f"http://127.0.0.1:{port}/a", headers={}, body=body, timeout_s=9,
                  is_write=is_write)
"""


def run(code: str, crash_at: str, *arguments: str) -> tuple[int, list[str]]:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env=os.environ | {crash_points.VARIABLE: crash_at},
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout.split()


@pytest.mark.parametrize(
    ("crash_at", "passed", "before"),
    [
        ("plan.uncommitted", ("run.uncommitted", "plan.uncommitted"), 1),
        ("plan.uncommitted:3", ("plan.uncommitted",) * 4, 2),
        ("x3.request.half", ("request.half,avidxchange", "request.half,x3"), 1),
        ("request.half:2", ("request.half,avidxchange", "request.half", "request.half,x3"), 2),
        ("x3.settle.committed:2", ("settle.committed,x3,avidxchange",) * 3, 1),
        ("", ("plan.uncommitted", "request.half,x3"), None),
        ("no.such.place", ("plan.uncommitted", "request.half,x3"), None),
    ],
)
def test_it_dies_at_the_place_and_the_time_it_is_told(
    crash_at: str, passed: tuple[str, ...], before: int | None
) -> None:
    status, seen = run(_PASS, crash_at, *passed)
    if before is None:
        assert (status, seen) == (0, list(passed))
    else:
        assert (status, seen) == (crash_points.STATUS, list(passed[:before]))


def test_every_place_has_one_name() -> None:
    names = [*crash_points.OF_A_SYSTEM, *crash_points.OF_NONE]
    given = {
        value
        for name, value in vars(crash_points).items()
        if name.isupper() and isinstance(value, str) and name != "VARIABLE"
    }
    assert len(names) == len(set(names)) == 18
    assert given == set(names)


def test_half_a_request_is_the_head_and_half_of_the_body_of_a_write() -> None:
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        listener = threading.Thread(target=_listen, args=(server, heard))
        listener.start()
        port = str(server.getsockname()[1])
        status, _ = run(_SEND, "x3.request.half", port, "x3")
        listener.join(20)
    assert status == crash_points.STATUS
    assert len(heard) == 2
    bodies = [request.partition(b"\r\n\r\n")[2] for request in heard]
    assert bodies == [bytes(range(256)) * 40, bytes(range(256)) * 20]
    assert b"Content-Length: 10240" in heard[1]


def _listen(server: socket.socket, heard: list[bytes]) -> None:
    """Take two requests, on as many connections as it needs; answer the first."""
    while len(heard) < 2:
        connection, _ = server.accept()
        with connection:
            connection.settimeout(20)
            while (request := _request(connection)) is not None:
                heard.append(request)
                if len(heard) == 1:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def _request(connection: socket.socket) -> bytes | None:
    """What came until it is whole or the connection ended; None for nothing."""
    found = b""
    while len(found.partition(b"\r\n\r\n")[2]) < 10240:
        more = connection.recv(65536)
        if not more:
            return found or None
        found += more
    return found
