"""What AvidXchange answers is no document: nothing is posted, nothing breaks, the next run reads.

Half bodies at every byte stand in tests/contract/test_avidxchange_variations.py.
"""

from __future__ import annotations

import pytest

from tests.engine.site import Site

ODD = {"a page": "html_200", "half a body": "cut_json", "a cut connection": "truncate"}


@pytest.mark.parametrize("operation", ["list_payments", "list_invoices"])
@pytest.mark.parametrize("answer", ODD)
def test_a_list_that_is_no_document_posts_nothing(site: Site, operation: str, answer: str) -> None:
    number = _approved(site)
    level = site.level(number)
    site.fault("avid", operation, ODD[answer], times=None)
    if operation == "list_invoices":
        site.act("avid.set_invoice_status", number, "Disputed")
    else:
        payment = site.act("avid.pay", [number], status="Cleared")
    result = site.sync()
    assert result.exit_status == 4
    errors = {(entry["code"], entry["system"]) for entry in result.report["errors"]}
    assert errors == {("NET-01", "avidxchange")}
    assert (site.postings(), site.level(number)) == ([], level)
    site.sandbox.faults.clear()
    assert site.sync().exit_status == 0
    if operation == "list_invoices":
        assert site.level(number) == {2}
    else:
        assert len(site.postings(payment)) == 1


@pytest.mark.parametrize("answer", ODD)
def test_a_payment_that_is_no_document_waits_for_a_person_or_the_next_answer(
    site: Site, answer: str
) -> None:
    number = _approved(site)
    site.fault("avid", "list_payments", "no_remittances_in_lists", times=None)
    site.fault("avid", "get_payment", ODD[answer], times=None)
    payment = site.act("avid.pay", [number], status="Cleared")
    assert site.sync().exit_status == 3
    assert (site.postings(), site.codes()) == ([], ["PAY-01"])
    site.sandbox.faults.clear()
    assert site.sync().exit_status == 0
    assert (len(site.postings(payment)), site.codes()) == (1, [])


def _approved(site: Site) -> str:
    number = site.sent("100.00", post=True)
    site.act("avid.approve", number)
    site.sync()
    return number
