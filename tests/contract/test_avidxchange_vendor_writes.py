"""Writes of vendors and images, and what is kept of an answer (avidxchange.md 2.5, 2.7, 3)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from core.ports import Accepted, Doubt, Outcome, Refused
from tests.contract.avidxchange_server import Answer, Site, site


def vendor_result(code: str, **members: Any) -> dict[str, Any]:
    return {"Successful": True, "Item": {"VendorId": 70211, "ExternalVendorCode": code}, **members}


def upsert(found: Site, *results: Any) -> Outcome:
    found.server.script = [Answer({"Results": list(results)})]
    return found.client.upsert_vendor(b'{"ExternalVendorCode":"V00101"}', "V00101")


def test_a_vendor_is_sent_as_a_list_of_one_and_matched_by_code() -> None:
    with site() as found:
        outcome = upsert(found, vendor_result("V7", VendorId=1), vendor_result(" v00101"))
        assert found.server.seen[0].body == b'[{"ExternalVendorCode":"V00101"}]'
        assert isinstance(outcome, Accepted)
        assert outcome.values == {"id": "70211"}
        by_position = upsert(found, {"Successful": True, "Item": None})
        assert isinstance(by_position, Accepted)
        assert by_position.values == {"id": ""}


def test_a_vendor_can_be_refused_or_in_doubt() -> None:
    with site() as found:
        no = {
            "Successful": False,
            "Item": {"ExternalVendorCode": "V00101"},
            "Errors": [{"Message": "Name is required"}],
        }
        refusal = upsert(found, no)
        assert isinstance(refusal, Refused)
        assert refusal.messages == ("Name is required",)
        assert isinstance(upsert(found, vendor_result("V7")), Doubt)
        assert isinstance(upsert(found, vendor_result("V7"), vendor_result("V8")), Doubt)


def test_an_image_is_one_multipart_part() -> None:
    content = b"%PDF-1.7 content"
    digest = hashlib.sha256(content).hexdigest()
    name = f"PIH26060012-1-{digest[:8]}.pdf"
    with site() as found:
        result = {"Successful": True, "Item": {"Id": 5501, "FileName": name}, "Errors": []}
        found.server.script = [Answer({"Results": [result]})]
        outcome = found.client.attach_image("991823", name, "application/pdf", content)
        (seen,) = found.server.seen
        with pytest.raises(ValueError, match="not taken"):
            found.client.attach_image("991823", name, "text/plain", content)
        with pytest.raises(ValueError, match="ASCII"):
            found.client.attach_image("991823", "é.pdf", "application/pdf", content)
        with pytest.raises(ValueError, match="more than 10485760"):
            found.client.attach_image("991823", name, "image/png", bytes(10_485_761))
    assert isinstance(outcome, Accepted)
    assert outcome.values == {"id": "5501"}
    assert seen.target == "/v1/invoices/991823/images"
    kind, _, boundary = seen.headers["content-type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    assert (
        seen.body.split(f"--{boundary}".encode())[1]
        == (
            f'\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
            "Content-Type: application/pdf\r\n\r\n"
        ).encode()
        + content
        + b"\r\n"
    )


def test_the_answer_is_kept_without_secrets_and_tax_ids() -> None:
    with site() as found:
        body = {"Results": [vendor_result("V00101")], "FedTaxId": "12-3456789", "e": "token-1"}
        found.server.script = [Answer(body)]
        outcome = found.client.upsert_vendor(b"{}", "V00101")
        assert isinstance(outcome, Accepted)
        kept = outcome.exchange.answer
        assert "12-3456789" not in kept
        assert "token-1" not in kept
        assert json.loads(kept)["FedTaxId"] == "***"
        found.server.script = [Answer({"echo": "anything"}, status=503)]
        doubt = found.client.upsert_vendor(b"{}", "V00101")
        assert isinstance(doubt, Doubt)
        assert doubt.exchange.answer == ""
