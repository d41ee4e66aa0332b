"""The clerk at the program: maps suppliers, decides on review items, clicks Sync now and then.

Whatever an item offers may be chosen, also what is not wise: no choice may break a promise.
"""

from __future__ import annotations

import random
from typing import Any

from core.store.rules import RuleDraft
from tests.simulation.machine import Machine
from tests.simulation.stage import ACCOUNTS
from tests.simulation.world import World


class Clerk:
    """One person with one machine; what is done is noted in the world's trace."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world = world
        self.chance = chance
        self.decided: list[dict[str, Any]] = []

    def map_suppliers(self, machine: Machine, share: float) -> None:
        """Map so many of the suppliers that have a vendor."""
        drafts = [
            _vendor(code, vendor)
            for code, vendor in sorted(self.world.vendors.items())
            if self.chance.random() < share
        ]
        machine.map("vendors", drafts)
        self.world.note(f"clerk maps {[draft.key1 for draft in drafts]}")

    def change_mapping(self, machine: Machine) -> None:
        """Another code for an account, or the same again."""
        account = self.chance.choice(ACCOUNTS)
        code = self.chance.choice((account, account, self.chance.choice(ACCOUNTS)))
        machine.map("gl", [RuleDraft(key1="USA", key2=account, code=code, avid_group="")])
        self.world.note(f"clerk maps account {account} to {code}")

    def decide(self, machine: Machine) -> None:
        """Settle a review item, by chance."""
        items = [item for item in machine.facade().reviews() if item["how"]]
        if not items:
            return
        item = self.chance.choice(items)
        how = self.chance.choice(item["how"])
        to = self._found(item) if how == "link" else ""
        if how == "link" and not to:
            return
        told = machine.resolve(int(item["id"]), how, to)
        self.decided.append({**item, "chosen": how, "told": told})
        self.world.note(f"clerk {item['code']} {item['document']} {how} {to}: {told}")

    def _found(self, item: dict[str, Any]) -> str:
        """What a clerk finds to link to: by our reference, else nothing."""
        names = {item["document"], *item["documents"]}
        for row in self.world.stage.rows("avid:invoice"):
            if row["Reference"] in names:
                return str(row["Id"])
        for row in self.world.stage.rows("x3:PAYMENTH"):
            if row["REF"].removeprefix("AVD").partition("-")[0] in names:
                return str(row["NUM"])
        return ""


def _vendor(code: str, vendor: str) -> RuleDraft:
    return RuleDraft(key1=code, key2="", code=vendor, avid_group="")
