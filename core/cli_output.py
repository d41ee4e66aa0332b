"""What the command line shows to a person: short aligned texts, made from the same members as JSON.

Nothing is printed here; every function returns text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from core.own_program import TYPED
from core.views import SIDES, word_of

Row = Mapping[str, Any]

_SIDE_NAMES = {"x3": "X3", "avidxchange": "AvidXchange"}
_WIDEST = 48
_TOP_REASONS = 5


def money(amount: str | None) -> str:
    """`1,234.50`; empty for an amount that is not known."""
    if not amount:
        return ""
    try:
        return f"{Decimal(amount):,f}"
    except InvalidOperation:
        return amount


def table(
    header: Sequence[str], rows: Iterable[Sequence[str]], *, right: Sequence[int] = ()
) -> str:
    """Columns as wide as what stands in them; `right` are columns of numbers."""
    lines = [list(header), *([_cut(cell) for cell in row] for row in rows)]
    widths = [max(len(line[place]) for line in lines) for place in range(len(header))]
    shown = []
    for line in lines:
        cells = (
            cell.rjust(width) if place in right else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        shown.append("  ".join(cells).rstrip())
    return "\n".join(shown)


def _cut(cell: str) -> str:
    plain = " ".join(cell.split())
    return plain if len(plain) <= _WIDEST else f"{plain[: _WIDEST - 1]}…"


def counted(number: int, noun: str) -> str:
    """`1 invoice`, `2 invoices`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _moment(text: str | None) -> str:
    return f"{text[:10]} {text[11:16]} UTC" if text else "never"


# --- lists -----------------------------------------------------------------------------------


def invoices(rows: Sequence[Row]) -> str:
    """The list of invoices and how many there are."""
    if not rows:
        return "No invoices match."
    shown = (
        (
            word_of(row["state"]),
            row["company"],
            row["number"],
            row["supplier"],
            row["supplier_document"],
            row["document_date"],
            row["due_date"],
            money(row["amount"]),
            row["currency"],
            row["why"],
        )
        for row in rows
    )
    header = (
        "State", "Company", "Number", "Supplier", "Their number", "Dated", "Due", "Amount", "",
        "Why",
    )  # fmt: skip
    return f"{table(header, shown, right=(7,))}\n{counted(len(rows), 'invoice')}"


def payments(rows: Sequence[Row]) -> str:
    """The list of payments."""
    if not rows:
        return "No payments yet."
    shown = (
        (
            row["text"] or row["state"],
            row["payment_id"],
            row["method"],
            row["check_number"],
            row["payment_date"],
            money(row["amount"]),
            row["currency"],
            row["x3_payment"] if row["posted"] else "not posted",
            ", ".join(row["invoices"]),
        )
        for row in rows
    )
    header = ("State", "Payment", "Method", "Check", "Date", "Amount", "", "In X3", "Invoices")
    return f"{table(header, shown, right=(5,))}\n{counted(len(rows), 'payment')}"


def runs(rows: Sequence[Row]) -> str:
    """The list of runs."""
    if not rows:
        return "Nothing has run yet."
    shown = (
        (
            str(row["run"]),
            _moment(row["started"]),
            row["mode"],
            row["by"],
            str(sum(row["read"].values())),
            str(row["planned"]),
            str(row["sent"]),
            str(row["approvals_written"]),
            str(row["payments_posted"]),
            str(row["in_doubt"]),
            str(row["review"]),
            "" if row["ended"] else "not ended",
        )
        for row in rows
    )
    header = (
        "Run", "Started", "Mode", "By", "Read", "Planned", "Sent", "Approvals", "Payments",
        "In doubt", "Review", "",
    )  # fmt: skip
    return table(header, shown, right=(0, 4, 5, 6, 7, 8, 9, 10))


def reviews(rows: Sequence[Row]) -> str:
    """The open review items with their fixes."""
    if not rows:
        return "All clear: nothing needs you."
    blocks = []
    for row in rows:
        amount = f"  {money(row['amount'])} {row['currency']}" if row["currency"] else ""
        how = f"\n      how: {', '.join(row['how'])}" if row["how"] else ""
        blocks.append(
            f"{row['id']:>5} {row['code']} {row['title']}{amount}\n"
            f"      {row['text']}\n      {row['fix']}{how}"
        )
    hint = f"{TYPED} review resolve ID --how H --reason R"
    return "\n".join([*blocks, f"{counted(len(rows), 'item')}; settle one: {hint}"])


def explanation(found: Row) -> str:
    """The sentence and the timeline, newest first."""
    shown = [
        (_moment(entry["time"]), entry["source"], entry["text"]) for entry in found["timeline"]
    ]
    lines = [found["text"], ""]
    lines += [f"{time}  {source:<12} {text}" for time, source, text in shown]
    return "\n".join(lines)


def secrets(rows: Sequence[Row]) -> str:
    """Which secrets are set, and when; never a value."""
    return table(
        ("Secret", "Set"),
        ((row["name"], _moment(row["at"]) if row["set"] else "not set") for row in rows),
    )


def status(found: Row) -> str:
    """Both sides, invoices by state, invariants, and what needs a person."""
    lines = [f"{found['workspace']} ({found['mode']})"]
    for side in SIDES:
        known = found["sides"][side]
        word = {True: "reachable", False: "not reachable", None: "not asked yet"}[
            known["reachable"]
        ]
        lines.append(
            f"  {_SIDE_NAMES[side]:<12} {word}, last contact {_moment(known['last_contact'])}"
        )
    counts = [(state, number) for state, number in found["states"].items() if number]
    lines.append("Invoices" if counts else f"No invoices yet; {TYPED} sync --preview reads them.")
    lines += [f"  {word_of(state):<22}{number:>8,}" for state, number in counts]
    wrong = [name for name, value in found["invariants"].items() if value == "broken"]
    known_all = all(value == "ok" for value in found["invariants"].values())
    told = (
        f"broken: {', '.join(wrong)}" if wrong else ("all hold" if known_all else "not all known")
    )
    lines.append(f"Invariants {told}. In doubt: {found['in_doubt']}. Needs you: {found['review']}.")
    if "sandbox" in found:
        held = ", ".join(f"{number:,} {name}" for name, number in found["sandbox"].items())
        lines.append(f"The simulated AvidXchange holds {held}.")
    return "\n".join(lines)


# --- answers ---------------------------------------------------------------------------------


def run_summary(report: Row, reasons: Sequence[Row]) -> str:
    """What a run read and wrote, what failed, and what to do next.

    `reasons` are the open review items by code, as `Facade.review_reasons` gives them.
    """
    read = ", ".join(f"{number:,} {name}" for name, number in report["read"].items() if number)
    lines = [f"Run {report['run']} ({report['mode']})", f"Read      {read or 'nothing new'}"]
    if report["mode"] == "preview":
        planned = counted(report["planned"], "write")
        lines.append(f"Planned   {planned}; nothing was written to either system.")
        if report["planned"]:
            lines.append(
                f"          Apply exactly these: {TYPED} sync --plan {report['plan_hash']}"
            )
    else:
        lines.append(f"Written   {_written(report)}")
    lines += _troubles(report)
    lines += _needs(reasons)
    return "\n".join(lines)


def _written(report: Row) -> str:
    done = [
        (report["sent"], "invoice", "sent"),
        (report["replaced"], "invoice", "replaced"),
        (report["withdrawn"], "invoice", "withdrawn"),
        (report["vendors"], "vendor", "written"),
        (report["approvals_written"], "approval", "written to X3"),
        (report["payments_posted"], "payment", "posted in X3"),
    ]
    told = [f"{counted(number, noun)} {verb}" for number, noun, verb in done if number]
    return ", ".join(told) or "nothing; nothing was due"


def _troubles(report: Row) -> list[str]:
    lines = []
    if report["in_doubt"]:
        lines.append(
            f"In doubt  {counted(report['in_doubt'], 'write')}: sent, no answer; the next run "
            "looks them up and sends nothing twice."
        )
    if report["drifted"]:
        lines.append(f"Drifted   {counted(report['drifted'], 'write')}, taken up by the next plan.")
    for error in report["errors"]:
        side = _SIDE_NAMES.get(error["system"], "")
        times = f" ({error['count']} times)" if error["count"] > 1 else ""
        lines.append(f"Failed    {error['code']} {side}: {error['text']}{times}")
    return lines


def _needs(reasons: Sequence[Row]) -> list[str]:
    """What waits for a person by reason, most first, and what waits for X3 by itself."""
    urgent = [reason for reason in reasons if not reason["waits"]]
    waiting = [reason for reason in reasons if reason["waits"]]
    lines = [f"Needs you {counted(sum(r['count'] for r in urgent), 'item')}"]
    if not urgent:
        lines = ["Needs you nothing; all clear."]
    lines += [
        f"  {reason['count']:>6,} {reason['code']} {reason['title']}"
        for reason in urgent[:_TOP_REASONS]
    ]
    if len(urgent) > _TOP_REASONS:
        lines.append(f"         and {len(urgent) - _TOP_REASONS} other reasons")
    if waiting:
        told = ", ".join(f"{r['count']:,} {r['code']} {r['title']}" for r in waiting)
        lines.append(f"Waiting   by itself until X3 changes: {told}")
    return [*lines, f"Next: {TYPED} review list"] if reasons else lines


def imported(found: Any, *, is_dry_run: bool) -> str:
    """What an import did or would do."""
    would = "Would be: " if is_dry_run else ""
    parts = [f"{found.added} added", f"{found.changed} changed", f"{found.same} the same"]
    if found.removed:
        parts.append(f"{found.removed} removed")
    parts.append(f"{len(found.refused)} refused")
    lines = [f"{would}{', '.join(parts)}."]
    lines += [f"  row {row}: {text}" for row, text in found.refused]
    return "\n".join(lines)


def check(row: Row, for_it: str = "") -> str:
    """One line of the doctor, with cause, remedy and a text for IT below it when there are any."""
    mark = "FAIL" if not row["ok"] else ("note" if row["remedy"] else "ok")
    side = _SIDE_NAMES.get(row["side"], row["side"])
    lines = [f"{mark:<5} {side}: {row['check']}"]
    if row["cause"]:
        code = f"{row['code']} " if row["code"] else ""
        lines.append(f"      {code}{row['cause']}")
    if row["remedy"]:
        lines.append(f"      -> {row['remedy']}")
    if for_it and not row["ok"]:
        lines.append("      To hand to IT:")
        lines += [f"      | {line}" for line in for_it.splitlines()]
    return "\n".join(lines)
