"""A keyring back end for child processes: entries in the JSON file that FILE_KEYRING names."""

import json
import os
from pathlib import Path

from keyring.backend import KeyringBackend


class FileKeyring(KeyringBackend):
    """Stands for a keyring that protects what it keeps; its priority says so."""

    priority = 5.0

    def get_password(self, service: str, username: str) -> str | None:
        found = self._entries().get(f"{service}|{username}")
        return found if isinstance(found, str) else None

    def set_password(self, service: str, username: str, password: str) -> None:
        entries = self._entries() | {f"{service}|{username}": password}
        self._path().write_text(json.dumps(entries), encoding="utf-8")

    def delete_password(self, service: str, username: str) -> None:
        entries = self._entries()
        del entries[f"{service}|{username}"]
        self._path().write_text(json.dumps(entries), encoding="utf-8")

    def _entries(self) -> dict[str, object]:
        path = self._path()
        found: dict[str, object] = {}
        if path.exists():
            found = json.loads(path.read_text(encoding="utf-8"))
        return found

    def _path(self) -> Path:
        return Path(os.environ["FILE_KEYRING"])


class WeakFileKeyring(FileKeyring):
    """One that anyone can read."""

    priority = 0.5
