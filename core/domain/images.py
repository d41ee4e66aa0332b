"""Which documents go to AvidXchange with an invoice, and what a person should know of the rest.

An invoice's documents are sent once per name and content, after the invoice (avidxchange.md 2.7).
The plan names each by the SHA-256 of its content; what is sent later is exactly that or nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from core.domain.actions import Action, invoice_remote
from core.domain.ap_documents import ApImage, ApInvoice
from core.domain.canonical import canonical
from core.domain.findings import Finding
from core.domain.policy import ImageRules
from core.words import area

say = area(__name__)

#: File name ending -> content type.
CONTENT_TYPES = {
    "pdf": "application/pdf",
    "tif": "image/tiff",
    "tiff": "image/tiff",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
}
#: States of the invoice in which AvidXchange takes no image (avidxchange.md 2.7).
CLOSED = frozenset(("rejected", "exported", "deleted"))
MOST_FILES = 20  # of one invoice; more is a pattern that fits too much
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]")  # names are plain ASCII (avidxchange.md 10.17)
_UNDER_WAY = frozenset(("ready", "sending", "in_doubt", "review", "done"))
_TITLE = say("a_document_is_not_in_avidxchange")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of the folder that fits an invoice.

    `modified` are nanoseconds since the epoch. Without `sha256` it cannot be sent, and `problem`
    says why.
    """

    number: str
    file: str
    size: int = 0
    modified: int = 0
    content_type: str = ""
    sha256: str = ""
    problem: str = ""

    @property
    def key(self) -> str:
        """Invoice and file: one file may fit several invoices."""
        return f"{self.number}|{self.file}"

    @property
    def basis(self) -> str:
        """What a person's word about it is given for; other content is another matter."""
        return f"{self.file} {self.sha256 or self.size}"


@dataclass(frozen=True, slots=True)
class Attached:
    """What the folder holds for one invoice; `trouble` says why the folder cannot be read."""

    files: tuple[Attachment, ...] = ()
    trouble: str = ""

    @property
    def good(self) -> tuple[Attachment, ...]:
        """What can be sent, each content once."""
        by_content = {found.sha256: found for found in reversed(self.files) if found.sha256}
        return tuple(sorted(by_content.values(), key=lambda found: found.file))

    @property
    def bad(self) -> tuple[Attachment, ...]:
        """What fits by its name and cannot be sent."""
        return tuple(found for found in self.files if not found.sha256)


@dataclass(frozen=True, slots=True)
class Upload:
    """An earlier write of one document, and how it stands in the outbox."""

    file: str
    sha256: str
    state: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Submitted:
    """An invoice as far as its documents are concerned; `found` is it in AvidXchange."""

    number: str
    supplier: str
    revision: int
    found: ApInvoice
    attached: Attached = field(default_factory=Attached)
    uploads: Sequence[Upload] = ()


def problem_of(size: int, content_type: str, rules: ImageRules) -> str:
    """Why a file cannot be sent, as far as name and size tell; empty when it can."""
    if content_type not in rules.types:
        return say("is_of_a_kind_that_avidxchange_does")
    if not size:
        return "is empty"
    if rules.most_bytes and size > rules.most_bytes:
        return say("has_bytes_avidxchange_takes", size=size, most_bytes=rules.most_bytes)
    return ""


def content_type_of(file: str) -> str:
    """The content type that the ending of a file's name says; empty for an unknown one."""
    return CONTENT_TYPES.get(_ending(file), "")


def _ending(file: str) -> str:
    return file.rpartition(".")[2].lower() if "." in file else ""


def remote_name(number: str, revision: int, file: str, sha256: str) -> str:
    """The name in AvidXchange: number, revision, start of the content's hash (2.7)."""
    safe = _NOT_IN_A_NAME.sub("_", number)
    return f"{safe}-{revision}-{sha256[:8]}.{_ending(file)}"


def is_there(images: Iterable[ApImage], name: str, sha256: str) -> bool:
    """Whether AvidXchange shows this document with the invoice."""
    return any(image.sha256 == sha256 or image.name == name for image in images)


# Before the invoice is sent


def unsent_findings(number: str, attached: Attached | None, rules: ImageRules) -> Iterator[Finding]:
    """ATT-01 blocks where a document is required and none can be sent; else it is only told."""
    if attached is None:
        return
    if rules.is_required and (attached.trouble or not attached.good):
        yield _missing(number, attached, rules)
        return
    for found in attached.bad:
        yield _not_sent(number, found, f"{found.file} {found.problem}.")


def _missing(number: str, attached: Attached, rules: ImageRules) -> Finding:
    """Why there is nothing to send; accepted, the invoice goes without."""
    if not rules.folder:
        text = say("a_document_is_required_and_no_folder")
        fix = say("set_the_document_folder_or_accept")
        return Finding("ATT-01", number, text, cause="folder", basis="none", fix=fix)
    if attached.trouble:
        text = say("the_document_folder_cannot_be_read", trouble=attached.trouble)
        fix = say("make_the_document_folder_reachable_or")
        return Finding("ATT-01", number, text, cause="folder", basis="none", fix=fix)
    if attached.bad:
        told = "; ".join(f"{found.file} {found.problem}" for found in attached.bad)
        return Finding("ATT-01", number, say("it_has_no_document_that_can_be", told=told),
                       basis="none")  # fmt: skip
    text = say("no_document_fits_in", pattern=rules.pattern, folder=rules.folder)
    return Finding("ATT-01", number, text, basis="none")


def _not_sent(number: str, found: Attachment, text: str) -> Finding:
    """Something a person should know of one file; the invoice does not wait for it."""
    return Finding(
        "ATT-01",
        number,
        text,
        cause=f"{number} {found.file}",
        blocks=False,
        notes=True,
        how=("done",),
        basis=found.basis,
        title=_TITLE,
        fix=say("put_a_document_that_can_be_sent"),
    )


def with_submission(submission: Action, attached: Attached) -> list[Action]:
    """The documents that follow an invoice which is about to be sent."""
    number, supplier = submission.key, str(submission.info.get("supplier", ""))
    return [
        _action(number, supplier, submission.revision, submission.reference, found)
        for found in attached.good
    ]


def _action(
    number: str, supplier: str, revision: int, external_id: str, found: Attachment
) -> Action:
    """One document of one invoice; its bytes are named by their hash, never by their place."""
    name = remote_name(number, revision, found.file, found.sha256)
    proof = {
        "file": found.file,
        "name": name,
        "content_type": found.content_type,
        "size": found.size,
        "sha256": found.sha256,
    }
    return Action(
        kind="image",
        key=name,
        revision=revision,
        body=canonical(proof).encode(),
        remote=invoice_remote(external_id),
        reference=external_id,
        info={**proof, "invoice": number, "supplier": supplier},
    )


# After the invoice was sent


def decide(sent: Submitted, rules: ImageRules) -> tuple[list[Action], list[Finding]]:
    """Documents still to be sent with a submitted invoice, and what could not be."""
    if not rules.is_on:
        return [], []
    uploads = {upload.sha256: upload for upload in sent.uploads}
    findings = [_refused(sent.number, u) for u in uploads.values() if u.state == "rejected"]
    if sent.found.state in ("rejected", "deleted"):
        return [], []
    findings += [
        _not_sent(sent.number, found, f"{found.file} {found.problem}.")
        for found in sent.attached.bad
    ]
    waiting = [found for found in sent.attached.good if not _is_carried(sent, found, uploads)]
    if sent.found.state in CLOSED:
        text = say("avidxchange_has_closed_the_invoice_and")
        findings += [
            _not_sent(sent.number, f, say("came_late", file=f.file, text=text)) for f in waiting
        ]
        return [], findings
    findings += _lost(sent, uploads)
    actions = [
        _action(sent.number, sent.supplier, sent.revision, sent.found.external_id, found)
        for found in waiting
    ]
    return actions, findings


def _is_carried(sent: Submitted, found: Attachment, uploads: dict[str, Upload]) -> bool:
    """Whether it stands there, is on its way, or was refused and waits for a person."""
    upload = uploads.get(found.sha256)
    if upload and (upload.state in _UNDER_WAY or upload.state == "rejected"):
        return True
    name = remote_name(sent.number, sent.revision, found.file, found.sha256)
    return is_there(sent.found.images, name, found.sha256)


def _refused(number: str, upload: Upload) -> Finding:
    """AvidXchange said no, or never answered: the same document goes again on a person's word."""
    found = Attachment(number, upload.file, sha256=upload.sha256)
    text = say("was_not_attached", file=upload.file, text=upload.text or "no reason given")
    return Finding(
        "ATT-01",
        number,
        text if text.endswith(".") else f"{text}.",
        cause=f"{number} {upload.file}",
        blocks=False,
        notes=True,
        how=("send_again", "done"),
        basis=found.basis,
        title=_TITLE,
        fix=say("send_it_again_put_another_document_into"),
    )


def _lost(sent: Submitted, uploads: dict[str, Upload]) -> list[Finding]:
    """What was planned, not sent, and is no longer in the folder as it was planned."""
    here = {found.file for found in sent.attached.good}
    carried = {upload.file for upload in uploads.values() if upload.state in _UNDER_WAY}
    lost = [
        Attachment(sent.number, upload.file, sha256=sha256)
        for sha256, upload in uploads.items()
        if upload.state == "cancelled" and upload.file not in here | carried
    ]
    text = say("was_changed_or_taken_out_of_the")
    return [
        _not_sent(sent.number, found, f"{found.file} {text}")
        for found in lost
        if not is_there(sent.found.images, "", found.sha256)
    ]
