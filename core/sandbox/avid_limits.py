"""How much the simulated gateway takes: blocks, throttles, a real rate, calls at once.

Implements avidxchange.md 2.11 and 7.16-7.17. The state value "avid.limits" sets the real limits:

* ``per_second`` and ``burst``: a token bucket that fills at this rate and holds so many calls
  (default: one second's worth, at least 1); 0 = no limit. Real time, not the simulated clock.
* ``at_once``: calls under way at the same time; 0 = no limit.
* ``headers``: RateLimit headers on every answer, as ``draft`` (the IETF draft of W14), ``three``
  (its older three fields), ``x`` (X-RateLimit-...), ``malformed``, or a mapping of literal
  fields; absent = none. The variation "rate_limit" puts such headers on single answers.
* the arguments of a throttling answer (see ``_throttled``); by default ``Retry-After: 1``.
"""

import math
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any, Self
from weakref import WeakKeyDictionary

from core.sandbox import avid_clock
from core.sandbox.avid_answers import GatewayError
from core.sandbox.avid_exchange import Exchange
from core.sandbox.state import State

UNTIL = "avid.throttled_until"
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_FORMS = ("draft", "three", "x", "malformed")
_MALFORMED = {
    "ratelimit": '"default";r=;t=soon, ;;',
    "ratelimit-policy": "q=-1;w",
    "ratelimit-limit": "20, 20;w=1;burst=",
    "ratelimit-remaining": "NaN",
    "ratelimit-reset": "-99999999999999999999",
}


@dataclass
class _Bucket:
    """What is left of a rate: filled with time, emptied by one for each call let through."""

    rate: float
    size: float
    left: float
    filled: float

    def fill(self) -> None:
        now = time.monotonic()
        self.left = min(self.size, self.left + (now - self.filled) * self.rate)
        self.filled = now

    def take(self) -> bool:
        self.fill()
        if self.left < 1:
            return False
        self.left -= 1
        return True


_buckets: "WeakKeyDictionary[State, _Bucket]" = WeakKeyDictionary()


def _bucket(state: State) -> _Bucket | None:
    """Return the bucket of the limits that are set; a new one whenever they change."""
    limits = state.get_value("avid.limits", {})
    rate = float(limits.get("per_second", 0))
    if rate <= 0:
        return None
    size = float(limits.get("burst", max(1.0, rate)))
    kept = _buckets.get(state)
    if kept is None or (kept.rate, kept.size) != (rate, size):
        kept = _buckets[state] = _Bucket(rate, size, size, time.monotonic())
    return kept


def throttle(exchange: Exchange, under_way: int) -> None:
    """Refuse a call that is blocked or too much: by a variation, or by the limits that are set.

    The caller holds ``state.lock``, which guards the bucket as well.

    Raises:
        GatewayError: 403 with 900805, or 429 (or what the variation names).
    """
    if exchange.has("blocked"):
        body = {"code": "900805", "message": "Message blocked", "description": "Access is blocked"}
        raise GatewayError(403, body, {})
    if exchange.has("throttled"):
        raise _by_variation(exchange)
    lasting = exchange.state.get_value(UNTIL)
    if lasting is not None:
        left = float(lasting["until"]) - avid_clock.now(exchange.state).timestamp()
        if left > 0:
            raise _throttled(exchange, {**lasting, "seconds": left})
        exchange.state.set_value(UNTIL, None)
    limits = exchange.state.get_value("avid.limits", {})
    at_once, bucket = int(limits.get("at_once", 0)), _bucket(exchange.state)
    is_many = at_once and under_way > at_once
    if is_many or (bucket is not None and not bucket.take()):
        exchange.state.count("avid.throttled")
        short = (1 - bucket.left) / bucket.rate if bucket is not None else 1.0
        answer = {name: value for name, value in limits.items() if name != "headers"}
        raise _throttled(exchange, {"seconds": max(1, math.ceil(short)), **answer})


def throttle_token(exchange: Exchange) -> None:
    """Refuse a token request when the variation says so; the real limits do not count it.

    Raises:
        GatewayError: 429, or what the variation names.
    """
    if exchange.has("throttled"):
        raise _by_variation(exchange)


def _by_variation(exchange: Exchange) -> GatewayError:
    args = exchange.variants["throttled"]
    if args.get("lasting"):
        # Every later call is refused too, until the time that was told is over.
        until = avid_clock.now(exchange.state).timestamp() + float(args.get("seconds", 2))
        exchange.state.set_value(UNTIL, {**args, "until": until})
    return _throttled(exchange, args)


def _throttled(exchange: Exchange, args: dict[str, Any]) -> GatewayError:
    """Return a throttling answer.

    Arguments: ``retry_after`` is date, seconds (default), none, or a text as it is; ``seconds``
    the wait; ``next_access`` adds ``nextAccessTime``; ``status``, ``code``, ``number`` (the code
    as a number), ``wrapped`` (inside ``fault``).
    """
    seconds = float(args.get("seconds", 2))
    until = avid_clock.now(exchange.state) + timedelta(seconds=seconds)
    code: Any = str(args.get("code", "900804"))
    body: dict[str, Any] = {
        "code": int(code) if args.get("number") else code,
        "message": "Message throttled out",
        "description": "Quota exceeded",
    }
    if args.get("next_access"):
        body["nextAccessTime"] = _next_access(until)
    kind = str(args.get("retry_after", "seconds"))
    texts = {"date": format_datetime(until, usegmt=True), "seconds": str(max(1, round(seconds)))}
    headers = {} if kind == "none" else {"retry-after": texts.get(kind, kind)}
    if args.get("wrapped"):
        body = {"fault": body}
    return GatewayError(int(args.get("status", 429)), body, headers)


def _next_access(moment: datetime) -> str:
    # English whatever the locale of the machine is, hence not %b.
    start = 3 * (moment.month - 1)
    return f"{moment:%Y}-{_MONTHS[start : start + 3]}-{moment:%d %H:%M:%S}+0000 UTC"


def headers(exchange: Exchange) -> dict[str, str]:
    """Return the RateLimit headers of an answer, as the limits or the variation want them.

    Raises:
        ValueError: A form that nobody here knows.
    """
    varied = exchange.variants.get("rate_limit")
    limits = exchange.state.get_value("avid.limits", {})
    form: Any = limits.get("headers") if varied is None else varied.get("headers", "malformed")
    if not form:
        return {}
    if isinstance(form, dict):
        return {str(name).lower(): str(value) for name, value in form.items()}
    if form not in _FORMS:
        raise ValueError(f"unknown form of RateLimit headers: {form}")
    if form == "malformed":
        return dict(_MALFORMED)
    bucket = _bucket(exchange.state)
    return {} if bucket is None else _well_formed(str(form), bucket)


def _well_formed(form: str, bucket: _Bucket) -> dict[str, str]:
    bucket.fill()
    window = max(1, math.ceil(bucket.size / bucket.rate))
    quota, left = max(1, round(bucket.rate * window)), math.floor(bucket.left)
    reset = max(1, math.ceil((bucket.size - bucket.left) / bucket.rate))
    if form == "draft":
        policy = f'"default";q={quota};w={window}'
        return {"ratelimit-policy": policy, "ratelimit": f'"default";r={left};t={reset}'}
    stem = "x-ratelimit-" if form == "x" else "ratelimit-"
    values = {"limit": quota, "remaining": left, "reset": reset}
    return {f"{stem}{name}": str(value) for name, value in values.items()}


_under_way: "WeakKeyDictionary[State, int]" = WeakKeyDictionary()
_under_way_lock = threading.Lock()


class UnderWay:
    """Counts the calls that are being handled for one state; use as a context manager."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.number = 0

    def __enter__(self) -> Self:
        with _under_way_lock:
            self.number = _under_way.get(self._state, 0) + 1
            _under_way[self._state] = self.number
        return self

    def __exit__(self, *_details: object) -> None:
        with _under_way_lock:
            _under_way[self._state] -= 1
