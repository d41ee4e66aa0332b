"""Each finding of the demo before its first send, by each way its item offers, through the door.

Window and command line resolve through the same method, which is used here.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.desk import Desk
from core.desk_lists import Query
from core.facade import SyncOrder
from tests.desk.conftest import demo_desk

#: What the demo plants before anything is sent; each must be open at first.
PLANTED = {
    "MAP-01", "MAP-02", "MAP-03", "MAP-04", "MAP-06", "SUP-01", "PO-01", "SUM-01", "SUM-02",
    "DIM-01", "KND-01", "DUE-01", "DUP-01", "DUP-02", "STA-01",
}  # fmt: skip


def preview(desk: Desk) -> None:
    desk.sync_now(SyncOrder(preview=True)).result(timeout=120)


def items(desk: Desk) -> list[Any]:
    return list(desk.reviews())


def test_each_way_of_each_finding_settles_its_item(tmp_path: Path) -> None:
    with demo_desk(tmp_path / "demo", invoices=300) as desk:
        desk.open()
        preview(desk)
        opened = items(desk)
        assert {item["code"] for item in opened} >= PLANTED
        settled: dict[tuple[str, str], Any] = {}
        taken: set[int] = set()
        for item in sorted(opened, key=lambda row: len(row["documents"])):
            for how in item["how"]:
                if (item["code"], how) in settled or item["id"] in taken:
                    continue
                to = linked_to(desk, item) if how == "link" else ""
                if how == "link" and not to:
                    continue
                done = desk.resolve(item["id"], how, reason="looked at", to=to)
                assert (done["code"], done["how"]) == (item["code"], how)
                settled[(item["code"], how)] = item
                taken.add(item["id"])
        preview(desk)
        still = {item["id"] for item in items(desk)}
        assert not still & taken, [i for i in items(desk) if i["id"] in taken]
        states = {row["number"]: row["state"] for row in desk.source("invoices").rows(Query())}
        for (code, how), item in settled.items():
            found = {states[n] for n in item["documents"] if n in states}
            if how == "exclude":
                assert found == {"excluded"}, (code, item)
            elif how == "accept":
                assert code not in codes_of(desk, item["documents"]), (code, item)
        assert {code for code, _ in settled} >= PLANTED
        assert ("PO-01", "accept") in settled


def codes_of(desk: Desk, documents: list[str]) -> set[str]:
    """Codes of the open items that name any of these documents."""
    return {item["code"] for item in items(desk) if set(documents) & set(item["documents"])}


def linked_to(desk: Desk, item: Any) -> str:
    """A document of AvidXchange that the item names as the same bill, empty when there is none."""
    view = desk.review_item(item["id"])
    return next((candidate.target for candidate in view.candidates), "")
