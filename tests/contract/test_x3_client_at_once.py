"""How many invoices are read with their lines in one call, and what one unreadable record does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from core.errors import Unreadable, UnreadableRecord
from tests.contract.x3_site import Said, Site, desk_at, page, running_site, shipped, with_entity

INVOICE = {
    "NUM": "B1", "INVTYP": 1, "GTE": "SPINV", "CPY": "US10", "FCY": "US011", "BPR": "0113",
    "BPRVCR": "INV-1", "BPRDAT": "2026-02-27", "ACCDAT": "2026-03-01", "CUR": "USD",
    "AMTNOT": "1140.00", "AMTATI": "1224.00", "STA": 3, "PAZ": 1, "ACCNUM": 88213,
    "UPDDATTIM": "2026-03-02T15:04:11Z",
}  # fmt: skip


@pytest.fixture
def site() -> Iterator[Site]:
    with running_site() as running:
        yield running


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 1),
        ({"lines": "bulk"}, 1),  # rates and taxes stand in the details alone
        ({"lines": "bulk", "details": "never"}, 7),
        ({"lines": "none", "details": "never"}, 7),
    ],
)
@pytest.mark.parametrize("way", ["api1", "graphql"])
def test_without_details_as_many_invoices_as_a_list_takes(
    site: Site, way: str, changes: dict[str, Any], expected: int
) -> None:
    profile = with_entity(shipped(limits={"keys_per_request": 7}), "invoice", **changes)
    asks = desk_at(site.base_url, profile=profile, read=way).client.reader
    assert asks.invoices_at_once == (7 if way == "graphql" else expected)  # its lines have a node


@pytest.mark.parametrize("name", ["invoice", "invoice_headers", "invoices"])
def test_a_record_that_is_unreadable_is_told_from_an_answer_that_is(site: Site, name: str) -> None:
    asks = desk_at(site.base_url, profile=shipped()).client.reader
    call, argument = getattr(asks, name), "B1" if name == "invoice" else ["B1"]
    broken = {**INVOICE, "BPRDAT": "no date"}
    site.respond = lambda heard: Said(broken if "$details" in heard.target else page(broken))
    with pytest.raises(UnreadableRecord, match="BPRDAT"):
        call(argument)
    site.respond = lambda _: Said(b"<html></html>", kind="text/html")
    with pytest.raises(Unreadable) as caught:
        call(argument)
    assert not isinstance(caught.value, UnreadableRecord)
