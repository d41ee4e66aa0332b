"""What an api1 answer means: a JSON object, or the error it stands for (sage-x3.md 3.4).

Texts follow the user's language: they are classified by the profile and shown as they are. Every
error here is of a request that was sent; nothing is retried here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from core.errors import AppError, AuthError, ConfigError, RemoteRefused, TransientError, Unreadable
from core.http import Reply
from core.words import area
from core.x3 import values
from core.x3.profile import Messages

say = area(__name__)

OK, ACCEPTED = 200, 202
TIMED_OUT = 408
UNAUTHORIZED, FORBIDDEN, NOT_FOUND, TOO_MANY = 401, 403, 404, 429
SERVER_ERROR = 500
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_GATEWAY_ERRORS = frozenset({502, 503, 504})
_BAD_REQUEST = 400
_LAST_STATUS = 599
_MILD = frozenset({"success", "info", "warning"})
_BOM = b"\xef\xbb\xbf"
_TEXT_LIMIT = 2_000
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.-]+)", re.IGNORECASE)
_WESTERN = frozenset({"windows-1252", "cp1252", "iso-8859-1", "latin1", "latin-1"})


class RecordMissing(RemoteRefused):
    """X3 has no such record."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, to name it in an error: endpoint, class and representation."""

    endpoint: str
    cls: str
    representation: str


class Gate:
    """Judges answers by one profile's messages; `redact` is applied to every text shown."""

    def __init__(self, messages: Messages, redact: Callable[[str], str]) -> None:
        self._messages = messages
        self._redact = redact

    def json_object(self, reply: Reply, asked: Asked) -> dict[str, Any]:
        """The object of a good answer.

        Raises:
            AuthError: AUT-01, the credentials were refused.
            ConfigError: CFG-01, naming endpoint, class or redirect.
            RecordMissing: the record does not exist, by status or by text.
            TransientError: LCK-01 in use, RAT-01 asked to wait, NET-01 the server failed.
            Unreadable: HTML, an empty or cut body, or no JSON; a status that is no whole answer.
            RemoteRefused: any other refusal.
        """
        table = self._table(reply)
        errors = _diagnoses(table, reply.status) if table is not None else []
        self._check_status(reply, table, errors, asked)
        if table is None or reply.status != OK:
            raise self._error(Unreadable, "NET-01", reply, _what_it_is(reply), _UNREADABLE)
        if errors:
            raise self._refusal(reply, " · ".join(errors), asked)
        if "$message" in table and "$resources" not in table:
            raise self._refusal(reply, values.text(str(table["$message"])), asked)
        return table

    def _table(self, reply: Reply) -> dict[str, Any] | None:
        """The JSON object of a body; None when it is none."""
        if "html" in reply.headers.get("content-type", "").lower():
            return None
        text = body_text(reply)
        if text is None:
            return None
        try:
            found = values.load_json(text)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    def _check_status(
        self, reply: Reply, table: dict[str, Any] | None, errors: list[str], asked: Asked
    ) -> None:
        """Raise for a status that decides by itself."""
        status, text = reply.status, " · ".join(errors) or self._plain(reply)
        if status == UNAUTHORIZED:
            raise self._error(AuthError, "AUT-01", reply, text or say("x3_refused_the_sign_in"))
        if status in _REDIRECTS:
            why = say("x3_redirects_to_another_address_check", text=text)
            raise self._error(ConfigError, "CFG-01", reply, why)
        if status == TOO_MANY:
            raise self._error(TransientError, "RAT-01", reply, text or say("x3_asked_to_wait"))
        if _is_failure(status, errors):
            message = str((table or {}).get("$message", "")) or text
            if self._messages.classify(message) == "other":
                why = say("x3_or_a_proxy_answered", status=status, message=message)
                raise self._error(TransientError, "NET-01", reply, why, _SERVER_FAILED)
            raise self._refusal(reply, message, asked)
        if status >= _BAD_REQUEST:
            raise self._refusal(reply, text or say("x3_answered", status=status), asked)

    def _refusal(self, reply: Reply, text: str, asked: Asked) -> AppError:
        """The error of a message, by the class of its text, then by the status."""
        kind = self._messages.classify(text)
        if kind == "missing":
            return self._error(
                RecordMissing, "NET-01", reply, text, say("the_record_does_not_exist")
            )
        if kind == "busy":
            return self._error(TransientError, "LCK-01", reply, text)
        if reply.status == NOT_FOUND:
            why = say("x3_endpoint_x3_does_not_know_the", endpoint=asked.endpoint, text=text)
            return self._error(ConfigError, "CFG-01", reply, why)
        if reply.status == FORBIDDEN:
            why = say("the_x3_user_has_no_right_to", cls=asked.cls, text=text)
            return self._error(ConfigError, "CFG-01", reply, why)
        if reply.status in (OK, _BAD_REQUEST, SERVER_ERROR):
            name = say("representation", cls=asked.cls, representation=asked.representation)
            why = say("x3_does_not_accept_the_profiles", name=name, text=text)
            return self._error(ConfigError, "CFG-01", reply, why)
        why = say("x3_answered_2", status=reply.status, text=text)
        return self._error(RemoteRefused, "NET-01", reply, why, say("x3_refused_the_request"))

    def _plain(self, reply: Reply) -> str:
        """The beginning of a body that is plain text, such as a refused token's."""
        if "text/plain" not in reply.headers.get("content-type", "").lower():
            return ""
        return (body_text(reply) or "").strip()[:200]

    def _error(
        self, kind: type[AppError], code: str, reply: Reply, why: str, title: str = ""
    ) -> AppError:
        return kind(
            code,
            self._redact(why)[:_TEXT_LIMIT],
            "x3",
            retry_after_s=retry_after(reply),
            was_sent=True,
            status=reply.status,
            request_id=reply.request_id,
            title=title,
        )


def _is_failure(status: int, errors: list[str]) -> bool:
    """Whether the server, or what stands before it, failed: the question may be asked again."""
    if status == TIMED_OUT or status in _GATEWAY_ERRORS or status > _LAST_STATUS:
        return True
    return status >= SERVER_ERROR and not errors


_UNREADABLE = say("the_answer_could_not_be_read")
_SERVER_FAILED = say("the_server_failed")


def _what_it_is(reply: Reply) -> str:
    if not reply.body.strip():
        return say("x3s_answer_is_empty_status", status=reply.status)
    if reply.status != OK:
        return say("x3_answered_which_is_no_whole_answer", status=reply.status)
    kind = reply.headers.get("content-type", say("no_type"))
    return say("x3s_answer_is_no_json_object_bytes", kind=kind, count=len(reply.body))


def body_text(reply: Reply) -> str | None:
    """The body as text; a BOM is dropped, Windows-1252 taken where declared; None if broken."""
    declared = _CHARSET.search(reply.headers.get("content-type", ""))
    is_western = declared is not None and declared[1].lower() in _WESTERN
    is_western = is_western and not reply.body.startswith(_BOM)  # the bytes know better
    try:
        return reply.body.decode("cp1252" if is_western else "utf-8-sig")
    except UnicodeDecodeError:
        return None


def _diagnoses(table: dict[str, Any], status: int) -> list[str]:
    """The error texts of `$diagnoses`; an absent severity is an error on a status from 400.

    A severity that the contract does not know counts as an error: it is no success for sure.
    """
    listed = table.get("$diagnoses")
    if isinstance(listed, dict):
        listed = [listed]
    found = []
    for entry in listed if isinstance(listed, list) else []:
        if not isinstance(entry, dict):
            continue
        absent = "error" if status >= _BAD_REQUEST else "info"
        severity = str(entry.get("$severity") or absent).strip().lower()
        if severity not in _MILD:
            found.append(str(entry.get("$message") or say("no_reason_given")))
    return found


def retry_after(reply: Reply) -> float | None:
    """Seconds of a `Retry-After` in either form; None when there is none."""
    text = reply.headers.get("retry-after", "").strip()
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if reply.server_time is None or until.tzinfo is None:
        return None
    return max((until - reply.server_time).total_seconds(), 0.0)
