"""The page about the simulated AvidXchange names what the code plays, no more and no less."""

import re
from pathlib import Path

from core.sandbox.avid_exchange import VARIANTS
from core.sandbox.avid_fault_forms import FORMS
from core.sandbox.avid_idempotency import POLICIES
from core.sandbox.control import events

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "sandbox-avidxchange.md").read_text(encoding="utf-8")
FILES = sorted((ROOT / "core" / "sandbox").glob("*avid*.py"))
CODE = "\n".join(path.read_text(encoding="utf-8") for path in FILES)
# Counters of the demo and marks that the server sets for itself: nobody is asked to set these.
OWN = {"avid.notch", "avid.notched_at", "avid.throttled_until", "avid.mapping"}


def _section(title: str) -> str:
    return PAGE.partition(f"\n## {title}")[2].partition("\n## ")[0]


def _first_cells(section: str) -> set[str]:
    rows = re.findall(r"^\| (`[^|]+) \|", section, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([\w.]+)`", row)}


def test_every_variation_is_listed() -> None:
    titles = ("credentials and limits", "lists", "values", "writes")
    listed = set().union(*(_first_cells(_section(f"Variations of {one}")) for one in titles))
    assert listed == VARIANTS


def test_every_variation_is_asked_for_in_the_code() -> None:
    elsewhere = CODE.replace(
        (ROOT / "core" / "sandbox" / "avid_exchange.py").read_text(encoding="utf-8"), ""
    )
    assert {kind for kind in VARIANTS - {"item_error"} if f'"{kind}"' not in elsewhere} == set()


def test_every_setting_is_listed() -> None:
    spelled = re.findall(r'(?:get_value\(|_setting\(\w+, |: ?str = |= )"(avid\.\w+)"', CODE)
    read = set(spelled) - OWN
    assert len(read) > 15
    listed = _first_cells(_section("Settings"))
    assert read - listed == set()
    assert {name for name in listed if f'"{name}"' not in CODE} == set()


def test_every_event_is_listed() -> None:
    known = {name for name in events() if name.startswith("avid.")}
    named = re.findall(r"`(avid\.\w+)`", _section("Events"))
    assert set(named) == known


def test_forms_and_policies_are_listed() -> None:
    assert {form for form in FORMS if f"`{form}`" not in PAGE} == set()
    assert {policy for policy in POLICIES if f"`{policy}`" not in PAGE} == set()
