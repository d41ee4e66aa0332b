"""Every tab and every dialog of the window, each with what brings it into sight.

Pictures, the walk over all controls and the counting of what is left behind go by this one list.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QApplication, QDialog, QWidget

from core.authorities import CertificateView, TrustView
from core.desk import Query
from core.desk_sign_in import SignIn
from core.errors import Stopped
from core.facade import SyncOrder
from ui.dialogs import ConfirmDialog, ErrorDialog, Problem
from ui.pages import PAGES
from ui.sign_in_dialog import SignInDialog
from ui.trust_dialog import question_of

if TYPE_CHECKING:
    from ui.window import Window

Until = Callable[[Callable[[], object]], None]
IN_DOUBT = Problem(
    code="DBT-01",
    title="It is not known whether invoice PIH04213 arrived",
    why=(
        "AvidXchange did not answer within 60 seconds. It was looked up three times under our "
        "reference and not found; the last look was at 09:46."
    ),
    safe="It is not sent again by itself. No record changed in Sage X3.",
    kind="doubt",
    facts=(("Supplier", "Lakeshore Uniform Supply"), ("Amount", "1,884.45 USD")),
    fix="Open in Needs review",
    fix_icon="alert-triangle",
    remedy="Compare with the portal, then decide.",
)
NOT_REACHED = Problem(
    code="NET-01",
    title="Sage X3 is not reached",
    why="x3.harborfoods.example:8124 refused the connection.",
    safe="Nothing was sent, and nothing was changed.",
    fix="Open Connections",
    fix_icon="plug-connected",
)
_CHAIN = TrustView(
    side="x3",
    server="x3.harborfoods.example:8124",
    chain=(
        CertificateView(
            "x3.harborfoods.example", "Harbor Foods Issuing CA", ("x3.harborfoods.example",),
            datetime(2026, 1, 5, tzinfo=UTC), datetime(2028, 1, 5, tzinfo=UTC), "3f" * 32,
        ),
        CertificateView(
            "Harbor Foods Issuing CA", "Harbor Foods Issuing CA", (),
            datetime(2020, 1, 5, tzinfo=UTC), datetime(2040, 1, 5, tzinfo=UTC), "a1" * 32,
        ),
    ),
    authority="a1" * 32,
    problem="",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Opening:
    """Something to bring into sight; `bring` returns at once or when it stands there."""

    name: str
    bring: Callable[[], object]


class _Browser:
    """A sign-in whose person never comes back from the browser."""

    address = "https://gateway.harborfoods.example/authorize?state=6f1c"

    def __init__(self) -> None:
        self._ended = threading.Event()

    def run(self, _open: Callable[[str], object], *, actor: str) -> None:
        self._ended.wait(3600)
        raise Stopped(actor)

    def paste(self, text: str) -> None:
        raise Stopped(text)

    def cancel(self) -> None:
        self._ended.set()

    def close(self) -> None:
        """Nothing listens."""


def tabs(window: Window) -> list[Opening]:
    """The tabs in their order."""
    return [Opening(page.name, partial(window.pages.open, page.name)) for page in PAGES]


def plan(window: Window) -> Opening:
    """A plan that waits, in the place of the first tab; made by a run that writes nothing."""
    result = window.desk.sync_now(SyncOrder(preview=True)).result(timeout=120)
    return Opening("plan", partial(window.pages.show_plan, str(result.report["plan_hash"])))


def dialogs(window: Window, folder: Path, until: Until) -> Iterator[Opening]:
    """Every dialog; each is left by `close_all`. `folder` is a place for files."""
    yield Opening("keys", partial(_by_menu, window, "Keys"))
    yield Opening("about", partial(_by_menu, window, "About Crossfoot"))
    yield Opening("error", lambda: ErrorDialog(NOT_REACHED, window).open())
    yield Opening("error-in-doubt", lambda: ErrorDialog(IN_DOUBT, window).open())
    yield Opening("trust", lambda: ConfirmDialog(question_of(_CHAIN), window).open())
    yield Opening("sign-in", partial(_sign_in, window))
    yield Opening("exchange", partial(_exchange, window, until))
    yield Opening("save-view", partial(_on_list, window, until, "invoices", _save_view))
    yield Opening("export", partial(_on_list, window, until, "invoices", _export))
    yield Opening("hold", partial(_hold, window, until))
    yield Opening("assign", partial(_assign, window, until))
    yield Opening("find-code", partial(_on_mapping, window, until, "vendors", "search"))
    yield Opening("create-vendor", partial(_on_mapping, window, until, "vendors", "create_vendor"))
    yield Opening("exclude", partial(_on_mapping, window, until, "vendors", "exclude"))
    yield Opening("test-account", partial(_on_mapping, window, until, "gl", "test_account"))
    yield Opening("accept-all", partial(_accept_all, window, until))
    yield Opening("import", partial(_import, window, until, folder / "vendors.csv"))
    yield Opening("wizard", window.open_wizard)


def in_front(window: QWidget) -> list[QDialog]:
    """Dialogs in sight over a window, the youngest last."""
    return [one for one in window.findChildren(QDialog) if one.isVisible()]


def close_all(window: QWidget) -> None:
    """Leave every dialog as Escape would."""
    for one in reversed(in_front(window)):
        one.reject()
    popup = QApplication.activePopupWidget()
    if popup is not None:
        popup.close()


def _by_menu(window: Window, words: str) -> None:
    for menu in window.menuBar().actions():
        for action in menu.menu().actions():  # type: ignore[attr-defined] # a menu of the bar
            if action.text().replace("&", "") == words:
                action.trigger()
                return
    raise LookupError(words)


def _sign_in(window: Window) -> None:
    flow = _Browser()
    waiting = SignIn(flow, window.desk._store, print, actor="test", on_done=_nothing)
    # Not connected to any signal: it ends on a thread of its own, where Qt must not hear of it.
    SignInDialog(waiting, window).open()


def _exchange(window: Window, until: Until) -> None:
    page = window.pages.open("invoices")
    for state in ("sent", "in_approval", "approved", "paid"):
        rows = window.desk.source("invoices").page(Query(members={"state": state}), None, 1).rows
        for row in rows:
            for entry in window.desk.invoice(str(row["number"])).timeline:
                if entry.exchange is not None:
                    page.open_exchange(entry.exchange)
                    until(lambda: in_front(window))
                    return
    raise LookupError("no invoice of the demo has an exchange")


def _on_list(window: Window, until: Until, name: str, do: Callable[[Any], None]) -> None:
    page = window.pages.open(name)
    until(page.list.current_row)
    do(page.list)


def _save_view(view: Any) -> None:
    view.views.ask_name()


def _export(view: Any) -> None:
    view.export()


def _hold(window: Window, until: Until) -> None:
    page = window.pages.open("invoices")
    until(page.list.current_row)
    page.ask_to_decide("hold")


def _assign(window: Window, until: Until) -> None:
    page = window.pages.open("review")
    until(page.queue.current)
    page.page.assign_button.click()


def _on_mapping(window: Window, until: Until, kind: str, method: str) -> None:
    tab = window.pages.open("mappings")
    tab.segment.setCurrentIndex(list(tab.pages).index(kind))
    page = tab.page
    until(lambda: page.list.current_row() is not None and page.details.row is not None)
    getattr(page, method)()


def _accept_all(window: Window, until: Until) -> None:
    tab = window.pages.open("mappings")
    tab.segment.setCurrentIndex(0)
    until(lambda: tab.counts)
    tab.accept_all()


def _import(window: Window, until: Until, file: Path) -> None:
    tab = window.pages.open("mappings")
    if not file.exists():
        window.desk.export_mapping("vendors", file)
        _correct(file)
    dialog = tab.preview_import("vendors", file)
    until(lambda: dialog.lists)


def _correct(file: Path) -> None:
    """A table as somebody sends it back: new rows, a changed one, one that cannot be taken."""
    head, first, *others = file.read_text(encoding="utf-8-sig").splitlines()
    supplier = first.partition(",")[0]
    sent = [head, f"{supplier},V00101", *others, "0176,V00176", "0191,V00191", ",V00102"]
    file.write_text("\n".join(sent), encoding="utf-8")


def _nothing() -> None:
    """Nobody is told of a sign-in that never ends."""
