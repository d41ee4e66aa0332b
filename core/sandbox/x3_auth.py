"""Sign-in of the simulated X3: basic authentication on every request (wire contract, 4.1)."""

import base64
import binascii
import hmac

from core.sandbox.faults import Request, Response
from core.sandbox.state import State

_JSON = {"content-type": "application/json; charset=utf-8"}
_BASIC_REFUSED = b'{"$diagnoses":[{"$message":"Wrong username and password"}]}'


def refusal(state: State, request: Request, *, is_soap: bool) -> Response | None:
    """Return the 401 that this request deserves, or None when its sign-in is good."""
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        # No connected application is registered here, so every issuer is unknown.
        code = 30 if is_soap else 41
        return Response(
            401, {"content-type": "text/plain"}, f"Error {code}: Invalid token".encode()
        )
    if scheme.lower() == "basic" and _is_known(state, secret):
        return None
    headers = {**_JSON, "www-authenticate": 'Basic realm="Syracuse"'}
    return Response(401, headers, _BASIC_REFUSED)


def _is_known(state: State, secret: str) -> bool:
    try:
        given = base64.b64decode(secret.strip(), validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return False
    user = state.get_value("x3.user", "DEMO-WS")
    wanted = f"{user}:{state.get_value('x3.password', 'DEMO-password')}"
    return hmac.compare_digest(given.encode(), wanted.encode())
