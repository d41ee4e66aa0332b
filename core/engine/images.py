"""Documents of invoices: the folder is read before the plan, each is sent after its invoice.

The folder is looked at on a lane of its own, never on the engine thread. A document is pinned by
the hash in its plan: its file is read again to be sent, and goes only when it is still the same.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from core.domain import file_patterns, images
from core.domain.ap_documents import ApInvoice
from core.domain.file_patterns import Wanted
from core.domain.images import Attachment
from core.domain.policy import ImageRules
from core.engine import settling, stored
from core.engine.lanes import Answer
from core.engine.work import AVIDXCHANGE, FILE_LANE, Work
from core.errors import AppError, LocalFault
from core.ports import AttachmentFolder, Exchange, FolderFile, NotDone, Outcome
from core.store import attachments
from core.store.invoices import invoice_rows
from core.store.journal import OutboxRow, Settlement
from core.words import area

say = area(__name__)

if TYPE_CHECKING:
    from core.engine.apply import Apply

_log = logging.getLogger("crossfoot.engine")
_READING_S = 120.0  # of new files in one run; the next one goes on
_MOST_REPEATS = 3
_NOT_READ = say("has_not_been_read_yet_the_next")
_LOOKED = Exchange()
_Fitting = Mapping[str, Sequence[FolderFile]]


# Reading the folder


@dataclass(slots=True)
class _Scan:
    """One reading of the folder; `unread` are files whose content must be looked at."""

    work: Work
    folder: AttachmentFolder
    rules: ImageRules
    known: Mapping[str, Attachment]
    found: dict[str, Attachment] = field(default_factory=dict)
    unread: list[Attachment] = field(default_factory=list)
    error: AppError | None = None

    def listed(self, answer: Answer) -> None:
        """The files that fit are known already, cannot be sent, or are to be read."""
        if answer.crash:
            raise answer.crash
        self.error = answer.error
        fitting: _Fitting = answer.value or {}
        for number, files in fitting.items():
            if len(files) > images.MOST_FILES:
                self._take(_too_many(number, files, self.rules))
                continue
            for file in files:
                self._look(number, file)

    def _look(self, number: str, file: FolderFile) -> None:
        seen = Attachment(
            number=number,
            file=file.name,
            size=file.size,
            modified=file.modified,
            content_type=images.content_type_of(file.name),
        )
        problem = images.problem_of(file.size, seen.content_type, self.rules)
        old = self.known.get(seen.key)
        if problem:
            self._take(replace(seen, problem=problem))
        elif old and old.sha256 and (old.size, old.modified) == (seen.size, seen.modified):
            self._take(old)
        else:
            self.unread.append(seen)

    def _take(self, attachment: Attachment) -> None:
        self.found[attachment.key] = attachment

    def read(self) -> None:
        """Hash what is new or changed, within the time a run has for it."""
        lane, clock = self.work.lanes[FILE_LANE], self.work.tools.clock
        end = clock.monotonic() + _READING_S
        for seen in self.unread:
            lane.submit(_hash_job(self.folder, seen, self.rules.most_bytes), self._hashed(seen))

        def is_done() -> bool:
            if clock.monotonic() >= end:
                lane.forget()
            self.work.tell("documents", len(self.found), len(self.found) + lane.load)
            return not lane.load

        self.work.pump(is_done, None)
        for seen in self.unread:
            if seen.key not in self.found:
                self._take(replace(seen, problem=_NOT_READ))

    def _hashed(self, seen: Attachment) -> Callable[[Answer], None]:
        def then(answer: Answer) -> None:
            if answer.crash:
                raise answer.crash
            if answer.error is None:
                self._take(replace(seen, sha256=str(answer.value)))
            elif answer.error.code == "ATT-01":
                why = answer.error.why.removeprefix(f"{seen.file} ").rstrip(".")
                self._take(replace(seen, problem=why))
            else:
                self.error = answer.error  # the folder itself: what is not read yet stays so

        return then


def scan(work: Work) -> None:
    """Read the folder and keep what fits invoices that may still get a document."""
    rules, folder, store = work.tools.policy.images, work.tools.folder, work.store
    if not rules.is_on or folder is None:
        if attachments.trouble(store):
            with store.write():
                attachments.note_trouble(store, "")
        return
    if work.order.only not in ("", "invoices"):
        return
    wanted, place = attachments.wanted(store), f"{rules.folder}|{rules.pattern}"
    reading = _Scan(work, folder, rules, attachments.known(store, wanted, place))
    lane = work.lanes[FILE_LANE]
    lane.submit(_list_job(folder, rules.pattern, wanted), reading.listed)
    work.pump(lambda: not lane.load, None)
    if reading.error is None:
        reading.read()
    with store.write():
        if reading.error is not None:
            work.is_folder_unreadable = True
            work.tally.error(reading.error.code, "", f"{reading.error.why} {reading.error.fix}")
            attachments.note_trouble(store, reading.error.why)
            return
        attachments.keep(store, list(reading.found.values()), wanted, place, work.run)
    _log.info("documents: %d fit, %d were read", len(reading.found), len(reading.unread))


def _list_job(
    folder: AttachmentFolder, pattern: str, wanted: Sequence[Wanted]
) -> Callable[[], _Fitting]:
    def job() -> _Fitting:
        files = {file.name: file for file in folder.files()}
        fitting = file_patterns.fitting(pattern, files, wanted)
        return {number: [files[name] for name in names] for number, names in fitting.items()}

    return job


def _hash_job(folder: AttachmentFolder, seen: Attachment, most: int) -> Callable[[], str]:
    return lambda: hashlib.sha256(folder.read(seen.file, most)).hexdigest()


def _too_many(number: str, files: Sequence[FolderFile], rules: ImageRules) -> Attachment:
    problem = say(
        "and_more_files_fit_at_most_go",
        count=len(files) - 1,
        pattern=rules.pattern,
        most_files=images.MOST_FILES,
    )
    return Attachment(number, files[0].name, size=len(files), problem=problem)


# Before a document is sent


def clear(apply: Apply) -> None:
    """Look at the invoices whose documents are next: only one that stands there gets any."""
    work, queue = apply.work, apply.uncleared["image"]
    most = 2 * work.tools.config.max_concurrency
    if not queue or not work.is_up(AVIDXCHANGE):
        return
    is_on = work.tools.policy.images.is_on
    waiting: list[int] = []
    while queue and apply.asked["image"] + len(apply.claimable["image"]) < most:
        row = apply.rows.get(queue.popleft())
        if row is None or row.state != "ready":
            continue
        if row.reference in apply.open_invoices:
            waiting.append(row.id)
        else:
            _look(apply, row, _invoice_id(work, row) if is_on else "")
    queue.extendleft(reversed(waiting))


def _invoice_id(work: Work, row: OutboxRow) -> str:
    """AvidXchange's id of the invoice a document belongs to; empty when it does not stand there."""
    for invoice in invoice_rows(work.store, numbers=[str(row.info["invoice"])]):
        if invoice.external_id == row.reference:
            return invoice.avid_invoice_id
    return ""


def _look(apply: Apply, row: OutboxRow, invoice_id: str) -> None:
    ap = apply.work.tools.ap
    if not invoice_id:
        with apply.work.store.write():
            _leave(apply, row, say("its_invoice_was_not_sent_or_documents"))
        return
    apply.asked["image"] += 1
    apply.read(
        AVIDXCHANGE,
        lambda: ap.invoice(invoice_id),
        lambda found: _looked(apply, row, found),
        lambda: _not_looked(apply, row),
    )


def _not_looked(apply: Apply, row: OutboxRow) -> None:
    apply.asked["image"] -= 1
    apply.uncleared["image"].append(row.id)


def _looked(apply: Apply, row: OutboxRow, found: ApInvoice | None) -> None:
    apply.asked["image"] -= 1
    with apply.work.store.write():
        if found is not None:
            stored.keep(apply.work, "ap_invoice", [found])
        if found is None or (found.state in images.CLOSED and not _is_there(row, found)):
            _leave(apply, row, say("avidxchange_takes_no_document_for_its"))
        elif _is_there(row, found):
            settling.accept(apply, row, {}, None, "it is there already")
        else:
            apply.claimable["image"].append(row.id)


def _is_there(row: OutboxRow, found: ApInvoice) -> bool:
    return images.is_there(found.images, row.key, str(row.info["sha256"]))


def _leave(apply: Apply, row: OutboxRow, why: str) -> None:
    """It is not sent; the next plan looks at its invoice again."""
    apply.move(row, Settlement("cancelled", f"drifted: {why}"))
    settling.mark_documents(apply.work, row)
    apply.work.tally.drifted += 1


# Sending


def send_job(work: Work, row: OutboxRow) -> Callable[[], Outcome]:
    """The one exchange that sends a document: the file as it was planned, or nothing at all."""
    ap, folder, info = work.tools.ap, work.tools.folder, row.info
    invoice_id, size = _invoice_id(work, row), int(info["size"])

    def job() -> Outcome:
        try:
            content = _content(folder, str(info["file"]), size, str(info["sha256"]))
        except AppError as error:
            return NotDone(error, settling.FILE)
        try:
            return ap.attach_image(invoice_id, row.key, str(info["content_type"]), content)
        except ValueError as problem:
            return NotDone(LocalFault("ATT-01", f"{info['file']}: {problem}."), settling.FILE)

    return job


def _content(folder: AttachmentFolder | None, file: str, size: int, sha256: str) -> bytes:
    """The planned bytes; LocalFault ATT-01 when the file is not what it was any more."""
    if folder is None:
        raise LocalFault("ATT-01", say("was_not_sent_attachments_folder_is_not", file=file))
    content = folder.read(file, size)
    if hashlib.sha256(content).hexdigest() != sha256:
        raise LocalFault("ATT-01", say("was_changed_after_it_was_planned", file=file))
    return content


# In doubt


def look_up(apply: Apply, row: OutboxRow) -> None:
    """Read the invoice before an upload is repeated (avidxchange.md 2.7)."""
    ap, invoice_id = apply.work.tools.ap, _invoice_id(apply.work, row)
    apply.read(
        AVIDXCHANGE,
        lambda: ap.invoice(invoice_id) if invoice_id else None,
        lambda found: _looked_up(apply, row, found),
        lambda: apply.again_later([row]),
    )


def _looked_up(apply: Apply, row: OutboxRow, found: ApInvoice | None) -> None:
    with apply.work.store.write():
        if found is not None:
            stored.keep(apply.work, "ap_invoice", [found])
        if found is not None and _is_there(row, found):
            settling.accept(apply, row, {}, _LOOKED, "found with its invoice")
        elif found is None or row.resent >= _MOST_REPEATS:
            text = say("avidxchange_gave_no_answer_that_can_be")
            result = {"kind": "other", "text": text}
            apply.move(row, Settlement("rejected", "not there", result, _LOOKED))
            settling.mark_documents(apply.work, row)
        else:
            settling.again(apply, row, "not there; sent again", _LOOKED)
