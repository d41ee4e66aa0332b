"""The evidence pack: what an auditor takes away of one month, as one zip with fixed names.

Completeness per run, promises, changes of access, settings and mappings, the reconciliations, the
extract of the audit log, and what verifies it without this program. No secret leaves with it, and
nothing a spreadsheet would compute.
"""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core import own_program, settings_log, views
from core.config import replacing
from core.domain.canonical import instant_text
from core.domain.reconcile_books import Period
from core.errors import ConfigError
from core.exports import Cell, write_csv
from core.redaction import REGISTER
from core.store import archives, evidence_rows, history, promised, rules, snapshots
from core.store.rules import RuleRow
from core.store.sqlite import Store
from core.version import VERSION
from core.words import area

say = area(__name__)

if TYPE_CHECKING:
    from core.facade import Facade, Parts

Members = dict[str, Any]
_WRITTEN = (1980, 1, 1, 0, 0, 0)  # the same content gives the same bytes
_COUNTS = (
    "planned", "sent", "replaced", "withdrawn", "vendors", "approvals_written", "payments_posted",
    "drifted", "in_doubt", "review",
)  # fmt: skip
_RUN = (
    "run", "by", "mode", "started", "ended", *(f"read_{flow}" for flow in views.FLOWS), *_COUNTS,
    "errors", "complete_to_x3", "complete_to_avidxchange",
    "writes", "writes_done", "writes_refused", "writes_given_up", "writes_open",
)  # fmt: skip
_LOG = ("sequence", "time", "actor", "action", "object", "before", "after", "result", "hash")
#: What of the log tells of access, settings, starts and copies.
ACCESS = (
    settings_log.ACTION, settings_log.NOTED, "secret set", "secret forgotten", "signed in",
    "sign-in ended", "authority trusted", "started", "stopped", "backup made", "restored",
    history.KEY_MADE, archives.ARCHIVED,
)  # fmt: skip
#: What a person decided.
DECISIONS = ("decided", "decision ended", "review resolved", "noted", "reconciled", "signed off")


@dataclass(frozen=True, slots=True)
class Span:
    """A month as instants here: from `first` to before `end`."""

    period: Period
    first: str
    end: str

    @classmethod
    def of(cls, period: Period) -> Span:
        """The month where this computer stands."""
        last = date.fromisoformat(period.last) + timedelta(days=1)
        return cls(period, _midnight(date.fromisoformat(period.first)), _midnight(last))


def write(facade: Facade, parts: Parts, period: str, path: Path) -> Members:
    """Write the pack: `file, bytes, head, contents[{name, bytes, sha256}]`.

    A month that was never reconciled is reconciled for it, over all companies. The log's extract
    ends with the first seal after the month, and its head is noted in the log. Cost: seconds, more
    for a large log; the file appears whole or not at all.

    Raises:
        ConfigError: there is no such month, or the verifier does not lie beside the program.
        LocalFault: DSK-01, the file could not be written.
    """
    try:
        span = Span.of(Period.parse(period))
    except ValueError as error:
        raise _refused(f"{error}.", say("choose_a_month")) from None
    facade.know_all_secrets()
    store = parts.store
    with tempfile.TemporaryDirectory(prefix="crossfoot-") as name:
        folder = Path(name)
        files = dict(_statements(facade, store, span.period, folder))
        head = _extract(store, span, folder / "audit.jsonl")
        files["audit.jsonl"] = (folder / "audit.jsonl").read_bytes()
        with store.read():
            files |= dict(_tables(store, span))
        files |= _verifier()
        files["README.txt"] = _readme(span, head, sorted([*files, "README.txt", "manifest.json"]))
        contents = [
            {"name": name, "bytes": len(body), "sha256": hashlib.sha256(body).hexdigest()}
            for name, body in sorted(files.items())
        ]
        files["manifest.json"] = _manifest(facade, parts, span, head, contents)
        _zip(files, path, f"evidence-{span.period}")
    with store.write():
        told = {"file": path.name, "head": head, "files": len(files)}
        made = history.Entry(parts.actor, "evidence made", f"period {span.period}", None, told)
        history.append(store, made)
    size = path.stat().st_size
    return {"file": str(path), "bytes": size, "head": head, "contents": contents}


def _midnight(day: date) -> str:
    return instant_text(datetime.combine(day, time.min).astimezone())


def _refused(why: str, fix: str) -> ConfigError:
    return ConfigError("CFG-01", why, title=say("no_evidence_was_written"), fix=fix)


def _zip(files: dict[str, bytes], path: Path, folder: str) -> None:
    with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        for name, body in sorted(files.items()):
            info = zipfile.ZipInfo(f"{folder}/{name}", _WRITTEN)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(info, body)


# --- what is in it ----------------------------------------------------------------------------


def _statements(
    facade: Facade, store: Store, period: Period, folder: Path
) -> Iterator[tuple[str, bytes]]:
    """The reconciliation of each company that has one: the signed one, else the youngest."""
    found = snapshots.statements_of(store, str(period))
    if not found:
        facade.reconcile(str(period))
        found = snapshots.statements_of(store, str(period))
    for company, number in sorted(found.items()):
        name = f"reconciliation-{company or 'all'}"
        view = facade.reconciliation(number)
        lines = list(facade.reconciliation_lines(number))
        told = {
            "period": str(period), "company": company, "title": view.title, "at": view.at,
            "hash": view.hash, "snapshot_hash": view.snapshot_hash, "signed_by": view.signed_by,
            "signed_at": view.signed_at, "note": view.note, "lines": lines,
        }  # fmt: skip
        yield f"{name}.json", _json(told)
        for ending in sorted(views.STATEMENT_FORMS):
            file = folder / f"{name}{ending}"
            facade.export_reconciliation(number, file)
            yield file.name, file.read_bytes()


def _extract(store: Store, span: Span, path: Path) -> str:
    """The log of the month, to the first seal after it; its last hash."""
    first = history.first_since(store, span.first)
    end = history.last_before(store, span.end)
    last = history.next_seal(store, end) or history.head(store)[0]
    return history.export_jsonl(store, path, first=min(first, last) or 1, last=last)[1]


def _tables(store: Store, span: Span) -> Iterator[tuple[str, bytes]]:
    runs = evidence_rows.runs(store, span.first, span.end)
    yield "completeness.csv", _csv(_RUN, (_run_row(store, run) for run in runs))
    names = ("run", "ended", *views.INVARIANTS)
    yield "invariants.csv", _csv(names, (_promises(run) for run in runs))
    over = promised.counted(store)
    yield "invariants-counted-over.json", _json(over)
    for name, actions in (("access-and-settings", ACCESS), ("decisions", DECISIONS)):
        rows = evidence_rows.told(store, actions, span.first, span.end)
        yield f"{name}.csv", _csv(_LOG, ([row[column] for column in _LOG] for row in rows))
    changed = rules.changed_between(store, span.first, span.end)
    yield "mapping-changes.csv", _csv(_MAPPING, _mapping_rows(changed, span))


def _run_row(store: Store, run: Members) -> list[Cell]:
    writes = evidence_rows.writes(store, int(run["run"]))
    reads = run.get("read", {})
    complete = run.get("complete_to", {})
    return [
        run["run"], run["by"], run["mode"], run["started"], run["ended"],
        *(reads.get(flow, 0) for flow in views.FLOWS),
        *(run.get(name, 0) for name in _COUNTS),
        sum(int(error["count"]) for error in run.get("errors", ())),
        complete.get("x3") or "", complete.get("avidxchange") or "",
        sum(writes.values()), writes.get("done", 0), writes.get("rejected", 0),
        writes.get("cancelled", 0),
        sum(n for state, n in writes.items() if state not in ("done", "rejected", "cancelled")),
    ]  # fmt: skip


def _promises(run: Members) -> list[Cell]:
    held = run.get("invariants", {})
    return [run["run"], run["ended"], *(held.get(name, "") for name in views.INVARIANTS)]


_MAPPING = (
    "time", "change", "by", "kind", "x3_key", "x3_key2", "avid_group", "avid_code", "company",
    "valid_from", "valid_to", "note", "revision", "step",
)  # fmt: skip


def _mapping_rows(rows: Iterable[RuleRow], span: Span) -> Iterator[list[Cell]]:
    """Each row that came into force or ended in the month, in the order of the changes."""
    found: list[tuple[str, int, str, RuleRow]] = []
    for row in rows:
        if span.first <= row.at < span.end:
            found.append((row.at, row.step, "begins", row))
        if row.ended and span.first <= row.ended < span.end:
            found.append((row.ended, row.ended_step, "ends", row))
    # What one edit ends stands before what it begins.
    for at, step, change, row in sorted(found, key=lambda f: (f[1], f[2] == "begins", f[3].id)):
        by = row.by if change == "begins" else ""
        yield [
            at, change, by, row.kind, row.key1, row.key2, row.avid_group, row.code, row.company,
            row.valid_from, row.valid_to, row.note, row.revision, step,
        ]  # fmt: skip


def _verifier() -> dict[str, bytes]:
    file = own_program.verifier()
    if not file.exists():
        raise _refused(
            say("does_not_lie_beside_the_program", name=file.name), say("install_crossfoot_again")
        )
    return {file.name: file.read_bytes()}


# --- texts ------------------------------------------------------------------------------------


def _csv(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    buffer = io.BytesIO()
    clean = ([REGISTER.redact(c) if isinstance(c, str) else c for c in row] for row in rows)
    write_csv(buffer, columns, clean)
    return buffer.getvalue()


def _json(members: Any) -> bytes:
    text = json.dumps(members, indent=1, ensure_ascii=False, sort_keys=True)
    return REGISTER.redact(text).encode() + b"\n"


def _manifest(
    facade: Facade, parts: Parts, span: Span, head: str, contents: list[Members]
) -> bytes:
    return _json(
        {
            "period": str(span.period),
            "from": span.first,
            "to": span.end,
            "workspace": facade.settings.workspace.name,
            "made_at": parts.store.now(),
            "made_by": parts.actor,
            "version": VERSION,
            "audit_head": head,
            "files": contents,
        }
    )


_ABOUT = {
    "README.txt": "this page",
    "manifest.json": say("who_made_this_and_when_and_the"),
    "audit.jsonl": say("the_audit_log_of_the_month_to"),
    "verify_audit.py": say("verifies_it_one_file_pythons_standard"),
    "completeness.csv": say("each_run_what_was_read_planned_and"),
    "invariants.csv": say("each_run_how_the_promises_i1_to"),
    "invariants-counted-over.json": say("how_much_the_promises_were_counted_over"),
    "access-and-settings.csv": say("secrets_set_sign_ins_settings_before"),
    "decisions.csv": say("what_people_decided_noted_and_signed"),
    "mapping-changes.csv": say("each_mapping_row_that_began_or_ended"),
}


def _readme(span: Span, head: str, names: Sequence[str]) -> bytes:
    lines = [say("evidence_for", title=span.period.title), ""]
    other = say("the_reconciliation_of_both_sides")
    lines += [f"{name:<30} {_ABOUT.get(name, other)}" for name in names]
    lines += [
        "",
        say("to_verify_the_audit_log_with_any"),
        "",
        say("python_verify_audit_py_audit_jsonl_head", head=head),
        "",
        say("it_names_every_row_that_was_changed"),
        say("file_can_also_write_a_new_whole"),
        say("elsewhere_at_that_time_in_a_daily"),
        say("a_request_or_an_answer_is_proven"),
        say("reference_times_are_utc_an_apostrophe"),
        say("computing_the_text_behind_it_it_is"),
        "",
    ]
    return "\n".join(lines).encode()
