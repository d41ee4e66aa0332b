"""Another computer: a backup is put back, the key of the workspace is gone, nothing goes twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.accept_site import Desk, Served, desk_in, enter

EARLIER = "earlier key"


def log_of(desk: Desk, out: Path) -> list[dict[str, str]]:
    assert desk.run("audit", "export", "--format", "jsonl", "--out", str(out)).status == 0
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if "sequence" in line]


@pytest.mark.timeout(150)
def test_on_a_new_computer_secrets_are_asked_anew_and_nothing_goes_twice(
    bare: Served, new_desk: Callable[..., Desk], tmp_path: Path
) -> None:
    shared = tmp_path / "share"
    old = new_desk(bare, workspace=f"folder = {json.dumps(str(shared))}")
    first = enter(bare, "75.00", post=True)
    old.sync()
    (copy,) = shared.glob("Acceptance * daily-*.db")  # the second copy, made by that run
    assert old.run("backup", "--out", str(tmp_path / "later.db")).status == 0
    second = enter(bare, "35.00", post=True)
    old.sync()
    for number in (first, second):
        bare.act("avid.approve", invoice=number)
    bare.act("avid.pay", invoices=[first, second], status="Cleared")
    old.sync()
    made, writes = bare.counters()["avid.invoices_created"], bare.writes()
    posted = list(bare.table("x3:PAYMENTH"))
    assert (made, len(posted)) == (2, 1)

    new = desk_in(tmp_path / "new")  # with a keyring of its own, which is empty
    new.write_settings(bare, workspace=f"folder = {json.dumps(str(tmp_path / 'nowhere' / 'x'))}")
    (tmp_path / "nowhere").write_text("a file where the folder should be", encoding="utf-8")
    assert new.run("restore", str(tmp_path / "later.db")).status == 0
    asked = new.run("sync", "--json")
    assert (asked.status, asked.out) == (2, "")
    assert "Set the secrets again" in asked.err
    unchecked = new.run("audit", "verify", "--json")
    assert (unchecked.status, "not checked" in unchecked.json["text"]) == (0, True)
    (name, value), *others = bare.secrets.items()
    assert new.run("secret", "set", name, stdin=value.encode()).status == 0
    still = new.run("sync", "--json")
    assert still.status == 2
    assert others[0][0] in still.err
    new.set_secrets(dict(others))
    report = new.sync()
    assert {error["code"] for error in report["errors"]} == {"ENV-01", "DSK-01"}
    assert "DSK-01" not in {error["code"] for error in new.sync()["errors"]}  # told once a day
    assert bare.counters()["avid.invoices_created"] == made
    assert list(bare.table("x3:PAYMENTH")) == posted
    assert bare.writes() == writes
    assert {row["state"] for row in new.invoices().values()} == {"paid"}

    told = new.run("audit", "verify", "--json")
    assert (told.status, told.json["ok"]) == (0, True)
    assert EARLIER in told.json["text"]
    assert "AUD-01" not in told.out + told.err
    log = log_of(new, tmp_path / "log.jsonl")
    assert [row["object"] for row in log if row["action"] == "key made anew"] == ["workspace key"]
    status = new.run("status", "--json").json
    assert set(status["invariants"].values()) == {"ok"}
    assert copy.stat().st_size > 0
