"""Every text that a person is shown: templates with named values, in `resources/words.json`.

A text is asked for by its area, which is its module, and its name there; a second language is a
second file of the same names.
The file is read once, at the first text. This module stands below all others, for each of them has
something to say.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path
from typing import Protocol

_FILE = "words.json"


def resources() -> Path:
    """The folder of what comes with the program, from source and when frozen."""
    bundle = getattr(sys, "_MEIPASS", None)
    root = Path(bundle) if bundle else Path(__file__).resolve().parent.parent
    return root / "resources"


class Say(Protocol):
    """Gives the texts of one area."""

    def __call__(self, name: str, /, **values: object) -> str:
        """The text of this name with its values; `{value}` in the template as in `str.format`.

        Raises:
            KeyError: there is no such text, or the template names a value that was not given.
        """
        ...


def area(name: str) -> Say:
    """The texts of one area; a module asks for its own by `area(__name__)`."""

    def say(key: str, /, **values: object) -> str:
        template = _areas()[name][key]
        return template.format(**values) if values else template

    return say


@cache
def _areas() -> dict[str, dict[str, str]]:
    """Area -> name -> template. One without values is shown as it is, braces and all."""
    text = (resources() / _FILE).read_text(encoding="utf-8")
    found: dict[str, dict[str, str]] = json.loads(text)
    return found
