"""The workspace's secrets: sealed in the store, opened once, and named in errors, never shown."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Any

from core.errors import ConfigError
from core.settings import Settings
from core.store import history, values
from core.store.sqlite import Store
from core.vault import SETTABLE_NAMES, Vault, check_settable


class Credentials:
    """Sets, forgets and gives secrets; thread-safe, a value that was opened is held in memory."""

    def __init__(self, store: Store, vault: Vault) -> None:
        self._store = store
        self._vault = vault
        self._lock = threading.Lock()
        self._opened: dict[str, str] = {}

    def set(self, name: str, value: str, *, actor: str) -> None:
        """Seal and keep a secret; the audit log gets its name. One transaction.

        Raises:
            ConfigError: a person may not set that name, or the value is empty.
            LocalFault: the keyring cannot be used.
        """
        check_settable(name)
        if not value:
            raise ConfigError(
                "CFG-01",
                f"The value for {name} is empty.",
                title="The secret was not stored",
                fix=f"Give it on standard input: secret set {name}.",
            )
        blob = self._vault.seal(name, value)
        with self._store.write():
            had_one = values.secret(self._store, name) is not None
            values.put_secret(self._store, name, blob)
            result = "replaced" if had_one else "new"
            history.append(self._store, history.Entry(actor, "secret set", name, result=result))
        with self._lock:
            self._opened[name] = value

    def forget(self, name: str, *, actor: str) -> bool:
        """Remove a secret; whether there was one. One transaction.

        Raises:
            ConfigError: no secret has that name.
        """
        check_settable(name)
        with self._store.write():
            was_there = values.forget_secret(self._store, name)
            if was_there:
                history.append(self._store, history.Entry(actor, "secret forgotten", name))
        with self._lock:
            self._opened.pop(name, None)
        return was_there

    def listed(self) -> list[dict[str, Any]]:
        """Every name a person may set: `name`, `set`, and `at` (when, None if it is not set)."""
        known = values.secret_names(self._store)
        return [
            {"name": name, "set": name in known, "at": known.get(name)} for name in SETTABLE_NAMES
        ]

    def value(self, name: str) -> str:
        """The secret; registered for redaction. Opened from the store at the first call only.

        Raises:
            ConfigError: CFG-01, it is not set.
            LocalFault: the keyring does not open it.
        """
        with self._lock:
            if name not in self._opened:
                blob = values.secret(self._store, name)
                if blob is None:
                    raise _missing(name)
                self._opened[name] = self._vault.open(name, blob)
            return self._opened[name]

    def require(self, names: Iterable[str]) -> None:
        """Open all these secrets, so that workers find them in memory; raises as `value`."""
        for name in names:
            self.value(name)


def names_needed(settings: Settings) -> tuple[str, ...]:
    """The secrets that the chosen kinds of sign-in need."""
    x3 = {
        "basic": ("x3.password",),
        "connected_app": ("x3.client_secret",),
        "oauth2": ("x3.client_secret", "x3.refresh_token"),
    }[settings.x3.auth]
    if settings.avidxchange.auth == "static_tokens":
        return (*x3, "avidxchange.company_token", "avidxchange.user_token")
    return (*x3, "avidxchange.client_secret")


def _missing(name: str) -> ConfigError:
    return ConfigError(
        "CFG-01",
        f"The secret {name} is not set.",
        name.partition(".")[0],
        title="A secret is missing",
        fix=f"Set it: secret set {name}.",
        detail=name,
    )
