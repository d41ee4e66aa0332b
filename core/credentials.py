"""The workspace's secrets: sealed in the store, opened once, and named in errors, never shown."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from core.errors import ConfigError
from core.settings import Settings
from core.store import history, sealing, sign_in, values
from core.store.sign_in import REFRESH
from core.store.sqlite import Store
from core.vault import SETTABLE_NAMES, Vault, check_settable
from core.words import area

say = area(__name__)

if TYPE_CHECKING:  # commands that ask nothing of X3 start without its client
    from core.kept_tokens import KeptTokens

_OR_SIGN_IN = say("or_sign_in_on_the_connections_page")
_CLIENT_SECRET = "x3.client_secret"  # noqa: S105 - a name


class Credentials:
    """Sets, forgets and gives secrets; thread-safe, a value that was opened is held in memory.

    The refresh token is never held: another process may renew it at any time.
    """

    def __init__(self, store: Store, vault: Vault) -> None:
        self.store = store
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
                say("the_value_for_is_empty", name=name),
                title=say("the_secret_was_not_stored"),
                fix=say("give_it_on_standard_input_secret_set", name=name),
            )
        blob = self._vault.seal(name, value)
        mark = self._vault.mac(sealing.marked_text(self.store.workspace))
        with self.store.write():
            sealing.note_key(self.store, mark, actor=actor)
            had_one = values.secret(self.store, name) is not None
            values.put_secret(self.store, name, blob)
            if name == REFRESH:
                sign_in.note_refresh_token(self.store, _ends_of(value, self.store.clock()))
            elif name == _CLIENT_SECRET:
                sign_in.allow_again(self.store)
            result = "replaced" if had_one else "new"
            history.append(self.store, history.Entry(actor, "secret set", name, result=result))
        if name != REFRESH:
            with self._lock:
                self._opened[name] = value

    def forget(self, name: str, *, actor: str) -> bool:
        """Remove a secret; whether there was one. One transaction.

        Raises:
            ConfigError: no secret has that name.
        """
        check_settable(name)
        with self.store.write():
            was_there = values.forget_secret(self.store, name)
            if name == REFRESH:
                sign_in.forget(self.store)
            if was_there:
                history.append(self.store, history.Entry(actor, "secret forgotten", name))
        with self._lock:
            self._opened.pop(name, None)
        return was_there

    def listed(self) -> list[dict[str, Any]]:
        """Every name a person may set: `name`, `set`, and `at` (when, None if it is not set)."""
        known = values.secret_names(self.store)
        return [
            {"name": name, "set": name in known, "at": known.get(name)} for name in SETTABLE_NAMES
        ]

    def value(self, name: str) -> str:
        """The secret; registered for redaction. Opened from the store at the first call only.

        Raises:
            ConfigError: CFG-01, it is not set.
            LocalFault: the keyring does not open it.
        """
        if name == REFRESH:
            return self._stored(name)
        with self._lock:
            if name not in self._opened:
                self._opened[name] = self._stored(name)
            return self._opened[name]

    def _stored(self, name: str) -> str:
        blob = values.secret(self.store, name)
        if blob is None:
            raise _missing(name)
        return self._vault.open(name, blob)

    def require(self, names: Iterable[str]) -> None:
        """Open all these secrets, so that workers find them in memory; raises as `value`.

        A sign-in that the gateway has ended is no missing secret: the client tells it (AUT-02), and
        the other side works on.
        """
        for name in names:
            if name != REFRESH or not sign_in.has_ended(self.store):
                self.value(name)

    def tokens(self, for_client: str) -> KeptTokens:
        """The keeper of the gateway's tokens of one client."""
        from core.kept_tokens import KeptTokens

        return KeptTokens(self.store, self._vault, for_client=for_client)


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


def _ends_of(refresh: str, now: datetime) -> datetime:
    from core.x3.token_endpoint import ends_of

    return ends_of(refresh, now)


def _missing(name: str) -> ConfigError:
    return ConfigError(
        "CFG-01",
        say("the_secret_is_not_set", name=name),
        name.partition(".")[0],
        title=say("a_secret_is_missing"),
        fix=say("set_it_secret_set", name=name, or_sign_in=_OR_SIGN_IN if name == REFRESH else ""),
        detail=name,
    )
