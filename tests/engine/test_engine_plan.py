"""Preview, and applying exactly what was previewed, less what drifted (house.md 6)."""

from __future__ import annotations

from tests.engine.site import Site


def test_preview_writes_nothing_and_its_plan_is_applied_as_it_stands(site: Site) -> None:
    numbers = [site.invoice(f"{amount}.00") for amount in (10, 20)]
    preview = site.sync(preview=True)
    assert (site.writes(), preview.report["sent"], preview.report["planned"]) == (0, 0, 2)
    assert preview.report["mode"] == "preview"
    late = site.invoice("30.00")
    result = site.sync(plan=preview.report["plan_hash"])
    assert result.report["plan_hash"] == preview.report["plan_hash"]
    assert (result.report["sent"], result.report["drifted"]) == (2, 0)
    assert site.there(late) == []
    assert all(len(site.there(number)) == 1 for number in numbers)
    site.sync()
    assert len(site.there(late)) == 1


def test_bytes_sent_are_the_bytes_previewed(site: Site) -> None:
    from core.store import plans

    number = site.invoice("10.00", "0.05")
    plan = site.sync(preview=True).report["plan_hash"]
    (action,) = plans.action_rows(site.store, plan=plan)
    site.sync(plan=plan)
    (row,) = site.outbox("invoice")
    assert (row.body, row.fingerprint) == (action.body, action.fingerprint)
    assert site.there(number)


def test_invoice_changed_since_the_preview_has_drifted(site: Site) -> None:
    kept, changed = site.invoice("10.00"), site.invoice("20.00")
    plan = site.sync(preview=True).report["plan_hash"]
    site.act("x3.change_invoice", changed, {"BPRVCR": "OTHER-1"})
    result = site.sync(plan=plan)
    assert (result.report["sent"], result.report["drifted"]) == (1, 1)
    assert (len(site.there(kept)), site.there(changed)) == (1, [])
    site.sync()
    assert site.there(changed)[0]["InvoiceNumber"] == "OTHER-1"


def test_mapping_changed_since_the_preview_has_drifted(site: Site) -> None:
    number = site.invoice("10.00")
    plan = site.sync(preview=True).report["plan_hash"]
    site.map("gl", ("USA", "61100", "61110"))
    result = site.sync(plan=plan)
    assert (result.report["sent"], result.report["drifted"]) == (0, 1)
    assert site.there(number) == []
    site.sync()
    (line,) = site.there(number)[0]["Lines"]
    assert "61110" in [code["CodeValue"] for code in line["Codes"]]


def test_code_retired_since_the_preview_has_drifted(site: Site) -> None:
    number = site.invoice("10.00")
    plan = site.sync(preview=True).report["plan_hash"]
    site.act("avid.code", "Accounting Codes", "61100", active=False)
    site.sync(only="reference")
    result = site.sync(plan=plan)
    assert (result.report["sent"], result.report["drifted"]) == (0, 1)
    assert site.row(number).state == "needs_mapping"
    assert site.codes() == ["MAP-05"]


def test_unknown_plan_is_an_error_and_writes_nothing(site: Site) -> None:
    site.invoice("10.00")
    result = site.sync(plan="0" * 64)
    assert site.writes() == 0
    assert [entry["code"] for entry in result.report["errors"]] == ["CFG-01"]


def test_plan_applied_twice_sends_nothing_twice(site: Site) -> None:
    site.invoice("10.00")
    plan = site.sync(preview=True).report["plan_hash"]
    site.sync(plan=plan)
    result = site.sync(plan=plan)
    assert (site.count("submit_invoice"), result.report["sent"]) == (1, 0)


def test_preview_is_the_same_plan_when_nothing_changed(site: Site) -> None:
    site.invoice("10.00")
    first = site.sync(preview=True).report["plan_hash"]
    assert site.sync(preview=True).report["plan_hash"] == first


def test_level_and_payment_are_previewed_and_applied(site: Site) -> None:
    number = site.sent("10.00", post=True)
    site.act("avid.approve", number)
    payment = site.act("avid.pay", [number], status="Cleared")
    preview = site.sync(preview=True)
    assert (preview.report["planned"], site.count("run", "save")) == (2, 0)
    result = site.sync(plan=preview.report["plan_hash"])
    assert result.report["approvals_written"] == 1
    assert (len(site.postings(payment)), result.report["drifted"]) == (1, 0)


def test_payment_whose_balance_moved_since_the_preview_has_drifted(site: Site) -> None:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    payment = site.act("avid.pay", [number], amounts=["60.00"], status="Cleared")
    plan = site.sync(preview=True).report["plan_hash"]
    site.act("x3.pay_by_hand", number, "10.00")
    result = site.sync(plan=plan)
    assert (site.postings(payment), result.report["drifted"] >= 1) == ([], True)
    site.sync()
    assert len(site.postings(payment)) == 1


# Vendors


def test_vendor_is_created_only_after_a_preview_showed_it(site: Site) -> None:
    site.supplier("S9", vendor="")
    site.map("vendors", ("S9", "V-NEW"))
    number = site.invoice("10.00", BPR="S9")
    site.sync()
    assert site.count("upsert_vendors") == 0
    assert (site.row(number).state, site.codes()) == ("needs_mapping", ["MAP-05"])
    preview = site.sync(preview=True)
    assert (preview.report["planned"], site.count("upsert_vendors")) == (2, 0)
    result = site.sync()
    assert (result.report["vendors"], result.report["sent"]) == (1, 1)
    vendors = [row["ExternalVendorCode"] for row in site.rows("avid:vendor")]
    assert vendors.count("V-NEW") == 1
    assert site.codes() == []


def test_vendor_change_in_x3_is_carried_over_once(site: Site) -> None:
    site.sync()
    site.act("x3.supplier", {"BPSNUM": "S1", "CRN": "12-3456789"})
    result = site.sync()
    assert result.report["vendors"] == 1
    assert site.count("upsert_vendors") == 1
    site.sync()
    assert site.count("upsert_vendors") == 1


def test_vendor_whose_answer_was_lost_is_sent_again(site: Site) -> None:
    site.supplier("S9", vendor="")
    site.map("vendors", ("S9", "V-NEW"))
    number = site.invoice("10.00", BPR="S9")
    site.sync(preview=True)
    site.fault("avid", "upsert_vendors", "reset_after")
    site.sync()
    assert site.state.counters["avid.vendors_created"] >= 1
    assert len([v for v in site.rows("avid:vendor") if v["ExternalVendorCode"] == "V-NEW"]) == 1
    assert site.row(number).state == "sent"


def test_refused_vendor_holds_its_invoices(site: Site) -> None:
    site.supplier("S9", vendor="")
    site.map("vendors", ("S9", "V-NEW"))
    number = site.invoice("10.00", BPR="S9")
    site.sync(preview=True)
    body = '{"Results":[{"Successful":false,"Item":{"ExternalVendorCode":"V-NEW"},'
    body += '"Errors":[{"Message":"Name is required"}]}]}'
    site.fault("avid", "upsert_vendors", "status", args={"status": 200, "body": body}, times=None)
    result = site.sync()
    assert site.there(number) == []
    assert (result.exit_status, site.row(number).state != "sent") == (3, True)
    site.sandbox.faults.clear()


def test_changed_remit_to_address_holds_invoices_until_released(site: Site) -> None:
    site.sent("10.00")
    row = next(r for r in site.rows("x3:BPADDRESS") if r["BPANUM"] == "S1")
    row = {name: value for name, value in row.items() if name != "UPDDATTIM"}
    site.act("x3.row", "BPADDRESS", row | {"CTY": "Elsewhere"})
    number = site.invoice("20.00")
    result = site.sync()
    assert (result.exit_status, site.row(number).state) == (3, "held")
    assert "BNK-01" in site.codes()
    assert site.count("upsert_vendors") == 0
    site.resolve("BNK-01", "accept")
    site.sync()
    assert (site.row(number).state, site.codes()) == ("sent", [])
