"""What an answer of the web service means: an outcome of a write, or a good answer of a read.

The table of sage-x3.md 5.2 and 10.20, total over statuses and bodies: refused and not done are said
only where X3 surely stored nothing; all else that is no readable success is a doubt. Nothing is
sent or repeated here.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable

from core.errors import (
    AppError,
    AuthError,
    ConfigError,
    RemoteRefused,
    TransientError,
    Unreadable,
)
from core.http import Reply
from core.ports import Doubt, Exchange, NotDone, Outcome, Refused
from core.words import area
from core.x3.answers import (
    FORBIDDEN,
    OK,
    SERVER_ERROR,
    TIMED_OUT,
    TOO_MANY,
    UNAUTHORIZED,
    body_text,
    retry_after,
)
from core.x3.profile import Messages
from core.x3.soap_answers import NO_REASON, NotSoap, SoapAnswer, has_fault, parse_answer

say = area(__name__)

_ANSWER_LIMIT = 20_000
_TEXT_LIMIT = 300
_DONE, _NOT_DONE = 1, 0
_REDIRECTED = 300

_log = logging.getLogger(__name__)


class SoapGate:
    """Judges answers by one profile's messages; `redact` is applied to every text kept."""

    def __init__(
        self, messages: Messages, redact: Callable[[str], str], path: str = "soap.path"
    ) -> None:
        self._messages = messages
        self._redact = redact
        self._path = path

    def outcome(self, reply: Reply, done: Callable[[SoapAnswer, Exchange], Outcome]) -> Outcome:
        """The outcome of a write; `done` reads a success."""
        exchange = self._exchange(reply)
        refused = self._by_status(reply)
        if refused is not None:
            return NotDone(refused[1], refused[0], exchange)
        try:
            answer = self._parsed(reply)
        except Unreadable as error:
            return Doubt(error.why, error, exchange=exchange)
        if answer.status == _NOT_DONE:
            return self._not_stored(answer, reply, exchange)
        if answer.status != _DONE or answer.errors:
            texts = " · ".join(answer.errors)
            why = say("x3_answered_status_with_errors", status=answer.status, texts=texts)
            return Doubt(why, exchange=exchange)
        return done(answer, exchange)

    def answer(self, reply: Reply) -> SoapAnswer:
        """The good answer of a read.

        Raises:
            AppError: as for any read (sage-x3.md 3.6): asked again are LCK-01, RAT-01, NET-01.
        """
        refused = self._by_status(reply)
        if refused is not None:
            raise refused[1]
        if reply.status == TIMED_OUT or reply.status >= SERVER_ERROR:
            why = say("x3_or_a_proxy_answered", status=reply.status)
            raise self._error(TransientError, "NET-01", reply, why)
        if reply.status >= _REDIRECTED:
            why = say("answered_check_soap_path", path=self._path, status=reply.status)
            raise self._error(ConfigError, "CFG-01", reply, why)
        answer = self._parsed(reply)
        if answer.status == _DONE and not answer.errors:
            return answer
        texts = answer.errors or answer.notes or (NO_REASON,)
        kind, text = self._kind(texts), " · ".join(texts)
        if kind == "busy":
            raise self._error(TransientError, "LCK-01", reply, text)
        if kind == "setup":
            raise self._error(ConfigError, "CFG-01", reply, text)
        raise self._error(RemoteRefused, "NET-01", reply, text, say("x3_refused_the_request"))

    def _by_status(self, reply: Reply) -> tuple[str, AppError] | None:
        """Kind and error of an answer that tells by its status that nothing was done."""
        text = (body_text(reply) or "").strip()[:_TEXT_LIMIT]
        if reply.status in (UNAUTHORIZED, FORBIDDEN):
            why = say("x3_refused_the_sign_in_of_a", status=reply.status, short=_short(text))
            return "auth", self._error(AuthError, "AUT-01", reply, why)
        if reply.status == TOO_MANY:
            return "throttled", self._error(
                TransientError, "RAT-01", reply, say("x3_asked_to_wait")
            )
        # Text `No web services accepted`: no child process, so nothing has run (5.2).
        is_unserved = reply.status == SERVER_ERROR and self._messages.classify(text) == "setup"
        if is_unserved and not has_fault(reply.body):
            return "setup", self._error(ConfigError, "CFG-01", reply, _short(text))
        return None

    def _parsed(self, reply: Reply) -> SoapAnswer:
        """The answer of a good status; raises Unreadable for all else."""
        if reply.status != OK:
            why = say("x3_or_a_proxy_answered", status=reply.status)
            raise self._error(Unreadable, "NET-01", reply, why)
        try:
            answer = parse_answer(reply.body)
        except NotSoap as cause:
            raise self._error(Unreadable, "NET-01", reply, f"X3: {cause}.") from None
        _log.info("x3 SOAP answer %s took %s ms in X3", reply.request_id, answer.total_duration_ms)
        return dataclasses.replace(
            answer,
            errors=tuple(self._redact(text) for text in answer.errors),
            notes=tuple(self._redact(text) for text in answer.notes),
        )

    def _not_stored(self, answer: SoapAnswer, reply: Reply, exchange: Exchange) -> Outcome:
        """Status 0: nothing was stored; the class of the texts decides who acts next."""
        texts = answer.errors or answer.notes
        kind = self._kind(texts)
        if kind == "busy":
            return NotDone(self._error(TransientError, "LCK-01", reply, texts[0]), kind, exchange)
        if kind == "setup":
            return NotDone(self._error(ConfigError, "CFG-01", reply, texts[0]), kind, exchange)
        return Refused(texts or (NO_REASON,), kind, exchange)

    def _kind(self, texts: tuple[str, ...]) -> str:
        """The first class that any of the texts has."""
        kinds = (self._messages.classify(text) for text in texts)
        return next((kind for kind in kinds if kind != "other"), "other")

    def _exchange(self, reply: Reply) -> Exchange:
        text = self._redact(body_text(reply) or say("bytes", count=len(reply.body)))
        return Exchange(reply.request_id, reply.status, text[:_ANSWER_LIMIT], reply.took_s)

    def _error(
        self, kind: type[AppError], code: str, reply: Reply, why: str, title: str = ""
    ) -> AppError:
        return kind(
            code,
            self._redact(why),
            "x3",
            retry_after_s=retry_after(reply),
            was_sent=True,
            status=reply.status,
            request_id=reply.request_id,
            title=title,
        )


def _short(text: str) -> str:
    """A text for a person; markup is not shown."""
    return "" if text.startswith("<") else text
