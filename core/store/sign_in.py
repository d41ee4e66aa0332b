"""What is known of the gateway's sign-in beside its sealed tokens; writes inside `store.write()`.

One setting holds the facts: when tokens end, the regional root, an open renewal, and what the
gateway has refused for good. Another one is the turn of the process that renews.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from core.domain.canonical import canonical, instant_text, parse_instant
from core.errors import AppError, AuthError, ConfigError
from core.store import values
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

ACCESS: Final = "x3.access_token"
REFRESH: Final = "x3.refresh_token"
WARN_DAYS: Final = 7  # how long before its end a sign-in is spoken of
_FACTS, _TURN = "x3.sign_in", "x3.sign_in.turn"


@dataclass(frozen=True, slots=True)
class SignInFacts:
    """What may be shown of a sign-in; instants as stored, empty when not known."""

    is_there: bool = False
    since: str = ""
    ends: str = ""
    refusal: AppError | None = None


def facts(store: Store) -> dict[str, Any]:
    """All that is known; empty before the first sign-in. One indexed row."""
    found: dict[str, Any] = json.loads(values.setting(store, _FACTS) or "{}")
    return found


def put_facts(store: Store, members: Mapping[str, Any]) -> None:
    """Keeps these facts and no others."""
    values.put_setting(store, _FACTS, canonical(dict(members)))


def shown(store: Store) -> SignInFacts:
    """What may be shown of the sign-in; two indexed rows."""
    known = facts(store)
    return SignInFacts(
        is_there=values.secret(store, REFRESH) is not None,
        since=str(known.get("since", "")),
        ends=str(known.get("refresh_ends", "")),
        refusal=refusal(known, str(known.get("for", ""))),
    )


def has_ended(store: Store) -> bool:
    """Whether the gateway has ended the sign-in and nobody has signed in since."""
    return bool(facts(store).get("refused")) and values.secret(store, REFRESH) is None


def ending(store: Store, now: datetime) -> str:
    """`The sign-in ends in 5 days`, from 7 days before its end on; else empty."""
    facts = shown(store)
    if not facts.is_there or not facts.ends:
        return ""
    ends = parse_instant(facts.ends)
    days = (ends - now).days
    if days >= WARN_DAYS:
        return ""
    day = ends.date().isoformat()
    if ends <= now:
        return say("the_sign_in_at_the_gateway_has", day=day)
    when = "today" if days < 1 else say("in_1_day") if days == 1 else say("in_days", days=days)
    return say("the_sign_in_at_the_gateway_ends", when=when, day=day)


# What a person does


def note_refresh_token(store: Store, ends: datetime) -> None:
    """A person has set a refresh token; nothing stays of the old one but the regional root."""
    values.forget_secret(store, ACCESS)
    old = facts(store)
    known = {"refresh_ends": instant_text(ends), "since": store.now()}
    put_facts(store, known | {name: old[name] for name in ("root", "for") if name in old})


def forget(store: Store) -> None:
    """The refresh token was taken away: nothing is left of the sign-in."""
    values.forget_secret(store, ACCESS)
    put_facts(store, {})


def allow_again(store: Store) -> None:
    """A person asks for a new try; a sign-in that has ended stays ended."""
    known = facts(store)
    if known.get("refused") and values.secret(store, REFRESH) is not None:
        put_facts(store, {name: value for name, value in known.items() if name != "refused"})


# Refusals


def told(error: AppError) -> dict[str, str]:
    """An error as it is kept."""
    return {"code": error.code, "why": error.why, "fix": error.fix, "detail": error.detail}


def refusal(known: Mapping[str, Any], client: str) -> AppError | None:
    """The error that is kept; None when there is none, or when another client was refused."""
    kept = known.get("refused")
    if not kept or known.get("for") != client:
        return None
    kind: Callable[..., AppError] = AuthError if kept["code"].startswith("AUT") else ConfigError
    return kind(kept["code"], kept["why"], "x3", fix=kept["fix"], detail=kept["detail"])


# The turn to renew


def take_turn(store: Store, owner: str, for_s: float) -> bool:
    """Make or keep `owner` the one who renews, for so long at most; False: another one is."""
    now = store.clock()
    held: dict[str, Any] = json.loads(values.setting(store, _TURN) or "{}")
    if held and held["owner"] != owner and not _is_over(held, now):
        return False
    turn = {
        "owner": owner,
        "host": platform.node(),
        "pid": os.getpid(),
        "until": instant_text(now + timedelta(seconds=for_s)),
    }
    values.put_setting(store, _TURN, canonical(turn))
    return True


def end_turn(store: Store, owner: str) -> None:
    """Let the next one renew; nothing when it is another one's turn by now."""
    held = json.loads(values.setting(store, _TURN) or "{}")
    if held.get("owner") == owner:
        values.put_setting(store, _TURN, "")


def _is_over(held: Mapping[str, Any], now: datetime) -> bool:
    """Whether a turn holds nobody up any more: its end has come, or its process is gone."""
    if parse_instant(held["until"]) <= now:
        return True
    return held["host"] == platform.node() and not _lives(int(held["pid"]))


def _lives(pid: int) -> bool:
    """Whether a process of this computer is there; taken for granted where it cannot be told."""
    if sys.platform == "win32":  # there is no harmless way to ask; the turn's end is waited for
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
