"""A person's sign-in at the gateway, from the page in the browser to the tokens in the store.

Made for one sign-in and used up by it. Whoever runs it decides on which thread it waits and what
opens a browser.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from core.clients import sign_in_parts, token_client
from core.clock import SystemClock
from core.credentials import Credentials
from core.errors import AuthError, ConfigError, TransientError
from core.redaction import REGISTER
from core.settings import Settings
from core.words import area
from core.x3.browser_sign_in import LONGEST_S, AuthorizePage, BrowserSignIn, Callback
from core.x3.oauth2 import TURN_LOOK_S
from core.x3.token_endpoint import GrantRefused, Pair

say = area(__name__)

_TURN_S = 60.0


class GatewaySignIn:
    """One sign-in; listens on this computer from the beginning until `close`."""

    def __init__(self, settings: Settings, directory: Path, credentials: Credentials) -> None:
        """Begin to listen; asks nobody.

        Raises:
            ConfigError: CFG-01, a setting or the client's secret is missing, or it is another kind
                of sign-in.
        """
        x3 = settings.x3
        if x3.auth != "oauth2":
            why = say("x3_auth_is_only_oauth2_signs_in", auth=x3.auth)
            raise ConfigError("CFG-01", why, "x3", detail="x3.auth")
        if not x3.authorize_url:
            raise ConfigError("CFG-01", say("x3_authorize_url_is_missing"), "x3", detail=_WHERE)
        credentials.value("x3.client_secret")
        self._clock = SystemClock()
        self._keeper = credentials.tokens(token_client(settings))
        profile, self._transport, self._endpoint = sign_in_parts(
            settings, directory, credentials, self._clock
        )
        customer = profile.oauth2.customer or x3.base_url
        page = AuthorizePage(x3.authorize_url, x3.client_id, profile.oauth2.scope, customer)
        self._browser = BrowserSignIn(page, REGISTER)

    @property
    def address(self) -> str:
        """The page to open in a browser; good for this one sign-in."""
        return self._browser.address

    def run(
        self, open_browser: Callable[[str], object], *, actor: str, timeout_s: float = LONGEST_S
    ) -> None:
        """Open the page, wait for its answer, and keep the tokens; takes as long as the person.

        Raises:
            AuthError: AUT-01 or AUT-02, the person or the gateway did not finish it.
            ConfigError: CFG-01, the gateway does not take the client.
            TransientError: the gateway did not answer; its code is used up.
            LocalFault: the tokens could not be kept. Stopped: it was cancelled.
        """
        open_browser(self.address)
        callback = self._browser.wait(timeout_s, self._clock.wait)
        self._take_turn()
        try:
            self._keeper.sign_in(self._exchanged(callback), actor=actor)
        finally:
            self._keeper.end_turn()

    def paste(self, text: str) -> None:
        """Take the code by hand; ConfigError when it is none of this sign-in."""
        self._browser.paste(text)

    def cancel(self) -> None:
        """End the wait; `run` raises `Stopped`."""
        self._clock.stop()
        self._browser.cancel()

    def close(self) -> None:
        """Stop listening, and close the connection to the gateway."""
        self._browser.close()
        self._transport.close()

    def _take_turn(self) -> None:
        """Wait until no process renews; a renewal that began before would overwrite ours."""
        end = time.monotonic() + _TURN_S
        while not self._keeper.take_turn(_TURN_S):
            if time.monotonic() > end:
                why = say("another_crossfoot_has_been_renewing_the")
                raise TransientError("NET-01", why, "x3", title=say("the_sign_in_was_not_finished"))
            self._clock.wait(TURN_LOOK_S)

    def _exchanged(self, callback: Callback) -> Pair:
        try:
            return self._endpoint.exchanged(
                callback.code, self._browser.redirect_uri, self._browser.verifier, callback.root
            )
        except GrantRefused as refused:
            why = say("the_gateway_did_not_take_the_code")
            raise AuthError("AUT-02", why, "x3", request_id=refused.request_id) from None


_WHERE = "x3.authorize_url"
