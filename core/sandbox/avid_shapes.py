"""The shapes in which real servers deviate: variations of avidxchange.md section 7, all off.

Each function takes a finished answer and returns it bent; what was stored is never touched.
"""

import re
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
_SINGLES = frozenset({"get_invoice", "get_payment"})


def bend(exchange: Exchange, answer: Answer) -> Answer:
    """Return the answer in the shape that the variations of this exchange ask for."""
    if not exchange.variants or answer.status >= 400 or exchange.operation == "token":  # noqa: PLR2004 - 400 is HTTP's own border
        return answer
    if isinstance(answer.body, dict) and "Results" in answer.body:
        answer = _bend_write(exchange, answer)
    if exchange.operation in _SINGLES and exchange.has("single_in_items"):
        answer = Answer(answer.status, {"Items": [answer.body]})
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
    bent: list[dict[str, Any]] = []
    for element in elements:
        one = dict(element)
        if exchange.has("successful_text"):
            one["Successful"] = "true" if one["Successful"] else "false"
        if exchange.has("errors_object"):
            one["Errors"] = one["Errors"][0] if one["Errors"] else None
        bent.append(one)
    single = exchange.has("results_object") and len(bent) == 1
    return Answer(answer.status, {"Results": bent[0] if single else bent})


def _bend_value(exchange: Exchange, name: str, value: Any) -> Any:
    if isinstance(value, dict):
        value = _bend_members(exchange, value)
        return {
            _named(exchange, member): _bend_value(exchange, member, inner)
            for member, inner in value.items()
        }
    if isinstance(value, list):
        return [_bend_value(exchange, name, inner) for inner in value]
    if isinstance(value, str):
        return _bend_text(exchange, name, value)
    if exchange.has("texts_for_numbers"):
        return _number_text(name, value)
    if value is None and exchange.has("none_texts") and name == "AccountNumber":
        return "none"
    return value


def _number_text(name: str, value: Any) -> Any:
    """Write amounts and ids as texts; counts and line numbers stay numbers."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return str(value) if isinstance(value, int) and name.lower().endswith("id") else value


def _named(exchange: Exchange, member: str) -> str:
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
    if exchange.has("date_time_dates") and name.endswith("Date") and _DATE.fullmatch(text):
        return f"{text}T00:00:00"
    if _STAMP.fullmatch(text):
        if exchange.has("dates_blank"):
            return text.replace("T", " ")
        if exchange.has("dates_z"):
            return f"{text}Z"
        if exchange.has("dates_offset"):
            return f"{text}+00:00"
    return text
