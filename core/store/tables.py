"""The tables as peewee models, for building queries; no connection hangs on them.

Instants are `instant_text`, money is whole minor units, JSON is text. Sortable columns are never
NULL. The schema itself is made by `migrations`; a test compares both. Queries run through `Store`.
"""

from __future__ import annotations

import peewee


class Table(peewee.Model):
    """Base of all tables: bound to no database, so several stores can be open in one process."""


class Setting(Table):
    """Small values by name."""

    name = peewee.TextField(primary_key=True)
    value = peewee.TextField(default="")


class Secret(Table):
    """Sealed secrets; the store never sees one in clear."""

    name = peewee.TextField(primary_key=True)
    blob = peewee.BlobField()
    at = peewee.TextField(default="")


class Document(Table):
    """Every document read from either side but invoices and payments of AvidXchange."""

    entity = peewee.TextField()
    key = peewee.TextField()
    parent = peewee.TextField(default="")
    body = peewee.TextField(default="")
    hash = peewee.TextField(default="")
    changed = peewee.TextField(default="")
    run = peewee.IntegerField(default=0)
    gone = peewee.IntegerField(default=0)
    unfinished = peewee.IntegerField(default=0)

    class Meta:
        """Natural key."""

        primary_key = peewee.CompositeKey("entity", "key")


class Earlier(Table):
    """What a document was before it changed, compressed, under its content hash."""

    hash = peewee.TextField(primary_key=True)
    body = peewee.BlobField()


class Invoice(Table):
    """An X3 invoice with its lines, and what Crossfoot knows of its way."""

    number = peewee.TextField(primary_key=True)
    company = peewee.TextField(default="")
    kind = peewee.IntegerField(default=0)
    supplier = peewee.TextField(default="")
    supplier_document = peewee.TextField(default="")
    document_folded = peewee.TextField(default="")
    document_date = peewee.TextField(default="")
    accounting_date = peewee.TextField(default="")
    due_date = peewee.TextField(default="")
    currency = peewee.TextField(default="")
    amount = peewee.BigIntegerField(default=0)
    body = peewee.TextField(default="")
    hash = peewee.TextField(default="")
    header_hash = peewee.TextField(default="")
    changed = peewee.TextField(default="")
    first_seen = peewee.TextField(default="")
    read_at = peewee.TextField(default="")
    run = peewee.IntegerField(default=0)
    gone = peewee.IntegerField(default=0)
    state = peewee.TextField(default="ready")
    since = peewee.TextField(default="")
    revision = peewee.IntegerField(default=1)
    external_id = peewee.TextField(default="")
    avid_invoice_id = peewee.TextField(default="")
    approval = peewee.TextField(default="")
    payment = peewee.TextField(default="")
    open_x3 = peewee.BigIntegerField(null=True)
    open_avidxchange = peewee.BigIntegerField(null=True)
    codes = peewee.TextField(default="[]")
    why = peewee.TextField(default="")
    sent_hash = peewee.TextField(default="")
    level = peewee.IntegerField(default=0)
    level_for = peewee.TextField(default="")
    dirty = peewee.IntegerField(default=1)
    live = peewee.IntegerField(default=1)
    search = peewee.TextField(default="")


class ApPayment(Table):
    """A payment made in AvidXchange, and what became of it in X3."""

    payment_id = peewee.TextField(primary_key=True)
    state = peewee.TextField(default="")
    payment_class = peewee.TextField(default="")
    text = peewee.TextField(default="")
    method = peewee.TextField(default="")
    check_number = peewee.TextField(default="")
    currency = peewee.TextField(default="")
    amount = peewee.BigIntegerField(default=0)
    payment_date = peewee.TextField(default="")
    cleared_date = peewee.TextField(default="")
    batch = peewee.TextField(default="")
    body = peewee.TextField(default="")
    hash = peewee.TextField(default="")
    last_modified = peewee.TextField(default="")
    run = peewee.IntegerField(default=0)
    reference = peewee.TextField(default="")
    x3_payment = peewee.TextField(default="")
    posted = peewee.IntegerField(default=0)
    posted_hash = peewee.TextField(default="")
    codes = peewee.TextField(default="[]")
    dirty = peewee.IntegerField(default=1)
    search = peewee.TextField(default="")

    class Meta:
        """Two words in SQL."""

        table_name = "ap_payment"


class PaymentInvoice(Table):
    """Which invoices a payment settles; `number` is the X3 invoice, empty when it is not known."""

    id = peewee.AutoField()
    payment_id = peewee.TextField()
    external_id = peewee.TextField(default="")
    number = peewee.TextField(default="")
    net = peewee.BigIntegerField(default=0)

    class Meta:
        """Two words in SQL."""

        table_name = "payment_invoice"


class Rule(Table):
    """A mapping row; never changed in place. `step` and `ended_step` group what one edit did."""

    id = peewee.AutoField()
    kind = peewee.TextField()
    key1 = peewee.TextField(default="")
    key2 = peewee.TextField(default="")
    avid_group = peewee.TextField(default="")
    code = peewee.TextField(default="")
    company = peewee.TextField(default="")
    valid_from = peewee.TextField(default="")
    valid_to = peewee.TextField(default="")
    note = peewee.TextField(default="")
    revision = peewee.IntegerField(default=1)
    by = peewee.TextField(default="")
    at = peewee.TextField(default="")
    ended = peewee.TextField(default="")
    step = peewee.IntegerField(default=0)
    ended_step = peewee.IntegerField(default=0)


class Bookmark(Table):
    """How far a flow has been read; `walk` is where an unfinished read goes on."""

    flow = peewee.TextField(primary_key=True)
    value = peewee.TextField(default="")
    progress = peewee.TextField(default="")
    walk = peewee.TextField(default="{}")
    updated = peewee.TextField(default="")


class Run(Table):
    """One run and its result."""

    id = peewee.AutoField()
    started = peewee.TextField(default="")
    ended = peewee.TextField(default="")
    by = peewee.TextField(default="")
    mode = peewee.TextField(default="")
    only = peewee.TextField(default="")
    result = peewee.TextField(default="{}")


class Plan(Table):
    """A stored plan."""

    hash = peewee.TextField(primary_key=True)
    run = peewee.IntegerField(default=0)
    at = peewee.TextField(default="")
    mode = peewee.TextField(default="")
    summary = peewee.TextField(default="{}")


class Action(Table):
    """One write of a plan, with its exact bytes."""

    id = peewee.AutoField()
    plan = peewee.TextField()
    position = peewee.IntegerField(default=0)
    kind = peewee.TextField()
    key = peewee.TextField()
    revision = peewee.IntegerField(default=0)
    body = peewee.BlobField()
    fingerprint = peewee.TextField(default="")
    basis = peewee.TextField(default="{}")
    remote = peewee.TextField(default="")
    reference = peewee.TextField(default="")
    info = peewee.TextField(default="{}")


class Outbox(Table):
    """An intended write and how far it got (house.md 8)."""

    id = peewee.AutoField()
    action = peewee.IntegerField(default=0)
    plan = peewee.TextField(default="")
    run = peewee.IntegerField(default=0)
    kind = peewee.TextField()
    key = peewee.TextField()
    revision = peewee.IntegerField(default=0)
    state = peewee.TextField(default="ready")
    body = peewee.BlobField()
    fingerprint = peewee.TextField(default="")
    basis = peewee.TextField(default="{}")
    remote = peewee.TextField(default="")
    reference = peewee.TextField(default="")
    info = peewee.TextField(default="{}")
    attempts = peewee.IntegerField(default=0)
    lookups = peewee.IntegerField(default=0)
    resent = peewee.IntegerField(default=0)
    must_exist = peewee.IntegerField(default=0)
    due = peewee.TextField(default="")
    doubt_since = peewee.TextField(default="")
    result = peewee.TextField(default="{}")
    at = peewee.TextField(default="")
    settled = peewee.TextField(default="")


class Attempt(Table):
    """One exchange for an outbox row: a send or a look-up."""

    id = peewee.AutoField()
    outbox = peewee.IntegerField()
    started = peewee.TextField(default="")
    ended = peewee.TextField(default="")
    purpose = peewee.TextField(default="")
    request_id = peewee.TextField(default="")
    status = peewee.IntegerField(null=True)
    outcome = peewee.TextField(default="")
    answer = peewee.TextField(default="")
    took_ms = peewee.IntegerField(default=0)


class Review(Table):
    """Something that needs a person; at most one is open per cause."""

    id = peewee.AutoField()
    code = peewee.TextField()
    cause = peewee.TextField()
    document = peewee.TextField(default="")
    documents = peewee.TextField(default="[]")
    system = peewee.TextField(default="")
    currency = peewee.TextField(default="")
    amount = peewee.BigIntegerField(default=0)
    since = peewee.TextField(default="")
    title = peewee.TextField(default="")
    text = peewee.TextField(default="")
    fix = peewee.TextField(default="")
    how = peewee.TextField(default="[]")
    info = peewee.TextField(default="{}")
    closed = peewee.TextField(default="")
    resolution = peewee.TextField(default="")
    reason = peewee.TextField(default="")
    by = peewee.TextField(default="")


class Decision(Table):
    """What a person decided about a document: accepted, excluded, linked."""

    id = peewee.AutoField()
    code = peewee.TextField(default="")
    document = peewee.TextField(default="")
    how = peewee.TextField(default="")
    basis = peewee.TextField(default="")
    reason = peewee.TextField(default="")
    by = peewee.TextField(default="")
    at = peewee.TextField(default="")
    ended = peewee.TextField(default="")


class Audit(Table):
    """The audit log; triggers let it only grow."""

    sequence = peewee.IntegerField(primary_key=True)
    time = peewee.TextField(default="")
    actor = peewee.TextField(default="")
    action = peewee.TextField(default="")
    object = peewee.TextField(default="")
    before = peewee.TextField(null=True)
    after = peewee.TextField(null=True)
    result = peewee.TextField(default="")
    run = peewee.IntegerField(null=True)
    version = peewee.TextField(default="")
    previous = peewee.TextField(default="")
    hash = peewee.TextField(default="")


class Traffic(Table):
    """Bytes moved toward X3 on one day of UTC, for one purpose."""

    day = peewee.TextField()
    flow = peewee.TextField()
    calls = peewee.IntegerField(default=0)
    sent = peewee.BigIntegerField(default=0)
    received = peewee.BigIntegerField(default=0)

    class Meta:
        """Natural key."""

        primary_key = peewee.CompositeKey("day", "flow")


class Touched(Table):
    """Rows changed since the promises were last evaluated; triggers write it, `checks` reads it."""

    id = peewee.AutoField()
    what = peewee.TextField(default="")
    key = peewee.TextField(default="")


class Snapshot(Table):
    """Both sides at one moment, compressed, for the statement of a period."""

    id = peewee.AutoField()
    kind = peewee.TextField(default="")
    period = peewee.TextField(default="")
    at = peewee.TextField(default="")
    run = peewee.IntegerField(default=0)
    hash = peewee.TextField(default="")
    body = peewee.BlobField()


class Reconciliation(Table):
    """A statement that was made from a snapshot, and who signed it off."""

    id = peewee.AutoField()
    snapshot = peewee.IntegerField()
    period = peewee.TextField(default="")
    company = peewee.TextField(default="")
    at = peewee.TextField(default="")
    by = peewee.TextField(default="")
    hash = peewee.TextField(default="")
    body = peewee.BlobField()
    signed_by = peewee.TextField(default="")
    signed_at = peewee.TextField(default="")
    note = peewee.TextField(default="")


class ReconciliationNote(Table):
    """What a person noted on a cause, or on one document of it; never changed in place."""

    id = peewee.AutoField()
    period = peewee.TextField(default="")
    company = peewee.TextField(default="")
    currency = peewee.TextField(default="")
    cause = peewee.TextField(default="")
    document = peewee.TextField(default="")
    note = peewee.TextField(default="")
    by = peewee.TextField(default="")
    at = peewee.TextField(default="")

    class Meta:
        """Two words in SQL."""

        table_name = "reconciliation_note"


ALL: tuple[type[Table], ...] = (
    Setting, Secret, Document, Earlier, Invoice, ApPayment, PaymentInvoice, Rule, Bookmark, Run,
    Plan, Action, Outbox, Attempt, Review, Decision, Audit, Traffic, Touched, Snapshot,
    Reconciliation, ReconciliationNote,
)  # fmt: skip
