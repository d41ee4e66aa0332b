"""Settings: every key strict, every refusal names its key, writing keeps the person's comments."""

import os
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from core import config
from core.errors import ConfigError, LocalFault

MINIMAL = """
[workspace]
start_date = 2026-01-01
[x3]
base_url = "https://x3.example:8124"
endpoint = "PROD"
username = "AVIDWS"
[avidxchange]
base_url = "https://api.example"
token_url = "https://api.example/token"
client_id = "abc"
company_id = "C-1001"
"""


def with_line(section: str, line: str) -> str:
    """MINIMAL with one more line in a section; a key already there is replaced."""
    key = line.split("=", maxsplit=1)[0].strip()
    kept = []
    current = ""
    for existing in MINIMAL.splitlines():
        if existing.startswith("["):
            current = existing.strip("[]")
        if not (current == section and existing.split("=")[0].strip() == key):
            kept.append(existing)
        if existing == f"[{section}]":
            kept.append(line)
    if f"[{section}]" not in kept:
        kept += [f"[{section}]", line]
    return "\n".join(kept)


def refusal(text: str) -> ConfigError:
    with pytest.raises(ConfigError) as caught:
        config.parse(text)
    assert caught.value.code == "CFG-01"
    return caught.value


def test_defaults_are_those_of_the_settings_page() -> None:
    settings = config.parse(MINIMAL)
    assert settings.workspace.mode == "preview"
    assert settings.workspace.poll_minutes == 15
    assert settings.workspace.ceiling == 0
    assert settings.scope.currencies == ("USD", "CAD")
    assert settings.attachments.pattern == "{number}*.pdf"
    assert settings.x3.read == "api1"
    assert settings.x3.soap.payment_publication == "AVIDPAY"
    assert settings.x3.payment.bank_for("US10") == "USBNK"
    assert settings.x3.approval.approved == 4
    assert settings.avidxchange.idempotency_header == "Idempotency-Key"
    assert settings.avidxchange.max_concurrency == 4
    assert settings.workspace.start_date == date(2026, 1, 1)


def test_template_holds_every_default_and_asks_for_the_first_required_key() -> None:
    assert refusal(config.DEFAULT_TEXT).detail == "workspace.start_date"
    filled = config.DEFAULT_TEXT.replace("# start_date", "start_date")
    for old, new in [
        (
            'base_url = ""                    # required: h',
            'base_url = "https://x3.example:8124" # h',
        ),
        ('endpoint = ""', 'endpoint = "PROD"'),
        ('username = ""', 'username = "AVIDWS"'),
        ('base_url = ""                    # required\n', 'base_url = "https://api.example"\n'),
        (
            'token_url = ""                   # required for client',
            'token_url = "https://api.example/token" #',
        ),
        ('client_id = ""                   # required for client', 'client_id = "abc" #'),
        ('company_id = ""', 'company_id = "C-1001"'),
    ]:
        assert filled.count(old) == 1, old
        filled = filled.replace(old, new)
    assert config.parse(filled) == config.parse(MINIMAL)


@pytest.mark.parametrize(
    ("section", "line", "key"),
    [
        ("workspace", 'start_date = "yesterday"', "workspace.start_date"),
        ("workspace", "start_date = 2026-01-01T00:00:00Z", "workspace.start_date"),
        ("workspace", 'mode = "test"', "workspace.mode"),
        ("workspace", "poll_minutes = 0", "workspace.poll_minutes"),
        ("workspace", "poll_minutes = true", "workspace.poll_minutes"),
        ("workspace", 'poll_minutes = "15"', "workspace.poll_minutes"),
        ("workspace", "ceiling = -1", "workspace.ceiling"),
        ("workspace", "ceiling = inf", "workspace.ceiling"),
        ("workspace", 'ceiling = "50000"', "workspace.ceiling"),
        ("workspace", "ceiling = { usd = 5 }", "workspace.ceiling"),
        ("scope", 'currencies = "USD"', "scope.currencies"),
        ("scope", 'currencies = ["us"]', "scope.currencies"),
        ("scope", "suppliers_not = [10]", "scope.suppliers_not"),
        ("attachments", "required = 1", "attachments.required"),
        ("x3", 'base_url = "http://x3.example:8124"', "x3.base_url"),
        ("x3", 'base_url = "ftp://127.0.0.1"', "x3.base_url"),
        ("x3", 'base_url = "x3.example"', "x3.base_url"),
        ("x3", 'base_url = "https://x3.example:port"', "x3.base_url"),
        ("x3", 'base_url = "https://u:p@x3.example"', "x3.base_url"),
        ("x3", 'base_url = ""', "x3.base_url"),
        ("x3", 'endpoint = "A|B"', "x3.endpoint"),
        ("x3", 'endpoint = ""', "x3.endpoint"),
        ("x3", 'username = "a:b"', "x3.username"),
        ("x3", 'username = ""', "x3.username"),
        ("x3", 'auth = "connected_app"', "x3.client_id"),
        ("x3", 'auth = "oauth2"', "x3.client_id"),
        ("x3", "page_size = 0", "x3.page_size"),
        ("x3", 'pages_size = "5"', "x3.pages_size"),
        ("x3.approval", "approved = 5", "x3.approval.approved"),
        ("x3.approval", "on_hold = 0", "x3.approval.on_hold"),
        ("x3.payment", "bank = 5", "x3.payment.bank"),
        ("x3.payment", "bank = { US10 = 5 }", "x3.payment.bank"),
        ("avidxchange", 'token_url = ""', "avidxchange.token_url"),
        ("avidxchange", 'client_id = " "', "avidxchange.client_id"),
        ("avidxchange", 'company_id = ""', "avidxchange.company_id"),
        ("avidxchange", 'auth = "basic"', "avidxchange.auth"),
        ("avidxchange", "max_concurrency = 2.5", "avidxchange.max_concurrency"),
        ("surprise", "a = 1", "surprise"),
    ],
)
def test_each_wrong_value_is_refused_by_its_key(section: str, line: str, key: str) -> None:
    error = refusal(with_line(section, line))
    assert error.detail == key
    assert key in str(error)
    assert "pydantic" not in str(error)
    assert "\n" not in error.why


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("workspace", "start_date"),
        ("x3", "base_url"),
        ("x3", "endpoint"),
        ("x3", "username"),
        ("avidxchange", "base_url"),
        ("avidxchange", "token_url"),
        ("avidxchange", "client_id"),
        ("avidxchange", "company_id"),
    ],
)
def test_each_required_key_is_named_when_it_is_missing(section: str, key: str) -> None:
    text = with_line(section, f"{key} = @").replace(f"{key} = @\n", "")
    assert refusal(text).why == f"{section}.{key} is missing."


def test_an_empty_file_names_a_key_and_not_a_table() -> None:
    assert refusal("").detail == "workspace.start_date"
    assert {problem.key for problem in config.check("")} >= {
        "x3.base_url",
        "avidxchange.company_id",
    }


def test_an_unknown_key_is_named_before_what_is_missing_and_gets_a_proposal() -> None:
    error = refusal('[x3]\nbase_ulr = "https://x"\n')
    assert error.detail == "x3.base_ulr"
    assert "did you mean base_url?" in error.why


@pytest.mark.parametrize("key", ["password", "client_secret", "refresh_token"])
def test_a_secret_in_the_file_is_refused_without_being_repeated(key: str) -> None:
    error = refusal(with_line("x3", f'{key} = "hunter2-hunter2"'))
    assert f"secret set x3.{key}" in error.why
    assert "hunter2" not in str(error)
    assert "hunter2" not in repr(error)
    assert error.__cause__ is None


def test_values_are_never_repeated_in_an_error() -> None:
    assert "s3cr3t" not in str(refusal(with_line("x3", 'read = "s3cr3t"')))
    assert "s3cr3t" not in str(refusal("[x3]\npassword = s3cr3t"))


def test_sign_in_kinds_ask_only_for_what_they_use() -> None:
    tokens = with_line("avidxchange", 'auth = "static_tokens"')
    tokens = "\n".join(
        line for line in tokens.splitlines() if not line.startswith(("token_url", "client_id"))
    )
    assert config.parse(tokens).avidxchange.auth == "static_tokens"
    oauth = with_line(
        "x3", 'auth = "oauth2"\nclient_id = "a"\ntoken_url = "https://gateway.example/token"'
    )
    oauth = "\n".join(line for line in oauth.splitlines() if not line.startswith("username"))
    assert config.parse(oauth).x3.token_url == "https://gateway.example/token"


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:8124", "http://localhost:1", "http://[::1]:8124/", "https://x.example/a/"],
)
def test_loopback_and_https_addresses_are_taken_without_trailing_slash(address: str) -> None:
    settings = config.parse(with_line("x3", f'base_url = "{address}"'))
    assert settings.x3.base_url == address.rstrip("/")


def test_amounts_stay_exact_and_may_differ_by_currency() -> None:
    one = config.parse(with_line("workspace", "ceiling = 50000.10")).workspace
    assert one.ceiling_for("USD") == Decimal("50000.10")
    many = config.parse(with_line("workspace", "ceiling = { USD = 50000, CAD = 0.10 }")).workspace
    assert many.ceiling_for("CAD") == Decimal("0.10")
    assert many.ceiling_for("EUR") is None
    assert config.parse(MINIMAL).workspace.ceiling_for("USD") is None


def test_banks_by_company_and_quoted_date() -> None:
    text = with_line("x3.payment", 'bank = { US10 = "USBNK", CA10 = "CABNK" }')
    payment = config.parse(text.replace("2026-01-01", '"2026-01-01"')).x3.payment
    assert payment.bank_for("CA10") == "CABNK"
    assert payment.bank_for("DE10") is None


def test_settings_cannot_be_changed() -> None:
    settings = config.parse(MINIMAL)
    with pytest.raises(ValueError, match="frozen"):
        settings.x3.endpoint = "TEST"


def test_load_names_the_file_when_it_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    with pytest.raises(ConfigError, match=r"settings\.toml does not exist"):
        config.load(path)
    path.write_bytes(b"\xff\xfe[x3]")
    with pytest.raises(ConfigError, match="not UTF-8"):
        config.load(path)
    path.write_bytes(b"[x3]\nbase_url = = \n")
    with pytest.raises(ConfigError, match="in line 2"):
        config.load(path)
    path.write_bytes(b"\xef\xbb\xbf" + MINIMAL.replace("\n", "\r\n").encode())
    assert config.load(path).x3.endpoint == "PROD"


def test_writing_keeps_comments_and_other_keys(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(
        "# ours\n" + MINIMAL.replace('"PROD"', '"PROD"  # the live folder'), encoding="utf-8"
    )
    config.write_setting(path, "x3.endpoint", "TEST")
    config.write_setting(path, "x3.payment.bank", {"US10": "USBNK"})
    config.write_setting(path, "workspace.ceiling", {"USD": Decimal("10.50")})
    config.write_setting(path, "scope.currencies", ("USD",))
    config.write_setting(path, "workspace.start_date", date(2026, 2, 1))
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# ours\n")
    assert '"TEST"  # the live folder' in text
    settings = config.load(path)
    assert settings.x3.payment.bank == {"US10": "USBNK"}
    assert settings.workspace.ceiling == {"USD": Decimal("10.50")}
    assert settings.scope.currencies == ("USD",)
    assert settings.workspace.start_date == date(2026, 2, 1)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["settings.toml"]


def test_a_first_file_is_begun_from_the_template(tmp_path: Path) -> None:
    path = tmp_path / "new" / "settings.toml"
    config.write_setting(path, "x3.base_url", "https://x3.example:8124")
    assert path.read_text(encoding="utf-8").startswith("# Settings of this Crossfoot")
    with pytest.raises(ConfigError, match=r"workspace\.start_date is missing"):
        config.load(path)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("x3.base_url", "http://x3.example"),
        ("x3.password", "hunter2"),
        ("x3.endpoint.deep", "a"),
        ("nothing.known", "a"),
        ("name", "a"),
        ("workspace.poll_minutes", 0),
        ("x3.approval.approved", 9),
    ],
)
def test_a_refused_write_leaves_the_file_as_it_was(tmp_path: Path, key: str, value: object) -> None:
    path = tmp_path / "settings.toml"
    path.write_text(MINIMAL, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        config.write_setting(path, key, value)
    assert "hunter2" not in str(caught.value)
    assert path.read_text(encoding="utf-8") == MINIMAL


def test_a_file_that_cannot_be_replaced_is_a_local_fault(tmp_path: Path) -> None:
    target = tmp_path / "taken"
    target.mkdir()
    (target / "inside").touch()
    with pytest.raises(LocalFault) as caught:
        config.replace_file(target, b"x")
    assert caught.value.code == "DSK-01"
    assert [entry.name for entry in tmp_path.iterdir()] == ["taken"]


def test_the_sandbox_has_a_data_directory_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OneDrive", "OneDriveCommercial", "OneDriveConsumer"):
        monkeypatch.delenv(name, raising=False)
    real = config.data_directory(None, sandbox=False)
    demo = config.data_directory(None, sandbox=True)
    assert real.name == "Crossfoot"
    assert demo == real / "sandbox"


def test_a_given_data_directory_is_taken_and_made_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert config.data_directory(Path("here"), sandbox=True) == tmp_path / "here"
    assert not (tmp_path / "here").exists()


@pytest.mark.parametrize(
    "folder",
    [
        r"\\server\share\Crossfoot",
        "//server/share/Crossfoot",
        r"\\?\UNC\server\share",
        "/home/ann/Dropbox/ap",
        "/home/ann/Dropbox (Acme)/ap",
        r"C:\Users\Ann\OneDrive - Acme\ap",
        "/home/ann/OneDrive/ap",
        "/home/ann/Google Drive/ap",
        "/Users/ann/Library/CloudStorage/GoogleDrive-ann@example.com/ap",
        "/Users/ann/Library/Mobile Documents/com~apple~CloudDocs/ap",
        r"C:\Users\Ann\iCloudDrive\ap",
    ],
)
def test_shares_and_synchronised_folders_are_refused(folder: str) -> None:
    with pytest.raises(ConfigError, match="choose"):
        config.data_directory(Path(folder), sandbox=False)


def test_the_folder_that_onedrive_names_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OneDriveCommercial", str(tmp_path / "Work"))
    with pytest.raises(ConfigError, match="OneDrive"):
        config.data_directory(tmp_path / "Work" / "ap", sandbox=False)
    assert config.data_directory(tmp_path / "Works", sandbox=False) == tmp_path / "Works"


@pytest.mark.skipif(os.name == "nt", reason="symbolic links need a right of their own on Windows")
def test_a_link_into_a_synchronised_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Dropbox").mkdir()
    (tmp_path / "innocent").symlink_to(tmp_path / "Dropbox")
    with pytest.raises(ConfigError, match="Dropbox"):
        config.data_directory(tmp_path / "innocent", sandbox=False)


def test_resources_are_found_and_a_missing_one_is_named() -> None:
    assert config.resource("profiles").is_dir()
    with pytest.raises(LocalFault, match="resources/no-such-file"):
        config.resource("no-such-file")


def test_files_named_by_settings_are_relative_to_the_data_directory(tmp_path: Path) -> None:
    assert config.relative_to_data(tmp_path, "") is None
    assert config.relative_to_data(tmp_path, "ca.pem") == tmp_path / "ca.pem"
    absolute = tmp_path / "elsewhere" / "ca.pem"
    assert config.relative_to_data(tmp_path / "data", str(absolute)) == absolute
