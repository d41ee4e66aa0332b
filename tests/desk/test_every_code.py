"""Every code a document can carry stands in the demo, and a way its item offers settles it.

The demo is lived through some days by a clock that is moved. Half of the items are settled as the
window does it, by its standing engine, half as the command line does it, by an engine of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core import demo
from core.credentials import Credentials
from core.errors import CATALOGUE, ConfigError
from core.mapping_files import KINDS, draft_of
from core.sandbox import company_avid, company_documents, server
from core.settings import Settings
from core.sheets import COLUMNS, MappingRow
from core.store import reviews
from core.store.reviews import ReviewRow
from core.vault import FixedKey, Vault
from tests.campaigns.payloads import door
from tests.simulation.machine import Machine, Traits
from tests.simulation.stage import Stage

#: Codes of documents: those of the catalogue that a person can settle, less the promises' own.
CODES = {code for code, entry in CATALOGUE.items() if entry.how} - {"INV-01"}
_DAYS = 8
_STEP_S = 7 * 3600


class DemoMachine(Machine):
    """A workspace with the settings of the demo."""

    def settings(self) -> Settings:
        return demo._settings(self.store, self.stage.sandbox.addresses)


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[DemoMachine]:
    sandbox = server.start(None, seed=1, invoices=300)
    state = sandbox.state
    place = tmp_path / "data"
    (place / "documents").mkdir(parents=True)
    for name, content in company_documents.files(state).items():
        (place / "documents" / name).write_bytes(content)
    made = DemoMachine(Stage(sandbox, state.snapshot(), place), place, Traits())
    secrets = Credentials(made.store, Vault(FixedKey()))
    secrets.set("x3.password", sandbox.addresses.x3_password, actor="demo")
    secrets.set("avidxchange.client_secret", sandbox.addresses.client_secret, actor="demo")
    tables = company_avid.mapping_rows(state)
    for kind in KINDS:
        rows = [MappingRow({name: row[name] for name in COLUMNS[kind]}) for row in tables[kind]]
        made.map(kind, [draft_of(kind, row) for row in rows])
    state.set_value("demo.happenings", value=True)
    state.hold_clock(state.now())
    yield made
    made.stop()
    made.close()
    sandbox.stop()


def live(machine: DemoMachine, seen: dict[str, set[str]]) -> None:
    machine.stage.state.shift_clock(_STEP_S)
    machine.stage.sandbox.advance()
    machine.sync(wait_s=400.0)
    for item in reviews.open_items(machine.store):
        seen.setdefault(item.code, set()).update(item.how)


def chosen(items: list[ReviewRow]) -> list[tuple[ReviewRow, str]]:
    """One way for each item, another one for the next item of its code; no links to look for."""
    taken: dict[str, int] = {}
    found = []
    for item in items:
        ways = [how for how in item.how if how != "link"]
        if ways:
            at = taken[item.code] = taken.get(item.code, -1) + 1
            found.append((item, ways[at % len(ways)]))
    return found


@pytest.mark.timeout(600)  # half a minute on a desk that does nothing else
def test_every_code_of_a_document_stands_in_the_demo_and_is_settled(machine: DemoMachine) -> None:
    seen: dict[str, set[str]] = {}
    settled: dict[int, tuple[str, str]] = {}
    for _ in range(_DAYS):
        live(machine, seen)
        # What would be gone by itself on the next day is settled on this one.
        fleeting = [i for i in reviews.open_items(machine.store) if i.code in _FLEETING]
        settle(machine, fleeting[:1], settled)
    assert CODES - seen.keys() == set()
    for code, ways in seen.items():
        assert ways <= {"exclude", "accept", "withdraw", "done", "keep", "send_again", "link",
                        "reverse"}, code  # fmt: skip
    settle(machine, reviews.open_items(machine.store), settled)
    assert CODES - {code for code, _ in settled.values()} == set()
    again = DemoMachine(machine.stage, machine.directory, Traits())
    try:
        live(again, seen)
        still = {item.id: item for item in reviews.open_items(again.store)}
    finally:
        again.stop()
        again.close()
    left = {settled[at]: still[at].text for at in settled.keys() & still.keys()}
    # A reversal closes its item when X3 shows it.
    assert {key for key in left if key[1] != "reverse"} == set(), left


_FLEETING = ("LVL-01", "CHG-01", "DEL-01", "PER-01", "DUP-01")


def settle(
    machine: DemoMachine, items: list[ReviewRow], settled: dict[int, tuple[str, str]]
) -> None:
    """Settle items: every other one by an engine of its own, as a command does."""
    picked = [(item, how) for item, how in chosen(items) if item.id not in settled]
    for item, how in picked[::2]:
        told = machine.resolve(item.id, how)
        assert not told.startswith("refused"), (item.code, how, told)
        settled[item.id] = (item.code, how)
    if not picked[1::2]:
        return
    machine.stop()
    facade: Any = door(machine)
    for item, how in picked[1::2]:
        row = reviews.review_item(machine.store, item.id)
        if row is None or row.closed:
            continue  # an earlier one took its document away
        try:
            done = facade.resolve(item.id, how, reason="looked at")
        except ConfigError as error:
            raise AssertionError((item.code, how, error.why)) from error
        assert (done["code"], done["how"]) == (item.code, how)
        settled[item.id] = (item.code, how)
