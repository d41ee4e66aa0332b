"""No secret in clear anywhere: one site lived through with faults and errors, then searched."""

from __future__ import annotations

import base64
import json
import sqlite3
import urllib.parse
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

from tests.acceptance.accept_site import Desk, Served, connect, desk_in, enter, serving

PLANTED = {
    "x3.password": 'Plant1 "q" <&> \\ %41+/= ß',
    "avidxchange.client_secret": "Plant2/+=:&?%7E'\"<ü>",
}
IDLE = {
    "x3.client_secret": "Plant3-client \\n&amp;",
    "x3.refresh_token": "Plant4.refresh/+==",
    "avidxchange.company_token": "Plant5 company%20token",
    "avidxchange.user_token": "Plant6:user\ttoken",
}
MISTYPED = {"x3.password": "Plant7 mistyped & wrong", "avidxchange.client_secret": "Plant8=wrong%"}


def forms(secret: str) -> set[bytes]:
    """How a secret may have been written down."""
    raw = secret.encode()
    texts = {
        secret,
        urllib.parse.quote(secret, safe=""),
        urllib.parse.quote(secret),
        urllib.parse.quote_plus(secret),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        escape(secret),
        escape(secret, {'"': "&quot;"}),
        repr(secret)[1:-1],
        raw.hex(),
    }
    found = {text.encode() for text in texts} | {secret.encode("utf-16-le")}
    for shift in range(3):  # base64 of the secret wherever it stands in a longer text
        coded = base64.b64encode(b"\0" * shift + raw)
        found.add(coded[shift + 1 if shift else 0 : -4])
        found.add(base64.urlsafe_b64encode(b"\0" * shift + raw)[shift + 1 if shift else 0 : -4])
    return found


def dumped(file: Path) -> bytes:
    """Every value of a SQLite file, as text and as bytes."""
    found = []
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as store:
        tables = store.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            for row in store.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    is_bytes = isinstance(value, bytes)
                    found.append(value if is_bytes else str(value).encode("utf-8", "replace"))
    return b"\n".join(found)


def places(folder: Path, desk: Desk) -> Iterator[tuple[str, bytes]]:
    """Everything the program has written or said."""
    for file in folder.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            yield str(file), content
            if content.startswith(b"SQLite format 3"):
                yield f"{file} (values)", dumped(file)
            if zipfile.is_zipfile(file):
                with zipfile.ZipFile(file) as parts:
                    for name in parts.namelist():
                        yield f"{file} ({name})", parts.read(name)
    for number, ran in enumerate(desk.heard):
        yield f"command {number}", (ran.out + ran.err).encode()


def lived_through(desk: Desk, served: Served, out: Path) -> None:
    """A clean run, faults of every sort, wrong secrets, errors, exports, a backup and a restore."""
    desk.set_secrets(IDLE)
    number = enter(served, "75.00", post=True)
    desk.sync()
    served.act("avid.approve", invoice=number)
    served.act("avid.pay", invoices=[number], status="Cleared")
    echo = {"args": {"status": 500, "html": "<b>" + escape(PLANTED["x3.password"]) + "</b>"}}
    echo_json = {"times": 1, "args": {
        "status": 400, "body": json.dumps({"message": PLANTED["avidxchange.client_secret"]}),
    }}  # fmt: skip
    served.faults(
        ("x3", "run", "status", {"times": 1, **echo}),
        ("x3", "save", "reset_after", {"times": 1}),
        ("avid", "submit_invoice", "status", echo_json),
        ("avid", "submit_invoice", "cut_json", {"times": 1}),
        ("avid", "list_payments", "html_200", {"times": 1}),
    )
    for amount in ("11.00", "12.00", "13.00"):
        enter(served, amount)
    desk.sync(status=(0, 3, 4))
    served.calm()
    desk.set_secrets(MISTYPED)
    desk.sync(status=[4])
    desk.run("doctor", "--json")
    desk.set_secrets(PLANTED)
    desk.run("sync", "--retry-sign-in")
    desk.run("doctor")
    for order in (("status",), ("invoices",), ("payments",), ("runs",), ("review",)):
        desk.run(*order, "--json")
    desk.run("explain", number)
    desk.run("secret", "list")
    desk.run("secret", "set", "no.such.name", stdin=PLANTED["x3.password"].encode())
    desk.run("secret", "set", "x3.password", stdin=b"\xff" + b"Plant7 mistyped & wrong")
    for form in ("jsonl", "csv", "xlsx"):
        assert desk.run(
            "audit", "export", "--format", form, "--out", str(out / f"log.{form}")
        ).status == 0  # fmt: skip
    assert desk.run("backup", "--out", str(out / "copy.db")).status == 0
    assert desk.run("restore", str(out / "copy.db")).status == 0


@pytest.mark.timeout(150)
def test_no_secret_stands_in_clear_in_anything_written_or_said(tmp_path: Path) -> None:
    with serving(tmp_path / "site", invoices=0, seed=1) as served:
        served.value("x3.password", PLANTED["x3.password"])
        served.value("avid.client_secret", PLANTED["avidxchange.client_secret"])
        served.addresses["x3_password"] = PLANTED["x3.password"]
        served.addresses["client_secret"] = PLANTED["avidxchange.client_secret"]
        folder = tmp_path / "desk"
        desk = connect(desk_in(folder), served)
        out = folder / "out"
        out.mkdir()
        lived_through(desk, served, out)
        assert desk.sync(status=(0, 3))["errors"] == []
        tokens = list(served.table("avid:token"))
    wanted = {name: forms(secret) for name, secret in (
        *PLANTED.items(), *IDLE.items(),
        *((f"mistyped {name}", secret) for name, secret in MISTYPED.items()),
        *((f"token {place}", token) for place, token in enumerate(tokens)),
    )}  # fmt: skip
    pair = f"{served.addresses['x3_user']}:{PLANTED['x3.password']}"
    wanted["basic pair of X3"] = {base64.b64encode(pair.encode())}
    key = json.loads((folder / "keyring.json").read_text(encoding="utf-8")).popitem()[1]
    wanted["workspace key"] = {
        key.encode(),
        base64.b64decode(key),
        base64.b64decode(key).hex().encode(),
    }
    found = []
    for place, content in places(folder, desk):
        for name, shapes in wanted.items():
            if place.endswith("keyring.json") and name == "workspace key":
                continue
            found += [(name, place, shape) for shape in shapes if shape in content]
    assert found == []
    assert tokens
    assert any(place.endswith("crossfoot.db (values)") for place, _ in places(folder, desk))
    assert any("/logs/" in place for place, _ in places(folder, desk))


def test_the_search_finds_what_it_is_made_to_find(tmp_path: Path) -> None:
    """Otherwise an empty result says nothing."""
    secret = PLANTED["x3.password"]
    texts = [
        secret, json.dumps({"a": secret}), urllib.parse.urlencode({"p": secret}),
        base64.b64encode(f"user:{secret}".encode()).decode(), escape(secret), repr([secret]),
    ]  # fmt: skip
    for text in texts:
        assert any(shape in text.encode() for shape in forms(secret)), text
