"""Why an invoice stands where it stands, in words: one sentence, and its audit rows as a timeline.

Pure: everything comes in as plain rows, nothing is looked up here.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from core.domain.states import INVOICE_STATES
from core.errors import CATALOGUE
from core.words import area

say = area(__name__)

Row = Mapping[str, Any]

X3, AVIDXCHANGE, CROSSFOOT = "x3", "avidxchange", "crossfoot"
_DOCUMENT_MISSING = "ATT-01"  # held until somebody puts it there, not X3
_PROGRAM = frozenset(("engine", "schedule", "recovery"))

#: State -> who acts next and what happens then.
_NEXT = {
    "ready": say("crossfoot_acts_next_the_next_run_in"),
    "needs_mapping": say("you_act_next_complete_the_mapping"),
    "needs_review": say("you_act_next_settle_its_review_item"),
    "held": say("x3_acts_next_it_goes_on_by"),
    "sending": say("crossfoot_acts_next_it_is_being_sent"),
    "in_doubt": say("crossfoot_acts_next_it_looks_the"),
    "sent": say("avidxchange_acts_next_the_invoice_waits"),
    "in_approval": say("the_approvers_in_avidxchange_act_next"),
    "approved": say("avidxchange_acts_next_the_invoice_waits_2"),
    "rejected": say("you_act_next_correct_it_and_send"),
    "payment_scheduled": say("avidxchange_acts_next_the_payment_is"),
    "payment_issued": say("the_supplier_acts_next_the_payment_is"),
    "part_paid": say("avidxchange_acts_next_a_part_is_paid"),
    "paid": say("nothing_is_left_to_do"),
    "payment_voided": say("you_act_next_reverse_the_payment_in"),
    "payment_returned": say("you_act_next_reverse_the_payment_in_2"),
    "changed_after_sending": say("you_act_next_keep_what_was_sent"),
    "excluded": say("nothing_will_be_sent"),
}

_KINDS = {
    "invoice": say("the_invoice"),
    "replace": say("the_changed_invoice"),
    "withdraw": say("the_withdrawal"),
    "vendor": say("the_vendor"),
    "approval": say("the_approval_level"),
    "payment": say("the_payment"),
    "image": say("the_document_image"),
}


_PUT_ASIDE = {"hold": say("held"), "exclude": say("excluded")}


def word_of(state: str) -> str:
    """The word people read for a state."""
    return INVOICE_STATES.get(state, (state.replace("_", " ").capitalize(), ""))[0]


def sentence(invoice: Row, items: Sequence[Row] = (), *, is_held_by_person: bool = False) -> str:
    """State, since when, why, and who acts next; `items` are its open review items."""
    since = str(invoice["since"])[:10]
    head = say("is", number=invoice["number"], word_of=word_of(invoice["state"]).lower())
    if since:
        head += say("since", since=since)
    why = str(invoice.get("why") or "").strip()
    parts = [f"{head}: {_ended(why)}" if why else f"{head}."]
    if is_held_by_person and invoice["state"] == "held":
        parts.append(say("you_act_next_release_it"))
    elif items:
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
    how = say("review_item", id=item["id"], how=", ".join(item["how"])) if item["how"] else ""
    fix = item["fix"].rstrip(".")
    if is_held and waits_by_itself(item):
        # What comes behind is for invoices that were sent, and for payments.
        first = fix.partition(", or ")[0].removesuffix(" in X3")
        return say(
            "x3_acts_next_and_it_goes_on", first=first[:1].lower(), first2=first[1:], how=how
        )
    return say("you_act_next", ended=_ended(fix + how))


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
        return (
            say("payment_seen") if is_new else say("payment_changed")
        ) + f" ({name[8:]})", AVIDXCHANGE
    return (say("read_for_the_first_time") if is_new else say("changed_in_x3")), X3


def _state(row: Row, source: str) -> tuple[str, str]:
    before, after = row["before"] or "", row["after"] or ""
    was = say("was", word_of=word_of(before).lower()) if before else ""
    why = f": {row['result']}" if row["result"] else ""
    return f"{word_of(after)}{was}{why}", source


def _approved(row: Row, source: str) -> tuple[str, str]:
    return say("planned_to_write", kind=_kind(row["result"])), source


def _intent(row: Row, source: str) -> tuple[str, str]:
    return say("sending", kind=_kind(row["result"]), object=row["object"]), source


def _answer(row: Row, source: str) -> tuple[str, str]:
    after = _json(row["after"])
    state = str(after.get("state", "")).replace("_", " ")
    outcome = str(row["result"]).replace("_", " ")
    if row["actor"] == "recovery":
        return say("found_unanswered_at_start_now", state=state, outcome=outcome), source
    told = _result(_json(after.get("result")))
    side = AVIDXCHANGE if str(row["object"]).startswith("X3|") else X3
    name = "AvidXchange" if side == AVIDXCHANGE else "X3"
    return say("answered_now", name=name, outcome=outcome, state=state, told=told), side


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
    return say("decided_now", outcome=outcome, state=state), source


def _resolved(row: Row, source: str) -> tuple[str, str]:
    after = _json(row["after"])
    how = str(after.get("how", "")).replace("_", " ")
    reason = f": {after['reason']}" if after.get("reason") else ""
    return say("settled_by", result=row["result"], how=how, reason=reason), source


def _decided(row: Row, source: str) -> tuple[str, str]:
    """A decision about an item, or one that put an invoice aside without any."""
    after = _json(row["after"])
    if row["result"] or after.get("how") not in _PUT_ASIDE:
        return _resolved(row, source)
    return f"{_PUT_ASIDE[str(after['how'])]}: {after.get('reason', '')}", source


def _ended_decision(row: Row, source: str) -> tuple[str, str]:
    reason = f": {row['after']}" if row["after"] else ""
    return f"{say('taken_back')}{reason}", source


def _opened(row: Row, source: str) -> tuple[str, str]:
    entry = CATALOGUE.get(str(row["result"]))
    waits = entry is not None and entry.state == "held" and not entry.waits_for_person
    waits = waits and row["result"] != _DOCUMENT_MISSING
    noted = say("noted") if waits else say("needs_a_person")
    return f"{noted}, {row['result']}: {row['after'] or ''}", source


def _closed(row: Row, source: str) -> tuple[str, str]:
    return say("closed_its_cause_is_gone", result=row["result"]), source


def _posted(row: Row, source: str) -> tuple[str, str]:
    if row["after"]:
        return say("payment_posted_in_x3_as", object=row["object"], after=row["after"]), source
    return say("payment_is_no_longer_posted_in_x3", object=row["object"]), source


def _gone(row: Row, _: str) -> tuple[str, str]:
    return say("no_longer_shown", object=row["object"]), X3


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
    "decided": _decided,
    "decision ended": _ended_decision,
    "review resolved": _resolved,
    "review opened": _opened,
    "review closed": _closed,
    "posted": _posted,
    "gone": _gone,
}
