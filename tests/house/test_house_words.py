"""The catalogue of texts: read by name, with values, whole."""

from __future__ import annotations

import json

import pytest

from core.words import area, resources


def test_a_text_is_given_by_its_name() -> None:
    areas = json.loads((resources() / "words.json").read_text(encoding="utf-8"))
    module, texts = next(iter(areas.items()))
    name, template = next((n, t) for n, t in texts.items() if "{" not in t)
    assert area(module)(name) == template


def test_a_text_that_is_not_there_is_a_fault() -> None:
    with pytest.raises(KeyError):
        area("nowhere")("nothing")
