"""Pages are read one ahead and kept in their order; what a run asks of Python ends with it."""

from __future__ import annotations

import gc
import sys
from datetime import date
from decimal import Decimal

import pytest

from core.domain.canonical import canonical
from core.domain.documents import Invoice, InvoiceLine
from core.domain.unsent import document_content
from core.engine import decoded, interpreter
from core.engine.decoded import Decoded
from core.engine.turns import Turns
from tests.engine.conftest import MakeSite


def test_whatever_is_ready_first_is_done_in_the_order_of_its_begin() -> None:
    turns, done = Turns(), list[str]()
    first, second, third = turns.begin(), turns.begin(), turns.begin()
    turns.ready(third, lambda: done.append("third"))
    turns.ready(second, lambda: done.append("second"))
    assert (done, len(turns)) == ([], 3)
    turns.ready(first, lambda: done.append("first"))
    assert (done, len(turns)) == (["first", "second", "third"], 0)


def test_one_that_is_done_may_begin_the_next_and_drop_all_others() -> None:
    turns, done = Turns(), list[str]()

    def begin_another() -> None:
        done.append("first")
        turns.ready(turns.begin(), lambda: done.append("last"))

    first, second, third = turns.begin(), turns.begin(), turns.begin()
    turns.ready(first, begin_another)
    assert done == ["first"]
    turns.ready(second, turns.drop)
    turns.ready(third, lambda: done.append("third"))
    assert (done, len(turns)) == (["first"], 0)


def test_the_next_page_is_asked_for_before_the_details_of_this_one_have_come(
    make_site: MakeSite,
) -> None:
    site = make_site(settings={"x3": {"page_size": 3}})
    numbers = [site.invoice(f"{100 + n}.00") for n in range(7)]
    site.fault("x3", "details", "delay", args={"seconds": 1.0}, match=f"'{numbers[0]}'")
    site.sync()
    asked = [
        (entry["operation"], entry["path"].rpartition("/")[2])
        for entry in site.state.journal_tail(5000)
        if "PINVOICE" in entry["path"] and "NUM%20in" not in entry["query"]
    ]
    pages = [at for at, (operation, _) in enumerate(asked) if operation == "query"]
    details = [at for at, (operation, _) in enumerate(asked) if operation == "details"]
    assert len(pages) == 3
    assert len([at for at in details if at < pages[1]]) <= 3
    assert len([at for at in details if at > pages[1]]) >= 4
    assert all(len(site.there(number)) == 1 for number in numbers)


def _invoice(number: str = "N1") -> Invoice:
    lines = (InvoiceLine(line=1, account="00601", net=Decimal("100.10")),)
    return Invoice(number=number, document_date=date(2026, 2, 1), gross=Decimal(100), lines=lines)


def test_an_invoice_is_made_once_from_the_same_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoded, "_MOST", 1)
    made, text = Decoded(), canonical(_invoice())
    made.prepare(Invoice, [text])
    found = made.document(Invoice, text)
    assert found == _invoice()
    assert document_content(found) == document_content(_invoice())
    assert made.document(Invoice, f"{text}") is found
    other = canonical(_invoice("N2"))
    assert made.document(Invoice, other) == _invoice("N2")
    assert made.document(Invoice, other) is not made.document(
        Invoice, other
    )  # there is no room for a second one


def test_what_was_worked_out_of_an_invoice_is_no_part_of_its_value() -> None:
    invoice = _invoice()
    before, text = hash(invoice), canonical(invoice)
    told = document_content(invoice)
    assert document_content(invoice) == told == document_content(_invoice())
    assert (hash(invoice), canonical(invoice), invoice) == (before, text, _invoice())
    assert document_content(_invoice("N2")) != told


def test_how_python_was_set_for_a_run_ends_with_it() -> None:
    before = (gc.get_threshold(), sys.getswitchinterval(), gc.get_freeze_count())
    with interpreter.set_for_a_run():
        assert gc.get_threshold()[0] > before[0][0]
        assert sys.getswitchinterval() < before[1]
        assert gc.get_freeze_count() > before[2]
    assert (gc.get_threshold(), sys.getswitchinterval(), gc.get_freeze_count()) == before
