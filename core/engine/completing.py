"""Completes a page before it is kept: lines of invoices, remittances of payments."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from core.domain.documents import Invoice
from core.engine.asking import ALONE, Asking, Question, tell
from core.engine.lanes import Answer
from core.engine.whole_invoices import is_of_the_side, stale_invoices, unread_invoices
from core.engine.work import AP_LANE
from core.errors import AppError
from core.ports import Page
from core.store.invoices import bodies

if TYPE_CHECKING:
    from core.engine.pull import Walk

Whole = Callable[[Iterable[Any]], None]
Failed = Callable[[AppError], None]


class Details:
    """Reads the lines of a page's new and changed invoices; `whole` gets these.

    One whose details cannot be read is among them without (`whole_invoices`). `failed` gets the
    first error that is no single invoice's, and `whole` is not called then.
    """

    def __init__(self, walk: Walk, page: Page, whole: Whole, failed: Failed) -> None:
        self._walk = walk
        self._page = page
        self._whole = whole
        self._failed = failed
        self._invoices: list[Invoice] = []
        self._asking = Asking(walk.work, self._end, failed)
        reader = walk.work.tools.reader
        self._question = Question(reader.ask_invoices, self._keep, reader.invoices_at_once, ALONE)

    def start(self) -> None:
        """Ask for each invoice whose header or stamp is not what is stored."""
        kind = self._walk.change_kind if self._walk.checks_settled else "none"
        work, page = self._walk.work, self._page
        wanted = stale_invoices(work, page.rows, kind, page.server_time or work.now)
        if not wanted:
            self._whole(())
        self._asking.ask(wanted, self._question)

    def _keep(self, _lot: list[str], found: tuple[Invoice, ...]) -> None:
        self._invoices += found

    def _end(self) -> None:
        work, unclear = self._walk.work, self._question.unclear
        if error := is_of_the_side(unclear, len(self._invoices)):
            self._failed(error)
            return
        tell(work, unclear)
        headers = {header.number: header for header in self._page.rows}
        whole = self._invoices + unread_invoices(work, headers, unclear)
        self._whole(sorted(whole, key=lambda invoice: invoice.number))
        # They are kept, and X3 is asked already for what comes next: the plan needs them soon.
        work.decoded.prepare(Invoice, bodies(work.store, [invoice.number for invoice in whole]))


class Remittances:
    """Reads singly the payments whose list entry carried no remittances; `whole` gets all.

    `failed` gets the first error, and `whole` is not called then.
    """

    def __init__(self, walk: Walk, page: Page, whole: Whole, failed: Failed) -> None:
        self._walk = walk
        self._whole = whole
        self._failed = failed
        self._listed = page.rows
        self._rows = {row.key: row for row in page.rows}
        self._waiting = 0
        self._is_failed = False

    def start(self) -> None:
        """Ask for each payment that is incomplete (avidxchange.md 5.2)."""
        bare = [key for key, row in self._rows.items() if row.remittances is None]
        self._waiting = len(bare)
        if not bare:
            self._whole(self._listed)
        ap = self._walk.work.tools.ap
        for key in bare:
            lane = self._walk.work.lanes[AP_LANE]
            lane.submit(lambda key=key: ap.payment(key), self._arrived)  # type: ignore[misc]

    def _arrived(self, answer: Answer) -> None:
        if answer.crash:
            raise answer.crash
        if answer.error and not self._is_failed:
            # Kept without its invoices it would look like a payment that names none.
            self._is_failed = True
            self._failed(answer.error)
        if answer.value is not None:
            self._rows[answer.value.key] = answer.value
        self._waiting -= 1
        if not self._waiting and not self._is_failed:
            self._whole(tuple(self._rows.values()))
