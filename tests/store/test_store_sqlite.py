"""Opening, transactions and faults of the store, on real files."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import peewee
import pytest

from core.errors import ConfigError, LocalFault
from core.store import faults, history, migrate, tables, values
from core.store.sqlite import FILE, Store

_TYPES = dict.fromkeys(("AUTO", "INT", "BIGINT"), "INTEGER") | {"TEXT": "TEXT", "BLOB": "BLOB"}
START = datetime(2026, 3, 2, tzinfo=UTC)


def _open(directory: Path, *, is_sandbox: bool = False) -> Store:
    return Store.open(directory, version="1", clock=lambda: START, is_sandbox=is_sandbox)


def test_a_store_keeps_its_workspace_id_and_its_safety_settings(store: Store) -> None:
    again = _open(store.directory)
    assert again.workspace == store.workspace != ""
    pragmas = {name: again.db.pragma(name) for name in ("journal_mode", "synchronous")}
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}
    assert again.db.pragma("foreign_keys") == 1
    assert again.db.pragma("busy_timeout") == 10000
    again.close_thread()


def test_every_table_is_strict_and_has_the_columns_of_its_model(store: Store) -> None:
    models: tuple[type[tables.Table], ...] = (*tables.ALL, migrate.Migration)
    for model in models:
        meta = model._meta
        listed = store.db.execute_sql(f'PRAGMA table_info("{meta.table_name}")').fetchall()
        columns = {row[1]: (row[2], bool(row[3])) for row in listed}
        wanted = {
            field.column_name: (_TYPES[field.field_type], not field.null)
            for field in meta.sorted_fields
        }
        assert columns == wanted, meta.table_name
        sql = f"SELECT strict FROM pragma_table_list WHERE name = '{meta.table_name}'"
        assert store.db.execute_sql(sql).fetchone()[0] == 1
    assert {m._meta.table_name for m in tables.ALL} | {"migration"} == store.table_names()


def test_defaults_of_models_and_schema_agree(store: Store) -> None:
    for model in tables.ALL:
        listed = store.db.execute_sql(f'PRAGMA table_info("{model._meta.table_name}")')
        for row in listed.fetchall():
            field = model._meta.columns[row[1]]
            if row[4] is not None and field.default is not None:
                assert str(row[4]).strip("'") == str(field.default), (model, row[1])


def test_a_strict_table_refuses_a_fraction_in_a_money_column(store: Store) -> None:
    with pytest.raises(peewee.IntegrityError), store.write():
        store.put(tables.Invoice, [{"number": "A", "amount": 1.5}])


@pytest.mark.parametrize("is_sandbox", [True, False])
def test_a_marked_store_refuses_the_other_kind(tmp_path: Path, *, is_sandbox: bool) -> None:
    _open(tmp_path, is_sandbox=is_sandbox).close_thread()
    with pytest.raises(ConfigError) as caught:
        _open(tmp_path, is_sandbox=not is_sandbox)
    assert caught.value.code == "ENV-01"
    _open(tmp_path, is_sandbox=is_sandbox).close_thread()


def test_a_newer_store_is_refused_untouched(store: Store) -> None:
    with store.write():
        store.put(migrate.Migration, [{"name": "9999_later", "at": ""}])
    with pytest.raises(faults.StoreNewer) as caught:
        _open(store.directory)
    assert caught.value.code == "STO-01"
    assert "9999_later" in str(caught.value)


def test_a_file_that_is_no_database_stays(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is a letter, not a database" * 100)
    backups = tmp_path / "backups"
    backups.mkdir()
    (backups / "daily-2026-03-01.db").write_bytes(b"x")
    with pytest.raises(faults.StoreDamaged) as caught:
        _open(tmp_path)
    assert "No backup in backups is sound." in str(caught.value)
    assert (tmp_path / FILE).read_bytes().startswith(b"this is a letter")


def test_the_newest_backup_that_is_sound_is_named(store: Store) -> None:
    kept = store.directory / "backups"
    for name in ("daily-2026-03-01.db", "daily-2026-03-02.db", "daily-2026-03-03.db"):
        store.backup(kept / name)
    for age, name in enumerate(
        ("daily-2026-03-03.db", "daily-2026-03-02.db", "daily-2026-03-01.db")
    ):
        os.utime(kept / name, (10_000 - age, 10_000 - age))
    half = (kept / "daily-2026-03-03.db").read_bytes()
    (kept / "daily-2026-03-03.db").write_bytes(half[:8192] + b"\xff" * 8192 + half[16384:])
    os.utime(kept / "daily-2026-03-03.db", (10_000, 10_000))
    text = str(faults.damaged(store.path, "malformed"))
    assert f"The newest sound backup is {kept / 'daily-2026-03-02.db'}." in text
    assert "1 younger in backups cannot be used" in text
    assert sorted(path.name for path in kept.iterdir()) == [
        "daily-2026-03-01.db", "daily-2026-03-02.db", "daily-2026-03-03.db",
    ]  # fmt: skip


def test_an_emptied_file_beside_backups_is_damage_not_a_new_store(tmp_path: Path) -> None:
    (tmp_path / "backups").mkdir()
    (tmp_path / "backups" / "daily-2026-03-01.db").write_bytes(b"x")
    (tmp_path / FILE).touch()
    with pytest.raises(faults.StoreDamaged):
        _open(tmp_path)


def test_a_database_of_another_program_is_not_taken_over(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / FILE)
    other.execute("CREATE TABLE recipe (name TEXT)")
    other.close()
    with pytest.raises(faults.StoreDamaged) as caught:
        _open(tmp_path)
    assert "another program" in caught.value.detail


def test_malformed_pages_are_told_as_damage(tmp_path: Path) -> None:
    store = _open(tmp_path)
    with store.write():
        entries = [history.Entry("a", "b", f"o{n}", after="x" * 500) for n in range(500)]
        history.append_many(store, entries)
    store.as_one_file()
    store.close_thread()
    content = bytearray((tmp_path / FILE).read_bytes())
    content[4096 * 3 :] = b"\x7f" * (len(content) - 4096 * 3)
    (tmp_path / FILE).write_bytes(content)
    damaged = Store(tmp_path, version="1", clock=lambda: START)
    with pytest.raises(faults.StoreDamaged):
        history.verify(damaged)
    damaged.close_thread()


def test_a_locked_store_is_busy_not_damaged(store: Store) -> None:
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    store.db.pragma("busy_timeout", 50)
    with pytest.raises(faults.StoreBusy), store.write():
        pytest.fail("two writers at once")
    other.execute("ROLLBACK")
    other.close()
    with store.write():
        values.put_setting(store, "a", "1")
    assert values.setting(store, "a") == "1"


def test_a_full_disk_is_told_and_the_transaction_leaves_nothing(store: Store) -> None:
    pages = store.db.pragma("page_count")
    store.db.pragma("max_page_count", pages + 2)
    entries = [history.Entry("a", "b", "o", after="x" * 5000) for _ in range(200)]
    with pytest.raises(LocalFault) as caught, store.write():
        history.append_many(store, entries)
    assert caught.value.code == "DSK-01"
    store.db.pragma("max_page_count", 1_000_000)
    assert history.head(store)[0] == 0
    with store.write():
        assert history.append(store, history.Entry("a", "b")) == 1


def test_a_directory_in_the_place_of_the_file_is_told_as_unreadable(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(LocalFault) as caught:
        _open(tmp_path)
    assert caught.value.code == "STO-01"
    assert not isinstance(caught.value, faults.StoreDamaged | faults.StoreBusy)


def test_writes_stand_inside_write_and_do_not_nest(store: Store) -> None:
    with pytest.raises(RuntimeError):
        values.put_setting(store, "a", "1")
    with pytest.raises(RuntimeError), store.write(), store.write():
        pytest.fail("nested")
    with pytest.raises(RuntimeError), store.read(), store.write():
        pytest.fail("a read became a write")
    with store.read(), pytest.raises(RuntimeError):
        values.put_setting(store, "a", "1")
    assert values.setting(store, "a") == ""


def test_an_error_takes_the_whole_transaction_back(store: Store) -> None:
    def work() -> None:
        with store.write():
            values.put_setting(store, "a", "1")
            history.append(store, history.Entry("x", "y"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    assert values.setting(store, "a") == ""
    assert history.head(store)[0] == 0
    assert not store.is_writing


def test_a_read_sees_one_snapshot_while_others_write(store: Store) -> None:
    with store.write():
        values.put_setting(store, "a", "1")
    with store.read():
        assert values.setting(store, "a") == "1"

        def write() -> None:
            with store.write():
                values.put_setting(store, "a", "2")
            store.close_thread()

        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
        assert values.setting(store, "a") == "1"
    assert values.setting(store, "a") == "2"


def test_a_read_joins_the_transaction_it_stands_in(store: Store) -> None:
    with store.write():
        values.put_setting(store, "a", "1")
        with store.read():
            assert values.setting(store, "a") == "1"
        values.put_setting(store, "a", "2")
    with store.read(), store.read():
        assert values.setting(store, "a") == "2"


def test_a_store_that_is_set_up_opens_while_another_writes(store: Store) -> None:
    opened: list[str] = []

    def read() -> None:
        other = _open(store.directory)
        opened.append(other.workspace)
        other.close_thread()

    with store.write():
        thread = threading.Thread(target=read)
        thread.start()
        thread.join(5)
    assert opened == [store.workspace]


def test_four_threads_write_at_once_and_the_chain_stays_whole(store: Store) -> None:
    problems: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for number in range(25):
                with store.write():
                    before = int(values.setting(store, "count", "0"))
                    values.put_setting(store, "count", str(before + 1))
                    history.append(store, history.Entry(name, "counted", str(number)))
        except BaseException as error:  # noqa: BLE001 - shown by the assertion
            problems.append(error)
        finally:
            store.close_thread()

    threads = [threading.Thread(target=work, args=(f"t{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []
    assert values.setting(store, "count") == "100"
    checked = history.verify(store)
    assert (checked.ok, checked.rows) == (True, 100)


_WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from core.store import history
from core.store.sqlite import Store
clock = lambda: datetime.now(UTC)
store = Store.open(Path(sys.argv[1]), version="1", clock=clock, is_sandbox=False)
for number in range(20):
    with store.write():
        history.append(store, history.Entry(sys.argv[2], "counted", str(number)))
store.close_thread()
"""


def test_three_processes_open_a_new_store_at_once_and_write(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    directory = tmp_path / "data"
    processes = [
        subprocess.Popen([sys.executable, "-c", _WRITER, str(directory), f"p{n}"], cwd=root)
        for n in range(3)
    ]
    assert [process.wait(50) for process in processes] == [0, 0, 0]
    store = _open(directory)
    checked = history.verify(store)
    assert (checked.ok, checked.rows) == (True, 60)
    store.close_thread()


def test_a_step_that_is_missing_is_applied_once_after_a_backup(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    with store.write():
        values.put_setting(store, "kept", "yes")

    class Later:
        @staticmethod
        def statements() -> list[str]:
            return ['ALTER TABLE "run" ADD COLUMN "note" TEXT NOT NULL DEFAULT \'\'']

    monkeypatch.setitem(sys.modules, "core.store.migrations.0002_note", Later())
    monkeypatch.setattr(migrate, "STEPS", ("0001_first", "0002_note"))
    for _ in range(2):
        upgraded = _open(store.directory)
        assert migrate.applied(upgraded) == ["0001_first", "0002_note"]
        assert values.setting(upgraded, "kept") == "yes"
        upgraded.close_thread()
    copies = list((store.directory / "backups").glob("upgrade-0001_first-*.db"))
    assert len(copies) == 1
    monkeypatch.undo()
    old = Store(copies[0].parent / "old", version="1", clock=lambda: START)
    old.directory.mkdir()
    copies[0].replace(old.path)
    assert migrate.applied(old) == ["0001_first"]
    old.close_thread()


def test_an_upgrade_that_leaves_a_broken_store_is_told(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    owned = 'CREATE TABLE "owned" ("owner" INTEGER NOT NULL REFERENCES "owner" ("id")) STRICT'

    class Breaking:
        @staticmethod
        def statements() -> list[str]:
            return [
                "PRAGMA defer_foreign_keys = ON",
                'CREATE TABLE "owner" ("id" INTEGER PRIMARY KEY) STRICT',
                'CREATE TABLE "owned" ("owner" INTEGER NOT NULL) STRICT',
                'INSERT INTO "owned" VALUES (5)',
                "PRAGMA writable_schema = ON",
                f"UPDATE sqlite_schema SET sql = '{owned}' WHERE name = 'owned'",
                "PRAGMA writable_schema = RESET",
            ]

    monkeypatch.setitem(sys.modules, "core.store.migrations.0002_breaking", Breaking())
    monkeypatch.setattr(migrate, "STEPS", ("0001_first", "0002_breaking"))
    with pytest.raises(faults.StoreDamaged) as caught:
        _open(store.directory)
    assert "foreign key" in caught.value.detail
    assert "upgrade-0001_first" in str(caught.value)


def test_a_step_that_fails_leaves_the_store_as_it_was(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Wrong:
        @staticmethod
        def statements() -> list[str]:
            return ['CREATE TABLE "half" ("a" TEXT) STRICT', "CREATE NONSENSE"]

    monkeypatch.setitem(sys.modules, "core.store.migrations.0002_wrong", Wrong())
    monkeypatch.setattr(migrate, "STEPS", ("0001_first", "0002_wrong"))
    with pytest.raises(peewee.OperationalError):
        _open(store.directory)
    monkeypatch.undo()
    assert "half" not in store.table_names()
    assert migrate.applied(store) == ["0001_first"]
