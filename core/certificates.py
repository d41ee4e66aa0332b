"""What a server shows to prove who it is, what is wrong with it, and whom this computer trusts.

`trusted_context` is the trust of every connection of the program. `look` opens a connection that
trusts nobody, only to show its certificates to a person: nothing is ever sent over it.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import truststore
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from core.network import Place, open_way
from core.words import area

say = area(__name__)

_NAMES_SHOWN = 4
_NOT_TLS = (
    "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE",
    "PACKET_LENGTH_TOO_LONG",
)  # fmt: skip
_OLD = frozenset({"SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1"})


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate of a chain; instants in UTC, `fingerprint` is SHA-256 in hexadecimal."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    starts: datetime
    ends: datetime
    fingerprint: str
    is_authority: bool
    is_own_issuer: bool
    pem: str = field(repr=False)

    @property
    def text(self) -> str:
        """One line for a person."""
        return say(
            "issued_by_to_sha_256",
            subject=self.subject,
            issuer=self.issuer,
            starts=self.starts,
            ends=self.ends,
            fingerprint=self.fingerprint[:16],
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """What a server shows: its own certificate first, then those that vouch for it."""

    chain: tuple[Certificate, ...]
    protocol: str = ""

    @property
    def authorities(self) -> tuple[Certificate, ...]:
        """The authorities that were sent along, or a server's certificate that signs itself."""
        above = tuple(one for one in self.chain[1:] if one.is_authority)
        if above or not self.chain:
            return above
        return self.chain[:1] if self.chain[0].is_own_issuer else ()


def trusted_context(ca_file: Path | None) -> truststore.SSLContext:
    """The operating system's trust and the authorities of `ca_file` (PEM), TLS 1.2 or newer.

    Name and dates are always verified. An authority of the file is trusted by itself, whether or
    not it has an issuer of its own.

    Raises:
        OSError: `ca_file` is missing or holds no certificate.
    """
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if ca_file is not None:
        context.load_verify_locations(cafile=ca_file)
    return context


def shake_hands(place: Place, proxy: str, ca_file: Path | None, timeout_s: float) -> str:
    """The version of TLS agreed with a server that is trusted; nothing was sent over it.

    Raises:
        ssl.SSLError: no trust or no agreement. OSError: no connection, or `ca_file` is unreadable.
    """
    context = trusted_context(ca_file)
    with (
        open_way(place, proxy, timeout_s) as way,
        context.wrap_socket(way, server_hostname=place.host) as secured,
    ):
        return secured.version() or ""


def look(place: Place, proxy: str, timeout_s: float) -> Shown:
    """The certificates a server shows, for a person to judge; nothing is sent over the connection.

    Raises:
        ssl.SSLError: nothing can be agreed at all. OSError: no connection.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # to show what is wrong; `trusted_context` decides
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with suppress(ssl.SSLError):  # to name a server's old version rather than to use it
        context.set_ciphers("ALL:@SECLEVEL=0")
    with (
        open_way(place, proxy, timeout_s) as way,
        context.wrap_socket(way, server_hostname=place.host) as secured,
    ):
        return Shown(tuple(map(_read, _chain(secured))), secured.version() or "")


def _chain(secured: ssl.SSLSocket) -> list[bytes]:
    """The chain as the server sent it, DER; public in Python from 3.13 on."""
    holder = secured if hasattr(secured, "get_unverified_chain") else secured._sslobj  # type: ignore[attr-defined]  # noqa: SLF001 - as truststore does it below 3.13
    sent = holder.get_unverified_chain() or ()
    der = ssl.PEM_cert_to_DER_cert
    return [one if isinstance(one, bytes) else der(one.public_bytes()) for one in sent]


def _read(der: bytes) -> Certificate:
    found = x509.load_der_x509_certificate(der)
    return Certificate(
        subject=_named(found.subject),
        issuer=_named(found.issuer),
        names=_names(found),
        starts=found.not_valid_before_utc,
        ends=found.not_valid_after_utc,
        fingerprint=found.fingerprint(SHA256()).hex(),
        is_authority=_is_authority(found),
        is_own_issuer=found.subject == found.issuer,
        pem=found.public_bytes(Encoding.PEM).decode("ascii"),
    )


def _named(name: x509.Name) -> str:
    """A name as people know it: the common name with the organisation, else all of it."""
    parts = [
        str(found[0].value)
        for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
        if (found := name.get_attributes_for_oid(kind))
    ]
    return ", ".join(parts) or name.rfc4514_string() or say("no_name")


def _names(found: x509.Certificate) -> tuple[str, ...]:
    """The host names and addresses a certificate is made out for."""
    try:
        listed = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (x509.ExtensionNotFound, ValueError):
        return ()
    hosts = listed.get_values_for_type(x509.DNSName)
    return (*hosts, *map(str, listed.get_values_for_type(x509.IPAddress)))


def _is_authority(found: x509.Certificate) -> bool:
    try:
        return bool(found.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
    except (x509.ExtensionNotFound, ValueError):
        return False


def faults_of(shown: Shown, host: str, now: datetime) -> list[str]:
    """What is wrong with a server's certificate by its own text: dates and name, each a clause."""
    if not shown.chain:
        return [say("the_server_shows_no_certificate")]
    found = []
    for place, one in enumerate(shown.chain):
        whose = (
            say("its_certificate") if not place else say("the_certificate_of", subject=one.subject)
        )
        if now > one.ends:
            found.append(say("expired_on_utc", whose=whose, ends=one.ends))
        elif now < one.starts:
            found.append(say("is_valid_from_utc_only", whose=whose, starts=one.starts))
    own = shown.chain[0]
    if not any(_fits(name, host) for name in own.names):
        made_for = ", ".join(own.names[:_NAMES_SHOWN]) or own.subject
        found.append(say("its_certificate_is_made_out_for_not", made_for=made_for, host=host))
    return found


def _fits(name: str, host: str) -> bool:
    """Whether a name of a certificate covers a host, as RFC 6125 has it."""
    with suppress(ValueError):
        return ipaddress.ip_address(name) == ipaddress.ip_address(host)
    pattern, wanted = name.casefold().rstrip("."), host.casefold().rstrip(".")
    if pattern.startswith("*."):
        return wanted.partition(".")[2] == pattern[2:]
    return pattern == wanted


def signer_of(shown: Shown) -> str:
    """Who vouches for a server, in a clause."""
    if not shown.chain:
        return "nobody"
    own = shown.chain[0]
    return say("itself", subject=own.subject) if own.is_own_issuer else shown.chain[-1].issuer


def is_old(protocol: str) -> bool:
    """Whether a version of TLS is older than 1.2."""
    return protocol in _OLD


def is_no_tls(cause: ssl.SSLError) -> bool:
    """Whether the server answered with something that is not TLS, such as plain http."""
    return any(word in (cause.reason or str(cause)).upper() for word in _NOT_TLS)


def why_refused(place: Place, proxy: str, timeout_s: float) -> str:
    """One sentence on a certificate that was refused, from a look of its own; empty if it fails."""
    try:
        shown = look(place, proxy, timeout_s)
    except (OSError, ValueError):
        return ""
    wrong = faults_of(shown, place.host, datetime.now(UTC))
    told = say("it_was_issued_by", signer_of=signer_of(shown))
    return f"{told}; {'; '.join(wrong)}." if wrong else f"{told}."


def timed_out(cause: OSError) -> bool:
    """Whether a handshake ended because the server said nothing."""
    return isinstance(cause, TimeoutError | socket.timeout)
