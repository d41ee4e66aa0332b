"""What an answer tells of the server's limit on requests: the RateLimit header fields.

Read are the fields of draft-ietf-httpapi-ratelimit-headers-10 (`RateLimit-Policy` and `RateLimit`)
and those of its earlier drafts (`RateLimit-Limit`, `-Remaining`, `-Reset`, and `RateLimit:
limit=..., remaining=..., reset=...`). What is malformed counts as absent (avidxchange.md 6).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_NUMBER = re.compile(r"\d{1,12}")
_MEMBER = re.compile(r'\s*(?:"(?P<name>[^"\\]*)"|(?P<token>[A-Za-z*0-9][\w.*:/-]*))\s*')
_PARAMETER = re.compile(r'\s*([A-Za-z*][\w.*-]*)\s*=\s*("[^"]*"|:[^:]*:|[^\s;,"]+)\s*')


@dataclass(frozen=True, slots=True)
class Quota:
    """One limit: `limit` requests in `window_s`; `remaining` of them until `reset_s` from now.

    None where the answer did not tell.
    """

    name: str = ""
    limit: int | None = None
    window_s: int | None = None
    remaining: int | None = None
    reset_s: int | None = None


def read_quotas(headers: Mapping[str, str]) -> tuple[Quota, ...]:
    """Every limit that an answer tells in a form that can be understood; never raises.

    Header names are lower case.
    """
    status = headers.get("ratelimit", "")
    earlier = _earlier(headers, status)
    if earlier is not None:
        return (earlier,)
    policies = {
        name: found
        for name, found in _items(headers.get("ratelimit-policy", ""))
        if found.get("qu", "requests").strip('"') == "requests"
    }
    states = dict(_items(status))
    names = [*policies, *(name for name in states if name not in policies)]
    quotas = (_quota(name, policies.get(name, {}), states.get(name, {})) for name in names)
    return tuple(quota for quota in quotas if quota is not None)


def _quota(name: str, policy: Mapping[str, str], state: Mapping[str, str]) -> Quota | None:
    quota = Quota(
        name=name,
        limit=_whole(policy.get("q")),
        window_s=_whole(policy.get("w")),
        remaining=_whole(state.get("r")),
        reset_s=_whole(state.get("t")),
    )
    is_limit = bool(quota.limit and quota.window_s)
    return quota if is_limit or (quota.remaining is not None and quota.reset_s) else None


def _earlier(headers: Mapping[str, str], status: str) -> Quota | None:
    """The one limit in the fields of the earlier drafts, None when these are not there."""
    pairs = dict(_pairs(status))
    told = {
        name: pairs.get(name) or headers.get(f"ratelimit-{name}", "")
        for name in ("limit", "remaining", "reset")
    }
    limit, _, rest = told["limit"].partition(",")
    found = Quota(
        limit=_whole(limit.strip()),
        window_s=_window(rest, limit.strip()) or _window(headers.get("ratelimit-policy", ""), ""),
        remaining=_whole(told["remaining"].strip()),
        reset_s=_whole(told["reset"].strip()),
    )
    is_limit = bool(found.limit) and (found.remaining is not None or found.window_s is not None)
    return found if is_limit else None


def _window(text: str, limit: str) -> int | None:
    """The seconds of `100;w=60`; with `limit` only of the entry for that number."""
    for entry in text.split(","):
        head, *parameters = (part.strip() for part in entry.split(";"))
        for parameter in parameters:
            if parameter.startswith("w=") and limit in ("", head):
                return _whole(parameter[2:])
    return None


def _pairs(text: str) -> list[tuple[str, str]]:
    """`limit=100, remaining=50, reset=5` as pairs; nothing when it has another form."""
    found = []
    for entry in text.split(","):
        name, sign, value = entry.strip().partition("=")
        if not sign or not _NUMBER.fullmatch(value.strip()):
            return []
        found.append((name.strip(), value.strip()))
    return found


def _items(text: str) -> list[tuple[str, dict[str, str]]]:
    """The items of a structured list with their parameters; all or nothing."""
    found: list[tuple[str, dict[str, str]]] = []
    place = 0
    while place < len(text):
        head = _MEMBER.match(text, place)
        if head is None:
            return []
        place, parameters = head.end(), {}
        while text.startswith(";", place):
            parameter = _PARAMETER.match(text, place + 1)
            if parameter is None:
                return []
            parameters[parameter[1]] = parameter[2]
            place = parameter.end()
        found.append((head["name"] if head["name"] is not None else head["token"], parameters))
        if place < len(text) and text[place] != ",":
            return []
        place += 1
    return found


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and _NUMBER.fullmatch(text) else None
