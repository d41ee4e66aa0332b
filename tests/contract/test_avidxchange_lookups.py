"""Look-ups by id and single documents (avidxchange.md 2.2, 2.9, 2.10; section 3, rows 2 and 6)."""

from __future__ import annotations

from typing import Any

import pytest

from core.domain.ap_documents import ApInvoice
from core.errors import RemoteRefused, Unreadable
from tests.contract.avidxchange_server import (
    Answer,
    fault,
    invoice_json,
    listing,
    payment_json,
    site,
)

IDS = ["X3|PROD|US01|PIH26060012|1", "X3|PROD|US01|PIH26060019|1"]


def test_look_ups_encode_the_whole_value_and_filter_what_was_not_asked_for() -> None:
    with site() as found:
        other = invoice_json(2, ExternalId={"Value": "X3|PROD|US01|PIH26060012|11"})
        found.server.script = [Answer(listing(invoice_json(1), other, invoice_json(3)))]
        rows = found.client.find_invoices(IDS)
        (seen,) = found.server.seen
    assert [row.invoice_id for row in rows] == ["1", "3"]
    assert "externalIds=X3%7CPROD%7CUS01%7CPIH26060012%7C1%2CX3%7CPROD" in seen.target
    assert seen.query["externalIds"] == ",".join(IDS)
    assert "lastModifiedFrom" not in seen.query


def test_look_ups_are_split_by_count_and_by_length() -> None:
    with site() as found:
        found.server.script = [Answer(listing())]
        found.client.find_payments([str(number) for number in range(120)])
        sizes = [len(seen.query["paymentIds"].split(",")) for seen in found.server.seen]
        assert sizes == [50, 50, 20]
        found.server.seen.clear()
        long = [f"X3|PROD|US01|{'P' * 80}{number:03}|1" for number in range(50)]
        assert found.client.find_invoices(long) == ()
        assert len(found.server.seen) > 1
        assert max(len(seen.target) for seen in found.server.seen) <= 4000
        asked = [one for seen in found.server.seen for one in seen.query["externalIds"].split(",")]
        assert asked == long
        with pytest.raises(ValueError, match="cannot be looked up"):
            found.client.find_vendors(["V,1"])


def test_a_look_up_reads_all_pages_and_again_when_it_changed() -> None:
    first = Answer(listing(payment_json(1), PageCount=2, TotalItems=2))
    second = Answer(listing(payment_json(2), PageNumber=2, PageCount=2, TotalItems=2))
    doubled = Answer(listing(payment_json(1), PageNumber=2, PageCount=2, TotalItems=2))
    with site() as found:
        found.server.script = [first, doubled, first, second, Answer(status=500)]
        rows = found.client.find_payments(["1", "2"])
        assert [row.payment_id for row in rows] == ["1", "2"]
        assert len(found.server.seen) == 4
    with site() as found:  # a total that is always wrong ends after three reads
        found.server.script = [Answer(listing(payment_json(1), TotalItems=2))]
        assert len(found.client.find_payments(["1"])) == 1
        assert len(found.server.seen) == 3


def test_an_invoice_that_exists_is_never_absent_from_a_look_up() -> None:
    unreadable = invoice_json(5, Amount="1,250.00")
    with site() as found:
        found.server.script = [Answer(listing(unreadable))]
        (invoice,) = found.client.find_invoices(IDS)
        assert invoice == ApInvoice(
            invoice_id="5", external_id=IDS[0], state="approved", status_text="Approved"
        )
        found.server.script = [Answer(listing({"ExternalId": {"Value": IDS[0]}}))]
        with pytest.raises(Unreadable, match="found by external id cannot be read"):
            found.client.find_invoices(IDS)


def test_vendors_by_code() -> None:
    vendors = [{"VendorId": 1, "ExternalVendorCode": " v1"}, {"ExternalVendorCode": "V2"}]
    with site() as found:
        found.server.script = [Answer(listing(*vendors))]
        (vendor,) = found.client.find_vendors(["V1"])
        assert (vendor.vendor_id, vendor.active) == ("1", True)
        assert found.server.seen[0].query["externalVendorCodes"] == "V1"


@pytest.mark.parametrize(
    "body",
    [invoice_json(5), {"Items": [invoice_json(5)]}, {"Items": invoice_json(5)}, [invoice_json(5)]],
)
def test_one_invoice_in_every_shape(body: Any) -> None:
    with site() as found:
        found.server.script = [Answer(body)]
        invoice = found.client.invoice("5")
        assert found.server.seen[0].target == "/v1/invoices/5"
    assert invoice is not None
    assert (invoice.invoice_id, invoice.external_id) == ("5", IDS[0])


@pytest.mark.parametrize(
    "body",
    [
        {"Items": [invoice_json(5), invoice_json(6)]},
        {"Items": []},
        [],
        invoice_json(6),
        {"Id": 5},
        {"Items": ["x"]},
    ],
)
def test_more_than_one_or_another_invoice_is_an_error(body: Any) -> None:
    with site() as found:
        found.server.script = [Answer(body)]
        with pytest.raises(Unreadable):
            found.client.invoice("5")


def test_only_a_404_about_the_document_means_that_there_is_none() -> None:
    with site() as found:
        found.server.script = [Answer(fault("NotFound", "Payment 5 was not found"), status=404)]
        assert found.client.payment("5") is None
        assert found.client.invoice("a/b?") is None
        assert found.server.seen[1].target == "/v1/invoices/a%2Fb%3F"
        for answer in (
            Answer(fault("NotFound", "No such resource"), status=404),
            Answer(b"<html>Not found</html>", status=404),
        ):
            found.server.script = [answer]
            with pytest.raises(RemoteRefused):
                found.client.payment("5")
