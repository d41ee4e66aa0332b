"""The wire profile: the shipped one is the contract's, and every wrong key is named."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.avidxchange import load_profile
from core.avidxchange.profile import parse_profile
from core.errors import ConfigError
from tests.contract.avidxchange_server import CONTRACT, profile_with, shipped_text

PROFILE = load_profile()


def test_the_shipped_profile_is_the_contracts_with_its_clarification() -> None:
    text = (CONTRACT.parent / "avidxchange.md").read_text(encoding="utf-8")
    block = re.search(r'```toml\n(name = "connect".*?)```', text, re.DOTALL)
    assert block is not None
    expected: dict[str, Any] = tomllib.loads(block[1])
    # avidxchange.md 10.22
    expected["retry"]["breaker_seconds"] = [30, 900]
    expected["limits"]["requests_per_second"] = 0
    assert tomllib.loads(shipped_text()) == expected


def keys_of(table: dict[str, Any], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for name, value in table.items():
        found.append((*path, name))
        if isinstance(value, dict) and name != "token_form":
            found += keys_of(value, (*path, name))
    return found


def toml_of(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {toml_of(item)}' for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml_of, value)) + "]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return str(value).lower() if isinstance(value, bool) else str(value)


def text_of(data: dict[str, Any]) -> str:
    return "\n".join(f"{name} = {toml_of(value)}" for name, value in data.items())


@pytest.mark.parametrize("path", keys_of(tomllib.loads(shipped_text())), ids=".".join)
def test_every_key_is_required_and_no_other_is_known(path: tuple[str, ...]) -> None:
    data = tomllib.loads(shipped_text())
    table = data
    for name in path[:-1]:
        table = table[name]
    value = table.pop(path[-1])
    with pytest.raises(ConfigError, match="is missing") as caught:
        parse_profile(text_of(data))
    assert (caught.value.code, caught.value.detail) == ("CFG-01", ".".join(path))
    table[f"{path[-1]}x"] = value
    with pytest.raises(ConfigError, match="is not known") as caught:
        parse_profile(text_of(data))
    assert caught.value.detail == ".".join(path) + "x"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('"basic"  ', '"post"  ', "auth.token_client_auth"),
        ("basic_encode = false", 'basic_encode = "no"', "auth.basic_encode"),
        ("skew_seconds = 60", "skew_seconds = -1", "auth.skew_seconds"),
        ('["submit_invoice"]', '["replace_invoice"]', "headers.idempotency_on.0"),
        ('"GET /v1/codes"', '"codes"', "operations.list_codes"),
        ('style = "number"', 'style = "cursor"', "paging.style"),
        ('zone_in = "UTC"', 'zone_in = "Mars/Olympus"', "values.zone_in"),
        ("['approved', 'approved']", "['approved', 'yes']", "maps.invoice_status"),
        ("['error', 'failed']", "['error', 'broken']", "maps.payment_status"),
        ("'void(ed)?( .*)?'", "'void('", "maps.payment_status"),
        ("['refund(ed)?', 'refunded']", "['refund(ed)?']", "maps.payment_status"),
        ("in_doubt_lookups = [2, 10, 30, 120]", "in_doubt_lookups = []", "retry.in_doubt_lookups"),
        ("version = 1", "version = 2", "version"),
        ('owner = "Buyer"', 'owner = "Us"', "invoice.external_id.owner"),
        ("max_pages = 10000", "max_pages = 1.5", "paging.limits.max_pages"),
    ],
)
def test_wrong_values_are_named(old: str, new: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        profile_with((old, new))
    assert caught.value.detail == key
    assert key in caught.value.why


def test_every_number_may_be_0_and_lists_of_seconds_of_any_length() -> None:
    text = re.sub(r"= \d+(?=[ ,}\n])", "= 0", shipped_text()).replace("version = 0", "version = 1")
    text = re.sub(r"in_doubt_lookups = \[.*?\]", "in_doubt_lookups = [0.5]", text)
    profile = parse_profile(text)
    assert profile.limits.counts.lines == profile.retry.backoff.attempts == 0
    assert profile.retry.in_doubt_lookups == (0.5,)


def test_a_sites_file_replaces_the_shipped_one_whole(tmp_path: Path) -> None:
    place = tmp_path / "site.toml"
    place.write_text(shipped_text().replace('"connect"', '"site"'), encoding="utf-8-sig")
    assert load_profile(place).name == "site"
    place.write_text('name = "site"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"site\.toml: \w+ is missing"):
        load_profile(place)
    place.write_text("name = ", encoding="utf-8")
    with pytest.raises(ConfigError, match="not readable TOML"):
        load_profile(place)
    place.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_profile(place)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_profile(tmp_path / "absent.toml")


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Received", "received"),
        ("submitted", "received"),
        (" In  Approval ", "in_approval"),
        ("PENDING APPROVAL", "in_approval"),
        ("On Hold", "on_hold"),
        ("Disputed", "disputed"),
        ("Approved", "approved"),
        ("Rejected", "rejected"),
        ("Exported", "exported"),
        ("Withdrawn", "deleted"),
        ("Approved by 2", "unknown"),
        ("", "unknown"),
    ],
)
def test_invoice_states(text: str, state: str) -> None:
    assert PROFILE.invoice_state(text) == state


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("Pending Approval", "pending"),
        ("Held", "held"),
        ("Void", "voided"),
        ("Voided before issue", "voided"),
        ("Processing", "processing"),
        ("Error", "failed"),
        ("Debit Requested", "processing"),
        ("Funds Received", "processing"),
        ("Sent to Check Printer", "issued"),
        ("Issued to Supplier", "issued"),
        ("Issued", "issued"),
        ("ACH Credit Issued", "issued"),
        ("VCC Processing", "processing"),
        ("Cleared", "cleared"),
        ("e-Payment Check Cleared", "cleared"),
        ("Refunded", "refunded"),
        ("Stopped", "stopped"),
        ("Stop Payment", "stopped"),
        ("Returned", "returned"),
        ("Returned by bank", "returned"),
        ("Re-issue", "reissued"),
        ("Reissued", "reissued"),
        ("Lost at sea", "unknown"),
    ],
)
def test_payment_states(text: str, state: str) -> None:
    assert PROFILE.payment_state(text) == state


@pytest.mark.parametrize(
    ("text", "method"),
    [
        ("Virtual Credit Card", "card"),
        ("VCC", "card"),
        ("AvidPay Check", "check"),
        ("Paper Check", "check"),
        ("AvidPay Direct", "ach"),
        ("Enhanced ACH", "ach"),
        ("e-Payment", "epayment"),
        ("Wire", "other"),
    ],
)
def test_payment_methods(text: str, method: str) -> None:
    assert PROFILE.payment_method(text) == method


def test_the_operations_are_those_of_the_openapi_file() -> None:
    document = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    described = {
        call["operationId"]: f"{method.upper()} {path}"
        for path, calls in document["paths"].items()
        for method, call in calls.items()
        if method in ("get", "post", "put", "delete")
    }
    described.pop("token")
    assert PROFILE.operations.model_dump() == described


def test_an_operation_that_is_not_offered() -> None:
    profile = profile_with(('"GET /v1/codes/groups"', '""'))
    assert not profile.is_offered("list_code_groups")
    with pytest.raises(ConfigError, match="does not offer list_code_groups"):
        profile.operation("list_code_groups")
    offered = profile.operation("get_invoice")
    assert (offered.method, offered.path) == ("GET", "/v1/invoices/{id}")
