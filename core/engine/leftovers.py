"""What was planned and did not go out: it goes as the plan of now has it, or not at all.

A run may end with writes in its outbox that were never sent, or surely did not arrive: a side was
away, the program was killed. Meanwhile X3, AvidXchange, the mapping or a person may have moved, and
what stands in the outbox is what nobody wants any more (product.md 4 and 8). So every plan judges
these documents as if nothing stood there; a write that it would not make again is given up.
"""

from __future__ import annotations

from collections.abc import Collection

from core.domain.actions import KINDS
from core.engine.snapshot import Gathered
from core.engine.work import Work
from core.store import journal
from core.store.journal import OutboxRow, Settlement
from core.words import area

say = area(__name__)

Identity = tuple[str, str, int, str]
# Vendors and images are compared by their own rules, and a withdrawal is a person's order.
_JUDGED = frozenset(("invoice", "replace", "approval", "payment"))


def unsent(gathered: Gathered) -> list[OutboxRow]:
    """Rows that were not sent, or surely did not arrive, of documents that this plan has judged."""
    payments = {row.payment_id for row in gathered.payment_rows.values()}
    found = []
    for row in gathered.live_outbox:
        document = str(row.info["payment_id"]) if row.kind == "payment" else row.key
        judged = payments if row.kind == "payment" else gathered.rows
        if row.is_unsent and row.kind in _JUDGED and document in judged:
            found.append(row)
    return found


def give_up(work: Work, gathered: Gathered, planned: Collection[Identity]) -> None:
    """Cancel what the plan would not write in the same way; inside `store.write()`.

    `planned` are the identities of all its actions, also of those that a broken promise stops. The
    new version stands in the plan where there is one, and takes the freed place in the outbox.
    """
    for row in unsent(gathered):
        is_wanted = not work.order.only or KINDS[row.kind] == work.order.only
        if is_wanted and row.identity not in planned:
            why = say("drifted_it_would_not_be_written_so")
            journal.settle(work.store, row, Settlement("cancelled", why))
            gathered.live_outbox.remove(row)
            work.tally.drifted += 1
