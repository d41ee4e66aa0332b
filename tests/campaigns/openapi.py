"""Schemathesis holds the OpenAPI file against the simulated AvidXchange, bounded and repeatable.

    python -m tests.campaigns.openapi [--examples 60] [--seed 1] [--program FILE] [--write]

Schemathesis is a program beside this one: the one on the path, or `--program`. It may stand in an
environment of its own (`pip install "schemathesis>=4.32,<5"`). It draws right and wrong requests
from the file, sends them to a site with documents in every state, and checks each answer: status,
media type, headers and body are those of the file, no server error, methods not in the file are
refused with `Allow`, required headers are asked for, nothing is served without a token, and what
was created is there afterwards. Three of its checks are left out, as the file says less than the
contract there: what is wrong *inside* an invoice or vendor is answered 200 with item errors
(avidxchange.md 2.11), right parameters may contradict each other (filters, windows; 2.9, 2.10), and
an invoice that was withdrawn stays readable as Deleted (2.8).
"""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.campaigns import sections
from tests.sandbox import openapi_file
from tests.sandbox.avid_site import COMPANY, CONTRACT, Site, fresh_site
from tests.sandbox.openapi_world import fill, world_of

HEADING = "The OpenAPI file against the simulated AvidXchange"
LEFT_OUT = ("negative_data_rejection", "positive_data_acceptance", "use_after_free")
_TOKEN = "token"
_CLIENT = "DEMO-client:DEMO-client-secret"
_MOST_S = 600
_OK = (0, 1)  # Schemathesis ends with 1 when a check has failed
#: Loaded by Schemathesis in its own environment: it knows no bodies of these types by itself.
_HOOKS = """import schemathesis

@schemathesis.serializer("application/pdf", "image/tiff", "image/png", "image/jpeg")
def as_bytes(context, value):
    return value if isinstance(value, bytes) else str(value).encode()
"""


@dataclass
class Figures:
    """What was asked and answered; all is well while `problems` is empty."""

    examples: int
    seed: int
    version: str = ""
    seconds: float = 0.0
    answers: dict[str, Counter[int]] = field(default_factory=dict)
    checks: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        """How many requests were answered."""
        return sum(sum(counted.values()) for counted in self.answers.values())

    def closing_line(self) -> str:
        """One line that says how it went."""
        good = sum(1 for counted in self.answers.values() if counted[200])
        return (
            f"{self.requests} requests, {good} operations answered 200, "
            f"{sum(self.checks.values())} checks, {len(self.problems)} problems, "
            f"{self.seconds:.0f} s"
        )

    def table(self) -> str:
        """The answers of each operation as a Markdown table."""
        lines = ["| operation | requests | answers |", "| --- | --: | --- |"]
        for name, counted in sorted(self.answers.items()):
            shown = ", ".join(f"{status}: {counted[status]}" for status in sorted(counted))
            lines.append(f"| {name} | {sum(counted.values())} | {shown} |")
        return "\n".join(lines)


def program() -> str:
    """The Schemathesis of this environment or of the path; empty where there is none."""
    beside = Path(sys.executable).with_name("schemathesis")
    return str(beside) if beside.exists() else shutil.which("schemathesis") or ""


def hold(command: str, examples: int, seed: int, folder: Path) -> Figures:
    """Hold the file against a site of its own; the token endpoint signs in for itself.

    Raises:
        subprocess.SubprocessError: Schemathesis did not end, or could not begin.
    """
    began = time.monotonic()
    found = Figures(examples, seed)
    sites = fresh_site()
    site = next(sites)
    try:
        fill(site)
        for is_token in (False, True):
            for event in _run(command, site, found, folder, is_token=is_token):
                _note(found, event)
    finally:
        next(sites, None)
    found.seconds = time.monotonic() - began
    if missing := {one.name for one in openapi_file.operations()} - found.answers.keys():
        found.problems.append(f"not asked: {', '.join(sorted(missing))}")
    return found


def _run(
    command: str, site: Site, found: Figures, folder: Path, *, is_token: bool
) -> Iterator[dict[str, Any]]:
    """Everything that one run of Schemathesis reports, an object each."""
    place = folder / (_TOKEN if is_token else "rest")
    place.mkdir()
    (place / "hooks.py").write_text(_HOOKS, encoding="utf-8")
    (place / "schemathesis.toml").write_text(_configuration(site), encoding="utf-8")
    report = place / "events.jsonl"
    if is_token:
        who = ["--auth", _CLIENT, "--include-operation-id", _TOKEN]
    else:
        signed = [f"{name}: {value}" for name, value in site.signed().items()]
        who = [part for header in signed for part in ("--header", header)]
        who += ["--exclude-operation-id", _TOKEN]
    bounds = ["--max-examples", str(found.examples), "--seed", str(found.seed)]
    bounds += ["--generation-database", "none", "--continue-on-failure", "--no-shrink"]
    order = [command, "run", str(CONTRACT), "--url", f"http://127.0.0.1:{site.port}", *who, *bounds]
    order += ["--exclude-checks", ",".join(LEFT_OUT), "--no-color", "--warnings", "off"]
    order += ["--suppress-health-check", "all", "--report-ndjson-path", str(report)]
    ran = subprocess.run(
        order, cwd=place, capture_output=True, timeout=_MOST_S, check=False, text=True
    )
    if ran.returncode not in _OK or not report.exists():
        found.problems.append(f"ended with {ran.returncode}: {(ran.stdout + ran.stderr)[-600:]}")
        return
    with report.open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def _configuration(site: Site) -> str:
    """Ids that exist, for most of the requests that need one; JSON texts are TOML texts too."""
    world = world_of(site)
    ours = [f"X3|T|US10|{number}|1" for number in world.numbers]
    known = {
        "invoices": [int(one) for one in world.invoices],
        "payments": [int(one) for one in world.payments],
        "references": [*ours, ",".join(ours[:3])],
        "payment_ids": [*world.payments, ",".join(world.payments[:3])],
        "vendors": ["V00101", "v00102,V00101", "V00900"],
        "companies": [COMPANY],
    }
    bound = {
        "path.id": "payments",
        "query.paymentIds": "payment_ids",
        "query.externalIds": "references",
        "query.externalVendorCodes": "vendors",
        "body.VendorExternalCode": "vendors",
        "header.X-Company-Id": "companies",
    }
    lines = [
        f"[dictionaries.{name}]\nvalues = {json.dumps(given)}" for name, given in known.items()
    ]
    lines.append(_bound("parameters", bound))
    for one in openapi_file.operations():
        if one.path.startswith("/v1/invoices/"):
            name = f'[[operations]]\ninclude-operation-id = "{one.name}"'
            lines.append(f"{name}\n{_bound('operations.parameters', {'path.id': 'invoices'})}")
    return "\n".join(lines) + "\n"


def _bound(table: str, bound: dict[str, str]) -> str:
    rows = (
        f'"{name}" = {{ dictionary = "{dictionary}", probability = 0.8 }}'
        for name, dictionary in bound.items()
    )
    return "\n".join([f"[{table}]", *rows])


def _note(found: Figures, event: dict[str, Any]) -> None:
    """Count what one event tells; failed checks, and what could not be tried, are problems."""
    ((kind, told),) = event.items()
    if kind == "Initialize":
        found.version = told["schemathesis_version"]
    elif kind in ("NonFatalError", "FatalError"):
        found.problems.append(f"{kind}: {json.dumps(told)[:400]}")
    elif kind == "ScenarioFinished":
        recorder = told["recorder"]
        for case, exchange in recorder.get("interactions", {}).items():
            _note_answer(found, recorder["cases"][case]["value"], exchange)
        for case, checks in recorder.get("checks", {}).items():
            _note_checks(found, recorder["cases"][case]["value"], checks)


def _note_answer(found: Figures, case: dict[str, Any], exchange: dict[str, Any]) -> None:
    answer, name = exchange.get("response"), f"{case['method']} {case['path']}"
    operations = {f"{one.method} {one.path}": one.name for one in openapi_file.operations()}
    if answer is None:
        found.problems.append(f"{name}: no answer")
        return
    status = int(answer["status_code"])
    found.answers.setdefault(operations.get(name, "methods not in the file"), Counter())[
        status
    ] += 1


def _note_checks(found: Figures, case: dict[str, Any], checks: Iterable[dict[str, Any]]) -> None:
    for check in checks:
        found.checks[check["name"]] += 1
        if check["status"] != "success":
            failure = check.get("failure_info", {}).get("failure", check)
            text = f"{failure.get('title')}: {failure.get('message')}".replace("\n", " ")
            found.problems.append(f"{case['method']} {case['path']}: {text[:300]}")


def _write(found: Figures, arguments: Sequence[str]) -> None:
    order = "".join(f" {word}" for word in arguments if word != "--write")
    names = ", ".join(f"`{name}`" for name in sorted(found.checks))
    problems = "".join(f"\n* {text}" for text in found.problems) or " none"
    sections.put(
        HEADING,
        f"Command: `python -m tests.campaigns.openapi{order}` · Schemathesis {found.version}, seed "
        f"{found.seed}, {found.examples} examples for each operation and phase · "
        f"{sections.made_on()}\n\n{found.closing_line()}.\n\nChecks: {names}. Left out: "
        f"{', '.join(f'`{name}`' for name in LEFT_OUT)} (the module says why).\n\n"
        f"{found.table()}\n\nProblems:{problems}\n",
    )


def main(arguments: list[str]) -> int:
    """Hold the file against the site; 1 when anything is wrong, 2 without Schemathesis."""
    parser = argparse.ArgumentParser(description="Hold the OpenAPI file against the sandbox.")
    parser.add_argument("--examples", type=int, default=60, help="for each operation and phase")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--program", default=program(), help="another environment's schemathesis")
    parser.add_argument("--write", action="store_true", help="renew the section of measurements.md")
    options = parser.parse_args(arguments)
    if not options.program:
        sys.stderr.write('Schemathesis is not here: pip install "schemathesis>=4.32,<5"\n')
        return 2
    with tempfile.TemporaryDirectory(prefix="openapi-") as folder:
        found = hold(options.program, options.examples, options.seed, Path(folder))
    for text in found.problems:
        sys.stdout.write(f"{text}\n")
    sys.stdout.write(f"{found.table()}\n\n{found.closing_line()}\n")
    if options.write:
        words = [word for word in arguments if word != options.program]
        with contextlib.suppress(ValueError):
            words.remove("--program")
        _write(found, words)
    return 1 if found.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
