"""The document folder: what is listed and read of it, and that no look at it lasts for ever."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from core.attachments import Folder
from core.errors import LocalFault

needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files here")


def _refused(folder: Folder, name: str, most: int = 100) -> LocalFault:
    with pytest.raises(LocalFault) as caught:
        folder.read(name, most)
    return caught.value


@needs_pipes
def test_plain_files_are_listed_with_size_and_time(tmp_path: Path) -> None:
    (tmp_path / "b.pdf").write_bytes(b"12")
    (tmp_path / "a.pdf").write_bytes(b"1")
    (tmp_path / "folder.pdf").mkdir()
    (tmp_path / "link.pdf").symlink_to(tmp_path / "a.pdf")
    os.mkfifo(tmp_path / "pipe.pdf")
    os.utime(tmp_path / "a.pdf", ns=(5, 1_700_000_000_123_456_700))
    files = Folder(tmp_path).files()
    assert [(file.name, file.size) for file in files] == [("a.pdf", 1), ("b.pdf", 2)]
    assert files[0].modified == 1_700_000_000_123_456_700


def test_content_is_read_whole(tmp_path: Path) -> None:
    content = os.urandom(3_000_000)
    (tmp_path / "a.pdf").write_bytes(content)
    folder = Folder(tmp_path)
    assert folder.read("a.pdf", len(content)) == content
    assert folder.read("a.pdf", 0) == content


@needs_pipes
def test_what_is_not_one_of_its_files_is_not_read(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.pdf").write_bytes(b"secret")
    (inside / "link.pdf").symlink_to(tmp_path / "secret.pdf")
    os.mkfifo(inside / "pipe.pdf")
    (inside / "large.pdf").write_bytes(b"x" * 101)
    folder = Folder(inside)
    told = {
        name: _refused(folder, name).why
        for name in ("../secret.pdf", "link.pdf", "pipe.pdf", "large.pdf", "none.pdf")
    }
    assert told == {
        "../secret.pdf": "../secret.pdf is not a file of the folder.",
        "link.pdf": "link.pdf is not a file of the folder.",
        "pipe.pdf": "pipe.pdf is not a file of the folder.",
        "large.pdf": "large.pdf has 101 bytes, more than 100.",
        "none.pdf": "none.pdf cannot be read: no such file or directory.",
    }


def test_a_folder_that_is_gone_is_named_as_such(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "gone")
    with pytest.raises(LocalFault) as caught:
        folder.files()
    assert caught.value.code == "CFG-01"
    assert str(tmp_path / "gone") in caught.value.why
    assert _refused(folder, "a.pdf").code == "CFG-01"
    assert _refused(Folder(tmp_path), "a.pdf").code == "ATT-01"


def test_a_file_that_grows_while_it_is_read_is_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(b"x" * 40_000_000)
    stop = threading.Event()

    def write() -> None:
        with path.open("ab") as file:
            while not stop.is_set():
                file.write(b"y")
                file.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        error = _refused(Folder(tmp_path), "a.pdf", 0)
    finally:
        stop.set()
        writer.join()
    assert (error.code, error.why) == ("ATT-01", "a.pdf is being written at this moment.")
    assert len(Folder(tmp_path).read("a.pdf", 0)) == path.stat().st_size


def test_a_folder_that_does_not_answer_is_given_up_and_asked_again_later(tmp_path: Path) -> None:
    for at in range(3000):
        (tmp_path / f"{at}.pdf").touch()
    folder = Folder(tmp_path, listing_s=0.0001)
    began = time.monotonic()
    with pytest.raises(LocalFault, match=r"did not answer within 0\.0001 seconds") as caught:
        folder.files()
    assert time.monotonic() - began < 1
    assert (caught.value.code, caught.value.retry_after_s) == ("CFG-01", 60.0)
    end = time.monotonic() + 10
    while any(thread.name == "documents" for thread in threading.enumerate()):
        assert time.monotonic() < end
        time.sleep(0.01)
    assert len(Folder(tmp_path).files()) == 3000


def test_while_one_look_hangs_no_other_is_begun(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(os.urandom(60_000_000))
    folder = Folder(tmp_path, reading_s=0.0001)
    with pytest.raises(LocalFault, match="did not answer"):
        folder.read("a.pdf", 0)
    with pytest.raises(LocalFault, match="has not come back yet"):
        folder.files()
    end = time.monotonic() + 10
    while any(thread.name == "documents" for thread in threading.enumerate()):
        assert time.monotonic() < end
        time.sleep(0.01)
    assert len(folder.files()) == 1
