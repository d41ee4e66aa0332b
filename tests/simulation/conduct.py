"""How the program went about it: nothing written that no plan shows, no look left out, all logged.

Judged by the requests that both systems received, in their order, against the stored plans and the
exported log. Times are those of the servers.
"""

from __future__ import annotations

import hashlib
import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_plus

from tests.simulation.facts import Facts

Row = dict[str, Any]

WRITES = {
    ("avid", "submit_invoice"), ("avid", "replace_invoice"), ("avid", "withdraw_invoice"),
    ("avid", "upsert_vendors"), ("x3", "save"), ("x3", "modify"), ("x3", "run"),
}  # fmt: skip
_KINDS = {
    ("avid", "submit_invoice"): "invoice", ("x3", "save"): "payment",
    ("x3", "modify"): "approval", ("x3", "run"): "approval",
}  # fmt: skip
_LEVEL_WRITES = ("x3.modify", "x3.run")
_NOT_TAKEN = (401, 403, 429)
_STAMP = "UPDDATTIM"  # of a line's last change


@dataclass(frozen=True)
class Write:
    """A write that a system received, with the action of a stored plan that has its bytes."""

    place: int  # among all requests
    time: str
    name: tuple[str, str]
    sha256: str
    action: Row
    since: str  # begin of the run, or the write of these bytes before


def planned(facts: Facts) -> Iterator[str]:
    """No write was received that no stored plan holds with the same bytes and no intent names."""
    actions = _actions(facts)
    intents = [row for one in _all(facts) for row in one.log if row["action"] == "intent"]
    told = {row["object"] for row in intents}
    for request in _writes(facts):
        name = (request["system"], request["operation"])
        action = actions.get(request["sha256"])
        if action is None:
            yield f"{name} at {request['time']}: no stored plan has these bytes"
        elif (action["reference"] or action["key"]) not in told:
            yield f"{name} at {request['time']}: {_object(action)} has no intent in the log"


def looked(facts: Facts) -> Iterator[str]:
    """Every invoice, payment and level is looked at in the run that writes it, before it does."""
    texts = [_text(request) for request in facts.requests]
    for write in _known_writes(facts):
        wanted = _looks_of(write)
        before = [
            text
            for text, request in zip(texts[: write.place], facts.requests, strict=False)
            if request["time"] >= write.since
        ]
        for what, names in wanted.items():
            seen = [text for text in before if text.startswith(what)]
            if not any(name in text for text in seen for name in names):
                told = f"{write.name} of {_object(write.action)} at {write.time}"
                yield f"{told}: no {what} before it"


def moved(facts: Facts) -> Iterator[str]:
    """What a person moved after the plan was made, and a look has shown, is not written over."""
    texts = [_text(request) for request in facts.requests]
    acts = list(_moves(facts))
    for write in _known_writes(facts):
        kind, at = write.action["kind"], write.action["at"]
        numbers = _numbers(write.action)
        for act in acts:
            is_about = kind in _MOVES[act["cause"]] and _number_of(act) in numbers
            if not is_about or not at < act["time"] < write.time:
                continue
            if _is_level_as_before(facts, act, at, write.time):
                continue
            if _is_undone(facts, act, write.time):
                continue
            between = [
                text
                for text, request in zip(texts[: write.place], facts.requests, strict=False)
                if request["time"] > act["time"] and _is_answered(request)
            ]
            if _is_looked_at(write.action, _number_of(act), between):
                yield (
                    f"{write.name} of {_object(write.action)} at {write.time}: planned {at}, "
                    f"{act['cause']} at {act['time']} was seen"
                )


def _moves(facts: Facts) -> Iterator[Row]:
    """What people did that writes have to mind; a level set to what it was moved nothing."""
    levels: dict[str, Any] = {}
    for entry in facts.history:
        column = _LEVELS.get(entry["table"])
        if column and entry["row"] is not None:
            key, level = f"{entry['table']} {entry['key']}", entry["row"][column]
            old, levels[key] = levels.get(key), level
            if entry["cause"] == "x3.set_level" and level == old:
                continue
        if entry["cause"] in _MOVES:
            yield entry


def _is_undone(facts: Facts, act: Row, until: str) -> bool:
    """Whether a payment by hand was reversed again before this time: then all is as it was."""
    return act["cause"] == "x3.pay_by_hand" and any(
        act["time"] < entry["time"] < until and _number_of(entry) == _number_of(act)
        for entry in facts.history
        if entry["cause"] == "x3.reverse_payment" and entry["table"] == "x3:GACCDUDATE"
    )


def as_it_is(facts: Facts) -> Iterator[str]:
    """Of a previewed plan nothing is applied whose invoice was changed in X3 since."""
    changes = list(_line_changes(facts))
    runs = [*facts.notes.runs, "9"]
    for began, plan in facts.notes.applied:
        ended = runs[bisect_right(runs, began)]
        for write in _known_writes(facts):
            at = write.action["at"]
            is_of_it = write.action["plan"] == plan and write.action["kind"] == "invoice"
            if not is_of_it or not at < began < write.time < ended:
                continue
            for entry in changes:
                is_its = entry["key"].partition("~")[0] == write.action["key"]
                if is_its and at < entry["time"] <= began:  # a run's own begin with a step
                    told = f"{_object(write.action)} was planned {at}, changed {entry['time']}"
                    yield f"{told}, and sent as planned at {write.time}"


def _line_changes(facts: Facts) -> Iterator[Row]:
    """Changes of an invoice's lines in X3; a line set to what it was is none."""
    lines: dict[str, Row] = {}
    for entry in facts.history:
        if entry["table"] != "x3:BPSINVLIG" or entry["row"] is None:
            continue
        line = {name: value for name, value in entry["row"].items() if name != _STAMP}
        old, lines[entry["key"]] = lines.get(entry["key"]), line
        if entry["cause"] == "x3.change_invoice" and line != old:
            yield entry


def _is_looked_at(action: Row, number: str, texts: list[str]) -> bool:
    """Whether these requests hold the whole look that precedes such a write.

    A single query that names the invoice may belong to something else.
    """
    owed = [place for place, t in enumerate(texts) if t.startswith("x3 query") and number in t]
    if not owed or action["kind"] == "approval":
        return any("PINVOICE" in texts[place] for place in owed)
    reference = str(action["reference"])
    if action["kind"] == "payment":
        return any(t.startswith("x3 soap_query") and reference in t for t in texts)
    rest = texts[owed[0] :]
    return any(t.startswith("avid list_invoices") and reference in t for t in rest)


def left_alone(facts: Facts) -> Iterator[str]:
    """A level that a person set after ours is not written over, unless somebody says so."""
    ours: dict[str, str] = {}
    under: dict[str, Any] = {}  # what our last level was written over
    theirs: dict[str, tuple[str, Any]] = {}
    levels: dict[str, Any] = {}
    asked: dict[str, set[int]] = defaultdict(set)  # by AvidXchange's states since our last level
    asks: dict[str, int] = {}  # by AvidXchange's state as it is
    for entry in facts.history:
        row, column = entry["row"], _LEVELS.get(entry["table"])
        if entry["table"] == "avid:invoice" and row is not None and row["ExternalId"]:
            number = (row["ExternalId"]["Value"].split("|") + [""] * 4)[3]
            asks[number] = _ASKED.get(row["Status"], 0)
            asked[number].add(asks[number])
        if row is None or column is None:
            continue
        key, number = f"{entry['table']} {entry['key']}", row["NUM"]
        old, levels[key] = levels.get(key), row[column]
        if old in (None, row[column]):
            continue
        if entry["cause"] == "x3.set_level" and key in ours:
            theirs[key] = (entry["time"], row[column])
        elif entry["cause"] in _LEVEL_WRITES:
            time = str(entry["time"])
            before, ours[key] = ours.get(key) or time, time
            was_under, under[key] = under.get(key), old
            since, level = theirs.pop(key, ("", None))
            # Where it was what AvidXchange asked for just then, nobody disagreed.
            is_own = bool(since) and level not in asked[number]
            asked[number] = {int(row[column]), asks.get(number, 0)}
            # Set between the look and the write nobody can know of it.
            if not is_own or not _is_seen(facts, number, since, entry["time"]):
                continue
            # Put back to what stood before a write of which no answer came: as if it never arrived.
            if level == was_under and _was_in_doubt(facts, number):
                continue
            if not _is_released(facts, number, before, entry["time"]):
                yield f"{number}: a person set level {level} at {since}, we wrote {row[column]}"


def audited(facts: Facts) -> Iterator[str]:
    """The log verifies, and every state on the lists has an entry that set it."""
    previous = "0" * 64
    for place, row in enumerate(facts.log, 1):
        body = {name: value for name, value in row.items() if name not in ("previous", "hash")}
        text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        wanted = hashlib.sha256((previous + text).encode()).hexdigest()
        if (row["sequence"], row["previous"], row["hash"]) != (place, previous, wanted):
            yield f"audit row {place} does not follow from the one before"
            break
        previous = row["hash"]
    last = {row["object"]: str(row["after"]) for row in facts.log if row["action"] == "state"}
    for row in facts.invoices:
        if last.get(row["number"], "ready") != row["state"]:
            told = last.get(row["number"])
            yield f"{row['number']}: the list says {row['state']}, the log {told}"


def one_token(facts: Facts) -> Iterator[str]:
    """While a token lives that nobody refused, no other is asked for.

    Two at one moment may be: whoever waits meanwhile moves the clock past the end of the first.
    """
    last, asked = "", 0
    for request in facts.requests:
        if request["system"] != "avid":
            continue
        if request["operation"] != "token":
            last = "" if request["status"] in (401, 0) else last
        elif request["status"] == 200 and not request["fault"]:
            asked = asked + 1 if last == request["time"] else 1
            if asked > _AT_ONE_MOMENT:
                yield f"{asked} tokens were asked for at {last}"
            last = request["time"]


_AT_ONE_MOMENT = 2
CHECKS = (planned, looked, moved, as_it_is, left_alone, audited, one_token)

#: What people do in X3 -> which kinds of writes have to mind it.
_MOVES = {
    "x3.pay_by_hand": ("payment", "invoice"),
    "x3.cancel_invoice": ("invoice", "approval"),
    "x3.set_level": ("approval",),
}
_ASKED = {
    "Received": 1, "In Approval": 1, "On Hold": 3, "Disputed": 2, "Approved": 4, "Exported": 4,
    "Rejected": 2, "Deleted": 1,
}  # fmt: skip
_LEVELS = {"x3:PINVOICE": "PAZ", "x3:GACCDUDATE": "FLGPAZ"}


def _is_level_as_before(facts: Facts, act: Row, at: str, until: str) -> bool:
    """Whether a level was set to what the plan saw, or back to it before the write."""
    column = _LEVELS.get(act["table"])
    if act["cause"] != "x3.set_level" or column is None:
        return False
    shown = [
        (entry["time"], entry["row"][column])
        for entry in facts.history
        if (entry["table"], entry["key"]) == (act["table"], act["key"]) and entry["row"]
    ]
    before = [level for time, level in shown if time <= at][-1:]
    return before == [level for time, level in shown if time < until][-1:]


def _is_seen(facts: Facts, number: str, since: str, until: str) -> bool:
    """Whether X3 was asked about this invoice, and answered, between two instants."""
    return any(
        since < request["time"] < until and _is_answered(request) and number in _text(request)
        for request in facts.requests
        if (request["system"], request["operation"]) == ("x3", "query")
    )


def _was_in_doubt(facts: Facts, number: str) -> bool:
    """Whether the answer to a level of this invoice was lost."""
    return any(
        row["object"] == number and row["action"] == "answer" and "in_doubt" in str(row["after"])
        for one in _all(facts)
        for row in one.log
    )


def _is_released(facts: Facts, number: str, since: str, until: str) -> bool:
    """Whether a backup came back since our last level, which it has forgotten, or a person decided.

    Then what is shown counts as what was there before us.
    """
    if any(since < time < until for time in facts.notes.restores):
        return True
    return any(number in (item["document"], *item["documents"]) for item in facts.decided)


def _all(facts: Facts) -> Iterator[Facts]:
    yield facts
    yield from facts.earlier


def _actions(facts: Facts) -> dict[str, Row]:
    """SHA-256 of the bytes of each planned action, alone and as a list of one -> the action."""
    found: dict[str, Row] = {}
    for one in _all(facts):
        for action in one.plans:
            for body in (action["body"], b"[" + action["body"] + b"]"):
                found[hashlib.sha256(body).hexdigest()] = action
    return found


def _writes(facts: Facts) -> Iterable[Row]:
    return (r for r in facts.requests if (r["system"], r["operation"]) in WRITES)


def _known_writes(facts: Facts) -> Iterator[Write]:
    """Writes of invoices, payments and levels, with the latest plan that came before each."""
    actions: dict[str, list[Row]] = defaultdict(list)
    for one in _all(facts):
        for action in one.plans:
            if action["kind"] in _KINDS.values():
                actions[hashlib.sha256(action["body"]).hexdigest()].append(action)
    before: dict[str, str] = {}
    for place, request in enumerate(facts.requests):
        name = (request["system"], request["operation"])
        made = [a for a in actions.get(request["sha256"], ()) if a["kind"] == _KINDS.get(name)]
        if not made:
            continue
        runs = facts.notes.runs
        began = runs[max(0, bisect_right(runs, request["time"]) - 1)]
        since = max(began, before.get(request["sha256"], ""))
        if request["status"] not in _NOT_TAKEN:  # else the client may ask again at once
            before[request["sha256"]] = request["time"]
        action = _latest(made, request["time"])
        yield Write(place, request["time"], name, request["sha256"], action, since)


def _latest(actions: list[Row], time: str) -> Row:
    """The action of the last plan before this time."""
    made = [one for one in actions if one["at"] <= time]
    return max(made, key=lambda one: str(one["at"])) if made else actions[0]


def _looks_of(write: Write) -> dict[str, tuple[str, ...]]:
    """What must have been asked before a write: system and operation -> names, one of them."""
    action = write.action
    numbers = tuple(_numbers(action))
    if action["kind"] == "invoice":
        return {"x3 query": numbers, "avid list_invoices": (action["reference"],)}
    if action["kind"] == "payment":
        return {"x3 query": numbers, "x3 soap_query": (action["reference"],)}
    return {"x3 query": numbers}


def _numbers(action: Row) -> list[str]:
    info = json.loads(action["info"])
    return [str(n) for n in info["numbers"]] if action["kind"] == "payment" else [action["key"]]


def _number_of(entry: Row) -> str:
    """The X3 invoice that a committed change is about."""
    if entry["row"] is not None:
        return str(entry["row"]["NUM"])
    parts = str(entry["key"]).split("~")
    return parts[1] if entry["table"] == "x3:GACCDUDATE" else parts[0]


def _object(action: Row) -> str:
    return str(action["reference"] or action["key"])


def _text(request: Row) -> str:
    asked = unquote_plus(f"{request['path']}?{request['query']}")
    return f"{request['system']} {request['operation']} {asked} {request['reference']}"


def _is_answered(request: Row) -> bool:
    return request["status"] == 200 and not request["fault"]
