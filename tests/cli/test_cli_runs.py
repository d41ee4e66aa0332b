"""Whole runs against the simulated site: reports, statuses, lists, refusals and kills."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

import pytest

from tests.cli.cli_site import ROOT, Site, Workspace

pytestmark = pytest.mark.slow

SYNC = {
    "run", "mode", "read", "planned", "plan_hash", "sent", "replaced", "withdrawn", "vendors",
    "approvals_written", "payments_posted", "drifted", "in_doubt", "review", "errors",
    "complete_to",
}  # fmt: skip
WRITES = (
    "sent", "replaced", "withdrawn", "vendors", "approvals_written", "payments_posted",
)  # fmt: skip
INVOICE = [
    "number", "company", "kind", "state", "supplier", "supplier_document", "document_date",
    "accounting_date", "due_date", "currency", "amount", "open_x3", "open_avidxchange", "approval",
    "payment", "external_id", "revision", "avid_invoice_id", "codes", "since",
]  # fmt: skip


def test_a_preview_reads_and_writes_nothing_and_its_plan_can_be_applied(
    connected: Workspace, site: Site
) -> None:
    site.map_everything(connected)
    seen = connected.run("sync", "--preview", "--json")
    assert seen.status in {0, 3}, seen.err
    assert set(seen.json) == SYNC
    assert seen.json["mode"] == "preview"
    assert [seen.json[name] for name in WRITES] == [0] * len(WRITES)
    assert seen.json["read"]["invoices"] > 0
    written = [entry for entry in site.asked("avid") if entry["method"] != "GET"]
    assert {entry["path"] for entry in written} <= {"/token"}
    assert {entry["method"] for entry in site.asked("x3")} == {"GET"}
    assert seen.json["planned"] > 0
    done = connected.run("sync", "--plan", seen.json["plan_hash"], "--json")
    assert done.status in {0, 3}, done.err
    assert done.json["plan_hash"] == seen.json["plan_hash"]
    assert sum(done.json[name] for name in WRITES) > 0


def test_a_run_reports_lists_and_explains(connected: Workspace, site: Site) -> None:
    site.map_everything(connected)
    done = connected.run("sync", "--json")
    assert done.status in {0, 3}, done.err
    assert set(done.json) == SYNC
    assert done.err == ""
    listed = connected.run("invoices", "--json").lines
    assert listed
    assert [list(row) for row in listed] == [INVOICE] * len(listed)
    assert [row["number"] for row in listed] == sorted(row["number"] for row in listed)
    one = listed[0]
    assert connected.run("invoices", "--number", one["number"], "--json").lines == [one]
    excluded = connected.run("invoices", "--state", "excluded", "--json").lines
    assert excluded == [row for row in listed if row["state"] == "excluded"]
    told = connected.run("explain", one["number"], "--json").json
    assert list(told) == ["number", "state", "text", "timeline"]
    assert one["number"] in told["text"]
    times = [entry["time"] for entry in told["timeline"]]
    assert times
    assert times == sorted(times, reverse=True)
    assert all(sorted(entry) == ["source", "text", "time"] for entry in told["timeline"])
    run = connected.run("runs", "--json").lines[-1]
    assert set(run) == SYNC | {"started", "ended", "by"}
    assert {name: run[name] for name in SYNC} == done.json
    status = connected.run("status", "--json").json
    assert status["sides"]["x3"]["reachable"] is True
    assert status["review"] == done.json["review"]
    assert sum(status["states"].values()) == len(listed)
    assert connected.run("audit", "verify").status == 0
    for command in ("sync", "status", "invoices", "runs", "review", "payments", "doctor"):
        shown = connected.run(command)
        assert shown.status in {0, 3}
        assert not any(secret in shown.out + shown.err for secret in site.secrets.values())


def test_a_review_item_is_settled_with_a_reason(connected: Workspace) -> None:
    assert connected.run("sync", "--json").status == 3  # nothing is mapped
    items = connected.run("review", "list", "--json").lines
    item = next(entry for entry in items if "exclude" in entry["how"])
    bad = connected.run(
        "review", "resolve", str(item["id"]), "--how", "reverse", "--reason", "r", "--json"
    )
    assert (bad.status, bad.out) == (2, "")
    done = connected.run(
        "review", "resolve", str(item["id"]), "--how", "exclude", "--reason", "not ours", "--json"
    )
    assert done.status == 0, done.err
    assert isinstance(done.json, dict)
    left = connected.run("review", "--json").lines
    assert item["id"] not in [entry["id"] for entry in left]


def test_a_refused_password_pauses_its_side_until_it_is_set_again(
    connected: Workspace, site: Site
) -> None:
    assert connected.run("secret", "set", "x3.password", stdin=b"wrong Zqx-4711").status == 0
    first = connected.run("sync", "--json")
    assert first.status == 4
    assert ("AUT-01", "x3") in [(e["code"], e["system"]) for e in first.json["errors"]]
    asked = len(site.asked("x3"))
    assert 1 <= asked <= 2  # both readers may have asked before the first answer; none asks again
    paused = connected.run("sync", "--json")
    assert paused.status == 4
    assert ("AUT-01", "x3") in [(e["code"], e["system"]) for e in paused.json["errors"]]
    assert len(site.asked("x3")) == asked
    assert len(site.asked("avid")) > 0  # the other side works on
    assert connected.run("sync", "--retry-sign-in", "--json").status == 4
    tried = len(site.asked("x3"))
    assert tried > asked
    good = site.secrets["x3.password"].encode()
    assert connected.run("secret", "set", "x3.password", stdin=good).status == 0
    assert connected.run("sync", "--json").status in {0, 3}
    assert len(site.asked("x3")) > tried
    assert "Zqx-4711" not in first.out + first.err + paused.out


def test_sides_that_are_not_there_end_with_4(quiet: Workspace) -> None:
    impatient(quiet)
    for name in ("x3.password", "avidxchange.client_secret"):
        assert quiet.run("secret", "set", name, stdin=b"value Zqx-4711").status == 0
    done = quiet.run("doctor", "--json")
    assert done.status == 4
    failed = [line for line in done.lines if not line["ok"]]
    assert [(line["side"], line["code"]) for line in failed] == [
        ("x3", "NET-01"), ("avidxchange", "NET-01"),
    ]  # fmt: skip
    assert all(line["cause"] and line["remedy"] for line in failed)
    run = quiet.run("sync", "--json")
    assert run.status == 4
    assert {(e["code"], e["system"]) for e in run.json["errors"]} == {
        ("NET-01", "x3"), ("NET-01", "avidxchange"),
    }  # fmt: skip
    sides = quiet.run("status", "--json").json["sides"]
    assert [sides[side]["reachable"] for side in ("x3", "avidxchange")] == [False, False]
    assert quiet.run("sync", "--json").status == 4  # the network is tried again, without a pause


def impatient(workspace: Workspace) -> None:
    """Profiles beside the settings that ask again without waiting."""
    site = "[times]\nread_retry_s = [0]\n"
    (workspace.directory / "site.toml").write_text(site, encoding="utf-8")
    text = (ROOT / "resources" / "profiles" / "connect.toml").read_text(encoding="utf-8")
    text = text.replace("attempts = 5, base_seconds = 1", "attempts = 2, base_seconds = 0")
    (workspace.directory / "wire.toml").write_text(text, encoding="utf-8")
    path = workspace.directory / "settings.toml"
    settings = path.read_text(encoding="utf-8")
    settings = settings.replace("[x3]\n", '[x3]\nprofile = "site.toml"\n')
    settings = settings.replace("[avidxchange]\n", '[avidxchange]\nprofile = "wire.toml"\n')
    path.write_text(settings, encoding="utf-8")


def test_the_doctor_finds_a_good_site_good(connected: Workspace) -> None:
    done = connected.run("doctor", "--json")
    assert done.status == 0, done.out
    assert {line["side"] for line in done.lines} == {"workspace", "x3", "avidxchange"}
    assert all(line["ok"] for line in done.lines)
    assert "CFG-01" in [line["code"] for line in done.lines]  # level 4 and no payment method


def looks_soon(workspace: Workspace) -> None:
    """A wire profile whose look-ups end soon after the slowest answer of `slow_run`.

    A request that waited for its turn when the program died has never left: only the last look-up
    may send it again, which by the shipped profile is two minutes later.
    """
    text = (ROOT / "resources" / "profiles" / "connect.toml").read_text(encoding="utf-8")
    changed = text.replace("in_doubt_lookups = [2, 10, 30, 120]", "in_doubt_lookups = [1, 6, 8]")
    assert changed != text
    (workspace.directory / "soon.toml").write_text(changed, encoding="utf-8")
    path = workspace.directory / "settings.toml"
    settings = path.read_text(encoding="utf-8")
    settings = settings.replace("[avidxchange]\n", '[avidxchange]\nprofile = "soon.toml"\n')
    path.write_text(settings, encoding="utf-8")


@contextlib.contextmanager
def slow_run(workspace: Workspace, site: Site) -> Iterator[subprocess.Popen[bytes]]:
    """A run that has stored two invoices in AvidXchange and waits for the answer of a third."""
    fault = {"system": "avid", "operation": "submit_invoice", "kind": "delay", "skip": 2}
    site.admin("faults", [fault | {"times": None, "args": {"seconds": 8}}])
    # A shell lets what it starts in the background ignore it, and so would all that we start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with workspace.start("sync", "--json") as process:
        try:
            deadline = time.monotonic() + 20
            while site.admin("faults")[0]["used"] == 0:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield process
        finally:
            process.kill()


def check_nothing_is_doubled(workspace: Workspace, site: Site) -> None:
    """Further runs settle everything; each external id stands once in AvidXchange."""
    request = urllib.request.Request(f"{site.addresses['x3_url']}/_sandbox/faults", method="DELETE")
    urllib.request.urlopen(request, timeout=10).close()
    left = -1
    for _ in range(3):
        done = workspace.run("sync", "--wait", "11", "--json")
        assert done.status in {0, 3}, done.err
        left = done.json["in_doubt"]
        if left == 0:
            break
    assert left == 0
    stored = site.admin("table/avid:invoice").values()
    ids = [row["ExternalId"]["Value"] for row in stored]
    assert len(ids) == len(set(ids)) > 0
    assert workspace.run("audit", "verify").status == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals of this kind are POSIX")
def test_an_interrupted_run_does_not_wait_for_answers_and_the_next_goes_on(
    connected: Workspace, site: Site
) -> None:
    site.map_everything(connected)
    looks_soon(connected)
    with slow_run(connected, site) as process:
        process.send_signal(signal.SIGINT)
        out, told = process.communicate(timeout=20)
    assert process.returncode == 130
    assert out == b""
    assert b"Interrupted" in told
    assert b"Traceback" not in told
    assert connected.run("status", "--json").json["in_doubt"] > 0  # it did not wait for answers
    check_nothing_is_doubled(connected, site)


def test_a_killed_run_is_taken_up_and_doubles_nothing(connected: Workspace, site: Site) -> None:
    site.map_everything(connected)
    looks_soon(connected)
    with slow_run(connected, site) as process:
        process.kill()
        process.communicate(timeout=20)
    assert connected.run("status", "--json").json["in_doubt"] > 0
    check_nothing_is_doubled(connected, site)
