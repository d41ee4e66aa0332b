"""What a test of a side found is kept as that side's contact, as a run does at its end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from core.doctor import Check
from core.store.sqlite import Store
from core.store.values import put_contact

#: Codes of a failure that is the side's; others are settings of ours, which say nothing about it.
_OF_SIDE = ("NET", "TLS", "AUT", "RAT", "QTA")


def noted(store: Store, system: str, checks: Iterable[Check]) -> Iterator[Check]:
    """The same checks in order; after the last one the contact is kept. One short transaction.

    Nothing is kept of checks that nobody has waited for to the end.
    """
    failed: Check | None = None
    for check in checks:
        if failed is None and not check.ok:
            failed = check
        yield check
    members: dict[str, Any] = {"reachable": True, "code": "", "text": ""}
    if failed is None:
        members["last_contact"] = store.now()
    elif failed.code.partition("-")[0] in _OF_SIDE:
        members = {"reachable": False, "code": failed.code, "text": failed.cause}
    else:
        return
    with store.write():
        put_contact(store, system, members)
