"""Documents made from the text they are stored as, each once in a run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar, cast

from core.domain.canonical import decode
from core.domain.documents import Invoice
from core.domain.unsent import as_stored

Document = TypeVar("Document")
_MOST = 50_000  # held at once; what comes after is made each time it is asked for


class Decoded:
    """Gives the document of a stored body; the same one as long as the body is the same text.

    A run plans at least twice over mostly the same documents. For one thread.
    """

    def __init__(self) -> None:
        self._made: dict[tuple[type[Any], str], Any] = {}

    def prepare(self, kind: type[Any], bodies: Iterable[str]) -> None:
        """Make these now, while answers are waited for anyway."""
        for body in bodies:
            self.document(kind, body)

    def document(self, kind: type[Document], body: str) -> Document:
        """The document of this kind whose canonical JSON is `body`."""
        found: Document | None = self._made.get((kind, body))
        if found is None:
            found = cast("Document", as_stored(body)) if kind is Invoice else decode(kind, body)
            if len(self._made) < _MOST:
                self._made[kind, body] = found
        return found
