"""The simulated api1: ``$query``, ``$details`` and ``$prototypes`` (wire contract, section 3).

Reads only; every write verb is 405. Sign-in has been checked before.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, unquote_plus

from core.sandbox import x3_wire
from core.sandbox.faults import Fault, Faults, Request, Response
from core.sandbox.state import Row, State, Table
from core.sandbox.x3_classes import CHANGE, CLASSES, MAIN_ENDPOINT, X3Class, table
from core.sandbox.x3_pages import Page, PageError, Views, orders_of, page_of
from core.sandbox.x3_where import WhereError
from core.sandbox.x3_wire import Shape, diagnosis, identity, row_json, text_json

JSON = {"content-type": "application/json; charset=utf-8"}
INTERNAL_BASE = "https://x3app01.internal:8124"
ENDPOINTS_PATH = "/api1/syracuse/collaboration/syracuse/endPoints"
DEFAULT_COUNT = 20
COUNT_CAP = 1000

_ROUTE = re.compile(r"/api1/x3/erp/(?P<endpoint>[^/]+)/(?P<rest>.+)", re.DOTALL)
_TARGET = re.compile(
    r"(?P<class>[A-Za-z0-9_]+)(?:\('(?P<key>.*)'\)|/\$prototypes\('(?P<facet>[^']*)'\))?", re.DOTALL
)
_TRACKING = re.compile(r"\$trackings\('(?P<id>[^']+)'\)")
_TITLES = {"CUR": "TABCUR", "BPR": "BPSUPPLIER", "CPY": "COMPANY", "FCY": "FACILITY"}
_TITLE_TEXT = {
    "TABCUR": "DES",
    "BPSUPPLIER": "BPSNAM",
    "COMPANY": "CPYNAM",
    "FACILITY": "FCYNAM",
}
_TYPES = {
    "C": "application/x-string",
    "N": "application/x-decimal",
    "Q": "application/x-decimal",
    "I": "application/x-integer",
    "M": "application/x-choice",
    "B": "application/x-choice",
    "D": "application/x-date",
    "S": "application/x-datetime",
    "L": "application/x-array",
    "A": "application/x-array",
}


class RestError(Exception):
    """An answer that is a diagnosis with this status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class _Call:
    """One understood request."""

    state: State
    request: Request
    endpoint: str
    made: X3Class
    kinds: dict[str, str]
    shape: Shape
    variants: list[Fault]

    def has(self, kind: str) -> bool:
        return any(fault.kind == kind for fault in self.variants)


def operation_of(request: Request) -> str:
    """Return query, details, prototypes, endpoints or tracking; other for anything else."""
    if request.path == ENDPOINTS_PATH:
        return "endpoints"
    if "$trackings(" in request.path:
        return "tracking"
    if "/$prototypes(" in request.path:
        return "prototypes"
    if not request.path.startswith("/api1/x3/erp/"):
        return "other"
    return "details" if request.path.endswith("')") else "query"


class Rest:
    """Answers api1 requests of one state; keeps its views between requests."""

    def __init__(self) -> None:
        self.views = Views()
        self._tracked: dict[str, tuple[int, Request]] = {}

    def handle(self, state: State, faults: Faults, request: Request) -> Response:
        """Return the answer; the caller holds the state's lock."""
        variants = _variants(state, faults, operation_of(request))
        try:
            response = self._routed(state, request, variants)
        except (RestError, WhereError, PageError) as error:
            status = error.status if isinstance(error, RestError) else 500
            is_french = any(fault.kind == "french" for fault in variants)
            message = x3_wire.in_french(str(error)) if is_french else str(error)
            return Response(status, JSON, diagnosis(message).encode())
        return _with_noise(response, variants)

    def _routed(self, state: State, request: Request, variants: list[Fault]) -> Response:
        if request.path == ENDPOINTS_PATH:
            return _endpoints(state)
        route = _ROUTE.fullmatch(request.path)
        endpoint = route["endpoint"] if route else ""
        if route is None or endpoint not in state.get_value("x3.endpoints", [MAIN_ENDPOINT]):
            raise RestError(404, f"Endpoint not found: {endpoint or request.path}")
        tracking = _TRACKING.fullmatch(route["rest"])
        if tracking:
            return self._follow(state, tracking["id"], variants)
        if request.method != "GET":
            raise RestError(405, "Read-only representation")
        for fault in variants:
            if fault.kind == "tracking":
                return self._track(state, request, endpoint, int(fault.args.get("polls", 1)))
        return self._read(state, request, variants, endpoint, route["rest"])

    def _read(
        self, state: State, request: Request, variants: list[Fault], endpoint: str, rest: str
    ) -> Response:
        target = _TARGET.fullmatch(rest)
        if target is None or target["class"] not in CLASSES:
            raise RestError(500, f"Representation not found: {target['class'] if target else rest}")
        made = CLASSES[target["class"]]
        if made.name in state.get_value("x3.denied_classes", []):
            raise RestError(403, "Access denied")
        kinds, renamed = _kinds_of(state, made)
        shape = x3_wire.shape_of(variants, renamed)
        call = _Call(state, request, endpoint, made, kinds, shape, variants)
        wanted = target["facet"] or _parameters(request.query).get("representation", "")
        facet = _facet(state, made, unquote(wanted))
        if target["facet"] is not None:
            return _prototypes(made, {**kinds, **(made.details if facet == "$details" else {})})
        if (facet == "$details") != (target["key"] is not None):
            raise RestError(500, f"Representation not found: {made.name}")
        if facet == "$details":
            return self._details(call, target["key"])
        return self._query(call)

    def _query(self, call: _Call) -> Response:
        parameters = _parameters(call.request.query)
        size = _size(parameters.get("count"), call.state.get_value("x3.count_cap", COUNT_CAP))
        rows = table(call.state, call.made.name, call.endpoint)
        names = {call.shape.renamed.get(name, name): name for name in call.kinds}
        kinds = {shown: call.kinds[name] for shown, name in names.items()}
        where, order = parameters.get("where", ""), parameters.get("orderBy", "")
        if call.shape.renamed:
            where, order = _own_names(where, names), _own_names(order, names)
            kinds = call.kinds
        orders = orders_of(order, kinds, call.made.keys)
        view = self.views.view(rows, where, orders, kinds)
        page = page_of(view, _raw_key(call.request.query), size)
        written = ",".join(row_json(row, call.kinds, call.shape) for row in page.rows)
        links = "" if call.has("no_links") else f',"$links":{_links(call, page)}'
        body = f'{{"$itemsPerPage":{size},"$resources":[{written}]{links}}}'
        return Response(200, JSON, body.encode())

    def _details(self, call: _Call, key: str) -> Response:
        rows = table(call.state, call.made.name, call.endpoint)
        row = rows.get(unquote(key))
        if row is None:
            status = 200 if call.has("missing_is_200") else 404
            raise RestError(status, "721 : Record does not exist")
        uuid = identity(call.made.name, call.made.key_of(row))
        before = f'"$uuid":"{uuid}","$etag":{text_json(str(row.get(CHANGE, "")))}'
        body = row_json(row, {**call.kinds, **call.made.details}, call.shape, before)
        parts = [body[:-1], *_references(call, row), *self._children(call, row)]
        return Response(200, JSON, (",".join(parts) + "}").encode())

    def _children(self, call: _Call, row: Row) -> list[str]:
        written = []
        for name, child in call.made.children.items():
            if child.source:
                source = table(call.state, child.source, call.endpoint)
                rows = self._linked(source, child.link, str(row.get(child.parent, "")))
                rows = [one for one in rows if all(one.get(a) == b for a, b in child.where)]
            else:
                rows = row.get(name, [])
            parent = call.made.key_of(row)
            texts = [
                row_json(
                    one, child.kinds, call.shape, f'"$uuid":"{identity(name, f"{parent}/{n}")}"'
                )
                for n, one in enumerate(rows, 1)
            ]
            written.append(f'"{name}":[{",".join(texts)}]')
        return written

    def _linked(self, source: Table, link: str, value: str) -> list[Row]:
        return self.views.index(source, link).get(value, [])

    def _track(self, state: State, request: Request, endpoint: str, polls: int) -> Response:
        name = f"T{state.next('x3.tracking'):06d}"
        self._tracked[name] = (polls, request)
        return _tracking(endpoint, name)

    def _follow(self, state: State, name: str, variants: list[Fault]) -> Response:
        polls, request = self._tracked.get(name, (0, None))
        if request is None:
            raise RestError(404, "721 : Record does not exist")
        route = _ROUTE.fullmatch(request.path)
        endpoint = route["endpoint"] if route else ""
        if polls > 1:
            self._tracked[name] = (polls - 1, request)
            return _tracking(endpoint, name)
        del self._tracked[name]
        return self._read(state, request, variants, endpoint, route["rest"] if route else "")


def _variants(state: State, faults: Faults, operation: str) -> list[Fault]:
    standing = [Fault("x3", operation, kind) for kind in state.get_value("x3.variants", [])]
    return [*faults.variants("x3", operation), *standing]


def _kinds_of(state: State, made: X3Class) -> tuple[dict[str, str], dict[str, str]]:
    """Return the facet's kinds and renames, with the change property as the site has it."""
    kinds = dict(made.query)
    renamed = {}
    if CHANGE in kinds:
        if state.get_value("x3.change_kind", "datetime") == "date":
            kinds[CHANGE] = "D"
        shown = state.get_value("x3.change_property", CHANGE)
        if shown != CHANGE:
            renamed[CHANGE] = shown
    return kinds, renamed


def _own_names(text: str, names: dict[str, str]) -> str:
    for shown, name in names.items():
        if shown != name:
            text = re.sub(rf"\b{re.escape(name)}\b", "$gone", text)
            text = re.sub(rf"\b{re.escape(shown)}\b", name, text)
    return text


def _facet(state: State, made: X3Class, wanted: str) -> str:
    name, _, facet = wanted.rpartition(".")
    known = {made.name, *state.get_value("x3.representations", {}).get(made.name, [])}
    if not wanted:
        raise RestError(500, f"Representation not found: {made.name}")
    if name not in known or facet not in ("$query", "$details"):
        raise RestError(500, f"Representation not found: {name or wanted}")
    return facet


def _parameters(query: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in query.split("&") if part)
    return {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}


def _raw_key(query: str) -> str:
    values = [part[4:] for part in query.split("&") if part.startswith("key=")]
    return values[-1] if values else ""


def _size(text: str | None, cap: int) -> int:
    if text is None:
        return min(DEFAULT_COUNT, cap)
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise RestError(500, f"Invalid count: {text}")
    return min(int(text), cap)


def _links(call: _Call, page: Page) -> str:
    kept = "&".join(part for part in call.request.query.split("&") if not part.startswith("key="))
    base = call.state.get_value("x3.internal_base", INTERNAL_BASE)
    address = f"{base}{call.request.path}?{kept}"

    def link(name: str, key: str) -> str:
        url = f"{address}&key={key}" if key else address
        return f'"{name}":{{"$url":{text_json(url)},"$type":"application/json","$method":"GET"}}'

    after = _raw_key(call.request.query) if call.has("links_repeat") else page.after
    links = [link("$first", "")]
    if page.before:
        links.append(link("$prev", page.before))
    if after or (page.after and call.has("links_repeat")):
        links.append(link("$next", after))
    if page.rows:
        links.append(link("$last", "lt"))
    return "{" + ",".join(links) + "}"


def _references(call: _Call, row: Row) -> list[str]:
    written = []
    for name, source in (*_TITLES.items(), ("PTE", "TABPAYTERM")):
        if name not in call.kinds or not row.get(name):
            continue
        code = str(row[name])
        described = ""
        if source == "TABPAYTERM":
            described = next(
                (
                    str(term["DESAXX"])
                    for term in table(call.state, source, call.endpoint).values()
                    if term["PTE"] == code
                ),
                "",
            )
        else:
            found = table(call.state, source, call.endpoint).get(code)
            described = str(found[_TITLE_TEXT[source]]) if found else ""
        written.append(
            f'"{name}_REF":{{"$title":{text_json(code)},"$description":{text_json(described)}}}'
        )
    return written


def _prototypes(made: X3Class, kinds: dict[str, str]) -> Response:
    properties = [
        f'"{name}":{{"$title":"{name}","$type":"{_TYPES[kind]}"'
        + (',"$maxLength":60}' if kind == "C" else "}")
        for name, kind in kinds.items()
    ]
    body = f'{{"$baseType":"{made.name}","$properties":{{{",".join(properties)}}}}}'
    return Response(200, JSON, body.encode())


def _endpoints(state: State) -> Response:
    names = state.get_value("x3.endpoints", [MAIN_ENDPOINT])
    rows = ",".join(f'{{"dataset":"{name}","description":"{name}"}}' for name in names)
    body = f'{{"$itemsPerPage":{max(len(names), 1)},"$resources":[{rows}],"$links":{{}}}}'
    return Response(200, JSON, body.encode())


def _tracking(endpoint: str, name: str) -> Response:
    location = f"{INTERNAL_BASE}/api1/x3/erp/{endpoint}/$trackings('{name}')"
    return Response(202, {**JSON, "location": location}, b'{"phase":"Tracking"}')


def _with_noise(response: Response, variants: list[Fault]) -> Response:
    """Return the answer with the noise of real servers on it (wire contract, 8.17)."""
    for fault in variants:
        if fault.kind in _NOISE:
            response = _NOISE[fault.kind](response, fault.args)
    return response


_NOISE: dict[str, Callable[[Response, dict[str, Any]], Response]] = {
    "bom": lambda response, _: Response(
        response.status, response.headers, b"\xef\xbb\xbf" + response.body
    ),
    "raw_backslash": lambda response, _: Response(
        response.status, response.headers, response.body.replace(b"\\\\", b"\\")
    ),
    "raw_control": lambda response, _: Response(
        response.status, response.headers, response.body.replace(b'"DES":"', b'"DES":"\x0b')
    ),
    "message_details": lambda _, args: Response(
        500,
        JSON,
        f'{{"$message":{text_json(args.get("message", "Server error"))},"$details":"-"}}'.encode(),
    ),
    "windows_1252": lambda response, _: Response(
        response.status,
        {"content-type": "application/json; charset=windows-1252"},
        response.body.decode().encode("cp1252", "replace"),
    ),
}
