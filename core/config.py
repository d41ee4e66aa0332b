"""Where Crossfoot's files lie, and ``settings.toml`` read and written with every key checked.

The shape of the settings is ``core.settings``. No secret is ever read from or written to the
settings file; a key that looks like one is refused with the command to use instead.
"""

import difflib
import os
import re
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import platformdirs
import tomlkit
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Item, Table

from core import crash_points
from core.errors import ConfigError, LocalFault
from core.settings import DEFAULT_TEXT, Settings, keys_required_by_sign_in
from core.words import area, resources

say = area(__name__)

__all__ = [
    "DEFAULT_TEXT",
    "FILE_NAME",
    "Problem",
    "Settings",
    "check",
    "data_directory",
    "load",
    "parse",
    "relative_to_data",
    "replace_file",
    "replacing",
    "resource",
    "write_setting",
]

FILE_NAME = "settings.toml"
APPLICATION = "Crossfoot"

_SECRET_WORDS = ("password", "passwd", "secret", "token", "apikey", "api_key", "private_key")
_SECTIONS = ("workspace", "x3", "avidxchange")  # tables that hold a required key
_SYNCHRONISED = re.compile(
    r"onedrive( - .*)?|dropbox( \(.*\))?|google ?drive(-.*)?|my drive|icloud ?drive"
    r"|mobile documents|com~apple~clouddocs|cloudstorage"
)
_WORDS = {
    "missing": say("is_missing"),
    "string_type": say("must_be_text_in_quotes"),
    "string_too_short": say("is_missing"),
    "int_type": say("must_be_a_whole_number"),
    "bool_type": say("must_be_true_or_false"),
    "tuple_type": say("must_be_a_list_in_square_brackets"),
    "date_type": say("must_be_a_date_like_2026_01"),
    "date_from_datetime_inexact": say("must_be_a_date_without_a_time"),
    "dict_type": say("must_be_a_table"),
    "model_type": say("must_be_a_table"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the settings: the full key and the rest of a sentence that it begins."""

    key: str
    why: str

    def error(self) -> ConfigError:
        """Returns CFG-01 for it; ``detail`` is the bare key."""
        return ConfigError("CFG-01", f"{self.key} {self.why}.", detail=self.key)


# --- reading ---------------------------------------------------------------------------------


def load(path: Path) -> Settings:
    """Returns the settings of a file, complete and checked.

    Raises:
        ConfigError: CFG-01, names the key (or the line that is no TOML, or the file).
    """
    return parse(_read(path))


def parse(text: str) -> Settings:
    """Returns the settings of a text in TOML; raises ConfigError as `load` does."""
    settings, problems = _validate(_to_data(text))
    if settings is None or problems:
        raise problems[0].error()
    return settings


def check(text: str) -> tuple[Problem, ...]:
    """Returns everything that is wrong with a text in TOML, unknown keys first."""
    return _validate(_to_data(text))[1]


def _read(path: Path) -> str:
    """Returns a settings file's text, without a byte order mark."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise Problem(FILE_NAME, say("does_not_exist_in", parent=path.parent)).error() from None
    except UnicodeDecodeError:
        raise Problem(FILE_NAME, say("is_not_utf_8_text")).error() from None
    except OSError as error:
        raise Problem(FILE_NAME, say("cannot_be_read", strerror=error.strerror)).error() from error


def _to_data(text: str) -> dict[str, Any]:
    """Returns the tables of a TOML text; numbers with decimals stay exact."""
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as error:
        # The parser's own text may quote the line, and a line may hold what should be secret.
        line = re.search(r"line (\d+)", str(error))
        where = say("in_line", line=line[1]) if line else say("at_its_end")
        raise Problem(FILE_NAME, say("is_not_readable_toml", where=where)).error() from None
    for name in _SECTIONS:
        data.setdefault(name, {})
    return data


def _validate(data: Mapping[str, Any]) -> tuple[Settings | None, tuple[Problem, ...]]:
    """Returns the settings where they could be made, and all problems, unknown keys first."""
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=True)
        details.sort(key=lambda detail: detail["type"] != "extra_forbidden")
        return None, tuple(_problem(detail) for detail in details)
    missing = keys_required_by_sign_in(settings)
    return settings, tuple(Problem(key, say("is_missing")) for key in missing)


def _problem(detail: ErrorDetails) -> Problem:
    """Turns one of pydantic's findings into our words; the value itself is never repeated."""
    kind, location = detail["type"], detail["loc"]
    known = [str(part) for part in location if not _is_branch(part)]
    key = ".".join(known)
    if kind == "extra_forbidden":
        return Problem(key, _why_unknown(known))
    if kind == "literal_error":
        return Problem(key, say("must_be_one_of", expected=detail["ctx"]["expected"]))
    if kind == "setting":
        return Problem(key, detail["msg"])
    if kind in {"greater_than_equal", "less_than_equal"}:
        return Problem(key, _why_out_of_range(known))
    why = _WORDS.get(kind, say("has_a_value_that_does_not_fit"))
    return Problem(
        key, why if why == say("is_missing") else say("not", why=why, kind=_kind(detail["input"]))
    )


def _is_branch(part: int | str) -> bool:
    """Tells whether a part of a location names a branch of a union or a place in a list."""
    return isinstance(part, int) or part in {"str", "decimal"} or "[" in part


def _why_out_of_range(path: list[str]) -> str:
    """Says the range of a whole number, taken from its field."""
    field = _model_at(path[:-1]).model_fields[path[-1]]
    low = next((rule.ge for rule in field.metadata if hasattr(rule, "ge")), 0)
    high = next((rule.le for rule in field.metadata if hasattr(rule, "le")), None)
    return (
        say("must_be_a_whole_number_from_to", low=low, high=high)
        if high
        else say("must_be_or_more", low=low)
    )


def _why_unknown(path: list[str]) -> str:
    """Says what to do with an unknown key: a secret's command, or the nearest known key."""
    name = path[-1].casefold()
    if any(word in name for word in _SECRET_WORDS):
        return say("must_not_stand_in_the_settings_file", path=".".join(path))
    model = _model_at(path[:-1])
    near = difflib.get_close_matches(path[-1], list(model.model_fields), n=1)
    return say("is_not_a_known_key") + (say("did_you_mean", near=near[0]) if near else "")


def _model_at(path: list[str]) -> type[BaseModel]:
    """Returns the section model behind a path of table names."""
    model: type[BaseModel] = Settings
    for name in path:
        field = model.model_fields.get(name)
        inner = field.annotation if field else None
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            break
        model = inner
    return model


def _kind(value: object) -> str:
    """Names what kind of value stands in the file, never the value."""
    if isinstance(value, bool):
        return say("true_or_false")
    names = {
        str: "text",
        int: say("a_whole_number"),
        Decimal: say("a_number_with_decimals"),
        dict: say("a_table"),
        list: say("a_list"),
        tuple: say("a_list"),
    }
    return names.get(
        type(value), say("a_date_or_time") if isinstance(value, date) else say("this_value")
    )


# --- writing ---------------------------------------------------------------------------------


def write_setting(path: Path, key: str, value: object) -> None:
    """Changes one key (as ``x3.soap.language``); comments, order and all else stay as they are.

    A missing file is begun from `DEFAULT_TEXT`. Other keys may still be missing or wrong, so that
    a set-up can go key by key. The file is replaced in one step.

    Raises:
        ConfigError: CFG-01, the key is unknown or the value does not fit; nothing was written.
    """
    text = _read(path) if path.exists() else DEFAULT_TEXT
    _to_data(text)
    try:
        document = tomlkit.parse(text)
        *tables, name = key.split(".")
        place: Any = document
        for table in tables:
            if table not in place:
                place[table] = tomlkit.table()
            place = place[table]
            if not isinstance(place, Table):
                raise Problem(key, say("is_not_a_known_key")).error()
        place[name] = _item(value)
        changed = tomlkit.dumps(document)
    except TOMLKitError:
        raise Problem(FILE_NAME, say("cannot_be_changed_by_program_edit_it")).error() from None
    for problem in check(changed):
        if problem.key == key or problem.key.startswith(key + "."):
            raise problem.error()
        if key.startswith(problem.key + ".") and problem.why.startswith("is not a known"):
            raise problem.error()
    replace_file(path, changed.encode("utf-8"))


def _item(value: object) -> Item:
    """Returns a value as TOML; a decimal keeps its digits."""
    if isinstance(value, Decimal):
        return tomlkit.item(int(value)) if value == int(value) else tomlkit.float_(str(value))
    if isinstance(value, Mapping):
        table = tomlkit.inline_table()
        for name, inner in value.items():
            table[name] = _item(inner)
        return table
    return tomlkit.item(list(value) if isinstance(value, tuple) else value)


def replace_file(path: Path, data: bytes) -> None:
    """Writes a file in one step; raises as `replacing` does."""
    with replacing(path) as file:
        file.write(data)


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Yields a file that takes the place of ``path`` when the block ends well.

    A reader sees either the old or the new file, never a part; after an error the old one is
    untouched. Missing folders are made.

    Raises:
        LocalFault: DSK-01, the file could not be written.
    """
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        crash_points.reach(crash_points.BEFORE_FILE)
        Path(temporary).replace(path)
        temporary = None
    except OSError as error:
        raise LocalFault(
            "DSK-01",
            say("could_not_be_written", path=path, strerror=error.strerror),
            title=say("a_file_could_not_be_written"),
            fix=say("free_some_space_close_the_file"),
        ) from error
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)


# --- places ----------------------------------------------------------------------------------


def data_directory(argument: Path | None, *, sandbox: bool) -> Path:
    """Returns the absolute data directory of this workspace; it need not exist yet.

    Without an argument it lies in the user's local application data (never the roaming part); the
    sandbox has one of its own there. An argument is taken as it is, for the sandbox too.

    Raises:
        ConfigError: CFG-01, it lies on a network share or in a folder that another program
            synchronises: both break the store (house.md 7).
    """
    if argument is None:
        default = platformdirs.user_data_path(APPLICATION, appauthor=False, roaming=False)
        argument = default / "sandbox" if sandbox else default
    chosen = argument.expanduser().absolute()
    for path in (argument, chosen, chosen.resolve()):
        why = _why_unfit(path)
        if why:
            raise ConfigError(
                "CFG-01", say("the_data_directory", chosen=chosen, why=why), detail="--data-dir"
            )
    return chosen


def _why_unfit(path: Path) -> str:
    """Says why a store must not lie in a folder; empty when it may."""
    text = str(path)
    if re.match(r"[\\/]{2}(?![?.][\\/][A-Za-z]:)", text):
        return say("is_on_a_network_share_choose_a")
    for part in re.split(r"[\\/]", text):
        if _SYNCHRONISED.fullmatch(part.strip().casefold()):
            return say("is_synchronised_by_another_program", part=part)
    for variable in ("OneDrive", "OneDriveCommercial", "OneDriveConsumer"):
        root = os.environ.get(variable)
        if root and path.is_relative_to(Path(root)):
            return say("is_synchronised_by_onedrive_choose")
    return ""


def relative_to_data(directory: Path, text: str) -> Path | None:
    """Returns the file a setting names (``profile``, ``ca_file``); None when it is empty."""
    return directory / Path(text).expanduser() if text else None


def resource(name: str) -> Path:
    """Returns a file of ``resources/`` by its name with slashes, from source and when frozen.

    Raises:
        LocalFault: STO-01, the installation lacks it.
    """
    found = resources().joinpath(*name.split("/"))
    if not found.exists():
        raise LocalFault(
            "STO-01",
            say("the_file_resources_is_missing_from_this", name=name),
            title=say("crossfoot_is_not_complete"),
            fix=say("install_it_again"),
        )
    return found
