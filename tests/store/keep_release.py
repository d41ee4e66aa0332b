"""Keeps a store as this program makes it, for every later one to be tried on.

    python -m tests.store.keep_release

A demo company of 20 invoices goes through one run; its store lies afterwards in `released`, packed,
named after its last step. A file of a released step is never made again.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
from pathlib import Path

from core import app, demo
from core.facade import SyncOrder
from core.sandbox import server
from core.store import migrate

KEPT = Path(__file__).resolve().parent / "released"
INVOICES = 20


def make(folder: Path) -> Path:
    """The store of one run of the demo, as a sound copy of its own."""
    server.start(demo.folder(folder), seed=1, invoices=INVOICES).stop()
    copy = folder / "kept.db"
    with app.opened(app.Opening(folder, is_sandbox=True, needs="ledger")) as facade:
        facade.sync(SyncOrder(wait_s=0))
        facade.backup(copy)
    app.end_logs()
    return copy


def main() -> int:
    """Make the file of today's step."""
    with tempfile.TemporaryDirectory() as name:
        content = make(Path(name)).read_bytes()
    place = KEPT / f"{migrate.STEPS[-1]}.db.gz"
    place.write_bytes(gzip.compress(content, compresslevel=9, mtime=0))
    sys.stdout.write(f"{place.name}: {len(content):,} bytes, packed {place.stat().st_size:,}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
