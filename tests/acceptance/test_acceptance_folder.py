"""A workspace reads only the X3 folder it was set up for (ENV-01)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.acceptance.accept_site import Desk, Served, enter

pytestmark = pytest.mark.timeout(120)
OTHERS: dict[str, list[dict[str, Any]]] = {
    "COMPANY": [{"CPY": "ZZ1", "CPYNAM": "Somebody else"}],
    "FACILITY": [{"FCY": "Z01", "FCYNAM": "Elsewhere", "LEGCPY": "ZZ1"}],
}


def invoice_reads(served: Served) -> int:
    return sum("/PINVOICE" in str(entry.get("path", "")) for entry in served.journal())


def refused(desk: Desk, served: Served, *arguments: str) -> str:
    """A run that reads no invoice and writes nothing; what it says."""
    writes, reads = served.writes(), invoice_reads(served)
    ran = desk.run("sync", "--json", *arguments)
    assert ran.status == 2, (ran.out, ran.err)
    assert (served.writes(), invoice_reads(served)) == (writes, reads)
    (error,) = ran.json["errors"]
    assert (error["code"], error["system"]) == ("ENV-01", "x3")
    return str(error["text"])


def test_another_endpoint_than_at_set_up_is_not_read(bare: Served, desk: Desk) -> None:
    enter(bare)
    assert desk.sync()["sent"] == 1
    bare.value("x3.endpoints", ["SANDBOX", "TEST"])
    desk.write_settings(bare, x3='endpoint = "TEST"')
    told = refused(desk, bare)
    assert "SANDBOX" in told
    assert "TEST" in told
    desk.write_settings(bare)
    enter(bare)
    assert desk.sync()["sent"] == 1


def test_another_folder_behind_the_endpoint_is_not_read(bare: Served, desk: Desk) -> None:
    enter(bare)
    assert desk.sync()["sent"] == 1
    enter(bare)
    for name, rows in OTHERS.items():
        body = json.dumps({"$itemsPerPage": 1000, "$resources": rows, "$links": {}})
        args = {"status": 200, "body": body}
        bare.faults(("x3", "query", "status", {"match": f"/{name}?", "args": args}))
    told = refused(desk, bare, "--only", "reference")
    assert "US10" in told
    bare.calm()
    assert desk.sync()["sent"] == 1
