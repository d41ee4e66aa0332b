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
        through = f"proxy {route.shown}, named by {route.source}" if route.proxy else "no proxy"
        return (
            f"Server: {self.url} ({self.setting}), {through}",
            f"Further authorities: {self.ca_file or 'none'} ({self.ca_setting})",
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
        suffix = f" of {self.named}" if self.named else ""
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
            fix = "Ask IT for the right address of the script, or to name the proxy itself."
            return Note(f"{route.problem}; the straight way is taken.", fix, "NET-01")
        try:
            network.open_way(self.place, route.proxy, self.timeout_s).close()
        except ProxyAnswer as answer:
            raise self._refused(answer) from None
        except OSError as cause:
            why = f"The proxy {route.shown} breaks off before there is a way to {self.place.text}."
            raise self._error(why, f"Ask IT why {route.shown} does so.", cause) from None
        warned = f" {route.problem}." if route.problem else ""
        return Note(f"Through the proxy {route.shown}, named by {route.source}.{warned}")

    def check_certificate(self) -> Note | None:
        """The server proves who it is; a certificate that ends within 14 days is told."""
        try:
            certificates.trusted_context(self.ca_file)
        except OSError as cause:
            why = f"{self.ca_setting}: {self.ca_file} cannot be read ({type(cause).__name__})."
            fix = f"Correct {self.ca_setting}; it is a file with certificates in PEM form."
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
        told = f"The proxy {place.text}, named by {route.source}, is not reached: {why}"
        fix = (
            f"Ask IT whether {place.text} is still the proxy; correct it in {route.source}, or "
            f"name an exception for {self.place.host} there."
        )
        return self._error(told, fix, detail)

    def _refused(self, answer: ProxyAnswer) -> AppError:
        """A proxy that answers and makes no tunnel."""
        shown, place = self.route.shown, self.place.text
        if answer.status == _SIGN_IN:
            return self._sign_in_asked(answer.schemes)
        if answer.status == _FORBIDDEN:
            why = f"The proxy {shown} does not allow a way to {place} (403)."
            fix = f"Ask IT to allow {place} on the proxy {shown}."
            return self._error(why, fix, "")
        why = f"The proxy {shown} could not make a way to {place} ({answer.status})."
        fix = f"Check the address; ask IT whether the proxy {shown} can reach {place}."
        return self._error(why, fix, "")

    def _sign_in_asked(self, schemes: tuple[str, ...]) -> AppError:
        shown, place = self.route.shown, self.place.text
        offered = ", ".join(schemes) or "no way that it names"
        why = f"The proxy {shown} asks for a sign-in by {offered}."
        exception = f"Ask IT to let this computer pass to {place} without a sign-in"
        folded = {name.casefold() for name in schemes}
        if "basic" in folded and "@" not in self.route.proxy:
            fix = f"{exception}, or to give HTTPS_PROXY a user: http://USER:PASSWORD@{shown}."
        elif "basic" in folded:
            why += " It refused the user and password that its address holds."
            fix = f"{exception}, or correct user and password in {self.route.source}."
        else:
            by_account = bool(folded & _BY_ACCOUNT)
            why += " Crossfoot cannot sign in to a proxy with a Windows account." * by_account
            fix = f"{exception} (an exception by destination on the proxy)."
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
        chain_text = " < ".join(_subjects(shown)) or "not shown"
        why = (
            f"{self.place.text}: this computer does not know who signed its certificate: "
            f"{signer}. Chain: {chain_text}."
        )
        if shown.authorities:
            fix = (
                "Compare the chain with IT. If it is yours, trust this authority in Connections, "
                f"or name its certificate as {self.ca_setting}."
            )
        else:
            fix = (
                f"Ask IT for the certificate of {signer} as a PEM file and name it as "
                f"{self.ca_setting}; the server does not send it along."
            )
        return self._error(why, fix, chain, "TLS-01")

    def _renewed(self, shown: Shown) -> str:
        """What helps with a certificate that is wrong by its own text."""
        own, now = shown.chain[0], datetime.now(UTC)
        if any(now > one.ends for one in shown.chain):
            return (
                f"Have IT renew the certificate of {self.place.text}. Check this computer's date "
                f"too: it says {now:%Y-%m-%d}. An expired certificate cannot be trusted by hand."
            )
        if now < own.starts:
            return f"Check this computer's date: it says {now:%Y-%m-%d}."
        names = ", ".join(own.names[:3]) or own.subject
        return (
            f"Use a name the certificate holds in {self.setting} ({names}), or have IT make one "
            f"out for {self.place.host}."
        )

    def _not_agreed(self, cause: ssl.SSLError) -> AppError:
        place = self.place.text
        if certificates.is_no_tls(cause):
            why = f"{place} answers, but not with TLS: it speaks plain http or something else."
            fix = f"Check the port in {self.setting}; ask IT which port of this server has https."
            return self._error(why, fix, cause, "TLS-01")
        version = self._look().protocol
        if certificates.is_old(version):
            why = f"{place} offers {version} at most; TLS 1.2 or newer is needed."
            fix = f"Have IT switch on TLS 1.2 on {place}."
            return self._error(why, fix, cause, "TLS-01")
        why = f"No secure connection to {place} could be agreed ({cause.reason or 'no reason'})."
        fix = f"Show this to IT: {place} and this computer share no kind of encryption."
        return self._error(why, fix, cause, "TLS-01")

    def _silent(self, cause: OSError) -> AppError:
        """A port that takes the connection and then does not shake hands."""
        place = self.place.text
        if isinstance(cause, TimeoutError):
            why = f"{place} takes connections and then says nothing ({self.timeout_s:g} s)."
        else:
            why = f"{place} takes connections and breaks them off before they are secure."
        fix = (
            f"Check the port in {self.setting}; ask IT whether the service on {place} hangs, or a "
            "firewall inspects this connection."
        )
        return self._error(why, fix, cause)

    def _ending(self) -> Note | None:
        """A certificate whose end is near."""
        chain = self._look().chain
        if not chain or chain[0].ends - datetime.now(UTC) > _SOON:
            return None
        fix = f"Have IT renew the certificate of {self.place.text} before."
        return Note(f"Its certificate ends on {chain[0].ends:%Y-%m-%d}.", fix, "TLS-01")


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
