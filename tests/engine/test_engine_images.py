"""Documents of invoices: after the invoice, once per name and content, proved (avidxchange.md 2.7).

The folder is a real one, AvidXchange the simulated one over HTTP.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.store import attachments, history, plans, queries
from tests.engine.conftest import MakeSite
from tests.engine.site import Site

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"
SHA = hashlib.sha256(PDF).hexdigest()
WithFolder = Callable[..., tuple[Site, Path]]


@pytest.fixture
def with_folder(make_site: MakeSite, tmp_path: Path) -> WithFolder:
    """A site whose document folder exists; further keys of `[attachments]` by name."""

    def make(**named: Any) -> tuple[Site, Path]:
        folder = tmp_path / "documents"
        folder.mkdir()
        return make_site(settings={"attachments": {"folder": str(folder), **named}}), folder

    return make


def _images(site: Site, number: str) -> list[dict[str, Any]]:
    return [image for row in site.there(number) for image in row["Images"]]


def _uploads(site: Site) -> int:
    return site.count("attach_image")


def _proofs(site: Site, reference: str) -> list[dict[str, Any]]:
    """Results of the audit rows that say that a document is there."""
    told = queries.audit_of(site.store, {reference})
    afters = [json.loads(row["after"]) for row in told if row["action"] == "answer"]
    results = [json.loads(after.get("result", "{}")) for after in afters]
    return [result for result in results if "sha256" in result]


def test_a_document_follows_its_invoice_and_goes_once(with_folder: WithFolder) -> None:
    site, folder = with_folder()
    number = site.invoice()
    (folder / f"{number}.pdf").write_bytes(PDF)
    result = site.sync()
    (image,) = _images(site, number)
    assert image["FileName"] == f"{number}-1-{SHA[:8]}.pdf"
    assert (image["ContentType"], image["Size"], image["Sha256"]) == (
        "application/pdf", len(PDF), SHA,
    )  # fmt: skip
    assert (result.exit_status, result.report["planned"], result.report["drifted"]) == (0, 2, 0)
    assert (site.count("submit_invoice"), _uploads(site)) == (1, 1)
    for _ in range(2):
        site.sync()
    site.restart()
    site.sync()
    assert (_uploads(site), site.row(number).dirty, site.codes()) == (1, 0, [])


def test_the_plan_names_it_before_and_the_log_proves_it_after(with_folder: WithFolder) -> None:
    site, folder = with_folder()
    number = site.invoice()
    (folder / f"{number}.pdf").write_bytes(PDF)
    shown = site.sync(preview=True)
    actions = plans.action_rows(site.store, plan=shown.report["plan_hash"])
    assert [action.kind for action in actions] == ["invoice", "image"]
    assert json.loads(actions[1].body)["sha256"] == SHA
    assert (site.writes(), _uploads(site)) == (0, 0)
    site.sync(plan=shown.report["plan_hash"])
    assert [image["Sha256"] for image in _images(site, number)] == [SHA]
    reference = site.row(number).external_id
    (proof,) = _proofs(site, reference)
    (image,) = _images(site, number)
    assert proof == {
        "file": f"{number}.pdf",
        "name": f"{number}-1-{SHA[:8]}.pdf",
        "sha256": SHA,
        "size": len(PDF),
        "id": str(image["Id"]),
    }
    intents = [r for r in queries.audit_of(site.store, {reference}) if r["action"] == "intent"]
    assert [row["result"] for row in sorted(intents, key=lambda r: r["sequence"])] == [
        "invoice", "image",
    ]  # fmt: skip


def test_several_documents_and_a_later_one(with_folder: WithFolder) -> None:
    site, folder = with_folder(pattern="{number}*")
    number, other = site.invoice(), site.invoice("7.00")
    (folder / f"{number}.pdf").write_bytes(PDF)
    (folder / f"{number}-copy.pdf").write_bytes(PDF)
    (folder / f"{number.lower()}-2.PNG").write_bytes(b"\x89PNG 2")
    (folder / f"{number}0.pdf").write_bytes(b"%PDF of another invoice")
    site.sync()
    names = sorted(image["FileName"] for image in _images(site, number))
    assert len(names) == 2
    assert {name.rpartition(".")[2] for name in names} == {"pdf", "png"}
    assert _images(site, other) == []
    site.act("avid.start_approval", number)
    (folder / f"{number}-late.pdf").write_bytes(b"%PDF late")
    site.sync()
    assert len(_images(site, number)) == 3
    assert _uploads(site) == 3


def test_other_content_under_the_same_file_name_goes_as_another_document(
    with_folder: WithFolder,
) -> None:
    site, folder = with_folder()
    number = site.invoice()
    path = folder / f"{number}.pdf"
    path.write_bytes(PDF)
    site.sync()
    path.write_bytes(b"%PDF corrected")
    site.sync()
    hashes = [image["Sha256"] for image in _images(site, number)]
    assert hashes == [SHA, hashlib.sha256(b"%PDF corrected").hexdigest()]
    path.unlink()
    site.sync()
    assert (site.codes(), _uploads(site)) == ([], 2)


def test_a_replaced_invoice_keeps_its_documents_though_the_folder_was_cleared(
    with_folder: WithFolder,
) -> None:
    site, folder = with_folder(required=True)
    number = site.invoice("100.00")
    path = folder / f"{number}.pdf"
    path.write_bytes(PDF)
    site.sync()
    path.unlink()
    site.act("x3.change_invoice", number, {"BPRVCR": "NEW-1"})
    site.sync()
    assert site.there(number)[0]["InvoiceNumber"] == "NEW-1"
    assert (site.codes(), len(_images(site, number)), _uploads(site)) == ([], 1, 1)


def test_sent_again_after_a_rejection_it_goes_under_the_next_revision(
    with_folder: WithFolder,
) -> None:
    site, folder = with_folder()
    number = site.invoice()
    (folder / f"{number}.pdf").write_bytes(PDF)
    site.sync()
    site.act("avid.start_approval", number)
    site.act("avid.reject", number, "wrong site")
    site.sync()
    site.resolve("REJ-01", "send_again")
    site.sync()
    first, second = site.there(number)
    assert [image["FileName"] for image in first["Images"]] == [f"{number}-1-{SHA[:8]}.pdf"]
    assert [image["FileName"] for image in second["Images"]] == [f"{number}-2-{SHA[:8]}.pdf"]


def _leave_in_doubt(site: Site) -> None:
    """A run that ends while its invoice is in doubt and its document waits for it."""
    site.changes["invoice_lookup_s"] = (1.0,)
    site.fault("avid", "submit_invoice", "status", args={"status": 503})
    site.sync(wait_s=0.1)
    (row,) = site.outbox("image")
    assert (row.state, _uploads(site)) == ("ready", 0)


# Required


def test_required_holds_until_the_document_is_there(with_folder: WithFolder) -> None:
    site, folder = with_folder(required=True)
    number = site.invoice()
    result = site.sync()
    assert (site.row(number).state, site.row(number).codes) == ("held", ("ATT-01",))
    item = site.item("ATT-01", number)
    assert item.how == ("accept", "exclude")
    assert item.text == f"No document fits {{number}}*.pdf in {folder}."
    assert (result.report["sent"], site.writes()) == (0, 0)
    (folder / f"{number}.pdf").write_bytes(PDF)
    site.sync()
    assert (site.row(number).state, site.codes()) == ("sent", [])
    assert len(_images(site, number)) == 1


def test_required_and_accepted_it_goes_without(with_folder: WithFolder) -> None:
    site, _ = with_folder(required=True)
    number = site.invoice()
    site.sync()
    site.resolve("ATT-01", "accept")
    site.sync()
    assert (site.row(number).state, _images(site, number), site.codes()) == ("sent", [], [])


def test_required_and_only_one_that_cannot_be_sent(with_folder: WithFolder) -> None:
    site, folder = with_folder(required=True)
    number = site.invoice()
    path = folder / f"{number}.pdf"
    path.write_bytes(b"")
    os.truncate(path, 10_485_761)
    site.sync()
    text = site.item("ATT-01").text
    assert text == (
        f"It has no document that can be sent: {path.name} has 10,485,761 bytes; "
        "AvidXchange takes 10,485,760."
    )
    assert site.row(number).state == "held"


def test_required_without_a_folder_says_so(make_site: MakeSite) -> None:
    site = make_site(settings={"attachments": {"required": True}})
    site.invoice()
    site.sync()
    assert "attachments.folder" in site.item("ATT-01").text


# What cannot be sent


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("{}.txt", b"text", "is of a kind that AvidXchange does not take"),
        ("{}.pdf", b"", "is empty"),
        ("{}", b"no ending", "is of a kind that AvidXchange does not take"),
    ],
)
def test_what_cannot_be_sent_is_told_and_the_invoice_goes(
    with_folder: WithFolder, name: str, content: bytes, told: str
) -> None:
    site, folder = with_folder(pattern="{number}*")
    number = site.invoice()
    path = folder / name.format(number)
    path.write_bytes(content)
    result = site.sync()
    assert site.row(number).state == "sent"
    item = site.item("ATT-01", number)
    assert (item.text, item.how) == (f"{path.name} {told}.", ("done",))
    assert (result.exit_status, _uploads(site)) == (3, 0)
    site.resolve("ATT-01", "done")
    site.sync()
    assert site.codes() == []
    path.unlink()
    (folder / f"{number}-good.pdf").write_bytes(PDF)
    site.sync()
    assert (len(_images(site, number)), site.codes()) == (1, [])


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all")
def test_a_file_without_rights_is_told_and_taken_up_when_it_can_be_read(
    with_folder: WithFolder,
) -> None:
    site, folder = with_folder()
    number = site.invoice()
    path = folder / f"{number}.pdf"
    path.write_bytes(PDF)
    path.chmod(0)
    site.sync()
    assert site.item("ATT-01").text == f"{path.name} cannot be read: permission denied."
    path.chmod(0o600)
    site.sync()
    assert (len(_images(site, number)), site.codes()) == (1, [])


def test_a_pattern_that_fits_too_much_sends_nothing(with_folder: WithFolder) -> None:
    site, folder = with_folder()
    number = site.invoice()
    for at in range(21):
        (folder / f"{number}-{at:02}.pdf").write_bytes(PDF + bytes([at]))
    site.sync()
    assert "and 20 more files fit" in site.item("ATT-01").text
    assert _uploads(site) == 0


def test_a_link_is_no_document(with_folder: WithFolder, tmp_path: Path) -> None:
    site, folder = with_folder()
    number = site.invoice()
    secret = tmp_path / "secret.pdf"
    secret.write_bytes(PDF)
    (folder / f"{number}.pdf").symlink_to(secret)
    site.sync()
    assert (_uploads(site), site.row(number).state) == (0, "sent")


# The folder itself


def test_a_folder_that_is_gone_loses_nothing(with_folder: WithFolder) -> None:
    site, folder = with_folder()
    number = site.invoice()
    (folder / f"{number}.pdf").write_bytes(PDF)
    away = folder.with_name("away")
    folder.rename(away)
    result = site.sync()
    (error,) = result.report["errors"]
    assert (error["code"], error["system"]) == ("CFG-01", "")
    assert error["text"].startswith(f"attachments.folder: {folder} cannot be read, no such file")
    assert (site.row(number).state, _uploads(site)) == ("sent", 0)
    away.rename(folder)
    result = site.sync()
    assert (len(_images(site, number)), result.report["errors"]) == (1, [])


def test_a_folder_that_is_gone_holds_what_needs_a_document_as_one_item(
    with_folder: WithFolder,
) -> None:
    site, folder = with_folder(required=True)
    numbers = [site.invoice("1.00"), site.invoice("2.00")]
    folder.rmdir()
    site.sync()
    item = site.item("ATT-01")
    assert sorted(item.documents) == sorted(numbers)
    assert "cannot be read" in item.text
    folder.mkdir()
    for number in numbers:
        (folder / f"{number}.pdf").write_bytes(PDF)
    site.sync()
    assert {site.row(number).state for number in numbers} == {"sent"}
    assert site.codes() == []


def test_a_document_planned_and_then_unreachable_waits_for_its_folder(
    with_folder: WithFolder,
) -> None:
    site, folder = with_folder()
    number = site.invoice()
    (folder / f"{number}.pdf").write_bytes(PDF)
    _leave_in_doubt(site)
    away = folder.with_name("away")
    folder.rename(away)
    site.sync()
    away.rename(folder)
    (row,) = site.outbox("image")
    assert (row.state, site.row(number).state, _uploads(site)) == ("ready", "sent", 0)
    with site.store.write():
        from core.store.tables import Outbox

        site.store.change(Outbox.update(due=site.store.now()).where(Outbox.id == row.id))
    site.sync()
    assert (len(_images(site, number)), _uploads(site)) == (1, 1)


# Between the plan and the sending


def test_changed_since_it_was_planned_it_is_not_sent_but_planned_anew(
    with_folder: WithFolder,
) -> None:
    site, folder = with_folder()
    number = site.invoice()
    path = folder / f"{number}.pdf"
    path.write_bytes(PDF)
    _leave_in_doubt(site)
    path.write_bytes(b"%PDF other!" + PDF)
    for _ in range(2):
        site.sync()
    other = hashlib.sha256(b"%PDF other!" + PDF).hexdigest()
    assert [image["Sha256"] for image in _images(site, number)] == [other]
    assert site.codes() == []


def test_taken_away_since_it_was_planned_a_person_is_told(with_folder: WithFolder) -> None:
    site, folder = with_folder()
    number = site.invoice()
    path = folder / f"{number}.pdf"
    path.write_bytes(PDF)
    _leave_in_doubt(site)
    path.unlink()
    for _ in range(2):
        site.sync()
    text = f"{path.name} was changed or taken out of the folder before it was sent."
    assert (site.item("ATT-01").text, _images(site, number)) == (text, [])
    path.write_bytes(PDF)
    site.sync()
    assert (len(_images(site, number)), site.codes()) == (1, [])


def test_an_invoice_that_is_refused_takes_its_document_out_of_the_line(
    with_folder: WithFolder,
) -> None:
    site, folder = with_folder()
    number = site.invoice()
    (folder / f"{number}.pdf").write_bytes(PDF)
    args = {"status": 200, "body": _refusal("Vendor not found: VS1")}
    site.fault("avid", "submit_invoice", "status", args=args)
    site.sync()
    assert [row.state for row in site.outbox("image")] == ["cancelled"]
    assert (site.codes(), _uploads(site)) == (["MAP-05"], 0)
    site.resolve("MAP-05", "send_again")
    site.sync()
    assert [i["FileName"] for i in _images(site, number)] == [f"{number}-2-{SHA[:8]}.pdf"]


def _refusal(text: str) -> str:
    results = [{"Successful": False, "Item": None, "Errors": [{"Message": text}]}]
    return json.dumps({"Results": results})


# Refused and in doubt


@pytest.mark.parametrize(("status", "text"), [(200, "Image is unwell"), (413, "too large")])
def test_refused_it_waits_for_a_person_who_sends_it_again(
    with_folder: WithFolder, status: int, text: str
) -> None:
    site, folder = with_folder()
    number = site.invoice()
    (folder / f"{number}.pdf").write_bytes(PDF)
    site.fault("avid", "attach_image", "status", args={"status": status, "body": _refusal(text)})
    site.sync()
    item = site.item("ATT-01", number)
    assert item.how == ("send_again", "done")
    assert item.text.startswith(f"{number}.pdf was not attached: ")
    site.sync()
    assert (_images(site, number), site.codes()) == ([], ["ATT-01"])
    site.resolve("ATT-01", "send_again")
    site.sync()
    assert (len(_images(site, number)), site.codes()) == (1, [])


@pytest.mark.parametrize("commits", [True, False])
def test_without_an_answer_it_is_looked_up_and_stands_there_once(
    with_folder: WithFolder, *, commits: bool
) -> None:
    site, folder = with_folder()
    number = site.invoice()
    (folder / f"{number}.pdf").write_bytes(PDF)
    site.fault("avid", "attach_image", "reset_after" if commits else "reset_before")
    site.sync()
    assert [image["Sha256"] for image in _images(site, number)] == [SHA]
    assert [row.state for row in site.outbox("image")] == ["done"]
    assert _uploads(site) == (1 if commits else 2)
    assert len(_proofs(site, site.row(number).external_id)) == 1


def test_a_restored_store_finds_it_there(with_folder: WithFolder, tmp_path: Path) -> None:
    site, folder = with_folder()
    number = site.invoice()
    site.sync()
    (folder / f"{number}.pdf").write_bytes(PDF)
    site.sync()
    reference = site.row(number).external_id
    assert _uploads(site) == 1
    with site.store.write():  # as if the rows of the upload had not been in the backup
        from core.store.tables import Attempt, Outbox

        ids = [row.id for row in site.outbox("image")]
        site.store.change(Attempt.delete().where(Attempt.outbox.in_(ids)))
        site.store.change(Outbox.delete().where(Outbox.id.in_(ids)))
    assert attachments.uploads(site.store, [reference])[reference] == ()
    site.sync()
    assert (_uploads(site), site.codes()) == (1, [])
    assert history.verify(site.store).ok
