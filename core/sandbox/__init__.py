"""The two simulated systems: the demo's peers and the tests' other side of the wire.

Written from the wire contracts alone. Nothing in this package imports the rest of ``core``, and
every server listens on 127.0.0.1 only.
"""
