"""Every text that a person is shown: templates with named values, in `resources/words.json`.

A text is asked for by its name, `area.name`; a second language is a second file of the same names.
The file is read once, at the first text. This module stands below all others, for each of them has
something to say.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path

_FILE = "words.json"


def resources() -> Path:
    """The folder of what comes with the program, from source and when frozen."""
    bundle = getattr(sys, "_MEIPASS", None)
    root = Path(bundle) if bundle else Path(__file__).resolve().parent.parent
    return root / "resources"


def phrase(name: str, /, **values: object) -> str:
    """The text of this name with its values; `{value}` in the template as in `str.format`.

    Raises:
        KeyError: there is no text of that name, or the template names a value that was not given.
    """
    template = _templates()[name]
    return template.format(**values) if values else template


@cache
def _templates() -> dict[str, str]:
    """Name -> template. A template without values is shown as it is, braces and all."""
    text = (resources() / _FILE).read_text(encoding="utf-8")
    areas: dict[str, dict[str, str]] = json.loads(text)
    return {
        f"{area}.{name}": template
        for area, templates in areas.items()
        for name, template in templates.items()
    }
