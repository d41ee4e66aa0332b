"""How a window and the process of its engine speak: one JSON object a line, both ways.

The window asks (`do`), the engine tells (`is`). Nothing here decides anything; both ends use these
functions, so that an error arrives as the class and with the members it was raised with.
"""

from __future__ import annotations

import dataclasses
import json
from concurrent.futures import CancelledError
from typing import IO, Any

from core import errors
from core.errors import AppError, Stopped
from core.words import area

say = area(__name__)

Message = dict[str, Any]
_PLAIN: dict[str, type[Exception]] = {"KeyError": KeyError, "ValueError": ValueError}


class EngineFault(Exception):
    """The engine's process met a fault of ours or has ended; its log file tells the rest."""


def write(stream: IO[bytes], message: Message) -> None:
    """Send one message at once; OSError or ValueError when the other end is gone."""
    stream.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")
    stream.flush()


def read(stream: IO[bytes]) -> Message | None:
    """The next message; None when the other end has closed, also in the middle of one."""
    line = stream.readline()
    if not line.endswith(b"\n"):
        return None
    found: Message = json.loads(line)
    return found


def error_members(error: BaseException) -> Message:
    """An exception as plain members; a fault of ours tells its kind only, the log has the rest."""
    if isinstance(error, AppError):
        members = {field.name: getattr(error, field.name) for field in dataclasses.fields(error)}
        return {"kind": type(error).__name__, **members}
    if isinstance(error, Stopped | CancelledError):
        return {"kind": Stopped.__name__}
    first = error.args[0] if error.args else ""
    return {"kind": type(error).__name__, "text": first if isinstance(first, int) else str(first)}


def error_of(members: Message) -> Exception:
    """The exception that `error_members` was made of."""
    kind = members["kind"]
    if kind == Stopped.__name__:
        return Stopped()
    if kind in _PLAIN:
        return _PLAIN[kind](members["text"])
    cls = getattr(errors, kind, None)
    if isinstance(cls, type) and issubclass(cls, AppError):
        known = {field.name for field in dataclasses.fields(cls)}
        return cls(**{name: value for name, value in members.items() if name in known})
    if "code" in members:  # a subclass of another module, such as a held workspace
        rest = {name: value for name, value in members.items() if name != "kind"}
        return errors.ConfigError(**rest)
    return EngineFault(say("the_engine_met_a_fault_of_its", kind=kind))
