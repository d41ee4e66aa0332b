"""How many requests a second a server takes: configured, told by its headers, or found out.

Arithmetic only: whoever calls holds a lock and gives the time (monotonic seconds). Nothing here
waits; what the gate does with a pace stands in `gate`.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable

from core.avidxchange.quota import Quota

_MARGIN = 0.95  # of a known limit: the server's clock and the wire are not as even as ours
_EVEN_S = 60  # limits for longer times are spent as needed, not evenly
_COARSE_S = 5  # seconds left are told whole: below this they are too coarse to divide by
_LOW = 0.1  # from this share of a long quota on what is left is spread over the time that is left
_TOLD_FOR_S = 900.0  # a limit not told again for so long is forgotten

_SEEN_S = 10.0  # over so long is measured what went through before a limit was met
_EARLY_S = 5.0  # met sooner, a limit tells little of its size
_BURST_S = 1.0  # a server saves up about so many seconds of requests for a burst
_FIRST = 20.0  # a limit met at once tells nothing of its size: then this is the first guess
_LEAST = 0.2
_HALF, _NEAR = 0.5, 0.9
_RAMP_S = 15.0
_STAY_S, _STAY_MOST_S = 20.0, 900.0
_SAME = 1.25  # met again below this many times the old limit, it is the same one
_BOLD_S = 10.0
_GENTLE = 1.25
_TWICE = 2
_ENDLESS = 1000.0
_GROW_S = 1.0


class Learned:
    """The pace of a server that tells its limit only by refusing.

    Unlimited until it refuses. Then half of what had gone through, in 15 s up to nine tenths of
    it, and there for a while; after that it is tried, faster and faster, whether more goes. Each
    time the same limit is met, the while is twice as long.
    """

    def __init__(self) -> None:
        self._limit = 0.0
        self._from = 0.0
        self._stay_s = _STAY_S
        self._passed: deque[float] = deque()
        self._busy_since = 0.0
        self._second: deque[float] = deque()
        self._most_in_a_second = 0

    def passed(self, now: float) -> None:
        """A request went through."""
        self._forget(now)
        if not self._passed:
            self._busy_since = now
        self._passed.append(now)
        self._second.append(now)
        while now - self._second[0] > 1:
            self._second.popleft()
        self._most_in_a_second = max(self._most_in_a_second, len(self._second))

    @property
    def untried(self) -> float:
        """Twice as many a second as have ever gone through: so a limit is met soon and gently."""
        return max(_FIRST, self._most_in_a_second * _TWICE)

    def rate(self, now: float) -> float:
        """Requests a second; infinite while no limit was met."""
        if not self._limit:
            return math.inf
        since = max(0.0, now - self._from)
        climb = min(1.0, since / _RAMP_S) * (_NEAR - _HALF)
        bold = max(0.0, since - _RAMP_S - self._stay_s) / _BOLD_S
        if bold >= _ENDLESS:
            return math.inf
        gently = self._limit * (_HALF + climb + min(1.0, bold) * (_GENTLE - 1))
        rate = gently + _HALF * max(self._limit, _FIRST / 2) * max(0.0, bold - 2) ** 3
        return rate if rate < _ENDLESS else math.inf

    def refused(self, now: float, resumes: float) -> None:
        """The server refused; the next request goes at `resumes`."""
        old, before = self._limit, self.rate(now)
        seen = self._seen(now)
        if math.isinf(before):
            # A limit met by the first requests tells little of its size.
            is_early = now - self._busy_since < _EARLY_S or not self._passed
            limit = max(seen, _FIRST) if is_early else seen
        elif self._passed and self._passed[-1] >= self._from:
            limit = min(before, max(seen, before * _HALF))
        else:
            # Nothing has passed since the pause: it was too short, the pace need not be too high.
            limit = min(old, max(seen, before))
        is_same = now - self._from > _RAMP_S and limit <= old * _SAME
        self._stay_s = min(_STAY_MOST_S, self._stay_s * 2) if is_same else _STAY_S
        self._limit = max(limit, _LEAST)
        self._from = max(now, resumes)

    def _seen(self, now: float) -> float:
        """What went through lately a second, less what a burst let through."""
        self._forget(now)
        took = now - self._busy_since
        return len(self._passed) / (_SEEN_S if took >= _SEEN_S else max(0.0, took) + _BURST_S)

    def _forget(self, now: float) -> None:
        while self._passed and now - self._passed[0] > _SEEN_S:
            self._passed.popleft()


class Width:
    """How many requests may be under way at once where no limit is known.

    One at first; twice as many after each second in which all places were taken and nothing was
    refused, one more once something was; half of those under way after a refusal.
    """

    def __init__(self) -> None:
        self.most = 1
        self._was_refused = False
        self._since = -math.inf
        self._moved = -math.inf

    def has_room(self, now: float, under_way: int) -> bool:
        """Whether one more may go beside so many; one that hangs does not hold up all others."""
        if under_way >= self.most and now - self._moved >= _GROW_S:
            self._grow(now)
        return under_way < self.most

    def goes(self, now: float) -> None:
        """One more is under way."""
        if math.isinf(self._since):
            self._since = now
        self._moved = now

    def passed(self, now: float, under_way: int) -> None:
        """A request went through while so many, itself included, were under way."""
        self._moved = now
        if under_way >= self.most and now - self._since >= _GROW_S:
            self._grow(now)

    def refused(self, now: float, under_way: int) -> None:
        """The server refused one of so many."""
        self.most = max(1, min(self.most, under_way) // 2)
        self._was_refused = True
        self._since = self._moved = now

    def _grow(self, now: float) -> None:
        self.most += 1 if self._was_refused else self.most
        self._since = self._moved = now


class Pace:
    """The pace of one connection: the slowest of what is configured, told and learned."""

    def __init__(self, configured: float) -> None:
        self.learned = Learned()
        self.width = Width()
        self._configured = configured * _MARGIN if configured else math.inf
        self._told = math.inf
        self._told_at = -math.inf
        self._widest: dict[str, tuple[int, int]] = {}
        self._next = -math.inf

    def next_at(self, now: float, under_way: int) -> float:
        """From when on the next request may go beside so many.

        Where no limit is known or was met, one after another is slow enough by itself.
        """
        is_free = math.isinf(self._known(now)) and math.isinf(self.learned.rate(now))
        return -math.inf if is_free and not under_way else self._next

    def has_room(self, now: float, under_way: int) -> bool:
        """Whether one more may go beside so many; any number where the server's limit is known."""
        return math.isfinite(self._known(now)) or self.width.has_room(now, under_way)

    def goes(self, now: float, *, has_waited: bool) -> None:
        """A request goes; one that waited for its time and woke late delays no one after it."""
        self.width.goes(now)
        rate = self.rate(now)
        if math.isinf(rate):
            self._next = -math.inf
            return
        spacing = 1 / rate
        is_late = has_waited and now - self._next < spacing
        self._next = (self._next if is_late else now) + spacing

    def rate(self, now: float) -> float:
        """Requests a second that may go now."""
        known, learned = self._known(now), self.learned.rate(now)
        if math.isinf(known) and math.isinf(learned) and self.width.most > 1:
            return self.learned.untried
        return min(known, learned)

    def _known(self, now: float) -> float:
        """The pace that is configured or told; infinite when neither is."""
        told = self._told if now - self._told_at < _TOLD_FOR_S else math.inf
        return min(self._configured, told)

    def told(self, quotas: Iterable[Quota], now: float) -> float:
        """Take up what an answer told; returns the seconds for which nothing is left."""
        rates, pause = [], 0.0
        for quota in quotas:
            rates.append(self._rate_of(quota))
            if quota.remaining == 0:
                pause = max(pause, float(quota.reset_s or 0))
        if rates:
            self._told, self._told_at = min(rates), now
        return pause

    def _rate_of(self, quota: Quota) -> float:
        limit, window = self._whole(quota)
        even = limit / window * _MARGIN if limit and 0 < window <= _EVEN_S else math.inf
        left, left_s = quota.remaining, quota.reset_s
        if not left or not left_s or left_s < _COARSE_S:
            return even
        is_scarce = window <= _EVEN_S or not limit or left < limit * _LOW
        return min(even, left / left_s) if is_scarce else even

    def _whole(self, quota: Quota) -> tuple[int, int]:
        """Limit and window; what was not told is the most that was seen, 0 = not known."""
        limit, window = self._widest.get(quota.name, (0, 0))
        limit = max(limit, (quota.remaining or 0) + 1) if quota.limit is None else quota.limit
        window = max(window, quota.reset_s or 0) if quota.window_s is None else quota.window_s
        self._widest[quota.name] = (limit, window)
        return limit, window
