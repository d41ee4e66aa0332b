"""Opens Crossfoot when the user signs in to Windows, as `[window] start_with_windows` says.

What Windows starts stands in the user's registry, one value a workspace. The installer writes it,
too, and leaves a note of what it was told: the note is taken over into the setting once, and from
then on the setting alone counts. Nothing happens for the demo, and nothing on other systems.
"""

from __future__ import annotations

import hashlib
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QSettings

from core.desk import Desk
from core.errors import AppError
from core.words import area
from ui.bridge import Bridge

say = area(__name__)

KEY = "window.start_with_windows"
NAME = "Crossfoot"
TOLD = "StartWithWindows"  # the installer's note: 1 or 0
_RUN_PATH = r"HKEY_CURRENT_USER\Software\Microsoft\Windows\CurrentVersion\Run"
_OWN_PATH = r"HKEY_CURRENT_USER\Software\Crossfoot"
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """What stands in the registry for a workspace: the name of the value, and the command."""

    name: str
    command: str


def entry_of(program: Sequence[str], data_directory: Path | None) -> Entry:
    """The entry of a workspace; None is the default one, which the installer knows, too.

    The program's path is always quoted: unquoted, a folder with a blank would start another one.
    """
    quoted = [f'"{part}"' for part in program]
    if data_directory is None:
        return Entry(NAME, " ".join(quoted))
    place = str(data_directory)
    told = subprocess.list2cmdline(["--data-dir", place])
    mark = hashlib.sha256(place.casefold().encode()).hexdigest()[:8]
    return Entry(f"{NAME} {mark}", f"{' '.join(quoted)} {told}")


def entry_here(arguments: Sequence[str]) -> Entry:
    """The entry of this very start, by its command line (`sys.argv`)."""
    is_frozen = bool(getattr(sys, "frozen", False))
    main = str(Path(arguments[0]).resolve())
    program = [sys.executable] if is_frozen else [sys.executable, main]
    places = [
        value.partition("=")[2] or following
        for value, following in zip(arguments, [*arguments[1:], ""], strict=True)
        if value.partition("=")[0] == "--data-dir"
    ]
    return entry_of(program, Path(places[0]).resolve() if places and places[0] else None)


class StartWithWindows(QObject):
    """Keeps the entry as the setting says, from now and after each saving of settings.

    `run` holds what Windows starts, `own` the installer's note.
    """

    def __init__(
        self, desk: Desk, bridge: Bridge, entry: Entry, run: QSettings, own: QSettings
    ) -> None:
        super().__init__(bridge)
        self._desk, self._bridge = desk, bridge
        self._entry, self._run, self._own = entry, run, own
        bridge.changed.connect(self._changed)
        self._begin()

    def _begin(self) -> None:
        """Take the installer's note over, else go by the setting as it is."""
        told = self._own.value(TOLD) if self._entry.name == NAME else None
        if told is None:
            self._read()
            return
        value = "true" if str(told) == "1" else "false"
        save = partial(self._desk.save_settings, {KEY: value})
        self._bridge.call_later(self, save, self._taken_over, self._not_taken_over)

    def _taken_over(self, _: object) -> None:
        self._own.remove(TOLD)
        self._read()

    def _not_taken_over(self, error: BaseException) -> None:
        """The note stays for the next start, and so does what the installer wrote."""
        if not isinstance(error, AppError):
            raise error
        _LOG.warning(say("the_installers_choice_waits_for_the"), error)

    def _changed(self, topic: str) -> None:
        is_noted = self._own.contains(TOLD) and self._entry.name == NAME
        if topic == "health" and not is_noted:
            self._read()

    def _read(self) -> None:
        self._bridge.read_later(self, partial(is_wanted, self._desk), self._put)

    def _put(self, is_on: bool) -> None:  # noqa: FBT001 - an answer of the bridge
        if not is_on:
            self._run.remove(self._entry.name)
        elif self._run.value(self._entry.name) != self._entry.command:
            self._run.setValue(self._entry.name, self._entry.command)


def is_wanted(desk: Desk) -> bool:
    """What the settings file says, also while it is not whole."""
    return any(field.key == KEY and field.value == "true" for field in desk.settings_form())


def begin(desk: Desk, bridge: Bridge, arguments: Sequence[str]) -> StartWithWindows | None:
    """The keeper of this workspace's entry; None in the demo and where there is no Windows."""
    if os.name != "nt" or desk.is_demo:
        return None
    run = QSettings(_RUN_PATH, QSettings.Format.NativeFormat)
    own = QSettings(_OWN_PATH, QSettings.Format.NativeFormat)
    return StartWithWindows(desk, bridge, entry_here(arguments), run, own)
