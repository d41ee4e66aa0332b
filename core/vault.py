"""Secrets at rest: one key per workspace in the system's keyring, everything else sealed with it.

A sealed value can be opened only with the workspace key and only under the name it was sealed for.
There is no fallback to a file: without a usable keyring there is an error with a remedy. Nothing
here writes to disk; the store keeps the sealed bytes.
"""

import base64
import binascii
import hmac
import secrets
import threading
from hashlib import sha256
from typing import Any, Final

import keyring
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from keyring.backend import KeyringBackend
from keyring.backends.chainer import ChainerBackend
from keyring.errors import InitError, KeyringLocked, NoKeyringError

from core.errors import ConfigError, LocalFault
from core.ports import KeyPort
from core.redaction import REGISTER, SecretRegister
from core.words import area

say = area(__name__)

__all__ = [
    "INTERNAL_NAMES",
    "REGISTER",
    "SANDBOX_KEY",
    "SECRET_NAMES",
    "SERVICE",
    "SETTABLE_NAMES",
    "FixedKey",
    "KeyringKey",
    "SecretRegister",
    "Vault",
    "check_settable",
]

SERVICE: Final = "Crossfoot"
KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
_FORMAT: Final = b"\x01"  # first byte of a sealed value: AES-256-GCM, nonce, ciphertext and tag
_NO_LOGON_SESSION: Final = 1312  # Windows: elevated, by SSH or as a service

SETTABLE_NAMES: Final = (
    "x3.password",
    "x3.client_secret",
    "x3.refresh_token",
    "avidxchange.client_secret",
    "avidxchange.company_token",
    "avidxchange.user_token",
)
INTERNAL_NAMES: Final = ("x3.access_token",)  # sage-x3.md 10.2: kept by the program, not settable
SECRET_NAMES: Final = SETTABLE_NAMES + INTERNAL_NAMES
_ROTATING: Final = ("x3.access_token", "x3.refresh_token")

#: The sandbox's workspace key. It is public on purpose: the sandbox holds demo secrets only.
SANDBOX_KEY: Final = sha256(
    b"Crossfoot sandbox: this key is published and protects nothing"
).digest()


def check_settable(name: str) -> None:
    """Raises ConfigError unless a person may set a secret of this name."""
    if name not in SETTABLE_NAMES:
        known = ", ".join(SETTABLE_NAMES)
        raise ConfigError(
            "CFG-01",
            say("there_is_no_secret_of_that_name", known=known),
            title=say("the_secret_was_not_stored"),
            fix=say("use_one_of_these_names"),
        )


class FixedKey:
    """A KeyPort with a key given in advance: the sandbox's, whose key is public."""

    def __init__(self, key: bytes = SANDBOX_KEY) -> None:
        self._key = key

    def get(self) -> bytes | None:
        """Returns the key."""
        return self._key

    def create(self) -> bytes:
        """Returns the key; there is nothing to make."""
        return self._key


class KeyringKey:
    """A KeyPort over the system's keyring: service ``Crossfoot``, user = workspace id, base64.

    The entry is written once and never rewritten (Windows keeps an old value under another name).
    Every call may take tens of milliseconds and may ask the person to unlock the keyring.
    """

    def __init__(self, workspace_id: str, backend: KeyringBackend | None = None) -> None:
        self._workspace_id = workspace_id
        self._backend = backend

    def get(self) -> bytes | None:
        """Returns the 32 bytes, None when the keyring has no entry.

        Raises:
            LocalFault: no usable keyring, it is locked, or the entry is damaged.
        """
        return self._read(self._usable())

    def create(self) -> bytes:
        """Makes and keeps a random key and returns what the keyring then holds.

        Raises:
            LocalFault: as `get`, or the keyring did not keep it.
        """
        backend = self._usable()
        existing = self._read(backend)
        if existing is not None:
            return existing
        text = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode("ascii")
        REGISTER.register(text)
        try:
            backend.set_password(SERVICE, self._workspace_id, text)
        except Exception as error:  # noqa: BLE001 - back ends raise errors of their own libraries
            raise _fault(error) from None
        kept = self._read(backend)
        if kept is None:
            raise _no_keyring(say("the_keyring_did_not_keep_the_key"))
        return kept

    def _usable(self) -> KeyringBackend:
        """Returns keyring's own choice, refused when it does not protect what it keeps."""
        try:
            backend = self._backend or keyring.get_keyring()
            if isinstance(backend, ChainerBackend):
                backend = next(iter(backend.backends))
            priority = float(backend.priority)
        except Exception as error:  # noqa: BLE001 - a back end that cannot run says so in its own way
            raise _fault(error) from None
        if priority < 1:
            raise _no_keyring(say("this_computer_offers_no_keyring_that"))
        return backend

    def _read(self, backend: KeyringBackend) -> bytes | None:
        """Returns the entry as bytes and registers its text for redaction."""
        try:
            text = backend.get_password(SERVICE, self._workspace_id)
        except Exception as error:  # noqa: BLE001 - back ends raise errors of their own libraries
            raise _fault(error) from None
        if text is None:
            return None
        REGISTER.register(text)
        try:
            key = base64.b64decode(text, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            raise _no_keyring(
                say(
                    "the_keyring_entry_does_not_hold_a",
                    service=SERVICE,
                    workspace_id=self._workspace_id,
                )
            )
        return key


class Vault:
    """Seals and opens secrets with the key of one workspace; thread-safe.

    The key is fetched at the first use and then held in memory. It is made by the first `seal`.
    """

    def __init__(self, key_port: KeyPort) -> None:
        self._port = key_port
        self._lock = threading.Lock()
        self._key: bytes | None = None

    def seal(self, name: str, plaintext: str) -> bytes:
        """Returns the value sealed for its name; the value is redacted in texts from now on.

        Raises:
            ConfigError: the name is none of `SECRET_NAMES`.
            LocalFault: the workspace key cannot be had.
        """
        _check_name(name)
        REGISTER.register(plaintext, rotates=name in _ROTATING)
        nonce = secrets.token_bytes(NONCE_BYTES)
        data = plaintext.encode("utf-8")
        sealed = AESGCM(self._get_key(make=True)).encrypt(nonce, data, _bound_to(name))
        return _FORMAT + nonce + sealed

    def open(self, name: str, blob: bytes) -> str:
        """Returns a sealed value; it is redacted in texts from now on.

        Raises:
            LocalFault: the key is gone or another one, or the bytes were changed or belong to
                another name.
        """
        key = self._get_key(make=False)
        body = bytes(blob)
        if body[:1] != _FORMAT:
            raise _cannot_open(name)
        nonce, sealed = body[1 : 1 + NONCE_BYTES], body[1 + NONCE_BYTES :]
        try:
            plaintext = AESGCM(key).decrypt(nonce, sealed, _bound_to(name)).decode("utf-8")
        except (InvalidTag, ValueError):
            raise _cannot_open(name) from None
        REGISTER.register(plaintext, rotates=name in _ROTATING)
        return plaintext

    def mac(self, text: str) -> str:
        """Returns HMAC-SHA256 of a text under the workspace key in lower-case hex, for seals."""
        return hmac.new(self._get_key(make=True), text.encode("utf-8"), sha256).hexdigest()

    def _get_key(self, *, make: bool) -> bytes:
        """Returns the key from memory or the keyring; raises LocalFault when there is none."""
        with self._lock:
            if self._key is None:
                self._key = self._port.create() if make else self._port.get()
            if self._key is None:
                raise LocalFault(
                    "CFG-01",
                    say("the_key_of_this_workspace_is_not"),
                    title=say("the_stored_secrets_cannot_be_opened"),
                    fix=say("set_the_secrets_again_on_this_computer"),
                )
            return self._key


def _check_name(name: str) -> None:
    """Raises ConfigError for a name that no secret has; the name is not repeated."""
    if name not in SECRET_NAMES:
        raise ConfigError("CFG-01", say("no_secret_has_the_name_that_was"))


def _bound_to(name: str) -> bytes:
    """Returns the associated data that ties a sealed value to its name."""
    return b"crossfoot secret\x00" + name.encode("utf-8")


def _cannot_open(name: str) -> LocalFault:
    """Returns the error for a sealed value that this key and name do not open."""
    return LocalFault(
        "CFG-01",
        say("the_stored_secret_does_not_fit_the", name=name),
        title=say("the_stored_secret_cannot_be_opened"),
        fix=say("set_it_again_secret_set", name=name),
    )


def _no_keyring(why: str, fix: str = "") -> LocalFault:
    """Returns the error of a computer without a usable keyring; no file is used instead."""
    return LocalFault(
        "CFG-01",
        why,
        title=say("the_key_of_this_workspace_cannot_be"),
        fix=fix or say("start_crossfoot_in_a_signed_in_desktop"),
    )


def _fault(error: Exception) -> LocalFault:
    """Names a keyring's failure by its kind; its own text may quote what it was given."""
    arguments: tuple[Any, ...] = error.args
    number = getattr(error, "winerror", arguments[0] if arguments else None)
    if isinstance(error, NoKeyringError):
        return _no_keyring(say("this_computer_offers_no_keyring"))
    if isinstance(error, KeyringLocked | InitError):
        return _no_keyring(say("the_keyring_is_locked"), say("unlock_the_keyring_then_try_again"))
    if number == _NO_LOGON_SESSION:
        return _no_keyring(
            say("windows_has_no_sign_in_session_for"),
            say("start_it_as_the_signed_in_user"),
        )
    shown = f" {number}" if isinstance(number, int) else ""
    return _no_keyring(say("the_keyring_failed", name=type(error).__name__, shown=shown))
