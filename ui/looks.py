"""What states, causes and entries look like: icon, word and kind of colour, in one place.

Words of invoice states are the core's; everything else is said here once, so that list, pane and
history show the same (design.md 2, "Icons").
"""

from __future__ import annotations

from core import views
from ui import icons
from ui.painting import PillLook

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
    "pending": PillLook("calendar-due", "Pending", "wait"),
    "held": PillLook("player-pause", "Held", "wait"),
    "processing": PillLook("hourglass", "Processing", "wait"),
    "failed": PillLook("circle-x", "Failed", "wait"),
    "issued": PillLook("credit-card", "Issued", "wait"),
    "cleared": PillLook("circle-check", "Cleared", "ok"),
    "voided": PillLook("ban", "Voided", "bad"),
    "stopped": PillLook("ban", "Stopped", "bad"),
    "returned": PillLook("arrow-back-up", "Returned", "bad"),
    "reissued": PillLook("refresh", "Issued again", "bad"),
    "refunded": PillLook("receipt-refund", "Refunded", "bad"),
    "unknown": PillLook("zoom-question", "Not known", "warn"),
}

_MAPPING = ("link-plus", "Needs mapping", "warn")
_HELD = ("player-pause", "Held", "warn")
_REVIEW = ("alert-triangle", "Needs review", "warn")
_CAUSES = {
    "MAP": _MAPPING,
    "STA": _HELD,
    "SUP": _HELD,
    "PER": _HELD,
    "BNK": _HELD,
    "LIM": _HELD,
    "ATT": _HELD,
    "REJ": ("circle-x", "Rejected", "bad"),
    "CHG": ("file-diff", "Changed after sending", "warn"),
    "DBT": ("zoom-question", "In doubt", "doubt"),
    "VOI": ("ban", "Payment voided", "bad"),
    "RET": ("arrow-back-up", "Payment returned", "bad"),
    "INV": ("shield-x", "Promise broken", "bad"),
}
#: Code of a review item -> a few words for a line of the queue.
CAUSES = {
    "MAP-01": "Supplier not linked",
    "MAP-02": "Account not active",
    "MAP-03": "Account not mapped",
    "MAP-04": "Required code missing",
    "MAP-05": "Code not active in AvidXchange",
    "MAP-06": "Dimension not mapped",
    "STA-01": "Not validated in X3",
    "SUP-01": "Supplier may not be paid",
    "PER-01": "Period not open",
    "PER-02": "Paid, not posted in X3",
    "PO-01": "Order does not fit",
    "BNK-01": "Remittance details changed",
    "SUM-01": "Lines miss the total",
    "SUM-02": "Amount is zero",
    "CUR-01": "Currency cannot be sent",
    "DUE-01": "Due date not known",
    "DUE-02": "Falls due in parts",
    "DIM-01": "Line split over dimensions",
    "KND-01": "Kind not known",
    "DUP-01": "Maybe there already",
    "DUP-02": "Document number missing",
    "FIT-01": "Does not fit AvidXchange",
    "LIM-01": "Above the ceiling",
    "ATT-01": "Document image missing",
    "REJ-01": "Rejected in AvidXchange",
    "CHG-01": "Changed after sending",
    "DEL-01": "X3 no longer shows it",
    "DEL-02": "Deleted in AvidXchange",
    "REC-01": "Recoded by the approver",
    "LVL-01": "Approval level changed in X3",
    "DBT-01": "Not known whether it arrived",
    "BAL-01": "More than X3 shows open",
    "PAY-01": "Payment does not fit",
    "UNK-01": "State not known",
    "VOI-01": "Payment voided after posting",
    "RET-01": "Money came back",
    "INV-01": "A promise does not hold",
}
_SIDES = ("alert-triangle", "Needs you", "warn")
_OF_SIDES = frozenset(("AUT", "TLS", "NET", "RAT", "QTA", "ENV", "CFG", "DSK", "STO", "AUD"))


def cause(code: str, *, waits: bool = False) -> PillLook:
    """The look of a review item by its code; one that waits by itself is grey and not filled."""
    family = code.partition("-")[0]
    if code == "LCK-01":
        return PillLook("lock", "Locked", "wait")
    icon, word, kind = _CAUSES.get(family, _SIDES if family in _OF_SIDES else _REVIEW)
    return PillLook(icon, word, "wait") if waits else PillLook(icon, word, kind)


#: Action in the audit log -> icon and words; the action itself is what can be filtered by.
ACTIONS = {
    "answer": ("send", "Answer"),
    "approved": ("list-details", "Planned"),
    "archived": ("package", "Archived"),
    "backup made": ("device-floppy", "Backup made"),
    "decided": ("user", "Decided"),
    "decision": ("user", "Decision"),
    "decision ended": ("user", "Decision ended"),
    "evidence made": ("package", "Evidence made"),
    "gone": ("circle-minus", "No longer shown"),
    "intent": ("send", "Intent to send"),
    "key made anew": ("key", "Workspace key made anew"),
    "mapping": ("link", "Mapping"),
    "noted": ("user", "Note on a reconciliation"),
    "planned": ("list-details", "Plan made"),
    "posted": ("receipt", "Payment posted"),
    "received": ("book", "Read"),
    "reconciled": ("check", "Reconciled"),
    "restored": ("history", "Restored"),
    "review closed": ("check", "Review closed"),
    "review noted": ("user", "Review noted"),
    "review opened": ("alert-triangle", "Review opened"),
    "review resolved": ("check", "Review resolved"),
    "run ended": ("player-stop", "Run ended"),
    "run started": ("player-play", "Run started"),
    "seal": ("lock", "Sealed"),
    "secret forgotten": ("key", "Secret forgotten"),
    "secret set": ("key", "Secret replaced"),
    "signed off": ("check", "Signed off"),
    "setting changed": ("list-details", "Setting changed"),
    "settings noted": ("list-details", "Settings noted"),
    "snapshot": ("device-floppy", "Books of a month kept"),
    "started": ("history", "Started"),
    "state": ("arrow-right", "State"),
    "stopped": ("player-stop", "Stopped"),
}


def action(name: str) -> PillLook:
    """The look of an audit action; one that is not known here is shown as it is called."""
    icon, word = ACTIONS.get(name, ("info-circle", name.capitalize()))
    return PillLook(icon, word, "wait")
