"""The grammar of one field entry of a profile (sage-x3.md 2.1); no value is read here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from core.words import area

say = area(__name__)

_ENTRY = re.compile(
    r"(?P<name>[a-z][a-z0-9_]*)(?::(?P<type>n|i|d|s|yn|m[0-9]{1,5}))?=(?P<path>.*)", re.DOTALL
)
_STEP = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[([1-9][0-9]{0,2})\])?")
# Words that Python keeps for itself are fields under another name (core/domain/documents.py).
_RENAMED = {"class": "cls"}


@dataclass(frozen=True, slots=True)
class Path:
    """Where a value stands: steps (name, index from 1 or None); none of them = a constant."""

    steps: tuple[tuple[str, int | None], ...] = ()
    constant: str = ""

    @property
    def property_name(self) -> str:
        """The api1 property; empty for a constant."""
        return self.steps[0][0] if self.steps else ""

    @property
    def text(self) -> str:
        """The path as it is written in the profile, without its `!`."""
        if not self.steps:
            return f"={self.constant}"
        return ".".join(name if index is None else f"{name}[{index}]" for name, index in self.steps)


@dataclass(frozen=True, slots=True)
class Field:
    """One entry: our name, kind (`text n i d s yn m`), menu number, path, and whether required."""

    name: str
    path: Path
    kind: str = "text"
    menu: int = 0
    is_required: bool = False


def parse_path(text: str) -> Path:
    """A path without its `!`.

    Raises:
        ValueError: it is no path.
    """
    if text.startswith("="):
        return Path(constant=text[1:])
    steps = []
    for part in text.split("."):
        match = _STEP.fullmatch(part)
        if match is None:
            raise ValueError(say("is_no_path", text=text))
        steps.append((match[1], int(match[2]) if match[2] else None))
    return Path(tuple(steps))


def entry_name(entry: str) -> str:
    """The name left of `=` without its type: what a site's entry replaces."""
    return entry.partition("=")[0].partition(":")[0].strip()


def parse_field(entry: str) -> Field | None:
    """The field of an entry; None when its path is empty, which removes the field.

    Raises:
        ValueError: the entry does not follow the grammar.
    """
    match = _ENTRY.fullmatch(entry.strip())
    if match is None:
        raise ValueError(say("is_no_field_entry", entry=entry))
    path, kind = match["path"].strip(), match["type"] or "text"
    is_required = path.endswith("!") and not path.startswith("=")
    path = path[:-1] if is_required else path
    if not path:
        return None
    menu = int(kind[1:]) if kind.startswith("m") else 0
    return Field(
        name=_RENAMED.get(match["name"], match["name"]),
        path=parse_path(path),
        kind="m" if menu else kind,
        menu=menu,
        is_required=is_required,
    )


def parse_fields(entries: list[str]) -> tuple[Field, ...]:
    """The fields of a list of entries; of two with one name the later stands."""
    found: dict[str, Field | None] = {}
    for entry in entries:
        found[entry_name(entry)] = parse_field(entry)
    return tuple(field for field in found.values() if field is not None)


def merge_entries(shipped: list[str], site: list[str]) -> list[str]:
    """A site's entries laid over the shipped ones by name; others stay, new ones are added."""
    merged = {entry_name(entry): entry for entry in shipped}
    merged |= {entry_name(entry): entry for entry in site}
    return list(merged.values())
