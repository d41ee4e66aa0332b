"""What the document folder held when it was last read; writes are called inside `store.write()`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator

from core.domain.canonical import decode
from core.domain.file_patterns import Wanted
from core.domain.images import Attached, Attachment, Upload
from core.store import journal, values
from core.store.invoices import mark_dirty, mark_gone
from core.store.records import documents, store_documents
from core.store.sqlite import Store
from core.store.tables import Invoice

ENTITY = "attachment"
#: Why the folder could not be read the last time; empty when it could.
_TROUBLE = "attachments.trouble"
#: Which folder and pattern the stored files were found by.
_PLACE = "attachments.place"
#: Nothing more is expected of such an invoice in AvidXchange.
_OVER = ("paid", "excluded", "rejected")


def wanted(store: Store) -> list[Wanted]:
    """Invoices that may still get a document: not sent yet, or sent and not over; by number."""
    is_open = (Invoice.external_id != "") & Invoice.state.not_in(_OVER)
    query = Invoice.select(Invoice.number, Invoice.supplier, Invoice.supplier_document).where(
        Invoice.gone == 0, (Invoice.live == 1) | is_open
    )
    return [Wanted(**row) for row in store.rows(query.order_by(Invoice.number))]


def known(store: Store, wanted: Iterable[Wanted], place: str) -> dict[str, Attachment]:
    """Key -> what is known of the files of these invoices; nothing of those of another place."""
    if values.setting(store, _PLACE) != place:
        return {}
    return {found.key: found for found in _stored(store, (entry.number for entry in wanted))}


def _stored(store: Store, numbers: Iterable[str]) -> Iterator[Attachment]:
    return (decode(Attachment, body) for body in documents(store, ENTITY, parents=numbers))


def keep(
    store: Store, found: Collection[Attachment], wanted: Iterable[Wanted], place: str, run: int
) -> None:
    """Keep what was found for the wanted invoices; those for which it changed become dirty."""
    changes = store_documents(
        store, ENTITY, found, run, actor="engine", parent_of=lambda entry: str(entry.number)
    )
    here = {attachment.key for attachment in found}
    stored = _stored(store, (entry.number for entry in wanted))
    gone = {entry.key: entry.number for entry in stored if entry.key not in here}
    mark_gone(store, ENTITY, gone, run, actor="engine")
    mark_dirty(store, numbers={*changes.parents, *gone.values()})
    values.put_setting(store, _TROUBLE, "")
    values.put_setting(store, _PLACE, place)


def forget(store: Store, number: str, file: str, run: int) -> None:
    """A file was not as it was read: it counts as gone until the folder is read again."""
    key = Attachment(number, file).key
    mark_gone(store, ENTITY, [key], run, actor="engine")
    mark_dirty(store, numbers=[number])


def note_trouble(store: Store, why: str) -> None:
    """The folder could not be read; what is known of it stays."""
    values.put_setting(store, _TROUBLE, why)


def trouble(store: Store) -> str:
    """Why the folder could not be read the last time; empty when it could."""
    return values.setting(store, _TROUBLE)


def attached(store: Store, numbers: Iterable[str]) -> dict[str, Attached]:
    """Number -> what the folder holds for it; every number asked for is there."""
    asked, why = list(numbers), trouble(store)
    files: dict[str, list[Attachment]] = defaultdict(list)
    for found in _stored(store, asked):
        files[found.number].append(found)
    return {number: Attached(tuple(files[number]), why) for number in asked}


def uploads(store: Store, references: Iterable[str]) -> dict[str, tuple[Upload, ...]]:
    """External id -> the documents planned for it so far, in the order of planning."""
    found: dict[str, tuple[Upload, ...]] = {}
    for reference, rows in journal.rows_by_reference(store, references).items():
        mine = [row for row in rows if row.kind == "image"]
        found[reference] = tuple(
            Upload(
                file=str(row.info["file"]),
                sha256=str(row.info["sha256"]),
                state=row.state,
                text=str(row.result.get("text", "")),
            )
            for row in mine
        )
    return found
