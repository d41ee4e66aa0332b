"""JSON Web Tokens at the simulated X3's doors, made and checked (wire contract, 4.2 and 4.3).

Signing is written here on the standard library alone: a mistake in the library that a client
signs with shows as a refusal and cannot cancel itself out. Which request carries a token, and
what is answered to a bad one, is not known here.
"""

import base64
import binascii
import hashlib
import hmac
import json
import math
import secrets
import uuid
from datetime import datetime
from typing import Any

from core.sandbox.state import State

Claims = dict[str, Any]

DEFAULTS: dict[str, Any] = {
    "x3.user": "DEMO-WS",
    "x3.password": "DEMO-password",
    "x3.client_id": "DEMO-APP",
    "x3.client_secret": "DEMO-connected-application-secret-000001",
    "x3.audience": "https://crossfoot.example/x3",
    "x3.token_validity_s": 300,
    "x3.gateway_client_id": "DEMO-GATEWAY",
    "x3.gateway_client_secret": "DEMO-gateway-application-secret-00000001",
    "x3.gateway_scope": "businessDomain.ALL api.graphQL",
    "x3.code_s": 600,
    "x3.access_token_s": 300,
    "x3.refresh_token_s": 2592000,
    "x3.token_body": "any",
}
UNKNOWN_ISSUER = 41
SUBJECT_REFUSED = 42
AUDIENCE_DIFFERS = 45
NOT_VALID = 50
_PARTS = 3
_LATEST = 10.0**12
_GATEWAY = "https://gateway.example/"
_API = f"{_GATEWAY}api"
_RENEWAL = f"{_GATEWAY}oauth/token"
_KEY = "x3.gateway_key"


def value(state: State, name: str) -> Any:
    """Return a setting of the doors, or what it is as long as nobody has set it."""
    return state.get_value(name, DEFAULTS[name])


def signed(claims: Claims, key: str) -> str:
    """Return the claims as a JWT signed with HS256 and the key's UTF-8 bytes."""
    head = _encoded(b'{"alg":"HS256","typ":"JWT"}')
    body = _encoded(json.dumps(claims, separators=(",", ":")).encode())
    return f"{head}.{body}.{_encoded(_signature(f'{head}.{body}', key))}"


def claims_of(token: str) -> Claims | None:
    """Return what a token claims, its signature unchecked; None for what is no JWT at all."""
    parts = token.split(".")
    return _object(parts[1]) if len(parts) == _PARTS and _object(parts[0]) is not None else None


def is_signed(token: str, key: str) -> bool:
    """Say whether the token is signed with this key and HS256, which nothing replaces."""
    content, _, given = token.rpartition(".")
    head = _object(content.partition(".")[0])
    if head is None or head.get("alg") != "HS256":
        return False
    signature = _decoded(given)
    return signature is not None and hmac.compare_digest(signature, _signature(content, key))


def connected_app_refusal(state: State, token: str, now: datetime) -> int | None:
    """Return the number of the error a connected application's token earns, or None when good.

    Checked in the order of the numbers, against X3's clock. The same ``jti`` may come any number of
    times, and a token without ``sub`` works as the application's own user.
    """
    claims = claims_of(token)
    if claims is None or claims.get("iss") != value(state, "x3.client_id"):
        return UNKNOWN_ISSUER
    if "sub" in claims and claims["sub"] != value(state, "x3.user"):
        return SUBJECT_REFUSED
    if claims.get("aud") != value(state, "x3.audience"):
        return AUDIENCE_DIFFERS
    if not is_signed(token, value(state, "x3.client_secret")):
        return NOT_VALID
    issued, ends = _instant(claims, "iat"), _instant(claims, "exp")
    if issued is None or ends is None or ends <= now.timestamp():
        return NOT_VALID
    return NOT_VALID if ends - issued > value(state, "x3.token_validity_s") else None


def is_issued_ahead(token: str, now: datetime) -> bool:
    """Say whether a token claims to be issued at a time that X3's clock has not reached yet."""
    issued = _instant(claims_of(token) or {}, "iat")
    return issued is not None and issued > now.timestamp()


def access_token(state: State, now: datetime) -> str:
    """Return a new access token of the gateway; it is good at least as long as is promised."""
    claims = {
        **_gateway_claims(state, now, _API, value(state, "x3.access_token_s")),
        "region": "US",
        "scopes": value(state, "x3.gateway_scope").split(),
    }
    return signed(claims, _gateway_key(state))


def refresh_token(state: State, now: datetime) -> tuple[str, str]:
    """Return the identity (``jti``) and the text of a new refresh token."""
    claims = _gateway_claims(state, now, _RENEWAL, value(state, "x3.refresh_token_s"))
    return claims["jti"], signed(claims, _gateway_key(state))


def is_of_gateway(token: str) -> bool:
    """Say whether the token names the gateway as its issuer, truly or not."""
    claims = claims_of(token)
    return claims is not None and claims.get("iss") == _GATEWAY


def access_age(state: State, token: str, now: datetime) -> float | None:
    """Return the seconds since this access token was issued, or None when it does not open."""
    claims = _own_claims(state, token, _API)
    if claims is None or claims["exp"] <= now.timestamp():
        return None
    return max(0.0, now.timestamp() - float(claims["iat"]))


def refresh_identity(state: State, token: str, now: datetime) -> str | None:
    """Return the identity of a refresh token of ours that has not expired, else None."""
    claims = _own_claims(state, token, _RENEWAL)
    if claims is None or claims["exp"] <= now.timestamp():
        return None
    return str(claims["jti"])


def _gateway_claims(state: State, now: datetime, audience: str, life_s: float) -> Claims:
    # Whole seconds: begun early and ended late, so that no token dies before its promised life.
    return {
        "iss": _GATEWAY,
        "aud": audience,
        "iat": math.floor(now.timestamp()),
        "exp": math.ceil(now.timestamp() + life_s),
        "sub": value(state, "x3.user"),
        "azp": value(state, "x3.gateway_client_id"),
        "jti": str(uuid.uuid4()),
    }


def _own_claims(state: State, token: str, audience: str) -> Claims | None:
    """Return the claims of a token that the gateway itself has signed for this use."""
    claims = claims_of(token)
    if claims is None or not is_signed(token, _gateway_key(state)):
        return None
    return claims if claims.get("aud") == audience else None


def _gateway_key(state: State) -> str:
    with state.lock:
        if state.get_value(_KEY) is None:
            state.set_value(_KEY, secrets.token_hex(32))
        return str(state.get_value(_KEY))


def _instant(claims: Claims, name: str) -> float | None:
    found = claims.get(name)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if abs(found) < _LATEST else None


def _signature(content: str, key: str) -> bytes:
    return hmac.new(key.encode(), content.encode(), hashlib.sha256).digest()


def _encoded(plain: bytes) -> str:
    return base64.urlsafe_b64encode(plain).rstrip(b"=").decode()


def _decoded(text: str) -> bytes | None:
    """Return the bytes of base64url without padding, or None when the text is something else."""
    if not text.isascii() or set(text) & set("=+/"):
        return None
    padded = text + "=" * (-len(text) % 4)
    try:
        return base64.b64decode(padded, altchars=b"-_", validate=True)
    except binascii.Error:
        return None


def _object(text: str) -> Claims | None:
    plain = _decoded(text)
    if plain is None:
        return None
    try:
        found = json.loads(plain, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
