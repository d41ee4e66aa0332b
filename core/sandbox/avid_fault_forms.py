"""The forms in which a fault of the API may come (avidxchange.md section 3, order of reading).

The variation "fault_form" names one by its argument ``form``; without it the contract's own.
"""

from typing import Any

from core.sandbox.avid_answers import (
    PROBLEM_TYPE,
    REASONS,
    TEXT_TYPE,
    Answer,
    RefusedError,
    fault,
    result,
)
from core.sandbox.avid_exchange import Exchange

FORMS = (
    "exception",
    "short",
    "unwrapped",
    "fault",
    "oauth",
    "gateway",
    "results",
    "problem",
    "text",
)


def formed(
    exchange: Exchange, refused: RefusedError, source: str, message_id: str
) -> tuple[Answer, dict[str, str]]:
    """Return the answer of a refused request and the headers that go with its form.

    Raises:
        ValueError: A form that nobody here knows.
    """
    form = str(exchange.variants.get("fault_form", {}).get("form", "exception"))
    if form not in FORMS:
        raise ValueError(f"unknown form of a fault: {form}")
    whole = fault(refused.status, refused.detail, source, message_id)
    if form == "exception":
        return whole, {}
    if form == "text":
        return Answer(refused.status, refused.detail.encode()), {"content-type": TEXT_TYPE}
    if form == "problem":
        return Answer(refused.status, _problem(refused)), {"content-type": PROBLEM_TYPE}
    inner: dict[str, Any] = whole.body["exception"]
    bodies: dict[str, Any] = {
        "short": {"exception": {name: inner[name] for name in ("reason", "detail")}},
        "unwrapped": inner,
        "fault": {"fault": inner},
        "oauth": {"error": inner["reason"], "error_description": refused.detail},
        "gateway": {
            "code": str(refused.status),
            "message": inner["reason"],
            "description": refused.detail,
        },
        "results": {"Results": [result(None, [refused.detail])]},
    }
    return Answer(refused.status, bodies[form]), {}


def _problem(refused: RefusedError) -> dict[str, Any]:
    """Return the body of RFC 9457."""
    return {
        "type": "about:blank",
        "title": REASONS[refused.status],
        "status": refused.status,
        "detail": refused.detail,
    }
