"""Health checks in order, each with its cause and remedy; a side's checks end at its first cause.

The checks themselves come in as functions, because this module knows no client. A check that
raises is a finding; one that returns a text has something to say although it passed.
"""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.attachments import Folder
from core.config import relative_to_data
from core.errors import AppError, ConfigError, LocalFault
from core.settings import Attachments, Settings
from core.store import history
from core.store.sqlite import Store
from core.version import VERSION
from core.words import area

say = area(__name__)

WORKSPACE, X3, AVIDXCHANGE = "workspace", "x3", "avidxchange"
_LEAST_FREE_BYTES = 500_000_000
_ROWS_CHECKED = 1000
_SIDE_NAMES = {WORKSPACE: say("this_computer"), X3: say("sage_x3"), AVIDXCHANGE: "AvidXchange"}
_AUTHORIZED = 4  # X3 menu 510: X3's own payment proposal takes invoices of this level


@dataclass(frozen=True, slots=True)
class Check:
    """One finding of the doctor. A passed check may carry a warning in cause and remedy.

    `for_it` is a text to hand to whoever looks after network and servers; empty where there is
    nothing for them to do. It holds no secret.
    """

    side: str
    check: str
    ok: bool
    cause: str = ""
    remedy: str = ""
    code: str = ""
    for_it: str = ""

    @property
    def members(self) -> dict[str, Any]:
        """The members of a line of `doctor --json` (product.md 6)."""
        return {name: value for name, value in asdict(self).items() if name != "for_it"}


@dataclass(frozen=True, slots=True)
class Note:
    """What a check that passed has to say."""

    cause: str
    remedy: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Probe:
    """One check: raises AppError when it fails, may return a note when it passes.

    `facts` are lines that whoever is asked for help needs to know: addresses, user, way.
    """

    side: str
    check: str
    run: Callable[[], Note | None]
    facts: Callable[[], tuple[str, ...]] = tuple


def examine(probes: Iterable[Probe]) -> Iterator[Check]:
    """Run the checks in order; after a side's first failure its other checks are left out."""
    failed: set[str] = set()
    for probe in probes:
        if probe.side in failed:
            continue
        check = _examined(probe)
        if not check.ok:
            failed.add(probe.side)
        yield check


def _examined(probe: Probe) -> Check:
    try:
        note = probe.run()
    except AppError as error:
        told = failure(error)
        text = _for_it(probe, Note(**told), error.detail)
        return Check(probe.side, probe.check, ok=False, **told, for_it=text)
    if note is None:
        return Check(probe.side, probe.check, ok=True)
    text = _for_it(probe, note, "") if note.remedy else ""
    return Check(probe.side, probe.check, ok=True, **asdict(note), for_it=text)


def _for_it(probe: Probe, told: Note, detail: str) -> str:
    """A finding with everything a person needs who has not seen this screen."""
    now = datetime.now(UTC)
    system = f"{platform.system()} {platform.release()}"
    lines = [
        say("crossfoot_on_utc", version=VERSION, node=platform.node(), system=system, now=now),
        say("check", side=_SIDE_NAMES.get(probe.side, probe.side), check=probe.check),
        *probe.facts(),
        " ".join(filter(None, (say("found"), told.code, told.cause))),
        say("asked_for", remedy=told.remedy),
    ]
    if detail:
        lines.append(say("detail", detail=detail))
    return "\n".join(lines)


def failure(error: AppError) -> dict[str, str]:
    """Cause, remedy and code of an error."""
    return {"cause": error.why, "remedy": error.fix, "code": error.code}


def workspace_probes(directory: Path, store: Store, settings: Settings) -> list[Probe]:
    """What can be checked without asking either side."""
    return [
        Probe(WORKSPACE, "disk", lambda: _disk(directory)),
        Probe(WORKSPACE, "store", lambda: _store(store)),
        Probe(WORKSPACE, say("audit_log"), lambda: _audit(store)),
        Probe(WORKSPACE, say("payment_approval"), lambda: _levels(settings)),
        *_document_probes(directory, settings.attachments),
    ]


def _disk(directory: Path) -> None:
    free = shutil.disk_usage(directory).free
    if free < _LEAST_FREE_BYTES:
        raise LocalFault(
            "DSK-01", say("mb_are_free_where_lies", free=free // 1000000, directory=directory)
        )


def _store(store: Store) -> None:
    found = store.problems()
    if found:
        raise LocalFault("STO-01", say("the_store_is_damaged", found="; ".join(found[:3])))


def _audit(store: Store) -> None:
    checked = history.verify(store, last=_ROWS_CHECKED)
    if not checked.ok:
        raise LocalFault("AUD-01", say("row", first_bad=checked.first_bad, text=checked.text))


def _document_probes(directory: Path, attachments: Attachments) -> list[Probe]:
    """The check of the document folder, where documents are sent or required."""
    if not attachments.folder and not attachments.required:
        return []
    return [Probe(WORKSPACE, say("document_folder"), lambda: _documents(directory, attachments))]


def _documents(directory: Path, attachments: Attachments) -> Note | None:
    path = relative_to_data(directory, attachments.folder)
    if path is None:
        why = say("attachments_required_is_true_and")
        raise ConfigError("CFG-01", why, fix=say("set_attachments_folder_or_required"))
    folder = Folder(path)
    files = folder.files()
    if not files:
        return Note(say("holds_no_file", path=path), say("put_documents_there_or_set_another"))
    try:
        folder.read(min(files, key=lambda file: file.size).name, 0)
    except AppError as error:  # one file may be in use at this moment
        return Note(**failure(error))
    return None


def _levels(settings: Settings) -> Note | None:
    if settings.x3.write == "none" or settings.scope.payment_methods:
        return None
    if settings.x3.approval.approved != _AUTHORIZED:
        return None
    return Note(
        say("x3s_own_payment_proposal_takes_invoices"),
        say("give_scope_payment_methods_the_method"),
        "CFG-01",
    )
