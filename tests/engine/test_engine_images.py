"""Documents of invoices: after the invoice, once per name and content, proved (avidxchange.md 2.7).

The folder is a real one, AvidXchange the simulated one over HTTP.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from core.desk_documents import Documents
from core.desk_plans import Plans
from core.desk_reference import Reference
from core.store import plans, queries
from core.store.listing import Wanted
from tests.engine.conftest import MakeSite
from tests.engine.documents import PDF, SHA, WithFolder, images_of, proofs, uploads


def test_a_document_follows_its_invoice_and_goes_once(with_folder: WithFolder) -> None:
    site, folder = with_folder()
    number = site.invoice()
    (folder / f"{number}.pdf").write_bytes(PDF)
    result = site.sync()
    (image,) = images_of(site, number)
    assert image["FileName"] == f"{number}-1-{SHA[:8]}.pdf"
    assert (image["ContentType"], image["Size"], image["Sha256"]) == (
        "application/pdf", len(PDF), SHA,
    )  # fmt: skip
    assert (result.exit_status, result.report["planned"], result.report["drifted"]) == (0, 2, 0)
    assert (site.count("submit_invoice"), uploads(site)) == (1, 1)
    for _ in range(2):
        site.sync()
    site.restart()
    site.sync()
    assert (uploads(site), site.row(number).dirty, site.codes()) == (1, 0, [])


def test_the_plan_names_it_before_and_the_log_proves_it_after(with_folder: WithFolder) -> None:
    site, folder = with_folder()
    number = site.invoice()
    (folder / f"{number}.pdf").write_bytes(PDF)
    shown = site.sync(preview=True)
    actions = plans.action_rows(site.store, plan=shown.report["plan_hash"])
    assert [action.kind for action in actions] == ["invoice", "image"]
    assert json.loads(actions[1].body)["sha256"] == SHA
    assert (site.writes(), uploads(site)) == (0, 0)
    site.sync(plan=shown.report["plan_hash"])
    assert [image["Sha256"] for image in images_of(site, number)] == [SHA]
    reference = site.row(number).external_id
    (proof,) = proofs(site, reference)
    (image,) = images_of(site, number)
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
    names = sorted(image["FileName"] for image in images_of(site, number))
    assert len(names) == 2
    assert {name.rpartition(".")[2] for name in names} == {"pdf", "png"}
    assert images_of(site, other) == []
    site.act("avid.start_approval", number)
    (folder / f"{number}-late.pdf").write_bytes(b"%PDF late")
    site.sync()
    assert len(images_of(site, number)) == 3
    assert uploads(site) == 3


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
    hashes = [image["Sha256"] for image in images_of(site, number)]
    assert hashes == [SHA, hashlib.sha256(b"%PDF corrected").hexdigest()]
    path.unlink()
    site.sync()
    assert (site.codes(), uploads(site)) == ([], 2)


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
    assert (site.codes(), len(images_of(site, number)), uploads(site)) == ([], 1, 1)


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
    assert len(images_of(site, number)) == 1


def test_required_and_accepted_it_goes_without(with_folder: WithFolder) -> None:
    site, _ = with_folder(required=True)
    number = site.invoice()
    site.sync()
    site.resolve("ATT-01", "accept")
    site.sync()
    assert (site.row(number).state, images_of(site, number), site.codes()) == ("sent", [], [])


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
    assert (result.exit_status, uploads(site)) == (3, 0)
    site.resolve("ATT-01", "done")
    site.sync()
    assert site.codes() == []
    path.unlink()
    (folder / f"{number}-good.pdf").write_bytes(PDF)
    site.sync()
    assert (len(images_of(site, number)), site.codes()) == (1, [])


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
    assert (len(images_of(site, number)), site.codes()) == (1, [])


def test_a_pattern_that_fits_too_much_sends_nothing(with_folder: WithFolder) -> None:
    site, folder = with_folder()
    number = site.invoice()
    for at in range(21):
        (folder / f"{number}-{at:02}.pdf").write_bytes(PDF + bytes([at]))
    site.sync()
    assert "and 20 more files fit" in site.item("ATT-01").text
    assert uploads(site) == 0


def test_a_link_is_no_document(with_folder: WithFolder, tmp_path: Path) -> None:
    site, folder = with_folder()
    number = site.invoice()
    secret = tmp_path / "secret.pdf"
    secret.write_bytes(PDF)
    (folder / f"{number}.pdf").symlink_to(secret)
    site.sync()
    assert (uploads(site), site.row(number).state) == (0, "sent")


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
    assert (site.row(number).state, uploads(site), result.exit_status) == ("sent", 0, 3)
    away.rename(folder)
    result = site.sync()
    assert (len(images_of(site, number)), result.report["errors"], result.exit_status) == (1, [], 0)


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


def test_documents_of_many_invoices_go_together(with_folder: WithFolder) -> None:
    site, folder = with_folder()
    numbers = [site.invoice(f"{at}.00") for at in range(1, 21)]
    for number in numbers:
        for part in range(2):
            (folder / f"{number}-{part}.pdf").write_bytes(PDF + number.encode() + bytes([part]))
    result = site.sync()
    assert [len(images_of(site, number)) for number in numbers] == [2] * 20
    assert (uploads(site), result.report["planned"], site.codes()) == (40, 60, [])


def test_the_history_of_the_invoice_tells_of_it(with_folder: WithFolder) -> None:
    site, folder = with_folder()
    number = site.invoice()
    (folder / f"{number}.pdf").write_bytes(PDF)
    shown = site.sync(preview=True)
    planned = Plans(site.store, Reference(site.store)).listing(shown.report["plan_hash"])
    rows, _ = planned.page(Wanted(), None, 10)
    row = next(row for row in rows if row["kind"] == "image")
    assert (row["object"], row["after"]) == (number, f"attached: {number}.pdf")
    site.sync()
    view = Documents(site.store, Reference(site.store)).invoice(number)
    assert view is not None
    texts = [entry.text for entry in view.timeline]
    (image,) = images_of(site, number)
    assert f"Sending the document image ({site.row(number).external_id})" in texts
    told = f"AvidXchange answered: accepted, now done (file {number}.pdf, id {image['Id']})"
    entry = next(entry for entry in view.timeline if entry.text == told)
    assert entry.exchange is not None
    exchange = Documents(site.store, Reference(site.store)).exchange(entry.exchange)
    assert exchange is not None
    assert SHA in exchange.request
