"""Asking again: the one place where a read is repeated; a write never is."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from core.errors import AppError, TransientError
from core.words import area

say = area(__name__)

LONGEST_PAUSE_S = 900.0  # a longer Retry-After is cut to this (libraries.md, symptom 11)
LONGEST_WAIT_S = 120.0  # a longer pause is the scheduler's, not a worker's

_Result = TypeVar("_Result")


def read_with_retry(
    call: Callable[[], _Result],
    *,
    delays_s: Sequence[float],
    jitter: float = 0.25,
    wait: Callable[[float], None],
    is_retryable: Callable[[AppError], bool],
) -> _Result:
    """The result of a read, asked again after each of `delays_s`; never use it for a write.

    `jitter` is the fraction by which a delay is spread either way. `wait` may raise `Stopped`. A
    `retry_after_s` of the error replaces the delay; it is cut to 15 minutes, and one above 2
    minutes is not waited for here.

    Raises:
        TransientError: RAT-01 with `retry_after_s`, when the server asks for a long pause.
        AppError: the last one, when it is not retryable or the delays are used up.
    """
    for delay_s in [*delays_s, None]:
        try:
            return call()
        except AppError as error:
            if not is_retryable(error):
                raise
            asked_s = min(error.retry_after_s or 0.0, LONGEST_PAUSE_S)
            if asked_s > LONGEST_WAIT_S:
                raise _long_pause(error, asked_s) from None
            if delay_s is None:
                raise
            wait(asked_s or delay_s * random.uniform(1 - jitter, 1 + jitter))
    raise AssertionError("the last round returns or raises")


def _long_pause(error: AppError, asked_s: float) -> TransientError:
    return TransientError(
        "RAT-01",
        say("the_server_asks_for_a_pause_of", asked_s=asked_s),
        error.system,
        retry_after_s=asked_s,
        was_sent=error.was_sent,
        status=error.status,
        request_id=error.request_id,
    )
