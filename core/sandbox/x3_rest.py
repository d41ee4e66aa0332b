"""The simulated api1: ``$query``, ``$details`` and ``$prototypes`` (wire contract, section 3).

Reads only; every write verb is 405. Sign-in has been checked before.
"""

import re
from dataclasses import dataclass, replace
from urllib.parse import unquote, unquote_plus

from core.sandbox import life_x3, x3_where, x3_wire
from core.sandbox.faults import Fault, Faults, Request, Response
from core.sandbox.state import Row, State, Table
from core.sandbox.x3_classes import (
    CHANGE,
    MAIN_ENDPOINT,
    SiteNames,
    X3Class,
    class_shown,
    site_names,
    table,
)
from core.sandbox.x3_pages import Page, PageError, Views, links_json, orders_of, page_of, raw_key
from core.sandbox.x3_where import WhereError
from core.sandbox.x3_wire import (
    Shape,
    diagnosis,
    identity,
    row_json,
    text_json,
    variants_of,
    with_noise,
)

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
    names: SiteNames
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
        variants = variants_of(state, faults, operation_of(request))
        try:
            response = self._routed(state, request, variants)
        except (RestError, WhereError, PageError) as error:
            status = error.status if isinstance(error, RestError) else 500
            return _refusal(status, str(error), {fault.kind for fault in variants})
        return with_noise(response, variants)

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
        made = class_shown(state, target["class"]) if target else None
        if target is None or made is None:
            raise RestError(500, f"Representation not found: {target['class'] if target else rest}")
        is_denied = any(fault.kind == "access_denied" for fault in variants)
        if is_denied or made.name in state.get_value("x3.denied_classes", []):
            raise RestError(403, "Access denied")
        names = site_names(state, made)
        kinds, renamed = _kinds_of(state, made, names)
        shape = x3_wire.shape_of(variants, renamed)
        call = _Call(state, request, endpoint, made, names, kinds, shape, variants)
        wanted = target["facet"] or _parameters(request.query).get("representation", "")
        facet = _facet(call, unquote(wanted))
        if target["facet"] is not None:
            return _prototypes(call, {**kinds, **(made.details if facet == "$details" else {})})
        if (facet == "$details") != (target["key"] is not None):
            raise RestError(500, f"Representation not found: {names.name}")
        if facet == "$details":
            return self._details(call, target["key"])
        return self._query(call)

    def _query(self, call: _Call) -> Response:
        parameters = _parameters(call.request.query)
        size = _size(parameters.get("count"), call.state.get_value("x3.count_cap", COUNT_CAP))
        rows = table(call.state, call.made.name, call.endpoint)
        renamed = call.shape.renamed
        kinds = {renamed.get(name, name): kind for name, kind in call.kinds.items()}
        columns = {shown: name for name, shown in renamed.items()}
        where = parameters.get("where", "")
        orders = orders_of(parameters.get("orderBy", ""), kinds, call.made.keys, columns)
        view = self.views.view(
            rows,
            (where, tuple(kinds.items())),
            orders,
            lambda: x3_where.parse(where, kinds, columns) if where.strip() else None,
        )
        page = page_of(view, raw_key(call.request.query), size)
        shown = [] if call.has("empty_pages") else page.rows
        written = ",".join(row_json(row, call.kinds, call.shape) for row in shown)
        links = "" if call.has("no_links") else f',"$links":{_links(call, page)}'
        body = f'{{"$itemsPerPage":{size},"$resources":[{written}]{links}{_notes(call)}}}'
        _drift(call, page)
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
        return Response(200, JSON, (",".join(parts) + _notes(call) + "}").encode())

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
            shown, renamed = call.names.children[name]
            shape = replace(call.shape, renamed=renamed)
            texts = [
                row_json(one, child.kinds, shape, f'"$uuid":"{identity(name, f"{parent}/{n}")}"')
                for n, one in enumerate(rows, 1)
            ]
            written.append(f'"{shown}":[{",".join(texts)}]')
        return written

    def _linked(self, source: Table, link: str, value: str) -> list[Row]:
        return self.views.index(source, link).get(value, [])

    def _track(self, state: State, request: Request, endpoint: str, polls: int) -> Response:
        name = f"T{state.next('x3.tracking'):06d}"
        self._tracked[name] = (polls, request)
        return _tracking(state, endpoint, name)

    def _follow(self, state: State, name: str, variants: list[Fault]) -> Response:
        polls, request = self._tracked.get(name, (0, None))
        if request is None:
            raise RestError(404, "721 : Record does not exist")
        route = _ROUTE.fullmatch(request.path)
        endpoint = route["endpoint"] if route else ""
        if polls > 1:
            self._tracked[name] = (polls - 1, request)
            return _tracking(state, endpoint, name)
        del self._tracked[name]
        return self._read(state, request, variants, endpoint, route["rest"] if route else "")


def _refusal(status: int, message: str, kinds: set[str]) -> Response:
    """Return a diagnosis; the variants decide its language, severity and status."""
    if "french" in kinds:
        message = x3_wire.in_french(message)
    if "unknown_is_400" in kinds and message.startswith("Representation"):
        status = 400
    severity = "" if "no_severity" in kinds else "error"
    return Response(status, JSON, diagnosis(message, severity).encode())


def _kinds_of(
    state: State, made: X3Class, names: SiteNames
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the facet's kinds and renames, with the change property as the site has it."""
    kinds = dict(made.query)
    renamed = dict(names.properties)
    if CHANGE in kinds:
        if state.get_value("x3.change_kind", "datetime") == "date":
            kinds[CHANGE] = "D"
        shown = state.get_value("x3.change_property", CHANGE)
        if shown != CHANGE:
            renamed[CHANGE] = shown
    return kinds, renamed


def _facet(call: _Call, wanted: str) -> str:
    name, _, facet = wanted.rpartition(".")
    more = call.state.get_value("x3.representations", {}).get(call.made.name, [])
    if not wanted:
        raise RestError(500, f"Representation not found: {call.names.name}")
    if name not in (call.names.representation, *more) or facet not in ("$query", "$details"):
        raise RestError(500, f"Representation not found: {name or wanted}")
    return facet


def _parameters(query: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in query.split("&") if part)
    return {unquote_plus(name): unquote_plus(value) for name, _, value in pairs}


def _size(text: str | None, cap: int) -> int:
    if text is None:
        return min(DEFAULT_COUNT, cap)
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise RestError(500, f"Invalid count: {text}")
    return min(int(text), cap)


def _links(call: _Call, page: Page) -> str:
    base = call.state.get_value("x3.internal_base", INTERNAL_BASE)
    kinds = frozenset(fault.kind for fault in call.variants)
    return links_json(base, call.request.path, call.request.query, page, kinds)


def _notes(call: _Call) -> str:
    """Return the diagnoses that stand beside good data, or nothing."""
    for fault in call.variants:
        if fault.kind in ("info_diagnosis", "error_diagnosis"):
            default = "info" if fault.kind == "info_diagnosis" else "error"
            severity = str(fault.args.get("severity", default))
            message = str(fault.args.get("message", "Data was read"))
            return f",{diagnosis(message, severity)[1:-1]}"
    return ""


def _drift(call: _Call, page: Page) -> None:
    """Let the data change between this page and the next, when there is a next."""
    for fault in call.variants:
        if fault.kind == "page_drift" and page.rows and page.following is not None:
            how = str(fault.args.get("how", "next"))
            pair = (page.rows[-1], page.following)
            life_x3.drift(call.state, call.made.name, call.endpoint, pair, how)


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
        shown = call.shape.renamed.get(name, name)
        written.append(
            f'"{shown}_REF":{{"$title":{text_json(code)},"$description":{text_json(described)}}}'
        )
    return written


def _prototypes(call: _Call, kinds: dict[str, str]) -> Response:
    named = {
        call.shape.renamed.get(name, name): kind
        for name, kind in kinds.items()
        if name not in call.shape.left_out
    }
    properties = [
        f'"{name}":{{"$title":"{name}","$type":"{_TYPES[kind]}"'
        + (',"$maxLength":60}' if kind == "C" else "}")
        for name, kind in named.items()
    ]
    body = f'{{"$baseType":"{call.names.name}","$properties":{{{",".join(properties)}}}}}'
    return Response(200, JSON, body.encode())


def _endpoints(state: State) -> Response:
    names = state.get_value("x3.endpoints", [MAIN_ENDPOINT])
    rows = ",".join(f'{{"dataset":"{name}","description":"{name}"}}' for name in names)
    body = f'{{"$itemsPerPage":{max(len(names), 1)},"$resources":[{rows}],"$links":{{}}}}'
    return Response(200, JSON, body.encode())


def _tracking(state: State, endpoint: str, name: str) -> Response:
    base = state.get_value("x3.internal_base", INTERNAL_BASE)
    location = f"{base}/api1/x3/erp/{endpoint}/$trackings('{name}')"
    return Response(202, {**JSON, "location": location}, b'{"phase":"Tracking"}')
