"""The page about the sandbox names exactly the kinds, settings and events that the code plays."""

import re
from pathlib import Path

from core.sandbox.faults import GENERIC_KINDS
from core.sandbox.life_x3 import EVENTS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "sandbox.md").read_text(encoding="utf-8")
CODE = {
    path.name: path.read_text(encoding="utf-8")
    for path in (ROOT / "core" / "sandbox").glob("x3_*.py")
    if not path.name.startswith(("x3_auth", "x3_front", "x3_gateway", "x3_token"))
}
ASKED = (
    r'has\("(\w+)"\)',
    r'"(\w+)" (?:not )?in (?:by_kind|kinds|form\.rules)\b',
    r'by_kind\.get\("(\w+)"',
    r'(?:one|fault)\.kind == "(\w{4,})"',
)


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}")[2].partition("\n## ")[0]


def kinds_of(title: str) -> set[str]:
    return set(re.findall(r"^\| `(\w+)` \|", section(title), re.MULTILINE))


def test_the_generic_kinds_are_listed() -> None:
    assert kinds_of("Generic kinds") == set(GENERIC_KINDS)


def test_every_variant_that_is_asked_for_is_listed() -> None:
    asked = {kind for text in CODE.values() for form in ASKED for kind in re.findall(form, text)}
    listed = kinds_of("Variants of api1") | kinds_of("Variants of GraphQL")
    listed |= kinds_of("Variants of SOAP")
    assert asked - listed == set()
    whole = "\n".join(CODE.values())
    assert {kind for kind in listed if f'"{kind}"' not in whole} == set()


def test_every_setting_and_event_is_listed() -> None:
    read = {name for text in CODE.values() for name in re.findall(r'get_value\("(x3\.\w+)"', text)}
    listed = set(re.findall(r"`(x3\.\w+)`", section("Settings")))
    assert read - listed == set()
    assert {f"x3.{name}" for name in EVENTS} == set(re.findall(r"`(x3\.\w+)`", section("Events")))
