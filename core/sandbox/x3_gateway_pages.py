"""The pages a person's browser sees at the simulated gateway (wire contract, 4.3 point 1).

A plain page asks whether the application may work; "Allow" sends the browser back to the loopback
address it came with. Variants of the operation ``authorize``: ``auto_allow`` (no page, allowed at
once), ``code_name`` (the answer says ``code``), ``form_post`` (the answer comes as a form by POST),
``wrong_state`` and ``no_state``, ``endpoint`` (argument ``url``: a regional root is named),
``show_code`` (no way back: the page shows the code to be copied).
"""

from collections.abc import Callable, Mapping
from html import escape
from urllib.parse import parse_qs, urlencode, urlsplit

from core.sandbox import x3_tokens
from core.sandbox.faults import Fault, Request, Response
from core.sandbox.state import State

_HEADERS = {"content-type": "text/html; charset=utf-8", "cache-control": "no-store"}
_DEMANDED = ("client_id", "scope", "customer", "redirect_uri", "state")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_CHALLENGE_LENGTH = 43  # of a SHA-256 in base64url (RFC 7636, 4.2)

Pairs = list[tuple[str, str]]


def authorize(
    state: State,
    request: Request,
    variants: Mapping[str, Fault],
    new_code: Callable[[dict[str, str]], str],
) -> Response:
    """Answer the sign-in page, or the answer a person has given on it.

    Args:
        state: Holds the registration of the one application.
        request: A GET with the application's order, or a POST of the page's form.
        variants: The variants in force, by kind.
        new_code: Makes and keeps the code for an order that was allowed.
    """
    is_answer = request.method == "POST"
    raw = request.body if is_answer else request.query.encode("latin-1", "replace")
    asked = form_fields(raw)
    problem = "The request is malformed" if asked is None else _problem(state, asked)
    if asked is None or problem:
        return _page(400, "Sign-in is not possible", f"<p>{escape(problem)}</p>")
    wrong = _wrong_order(state, asked)
    if wrong:
        return _back(asked, [("error", wrong)], variants)
    if is_answer and asked.get("decision") != "allow":
        return _back(asked, [("error", "access_denied")], variants)
    if not is_answer and "auto_allow" not in variants:
        return _question(request.path, asked)
    code = new_code(asked)
    if "show_code" in variants:
        return _page(200, "Copy this code", f"<p><code>{escape(code)}</code></p>")
    name = "code" if "code_name" in variants else "authorizationCode"
    given = [(name, code)]
    if "endpoint" in variants:
        own = f"http://{request.headers.get('host', '')}"
        given.append(("endpoint", str(variants["endpoint"].args.get("url", own))))
    return _back(asked, given, variants)


def form_fields(body: bytes) -> dict[str, str] | None:
    """Return the fields of a form or query, or None when one of them comes twice."""
    try:
        found = parse_qs(body.decode(), keep_blank_values=True, strict_parsing=bool(body))
    except ValueError:
        return None
    if any(len(values) > 1 for values in found.values()):
        return None
    return {name: values[0] for name, values in found.items()}


def _problem(state: State, asked: dict[str, str]) -> str:
    """Return why the browser cannot even be sent back, or nothing."""
    missing = [name for name in _DEMANDED if not asked.get(name)]
    if missing:
        return f"Missing: {', '.join(missing)}"
    if asked["client_id"] != x3_tokens.value(state, "x3.gateway_client_id"):
        return f"Unknown application: {asked['client_id']}"
    if not _is_loopback(asked["redirect_uri"]):
        return f"Not a registered address: {asked['redirect_uri']}"
    return ""


def _wrong_order(state: State, asked: dict[str, str]) -> str:
    """Return the error of RFC 6749, 4.1.2.1 that the order deserves, or nothing."""
    if not set(asked["scope"].split()) <= set(x3_tokens.value(state, "x3.gateway_scope").split()):
        return "invalid_scope"
    challenge, method = asked.get("code_challenge"), asked.get("code_challenge_method")
    if challenge is None and method is None:
        return ""
    is_whole = method == "S256" and len(challenge or "") == _CHALLENGE_LENGTH
    return "" if is_whole else "invalid_request"


def _is_loopback(address: str) -> bool:
    try:
        parts = urlsplit(address)
        is_plain = parts.port != 0 and parts.username is None and not parts.fragment
        is_plain = is_plain and address.isascii() and address.isprintable() and " " not in address
    except ValueError:
        return False
    return is_plain and parts.scheme == "http" and parts.hostname in _LOOPBACK


def _back(asked: dict[str, str], given: Pairs, variants: Mapping[str, Fault]) -> Response:
    """Send the browser back to the application with these values and the state."""
    target = asked["redirect_uri"]
    if "no_state" not in variants:
        shown = asked["state"][::-1] + "x" if "wrong_state" in variants else asked["state"]
        given = [*given, ("state", shown)]
    if "form_post" in variants:
        inner = f'<form method="post" action="{escape(target)}">{_hidden(given)}'
        return _page(200, "Signed in", f'{inner}<button autofocus="">Continue</button></form>')
    join = "&" if urlsplit(target).query else "?"
    headers = {**_HEADERS, "location": f"{target}{join}{urlencode(given)}"}
    return Response(303, headers, b"")


def _question(path: str, asked: dict[str, str]) -> Response:
    text = f"<p>May {escape(asked['client_id'])} work with {escape(asked['customer'])}?</p>"
    buttons = "".join(
        f'<button name="decision" value="{value}">{label}</button>'
        for value, label in (("allow", "Allow"), ("deny", "Deny"))
    )
    hidden = _hidden([pair for pair in asked.items() if pair[0] != "decision"])
    form = f'<form method="post" action="{escape(path)}">{hidden}{buttons}</form>'
    return _page(200, "Sign in", text + form)


def _hidden(fields: Pairs) -> str:
    return "".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(text)}">'
        for name, text in fields
    )


def _page(status: int, title: str, inner: str) -> Response:
    body = (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>'
        f"<body><h1>{title}</h1>{inner}</body></html>"
    )
    return Response(status, _HEADERS, body.encode())
