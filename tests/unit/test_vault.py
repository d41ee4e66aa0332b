"""The vault: one key in the keyring, sealed values bound to their names, no fallback to a file."""

import base64
import json
from urllib.parse import quote

import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.backends.chainer import ChainerBackend
from keyring.errors import InitError, KeyringLocked, NoKeyringError

from core.errors import ConfigError, LocalFault
from core.vault import (
    INTERNAL_NAMES,
    SANDBOX_KEY,
    SECRET_NAMES,
    SETTABLE_NAMES,
    FixedKey,
    KeyringKey,
    SecretRegister,
    Vault,
    check_settable,
)


class MemoryKeyring(KeyringBackend):
    """A real back end of keyring that keeps its entries in memory and refuses long values."""

    priority = 5

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # keyring has no types here
        self.entries: dict[tuple[str, str], str] = {}
        self.writes = 0

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        if len(password) > 1280:
            raise FailingError(1783, "CredWrite", "The stub received bad data")
        self.writes += 1
        self.entries[service, username] = password


class FailingError(Exception):
    """Has the shape of pywintypes.error, which is no keyring error."""


class FailingKeyring(MemoryKeyring):
    """Raises the same error for everything."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def get_password(self, service: str, username: str) -> str | None:  # noqa: ARG002 - a hook
        raise self.error


class ForgetfulKeyring(MemoryKeyring):
    """Takes a value and does not keep it."""

    def set_password(self, service: str, username: str, password: str) -> None:  # noqa: ARG002 - a hook
        self.writes += 1


class WeakKeyring(MemoryKeyring):
    """Stands for a file that anyone can read, as keyrings.alt offers it."""

    priority = 0.5  # type: ignore[assignment]  # keyring declares a read-only class property


def test_a_sealed_value_comes_back_only_under_its_name() -> None:
    vault = Vault(FixedKey())
    blob = vault.seal("x3.password", "pä$$ word\n")
    assert vault.open("x3.password", blob) == "pä$$ word\n"
    assert b"word" not in blob
    with pytest.raises(LocalFault, match=r"secret set x3\.client_secret"):
        vault.open("x3.client_secret", blob)


def test_each_seal_has_a_nonce_of_its_own() -> None:
    vault = Vault(FixedKey())
    assert vault.seal("x3.password", "same") != vault.seal("x3.password", "same")


@pytest.mark.parametrize("place", [0, 1, 12, 13, -1])
def test_one_changed_byte_is_noticed(place: int) -> None:
    vault = Vault(FixedKey())
    blob = bytearray(vault.seal("x3.password", "a secret"))
    blob[place] ^= 1
    with pytest.raises(LocalFault, match="cannot be opened"):
        vault.open("x3.password", bytes(blob))


@pytest.mark.parametrize("blob", [b"", b"\x01", b"\x01" + bytes(12), b"\x02" + bytes(40)])
def test_bytes_that_were_never_sealed_are_refused(blob: bytes) -> None:
    with pytest.raises(LocalFault):
        Vault(FixedKey()).open("x3.password", blob)


def test_another_key_does_not_open_it() -> None:
    blob = Vault(FixedKey(bytes(32))).seal("x3.password", "a secret")
    with pytest.raises(LocalFault):
        Vault(FixedKey()).open("x3.password", blob)


def test_names_are_a_closed_list() -> None:
    assert INTERNAL_NAMES == ("x3.access_token",)
    assert len(SECRET_NAMES) == 7
    for name in SETTABLE_NAMES:
        check_settable(name)
    for name in ("x3.access_token", "x3.pasword", ""):
        with pytest.raises(ConfigError, match="known are"):
            check_settable(name)
    with pytest.raises(ConfigError):
        Vault(FixedKey()).seal("x3.pasword", "value")


def test_the_key_is_made_once_and_kept_as_base64() -> None:
    backend = MemoryKeyring()
    port = KeyringKey("w-1", backend)
    assert port.get() is None
    key = port.create()
    assert len(key) == 32
    assert backend.entries == {("Crossfoot", "w-1"): base64.b64encode(key).decode()}
    assert port.create() == key
    assert port.get() == key
    assert backend.writes == 1


def test_two_workspaces_have_two_keys_in_one_keyring() -> None:
    backend = MemoryKeyring()
    assert KeyringKey("w-1", backend).create() != KeyringKey("w-2", backend).create()
    assert len(backend.entries) == 2


def test_opening_never_makes_a_key() -> None:
    backend = MemoryKeyring()
    blob = Vault(FixedKey()).seal("x3.password", "a secret")
    with pytest.raises(LocalFault, match="Set the secrets again"):
        Vault(KeyringKey("w-1", backend)).open("x3.password", blob)
    assert backend.writes == 0


def test_a_vault_over_a_keyring_survives_a_restart() -> None:
    backend = MemoryKeyring()
    blob = Vault(KeyringKey("w-1", backend)).seal("avidxchange.user_token", "token-1")
    assert Vault(KeyringKey("w-1", backend)).open("avidxchange.user_token", blob) == "token-1"


@pytest.mark.parametrize("kind", [WeakKeyring, fail.Keyring, null.Keyring])
def test_a_keyring_that_does_not_protect_is_refused(kind: type[KeyringBackend]) -> None:
    backend = kind()
    for call in (KeyringKey("w-1", backend).get, KeyringKey("w-1", backend).create):
        with pytest.raises(LocalFault, match="no keyring that protects"):
            call()


def test_the_first_of_a_chain_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    strong = MemoryKeyring()
    monkeypatch.setattr(ChainerBackend, "backends", [strong, WeakKeyring()])
    chain = ChainerBackend()  # type: ignore[no-untyped-call]  # keyring has no types here
    KeyringKey("w-1", chain).create()
    assert strong.writes == 1
    monkeypatch.setattr(ChainerBackend, "backends", [WeakKeyring()])
    with pytest.raises(LocalFault):
        KeyringKey("w-1", chain).create()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (NoKeyringError("none"), "no keyring"),
        (KeyringLocked("locked"), "locked"),
        (InitError("not unlocked"), "locked"),
        (FailingError(1312, "CredRead", "A specified logon session does not exist"), "1312"),
        (FailingError(1783, "CredWrite", "The stub received bad data"), "1783"),
        (RuntimeError("value=hunter2"), "RuntimeError"),
    ],
)
def test_a_failing_keyring_becomes_an_error_with_a_remedy(error: Exception, says: str) -> None:
    with pytest.raises(LocalFault) as caught:
        KeyringKey("w-1", FailingKeyring(error)).get()
    assert says in str(caught.value)
    assert caught.value.fix
    assert "hunter2" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_keyring_that_forgets_or_holds_nonsense_is_an_error() -> None:
    with pytest.raises(LocalFault, match="did not keep"):
        KeyringKey("w-1", ForgetfulKeyring()).create()
    backend = MemoryKeyring()
    for text in ("not base64!", base64.b64encode(bytes(16)).decode(), ""):
        backend.entries["Crossfoot", "w-1"] = text
        with pytest.raises(LocalFault, match="does not hold a key"):
            KeyringKey("w-1", backend).create()
    assert backend.writes == 0


def test_the_sandbox_key_is_a_constant() -> None:
    assert FixedKey().get() == FixedKey().create() == SANDBOX_KEY
    assert SANDBOX_KEY.hex().startswith("a48299fd018f3be0")
    assert Vault(FixedKey()).mac("head") == Vault(FixedKey()).mac("head")
    assert Vault(FixedKey()).mac("head") != Vault(FixedKey(bytes(32))).mac("head")


@pytest.mark.parametrize("value", ['p/a+ss "wörd"&<x>\\', "hunter2-hunter2", "abcd"])
def test_registered_values_are_taken_out_in_every_form(value: str) -> None:
    register = SecretRegister()
    register.register(value)
    texts = [
        value,
        f"before {value} after",
        json.dumps({"a": value}),
        json.dumps({"a": value}, ensure_ascii=False),
        quote(value, safe=""),
        quote(value).lower() if value.islower() else quote(value),
        base64.b64encode(value.encode()).decode(),
        base64.urlsafe_b64encode(value.encode()).decode(),
        repr(value),
    ]
    for text in texts:
        cleaned = register.redact(text)
        assert "removed" in cleaned, text
        assert value not in cleaned


@pytest.mark.parametrize("user", ["u", "us", "AVIDWS"])
def test_a_password_inside_http_basic_is_taken_out(user: str) -> None:
    register = SecretRegister()
    register.register("hunter2-hunter2")
    header = base64.b64encode(f"{user}:hunter2-hunter2".encode()).decode()
    cleaned = register.redact(f"Authorization: Basic {header}")
    assert "removed" in cleaned
    assert "aHVudGVy" not in cleaned
    rest = cleaned.removeprefix("Authorization: Basic ").split("removed")
    assert sum(map(len, rest)) <= (len(user) + 1) * 8 // 6 + 6


def test_short_values_and_longer_neighbours() -> None:
    register = SecretRegister()
    assert register.redact("nothing is registered") == "nothing is registered"
    register.register("abc")
    assert register.redact("abc") == "abc"
    register.register("secret")
    register.register("secret-longer")
    assert register.redact("secret-longer secret") == "removed removed"


def test_rotating_values_are_forgotten_by_age_and_lasting_ones_never() -> None:
    register = SecretRegister()
    register.register("lasting-secret")
    for number in range(100):
        register.register(f"token-number-{number:03}", rotates=True)
    assert register.redact("lasting-secret token-number-099 token-number-068") == " ".join(
        ["removed"] * 3
    )
    assert register.redact("token-number-067") == "token-number-067"


class RefusingKeyring(MemoryKeyring):
    """Reads, and refuses to keep anything, as Windows does above its limit."""

    def set_password(self, service: str, username: str, password: str) -> None:  # noqa: ARG002 - a hook
        raise FailingError(1783, "CredWrite", "The stub received bad data")


def test_a_keyring_that_refuses_to_write_is_an_error_without_the_key() -> None:
    with pytest.raises(LocalFault, match="FailingError 1783") as caught:
        KeyringKey("w-1", RefusingKeyring()).create()
    assert caught.value.__cause__ is None


def test_a_chain_without_a_member_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ChainerBackend, "backends", [])
    chain = ChainerBackend()  # type: ignore[no-untyped-call]  # keyring has no types here
    with pytest.raises(LocalFault, match="keyring"):
        KeyringKey("w-1", chain).get()
