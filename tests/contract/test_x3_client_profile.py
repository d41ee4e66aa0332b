"""The profile file: grammar, defaults, a site's overlay, and every way it can be wrong."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.domain.documents import ENTITIES
from core.errors import ConfigError
from core.x3.fields import parse_field, parse_path
from core.x3.profile import load
from tests.contract.x3_site import ROOT, SHIPPED, shipped


def contract_blocks() -> list[dict[str, Any]]:
    """The TOML texts of the contract, in order."""
    text = (ROOT / "docs" / "contracts" / "sage-x3.md").read_text("utf-8")
    return [tomllib.loads(part.partition("```")[0]) for part in text.split("```toml\n")[1:]]


def test_shipped_file_is_the_contracts_text_as_amended() -> None:
    main, nodes, times = contract_blocks()
    table = tomllib.loads(SHIPPED.read_text("utf-8"))
    main["limits"]["connect_timeout_s"] = 5  # 10.21
    main["meaning"] |= {"charges_account": "", "countries": {}}  # 10.21
    main["soap"]["payment"]["send_description"] = True  # 10.19
    for entity in ("payment_term", "gl_account", "dimension", "supplier_address", "payment"):
        nodes["graphql"].setdefault(entity, {})["node"] = ""  # 10.7
    assert table == {**main, **nodes, **times}


def overlaid(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(text, "utf-8")
    return path


def test_shipped_profile_covers_every_entity_and_time() -> None:
    profile = load(SHIPPED)
    assert set(ENTITIES) < set(profile.entity)
    assert list(profile.times.payment_lookup_s) == [60, 180]
    assert profile.meaning.credit_kinds == (2, 4)
    assert profile.meaning.charges_account == ""
    assert profile.limits.connect_timeout_s == 5
    assert profile.soap.payment.send_description
    assert profile.format.time_zone == ZoneInfo("UTC")
    assert profile.entity["supplier"].change == "UPDDATTIM"
    assert profile.entity["invoice"].representation == "PINVOICE"
    for entity in ("payment_term", "gl_account", "dimension", "supplier_address", "payment"):
        assert profile.graphql[entity].node == ""


@pytest.mark.parametrize(
    ("entry", "kind", "menu", "steps", "required"),
    [
        ("number=NUM!", "text", 0, (("NUM", None),), True),
        ("rate:n=RATMLT[1]", "n", 0, (("RATMLT", 1),), False),
        ("kind:m645=INVTYP!", "m", 645, (("INVTYP", None),), True),
        ("active:yn=ENAFLG", "yn", 0, (("ENAFLG", None),), False),
        ("chart=coas[2].a.code", "text", 0, (("coas", 2), ("a", None), ("code", None)), False),
    ],
)  # fmt: skip
def test_field_entries(
    entry: str, kind: str, menu: int, steps: tuple[tuple[str, int | None], ...], required: object
) -> None:
    field = parse_field(entry)
    assert field is not None
    assert (field.kind, field.menu, field.path.steps, field.is_required) == (
        kind,
        menu,
        steps,
        required,
    )


def test_constants_and_removal() -> None:
    assert parse_path("=DPT").constant == "DPT"
    constant = parse_field("site==US011")
    assert constant is not None
    assert constant.path.constant == "US011"
    assert parse_field("site=") is None
    class_field = parse_field("class=CLSCOD")
    assert class_field is not None
    assert class_field.name == "cls"


@pytest.mark.parametrize("entry", ["NUM", "a:x=NUM", "a=NUM[0]", "a=N UM", "=X", "a:m=N", "A=NUM"])
def test_bad_entries(entry: str) -> None:
    with pytest.raises(ValueError, match="is no"):
        parse_field(entry)


def test_overlay_replaces_key_by_key_and_field_by_field(tmp_path: Path) -> None:
    site = overlaid(
        tmp_path,
        """
        [limits]
        keys_per_request = 7
        [messages]
        busy = ["occupé"]
        [entity_defaults]
        change = "modifiedDateTime"
        [entity.open_item]
        class = "YOPENITEM"
        fields = ["due_date:d=YDUD!", "method="]
        [entity.invoice_line]
        dimension_types = ["=DPT"]
        dimension_values = ["CCE1"]
        """,
    )
    profile = load(SHIPPED, site)
    item = profile.entity["open_item"]
    assert (profile.limits.keys_per_request, profile.limits.lookup_size) == (7, 50)
    assert (
        profile.messages.classify("est OCCUPÉ"),
        profile.messages.classify("Locked record"),
    ) == (
        "busy",
        "other",
    )
    assert (item.cls, item.representation, item.change) == (
        "YOPENITEM",
        "YOPENITEM",
        "modifiedDateTime",
    )
    due_date = item.field("due_date")
    assert due_date is not None
    assert due_date.path.property_name == "YDUD"
    assert item.field("method") is None
    assert item.field("amount") is not None
    assert [path.constant for path in profile.entity["invoice_line"].dimension_types] == ["DPT"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[limits]\nspeed = 1", "limits.speed"),
        ("colour = 1", "colour"),
        ("[entity.order]\nclass = 'X'", "order"),
        ("[entity.invoice]\nshape = 'X'", "entity.invoice.shape"),
        ("[entity.invoice]\nfields = ['colour=X']", "colour"),
        ("[entity.invoice]\nfields = ['number=']", "number"),
        ("[entity.invoice]\nfields = ['number=A.B']", "dotted"),
        ("[entity.invoice]\nfields = ['number']", "is no field entry"),
        ("[entity.invoice]\nchange_kind = 'hour'", "change_kind"),
        ("[format]\ntime_zone = 'Mars/Base'", "time_zone"),
        ("[limits]\nwrites = 3", "limits.writes"),
        ("[times]\nread_retry_s = []", "times.read_retry_s"),
        ("[soap.payment]\nlookup = 'guess'", "soap.payment.lookup"),
        ("[limits", "cannot be read"),
        ("profile_version = 2", "profile_version"),
    ],
)
def test_a_wrong_profile_names_its_key(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(SHIPPED, overlaid(tmp_path, text))
    assert caught.value.code == "CFG-01"
    assert named in caught.value.why


def test_times_may_be_zero(tmp_path: Path) -> None:
    site = overlaid(tmp_path, "[times]\nread_retry_s = [0]\nsilence_s = 0\n")
    assert load(SHIPPED, site).times.read_retry_s == (0,)


def test_a_missing_file_is_a_setting(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"lost\.toml"):
        load(SHIPPED, tmp_path / "lost.toml")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Locked record", "busy"),
        ("Change In Progress on another workstation", "busy"),
        ("Pool 'X': request rejected", "busy"),
        ("721 : Record does not exist", "missing"),
        ("BPR : Record does not exist", "missing"),
        ("BPR : Inactive record", "inactive"),
        ("ACCDAT : Period closed", "period"),
        ("ACCDAT : Period not open", "period"),
        ("No classic web service pool match to 'X'", "setup"),
        ("Web service X must be published again", "setup"),
        ("PAZ : Level not authorized", "other"),
        ("AMTLIN : Amount greater than the open amount", "other"),
    ],
)
def test_messages_have_the_classes_of_the_contract(text: str, kind: str) -> None:
    assert shipped().messages.classify(text) == kind
