"""A small sample of the tampering campaign; the whole one is a command of its own."""

from __future__ import annotations

from pathlib import Path

from tests.campaigns.tampering import KINDS, campaign


def test_every_kind_of_tampering_is_found(tmp_path: Path) -> None:
    figures = campaign(300, 3000, tmp_path, seed=7)
    assert figures.problems == []
    assert {kind for kind in KINDS if figures.named[kind] < 25} == set()
    assert figures.found == figures.tampered
    assert sum(figures.tampered.values()) == 300
