"""The people of a seed who work in AvidXchange: they approve, reject, recode, pay and take back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.simulation.stage import Row

if TYPE_CHECKING:
    from tests.simulation.world import World

_REASONS = ("Goods were not received", "Price differs", None)
_METHODS = ("Check", "AvidPay Direct", "Virtual Card")


class Portal:
    """What may be done there; `ways` are its steps, each with its weight."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.ways: list[tuple[int, Callable[[], object]]] = [
            (12, self.approve), (2, self.start_approval), (2, self.reject), (1, self.hold),
            (1, self.dispute), (1, self.recode), (1, self.amend), (1, self.reopen),
            (1, self.export), (1, self.delete_there), (1, self.vanish), (12, self.pay),
            (1, self.pay_several), (6, self.pay_part_there), (6, self.advance), (2, self.void),
            (1, self.stop), (1, self.give_back), (1, self.refund), (1, self.fail), (1, self.cure),
            (1, self.reissue), (1, self.change_method), (1, self.foreign_invoice),
            (1, self.foreign_payment), (1, self.change_vendor),
        ]  # fmt: skip

    def _there(self, event: str, *args: Any, **named: Any) -> None:
        """Something with some AvidXchange invoice."""
        row = self._world.any_of("avid:invoice")
        if row:
            self._world.act(event, row["Id"], *args, **named)

    def _payment(self, event: str, *args: Any, **named: Any) -> None:
        row = self._world.any_of("avid:payment")
        if row:
            self._world.act(event, row["PaymentId"], *args, **named)

    def start_approval(self) -> None:
        """An invoice goes into approval."""
        self._there("avid.start_approval")

    def approve(self) -> None:
        """An invoice is approved."""
        row = self._world.any_of(
            "avid:invoice", lambda one: one["Status"] in ("Received", "In Approval")
        )
        if row:
            self._world.act("avid.approve", row["Id"])

    def reject(self) -> None:
        """An invoice is rejected."""
        row = self._world.any_of(
            "avid:invoice", lambda one: one["Status"] in ("Received", "In Approval")
        )
        if row:
            self._world.act("avid.reject", row["Id"], self._world.chance.choice(_REASONS))

    def hold(self) -> None:
        """An invoice is put on hold."""
        self._there("avid.hold")

    def dispute(self) -> None:
        """An invoice is disputed."""
        self._there("avid.dispute")

    def recode(self) -> None:
        """The approver codes it otherwise."""
        self._there("avid.recode", self._world.chance.choice(("account", "split")))

    def amend(self) -> None:
        """Somebody changes its amount there."""
        if self._world.chance.random() < 0.3:
            self._there("avid.amend", f"{self._world.chance.randint(1, 900)}.00")

    def reopen(self) -> None:
        """An approval is taken back."""
        self._there("avid.reopen")

    def export(self) -> None:
        """An approved invoice is exported."""
        row = self._world.any_of("avid:invoice", lambda one: one["Status"] == "Approved")
        if row:
            self._world.act("avid.export", row["Id"])

    def delete_there(self) -> None:
        """An invoice is deleted there."""
        row = self._world.any_of(
            "avid:invoice", lambda one: one["Status"] in ("Received", "On Hold")
        )
        if row:
            self._world.act("avid.delete", row["Id"])

    def vanish(self) -> None:
        """An invoice is not shown any more."""
        if self._world.chance.random() < 0.3:
            self._there("avid.vanish_invoice")

    def _payable(self) -> Row | None:
        return self._world.any_of(
            "avid:invoice", lambda one: one["Status"] in ("Approved", "Exported")
        )

    def pay(self) -> None:
        """Pay an approved invoice."""
        row = self._payable()
        if row:
            status = self._world.chance.choice(
                ("Pending Approval", "Issued to Supplier", "Issued to Supplier")
            )
            self._world.act("avid.pay", [row["Id"]], status=status)

    def pay_several(self) -> None:
        """One payment for all approved invoices of a vendor."""
        row = self._payable()
        if row is None:
            return
        same = [
            one["Id"]
            for one in self._world.stage.rows("avid:invoice")
            if one["Status"] in ("Approved", "Exported")
            and one["VendorExternalCode"] == row["VendorExternalCode"]
            and one["CurrencyCode"] == row["CurrencyCode"]
        ]
        self._world.act("avid.pay", same, status="Issued to Supplier")

    def pay_part_there(self) -> None:
        """Pay a part of an invoice."""
        row = self._payable()
        if row:
            amount = f"{float(row['Amount']) / 2:.2f}"
            self._world.act("avid.pay", [row["Id"]], amounts=[amount], status="Issued to Supplier")

    def advance(self) -> None:
        """A payment goes on."""
        self._payment("avid.advance_payment")

    def void(self) -> None:
        """A payment is voided."""
        self._payment("avid.void")

    def stop(self) -> None:
        """A check is stopped."""
        self._payment("avid.stop")

    def give_back(self) -> None:
        """The bank returns a payment."""
        self._payment("avid.return_")

    def refund(self) -> None:
        """Money comes back, perhaps less a fee."""
        self._payment("avid.refund", self._world.chance.choice(("0.00", "5.00")))

    def fail(self) -> None:
        """A payment fails on its way."""
        self._payment("avid.fail")

    def cure(self) -> None:
        """One that failed goes on."""
        self._payment("avid.cure")

    def reissue(self) -> None:
        """A payment is issued again, under its own number or a new one."""
        self._payment(self._world.chance.choice(("avid.reissue_same", "avid.reissue_new")))

    def change_method(self) -> None:
        """Another way to pay."""
        self._payment("avid.change_method", self._world.chance.choice(_METHODS))

    def foreign_invoice(self) -> None:
        """Somebody enters an invoice in AvidXchange."""
        row = self._world.any_of("avid:vendor")
        if row:
            self._world.documents += 1
            number = f"D{self._world.documents:03d}"
            self._world.act("avid.insert_foreign_invoice", row["ExternalVendorCode"], number)

    def foreign_payment(self) -> None:
        """Somebody pays in AvidXchange what never came from here."""
        row = self._world.any_of("avid:vendor")
        if row:
            self._world.act(
                "avid.insert_foreign_payment",
                row["ExternalVendorCode"],
                f"F{len(self._world.trace)}",
            )

    def change_vendor(self) -> None:
        """A vendor becomes inactive, or active again."""
        row = self._world.any_of("avid:vendor")
        if row:
            active = self._world.chance.random() < 0.7
            self._world.act("avid.vendor", row["ExternalVendorCode"], Active=active)
