"""Named places at which a test lets the program die as a power cut would; nothing else is here.

`CRASH_AT` in the environment names one. Dying there must be as harmless as dying anywhere: nothing
is flushed, closed or told.
"""

from __future__ import annotations

import os
from typing import Final

VARIABLE: Final = "CRASH_AT"
STATUS: Final = 137  # as a shell shows a killed process

#: A new pair of tokens was given and is not stored yet.
BEFORE_TOKENS_ARE_STORED: Final = "tokens.save"


def reach(name: str) -> None:
    """End the process at once when this is the place; else nothing."""
    if os.environ.get(VARIABLE) == name:
        os._exit(STATUS)
