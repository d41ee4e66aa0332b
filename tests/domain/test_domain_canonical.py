"""Canonical JSON: one text for one content, the way back, and the chain of the audit log."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import types
import typing
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import IntEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain import canonical as c
from core.domain.ap_documents import AP_ENTITIES, ApPayment, PostalAddress, Vendor, ap_hash
from core.domain.documents import ENTITIES, Invoice, InvoiceLine, Supplier, document_hash
from core.domain.payload import VendorPayload
from core.domain.remittance import RemitDetails
from tests.domain.domain_samples import invoice

CLASSES = [*ENTITIES.values(), *AP_ENTITIES.values(), RemitDetails, VendorPayload]
DECIMALS = st.decimals(
    allow_nan=False, allow_infinity=False, places=3, min_value=-(10**12), max_value=10**12
)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
INSTANTS = st.datetimes(
    min_value=datetime(1900, 1, 1),  # noqa: DTZ001 - hypothesis wants naive bounds and adds the zone
    timezones=st.just(UTC),
)


def values(hint: Any) -> st.SearchStrategy[Any]:
    """Values of an annotated type of a document."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        inner = values(next(a for a in arguments if a is not type(None)))
        return st.none() | inner
    if origin is tuple:
        return st.lists(values(arguments[0]), max_size=3).map(tuple)
    if dataclasses.is_dataclass(hint):
        return documents(typing.cast("type[Any]", hint))
    simple: dict[Any, st.SearchStrategy[Any]] = {
        Decimal: DECIMALS,
        datetime: INSTANTS,
        date: st.dates(min_value=date(1900, 1, 1)),
        int: st.integers(-(10**9), 10**12),
        bool: st.booleans(),
        str: TEXTS,
    }
    return simple[hint]


def documents(kind: type[Any]) -> st.SearchStrategy[Any]:
    """Documents of a class; what a default would stand for is left to the default when empty."""
    hints = typing.get_type_hints(kind)
    members = {}
    for field in dataclasses.fields(kind):
        member = values(hints[field.name])
        filled = field.default not in ("", None, ()) and field.default is not dataclasses.MISSING
        if filled or (kind is ApPayment and field.name == "remittances"):
            member = member.filter(lambda value: value not in ("", ()))
        elif field.default is dataclasses.MISSING and hints[field.name] is str:
            member = member.filter(bool)  # a document always has its key
        members[field.name] = member
    return st.builds(kind, **members)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
@settings(max_examples=25)
@given(data=st.data())
def test_every_document_comes_back_from_its_canonical_text(
    kind: type[Any], data: st.DataObject
) -> None:
    document = data.draw(documents(kind))
    text = c.canonical(document)
    assert c.decode(kind, text) == document
    assert c.canonical(c.decode(kind, text)) == text


@pytest.mark.parametrize(
    ("one", "other"), [("1.5", "1.500"), ("100", "1E+2"), ("0", "-0.00"), ("-2.10", "-2.1")]
)
def test_equal_numbers_give_equal_texts_and_hashes(one: str, other: str) -> None:
    assert c.decimal_text(Decimal(one)) == c.decimal_text(Decimal(other))
    same = [Invoice("A", gross=Decimal(value)) for value in (one, other)]
    assert document_hash(same[0]) == document_hash(same[1])


@given(DECIMALS, st.integers(0, 6))
def test_trailing_zeros_never_count(value: Decimal, zeros: int) -> None:
    longer = value.quantize(Decimal(1).scaleb(-3 - zeros)) if zeros < 4 else value
    text = c.decimal_text(longer)
    assert text == c.decimal_text(value)
    assert Decimal(text) == value
    assert "e" not in text.lower()


@given(DECIMALS, DECIMALS)
def test_different_numbers_give_different_hashes(one: Decimal, other: Decimal) -> None:
    same = c.content_hash(one) == c.content_hash(other)
    assert same == (one == other)


def test_an_instant_is_written_in_utc_with_microseconds() -> None:
    local = datetime(2026, 3, 1, 1, 2, 3, tzinfo=timezone(timedelta(hours=2)))
    assert c.instant_text(local) == "2026-02-28T23:02:03.000000Z"
    assert c.parse_instant(c.instant_text(local)) == local


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        c.instant_text(datetime(2026, 3, 1))  # noqa: DTZ001 - the point of the test


def test_a_new_empty_member_changes_no_hash() -> None:
    assert c.canonical(Supplier("A")) == '{"code":"A"}'
    assert c.canonical(Supplier("A", active=False)) == '{"active":false,"code":"A"}'
    assert c.canonical(InvoiceLine(line=0)) == '{"line":0}'


def test_members_that_are_not_known_are_ignored_on_reading() -> None:
    assert c.decode(Supplier, '{"code":"A","future":{"x":1}}') == Supplier("A")


def test_sets_are_sorted_and_letters_stay_letters() -> None:
    assert c.canonical({"b": {"z", "a"}, "a": frozenset((2, 1))}) == '{"a":[1,2],"b":["a","z"]}'
    assert c.canonical("Müller & Söhne") == '"Müller & Söhne"'
    assert c.canonical([date(2026, 3, 1), None, True]) == '["2026-03-01",null,true]'


def test_lone_surrogates_become_question_marks_and_other_text_stays() -> None:
    assert c.well_formed("a\ud800b") == "a?b"
    assert c.well_formed("Zürich €") == "Zürich €"
    assert c.well_formed("plain") == "plain"


@given(
    st.recursive(
        st.text(TEXTS.map(lambda t: t or "x").map(lambda t: t[0]), max_size=5)
        | st.integers()
        | st.none()
        | st.booleans(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    )
)
def test_the_hash_is_sha256_over_the_canonical_json(value: Any) -> None:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert c.content_hash(value) == hashlib.sha256(text.encode("utf-8")).hexdigest()


def test_the_change_stamp_of_x3_is_no_content() -> None:
    stamped = invoice(changed=datetime(2026, 3, 2, tzinfo=UTC))
    assert document_hash(stamped) == document_hash(invoice())
    assert document_hash(invoice(comment2="x")) != document_hash(invoice())


def test_the_modification_time_of_avidxchange_is_no_content() -> None:
    vendor = Vendor("V1", name="A", last_modified=datetime(2026, 3, 2, tzinfo=UTC))
    assert ap_hash(vendor) == ap_hash(Vendor("V1", name="A"))
    assert ap_hash(vendor) != ap_hash(Vendor("V1", name="B"))
    assert ap_hash(PostalAddress("x")) == c.content_hash(PostalAddress("x"))


def by_hand(previous: str, row: dict[str, Any]) -> str:
    """The rule of product.md 6, `audit export`, in its own words."""
    text = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert len(previous) == 64
    return hashlib.sha256(previous.encode("ascii") + text.encode("utf-8")).hexdigest()


ROW = {"sequence": 1, "actor": "anna", "object": "X3|PROD|US10|Ü1|1", "after": {"b": 1, "a": "x"}}


def test_a_chain_hash_is_that_of_the_export_rule() -> None:
    first = c.chain_hash(c.GENESIS, dict(ROW))
    assert c.GENESIS == "0" * 64
    assert first == by_hand("0" * 64, ROW)
    second = {**ROW, "sequence": 2}
    assert c.chain_hash(first, second) == by_hand(first, second)


@given(st.sampled_from(sorted(ROW)), TEXTS)
def test_one_changed_member_breaks_the_chain(name: str, value: str) -> None:
    changed = {**ROW, name: value}
    same = c.chain_hash(c.GENESIS, changed) == c.chain_hash(c.GENESIS, dict(ROW))
    assert same == (changed == ROW)


def _keys() -> list[tuple[Callable[[], str], str]]:
    return [
        (lambda: ENTITIES["invoice"]("N").key, "N"),
        (lambda: ENTITIES["supplier"]("0113").key, "0113"),
        (lambda: ENTITIES["supplier_address"]("0113", "A01").key, "0113~A01"),
        (lambda: ENTITIES["open_item"]("SPINV", "N", 1, 2).key, "SPINV~N~1~2"),
        (lambda: ENTITIES["payment"]("P").key, "P"),
        (lambda: ENTITIES["gl_account"]("USA", "61100").key, "USA~61100"),
        (lambda: ENTITIES["dimension"]("DPT", "ADM").key, "DPT~ADM"),
        (lambda: ENTITIES["purchase_order"]("PO1").key, "PO1"),
        (lambda: ENTITIES["payment_term"]("T", "USA", 1).key, "T~USA~1"),
        (lambda: ENTITIES["company"]("US10").key, "US10"),
        (lambda: ENTITIES["site"]("US011").key, "US011"),
        (lambda: ENTITIES["fiscal_period"]("US10", 6, 3).key, "US10~6~3"),
        (lambda: AP_ENTITIES["code_group"]("G").key, "G"),
        (lambda: AP_ENTITIES["code"]("G", "1").key, "G\n1"),
        (lambda: AP_ENTITIES["vendor"](" V1 ").key, "v1"),
        (lambda: AP_ENTITIES["ap_invoice"]("9").key, "9"),
        (lambda: AP_ENTITIES["ap_payment"]("7").key, "7"),
        (lambda: RemitDetails("0113").key, "0113"),
    ]


@pytest.mark.parametrize(("key", "expected"), _keys())
def test_a_document_is_told_apart_by_its_natural_key(key: Callable[[], str], expected: str) -> None:
    assert key() == expected


@pytest.mark.parametrize(
    "text", ["2026-01-01", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000000+00:00", "", "x" * 27]
)
def test_only_an_instant_as_it_is_stored_is_read_as_one(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        c.parse_instant(text)


class _Word(str):
    __slots__ = ()


class _Number(IntEnum):
    ONE = 1


def test_values_of_every_kind_have_one_form() -> None:
    @dataclasses.dataclass(frozen=True)
    class Part:
        word: str = ""
        number: int | None = None

    value = {
        "words": (_Word("a"), ""), "number": _Number.ONE, "parts": [Part("b"), Part("", 0)],
        "codes": frozenset(("2", "1")), "is_so": False, "none": None, 3: date(2026, 2, 3),
    }  # fmt: skip
    assert c.canonical(value) == (
        '{"3":"2026-02-03","codes":["1","2"],"is_so":false,"none":null,"number":1,'
        '"parts":[{"word":"b"},{"number":0}],"words":["a",""]}'
    )
    assert c.content_hash(value) == hashlib.sha256(c.canonical(value).encode()).hexdigest()
