"""The commands as product.md 6 prints them: members, statuses, and what each one leaves alone."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.acceptance.accept_site import Desk, Served, enter, serving

SYNC = [
    "run", "mode", "read", "planned", "plan_hash", "sent", "replaced", "withdrawn", "vendors",
    "approvals_written", "payments_posted", "drifted", "in_doubt", "review", "errors",
    "complete_to",
]  # fmt: skip
INVOICE = [
    "number", "company", "kind", "state", "supplier", "supplier_document", "document_date",
    "accounting_date", "due_date", "currency", "amount", "open_x3", "open_avidxchange",
    "approval", "payment", "external_id", "revision", "avid_invoice_id", "codes", "since",
]  # fmt: skip
PAYMENT = [
    "payment_id", "state", "text", "method", "check_number", "currency", "amount",
    "payment_date", "cleared_date", "invoices", "batch", "reference", "x3_payment", "posted",
    "codes",
]  # fmt: skip
REVIEW = [
    "id", "code", "document", "documents", "system", "currency", "amount", "since", "title",
    "text", "fix", "how",
]  # fmt: skip
STATUS = ["workspace", "mode", "sides", "states", "invariants", "in_doubt", "review"]
CHECK = ["side", "check", "ok", "cause", "remedy", "code"]


def test_every_list_has_its_members_in_their_order(bare: Served, desk: Desk) -> None:
    number = enter(bare, "75.00", post=True)
    bare.act("x3.hold_supplier", code="0105")
    memo = enter(bare, "20.00", BPR="0105", INVTYP=2)
    assert list(desk.sync()) == SYNC
    bare.act("avid.approve", invoice=number)
    payment = bare.act("avid.pay", invoices=[number], status="Cleared")
    report = desk.sync()
    assert list(report["read"]) == ["reference", "suppliers", "invoices", "approvals", "payments"]
    assert list(report["complete_to"]) == ["x3", "avidxchange"]
    rows = desk.invoices()
    assert {tuple(row) for row in rows.values()} == {tuple(INVOICE)}
    row = rows[number]
    assert (row["amount"], row["open_x3"], row["open_avidxchange"]) == ("75.00", "0.00", "0.00")
    assert (row["state"], row["approval"], row["payment"]) == ("paid", "approved", "paid")
    assert row["external_id"] == f"X3|SANDBOX|US10|{number}|1"
    row = rows[memo]
    assert (row["kind"], row["amount"], row["open_x3"]) == ("credit_memo", "-20.00", None)
    assert (row["open_avidxchange"], row["codes"]) == (None, ["SUP-01"])
    assert [r["number"] for r in desk.run("invoices", "--state", "held", "--json").lines] == [memo]
    assert [r["number"] for r in desk.run("invoices", "--number", number, "--json").lines] == [
        number
    ]
    (paid,) = desk.run("payments", "--json").lines
    assert list(paid) == PAYMENT
    assert (paid["payment_id"], paid["state"], paid["text"]) == (str(payment), "cleared", "Cleared")
    assert (paid["invoices"], paid["amount"], paid["posted"]) == ([number], "75.00", True)
    (item,) = desk.reviews()
    assert list(item) == REVIEW
    assert (item["document"], item["documents"], item["currency"]) == (memo, [memo], "USD")
    runs = desk.run("runs", "--json").lines
    assert [set(run) for run in runs] == [{*SYNC, "started", "ended", "by"}] * 2
    told = desk.run("explain", number, "--json").json
    assert list(told) == ["number", "state", "text", "timeline"]
    assert {tuple(entry) for entry in told["timeline"]} == {("time", "text", "source")}
    status = desk.run("--json", "status").json
    assert list(status) == STATUS
    assert list(status["invariants"]) == [f"I{number}" for number in range(1, 9)]
    checks = desk.run("doctor", "--json")
    assert checks.status == 0
    assert {tuple(row) for row in checks.lines} == {tuple(CHECK)}
    assert desk.run("explain", "NOPE", "--json").status == 2
    order = ("--how", "exclude", "--reason", "x", "--json")
    assert desk.run("review", "resolve", "9999", *order).status == 2


def test_a_preview_stores_what_it_read_and_its_plan_is_applied_to_the_letter(
    bare: Served, desk: Desk
) -> None:
    first, second = enter(bare, "10.00"), enter(bare, "20.00")
    shown = desk.sync("--preview")
    assert (shown["mode"], shown["planned"]) == ("preview", 2)
    counts = ("sent", "replaced", "withdrawn", "vendors", "approvals_written", "payments_posted")
    assert [shown[name] for name in counts] == [0] * 6
    assert bare.writes() == 0
    assert set(desk.invoices()) == {first, second}
    third = enter(bare, "30.00")
    bare.act("x3.change_invoice", number=second, fields={"BPRVCR": "OTHER"})
    done = desk.sync("--plan", shown["plan_hash"])
    assert (done["plan_hash"], done["sent"]) == (shown["plan_hash"], 1 if done["drifted"] else 2)
    there = {row["Reference"] for row in bare.table("avid:invoice").values()}
    assert first in there
    assert third not in there
    assert desk.run("sync", "--plan", "0" * 64, "--json").status == 2
    desk.sync()
    names = {row["Reference"]: row["InvoiceNumber"] for row in bare.table("avid:invoice").values()}
    assert set(names) == {first, second, third}
    assert names[second] == "OTHER"


def test_a_workspace_in_preview_mode_never_writes(
    bare: Served, new_desk: Callable[..., Desk]
) -> None:
    desk = new_desk(bare, workspace='mode = "preview"')
    enter(bare)
    report = desk.sync()
    assert (report["mode"], report["planned"], report["sent"]) == ("preview", 1, 0)
    assert bare.writes() == 0


def test_only_one_flow_is_read_and_written(bare: Served, desk: Desk) -> None:
    desk.sync()
    number = enter(bare, "40.00", post=True)
    report = desk.sync("--only", "reference")
    assert (report["sent"], report["read"]["invoices"]) == (0, 0)
    assert desk.sync("--only", "invoices")["sent"] == 1
    bare.act("avid.approve", invoice=number)
    bare.act("avid.pay", invoices=[number], status="Issued to Supplier")
    before = bare.counters()
    report = desk.sync("--only", "payments")
    after = bare.counters()
    assert (report["approvals_written"], report["payments_posted"]) == (0, 1), report
    assert after.get("x3.requests.run", 0) == before.get("x3.requests.run", 0)


def test_what_is_offered_for_an_item_is_what_settles_it(bare: Served, desk: Desk) -> None:
    rejected, excluded = enter(bare, "50.00", post=True), enter(bare, "0.00")
    assert desk.sync()["sent"] == 1
    bare.act("avid.start_approval", invoice=rejected)
    bare.act("avid.reject", invoice=rejected, reason="Wrong price")
    desk.sync()
    items = {row["code"]: row for row in desk.reviews()}
    assert set(items) == {"REJ-01", "SUM-02"}
    assert "Wrong price" in items["REJ-01"]["text"]
    assert bare.table("x3:GACCDUDATE").popitem()[1]["FLGPAZ"] == 2

    def resolve(code: str, how: str) -> int:
        where = str(items[code]["id"])
        return desk.run("review", "resolve", where, "--how", how, "--reason", "Seen").status

    assert resolve("SUM-02", "accept") == 2
    assert resolve("SUM-02", "exclude") == 0
    assert resolve("REJ-01", "send_again") == 0
    ran = desk.run("sync", "--json")
    assert (ran.status, ran.json["sent"], ran.json["review"]) == (0, 1, 0), ran.out
    rows = desk.invoices()
    assert (rows[rejected]["revision"], rows[excluded]["state"]) == (2, "excluded")
    ids = [row["ExternalId"]["Value"] for row in bare.table("avid:invoice").values()]
    assert ids == [f"X3|SANDBOX|US10|{rejected}|{revision}" for revision in (1, 2)]


def test_a_backup_is_put_back_and_nothing_is_sent_twice(
    bare: Served, desk: Desk, tmp_path: Path
) -> None:
    file = tmp_path / "copy.db"
    desk.sync()
    made = desk.run("backup", "--out", str(file), "--json")
    assert (made.status, sorted(made.json)) == (0, ["bytes", "file", "head"])
    number = enter(bare, post=True)
    assert desk.sync()["sent"] == 1
    done = desk.run("restore", str(file), "--json")
    assert done.status == 0, done.err
    assert Path(done.json["safety"]).exists()
    assert number not in desk.invoices()
    report = desk.sync()
    (there,) = bare.table("avid:invoice").values()
    assert (there["Reference"], report["sent"]) == (number, 1), report
    codes = {row["code"] for row in desk.reviews()}
    assert codes <= {"ENV-01"}, codes
    assert desk.run("audit", "verify").status == 0
    assert desk.run("restore", str(tmp_path / "none.db")).status == 2


@pytest.fixture
def slow(bare: Served, new_desk: Callable[..., Desk]) -> Iterator[Desk]:
    """A desk whose run takes its time, because AvidXchange does."""
    desk = new_desk(bare, read="100")
    enter(bare)
    bare.faults(("avid", "submit_invoice", "delay", {"args": {"seconds": 100}}))
    yield desk
    bare.calm()


def test_while_a_run_holds_the_workspace_others_are_told_who_does(
    bare: Served, slow: Desk, tmp_path: Path
) -> None:
    process = slow.start("sync", "--json")
    try:
        deadline = time.monotonic() + 30
        while bare.writes() == 0 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert process.poll() is None
        for order in (
            ("sync", "--json"),
            ("restore", str(tmp_path / "x.db")),
            ("review", "resolve", "1", "--how", "done", "--reason", "x"),
        ):
            ran = slow.run(*order)
            assert (ran.status, ran.out) == (2, ""), (order, ran)
            assert str(process.pid) in ran.err, ran.err
        for allowed in (
            ("invoices", "--json"),
            ("status", "--json"),
            ("audit", "verify"),
            ("backup", "--out", str(tmp_path / "held.db")),
        ):
            ran = slow.run(*allowed)
            assert ran.status == 0, (allowed, ran)
        slow.set_secrets({"avidxchange.user_token": "unused"})
        gl = bare.mapping()["gl"]
        slow.import_mapping({"vendors": [], "gl": gl, "dimensions": []})
        assert process.poll() is None, "the run ended too early for this test"
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def test_an_answer_that_never_came_is_looked_up_and_not_sent_again(
    bare: Served, desk: Desk
) -> None:
    enter(bare)
    bare.faults(("avid", "submit_invoice", "reset_after", {"times": 1}))
    ran = desk.run("sync", "--json", "--wait", "20")
    assert (ran.status, ran.json["sent"], ran.json["in_doubt"]) == (0, 1, 0), (ran.out, ran.err)
    assert bare.counters()["avid.requests.submit_invoice"] == 1
    assert len(bare.table("avid:invoice")) == 1


def test_the_wait_ends_a_run_while_something_is_in_doubt(
    tmp_path: Path, prepared: Path, new_desk: Callable[..., Desk]
) -> None:
    with serving(tmp_path / "site2", invoices=0, seed=1) as served:
        desk = new_desk(served)
        profile = desk.directory / "connect-quick.toml"
        text = profile.read_text(encoding="utf-8")
        text = text.replace("in_doubt_lookups = [0.2, 0.4, 0.8]", "in_doubt_lookups = [9]")
        profile.write_text(text, encoding="utf-8")
        enter(served)
        served.faults(("avid", "submit_invoice", "reset_before", {"times": 1}))
        ran = desk.run("sync", "--json", "--wait", "0")
        assert (ran.status, ran.json["in_doubt"]) == (3, 1), (ran.out, ran.err)
        assert desk.run("status", "--json").json["in_doubt"] == 1
        assert {row["state"] for row in desk.invoices().values()} == {"in_doubt"}
        ran = desk.run("sync", "--json", "--wait", "30")
        assert (ran.status, ran.json["sent"], ran.json["in_doubt"]) == (0, 1, 0), ran.out
        assert served.counters()["avid.requests.submit_invoice"] == 2
        assert len(served.table("avid:invoice")) == 1
