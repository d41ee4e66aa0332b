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
from core.words import area
from core.x3.probing import Probing, SignIn, Timed, is_answered, is_right_missing
from core.x3_folder import check_folder

say = area(__name__)

INVOICE_GROUP = "x3.invoice_group"  # the screen block of PAZ that a check has found
_OPTIONAL = {
    "purchase_order": "orders",
    "fiscal_period": "periods",
    "payment_term": say("payment_terms"),
    "gl_account": "accounts",
    "dimension": "dimensions",
}
# What follows when a field that decides about money is not known.
_WEIGHTY = {
    ("invoice", "match"): say("an_invoice_that_three_way_matching"),
    ("supplier", "pay_to_address"): say("payments_are_taken_to_go_to_a"),
}
_NEEDED = ("supplier", "supplier_address", "invoice", "open_item", "company")
_CLOCK_S = 60.0
_SLOW_S = 5.0
_ASKED = 3
_SHOWN = 6
_NOT_FOUND, _SERVER_ERROR = 404, 500
_KINDS = {"basic": say("user_and_password"), "connected_app": say("connected_application")}


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
        return ways(first, token_url, "x3.token_url", say("the_sign_in_service"))

    def probes(self) -> list[Probe]:
        """The checks in the order in which one builds on the other."""
        checks: list[tuple[str, Callable[[], Note | None]]] = [
            ("sign-in", self.check_sign_in),
            ("endpoint", self.check_endpoint),
            ("folder", self.check_folder),
            ("paging", self._clients.x3.set_up.check_paging),
            ("clock", self.check_clock),
            (say("answer_time"), self.check_answer_time),
            *((say("fields_of", name=name), partial(self.check_fields, name)) for name in _NEEDED),
            (say("optional_data"), self.check_optional),
        ]
        if self._settings.x3.write == "soap":
            checks += [
                (say("web_services"), self.check_web_services),
                *(
                    (f"publication {name}", partial(self.check_publication, key, name))
                    for key, name in self._publications().items()
                ),
                (say("approval_field"), self.check_approval_field),
            ]
        if self._settings.x3.auth == "oauth2":
            checks.append((say("end_of_the_sign_in"), self.check_ending))
        return [Probe(X3, name, run, lambda: self.facts) for name, run in checks]

    @property
    def facts(self) -> tuple[str, ...]:
        """What IT needs to know of this connection."""
        x3 = self._settings.x3
        who = x3.username or x3.client_id or say("no_user")
        lines = [
            say("server_endpoint", base_url=x3.base_url, endpoint=x3.endpoint),
            say("signs_in_as", who=who, auth=_KINDS.get(x3.auth, x3.auth)),
        ]
        if x3.write == "soap":
            lines.append(say("web_service_pool", pool_alias=x3.soap.pool_alias))
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
        fix = say("correct_x3_endpoint")
        if known:
            fix = say("set_x3_endpoint_to_one_that_this", known=", ".join(known))
        raise dataclasses.replace(error, fix=fix)

    def check_folder(self) -> Note | None:
        """It is the folder this workspace was set up for."""
        changed = check_folder(self._store, self._settings.x3.endpoint, self._probing.folder())
        if not changed:
            return None
        return Note(say("no_longer_as_at_set_up", changed=", ".join(changed[:_SHOWN])))

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
            return Note(say("x3_shows_no_row_of_yet_its", entity=entity))
        if missing:
            place, table = self._place_of(entity)
            why = say("lacks", place=place, missing=", ".join(missing), entity=entity)
            fix = say("have_them_added_there_or_name_others", table=table)
            raise ConfigError("CFG-01", why, X3, fix=fix)
        unknown = self._clients.x3.set_up.unknown_fields(entity)
        if not unknown:
            return None
        names = ", ".join(dict.fromkeys(field.path.property_name for field in unknown))
        text = say("not_published_so_not_known_here", names=names)
        for field in unknown:
            if (entity, field.name) in _WEIGHTY:
                shape = self._clients.x3_profile.entity[entity]
                place = say("in_class", property_name=field.path.property_name, cls=shape.cls)
                told = f"{text} {_WEIGHTY[entity, field.name]}"
                return Note(
                    told,
                    say("have_published_to", place=place, user=user or say("this_user")),
                    "CFG-01",
                )
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
        return Note(say("not_checked_here_because_x3_does_not", absent=", ".join(absent)))

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
            return Note(say("x3_does_not_describe_so_that_it", name=name))
        except ConfigError as error:
            fix = say("have_the_publication_built_again_in_x3", name=name, key=key)
            why = say("x3_soap", key=key, why=error.why)
            raise dataclasses.replace(error, why=why, fix=fix) from None
        return None

    def check_approval_field(self) -> Note | None:
        """The publication of invoices shows the approval level; its block is kept for writes."""
        number = self._probing.first_invoice()
        if not number:
            return Note(say("x3_shows_no_invoice_yet_so_that"))
        has_second = bool(self._settings.x3.soap.purchase_invoice_publication)
        try:
            block = self._probing.approval_block(number, second=False)
        except RemoteRefused as error:
            if not has_second:
                return Note(say("cannot_be_looked_at_over_soap", number=number, why=error.why))
            block = self._probing.approval_block(number, second=True)
        if not block:
            name = self._settings.x3.soap.invoice_publication
            why = say("the_publication_shows_no_field_paz_read", name=name, number=number)
            fix = say("have_the_payment_approval_put_on_the", name=name)
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
            return say("the_node", node=node.node), f"graphql.{entity}"
        shape = profile.entity[entity]
        return (
            say("the_representation_of_class", representation=shape.representation, cls=shape.cls),
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
            why = say("x3_soap_pool_alias_x3_has_no", pool_alias=soap.pool_alias, why=error.why)
            fix = say("correct_x3_soap_pool_alias_capitals")
            return dataclasses.replace(error, why=why, fix=fix)
        if error.status == _SERVER_ERROR and isinstance(error, ConfigError):
            why = say("x3s_host_takes_no_soap_requests", why=error.why)
            fix = say("ask_it_to_set_web_services_child")
            return dataclasses.replace(error, why=why, fix=fix)
        return error


def _explained(error: AppError, entity: str, user: str) -> AppError:
    """A class that X3 does not give, with whom to ask for it."""
    if is_right_missing(error):
        fix = say("ask_the_x3_administrator_for_the_right", user=user or say("this_user"))
        return dataclasses.replace(error, fix=fix)
    fix = say("have_the_class_and_its_representation", entity=entity)
    return dataclasses.replace(error, fix=fix)


def clock_note(system: str, ahead: list[float | None]) -> Note | None:
    """A warning when another clock is more than a minute away; the smallest difference counts."""
    known = [seconds for seconds in ahead if seconds is not None]
    if not known:
        return Note(say("does_not_tell_its_time_so_that", system=system))
    seconds = min(known, key=abs)
    if abs(seconds) <= _CLOCK_S:
        return None
    way = say("ahead_of") if seconds > 0 else "behind"
    return Note(
        say("s_clock_is_s_this_computers", system=system, seconds=abs(seconds), way=way),
        say("have_both_computers_take_their_time"),
        "CFG-01",
    )


def time_note(system: str, took: list[float]) -> Note:
    """How long the slowest of several answers took; slow ones with a remedy."""
    slowest_s = max(took, default=0.0)
    median_s = statistics.median(took) if took else 0.0
    text = say(
        "slowest_of_answers_ms_the_middle_one",
        count=len(took),
        slowest_s=slowest_s * 1000,
        median_s=median_s * 1000,
    )
    if slowest_s < _SLOW_S:
        return Note(text)
    return Note(text, say("ask_it_what_makes_or_the_way", system=system), "RAT-01")
