"""What the look back of a week should have shown and did not: finished documents X3 may have lost.

What is unfinished is asked for daily (`rereading`). What is paid or closed is asked for only when
the week's look back, which reads everything changed in 35 days, passed it by: by its number, an
invoice twice; it is gone when X3 does not know it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.domain import absence
from core.engine.asking import ALONE, Asking, Question, singly, tell
from core.engine.work import ENGINE, Work
from core.store.invoices import mark_dirty, mark_gone
from core.store.posting_numbers import is_waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from core.errors import AppError

#: The entities whose look back is complemented so.
WATCHED = frozenset(("invoice", "open_item"))


class Vanished:
    """Asks for documents that were passed by; `passed` is key -> invoice number.

    `known` is how many there could have been. `ended` is called when all is stored, `failed` when
    X3 could not be asked.
    """

    def __init__(
        self,
        work: Work,
        entity: str,
        passed: Mapping[str, str],
        known: int,
        ended: Callable[[AppError | None], None],
    ) -> None:
        self._work = work
        self._entity = entity
        self._left = {key: number for key, number in passed.items() if not is_waiting(number)}
        self._known = known
        self._ended = ended
        self._asking = Asking(work, self._answered, ended)
        reader, size = work.tools.reader, work.tools.config.keys_per_request
        call: Callable[[list[str]], Any] = reader.open_items
        if entity == "invoice":
            call = reader.invoice_headers
        self._by_number = Question(call, self._shown, size)
        self._singly = Question(singly(reader), self._shown, 1, ALONE)
        self._is_confirmed = entity != "invoice"

    def start(self) -> None:
        """Ask for all of them, as many numbers in one request as the profile allows."""
        # By posting number an item is found only while its invoice is: nothing is told by that.
        is_by_number = self._work.tools.policy.open_item_link == "document"
        if not self._left or not (is_by_number or self._entity == "invoice"):
            self._ended(None)
            return
        self._asking.ask(sorted(set(self._left.values())), self._by_number)

    def _shown(self, _numbers: list[str], found: tuple[Any, ...]) -> None:
        for document in found:
            self._left.pop(document.key, None)

    def _answered(self) -> None:
        unclear = self._by_number.unclear.keys() | self._singly.unclear.keys()
        self._left = {key: number for key, number in self._left.items() if number not in unclear}
        if self._left and not self._is_confirmed and not self._are_together:
            self._is_confirmed = True
            self._asking.ask(sorted(self._left), self._singly)
            return
        work = self._work
        for question in (self._by_number, self._singly):
            tell(work, question.unclear)
        together, keys = self._are_together, sorted(self._left)
        with work.store.write():
            gone = mark_gone(
                work.store, self._entity, keys, work.run, actor=ENGINE, together=together
            )
            mark_dirty(work.store, numbers=sorted(set(self._left.values())))
        work.tally.sweep["gone"] += len(gone)
        self._ended(None)

    @property
    def _are_together(self) -> bool:
        return absence.are_missing_together(len(set(self._left.values())), self._known)
