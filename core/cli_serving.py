"""Commands that serve another process: the sandbox, the engine of a window, its long work."""

from __future__ import annotations

import dataclasses
import os
import sys
from argparse import Namespace
from collections.abc import Callable
from typing import Any

from core import app, demo
from core.errors import ConfigError
from core.words import area

say = area(__name__)


def sandbox(options: Namespace, tell: Callable[[dict[str, Any]], None]) -> int:
    """Run both simulated systems; `tell` is given everything that a client needs, once.

    Raises:
        ConfigError: CFG-01, they cannot listen, or not keep their state.
    """
    from core.sandbox import server

    try:
        running = server.start(
            demo.folder(options.data_dir) if options.data_dir else None,
            seed=options.seed,
            invoices=options.invoices,
            x3_port=options.x3_port,
            avid_port=options.avid_port,
        )
    except OSError as error:
        raise ConfigError(
            "CFG-01",
            say("the_simulated_systems_cannot_listen_or", strerror=error.strerror),
            title=say("the_sandbox_did_not_start"),
            fix=say("choose_other_ports_or_another_data"),
        ) from error
    try:
        tell(dataclasses.asdict(running.addresses))
        while sys.stdin.buffer.read(1):
            continue
    except KeyboardInterrupt:
        sys.stderr.write(say("the_sandbox_has_stopped"))
    finally:
        running.stop()
    return 0


def engine(options: Namespace) -> int:
    """For the window only: its engine in a process of its own, spoken to over the pipes."""
    del options
    app.host_engine(sys.stdin.buffer, sys.stdout.buffer)
    app.end_logs()
    # The store is closed; tidying the interpreter up would take longer than a closing window waits.
    os._exit(0)


def work(options: Namespace) -> int:
    """For the window only: one order of it that takes long, spoken of over the pipes."""
    del options
    app.host_work(sys.stdin.buffer, sys.stdout.buffer)
    return 0
