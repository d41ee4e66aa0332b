"""TLS against a private authority: both are made here and forgotten again, nothing is installed.

Part of `selftest`. The server speaks on 127.0.0.1 only, and only TLS: it sends no content.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from core import certificates
from core.network import Place
from core.words import area

say = area(__name__)

_HOST = "localhost"
_WAIT_S = 10.0
_LIFE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Signed:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def check(directory: Path) -> str:
    """Trust a private authority where it is named, and refuse it where it is not.

    Both ways are gone as every connection of the program goes them (`trusted_context`). Files are
    made in `directory`.

    Raises:
        OSError: no agreement with the trusted authority, or a stranger's was accepted.
    """
    authority_file = directory / "authority.pem"
    server_file = directory / "server.pem"
    authority = _authority()
    authority_file.write_bytes(authority.certificate.public_bytes(Encoding.PEM))
    server_file.write_bytes(_server_of(authority))
    with _listening(server_file) as place:
        protocol = certificates.shake_hands(place, "", authority_file, _WAIT_S)
        try:
            certificates.shake_hands(place, "", None, _WAIT_S)
        except ssl.SSLCertVerificationError:
            return say("with_a_private_authority_a_strangers", protocol=protocol)
    raise OSError(say("a_certificate_of_an_authority_that"))


def _authority() -> _Signed:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _named(say("crossfoot_selftest_authority"))
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    made = (
        _begun(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, SHA256())
    )
    return _Signed(made, key)


def _server_of(authority: _Signed) -> bytes:
    """A server's key and certificate for this computer, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key())
    made = (
        _begun(_named(_HOST), authority.certificate.subject, key)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(_HOST)]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([x509.OID_SERVER_AUTH]), critical=False)
        .add_extension(issuer, critical=False)
        .sign(authority.key, SHA256())
    )
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + made.public_bytes(Encoding.PEM)


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _LIFE)
        .not_valid_after(now + _LIFE)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


@contextlib.contextmanager
def _listening(server_file: Path) -> Iterator[Place]:
    """A server that shakes hands with whoever comes until the block ends."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_file)
    ending = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(
            target=_shake_hands, args=(listener, context, ending), name="selftest-tls", daemon=True
        )
        thread.start()
        port = int(listener.getsockname()[1])
        try:
            yield Place(_HOST, port)
        finally:
            ending.set()
            # A closed listener does not wake who waits on it on every system; one more caller does.
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), _WAIT_S).close()
            thread.join(_WAIT_S)


def _shake_hands(listener: socket.socket, context: ssl.SSLContext, ending: threading.Event) -> None:
    while True:
        caller, _ = listener.accept()
        with caller:
            if ending.is_set():
                return
            caller.settimeout(_WAIT_S)
            # Who does not trust us breaks off, which is half of the check.
            with contextlib.suppress(OSError), context.wrap_socket(caller, server_side=True) as way:
                way.recv(1)
