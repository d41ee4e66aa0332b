"""Idempotency of submissions: keys, external ids and the five policies (avidxchange.md 2.12, 7.15).

The policy is the state value "avid.policy", or the argument ``name`` of the variation "policy".
The header's name is the state value "avid.idempotency_header".
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.sandbox import avid_clock
from core.sandbox.avid_answers import Answer, RefusedError, result, results
from core.sandbox.avid_exchange import Exchange
from core.sandbox.avid_rows import KEYS
from core.sandbox.state import Row, State

POLICIES = ("contract", "key_ignored", "return_existing", "replay_errors", "none")
BOUND_FOR = timedelta(days=14)
IN_PROGRESS = "A request with this key is in progress"


@dataclass(frozen=True)
class Attempt:
    """One submission as the rules see it: external id (None if unusable) and content."""

    exchange: Exchange
    external_id: str | None
    content: str


def policy_of(exchange: Exchange) -> str:
    """Return the policy in force for this request."""
    chosen = exchange.variants.get("policy", {}).get("name")
    return str(chosen or exchange.state.get_value("avid.policy", "contract"))


def key_of(exchange: Exchange) -> str:
    """Return the idempotency key without quotes, or "" when none was sent."""
    name = str(exchange.state.get_value("avid.idempotency_header", "Idempotency-Key"))
    key = exchange.request.headers.get(name.lower(), "").strip()
    return key.removeprefix('"').removesuffix('"')


def decide(attempt: Attempt, known: list[tuple[str, Row]]) -> Answer | None:
    """Return the answer that keys and external ids already decide, or None to go on.

    ``known`` holds content and short form of the invoices with this external id, oldest first.

    Raises:
        RefusedError: 409 and 422 as in avidxchange.md 2.12.
    """
    policy = policy_of(attempt.exchange)
    if policy == "return_existing" and known:
        return results(result(known[0][1], []))
    if policy not in ("key_ignored", "none"):
        replayed = _by_key(attempt)
        if replayed is not None:
            return replayed
    if policy == "none" or not known:
        return None
    content, existing = known[-1]
    if content != attempt.content:
        raise RefusedError(409, "External id exists with different content")
    return results(result(existing, ["External id already exists"]))


def _by_key(attempt: Attempt) -> Answer | None:
    """Step 1: a known key repeats its answer for the same request and refuses any other."""
    state, key = attempt.exchange.state, key_of(attempt.exchange)
    row = state.table(KEYS).get(_row_key(attempt.exchange, key)) if key else None
    now = avid_clock.now(state).timestamp()
    if row is None or row["Until"] <= now:
        return None
    if row["Working"]:
        raise RefusedError(409, IN_PROGRESS)
    if row["ExternalId"] == attempt.external_id and row["Content"] == attempt.content:
        return Answer(int(row["Status"]), row["Answer"])
    raise RefusedError(422, "Idempotency key was used with a different request")


def accepted(attempt: Attempt, answer: Answer) -> None:
    """Bind the key to the answer of a created invoice for 14 days."""
    _bind(attempt, answer)


def refused(attempt: Attempt, answer: Answer) -> None:
    """Leave the key free after item errors, unless the policy binds refusals as well."""
    if policy_of(attempt.exchange) == "replay_errors":
        _bind(attempt, answer)


def _bind(attempt: Attempt, answer: Answer) -> None:
    key = key_of(attempt.exchange)
    if not key:
        return
    state = attempt.exchange.state
    row: dict[str, Any] = {
        "Working": False,
        "Until": (avid_clock.now(state) + BOUND_FOR).timestamp(),
        "ExternalId": attempt.external_id,
        "Content": attempt.content,
        "Status": answer.status,
        "Answer": answer.body,
    }
    state.table(KEYS).put(_row_key(attempt.exchange, key), row)


def start_working(exchange: Exchange, seconds: float) -> bool:
    """Mark the key as being worked on, for the variation "working"; False if it is not free."""
    key = key_of(exchange)
    table = exchange.state.table(KEYS)
    if not key or _row_key(exchange, key) in table:
        return False
    until = avid_clock.now(exchange.state).timestamp() + seconds + 60
    row: Row = {"Working": True, "Until": until}
    table.put(_row_key(exchange, key), row)
    return True


def stop_working(exchange: Exchange) -> None:
    """Take the mark away again, so that the request itself can go on."""
    exchange.state.table(KEYS).delete(_row_key(exchange, key_of(exchange)))


def forget_keys(state: State) -> None:
    """Forget every key, as a server does that keeps them for a short time only."""
    for key in list(state.table(KEYS).keys()):
        state.table(KEYS).delete(key)


def _row_key(exchange: Exchange, key: str) -> str:
    return f"{exchange.company}|{key}"
