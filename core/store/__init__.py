"""Everything Crossfoot keeps on disk, in one SQLite file per workspace; no client, no engine.

Begin at `sqlite.Store`. What changes documents or the ledger is called inside `store.write()` and
appends its audit rows in that same transaction.
"""
