"""The front door of the simulated X3: api1 and SOAP by path, sign-in first."""

import threading
import weakref

from core.sandbox import x3_auth, x3_rest, x3_soap
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
    """Return the operation a fault may name: query, details, prototypes, modify, run, save ..."""
    if request.path.startswith(_SOAP_PREFIXES):
        return x3_soap.operation_of(request)
    return x3_rest.operation_of(request)


def group_of(operation: str) -> str:
    """Return ``write`` for the SOAP operations that share the pool's two entries."""
    return "write" if operation in WRITES else operation


def handle(state: State, faults: Faults, request: Request) -> Response:
    """Answer one request; what it changed is committed before the answer is returned."""
    is_soap = request.path.startswith(_SOAP_PREFIXES)
    refusal = x3_auth.refusal(state, request, is_soap=is_soap)
    if refusal is not None:
        return refusal
    if request.path.startswith("/sdata"):
        return Response(403, x3_rest.JSON, _NO_BADGE)
    with state.lock:
        if is_soap:
            response = x3_soap.handle(state, faults, request)
        else:
            response = _rest(state).handle(state, faults, request)
        state.commit()
    return response


def _rest(state: State) -> x3_rest.Rest:
    with _rest_lock:
        if state not in _rest_of:
            _rest_of[state] = x3_rest.Rest()
        return _rest_of[state]
