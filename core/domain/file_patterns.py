"""Which files of a folder belong to an invoice: `[attachments] pattern`, filled in and compared.

Names are compared without regard to case and Unicode form, as Windows does. Nothing is opened here.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.words import area

say = area(__name__)

PLACES = ("number", "supplier", "supplier_document")
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f]')  # in file names of Windows
_PIECES = re.compile(r"(\{[^{}]*\}|\*|\?)")
_WILD = {"*": ".*", "?": "."}


@dataclass(frozen=True, slots=True)
class Wanted:
    """An invoice whose files are looked for."""

    number: str
    supplier: str = ""
    supplier_document: str = ""

    def value(self, place: str) -> str:
        """What stands for a placeholder; characters that Windows forbids are `_`."""
        return _FORBIDDEN.sub("_", str(getattr(self, place)).strip())


def problem_of(pattern: str) -> str:
    """What is wrong with a pattern, as the end of a sentence; empty when it can be used."""
    if any(sign in pattern for sign in '<>:"/\\|'):
        return say("must_be_a_file_name_without_folders")
    places = [piece[1:-1] for piece in _PIECES.findall(pattern) if piece.startswith("{")]
    if re.search(r"[{}]", _PIECES.sub("", pattern)) or set(places) - set(PLACES):
        return say("may_hold_and_only")
    if not {"number", "supplier_document"} & set(places):
        return say("must_hold_or_else_one_file_would")
    return ""


def shown(pattern: str, invoice: Wanted) -> str:
    """The pattern as it reads for one invoice."""
    pieces = _PIECES.split(pattern)
    return "".join(invoice.value(p[1:-1]) if p.startswith("{") else p for p in pieces)


def fitting(
    pattern: str, files: Iterable[str], invoices: Sequence[Wanted]
) -> Mapping[str, tuple[str, ...]]:
    """Invoice number -> the files that fit, in order of name; invoices without any are absent.

    A pattern that begins with a placeholder or a text costs a search per invoice; one that begins
    with a wildcard looks at every name for every invoice.
    """
    names = sorted((_folded(name), name) for name in files)
    found: dict[str, tuple[str, ...]] = {}
    for invoice in invoices:
        compiled = _compiled(pattern, invoice)
        if compiled is None:
            continue
        start, expression = compiled
        at = bisect_left(names, (start, ""))
        mine: list[str] = []
        while at < len(names) and names[at][0].startswith(start):
            if expression.fullmatch(names[at][0]):
                mine.append(names[at][1])
            at += 1
        if mine:
            found[invoice.number] = tuple(mine)
    return found


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold()


def _compiled(pattern: str, invoice: Wanted) -> tuple[str, re.Pattern[str]] | None:
    """The fixed beginning and the expression; None when a placeholder has nothing to stand for."""
    pieces = [piece for piece in _PIECES.split(pattern) if piece]
    start, is_fixed = "", True
    expression = ""
    for position, piece in enumerate(pieces):
        if piece in _WILD:
            is_fixed = False
            expression += _WILD[piece]
            continue
        place = piece[1:-1] if piece.startswith("{") else ""
        text = _folded(invoice.value(place) if place else piece)
        if place and not text:
            return None
        before = pieces[position - 1] if position else ""
        after = pieces[position + 1] if position + 1 < len(pieces) else ""
        expression += _guarded(text, place, before in _WILD, after in _WILD)
        start += text if is_fixed else ""
    return start, re.compile(expression, re.DOTALL)


def _guarded(text: str, place: str, is_wild_before: bool, is_wild_after: bool) -> str:  # noqa: FBT001
    """A value beside a wildcard is whole: `{number}*` of PIH1 does not fit PIH12.pdf."""
    if not place:
        return re.escape(text)
    # A supplier's own number goes on in letters as well (INV-1, INV-1A); X3's numbers do not.
    more = r"[^\W_]" if place == "supplier_document" else r"\d"
    has_end = place == "supplier_document" or text[-1].isdigit()
    has_start = place == "supplier_document" or text[0].isdigit()
    before = f"(?<!{more})" if is_wild_before and has_start else ""
    after = f"(?!{more})" if is_wild_after and has_end else ""
    return f"{before}{re.escape(text)}{after}"
