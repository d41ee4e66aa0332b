"""What the doctor says of the document folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from core import doctor
from core.clock import SystemClock
from core.doctor import Check
from core.settings import Settings
from core.store.sqlite import Store


def _checks(directory: Path, **attachments: Any) -> list[Check]:
    settings = Settings.model_validate(
        {
            "workspace": {"name": "Test", "start_date": "2026-01-01"},
            "x3": {"base_url": "https://x3.acme.example", "endpoint": "PROD"},
            "avidxchange": {"base_url": "https://api.acme.example", "company_id": "C-1"},
            "attachments": attachments,
        }
    )
    store = Store.open(directory, version="0", clock=SystemClock(), is_sandbox=True)
    try:
        probes = doctor.workspace_probes(directory, store, settings)
        return [c for c in doctor.examine(probes) if c.check == "document folder"]
    finally:
        store.close_thread()


def test_nothing_is_said_where_no_documents_are_sent(tmp_path: Path) -> None:
    assert _checks(tmp_path) == []


def test_a_folder_that_can_be_read_is_well(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (tmp_path / "documents" / "PIH1.pdf").write_bytes(b"%PDF")
    (check,) = _checks(tmp_path, folder="documents")
    assert (check.ok, check.cause) == (True, "")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"folder": "gone"}, "cannot be read, no such file or directory"),
        ({"required": True}, "attachments.folder is empty: every invoice waits"),
    ],
)
def test_what_is_wrong_is_named_with_its_setting(
    tmp_path: Path, given: dict[str, Any], told: str
) -> None:
    (check,) = _checks(tmp_path, **given)
    assert (check.ok, check.code) == (False, "CFG-01")
    assert told in check.cause
    assert "attachments.folder" in check.cause
    assert check.remedy


def test_an_empty_folder_is_noted(tmp_path: Path) -> None:
    (tmp_path / "documents").mkdir()
    (check,) = _checks(tmp_path, folder="documents")
    assert check.ok
    assert "holds no file" in check.cause


def test_a_pattern_that_would_fit_every_invoice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="one file would fit every invoice"):
        _checks(tmp_path, folder="documents", pattern="*.pdf")
