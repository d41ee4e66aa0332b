"""A finding: why a document is not sent, or what a person should know, with its catalogue code."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.errors import CATALOGUE

#: When several findings meet, the first of these decides the state (product.md 3).
STATE_ORDER = ("needs_mapping", "needs_review", "held")


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason, for one document.

    `cause` groups findings that one fix removes (a supplier, an account). `basis` is what an
    acceptance is given for: the acceptance ends when it changes. An empty `state`, `how`, `title`
    or `fix` takes the catalogue's.
    """

    code: str
    document: str
    text: str
    cause: str = ""
    blocks: bool = True
    state: str = ""
    how: tuple[str, ...] = ()
    basis: str = ""
    title: str = ""
    notes: bool = False
    about: str = ""
    fix: str = ""

    @property
    def asks_person(self) -> bool:
        """Whether it belongs on the list of what needs a person."""
        return self.blocks or self.notes

    @property
    def waits_by_itself(self) -> bool:
        """Whether it only holds an unsent invoice until X3 changes: no one is asked to decide."""
        entry = CATALOGUE[self.code]
        is_held = self.blocking_state == "held" and not entry.waits_for_person
        return is_held and not {"withdraw", "done"} & set(self.resolutions)

    @property
    def cause_key(self) -> str:
        """Stable key of the review item this finding belongs to."""
        return f"{self.code}|{self.cause or self.document}"

    @property
    def blocking_state(self) -> str:
        """The state this finding puts an invoice into."""
        return self.state or CATALOGUE[self.code].state or "needs_review"

    @property
    def resolutions(self) -> tuple[str, ...]:
        """What a person may choose."""
        return self.how or CATALOGUE[self.code].how


@dataclass(frozen=True, slots=True)
class Acceptances:
    """What persons have accepted: triples (code, document, basis)."""

    accepted: frozenset[tuple[str, str, str]] = frozenset()

    def holds(self, finding: Finding) -> bool:
        """Whether exactly this finding was accepted and its basis has not changed since."""
        return (finding.code, finding.document, finding.basis) in self.accepted

    def open_ones(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings that nobody has accepted."""
        return tuple(finding for finding in findings if not self.holds(finding))


def state_of(findings: Iterable[Finding]) -> str:
    """The state that blocking findings make together; empty when nothing blocks."""
    states = {finding.blocking_state for finding in findings if finding.blocks}
    return next((state for state in STATE_ORDER if state in states), min(states, default=""))
