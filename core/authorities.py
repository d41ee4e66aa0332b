"""Who vouches for the servers of a side, and the file that keeps whom a person has trusted.

Only what a person has seen is kept: its fingerprint goes to the window and comes back. Name and
dates of certificates stay verified.
"""

from __future__ import annotations

import ssl
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from core import certificates, network, proxies
from core.certificates import Certificate, Shown
from core.config import relative_to_data
from core.errors import ConfigError, TransientError
from core.settings import Settings
from core.words import area

say = area(__name__)

_TIMEOUT_S = 10.0
_UNKNOWN = frozenset({2, 18, 19, 20, 21})  # OpenSSL: no issuer, signed by itself, not verified


@dataclass(frozen=True, slots=True)
class CertificateView:
    """One certificate as a person compares it; instants in UTC, the fingerprint SHA-256."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    starts: datetime
    ends: datetime
    fingerprint: str


@dataclass(frozen=True, slots=True)
class TrustView:
    """The chain of one server, its own certificate first.

    `authority` is the fingerprint to give to `trust`, empty when there is nothing to trust;
    `problem` says why, or what stays wrong after it.
    """

    side: str
    server: str
    chain: tuple[CertificateView, ...]
    authority: str
    problem: str


def addresses(settings: Settings, side: str) -> tuple[str, ...]:
    """The https addresses of a side, each server once."""
    named = (
        (settings.x3.base_url, settings.x3.token_url)
        if side == "x3"
        else (settings.avidxchange.base_url, settings.avidxchange.token_url)
    )
    secure = [url for url in named if urlsplit(url).scheme == "https"]
    return tuple({network.place_of(url): url for url in reversed(secure)}.values())[::-1]


def shown(settings: Settings, directory: Path, side: str) -> TrustView:
    """What the first server of a side shows that is not trusted yet; speaks to the servers.

    Raises:
        ConfigError: no address of this side is https.
        TransientError: the server was not reached, or shows no certificate.
    """
    found = addresses(settings, side)
    if not found:
        why = say("has_no_https_address_so_that_there", side=side)
        raise ConfigError("CFG-01", why, side)
    ca_file = _ca_file(settings, directory, side)
    refusals = {url: _refusal(url, ca_file) for url in found}
    url = next((url for url in found if refusals[url] is not None), found[0])
    place, seen, refusal = network.place_of(url), _look(url, side), refusals[url]
    problem = "; ".join(certificates.faults_of(seen, place.host, datetime.now(UTC)))
    if refusal is None:
        return TrustView(side, place.text, _views(seen), "", say("it_is_trusted_already"))
    if problem and refusal.verify_code not in _UNKNOWN:
        return TrustView(side, place.text, _views(seen), "", problem)
    authority = _authority(seen)
    if authority is None:
        problem = problem or (
            say(
                "does_not_send_the_certificate_of_ask",
                text=place.text,
                signer_of=certificates.signer_of(seen),
            )
        )
        return TrustView(side, place.text, _views(seen), "", problem)
    return TrustView(side, place.text, _views(seen), authority.fingerprint, problem)


def trusted(settings: Settings, directory: Path, side: str, fingerprint: str) -> Path:
    """Write a file with the authorities of a side and this one; its path.

    Authorities that the present `ca_file` holds are kept. The server is looked at anew, and the
    authority must be the one with this fingerprint.

    Raises:
        ConfigError: the server now shows another authority; nothing was written.
        TransientError: the server was not reached.
    """
    for url in addresses(settings, side):
        found = _authority(_look(url, side))
        if found is not None and found.fingerprint == fingerprint:
            return _write(_ca_file(settings, directory, side), directory, side, found)
    raise ConfigError(
        "TLS-01",
        say("the_server_no_longer_shows_the"),
        side,
        title=say("nothing_was_changed"),
        fix=say("look_at_the_chain_again_and_compare"),
    )


def _write(present: Path | None, directory: Path, side: str, found: Certificate) -> Path:
    kept = ""
    if present is not None and present.is_file():
        kept = present.read_text(encoding="utf-8", errors="replace")
    path = directory / f"{side}-authorities.pem"
    text = kept if found.pem in kept else f"{kept.rstrip()}\n\n# {found.text}\n{found.pem}"
    draft = path.with_suffix(".new")
    draft.write_text(text.lstrip(), encoding="utf-8")
    draft.replace(path)
    return path


def _ca_file(settings: Settings, directory: Path, side: str) -> Path | None:
    held = settings.x3.ca_file if side == "x3" else settings.avidxchange.ca_file
    return relative_to_data(directory, held)


def _look(url: str, side: str) -> Shown:
    place = network.place_of(url)
    try:
        seen = certificates.look(place, proxies.route_to(url).proxy, _TIMEOUT_S)
    except (OSError, ValueError) as cause:
        why = say("shows_no_certificate", text=place.text, name=type(cause).__name__)
        fix = say("run_the_health_checks_they_name_the")
        raise TransientError("NET-01", why, side, fix=fix, detail=str(cause)) from None
    if not seen.chain:
        raise TransientError("NET-01", say("shows_no_certificate_2", text=place.text), side)
    return seen


def _refusal(url: str, ca_file: Path | None) -> ssl.SSLCertVerificationError | None:
    """Why a server's certificate is not taken; None when it is, or when there is another cause."""
    usable = ca_file if ca_file is not None and ca_file.is_file() else None
    try:
        proxy = proxies.route_to(url).proxy
        certificates.shake_hands(network.place_of(url), proxy, usable, _TIMEOUT_S)
    except ssl.SSLCertVerificationError as refusal:
        return refusal
    except OSError:
        return None  # the look that follows says so
    return None


def _authority(seen: Shown) -> Certificate | None:
    """Whom to trust: the authority next above the server that this system can take as its anchor.

    Windows takes only an authority that has no issuer of its own.
    """
    usable = [one for one in seen.authorities if one.is_own_issuer or sys.platform != "win32"]
    return usable[0] if usable else None


def _views(seen: Shown) -> tuple[CertificateView, ...]:
    return tuple(
        CertificateView(one.subject, one.issuer, one.names, one.starts, one.ends, one.fingerprint)
        for one in seen.chain
    )
