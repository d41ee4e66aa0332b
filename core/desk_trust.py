"""*Trust this authority* as the window needs it: the chain to look at, and the decision.

What is shown and kept is in `core.authorities`, loaded when it is first asked for.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.desk_life import LivingFacade
from core.errors import ConfigError
from core.store import history
from core.words import area

say = area(__name__)

if TYPE_CHECKING:
    from core.authorities import TrustView


class TrustingDesk(LivingFacade):
    """The part of the desk that decides whom a side's connections trust."""

    def chain(self, side: str) -> TrustView:
        """What a side's server shows, for a person to judge; speaks to the server.

        Raises:
            ConfigError: settings are not whole, or no address of the side is https.
            TransientError: the server was not reached, or shows no certificate.
        """
        from core import authorities

        return authorities.shown(self.settings, self.directory, side)

    def trust(self, side: str, fingerprint: str, *, confirmed_by: str) -> Path:
        """Keep the authority with this fingerprint as the side's `ca_file`; the file.

        `confirmed_by` says who compared the fingerprint, for the audit log.
        Speaks to the server; one transaction and a write of the settings. Clients are made anew.

        Raises:
            ConfigError: the server shows another authority now, or this is the demo.
            TransientError: the server was not reached. Nothing was changed then.
        """
        if self.is_demo:
            why = say("the_demos_connections_need_no_authority")
            raise ConfigError("CFG-01", why, side, title=say("nothing_was_changed"))
        from core import authorities

        path = authorities.trusted(self.settings, self.directory, side, fingerprint)
        self.save_settings({f"{side}.ca_file": path.name})
        after = {"ca_file": path.name, "sha256": fingerprint, "confirmed_by": confirmed_by}
        with self._store.write():
            entry = history.Entry(self._actor, "authority trusted", side, after=after)
            history.append(self._store, entry)
        self._changed("audit")
        return path
