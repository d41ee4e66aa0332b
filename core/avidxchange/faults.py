"""Answers that are no success, as errors of the catalogue (avidxchange.md 2.11, 3 and 6).

All shapes of faults are read, (a) to (g) of section 3. Bodies of the token service never come
here; of an answer with status 500 or more no text is kept but that of a known shape.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from core.avidxchange.connection import SYSTEM
from core.avidxchange.envelope import error_messages
from core.avidxchange.profile import Profile
from core.avidxchange.values import Members, as_list, parse_json
from core.errors import AppError, AuthError, RemoteRefused, TransientError, Unreadable
from core.http import Reply
from core.words import area

say = area(__name__)

_NO_RESOURCE = say("no_such_resource")  # avidxchange.md 2.11
_SHOWN = 300  # avidxchange.md 3 (g)
_THROTTLED_503 = "900801"  # avidxchange.md 2.11
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ACCESS_TIME = re.compile(
    r"(\d{4})-([A-Za-z]{3})-(\d{1,2}) (\d{1,2}):(\d{2}):(\d{2}) ?([+-])(\d{2}):?(\d{2})(?: \w+)?"
)
_FAILED = say("the_server_failed")
_NOT_UNDERSTOOD = say("the_answer_could_not_be_understood")


class ProtocolBroken(Unreadable):
    """The answer breaks the rules in a way that asking again does not mend."""


class NotFound(RemoteRefused):
    """The server says that there is no such document; an unknown path is no `NotFound`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What an answer says went wrong. `messages` are item errors; `is_json` tells HTML apart."""

    text: str = ""
    code: str = ""
    message_id: str = ""
    next_access: str = ""
    messages: tuple[str, ...] = ()
    is_json: bool = False


def json_of(reply: Reply) -> Any:
    """The JSON of an answer.

    Raises:
        Unreadable: the body is no JSON; a read may be repeated.
    """
    try:
        return parse_json(reply.body)
    except ValueError:
        raise not_understood(reply, say("the_body_is_no_json"), Unreadable) from None


def read_fault(reply: Reply, profile: Profile, redact: Callable[[str], str]) -> Fault:
    """The fault in an answer, in the order of avidxchange.md 3 (a) to (g)."""
    try:
        payload = parse_json(reply.body)
    except ValueError:
        is_server = reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR
        return Fault(text="" if is_server else redact(_plain(reply.body)))
    if not isinstance(payload, Mapping):
        return Fault(is_json=True)
    messages = _item_messages(payload, profile)
    if messages:
        return Fault(text=redact("; ".join(messages)), messages=messages, is_json=True)
    return _shaped_fault(payload, profile, redact)


def _shaped_fault(
    payload: Mapping[str, Any], profile: Profile, redact: Callable[[str], str]
) -> Fault:
    """Shapes (b) to (f): one object, bare or inside one of the profile's wrappers."""
    members = Members(payload)
    inner = members.get(*profile.envelope.fault_wrappers)
    if isinstance(inner, Mapping):
        members = Members(inner)
    head = members.get("reason", "error", "message", "error_message", "title")
    tail = members.get("detail", "error_description", "description")
    parts = [str(part) for part in (head, tail) if isinstance(part, str | int)]
    return Fault(
        text=redact(": ".join(parts))[:_SHOWN],
        code=_word(members.get("code")),
        message_id=_word(members.get("avidMessageId")),
        next_access=_word(members.get("nextAccessTime")),
        is_json=True,
    )


def _item_messages(payload: Mapping[str, Any], profile: Profile) -> tuple[str, ...]:
    write = profile.envelope.write
    found: list[str] = []
    for result in as_list(Members(payload).get(write.results)):
        if isinstance(result, Mapping):
            found += error_messages(Members(result).get(write.errors), profile.envelope)
    return tuple(found)


def _word(value: Any) -> str:
    return str(value).strip() if isinstance(value, str | int) else ""


def _plain(body: bytes) -> str:
    """The beginning of a body that is no JSON, in one line."""
    return " ".join(body[: 4 * _SHOWN].decode("utf-8", errors="replace").split())[:_SHOWN]


def error_of(reply: Reply, fault: Fault, profile: Profile, *, now: datetime) -> AppError:
    """The error of an answer that is no success; `now` stands in for a missing `Date`."""
    status = reply.status
    if is_blocked(fault, profile):
        return _error(AuthError, "RAT-02", say("access_is_blocked"), reply, fault)
    if is_throttled(reply, fault):
        error = _error(TransientError, "RAT-01", say("too_many_requests"), reply, fault)
        error.retry_after_s = pause_of(reply, fault, now=now)
        return error
    if status == HTTPStatus.UNAUTHORIZED:
        return _error(AuthError, "AUT-01", say("the_credentials_were_not_taken"), reply, fault)
    if status == HTTPStatus.FORBIDDEN:
        error = _error(AuthError, "AUT-01", say("access_is_not_allowed"), reply, fault)
        error.fix = say("check_avidxchange_company_id_and_ask")
        return error
    if status == HTTPStatus.REQUEST_TIMEOUT or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return _error(TransientError, "NET-01", say("it_did_not_answer_as_it_should"), reply, fault)
    if status == HTTPStatus.NOT_FOUND and fault.is_json and _NO_RESOURCE not in fault.text:
        return _error(NotFound, "CFG-01", say("it_has_no_such_document"), reply, fault)
    if status >= HTTPStatus.BAD_REQUEST:
        return _error(RemoteRefused, "CFG-01", say("the_request_was_refused"), reply, fault)
    return _error(ProtocolBroken, "NET-01", say("a_redirect_or_an_unknown_status"), reply, fault)


def is_blocked(fault: Fault, profile: Profile) -> bool:
    """Whether the server refuses this client altogether."""
    return bool(fault.code) and fault.code in profile.retry.blocked_codes


def is_throttled(reply: Reply, fault: Fault) -> bool:
    """Whether the server refused because there were too many requests."""
    if reply.status == HTTPStatus.TOO_MANY_REQUESTS:
        return True
    return reply.status == HTTPStatus.SERVICE_UNAVAILABLE and fault.code == _THROTTLED_503


def not_understood(reply: Reply, why: str, kind: type[Unreadable] = ProtocolBroken) -> Unreadable:
    """The error of an answer with a status of success that cannot be read."""
    return kind(
        "NET-01",
        say("avidxchange_answered", status=reply.status, why=why),
        SYSTEM,
        was_sent=True,
        status=reply.status,
        request_id=reply.request_id,
        title=_NOT_UNDERSTOOD,
        fix=say("it_is_asked_again_if_it_stays"),
    )


def _error(kind: type[AppError], code: str, what: str, reply: Reply, fault: Fault) -> AppError:
    said = f" ({fault.text})" if fault.text else ""
    titles = {TransientError: _FAILED, ProtocolBroken: _NOT_UNDERSTOOD}
    return kind(
        code,
        say("avidxchange_answered_2", status=reply.status, what=what, said=said),
        SYSTEM,
        was_sent=True,
        status=reply.status,
        request_id=reply.request_id,
        detail=say("avidmessageid", message_id=fault.message_id) if fault.message_id else "",
        title=titles.get(kind, "") if code == "NET-01" else "",
    )


def pause_of(reply: Reply, fault: Fault, *, now: datetime) -> float | None:
    """Seconds that the server asked to wait, None when it told nothing that can be used.

    `Retry-After` as seconds or as a date, else `nextAccessTime`; dates count from the answer's own
    `Date`, so that a wrong clock on either side does no harm. Nothing in the past is a pause.
    """
    start = reply.server_time or now
    told = reply.headers.get("retry-after", "").strip()
    for seconds in (_retry_after(told, start), _until(_access_time(fault.next_access), start)):
        if seconds is not None and seconds > 0:
            return seconds
    return None


def _retry_after(text: str, start: datetime) -> float | None:
    if re.fullmatch(r"\d{1,15}(\.\d{1,9})?", text):
        return float(text)
    if not re.search(r"[A-Za-z]", text):
        return None
    try:
        stamp = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return _until(stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC), start)


def _access_time(text: str) -> datetime | None:
    """WSO2's form: `2026-Jun-12 18:30:00+0000 UTC`; month names are English in every locale."""
    found = _ACCESS_TIME.fullmatch(text.strip())
    if found is None or found[2].casefold() not in _MONTHS:
        return None
    offset = timedelta(hours=int(found[8]), minutes=int(found[9]))
    month = _MONTHS.index(found[2].casefold()) + 1
    try:
        zone = timezone(-offset if found[7] == "-" else offset)
        clock = (int(found[4]), int(found[5]), int(found[6]))
        return datetime(int(found[1]), month, int(found[3]), *clock, tzinfo=zone)
    except ValueError:
        return None


def _until(moment: datetime | None, start: datetime) -> float | None:
    return None if moment is None else (moment - start).total_seconds()
