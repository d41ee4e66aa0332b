"""What states, causes and entries look like: icon, word and kind of colour, in one place.

Words of invoice states are the core's; everything else is said here once, so that list, pane and
history show the same (design.md 2, "Icons").
"""

from __future__ import annotations

from core import views
from core.words import area
from ui import icons
from ui.painting import PillLook

say = area(__name__)

_KINDS = {
    "ready": "go",
    "needs_mapping": "warn",
    "needs_review": "warn",
    "held": "warn",
    "sending": "go",
    "in_doubt": "doubt",
    "rejected": "bad",
    "paid": "ok",
    "payment_voided": "bad",
    "payment_returned": "bad",
    "changed_after_sending": "warn",
}

#: State of an invoice -> its look.
INVOICES = {
    state: PillLook(icons.STATES[state], views.word_of(state), _KINDS.get(state, "wait"))
    for state in views.STATES
}

#: State of a payment -> its look.
PAYMENTS = {
    "pending": PillLook("calendar-due", say("pending"), "wait"),
    "held": PillLook("player-pause", say("held"), "wait"),
    "processing": PillLook("hourglass", say("processing"), "wait"),
    "failed": PillLook("circle-x", say("failed"), "wait"),
    "issued": PillLook("credit-card", say("issued"), "wait"),
    "cleared": PillLook("circle-check", say("cleared"), "ok"),
    "voided": PillLook("ban", say("voided"), "bad"),
    "stopped": PillLook("ban", say("stopped"), "bad"),
    "returned": PillLook("arrow-back-up", say("returned"), "bad"),
    "reissued": PillLook("refresh", say("issued_again"), "bad"),
    "refunded": PillLook("receipt-refund", say("refunded"), "bad"),
    "unknown": PillLook("zoom-question", say("not_known"), "warn"),
}

_MAPPING = ("link-plus", say("needs_mapping"), "warn")
_HELD = ("player-pause", say("held"), "warn")
_REVIEW = ("alert-triangle", say("needs_review"), "warn")
_CAUSES = {
    "MAP": _MAPPING,
    "STA": _HELD,
    "SUP": _HELD,
    "PER": _HELD,
    "BNK": _HELD,
    "LIM": _HELD,
    "ATT": _HELD,
    "REJ": ("circle-x", say("rejected"), "bad"),
    "CHG": ("file-diff", say("changed_after_sending"), "warn"),
    "DBT": ("zoom-question", say("in_doubt"), "doubt"),
    "VOI": ("ban", say("payment_voided"), "bad"),
    "RET": ("arrow-back-up", say("payment_returned"), "bad"),
    "INV": ("shield-x", say("promise_broken"), "bad"),
}
#: Code of a review item -> a few words for a line of the queue.
CAUSES = {
    "MAP-01": say("supplier_not_linked"),
    "MAP-02": say("account_not_active"),
    "MAP-03": say("account_not_mapped"),
    "MAP-04": say("required_code_missing"),
    "MAP-05": say("code_not_active_in_avidxchange"),
    "MAP-06": say("dimension_not_mapped"),
    "STA-01": say("not_validated_in_x3"),
    "SUP-01": say("supplier_may_not_be_paid"),
    "PER-01": say("period_not_open"),
    "PER-02": say("paid_not_posted_in_x3"),
    "PO-01": say("order_does_not_fit"),
    "BNK-01": say("remittance_details_changed"),
    "SUM-01": say("lines_miss_the_total"),
    "SUM-02": say("amount_is_zero"),
    "CUR-01": say("currency_cannot_be_sent"),
    "DUE-01": say("due_date_not_known"),
    "DUE-02": say("falls_due_in_parts"),
    "DIM-01": say("line_split_over_dimensions"),
    "KND-01": say("kind_not_known"),
    "DUP-01": say("maybe_there_already"),
    "DUP-02": say("document_number_missing"),
    "FIT-01": say("does_not_fit_avidxchange"),
    "LIM-01": say("above_the_ceiling"),
    "ATT-01": say("document_image_missing"),
    "REJ-01": say("rejected_in_avidxchange"),
    "CHG-01": say("changed_after_sending"),
    "DEL-01": say("x3_no_longer_shows_it"),
    "DEL-02": say("deleted_in_avidxchange"),
    "REC-01": say("recoded_by_the_approver"),
    "LVL-01": say("approval_level_changed_in_x3"),
    "DBT-01": say("not_known_whether_it_arrived"),
    "BAL-01": say("more_than_x3_shows_open"),
    "PAY-01": say("payment_does_not_fit"),
    "UNK-01": say("state_not_known"),
    "VOI-01": say("payment_voided_after_posting"),
    "RET-01": say("money_came_back"),
    "INV-01": say("a_promise_does_not_hold"),
}
_SIDES = ("alert-triangle", say("needs_you"), "warn")
_OF_SIDES = frozenset(("AUT", "TLS", "NET", "RAT", "QTA", "ENV", "CFG", "DSK", "STO", "AUD"))


def cause(code: str, *, waits: bool = False) -> PillLook:
    """The look of a review item by its code; one that waits by itself is grey and not filled."""
    family = code.partition("-")[0]
    if code == "LCK-01":
        return PillLook("lock", say("locked"), "wait")
    icon, word, kind = _CAUSES.get(family, _SIDES if family in _OF_SIDES else _REVIEW)
    return PillLook(icon, word, "wait") if waits else PillLook(icon, word, kind)


#: Action in the audit log -> icon and words; the action itself is what can be filtered by.
ACTIONS = {
    "answer": ("send", say("answer")),
    "approved": ("list-details", say("planned")),
    "archived": ("package", say("archived")),
    "backup made": ("device-floppy", say("backup_made")),
    "decided": ("user", say("decided")),
    "decision": ("user", say("decision")),
    "decision ended": ("user", say("decision_ended")),
    "evidence made": ("package", say("evidence_made")),
    "gone": ("circle-minus", say("no_longer_shown")),
    "intent": ("send", say("intent_to_send")),
    "key made anew": ("key", say("workspace_key_made_anew")),
    "mapping": ("link", say("mapping")),
    "noted": ("user", say("note_on_a_reconciliation")),
    "planned": ("list-details", say("plan_made")),
    "posted": ("receipt", say("payment_posted")),
    "received": ("book", say("read")),
    "reconciled": ("check", say("reconciled")),
    "restored": ("history", say("restored")),
    "review closed": ("check", say("review_closed")),
    "review noted": ("user", say("review_noted")),
    "review opened": ("alert-triangle", say("review_opened")),
    "review resolved": ("check", say("review_resolved")),
    "run ended": ("player-stop", say("run_ended")),
    "run started": ("player-play", say("run_started")),
    "seal": ("lock", say("sealed")),
    "secret forgotten": ("key", say("secret_forgotten")),
    "secret set": ("key", say("secret_replaced")),
    "signed off": ("check", say("signed_off")),
    "setting changed": ("list-details", say("setting_changed")),
    "settings noted": ("list-details", say("settings_noted")),
    "snapshot": ("device-floppy", say("books_of_a_month_kept")),
    "started": ("history", say("started")),
    "state": ("arrow-right", say("state")),
    "stopped": ("player-stop", say("stopped")),
}


def action(name: str) -> PillLook:
    """The look of an audit action; one that is not known here is shown as it is called."""
    icon, word = ACTIONS.get(name, ("info-circle", name.capitalize()))
    return PillLook(icon, word, "wait")
