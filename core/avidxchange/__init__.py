"""The client of AvidXchange: `AvidClient` reads and writes, `Encoder` makes the bytes it sends.

Written from docs/contracts/avidxchange.md alone. Nothing here knows the store, the engine or X3;
times come from the profile and the clock that is handed in.
"""

from core.avidxchange.client import AvidClient, idempotency_key, open_http
from core.avidxchange.connection import AvidConnection
from core.avidxchange.profile import Profile, load_profile
from core.avidxchange.wire import Encoder

__all__ = [
    "AvidClient",
    "AvidConnection",
    "Encoder",
    "Profile",
    "idempotency_key",
    "load_profile",
    "open_http",
]
