"""What goes wrong on the way: the faults of a seed, from the sandbox's menu.

A fault strikes once or a few times, after some fitting requests have passed; nothing is left to the
chance of the servers, so that a seed plays the same way again.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.simulation.stage import Stage

Fault = dict[str, Any]

_X3_READS = ("query", "details", "*")
_X3_WRITES = ("save", "modify", "run")
_AP_READS = ("list_invoices", "list_payments", "list_vendors", "get_invoice", "token")
_AP_WRITES = ("submit_invoice", "submit_invoice", "replace_invoice", "withdraw_invoice",
              "upsert_vendors")  # fmt: skip
#: The latest commit after a lost connection that the contracts' look-ups wait for.
_LATEST_S = {"x3": 150, "avid": 60}
_READ_FAULTS = (
    "reset_before", "reset_after", "reset_mid", "timeout_before", "timeout_after", "html_200",
    "redirect", "cut_json", "truncate", "empty", "status", "slow",
)  # fmt: skip
_WRITE_FAULTS = (
    "reset_before", "reset_after", "reset_after", "reset_mid", "timeout_before", "timeout_after",
    "late_commit", "html_200", "redirect", "cut_json", "truncate", "empty", "status", "status",
    "slow", "duplicate",
)  # fmt: skip
_STATUSES = (401, 403, 408, 409, 412, 422, 423, 429, 500, 502, 503, 504)
_DRIFTS = ("next", "seen", "new", "late")
_VARIANTS: tuple[tuple[str, str, str, tuple[dict[str, Any], ...]], ...] = (
    ("x3", "query", "page_drift", tuple({"how": how} for how in _DRIFTS)),
    ("x3", "query", "empty_pages", ({},)),
    ("x3", "query", "access_denied", ({},)),
    ("x3", "query", "info_diagnosis", ({},)),
    ("x3", "query", "error_diagnosis", ({},)),
    ("x3", "*", "locked", ({},)),
    ("x3", "run", "locked", ({},)),
    ("x3", "save", "locked", ({},)),
    ("x3", "*", "changed_elsewhere", ({},)),
    ("x3", "*", "pool_busy", ({},)),
    ("x3", "*", "fault", ({},)),
    ("x3", "*", "fault_after", ({},)),
    ("x3", "save", "no_number", ({},)),
    ("x3", "*", "warning_messages", ({},)),
    ("x3", "*", "message_inline", ({},)),
    ("avid", "*", "revoked", ({},)),
    ("avid", "list_vendors", "revoked", ({},)),
    ("avid", "list_payments", "revoked", ({},)),
    ("avid", "*", "unauthorized", ({"shape": "gateway"}, {"shape": "exception"})),
    ("avid", "*", "throttled", ({"seconds": 2}, {"seconds": 90, "retry_after": "date"},
                                {"retry_after": "none"}, {"status": 503})),
    ("avid", "token", "expires_one", ({},)),
    ("avid", "list_invoices", "same_page", ({},)),
    ("avid", "list_invoices", "page_shift", ({"by": 1}, {"by": -1})),
    ("avid", "list_invoices", "page_drift", ({"how": "seen"}, {"how": "next"})),
    ("avid", "list_payments", "page_drift", ({"how": "seen"}, {"how": "next"})),
    ("avid", "list_payments", "page_shift", ({"by": 1}, {"by": -1})),
    ("avid", "*", "empty_last_page", ({},)),
    ("avid", "get_invoice", "not_found", ({},)),
    ("avid", "submit_invoice", "item_error", ({"messages": ["Something is wrong"]},)),
    ("avid", "submit_invoice", "working", ({"seconds": 0},)),
    ("avid", "*", "results_absent", ({},)),
    ("avid", "*", "created_bare", ({},)),
    ("avid", "*", "no_content", ({},)),
)  # fmt: skip


class Weather:
    """The faults of one seed; `brew` puts some in force, `calm` takes all away."""

    def __init__(self, stage: Stage, chance: random.Random, note: Callable[[str], None]) -> None:
        self.stage = stage
        self.chance = chance
        self.note = note
        self.struck: dict[str, int] = {}
        #: A server that forgets its keys cannot help sending what is delivered twice.
        self.may_duplicate = True

    def brew(self, most: int) -> None:
        """Put one to so many faults in force."""
        for _ in range(self.chance.randint(1, most)):
            fault = self._draw()
            self.note(f"weather {fault}")
            self.stage.sandbox.faults.add([fault])

    def calm(self) -> None:
        """Take all faults out of force, and remember how often each has struck."""
        for fault in self.stage.sandbox.faults.active():
            self.struck[fault.kind] = self.struck.get(fault.kind, 0) + fault.used
        self.stage.sandbox.faults.clear()

    def _draw(self) -> Fault:
        draw = self.chance.random()
        if draw < 0.5:
            fault = self._generic(is_write=True)
        elif draw < 0.75:
            fault = self._generic(is_write=False)
        else:
            system, operation, kind, args = self.chance.choice(_VARIANTS)
            fault = {
                "system": system, "operation": operation, "kind": kind,
                "args": self.chance.choice(args),
            }  # fmt: skip
        fault["times"] = self.chance.choice((1, 1, 1, 2, 3))
        fault["skip"] = self.chance.choice((0, 0, 0, 1, 2, 5))
        return fault

    def _generic(self, *, is_write: bool) -> Fault:
        chance = self.chance
        system = chance.choice(("x3", "avid"))
        operations = {
            ("x3", True): _X3_WRITES, ("x3", False): _X3_READS,
            ("avid", True): _AP_WRITES, ("avid", False): _AP_READS,
        }[system, is_write]  # fmt: skip
        operation = chance.choice(operations)
        kind = chance.choice(_WRITE_FAULTS if is_write else _READ_FAULTS)
        if kind == "duplicate" and not (self.may_duplicate and operation != "save"):
            kind = "reset_after"
        return {
            "system": system, "operation": operation, "kind": kind,
            "args": self._args(system, kind),
        }  # fmt: skip

    def _args(self, system: str, kind: str) -> dict[str, Any]:
        chance = self.chance
        if kind == "late_commit":
            return {"seconds": chance.choice((1, 5, 20, _LATEST_S[system]))}
        if kind.startswith("timeout") or kind == "slow":
            return {"seconds": chance.choice((5, 17, 60))}
        if kind == "reset_mid":
            return {"seconds": 0.02}
        if kind in ("html_200", "redirect"):
            return {"commit": chance.random() < 0.3}
        if kind == "status":
            status = chance.choice(_STATUSES)
            is_done = status >= 500 and chance.random() < 0.5
            return {"status": status, "commit": is_done, "body": "{}"}
        return {}
