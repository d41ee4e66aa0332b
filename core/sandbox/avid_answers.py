"""Answers of the simulated AvidXchange: exact JSON, the fault bodies of avidxchange.md 2.11.

Amounts are written from ``Decimal`` digit by digit and never pass through binary floating point.
Which answer a request deserves is decided elsewhere.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from core.sandbox.faults import Response

JSON_TYPE = "application/json; charset=utf-8"
PROBLEM_TYPE = "application/problem+json"
TEXT_TYPE = "text/plain; charset=utf-8"
REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    409: "Conflict",
    413: "TooLarge",
    415: "UnsupportedMediaType",
    422: "UnprocessableEntity",
    500: "ServerError",
}
_quoted = json.encoder.encode_basestring


@dataclass(frozen=True)
class Answer:
    """A status and a body that is still a Python value; None is an empty body, bytes are sent."""

    status: int
    body: Any


class RefusedError(Exception):
    """Ends the handling of a request with this status and detail (avidxchange.md 2.11)."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers or {}


class GatewayError(Exception):
    """Ends the handling of a request with a body in the shape of the gateway in front."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
        super().__init__(str(status))
        self.status = status
        self.body = body
        self.headers = headers


def write(value: Any) -> str:
    """Return the value as JSON; a ``Decimal`` keeps exactly the digits it has."""
    if isinstance(value, str):
        return _quoted(value)
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, dict):
        return "{" + ",".join(f"{_quoted(k)}:{write(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(write, value)) + "]"
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):  # from an order of the control, never from a body
        return format(Decimal(str(value)), "f")
    raise TypeError(f"{type(value).__name__} cannot be answered")


def amount(stored: Any) -> Any:
    """Return a stored amount as the number that is answered; what is no number stays as it is."""
    if stored is None:
        return None
    try:
        return Decimal(str(stored))
    except InvalidOperation:
        return stored  # planted rubbish, which a client must survive (avidxchange.md 3.11)


def cents(value: Decimal) -> str:
    """Return an amount as it is stored and named in texts: two decimals, no plus, no minus zero."""
    rounded = value.quantize(Decimal("0.01"))
    return str(abs(rounded) if rounded == 0 else rounded)


def stamp(moment: datetime) -> str:
    """Return a date-time as answers carry it: UTC, milliseconds, no zone."""
    return (
        moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}"
    )


def fault(status: int, detail: str, source: str, message_id: str) -> Answer:
    """Return the API's own fault body."""
    body = {
        "reason": REASONS[status],
        "detail": detail,
        "source": source,
        "avidMessageId": message_id,
    }
    return Answer(status, {"exception": body})


def result(item: Any, errors: list[str]) -> dict[str, Any]:
    """Return one element of ``Results``; it is successful when there is no error."""
    return {
        "Successful": not errors,
        "Item": item,
        "Errors": [{"Message": text} for text in errors],
    }


def results(*elements: dict[str, Any]) -> Answer:
    """Return the answer of a write, refused elements included: always 200."""
    return Answer(200, {"Results": list(elements)})


def response(answer: Answer, headers: dict[str, str]) -> Response:
    """Return the answer as bytes on the wire."""
    if answer.body is None:
        return Response(answer.status, headers, b"")
    body = answer.body if isinstance(answer.body, bytes) else write(answer.body).encode()
    return Response(answer.status, {"content-type": JSON_TYPE, **headers}, body)
