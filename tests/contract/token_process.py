"""A process that signs requests with one workspace's tokens, as the program does.

    python -m tests.contract.token_process DIRECTORY TOKEN_URL SECONDS

Writes each access token that it was given, one a line; ends with the seconds or with an error code.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from core.clock import SystemClock
from core.errors import AppError
from core.http import Transport
from core.kept_tokens import KeptTokens
from core.redaction import REGISTER
from core.store.sqlite import Store
from core.vault import FixedKey, Vault
from core.x3.oauth2 import OAuth2Auth
from core.x3.token_endpoint import Gateway, TokenEndpoint
from tests.contract.gateway_site import CLIENT, SECRET


def auth_in(directory: Path, token_url: str) -> OAuth2Auth:
    clock = SystemClock()
    store = Store.open(directory, version="1", clock=clock, is_sandbox=False)
    store.close_thread()
    endpoint = TokenEndpoint(
        Gateway(token_url, CLIENT, timeout_s=10),
        Transport(system="x3", base_url=token_url),
        secret=lambda: SECRET,
        register=REGISTER,
        now=clock.now,
    )
    keeper = KeptTokens(store, Vault(FixedKey()), for_client=token_url)
    return OAuth2Auth(endpoint, keeper, retry_s=(0.1,), now=clock.now, wait=clock.wait)


def main(directory: str, token_url: str, seconds: str) -> int:
    auth = auth_in(Path(directory), token_url)
    end = time.monotonic() + float(seconds)
    try:
        while time.monotonic() < end:
            sys.stdout.write(auth.header() + "\n")
            sys.stdout.flush()
            time.sleep(0.02)
    except AppError as error:
        sys.stdout.write(f"{error.code} {error.why}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
