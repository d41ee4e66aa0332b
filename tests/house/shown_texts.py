"""Finds texts for people that stand in the program instead of in its catalogue.

A literal counts as such when it holds two words, or, outside of the wire adapters and the store, is
one capitalised word; and when nothing around it shows that no person reads it: a log line, a fault
of our own, a pattern, a key, a comparison, a name of the wire.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
_WORDS = re.compile("[A-Za-z\u2019'\u201c\u201d\",;:.()0-9%-]+ [A-Za-z\u201c(\u2018'{]")
_ONE_WORD = re.compile(r"(?:[A-Z][a-z]+(?:-[a-z]+)*)[.…:?]?")
_ONE_TITLE = re.compile(r"[A-Z][a-z]+( [a-z]+)*")
#: What no person reads though it has words: SQL, patterns, markup, headers and questions of the
#: wire, log lines, styles, objects of the audit log, names of columns that are split at blanks.
_OTHER = re.compile(
    r"^\s*(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|WITH|AND|ORDER BY|WHERE|FROM|DROP|ALTER"
    r"|EXISTS|JOIN|NOT |VALUES|ON |GROUP BY|CASE|COALESCE|EXPLAIN)\b|\" (IN|=|IS|>|<)|json_|= \?"
    r"|[\\^$]\w|\[\^|\(\?|\w\+\)|<[a-z!/]|%s|%d|%\(|\n.* = | = .*\n"
    r"|^(Bearer|Basic) |multipart/|^text/(html|xml)|gzip|Content-Disposition|^CONNECT |^Host: "
    r"|^Proxy-Auth|^&A|^Calibri$|^Crossfoot$|^header right$|^total text$|^query |^__schema"
    r"|^\{\} (eq|ge|in) |^[a-z-]+ \{\}( \{\})?(/\{\})?$|^\{\} [A-Za-z]{1,3}$|NOT NULL"
    r"|^\{\} \{\}-\*|^\{\} digest \{\}"
)
_TECHNICAL = frozenset(("avidxchange", "x3", "store"))
_DATA = frozenset(("engine", "domain", "store"))  # short words there are states and outcomes
_SHORT = re.compile(r"[a-z-]+( [a-z-]+){0,2}")
#: Calls whose arguments nobody reads, and those that write what is kept as it is.
_CALLS = (
    "getattr setattr hasattr compile TypeVar cast setObjectName encode decode startswith endswith"
    " removeprefix removesuffix partition rpartition split rsplit strip lstrip rstrip replace"
    " fullmatch match search sub findall finditer strftime strptime getLogger open setProperty"
    " property index count find pop setdefault Signal import_module getenv ZoneInfo SQL select"
    " execute colour icon setStyleSheet addFont say Entry Settlement accept again anew move"
    " TypeError RuntimeError LookupError KeyError AssertionError NotImplementedError plain"
    " AttributeError"
)
_NAMED = (
    "cause basis about object outcome word action actor kind icon tone role mode object_name"
    " entity system code how flow key column where prefix encoding errors newline format dest"
    " choices nargs type metavar prog style timespec sep end group state"
)
_LOGGERS = frozenset(("info", "debug", "warning", "error", "exception", "critical", "log"))


class Text(NamedTuple):
    """A text that stands in the program; `{}` where a value does."""

    file: str
    line: int
    text: str


def modules() -> Iterator[tuple[str, Path]]:
    """Name and file of every module of the program; the simulated systems speak for themselves."""
    for folder in ("core", "ui"):
        for file in sorted(ROOT.joinpath(folder).rglob("*.py")):
            if not {"sandbox", "migrations"} & set(file.parts) and file.name != "words.py":
                yield ".".join(file.relative_to(ROOT).with_suffix("").parts), file


def left_in(file: Path) -> list[Text]:
    """The texts for people in one file, in order."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return list(_Finder(file).texts(tree, ()))


class _Finder:
    def __init__(self, file: Path) -> None:
        self._file = file.relative_to(ROOT)
        self._folder = file.parent.name

    def texts(self, node: ast.AST, above: tuple[ast.AST, ...]) -> Iterator[Text]:
        text = _text_of(node)
        if text is not None and self._is_shown(text) and not _is_in_other_use(node, above):
            yield Text(str(self._file), getattr(node, "lineno", 0), text)
        for child in ast.iter_child_nodes(node):
            if not (isinstance(node, ast.JoinedStr) and isinstance(child, ast.Constant)):
                yield from self.texts(child, (*above, node))

    def _is_shown(self, text: str) -> bool:
        if _OTHER.search(text) or not re.search("[A-Za-z]{2,}", text.replace("{}", "")):
            return False
        if self._folder in _DATA and _SHORT.fullmatch(text):
            return False
        is_name = self._file.name in (
            "evidence.py",
            "views.py",
            "credentials.py",
            "settings_log.py",
        )
        if is_name and _SHORT.fullmatch(text):  # actions of the audit log
            return False
        is_word = bool(_ONE_WORD.fullmatch(text)) and self._folder not in _TECHNICAL
        return is_word or bool(_WORDS.search(text.replace("{}", "x")))


def _text_of(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
    return None


def _is_in_other_use(node: ast.AST, above: tuple[ast.AST, ...]) -> bool:
    """Whether what stands round a literal shows that nobody reads it."""
    if isinstance(above[-1], ast.Expr):
        return True  # a docstring
    child = node
    for up in reversed(above):
        if _is_no_text(child, up):
            return True
        if isinstance(up, ast.stmt):
            return False
        child = up
    return False


def _is_no_text(child: ast.AST, up: ast.AST) -> bool:
    if isinstance(up, ast.Call) and child is not up.func:
        name = _name_of(up.func)
        is_log = name in _LOGGERS and isinstance(up.func, ast.Attribute)
        return name in _CALLS.split() or (is_log and "log" in ast.unparse(up.func).lower())
    if isinstance(up, ast.keyword):
        return up.arg in _NAMED.split()
    if isinstance(up, ast.Subscript):
        return child is up.slice and not _is_name(child)
    if isinstance(up, ast.Dict):
        return child in up.keys and not _is_name(child)
    if isinstance(up, ast.AnnAssign):
        return child is up.annotation
    if isinstance(up, ast.FunctionDef | ast.AsyncFunctionDef):
        return child in up.decorator_list or child is up.returns
    if isinstance(up, ast.Assign):
        return any(isinstance(t, ast.Name) and t.id.startswith("__") for t in up.targets)
    if isinstance(up, ast.Compare):
        return not _is_name(child)
    return isinstance(up, ast.MatchValue | ast.arg)


def _is_name(node: ast.AST) -> bool:
    """Whether a key or what is compared is a name that people read, by its capital."""
    text = _text_of(node)
    return text is not None and text[:1].isupper() and bool(_ONE_TITLE.fullmatch(text))


def _name_of(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""
