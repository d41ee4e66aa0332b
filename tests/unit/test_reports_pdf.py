"""The month end as a PDF: whole, with its font inside, whatever documents are called."""

from __future__ import annotations

import re
from pathlib import Path

from core.domain.money import Money
from core.domain.reconcile import Statement
from core.domain.reconcile_books import ApSide, X3Side
from core.reports import write
from core.reports_tables import Column, Table
from tests.domain.reconcile_samples import books, posted, statement
from tests.unit.report_samples import pack_of

ODD = "<b>Müller & Söhne</b> ĄŻ \x00\u2028 " + "x" * 900


def whole(path: Path) -> bytes:
    data = path.read_bytes()
    assert data.startswith(b"%PDF-")
    assert data.rstrip().endswith(b"%%EOF")
    return data


def sample() -> Statement:
    return statement(
        books(
            posted(),
            posted(number="N2", ap=ApSide("A2", "rejected", 10_000), supplier=ODD),
            posted(number="N3", x3=X3Side(9_000)),
            posted(number="N4", x3=X3Side(10_000, paid=500)),
        )
    )


def pages(data: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", data))


def test_the_font_is_ours_and_embedded(tmp_path: Path) -> None:
    write(pack_of(sample()), tmp_path / "s.pdf")
    data = whole(tmp_path / "s.pdf")
    assert data.count(b"/FontFile2") == 2
    assert set(re.findall(rb"/BaseFont /(?:[A-Z]{6}\+)?([A-Za-z-]+)", data)) <= {
        b"DejaVuSansCondensed", b"DejaVuSansCondensed-Bold", b"Helvetica",
    }  # fmt: skip
    assert pages(data) >= 1


def test_odd_texts_and_thousands_of_rows_do_not_stop_it(tmp_path: Path) -> None:
    columns = (Column("Text", "text", 30), Column("Code", "code", 10), Column("Sum", "amount", 12))
    rows = [(ODD, ODD, Money(-at, "USD")) for at in range(90)]
    table = Table("Items", ODD, ODD, columns, rows, [(ODD, "", Money(1, "USD"))], most=40)
    pack = pack_of(sample(), tables=(table,))
    write(pack, tmp_path / "s.pdf")
    few = pages(whole(tmp_path / "s.pdf"))
    assert 3 < few < 60


def test_nothing_at_all_is_a_report_too(tmp_path: Path) -> None:
    write(pack_of(statement(books())), tmp_path / "s.pdf")
    assert pages(whole(tmp_path / "s.pdf")) >= 1


def test_a_signed_one_names_the_reviewer(tmp_path: Path) -> None:
    plain, signed = tmp_path / "a.pdf", tmp_path / "b.pdf"
    write(pack_of(sample()), plain)
    write(pack_of(sample(), signed_by=ODD, note=ODD), signed)
    assert whole(plain) != whole(signed)
