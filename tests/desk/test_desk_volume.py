"""The volume of X3 on the card of its side, and in the door's own method."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from core import desk_health
from core.desk_views import SideView, VolumeView

if TYPE_CHECKING:
    from core.desk import Desk


def test_a_run_is_on_the_card_of_x3_and_by_purpose_in_the_method(worked: Desk) -> None:
    moved = worked.volume()
    assert moved.day == datetime.now(UTC).date().isoformat()
    assert moved.used == sum(sent + received for _, _, sent, received in moved.flows) > 0
    assert {"invoice", "supplier", "open_item"} <= {flow for flow, *_ in moved.flows}
    bytes_of = [sent + received for _, _, sent, received in moved.flows]
    assert bytes_of == sorted(bytes_of, reverse=True)
    assert (moved.budget, moved.warning) == (0, "")
    health = worked.health()
    assert health.side("x3").volume == moved.text
    assert moved.text.startswith("X3 today ")
    assert (health.side("x3").code, health.side("avidxchange").volume) == ("", "")


OK = SideView("x3", "Sage X3", "ok")
NEARLY = VolumeView("2026-11-25", 170, 200, (), "X3 today 170 MB of 200", "full reads wait.")


@pytest.mark.parametrize(
    ("side", "moved", "code", "volume"),
    [
        (OK, NEARLY, "QTA-01", NEARLY.text),
        (OK, replace(NEARLY, warning=""), "", NEARLY.text),
        (replace(OK, code="NET-01", text="gone"), NEARLY, "NET-01", NEARLY.text),
        (replace(OK, system="avidxchange"), NEARLY, "", ""),
        (OK, replace(NEARLY, used=0, budget=0, warning=""), "", ""),
    ],
)
def test_a_short_volume_warns_where_nothing_worse_is_said(
    side: SideView, moved: VolumeView, code: str, volume: str
) -> None:
    shown = desk_health.with_volume(side, moved)
    assert (shown.code, shown.volume) == (code, volume)
    if code == "QTA-01":
        assert shown.text == "X3 today 170 MB of 200: full reads wait."
        assert shown.fix
        assert shown.state == "ok"
