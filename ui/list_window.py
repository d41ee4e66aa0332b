"""The stretch of a long list that has been read: pages in a row, each with the key it is read by.

Pure. A window grows at both ends by keyset pages and never needs an offset. Contents of pages far
from the eye are let go and can be read again by their key; their place stays.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

from ui.list_spec import PageOf, Row


@dataclass(slots=True)
class Block:
    """One page: the key before it, the direction it was read in and its rows in list order.

    `rows` None: let go; `size` places are kept for them.
    """

    after: Any
    is_backward: bool
    size: int
    rows: tuple[Row, ...] | None


class Window:
    """Pages in list order. `has_next` and `has_previous` tell whether a further one is known."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.next: Any = None
        self.previous: Any = None
        self._starts: list[int] = []
        self._total = 0

    def __len__(self) -> int:
        return self._total

    @property
    def has_next(self) -> bool:
        """Whether rows follow behind the last one."""
        return self.next is not None

    @property
    def has_previous(self) -> bool:
        """Whether rows stand before the first one (after a jump to the end)."""
        return self.previous is not None

    def begin(self, page: PageOf, *, is_backward: bool) -> None:
        """Starts anew with the first page, or with the last page read backward."""
        self.blocks = [_block(None, page, is_backward=is_backward)]
        self.next = None if is_backward else page.next
        self.previous = page.next if is_backward else None
        self._measure()

    def append(self, page: PageOf) -> None:
        """Adds the page behind the last row."""
        self.blocks.append(_block(self.next, page, is_backward=False))
        self.next = page.next
        self._starts.append(self._total)
        self._total += len(page.rows)

    def prepend(self, page: PageOf) -> None:
        """Adds the page before the first row, as it was read: backward."""
        self.blocks.insert(0, _block(self.previous, page, is_backward=True))
        self.previous = page.next
        self._measure()

    def row(self, number: int) -> Row | None:
        """The row at this place; None while its page is let go."""
        place = self.place_of(number)
        rows = self.blocks[place].rows
        return None if rows is None else rows[number - self._starts[place]]

    def rows_between(self, first: int, last: int) -> list[Row]:
        """Rows from `first` to `last` that are in memory; cheap for thousands."""
        found: list[Row] = []
        if not self._total:
            return found
        for place in range(self.place_of(max(first, 0)), len(self.blocks)):
            start = self._starts[place]
            if start > last:
                break
            rows = self.blocks[place].rows or ()
            found += rows[max(0, first - start) : last - start + 1]
        return found

    def place_of(self, number: int) -> int:
        """Which block holds this row."""
        return bisect_right(self._starts, number) - 1

    def start_of(self, place: int) -> int:
        """Number of the block's first row."""
        return self._starts[place]

    def replace(self, place: int, page: PageOf) -> int:
        """Puts a page read again into its place; returns how many places are left over.

        Rows that are gone leave no hole: the block becomes shorter by that number.
        """
        block = self.blocks[place]
        kept = page.rows[: block.size]
        block.rows = tuple(reversed(kept)) if block.is_backward else kept
        lost, block.size = block.size - len(kept), len(kept)
        if lost:
            self._measure()
        return lost

    def update(self, place: int, row_key: str, fresh: dict[Any, Row]) -> list[int]:
        """Takes over newer versions of rows that are shown; returns the places that changed."""
        block = self.blocks[place]
        if block.rows is None:
            return []
        start, rows, changed = self._starts[place], list(block.rows), []
        for number, row in enumerate(rows):
            newer = fresh.get(row[row_key])
            if newer is not None and newer != row:
                rows[number] = newer
                changed.append(start + number)
        block.rows = tuple(rows)
        return changed

    def let_go(self, keep_near: int, most: int) -> int:
        """Drops contents farthest from block `keep_near` beyond `most` blocks; returns how many."""
        held = [place for place, block in enumerate(self.blocks) if block.rows is not None]
        surplus = len(held) - most
        if surplus <= 0:
            return 0
        held.sort(key=lambda place: abs(place - keep_near), reverse=True)
        for place in held[:surplus]:
            self.blocks[place].rows = None
        return surplus

    def _measure(self) -> None:
        self._starts = []
        self._total = 0
        for block in self.blocks:
            self._starts.append(self._total)
            self._total += block.size


def _block(after: Any, page: PageOf, *, is_backward: bool) -> Block:
    rows = tuple(reversed(page.rows)) if is_backward else page.rows
    return Block(after, is_backward, len(rows), rows)
