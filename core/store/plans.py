"""Stored plans with their actions, and runs. Writes are called inside `store.write()`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.domain.ap_documents import fold
from core.domain.canonical import canonical, loads, text_of
from core.store import history
from core.store.sqlite import Store, lots
from core.store.tables import Action, Plan, Run


@dataclass(frozen=True, slots=True)
class ActionRecord:
    """One write as planned: the exact bytes, their fingerprint, and what it is based on.

    `remote` names the object at the target that no two writes may touch at once; `reference` is the
    external reference where there is one. `info` is for front ends and never hashed again.
    """

    kind: str
    key: str
    revision: int
    body: bytes
    fingerprint: str
    basis: Mapping[str, Any] = field(default_factory=dict)
    remote: str = ""
    reference: str = ""
    info: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """A plan as it is stored."""

    hash: str
    run: int
    mode: str
    summary: Mapping[str, Any]
    actions: tuple[ActionRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionRow:
    """A stored action."""

    id: int
    plan: str
    position: int
    kind: str
    key: str
    revision: int
    body: bytes
    fingerprint: str
    basis: dict[str, Any]
    remote: str
    reference: str
    info: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A stored plan without its actions."""

    hash: str
    run: int
    at: str
    mode: str
    summary: dict[str, Any]


def store_plan(store: Store, plan: PlanRecord, *, actor: str = "engine") -> bool:
    """Keeps a plan with its actions in order; False when a plan of this hash is kept already."""
    store.require_write()
    if plan_row(store, plan.hash):
        return False
    row = {
        "hash": plan.hash, "run": plan.run, "at": store.now(), "mode": plan.mode,
        "summary": canonical(dict(plan.summary)),
    }  # fmt: skip
    store.put(Plan, [row])
    store.put(Action, [_action(plan.hash, at, item) for at, item in enumerate(plan.actions, 1)])
    entry = history.Entry(actor, "planned", plan.hash, after=row["summary"], run=plan.run)
    history.append(store, entry)
    return True


def _action(plan: str, position: int, action: ActionRecord) -> dict[str, Any]:
    return {
        "plan": plan,
        "position": position,
        "kind": action.kind,
        "key": action.key,
        "revision": action.revision,
        "body": action.body,
        "fingerprint": action.fingerprint,
        "basis": text_of(action.basis),
        "remote": action.remote,
        "reference": action.reference,
        "info": text_of(action.info),
    }


def plan_row(store: Store, plan_hash: str) -> PlanRow | None:
    """A plan by its hash."""
    row = store.first(Plan.select().where(Plan.hash == plan_hash))
    return PlanRow(**(row | {"summary": loads(row["summary"])})) if row else None


def previewed_vendors(store: Store) -> frozenset[str]:
    """Folded codes of the vendors that a stored preview would create; one indexed query."""
    previews = Plan.select(Plan.hash).where(Plan.mode == "preview")
    query = Action.select(Action.key).where(Action.kind == "vendor", Action.plan.in_(previews))
    return frozenset(fold(row["key"]) for row in store.rows(query))


def latest_plan(store: Store) -> PlanRow | None:
    """The plan stored last."""
    row = store.first(Plan.select().order_by(Plan.at.desc(), Plan.hash))
    return PlanRow(**(row | {"summary": loads(row["summary"])})) if row else None


def identities(store: Store, plan: str) -> dict[int, tuple[str, str, int, str]]:
    """Id of each action of a plan -> kind, key, revision, fingerprint; in its order; indexed."""
    columns = (Action.id, Action.kind, Action.key, Action.revision, Action.fingerprint)
    rows = store.rows(Action.select(*columns).where(Action.plan == plan).order_by(Action.position))
    return {
        row["id"]: (row["kind"], row["key"], row["revision"], row["fingerprint"]) for row in rows
    }


def action_rows(
    store: Store, *, plan: str = "", ids: Iterable[int] | None = None
) -> list[ActionRow]:
    """The actions of a plan, or some by id; in the order of the plan; indexed."""
    if ids is None:
        rows = store.rows(Action.select().where(Action.plan == plan).order_by(Action.position))
    else:
        rows = []
        for lot in lots(sorted(set(ids))):
            rows += store.rows(Action.select().where(Action.id.in_(lot)).order_by(Action.id))
    return [_row(row) for row in rows]


def last_action(store: Store, key: str, moment: str) -> tuple[PlanRow, ActionRow] | None:
    """What the last plan up to a moment that names a document would write for it; indexed."""
    query = (
        Action.select(Action, Plan.at.alias("planned"))
        .join(Plan, on=(Action.plan == Plan.hash))
        .where(Action.key == key, Plan.at <= moment)
        .order_by(Plan.at.desc(), Action.id.desc())
    )
    row = store.first(query)
    if row is None:
        return None
    row.pop("planned")
    plan = plan_row(store, row["plan"])
    return (plan, _row(row)) if plan else None


def _row(row: Mapping[str, Any]) -> ActionRow:
    members = dict(row)
    for name in ("basis", "info"):
        members[name] = loads(members[name])
    return ActionRow(**members)


def begin_run(store: Store, *, by: str, mode: str, only: str = "") -> int:
    """Notes the start of a run; its id."""
    run = store.insert(Run, {"started": store.now(), "by": by, "mode": mode, "only": only})
    what = {"mode": mode, "only": only}
    history.append(store, history.Entry(by, "run started", f"run {run}", after=what, run=run))
    return run


def end_run(store: Store, run: int, result: Mapping[str, Any], *, actor: str = "engine") -> None:
    """Notes the end of a run with its result (product.md section 6, `sync`)."""
    text = canonical(dict(result))
    store.change(Run.update(ended=store.now(), result=text).where(Run.id == run))
    history.append(store, history.Entry(actor, "run ended", f"run {run}", after=text, run=run))
