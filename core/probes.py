"""The doctor's checks of both connections, made of the clients of a workspace.

Here is only their order; what is asked is in `probes_network`, `probes_x3`, `probes_avidxchange`.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import chain
from pathlib import Path

from core.clients import Clients
from core.config import relative_to_data
from core.credentials import Credentials, names_needed
from core.doctor import AVIDXCHANGE, X3, Note, Probe
from core.probes_avidxchange import AvidChecks
from core.probes_x3 import X3Checks
from core.settings import Settings
from core.store.sqlite import Store
from core.words import area
from core.x3.connected_app import secret_hint

say = area(__name__)


def probes_of(
    clients: Clients,
    settings: Settings,
    credentials: Credentials,
    *,
    store: Store,
    directory: Path,
) -> list[Probe]:
    """Checks of both connections, in the order in which one builds on the other.

    What X3 is found to be (its folder, the block of the approval field) is kept in `store`.
    """
    names = names_needed(settings)
    is_application = settings.x3.auth == "connected_app"

    def secrets_of(system: str) -> Callable[[], None]:
        wanted = [name for name in names if name.startswith(f"{system}.")]
        return lambda: credentials.require(wanted)

    x3, avid = X3Checks(clients, settings, store), AvidChecks(clients, settings)
    x3_ways = x3.ways(relative_to_data(directory, settings.x3.ca_file))
    avid_ways = avid.ways(relative_to_data(directory, settings.avidxchange.ca_file))
    return [
        Probe(X3, "secrets", secrets_of(X3)),
        *(
            [Probe(X3, say("client_secret"), lambda: _length(credentials))]
            if is_application
            else []
        ),
        *chain.from_iterable(way.probes() for way in x3_ways),
        *x3.probes(),
        Probe(AVIDXCHANGE, "secrets", secrets_of(AVIDXCHANGE)),
        *chain.from_iterable(way.probes() for way in avid_ways),
        *avid.probes(),
    ]


def _length(credentials: Credentials) -> Note | None:
    """A secret that is too short to sign with; X3 decides how long it is."""
    hint = secret_hint(credentials.value("x3.client_secret"))
    if not hint:
        return None
    return Note(hint, say("have_the_connected_applications_secret"), "CFG-01")
