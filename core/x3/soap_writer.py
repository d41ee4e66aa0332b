"""`ErpWriter` over SOAP: each write is one exchange whose outcome is exact (sage-x3.md 5.2-5.5).

Refused and not done are said only where X3 surely stored nothing; everything else that is no
readable success is a doubt, which the engine settles by looking. The look-up of payments is a read
and is retried like one.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation

from core.errors import (
    AppError,
    AuthError,
    ConfigError,
    TransientError,
    Unreadable,
)
from core.ports import (
    Accepted,
    Doubt,
    Exchange,
    FoundPayment,
    NotDone,
    Outcome,
    PaymentLookup,
    Refused,
)
from core.words import area
from core.x3.answers import (
    OK,
)
from core.x3.api1 import Api1Reader
from core.x3.soap import SoapEncoder
from core.x3.soap_answers import SoapAnswer
from core.x3.soap_gate import SoapGate
from core.x3.transport import Wire

say = area(__name__)

_ANSWER_LIMIT = 20_000
_DONE = 1
_GATEWAY_ERRORS = frozenset({502, 503, 504})
_SET, _ALREADY_PAID, _UNPOSTED, _ITEM_LOCKED, _NO_INVOICE = 0, 3, 2, 5, 1  # RETCODE, 5.4
_CODES = re.compile(r"-?[0-9]{1,9}")

_log = logging.getLogger(__name__)


class SoapWriter:
    """Writes to Sage X3; may be used from several threads, but one supplier at a time."""

    def __init__(self, wire: Wire, encoder: SoapEncoder, reader: Api1Reader) -> None:
        self._wire = wire
        self._gate = SoapGate(wire.profile.messages, wire.redact, wire.profile.soap.path)
        self._encoder = encoder
        self._reader = reader

    def send_approval_unposted(self, body: bytes) -> Outcome:
        """`modify`. Accepted values: `level`, None when the answer does not show it."""
        return self._write(body, _modified)

    def send_approval_posted(self, body: bytes) -> Outcome:
        """`run`. Accepted values: `return_code` (0, or 3: already paid) and `changed`."""
        return self._write(body, self._ran)

    def send_payment(self, body: bytes) -> Outcome:
        """`save`. Accepted values: `number`; an answer without one is a doubt."""
        return self._write(body, _saved)

    def find_payments(self, reference: str) -> PaymentLookup:
        """Payments with exactly this REF, by the way the profile names.

        Raises:
            ConfigError: CFG-01, the publication's list lacks what the comparison needs.
            AppError: the look-up failed, after the retries of a read.
        """
        wanted = reference.strip()
        if self._wire.profile.soap.payment.lookup == "read":
            rows = self._reader.payments_by_reference(wanted)
            found = (
                FoundPayment(
                    row.number, row.reference, row.date, row.partner, row.currency, row.amount,
                    row.status,
                )
                for row in rows
                if row.reference.strip() == wanted
            )  # fmt: skip
            return PaymentLookup(tuple(found))
        body = self._encoder.payment_query(wanted)
        answer = self._wire.retried(lambda: self._ask(body))
        return self._lookup(answer, wanted)

    def group_of_level(self, number: str, *, second: bool) -> str:
        """The screen block that holds PAZ of this invoice, for set-up; empty when none does.

        Raises:
            AppError: the publication cannot be read.
        """
        body = self._encoder.invoice_read(number, second=second)
        return self._wire.retried(lambda: self._ask(body)).group_of("PAZ")

    def describe(self, publication: str) -> SoapAnswer:
        """X3's description of a publication, for set-up; raises as `group_of_level`."""
        body = self._encoder.description(publication)
        return self._wire.retried(lambda: self._ask(body))

    def _write(self, body: bytes, done: Callable[[SoapAnswer, Exchange], Outcome]) -> Outcome:
        """One exchange; `done` reads a success."""
        try:
            reply = self._wire.send(body, is_write=True)
        except AppError as error:
            return _unanswered(error)
        return self._gate.outcome(reply, done)

    def _ask(self, body: bytes) -> SoapAnswer:
        """One read over SOAP that X3 answered with status 1; errors as for any read."""
        return self._gate.answer(self._wire.send(body, is_write=False))

    def _ran(self, answer: SoapAnswer, exchange: Exchange) -> Outcome:
        """The table of RETCODE (sage-x3.md 5.4)."""
        group = self._wire.profile.soap.open_item.group
        code = _integer(answer.field("RETCODE", group))
        if code is None:
            return Doubt(say("x3s_answer_holds_no_retcode"), exchange=exchange)
        if code in (_SET, _ALREADY_PAID):
            changed = _integer(answer.field("NBDUD", group)) or 0
            notes = (*answer.notes, say("already_paid")) if code == _ALREADY_PAID else answer.notes
            return Accepted({"return_code": code, "changed": changed}, notes, exchange)
        told = self._wire.redact(answer.field("RETMSG", group) or "")
        text = say("retcode", code=code, told=told) if told else say("retcode_2", code=code)
        if code == _ITEM_LOCKED:
            error = TransientError(
                "LCK-01", text, "x3", was_sent=True, status=OK, request_id=exchange.request_id
            )
            return NotDone(error, "busy", exchange)
        kind = {_UNPOSTED: "unposted", _NO_INVOICE: "missing"}.get(code, "other")
        return Refused((text,), kind, exchange)

    def _lookup(self, answer: SoapAnswer, wanted: str) -> PaymentLookup:
        size = self._wire.profile.limits.lookup_size
        if answer.result is None or answer.result.tag != "RESULT":
            raise self._unclear(say("its_list_cannot_be_read"))
        rows = answer.lines()
        if any("REF" not in row or "NUM" not in row for row in rows):
            why = say("the_left_list_of_x3_soap_payment")
            raise ConfigError("CFG-01", why, "x3")
        told = _integer(answer.result.get("SIZE"))
        if told is None or told > len(rows):
            raise self._unclear(say("it_names_rows_and_holds", told=told, count=len(rows)))
        equal = tuple(self._found(row) for row in rows if row["REF"] == wanted)
        return PaymentLookup(equal, is_conclusive=bool(equal) or len(rows) < size)

    def _found(self, row: dict[str, str]) -> FoundPayment:
        try:
            amount = Decimal(row["AMTCUR"]) if row.get("AMTCUR") else None
            text = row.get("ACCDAT", "")
            day = date.fromisoformat(text) if text else None
        except (InvalidOperation, ValueError):
            raise self._unclear(
                say("payment_has_no_readable_date_or_amount", num=row["NUM"])
            ) from None
        return FoundPayment(
            number=row["NUM"],
            reference=row["REF"],
            date=day,
            partner=row.get("BPR", ""),
            currency=row.get("CUR", ""),
            amount=amount,
            status=_integer(row.get("STA2")),
        )

    def _unclear(self, what: str) -> Unreadable:
        why = say("x3s_answer_to_the_look_up_of", what=what)
        title = say("the_answer_could_not_be_read")
        return Unreadable("NET-01", self._wire.redact(why), "x3", was_sent=True, title=title)


def _unanswered(error: AppError) -> Outcome:
    """No answer: known not done only when no byte of the request was handed over."""
    exchange = Exchange(request_id=error.request_id, status=error.status)
    if error.was_sent:
        return Doubt(error.why, error, exchange=exchange)
    if isinstance(error, AuthError):
        return NotDone(error, "auth", exchange)
    if isinstance(error, ConfigError):
        return NotDone(error, "setup", exchange)
    kind = "throttled" if error.code in ("QTA-01", "RAT-01") else "unreachable"
    return NotDone(error, kind, exchange)


def _modified(answer: SoapAnswer, exchange: Exchange) -> Outcome:
    return Accepted({"level": _integer(answer.field("PAZ"))}, answer.notes, exchange)


def _saved(answer: SoapAnswer, exchange: Exchange) -> Outcome:
    number = answer.field("NUM", "PAY0_1")
    if not number:
        return Doubt(say("x3s_answer_holds_no_payment_number"), exchange=exchange)
    return Accepted({"number": number}, answer.notes, exchange)


def _integer(text: str | None) -> int | None:
    stripped = (text or "").strip()
    return int(stripped) if _CODES.fullmatch(stripped) else None
