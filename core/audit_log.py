"""The audit log for people: whether it is whole, and all of it as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core import views
from core.config import replacing
from core.errors import LocalFault
from core.exports import write_csv, write_xlsx
from core.ports import KeyPort
from core.store import history, sealing
from core.store.sqlite import Store
from core.words import area

say = area(__name__)


def verify(store: Store, port: KeyPort, head: str) -> dict[str, Any]:
    """Whether the stored log is whole: `ok, rows, first_bad, text, head, sealed_to`.

    Reads all of it. Seals are checked when this user's keyring has the key. With `head` the log
    must end in that hash.
    """
    try:
        key = port.get()
    except LocalFault:
        key = None
    note = "" if key else say("the_seals_were_not_checked_this_users")
    if key and sealing.is_other_key(store, sealing.mark_of(key, store.workspace)):
        key, note = None, say("the_seals_were_not_checked_they_were")
    found = history.verify(store, key=key)
    is_other = bool(head) and head.strip().lower() != found.head
    text = say("it_ends_in_not_in_the_head", head=found.head) if is_other else found.text
    return {
        "ok": found.ok and not is_other,
        "rows": found.rows,
        "first_bad": found.first_bad,
        "text": (text if text.endswith(".") else f"{text}.") + note,
        "head": found.head,
        "sealed_to": found.sealed_to,
    }


def export(store: Store, form: str, path: Path) -> dict[str, Any]:
    """Write the whole log as `jsonl`, `csv` or `xlsx`: `file, rows, head`. One snapshot.

    Raises:
        LocalFault: DSK-01, the file could not be written.
        ConfigError: xlsx cannot hold so many rows.
    """
    if form == "jsonl":
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            rows, head = history.export_jsonl(store, path)
        except OSError as error:
            raise not_written(path, error) from error
        return {"file": str(path), "rows": rows, "head": head}
    with store.read(), replacing(path) as file:
        rows, head = history.head(store)
        listed = ([row[name] for name in views.AUDIT] for row in history.stream(store))
        write = write_csv if form == "csv" else write_xlsx
        write(file, views.AUDIT, listed)
    return {"file": str(path), "rows": rows, "head": head}


def not_written(path: Path, error: OSError) -> LocalFault:
    """The error of a file that a person named and that could not be written."""
    return LocalFault(
        "DSK-01",
        say("could_not_be_written", path=path, strerror=error.strerror),
        title=say("a_file_could_not_be_written"),
        fix=say("free_some_space_or_choose_another"),
    )
