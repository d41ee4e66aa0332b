"""The pause of a side that refused our credentials: nothing is asked of it until a person acts.

A second try with the same password could lock the account. The pause is kept in the store, so that
it outlives the process; it ends when a secret of that side is set, when that side's settings
change, or when a person asks for a new try.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from core.domain.canonical import canonical, content_hash
from core.engine.work import SYSTEMS, X3, Tools
from core.errors import AuthError
from core.ports import ApPort, ErpReader, ErpWriter, NotDone
from core.settings import Settings
from core.store import sign_in, values
from core.store.sqlite import Store

#: What pauses a side; all else is tried again at the next run.
CODES = frozenset(("AUT-01", "AUT-02", "RAT-02"))
_WRITES = ("send_", "submit_", "replace_", "withdraw_", "upsert_")
_LOCAL = frozenset(("change_kind", "continues_at", "drop_waiting"))  # ask nothing of the far side


class PausedPort:
    """Stands for a client: every call gives the stored error, no request leaves this computer."""

    def __init__(self, port: Any, error: AuthError) -> None:
        self._port = port
        self._error = error

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        if name in _LOCAL:
            return found
        if name.startswith(_WRITES):
            return lambda *_, **__: NotDone(copy.copy(self._error), kind="auth")
        return self._refuse

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise copy.copy(self._error)


def guarded(tools: Tools, settings: Settings) -> Tools:
    """The tools, with the clients of paused sides replaced. Two indexed rows are read."""
    for system in SYSTEMS:
        error = _pause(tools.store, system, settings)
        if error is None:
            continue
        if system == X3:
            reader = cast("ErpReader", PausedPort(tools.reader, error))
            writer = cast("ErpWriter", PausedPort(tools.writer, error))
            tools = replace(tools, reader=reader, writer=writer, check_folder=None)
        else:
            tools = replace(tools, ap=cast("ApPort", PausedPort(tools.ap, error)))
    return tools


def note(store: Store, report: Mapping[str, Any], settings: Settings) -> None:
    """Pause the sides that refused us in a run; a pause that stands keeps its begin."""
    for entry in report["errors"]:
        system, code = entry["system"], entry["code"]
        if code not in CODES or system not in SYSTEMS:
            continue
        if _pause(store, system, settings) is not None:
            continue
        told = {
            "code": code,
            "text": entry["text"],
            "since": store.now(),
            "for": _sign_in(settings, system),
        }
        with store.write():
            values.put_setting(store, _name(system), canonical(told))


def lift(store: Store, systems: tuple[str, ...] = SYSTEMS) -> None:
    """End the pause of these sides; the next run tries them once.

    A sign-in at the gateway that has ended stays ended: no try can bring it back.
    """
    paused = [system for system in systems if values.setting(store, _name(system))]
    is_refused = X3 in systems and bool(sign_in.facts(store).get("refused"))
    if paused or is_refused:
        with store.write():
            for system in paused:
                values.put_setting(store, _name(system), "")
            if is_refused:
                sign_in.allow_again(store)


def _pause(store: Store, system: str, settings: Settings) -> AuthError | None:
    """The error that a side is paused with, None when it may be asked."""
    text = values.setting(store, _name(system))
    told: dict[str, str] = json.loads(text) if text else {}
    if told.get("for") != _sign_in(settings, system):
        return None
    return AuthError(told["code"], told["text"], system)


def _name(system: str) -> str:
    return f"paused.{system}"


def _sign_in(settings: Settings, system: str) -> str:
    """A hash of a side's settings: with other ones it is another sign-in."""
    section = settings.x3 if system == X3 else settings.avidxchange
    return content_hash(section.model_dump(mode="json"))
