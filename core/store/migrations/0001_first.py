"""The first schema: STRICT tables, indexes, and the triggers that keep the audit log whole."""

from __future__ import annotations

from collections.abc import Iterator


def _texts(names: str) -> str:
    return ", ".join(f"\"{name}\" TEXT NOT NULL DEFAULT ''" for name in names.split())


def _numbers(names: str) -> str:
    return ", ".join(f'"{name}" INTEGER NOT NULL DEFAULT 0' for name in names.split())


def _json(names: str, empty: str) -> str:
    return ", ".join(f"\"{name}\" TEXT NOT NULL DEFAULT '{empty}'" for name in names.split())


_ID = '"id" INTEGER NOT NULL PRIMARY KEY'
_LIVE_OUTBOX = "'ready', 'sending', 'in_doubt', 'rejected', 'review'"

TABLES: dict[str, tuple[str, ...]] = {
    "setting": ('"name" TEXT NOT NULL PRIMARY KEY', _texts("value")),
    "secret": ('"name" TEXT NOT NULL PRIMARY KEY', '"blob" BLOB NOT NULL', _texts("at")),
    "document": (
        _texts("entity key parent body hash changed"),
        _numbers("run gone unfinished"),
        'PRIMARY KEY ("entity", "key")',
    ),
    "earlier": ('"hash" TEXT NOT NULL PRIMARY KEY', '"body" BLOB NOT NULL'),
    "invoice": (
        '"number" TEXT NOT NULL PRIMARY KEY',
        _texts("company supplier supplier_document document_folded document_date accounting_date"),
        _texts("due_date currency body hash header_hash changed first_seen read_at"),
        _numbers("kind amount run gone level"),
        _json("state", "ready"),
        _texts("since external_id avid_invoice_id approval payment why sent_hash level_for search"),
        '"revision" INTEGER NOT NULL DEFAULT 1',
        '"open_x3" INTEGER',
        '"open_avidxchange" INTEGER',
        _json("codes", "[]"),
        '"dirty" INTEGER NOT NULL DEFAULT 1',
        '"live" INTEGER NOT NULL DEFAULT 1',
    ),
    "ap_payment": (
        '"payment_id" TEXT NOT NULL PRIMARY KEY',
        _texts("state payment_class text method check_number currency payment_date cleared_date"),
        _texts("batch body hash last_modified reference x3_payment posted_hash search"),
        _numbers("amount run posted"),
        _json("codes", "[]"),
        '"dirty" INTEGER NOT NULL DEFAULT 1',
    ),
    "payment_invoice": (
        _ID,
        '"payment_id" TEXT NOT NULL REFERENCES "ap_payment" ("payment_id")',
        _texts("external_id number"),
        _numbers("net"),
    ),
    "rule": (
        _ID,
        _texts("kind key1 key2 avid_group code company valid_from valid_to note by at ended"),
        '"revision" INTEGER NOT NULL DEFAULT 1',
        _numbers("step ended_step"),
    ),
    "bookmark": (
        '"flow" TEXT NOT NULL PRIMARY KEY',
        _texts("value progress updated"),
        _json("walk", "{}"),
    ),
    "run": (_ID, _texts("started ended by mode only"), _json("result", "{}")),
    "plan": (
        '"hash" TEXT NOT NULL PRIMARY KEY',
        _numbers("run"),
        _texts("at mode"),
        _json("summary", "{}"),
    ),
    "action": (
        _ID,
        '"plan" TEXT NOT NULL REFERENCES "plan" ("hash")',
        _numbers("position revision"),
        _texts("kind key fingerprint remote reference"),
        '"body" BLOB NOT NULL',
        _json("basis info", "{}"),
    ),
    "outbox": (
        _ID,
        _numbers("action run revision attempts lookups resent must_exist"),
        _texts("plan kind key fingerprint remote reference due doubt_since at settled"),
        _json("state", "ready"),
        '"body" BLOB NOT NULL',
        _json("basis info result", "{}"),
    ),
    "attempt": (
        _ID,
        '"outbox" INTEGER NOT NULL REFERENCES "outbox" ("id")',
        _texts("started ended purpose request_id outcome answer"),
        '"status" INTEGER',
        _numbers("took_ms"),
    ),
    "review": (
        _ID,
        _texts("code cause document system currency since title text fix"),
        _texts("closed resolution reason by"),
        _numbers("amount"),
        _json("documents how", "[]"),
        _json("info", "{}"),
    ),
    "decision": (_ID, _texts("code document how basis reason by at ended")),
    "audit": (
        '"sequence" INTEGER NOT NULL PRIMARY KEY',
        _texts("time actor action object result version previous hash"),
        '"before" TEXT',
        '"after" TEXT',
        '"run" INTEGER',
    ),
    "traffic": (_texts("day flow"), _numbers("calls sent received"), 'PRIMARY KEY ("day", "flow")'),
    "touched": (_ID, _texts("what key")),
    "snapshot": (_ID, _texts("kind period at hash"), _numbers("run"), '"body" BLOB NOT NULL'),
    "reconciliation": (
        _ID,
        '"snapshot" INTEGER NOT NULL REFERENCES "snapshot" ("id")',
        _texts("period company at by hash signed_by signed_at note"),
        '"body" BLOB NOT NULL',
    ),
    "reconciliation_note": (_ID, _texts("period company currency cause document note by at")),
}

INDEXES: tuple[str, ...] = (
    'INDEX "document_parent" ON "document" ("entity", "parent")',
    'INDEX "document_unfinished" ON "document" ("entity", "parent") WHERE "unfinished" = 1',
    'INDEX "document_gone" ON "document" ("entity", "parent") WHERE "gone" > 0',
    'INDEX "invoice_gone" ON "invoice" ("number") WHERE "gone" > 0',
    'INDEX "invoice_dirty" ON "invoice" ("number") WHERE "dirty" = 1',
    'INDEX "invoice_live" ON "invoice" ("number") WHERE "live" = 1',
    'INDEX "invoice_state" ON "invoice" ("state", "number")',
    'INDEX "invoice_document" ON "invoice" ("supplier", "document_folded")',
    'INDEX "invoice_external" ON "invoice" ("external_id")',
    'INDEX "ap_payment_dirty" ON "ap_payment" ("payment_id") WHERE "dirty" = 1',
    'INDEX "payment_invoice_number" ON "payment_invoice" ("number")',
    'INDEX "payment_invoice_payment" ON "payment_invoice" ("payment_id")',
    'INDEX "payment_invoice_external" ON "payment_invoice" ("external_id")',
    (
        'UNIQUE INDEX "rule_current" ON "rule"'
        ' ("kind", "key1", "key2", "company", "valid_from", "valid_to") WHERE "ended" = \'\''
    ),
    'INDEX "rule_step" ON "rule" ("step")',
    'INDEX "action_plan" ON "action" ("plan", "position")',
    'INDEX "action_key" ON "action" ("key")',
    (
        'UNIQUE INDEX "outbox_live" ON "outbox" ("kind", "key", "revision")'
        f' WHERE "state" IN ({_LIVE_OUTBOX})'
    ),
    (
        'UNIQUE INDEX "outbox_reference" ON "outbox" ("reference")'
        " WHERE \"kind\" IN ('invoice', 'payment') AND \"state\" <> 'cancelled'"
    ),
    (
        'UNIQUE INDEX "outbox_sending" ON "outbox" ("remote")'
        " WHERE \"state\" = 'sending' AND \"remote\" <> ''"
    ),
    'INDEX "outbox_due" ON "outbox" ("state", "due")',
    'INDEX "outbox_by_reference" ON "outbox" ("reference")',
    'INDEX "outbox_ready" ON "outbox" ("kind", "id") WHERE "state" = \'ready\'',
    'INDEX "outbox_key" ON "outbox" ("key")',
    'INDEX "outbox_run" ON "outbox" ("run")',
    'INDEX "attempt_outbox" ON "attempt" ("outbox")',
    'UNIQUE INDEX "review_open" ON "review" ("cause") WHERE "closed" = \'\'',
    'INDEX "decision_document" ON "decision" ("document")',
    'INDEX "snapshot_period" ON "snapshot" ("period", "kind")',
    'INDEX "reconciliation_period" ON "reconciliation" ("period", "company")',
    'INDEX "reconciliation_snapshot" ON "reconciliation" ("snapshot")',
    'INDEX "reconciliation_note_period" ON "reconciliation_note" ("period", "company")',
    'INDEX "audit_object" ON "audit" ("object")',
    'INDEX "audit_action" ON "audit" ("action", "sequence")',
)

#: Table -> columns a change of which a promise may hang on; what is noted of its row, and its key.
_NOTED: dict[str, tuple[str, str, str]] = {
    "invoice": ("state avid_invoice_id external_id", "'invoice'", "number"),
    "ap_payment": ("state body hash posted x3_payment reference", "'ap_payment'", "payment_id"),
    "outbox": ("state info result attempts reference", "'outbox'", "id"),
    "attempt": ("outbox purpose ended outcome", "'outbox'", "outbox"),
    "action": ("info", "'action'", "id"),
    "document": ("parent body gone", '{row}."entity"', "key"),
}
_NOTE = 'INSERT INTO "touched" ("what", "key")'
#: What was read is never deleted; where it is, that is noted as such.
_NEVER_DELETED = frozenset(("invoice", "ap_payment", "document"))
#: Of the documents only these count.
_ENTITIES = "'ap_invoice', 'open_item', 'payment'"


def _touching() -> Iterator[str]:
    """Triggers that note which rows changed since the promises were last evaluated.

    They see a change whoever made it, in the transaction that made it.
    """
    for table, (columns, what, key) in _NOTED.items():
        for event, row in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD")):
            if (table, event) == ("action", "INSERT"):  # nothing was sent of a new one yet
                continue
            named = [f'"{name}"' for name in columns.split()]
            of = f" OF {', '.join(named)}" if event == "UPDATE" else ""
            terms = [f'{row}."entity" IN ({_ENTITIES})'] if table == "document" else []
            if event == "UPDATE":
                changed = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in named)
                terms.append(f"({changed})")
            when = f" WHEN {' AND '.join(terms)}" if terms else ""
            lost = " || ' lost'" if event == "DELETE" and table in _NEVER_DELETED else ""
            noted = f'{what.format(row=row)}{lost}, {row}."{key}"'
            head = f'TRIGGER "{table}_touched_{event.lower()}" AFTER {event}{of} ON "{table}"{when}'
            yield f"{head} BEGIN {_NOTE} VALUES ({noted}); END"


TRIGGERS: tuple[str, ...] = (
    (
        'TRIGGER "audit_no_update" BEFORE UPDATE ON "audit"'
        " BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
    ),
    (
        'TRIGGER "audit_no_delete" BEFORE DELETE ON "audit"'
        " BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
    ),
    (
        'TRIGGER "audit_no_gap" BEFORE INSERT ON "audit"'
        ' WHEN NEW."sequence" <> (SELECT COALESCE(MAX("sequence"), 0) + 1 FROM "audit")'
        " BEGIN SELECT RAISE(ABORT, 'the audit log has no gaps'); END"
    ),
    *_touching(),
)


def statements() -> Iterator[str]:
    """The SQL of this step, in order."""
    for name, columns in TABLES.items():
        keys = [c for c in columns if c.startswith("PRIMARY KEY")]
        parts = [c for c in columns if c not in keys] + keys
        yield f'CREATE TABLE "{name}" ({", ".join(parts)}) STRICT'
    for text in (*INDEXES, *TRIGGERS):
        yield f"CREATE {text}"
