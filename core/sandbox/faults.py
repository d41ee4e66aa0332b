"""The fault menu: what shall go wrong, how often, and for which requests.

The generic kinds are played by ``gate`` around a system's handler; what a named variant means is
known only to the handler that asks for it with ``Faults.variants``. ``docs/sandbox.md`` lists both
kinds with their arguments.
"""

import random
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

Client = tuple[str, int]

GENERIC_KINDS = frozenset(
    {
        "reset_before",
        "reset_after",
        "timeout_before",
        "timeout_after",
        "late_commit",
        "duplicate",
        "status",
        "html_200",
        "cut_json",
        "truncate",
        "reset_mid",
        "redirect",
        "empty",
        "slow",
        "delay",
        "drip",
    }
)


@dataclass(frozen=True)
class Request:
    """One request as a handler sees it: raw query text, header names in lower case, whole body.

    ``at_once`` counts the requests of the same group that were under way when this one arrived,
    itself included.
    """

    method: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    client: Client | None = None
    at_once: int = 1


@dataclass(frozen=True)
class Response:
    """One answer; ``content-length`` and ``date`` are added by the gate."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Fault:
    """One entry of the menu; without times, every or share it holds for every request it fits."""

    system: str
    operation: str
    kind: str
    times: int | None = None
    every: int | None = None
    share: float | None = None
    args: dict[str, Any] = field(default_factory=dict)
    match: str = ""
    skip: int = 0
    seen: int = 0
    used: int = 0

    def fits(self, system: str, operation: str, request: Request | None) -> bool:
        """Say whether the fault speaks of this request at all."""
        if self.system != system or self.operation not in ("*", operation):
            return False
        if not self.match:
            return True
        return request is not None and self.match in text_of(request)

    def fires(self, chance: random.Random) -> bool:
        """Count one fitting request and say whether the fault strikes it."""
        self.seen += 1
        if self.seen <= self.skip:
            return False
        if self.times is not None:
            strikes = self.used < self.times
        elif self.every is not None:
            strikes = (self.seen - self.skip) % self.every == 0
        elif self.share is not None:
            strikes = chance.random() < self.share
        else:
            strikes = True
        self.used += strikes
        return strikes


class Faults:
    """The faults in force; safe to use from every thread."""

    def __init__(self, seed: int = 1) -> None:
        self._chance = random.Random(seed)
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._current = threading.local()

    def add(self, entries: Iterable[dict[str, Any]]) -> None:
        """Add faults described as dicts; raises ValueError or TypeError for an unknown shape."""
        made = [Fault(**entry) for entry in entries]
        for fault in made:
            if fault.system not in ("x3", "avid"):
                raise ValueError(f"unknown system {fault.system}")
        with self._lock:
            self._faults.extend(made)

    def clear(self) -> None:
        """Take all faults out of force."""
        with self._lock:
            self._faults.clear()

    def active(self) -> list[Fault]:
        """Return the faults in force with what they have seen and struck."""
        with self._lock:
            return list(self._faults)

    def draw(self, system: str, operation: str, request: Request) -> Fault | None:
        """Return the first generic fault that strikes this request."""
        with self._lock:
            for fault in self._faults:
                if (
                    fault.kind in GENERIC_KINDS
                    and fault.fits(system, operation, request)
                    and fault.fires(self._chance)
                ):
                    return fault
        return None

    def variants(self, system: str, operation: str) -> list[Fault]:
        """Return the named variants that hold for the request this thread is handling.

        Drawn once per request and operation: asking again gives the same list.
        """
        drawn: dict[tuple[str, str], list[Fault]] = getattr(self._current, "drawn", {})
        if (system, operation) in drawn:
            return drawn[system, operation]
        request: Request | None = getattr(self._current, "request", None)
        with self._lock:
            found = [
                fault
                for fault in self._faults
                if fault.kind not in GENERIC_KINDS
                and fault.fits(system, operation, request)
                and fault.fires(self._chance)
            ]
        drawn[system, operation] = found
        return found

    def begin(self, request: Request) -> None:
        """Tell which request this thread handles from now on."""
        self._current.request = request
        self._current.drawn = {}


def text_of(request: Request) -> str:
    """Return path, query and body as one text, for ``match``."""
    body = request.body.decode("utf-8", "replace")
    return f"{request.path}?{request.query}\n{body}"
