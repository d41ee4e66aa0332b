"""Rows of the campaigns in docs/measurements.md: added one by one, read back to go on.

One `Table` is one heading with an introduction and a Markdown table under it. What stands in the
file outside that table is never changed. Nothing here knows what a campaign measures.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from core.lease import Lease

ROOT = Path(__file__).resolve().parents[2]
MEASUREMENTS = ROOT / "docs" / "measurements.md"
_PATIENCE_S = 30.0  # a row takes some milliseconds
_HASH_DIGITS = 12


@dataclass(frozen=True)
class Table:
    """A table of the measurements, made with its heading by the first `append`.

    `columns` are shown as they are; as names of cells their blanks are underscores. A value is
    written as its text on one line. Any number of processes and threads may append at once.
    """

    heading: str
    introduction: str
    columns: tuple[str, ...]
    path: Path = MEASUREMENTS

    def append(self, **cells: object) -> None:
        """Add a row at the end of the table.

        Raises:
            ValueError: the cells are not those of `columns`, or what stands under the heading is no
                table of these columns.
            Held: another process kept the file for 30 seconds.
        """
        names = self._names
        if set(cells) != set(names):
            message = f"{self.heading}: cells {sorted(cells)}, but columns {sorted(names)}"
            raise ValueError(message)
        row = _line(_written(cells[name]) for name in names)
        with _alone(self.path):
            lines = self._lines()
            span = self._span(lines)
            if span is None:
                lines = [*"\n".join(lines).rstrip().split("\n"), "", *self._head(), row, ""]
            else:
                lines.insert(span.stop, row)
            fresh = self.path.with_name(f"{self.path.name}.fresh")
            fresh.write_text("\n".join(lines).lstrip("\n"), encoding="utf-8", newline="\n")
            fresh.replace(self.path)

    def rows(self) -> list[dict[str, str]]:
        """The rows in their order, cells by name as text; none while there is no table.

        Raises:
            ValueError: what stands under the heading is no table of these columns.
        """
        lines = self._lines()
        span = self._span(lines) or range(0)
        return [dict(zip(self._names, _cells(lines[at]), strict=True)) for at in span]

    @property
    def _names(self) -> tuple[str, ...]:
        return tuple(column.replace(" ", "_") for column in self.columns)

    def _head(self) -> list[str]:
        rule = _line("---" for _ in self.columns)
        return [f"## {self.heading}", "", self.introduction, "", _line(self.columns), rule]

    def _lines(self) -> list[str]:
        text = self.path.read_text(encoding="utf-8") if self.path.exists() else ""
        return text.split("\n")

    def _span(self, lines: list[str]) -> range | None:
        """Which lines are rows; None when the heading is not there."""
        if f"## {self.heading}" not in lines:
            return None
        at = lines.index(f"## {self.heading}") + 1
        while at < len(lines) and not lines[at].startswith(("## ", "|")):
            at += 1
        shown = lines[at] if at < len(lines) else ""
        if not shown.startswith("|") or _cells(shown) != list(self.columns):
            message = f"{self.path.name}: a table under “{self.heading}” has other columns: {shown}"
            raise ValueError(message)
        begin = end = at + 2  # the line of the columns and the rule below it
        while end < len(lines) and lines[end].startswith("|"):
            end += 1
        return range(begin, end)


def core_hash(root: Path = ROOT) -> str:
    """12 hex digits over every Python file of the product: the same while nothing has changed."""
    digest = hashlib.sha256()
    for file in sorted(root.glob("core/**/*.py")):
        content = file.read_bytes().replace(b"\r\n", b"\n")
        digest.update(f"{file.relative_to(root).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()[:_HASH_DIGITS]


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other writers from the file, by a lock that ends with its process."""
    name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:_HASH_DIGITS]
    place = Path(tempfile.gettempdir())
    lease = Lease.take(place, file_name=f"measurements-{name}.lock", patience_s=_PATIENCE_S)
    try:
        yield
    finally:
        lease.release()


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _written(value: object) -> str:
    """The text of a cell: on one line, bars escaped."""
    return " ".join(str(value).split()).replace("\\", "\\\\").replace("|", "\\|")


def _cells(line: str) -> list[str]:
    """The cells of a row as they were given to `_written`."""
    cells, is_escaped = [""], False
    for sign in line.strip().removeprefix("|").removesuffix("|"):
        if sign == "|" and not is_escaped:
            cells.append("")
            continue
        is_escaped = sign == "\\" and not is_escaped
        cells[-1] += "" if is_escaped else sign
    return [cell.strip() for cell in cells]
