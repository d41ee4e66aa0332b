"""Both clients of a workspace from its settings, its profiles and its secrets.

Nothing is asked of either system here; a wrong profile, an unusable kind of sign-in or a missing
secret is a ConfigError before the first request.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.avidxchange import AvidClient, AvidConnection, Encoder, load_profile, open_http
from core.avidxchange.profile import Profile as AvidProfile
from core.clock import SystemClock
from core.config import relative_to_data, resource
from core.credentials import Credentials
from core.domain.actions import Encoders
from core.domain.approvals import LevelWrite
from core.domain.postings import Posting
from core.engine.work import SECOND_PUBLICATION, Tools
from core.errors import ConfigError
from core.http import Transport
from core.policies import engine_config_of, policy_of
from core.ports import Allocation, ErpEncoder, PaymentPosting
from core.redaction import REGISTER
from core.settings import Settings
from core.store import values
from core.store.sqlite import Store
from core.x3.auth import BasicAuth
from core.x3.client import X3Client
from core.x3.client import connect as connect_x3
from core.x3.profile import Profile as X3Profile
from core.x3.profile import load as load_x3_profile
from core.x3.transport import X3Connection


@dataclass(frozen=True, slots=True)
class Clients:
    """Both clients with what rules and engine need of their profiles; `close` ends connections."""

    x3: X3Client
    ap: AvidClient
    x3_profile: X3Profile
    avid_profile: AvidProfile
    transports: tuple[Transport, Transport]

    def close(self) -> None:
        """Close the connections of all threads."""
        for transport in self.transports:
            transport.close()


def connect(
    settings: Settings, directory: Path, credentials: Credentials, clock: SystemClock
) -> Clients:
    """Clients for both systems.

    Raises:
        ConfigError: CFG-01, a profile is wrong or a way to connect is not available.
    """
    x3_profile = load_x3_profile(
        resource("profiles/x3-default.toml"), relative_to_data(directory, settings.x3.profile)
    )
    avid_profile = load_profile(relative_to_data(directory, settings.avidxchange.profile))
    x3_connection = _x3_connection(settings, directory)
    x3_http = Transport(
        system="x3",
        base_url=x3_connection.base_url,
        ca_file=x3_connection.ca_file,
        connect_timeout_s=x3_profile.limits.connect_timeout_s,
        redact=REGISTER.redact,
    )
    x3 = connect_x3(x3_connection, x3_profile, _x3_auth(settings, credentials), x3_http, clock.wait)
    avid_connection = _avid_connection(settings, directory)
    avid_http = open_http(avid_connection, avid_profile)
    ap = AvidClient(
        avid_connection, avid_profile, http=avid_http, secret=credentials.value, clock=clock
    )
    return Clients(x3, ap, x3_profile, avid_profile, (x3_http, avid_http))


def tools_of(
    clients: Clients,
    settings: Settings,
    store: Store,
    clock: SystemClock,
    seal_key: Callable[[], bytes],
) -> Tools:
    """What the engine works with."""
    return Tools(
        store=store,
        reader=clients.x3.reader,
        writer=clients.x3.writer,
        ap=clients.ap,
        clock=clock,
        policy=policy_of(settings, clients.x3_profile, clients.avid_profile),
        encoders=encoders_of(clients, settings, store),
        config=engine_config_of(settings, clients.x3_profile, clients.avid_profile),
        seal_key=seal_key,
    )


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
            description=f"AvidXchange {payment.batch}".strip(),
            allocations=allocations,
        )
    )


def _x3_connection(settings: Settings, directory: Path) -> X3Connection:
    x3, soap = settings.x3, settings.x3.soap
    if x3.read != "api1":
        raise _unavailable("x3.read", x3.read, "api1")
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
        ca_file=relative_to_data(directory, x3.ca_file),
    )


def _x3_auth(settings: Settings, credentials: Credentials) -> BasicAuth:
    if settings.x3.auth != "basic":
        raise _unavailable("x3.auth", settings.x3.auth, "basic")
    return BasicAuth(settings.x3.username, partial(credentials.value, "x3.password"))


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


def _unavailable(key: str, value: str, instead: str) -> ConfigError:
    why = f"{key} = {value} is not available in this version."
    return ConfigError("CFG-01", why, fix=f"Use {instead}.", detail=key)
