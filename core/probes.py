"""The doctor's checks of both connections, made of the clients of a workspace.

Each check asks one thing; which order they stand in, and what follows from a failure, is the
doctor's.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from core.avidxchange import AvidClient
from core.clients import Clients
from core.credentials import Credentials, names_needed
from core.doctor import AVIDXCHANGE, X3, Note, Probe
from core.errors import ConfigError, RemoteRefused, Unreadable
from core.settings import Settings
from core.x3.setup import SetUp

_OPTIONAL = {
    "purchase_order": "orders",
    "fiscal_period": "periods",
    "payment_term": "payment terms",
    "gl_account": "accounts",
    "dimension": "dimensions",
}
_NEEDED = ("supplier", "supplier_address", "invoice", "open_item", "company")


def probes_of(clients: Clients, settings: Settings, credentials: Credentials) -> list[Probe]:
    """Checks of both connections, in the order in which one builds on the other."""
    set_up = clients.x3.set_up
    names = names_needed(settings)

    def secrets_of(system: str) -> Callable[[], None]:
        wanted = [name for name in names if name.startswith(f"{system}.")]
        return lambda: credentials.require(wanted)

    return [
        Probe(X3, "secrets", secrets_of(X3)),
        Probe(X3, "connection and sign-in", set_up.check_paging),
        *(Probe(X3, f"fields of {name}", partial(_fields, set_up, name)) for name in _NEEDED),
        Probe(X3, "optional data", partial(_optional, set_up)),
        Probe(AVIDXCHANGE, "secrets", secrets_of(AVIDXCHANGE)),
        Probe(AVIDXCHANGE, "connection and sign-in", lambda: _code_groups(clients.ap)),
    ]


def _fields(set_up: SetUp, entity: str) -> Note | None:
    missing = set_up.missing_properties(entity)
    if missing is None:
        return Note(f"X3 shows no row of {entity} yet, so that its fields are not checked here.")
    if missing:
        raise ConfigError(
            "CFG-01",
            f"The representation of {entity} lacks {', '.join(missing)}.",
            X3,
            fix="Add the properties to the representation, or name others in the X3 profile.",
        )
    return None


def _optional(set_up: SetUp) -> Note | None:
    """Which checks of invoices are not made because X3 does not publish their data."""
    absent = []
    for entity, name in _OPTIONAL.items():
        try:
            if set_up.missing_properties(entity):
                absent.append(name)
        except (ConfigError, RemoteRefused, Unreadable):
            absent.append(name)
    if not absent:
        return None
    return Note(f"Not checked here, because X3 does not publish them: {', '.join(absent)}.")


def _code_groups(ap: AvidClient) -> Note | None:
    if ap.first_page("code_group").rows:
        return None
    return Note(
        "AvidXchange shows no code groups, so that no account can be mapped.",
        "Ask AvidXchange to set up the accounting codes.",
        "CFG-01",
    )
