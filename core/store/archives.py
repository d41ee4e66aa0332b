"""Sealed archives of the audit log: each year that is old enough as an extract beside the store.

An archive is an extract as `audit export --from` writes it: it verifies on its own, ends in a seal,
and its head stands in the log. Its rows stay in the store too: nothing of the log is ever removed.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path

import peewee

from core.domain.canonical import instant_text
from core.store import audit_file, history, values
from core.store.sqlite import Store
from core.store.tables import Audit
from core.words import area

say = area(__name__)

FOLDER = "archives"
ARCHIVED = "archived"
_TO = "audit.archived_to"  # sequence of the last row that stands in an archive

_log = logging.getLogger(__name__)


def archive(store: Store, years: int, now: datetime, *, actor: str = "engine") -> list[Path]:
    """Write every calendar year (UTC) that ended at least `years` years ago; the new files.

    Costs one indexed row when nothing is due. Called where no transaction is open.

    Raises:
        OSError: a file could not be written or is not what was written; the year comes up again
            with the next call.
    """
    made: list[Path] = []
    while (year := _due(store, years, now)) is not None:
        first = _archived_to(store) + 1
        last = _last_seal(store, first, year)
        if last is None:
            break
        made.append(_write(store, year, first, last, actor))
    return made


def _archived_to(store: Store) -> int:
    return int(values.setting(store, _TO, "0"))


def _due(store: Store, years: int, now: datetime) -> int | None:
    """The year of the first row that stands in no archive, when it is old enough."""
    query = Audit.select(Audit.time).where(Audit.sequence == _archived_to(store) + 1)
    time = store.value(query)
    if time is None:
        return None
    year = int(str(time)[:4])
    return year if year + years < now.astimezone(UTC).year else None


def _last_seal(store: Store, first: int, year: int) -> int | None:
    """The last seal of a year behind which its successor begins; None without one."""
    end = instant_text(datetime(year + 1, 1, 1, tzinfo=UTC))
    seals = Audit.select(peewee.fn.MAX(Audit.sequence)).where(
        Audit.action == history.SEAL, Audit.sequence >= first, Audit.time < end
    )
    found = store.value(seals)
    return int(found) if found else history.next_seal(store, first - 1) or None


def _write(store: Store, year: int, first: int, last: int, actor: str) -> Path:
    folder = store.directory / FOLDER
    folder.mkdir(exist_ok=True)
    path = folder / f"audit-{year}-{first}-{last}.jsonl"
    count, head = history.export_jsonl(store, path, first=first, last=last)
    status, told = audit_file.verify_file(path, head)
    if status != audit_file.GOOD:
        raise OSError(say("is_not_what_was_written", path=path, told=told))
    after = {"from": first, "to": last, "rows": count, "head": head}
    with store.write():
        history.append(store, history.Entry(actor, ARCHIVED, path.name, after=after))
        values.put_setting(store, _TO, str(last))
    _log.info("%d rows of %d stand in %s: %s", count, year, path, told)
    return path
