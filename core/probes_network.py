"""Checks of the way to one server: name, port, proxy, certificate; each says what IT can act on.

Nothing is sent to the server but the handshakes themselves. Requests, and with them credentials,
come after these checks.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path

from core import certificates, network, proxies
from core.certificates import Shown
from core.doctor import Note, Probe
from core.errors import AppError, ConfigError, TransientError
from core.network import Place, ProxyAnswer
from core.settings import is_loopback
from core.words import area

say = area(__name__)

_SIGN_IN, _FORBIDDEN = 407, 403
_BY_ACCOUNT = frozenset({"ntlm", "negotiate", "kerberos"})
_SOON = timedelta(days=14)


@dataclass(frozen=True)
class Way:
    """One server of a side as this computer reaches it.

    `named` is what the checks are called after when a side has two servers; `setting` is the key
    that holds the address, `ca_setting` the one for further authorities.
    """

    side: str
    url: str
    setting: str
    ca_file: Path | None
    timeout_s: float
    named: str = ""

    @cached_property
    def place(self) -> Place:
        """Where the server listens."""
        return network.place_of(self.url)

    @cached_property
    def route(self) -> proxies.Route:
        """The way as this computer is set up; looked up once."""
        return proxies.route_to(self.url)

    @property
    def ca_setting(self) -> str:
        """The key that names further authorities."""
        return f"{self.side}.ca_file"

    @property
    def facts(self) -> tuple[str, ...]:
        """The way in lines for IT."""
        route = self.route
        through = (
            say("proxy_named_by", shown=route.shown, source=route.source)
            if route.proxy
            else say("no_proxy")
        )
        return (
            say("server", url=self.url, setting=self.setting, through=through),
            say("further_authorities", ca_file=self.ca_file or "none", ca_setting=self.ca_setting),
        )

    def probes(self) -> list[Probe]:
        """The checks in the order in which one builds on the other."""
        checks: list[tuple[str, Callable[[], Note | None]]] = [
            ("name", self.check_name), ("port", self.check_port),
        ]  # fmt: skip
        if not is_loopback(self.place.host):
            checks.append(("proxy", self.check_proxy))
        if self.place.is_secure:
            checks.append(("certificate", self.check_certificate))
        suffix = say("of", named=self.named) if self.named else ""
        return [
            Probe(self.side, f"{name}{suffix}", run, lambda: self.facts) for name, run in checks
        ]

    # --- the checks ------------------------------------------------------------------------

    def check_name(self) -> None:
        """The server's name is known, or the proxy's where one leads there."""
        if not self.route.proxy:
            network.resolve(self.place, self.side)
            return
        place = network.place_of(self.route.proxy)
        try:
            network.resolve(place, self.side)
        except TransientError as error:
            raise self._proxy_unreached(place, error.why, error.detail) from None

    def check_port(self) -> None:
        """The server's port takes connections, or the proxy's."""
        if not self.route.proxy:
            network.reach(self.place, self.timeout_s, self.side)
            return
        place = network.place_of(self.route.proxy)
        try:
            network.reach(place, self.timeout_s, self.side)
        except TransientError as error:
            raise self._proxy_unreached(place, error.why, error.detail) from None

    def check_proxy(self) -> Note | None:
        """The proxy makes a tunnel to the server; no proxy is as good."""
        route = self.route
        if not route.proxy:
            if not route.problem:
                return None
            fix = say("ask_it_for_the_right_address_of")
            return Note(say("the_straight_way_is_taken", problem=route.problem), fix, "NET-01")
        try:
            network.open_way(self.place, route.proxy, self.timeout_s).close()
        except ProxyAnswer as answer:
            raise self._refused(answer) from None
        except OSError as cause:
            why = say(
                "the_proxy_breaks_off_before_there_is", shown=route.shown, text=self.place.text
            )
            raise self._error(why, say("ask_it_why_does_so", shown=route.shown), cause) from None
        warned = f" {route.problem}." if route.problem else ""
        return Note(
            say("through_the_proxy_named_by", shown=route.shown, source=route.source, warned=warned)
        )

    def check_certificate(self) -> Note | None:
        """The server proves who it is; a certificate that ends within 14 days is told."""
        try:
            certificates.trusted_context(self.ca_file)
        except OSError as cause:
            why = say(
                "cannot_be_read",
                ca_setting=self.ca_setting,
                ca_file=self.ca_file,
                name=type(cause).__name__,
            )
            fix = say("correct_it_is_a_file_with_certificates", ca_setting=self.ca_setting)
            raise ConfigError("CFG-01", why, self.side, fix=fix) from None
        try:
            certificates.shake_hands(self.place, self.route.proxy, self.ca_file, self.timeout_s)
        except ssl.SSLCertVerificationError as cause:
            raise self._untrusted(cause) from None
        except ssl.SSLError as cause:
            raise self._not_agreed(cause) from None
        except OSError as cause:
            raise self._silent(cause) from None
        return self._ending()

    # --- what failures mean ----------------------------------------------------------------

    def _error(
        self, why: str, fix: str, cause: BaseException | str, code: str = "NET-01"
    ) -> AppError:
        detail = cause if isinstance(cause, str) else f"{type(cause).__name__}: {cause}"
        return TransientError(code, why, self.side, fix=fix, detail=detail)

    def _proxy_unreached(self, place: Place, why: str, detail: str) -> AppError:
        """The proxy itself is what is not reached."""
        route = self.route
        told = say(
            "the_proxy_named_by_is_not_reached", text=place.text, source=route.source, why=why
        )
        fix = say(
            "ask_it_whether_is_still_the_proxy",
            text=place.text,
            source=route.source,
            host=self.place.host,
        )
        return self._error(told, fix, detail)

    def _refused(self, answer: ProxyAnswer) -> AppError:
        """A proxy that answers and makes no tunnel."""
        shown, place = self.route.shown, self.place.text
        if answer.status == _SIGN_IN:
            return self._sign_in_asked(answer.schemes)
        if answer.status == _FORBIDDEN:
            why = say("the_proxy_does_not_allow_a_way", shown=shown, place=place)
            fix = say("ask_it_to_allow_on_the_proxy", place=place, shown=shown)
            return self._error(why, fix, "")
        why = say("the_proxy_could_not_make_a_way", shown=shown, place=place, status=answer.status)
        fix = say("check_the_address_ask_it_whether_the", shown=shown, place=place)
        return self._error(why, fix, "")

    def _sign_in_asked(self, schemes: tuple[str, ...]) -> AppError:
        shown, place = self.route.shown, self.place.text
        offered = ", ".join(schemes) or say("no_way_that_it_names")
        why = say("the_proxy_asks_for_a_sign_in", shown=shown, offered=offered)
        exception = say("ask_it_to_let_this_computer_pass", place=place)
        folded = {name.casefold() for name in schemes}
        if "basic" in folded and "@" not in self.route.proxy:
            fix = say("or_to_give_https_proxy_a_user", exception=exception, shown=shown)
        elif "basic" in folded:
            why += say("it_refused_the_user_and_password_that")
            fix = say(
                "or_correct_user_and_password_in", exception=exception, source=self.route.source
            )
        else:
            by_account = bool(folded & _BY_ACCOUNT)
            why += say("crossfoot_cannot_sign_in_to_a_proxy") * by_account
            fix = say("an_exception_by_destination_on_the", exception=exception)
        return self._error(why, fix, "", "NET-02")

    def _look(self) -> Shown:
        """What the server shows; empty when a second look fails."""
        try:
            return certificates.look(self.place, self.route.proxy, self.timeout_s)
        except (OSError, ValueError):
            return Shown(())

    def _untrusted(self, cause: ssl.SSLCertVerificationError) -> AppError:
        """A certificate that was refused: by its own text, else by who signed it."""
        shown = self._look()
        chain = "\n".join(one.text for one in shown.chain) or f"{cause.verify_message}"
        wrong = certificates.faults_of(shown, self.place.host, datetime.now(UTC))
        if wrong and shown.chain:
            why = f"{self.place.text}: {'; '.join(wrong)}."
            return self._error(why, self._renewed(shown), chain, "TLS-01")
        signer = certificates.signer_of(shown)
        chain_text = " < ".join(_subjects(shown)) or say("not_shown")
        why = say(
            "this_computer_does_not_know_who_signed",
            text=self.place.text,
            signer=signer,
            chain_text=chain_text,
        )
        if shown.authorities:
            fix = say("compare_the_chain_with_it_if_it", ca_setting=self.ca_setting)
        else:
            fix = say("ask_it_for_the_certificate_of_as", signer=signer, ca_setting=self.ca_setting)
        return self._error(why, fix, chain, "TLS-01")

    def _renewed(self, shown: Shown) -> str:
        """What helps with a certificate that is wrong by its own text."""
        own, now = shown.chain[0], datetime.now(UTC)
        if any(now > one.ends for one in shown.chain):
            return say("have_it_renew_the_certificate_of_check", text=self.place.text, now=now)
        if now < own.starts:
            return say("check_this_computers_date_it_says", now=now)
        names = ", ".join(own.names[:3]) or own.subject
        return say(
            "use_a_name_the_certificate_holds_in",
            setting=self.setting,
            names=names,
            host=self.place.host,
        )

    def _not_agreed(self, cause: ssl.SSLError) -> AppError:
        place = self.place.text
        if certificates.is_no_tls(cause):
            why = say("answers_but_not_with_tls_it_speaks", place=place)
            fix = say("check_the_port_in_ask_it_which", setting=self.setting)
            return self._error(why, fix, cause, "TLS-01")
        version = self._look().protocol
        if certificates.is_old(version):
            why = say("offers_at_most_tls_1_2_or", place=place, version=version)
            fix = say("have_it_switch_on_tls_1_2", place=place)
            return self._error(why, fix, cause, "TLS-01")
        why = say(
            "no_secure_connection_to_could_be_agreed",
            place=place,
            reason=cause.reason or say("no_reason"),
        )
        fix = say("show_this_to_it_and_this_computer", place=place)
        return self._error(why, fix, cause, "TLS-01")

    def _silent(self, cause: OSError) -> AppError:
        """A port that takes the connection and then does not shake hands."""
        place = self.place.text
        if isinstance(cause, TimeoutError):
            why = say(
                "takes_connections_and_then_says_nothing", place=place, timeout_s=self.timeout_s
            )
        else:
            why = say("takes_connections_and_breaks_them_off", place=place)
        fix = say("check_the_port_in_ask_it_whether", setting=self.setting, place=place)
        return self._error(why, fix, cause)

    def _ending(self) -> Note | None:
        """A certificate whose end is near."""
        chain = self._look().chain
        if not chain or chain[0].ends - datetime.now(UTC) > _SOON:
            return None
        fix = say("have_it_renew_the_certificate_of_before", text=self.place.text)
        return Note(say("its_certificate_ends_on", ends=chain[0].ends), fix, "TLS-01")


def _subjects(shown: Shown) -> list[str]:
    """The chain from the server upwards, with the last issuer when it was not sent."""
    subjects = [one.subject for one in shown.chain]
    if shown.chain and not shown.chain[-1].is_own_issuer:
        subjects.append(shown.chain[-1].issuer)
    return subjects


def ways(first: Way, second_url: str, second_setting: str, named: str) -> list[Way]:
    """The servers of a side: two where the second address is another place."""
    if not second_url or network.place_of(second_url) == first.place:
        return [first]
    second = replace(first, url=second_url, setting=second_setting, named=named)
    return [first, second]
