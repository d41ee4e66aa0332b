"""Errors as data: one catalogue of codes, one tree of exceptions, and what each one asks for.

The catalogue is product.md section 9. Every error a person sees has a code, a title (what did not
happen), a text (why, with values) and a fix. Nothing here may hold a secret: whoever makes an error
from foreign text redacts it first.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from core.words import area

say = area(__name__)


@dataclass(frozen=True, slots=True)
class Entry:
    """What the catalogue says of one code.

    `how` are the resolutions a person may choose; `state` is what a blocking finding makes of an
    invoice (empty: none); `waits_for_person` tells whether a held one counts for exit status 3.
    """

    title: str
    fix: str
    severity: str = "blocks"  # blocks | warns | notes
    state: str = ""
    how: tuple[str, ...] = ()
    waits_for_person: bool = False


_EXCLUDE = ("exclude",)

CATALOGUE: dict[str, Entry] = {
    # A side or the site: these close by themselves and name no document.
    "AUT-01": Entry(
        "Sign-in was refused",
        "Set the credentials again (Connections, or `secret set`), then test the connection.",
    ),
    "AUT-02": Entry("The sign-in has expired", "Sign in again; nothing that waits is lost."),
    "TLS-01": Entry(
        "The certificate is not trusted",
        "Have IT install the issuing authority on this computer, or name it as ca_file.",
    ),
    "NET-01": Entry("The server was not reached", "Check address, network and firewall."),
    "NET-02": Entry("The proxy asks for a sign-in", "Ask IT to let this program pass the proxy."),
    "RAT-01": Entry("The server asked to slow down", "Nothing to do: it goes on by itself."),
    "RAT-02": Entry("The server blocks this client", "Ask AvidXchange why access is blocked."),
    "QTA-01": Entry("X3's allowance is nearly used", "Ask IT for a larger web service volume."),
    "LCK-01": Entry("The record is in use in X3", "Nothing to do: it is tried again by itself."),
    "ENV-01": Entry(
        "This workspace may not be alone",
        "Find out which other Crossfoot or older copy works on this folder before going on.",
    ),
    "CFG-01": Entry("A setting is missing or wrong", "Correct the setting named here."),
    "DSK-01": Entry("The disk is nearly full", "Free some space; nothing was lost."),
    "STO-01": Entry(
        "The store cannot be opened", "Restore the newest backup, or update Crossfoot."
    ),
    "AUD-01": Entry(
        "The audit log does not match its seal", "Keep the file and call your auditor."
    ),
    # Documents.
    "MAP-01": Entry(
        "The supplier is not linked to a vendor",
        "Map the supplier to its vendor.",
        state="needs_mapping",
        how=_EXCLUDE,
    ),
    "MAP-02": Entry(
        "The account is not active",
        "Choose another account in X3, or activate it.",
        state="needs_mapping",
        how=_EXCLUDE,
    ),
    "MAP-03": Entry(
        "The account is not mapped",
        "Map the account to an AvidXchange code.",
        state="needs_mapping",
        how=_EXCLUDE,
    ),
    "MAP-04": Entry(
        "A required code group is missing",
        "Map a dimension to the group, or fill it in X3.",
        state="needs_mapping",
        how=_EXCLUDE,
    ),
    "MAP-05": Entry(
        "AvidXchange does not know the code, or it is inactive",
        "Choose another code, or have it made in AvidXchange.",
        state="needs_mapping",
        how=_EXCLUDE,
    ),
    "MAP-06": Entry(
        "The dimension value is not mapped",
        "Map the value to an AvidXchange code.",
        state="needs_mapping",
        how=_EXCLUDE,
    ),
    "STA-01": Entry(
        "The invoice is not validated in X3", "Validate it in X3.", state="held", how=_EXCLUDE
    ),
    "SUP-01": Entry(
        "The supplier may not be paid now",
        "Release the supplier in X3, or withdraw the invoice.",
        state="held",
        how=("exclude", "withdraw", "done"),
    ),
    "PER-01": Entry(
        "The accounting period is not open",
        "Open the period in X3, or accept the next open one.",
        state="held",
        how=("exclude", "accept"),
    ),
    "PER-02": Entry(
        "The paid invoice is not posted in X3 yet",
        "Post the invoice in X3.",
        state="held",
        how=("exclude", "accept"),
    ),
    "PO-01": Entry(
        "The purchase order does not fit",
        "Clear the match in X3, or accept the order as it is.",
        state="needs_review",
        how=("accept", "exclude"),
    ),
    "BNK-01": Entry(
        "The supplier's remittance details changed",
        "Call the supplier on a known number and note who released the change.",
        state="held",
        how=("accept", "exclude"),
        waits_for_person=True,
    ),
    "SUM-01": Entry(
        "The lines do not add up to the total",
        "Correct the invoice in X3, or name a charges account in the profile.",
        state="needs_review",
        how=_EXCLUDE,
    ),
    "SUM-02": Entry(
        "The amount is zero", "Correct or cancel it in X3.", state="needs_review", how=_EXCLUDE
    ),
    "CUR-01": Entry(
        "The currency cannot be sent",
        "Pay this invoice outside AvidXchange.",
        state="needs_review",
        how=_EXCLUDE,
    ),
    "DUE-01": Entry(
        "The due date is not known", "Enter due dates in X3.", state="needs_review", how=_EXCLUDE
    ),
    "DUE-02": Entry(
        "The invoice falls due in parts",
        "Check that one payment is right for all parts.",
        severity="warns",
        state="needs_review",
        how=("accept", "exclude"),
    ),
    "DIM-01": Entry(
        "A line is split over several dimension values",
        "Split the line in X3.",
        state="needs_review",
        how=_EXCLUDE,
    ),
    "KND-01": Entry(
        "The kind of invoice is not known",
        "Correct the kind in X3.",
        state="needs_review",
        how=_EXCLUDE,
    ),
    "DUP-01": Entry(
        "It may already be in AvidXchange",
        "Compare both, then link to the one there or exclude this one.",
        state="needs_review",
        how=("link", "exclude"),
    ),
    "DUP-02": Entry(
        "The supplier's document number is missing",
        "Enter it in X3.",
        state="needs_review",
        how=_EXCLUDE,
    ),
    "FIT-01": Entry(
        "A value does not fit AvidXchange's limits",
        "Shorten it in X3.",
        state="needs_review",
        how=_EXCLUDE,
    ),
    "LIM-01": Entry(
        "The amount is above the ceiling",
        "Accept it with a reason, or exclude it.",
        state="held",
        how=("accept", "exclude"),
        waits_for_person=True,
    ),
    "ATT-01": Entry(
        "No document was found for it",
        "Put the document into the attachments folder, or accept without one.",
        state="held",
        how=("accept", "exclude"),
    ),
    "REJ-01": Entry(
        "The approver rejected it",
        "Correct it and send it again, or exclude it.",
        severity="notes",
        state="rejected",
        how=("send_again", "exclude"),
    ),
    "CHG-01": Entry(
        "It changed in X3 after it was sent",
        "Keep what was sent, or withdraw it.",
        severity="notes",
        state="changed_after_sending",
        how=("keep", "withdraw"),
    ),
    "DEL-01": Entry(
        "X3 no longer shows the invoice",
        "Withdraw it from AvidXchange, or keep it.",
        severity="notes",
        state="needs_review",
        how=("withdraw", "keep", "done"),
    ),
    "DEL-02": Entry(
        "It was deleted in AvidXchange",
        "Keep it so, or withdraw it here.",
        severity="notes",
        state="needs_review",
        how=("withdraw", "keep", "done"),
    ),
    "REC-01": Entry(
        "The approver coded it differently",
        "Note which side keeps which coding.",
        severity="warns",
        how=("accept",),
    ),
    "LVL-01": Entry(
        "A person changed the approval level in X3",
        "Keep X3's level, or write it again.",
        severity="notes",
        how=("keep", "send_again"),
    ),
    "DBT-01": Entry(
        "It is not known whether it arrived",
        "Look in AvidXchange, then link it or send it again.",
        severity="notes",
        state="in_doubt",
        how=("link", "send_again", "withdraw"),
    ),
    "BAL-01": Entry(
        "The payment is more than X3 shows open",
        "Find out what was paid in X3, then link or mark it done.",
        how=("link", "done"),
    ),
    "PAY-01": Entry(
        "The payment does not fit its invoices",
        "Compare it in the portal, then link it or mark it done.",
        how=("link", "done"),
    ),
    "UNK-01": Entry(
        "AvidXchange shows a state that Crossfoot does not know",
        "Look in the portal, then link it or mark it done.",
        how=("link", "done"),
    ),
    "VOI-01": Entry(
        "The payment was voided after it was posted",
        "Reverse the payment in X3.",
        severity="notes",
        state="payment_voided",
        how=("reverse", "keep", "done"),
    ),
    "RET-01": Entry(
        "The money came back",
        "Reverse the payment in X3 and find out where to pay.",
        severity="notes",
        state="payment_returned",
        how=("done",),
    ),
    "INV-01": Entry(
        "A promise does not hold",
        "Look at the evidence; accept it when it is understood.",
        how=("accept",),
    ),
}

#: Codes of documents that are found in AvidXchange; the others are found in X3 or between both.
AVIDXCHANGE_CODES = frozenset(
    (
        "MAP-04", "MAP-05", "DUP-01", "REJ-01", "REC-01", "DEL-02", "DBT-01", "PAY-01", "UNK-01",
        "VOI-01", "RET-01",
    )
)  # fmt: skip
#: Codes that name a side or the site, never a document.
SIDE_CODES = frozenset(list(CATALOGUE)[:14])


@dataclass(eq=False)
class AppError(Exception):
    """An error with everything a person needs; the subclass says what the program does about it.

    `system` is `x3`, `avidxchange` or empty. `retry_after_s` is what the other side asked for.
    `was_sent` is False only when it is certain that no byte of the request left this computer.
    """

    code: str
    why: str
    system: str = ""
    retry_after_s: float | None = None
    was_sent: bool = False
    status: int | None = None
    request_id: str = ""
    detail: str = ""
    title: str = field(default="")
    fix: str = field(default="")

    def __post_init__(self) -> None:
        entry = CATALOGUE.get(self.code)
        self.title = self.title or (entry.title if entry else say("something_went_wrong"))
        self.fix = self.fix or (entry.fix if entry else say("report_it_with_the_log_file"))
        Exception.__init__(self, str(self))

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle by all fields; `Exception` would give only its message."""
        values = tuple(getattr(self, item.name) for item in fields(self))
        return type(self), values

    def __str__(self) -> str:
        return f"{self.code} {self.title}: {self.why} {self.fix}"


class ConfigError(AppError):
    """A setting or an argument is missing or wrong; nothing was asked of either system."""


class AuthError(AppError):
    """Credentials were refused or have expired; the workspace's side pauses, nothing is retried."""


class TransientError(AppError):
    """Not reached, busy or asked to wait; known not done unless `was_sent`; tried again later."""


class RemoteRefused(AppError):
    """The other side understood and said no; nothing was stored there."""


class Unreadable(AppError):
    """An answer came that cannot be understood; a write is then in doubt."""


class UnreadableRecord(Unreadable):
    """One record of a good answer cannot be understood; what else was asked for can."""


class LocalFault(AppError):
    """This computer is at fault: disk, lock, damaged or newer store, no keyring."""


class Stopped(Exception):
    """The wait or the work was ended because the program stops."""
