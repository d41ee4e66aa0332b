"""The X3 client put together: one call makes reader, writer, encoder and checks over one wire."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.http import Contact, Transport
from core.x3.api1 import Api1Reader
from core.x3.auth import Auth
from core.x3.graphql import GraphqlReader
from core.x3.graphql_questions import Questions
from core.x3.graphql_setup import GraphqlSetUp
from core.x3.profile import Profile
from core.x3.setup import SetUp
from core.x3.soap import SoapEncoder
from core.x3.soap_writer import SoapWriter
from core.x3.transport import Wire, X3Connection


@dataclass(frozen=True, slots=True)
class X3Client:
    """Everything the program does with one X3 endpoint; each part is safe for several threads."""

    reader: Api1Reader | GraphqlReader
    writer: SoapWriter
    encoder: SoapEncoder
    set_up: SetUp
    wire: Wire


def transport_for(
    connection: X3Connection,
    profile: Profile,
    *,
    redact: Callable[[str], str],
    on_contact: Callable[[Contact], None] | None = None,
) -> Transport:
    """The transport for `connect`, with the settings' authorities and the profile's time-out."""
    return Transport(
        system="x3",
        base_url=connection.base_url,
        ca_file=connection.ca_file,
        connect_timeout_s=profile.limits.connect_timeout_s,
        redact=redact,
        on_contact=on_contact,
    )


def connect(
    connection: X3Connection,
    profile: Profile,
    auth: Auth,
    transport: Transport,
    wait: Callable[[float], None],
) -> X3Client:
    """A client for one endpoint, reading as `connection.read` says; nothing is asked of X3 yet.

    `wait` sleeps between tries and may raise `Stopped`. `transport` belongs to the caller, who
    closes it.
    """
    wire = Wire(connection, profile, auth, transport, wait)
    api1 = Api1Reader(wire)
    encoder = SoapEncoder(connection, profile)
    writer = SoapWriter(wire, encoder, api1)
    set_up = SetUp(wire, api1, writer)
    reader: Api1Reader | GraphqlReader = api1
    if connection.read == "graphql":
        questions = Questions(wire)
        reader = GraphqlReader(wire, api1, questions)
        set_up = GraphqlSetUp(wire, api1, writer, questions)
    return X3Client(reader, writer, encoder, set_up, wire)
