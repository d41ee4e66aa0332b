"""Invoices made from the text they are stored as, each once in a run."""

from __future__ import annotations

from collections.abc import Iterable

from core.domain.canonical import decode
from core.domain.documents import Invoice
from core.domain.unsent import document_content

_MOST = 20_000  # held at once; what comes after is made each time it is asked for


class Decoded:
    """Gives the invoice of a stored body; the same one as long as the body is the same text.

    A run plans at least twice over mostly the same invoices. For one thread.
    """

    def __init__(self) -> None:
        self._made: dict[str, Invoice] = {}

    def prepare(self, bodies: Iterable[str]) -> None:
        """Make these now, with what each plan asks of them, while answers are waited for anyway."""
        for body in bodies:
            document_content(self.invoice(body))

    def invoice(self, body: str) -> Invoice:
        """The invoice whose canonical JSON is `body`."""
        found = self._made.get(body)
        if found is None:
            found = decode(Invoice, body)
            if len(self._made) < _MOST:
                self._made[body] = found
        return found
