"""What an exception from below HTTP means, in the words of the catalogue (product.md 9).

Only `core.http` uses it. Whether a request was sent is not decided here: see `wire_adapter`.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import requests
import urllib3.exceptions as below

from core.errors import TransientError
from core.words import area

say = area(__name__)


class TimedOut(TransientError):
    """No whole answer came before the deadline; three in a row mean more (sage-x3.md 4.4)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """The catalogue code, why in a clause without a full stop, and the cause's own text."""

    code: str
    why: str
    text: str = ""
    is_time_out: bool = False
    is_certificate: bool = False


def fault_of(cause: BaseException) -> Fault:
    """The fault of any exception of requests, urllib3 or the socket.

    TLS and time-outs are looked for first: requests derives both from its ConnectionError.
    """
    chain = list(_chain(cause))
    root = chain[-1]
    text = str(root)

    def has(*kinds: type[BaseException]) -> bool:
        return any(isinstance(link, kinds) for link in chain)

    if has(requests.exceptions.ProxyError, below.ProxyError):
        return _proxy_fault(text)
    if has(ssl.SSLCertVerificationError):
        return Fault(
            "TLS-01",
            say("its_certificate_is_not_accepted", verdict=_verdict(chain)),
            text,
            is_certificate=True,
        )
    # By type: urllib3 derives every connection that failed at once from the one that took too long.
    is_late = any(type(link) is below.ConnectTimeoutError for link in chain)
    if is_late or has(TimeoutError, below.ReadTimeoutError, requests.exceptions.Timeout):
        return Fault("NET-01", say("no_answer_in_time"), text, is_time_out=True)
    if has(ssl.SSLError, below.SSLError, requests.exceptions.SSLError):
        return Fault("TLS-01", say("no_secure_connection_could_be_agreed"), text)
    if has(socket.gaierror, below.NameResolutionError):
        return Fault("NET-01", say("the_name_is_not_known"), text)
    if has(ConnectionRefusedError):
        return Fault("NET-01", say("the_connection_was_refused"), text)
    if has(ConnectionError, below.ProtocolError):
        return Fault("NET-01", say("the_connection_was_broken_off"), text)
    return Fault("NET-01", say("no_connection", name=type(root).__name__), text)


def _proxy_fault(text: str) -> Fault:
    if " 407 " in f"{text} ":
        return Fault("NET-02", say("the_proxy_asks_for_a_sign_in"), text)
    return Fault("NET-01", say("the_proxy_did_not_make_the_connection"), text)


def _verdict(chain: list[BaseException]) -> str:
    """OpenSSL's or the operating system's reason."""
    for link in chain:
        if isinstance(link, ssl.SSLCertVerificationError):
            return str(getattr(link, "verify_message", "") or link)
    return ""


def _chain(cause: BaseException) -> Iterator[BaseException]:
    """The exception and what it stands for: urllib3 and requests wrap in three ways."""
    seen: set[int] = set()
    link: BaseException | None = cause
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        inner = [getattr(link, "reason", None), *link.args, link.__cause__, link.__context__]
        link = next((one for one in inner if isinstance(one, BaseException)), None)
