"""The settings as a form, there and back; secrets; the demo's process."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from core import app, desk_demo
from core.config import DEFAULT_TEXT, load
from core.desk import Desk
from core.desk_settings_form import checked, fields, kind_of, save, text_of, value_of
from core.errors import ConfigError, LocalFault

GOOD = {
    "workspace.start_date": "2026-01-01",
    "x3.base_url": "https://x3.acme.example:8124",
    "x3.endpoint": "PROD",
    "x3.username": "WS",
    "avidxchange.base_url": "https://api.example",
    "avidxchange.token_url": "https://api.example/token",
    "avidxchange.client_id": "c",
    "avidxchange.company_id": "C-1",
}


def test_every_key_of_the_file_is_a_field_with_a_label() -> None:
    shown = fields(DEFAULT_TEXT)
    data = tomllib.loads(DEFAULT_TEXT.replace("# start_date", "start_date"))
    inner = {f"x3.{name}": data["x3"].pop(name) for name in ("soap", "payment", "approval")}
    keys = {f"{table}.{name}" for table, row in (data | inner).items() for name in row}
    assert {field.key for field in shown} == keys
    assert len({field.key for field in shown}) == len(shown)
    by_key = {field.key: field for field in shown}
    assert by_key["workspace.start_date"].problem == "workspace.start_date is missing."
    assert by_key["workspace.start_date"].required
    assert by_key["workspace.mode"].kind == "choice"
    assert [value for value, _ in by_key["workspace.mode"].choices] == ["preview", "live"]
    assert by_key["scope.currencies"].value == "USD, CAD"
    assert by_key["x3.ca_file"].kind == "path"
    assert by_key["attachments.required"].value == "false"


def test_what_is_saved_is_read_back_and_comments_stay(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    save(file, GOOD)
    changes = {
        "workspace.mode": "live",
        "workspace.poll_minutes": "20",
        "workspace.ceiling": "{ USD = 50000, CAD = 1000.5 }",
        "scope.payment_methods": "AVD, AVX",
        "attachments.required": "true",
        "x3.payment.bank": '{ US10 = "USBNK" }',
    }
    assert checked(file, changes) == {}
    save(file, changes)
    settings = load(file)
    assert settings.workspace.mode == "live"
    assert str(settings.workspace.ceiling_for("CAD")) == "1000.5"
    assert settings.scope.payment_methods == ("AVD", "AVX")
    assert settings.attachments.required
    assert settings.x3.payment.bank_for("US10") == "USBNK"
    text = file.read_text(encoding="utf-8")
    assert "# Settings of this Crossfoot workspace." in text
    shown = {field.key: field for field in fields(text)}
    assert {key: shown[key].value for key in changes if "." not in shown[key].value} == {
        key: value for key, value in changes.items() if "." not in value
    }
    save(file, {key: shown[key].value for key in shown})
    assert load(file) == settings


def test_what_does_not_fit_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    save(file, GOOD)
    before = file.read_bytes()
    changes = {
        "x3.base_url": "http://x3.acme.example",
        "workspace.start_date": "soon",
        "workspace.poll_minutes": "often",
        "workspace.name": "New",
        "x3.payment.bank": "{ US10 = }",
    }
    found = checked(file, changes)
    assert set(found) == set(changes) - {"workspace.name"}
    assert "https://" in found["x3.base_url"]
    with pytest.raises(ConfigError) as caught:
        save(file, changes)
    assert caught.value.detail in found
    assert file.read_bytes() == before
    assert "x3.username" in checked(file, {"x3.username": ""})
    with pytest.raises(ConfigError, match="not a known key"):
        kind_of("x3.colour")
    assert "nonsense" not in text_of(value_of("scope.currencies", "USD"))


def test_a_demo_is_locked_and_shows_its_settings(fresh: Desk) -> None:
    shown = {field.key: field for field in fresh.settings_form()}
    assert shown["workspace.name"].value == "Demo"
    assert shown["x3.base_url"].value.startswith("http://127.0.0.1:")
    assert all(field.is_locked and not field.problem for field in shown.values())
    with pytest.raises(ConfigError, match="stay as they are"):
        fresh.save_settings({"workspace.name": "Mine"})


def test_a_new_workspace_is_filled_in_page_by_page(tmp_path: Path) -> None:
    with app.desk(app.Opening(tmp_path / "new")) as desk:
        problems = [field.key for field in desk.settings_form() if field.problem]
        assert "x3.endpoint" in problems
        desk.save_settings({key: value for key, value in GOOD.items() if key.startswith("x3")})
        assert "x3.endpoint" not in [f.key for f in desk.settings_form() if f.problem]
        assert desk.check_settings(GOOD) == {}
        desk.save_settings(GOOD)
        assert desk.settings.x3.base_url == GOOD["x3.base_url"]
        assert [entry["set"] for entry in desk.secrets()] == [False] * len(desk.secrets())


def test_the_demo_runs_apart_and_ends_with_its_input(tmp_path: Path) -> None:
    served = desk_demo.serve(tmp_path, seed=3)
    counts = served.counts()
    assert counts["vendors"] > 0
    served.advance()
    served.stop()
    served.stop()
    with pytest.raises(LocalFault, match="do not answer"):
        served.advance()
    again = desk_demo.serve(tmp_path)
    try:
        assert again.counts()["vendors"] == counts["vendors"]
    finally:
        again.stop()


def test_every_check_of_a_side_is_made(fresh: Desk) -> None:
    for system in ("x3", "avidxchange"):
        checks = list(fresh.test_side(system))
        assert checks
        assert all(check.ok and check.side == system for check in checks)
