"""The other end of `desk_worker`: carries out one order of a window and ends."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.engine_host import Voice
from core.engine_wire import Message
from core.facade import Facade

Order = Callable[[Facade, Message], Any]


def carry_out(facade: Facade, order: Message, voice: Voice) -> None:
    """Do it and tell its value; raises what it raises."""
    facade.on_progress = voice.progress
    value = _ORDERS[order["do"]](facade, order)
    voice.tell("done", value=value)


def _reconcile(facade: Facade, order: Message) -> int:
    view = facade.reconcile(order["period"], order["company"], today=order["today"])
    return view.id


def _export(facade: Facade, order: Message) -> dict[str, Any]:
    return facade.export_reconciliation(order["number"], Path(order["path"]))


def _sign(facade: Facade, order: Message) -> dict[str, Any]:
    view = facade.sign_off(order["number"], order["reviewer"], order["note"])
    return {"files": list(view.files), "problem": view.files_problem}


def _evidence(facade: Facade, order: Message) -> dict[str, Any]:
    return facade.evidence(order["period"], Path(order["path"]))


_ORDERS: dict[str, Order] = {
    "reconcile": _reconcile,
    "export": _export,
    "sign": _sign,
    "evidence": _evidence,
}
