"""Where AvidXchange is and as whom it is asked; no secret and nothing of the wire's form."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

CLIENT_SECRET = "avidxchange.client_secret"  # noqa: S105 - the name of a secret, not a secret
COMPANY_TOKEN = "avidxchange.company_token"  # noqa: S105
USER_TOKEN = "avidxchange.user_token"  # noqa: S105
SYSTEM = "avidxchange"


@dataclass(frozen=True, slots=True)
class AvidConnection:
    """One organisation at one AvidXchange address, as the settings name it.

    `idempotency_header` empty = none is sent. `page_size` is cut to the profile's largest.
    """

    base_url: str
    token_url: str = ""
    auth: Literal["client_credentials", "static_tokens"] = "client_credentials"
    client_id: str = ""
    company_id: str = ""
    scope: str = ""
    idempotency_header: str = "Idempotency-Key"
    page_size: int = 200
    ca_file: Path | None = None
