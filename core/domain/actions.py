"""What a plan would write: actions with their exact bytes, and how rules become those bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from core.domain.approvals import LevelWrite
from core.domain.canonical import hash_of
from core.domain.payload import InvoicePayload, VendorPayload
from core.domain.postings import Posting

#: Order of writing (house.md 5), and the flow of `sync --only` each kind belongs to.
KINDS: dict[str, str] = {
    "approval": "approvals",
    "payment": "payments",
    "vendor": "suppliers",
    "replace": "invoices",
    "withdraw": "invoices",
    "invoice": "invoices",
    "image": "invoices",
}


@dataclass(frozen=True, slots=True)
class Action:
    """One write. `remote` names the far object that may have one write under way at a time.

    `reference` is the external reference the audit log names. `basis` is checked again when the
    intent is committed. `info` is what people and the settling need to know, JSON values only.
    """

    kind: str
    key: str
    revision: int
    body: bytes
    remote: str
    reference: str
    basis: Mapping[str, str] = field(default_factory=dict)
    info: Mapping[str, Any] = field(default_factory=dict)

    def resting_on(self, rules: str) -> Action:
        """The same action, with the state of the mapping that it rests on in its basis."""
        basis = {**self.basis, "rules": rules}
        return Action(
            self.kind, self.key, self.revision, self.body, self.remote, self.reference, basis,
            self.info,
        )  # fmt: skip

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the exact bytes."""
        return hashlib.sha256(self.body).hexdigest()

    @property
    def identity(self) -> tuple[str, str, int, str]:
        """What makes two actions the same write."""
        return (self.kind, self.key, self.revision, self.fingerprint)


@dataclass(frozen=True, slots=True)
class Encoders:
    """From rules to exact bytes; the adapters give these functions. Each may raise ValueError."""

    invoice: Callable[[InvoicePayload], bytes]
    vendor: Callable[[VendorPayload], bytes]
    approval: Callable[[str, str, LevelWrite], bytes]  # invoice number, invoice type, level
    payment: Callable[[Posting], bytes]


def plan_hash(actions: list[Action]) -> str:
    """One hash for all that would be written and what it rests on, whatever the order.

    The same bytes on other facts are another plan: what is stored under a hash is applied as it is.
    """
    named = ([*action.identity, hash_of([action.basis, action.info])] for action in actions)
    return hash_of(sorted(named))


def erp_remote(supplier: str) -> str:
    """X3 takes one write for a supplier at a time (sage-x3.md 5.2)."""
    return f"x3|{supplier}"


def invoice_remote(external_id: str) -> str:
    """AvidXchange gets one write for an invoice at a time (avidxchange.md 6)."""
    return f"avidxchange|{external_id}"


def vendor_remote(code: str) -> str:
    """AvidXchange gets one write for a vendor at a time."""
    return f"avidxchange|vendor|{code.strip().casefold()}"
