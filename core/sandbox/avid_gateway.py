"""The gateway in front of the simulated API: tokens, static tokens, companies.

Implements avidxchange.md 2.3, 4 and the credentials and companies of 2.11; throttling stands in
``avid_limits``. State values it obeys:
``avid.auth`` (any | client_credentials | static_tokens), ``avid.token_seconds``, ``avid.scopes``
(None = every scope), ``avid.token_client_auth`` (basic | body | both), ``avid.basic_encode``,
``avid.fault_shape`` (gateway | gateway_old | exception), ``avid.company_in`` (header | query |
none), ``avid.company_name``.
"""

import base64
import binascii
import hmac
import uuid
from typing import Any
from urllib.parse import parse_qs, unquote_plus

from core.sandbox import avid_clock
from core.sandbox.avid_answers import Answer, GatewayError, RefusedError
from core.sandbox.avid_exchange import Exchange, companies, media_type
from core.sandbox.avid_rows import TOKENS
from core.sandbox.state import State

DEFAULTS = {
    "avid.client_id": "DEMO-client",
    "avid.client_secret": "DEMO-client-secret",
    "avid.company_token": "DEMO-company-token",
    "avid.user_token": "DEMO-user-token",
}
_BAD_TOKEN = "The access token is not valid"  # noqa: S105 - a text of the contract, no secret
_LONG_TOKEN_LENGTH = 2048


def token(exchange: Exchange) -> Answer:
    """Answer the token endpoint: one living token per client and scope, else an OAuth error."""
    if "token_503_echo" in exchange.variants:
        # Seen at a real endpoint: the fault repeats the credentials (avidxchange.md 2.3).
        echo = f"{exchange.request.headers.get('authorization', '')} {_form_text(exchange)}"
        raise GatewayError(503, {"code": "101503", "message": f"Backend failed for {echo}"}, {})
    form = _form(exchange)
    client = _client(exchange, form or {})
    if client is None:
        return _oauth(401, "invalid_client", "Client authentication failed")
    if form is None or "grant_type" not in form:
        return _oauth(400, "invalid_request", "The request is malformed")
    if form["grant_type"] != "client_credentials":
        return _oauth(400, "unsupported_grant_type", "The grant type is not supported")
    scope, allowed = form.get("scope", ""), exchange.state.get_value("avid.scopes", None)
    if scope and allowed is not None and not set(scope.split()) <= set(allowed):
        return _oauth(400, "invalid_scope", "The scope is not known")
    return _token_answer(exchange, client, scope or "default")


def _token_answer(exchange: Exchange, client: str, scope: str) -> Answer:
    now = avid_clock.now(exchange.state).timestamp()
    tokens = exchange.state.table(TOKENS)
    found = next(
        (
            (key, row)
            for key, row in tokens.items()
            if row["Client"] == client and row["Scope"] == scope and row["Expires"] > now
        ),
        None,
    )
    if found is None:
        found = _new_token(exchange, client, scope, now)
    left: Any = int(found[1]["Expires"] - now)
    if exchange.has("expires_one"):
        left = 1
    body = {"access_token": found[0], "scope": scope, "token_type": "Bearer", "expires_in": left}
    if exchange.has("expires_text"):
        body["expires_in"] = str(exchange.variants["expires_text"].get("text", left))
    if exchange.has("expires_missing"):
        del body["expires_in"]
    return Answer(200, body)


def _new_token(
    exchange: Exchange, client: str, scope: str, now: float
) -> tuple[str, dict[str, Any]]:
    life = float(exchange.state.get_value("avid.token_seconds", 3600))
    key = str(uuid.uuid4())
    if exchange.has("token_long"):
        key = (key + uuid.uuid4().hex * 64)[:_LONG_TOKEN_LENGTH]
    row = {"Client": client, "Scope": scope, "Expires": now + life}
    exchange.state.table(TOKENS).put(key, row)
    exchange.state.count("avid.tokens_issued")
    return key, row


def _oauth(status: int, error: str, description: str) -> Answer:
    return Answer(status, {"error": error, "error_description": description})


def _form_text(exchange: Exchange) -> str:
    return exchange.request.body.decode("utf-8", "replace")


def _form(exchange: Exchange) -> dict[str, str] | None:
    """Return the form of a token request, or None when it is malformed (RFC 6749, 3.2)."""
    if media_type(exchange.request) != "application/x-www-form-urlencoded":
        return None
    parsed = parse_qs(_form_text(exchange), keep_blank_values=True)
    if any(len(values) > 1 for values in parsed.values()):
        return None
    return {name: values[0] for name, values in parsed.items() if values[0]}


def _client(exchange: Exchange, form: dict[str, str]) -> str | None:
    """Return the id of the client that proved who it is, or None."""
    state, way = exchange.state, exchange.state.get_value("avid.token_client_auth", "basic")
    scheme, _, encoded = exchange.request.headers.get("authorization", "").partition(" ")
    pair: tuple[str, str] | None = None
    if scheme.lower() == "basic" and way in ("basic", "both"):
        pair = _basic(encoded, encode=bool(state.get_value("avid.basic_encode", default=False)))
    elif not scheme and way in ("body", "both"):
        pair = form.get("client_id", ""), form.get("client_secret", "")
    if pair is None:
        return None
    right = (_setting(state, "avid.client_id"), _setting(state, "avid.client_secret"))
    return pair[0] if all(map(_same, pair, right)) else None


def _basic(encoded: str, *, encode: bool) -> tuple[str, str] | None:
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return None
    name, colon, secret = text.partition(":")
    if not colon:
        return None
    return (unquote_plus(name), unquote_plus(secret)) if encode else (name, secret)


def _setting(state: State, name: str) -> str:
    return str(state.get_value(name, DEFAULTS[name]))


def _same(given: str, right: str) -> bool:
    return hmac.compare_digest(given.encode(), right.encode())


def authenticate(exchange: Exchange) -> str:
    """Check the credentials of a call; return the company a company token names, else "".

    Raises:
        GatewayError, RefusedError: 401 in the shape that is set.
    """
    headers, state = exchange.request.headers, exchange.state
    if exchange.has("revoked"):
        for key in list(state.table(TOKENS).keys()):
            state.table(TOKENS).delete(key)
    kind = state.get_value("avid.auth", "any")
    if exchange.has("unauthorized"):
        raise _unauthorized(exchange, "900901", "Invalid Credentials")
    if kind != "client_credentials" and "authorization" not in headers:
        return _static(exchange)
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if not scheme or kind == "static_tokens":
        raise _unauthorized(exchange, "900902", "Missing Credentials")
    row = state.table(TOKENS).get(key.strip()) if scheme.lower() == "bearer" else None
    if row is None or row["Expires"] <= avid_clock.now(state).timestamp():
        raise _unauthorized(exchange, "900901", "Invalid Credentials", expired=row is not None)
    return ""


def _static(exchange: Exchange) -> str:
    headers, state = exchange.request.headers, exchange.state
    given = [headers.get(name, "") for name in ("x-company-token", "x-user-token")]
    if not all(given):
        raise _unauthorized(exchange, "900902", "Missing Credentials")
    right = [_setting(state, name) for name in ("avid.company_token", "avid.user_token")]
    if not all(map(_same, given, right)):
        raise _unauthorized(exchange, "900901", "Invalid Credentials")
    return str(state.get_value("avid.company_of_token", companies(state)[0]))


def _unauthorized(
    exchange: Exchange, code: str, message: str, *, expired: bool = False
) -> Exception:
    """Return the 401 in one of its three shapes (avidxchange.md 2.11)."""
    shape = exchange.state.get_value("avid.fault_shape", "gateway")
    shape = exchange.variants.get("unauthorized", {}).get("shape", shape)
    if shape == "exception":
        return RefusedError(401, "The token has expired" if expired else _BAD_TOKEN)
    names = ("message", "description")
    if shape == "gateway_old":
        names = ("error_message", "error_description")
    body = {"code": code, names[0]: message, names[1]: _BAD_TOKEN}
    return GatewayError(401, body, {"www-authenticate": 'Bearer realm="gateway"'})


def company(exchange: Exchange, named: str) -> str:
    """Return the company the call works for; ``named`` is the one a company token stands for.

    Raises:
        RefusedError: 400 without a company, 403 for one that is not this client's.
    """
    state = exchange.state
    place = state.get_value("avid.company_in", "header")
    name = str(state.get_value("avid.company_name", "X-Company-Id"))
    given = ""
    if place == "header":
        given = exchange.request.headers.get(name.lower(), "").strip()
    elif place == "query":
        given = parse_qs(exchange.request.query).get(name, [""])[0]
    if not given:
        if named or place == "none":
            return named or companies(state)[0]
        raise RefusedError(400, f"{name} is required")
    if given not in companies(state) or (named and given != named):
        raise RefusedError(403, f"Company {given} is not available to this client")
    return given
