"""Suggestions for unmapped codes as the command line lists and accepts them. Part of the facade.

What is accepted is exactly what was listed from: sure suggestions only, in one transaction, as one
edit. A name alone never makes one sure.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from core.domain.suggestions import SURE
from core.store.rules import RuleDraft
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

if TYPE_CHECKING:  # other commands start without names being compared
    from core.facade import Parts
    from core.settings import Settings

Members = dict[str, Any]


class Suggesting(ABC):
    """The part of the facade that suggests mappings; any thread."""

    _parts: Parts
    _store: Store
    _actor: str

    @property
    @abstractmethod
    def settings(self) -> Settings:
        """The settings; given by the facade."""

    def suggested(self, kind: str) -> list[Members]:
        """The best suggestion of every unmapped code that has one, most sure first.

        Members are `kind, of` (chart or dimension type)`, code, name, suggestion, suggestion_name,
        group, score, active, evidence[{name,x3,avidxchange,verdict}], open, waiting, currency`.
        `waiting` is an amount as text, empty when nothing waits. Seconds for thousands of codes.

        Raises:
            ConfigError: CFG-01, the settings or the profile of AvidXchange are wrong.
        """
        from core.desk_mappings import Mappings
        from core.desk_reference import Reference
        from core.workspace_policy import policy_of_workspace

        policy = policy_of_workspace(self.settings, self._parts.directory)
        reference = Reference(self._store, lambda: policy.gl_group)
        mappings = Mappings(self._store, reference, int)
        found = []
        with self._store.read():
            for line in mappings.lines(kind):
                best = mappings.candidates.best(kind, line["key1"], line["key2"])
                if line["state"] == "suggested" and best is not None:
                    found.append(_members(kind, line, best))
        return sorted(found, key=lambda row: (-row["score"], row["of"], row["code"]))

    def accept_suggested(self, kind: str, rows: Sequence[Members]) -> int:
        """Map listed suggestions, all or none, as one edit; how many. One transaction.

        Raises:
            ConfigError: CFG-01, one of them is not sure, or a row cannot be taken.
        """
        from core import desk_edits

        unsure = next((row for row in rows if row["score"] < SURE), None)
        if unsure is not None:
            why = say(
                "is_sure_from_on_many_are_taken",
                code=unsure["code"],
                score=unsure["score"],
                sure=SURE,
            )
            raise desk_edits.refused(say("at_once", why=why))
        drafts = [_draft(kind, row) for row in rows]
        if drafts:
            desk_edits.save(self._store, kind, drafts, self._actor)
        return len(drafts)


def _members(kind: str, line: Members, best: Any) -> Members:
    from core.store.queries import amount_text

    is_vendor = kind == "vendors"
    currency = line["currency"]
    return {
        "kind": kind,
        "of": "" if is_vendor else line["key1"],
        "code": line["key1"] if is_vendor else line["key2"],
        "name": line["name"],
        "suggestion": best.code,
        "suggestion_name": best.name,
        "group": best.group,
        "score": best.score,
        "active": best.is_active,
        "evidence": [
            {
                "name": fact.name,
                "x3": fact.x3,
                "avidxchange": fact.avidxchange,
                "verdict": fact.verdict,
            }
            for fact in best.evidence
        ],
        "open": line["open"],
        "waiting": amount_text(line["waiting"], currency) if currency else "",
        "currency": currency,
    }


def _draft(kind: str, row: Members) -> RuleDraft:
    if kind == "vendors":
        return RuleDraft(row["code"], code=row["suggestion"])
    group = row["group"] if kind == "dimensions" else ""
    return RuleDraft(row["of"], row["code"], row["suggestion"], group)
