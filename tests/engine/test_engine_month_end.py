"""The snapshot of a month's turn, and what both sides come to in a month end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from core.domain.ap_documents import ApPayment, Remittance
from core.domain.documents import ErpPayment, OpenItem
from core.domain.policy import Policy
from core.domain.reconcile import Statement, state_of
from core.domain.reconcile_books import Period, of_json
from core.engine import month_end
from core.store import payments, plans, records, snapshots, tables
from core.store.sqlite import Store
from tests.campaigns.planted_books import NOW, Books, Made
from tests.campaigns.reconciling import POLICY, opened
from tests.engine.site import Site

OCTOBER = Period(2026, 10)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = opened(tmp_path / "books")
    yield made
    made.close_thread()


def put(store: Store, *made: Made, more: Callable[[Books], None] | None = None) -> Books:
    books = Books()
    for one in made:
        books.keep(one)
    if more:
        more(books)
    books.store(store)
    return books


def sample(number: str = "N1", amount: int = 10_000, **members: object) -> Made:
    made = Made(number, "US10", "USD", amount, sent=amount, there=amount)
    for name, value in members.items():
        setattr(made, name, value)
    return made


def statement(store: Store, policy: Policy = POLICY, period: Period = OCTOBER) -> Statement:
    books = month_end.books_of(store, policy, period)
    return state_of(books, period, is_as_of_today=True)


def lines(found: Statement) -> list[tuple[str, int, tuple[str, ...]]]:
    return [(line.cause, line.amount, line.documents) for line in found.differences]


def test_the_first_complete_run_after_a_months_end_keeps_both_sides(site: Site) -> None:
    site.sync(only="invoices")
    store, period = site.store, Period.before(datetime.now(UTC).astimezone().date())
    assert snapshots.turn(store, str(period)) is None  # it did not read everything
    site.sync()
    kept = snapshots.turn(store, str(period))
    assert kept is not None
    assert kept.run == 2
    books = of_json(snapshots.unpacked(snapshots.body_of(store, kept.id)))
    assert books.read_x3
    assert books.read_avidxchange
    site.sync()
    rows = store.rows(tables.Snapshot.select(tables.Snapshot.id))
    assert [row["id"] for row in rows] == [kept.id]  # the second one is not the first


def test_a_later_month_counts_on_neither_side(store: Store) -> None:
    later = sample("N2")

    def more(books: Books) -> None:
        books.invoices[-1] = replace(books.invoices[-1], accounting_date=date(2026, 11, 2))
        first = books.there[-1]
        books.there[-1] = replace(first, posting_date=None, invoice_date=date(2026, 10, 2))
        both = [_remittance("N1", 4_000), _remittance("N2", 6_000)]
        books.payments.append(_payment("P1", "issued", both))

    put(store, sample(), later, more=more)
    assert [cause for cause, _, _ in lines(statement(store))] == [
        "paid_not_posted",
        "issued_not_cleared",
    ]
    assert statement(store).balances[0].payments == 10_000
    november = statement(store, period=Period(2026, 11))
    assert november.balances[0].x3 == 20_000
    assert november.unexplained == ()


def _remittance(number: str, minor: int) -> Remittance:
    net = Decimal(minor).scaleb(-2)
    return Remittance(f"A{number}", f"X3|PROD|US10|{number}|1", "", net, Decimal(0), net)


def _payment(identity: str, state: str, remittances: list[Remittance]) -> ApPayment:
    return ApPayment(
        identity, amount=sum((r.net for r in remittances), Decimal(0)), currency="USD",
        state=state, payment_date=date(2026, 10, 28), remittances=tuple(remittances),
    )  # fmt: skip


def test_items_are_linked_by_the_posting_number_where_the_profile_says_so(store: Store) -> None:
    def more(books: Books) -> None:
        books.invoices[-1] = replace(books.invoices[-1], posting_number=77)
        books.items[-1] = replace(books.items[-1], number="GJ-9", posting_number=77)

    put(store, sample(), more=more)
    assert lines(statement(store, replace(POLICY, open_item_link="accnum"))) == []
    assert lines(statement(store)) == [
        ("not_ours", 10_000, ("PIH~GJ-9~1~1",)),
        ("unexplained", -10_000, ("N1",)),
    ]


def test_an_item_of_another_type_is_not_the_invoices(store: Store) -> None:
    def more(books: Books) -> None:
        other = replace(books.items[-1], type="OD", due_line=2, amount=Decimal(5))
        books.items.append(other)

    put(store, sample(), more=more)
    assert lines(statement(store)) == [("not_ours", 500, ("OD~N1~1~2",))]


def test_an_invoice_that_no_list_shows_yet_stands_as_it_was_answered(store: Store) -> None:
    put(store, sample(there=None))
    assert lines(statement(store)) == [("unexplained", 10_000, ("N1",))]
    with store.write():
        store.change(tables.Outbox.update(result='{"state":"received"}'))
    assert lines(statement(store)) == [("in_approval", 10_000, ("N1",))]


def test_a_posting_reversed_in_x3_is_not_posted(store: Store) -> None:
    made = sample()

    def more(books: Books) -> None:
        books.pay(made, 10_000, "cleared", is_posted=True)

    put(store, made, more=more)
    # X3 shows less paid than was posted: nobody can tell why before a sign of the reversal is read.
    assert lines(statement(store)) == [("unexplained", 10_000, ("N1",))]
    with store.write():
        reversed_one = _x3_payment("AVD7000001")
        records.store_documents(store, "payment", [reversed_one], 1)
    assert lines(statement(store)) == [("paid_not_posted", 10_000, ("N1",))]


def _x3_payment(reference: str) -> ErpPayment:
    return ErpPayment(number="PAY1", reference=reference, status=11)


def test_a_site_that_posts_on_clearing_waits_for_the_bank(store: Store) -> None:
    made = sample()
    put(store, made, more=lambda books: _pay(books, made))
    waits = statement(store, replace(POLICY, post_when="cleared"))
    assert [(line.step, line.cause, line.amount) for line in waits.differences] == [
        ("x3-avidxchange", "issued_not_cleared", 10_000),
        ("avidxchange-payments", "issued_not_cleared", -10_000),
    ]
    posts = statement(store)
    assert [line.cause for line in posts.differences] == ["paid_not_posted", "issued_not_cleared"]


def _pay(books: Books, made: Made) -> None:
    books.pay(made, made.gross, "issued", is_posted=False)


def test_an_invoice_gone_from_x3_but_not_from_avidxchange(store: Store) -> None:
    put(store, sample())
    with store.write():
        store.change(tables.Invoice.update(gone=1))
        store.change(tables.Document.update(gone=1).where(tables.Document.entity == "open_item"))
    assert lines(statement(store)) == [("changed_after_sending", -10_000, ("N1",))]


def test_how_far_both_sides_were_read_comes_from_the_runs(store: Store) -> None:
    put(store, sample())
    with store.write():
        run = plans.begin_run(store, by="anna", mode="live")
        told = {"complete_to": {"x3": "2026-11-01T05:00:00.000000Z", "avidxchange": None}}
        plans.end_run(store, run, told)
    found = statement(store)
    assert (found.read_x3, found.read_avidxchange) == ("2026-11-01T05:00:00.000000Z", "")
    assert found.at[:19] == NOW.isoformat()[:19]


def test_a_payment_read_before_its_invoice_is_still_attributed(store: Store) -> None:
    with store.write():
        alone = _payment("P9", "issued", [_remittance("N1", 10_000)])
        payments.store_payments(store, [alone], 1, endpoint="PROD")
    assert [line.cause for line in statement(store).differences] == ["unexplained"]
    put(store, sample())
    assert statement(store).unexplained == ()


def test_open_items_are_signed_as_x3_signs_them(store: Store) -> None:
    def item(number: str, sign: int) -> OpenItem:
        return OpenItem(
            type="OD", number=number, line=1, due_line=1, company="US10", currency="USD",
            amount=Decimal(3), sign=sign, closed=1, due_date=date(2026, 10, 1) + timedelta(1),
        )  # fmt: skip

    put(store, more=lambda books: books.items.extend((item("K1", -1), item("K2", 1))))
    assert [(p.document, p.amount) for p in statement(store).differences[0].parts] == [
        ("OD~K1~1~1", 300),
        ("OD~K2~1~1", -300),
    ]
