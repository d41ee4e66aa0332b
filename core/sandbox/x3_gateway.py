"""The simulated cloud gateway in front of X3: its token endpoint (wire contract, 4.3 and 10.3).

Each renewal gives a new pair and refuses the old refresh token from then on. Variants of the
operation ``token``: ``old_refresh_until_used`` (the old one stays good until the new one is used),
``revoked`` (the customer has deleted the token that comes), ``camel_case``, ``no_expires_in``. An
answer lost after the commit is the generic ``reset_after``. Sign-in pages are in
``x3_gateway_pages``.
"""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.sandbox import x3_auth, x3_front, x3_gateway_pages, x3_tokens
from core.sandbox.faults import Faults, Request, Response
from core.sandbox.state import Row, State

TOKEN_PATH = "/oauth/token"  # noqa: S105 - an address, no secret
AUTHORIZE_PATH = "/oauth/authorize"
REFRESH = "gateway:refresh"
CODES = "gateway:code"
COUNTED = (
    "signed_in",
    "granted",
    "refused_refresh",
    "refused_code",
    "refused_client",
    "accepted_access",
    "refused_access",
)
_HEADERS = {"content-type": "application/json", "cache-control": "no-store"}
_NOT_RENEWED = "Refresh token is expired, revoked or already used"
_NO_CODE = "Authorization code is unknown, expired or already used"
_CAMEL = {
    "access_token": "accessToken",
    "refresh_token": "refreshToken",
    "token_type": "tokenType",
    "expires_in": "expiresIn",
    "refresh_expires_in": "refreshExpiresIn",
}


@dataclass(frozen=True)
class _Call:
    """One token request that was understood and whose client is known."""

    state: State
    now: datetime
    fields: dict[str, str]
    kinds: frozenset[str]


def is_here(path: str) -> bool:
    """Say whether the path is one of the gateway's; the token's may stand below a region's root."""
    return path == AUTHORIZE_PATH or path.endswith(TOKEN_PATH)


def operation_of(request: Request) -> str:
    """Return authorize or token."""
    return "authorize" if request.path == AUTHORIZE_PATH else "token"


def handle(state: State, faults: Faults, request: Request) -> Response:
    """Answer one request of the gateway; the caller holds the lock and commits."""
    now = x3_front.now(state, faults)
    found = x3_auth.variants(state, faults, operation_of(request))
    if request.path != AUTHORIZE_PATH:
        return _token(state, now, request, frozenset(found))

    def new_code(asked: dict[str, str]) -> str:
        return _new_code(state, now, asked)

    return x3_gateway_pages.authorize(state, request, found, new_code)


def sign_in(state: State, now: datetime) -> Row:
    """Return a fresh pair, as a person's sign-in in the browser gives it."""
    state.count("gateway.signed_in")
    return _pair(state, now, parent="")


def counts(state: State) -> dict[str, int]:
    """Return how often the gateway granted and refused: see ``COUNTED``; granted are renewals."""
    counters = state.counters
    return {name: counters.get(f"gateway.{name}", 0) for name in COUNTED}


def _token(state: State, now: datetime, request: Request, kinds: frozenset[str]) -> Response:
    if request.method != "POST":
        return Response(405, {**_HEADERS, "allow": "POST"}, b"")
    fields = _fields(state, request)
    if fields is None or "grant_type" not in fields:
        return _refused(400, "invalid_request", "The request is malformed")
    if not _is_client(state, fields):
        state.count("gateway.refused_client")
        return _refused(401, "invalid_client", "Client authentication failed")
    call = _Call(state, now, fields, kinds)
    match fields["grant_type"]:
        case "authorization_code":
            return _first_pair(call)
        case "refresh_token":
            return _renewed(call)
        case _:
            return _refused(400, "unsupported_grant_type", "The grant type is not supported")


def _first_pair(call: _Call) -> Response:
    code = call.fields.get("code", "")
    row = call.state.table(CODES).get(code)
    # Whatever comes of it, a code is good for one try.
    call.state.table(CODES).delete(code)
    if row is None or row["ends"] <= call.now.timestamp() or not _fits(call.fields, row):
        call.state.count("gateway.refused_code")
        return _refused(400, "invalid_grant", _NO_CODE)
    return _answer(call, sign_in(call.state, call.now))


def _fits(fields: dict[str, str], row: Row) -> bool:
    """Say whether the token request comes from where the code was asked for (RFC 7636, 4.6)."""
    if fields.get("redirect_uri") != row["redirect_uri"]:
        return False
    if not row["code_challenge"]:
        return True
    digest = hashlib.sha256(fields.get("code_verifier", "").encode()).digest()
    shown = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return hmac.compare_digest(shown.encode(), row["code_challenge"].encode())


def _renewed(call: _Call) -> Response:
    table = call.state.table(REFRESH)
    identity = x3_tokens.refresh_identity(
        call.state, call.fields.get("refresh_token", ""), call.now
    )
    if identity is not None and "revoked" in call.kinds:
        table.delete(identity)
    row = table.get(identity) if identity is not None else None
    if identity is None or row is None:
        call.state.count("gateway.refused_refresh")
        return _refused(400, "invalid_grant", _NOT_RENEWED)
    _end_others(call, identity, str(row["parent"]))
    if "old_refresh_until_used" not in call.kinds:
        table.delete(identity)
    call.state.count("gateway.granted")
    return _answer(call, _pair(call.state, call.now, parent=identity))


def _end_others(call: _Call, identity: str, parent: str) -> None:
    """End what the first use of a refresh token ends: its parent and siblings; and the expired."""
    table = call.state.table(REFRESH)
    for key, row in list(table.items()):
        is_kin = bool(parent) and (key == parent or row["parent"] == parent)
        if key != identity and (is_kin or row["ends"] <= call.now.timestamp()):
            table.delete(key)


def _pair(state: State, now: datetime, *, parent: str) -> Row:
    identity, refresh = x3_tokens.refresh_token(state, now)
    life_s = x3_tokens.value(state, "x3.refresh_token_s")
    row = {"parent": parent, "ends": now.timestamp() + life_s}
    state.table(REFRESH).put(identity, row)
    return {
        "access_token": x3_tokens.access_token(state, now),
        "refresh_token": refresh,
        "token_type": "Bearer",
        "expires_in": x3_tokens.value(state, "x3.access_token_s"),
        "refresh_expires_in": life_s,
    }


def _new_code(state: State, now: datetime, asked: dict[str, str]) -> str:
    code = secrets.token_urlsafe(24)
    row = {
        "redirect_uri": asked["redirect_uri"],
        "code_challenge": asked.get("code_challenge", ""),
        "ends": now.timestamp() + x3_tokens.value(state, "x3.code_s"),
    }
    state.table(CODES).put(code, row)
    return code


def _answer(call: _Call, pair: Row) -> Response:
    shown = dict(pair)
    if "no_expires_in" in call.kinds:
        del shown["expires_in"]
    if "camel_case" in call.kinds:
        shown = {_CAMEL[name]: text for name, text in shown.items()}
    return Response(200, _HEADERS, json.dumps(shown).encode())


def _refused(status: int, error: str, description: str) -> Response:
    body = {"error": error, "error_description": description}
    return Response(status, _HEADERS, json.dumps(body).encode())


def _is_client(state: State, fields: dict[str, str]) -> bool:
    wanted = "\n".join(
        x3_tokens.value(state, f"x3.gateway_client_{name}") for name in ("id", "secret")
    )
    given = f"{fields.get('client_id', '')}\n{fields.get('client_secret', '')}"
    return hmac.compare_digest(given.encode(), wanted.encode())


def _fields(state: State, request: Request) -> dict[str, str] | None:
    """Return the members of a JSON or form body, or None for one that is neither or not taken."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    taken = x3_tokens.value(state, "x3.token_body")
    if kind == "application/json" and taken in ("any", "json"):
        return _json_fields(request.body)
    if kind == "application/x-www-form-urlencoded" and taken in ("any", "form"):
        return x3_gateway_pages.form_fields(request.body)
    return None


def _json_fields(body: bytes) -> dict[str, str] | None:
    try:
        found: Any = json.loads(body)
        if not isinstance(found, dict):
            return None
        "".join(found.values()).encode()  # every value is a text, and one that can be encoded
    except (ValueError, TypeError, RecursionError):
        return None
    return found
