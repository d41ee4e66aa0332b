"""What a script of a few lines would do: the same requests, by a bare loop of `requests`.

Nothing is kept, decided or checked but the status; each thread has one Session, and answers are
decoded. Threads toward each system are as many as ours.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import requests

Recorded = tuple[str, str, str]  # method, target, body
_TIMEOUT_S = 120
_TOKEN, _SUBMIT = "/token", "/v1/invoices"
_HEADERS = {"Accept": "application/json", "X-Company-Id": "quick", "Authorization": "Bearer quick"}


@dataclass(frozen=True, slots=True)
class Width:
    """How many requests toward each system may be under way at once."""

    erp: int
    ap: int


def replay(base: str, recorded: Sequence[Recorded], width: Width, *, is_lean: bool) -> float:
    """Send what was recorded again; the seconds it took. `is_lean`: with `trust_env` off.

    First all that came before the first submission, then the rest, as a run does: what is sent has
    to be read first.
    """
    kept = [one for one in recorded if one[1] != _TOKEN]
    first = next((at for at, one in enumerate(kept) if _is_submission(one)), len(kept))
    begun = time.perf_counter()
    for part in (kept[:first], kept[first:]):
        _all_at_once(base, part, width, is_lean=is_lean)
    return time.perf_counter() - begun


def _is_submission(one: Recorded) -> bool:
    method, target, _ = one
    return (method, target) == ("POST", _SUBMIT)


def _all_at_once(base: str, recorded: Sequence[Recorded], width: Width, *, is_lean: bool) -> None:
    """Send all of it with as many threads toward each side as may be; raises what went wrong."""
    with ThreadPoolExecutor(width.erp + width.ap) as pool:
        under_way = []
        for is_erp, count in ((True, width.erp), (False, width.ap)):
            line: queue.SimpleQueue[Recorded] = queue.SimpleQueue()
            for one in recorded:
                if one[1].startswith("/api1/") == is_erp:
                    line.put(one)
            under_way += [pool.submit(_work, base, line, is_lean=is_lean) for _ in range(count)]
        for one_thread in under_way:
            one_thread.result()


def _work(base: str, line: queue.SimpleQueue[Recorded], *, is_lean: bool) -> None:
    with requests.Session() as session:
        session.trust_env = not is_lean
        session.headers.update(_HEADERS)
        while True:
            try:
                method, target, body = line.get_nowait()
            except queue.Empty:
                return
            answer = session.request(method, base + target, data=body, timeout=_TIMEOUT_S)
            answer.raise_for_status()
            answer.json()
