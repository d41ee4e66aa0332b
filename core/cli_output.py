"""What the command line shows to a person: short aligned texts, made from the same members as JSON.

Nothing is printed here; every function returns text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from core.own_program import TYPED
from core.views import SIDES, word_of
from core.words import area

say = area(__name__)

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
    return say("utc", text=text[:10], text2=text[11:16]) if text else "never"


# --- lists -----------------------------------------------------------------------------------


def invoices(rows: Sequence[Row]) -> str:
    """The list of invoices and how many there are."""
    if not rows:
        return say("no_invoices_match")
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
        say("state"),
        say("company"),
        say("number"),
        say("supplier"),
        say("their_number"),
        say("dated"),
        say("due"),
        say("amount"),
        "",
        say("why"),
    )
    return f"{table(header, shown, right=(7,))}\n{counted(len(rows), 'invoice')}"


def payments(rows: Sequence[Row]) -> str:
    """The list of payments."""
    if not rows:
        return say("no_payments_yet")
    shown = (
        (
            row["text"] or row["state"],
            row["payment_id"],
            row["method"],
            row["check_number"],
            row["payment_date"],
            money(row["amount"]),
            row["currency"],
            row["x3_payment"] if row["posted"] else say("not_posted"),
            ", ".join(row["invoices"]),
        )
        for row in rows
    )
    header = (
        say("state"),
        say("payment"),
        say("method"),
        say("check"),
        say("date"),
        say("amount"),
        "",
        say("in_x3"),
        say("invoices"),
    )
    return f"{table(header, shown, right=(5,))}\n{counted(len(rows), 'payment')}"


def runs(rows: Sequence[Row]) -> str:
    """The list of runs."""
    if not rows:
        return say("nothing_has_run_yet")
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
            "" if row["ended"] else say("not_ended"),
        )
        for row in rows
    )
    header = (
        say("run"),
        say("started"),
        say("mode"),
        say("by"),
        say("read"),
        say("planned"),
        say("sent"),
        say("approvals"),
        say("payments"),
        say("in_doubt"),
        say("review"),
        "",
    )
    return table(header, shown, right=(0, 4, 5, 6, 7, 8, 9, 10))


def reviews(rows: Sequence[Row]) -> str:
    """The open review items with their fixes."""
    if not rows:
        return say("all_clear_nothing_needs_you")
    blocks = []
    for row in rows:
        amount = f"  {money(row['amount'])} {row['currency']}" if row["currency"] else ""
        how = say("how", how=", ".join(row["how"])) if row["how"] else ""
        blocks.append(
            f"{row['id']:>5} {row['code']} {row['title']}{amount}\n"
            f"      {row['text']}\n      {row['fix']}{how}"
        )
    hint = say("review_resolve_id_how_h_reason_r", typed=TYPED)
    return "\n".join([*blocks, say("settle_one", counted=counted(len(rows), "item"), hint=hint)])


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
        (say("secret"), say("set")),
        ((row["name"], _moment(row["at"]) if row["set"] else say("not_set")) for row in rows),
    )


def status(found: Row) -> str:
    """Both sides, invoices by state, invariants, and what needs a person."""
    lines = [f"{found['workspace']} ({found['mode']})"]
    for side in SIDES:
        known = found["sides"][side]
        word = {True: "reachable", False: say("not_reachable"), None: say("not_asked_yet")}[
            known["reachable"]
        ]
        lines.append(
            say(
                "last_contact",
                side_names=_SIDE_NAMES[side],
                word=word,
                moment=_moment(known["last_contact"]),
            )
        )
    counts = [(state, number) for state, number in found["states"].items() if number]
    lines.append(
        say("invoices") if counts else say("no_invoices_yet_sync_preview_reads_them", typed=TYPED)
    )
    lines += [f"  {word_of(state):<22}{number:>8,}" for state, number in counts]
    wrong = [name for name, value in found["invariants"].items() if value == "broken"]
    known_all = all(value == "ok" for value in found["invariants"].values())
    told = (
        say("broken", wrong=", ".join(wrong))
        if wrong
        else (say("all_hold") if known_all else say("not_all_known"))
    )
    lines.append(
        say(
            "invariants_in_doubt_needs_you",
            told=told,
            in_doubt=found["in_doubt"],
            review=found["review"],
        )
    )
    if "sandbox" in found:
        held = ", ".join(f"{number:,} {name}" for name, number in found["sandbox"].items())
        lines.append(say("the_simulated_avidxchange_holds", held=held))
    return "\n".join(lines)


# --- answers ---------------------------------------------------------------------------------


def run_summary(report: Row, reasons: Sequence[Row]) -> str:
    """What a run read and wrote, what failed, and what to do next.

    `reasons` are the open review items by code, as `Facade.review_reasons` gives them.
    """
    read = ", ".join(f"{number:,} {name}" for name, number in report["read"].items() if number)
    lines = [
        say("run_2", run=report["run"], mode=report["mode"]),
        f"Read      {read or say('nothing_new')}",
    ]
    if report["mode"] == "preview":
        planned = counted(report["planned"], "write")
        lines.append(say("planned_nothing_was_written_to_either", planned=planned))
        if report["planned"]:
            lines.append(
                say("apply_exactly_these_sync_plan", typed=TYPED, plan_hash=report["plan_hash"])
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
        (report["approvals_written"], "approval", say("written_to_x3")),
        (report["payments_posted"], "payment", say("posted_in_x3")),
    ]
    told = [f"{counted(number, noun)} {verb}" for number, noun, verb in done if number]
    return ", ".join(told) or say("nothing_nothing_was_due")


def _troubles(report: Row) -> list[str]:
    lines = []
    if report["in_doubt"]:
        lines.append(
            say("in_doubt_sent_no_answer_the_next", counted=counted(report["in_doubt"], "write"))
        )
    if report["drifted"]:
        lines.append(
            say("drifted_taken_up_by_the_next_plan", counted=counted(report["drifted"], "write"))
        )
    for error in report["errors"]:
        side = _SIDE_NAMES.get(error["system"], "")
        times = say("times", count=error["count"]) if error["count"] > 1 else ""
        lines.append(say("failed", code=error["code"], side=side, text=error["text"], times=times))
    return lines


def _needs(reasons: Sequence[Row]) -> list[str]:
    """What waits for a person by reason, most first, and what waits for X3 by itself."""
    urgent = [reason for reason in reasons if not reason["waits"]]
    waiting = [reason for reason in reasons if reason["waits"]]
    lines = [say("needs_you", counted=counted(sum(r["count"] for r in urgent), "item"))]
    if not urgent:
        lines = [say("needs_you_nothing_all_clear")]
    lines += [
        f"  {reason['count']:>6,} {reason['code']} {reason['title']}"
        for reason in urgent[:_TOP_REASONS]
    ]
    if len(urgent) > _TOP_REASONS:
        lines.append(say("and_other_reasons", count=len(urgent) - _TOP_REASONS))
    if waiting:
        told = ", ".join(f"{r['count']:,} {r['code']} {r['title']}" for r in waiting)
        lines.append(say("waiting_by_itself_until_x3_changes", told=told))
    return [*lines, say("next_review_list", typed=TYPED)] if reasons else lines


def imported(found: Any, *, is_dry_run: bool) -> str:
    """What an import did or would do."""
    would = say("would_be") if is_dry_run else ""
    parts = [
        say("added", added=found.added),
        say("changed", changed=found.changed),
        say("the_same", same=found.same),
    ]
    if found.removed:
        parts.append(say("removed", removed=found.removed))
    parts.append(say("refused", count=len(found.refused)))
    lines = [f"{would}{', '.join(parts)}."]
    lines += [say("row", row=row, text=text) for row, text in found.refused]
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
        lines.append(say("to_hand_to_it"))
        lines += [f"      | {line}" for line in for_it.splitlines()]
    return "\n".join(lines)
