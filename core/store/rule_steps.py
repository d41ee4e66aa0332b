"""Undo and redo of mapping edits over the whole workspace, kept in the store.

An undo and a redo are edits of their own (`rules.undo`): nothing is forgotten, and the audit log
tells them. Any other edit ends what could be redone.
"""

from __future__ import annotations

import json

from core.domain.canonical import canonical
from core.store import rules, values
from core.store.rules import Applied
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

_KEPT = "mapping.steps"  # {"at": last step seen, "done": [...], "undone": [...]}


def undo(store: Store, *, actor: str) -> Applied:
    """Takes the last edit back that stands; inside `store.write()`.

    Raises:
        ValueError: there is none, or a row of it was changed again since.
    """
    done, undone = _steps(store)
    if not done:
        raise ValueError(say("there_is_nothing_left_to_undo"))
    applied = rules.undo(store, done[-1], actor=actor)
    _keep(store, applied.step, done[:-1], [*undone, applied.step])
    return applied


def redo(store: Store, *, actor: str) -> Applied:
    """Makes the edit again that was taken back last; inside `store.write()`.

    Raises:
        ValueError: there is none, or another edit was made since.
    """
    done, undone = _steps(store)
    if not undone:
        raise ValueError(say("there_is_nothing_to_do_again"))
    applied = rules.undo(store, undone[-1], actor=actor)
    _keep(store, applied.step, [*done, applied.step], undone[:-1])
    return applied


def _steps(store: Store) -> tuple[list[int], list[int]]:
    """Steps that can be undone, and undos that can be taken back; both oldest first."""
    kept = json.loads(values.setting(store, _KEPT) or '{"at":0,"done":[],"undone":[]}')
    last = rules.last_step(store)
    fresh = list(range(kept["at"] + 1, last + 1))
    return [*kept["done"], *fresh], [] if fresh else kept["undone"]


def _keep(store: Store, at: int, done: list[int], undone: list[int]) -> None:
    values.put_setting(store, _KEPT, canonical({"at": at, "done": done, "undone": undone}))
