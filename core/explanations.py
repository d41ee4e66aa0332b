"""Why an invoice stands where it stands, in words: one sentence, and its audit rows as a timeline.

Pure: everything comes in as plain rows, nothing is looked up here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from core.domain.states import INVOICE_STATES
from core.errors import CATALOGUE

Row = Mapping[str, Any]

X3, AVIDXCHANGE, CROSSFOOT = "x3", "avidxchange", "crossfoot"
_DOCUMENT_MISSING = "ATT-01"  # held until somebody puts it there, not X3
_PROGRAM = frozenset(("engine", "schedule", "recovery"))

#: State -> who acts next and what happens then.
_NEXT = {
    "ready": "Crossfoot acts next: the next run in live mode sends it.",
    "needs_mapping": "You act next: complete the mapping.",
    "needs_review": "You act next: settle its review item.",
    "held": "X3 acts next: it goes on by itself when the cause is gone.",
    "sending": "Crossfoot acts next: it is being sent.",
    "in_doubt": "Crossfoot acts next: it looks the invoice up by its reference and never sends it "
    "again blindly.",
    "sent": "AvidXchange acts next: the invoice waits to be taken up for approval.",
    "in_approval": "The approvers in AvidXchange act next.",
    "approved": "AvidXchange acts next: the invoice waits for its payment.",
    "rejected": "You act next: correct it and send it again, or exclude it.",
    "payment_scheduled": "AvidXchange acts next: the payment is prepared.",
    "payment_issued": "The supplier acts next: the payment is on its way and not cleared yet.",
    "part_paid": "AvidXchange acts next: a part is paid, the rest is open.",
    "paid": "Nothing is left to do.",
    "payment_voided": "You act next: reverse the payment in X3, or say that it stays.",
    "payment_returned": "You act next: reverse the payment in X3 and find out where to pay.",
    "changed_after_sending": "You act next: keep what was sent, or withdraw it.",
    "excluded": "Nothing will be sent.",
}

_KINDS = {
    "invoice": "the invoice",
    "replace": "the changed invoice",
    "withdraw": "the withdrawal",
    "vendor": "the vendor",
    "approval": "the approval level",
    "payment": "the payment",
    "image": "the document image",
}


def word_of(state: str) -> str:
    """The word people read for a state."""
    return INVOICE_STATES.get(state, (state.replace("_", " ").capitalize(), ""))[0]


def sentence(invoice: Row, items: Sequence[Row] = ()) -> str:
    """State, since when, why, and who acts next; `items` are its open review items."""
    since = str(invoice["since"])[:10]
    head = f"{invoice['number']} is {word_of(invoice['state']).lower()}"
    if since:
        head += f" since {since}"
    why = str(invoice.get("why") or "").strip()
    parts = [f"{head}: {_ended(why)}" if why else f"{head}."]
    if items:
        parts += [_fix(item, is_held=invoice["state"] == "held") for item in items]
    else:
        parts.append(_NEXT.get(invoice["state"], ""))
    return " ".join(part for part in parts if part)


def timeline(rows: Iterable[Row]) -> list[dict[str, str]]:
    """`time`, `text`, `source` of each audit row, newest first.

    `source` is `x3`, `avidxchange`, `crossfoot`, or the name of the person who acted.
    """
    found = []
    for row in sorted(rows, key=lambda row: int(row["sequence"]), reverse=True):
        text, source = _told(row)
        found.append({"time": str(row["time"]), "text": text, "source": source})
    return found


def _fix(item: Row, *, is_held: bool) -> str:
    how = f" (review item {item['id']}: {', '.join(item['how'])})" if item["how"] else ""
    fix = item["fix"].rstrip(".")
    if is_held and waits_by_itself(item):
        # What comes behind is for invoices that were sent, and for payments.
        first = fix.partition(", or ")[0].removesuffix(" in X3")
        return (
            "X3 acts next, and it goes on by itself then. "
            f"To be done in X3: {first[:1].lower()}{first[1:]}{how}."
        )
    return f"You act next: {_ended(fix + how)}"


def waits_by_itself(item: Row) -> bool:
    """Whether an item of a held invoice waits for X3 rather than for a person.

    An item of the command line does not carry `waits`; its code and what it offers say the same.
    """
    code = str(item.get("code", ""))
    if "waits" in item or code == _DOCUMENT_MISSING:
        return bool(item.get("waits")) and code != _DOCUMENT_MISSING
    entry = CATALOGUE.get(code)
    is_alone = entry is None or entry.waits_for_person
    return not is_alone and not {"link", "withdraw", "done"} & set(item["how"])


def _ended(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _told(row: Row) -> tuple[str, str]:
    """What one row says, and who said it."""
    teller = _TELLERS.get(str(row["action"]))
    source = CROSSFOOT if row["actor"] in _PROGRAM else str(row["actor"])
    if teller is not None:
        return teller(row, source)
    result = f": {row['result']}" if row["result"] else ""
    return f"{str(row['action']).capitalize()}{result}", source


def _received(row: Row, _: str) -> tuple[str, str]:
    is_new = row["result"] == "new"
    name = str(row["object"])
    if name.startswith("payment "):
        return ("Payment seen" if is_new else "Payment changed") + f" ({name[8:]})", AVIDXCHANGE
    return ("Read for the first time" if is_new else "Changed in X3"), X3


def _state(row: Row, source: str) -> tuple[str, str]:
    before, after = row["before"] or "", row["after"] or ""
    was = f" (was {word_of(before).lower()})" if before else ""
    why = f": {row['result']}" if row["result"] else ""
    return f"{word_of(after)}{was}{why}", source


def _approved(row: Row, source: str) -> tuple[str, str]:
    return f"Planned to write {_kind(row['result'])}", source


def _intent(row: Row, source: str) -> tuple[str, str]:
    return f"Sending {_kind(row['result'])} ({row['object']})", source


def _answer(row: Row, source: str) -> tuple[str, str]:
    after = _json(row["after"])
    state = str(after.get("state", "")).replace("_", " ")
    outcome = str(row["result"]).replace("_", " ")
    if row["actor"] == "recovery":
        return f"Found unanswered at start, now {state}: {outcome}", source
    told = _result(_json(after.get("result")))
    side = AVIDXCHANGE if str(row["object"]).startswith("X3|") else X3
    name = "AvidXchange" if side == AVIDXCHANGE else "X3"
    return f"{name} answered: {outcome}, now {state}{told}", side


def _result(result: Mapping[str, Any]) -> str:
    """What an answer brought, in words: under which id or number, and what it said."""
    names = ("file", "id", "number", "level")
    parts = [f"{name} {result[name]}" for name in names if result.get(name)]
    said = result.get("messages") or result.get("why")
    if said:
        parts.append("; ".join(said) if isinstance(said, list) else str(said))
    return f" ({', '.join(parts)})" if parts else ""


def _decision(row: Row, source: str) -> tuple[str, str]:
    state = str(_json(row["after"]).get("state", "")).replace("_", " ")
    outcome = str(row["result"]).replace("_", " ")
    return f"Decided: {outcome}, now {state}", source


def _resolved(row: Row, source: str) -> tuple[str, str]:
    after = _json(row["after"])
    how = str(after.get("how", "")).replace("_", " ")
    reason = f": {after['reason']}" if after.get("reason") else ""
    return f"{row['result']} settled by {how}{reason}", source


def _opened(row: Row, source: str) -> tuple[str, str]:
    entry = CATALOGUE.get(str(row["result"]))
    waits = entry is not None and entry.state == "held" and not entry.waits_for_person
    waits = waits and row["result"] != _DOCUMENT_MISSING
    noted = "Noted" if waits else "Needs a person"
    return f"{noted}, {row['result']}: {row['after'] or ''}", source


def _closed(row: Row, source: str) -> tuple[str, str]:
    return f"{row['result']} closed, its cause is gone", source


def _posted(row: Row, source: str) -> tuple[str, str]:
    if row["after"]:
        return f"Payment {row['object']} posted in X3 as {row['after']}", source
    return f"Payment {row['object']} is no longer posted in X3", source


def _gone(row: Row, _: str) -> tuple[str, str]:
    return f"No longer shown ({row['object']})", X3


def _kind(kind: str) -> str:
    return _KINDS.get(kind, kind)


def _json(text: Any) -> dict[str, Any]:
    """The object in a `before` or `after`; empty when it is plain text."""
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


_TELLERS: dict[str, Callable[[Row, str], tuple[str, str]]] = {
    "received": _received,
    "state": _state,
    "approved": _approved,
    "intent": _intent,
    "answer": _answer,
    "decision": _decision,
    "decided": _resolved,
    "review resolved": _resolved,
    "review opened": _opened,
    "review closed": _closed,
    "posted": _posted,
    "gone": _gone,
}
