"""Questions by number: several at once, and a record that cannot be read costs only itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.domain.documents import Invoice
from core.engine.lanes import Answer
from core.engine.work import READ_LANE, X3, Work
from core.errors import AppError, ConfigError, RemoteRefused, Unreadable, UnreadableRecord
from core.ports import ErpReader
from core.store.sqlite import lots
from core.words import area

say = area(__name__)

Problems = tuple[type[AppError], ...]
#: What a list of records says of one of them.
IN_A_LIST: Problems = (UnreadableRecord,)
#: What is one record's own problem when it was asked for alone.
ALONE: Problems = (Unreadable, RemoteRefused, ConfigError)


@dataclass(frozen=True, slots=True)
class Question:
    """What X3 is asked of invoices: `call` with at most `at_once` numbers, on a worker.

    `then` gets the numbers and the answer, on the engine thread. Numbers together in a call that
    ends with one of `problems` are asked for again one by one; who has one alone is in `unclear`.
    """

    call: Callable[[list[str]], Any]
    then: Callable[[list[str], Any], None]
    at_once: int
    problems: Problems = IN_A_LIST
    unclear: dict[str, AppError] = field(default_factory=dict)


class Asking:
    """Questions under way; lives on the engine thread.

    `done` is called each time that no answer is outstanding any more. `failed` is called once, with
    the first error that is no single record's; nothing else is called then.
    """

    def __init__(
        self, work: Work, done: Callable[[], None], failed: Callable[[AppError], None]
    ) -> None:
        self._work = work
        self._done = done
        self._failed = failed
        self._waiting = 0
        self._is_failed = False

    def ask(self, numbers: Iterable[str], question: Question) -> None:
        """Ask for these; without any nothing is called."""
        for lot in lots(numbers, question.at_once):
            self._ask(lot, question)

    def _ask(self, lot: list[str], question: Question) -> None:
        self._waiting += 1

        def arrived(answer: Answer) -> None:
            self._arrived(answer, lot, question)

        self._work.lanes[READ_LANE].submit(lambda: question.call(lot), arrived)

    def _arrived(self, answer: Answer, lot: list[str], question: Question) -> None:
        if answer.crash:
            raise answer.crash
        self._waiting -= 1
        if self._is_failed:
            return
        if answer.error is None:
            question.then(lot, answer.value)
        elif not isinstance(answer.error, question.problems):
            self._is_failed = True
            self._failed(answer.error)
            return
        elif len(lot) > 1:
            for number in lot:
                self._ask([number], question)
        else:
            question.unclear[lot[0]] = answer.error
        if not self._waiting:
            self._done()


def singly(reader: ErpReader) -> Callable[[list[str]], tuple[Invoice, ...]]:
    """Asks for invoices by their number alone: a list leaves out what is dated too early."""

    def call(numbers: list[str]) -> tuple[Invoice, ...]:
        found = (reader.invoice(number) for number in numbers)
        return tuple(invoice for invoice in found if invoice is not None)

    return call


@dataclass(frozen=True, slots=True)
class Readable:
    """What was read, and for each number whose record cannot be read why not."""

    found: tuple[Any, ...] = ()
    unclear: Mapping[str, AppError] = field(default_factory=dict)


def readable(call: Callable[[list[str]], Iterable[Any]], numbers: list[str]) -> Readable:
    """Everything `call` can read of these, on a worker: all at once, else one by one.

    Raises:
        AppError: what ended the call, when it is not the problem of a single record.
    """
    try:
        return Readable(tuple(call(numbers))) if numbers else Readable()
    except UnreadableRecord as error:
        if len(numbers) == 1:
            return Readable(unclear={numbers[0]: error})
    parts = [readable(call, [number]) for number in numbers]
    unclear = {number: error for part in parts for number, error in part.unclear.items()}
    return Readable(tuple(row for part in parts for row in part.found), unclear)


def tell(work: Work, unclear: Mapping[str, AppError]) -> None:
    """Count each as an error of the run that names its document."""
    for number, error in sorted(unclear.items()):
        work.tally.error("UNK-01", X3, say("invoice", number=number, why=error.why))
