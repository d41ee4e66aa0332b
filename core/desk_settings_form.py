"""The settings as a form: every key with its label, value and default, and what is wrong with it.

Values are texts as a person types them; what becomes of them is decided by `core.config`, so that a
form and the file can never disagree. No secret is among them.
"""

from __future__ import annotations

import shutil
import tempfile
import tomllib
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from core import config
from core.desk_labels import CHOICES, LABELS, PATHS
from core.desk_views import FieldView
from core.errors import ConfigError
from core.settings import DEFAULT_TEXT, Settings
from core.words import area

say = area(__name__)

_LISTS = "list"


def fields(
    text: str, laid_over: Mapping[str, Any] | None = None, *, is_locked: bool = False
) -> list[FieldView]:
    """Every setting in the order of the file; `laid_over` replaces the file's tables (demo)."""
    data = dict(laid_over) if laid_over is not None else _data(text)
    problems = {} if is_locked else _problems(text)
    return [
        _field(section, name, info, data, problems, is_locked=is_locked)
        for section, name, info in _keys(Settings, "")
    ]


def checked(path: Path, changes: Mapping[str, str]) -> dict[str, str]:
    """Key -> what is wrong, of the whole file after these changes; empty when it is good.

    Nothing is written. Cost: a temporary copy of the file.
    """
    with tempfile.TemporaryDirectory() as folder:
        return _applied(path, Path(folder) / config.FILE_NAME, changes)[1]


def save(path: Path, changes: Mapping[str, str]) -> None:
    """Write these changes in one step; comments and all else stay.

    Keys that are not changed may still be missing, so that a set-up can go page by page.

    Raises:
        ConfigError: a value does not fit; nothing was written.
        LocalFault: DSK-01, the file could not be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        changed, problems = _applied(path, Path(folder) / config.FILE_NAME, changes)
    for key in changes:
        if key in problems:
            raise ConfigError("CFG-01", problems[key], detail=key)
    config.replace_file(path, changed)


def _applied(path: Path, copy: Path, changes: Mapping[str, str]) -> tuple[bytes, dict[str, str]]:
    """The file after the changes, and what is wrong: of the changes first, then of the rest."""
    if path.exists():
        shutil.copyfile(path, copy)
    else:
        copy.write_text(DEFAULT_TEXT, encoding="utf-8")
    refused: dict[str, str] = {}
    for key, typed in changes.items():
        try:
            config.write_setting(copy, key, value_of(key, typed))
        except ConfigError as error:
            refused[key] = error.why
    text = copy.read_bytes()
    rest = _problems(text.decode("utf-8-sig"))
    return text, {key: why for key, why in rest.items() if key not in refused} | refused


def value_of(key: str, typed: str) -> Any:
    """What a typed text means for a key.

    Raises:
        ConfigError: CFG-01, it cannot be read.
    """
    kind, text = kind_of(key), typed.strip()
    if kind == "bool":
        return text.casefold() in {"true", "yes", "1", "on"}
    if kind == _LISTS:
        return [part.strip() for part in text.split(",") if part.strip()]
    if text.startswith("{") and _takes_table(key):
        return _table(key, text)
    try:
        if kind == "date":
            return date.fromisoformat(text)
        if kind == "number":
            plain = text.replace(",", "").replace(" ", "")
            amount = Decimal(plain or "0")
            return int(amount) if amount == int(amount) else amount
    except (ValueError, InvalidOperation, OverflowError):
        what = say("a_date_like_2026_01_31") if kind == "date" else say("a_number")
        raise ConfigError("CFG-01", say("must_be", key=key, what=what), detail=key) from None
    return text


def text_of(value: Any) -> str:
    """A value as a person would type it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(str(entry) for entry in value)
    if isinstance(value, Mapping):
        inner = ", ".join(
            f"{name} = {entry}" if isinstance(entry, int | Decimal) else f'{name} = "{entry}"'
            for name, entry in value.items()
        )
        return f"{{ {inner} }}"
    return format(value, "f") if isinstance(value, Decimal) else str(value)


def kind_of(key: str) -> str:
    """How a key is typed: text, number, date, choice, list, bool or path."""
    if key in PATHS:
        return "path"
    annotation = _info(key).annotation
    if get_origin(annotation) is Literal:
        return "choice"
    if annotation is bool:
        return "bool"
    if annotation in (int, Decimal) or Decimal in get_args(annotation):
        return "number"
    if annotation is date:
        return "date"
    return _LISTS if get_origin(annotation) is tuple else "text"


def _keys(model: type[BaseModel], section: str) -> Iterable[tuple[str, str, FieldInfo]]:
    """Section, name and field of every key: plain ones of a table before its inner tables."""
    inner: list[tuple[str, type[BaseModel]]] = []
    for name, info in model.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            inner.append((f"{section}.{name}" if section else name, kind))
        else:
            yield section, name, info
    for path, kind in inner:
        yield from _keys(kind, path)


def _info(key: str) -> FieldInfo:
    for section, name, info in _keys(Settings, ""):
        if f"{section}.{name}" == key:
            return info
    raise ConfigError("CFG-01", say("is_not_a_known_key", key=key), detail=key)


def _field(
    section: str,
    name: str,
    info: FieldInfo,
    data: Mapping[str, Any],
    problems: Mapping[str, str],
    *,
    is_locked: bool,
) -> FieldView:
    key = f"{section}.{name}"
    label, hint = LABELS.get(key, (name.replace("_", " ").capitalize(), ""))
    default = "" if info.is_required() else text_of(info.default)
    value = _at(data, key)
    kind = kind_of(key)
    words = CHOICES.get(key, {})
    choices = get_args(info.annotation) if kind == "choice" else ()
    return FieldView(
        section=section,
        key=key,
        label=label,
        value=default if value is None else text_of(value),
        default=default,
        hint=hint,
        kind=kind,
        choices=tuple((str(entry), words.get(str(entry), str(entry))) for entry in choices),
        required=info.is_required(),
        problem=problems.get(key, ""),
        is_locked=is_locked,
    )


def _at(data: Mapping[str, Any], key: str) -> Any:
    place: Any = data
    for part in key.split("."):
        if not isinstance(place, Mapping) or part not in place:
            return None
        place = place[part]
    return place


def _data(text: str) -> dict[str, Any]:
    """The tables of the file; none where it is no TOML, which `_problems` tells."""
    return _or_empty(lambda: tomllib.loads(text, parse_float=Decimal))


def _or_empty(read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return read()
    except tomllib.TOMLDecodeError:
        return {}


def _problems(text: str) -> dict[str, str]:
    """Key -> sentence, for everything that is wrong with a file; empty for the whole file."""
    try:
        found = config.check(text)
    except ConfigError as error:
        return {config.FILE_NAME: error.why}
    return {problem.key: f"{problem.key} {problem.why}." for problem in reversed(found)}


def _takes_table(key: str) -> bool:
    """Whether a key may hold a value for each currency or company."""
    return any(get_origin(kind) is dict for kind in get_args(_info(key).annotation))


def _table(key: str, text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}", parse_float=Decimal)["value"]
    except tomllib.TOMLDecodeError:
        why = say("must_be_a_value_or_a_table", key=key)
        raise ConfigError("CFG-01", why, detail=key) from None
