"""Starts and stops both simulated systems on 127.0.0.1, in one background thread.

What the systems answer is in their own modules; here are only sockets, seeding and addresses.
"""

import asyncio
import contextlib
import hashlib
import os
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from core.sandbox import company_x3, control, life_x3, x3_gateway, x3_routes, x3_tokens
from core.sandbox.faults import Faults
from core.sandbox.gate import Gate, System, Transports
from core.sandbox.state import State
from core.sandbox.x3_front import Front

STATE_FILE = "sandbox.db"
ENDPOINT = "SANDBOX"
_START_TIMEOUT_S = 15.0
_STOP_GRACE_S = 0.6
_WORKERS = 12


@dataclass(frozen=True)
class Addresses:
    """Where the two systems listen, and the demo credentials that open them."""

    x3_url: str
    avid_url: str
    token_url: str
    endpoint: str
    x3_user: str
    x3_password: str
    client_id: str
    client_secret: str
    company_id: str
    company_token: str
    user_token: str
    x3_client_id: str
    x3_client_secret: str
    x3_audience: str
    authorize_url: str
    x3_token_url: str
    gateway_client_id: str
    gateway_client_secret: str


class Sandbox:
    """Both systems running; ``stop`` ends them and closes the state."""

    def __init__(
        self, state: State, faults: Faults, addresses: Addresses, runner: "_Runner"
    ) -> None:
        self.state = state
        self.faults = faults
        self.addresses = addresses
        self._runner = runner

    def advance(self) -> None:
        """Move the demo on by one notch in both systems and commit it."""
        advance(self.state)

    def counts(self) -> dict[str, int]:
        """Return how many invoices, vendors and payments AvidXchange holds."""
        with self.state.lock:
            names = ("invoice", "vendor", "payment")
            return {f"{name}s": len(self.state.table(f"avid:{name}")) for name in names}

    def mapping_rows(self) -> dict[str, list[dict[str, str]]]:
        """Return the mapping tables that make most of the demo's invoices go through."""
        from core.sandbox import company_avid

        with self.state.lock:
            rows: dict[str, list[dict[str, str]]] = company_avid.mapping_rows(self.state)
            return rows

    def stop(self) -> None:
        """Stop both servers within about a second; requests under way get no answer."""
        self._runner.stop()
        self.state.close()


def start(
    directory: Path | None,
    *,
    seed: int = 1,
    invoices: int = 4000,
    x3_port: int = 0,
    avid_port: int = 0,
    tls: tuple[Path, Path] | None = None,
    at: datetime | None = None,
) -> Sandbox:
    """Start both systems and return when they listen.

    Args:
        directory: Where ``sandbox.db`` is kept; None keeps everything in memory.
        seed: Decides the whole company; used at the first start of a directory only.
        invoices: How many invoices the company has at first; 0 gives master data only.
        x3_port: Port of the X3 side; 0 takes a free one.
        avid_port: Port of the AvidXchange side; 0 takes a free one.
        tls: Certificate and key file (PEM); makes both sides speak https.
        at: Hold the simulated clock at this instant (aware UTC), from before the company is made.

    Raises:
        OSError: A port is taken.
    """
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
    state = State(directory / STATE_FILE if directory is not None else None)
    if at is not None:
        state.hold_clock(at)
    sockets: list[socket.socket] = []
    try:
        seed_once(state, seed=seed, invoices=invoices)
        faults = Faults(int(state.get_value("seed", seed)))
        sockets = [_listen(x3_port), _listen(avid_port)]
        addresses = _addresses(state, sockets, "https" if tls else "http")
        runner = _Runner(state, faults, sockets, tls)
    except BaseException:
        for opened in sockets:
            opened.close()
        state.close()
        raise
    return Sandbox(state, faults, addresses, runner)


def advance(state: State) -> None:
    """Move both sides of the demo on by one notch, committed as one transaction."""
    from core.sandbox import life_avid

    with state.lock:
        life_x3.notch(state)
        life_avid.notch(state)
        state.commit()


def seed_once(state: State, *, seed: int, invoices: int) -> None:
    """Fill an empty state with the company of this seed; a filled one is left alone."""
    if state.get_value("seeded", default=False):
        return
    from core.sandbox import company_avid

    with state.lock:
        for name, value in _credentials(seed).items():
            state.set_value(name, value)
        state.set_value("seed", seed)
        state.set_value("today", state.now().date().isoformat())
        company_x3.seed(state, seed=seed, invoices=invoices)
        company_avid.seed(state, seed)
        state.set_value("seeded", value=True)
        state.commit()


def _credentials(seed: int) -> dict[str, Any]:
    def secret(name: str) -> str:
        return "DEMO-" + hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()[:24]

    return {
        "x3.user": "DEMO-WS",
        "x3.password": secret("x3.password"),
        "avid.client_id": f"DEMO-client-{seed}",
        "avid.client_secret": secret("avid.client_secret"),
        "avid.companies": ["C-1001"],
        "avid.company_token": secret("avid.company_token"),
        "avid.user_token": secret("avid.user_token"),
    }


def _addresses(state: State, sockets: list[socket.socket], scheme: str) -> Addresses:
    x3_url, avid_url = (f"{scheme}://127.0.0.1:{item.getsockname()[1]}" for item in sockets)
    return Addresses(
        x3_url=x3_url,
        avid_url=avid_url,
        token_url=f"{avid_url}/token",
        endpoint=ENDPOINT,
        x3_user=state.get_value("x3.user"),
        x3_password=state.get_value("x3.password"),
        client_id=state.get_value("avid.client_id"),
        client_secret=state.get_value("avid.client_secret"),
        company_id=state.get_value("avid.companies")[0],
        company_token=state.get_value("avid.company_token"),
        user_token=state.get_value("avid.user_token"),
        x3_client_id=x3_tokens.value(state, "x3.client_id"),
        x3_client_secret=x3_tokens.value(state, "x3.client_secret"),
        x3_audience=x3_tokens.value(state, "x3.audience"),
        authorize_url=x3_url + x3_gateway.AUTHORIZE_PATH,
        x3_token_url=x3_url + x3_gateway.TOKEN_PATH,
        gateway_client_id=x3_tokens.value(state, "x3.gateway_client_id"),
        gateway_client_secret=x3_tokens.value(state, "x3.gateway_client_secret"),
    )


def _listen(port: int) -> socket.socket:
    # IPPROTO_TCP in full: asyncio switches Nagle's algorithm off only for such sockets.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    if os.name == "posix":  # elsewhere it would let two servers share one port
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(256)
    except OSError:
        listener.close()
        raise
    return listener


class _Runner:
    """The background thread with its loop and the two servers."""

    def __init__(
        self,
        state: State,
        faults: Faults,
        sockets: list[socket.socket],
        tls: tuple[Path, Path] | None,
    ) -> None:
        self._sockets = sockets
        self._transports = [Transports(), Transports()]
        admin = control.application(state, faults, lambda: advance(state))
        self._gates = [
            Gate(system, state, faults, transports, admin)
            for system, transports in zip(_systems(), self._transports, strict=True)
        ]
        applications: list[ASGIApp] = [Front(self._gates[0]), self._gates[1]]
        self._servers = [
            uvicorn.Server(_config(application, transports, tls))
            for application, transports in zip(applications, self._transports, strict=True)
        ]
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name="sandbox", daemon=True)
        self._thread.start()
        self._wait_until_started()

    def stop(self) -> None:
        """Stop gracefully for a moment, then break what is still open."""
        if not self._thread.is_alive():
            return
        self._call(self._ask_to_stop)
        self._thread.join(_STOP_GRACE_S)
        if self._thread.is_alive():
            self._call(self._force)
            self._thread.join(_START_TIMEOUT_S)

    def _call(self, action: Callable[[], None]) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the loop may have closed by itself just now
                self._loop.call_soon_threadsafe(action)

    def _ask_to_stop(self) -> None:
        for gate in self._gates:
            gate.closing.set()
        for server in self._servers:
            server.should_exit = True

    def _force(self) -> None:
        for server in self._servers:
            server.force_exit = True
        for transports in self._transports:
            transports.abort_all()

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits for start
            self._failure = error

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(_WORKERS, "sandbox-work"))
        await asyncio.gather(
            *(
                server.serve(sockets=[item])
                for server, item in zip(self._servers, self._sockets, strict=True)
            )
        )

    def _wait_until_started(self) -> None:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not all(server.started for server in self._servers):
            if self._failure is not None or time.monotonic() > deadline:
                raise RuntimeError("the sandbox did not start") from self._failure
            time.sleep(0.01)


def _config(
    application: ASGIApp, transports: Transports, tls: tuple[Path, Path] | None
) -> uvicorn.Config:
    class Protocol(H11Protocol):
        """Registers each connection, so that a fault can break it."""

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as in the base class
            super().connection_made(transport)
            if self.client is not None:
                transports.opened(self.client, transport)

        def connection_lost(self, exc: Exception | None) -> None:
            if self.client is not None:
                transports.closed(self.client)
            super().connection_lost(exc)

    return uvicorn.Config(
        application,
        http=Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=60,
        ssl_certfile=str(tls[0]) if tls else None,
        ssl_keyfile=str(tls[1]) if tls else None,
    )


def _systems() -> list[System]:
    from core.sandbox import avid

    return [
        System("x3", x3_routes.handle, x3_routes.operation_of, x3_routes.group_of),
        System("avid", avid.handle, avid.operation_of),
    ]
