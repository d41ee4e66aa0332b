"""Documents that change, are refused or get no answer: each stands there once or with a person.

What is planned goes as it was planned or not at all; nothing is lost (avidxchange.md 2.7, 2.12).
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from core.clock import SystemClock
from core.store import attachments, backups, history
from core.store.tables import Outbox
from tests.engine.documents import (
    PDF,
    SHA,
    WithFolder,
    images_of,
    leave_in_doubt,
    proofs,
    refusal,
    uploads,
)


def test_a_document_planned_and_then_unreachable_waits_for_its_folder(
    with_folder: WithFolder,
) -> None:
    site, folder = with_folder()
    number = site.invoice()
    (folder / f"{number}.pdf").write_bytes(PDF)
    leave_in_doubt(site)
    away = folder.with_name("away")
    folder.rename(away)
    site.sync()
    away.rename(folder)
    (row,) = site.outbox("image")
    assert (row.state, site.row(number).state, uploads(site)) == ("ready", "sent", 0)
    with site.store.write():
        site.store.change(Outbox.update(due=site.store.now()).where(Outbox.id == row.id))
    site.sync()
    assert (len(images_of(site, number)), uploads(site)) == (1, 1)


# Between the plan and the sending


def test_changed_since_it_was_planned_it_is_not_sent_but_planned_anew(
    with_folder: WithFolder,
) -> None:
    site, folder = with_folder()
    number = site.invoice()
    path = folder / f"{number}.pdf"
    path.write_bytes(PDF)
    leave_in_doubt(site)
    path.write_bytes(b"%PDF other!" + PDF)
    for _ in range(2):
        site.sync()
    other = hashlib.sha256(b"%PDF other!" + PDF).hexdigest()
    assert [image["Sha256"] for image in images_of(site, number)] == [other]
    assert site.codes() == []


def test_taken_away_since_it_was_planned_a_person_is_told(with_folder: WithFolder) -> None:
    site, folder = with_folder()
    number = site.invoice()
    path = folder / f"{number}.pdf"
    path.write_bytes(PDF)
    leave_in_doubt(site)
    path.unlink()
    for _ in range(2):
        site.sync()
    text = f"{path.name} was changed or taken out of the folder before it was sent."
    assert (site.item("ATT-01").text, images_of(site, number)) == (text, [])
    path.write_bytes(PDF)
    site.sync()
    assert (len(images_of(site, number)), site.codes()) == (1, [])


def test_an_invoice_that_is_refused_takes_its_document_out_of_the_line(
    with_folder: WithFolder,
) -> None:
    site, folder = with_folder()
    number = site.invoice()
    (folder / f"{number}.pdf").write_bytes(PDF)
    args = {"status": 200, "body": refusal("Vendor not found: VS1")}
    site.fault("avid", "submit_invoice", "status", args=args)
    site.sync()
    assert [row.state for row in site.outbox("image")] == ["cancelled"]
    assert (site.codes(), uploads(site)) == (["MAP-05"], 0)
    site.resolve("MAP-05", "send_again")
    site.sync()
    assert [i["FileName"] for i in images_of(site, number)] == [f"{number}-2-{SHA[:8]}.pdf"]


# Refused and in doubt


@pytest.mark.parametrize(("status", "text"), [(200, "Image is unwell"), (413, "too large")])
def test_refused_it_waits_for_a_person_who_sends_it_again(
    with_folder: WithFolder, status: int, text: str
) -> None:
    site, folder = with_folder()
    number = site.invoice()
    (folder / f"{number}.pdf").write_bytes(PDF)
    site.fault("avid", "attach_image", "status", args={"status": status, "body": refusal(text)})
    site.sync()
    item = site.item("ATT-01", number)
    assert item.how == ("send_again", "done")
    assert item.text.startswith(f"{number}.pdf was not attached: ")
    site.sync()
    assert (images_of(site, number), site.codes()) == ([], ["ATT-01"])
    site.resolve("ATT-01", "send_again")
    site.sync()
    assert (len(images_of(site, number)), site.codes()) == (1, [])


@pytest.mark.parametrize("commits", [True, False])
def test_without_an_answer_it_is_looked_up_and_stands_there_once(
    with_folder: WithFolder, *, commits: bool
) -> None:
    site, folder = with_folder()
    number = site.invoice()
    (folder / f"{number}.pdf").write_bytes(PDF)
    site.fault("avid", "attach_image", "reset_after" if commits else "reset_before")
    site.sync()
    assert [image["Sha256"] for image in images_of(site, number)] == [SHA]
    assert [row.state for row in site.outbox("image")] == ["done"]
    assert uploads(site) == (1 if commits else 2)
    assert len(proofs(site, site.row(number).external_id)) == 1


def test_never_answered_it_ends_with_a_person_after_four_tries(with_folder: WithFolder) -> None:
    site, folder = with_folder()
    number = site.invoice()
    (folder / f"{number}.pdf").write_bytes(PDF)
    site.fault("avid", "attach_image", "reset_before", times=None)
    result = site.sync()
    assert (uploads(site), result.exit_status, result.report["in_doubt"]) == (4, 3, 0)
    assert "gave no answer" in site.item("ATT-01", number).text
    site.sync()
    assert uploads(site) == 4
    site.resolve("ATT-01", "done")
    site.sync()
    assert (uploads(site), site.codes(), site.row(number).state) == (4, [], "sent")


def test_asked_to_slow_down_the_document_goes_a_little_later(with_folder: WithFolder) -> None:
    site, folder = with_folder()
    number = site.invoice()
    (folder / f"{number}.pdf").write_bytes(PDF)
    args = {"status": 429, "headers": {"retry-after": "1"}}
    site.fault("avid", "attach_image", "status", args=args)
    site.sync()
    assert (len(images_of(site, number)), site.codes()) == (1, [])


def test_an_invoice_closed_meanwhile_takes_none_and_a_person_is_told(
    with_folder: WithFolder,
) -> None:
    site, folder = with_folder()
    number = site.sent()
    site.act("avid.approve", number)
    site.act("avid.export", number)
    (folder / f"{number}.pdf").write_bytes(PDF)
    site.sync()
    assert site.item("ATT-01").text.startswith(f"{number}.pdf came late: ")
    assert uploads(site) == 0


def test_a_restored_store_finds_it_there(with_folder: WithFolder, tmp_path: Path) -> None:
    site, folder = with_folder()
    number = site.invoice()
    site.sync()
    copy = site.store.backup(tmp_path / "before.db")
    (folder / f"{number}.pdf").write_bytes(PDF)
    site.sync()
    reference = site.row(number).external_id
    assert uploads(site) == 1
    assert site.stop()
    site.store.close_thread()
    backups.restore(site.directory, copy, version="0", clock=SystemClock(), actor="test")
    site.start()
    assert attachments.uploads(site.store, [reference])[reference] == ()
    site.sync()
    assert (uploads(site), site.codes()) == (1, [])
    assert history.verify(site.store).ok


def test_stopped_in_the_middle_of_an_upload_it_stands_there_once(with_folder: WithFolder) -> None:
    site, folder = with_folder()
    number = site.invoice()
    (folder / f"{number}.pdf").write_bytes(PDF)
    site.fault("avid", "attach_image", "slow", args={"seconds": 4})
    site.begin()
    site.until(lambda: uploads(site) == 1)
    site.stop()
    assert [row.state for row in site.outbox("image")] == ["sending"]
    site.sync()
    assert [row.state for row in site.outbox("image")] == ["done"]
    assert [image["Sha256"] for image in images_of(site, number)] == [SHA]
