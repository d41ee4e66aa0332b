"""Sections of the measurements are renewed in their place and leave the others alone."""

from __future__ import annotations

from pathlib import Path

from tests.campaigns import sections


def test_a_section_is_renewed_in_its_place_and_a_new_one_stands_last(tmp_path: Path) -> None:
    path = tmp_path / "measurements.md"
    path.write_text("# All\n\n## One\n\nold\n### deeper\n\n## Two\n\nkept\n", encoding="utf-8")
    sections.put("One", "\nnew\n", path)
    assert path.read_text(encoding="utf-8") == "# All\n\n## One\n\nnew\n\n## Two\n\nkept\n"
    sections.put("Three", "added", path)
    sections.put("Two", "other", path)
    expected = "# All\n\n## One\n\nnew\n\n## Two\n\nother\n\n## Three\n\nadded\n"
    assert path.read_text(encoding="utf-8") == expected
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
