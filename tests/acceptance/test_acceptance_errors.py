"""What goes wrong on the way: the code of the catalogue, its fix, its status, nothing written."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.accept_site import ROOT, Desk, Served, enter, serving

_TLS_SERVER = """
import dataclasses, json, sys
from pathlib import Path
import trustme
from core.sandbox import server
folder = Path(sys.argv[1])
authority = trustme.CA(organization_name="Private Works Authority")
made = authority.issue_cert("127.0.0.1")
made.private_key_pem.write_to_path(folder / "key.pem")
with (folder / "cert.pem").open("wb") as out:
    for part in made.cert_chain_pems:
        out.write(part.bytes())
authority.cert_pem.write_to_path(folder / "ca.pem")
running = server.start(None, seed=1, invoices=0, tls=(folder / "cert.pem", folder / "key.pem"))
print(json.dumps(dataclasses.asdict(running.addresses)), flush=True)
sys.stdin.read()
running.stop()
"""


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One site for all that never get as far as writing to it; an invoice waits there."""
    with serving(tmp_path_factory.mktemp("shared"), invoices=0, seed=1) as served:
        enter(served)
        yield served


@pytest.fixture(autouse=True)
def _calm(shared: Served) -> Iterator[None]:
    yield
    shared.calm()


def refused(desk: Desk, served: Served, *arguments: str, timeout: float = 55) -> Any:
    """Run a sync that must write nothing; what it said."""
    before = served.writes()
    ran = desk.run("sync", "--json", *arguments, timeout=timeout)
    assert served.writes() == before
    return ran


def errors_of(ran: Any) -> dict[tuple[str, str], str]:
    assert ran.err == "" or "Traceback" not in ran.err, ran.err
    return {(e["code"], e["system"]): e["text"] for e in ran.json["errors"]}


@pytest.mark.parametrize(
    ("secret", "code", "side"),
    [("x3.password", "AUT-01", "x3"), ("avidxchange.client_secret", "AUT-01", "avidxchange")],
)
def test_a_wrong_secret_is_named_and_the_run_ends_with_4(
    shared: Served, new_desk: Callable[..., Desk], secret: str, code: str, side: str
) -> None:
    desk = new_desk(shared)
    desk.set_secrets({secret: "not the right one"})
    ran = refused(desk, shared)
    assert ran.status == 4, (ran.out, ran.err)
    found = errors_of(ran)
    assert (code, side) in found, found
    assert "not the right one" not in ran.out + ran.err
    checks = desk.run("doctor", "--json")
    assert checks.status == 4
    failed = [row for row in checks.lines if not row["ok"]]
    assert (failed[0]["side"], failed[0]["code"]) == (side, code), failed
    assert "credentials" in failed[0]["remedy"], failed


@pytest.mark.parametrize("side", ["x3", "avidxchange"])
def test_a_host_that_is_not_there_is_net_01(
    shared: Served, new_desk: Callable[..., Desk], side: str
) -> None:
    keys = {
        "x3": 'base_url = "http://127.0.0.1:1"',
        "avidxchange": 'base_url = "http://127.0.0.1:1"\ntoken_url = "http://127.0.0.1:1/token"',
    }
    desk = new_desk(shared, **{side: keys[side]})
    ran = refused(desk, shared)
    assert ran.status == 4, (ran.out, ran.err)
    found = errors_of(ran)
    assert [key for key in found if key[1] == side] == [("NET-01", side)], found
    assert "127.0.0.1" in found["NET-01", side], found
    status = desk.run("status", "--json").json
    assert status["sides"][side]["reachable"] is False
    other = "avidxchange" if side == "x3" else "x3"
    assert status["sides"][other]["reachable"] is True


@contextmanager
def tls_site(folder: Path) -> Iterator[Served]:
    process = subprocess.Popen(
        [sys.executable, "-c", _TLS_SERVER, str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    with process, closing(process.stdout), closing(process.stdin):
        yield Served(json.loads(process.stdout.readline()), None)
        process.stdin.close()
        process.wait(20)


def test_a_private_certificate_needs_its_authority_and_is_trusted_with_it(
    tmp_path: Path, new_desk: Callable[..., Desk]
) -> None:
    folder = tmp_path / "tls"
    folder.mkdir()
    with tls_site(folder) as served:
        desk = new_desk(served)
        ran = desk.run("sync", "--json")
        assert ran.status == 4, (ran.out, ran.err)
        found = errors_of(ran)
        assert set(found) == {("TLS-01", "x3"), ("TLS-01", "avidxchange")}, found
        assert "Private Works Authority" in found["TLS-01", "x3"], found
        doctor = [row for row in desk.run("doctor", "--json").lines if not row["ok"]]
        assert doctor[0]["code"] == "TLS-01"
        assert "ca_file" in doctor[0]["remedy"], doctor
        ca_file = f"ca_file = {json.dumps(str(folder / 'ca.pem'))}"
        desk.write_settings(served, x3=ca_file, avidxchange=ca_file)
        assert desk.run("sync", "--json").status == 0


def test_a_wrong_endpoint_is_told_and_nothing_is_written(
    shared: Served, new_desk: Callable[..., Desk]
) -> None:
    desk = new_desk(shared, x3='endpoint = "NOWHERE"')
    ran = refused(desk, shared)
    assert ran.status in (2, 4), (ran.out, ran.err)
    told = errors_of(ran)["CFG-01", "x3"]
    assert "x3.endpoint" in told
    assert "NOWHERE" in told


def test_a_missing_secret_ends_with_2_before_anything_is_asked(
    shared: Served, new_desk: Callable[..., Desk]
) -> None:
    desk = new_desk(shared)
    assert desk.run("secret", "forget", "avidxchange.client_secret").status == 0
    asked = len(shared.journal())
    ran = refused(desk, shared)
    assert (ran.status, ran.out) == (2, "")
    assert "CFG-01" in ran.err
    assert "secret set avidxchange.client_secret" in ran.err
    assert len(shared.journal()) == asked


def test_an_unknown_key_ends_with_2_before_anything_is_asked(
    shared: Served, new_desk: Callable[..., Desk]
) -> None:
    desk = new_desk(shared, workspace="colour = 3")
    asked = len(shared.journal())
    for command in ("sync", "status", "invoices"):
        ran = desk.run(command, "--json")
        assert (ran.status, ran.out) == (2, "")
        assert "CFG-01" in ran.err
        assert "workspace.colour" in ran.err
    assert len(shared.journal()) == asked


def test_a_company_that_is_not_ours_is_told(shared: Served, new_desk: Callable[..., Desk]) -> None:
    desk = new_desk(shared, avidxchange='company_id = "C-9999"')
    ran = refused(desk, shared)
    assert ran.status in (2, 4), (ran.out, ran.err)
    ((code, side),) = errors_of(ran)
    assert (code, side) in {("AUT-01", "avidxchange"), ("CFG-01", "avidxchange")}
    assert "C-9999" in ran.out


def test_throttled_to_the_end_is_rat_01(shared: Served, new_desk: Callable[..., Desk]) -> None:
    desk = new_desk(shared)
    body = json.dumps({"fault": {"code": 900802, "message": "Message throttled out"}})
    shared.faults(
        ("avid", "*", "status", {"args": {"status": 429, "body": body}}),
    )
    ran = refused(desk, shared)
    assert ran.status == 4, (ran.out, ran.err)
    assert ("RAT-01", "avidxchange") in errors_of(ran), ran.out


def test_blocked_is_rat_02_and_the_next_run_does_not_knock(
    shared: Served, new_desk: Callable[..., Desk]
) -> None:
    desk = new_desk(shared)
    body = json.dumps({"fault": {"code": 900805, "message": "Message blocked"}})
    shared.faults(("avid", "list_invoices", "status", {"args": {"status": 403, "body": body}}))
    ran = refused(desk, shared)
    assert ran.status == 4, (ran.out, ran.err)
    assert ("RAT-02", "avidxchange") in errors_of(ran), ran.out


def test_the_first_that_fits_of_2_4_3_0(shared: Served, new_desk: Callable[..., Desk]) -> None:
    """A side that fails goes before what needs a person; a wrong setting before both."""
    desk = new_desk(shared, x3='base_url = "http://127.0.0.1:1"')
    assert refused(desk, shared).status == 4
    desk.write_settings(shared, x3='base_url = "http://127.0.0.1:1"', workspace="mode = 3")
    assert refused(desk, shared).status == 2
