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
from core.words import area

say = area(__name__)

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
        parser.error(say("seed_is_for_sandbox_only"))
    if found.command == "map" and found.action == "export" and found.file is None:
        parser.error(say("map_export_needs_a_file_to_write"))
    if found.command == "map" and found.action == "suggest" and found.yes and not found.accept_at:
        parser.error(say("yes_is_for_accept_at_only_less"))
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=own_program.TYPED,
        description=say("carries_supplier_invoices_from_sage_x3"),
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=say("crossfoot", version=VERSION))
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
    _add_command(commands, "doctor", say("check_both_connections_with_cause_and"))
    _add_sandbox(commands)
    _add_selftest(commands)
    bundle = _add_command(commands, "support", say("logs_and_facts_for_whoever_helps"))
    bundle.add_argument(
        "--out", type=Path, metavar="FILE", help=say("write_it_as_zip_else_show_it")
    )
    for name in (ENGINE_COMMAND, WORK_COMMAND):  # for the window only, hence not in the help
        commands.add_parser(name)
    backup = _add_command(commands, "backup", say("copy_the_store_into_one_file"))
    backup.add_argument("--out", type=Path, required=True, metavar="FILE")
    restore = _add_command(commands, "restore", say("put_a_backup_in_the_stores_place"))
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
        help=say("where_this_workspace_keeps_its_files"),
    )
    parser.add_argument(
        "--sandbox",
        action="store_true",
        default=default("sandbox"),
        help=say("work_with_simulated_systems_and_a_data"),
    )
    parser.add_argument(
        "--json", action="store_true", default=default("json"), help=say("answer_in_json_only")
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
    parser = _add_command(commands, "sync", say("one_run_read_plan_write_settle"))
    parser.add_argument("--only", choices=views.FLOWS, default="", help=say("this_flow_only"))
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--preview", action="store_true", help=say("plan_only_nothing_is_written"))
    kind.add_argument(
        "--plan", default="", metavar="HASH", help=say("apply_exactly_this_stored_plan")
    )
    parser.add_argument(
        "--wait",
        type=_seconds,
        default=5.0,
        metavar="SECONDS",
        help=say("stay_while_something_of_this_run_is"),
    )
    parser.add_argument(
        "--retry-sign-in", action="store_true", help=say("try_again_a_side_that_refused_us")
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help=say("which_demo_at_its_first_use_sandbox")
    )


def _add_lists(commands: Any) -> None:
    _add_command(commands, "status", say("both_sides_invoices_by_state_invariants"))
    parser = _add_command(commands, "invoices", say("the_invoices_and_their_states"))
    parser.add_argument("--state", choices=views.STATES, default="", metavar="S")
    parser.add_argument("--number", default="", metavar="N", help=say("the_x3_number"))
    _add_command(commands, "payments", say("the_payments_made_in_avidxchange"))
    _add_command(commands, "runs", say("the_runs_and_what_they_did"))
    parser = _add_command(commands, "explain", say("why_this_invoice_is_not_paid_yet"))
    parser.add_argument("number", metavar="NUMBER")
    parser.add_argument(
        "--as-of", type=_text, metavar="MOMENT",
        help=say("as_it_was_then_with_the_proof"),
    )  # fmt: skip


def _add_review(commands: Any) -> None:
    parser = _add_command(commands, "review", say("what_needs_a_person"))
    actions = _add_actions(parser, is_required=False)
    _add_command(actions, "list", say("the_open_items"))
    resolve = _add_command(actions, "resolve", say("settle_an_item"))
    resolve.add_argument("id", type=int, metavar="ID")
    resolve.add_argument("--how", choices=views.HOWS, required=True)
    resolve.add_argument("--reason", type=_text, required=True, metavar="TEXT")
    resolve.add_argument("--to", default="", metavar="ID", help=say("what_to_link_to"))


def _add_secret(commands: Any) -> None:
    parser = _add_command(commands, "secret", say("passwords_and_tokens_by_name"))
    actions = _add_actions(parser, is_required=True)
    for name, text in (
        ("set", say("keep_a_secret_its_value_comes_on")),
        ("forget", say("remove_a_secret")),
    ):
        _add_command(actions, name, text).add_argument("name", metavar="NAME")
    _add_command(actions, "list", say("which_secrets_are_set_no_values"))


def _add_map(commands: Any) -> None:
    parser = _add_command(commands, "map", say("mapping_tables_vendors_gl_accounts"))
    actions = _add_actions(parser, is_required=True)
    taken = _add_command(actions, "import", say("lay_a_csv_or_xlsx_file_over"))
    taken.add_argument("kind", choices=views.MAPPINGS)
    taken.add_argument("file", type=Path, metavar="FILE")
    taken.add_argument("--dry-run", action="store_true", help=say("show_only_change_nothing"))
    taken.add_argument("--replace", action="store_true", help=say("remove_rows_that_are_not_in_it"))
    given = _add_command(actions, "export", say("write_a_table_as_csv_or_xlsx"))
    given.add_argument("kind", choices=views.MAPPINGS)
    where = given.add_mutually_exclusive_group()
    where.add_argument("file", type=Path, nargs="?", metavar="FILE")
    where.add_argument("--out", type=Path, dest="file", metavar="FILE", default=argparse.SUPPRESS)
    _add_command(actions, "undo", say("take_the_last_edit_of_any_table"))
    _add_command(actions, "redo", say("make_the_edit_again_that_was_taken"))
    offered = _add_command(actions, "suggest", say("what_unmapped_codes_may_be_with_the"))
    offered.add_argument("kind", choices=views.MAPPINGS)
    offered.add_argument(
        "--accept-at",
        type=_sure,
        metavar="SCORE",
        help=say("only_those_from_this_score_on_95"),
    )
    offered.add_argument("--yes", action="store_true", help=say("map_what_accept_at_lists"))


def _add_audit(commands: Any) -> None:
    parser = _add_command(commands, "audit", say("the_audit_log"))
    actions = _add_actions(parser, is_required=True)
    verify = _add_command(actions, "verify", say("is_the_log_or_an_exported_one"))
    verify.add_argument("file", type=Path, nargs="?", metavar="FILE")
    verify.add_argument("--head", default="", metavar="HASH", help=say("the_head_you_hold"))
    export = _add_command(actions, "export", say("write_the_whole_log"))
    export.add_argument("--format", choices=views.AUDIT_FORMS, required=True)
    export.add_argument("--out", type=Path, required=True, metavar="FILE")


def _add_reconcile(commands: Any) -> None:
    parser = _add_command(commands, "reconcile", say("month_end_both_sides_and_what_explains"))
    parser.add_argument("--period", type=_month, required=True, metavar="YYYY-MM")
    parser.add_argument("--company", default="", metavar="C", help=say("one_x3_company_else_all"))
    parser.add_argument(
        "--out", type=_statement_file, metavar="FILE", help=say("write_it_too_as_xlsx_or_pdf")
    )
    parser.add_argument(
        "--today", action="store_true", help=say("both_sides_as_they_stand_now_not")
    )


def _add_evidence(commands: Any) -> None:
    parser = _add_command(commands, "evidence", say("what_an_auditor_takes_away_of_a"))
    parser.add_argument("--period", type=_month, required=True, metavar="YYYY-MM")
    parser.add_argument("file", type=_zip_file, metavar="FILE")


def _add_sandbox(commands: Any) -> None:
    parser = _add_command(commands, "sandbox", say("the_simulated_systems"))
    actions = _add_actions(parser, is_required=True)
    serve = _add_command(actions, "serve", say("run_both_until_the_input_closes"))
    for name in ("--x3-port", "--avid-port"):
        serve.add_argument(name, type=_port, default=0, metavar="P", help=say("0_takes_a_free_one"))
    serve.add_argument("--seed", type=int, default=1, metavar="N", help=say("which_company"))
    serve.add_argument(
        "--invoices",
        type=_count,
        default=_DEMO_INVOICES,
        metavar="N",
        help=say("how_many_invoices_it_begins_with"),
    )


def _add_selftest(commands: Any) -> None:
    parser = _add_command(commands, "selftest", say("is_this_program_whole_and_does_a"))
    parser.add_argument("--part", choices=["window"], default="", help=argparse.SUPPRESS)
    parser.add_argument(
        "--picture", type=Path, metavar="FILE", help=say("write_the_windows_picture_there_as_png")
    )


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= _LONGEST_WAIT_S:
        raise argparse.ArgumentTypeError(say("is_no_number_of_seconds_from_0", text=text))
    return value


def _month(text: str) -> str:
    year, _, month = text.partition("-")
    is_month = re.fullmatch("[0-9]{4}-[0-9]{2}", text) and 1 <= int(month) <= 12  # noqa: PLR2004
    if not is_month or int(year) < 1:
        raise argparse.ArgumentTypeError(say("is_no_month_like_2026_10", text=text))
    return text


def _statement_file(text: str) -> Path:
    path = Path(text)
    if path.suffix.casefold() not in views.STATEMENT_FORMS:
        raise argparse.ArgumentTypeError(say("is_neither_xlsx_nor_pdf", name=path.name))
    return path


def _zip_file(text: str) -> Path:
    path = Path(text)
    if path.suffix.casefold() != ".zip":
        raise argparse.ArgumentTypeError(say("is_no_zip", name=path.name))
    return path


def _sure(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not SURE <= int(text) <= 100:  # noqa: PLR2004 - percent
        raise argparse.ArgumentTypeError(say("is_no_score_from_to_100", text=text, sure=SURE))
    return int(text)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > _HIGHEST_PORT:
        raise argparse.ArgumentTypeError(say("is_no_port", text=text))
    return int(text)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(say("is_no_number_from_0_on", text=text))
    return int(text)


def _text(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError(say("it_must_not_be_empty"))
    return text.strip()
