"""The doctor names the cause: faults are planted one by one, and the program is asked what it sees.

    python -m tests.campaigns.doctor_faults [--only WORD] [--write]

Each fault stands alone before a workspace that is good otherwise. Right is an answer whose first
finding of that side is the check, the code and the words of the fault, while the other side is
good. The program is run by its command line against real servers on 127.0.0.1.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.acceptance.accept_site import Desk, Served, desk_in, serving
from tests.campaigns import doctor_servers as servers
from tests.campaigns import sections
from tests.campaigns.doctor_servers import Keys, listening

_PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "auto_proxy")
_FOLDER = re.compile(r"[^\s]*" + re.escape(tempfile.gettempdir()) + r"[^\s]*/")
_QUICK = "\n[limits]\nconnect_timeout_s = 2\n"


@dataclass
class Bench:
    """A good site, and a workspace that fits it and is copied for each fault."""

    served: Served
    folder: Path
    made: int = 0

    def desk(self, environment: dict[str, str] | None = None, /, **settings: str) -> Desk:
        """A good workspace of its own but for these settings and variables."""
        self.made += 1
        place = self.folder / f"fault{self.made}"
        shutil.copytree(self.folder / "good", place)
        desk = _desk_at(place, environment or {})
        write_settings(desk, self.served, settings)
        return desk

    def port(self, side: str = "x3") -> int:
        """The port of a simulated system."""
        port = urlsplit(self.served.addresses[f"{side}_url"]).port
        assert port is not None
        return port

    def keys(self, name: str, **how: Any) -> Keys:
        """Keys made for one fault."""
        return servers.private(self.folder / "keys" / name, **how)

    def secure(
        self, stack: ExitStack, keys: Keys, *, side: str = "x3", is_old: bool = False
    ) -> int:
        """The port of a TLS front before a simulated system, as long as the stack."""
        front = servers.relay(servers.tls_of(keys, is_old=is_old), self.port(side))
        return stack.enter_context(listening(front))

    def value(self, stack: ExitStack, name: str, value: Any, usual: Any) -> None:
        """A setting of the simulated systems for as long as the stack."""
        stack.callback(self.served.value, name, usual)
        self.served.value(name, value)

    def fault(self, stack: ExitStack, system: str, operation: str, kind: str, **more: Any) -> None:
        """A fault of the simulated systems for as long as the stack."""
        stack.callback(self.served.calm)
        self.served.faults((system, operation, kind, more))


def _desk_at(place: Path, environment: dict[str, str]) -> Desk:
    desk = desk_in(place)
    usual = {name: text for name, text in desk.environment.items() if name.lower() not in _PROXIES}
    return Desk(desk.directory, usual | environment)


def write_settings(desk: Desk, served: Served, settings: dict[str, str]) -> None:
    """Good settings but for these, with connections that are given up after 2 s."""
    desk.write_settings(served, **settings)
    profile = desk.directory / "x3-quick.toml"
    text = profile.read_text(encoding="utf-8").replace("[limits]\n", _QUICK.lstrip("\n"))
    profile.write_text(text, encoding="utf-8")
    wire = desk.directory / "connect-quick.toml"
    text = wire.read_text(encoding="utf-8").replace("connect = 10,", "connect = 2,")
    wire.write_text(text, encoding="utf-8")


@contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    """A site and a workspace that has found it good and read from it."""
    with serving(folder / "site", invoices=30) as served:
        desk = _desk_at(folder / "good", {})
        write_settings(desk, served, {})
        secrets = {"x3.client_secret": served.addresses["x3_client_secret"]}
        desk.set_secrets(served.secrets | secrets)
        ran = desk.run("doctor", "--json")
        assert ran.status == 0, (ran.out, ran.err)
        ran = desk.run("sync", "--preview", "--json")  # from here on it belongs to this folder
        assert ran.status in (0, 3), (ran.out, ran.err)
        yield Bench(served, folder)


@dataclass(frozen=True)
class Fault:
    """What is planted, and what the doctor is to say of it; a warning leaves the side good."""

    name: str
    side: str
    check: str
    code: str
    words: tuple[str, ...]
    plant: Callable[[Bench, ExitStack], Desk]
    is_warning: bool = False


@dataclass
class Seen:
    """What the doctor said of one fault."""

    fault: Fault
    finding: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)


def examine(place: Bench, fault: Fault) -> Seen:
    """Plant a fault, ask the doctor, and judge the answer."""
    seen = Seen(fault)
    with ExitStack() as stack:
        desk = fault.plant(place, stack)
        began = time.monotonic()
        ran = desk.run("doctor", "--json")
        seen.seconds = time.monotonic() - began
    if ran.status != (0 if fault.is_warning else 4):
        seen.wrong.append(f"exit status {ran.status}: {ran.err[-300:]}")
    lines = ran.lines
    mine = [line for line in lines if line["side"] == fault.side]
    found = [line for line in mine if _is_told(line, fault)]
    if not found:
        seen.wrong.append("nothing was found")
        return seen
    seen.finding = found[0]
    _judge(seen, [line for line in lines if line["side"] != fault.side])
    return seen


def _is_told(line: dict[str, Any], fault: Fault) -> bool:
    return bool(line["code"]) if fault.is_warning else not line["ok"]


def _judge(seen: Seen, others: list[dict[str, Any]]) -> None:
    fault, line = seen.fault, seen.finding
    if (line["check"], line["code"]) != (fault.check, fault.code):
        seen.wrong.append(f"expected {fault.check}, {fault.code}")
    told = f"{line['cause']} {line['remedy']}".casefold()
    seen.wrong += [f"does not say {word!r}" for word in fault.words if word.casefold() not in told]
    if not line["remedy"]:
        seen.wrong.append("no remedy")
    seen.wrong += [
        f"{other['side']} {other['check']} failed too" for other in others if not other["ok"]
    ]


def run(folder: Path, only: str = "") -> list[Seen]:
    """All faults whose name holds a word, in order."""
    from tests.campaigns.doctor_plants import FAULTS

    with bench(folder) as place:
        return [examine(place, fault) for fault in FAULTS if only in fault.name]


def table(seen: list[Seen]) -> str:
    """What was planted and what was found, as Markdown."""
    lines = [
        "| fault | side | check | code | cause | s | |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for one in seen:
        told = one.finding
        cause = _FOLDER.sub("…/", str(told.get("cause", ""))).replace("|", "\\|")
        verdict = "right" if not one.wrong else f"WRONG: {'; '.join(one.wrong)}"
        parts = (
            one.fault.name, one.fault.side, told.get("check", ""), told.get("code", ""), cause,
            f"{one.seconds:.1f}", verdict,
        )  # fmt: skip
        lines.append(f"| {' | '.join(parts)} |")
    return "\n".join(lines)


def _write(text: str, good: int, total: int) -> None:
    sections.put(
        "The doctor names the cause",
        f"Command: `python -m tests.campaigns.doctor_faults --write` · {sections.made_on()} · "
        f"{good} of {total} right at the first look\n\n{text}",
    )


def main(arguments: list[str]) -> int:
    """Run the campaign and write its table to standard output; 1 when an answer was wrong."""
    parser = argparse.ArgumentParser(description="Plant faults and ask the doctor.")
    parser.add_argument("--only", default="", help="faults whose name holds this word")
    parser.add_argument("--write", action="store_true", help="renew the section of measurements.md")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as made:
        seen = run(Path(made), options.only)
    good = sum(not one.wrong for one in seen)
    text = table(seen)
    sys.stdout.write(f"{text}\n\n{good} of {len(seen)} right\n")
    if options.write:
        _write(text, good, len(seen))
    return 0 if good == len(seen) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
