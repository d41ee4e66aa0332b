"""Compares both simulated systems and our lists at quiescence, written apart from the engine.

It reads the tables of the simulators and the lists of the store, and nothing of rules, plans,
outbox or engine. `differences` is empty when every document is done, waits for a named reason, or
stands on a list, and when all money agrees to the minor unit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from core.sandbox.state import State
from core.store import reviews
from core.store.sqlite import Store
from tests.engine.truth_books import OPEN, POSTED, Coding, Eligible, Row, Truth

GONE = ("Rejected", "Deleted")
OUT = ("Sent to Check Printer", "Issued to Supplier", "ACH Credit Issued", "Cleared")
BACK = ("Void", "Stopped", "Returned", "Refunded", "Reissued")
LEVELS = {
    "Received": 1,
    "In Approval": 1,
    "On Hold": 3,
    "Disputed": 2,
    "Approved": 4,
    "Exported": 4,
    "Rejected": 2,
    "Deleted": 1,
}
CREDITS = (2, 4)
UNPAID = 11  # menu 689, PAYMENTH.STA
WAITING = ("needs_mapping", "needs_review", "held", "excluded", "rejected")
UNSETTLED = ("ready", "sending", "in_doubt")


def differences(state: State, store: Store, *, endpoint: str, start: date) -> list[str]:
    """What does not agree, one sentence each; call it when no run is under way."""
    truth = Truth(state, store, endpoint, start)
    checks = (_each_once, _named_reasons, _coding, _levels, _payments, _items, _sums)
    return [problem for check in checks for problem in check(truth)]


# Invoices


def _ours(truth: Truth) -> dict[str, list[Row]]:
    """X3 number -> AvidXchange invoices under our reference, in order of revision."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in truth.rows("avid:invoice"):
        value = row["ExternalId"]["Value"] if row["ExternalId"] else ""
        parts = value.split("|")
        if parts[:2] == ["X3", truth.endpoint]:
            found[parts[3]].append(row)
    for rows in found.values():
        rows.sort(key=lambda row: int(row["ExternalId"]["Value"].split("|")[4]))
    return found


def _wanted(truth: Truth) -> list[Row]:
    """X3's invoices on or after the start date."""
    first = truth.start.isoformat()
    return [row for row in truth.rows("x3:PINVOICE") if row["ACCDAT"] >= first]


def _each_once(truth: Truth) -> Iterator[str]:
    """No X3 invoice stands there twice, no external id is used twice, none is lost."""
    ours = _ours(truth)
    known = {row["NUM"]: row for row in truth.rows("x3:PINVOICE")}
    for number, rows in ours.items():
        ids = [row["ExternalId"]["Value"] for row in rows]
        if len(ids) != len(set(ids)):
            yield f"{number}: one external id stands there several times: {ids}"
        live = [row for row in rows if row["Status"] not in GONE]
        if len(live) > 1:
            yield f"{number}: {len(live)} live invoices in AvidXchange"
        if number in known and known[number]["ACCDAT"] < truth.start.isoformat():
            yield f"{number}: sent though dated before the start"
    may = Eligible(truth)
    for row in _wanted(truth):
        if row["NUM"] not in ours and may.be_sent(row):
            yield f"{row['NUM']}: eligible and not in AvidXchange"


def _named_reasons(truth: Truth) -> Iterator[str]:
    """Our list has every invoice, agrees with AvidXchange, and says why what waits does."""
    ours = _ours(truth)
    listed = {row["number"]: row for row in truth.listed("invoices")}
    asked = {name for row in reviews.open_items(truth.store) for name in row.documents}
    for row in _wanted(truth):
        number = row["NUM"]
        mine = listed.get(number)
        if mine is None:
            yield f"{number}: not on our list"
            continue
        if mine["state"] in UNSETTLED:
            yield f"{number}: still {mine['state']}"
        there = ours.get(number)
        if there is None and mine["state"] not in WAITING:
            yield f"{number}: not there, yet our list says {mine['state']}"
        if there is None and not mine["why"]:
            yield f"{number}: waits as {mine['state']} without a reason"
        needs = mine["state"] in ("needs_mapping", "needs_review")
        if there is None and needs and number not in asked:
            yield f"{number}: {mine['state']}, but on no item of the review list"
        if (
            there
            and mine["external_id"]
            and mine["external_id"] not in {found["ExternalId"]["Value"] for found in there}
        ):
            yield f"{number}: our list names {mine['external_id']}, which is not there"


def _coding(truth: Truth) -> Iterator[str]:
    """What was submitted carries X3's amounts, the mapped codes and the order's number."""
    coding = Coding(truth)
    known = {row["NUM"]: row for row in truth.rows("x3:PINVOICE")}
    for number, rows in _ours(truth).items():
        header, sent = known.get(number), rows[-1].get("Submitted")
        if header is None or not sent or rows[-1]["Status"] in GONE:
            continue
        sign = -1 if header["INVTYP"] in CREDITS else 1
        if Decimal(sent["Amount"]) != sign * Decimal(header["AMTATI"]):
            yield f"{number}: {sent['Amount']} was sent, X3 shows {header['AMTATI']}"
        lines = coding.lines[number]
        shown = [{c["GroupName"]: c["CodeValue"] for c in line["Codes"]} for line in sent["Lines"]]
        wanted = [coding.mapped(line) for line in lines]
        if shown[: len(wanted)] != wanted:
            yield f"{number}: coded {shown}, the mapping says {wanted}"
        order = next((line["POHNUM"] for line in lines if line.get("POHNUM")), None)
        if (sent["PONumber"] or None) != order:
            yield f"{number}: order {sent['PONumber']} was sent, X3 shows {order}"
        vendor = coding.vendors.get(header["BPRPAY"] or header["BPR"], "")
        if sent["VendorExternalCode"].strip().casefold() != vendor.strip().casefold():
            yield f"{number}: vendor {sent['VendorExternalCode']}, the mapping says {vendor}"
        if sent["InvoiceNumber"].strip() != header["BPRVCR"].strip():
            yield f"{number}: document {sent['InvoiceNumber']}, X3 shows {header['BPRVCR']}"


def _levels(truth: Truth) -> Iterator[str]:
    """X3 shows the level of AvidXchange's state, unless a person set another or money moved."""
    asked = {
        name
        for row in reviews.open_items(truth.store, ["LVL-01", "REC-01", "UNK-01"])
        for name in row.documents
        if row.code != "REC-01" or "no level was written" in row.text
    }
    decided = {
        row.document for row in reviews.decisions(truth.store) if row.code in ("LVL-01", "REC-01")
    }
    paid = _posted_numbers(truth)
    headers = {row["NUM"]: row for row in truth.rows("x3:PINVOICE")}
    items: dict[str, list[Row]] = defaultdict(list)
    for item in truth.rows("x3:GACCDUDATE"):
        items[item["NUM"]].append(item)
    for number, rows in _ours(truth).items():
        header = headers.get(number)
        if header is None or number in paid | asked | decided:
            continue
        wanted = LEVELS.get(rows[-1]["Status"])
        shown = {header["PAZ"]}
        if header["STA"] == POSTED:
            shown = {item["FLGPAZ"] for item in items[number] if item["FLGCLE"] == OPEN}
        if wanted is not None and shown - {wanted}:
            yield f"{number}: {rows[-1]['Status']} there, X3 shows level {sorted(shown)}"


# Payments


def _postings(truth: Truth) -> dict[str, list[Row]]:
    """AvidXchange payment id -> X3 payments under our reference."""
    found: dict[str, list[Row]] = defaultdict(list)
    for row in truth.rows("x3:PAYMENTH"):
        if row["REF"].startswith("AVD"):
            found[row["REF"].removeprefix("AVD").partition("-")[0]].append(row)
    return found


def _posted_numbers(truth: Truth) -> set[str]:
    return {
        line["VCRNUM"]
        for rows in _postings(truth).values()
        for row in rows
        for line in row["PAYMENTD"]
    }


def _payments(truth: Truth) -> Iterator[str]:
    """Each due payment is posted once to the right invoices, or our list names the reason."""
    postings = _postings(truth)
    payments = {str(row["PaymentId"]): row for row in truth.rows("avid:payment")}
    listed = {row["payment_id"]: row for row in truth.listed("payments")}
    headers = {row["NUM"]: row for row in truth.rows("x3:PINVOICE")}
    for key, rows in postings.items():
        references = [row["REF"] for row in rows]
        if len(references) != len(set(references)):
            yield f"payment {key}: a reference was posted twice: {references}"
        standing = [row for row in rows if row["STA"] != UNPAID]
        if len(standing) > 1:
            yield f"payment {key}: {len(standing)} postings stand in X3"
        if key not in payments:
            yield f"payment {key}: posted, but AvidXchange has no such payment"
    for key, payment in payments.items():
        standing = [row for row in postings.get(key, ()) if row["STA"] != UNPAID]
        for row in standing:
            yield from _allocated(key, payment, row)
        mine = listed.get(key)
        if mine is None:
            yield f"payment {key}: not on our list"
        elif mine["posted"] != bool(postings.get(key)):
            yield f"payment {key}: our list says posted = {mine['posted']}"
        elif payment["Status"] in OUT and not standing and not mine["codes"]:
            numbers = [_number(one) for one in payment["Remittances"]]
            if all(headers[n]["STA"] == POSTED for n in numbers if n in headers):
                yield f"payment {key}: {payment['Status']}, not posted and without a reason"
        elif payment["Status"] in BACK and standing and not mine["codes"]:
            yield f"payment {key}: {payment['Status']}, posted and without a word"


def _number(remittance: Row) -> str:
    parts = (remittance["ExternalId"] or "").split("|")
    return parts[3] if len(parts) == 5 else ""


def _allocated(key: str, payment: Row, posting: Row) -> Iterator[str]:
    """The lines of a posting add up to the remittances, invoice by invoice."""
    wanted: dict[str, Decimal] = defaultdict(Decimal)
    for remittance in payment["Remittances"]:
        wanted[_number(remittance)] += Decimal(remittance["Net"])
    shown: dict[str, Decimal] = defaultdict(Decimal)
    for line in posting["PAYMENTD"]:
        shown[line["VCRNUM"]] += Decimal(line["AMTLIN"])
    if shown != wanted:
        yield f"payment {key}: allocated {dict(shown)}, its remittances are {dict(wanted)}"
    same = (posting["CUR"], Decimal(posting["AMTCUR"]))
    if same != (payment["CurrencyCode"], Decimal(payment["Amount"])):
        yield f"payment {key}: {same} posted, AvidXchange paid {payment['Amount']}"


def _items(truth: Truth) -> Iterator[str]:
    """What X3 shows paid of an item is what the standing payments allocate to it."""
    given: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for row in truth.rows("x3:PAYMENTH"):
        if row["STA"] != UNPAID and row["REF"].startswith("AVD"):
            for line in row["PAYMENTD"]:
                name = (line["VCRTYP"], line["VCRNUM"], str(line["DUDLIG"]))
                given[name] += abs(Decimal(line["AMTLIN"]))
    for item in truth.rows("x3:GACCDUDATE"):
        name = (item["TYP"], item["NUM"], str(item["DUDLIG"]))
        used = Decimal(item["PAYCUR"]) + Decimal(item["TMPCUR"])
        if used > Decimal(item["AMTCUR"]):
            yield f"{'~'.join(name)}: {used} paid of {item['AMTCUR']}"
        if given[name] > used:
            yield f"{'~'.join(name)}: {given[name]} allocated by us, X3 shows {used} paid"


def _sums(truth: Truth) -> Iterator[str]:
    """Per currency: sent = X3's amounts of what is there; posted = paid there and standing."""
    sent: dict[str, Decimal] = defaultdict(Decimal)
    source: dict[str, Decimal] = defaultdict(Decimal)
    headers = {row["NUM"]: row for row in truth.rows("x3:PINVOICE")}
    for number, rows in _ours(truth).items():
        header = headers.get(number)
        live = [row for row in rows if row["Status"] not in GONE and row.get("Submitted")]
        if header is None or not live:
            continue
        sign = -1 if header["INVTYP"] in CREDITS else 1
        sent[live[-1]["CurrencyCode"]] += Decimal(live[-1]["Submitted"]["Amount"])
        source[header["CUR"]] += sign * Decimal(header["AMTATI"])
    if sent != source:
        yield f"sent {dict(sent)}, X3 shows {dict(source)}"
    payments = {str(row["PaymentId"]): row for row in truth.rows("avid:payment")}
    there: dict[str, Decimal] = defaultdict(Decimal)
    posted: dict[str, Decimal] = defaultdict(Decimal)
    for key, rows in _postings(truth).items():
        standing = [row for row in rows if row["STA"] != UNPAID]
        if standing and key in payments:
            there[payments[key]["CurrencyCode"]] += Decimal(payments[key]["Amount"])
        for row in standing:
            posted[row["CUR"]] += Decimal(row["AMTCUR"])
    if there != posted:
        yield f"posted {dict(posted)}, AvidXchange paid {dict(there)}"
