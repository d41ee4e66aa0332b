"""What the answer to a write proves, as an `Outcome` (avidxchange.md 2.12, 3.3 and 6).

Success must be proved by the answer: a result that says so about the very object that was written.
Refusal must be proved as well. All else is doubt, and doubt is looked up, never repeated here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from core.avidxchange.envelope import Result, ShapeError, read_results
from core.avidxchange.faults import error_of, json_of, not_understood
from core.avidxchange.profile import OTHER, Profile
from core.avidxchange.transport import Answer
from core.avidxchange.values import Members, RecordError, read_id, read_named
from core.domain.ap_documents import fold
from core.errors import AppError, AuthError, Unreadable
from core.http import Reply
from core.ports import Accepted, Clock, Doubt, Exchange, NotDone, Outcome, Refused
from core.words import area

say = area(__name__)

DUPLICATE = "duplicate_external_id"
REQUEST = "request"
_REFUSED = frozenset({400, 404, 405, 413, 415})
_MUST_EXIST = frozenset({409, 422})
_ANSWER_SHOWN = 8000  # characters of an answer that the audit log keeps
_PRIVATE = re.compile(r'("fedtaxid"\s*:\s*)("(?:[^"\\]|\\.)*"|[^,}\]\s]+)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, so that an answer about something else proves nothing.

    `entity` is `invoice`, `vendor` or `image`; empty ids are not compared.
    """

    entity: str
    invoice_id: str = ""
    external_id: str = ""
    code: str = ""


class Outcomes:
    """Turns answers and errors of writes into outcomes."""

    def __init__(self, profile: Profile, clock: Clock, redact: Callable[[str], str]) -> None:
        self._profile = profile
        self._clock = clock
        self._redact = redact

    def of_error(self, error: AppError) -> Outcome:
        """The outcome of a write that got no answer, or one that asked to wait or to sign in."""
        exchange = Exchange(request_id=error.request_id, status=error.status)
        if isinstance(error, AuthError):
            return NotDone(error, "blocked" if error.code == "RAT-02" else "auth", exchange)
        if error.code == "RAT-01":
            return NotDone(error, "throttled", exchange)
        # AUT-02 is a 401: the server did nothing, whatever it was sent.
        if error.code == "AUT-02" or not error.was_sent:
            return NotDone(error, "unreachable", exchange)
        return Doubt(error.why, error, exchange=exchange)

    def of_answer(self, answer: Answer, written: Written) -> Outcome:
        """The outcome of a write that was answered."""
        reply, exchange = answer.reply, self._exchange(answer.reply)
        if reply.status in (HTTPStatus.OK, HTTPStatus.CREATED):
            return self._of_results(reply, written, exchange)
        if answer.fault is None:
            error = not_understood(reply, say("a_status_that_does_not_tell_what"))
            return Doubt(error.why, error, exchange=exchange)
        error_found = error_of(reply, answer.fault, self._profile, now=self._clock.now())
        if reply.status in _MUST_EXIST:
            return Doubt(error_found.why, error_found, must_exist=True, exchange=exchange)
        if reply.status not in _REFUSED:
            return Doubt(error_found.why, error_found, exchange=exchange)
        if answer.fault.messages:
            return self._refused(answer.fault.messages, exchange)
        return Refused(
            (answer.fault.text or say("http_status", status=reply.status),), REQUEST, exchange
        )

    def _of_results(self, reply: Reply, written: Written, exchange: Exchange) -> Outcome:
        try:
            results = read_results(json_of(reply), self._profile.envelope)
            result = self._own(results, written)
            if result.successful is False:
                return self._refused(result.messages, exchange)
            return Accepted(self._values(result, written), exchange=exchange)
        except Unreadable as error:
            return Doubt(error.why, error, exchange=exchange)
        except (ShapeError, RecordError) as problem:
            unclear = not_understood(reply, str(problem))
            return Doubt(unclear.why, unclear, exchange=exchange)

    def _refused(self, messages: Sequence[str], exchange: Exchange) -> Outcome:
        texts = tuple(self._redact(text) for text in messages) or (say("no_reason_was_given"),)
        kinds = [self._profile.item_error_kind(text) for text in texts]
        if DUPLICATE in kinds:
            return Doubt("; ".join(texts), must_exist=True, exchange=exchange)
        if "closed" in kinds:
            return Refused(texts, "closed", exchange)
        return Refused(texts, next((kind for kind in kinds if kind != OTHER), OTHER), exchange)

    @staticmethod
    def _own(results: Sequence[Result], written: Written) -> Result:
        """The result of what was written: by vendor code, else the only one."""
        if written.code:
            for result in results:
                code = Members(result.item or {}).get("ExternalVendorCode")
                if isinstance(code, str | int) and fold(str(code)) == fold(written.code):
                    return result
        if len(results) != 1:
            raise ShapeError(say("one_result_was_asked_for_and_came", count=len(results)))
        return results[0]

    def _values(self, result: Result, written: Written) -> dict[str, Any]:
        """What an accepting result tells; raises ShapeError when it proves nothing of this."""
        if result.successful is not True:
            raise ShapeError(say("the_result_does_not_tell_whether_it"))
        item = Members(result.item or {})
        if written.entity == "vendor":
            return {"id": self._vendor_id(item, written, is_bare=result.is_bare)}
        if written.entity == "image":
            return {"id": read_id(item.get("Id"), "Id")}
        found = item.get(*self._profile.aliases.invoice_id)
        if found is None and written.invoice_id and not result.is_bare:
            identity = written.invoice_id  # the answer to a PUT or DELETE need not repeat it
        else:
            identity = read_id(found, self._profile.aliases.invoice_id[0])
        _compare(say("invoice_id"), identity, written.invoice_id)
        external_id = read_named(item.get("ExternalId"), "ExternalId", "Value")
        _compare(say("external_id"), external_id, written.external_id)
        status = read_named(item.get("Status"), "Status", "Description", "Name")
        state = self._profile.invoice_state(status)
        return {"id": identity, "state": state, "status_text": status}

    @staticmethod
    def _vendor_id(item: Members, written: Written, *, is_bare: bool) -> str:
        code = read_named(item.get("ExternalVendorCode"), "ExternalVendorCode")
        _compare(say("vendor_code"), fold(code), fold(written.code))
        found = item.get("VendorId")
        if found is None and is_bare and not code:
            raise ShapeError(say("the_answer_names_no_vendor"))
        return "" if found is None else read_id(found, "VendorId")

    def _exchange(self, reply: Reply) -> Exchange:
        """What the audit log keeps of an answer; nothing of one with status 500 or more."""
        is_kept = reply.status < HTTPStatus.INTERNAL_SERVER_ERROR
        text = reply.body.decode("utf-8", errors="replace") if is_kept else ""
        shown = _PRIVATE.sub(r'\1"***"', self._redact(text))[:_ANSWER_SHOWN]
        return Exchange(reply.request_id, reply.status, shown, reply.took_s)


def _compare(what: str, found: str, written: str) -> None:
    if found and written and found != written:
        raise ShapeError(
            say("the_answer_is_about_the_not", what=what, found=found, written=written)
        )
