"""Mapping rows as one list: X3 codes, what they map to, and what waits for them, paged by SQL.

What is put together from documents, rules and suggestions is laid into a temporary table of the
reading connection, so that sorting, filtering and paging stay in SQL at any size.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import peewee

from core.domain.ap_documents import fold
from core.store import queries
from core.store.listing import Listing, Member, Rows
from core.store.reviews import open_items
from core.store.sqlite import Store, lots
from core.store.tables import Invoice, Table

NOT_OPEN = ("paid", "excluded")


class MappingLine(Table):
    """One X3 code of a mapping as people see it; lives for one connection."""

    key = peewee.TextField(primary_key=True)
    rank = peewee.BigIntegerField()
    state = peewee.TextField()
    key1 = peewee.TextField()
    key2 = peewee.TextField()
    name = peewee.TextField()
    city = peewee.TextField()
    code = peewee.TextField()
    code_group = peewee.TextField()
    code_name = peewee.TextField()
    score = peewee.IntegerField()
    evidence = peewee.TextField()
    open = peewee.IntegerField()
    waiting = peewee.BigIntegerField()
    currency = peewee.TextField()
    company = peewee.TextField()
    valid_from = peewee.TextField()
    valid_to = peewee.TextField()
    by = peewee.TextField()
    at = peewee.TextField()
    note = peewee.TextField()
    rows = peewee.IntegerField()
    search = peewee.TextField()


#: Members of a line in order; `search` is made from the others.
COLUMNS = tuple(name for name in MappingLine._meta.sorted_field_names if name != "search")  # noqa: SLF001 - peewee offers a model's fields nowhere else
_KINDS = ("vendors", "gl", "dimensions")
_TEXTS = ("key1", "key2", "name", "city", "code", "code_name")


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits for a mapping: open documents, and the amount (minor units) that is held up."""

    open: int = 0
    minor: int = 0
    currency: str = ""


def waiting_by_supplier(store: Store) -> dict[str, Waiting]:
    """Supplier -> its open invoices and the amount of those that need a mapping; two scans."""
    count = peewee.fn.COUNT(Invoice.number).alias("count")
    is_open = (Invoice.state.not_in(NOT_OPEN)) & (Invoice.gone == 0)
    query = Invoice.select(Invoice.supplier, count).where(is_open).group_by(Invoice.supplier)
    opened = {row["supplier"]: int(row["count"]) for row in store.rows(query)}
    total = peewee.fn.SUM(peewee.fn.ABS(Invoice.amount)).alias("total")
    held = Invoice.select(Invoice.supplier, Invoice.currency, total)
    held = held.where(Invoice.state == "needs_mapping", Invoice.gone == 0)
    found = {supplier: Waiting(number) for supplier, number in opened.items()}
    for row in store.rows(held.group_by(Invoice.supplier, Invoice.currency)):
        before = found.get(row["supplier"], Waiting())
        if int(row["total"] or 0) > before.minor:
            made = Waiting(before.open, int(row["total"]), row["currency"])
            found[row["supplier"]] = made
    return found


def waiting_by_cause(store: Store, codes: Sequence[str]) -> dict[str, Waiting]:
    """Cause without its code -> what the open items of these codes hold up.

    The amount is that of the currency with most. One query, and one for 500 documents.
    """
    held: dict[str, set[str]] = {}
    for item in open_items(store, codes):
        held.setdefault(item.cause.partition("|")[2], set()).update(item.documents)
    money: dict[str, tuple[str, int]] = {}
    for lot in lots(sorted({name for names in held.values() for name in names})):
        query = Invoice.select(Invoice.number, Invoice.currency, Invoice.amount)
        for row in store.rows(query.where(Invoice.number.in_(lot))):
            money[row["number"]] = (row["currency"], abs(int(row["amount"])))
    found = {}
    for cause, names in held.items():
        sums: Counter[str] = Counter()
        for currency, minor in (money[name] for name in names if name in money):
            sums[currency] += minor
        currency, minor = sums.most_common(1)[0] if sums else ("", 0)
        found[cause] = Waiting(len(names), minor, currency)
    return found


def documents_of_cause(
    store: Store, codes: Sequence[str], cause: str, limit: int = 200
) -> list[str]:
    """Documents that open items of these codes hold up for one cause; one query."""
    found: dict[str, None] = {}
    for item in open_items(store, codes):
        if item.cause.partition("|")[2] == cause:
            found |= dict.fromkeys(item.documents)
    return list(found)[:limit]


def mapping_list(
    store: Store, kind: str, stamp: str, lines: Iterable[Mapping[str, Any]]
) -> Listing:
    """The list over these lines; `stamp` names their version: the same is laid down only once.

    `lines` is read only when this connection does not hold that version.
    """
    table = _table(kind)
    if _stamp_of(store, kind) != stamp:
        _lay(store, kind, stamp, lines)
    members = {
        name: Member(getattr(table, name)) for name in ("state", "key", "code_group", "currency")
    }
    members |= {name: _folded(getattr(table, name)) for name in (*_TEXTS, "evidence", "note", "by")}
    members |= {
        "rank": Member(table.rank, "number"),
        "score": Member(table.score, "number"),
        "open": Member(table.open, "number"),
        "waiting": Member(table.waiting, "amount", currency=table.currency),
        "company": Member(table.company),
        "valid_from": Member(table.valid_from, "date"),
        "valid_to": Member(table.valid_to, "date"),
        "at": Member(table.at, "instant"),
    }
    return Listing(
        store=store,
        query=table.select(),
        key=table.key,
        key_name="key",
        members=members,
        shape=_shape,
        search=lambda text: table.search.contains(fold(text)),
        money=(table.waiting, table.currency),
    )


def _folded(column: Any) -> Member:
    return Member(column, "chosen", choose=column.contains)


def _shape(rows: Rows) -> Rows:
    for row in rows:
        del row["search"]
        has_money = bool(row["currency"])
        row["waiting"] = queries.amount_text(row["waiting"], row["currency"]) if has_money else None
    return rows


_TABLES: dict[str, Any] = {
    kind: type(
        f"Mapping_{kind}",
        (MappingLine,),
        {"Meta": type("Meta", (), {"table_name": f"list_{kind}"}), "__doc__": MappingLine.__doc__},
    )
    for kind in _KINDS
}


def _table(kind: str) -> Any:
    return _TABLES[kind]


def _stamp_of(store: Store, kind: str) -> str:
    store.db.execute_sql(
        "CREATE TEMP TABLE IF NOT EXISTS list_stamp (kind TEXT PRIMARY KEY, stamp TEXT NOT NULL)"
    )
    found = store.db.execute_sql("SELECT stamp FROM list_stamp WHERE kind = ?", (kind,)).fetchone()
    return str(found[0]) if found else ""


def _lay(store: Store, kind: str, stamp: str, lines: Iterable[Mapping[str, Any]]) -> None:
    """Put the lines into this connection's table; touches nothing of the store's file."""
    name = f"list_{kind}"
    types = {"rank", "score", "open", "waiting", "rows"}
    columns = ", ".join(
        f'"{column}" {"INTEGER" if column in types else "TEXT"} NOT NULL'
        for column in (*COLUMNS, "search")
    )
    marks = ", ".join("?" for _ in (*COLUMNS, "search"))
    rows = [
        (*(line[column] for column in COLUMNS), fold(" ".join(str(line[n]) for n in _TEXTS)))
        for line in lines
    ]
    with store.read():
        connection = store.db.connection()
        connection.execute(f'DROP TABLE IF EXISTS "{name}"')
        connection.execute(f'CREATE TEMP TABLE "{name}" ({columns}, PRIMARY KEY ("key"))')
        connection.executemany(f'INSERT INTO "{name}" VALUES ({marks})', rows)  # noqa: S608 - the names are our own
        connection.execute(f'CREATE INDEX "{name}_rank" ON "{name}" ("rank", "key")')
        connection.execute(
            "INSERT INTO list_stamp VALUES (?, ?) ON CONFLICT (kind) DO UPDATE SET stamp ="
            " excluded.stamp",
            (kind, stamp),
        )
