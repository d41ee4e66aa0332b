"""The token campaign: the program is killed between the gateway's answer and the store.

    python -m tests.campaigns.tokens --kills 20 --seconds 60 [--write]

Real programs against the simulated systems in a process of their own, access tokens of two seconds.
Each kill is at the named point `tokens.save`, where a new pair has been given and is not kept:

* with a gateway that takes the old refresh token until the new one is used, nobody signs in again;
* with one that refuses it at once, the run says so (AUT-02), outbox and bookmarks are as before,
  and after a sign-in everything goes on.

Then programs run beside each other for a while, and the gateway's counts tell whether a token was
renewed once for each time it ended.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import closing
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.acceptance.accept_site import (
    Desk,
    Served,
    connect,
    desk_in,
    enter,
    is_quiet,
    serving,
)
from tests.acceptance.truth_cli import look
from tests.campaigns import sections

START = (datetime.now(UTC) - timedelta(days=120)).date().isoformat()
CRASH_AT, CRASHED = "tokens.save", 137
LOST = "The answer to the last renewal was lost"
ACCESS_S = 2
_ROOM_S = ACCESS_S * 0.9  # sage-x3.md 10.17: a tenth of its life before its end
_LAST_RUNS = 8
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@dataclass
class Figures:
    """What a campaign found; all is well while `problems` is empty."""

    kills_old_token_good: int = 0
    kills_old_token_refused: int = 0
    sign_ins_needed: int = 0
    renewals_while_killing: int = 0
    seconds_beside_each_other: float = 0.0
    programs_ended: int = 0
    renewals: int = 0
    renewals_at_most: int = 0
    old_tokens_used: int = 0
    access_tokens_refused: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


def campaign(kills: int, seconds: float, folder: Path, *, invoices: int = 60) -> Figures:
    """Kill in both ways, run programs beside each other, and compare both systems at the end."""
    began, figures = time.monotonic(), Figures()
    with serving(folder / "site", invoices=invoices, seed=4) as served:
        served.value("x3.access_token_s", ACCESS_S)
        desk = signed_in(desk_in(folder / "desk"), served)
        expect(desk, (0, 3), figures)
        served.faults(("x3", "token", "old_refresh_until_used", {}))
        for _ in range(kills):
            kill_and_go_on(desk, served, figures)
        served.calm()
        for _ in range(kills):
            kill_and_sign_in(desk, served, figures)
        figures.renewals_while_killing = counts(served)["granted"]
        if seconds:
            beside_each_other(desk, served, seconds, figures)
        try_old_token(served, figures)
        judge(desk, served, figures)
    figures.seconds = round(time.monotonic() - began, 1)
    return figures


def signed_in(desk: Desk, served: Served) -> Desk:
    """A desk that signs in to X3 by the gateway."""
    at = served.addresses
    x3 = "\n".join(
        (
            'auth = "oauth2"',
            f'client_id = "{at["gateway_client_id"]}"',
            f'token_url = "{at["x3_token_url"]}"',
        )
    )
    connect(desk, served, x3=x3, avidxchange='idempotency_header = ""')
    desk.set_secrets({"x3.client_secret": at["gateway_client_secret"]})
    sign_in(desk, served)
    return desk


def sign_in(desk: Desk, served: Served) -> None:
    """What a person does: a fresh refresh token, by standard input."""
    desk.set_secrets({"x3.refresh_token": served.ask("sign_in", {})["refresh_token"]})


def counts(served: Served) -> dict[str, int]:
    """What the gateway has counted."""
    found: dict[str, int] = served.ask("gateway")
    return found


def expect(desk: Desk, wanted: tuple[int, ...], figures: Figures, *only: str) -> dict[str, Any]:
    """The report of a run that should end so."""
    ran = desk.run("sync", "--json", *only, timeout=240)
    if ran.status not in wanted:
        figures.problems.append(f"a run ended with {ran.status}: {ran.out[:400]} {ran.err[:400]}")
    report: dict[str, Any] = ran.json if ran.out else {"errors": []}
    return report


def kill(desk: Desk, figures: Figures) -> None:
    """A run that dies between the gateway's answer and the store."""
    time.sleep(ACCESS_S)  # the access token that is kept has ended
    done = subprocess.run(
        desk.command("sync", "--json"),
        env=desk.environment | {"CRASH_AT": CRASH_AT},
        capture_output=True,
        timeout=120,
        check=False,
    )
    if done.returncode != CRASHED:
        text = (done.stdout + done.stderr).decode()[:400]
        figures.problems.append(f"it did not die at {CRASH_AT}: {done.returncode} {text}")


def kill_and_go_on(desk: Desk, served: Served, figures: Figures) -> None:
    """The old refresh token is still good: the next run goes on by itself."""
    enter(served)
    kill(desk, figures)
    figures.kills_old_token_good += 1
    report = expect(desk, (0, 3), figures)
    if any(error["code"].startswith("AUT") for error in report["errors"]):
        figures.problems.append(f"a sign-in was asked for: {report['errors']}")


def kill_and_sign_in(desk: Desk, served: Served, figures: Figures) -> None:
    """The old refresh token is refused at once: told so, nothing lost, on after a sign-in."""
    enter(served)
    before = kept(desk)
    kill(desk, figures)
    figures.kills_old_token_refused += 1
    report = expect(desk, (4,), figures)
    errors = [error for error in report["errors"] if error["system"] == "x3"]
    if not errors or errors[0]["code"] != "AUT-02" or LOST not in errors[0]["text"]:
        figures.problems.append(f"not told as lost: {report['errors']}")
    asked = counts(served)["refused_refresh"]
    expect(desk, (4,), figures)
    if counts(served)["refused_refresh"] != asked:
        figures.problems.append("the gateway was asked again without a sign-in")
    after = kept(desk)
    if after["outbox"] != before["outbox"] or after["x3"] != before["x3"]:
        figures.problems.append(f"outbox or bookmarks changed: {before} -> {after}")
    sign_in(desk, served)
    figures.sign_ins_needed += 1
    expect(desk, (0, 3), figures)


def kept(desk: Desk) -> dict[str, Any]:
    """Outbox rows by state, and the bookmarks of X3, as the store holds them."""
    with closing(
        sqlite3.connect(f"file:{desk.directory / 'crossfoot.db'}?mode=ro", uri=True)
    ) as db:
        rows = db.execute("SELECT id, state FROM outbox ORDER BY id").fetchall()
        marks = db.execute("SELECT flow, value FROM bookmark ORDER BY flow").fetchall()
    return {"outbox": rows, "x3": [mark for mark in marks if mark[0].startswith("x3")] or marks}


def beside_each_other(desk: Desk, served: Served, seconds: float, figures: Figures) -> None:
    """A run after the other, and two doctors beside them, for so long."""
    first, began = counts(served), time.monotonic()
    running: dict[str, subprocess.Popen[bytes]] = {}
    orders = {"sync": ("sync", "--json"), "one": ("doctor", "--json"), "two": ("doctor", "--json")}
    while time.monotonic() - began < seconds or running:
        for name, order in orders.items():
            process = running.get(name)
            if process is None and time.monotonic() - began < seconds:
                if name == "sync":
                    served.advance()
                running[name] = desk.start(*order)
            elif process is not None and process.poll() is not None:
                _ended(running.pop(name), name, figures)
        time.sleep(0.05)
    took_s, last = time.monotonic() - began, counts(served)
    figures.seconds_beside_each_other = round(took_s, 1)
    figures.renewals = last["granted"] - first["granted"]
    figures.renewals_at_most = int(took_s / _ROOM_S) + 1
    figures.access_tokens_refused = last["refused_access"] - first["refused_access"]
    if last["refused_refresh"] != first["refused_refresh"]:
        figures.problems.append("a refresh token was used twice")
    if not seconds / (ACCESS_S * 4) <= figures.renewals <= figures.renewals_at_most:
        figures.problems.append(f"{figures.renewals} renewals in {took_s:.0f} s")


def _ended(process: subprocess.Popen[bytes], name: str, figures: Figures) -> None:
    out, err = process.communicate()
    figures.programs_ended += 1
    if process.returncode not in (0, 3) or b"AUT-0" in out + err:
        text = (out + err).decode()
        figures.problems.append(f"{name} ended with {process.returncode}: {text[:600]}")


def try_old_token(served: Served, figures: Figures) -> None:
    """An old refresh token is refused: that the counts above mean something."""
    at = served.addresses
    old = served.ask("sign_in", {})["refresh_token"]
    statuses = [_renew(at, old), _renew(at, old)]
    figures.old_tokens_used = statuses.count(400)
    if statuses != [200, 400]:
        figures.problems.append(f"an old refresh token got {statuses}")


def _renew(at: dict[str, str], refresh: str) -> int:
    form = {
        "grant_type": "refresh_token",
        "refresh_token": refresh,
        "client_id": at["gateway_client_id"],
        "client_secret": at["gateway_client_secret"],
    }
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(at["x3_token_url"], json.dumps(form).encode(), headers)
    try:
        with _DIRECT.open(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def judge(desk: Desk, served: Served, figures: Figures) -> None:
    """Run until nothing is left to do; then both systems against what should be there."""
    for _ in range(_LAST_RUNS):
        if is_quiet(expect(desk, (0, 3), figures)):
            break
    items = desk.reviews()
    waiting = {name for item in items for name in (item["document"], *item["documents"])}
    figures.problems += look(served, served.mapping(), START).check(waiting=waiting)
    status = desk.run("status", "--json").json
    wrong = {name: word for name, word in status["invariants"].items() if word != "ok"}
    if wrong or status["in_doubt"]:
        figures.problems.append(f"status: {wrong}, in doubt {status['in_doubt']}")
    verified = desk.run("audit", "verify")
    if verified.status != 0:
        figures.problems.append(f"audit verify: {verified.out} {verified.err}")
    said = "".join(ran.out + ran.err for ran in desk.heard)
    if served.addresses["gateway_client_secret"] in said:
        figures.problems.append("the client's secret was shown")


def _write(arguments: list[str], found: dict[str, Any]) -> None:
    shown = found | {"problems": "; ".join(found["problems"]) or "none"}
    rows = "\n".join(f"| {name.replace('_', ' ')} | {value} |" for name, value in shown.items())
    order = "".join(f" {word}" for word in arguments if word != "--write")
    sections.put(
        "Token campaign",
        f"Command: `python -m tests.campaigns.tokens{order} --write` · {sections.made_on()}\n\n"
        f"| figure | value |\n| --- | --- |\n{rows}",
    )


def main(arguments: list[str]) -> int:
    """Run one campaign and write its figures to standard output; 1 when anything was wrong."""
    parser = argparse.ArgumentParser(description="Kill runs between a token and the store.")
    parser.add_argument("--kills", type=int, default=20, help="of each of the two kinds")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--write", action="store_true", help="renew the section of measurements.md")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as made:
        found = asdict(campaign(options.kills, options.seconds, Path(made)))
    sys.stdout.write(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    if options.write:
        _write(arguments, found)
    return 1 if found["problems"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
