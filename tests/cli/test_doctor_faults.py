"""The doctor names what is wrong at the first look: a sample of the campaign's planted faults."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.campaigns.doctor_faults import Bench, Fault, bench, examine
from tests.campaigns.doctor_plants import FAULTS

SAMPLE = (
    "proxy asks for NTLM",
    "proxy of a script asks for Basic",
    "private authority",
    "certificate for another name",
    "plain http on the https port",
    "wrong audience (45)",
    "another folder behind the endpoint",
    "no right on a class",
    "no web services children",
    "AvidXchange wrong company",
)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench(tmp_path_factory.mktemp("doctor")) as made:
        yield made


def test_every_fault_has_a_name_of_its_own() -> None:
    names = [fault.name for fault in FAULTS]
    assert len(set(names)) == len(names) >= 25
    assert set(SAMPLE) <= set(names)


@pytest.mark.parametrize(
    "fault", [fault for fault in FAULTS if fault.name in SAMPLE], ids=lambda fault: fault.name
)
def test_a_planted_fault_is_named_at_the_first_look(place: Bench, fault: Fault) -> None:
    seen = examine(place, fault)
    assert seen.wrong == [], seen.finding
