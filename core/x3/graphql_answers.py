"""What a GraphQL answer means: the data of a page, or the error it stands for (sage-x3.md 6.3).

Any entry in `errors` fails the page, whatever the status says; partial data is not used. All else
is judged as on api1.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from core.errors import AppError, ConfigError, RemoteRefused, TransientError
from core.http import Reply
from core.words import area
from core.x3.answers import FORBIDDEN, NOT_FOUND, TOO_MANY, UNAUTHORIZED, Asked, Gate

say = area(__name__)

PATH = "/xtrem/api"
# What a server says of a document whose fields, or their kinds, are not its own.
_UNKNOWN_FIELD = re.compile(
    r"\s*(?:Cannot query field\b|Field (?=.*\bmust (?:not )?have a selection\b))\s*[\"'`]?(\w*)"
)
_BAD_REQUEST = 400
_GATEWAY_ERRORS = frozenset({502, 503, 504})
_DENIED = frozenset({"unauthorized", "forbidden"})
_NO_REASON = say("no_reason_given")


class UnknownField(ConfigError):
    """The server has no such field; `names` are the last parts of what it does not know."""

    names: frozenset[str] = frozenset()


class GraphGate(Gate):
    """Judges answers of `/xtrem/api`; see `Gate.json_object` for the errors.

    In `Asked`, `cls` is the node and `representation` is not used.
    """

    def json_object(self, reply: Reply, asked: Asked) -> dict[str, Any]:
        """The object of a good answer.

        Raises:
            UnknownField: CFG-01, the node lacks what the profile asks for.
            ConfigError: CFG-01 with status 403, the user has no right to read the node.
            AppError: as `Gate.json_object`; other entries of `errors` are RemoteRefused.
        """
        table = self._table(reply)
        texts = _errors(table)
        if texts and reply.status not in (UNAUTHORIZED, TOO_MANY):
            if _is_denied(table):
                reply = dataclasses.replace(reply, status=FORBIDDEN)
            raise self._failed(reply, texts, asked)
        return super().json_object(reply, asked)

    def _failed(self, reply: Reply, texts: list[str], asked: Asked) -> AppError:
        """The error of the entries of `errors`."""
        text = " · ".join(texts)
        unknown = [found[1] for found in map(_UNKNOWN_FIELD.match, texts) if found]
        if not unknown and reply.status in _GATEWAY_ERRORS:
            why = say("x3_or_a_proxy_answered", status=reply.status, text=text)
            return self._error(TransientError, "NET-01", reply, why, say("the_server_failed"))
        if not unknown:
            return self._refusal(reply, text, asked)
        why = say("x3s_graphql_does_not_fit_the_profiles", cls=asked.cls, text=text)
        error = self._error(UnknownField, "CFG-01", reply, why)
        if isinstance(error, UnknownField):
            error.names = frozenset(unknown)
        return error

    def _refusal(self, reply: Reply, text: str, asked: Asked) -> AppError:
        """As on api1, but 404 is a service that is not there, and 400 a question not understood."""
        kind = self._messages.classify(text)
        if kind in ("busy", "missing") or reply.status == FORBIDDEN:
            return super()._refusal(reply, text, asked)
        if reply.status == NOT_FOUND:
            why = say("x3_read_graphql_x3_offers_no_graphql", path=PATH, text=text)
            return self._error(ConfigError, "CFG-01", reply, why)
        if reply.status == _BAD_REQUEST or kind == "setup":
            why = say(
                "x3_does_not_accept_the_question_for",
                cls=asked.cls,
                endpoint=asked.endpoint,
                text=text,
            )
            return self._error(ConfigError, "CFG-01", reply, why)
        why = say("x3_failed_the_question_for", cls=asked.cls, text=text)
        return self._error(RemoteRefused, "NET-01", reply, why, say("x3_refused_the_request"))


def _errors(table: Mapping[str, Any] | None) -> list[str]:
    """The texts of `errors`; one that has none is still an error."""
    listed = (table or {}).get("errors")
    if not listed:
        return []
    entries = listed if isinstance(listed, list) else [listed]
    return [_text(entry) for entry in entries]


def _is_denied(table: Mapping[str, Any] | None) -> bool:
    """Whether an entry says by its code that the user has no right; a status cannot, it is 200."""
    listed = (table or {}).get("errors")
    entries = listed if isinstance(listed, list) else []
    told = [entry.get("extensions") for entry in entries if isinstance(entry, dict)]
    codes = (str(more.get("code") or "") for more in told if isinstance(more, dict))
    return any(code.casefold() in _DENIED for code in codes)


def _text(entry: Any) -> str:
    message = entry.get("message") if isinstance(entry, dict) else entry
    return str(message or "").strip() or _NO_REASON
