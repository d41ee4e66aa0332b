"""A small sample of the payload campaign, and that it would see a difference."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from tests.campaigns.payloads import Figures, campaign, compare


@pytest.mark.timeout(240)  # seconds on a desk that does nothing else
def test_stored_payloads_are_what_was_received() -> None:
    figures = campaign(4, 1, lambda _text: None)
    assert figures.problems == []
    assert figures.invoices == 4
    assert figures.requests >= figures.identical > 0
    assert figures.found > 0


def history(request: str, status: int | None = 200) -> dict[str, Any]:
    sent = {
        "purpose": "send", "kind": "invoice", "object": "X3|A|B|N1|1", "request": request,
        "sha256": hashlib.sha256(request.encode()).hexdigest(), "status": status, "intent": 7,
    }  # fmt: skip
    return {"exchanges": [sent], "x3": {"is_proven": True}}


def received(request: str) -> dict[str, Any]:
    digest = hashlib.sha256(request.encode()).hexdigest()
    return {
        "method": "POST", "operation": "submit_invoice", "reference": "X3|A|B|N1|1",
        "sha256": digest,
    }  # fmt: skip


def test_one_changed_byte_is_seen_from_both_sides() -> None:
    figures = Figures()
    compare(history("{1}"), [received("{2}")], "N1", figures, was_restored=False)
    assert figures.problems == [
        "N1: the invoice that was answered did not arrive",
        "N1: a received submit_invoice is not stored",
    ]
    lost = Figures()
    compare(history("{1}", None), [], "N1", lost, was_restored=False)
    assert (lost.never_arrived, lost.problems) == (1, [])
