"""One invoice as of any moment, from what the store and the audit log keep.

Each part names the audit row that proves it: an image its `received`, a request its `intent`, an
answer its `answer`; what does not match its hash is said to be unproven. Read only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, time
from typing import Any

from core import explanations
from core.domain.canonical import decode, instant_text
from core.domain.documents import Invoice
from core.domain.mapping import DEFAULT_ACCOUNT, Rule, RuleBook
from core.store import earlier, history, journal, plans, queries, reviews, rules
from core.store.earlier import Image
from core.store.journal import AttemptRow, OutboxRow
from core.store.payments import settled_by
from core.store.rules import RuleRow
from core.store.sqlite import Store

Members = dict[str, Any]
Row = Mapping[str, Any]
_DAY_LENGTH = len("2026-10-31")


def moment_of(text: str) -> str:
    """An instant as it is stored, from a day or a time; ValueError for any other text.

    A day means its end where this computer stands; a time without a zone is this computer's.
    """
    if len(text) == _DAY_LENGTH:
        day = datetime.fromisoformat(text).date()
        return instant_text(datetime.combine(day, time.max).astimezone(UTC))
    return instant_text(datetime.fromisoformat(text).astimezone(UTC))


class Past:
    """What the store says of one invoice up to a moment (instant text); inside one `read()`."""

    def __init__(self, store: Store, number: str, moment: str, objects: Iterable[str]) -> None:
        self._store = store
        self._number = number
        self._moment = moment
        told = queries.audit_of(store, set(objects))
        self._told = [row for row in told if str(row["time"]) <= moment]
        self.image = self._image()
        self.document = decode(Invoice, self.image.body) if self.image and self.image.body else None

    def _image(self) -> Image | None:
        found = earlier.images(self._store, earlier.INVOICE, [self._number], self._moment)
        return found[0] if found else None

    def members(self) -> Members:
        """Everything but what today's rules say."""
        document = self.document
        held = self.rules() if document else []
        plan = plans.last_action(self._store, self._number, self._moment)
        return {
            "number": self._number,
            "at": self._moment,
            **self._state(),
            "x3": _shown(self.image),
            "items": [_shown(image) for image in self.items()],
            "supplier": self._other("supplier", [document.supplier] if document else []),
            "avidxchange": self._other("ap_invoice", self._ap_keys()),
            "payments": self._others("ap_payment", self._payment_ids()),
            "mapping": [_rule_members(row) for row in held],
            "lines": _coded(document, held) if document else [],
            "plan": self._planned(*plan) if plan else None,
            "exchanges": self.exchanges(),
            "decisions": self._decisions(),
            "timeline": explanations.timeline(self._told),
        }

    def _state(self) -> Members:
        """The last change of state up to the moment; `ready` from the first reading on."""
        rows = self._rows("state")
        mine = [row for row in rows if row["object"] == self._number]
        if not mine:
            first = next(iter(self._rows("received")), None)
            since = str(first["time"]) if first else ""
            return {"state": "ready" if first else "", "since": since, "why": ""}
        last = mine[-1]
        return {
            "state": str(last["after"]), "since": str(last["time"]), "why": str(last["result"])
        }  # fmt: skip

    def _rows(self, action: str) -> list[Row]:
        return [row for row in self._told if row["action"] == action]

    # What both sides showed

    def items(self) -> list[Image]:
        """The open items of the invoice."""
        keys = earlier.keys_of(self._store, "open_item", [self._number])
        return earlier.images(self._store, "open_item", keys, self._moment)

    def _ap_keys(self) -> list[str]:
        references = {entry.reference for entry in self._sent() if entry.kind == "invoice"}
        return earlier.keys_of(self._store, "ap_invoice", references)

    def _payment_ids(self) -> list[str]:
        settled = settled_by(self._store, numbers=[self._number])
        return sorted({entry.payment_id for entry in settled})

    def _others(self, entity: str, keys: list[str]) -> list[Members | None]:
        return [_shown(image) for image in earlier.images(self._store, entity, keys, self._moment)]

    def _other(self, entity: str, keys: list[str]) -> Members | None:
        found = self._others(entity, keys)
        return found[-1] if found else None

    # Mapping and plan

    def rules(self) -> list[RuleRow]:
        """The mapping rows then in force for what stands in the invoice."""
        document = self.document
        if document is None:
            return []
        suppliers = {document.supplier, document.pay_to} - {""}
        accounts = {(line.chart, line.account) for line in document.lines}
        values = {tuple(pair) for line in document.lines for pair in line.dimensions}
        found = rules.standing(self._store, "vendors", suppliers, self._moment)
        charts = {chart for chart, _ in accounts}
        accounts |= {(chart, DEFAULT_ACCOUNT) for chart in charts}
        for kind, firsts, wanted in (
            ("gl", charts, accounts),
            ("dimensions", {pair[0] for pair in values}, values),
        ):
            rows = rules.standing(self._store, kind, firsts, self._moment)
            found += [row for row in rows if (row.key1, row.key2) in wanted]
        return found

    def _planned(self, plan: plans.PlanRow, action: plans.ActionRow) -> Members:
        return {
            "hash": plan.hash,
            "at": plan.at,
            "mode": plan.mode,
            "kind": action.kind,
            "reference": action.reference,
            "revision": action.revision,
            "request": action.body.decode("utf-8", "replace"),
            "sha256": _digest(action.body),
            "is_proven": _digest(action.body) == action.fingerprint,
        }

    # What was written

    def _sent(self) -> list[OutboxRow]:
        """Writes about the invoice and its payments that stood in the outbox then."""
        references = {str(row["object"]) for row in self._told}
        rows = {row.id: row for row in journal.rows_of(self._store, [self._number])}
        by_reference = journal.rows_by_reference(self._store, references)
        rows |= {row.id: row for found in by_reference.values() for row in found}
        return [rows[key] for key in sorted(rows) if rows[key].at <= self._moment]

    def exchanges(self) -> list[Members]:
        """Each request that had left, with its answer if that had come, oldest first."""
        rows = {row.id: row for row in self._sent()}
        made = journal.attempts(self._store, rows)
        return [
            self._exchange(rows[one.outbox], one) for one in made if one.started <= self._moment
        ]

    def _exchange(self, row: OutboxRow, attempt: AttemptRow) -> Members:
        is_send = attempt.purpose == "send"
        is_answered = bool(attempt.ended) and attempt.ended <= self._moment
        answer = attempt.answer if is_answered else ""
        digest = _digest(row.body) if is_send else ""
        return {
            "id": attempt.id,
            "kind": row.kind,
            "object": row.object,
            "purpose": attempt.purpose,
            "started": attempt.started,
            "ended": attempt.ended if is_answered else "",
            "outcome": attempt.outcome if is_answered else "",
            "status": attempt.status if is_answered else None,
            "request_id": attempt.request_id if is_answered else "",
            "request": row.body.decode("utf-8", "replace") if is_send else "",
            "sha256": digest,
            "intent": self._proof("intent", row, lambda told: told["after"] == digest),
            "answer": answer,
            "answered": self._proof("answer", row, lambda told: _says(told, answer)),
        }

    def _proof(self, action: str, row: OutboxRow, is_it: Any) -> int | None:
        """The sequence of the audit row that holds the hash; None when no row does."""
        for told in self._rows(action):
            if told["object"] == row.object and is_it(told):
                return int(told["sequence"])
        return None

    def _decisions(self) -> list[Members]:
        names = [self._number, *self._payment_ids()]
        found = [one for name in names for one in reviews.decided(self._store, name, self._moment)]
        made = []
        for one in found:
            kept = {name: getattr(one, name) for name in ("code", "document", "how", "reason")}
            ended = one.ended if one.ended and one.ended <= self._moment else ""
            made.append(kept | {"by": one.by, "at": one.at, "ended": ended})
        return made


def head_members(store: Store) -> Members:
    """The head of the log the proofs stand in."""
    sequence, digest = history.head(store)
    return {"sequence": sequence, "head": digest}


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _says(told: Row, answer: str) -> bool:
    try:
        after = json.loads(told["after"] or "{}")
    except ValueError:
        return False
    return bool(answer) and after.get("answer") == _digest(answer.encode())


def _shown(image: Image | None) -> Members | None:
    if image is None:
        return None
    return {
        "key": image.key,
        "heard": image.heard,
        "is_gone": image.is_gone,
        "hash": image.hash,
        "sequence": image.sequence,
        "is_proven": bool(image.body),
        "body": json.loads(image.body) if image.body else None,
    }


def _rule_members(row: RuleRow) -> Members:
    return {"kind": row.kind, **asdict(row.draft), "revision": row.revision,
            "by": row.by, "at": row.at}  # fmt: skip


def _coded(document: Invoice, held: list[RuleRow]) -> list[Members]:
    """What each line's account became by the rules of then; empty = no rule held."""
    book = RuleBook([rule_of(row) for row in held])
    day = document.accounting_date or document.document_date
    if day is None:
        return []
    found = []
    for number, line in enumerate(document.lines, 1):
        rule = book.account(line.chart, line.account, document.company, day)
        codes = []
        for pair in line.dimensions:
            of = book.dimension(pair[0], pair[1], document.company, day)
            codes.append([*pair, of.code if of else ""])
        found.append(
            {"number": number, "account": line.account, "code": rule.code if rule else "",
             "revision": rule.revision if rule else 0, "dimensions": codes}
        )  # fmt: skip
    return found


def rule_of(row: RuleRow) -> Rule:
    """A stored row as the rules use it."""
    first, last = (
        datetime.fromisoformat(day).date() if day else None
        for day in (row.valid_from, row.valid_to)
    )
    return Rule(
        row.kind, row.key1, row.key2, row.code, row.avid_group, row.company, first, last,
        row.revision,
    )  # fmt: skip
