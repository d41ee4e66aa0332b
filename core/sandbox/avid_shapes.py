"""The shapes in which real servers deviate: variations of avidxchange.md section 7, all off.

Each function takes a finished answer and returns it bent; what was stored is never touched.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from core.sandbox.avid_answers import Answer
from core.sandbox.avid_exchange import Exchange

_NUMBER_TEXTS = {"InvoiceNumber", "PONumber", "AccountNumber", "CheckNumber", "AvidPayCheckNumber"}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?", re.ASCII)
_PLAIN_NUMBER = re.compile(r"[1-9][0-9]{0,14}", re.ASCII)
_VALUE_VARIANTS = frozenset(
    {
        "camel",
        "case",
        "twice_named",
        "broken_record",
        "dates_slash",
        "dates_epoch",
        "dates_blank",
        "dates_z",
        "dates_offset",
        "date_time_dates",
        "numbers_for_texts",
        "texts_for_numbers",
        "none_texts",
        "status_text",
        "status_missing",
        "method_text",
        "external_id_text",
        "payment_ids_text",
        "payment_ids_object",
        "payment_ids_empty",
        "approver_absent",
    }
)
_SINGLES = frozenset({"get_invoice", "get_payment", "payment_history"})
_KEYS = ("Id", "PaymentId", "ExternalVendorCode", "CodeValue")
# Spellings of names as they have been seen (avidxchange.md 3.1).
_SEEN_NAMES = {"PaymentId": "PaymentID", "AvidPayCheckNumber": "AvidPayChecknumber"}
_CASES: dict[str, Callable[[str], str]] = {
    "lower": str.lower,
    "upper": str.upper,
    "seen": lambda name: _SEEN_NAMES.get(name, name),
}


def bend(exchange: Exchange, answer: Answer) -> Answer:
    """Return the answer in the shape that the variations of this exchange ask for."""
    if not exchange.variants or answer.status >= 400 or exchange.operation == "token":  # noqa: PLR2004 - 400 is HTTP's own border
        return answer
    if isinstance(answer.body, dict) and "Results" in answer.body:
        answer = _bend_write(exchange, answer)
    if exchange.operation in _SINGLES and exchange.has("single_in_items"):
        answer = Answer(
            answer.status,
            {"Items": answer.body if isinstance(answer.body, list) else [answer.body]},
        )
    if _VALUE_VARIANTS.isdisjoint(exchange.variants):
        return answer
    return Answer(answer.status, _bend_value(exchange, "", answer.body))


def _bend_write(exchange: Exchange, answer: Answer) -> Answer:
    elements: list[dict[str, Any]] = answer.body["Results"]
    if all(element["Successful"] for element in elements):
        if exchange.has("no_content"):
            return Answer(204, None)
        if exchange.has("created_bare") and len(elements) == 1:
            return Answer(201, elements[0]["Item"])
    if exchange.has("results_absent"):
        return Answer(answer.status, {})
    if exchange.has("results_null"):
        return Answer(answer.status, {"Results": None})
    bent = [_bend_element(exchange, element) for element in elements]
    single = exchange.has("results_object") and len(bent) == 1
    return Answer(answer.status, {"Results": bent[0] if single else bent})


def _bend_element(exchange: Exchange, element: dict[str, Any]) -> dict[str, Any]:
    one = dict(element)
    if exchange.has("successful_text"):
        one["Successful"] = "true" if one["Successful"] else "false"
    if exchange.has("errors_object"):
        one["Errors"] = one["Errors"][0] if one["Errors"] else None
    if exchange.has("errors_absent") and not element["Errors"]:
        del one["Errors"]
    if exchange.has("successful_absent"):
        del one["Successful"]
    return one


def _bend_value(exchange: Exchange, name: str, value: Any) -> Any:
    if isinstance(value, dict):
        value = _bend_members(exchange, value)
        bent = {
            _named(exchange, member): _bend_value(exchange, member, inner)
            for member, inner in value.items()
        }
        return _twice(exchange, bent) if exchange.has("twice_named") else bent
    if isinstance(value, list):
        return [_bend_value(exchange, name, inner) for inner in value]
    if isinstance(value, str):
        return _bend_text(exchange, name, value)
    if exchange.has("texts_for_numbers"):
        return _number_text(name, value)
    if value is None and exchange.has("none_texts") and name == "AccountNumber":
        return str(exchange.variants["none_texts"].get("text", "none"))
    return value


def _twice(exchange: Exchange, bent: dict[str, Any]) -> dict[str, Any]:
    """Give every member again in small letters, with rubbish in it, behind or ``before``."""
    again: dict[str, Any] = {name.lower(): "given twice" for name in bent}
    again = {name: value for name, value in again.items() if name not in bent}
    before = exchange.variants["twice_named"].get("before")
    return {**again, **bent} if before else {**bent, **again}


def _number_text(name: str, value: Any) -> Any:
    """Write amounts and ids as texts; counts and line numbers stay numbers."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value) if isinstance(value, int) and name.lower().endswith("id") else value


def _named(exchange: Exchange, member: str) -> str:
    if exchange.has("case"):
        return _CASES[str(exchange.variants["case"].get("how", "lower"))](member)
    return member[:1].lower() + member[1:] if exchange.has("camel") else member


def _bend_members(exchange: Exchange, value: dict[str, Any]) -> dict[str, Any]:
    bent = dict(value)
    if exchange.has("status_text") and isinstance(bent.get("Status"), dict):
        bent["Status"] = bent["Status"]["Description"]
    if exchange.has("status_missing"):
        bent.pop("Status", None)
    if exchange.has("method_text") and isinstance(bent.get("PaymentMethod"), dict):
        bent["PaymentMethod"] = bent["PaymentMethod"]["Description"]
    if exchange.has("approver_absent"):
        for member in ("ApproverName", "RejectionReason"):
            bent.pop(member, None)
    if exchange.has("external_id_text"):
        for member in ("ExternalId", "InvoiceExternalId"):
            if isinstance(bent.get(member), dict):
                bent[member] = bent[member]["Value"]
    if isinstance(bent.get("ExternalPaymentIds"), list):
        bent["ExternalPaymentIds"] = _payment_ids(exchange, bent["ExternalPaymentIds"])
    return _broken(exchange, bent) if exchange.has("broken_record") else bent


def _broken(exchange: Exchange, bent: dict[str, Any]) -> dict[str, Any]:
    """Put the ``fields`` of the variation into the one record whose id or code is ``id``."""
    args = exchange.variants["broken_record"]
    wanted = str(args.get("id", ""))
    is_record = "LastModified" in bent or "CodeValue" in bent
    if is_record and any(str(bent.get(name)) == wanted for name in _KEYS):
        bent.update(args.get("fields", {"LastModified": "yesterday"}))
        for name in args.get("without", []):
            bent.pop(name, None)
    return bent


def _payment_ids(exchange: Exchange, ids: list[dict[str, Any]]) -> Any:
    if exchange.has("payment_ids_empty"):
        return []
    if exchange.has("payment_ids_text"):
        return [one["Value"] for one in ids]
    if exchange.has("payment_ids_object") and len(ids) == 1:
        return ids[0]
    return ids


def _bend_text(exchange: Exchange, name: str, text: str) -> Any:
    if exchange.has("numbers_for_texts") and name in _NUMBER_TEXTS:
        return int(text) if _PLAIN_NUMBER.fullmatch(text) else text
    if name.endswith("Date") and _DATE.fullmatch(text):
        if exchange.has("date_time_dates"):
            return f"{text}T00:00:00"
        if exchange.has("dates_slash"):
            return f"{text[5:7]}/{text[8:]}/{text[:4]}"
    return _bend_stamp(exchange, text) if _STAMP.fullmatch(text) else text


def _bend_stamp(exchange: Exchange, text: str) -> str:
    """Write the same instant otherwise; the last two forms are no date-times for a client."""
    if exchange.has("dates_blank"):
        return text.replace("T", " ")
    if exchange.has("dates_z"):
        return f"{text}Z"
    moment = datetime.fromisoformat(f"{text}+00:00")
    if exchange.has("dates_offset"):
        zone = timezone(timedelta(hours=float(exchange.variants["dates_offset"].get("hours", 0))))
        return moment.astimezone(zone).isoformat(timespec="milliseconds")
    if exchange.has("dates_slash"):
        return f"{moment:%m/%d/%Y %H:%M:%S}"
    if exchange.has("dates_epoch"):
        return f"/Date({int(moment.timestamp() * 1000)})/"
    return text
