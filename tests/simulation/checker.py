"""Judges a seed by what both systems committed and what the program says; apart from the engine.

Nothing of the program's rules is used here: what is right follows from product.md and the two
contracts alone. Each problem is one sentence; none means that every promise was kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.simulation import conduct
from tests.simulation.facts import Facts

Row = dict[str, Any]

GONE = frozenset(("Rejected", "Deleted"))
OUT = frozenset(("Sent to Check Printer", "Issued to Supplier", "ACH Credit Issued", "Cleared"))
BACK = frozenset(("Void", "Stopped", "Returned", "Refunded", "Reissued"))
LEVELS = {
    "Received": 1, "In Approval": 1, "On Hold": 3, "Disputed": 2, "Approved": 4, "Exported": 4,
    "Rejected": 2,
}  # fmt: skip
_APPROVALS = {
    "Received": "received", "In Approval": "in_approval", "On Hold": "on_hold",
    "Disputed": "disputed", "Approved": "approved", "Exported": "exported",
    "Rejected": "rejected", "Deleted": "deleted",
}  # fmt: skip
POSTED, OPEN, UNPAID = 3, 1, 11
WAITING = frozenset(("needs_mapping", "needs_review", "held", "excluded", "rejected",
                     "changed_after_sending"))  # fmt: skip
UNSETTLED = frozenset(("ready", "sending", "in_doubt"))
_CREDITS = (2, 4)
_OVERLAP = timedelta(minutes=10)  # of X3's polls, as settings.md has it
_MANY = 3


def problems(facts: Facts) -> list[str]:
    """What was not kept, one sentence each."""
    checks = (
        invoices_once, payments_once, nothing_lost, amounts, same_amount, named_reasons,
        payments_told, levels, missing_together, promises, *conduct.CHECKS,
    )  # fmt: skip
    return [problem for check in checks for problem in check(facts)]


def timely(facts: Facts) -> Iterator[str]:
    """After two undisturbed runs all that X3 shows is on the list, with AvidXchange's state.

    What was committed with a stamp within the overlaps is found by the next poll; the sweeps, which
    find the rest, have not been made yet.
    """
    listed = {row["number"]: row for row in facts.invoices}
    stamped_back = _stamped_back(facts)
    for number, row in _numbers(facts).items():
        is_late = number in stamped_back
        if row["ACCDAT"] >= facts.start and number not in listed and not is_late:
            yield f"{number}: X3 shows it, the next poll did not bring it"
    for row in facts.tables["avid:invoice"]:
        mine = listed.get(number_of(row["ExternalId"], facts.endpoint))
        if mine is None or mine["external_id"] != row["ExternalId"]["Value"]:
            continue
        if "DUP-01" in mine["codes"]:  # another content under our id: a person decides first
            continue
        wanted = _APPROVALS.get(row["Status"])
        if not wanted or row.get("Vanished") or _is_for_a_person(facts, row, mine):
            continue
        if mine["approval"] != wanted:
            number, state = mine["number"], mine["approval"]
            yield f"{number}: {row['Status']} there, the next poll left it {state}"


def _stamped_back(facts: Facts) -> set[str]:
    """Invoices that were committed with a stamp from before the overlap of a poll."""
    return {
        entry["key"]
        for entry in facts.history
        if entry["table"] == "x3:PINVOICE" and entry["cause"] == "x3.touch"
        if _instant(entry["time"]) - _instant(entry["row"]["UPDDATTIM"]) > _OVERLAP
    }


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _is_for_a_person(facts: Facts, there: Row, mine: Row) -> bool:
    """Whether a person is asked if what stands there is ours, which a restored store forgot.

    One that was rejected there is not taken over: nothing can be paid by it, and what is sent
    next is looked up before.
    """
    if "DUP-01" in mine["codes"]:
        return True
    return bool(facts.notes.restores) and there["Status"] == "Rejected" and not mine["approval"]


# What stands in both systems


def number_of(external_id: Any, endpoint: str) -> str:
    """The X3 invoice of an external id of ours, else empty."""
    value = external_id["Value"] if isinstance(external_id, dict) else str(external_id or "")
    parts = value.split("|")
    is_ours = len(parts) == 5 and parts[:2] == ["X3", endpoint]
    return parts[3] if is_ours else ""


def _is_live(row: Row) -> bool:
    return row["Status"] not in GONE and not row.get("Vanished")


def invoices_once(facts: Facts) -> Iterator[str]:
    """At no moment has an X3 invoice two live ones, and no external id is used twice."""
    live: dict[str, set[str]] = defaultdict(set)
    ids: dict[str, str] = {}
    for entry in facts.history:
        row = entry["row"]
        if entry["table"] != "avid:invoice" or row is None:
            continue
        number = number_of(row["ExternalId"], facts.endpoint)
        if not number:
            continue
        external = row["ExternalId"]["Value"]
        if ids.setdefault(external, entry["key"]) != entry["key"]:
            yield f"{external} names two invoices: {ids[external]} and {entry['key']}"
        (live[number].add if _is_live(row) else live[number].discard)(entry["key"])
        if len(live[number]) > 1 and _is_live(row):
            at, cause = entry["time"], entry["cause"]
            yield f"{number} has {len(live[number])} live invoices at {at} ({cause})"


def payment_of(reference: str) -> str:
    """The AvidXchange payment that an X3 payment's reference names, else empty."""
    return reference.removeprefix("AVD").partition("-")[0] if reference.startswith("AVD") else ""


def payments_once(facts: Facts) -> Iterator[str]:
    """At no moment do two postings of one AvidXchange payment stand in X3."""
    standing: dict[str, set[str]] = defaultdict(set)
    for entry in facts.history:
        row = entry["row"]
        if entry["table"] != "x3:PAYMENTH" or row is None or not payment_of(row["REF"]):
            continue
        key = payment_of(row["REF"])
        is_standing = row["STA"] != UNPAID
        (standing[key].add if is_standing else standing[key].discard)(entry["key"])
        if len(standing[key]) > 1 and is_standing:
            yield f"payment {key} is posted {len(standing[key])} times at {entry['time']}"


def nothing_lost(facts: Facts) -> Iterator[str]:
    """Whatever either system took from us, we know of."""
    known = {row["external_id"] for row in facts.invoices if row["external_id"]}
    named = _named(facts)
    gone = _numbers(facts)
    for row in facts.tables["avid:invoice"]:
        number = number_of(row["ExternalId"], facts.endpoint)
        if not number or not _is_live(row) or number not in gone:
            continue
        if row["ExternalId"]["Value"] not in known and number not in named:
            yield f"{number}: AvidXchange has {row['ExternalId']['Value']}, we do not know it"
    posted = {row["payment_id"] for row in facts.payments if row["posted"]}
    for row in facts.tables["x3:PAYMENTH"]:
        key = payment_of(row["REF"])
        if key and row["STA"] != UNPAID and key not in posted and key not in named:
            yield f"payment {key}: X3 has {row['REF']}, we do not know it"


def _named(facts: Facts) -> set[str]:
    """Documents that an open item names, or that a person had the last word on."""
    found: set[str] = set()
    for item in [*facts.reviews, *facts.decided]:
        found |= {item["document"], *item["documents"]}
    return found


def _numbers(facts: Facts) -> dict[str, Row]:
    return {row["NUM"]: row for row in facts.tables["x3:PINVOICE"]}


# Amounts


def amounts(facts: Facts) -> Iterator[str]:
    """What was sent had X3's amount then or before; what is posted is what was paid."""
    shown: dict[str, set[Decimal]] = defaultdict(set)
    paid: dict[str, set[tuple[str, Decimal]]] = defaultdict(set)
    seen: set[tuple[str, str]] = set()
    for entry in facts.history:
        row, table = entry["row"], entry["table"]
        if row is None:
            continue
        if table == "x3:PINVOICE":
            sign = -1 if row["INVTYP"] in _CREDITS else 1
            shown[row["NUM"]].add(sign * Decimal(row["AMTATI"]))
        elif table == "avid:payment":
            paid[str(row["PaymentId"])].add((row["CurrencyCode"], Decimal(row["Amount"])))
        elif table == "avid:invoice" and row.get("Submitted"):
            number = number_of(row["ExternalId"], facts.endpoint)
            amount = row["Submitted"]["Amount"]
            if number and (entry["key"], amount) not in seen:
                seen.add((entry["key"], amount))
                if Decimal(amount) not in shown[number]:
                    yield f"{number}: {amount} was sent, X3 never showed that"
        elif table == "x3:PAYMENTH" and payment_of(row["REF"]):
            key, amount = payment_of(row["REF"]), (row["CUR"], Decimal(row["AMTCUR"]))
            if amount not in paid[key]:
                yield f"payment {key}: {amount} is posted, AvidXchange never paid that"
    yield from _sums(facts)


def same_amount(facts: Facts) -> Iterator[str]:
    """What was sent last and is live has X3's amount, or somebody is told that it has not.

    The amount AvidXchange shows counts once it is approved: until then its people may change it.
    """
    listed = {row["number"]: row for row in facts.invoices}
    named, headers = _named(facts), _numbers(facts)
    for row in facts.tables["avid:invoice"]:
        number = number_of(row["ExternalId"], facts.endpoint)
        header, mine = headers.get(number), listed.get(number)
        if header is None or mine is None or not _is_live(row) or number in named:
            continue
        sign = -1 if header["INVTYP"] in _CREDITS else 1
        amount = sign * Decimal(header["AMTATI"])
        shown = {Decimal((row.get("Submitted") or row)["Amount"])}
        if row["Status"] in ("Approved", "Exported"):
            shown.add(Decimal(row["Amount"]))
        if shown != {amount} and not (mine["codes"] or mine["payment"]):
            yield f"{number}: {_listed(shown)} there, {amount} in X3, and nobody is told"


def _listed(values: set[Decimal]) -> str:
    return " and ".join(str(value) for value in sorted(values))


def _sums(facts: Facts) -> Iterator[str]:
    """Per currency: standing postings add up to what AvidXchange paid under them."""
    payments = {str(row["PaymentId"]): row for row in facts.tables["avid:payment"]}
    posted: dict[str, Decimal] = defaultdict(Decimal)
    there: dict[str, Decimal] = defaultdict(Decimal)
    for row in facts.tables["x3:PAYMENTH"]:
        key = payment_of(row["REF"])
        if not key or row["STA"] == UNPAID:
            continue
        posted[row["CUR"]] += Decimal(row["AMTCUR"])
        if key in payments:
            there[payments[key]["CurrencyCode"]] += Decimal(payments[key]["Amount"])
    if posted != there:
        yield f"posted {_shown(posted)}, AvidXchange paid {_shown(there)}"


def _shown(amounts_of: dict[str, Decimal]) -> str:
    return ", ".join(f"{value} {name}" for name, value in sorted(amounts_of.items()))


# Every document


def named_reasons(facts: Facts) -> Iterator[str]:
    """Each invoice of X3 is on the list: done, waiting for a named reason, or in review."""
    listed = {row["number"]: row for row in facts.invoices}
    ours: dict[str, list[Row]] = defaultdict(list)
    for row in facts.tables["avid:invoice"]:
        ours[number_of(row["ExternalId"], facts.endpoint)].append(row)
    asked = {name for item in facts.reviews for name in item["documents"]}
    for number, row in _numbers(facts).items():
        if row["ACCDAT"] < facts.start:
            continue
        mine = listed.get(number)
        if mine is None:
            yield f"{number}: not on our list"
            continue
        state, there = mine["state"], ours.get(number)
        if state in UNSETTLED and number not in asked:
            yield f"{number}: still {state} ({mine['why']})"
        if not there and state not in WAITING | UNSETTLED:
            yield f"{number}: not there, yet our list says {state}"
        if not there and not mine["why"]:
            yield f"{number}: waits as {state} without a reason"
        needs = state in ("needs_mapping", "needs_review")
        if not there and needs and number not in asked:
            yield f"{number}: {state} ({mine['codes']}), but on no item of the review list"


def payments_told(facts: Facts) -> Iterator[str]:
    """Each payment that went out is posted once, or the list names the reason."""
    listed = {row["payment_id"]: row for row in facts.payments}
    asked = _named(facts)
    postings: dict[str, list[Row]] = defaultdict(list)
    for row in facts.tables["x3:PAYMENTH"]:
        postings[payment_of(row["REF"])].append(row)
    headers = _numbers(facts)
    for row in facts.tables["avid:payment"]:
        if row.get("Vanished"):
            continue
        key = str(row["PaymentId"])
        standing = [one for one in postings[key] if one["STA"] != UNPAID]
        mine = listed.get(key)
        if mine is None:
            yield f"payment {key}: not on our list"
            continue
        is_told = bool(mine["codes"]) or key in asked
        numbers = [number_of(one["ExternalId"], facts.endpoint) for one in row["Remittances"]]
        is_posted = all(headers[n]["STA"] == POSTED for n in numbers if n in headers)
        if row["Status"] in OUT and not standing and not is_told and is_posted:
            yield f"payment {key}: {row['Status']}, not posted and without a reason"
        if row["Status"] in BACK and standing and not is_told:
            yield f"payment {key}: {row['Status']}, posted and without a word"


# Levels


def levels(facts: Facts) -> Iterator[str]:
    """X3 shows the level of AvidXchange's state, unless a person set another or money moved."""
    told = _named(facts)
    listed = {row["number"]: row for row in facts.invoices}
    items: dict[str, list[Row]] = defaultdict(list)
    for item in facts.tables["x3:GACCDUDATE"]:
        items[item["NUM"]].append(item)
    ours: dict[str, Row] = {}
    for row in facts.tables["avid:invoice"]:
        number = number_of(row["ExternalId"], facts.endpoint)
        if number and not row.get("Vanished"):
            ours[number] = row
    headers = _numbers(facts)
    for number, row in ours.items():
        header, mine = headers.get(number), listed.get(number)
        if header is None or mine is None or number in told or mine["payment"] or mine["codes"]:
            continue
        wanted, shown = LEVELS.get(row["Status"]), {header["PAZ"]}
        if header["STA"] == POSTED:
            shown = {one["FLGPAZ"] for one in items[number] if one["FLGCLE"] == OPEN}
        if wanted is not None and shown - {wanted}:
            yield f"{number}: {row['Status']} there, X3 shows level {sorted(shown)}"


def missing_together(facts: Facts) -> Iterator[str]:
    """Several sent invoices that X3 lost at one moment are one item, without a withdrawal.

    Those that one sweep notices, which is one moment: what is read again before a write is noticed
    alone, earlier.
    """
    lost: dict[str, set[str]] = defaultdict(set)
    for entry in facts.history:
        if entry["table"] == "x3:PINVOICE" and entry["row"] is None:
            lost[entry["time"]].add(entry["key"])
    alone = {
        item["document"]
        for item in facts.reviews
        if item["code"] == "DEL-01" and len(item["documents"]) == 1 and "withdraw" in item["how"]
    }
    noticed: dict[str, set[str]] = defaultdict(set)
    for entry in facts.log:
        if entry["action"] == "gone":
            noticed[entry["time"]].add(entry["object"])
    for time, numbers in lost.items():
        for found in noticed.values():
            if (count := len(numbers & alone & found)) >= _MANY:
                yield f"{count} invoices vanished at {time}; each is asked about alone"


def promises(facts: Facts) -> Iterator[str]:
    """The program's own promises hold, and it is certain of what it wrote."""
    for name, state in facts.status["invariants"].items():
        if state == "broken":
            told = [item["text"] for item in facts.reviews if item["document"] == name]
            yield f"{name} is broken: {told}"
    asked = sum(1 for item in facts.reviews if item["code"] in ("DBT-01", "DUP-01", "PAY-01"))
    if facts.status["in_doubt"] and not asked:
        yield f"{facts.status['in_doubt']} writes are in doubt and nobody is asked"
