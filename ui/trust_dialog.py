"""*Trust this authority*: the chain a server shows, for a person to compare before trusting it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDialog, QWidget

from core.desk import Desk
from core.words import area
from ui import problems
from ui.bridge import Bridge
from ui.check_run import SIDES
from ui.dialogs import ConfirmDialog, ErrorDialog, Problem, Question

say = area(__name__)

if TYPE_CHECKING:
    from core.authorities import CertificateView, TrustView

_GROUP = 4  # signs of a fingerprint that are read aloud together
_SAFE = say("its_name_and_its_dates_stay_verified")
_NOTHING = say("nothing_was_changed_and_nothing_was")


class Trusting(QObject):
    """One decision about one side, from the look at its server to the saved setting.

    `ended` carries whether an authority was added.
    """

    ended = Signal(bool)

    def __init__(self, desk: Desk, bridge: Bridge, side: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk, self._bridge, self._side = desk, bridge, side
        self._window = parent
        self.dialog: QDialog | None = None

    def start(self) -> None:
        """Look at the server; the dialog follows."""
        look = partial(self._desk.chain, self._side)
        self._bridge.call_later(self, look, self._show, self._failed)

    def _show(self, view: TrustView) -> None:
        if not view.authority:
            told = ErrorDialog(_problem_of(view), self._window)
            self.dialog = told
            told.finished.connect(self._leave)
            told.open()
            return
        asked = ConfirmDialog(question_of(view), self._window)
        self.dialog = asked
        asked.confirmed.connect(partial(self._trust, view.authority))
        asked.rejected.connect(self._leave)
        asked.open()

    def _trust(self, fingerprint: str, confirmed_by: str) -> None:
        keep = partial(self._desk.trust, self._side, fingerprint, confirmed_by=confirmed_by)
        self._bridge.call_later(self, keep, self._kept, self._failed)

    def _kept(self, _path: Any) -> None:
        self.ended.emit(True)  # noqa: FBT003 - a signal's argument

    def _failed(self, error: BaseException) -> None:
        self.dialog = problems.show(self._window, error, _NOTHING)
        self._leave()

    def _leave(self, _result: int = 0) -> None:
        self.ended.emit(False)  # noqa: FBT003 - a signal's argument


def question_of(view: TrustView) -> Question:
    """What is asked before an authority is trusted."""
    chosen = next(one for one in view.chain if one.fingerprint == view.authority)
    stays = say("this_stays_wrong", problem=view.problem) if view.problem else ""
    return Question(
        title=say("trust_for", subject=chosen.subject, sides=SIDES[view.side]),
        sentence=(say("shows_the_certificates_below_and_this", server=view.server, stays=stays)),
        verb=say("trust_this_authority"),
        safe=_SAFE,
        facts=facts_of(view),
        icon="shield-check",
        reason_label=say("who_confirmed_the_fingerprint"),
        reason_hint=say("a_name_and_how_you_reached_them"),
        leave=say("do_not_trust_it"),
    )


def facts_of(view: TrustView) -> tuple[tuple[str, str], ...]:
    """The chain as rows, the server's own certificate first."""
    rows: list[tuple[str, str]] = []
    for place, one in enumerate(view.chain):
        title = say("authority") if one.fingerprint == view.authority else say("signed_by")
        rows.append((say("server") if not place else title, _text_of(one)))
        rows.append(("SHA-256", _grouped(one.fingerprint)))
    if view.chain and view.chain[-1].issuer != view.chain[-1].subject:
        rows.append((say("signed_by"), say("not_sent", issuer=view.chain[-1].issuer)))
    return tuple(rows)


def _text_of(one: CertificateView) -> str:
    names = say("for", names=", ".join(one.names[:3])) if one.names else ""
    return say("to", subject=one.subject, names=names, starts=one.starts, ends=one.ends)


def _grouped(fingerprint: str) -> str:
    signs = fingerprint.upper()
    return " ".join(signs[at : at + _GROUP] for at in range(0, len(signs), _GROUP))


def _problem_of(view: TrustView) -> Problem:
    return Problem(
        code="TLS-01",
        title=say("there_is_no_authority_to_trust_for", sides=SIDES[view.side]),
        why=f"{view.server}: {view.problem}",
        safe=_NOTHING,
        facts=facts_of(view),
    )
