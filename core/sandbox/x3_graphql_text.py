"""JSON-like text as ``/xtrem/api`` takes it in ``filter`` and ``orderBy`` (wire contract, 6.3).

Names may stand without quotes, and texts in single quotes, where a back-slash stands before a
quote or another back-slash; plain JSON is understood too. What is read has no meaning here.
"""

import re
from decimal import Decimal
from typing import Any

LONGEST = 20_000
_DEEPEST = 12
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")"
    r"|(?P<number>-?\d+(?:\.\d+)?)|(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<mark>[{}\[\]:,]))",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_NAMED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
_WORDS = {"true": True, "false": False, "null": None}


class TextError(ValueError):
    """The text cannot be read; the message says where."""


def read_text(text: str) -> Any:
    """Return objects as dicts, lists, texts, numbers (int or Decimal), True, False, None.

    Raises:
        TextError: It cannot be read, is too long or nested too deeply.
    """
    if len(text) > LONGEST:
        raise TextError(f"Longer than {LONGEST} characters")
    return _Reader(text).whole()


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._place = 0

    def whole(self) -> Any:
        value = self._value(0)
        if self._place != len(self._tokens):
            raise TextError(f"Syntax error near: {self._tokens[self._place][1]}")
        return value

    def _take(self) -> tuple[str, str]:
        if self._place >= len(self._tokens):
            raise TextError("Syntax error near: end")
        self._place += 1
        return self._tokens[self._place - 1]

    def _takes(self, mark: str) -> bool:
        if self._place < len(self._tokens) and self._tokens[self._place] == ("mark", mark):
            self._place += 1
            return True
        return False

    def _expect(self, mark: str) -> None:
        token = self._take()
        if token != ("mark", mark):
            raise TextError(f"Syntax error near: {token[1]}")

    def _value(self, depth: int) -> Any:
        if depth > _DEEPEST:
            raise TextError(f"Nested deeper than {_DEEPEST}")
        sort, text = self._take()
        if sort == "text":
            return _unquoted(text)
        if sort == "number":
            return Decimal(text) if "." in text else int(text)
        if sort == "word" and text in _WORDS:
            return _WORDS[text]
        if text == "{":
            return self._object(depth + 1)
        if text == "[":
            return self._list(depth + 1)
        raise TextError(f"Syntax error near: {text}")

    def _object(self, depth: int) -> dict[str, Any]:
        made: dict[str, Any] = {}
        while not self._takes("}"):
            if made:
                self._expect(",")
            sort, text = self._take()
            if sort not in ("text", "word"):
                raise TextError(f"Syntax error near: {text}")
            name = _unquoted(text) if sort == "text" else text
            if name in made:
                raise TextError(f"Named twice: {name}")
            self._expect(":")
            made[name] = self._value(depth)
        return made

    def _list(self, depth: int) -> list[Any]:
        made: list[Any] = []
        while not self._takes("]"):
            if made:
                self._expect(",")
            made.append(self._value(depth))
        return made


def _tokens(text: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None:
            raise TextError(f"Syntax error near: {text[place:].strip()[:20]}")
        found.append((str(match.lastgroup), match.group(str(match.lastgroup))))
        place = match.end()
    return found


def _unquoted(text: str) -> str:
    def plain(match: "re.Match[str]") -> str:
        sign = match[1]
        if len(sign) > 1:
            return chr(int(sign[1:], 16))
        return _NAMED.get(sign, sign)

    return _ESCAPE.sub(plain, text[1:-1])
