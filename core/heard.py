"""A reading in two steps: what needs the connection, and what is made of it afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Heard:
    """What was asked for has been heard; `make` makes it, without a further request.

    `make` raises what the reading would have raised of a record that cannot be read.
    """

    make: Callable[[], Any]
