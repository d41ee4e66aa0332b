"""Sign-in by a gateway's tokens: one renewal at a time, kept before it is used (sage-x3.md 4.3).

Where tokens are kept and how processes take turns comes in as a `TokenKeeper`; nothing here knows
the store.
"""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from core.errors import AppError, AuthError, LocalFault, Stopped, TransientError
from core.http import read_with_retry
from core.words import area
from core.x3.token_endpoint import AnswerLost, ClientRefused, GrantRefused, Pair, TokenEndpoint

say = area(__name__)

AGAIN_AFTER_S = 5.0  # a lost answer: the same refresh token once more
TURN_LOOK_S = 0.2  # how often a process that waits for another one's renewal looks
_EARLY_S = 60.0  # sage-x3.md 10.17
_LOOK_S = 0.1
_MARGIN_S = 15.0
_RETRYABLE = frozenset({"NET-01", "RAT-01"})
LOST = say("the_answer_to_the_last_renewal_was")


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a sign-in. `is_pending`: a renewal was asked for and its answer not kept.

    `refusal` is what the gateway has said for good; nobody asks it again before a person acts.
    """

    pair: Pair | None = field(default=None, repr=False)
    is_pending: bool = False
    refusal: AppError | None = None


class TokenKeeper(Protocol):
    """Keeps one workspace's tokens for all processes. Every method may raise LocalFault."""

    def read(self) -> Kept:
        """What is kept now, by whichever process."""
        ...

    def take_turn(self, for_s: float) -> bool:
        """Become the one who renews, for so long at most, or prolong it; False: another one is."""
        ...

    def end_turn(self) -> None:
        """Let the next one renew."""
        ...

    def note_asked(self, refresh: str) -> None:
        """Commit that a renewal by this token is asked for; empty: that none is open."""
        ...

    def save(self, pair: Pair) -> None:
        """Commit a new pair; it may be used after that and not before."""
        ...

    def drop(self, refresh: str, refusal: AppError) -> None:
        """Commit that the gateway refused for good; the pair goes unless it is another one now."""
        ...

    def refuse(self, refusal: AppError) -> None:
        """Commit that asking makes no sense before a person acts; the tokens stay."""
        ...


class OAuth2Auth:
    """Signs with the access token; thread-safe, and one of all processes renews it at a time.

    `retry_s` are the delays of sage-x3.md 3.6. `wait` sleeps and may raise `Stopped`.
    """

    def __init__(
        self,
        endpoint: TokenEndpoint,
        keeper: TokenKeeper,
        *,
        retry_s: Sequence[float],
        now: Callable[[], datetime],
        wait: Callable[[float], None],
    ) -> None:
        self._endpoint = endpoint
        self._keeper = keeper
        self._retry_s = tuple(retry_s)
        self._now = now
        self._wait = wait
        self._lock = threading.Lock()
        self._pair: Pair | None = None
        self._refused = ""  # the access token that got a 401
        self._after_refusal = ""  # the one that was renewed because of it
        self._unsaved: tuple[str, Pair] | None = None
        self._rounds = 0
        self._failure: AppError | None = None

    def header(self) -> str:
        """`Bearer` with a token that is good for a while; renews it where needed.

        Raises:
            AuthError: AUT-02, nobody is signed in (any more); nothing is asked before somebody is.
            ConfigError: CFG-01, the gateway does not take the client, or no secret is set.
            TransientError: NET-01 or RAT-01, no token now. LocalFault: it could not be kept.
        """
        pair = self._pair
        if pair is not None and self._is_good(pair):
            return f"Bearer {pair.access}"
        seen = self._rounds
        # Short waits again and again, so that a stop ends the wait for another thread's renewal.
        while not self._lock.acquire(timeout=_LOOK_S):
            self._wait(0)
        try:
            return f"Bearer {self._present(seen).access}"
        finally:
            self._lock.release()

    def renew(self, refused: str) -> bool:
        """Whether a request that got a 401 may go out again with another token."""
        with self._lock:
            pair = self._pair
            if pair is None or refused != f"Bearer {pair.access}":
                return True  # another thread has a newer one
            if pair.access == self._after_refusal:
                return False  # two in a row: the token is not the cause
            self._refused = pair.access
            return True

    def note_server_time(self, at: datetime) -> None:
        """Nothing to learn: lives are counted from our own requests."""
        del at

    # One thread at a time

    def _present(self, seen: int) -> Pair:
        """The pair in memory, else the one kept, else a new one; the thread lock is held."""
        pair = self._pair
        if pair is not None and self._is_good(pair):
            return pair
        if self._failure is not None and self._rounds > seen:
            raise dataclasses.replace(self._failure)
        self._failure = None
        try:
            pair = self._shared()
        except AppError as error:
            # Whatever happened here, the request that needed the token has not gone out.
            error.was_sent = False
            self._failure = error
            raise
        finally:
            self._rounds += 1
        if self._refused and pair.access != self._refused:
            self._after_refusal, self._refused = pair.access, ""
        self._pair = pair
        return pair

    def _shared(self) -> Pair:
        """The kept pair where it is good, else a new one by whoever's turn it is."""
        while True:
            kept = self._keeper.read()
            if kept.pair is not None and self._is_fresh(kept.pair):
                return kept.pair
            _check(kept)
            if self._keeper.take_turn(self._turn_s):
                break
            self._wait(TURN_LOOK_S)
        try:
            kept = self._keeper.read()  # another process may have renewed before our turn
            if kept.pair is not None and self._is_fresh(kept.pair):
                return kept.pair
            return self._renewed(kept)
        finally:
            self._keeper.end_turn()

    @property
    def _turn_s(self) -> float:
        """The longest between two signs of life of a renewal."""
        return self._endpoint.gateway.timeout_s + max([*self._retry_s, AGAIN_AFTER_S]) + _MARGIN_S

    def _renewed(self, kept: Kept) -> Pair:
        """A new pair, kept; once more with another one when a process has kept it meanwhile."""
        for is_last in (False, True):
            pair = _check(kept)
            renewal = _Renewal(pair, is_lost=kept.is_pending)
            try:
                return self._saved(renewal)
            except GrantRefused as refused:
                anew = self._keeper.read()
                if anew.pair is not None and self._is_good(anew.pair):
                    return anew.pair
                if is_last or anew.pair is None or anew.pair.refresh == pair.refresh:
                    raise self._ended(renewal, refused) from None
                kept = anew
            except ClientRefused as refused:
                self._keeper.refuse(refused)
                raise
        raise AssertionError("the last round returns or raises")

    def _saved(self, renewal: _Renewal) -> Pair:
        """Ask, then commit; a pair that could not be committed waits in memory and is not used."""
        used = renewal.pair.refresh
        if self._unsaved is None or self._unsaved[0] != used:
            self._unsaved = (used, self._asked(renewal))
        pair = self._unsaved[1]
        try:
            self._keeper.save(pair)
        except LocalFault as fault:
            fault.title = say("the_new_sign_in_could_not_be")
            raise
        self._unsaved = None
        return pair

    def _asked(self, renewal: _Renewal) -> Pair:
        """The gateway's new pair, with the tries of sage-x3.md 3.6 and 4.3."""
        self._keeper.note_asked(renewal.pair.refresh)
        try:
            return read_with_retry(
                lambda: self._answered(renewal),
                delays_s=self._retry_s,
                wait=self._wait,
                is_retryable=_is_failure,
            )
        except GrantRefused:
            raise
        except (AppError, Stopped):
            if not renewal.is_lost:
                self._keeper.note_asked("")
            raise

    def _answered(self, renewal: _Renewal) -> Pair:
        """One request; when its answer is lost the same token once more."""
        try:
            return self._exchanged(renewal)
        except AnswerLost:
            if renewal.has_tried_again:
                raise
            renewal.has_tried_again = True
        self._wait(AGAIN_AFTER_S)
        return self._exchanged(renewal)

    def _exchanged(self, renewal: _Renewal) -> Pair:
        if not self._keeper.take_turn(self._turn_s):  # this computer slept longer than our turn
            why = say("another_crossfoot_renews_the_sign_in")
            raise TransientError("NET-01", why, "x3")
        old = renewal.pair
        try:
            return self._endpoint.refreshed(old.refresh, old.root)
        except TransientError as error:
            # A server's failure may also hide a renewal that was made.
            renewal.is_lost = renewal.is_lost or (error.was_sent and error.code == "NET-01")
            raise

    def _ended(self, renewal: _Renewal, refused: GrantRefused) -> AuthError:
        """The sign-in is over: drop it and say why."""
        why = say("the_gateway_says_that_the_sign_in")
        if renewal.is_lost:
            why = say("and_the_gateway_takes_the_old_sign", lost=LOST)
        error = AuthError("AUT-02", why, "x3", status=refused.status, request_id=refused.request_id)
        self._keeper.drop(renewal.pair.refresh, error)
        return error

    def _is_fresh(self, pair: Pair) -> bool:
        """Whether a kept token serves; after a 401 one that is young, as there is no third try."""
        rest_s = (pair.access_ends - self._now()).total_seconds()
        return self._is_good(pair) and (not self._refused or rest_s >= pair.access_life_s / 2)

    def _is_good(self, pair: Pair) -> bool:
        """Whether a token may be sent now (sage-x3.md 10.17)."""
        early_s = min(_EARLY_S, pair.access_life_s / 10)
        rest = pair.access_ends - self._now()
        return (
            bool(pair.access) and pair.access != self._refused and rest > timedelta(seconds=early_s)
        )


@dataclass(slots=True)
class _Renewal:
    """A renewal under way: by which pair, and whether an answer to it is known to be lost."""

    pair: Pair
    is_lost: bool
    has_tried_again: bool = False


def _check(kept: Kept) -> Pair:
    """The pair to renew by; raises what keeps us from asking at all."""
    if kept.refusal is not None:
        raise kept.refusal
    if kept.pair is None:
        raise AuthError("AUT-02", say("nobody_is_signed_in_to_the_gateway"), "x3")
    return kept.pair


def _is_failure(error: AppError) -> bool:
    """Whether the way failed; a lost answer has its own rule."""
    is_lost = isinstance(error, AnswerLost)
    return isinstance(error, TransientError) and error.code in _RETRYABLE and not is_lost
