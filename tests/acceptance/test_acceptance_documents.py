"""Documents that must wait: the code and its fix, nothing sent or posted, and then the way on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.acceptance.accept_site import SUPPLIER, Desk, Served, enter

TODAY = datetime.now(UTC).date().isoformat()


def test_what_blocks_an_invoice_is_named_and_once_cured_it_goes(bare: Served, desk: Desk) -> None:
    unknown = {"COA": "USA", "ACC": "61987", "DES": "New account", "ENAFLG": 2}
    bare.act("x3.row", name="GACCOUNT", row=unknown)
    bare.act("x3.hold_supplier", code="0105")
    bare.act("x3.close_period", company="US10", day=TODAY)
    unmapped = enter(bare, "10.00", post=True, line_ACC="61987")
    held = enter(bare, "20.00", post=True, BPR="0105")
    closed = enter(bare, "30.00", post=False)
    ran = desk.run("sync", "--json")
    assert ran.status == 3, (ran.out, ran.err)
    assert (ran.json["planned"], ran.json["sent"], bare.writes()) == (0, 0, 0)
    found = {row["number"]: (row["state"], row["codes"]) for row in desk.invoices().values()}
    assert found == {
        unmapped: ("needs_mapping", ["MAP-03"]),
        held: ("held", ["SUP-01"]),
        closed: ("held", ["PER-01"]),
    }
    items = {row["document"]: row for row in desk.reviews()}
    assert {(n, row["code"]) for n, row in items.items()} == {
        (unmapped, "MAP-03"), (held, "SUP-01"), (closed, "PER-01"),
    }  # fmt: skip
    assert "61987" in items[unmapped]["text"]
    assert all(row["fix"] and row["how"] == ["exclude"] for row in items.values()), items

    accounts = bare.mapping()
    code = {"chart": "USA", "x3_account": "61987", "avid_code": "61100"}
    desk.import_mapping(accounts | {"gl": [*accounts["gl"], code]})
    bare.act("x3.hold_supplier", code="0105", held=False)
    bare.act("x3.close_period", company="US10", day=TODAY, status=2)
    ran = desk.run("sync", "--json")
    assert (ran.status, ran.json["sent"], ran.json["review"]) == (0, 3, 0), (ran.out, ran.err)
    assert {row["state"] for row in desk.invoices().values()} == {"sent"}


def test_held_and_closed_alone_need_no_person(bare: Served, desk: Desk) -> None:
    bare.act("x3.hold_supplier", code=SUPPLIER)
    enter(bare)
    assert desk.run("sync", "--json").status == 0


def paid(bare: Served, desk: Desk, number: str, status: str = "Issued to Supplier") -> str:
    bare.act("avid.approve", invoice=number)
    return str(bare.act("avid.pay", invoices=[number], status=status))


def test_a_payment_into_a_closed_period_waits_and_is_posted_when_it_opens(
    bare: Served, desk: Desk
) -> None:
    earlier = (datetime.now(UTC).date().replace(day=1) - timedelta(days=3)).isoformat()
    bare.act("x3.close_period", company="US10", day=earlier, status=2)
    number = enter(bare, "75.00", post=True, ACCDAT=earlier)
    bare.act("x3.close_period", company="US10", day=TODAY)
    assert desk.sync()["sent"] == 1
    payment = paid(bare, desk, number)
    ran = desk.run("sync", "--json")
    assert (ran.status, ran.json["payments_posted"]) == (3, 0), (ran.out, ran.err)
    (item,) = desk.reviews()
    assert (item["code"], item["document"], item["how"]) == ("PER-01", payment, ["accept"])
    assert bare.counters().get("x3.requests.save", 0) == 0
    bare.act("x3.close_period", company="US10", day=TODAY, status=2)
    ran = desk.run("sync", "--json")
    assert (ran.status, ran.json["payments_posted"], ran.json["review"]) == (0, 1, 0), ran.out
    (row,) = desk.run("payments", "--json").lines
    assert (row["posted"], row["reference"]) == (True, f"AVD{payment}"), row


def test_a_period_closed_since_the_last_read_is_settled_in_the_same_way(
    bare: Served, desk: Desk
) -> None:
    number = enter(bare, "75.00", post=True)
    desk.sync()
    paid(bare, desk, number)
    bare.act("x3.close_period", company="US10", day=TODAY)
    desk.sync(status=[3])
    (item,) = desk.reviews()
    assert (item["code"], item["how"]) == ("PER-01", ["accept"]), item


def test_a_payment_of_an_invoice_not_posted_yet_waits_and_is_posted_after_it(
    bare: Served, desk: Desk
) -> None:
    number = enter(bare, "75.00", post=False)
    desk.sync()
    payment = paid(bare, desk, number)
    report = desk.sync()
    assert report["payments_posted"] == 0
    (row,) = desk.run("payments", "--json").lines
    assert "PER-02" in row["codes"]
    assert not row["posted"]
    bare.act("x3.post", number=number)
    assert desk.sync()["payments_posted"] == 1
    assert [r["REF"] for r in bare.table("x3:PAYMENTH").values()] == [f"AVD{payment}"]
    desk.sync()
    (row,) = desk.run("payments", "--json").lines
    assert (row["posted"], row["codes"]) == (True, []), row


def test_a_void_after_posting_is_one_item_and_the_invoice_is_not_called_reversed(
    bare: Served, desk: Desk
) -> None:
    """Our own posting closed the items, so X3 has not settled the invoice without us."""
    number = enter(bare, "75.00", post=True)
    desk.sync()
    payment = paid(bare, desk, number)
    assert desk.sync()["payments_posted"] == 1
    bare.act("avid.void", payment=payment)
    ran = desk.run("sync", "--json")
    assert ran.status == 3
    (item,) = desk.reviews()
    assert (item["code"], item["document"]) == ("VOI-01", payment), item
    row = desk.invoices()[number]
    assert (row["state"], row["payment"], row["codes"]) == ("payment_voided", "voided", []), row
    assert len(bare.table("x3:PAYMENTH")) == 1
