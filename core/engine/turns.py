"""What is made ready side by side, and done one after another in the order of its begin."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(eq=False, slots=True)
class Turn:
    """One place in the line; `then` is what is done when it comes, None until that is known."""

    then: Callable[[], None] | None = None


class Turns:
    """A line of turns; for one thread."""

    def __init__(self) -> None:
        self._line: deque[Turn] = deque()

    def __len__(self) -> int:
        return len(self._line)

    def begin(self) -> Turn:
        """Take a place at the end of the line."""
        turn = Turn()
        self._line.append(turn)
        return turn

    def ready(self, turn: Turn, then: Callable[[], None]) -> None:
        """Do `then` as soon as all that was begun before is done; nothing for a dropped turn."""
        if turn not in self._line:
            return
        turn.then = then
        while self._line and (do := self._line[0].then) is not None:
            self._line.popleft()
            do()

    def drop(self) -> None:
        """Let nobody have a turn any more who waits for one."""
        self._line.clear()
