"""Every text for people stands in one catalogue, under the name that the program asks for."""

from __future__ import annotations

import ast
import json
import string
from pathlib import Path

import pytest

from core.words import area, resources
from tests.house.shown_texts import left_in, modules

Asked = dict[str, list[set[str]]]


def _catalogue() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(
        (resources() / "words.json").read_text(encoding="utf-8")
    )
    return found


def _asked(file: Path) -> Asked:
    """Name -> the values that are given with it, once for each place."""
    found: Asked = {}
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Name(id="say"), args=[ast.Constant(value=str(name))]):
                values = {str(keyword.arg) for keyword in node.keywords}
                found.setdefault(name, []).append(values)
            case ast.Call(func=ast.Name(id="say")):
                raise AssertionError(f"{file}:{node.lineno} works a name out")
            case _:
                pass
    return found


def _fields(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}


def test_the_catalogue_holds_what_is_asked_for_and_nothing_else() -> None:
    held = {f"{module}.{name}" for module, texts in _catalogue().items() for name in texts}
    asked = {f"{module}.{name}" for module, file in modules() for name in _asked(file)}
    assert held ^ asked == set()


def test_every_text_gets_its_values() -> None:
    catalogue = _catalogue()
    wrong = [
        f"{module}.{name}: {sorted(values)}"
        for module, file in modules()
        for name, places in _asked(file).items()
        for values in places
        if values and values != _fields(catalogue[module][name])
    ]
    assert wrong == []


def test_no_text_stands_outside_of_the_catalogue() -> None:
    left = [f"{t.file}:{t.line} {t.text!r}" for _, file in modules() for t in left_in(file)]
    assert left == []


def test_the_search_finds_a_text_that_was_left() -> None:
    planted = Path(__file__).parent / "planted_text.txt"
    found = left_in(planted)
    assert [text.text for text in found] == ["Nothing was sent.", "{} invoices wait", "Copy"]


def test_a_text_is_given_by_its_name_with_its_values() -> None:
    module, texts = next(iter(_catalogue().items()))
    name, template = next((n, t) for n, t in texts.items() if "{" not in t)
    assert area(module)(name) == template


def test_a_text_that_is_not_there_is_a_fault() -> None:
    with pytest.raises(KeyError):
        area("nowhere")("nothing")
