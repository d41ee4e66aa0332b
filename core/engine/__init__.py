"""The engine: one thread that reads, plans, writes and settles; it never speaks HTTP itself."""
