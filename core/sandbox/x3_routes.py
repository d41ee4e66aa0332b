"""The front door of the simulated X3: api1, SOAP and GraphQL by path, sign-in first.

The cloud gateway's own two paths stand beside them on the same port and ask for no sign-in.
"""

import threading
import weakref

from core.sandbox import x3_auth, x3_gateway, x3_graphql, x3_rest, x3_soap
from core.sandbox.faults import Faults, Request, Response
from core.sandbox.state import State

WRITES = frozenset({"modify", "run", "save"})
_SOAP_PREFIXES = ("/soap-generic/", "/soap-wsdl/")
_NO_BADGE = (
    b'{"$diagnoses":[{"$severity":"error",'
    b'"$message":"User does not have any badge for Product Sage ERP X3"}]}'
)
_rest_of: "weakref.WeakKeyDictionary[State, x3_rest.Rest]" = weakref.WeakKeyDictionary()
_rest_lock = threading.Lock()


def operation_of(request: Request) -> str:
    """Return the operation a fault may name: query, details, modify, save, token, authorize ..."""
    if x3_gateway.is_here(request.path):
        return x3_gateway.operation_of(request)
    if request.path.startswith(_SOAP_PREFIXES):
        return x3_soap.operation_of(request)
    if request.path == x3_graphql.PATH:
        return x3_graphql.operation_of(request)
    return x3_rest.operation_of(request)


def group_of(operation: str) -> str:
    """Return ``write`` for the SOAP operations that share the pool's two entries."""
    return "write" if operation in WRITES else operation


def handle(state: State, faults: Faults, request: Request) -> Response:
    """Answer one request; what it changed is committed before the answer is returned."""
    if x3_gateway.is_here(request.path):
        with state.lock:
            response = x3_gateway.handle(state, faults, request)
            state.commit()
        return response
    is_soap = request.path.startswith(_SOAP_PREFIXES)
    operation = operation_of(request)
    refusal = x3_auth.refusal(state, faults, request, operation, is_soap=is_soap)
    if refusal is not None:
        return refusal
    if request.path.startswith("/sdata"):
        return Response(403, x3_rest.JSON, _NO_BADGE)
    with state.lock:
        if is_soap:
            response = x3_soap.handle(state, faults, request)
        elif request.path == x3_graphql.PATH:
            response = x3_graphql.handle(state, faults, request)
        else:
            response = _rest(state).handle(state, faults, request)
        state.commit()
    return response


def _rest(state: State) -> x3_rest.Rest:
    with _rest_lock:
        if state not in _rest_of:
            _rest_of[state] = x3_rest.Rest()
        return _rest_of[state]
