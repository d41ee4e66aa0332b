"""Documents of some invoices of the demo company, as a scanner would have left them in a folder.

Only a company with the planted invoices has any: one page each, and one file that came out empty.
"""

from core.sandbox.state import Row, State
from core.sandbox.x3_classes import table

_WITH_PAGE = frozenset(("MULTI-TAX", "ZERO-TAX", "SEVERAL-ORDERS"))
_WITH_EMPTY_PAGE = "ZERO-TAX"


def files(state: State) -> dict[str, bytes]:
    """Return the files by name; a name begins with the number of its invoice."""
    made: dict[str, bytes] = {}
    with state.lock:
        rows = list(table(state, "PINVOICE").values())
    for row in rows:
        if row["INVREF"] in _WITH_PAGE:
            made[f"{row['NUM']}.pdf"] = page(row)
        if row["INVREF"] == _WITH_EMPTY_PAGE:
            made[f"{row['NUM']}-2.pdf"] = b""
    return made


def page(invoice: Row) -> bytes:
    """Return a PDF of one page that names the invoice and its amount."""
    shown = f"{invoice['BPRVCR']}   {invoice['AMTATI']} {invoice['CUR']}"
    text = shown.encode("ascii", "replace").replace(b"(", b"").replace(b")", b"")
    drawn = b"BT /F1 18 Tf 72 720 Td (" + text + b") Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        (
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 4 0 R "
            b"/Resources << /Font << /F1 5 0 R >> >> >>"
        ),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table_at = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % place for place in places)
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return body + end % (len(objects) + 1, table_at)
