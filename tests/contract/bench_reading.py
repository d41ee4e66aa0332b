"""Reading invoices by our client beside the same pages read by a bare loop of `requests`.

    python -m tests.contract.bench_reading [--invoices 20000] [--write]

The simulated X3 runs in a process of its own; both readers ask it for the same pages of 200 over
real HTTP, each twice in turn, and the quicker time of each stands. The bare loop decodes JSON and
follows the links, nothing else. `--write` appends to docs/measurements.md; nothing is asserted.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from urllib.parse import quote, urlsplit

import requests

from core.http import Transport
from core.x3.auth import BasicAuth
from core.x3.client import connect
from core.x3.transport import X3Connection
from tests.acceptance.accept_site import Served, serving
from tests.campaigns import sections
from tests.contract.x3_site import shipped

ROOT = Path(__file__).resolve().parents[2]
HEADING = "Reading invoices beside a bare loop"
_SAID = (
    "The simulated X3 in a process of its own, pages of 200 headers over HTTP "
    "(`python -m tests.contract.bench_reading --write`). The bare loop is `requests` with "
    "`.json()` and the next link; our client also judges each answer, makes documents of exact "
    "decimals, checks the walk and counts bytes. The quicker of two passes of each."
)
START = date(2000, 1, 1)
PAGE = 200
TIMEOUT_S = 120


@dataclass(frozen=True, slots=True)
class Pass:
    """One reading of everything; bytes as received, heads included."""

    rows: int
    calls: int
    received: int
    took_s: float


def bare(served: Served) -> Pass:
    """What a script of a few lines would do."""
    base = served.addresses["x3_url"]
    where = quote(f"ACCDAT ge @{START.isoformat()}@", safe="")
    url = (
        f"{base}/api1/x3/erp/{served.addresses['endpoint']}/PINVOICE?representation=PINVOICE.$query"
        f"&count={PAGE}&where={where}&orderBy=UPDDATTIM%20asc,NUM%20asc"
    )
    rows = calls = received = 0
    begun = time.perf_counter()
    with requests.Session() as session:
        session.trust_env = False
        session.auth = (served.addresses["x3_user"], served.addresses["x3_password"])
        while url:
            answer = session.get(url, timeout=TIMEOUT_S)
            answer.raise_for_status()
            page = answer.json()
            rows, calls = rows + len(page["$resources"]), calls + 1
            heads = sum(len(name) + len(value) + 4 for name, value in answer.headers.items())
            received += int(answer.headers["Content-Length"]) + heads + 17
            onward = page["$links"].get("$next")
            parts = urlsplit(onward["$url"]) if onward else None
            url = f"{base}{parts.path}?{parts.query}" if parts else ""
    return Pass(rows, calls, received, time.perf_counter() - begun)


def ours(served: Served) -> Pass:
    """The client as the engine uses it."""
    base = served.addresses["x3_url"]
    connection = X3Connection(
        base_url=base, endpoint=served.addresses["endpoint"], start_date=START, page_size=PAGE
    )
    auth = BasicAuth(served.addresses["x3_user"], lambda: served.addresses["x3_password"])
    transport = Transport(system="x3", base_url=base)
    reader = connect(connection, shipped(), auth, transport, time.sleep).reader
    calls = rows = 0
    begun = time.perf_counter()
    page = reader.first_page("invoice")
    while True:
        rows, calls = rows + len(page.rows) + len(page.unreadable), calls + 1
        if page.next is None:
            break
        page = reader.next_page("invoice", page.next)
    took_s = time.perf_counter() - begun
    transport.close()
    return Pass(rows, calls, transport.meter.received, took_s)


def _quicker(one: Pass, other: Pass) -> Pass:
    return one if one.took_s <= other.took_s else other


def measure(invoices: int) -> tuple[Pass, Pass]:
    """The bare loop's best pass and ours, from the same server in the same run."""
    with tempfile.TemporaryDirectory() as made, serving(Path(made), invoices=invoices) as served:
        first_bare, first_ours = bare(served), ours(served)
        second_ours, second_bare = ours(served), bare(served)
    if len({one.rows for one in (first_bare, first_ours, second_ours, second_bare)}) != 1:
        raise SystemExit("the two have not read the same rows")
    return _quicker(first_bare, second_bare), _quicker(first_ours, second_ours)


def table(loop: Pass, client: Pass) -> str:
    """Both in one table with their ratio."""
    lines = [
        "| reader | invoices | calls | MB received | seconds | invoices/s | times the bare loop |",
        "| --- | --: | --: | --: | --: | --: | --: |",
    ]
    for name, one in (("bare loop", loop), ("our client", client)):
        lines.append(
            f"| {name} | {one.rows:,} | {one.calls} | {one.received / 1e6:.1f} | {one.took_s:.1f} |"
            f" {one.rows / one.took_s:,.0f} | {one.took_s / loop.took_s:.2f} |"
        )
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Measure, and write the table to standard output."""
    parser = argparse.ArgumentParser(description="Read invoices beside a bare loop.")
    parser.add_argument("--invoices", type=int, default=20_000, metavar="N")
    parser.add_argument(
        "--write", action="store_true", help="renew its section of the measurements"
    )
    options = parser.parse_args(arguments)
    text = table(*measure(options.invoices))
    sys.stdout.write(f"{text}\n")
    if options.write:
        sections.put(HEADING, f"{_SAID}\n\n{sections.made_on()}\n\n{text}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
