"""Sign-in of the simulated X3: all three doors at once (wire contract, 4.1 to 4.3).

Basic, a connected application's own token, and the access token of the gateway open api1, SOAP and
GraphQL alike. Variants: ``access_refused_early`` (argument ``after_s``: refuses access tokens of
this age, though not expired), ``issue_time_checked`` (a connected application's ``iat`` in the
future is refused).
"""

import base64
import binascii
import hmac

from core.sandbox import x3_front, x3_tokens
from core.sandbox.faults import Fault, Faults, Request, Response
from core.sandbox.state import State
from core.sandbox.x3_wire import variants_of

_JSON = {"content-type": "application/json; charset=utf-8"}
_TEXT = {"content-type": "text/plain"}
_BASIC_REFUSED = b'{"$diagnoses":[{"$message":"Wrong username and password"}]}'
_SOAP_REFUSED = 30


def refusal(
    state: State, faults: Faults, request: Request, operation: str, *, is_soap: bool
) -> Response | None:
    """Return the 401 that this request deserves, or None when its sign-in is good."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        code = _token_refusal(state, faults, secret.strip(), operation)
        if code is None:
            return None
        shown = _SOAP_REFUSED if is_soap else code
        return Response(401, _TEXT, f"Error {shown}: Invalid token".encode())
    if scheme.lower() == "basic" and _is_known(state, secret):
        return None
    headers = {**_JSON, "www-authenticate": 'Basic realm="Syracuse"'}
    return Response(401, headers, _BASIC_REFUSED)


def variants(state: State, faults: Faults, operation: str) -> dict[str, Fault]:
    """Return the variants that hold for this request by kind; the first one of a kind counts."""
    return {fault.kind: fault for fault in reversed(variants_of(state, faults, operation))}


def _token_refusal(state: State, faults: Faults, token: str, operation: str) -> int | None:
    """Return the number of the error for a bearer token, or None when it opens."""
    # Variants are drawn only for a token that is good so far: a 401 shall use up no other fault.
    now = x3_front.now(state, faults)
    if not x3_tokens.is_of_gateway(token):
        code = x3_tokens.connected_app_refusal(state, token, now)
        if code is None and "issue_time_checked" in variants(state, faults, operation):
            code = x3_tokens.NOT_VALID if x3_tokens.is_issued_ahead(token, now) else None
        return code
    age = x3_tokens.access_age(state, token, now)
    if age is not None:
        early = variants(state, faults, operation).get("access_refused_early")
        if early is None or age < float(early.args.get("after_s", 0)):
            state.count("gateway.accepted_access")
            return None
    state.count("gateway.refused_access")
    return x3_tokens.NOT_VALID


def _is_known(state: State, secret: str) -> bool:
    try:
        given = base64.b64decode(secret.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return False
    user, password = (x3_tokens.value(state, f"x3.{name}") for name in ("user", "password"))
    return hmac.compare_digest(given.encode(), f"{user}:{password}".encode())
