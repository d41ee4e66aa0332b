"""The admin routes under ``/_sandbox/``: how tests look inside, set faults and make events happen.

JSON without sign-in, reachable on 127.0.0.1 only. Nothing of it exists on a real system.
"""

import dataclasses
import json
from collections.abc import Callable
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from core.sandbox import x3_front, x3_gateway
from core.sandbox.faults import Faults
from core.sandbox.state import State

Event = Callable[..., Any]


def events() -> dict[str, Event]:
    """Return every named event: ``x3.<name>`` and ``avid.<name>``."""
    from core.sandbox import life_avid, life_x3

    found: dict[str, Event] = {}
    for system, named in (("x3", life_x3.EVENTS), ("avid", life_avid.EVENTS)):
        found.update({f"{system}.{name.removeprefix(system + '.')}": named[name] for name in named})
    return found


def application(state: State, faults: Faults, advance: Callable[[], None]) -> Starlette:
    """Return the admin application; a refused order is 400 with its reason."""
    admin = _Admin(state, faults, advance)
    return Starlette(
        routes=[
            Route("/_sandbox/counters", admin.counters, methods=["GET"]),
            Route("/_sandbox/journal", admin.journal, methods=["GET"]),
            Route("/_sandbox/history", admin.history, methods=["GET"]),
            Route("/_sandbox/history", admin.record_history, methods=["POST"]),
            Route("/_sandbox/tables", admin.tables, methods=["GET"]),
            Route("/_sandbox/table/{name}", admin.table, methods=["GET"]),
            Route("/_sandbox/faults", admin.list_faults, methods=["GET"]),
            Route("/_sandbox/faults", admin.add_faults, methods=["POST"]),
            Route("/_sandbox/faults", admin.clear_faults, methods=["DELETE"]),
            Route("/_sandbox/clock", admin.clock, methods=["POST"]),
            Route("/_sandbox/value", admin.value, methods=["POST"]),
            Route("/_sandbox/advance", admin.advance, methods=["POST"]),
            Route("/_sandbox/act", admin.act, methods=["POST"]),
            Route("/_sandbox/sign_in", admin.sign_in, methods=["POST"]),
            Route("/_sandbox/gateway", admin.gateway, methods=["GET"]),
        ],
        exception_handlers={ValueError: _refuse, TypeError: _refuse, LookupError: _refuse},
    )


class _Admin:
    def __init__(self, state: State, faults: Faults, advance: Callable[[], None]) -> None:
        self._state = state
        self._faults = faults
        self._advance = advance

    async def counters(self, _request: Request) -> Response:
        return JSONResponse(self._state.counters)

    async def journal(self, request: Request) -> Response:
        return JSONResponse(self._state.journal_tail(int(request.query_params.get("limit", 1000))))

    async def history(self, request: Request) -> Response:
        after = int(request.query_params.get("after", 0))
        return JSONResponse(await run_in_threadpool(self._history, after))

    def _history(self, after: int) -> list[dict[str, Any]]:
        with self._state.lock:
            return self._state.chronicle.since(after)

    async def record_history(self, _request: Request) -> Response:
        with self._state.lock:
            self._state.chronicle.begin()
        return JSONResponse({"recording": True})

    async def tables(self, _request: Request) -> Response:
        return JSONResponse(self._state.tables())

    async def table(self, request: Request) -> Response:
        def read() -> bytes:
            with self._state.lock:
                rows = dict(self._state.table(request.path_params["name"]).items())
                return json.dumps(rows, ensure_ascii=False).encode()

        return Response(await run_in_threadpool(read), media_type="application/json")

    async def list_faults(self, _request: Request) -> Response:
        return JSONResponse([dataclasses.asdict(fault) for fault in self._faults.active()])

    async def add_faults(self, request: Request) -> Response:
        entries = await request.json()
        self._faults.add(entries if isinstance(entries, list) else [entries])
        return JSONResponse({"active": len(self._faults.active())})

    async def clear_faults(self, _request: Request) -> Response:
        self._faults.clear()
        return JSONResponse({"active": 0})

    async def clock(self, request: Request) -> Response:
        seconds = float((await request.json())["shift_seconds"])

        def shift() -> None:
            with self._state.lock:
                self._state.shift_clock(seconds)
                self._state.commit()

        await run_in_threadpool(shift)
        return JSONResponse({"now": self._state.now().isoformat()})

    async def value(self, request: Request) -> Response:
        order = await request.json()

        def store() -> None:
            with self._state.lock:
                self._state.set_value(str(order["name"]), order["value"])
                self._state.commit()

        await run_in_threadpool(store)
        return JSONResponse({"name": order["name"]})

    async def advance(self, _request: Request) -> Response:
        await run_in_threadpool(self._advance)
        return JSONResponse({"now": self._state.now().isoformat()})

    async def act(self, request: Request) -> Response:
        order = await request.json()
        event = events()[str(order["name"])]

        def work() -> Any:
            with self._state.lock:
                self._state.chronicle.caused_by(str(order["name"]))
                result = event(self._state, **order.get("args", {}))
                self._state.commit()
                return result

        return JSONResponse({"result": await run_in_threadpool(work)})

    async def sign_in(self, _request: Request) -> Response:
        def work() -> dict[str, Any]:
            with self._state.lock:
                pair = x3_gateway.sign_in(self._state, x3_front.now(self._state, self._faults))
                self._state.commit()
                return pair

        pair = await run_in_threadpool(work)
        names = ("access_token", "refresh_token", "expires_in")
        return JSONResponse({name: pair[name] for name in names})

    async def gateway(self, _request: Request) -> Response:
        return JSONResponse(x3_gateway.counts(self._state))


async def _refuse(_request: Request, error: Exception) -> Response:
    return JSONResponse({"error": f"{type(error).__name__}: {error}"}, status_code=400)
