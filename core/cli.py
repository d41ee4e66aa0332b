"""The command line: runs one command and answers in words or JSON (product.md 6).

With `--json` standard output holds the answer and nothing else; errors and progress go to standard
error. Exit statuses: 0 settled, 1 a fault of ours, 2 usage or settings, 3 something needs a person,
4 a side failed.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import logging
import os
import sys
from argparse import Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from core import (
    app,
    cli_arguments,
    cli_mappings,
    cli_output,
    cli_proof,
    cli_reconcile,
    cli_selftest,
    cli_serving,
    cli_support,
)
from core.app import Needs, Opening
from core.errors import AppError, AuthError, ConfigError, RemoteRefused, TransientError
from core.facade import Facade, SyncOrder, failed_opening
from core.words import area

say = area(__name__)

OK, FAULT, USAGE, NEEDS_PERSON, SIDE_FAILED = range(5)
_INTERRUPTED = 130  # what shells take for "ended by Ctrl+C"

Members = Mapping[str, Any]


def main(arguments: list[str], *, draw: cli_selftest.Draw | None = None) -> int:
    """Run one command; its exit status. Raises SystemExit for usage errors and `--help`.

    `draw` is the window's part of `selftest`.
    """
    _prepare_streams()
    logging.getLogger().addHandler(logging.NullHandler())  # warnings belong into the log file
    options = cli_arguments.parse(arguments)
    options.draw = draw
    try:
        return _COMMANDS[_name(options)](options)
    except KeyboardInterrupt:
        print(say("interrupted_what_was_not_finished_is"), file=sys.stderr)
        return _INTERRUPTED
    except AppError as error:
        return _tell(options, error)
    except Exception as error:  # noqa: BLE001 - a fault of ours is logged and ends with status 1
        place = app.note_fault(_opening(options, "store"))
        where = say("see", place=place) if place else ""
        kind = type(error).__name__
        print(say("crossfoot_stopped_by_a_fault_of_its", kind=kind, where=where), file=sys.stderr)
        return FAULT
    finally:
        app.end_logs()


def _prepare_streams() -> None:
    """Answers are UTF-8 wherever they go."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


def _name(options: Namespace) -> str:
    if options.command == "review":
        return f"review {options.action or 'list'}"
    action = getattr(options, "action", None)
    return f"{options.command} {action}" if action else str(options.command)


def _opening(options: Namespace, needs: Needs) -> Opening:
    seed = options.seed if options.command == "sync" else None
    return Opening(options.data_dir, is_sandbox=options.sandbox, seed=seed, needs=needs)


@contextlib.contextmanager
def _opened(options: Namespace, needs: Needs) -> Iterator[Facade]:
    with app.opened(_opening(options, needs)) as facade:
        yield facade


def _tell(options: Namespace, error: AppError) -> int:
    """Say what did not happen; the exit status of an error."""
    print(f"{error.code} {error.title}: {error.why} {error.fix}", file=sys.stderr)
    if isinstance(error, ConfigError) or error.code == "CFG-01":
        return USAGE
    if isinstance(error, AuthError | TransientError | RemoteRefused):
        return SIDE_FAILED
    place = app.note_fault(_opening(options, "store"))
    if place:
        print(say("see_2", place=place), file=sys.stderr)
    return FAULT


# --- answers ---------------------------------------------------------------------------------


def _say(text: str) -> None:
    """Print a text; a reader that has gone away is no error."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        # What would still be flushed at exit goes nowhere, without a second error.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _answer(options: Namespace, members: Members, text: Callable[[], str]) -> None:
    """One object, or its text."""
    _say(json.dumps(dict(members), ensure_ascii=False) if options.json else text())


def _list(
    options: Namespace,
    rows: Iterable[Members],
    text: Callable[[list[Members]], str],
    names: tuple[str, ...] = (),
) -> None:
    """One object a line with the members of these names (empty: all), or a table."""
    if not options.json:
        _say(text(list(rows)))
        return
    lines: list[str] = []
    for row in rows:
        shown = {name: row[name] for name in names} if names else dict(row)
        lines.append(json.dumps(shown, ensure_ascii=False))
        if len(lines) >= 500:  # noqa: PLR2004 - a page of the store
            _say("\n".join(lines))
            lines = []
    if lines:
        _say("\n".join(lines))


def _note(text: str) -> None:
    print(text, file=sys.stderr)


# --- commands --------------------------------------------------------------------------------


def _sync(options: Namespace) -> int:
    order = SyncOrder(
        only=options.only,
        preview=options.preview,
        plan=options.plan,
        wait_s=options.wait,
        retry_sign_in=options.retry_sign_in,
    )
    with _opened(options, "ledger") as facade:
        if sys.stderr.isatty() and not options.json:
            facade.on_progress = _show_progress
        result = facade.sync(order)
        reasons = [] if options.json else facade.review_reasons()
    if sys.stderr.isatty() and not options.json:
        print("\r\x1b[K", end="", file=sys.stderr)
    _answer(options, result.report, lambda: cli_output.run_summary(result.report, reasons))
    return result.exit_status


def _show_progress(phase: str, done: int, total: int) -> None:
    of = say("of", total=total) if total else ""
    print(f"\r\x1b[K{phase} {done:,}{of}", end="", file=sys.stderr, flush=True)


def _status(options: Namespace) -> int:
    with _opened(options, "read") as facade:
        found = facade.status()
    _answer(options, found, lambda: cli_output.status(found))
    return OK


def _invoices(options: Namespace) -> int:
    from core.views import INVOICE

    with _opened(options, "read") as facade:
        rows = facade.invoices(state=options.state, number=options.number)
        _list(options, rows, cli_output.invoices, INVOICE)
    return OK


def _payments(options: Namespace) -> int:
    from core.views import PAYMENT

    with _opened(options, "read") as facade:
        _list(options, facade.payments(), cli_output.payments, PAYMENT)
    return OK


def _runs(options: Namespace) -> int:
    with _opened(options, "read") as facade:
        _list(options, facade.runs(), cli_output.runs)
    return OK


def _review_list(options: Namespace) -> int:
    with _opened(options, "read") as facade:
        _list(options, facade.reviews(), cli_output.reviews)
    return OK


def _review_resolve(options: Namespace) -> int:
    with _opened(options, "ledger") as facade:
        done = facade.resolve(options.id, options.how, reason=options.reason, to=options.to)
    text = say("item_is_settled", id=options.id, how=options.how)
    _answer(options, done, lambda: text)
    return OK


def _secret_set(options: Namespace) -> int:
    value = _secret_value(options.name)
    with _opened(options, "store") as facade:
        facade.set_secret(options.name, value)
    told = {"name": options.name, "set": True}
    _answer(options, told, lambda: say("is_set", name=options.name))
    return OK


def _secret_value(name: str) -> str:
    """The value on standard input less one line end; asked for without echo on a terminal."""
    if sys.stdin.isatty():
        return getpass.getpass(f"{name}: ")
    try:
        text = sys.stdin.buffer.read().decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(
            "CFG-01",
            say("the_value_for_is_not_utf_8", name=name),
            title=say("the_secret_was_not_stored"),
            fix=say("give_it_as_utf_8"),
        ) from None
    for end in ("\r\n", "\n", "\r"):
        if text.endswith(end):
            return text.removesuffix(end)
    return text


def _secret_list(options: Namespace) -> int:
    with _opened(options, "store") as facade:
        _list(options, facade.secrets(), cli_output.secrets)
    return OK


def _secret_forget(options: Namespace) -> int:
    with _opened(options, "store") as facade:
        was_there = facade.forget_secret(options.name)
    told = {"name": options.name, "set": False, "was_set": was_there}
    text = say("is_forgotten") if was_there else say("was_not_set")
    _answer(options, told, lambda: f"{options.name} {text}.")
    return OK


def _map_import(options: Namespace) -> int:
    with _opened(options, "store") as facade:
        found = facade.import_mapping(
            options.kind, options.file, replace=options.replace, dry_run=options.dry_run
        )
    if found.note:
        _note(found.note)
    _answer(
        options,
        found.members,
        lambda: cli_output.imported(found, is_dry_run=options.dry_run),
    )
    return NEEDS_PERSON if found.refused else OK


def _map_export(options: Namespace) -> int:
    with _opened(options, "store") as facade:
        rows = facade.export_mapping(options.kind, options.file)
    told = {"file": str(options.file), "rows": rows}
    _answer(options, told, lambda: say("rows_written_to", rows=rows, file=options.file))
    return OK


def _audit_verify(options: Namespace) -> int:
    if options.file is not None:
        result, text = app.verify_audit_file(options.file, options.head)
        _answer(options, {"ok": result == OK, "result": result, "text": text}, lambda: text)
        return result
    with _opened(options, "store") as facade:
        found = facade.verify_audit(options.head)
    shown = say("rows_head", text=found["text"], rows=found["rows"], head=found["head"])
    _answer(options, found, lambda: shown)
    return OK if found["ok"] else FAULT


def _audit_export(options: Namespace) -> int:
    with _opened(options, "store") as facade:
        done = facade.export_audit(options.format, options.out)
    text = say("rows_written_to_head", rows=done["rows"], out=options.out, head=done["head"])
    _answer(options, done, lambda: text)
    return OK


def _reconcile(options: Namespace) -> int:
    with _opened(options, "read") as facade:
        return cli_reconcile.reconcile(options, facade, partial(_list, options))


def _doctor(options: Namespace) -> int:
    failed: set[str] = set()
    try:
        with _opened(options, "remote") as facade:
            for one in facade.doctor():
                failed |= set() if one.ok else {one.side}
                _answer(options, one.members, partial(cli_output.check, one.members, one.for_it))
    except ConfigError as error:
        members = failed_opening(error).members
        _answer(options, members, partial(cli_output.check, members))
        raise
    if "workspace" in failed:
        return FAULT
    return SIDE_FAILED if failed else OK


def _backup(options: Namespace) -> int:
    with _opened(options, "store") as facade:
        done = facade.backup(options.out)
    text = say(
        "bytes_written_to_audit_head", bytes=done["bytes"], file=done["file"], head=done["head"]
    )
    _answer(options, done, lambda: text)
    return OK


def _restore(options: Namespace) -> int:
    if sys.stdin.isatty() and not _is_sure(options):
        _note(say("nothing_was_changed"))
        return USAGE
    done = app.restore(_opening(options, "store"), options.file)
    saved = say("what_was_there_is_in", safety=done["safety"]) if done["safety"] else ""
    text = say("is_in_place_with_audit_rows", file=options.file, rows=done["rows"], saved=saved)
    _answer(options, done, lambda: text)
    return OK


def _is_sure(options: Namespace) -> bool:
    print(
        say("put_in_the_place_of_the_present", file=options.file),
        end="",
        file=sys.stderr,
        flush=True,
    )
    return sys.stdin.readline().strip().casefold() in {"y", "yes"}


def _sandbox_serve(options: Namespace) -> int:
    def tell(told: dict[str, Any]) -> None:
        _answer(options, told, lambda: " ".join(f"{name}={told[name]}" for name in told))

    return cli_serving.sandbox(options, tell)


_COMMANDS: dict[str, Callable[[Namespace], int]] = {
    "sync": _sync,
    "status": _status,
    "invoices": _invoices,
    "payments": _payments,
    "runs": _runs,
    "review list": _review_list,
    "review resolve": _review_resolve,
    "explain": lambda options: cli_proof.explain(options, _opened, _answer),
    "secret set": _secret_set,
    "secret list": _secret_list,
    "secret forget": _secret_forget,
    "map import": _map_import,
    "map export": _map_export,
    "map suggest": lambda options: cli_mappings.suggest(options, _opened, _list),
    "map undo": lambda options: cli_mappings.step(options, _opened, _answer),
    "map redo": lambda options: cli_mappings.step(options, _opened, _answer),
    "audit verify": _audit_verify,
    "audit export": _audit_export,
    "reconcile": _reconcile,
    "evidence": lambda options: cli_proof.evidence(options, _opened, _answer),
    "doctor": _doctor,
    "engine": cli_serving.engine,
    "work": cli_serving.work,
    "sandbox serve": _sandbox_serve,
    "selftest": lambda options: cli_selftest.selftest_command(options, options.draw, _say),
    "support": lambda options: cli_support.support(options, _opened, _answer),
    "backup": _backup,
    "restore": _restore,
}
