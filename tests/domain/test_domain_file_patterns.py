"""Which files fit an invoice by `[attachments] pattern`."""

from __future__ import annotations

import time

import pytest

from core.domain.file_patterns import Wanted, fitting, problem_of, shown

INVOICE = Wanted("PIH1", "S1", "INV/1")


def _fit(pattern: str, *names: str, invoice: Wanted = INVOICE) -> tuple[str, ...]:
    return fitting(pattern, names, [invoice]).get(invoice.number, ())


@pytest.mark.parametrize(
    ("pattern", "fits", "fits_not"),
    [
        ("{number}*.pdf", "PIH1.pdf", "PIH12.pdf"),
        ("{number}*.pdf", "pih1-scan.PDF", "PIH1.pdf.txt"),
        ("{number}*.pdf", "PIH1a.pdf", "XPIH1.pdf"),
        ("{number}.pdf", "PIH1.pdf", "PIH1-2.pdf"),
        ("*{number}*", "scan PIH1.tif", "PIH10.tif"),
        ("{supplier}_{supplier_document}.*", "S1_INV_1.png", "S1_INV-1.png"),
        ("{supplier_document}*.pdf", "INV_1-b.pdf", "INV_1b.pdf"),
        ("*{supplier_document}.pdf", "S1 INV_1.pdf", "1INV_1.pdf"),
        ("{number}-?.pdf", "PIH1-7.pdf", "PIH1-77.pdf"),
        ("{number}[1].pdf", "PIH1[1].pdf", "PIH11.pdf"),
        ("Ä{number}.pdf", "A\u0308PIH1.pdf", "APIH1.pdf"),
    ],
)
def test_a_name_fits_or_not(pattern: str, fits: str, fits_not: str) -> None:
    assert _fit(pattern, fits, fits_not) == (fits,)


def test_a_value_cannot_bring_wildcards_or_folders() -> None:
    invoice = Wanted("P*?H", "..\\S", 'a:b|"c"<d>')
    assert shown("{number} {supplier} {supplier_document}", invoice) == "P__H .._S a_b__c__d_"
    assert _fit("{number}.pdf", "P__H.pdf", "PXYH.pdf", invoice=invoice) == ("P__H.pdf",)


def test_an_empty_value_fits_nothing() -> None:
    assert _fit("{supplier_document}*.pdf", "a.pdf", invoice=Wanted("P1", "S1", " ")) == ()


@pytest.mark.parametrize(
    "pattern",
    [
        "*.pdf",
        "{supplier}.pdf",
        "{number}/{supplier}.pdf",
        "{number}{other}",
        "{number",
        "a\\{number}",
    ],
)
def test_a_pattern_that_would_mislead_is_refused(pattern: str) -> None:
    assert problem_of(pattern)


@pytest.mark.parametrize(
    "pattern", ["{number}*.pdf", "{supplier_document}.tif", "{supplier} {number}*"]
)
def test_a_plain_pattern_is_taken(pattern: str) -> None:
    assert problem_of(pattern) == ""


def test_many_files_and_invoices_take_a_moment_only() -> None:
    invoices = [Wanted(f"PIH{at:08}") for at in range(20_000)]
    names = [f"PIH{at:08}-{part}.pdf" for at in range(50_000) for part in (1, 2)]
    began = time.monotonic()
    found = fitting("{number}*.pdf", names, invoices)
    assert (len(found), found["PIH00000007"]) == (
        20_000, ("PIH00000007-1.pdf", "PIH00000007-2.pdf"),
    )  # fmt: skip
    assert time.monotonic() - began < 10
