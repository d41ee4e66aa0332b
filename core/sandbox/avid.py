"""The simulated AvidXchange: one request in, one answer out, checks in the order of 2.11.

Written from avidxchange.md alone. ``handle`` runs in a worker thread, holds ``state.lock`` for the
whole of its work and commits before it answers. Faults of the line are played around it; named
variations of the answer (section 7) are applied here.
"""

import re
import time
from collections.abc import Callable
from email.utils import format_datetime

from core.sandbox import (
    avid_clock,
    avid_codes,
    avid_exchange,
    avid_fault_forms,
    avid_gateway,
    avid_idempotency,
    avid_images,
    avid_invoices,
    avid_limits,
    avid_payments,
    avid_script,
    avid_shapes,
    avid_vendors,
    life_avid,
)
from core.sandbox.avid_answers import (
    Answer,
    GatewayError,
    RefusedError,
    response,
)
from core.sandbox.avid_exchange import Exchange
from core.sandbox.faults import Faults, Request, Response
from core.sandbox.state import State

OTHER = "other"
_TOKEN_PATH = "/token"  # noqa: S105 - a path, no secret
_ROUTES: tuple[tuple[str, dict[str, str]], ...] = (
    (r"/token", {"POST": "token"}),
    (r"/v1/codes/groups", {"GET": "list_code_groups"}),
    (r"/v1/codes", {"GET": "list_codes"}),
    (r"/v1/vendors", {"GET": "list_vendors", "POST": "upsert_vendors"}),
    (r"/v1/invoices", {"GET": "list_invoices", "POST": "submit_invoice"}),
    (
        r"/v1/invoices/(?P<id>[^/]+)",
        {"GET": "get_invoice", "PUT": "replace_invoice", "DELETE": "withdraw_invoice"},
    ),
    (r"/v1/invoices/(?P<id>[^/]+)/images", {"POST": "attach_image"}),
    (r"/v1/payments", {"GET": "list_payments"}),
    (r"/v1/payments/(?P<id>[^/]+)", {"GET": "get_payment"}),
    (r"/v1/payments/(?P<id>[^/]+)/paymenthistory", {"GET": "payment_history"}),
)
_PATTERNS = tuple((re.compile(pattern), methods) for pattern, methods in _ROUTES)
_OPERATIONS: dict[str, Callable[[Exchange], Answer]] = {
    "list_code_groups": avid_codes.list_code_groups,
    "list_codes": avid_codes.list_codes,
    "list_vendors": avid_vendors.list_vendors,
    "upsert_vendors": avid_vendors.upsert_vendors,
    "list_invoices": avid_invoices.list_invoices,
    "submit_invoice": avid_invoices.submit_invoice,
    "get_invoice": avid_invoices.get_invoice,
    "replace_invoice": avid_invoices.replace_invoice,
    "withdraw_invoice": avid_invoices.withdraw_invoice,
    "attach_image": avid_images.attach_image,
    "list_payments": avid_payments.list_payments,
    "get_payment": avid_payments.get_payment,
    "payment_history": avid_payments.payment_history,
}


def operation_of(request: Request) -> str:
    """Return the operation id of the OpenAPI file, or "other" for what is no operation."""
    methods, _object_id = _route(request.path)
    return (methods or {}).get(request.method, OTHER)


def handle(state: State, faults: Faults, request: Request) -> Response:
    """Answer one request; everything it changed is committed when this returns."""
    operation = operation_of(request)
    exchange = Exchange(state, request, operation)
    exchange.variants = avid_exchange.variants_of(state, faults, operation)
    with avid_limits.UnderWay(state) as under_way:
        _work_slowly(exchange)
        with state.lock:
            _live_on(state)
            answered = _answered(exchange, max(under_way.number, 1))
            state.commit()
    return answered


def _live_on(state: State) -> None:
    """Play what is due by script, and a notch when "avid.notch_every_seconds" says so."""
    avid_script.run_due(state, life_avid.EVENTS)
    every = float(state.get_value("avid.notch_every_seconds", 0))
    now = avid_clock.now(state).timestamp()
    if every and now - float(state.get_value("avid.notched_at", 0)) >= every:
        state.set_value("avid.notched_at", now)
        life_avid.notch(state)


def _work_slowly(exchange: Exchange) -> None:
    """Take as long as is set, without the lock, so that other requests meet this one under way.

    The variation "working" also marks the idempotency key as in progress meanwhile.
    """
    state = exchange.state
    pause = float(state.get_value("avid.work_seconds", 0))
    working = exchange.variants.get("working")
    if working is None:
        if pause:
            time.sleep(pause)
        return
    pause = float(working.get("seconds", 1))
    named = exchange.request.headers.get("x-company-id", "").strip()
    exchange.company = named or avid_exchange.companies(state)[0]
    with state.lock:
        marked = avid_idempotency.start_working(exchange, pause)
    time.sleep(pause)
    if marked:
        with state.lock:
            avid_idempotency.stop_working(exchange)


def _answered(exchange: Exchange, under_way: int) -> Response:
    headers = {"date": format_datetime(avid_clock.now(exchange.state), usegmt=True)}
    request_id = exchange.request.headers.get("x-request-id")
    if request_id:
        headers["x-request-id"] = request_id
    try:
        answer = avid_shapes.bend(exchange, _dispatch(exchange, under_way))
    except RefusedError as refused:
        message_id = f"5d0c7c1e-{exchange.state.next('avid.message'):04d}"
        answer, more = avid_fault_forms.formed(exchange, refused, _source(exchange), message_id)
        headers |= refused.headers | more
    except GatewayError as refused:
        headers.update(refused.headers)
        answer = Answer(refused.status, refused.body)
    if exchange.operation == "token":
        headers |= {"cache-control": "no-store", "pragma": "no-cache"}
        if answer.status == 401:  # noqa: PLR2004 - RFC 6749, 5.2 asks for the challenge
            headers["www-authenticate"] = 'Basic realm="token"'
    else:
        headers |= avid_limits.headers(exchange)
    return response(answer, headers)


def _dispatch(exchange: Exchange, under_way: int) -> Answer:
    """Check in the order of avidxchange.md 2.11 and 10.12, then do the work."""
    methods, exchange.object_id = _route(exchange.request.path)
    if exchange.request.path == _TOKEN_PATH:
        if exchange.operation == OTHER:
            raise _not_allowed(methods)
        avid_limits.throttle_token(exchange)
        return avid_gateway.token(exchange)
    named = avid_gateway.authenticate(exchange)
    avid_limits.throttle(exchange, under_way)
    exchange.company = avid_gateway.company(exchange, named)
    if methods is None:
        raise RefusedError(404, "No such resource")
    if exchange.operation == OTHER:
        raise _not_allowed(methods)
    if exchange.has("server_error"):
        raise RefusedError(500, "Something went wrong")
    return _OPERATIONS[exchange.operation](exchange)


def _not_allowed(methods: dict[str, str] | None) -> RefusedError:
    """Return the refusal of a method, naming those of the path as RFC 9110, 15.5.6 asks."""
    return RefusedError(405, "Method not allowed", {"allow": ", ".join(sorted(methods or ()))})


def _route(path: str) -> tuple[dict[str, str] | None, str]:
    """Return the methods of a path and the id in it; None for a path that is no resource."""
    for pattern, methods in _PATTERNS:
        found = pattern.fullmatch(path)
        if found:
            return methods, found.groupdict().get("id") or ""
    return None, ""


def _source(exchange: Exchange) -> str:
    """Return what a fault body names as its source: the resource, else the gateway."""
    parts = exchange.request.path.split("/")
    return parts[2] if len(parts) > 2 and parts[1] == "v1" else "gateway"  # noqa: PLR2004 - /v1/x
