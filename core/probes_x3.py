"""The doctor's checks of X3 after the way to it: sign-in, endpoint, folder, data, publications."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path

from core.clients import Clients
from core.doctor import X3, Note, Probe
from core.errors import CATALOGUE, AppError, AuthError, ConfigError, RemoteRefused, Unreadable
from core.probes_network import Way, ways
from core.settings import Settings
from core.store import sign_in, values
from core.store.sqlite import Store
from core.x3.probing import Probing, SignIn, Timed, is_answered, is_right_missing
from core.x3_folder import check_folder

INVOICE_GROUP = "x3.invoice_group"  # the screen block of PAZ that a check has found
_OPTIONAL = {
    "purchase_order": "orders",
    "fiscal_period": "periods",
    "payment_term": "payment terms",
    "gl_account": "accounts",
    "dimension": "dimensions",
}
# What follows when a field that decides about money is not known.
_WEIGHTY = {
    ("invoice", "match"): "An invoice that three-way matching blocks is sent like any other.",
    ("supplier", "pay_to_address"): "Payments are taken to go to a supplier's default address.",
}
_NEEDED = ("supplier", "supplier_address", "invoice", "open_item", "company")
_CLOCK_S = 60.0
_SLOW_S = 5.0
_ASKED = 3
_SHOWN = 6
_NOT_FOUND, _SERVER_ERROR = 404, 500
_KINDS = {"basic": "user and password", "connected_app": "connected application"}


class X3Checks:
    """The checks of one workspace's X3; each method is one, and asks when it is called."""

    def __init__(self, clients: Clients, settings: Settings, store: Store) -> None:
        self._clients = clients
        self._settings = settings
        self._store = store
        x3 = settings.x3
        self._sign_in = SignIn(x3.auth, x3.username, x3.client_id, x3.audience)
        self._probing = Probing(clients.x3, self._sign_in)
        self._withheld: AppError | None = None
        self._timed: list[Timed] = []

    def ways(self, ca_file: Path | None) -> list[Way]:
        """The servers of this side: X3, and where tokens come from when that is another place."""
        x3 = self._settings.x3
        timeout_s = self._clients.x3_profile.limits.connect_timeout_s
        first = Way(X3, x3.base_url, "x3.base_url", ca_file, timeout_s)
        token_url = x3.token_url if x3.auth == "oauth2" else ""
        return ways(first, token_url, "x3.token_url", "the sign-in service")

    def probes(self) -> list[Probe]:
        """The checks in the order in which one builds on the other."""
        checks: list[tuple[str, Callable[[], Note | None]]] = [
            ("sign-in", self.check_sign_in),
            ("endpoint", self.check_endpoint),
            ("folder", self.check_folder),
            ("paging", self._clients.x3.set_up.check_paging),
            ("clock", self.check_clock),
            ("answer time", self.check_answer_time),
            *((f"fields of {name}", partial(self.check_fields, name)) for name in _NEEDED),
            ("optional data", self.check_optional),
        ]
        if self._settings.x3.write == "soap":
            checks += [
                ("web services", self.check_web_services),
                *(
                    (f"publication {name}", partial(self.check_publication, key, name))
                    for key, name in self._publications().items()
                ),
                ("approval field", self.check_approval_field),
            ]
        if self._settings.x3.auth == "oauth2":
            checks.append(("end of the sign-in", self.check_ending))
        return [Probe(X3, name, run, lambda: self.facts) for name, run in checks]

    @property
    def facts(self) -> tuple[str, ...]:
        """What IT needs to know of this connection."""
        x3 = self._settings.x3
        who = x3.username or x3.client_id or "no user"
        lines = [
            f"Server: {x3.base_url}, endpoint {x3.endpoint}",
            f"Signs in as: {who} ({_KINDS.get(x3.auth, x3.auth)})",
        ]
        if x3.write == "soap":
            lines.append(f"Web service pool: {x3.soap.pool_alias}")
        return tuple(lines)

    # --- who and where ---------------------------------------------------------------------

    def check_sign_in(self) -> None:
        """X3 lets this workspace in; what else is wrong with its answer is the next checks'."""
        try:
            self._timed.append(self._probing.ask())
        except (AuthError, Unreadable):
            raise
        except (ConfigError, RemoteRefused) as error:
            if not self._speaks_of_data(error):
                raise
            self._withheld = error  # it was let in, or it would not have been told this

    def check_endpoint(self) -> None:
        """X3 knows the endpoint; else those it knows are named."""
        error = self._withheld
        if error is None:
            return
        if error.status != _NOT_FOUND:
            raise _explained(error, "company", self._settings.x3.username)
        known = self._probing.endpoints()
        fix = "Correct x3.endpoint."
        if known:
            fix = f"Set x3.endpoint to one that this server has: {', '.join(known)}."
        raise dataclasses.replace(error, fix=fix)

    def check_folder(self) -> Note | None:
        """It is the folder this workspace was set up for."""
        changed = check_folder(self._store, self._settings.x3.endpoint, self._probing.folder())
        if not changed:
            return None
        return Note(f"No longer as at set-up: {', '.join(changed[:_SHOWN])}.")

    def check_clock(self) -> Note | None:
        """Both clocks agree within a minute; bookmarks and tokens depend on X3's."""
        while len(self._timed) < _ASKED:
            self._timed.append(self._probing.ask())
        return clock_note("X3", [timed.ahead_s for timed in self._timed])

    def check_answer_time(self) -> Note:
        """The longest of three answers."""
        return time_note("X3", [timed.took_s for timed in self._timed])

    # --- data ------------------------------------------------------------------------------

    def check_fields(self, entity: str) -> Note | None:
        """Everything required is published, and the user may read it."""
        user = self._settings.x3.username
        try:
            missing = self._clients.x3.set_up.missing_properties(entity)
        except (ConfigError, RemoteRefused) as error:
            raise _explained(error, entity, user) from None
        if missing is None:
            return Note(f"X3 shows no row of {entity} yet: its fields are not checked here.")
        if missing:
            place, table = self._place_of(entity)
            why = f"{place} lacks {', '.join(missing)} ({entity})."
            fix = f"Have them added there, or name others in the profile under [{table}]."
            raise ConfigError("CFG-01", why, X3, fix=fix)
        unknown = self._clients.x3.set_up.unknown_fields(entity)
        if not unknown:
            return None
        names = ", ".join(dict.fromkeys(field.path.property_name for field in unknown))
        text = f"Not published, so not known here: {names}."
        for field in unknown:
            if (entity, field.name) in _WEIGHTY:
                shape = self._clients.x3_profile.entity[entity]
                place = f"{field.path.property_name} in class {shape.cls}"
                told = f"{text} {_WEIGHTY[entity, field.name]}"
                return Note(told, f"Have {place} published to {user or 'this user'}.", "CFG-01")
        return Note(text)

    def check_optional(self) -> Note | None:
        """Which checks of invoices are not made because X3 does not publish their data."""
        absent = []
        for entity, name in _OPTIONAL.items():
            try:
                if self._clients.x3.set_up.missing_properties(entity):
                    absent.append(name)
            except (ConfigError, RemoteRefused, Unreadable):
                absent.append(name)
        if not absent:
            return None
        return Note(f"Not checked here, because X3 does not publish them: {', '.join(absent)}.")

    # --- SOAP ------------------------------------------------------------------------------

    def check_web_services(self) -> None:
        """SOAP answers, and the pool of this alias exists; publications are the next checks'."""
        name = self._settings.x3.soap.invoice_publication
        try:
            self._probing.check_publication(name)
        except AppError as error:
            if is_answered(error) and "pool" not in error.why.casefold():
                return
            raise self._unserved(error) from None

    def check_publication(self, key: str, name: str) -> Note | None:
        """X3 serves the publication as it was last built."""
        try:
            self._probing.check_publication(name)
        except RemoteRefused:
            return Note(f"X3 does not describe {name}, so that it is not checked here.")
        except ConfigError as error:
            fix = (
                f"Have the publication {name} built again in X3 (GESAWE), or correct x3.soap.{key}."
            )
            why = f"x3.soap.{key}: {error.why}"
            raise dataclasses.replace(error, why=why, fix=fix) from None
        return None

    def check_approval_field(self) -> Note | None:
        """The publication of invoices shows the approval level; its block is kept for writes."""
        number = self._probing.first_invoice()
        if not number:
            return Note("X3 shows no invoice yet, so that the approval field is not checked here.")
        has_second = bool(self._settings.x3.soap.purchase_invoice_publication)
        try:
            block = self._probing.approval_block(number, second=False)
        except RemoteRefused as error:
            if not has_second:
                return Note(f"{number} cannot be looked at over SOAP ({error.why}).")
            block = self._probing.approval_block(number, second=True)
        if not block:
            name = self._settings.x3.soap.invoice_publication
            why = f"The publication {name} shows no field PAZ (read of {number})."
            fix = f"Have the payment approval put on the screen that {name} publishes."
            raise ConfigError("CFG-01", why, X3, fix=fix)
        if values.setting(self._store, INVOICE_GROUP) != block:
            with self._store.write():
                values.put_setting(self._store, INVOICE_GROUP, block)
        return None

    def check_ending(self) -> Note | None:
        """The sign-in at the gateway holds for more than a week."""
        text = sign_in.ending(self._store, self._store.clock())
        return Note(text, CATALOGUE["AUT-02"].fix, "AUT-02") if text else None

    def _place_of(self, entity: str) -> tuple[str, str]:
        """Where X3 publishes an entity, and the profile's table that says so."""
        profile = self._clients.x3_profile
        node = profile.graphql.get(entity)
        if self._settings.x3.read == "graphql" and node is not None and node.node:
            return f"The node {node.node}", f"graphql.{entity}"
        shape = profile.entity[entity]
        return (
            f"The representation {shape.representation} of class {shape.cls}",
            f"entity.{entity}",
        )

    def _speaks_of_data(self, error: AppError) -> bool:
        """Whether X3 let this workspace in and refused what it asked for."""
        cls = self._clients.x3_profile.entity["company"].cls
        return error.status == _NOT_FOUND or cls in error.why

    def _publications(self) -> dict[str, str]:
        """Setting -> publication, those that are set."""
        soap = self._settings.x3.soap
        keys = (
            "invoice_publication", "purchase_invoice_publication", "open_item_publication",
            "payment_publication",
        )  # fmt: skip
        return {key: name for key in keys if (name := getattr(soap, key))}

    def _unserved(self, error: AppError) -> AppError:
        """A SOAP service that does not work at all."""
        soap = self._settings.x3.soap
        if is_answered(error):
            why = f"x3.soap.pool_alias: X3 has no web service pool {soap.pool_alias}: {error.why}"
            fix = (
                "Correct x3.soap.pool_alias; capitals count. Or have the pool made in X3 "
                "(Administration, web services, classic SOAP pools) and started."
            )
            return dataclasses.replace(error, why=why, fix=fix)
        if error.status == _SERVER_ERROR and isinstance(error, ConfigError):
            why = f"X3's host takes no SOAP requests: {error.why}"
            fix = "Ask IT to set “web services child processes” on X3's host above 0."
            return dataclasses.replace(error, why=why, fix=fix)
        return error


def _explained(error: AppError, entity: str, user: str) -> AppError:
    """A class that X3 does not give, with whom to ask for it."""
    if is_right_missing(error):
        fix = f"Ask the X3 administrator for the right of {user or 'this user'} to read it."
        return dataclasses.replace(error, fix=fix)
    fix = (
        "Have the class and its representation published in X3, or name others in the profile "
        f"under [entity.{entity}]."
    )
    return dataclasses.replace(error, fix=fix)


def clock_note(system: str, ahead: list[float | None]) -> Note | None:
    """A warning when another clock is more than a minute away; the smallest difference counts."""
    known = [seconds for seconds in ahead if seconds is not None]
    if not known:
        return Note(f"{system} does not tell its time, so that the clocks are not compared.")
    seconds = min(known, key=abs)
    if abs(seconds) <= _CLOCK_S:
        return None
    way = "ahead of" if seconds > 0 else "behind"
    return Note(
        f"{system}'s clock is {abs(seconds):.0f} s {way} this computer's.",
        "Have both computers take their time from the same source (NTP).",
        "CFG-01",
    )


def time_note(system: str, took: list[float]) -> Note:
    """How long the slowest of several answers took; slow ones with a remedy."""
    slowest_s = max(took, default=0.0)
    median_s = statistics.median(took) if took else 0.0
    text = (
        f"Slowest of {len(took)} answers {slowest_s * 1000:.0f} ms, "
        f"the middle one {median_s * 1000:.0f} ms."
    )
    if slowest_s < _SLOW_S:
        return Note(text)
    return Note(text, f"Ask IT what makes {system} or the way to it slow.", "RAT-01")
