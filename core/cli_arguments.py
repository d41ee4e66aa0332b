"""The grammar of the command line (product.md 6): commands, options, and what values they take.

Usage errors end the process with status 2, as argparse does; nothing is opened here.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import Any

from core import own_program, views
from core.domain.suggestions import SURE
from core.version import VERSION

ENGINE_COMMAND, WORK_COMMAND = "engine", "work"
_LONGEST_WAIT_S = 600.0
_DEMO_INVOICES = 4000
_HIGHEST_PORT = 65535


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command as a namespace: `command`, `action` where there is one, and its options.

    Without a command the help is shown and the process ends with status 2.
    """
    parser = _parser()
    found = parser.parse_args(arguments)
    if found.command is None:
        parser.print_help()
        parser.exit(2)
    if found.command == "sync" and found.seed is not None and not found.sandbox:
        parser.error("--seed is for --sandbox only")
    if found.command == "map" and found.action == "export" and found.file is None:
        parser.error("map export needs a file to write")
    if found.command == "map" and found.action == "suggest" and found.yes and not found.accept_at:
        parser.error("--yes is for --accept-at only: less sure codes are mapped one by one")
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=own_program.TYPED,
        description="Carries supplier invoices from Sage X3 to AvidXchange and brings approval and "
        "payment status back.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"Crossfoot {VERSION}")
    _add_common(parser, data_dir=None, sandbox=False, json=False)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_sync(commands)
    _add_lists(commands)
    _add_review(commands)
    _add_secret(commands)
    _add_map(commands)
    _add_audit(commands)
    _add_reconcile(commands)
    _add_evidence(commands)
    _add_command(commands, "doctor", "check both connections, with cause and remedy")
    _add_sandbox(commands)
    _add_selftest(commands)
    bundle = _add_command(commands, "support", "logs and facts for whoever helps, without secrets")
    bundle.add_argument("--out", type=Path, metavar="FILE", help="write it, as .zip; else show it")
    for name in (ENGINE_COMMAND, WORK_COMMAND):  # for the window only, hence not in the help
        commands.add_parser(name)
    backup = _add_command(commands, "backup", "copy the store into one file")
    backup.add_argument("--out", type=Path, required=True, metavar="FILE")
    restore = _add_command(commands, "restore", "put a backup in the store's place")
    restore.add_argument("file", type=Path, metavar="FILE")
    return parser


def _add_common(parser: argparse.ArgumentParser, **defaults: Any) -> None:
    """The options taken before and after a command.

    After the command they have no default, so that they never undo what stood before it.
    """

    def default(name: str) -> Any:
        return defaults.get(name, argparse.SUPPRESS)

    parser.add_argument(
        "--data-dir",
        type=Path,
        metavar="DIR",
        default=default("data_dir"),
        help="where this workspace keeps its files",
    )
    parser.add_argument(
        "--sandbox",
        action="store_true",
        default=default("sandbox"),
        help="work with simulated systems and a data directory of their own",
    )
    parser.add_argument(
        "--json", action="store_true", default=default("json"), help="answer in JSON only"
    )


def _add_command(commands: Any, name: str, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name, help=text, description=f"{text[0].upper()}{text[1:]}.", allow_abbrev=False
    )
    _add_common(parser)
    return parser


def _add_actions(
    parser: argparse.ArgumentParser, *, is_required: bool
) -> argparse._SubParsersAction[argparse.ArgumentParser]:
    return parser.add_subparsers(dest="action", metavar="ACTION", required=is_required)


def _add_sync(commands: Any) -> None:
    parser = _add_command(commands, "sync", "one run: read, plan, write, settle")
    parser.add_argument("--only", choices=views.FLOWS, default="", help="this flow only")
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--preview", action="store_true", help="plan only; nothing is written")
    kind.add_argument("--plan", default="", metavar="HASH", help="apply exactly this stored plan")
    parser.add_argument(
        "--wait",
        type=_seconds,
        default=5.0,
        metavar="SECONDS",
        help="stay while something of this run is due so soon (at most 600)",
    )
    parser.add_argument(
        "--retry-sign-in", action="store_true", help="try again a side that refused us"
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="which demo, at its first use (sandbox)"
    )


def _add_lists(commands: Any) -> None:
    _add_command(commands, "status", "both sides, invoices by state, invariants")
    parser = _add_command(commands, "invoices", "the invoices and their states")
    parser.add_argument("--state", choices=views.STATES, default="", metavar="S")
    parser.add_argument("--number", default="", metavar="N", help="the X3 number")
    _add_command(commands, "payments", "the payments made in AvidXchange")
    _add_command(commands, "runs", "the runs and what they did")
    parser = _add_command(commands, "explain", "why this invoice is not paid yet")
    parser.add_argument("number", metavar="NUMBER")
    parser.add_argument(
        "--as-of", type=_text, metavar="MOMENT",
        help="as it was then, with the proof: 2026-10-31 (its end) or 2026-10-31T14:00",
    )  # fmt: skip


def _add_review(commands: Any) -> None:
    parser = _add_command(commands, "review", "what needs a person")
    actions = _add_actions(parser, is_required=False)
    _add_command(actions, "list", "the open items")
    resolve = _add_command(actions, "resolve", "settle an item")
    resolve.add_argument("id", type=int, metavar="ID")
    resolve.add_argument("--how", choices=views.HOWS, required=True)
    resolve.add_argument("--reason", type=_text, required=True, metavar="TEXT")
    resolve.add_argument("--to", default="", metavar="ID", help="what to link to")


def _add_secret(commands: Any) -> None:
    parser = _add_command(commands, "secret", "passwords and tokens, by name")
    actions = _add_actions(parser, is_required=True)
    for name, text in (
        ("set", "keep a secret; its value comes on standard input"),
        ("forget", "remove a secret"),
    ):
        _add_command(actions, name, text).add_argument("name", metavar="NAME")
    _add_command(actions, "list", "which secrets are set; no values")


def _add_map(commands: Any) -> None:
    parser = _add_command(commands, "map", "mapping tables: vendors, GL accounts, dimensions")
    actions = _add_actions(parser, is_required=True)
    taken = _add_command(actions, "import", "lay a csv or xlsx file over a table")
    taken.add_argument("kind", choices=views.MAPPINGS)
    taken.add_argument("file", type=Path, metavar="FILE")
    taken.add_argument("--dry-run", action="store_true", help="show only, change nothing")
    taken.add_argument("--replace", action="store_true", help="remove rows that are not in it")
    given = _add_command(actions, "export", "write a table as csv or xlsx")
    given.add_argument("kind", choices=views.MAPPINGS)
    where = given.add_mutually_exclusive_group()
    where.add_argument("file", type=Path, nargs="?", metavar="FILE")
    where.add_argument("--out", type=Path, dest="file", metavar="FILE", default=argparse.SUPPRESS)
    _add_command(actions, "undo", "take the last edit of any table back")
    _add_command(actions, "redo", "make the edit again that was taken back last")
    offered = _add_command(actions, "suggest", "what unmapped codes may be, with the evidence")
    offered.add_argument("kind", choices=views.MAPPINGS)
    offered.add_argument(
        "--accept-at",
        type=_sure,
        metavar="SCORE",
        help="only those from this score on (95 to 100); with --yes they are mapped in one step",
    )
    offered.add_argument("--yes", action="store_true", help="map what --accept-at lists")


def _add_audit(commands: Any) -> None:
    parser = _add_command(commands, "audit", "the audit log")
    actions = _add_actions(parser, is_required=True)
    verify = _add_command(actions, "verify", "is the log, or an exported one, whole?")
    verify.add_argument("file", type=Path, nargs="?", metavar="FILE")
    verify.add_argument("--head", default="", metavar="HASH", help="the head you hold")
    export = _add_command(actions, "export", "write the whole log")
    export.add_argument("--format", choices=views.AUDIT_FORMS, required=True)
    export.add_argument("--out", type=Path, required=True, metavar="FILE")


def _add_reconcile(commands: Any) -> None:
    parser = _add_command(commands, "reconcile", "month end: both sides and what explains them")
    parser.add_argument("--period", type=_month, required=True, metavar="YYYY-MM")
    parser.add_argument("--company", default="", metavar="C", help="one X3 company; else all")
    parser.add_argument(
        "--out", type=_statement_file, metavar="FILE", help="write it too, as .xlsx or .pdf"
    )
    parser.add_argument(
        "--today", action="store_true", help="both sides as they stand now, not at the month's turn"
    )


def _add_evidence(commands: Any) -> None:
    parser = _add_command(commands, "evidence", "what an auditor takes away of a month, as one zip")
    parser.add_argument("--period", type=_month, required=True, metavar="YYYY-MM")
    parser.add_argument("file", type=_zip_file, metavar="FILE")


def _add_sandbox(commands: Any) -> None:
    parser = _add_command(commands, "sandbox", "the simulated systems")
    actions = _add_actions(parser, is_required=True)
    serve = _add_command(actions, "serve", "run both until the input closes")
    for name in ("--x3-port", "--avid-port"):
        serve.add_argument(name, type=_port, default=0, metavar="P", help="0 takes a free one")
    serve.add_argument("--seed", type=int, default=1, metavar="N", help="which company")
    serve.add_argument(
        "--invoices",
        type=_count,
        default=_DEMO_INVOICES,
        metavar="N",
        help="how many invoices it begins with",
    )


def _add_selftest(commands: Any) -> None:
    parser = _add_command(commands, "selftest", "is this program whole, and does a demo go through")
    parser.add_argument("--part", choices=["window"], default="", help=argparse.SUPPRESS)
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help="write the window's picture there, as .png"
    )


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= _LONGEST_WAIT_S:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds from 0 to 600")
    return value


def _month(text: str) -> str:
    year, _, month = text.partition("-")
    is_month = re.fullmatch("[0-9]{4}-[0-9]{2}", text) and 1 <= int(month) <= 12  # noqa: PLR2004
    if not is_month or int(year) < 1:
        raise argparse.ArgumentTypeError(f"{text} is no month like 2026-10")
    return text


def _statement_file(text: str) -> Path:
    path = Path(text)
    if path.suffix.casefold() not in views.STATEMENT_FORMS:
        raise argparse.ArgumentTypeError(f"{path.name} is neither .xlsx nor .pdf")
    return path


def _zip_file(text: str) -> Path:
    path = Path(text)
    if path.suffix.casefold() != ".zip":
        raise argparse.ArgumentTypeError(f"{path.name} is no .zip")
    return path


def _sure(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not SURE <= int(text) <= 100:  # noqa: PLR2004 - percent
        raise argparse.ArgumentTypeError(f"{text} is no score from {SURE} to 100")
    return int(text)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{text} is no port")
    return int(text)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text} is no number from 0 on")
    return int(text)


def _text(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("it must not be empty")
    return text.strip()
