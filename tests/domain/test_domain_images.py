"""Which documents go with an invoice, and what a person is told (avidxchange.md 2.7, ATT-01)."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from core.domain import images
from core.domain.actions import Action
from core.domain.ap_documents import ApImage, ApInvoice
from core.domain.images import Attached, Attachment, Submitted, Upload
from core.domain.policy import ImageRules

SHA = hashlib.sha256(b"one").hexdigest()
OTHER = hashlib.sha256(b"two").hexdigest()
GOOD = Attachment("PIH1", "PIH1.pdf", 3, 5, "application/pdf", SHA)
BAD = Attachment("PIH1", "PIH1.txt", 3, problem="is of a kind that AvidXchange does not take")
RULES = ImageRules(
    is_on=True,
    folder="X:/docs",
    types=frozenset(("application/pdf", "image/tiff")),
    most_bytes=10_000_000,
)
REQUIRED = replace(RULES, is_required=True)
REFERENCE = "X3|PROD|US10|PIH1|1"


def _sent(
    *files: Attachment, state: str = "received", uploads: tuple[Upload, ...] = (), there: str = ""
) -> Submitted:
    shown = (ApImage("7", "any.pdf", sha256=there),) if there else ()
    found = ApInvoice("991", external_id=REFERENCE, state=state, images=shown)
    return Submitted("PIH1", "S1", 1, found, Attached(files), uploads)


def _texts(sent: Submitted) -> tuple[int, list[str]]:
    actions, findings = images.decide(sent, RULES)
    return len(actions), [finding.text for finding in findings]


def test_an_action_names_the_bytes_by_their_hash_and_the_invoice_by_its_reference() -> None:
    (action,), findings = images.decide(_sent(GOOD), RULES)
    assert findings == []
    assert (action.kind, action.key, action.reference) == (
        "image", f"PIH1-1-{SHA[:8]}.pdf", REFERENCE,
    )  # fmt: skip
    assert action.remote == f"avidxchange|{REFERENCE}"
    assert json.loads(action.body) == {
        "content_type": "application/pdf",
        "file": "PIH1.pdf",
        "name": action.key,
        "sha256": SHA,
        "size": 3,
    }
    again = replace(GOOD, modified=99)
    assert images.decide(_sent(again), RULES)[0][0].identity == action.identity


def test_with_its_submission_and_after_it_the_action_is_the_same_write() -> None:
    submission = Action("invoice", "PIH1", 1, b"{}", "r", REFERENCE, info={"supplier": "S1"})
    before = images.with_submission(submission, Attached((GOOD, BAD)))
    after, _ = images.decide(_sent(GOOD), RULES)
    assert [action.identity for action in before] == [action.identity for action in after]


def test_the_same_content_twice_goes_once() -> None:
    copy = replace(GOOD, file="PIH1-copy.pdf")
    actions, _ = images.decide(_sent(GOOD, copy), RULES)
    assert [action.info["file"] for action in actions] == ["PIH1.pdf"]


@pytest.mark.parametrize("state", ["ready", "sending", "in_doubt", "review", "done"])
def test_what_is_under_way_or_done_is_not_planned_again(state: str) -> None:
    assert _texts(_sent(GOOD, uploads=(Upload("PIH1.pdf", SHA, state),))) == (0, [])


def test_what_stands_there_is_not_sent() -> None:
    assert _texts(_sent(GOOD, there=SHA)) == (0, [])


def test_what_was_refused_waits_for_a_person() -> None:
    count, texts = _texts(_sent(GOOD, uploads=(Upload("PIH1.pdf", SHA, "rejected", "Too big"),)))
    assert (count, texts) == (0, ["PIH1.pdf was not attached: Too big."])


def test_given_up_it_is_planned_again_while_it_is_in_the_folder() -> None:
    cancelled = (Upload("PIH1.pdf", SHA, "cancelled"),)
    assert _texts(_sent(GOOD, uploads=cancelled)) == (1, [])
    lost = "PIH1.pdf was changed or taken out of the folder before it was sent."
    assert _texts(_sent(uploads=cancelled)) == (0, [lost])


def test_a_version_that_was_overtaken_is_not_told_as_lost() -> None:
    uploads = (Upload("PIH1.pdf", SHA, "cancelled"), Upload("PIH1.pdf", OTHER, "done"))
    assert _texts(_sent(uploads=uploads)) == (0, [])


@pytest.mark.parametrize("state", ["rejected", "deleted"])
def test_nothing_goes_to_an_invoice_that_is_over(state: str) -> None:
    assert _texts(_sent(GOOD, BAD, state=state)) == (0, [])


def test_what_comes_after_the_invoice_was_closed_is_told() -> None:
    count, texts = _texts(_sent(GOOD, state="exported"))
    assert (count, len(texts)) == (0, 1)
    assert texts[0].startswith("PIH1.pdf came late")


@pytest.mark.parametrize("state", ["received", "in_approval", "on_hold", "disputed", "approved"])
def test_an_open_or_approved_invoice_takes_documents(state: str) -> None:
    assert _texts(_sent(GOOD, state=state)) == (1, [])


def test_switched_off_nothing_is_planned() -> None:
    assert images.decide(_sent(GOOD, BAD), ImageRules()) == ([], [])


def test_required_blocks_without_a_good_one_only() -> None:
    def codes(attached: Attached | None) -> list[tuple[str, bool]]:
        findings = images.unsent_findings("PIH1", attached, REQUIRED)
        return [(finding.code, finding.blocks) for finding in findings]

    assert codes(Attached()) == [("ATT-01", True)]
    assert codes(Attached((BAD,))) == [("ATT-01", True)]
    assert codes(Attached((GOOD,))) == []
    assert codes(Attached((GOOD, BAD))) == [("ATT-01", False)]
    assert codes(Attached((GOOD,), trouble="X:/docs cannot be read.")) == [("ATT-01", True)]
    assert codes(None) == []


def test_not_required_it_is_told_without_holding_the_invoice() -> None:
    (finding,) = images.unsent_findings("PIH1", Attached((BAD,)), RULES)
    assert (finding.blocks, finding.asks_person, finding.waits_by_itself) == (False, True, False)
    assert finding.resolutions == ("done",)
    assert not [*images.unsent_findings("PIH1", Attached(trouble="gone"), RULES)]


@pytest.mark.parametrize(
    ("size", "kind", "told"),
    [
        (3, "application/pdf", ""),
        (10_000_000, "application/pdf", ""),
        (10_000_001, "application/pdf", "has 10,000,001 bytes; AvidXchange takes 10,000,000"),
        (0, "image/tiff", "is empty"),
        (3, "image/png", "is of a kind that AvidXchange does not take"),
        (3, "", "is of a kind that AvidXchange does not take"),
    ],
)
def test_name_and_size_tell_what_cannot_be_sent(size: int, kind: str, told: str) -> None:
    assert images.problem_of(size, kind, RULES) == told


@pytest.mark.parametrize(
    ("file", "kind"),
    [
        ("a.pdf", "application/pdf"),
        ("a.b.TIFF", "image/tiff"),
        ("a.jpeg", "image/jpeg"),
        ("pdf", ""),
        ("a.pdf.exe", ""),
    ],
)
def test_the_ending_says_the_kind(file: str, kind: str) -> None:
    assert images.content_type_of(file) == kind


def test_the_name_there_is_plain_ascii() -> None:
    assert images.remote_name("PÄ 1/x", 2, "scan.PDF", SHA) == f"P__1_x-2-{SHA[:8]}.pdf"
