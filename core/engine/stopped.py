"""Whom nothing is written for while a promise about them is broken, and which write is theirs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


class Write(Protocol):
    """A planned or queued write, as far as it tells whom it is about."""

    @property
    def kind(self) -> str:
        """One of the kinds of actions."""
        ...

    @property
    def key(self) -> str:
        """The invoice, the vendor or the reference."""
        ...

    @property
    def info(self) -> Mapping[str, Any]:
        """What the plan noted."""
        ...


@dataclass(slots=True)
class Stopped:
    """Invoices, suppliers and payments that nothing is written for -> cause of the item.

    `held` collects what of a plan waits under each cause. With `is_all` nothing at all is written;
    then the plan is shown whole.
    """

    numbers: dict[str, str] = field(default_factory=dict)
    suppliers: dict[str, str] = field(default_factory=dict)
    payments: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)
    held: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    is_all: bool = False

    def cause_of(self, write: Write) -> str:
        """The cause that stops a write; empty when it may go."""
        if not self.reasons:
            return ""
        info = write.info
        if write.kind == "vendor":
            return self.suppliers.get(str(info.get("supplier", "")), "")
        if write.kind == "image":
            return self.numbers.get(str(info.get("invoice", "")), "")
        if write.kind != "payment":
            return self.numbers.get(write.key, "")
        named = [self.payments.get(str(info.get("payment_id", "")), "")]
        named.append(self.suppliers.get(str(info.get("partner", "")), ""))
        named += [self.numbers.get(str(number), "") for number in info.get("numbers", ())]
        return next((cause for cause in named if cause), "")
