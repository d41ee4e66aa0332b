"""A whole site for the engine's tests: both simulated systems, a store, real clients, the engine.

Every request goes over real HTTP on 127.0.0.1. Times of the profiles are cut to fractions of a
second, nothing else differs from what a customer runs. The company has master data only; a test
makes the documents it needs, through the sandbox's own events.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from core import clients
from core.clock import SystemClock
from core.credentials import Credentials
from core.domain.policy import Policy
from core.engine.engine import Engine
from core.engine.run import RunResult
from core.engine.work import EngineConfig, RunOrder, Tools
from core.sandbox import control, server
from core.settings import Settings
from core.store import history, journal, reviews, rules, values
from core.store.invoices import InvoiceRow, invoice_rows
from core.store.payments import PaymentRow, payment_rows
from core.store.sqlite import Store
from core.vault import FixedKey, Vault

ROOT = Path(__file__).resolve().parents[2]
SUPPLIER, VENDOR = "S1", "VS1"
ANSWER_S = 50.0
_WRITES = ("submit_invoice", "replace_invoice", "withdraw_invoice", "upsert_vendors")
_X3_WRITES = ("modify", "run", "save")
_X3_TIMES = """profile_version = 1
name = "quick"
[limits]
read_timeout_s = {timeout}
write_timeout_s = {timeout}
[times]
read_retry_s = [0.05, 0.1]
busy_read_s = [0.05]
silence_s = 5
breaker_s = [0.1, 0.2]
"""
_QUICK = {
    "base_seconds = 1,": "base_seconds = 0.05,",
    "breaker_seconds = [30, 900]": "breaker_seconds = [0.1, 0.2]",
}


class Site:
    """Both systems and one workspace in a directory; a second one on it is a restart."""

    def __init__(
        self,
        directory: Path,
        *,
        sandbox: server.Sandbox | None = None,
        invoices: int = 0,
        settings: Mapping[str, Any] | None = None,
        timeout_s: float = 30,
        is_mapped: bool = True,
    ) -> None:
        self.directory = directory
        self.sandbox = sandbox or server.start(None, seed=1, invoices=invoices)
        self.state = self.sandbox.state
        self._given = dict(settings or {})
        self._timeout_s = timeout_s
        self.value("avid.lag_seconds", 0)
        self.store = self._open()
        self.secrets = Credentials(self.store, Vault(FixedKey()))
        self._set_secrets()
        if is_mapped and not rules.last_step(self.store):
            self.map_everything()
        self.changes: dict[str, Any] = {}  # of EngineConfig, for the next start
        self.policy_changes: dict[str, Any] = {}
        self.engine: Engine | None = None
        self._made: clients.Clients | None = None
        self._clock = SystemClock()
        self._is_doubled = False

    # Life

    def _open(self) -> Store:
        clock = SystemClock()
        return Store.open(self.directory, version="0", clock=clock, is_sandbox=True)

    def _set_secrets(self) -> None:
        addresses = self.sandbox.addresses
        known = values.secret_names(self.store)
        for name, value in (
            ("x3.password", addresses.x3_password),
            ("avidxchange.client_secret", addresses.client_secret),
        ):
            if name not in known:
                self.secrets.set(name, value, actor="test")

    def settings(self) -> Settings:
        """The settings of the workspace, with what the test gave laid over them."""
        addresses = self.sandbox.addresses
        made: dict[str, Any] = {
            "workspace": {
                "name": "Test",
                "start_date": datetime.now(UTC).date() - timedelta(days=120),
                "mode": "live",
            },
            "x3": {
                "base_url": addresses.x3_url,
                "endpoint": addresses.endpoint,
                "username": addresses.x3_user,
                "payment": {"bank": {"US10": "USBNK", "CA10": "CABNK"}},
                "profile": str(self._x3_profile()),
            },
            "avidxchange": {
                "base_url": addresses.avid_url,
                "token_url": addresses.token_url,
                "client_id": addresses.client_id,
                "company_id": addresses.company_id,
                "profile": str(self._avid_profile()),
            },
        }
        return Settings.model_validate(_laid_over(made, self._given))

    def _x3_profile(self) -> Path:
        path = self.directory / "x3-quick.toml"
        path.write_text(_X3_TIMES.format(timeout=self._timeout_s), encoding="utf-8")
        return path

    def _avid_profile(self) -> Path:
        text = (ROOT / "resources" / "profiles" / "connect.toml").read_text(encoding="utf-8")
        for old, new in (_QUICK | {" read = 60,": f" read = {self._timeout_s},"}).items():
            assert old in text, old
            text = text.replace(old, new)
        path = self.directory / "connect-quick.toml"
        path.write_text(text, encoding="utf-8")
        return path

    @property
    def running(self) -> Engine:
        """The engine, started when it is not."""
        if self.engine is None:
            self.start()
        assert self.engine is not None
        return self.engine

    def start(self) -> None:
        """Start an engine with fresh clients; `changes` go over its times."""
        self._clock = SystemClock()
        settings = self.settings()
        self._made = clients.connect(settings, self.directory, self.secrets, self._clock)
        tools: Tools = clients.tools_of(
            self._made, settings, self.store, self._clock, FixedKey().create
        )
        policy: Policy = replace(tools.policy, **self.policy_changes)
        tools = replace(tools, config=self._config(tools.config), policy=policy)
        self.engine = Engine(tools)
        self.engine.start()

    def _config(self, made: EngineConfig) -> EngineConfig:
        quick: dict[str, Any] = {
            "busy_write_s": (0.1, 0.2, 0.3, 0.4),
            "approval_reread_s": 0.2,
            "payment_lookup_s": (0.2, 0.4),
            "invoice_lookup_s": (0.2, 0.5),
        }
        return replace(made, **(quick | self.changes))

    def stop(self) -> bool:
        """End the engine as a front end does; whether it ended in its three seconds."""
        if self.engine is None:
            return True
        self._clock.stop()
        ended = self.engine.stop()
        self.engine = None
        if self._made is not None:
            self._made.close()
            self._made = None
        return ended

    def restart(self, **changes: Any) -> None:
        """End the engine and start another one on the same store."""
        assert self.stop()
        self.changes |= changes
        self.start()

    def end(self) -> None:
        """End everything."""
        self.stop()
        self.store.close_thread()
        self.sandbox.stop()

    # What a person does

    def sync(self, **order: Any) -> RunResult:
        """One run to its end."""
        return self.begin(**order).result(timeout=ANSWER_S)

    def resolve(self, code: str, how: str, *, to: str = "", document: str = "") -> dict[str, Any]:
        """Settle the one open item of a code."""
        item = self.item(code, document)
        future = self.running.resolve(item.id, how, "because", to, "tester")
        return future.result(timeout=ANSWER_S)

    def map(self, kind: str, *rows: tuple[str, ...]) -> None:
        """Lay mapping rows over the tables: (x3, code), (chart, account, code), or dimensions."""
        drafts = [_draft(kind, row) for row in rows]
        with self.store.write():
            applied = rules.apply_rows(self.store, kind, drafts, replace=False, actor="tester")
        assert not applied.refused

    def map_everything(self) -> None:
        """Map the test's supplier, every account and every dimension value."""
        self.supplier()
        self.map("gl", *[(r["COA"], r["ACC"], _gl_code(r)) for r in self.rows("x3:GACCOUNT")])
        groups = {"DPT": "Department", "LOC": "Location", "PRJ": "Project"}
        self.map(
            "dimensions",
            *[(r["DIE"], r["CCE"], groups[r["DIE"]], r["CCE"]) for r in self.rows("x3:CACCE")],
        )

    # What happens on the other sides

    def act(self, name: str, *args: Any, **named: Any) -> Any:
        """Make an event of either simulated system happen, committed."""
        with self.state.lock:
            result = control.events()[name](self.state, *args, **named)
            self.state.commit()
        return result

    def value(self, name: str, value: Any) -> None:
        """Set a value of the simulated systems."""
        with self.state.lock:
            self.state.set_value(name, value)
            self.state.commit()

    def fault(self, system: str, operation: str, kind: str, **more: Any) -> None:
        """Put a fault in force; `times=1` unless told otherwise."""
        entry = {"times": 1} | more
        if entry["times"] is None:
            del entry["times"]
        self.sandbox.faults.add([{"system": system, "operation": operation, "kind": kind, **entry}])

    def supplier(self, code: str = SUPPLIER, vendor: str = VENDOR, **fields: Any) -> str:
        """A supplier with a vendor of its own, mapped; `vendor=""` leaves it unmapped."""
        self.act("x3.supplier", {"BPSNUM": code, **fields})
        if vendor:
            self.act("avid.vendor", vendor)
            self.map("vendors", (code, vendor))
        return code

    def invoice(
        self, *amounts: str, post: bool = False, lines: list[dict[str, Any]] | None = None, **f: Any
    ) -> str:
        """Enter an invoice of the test's supplier with one line per amount; its number."""
        plain = {"ACC": "61100", "DIE1": "DPT", "CCE1": "ADM"}
        made = lines or [{**plain, "AMTNOTLIN": amount} for amount in amounts or ("100.00",)]
        number: str = self.act("x3.invoice", {"BPR": SUPPLIER, **f}, made, post=post)
        return number

    def sent(self, *amounts: str, **named: Any) -> str:
        """An invoice that has been sent already."""
        number = self.invoice(*amounts, **named)
        self.sync()
        assert self.row(number).external_id, (self.row(number), self.codes())
        return number

    # Looking

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Rows of a table of the simulated systems."""
        with self.state.lock:
            return [dict(row) for row in self.state.table(table).values()]

    def there(self, number: str) -> list[dict[str, Any]]:
        """The AvidXchange invoices made from an X3 invoice."""
        return [row for row in self.rows("avid:invoice") if row["Reference"] == number]

    def x3(self, number: str) -> dict[str, Any]:
        """The invoice header as X3 has it."""
        return next(row for row in self.rows("x3:PINVOICE") if row["NUM"] == number)

    def items(self, number: str) -> list[dict[str, Any]]:
        """The open items of an invoice as X3 has them, by due line."""
        found = [row for row in self.rows("x3:GACCDUDATE") if row["NUM"] == number]
        return sorted(found, key=lambda row: int(row["DUDLIG"]))

    def level(self, number: str) -> set[int]:
        """The approval levels X3 shows of an invoice."""
        if self.x3(number)["STA"] != 3:
            return {self.x3(number)["PAZ"]}
        return {item["FLGPAZ"] for item in self.items(number) if item["FLGCLE"] == 1}

    def postings(self, payment: int | str = "") -> list[dict[str, Any]]:
        """X3 payments the product posted, of one AvidXchange payment or of all."""
        rows = [row for row in self.rows("x3:PAYMENTH") if row["REF"].startswith("AVD")]
        return [r for r in rows if not payment or r["REF"].split("-")[0] == f"AVD{payment}"]

    def row(self, number: str) -> InvoiceRow:
        """The invoice as our store has it."""
        return invoice_rows(self.store, numbers=[number])[0]

    def payment(self, payment: int | str) -> PaymentRow:
        """The payment as our store has it."""
        return payment_rows(self.store, ids=[str(payment)])[0]

    def codes(self) -> list[str]:
        """Codes of the open review items, sorted."""
        return sorted(row.code for row in reviews.open_items(self.store))

    def item(self, code: str, document: str = "") -> reviews.ReviewRow:
        """The one open item of a code (and document)."""
        found = [
            row
            for row in reviews.open_items(self.store, [code])
            if not document or document in row.documents
        ]
        assert len(found) == 1, (code, [(r.code, r.text) for r in reviews.open_items(self.store)])
        return found[0]

    def outbox(self, kind: str) -> list[journal.OutboxRow]:
        """Rows of the outbox of one kind, in order."""
        states = ("ready", "sending", "in_doubt", "rejected", "review", "done", "cancelled")
        return [row for row in journal.outbox_rows(self.store, states=states) if row.kind == kind]

    def count(self, *operations: str) -> int:
        """How many requests of these operations either system has had."""
        counted = self.state.counters
        names = [f"{side}.requests.{name}" for side in ("x3", "avid") for name in operations]
        return sum(counted.get(name, 0) for name in names)

    def writes(self) -> int:
        """How many writing requests both systems have had."""
        return self.count(*_WRITES, *_X3_WRITES)

    def until(self, is_so: Callable[[], bool], timeout_s: float = 10) -> None:
        """Wait until something holds."""
        end = time.monotonic() + timeout_s
        while not is_so():
            assert time.monotonic() < end, "it did not come to pass"
            time.sleep(0.01)

    def begin(self, **order: Any) -> Future[RunResult]:
        """A run that goes on while the test does something else."""
        return self.running.sync(RunOrder(by="test", **order))

    # Always true at the end of a test

    def forgive_doubles(self) -> None:
        """Say that the simulated server made a double on purpose."""
        self._is_doubled = True

    def check(self, *, accepted: Iterable[str] = ()) -> None:
        """Assert what holds whatever happened: promises, log, and each document once."""
        written = values.setting(self.store, "invariants")
        for name in (f"I{n}" for n in range(1, 9)):
            if name not in accepted and not (name == "I1" and self._is_doubled):
                assert f'"{name}":"broken"' not in written, written
        log = history.verify(self.store, key=FixedKey().create())
        assert log.ok, log.text
        if self._is_doubled:
            return
        live = [r for r in self.rows("avid:invoice") if r["Status"] not in ("Rejected", "Deleted")]
        references = [row["Reference"] for row in live if row["Reference"]]
        assert len(references) == len(set(references)), references
        ids = [row["ExternalId"]["Value"] for row in self.rows("avid:invoice") if row["ExternalId"]]
        assert len(ids) == len(set(ids)), ids
        posted = [row["REF"] for row in self.postings()]
        assert len(posted) == len(set(posted)), posted


def _gl_code(row: Mapping[str, Any]) -> str:
    return str(row["ACC"]) if row["COA"] == "USA" else f"C{row['ACC']}"


def _draft(kind: str, row: tuple[str, ...]) -> rules.RuleDraft:
    if kind == "vendors":
        return rules.RuleDraft(key1=row[0], key2="", code=row[1], avid_group="")
    if kind == "gl":
        return rules.RuleDraft(key1=row[0], key2=row[1], code=row[2], avid_group="")
    return rules.RuleDraft(key1=row[0], key2=row[1], code=row[3], avid_group=row[2])


def _laid_over(under: dict[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for name, value in over.items():
        is_table = isinstance(value, Mapping) and isinstance(merged.get(name), dict)
        merged[name] = _laid_over(merged[name], value) if is_table else value
    return merged
