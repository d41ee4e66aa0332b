"""One request under way at the simulated AvidXchange: who asks, for what, under which variants.

Holds what every operation needs and nothing that only one of them knows.
"""

import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from core.sandbox.avid_answers import RefusedError
from core.sandbox.faults import Faults, Request
from core.sandbox.state import State

MAX_BODY_BYTES = 10_485_760
DEFAULT_COMPANY = "C-1001"


@dataclass
class Exchange:
    """One request with its operation; the handler holds ``state.lock`` while it is used.

    ``variants`` are the named variations of avidxchange.md section 7 that hold for this answer,
    with their arguments.
    """

    state: State
    request: Request
    operation: str
    company: str = ""
    object_id: str = ""
    variants: dict[str, dict[str, Any]] = field(default_factory=dict)

    def has(self, variant: str) -> bool:
        """Say whether the variation holds for this answer."""
        return variant in self.variants


# Every variation of avidxchange.md section 7 that a handler here knows, by what it bends.
VARIANTS = frozenset(
    {
        # tokens and credentials
        *("token_503_echo", "token_long", "expires_missing", "expires_one", "expires_text"),
        *("revoked", "unauthorized", "blocked", "throttled", "rate_limit", "fault_form"),
        # lists
        *("pages", "no_page_count", "no_paging", "bare_array", "object_for_array", "links"),
        *("links_beside", "query_time", "page_shift", "total_off", "same_page", "older_again"),
        *("window_inclusive", "window_days", "single_in_items", "not_found", "no_total"),
        *("empty_last_page", "page_drift", "wrong_page_number", "link_outside", "link_repeats"),
        # values
        *("camel", "case", "twice_named", "broken_record", "dates_slash", "dates_epoch"),
        *("dates_blank", "dates_z", "dates_offset", "date_time_dates"),
        *("numbers_for_texts", "texts_for_numbers", "none_texts", "status_text"),
        *("status_missing", "method_text", "external_id_text", "payment_ids_text"),
        *("payment_ids_object", "payment_ids_empty", "approver_absent"),
        *("no_remittances", "no_remittances_in_lists"),
        # writes
        *("results_object", "errors_object", "successful_text", "created_bare", "no_content"),
        *("errors_absent", "successful_absent", "results_null", "results_absent"),
        *("vendors_all_fail", "item_error", "policy", "working", "server_error"),
    }
)


def variants_of(state: State, faults: Faults, operation: str) -> dict[str, dict[str, Any]]:
    """Return the variations that hold: those of the state for all answers, then those drawn.

    Raises:
        ValueError: A variation that nobody here knows, so that a slip of the pen shows.
    """
    standing: Any = state.get_value("avid.variants", [])
    found: dict[str, dict[str, Any]] = {
        name: dict(standing[name]) if isinstance(standing, dict) else {} for name in standing
    }
    for drawn in faults.variants("avid", operation):
        found[drawn.kind] = dict(drawn.args)
    unknown = found.keys() - VARIANTS
    if unknown:
        raise ValueError(f"unknown variations: {', '.join(sorted(unknown))}")
    return found


def forced_errors(exchange: Exchange, code: str = "") -> list[str]:
    """Return the item errors that the variation "item_error" puts on a write.

    Its argument ``messages`` are the texts, ``codes`` the only vendors it strikes (all).
    """
    forced = exchange.variants.get("item_error")
    if forced is None or (code and code not in forced.get("codes", [code])):
        return []
    return [str(text) for text in forced.get("messages", ["Something is wrong with the item"])]


def companies(state: State) -> list[str]:
    """Return the ids of the companies that the client of this sandbox may ask for."""
    return [str(one) for one in state.get_value("avid.companies", [DEFAULT_COMPANY])]


def media_type(request: Request) -> str:
    """Return the content type of the request in lower case and without parameters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def json_body(exchange: Exchange) -> Any:
    """Return the parsed body with amounts as ``Decimal``; checks type, size, then text.

    Raises:
        RefusedError: 415, 413 or 400 in the order of avidxchange.md 10.12.
    """
    if media_type(exchange.request) != "application/json":
        raise RefusedError(415, "Content type must be application/json")
    if len(exchange.request.body) > MAX_BODY_BYTES:
        raise RefusedError(413, "Body is too large")
    try:
        text = exchange.request.body.decode("utf-8")
        body = json.loads(text, parse_float=Decimal, parse_constant=_no_constant)
        if "\\u" in text:
            # Half of a surrogate pair can be escaped, but is no text: nobody could answer it.
            json.dumps(body, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError):
        raise RefusedError(400, "Body is not valid JSON") from None
    return body


def json_object(exchange: Exchange) -> dict[str, Any]:
    """Return the parsed body, which must be an object."""
    body = json_body(exchange)
    if not isinstance(body, dict):
        raise RefusedError(400, "Body must be an object")
    return body


def _no_constant(name: str) -> Any:
    # NaN and Infinity are no JSON, though Python's reader takes them.
    raise ValueError(name)
