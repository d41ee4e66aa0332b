"""Both clients of a workspace from its settings, its profiles and its secrets.

Nothing is asked of either system here; a wrong profile or a missing secret is a ConfigError before
the first request.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar, cast

from core.attachments import Folder
from core.avidxchange import AvidClient, AvidConnection, Encoder, load_profile, open_http
from core.avidxchange.profile import Profile as AvidProfile
from core.clock import SystemClock
from core.config import relative_to_data, resource
from core.credentials import Credentials
from core.domain.actions import Encoders
from core.domain.approvals import LevelWrite
from core.domain.postings import Posting
from core.engine.work import SECOND_PUBLICATION, Tools
from core.errors import AppError
from core.http import Transport
from core.policies import engine_config_of, policy_of
from core.ports import Allocation, ErpEncoder, ErpReader, ErpWriter, PaymentPosting
from core.redaction import REGISTER
from core.settings import Settings
from core.store import traffic, values
from core.store.digests import DigestFile
from core.store.second_copies import SecondCopy
from core.store.sqlite import Store
from core.words import area
from core.workspace_folder import workspace_folder
from core.x3.allowance import Allowance, Counted, counted_as
from core.x3.auth import Auth, BasicAuth
from core.x3.client import X3Client
from core.x3.client import connect as connect_x3
from core.x3.connected_app import ConnectedAppAuth
from core.x3.oauth2 import OAuth2Auth
from core.x3.probing import Probing, SignIn, asked_once
from core.x3.profile import Profile as X3Profile
from core.x3.profile import load as load_x3_profile
from core.x3.token_endpoint import Gateway, TokenEndpoint
from core.x3.transport import X3Connection
from core.x3_folder import check_folder

say = area(__name__)

_log = logging.getLogger(__name__)
_Kept = TypeVar("_Kept", SecondCopy, DigestFile)
_LONGEST_TOKEN_S = 30.0  # a token is a small answer; a longer silence is none
_INVOICE_GROUP = "x3.invoice_group"  # what set-up has found for this site


@dataclass(frozen=True, slots=True)
class Clients:
    """Both clients with what rules and engine need of their profiles; `close` ends connections."""

    x3: X3Client
    ap: AvidClient
    x3_profile: X3Profile
    avid_profile: AvidProfile
    transports: tuple[Transport, Transport]
    allowance: Allowance
    store: Store

    def close(self) -> None:
        """Close the connections of all threads, and keep what was counted since the last run."""
        for transport in self.transports:
            transport.close()
        moved = self.allowance.take()
        if not moved:
            return
        try:
            with self.store.write():
                traffic.add(self.store, moved)
        except AppError as error:  # the answers are here: a full disk must not take them back
            _log.warning("the volume of X3 could not be counted: %s", error)


def connect(
    settings: Settings,
    directory: Path,
    credentials: Credentials,
    clock: SystemClock,
    *,
    is_patient: bool = True,
) -> Clients:
    """Clients for both systems; one that is not patient asks nothing twice, for checks.

    Raises:
        ConfigError: CFG-01, a profile is wrong or a way to connect is not available.
    """
    x3_profile = load_x3_profile(
        resource("profiles/x3-default.toml"), relative_to_data(directory, settings.x3.profile)
    )
    avid_profile = load_profile(relative_to_data(directory, settings.avidxchange.profile))
    if not is_patient:
        x3_profile, avid_profile = asked_once(x3_profile), avid_profile.asked_once()
    x3_connection = _x3_connection(settings, directory, credentials.store)
    x3_http = _x3_transport(settings, directory, x3_profile)
    allowance = Allowance(settings.x3.daily_megabytes, clock.now)
    allowance.begin_at(allowance.day, traffic.total(credentials.store, allowance.day))
    x3_http.on_traffic = allowance.note
    auth = _x3_auth(settings, credentials, x3_profile, x3_http, clock)
    x3 = connect_x3(x3_connection, x3_profile, auth, x3_http, clock.wait)
    avid_connection = _avid_connection(settings, directory)
    avid_http = open_http(avid_connection, avid_profile)
    ap = AvidClient(
        avid_connection, avid_profile, http=avid_http, secret=credentials.value, clock=clock
    )
    return Clients(
        x3, ap, x3_profile, avid_profile, (x3_http, avid_http), allowance, credentials.store
    )


def tools_of(
    clients: Clients,
    settings: Settings,
    store: Store,
    clock: SystemClock,
    seal_key: Callable[[], bytes],
) -> Tools:
    """What the engine works with; a relative document folder lies in the data directory."""
    folder = relative_to_data(store.directory, settings.attachments.folder)
    return Tools(
        store=store,
        reader=cast("ErpReader", Counted(clients.x3.reader)),
        writer=cast("ErpWriter", Counted(clients.x3.writer)),
        ap=clients.ap,
        clock=clock,
        policy=policy_of(settings, clients.x3_profile, clients.avid_profile),
        encoders=encoders_of(clients, settings, store),
        config=engine_config_of(settings, clients.x3_profile, clients.avid_profile),
        seal_key=seal_key,
        allowance=clients.allowance,
        folder=Folder(folder) if folder else None,
        check_folder=partial(_check_folder, clients.x3, settings, store),
        second_copy=_kept_outside(SecondCopy, settings, store),
        digest=_kept_outside(DigestFile, settings, store),
    )


def _kept_outside(kind: type[_Kept], settings: Settings, store: Store) -> _Kept | None:
    """What is kept in the folder of the workspace too; nowhere for the simulated systems."""
    if values.setting(store, "sandbox") == "1":
        return None
    folder = workspace_folder(store.directory, settings)
    if folder is None:
        return None
    return kind(folder, name=settings.workspace.name, workspace=store.workspace)


def _check_folder(x3: X3Client, settings: Settings, store: Store, is_asked: bool) -> None:  # noqa: FBT001 - a callable of the engine's tools
    """Raise ENV-01 when it is another folder than the workspace's; asks X3 only when told to."""
    with counted_as("company"):
        shown = Probing(x3, SignIn(settings.x3.auth)).folder() if is_asked else {}
    check_folder(store, settings.x3.endpoint, shown)


def encoders_of(clients: Clients, settings: Settings, store: Store) -> Encoders:
    """From rules to the exact bytes of both wires."""
    encoder = Encoder(clients.avid_profile)
    erp = clients.x3.encoder
    has_second = bool(settings.x3.soap.purchase_invoice_publication)

    def approval(number: str, invoice_type: str, write: LevelWrite) -> bytes:
        if write.posted:
            return erp.approval_posted(number, write.level, write.text, write.dispute_code)
        second = has_second and invoice_type in json.loads(
            values.setting(store, SECOND_PUBLICATION, "[]")
        )
        return erp.approval_unposted(number, write.level, write.dispute_code, second=second)

    return Encoders(
        invoice=encoder.invoice,
        vendor=encoder.vendor,
        approval=approval,
        payment=partial(_payment_bytes, erp),
    )


def _payment_bytes(erp: ErpEncoder, posting: Posting) -> bytes:
    payment = posting.payment
    allocations = tuple(
        Allocation(
            doc_type=share.item.type,
            doc_number=share.item.number,
            due_line=share.item.due_line,
            site=share.item.site,
            currency=share.item.currency,
            amount=share.amount,
        )
        for share in posting.shares
    )
    return erp.payment(
        PaymentPosting(
            reference=posting.reference,
            site=posting.site,
            partner=posting.partner,
            date=posting.date,
            bank=posting.bank,
            currency=payment.currency,
            amount=payment.amount,
            check_number=payment.printed_check_number or payment.check_number,
            description=say("avidxchange", batch=payment.batch).strip(),
            allocations=allocations,
        )
    )


def sign_in_parts(
    settings: Settings, directory: Path, credentials: Credentials, clock: SystemClock
) -> tuple[X3Profile, Transport, TokenEndpoint]:
    """What a person's sign-in at the gateway needs; the caller closes the transport.

    Raises:
        ConfigError: CFG-01, the profile is wrong.
    """
    profile = load_x3_profile(
        resource("profiles/x3-default.toml"), relative_to_data(directory, settings.x3.profile)
    )
    transport = _x3_transport(settings, directory, profile)
    return profile, transport, _token_endpoint(settings, credentials, profile, transport, clock)


def token_client(settings: Settings) -> str:
    """Which client of which gateway a workspace's tokens belong to."""
    return f"{settings.x3.token_url} {settings.x3.client_id}"


def _x3_connection(settings: Settings, directory: Path, store: Store) -> X3Connection:
    x3, soap = settings.x3, settings.x3.soap
    return X3Connection(
        base_url=x3.base_url,
        endpoint=x3.endpoint,
        start_date=settings.workspace.start_date,
        companies=x3.companies,
        username=x3.username,
        page_size=x3.page_size,
        pool_alias=soap.pool_alias,
        language=soap.language,
        invoice_publication=soap.invoice_publication,
        purchase_invoice_publication=soap.purchase_invoice_publication,
        open_item_publication=soap.open_item_publication,
        payment_publication=soap.payment_publication,
        invoice_group=values.setting(store, _INVOICE_GROUP),
        ca_file=relative_to_data(directory, x3.ca_file),
        read=x3.read,
    )


def _x3_transport(settings: Settings, directory: Path, profile: X3Profile) -> Transport:
    """The way to X3 and to its gateway's token endpoint: one trust for both."""
    return Transport(
        system="x3",
        base_url=settings.x3.base_url,
        ca_file=relative_to_data(directory, settings.x3.ca_file),
        connect_timeout_s=profile.limits.connect_timeout_s,
        redact=REGISTER.redact,
    )


def _x3_auth(
    settings: Settings,
    credentials: Credentials,
    profile: X3Profile,
    transport: Transport,
    clock: SystemClock,
) -> Auth:
    """The kind of sign-in that the settings choose."""
    x3 = settings.x3
    match x3.auth:
        case "basic":
            return BasicAuth(x3.username, partial(credentials.value, "x3.password"))
        case "connected_app":
            return ConnectedAppAuth(
                x3.client_id,
                x3.audience,
                x3.username,
                partial(credentials.value, "x3.client_secret"),
                register=REGISTER,
                now=clock.now,
            )
        case "oauth2":
            return OAuth2Auth(
                _token_endpoint(settings, credentials, profile, transport, clock),
                credentials.tokens(token_client(settings)),
                retry_s=profile.times.read_retry_s,
                now=clock.now,
                wait=clock.wait,
            )


def _token_endpoint(
    settings: Settings,
    credentials: Credentials,
    profile: X3Profile,
    transport: Transport,
    clock: SystemClock,
) -> TokenEndpoint:
    gateway = Gateway(
        token_url=settings.x3.token_url,
        client_id=settings.x3.client_id,
        body=profile.oauth2.body,
        timeout_s=min(profile.limits.read_timeout_s, _LONGEST_TOKEN_S),
    )
    secret = partial(credentials.value, "x3.client_secret")
    return TokenEndpoint(gateway, transport, secret=secret, register=REGISTER, now=clock.now)


def _avid_connection(settings: Settings, directory: Path) -> AvidConnection:
    avid = settings.avidxchange
    return AvidConnection(
        base_url=avid.base_url,
        token_url=avid.token_url,
        auth=avid.auth,
        client_id=avid.client_id,
        company_id=avid.company_id,
        scope=avid.scope,
        idempotency_header=avid.idempotency_header,
        page_size=avid.page_size,
        ca_file=relative_to_data(directory, avid.ca_file),
    )
