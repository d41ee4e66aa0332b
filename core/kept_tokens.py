"""The gateway's tokens of a workspace in its store: sealed, and shared by all processes.

`KeptTokens` is the `core.x3.oauth2.TokenKeeper` of the program. A pair and all that is known of it
are kept in one transaction. The calling thread's connection is closed again after each call:
callers are workers that otherwise never touch the store.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from core import crash_points
from core.domain.canonical import instant_text, parse_instant
from core.errors import AppError
from core.store import history, sign_in, values
from core.store.sign_in import ACCESS, REFRESH
from core.store.sqlite import Store
from core.vault import Vault
from core.x3.oauth2 import Kept
from core.x3.token_endpoint import ACCESS_LIFE_S, Pair

_ENGINE = "engine"


class KeptTokens:
    """One workspace's tokens; every process and thread sees the same.

    `for_client` tells the gateway and client they belong to: with other settings an old refusal
    and an old regional root say nothing.
    """

    def __init__(self, store: Store, vault: Vault, *, for_client: str) -> None:
        self._store = store
        self._vault = vault
        self._for = _digest(for_client)
        self._owner = str(uuid.uuid4())

    # TokenKeeper

    def read(self) -> Kept:
        """What is kept now; the tokens are registered for redaction. Three indexed rows."""
        with self._lent(), self._store.read():
            known = sign_in.facts(self._store)
            sealed_access = values.secret(self._store, ACCESS)
            sealed_refresh = values.secret(self._store, REFRESH)
        refusal = sign_in.refusal(known, self._for)
        if sealed_refresh is None:
            return Kept(refusal=refusal)
        refresh = self._vault.open(REFRESH, sealed_refresh)
        access = "" if sealed_access is None else self._vault.open(ACCESS, sealed_access)
        now = self._store.clock()
        access_ends, refresh_ends = known.get("access_ends"), known.get("refresh_ends")
        pair = Pair(
            access=access,
            refresh=refresh,
            access_ends=parse_instant(access_ends) if access and access_ends else now,
            access_life_s=float(known.get("access_life_s", ACCESS_LIFE_S)),
            refresh_ends=parse_instant(refresh_ends) if refresh_ends else now,
            root=str(known.get("root", "")) if known.get("for") == self._for else "",
        )
        is_pending = known.get("asked", "") == _digest(refresh)
        return Kept(pair, is_pending=is_pending, refusal=refusal)

    def take_turn(self, for_s: float) -> bool:
        """Become or stay the one who renews; one transaction."""
        with self._lent(), self._store.write():
            return sign_in.take_turn(self._store, self._owner, for_s)

    def end_turn(self) -> None:
        """Let the next one renew; nothing when it is another one's turn by now."""
        with self._lent(), self._store.write():
            sign_in.end_turn(self._store, self._owner)

    def note_asked(self, refresh: str) -> None:
        """Commit that a renewal by this token is under way; empty: none is."""
        with self._lent(), self._store.write():
            known = sign_in.facts(self._store)
            sign_in.put_facts(self._store, known | {"asked": _digest(refresh) if refresh else ""})

    def save(self, pair: Pair) -> None:
        """Commit a renewed pair."""
        crash_points.reach(crash_points.BEFORE_TOKENS_ARE_STORED)
        self._keep(pair, None)

    def drop(self, refresh: str, refusal: AppError) -> None:
        """Commit the end of the sign-in, with a row in the audit log."""
        with self._lent():
            blob = values.secret(self._store, REFRESH)
        if blob is not None and self._vault.open(REFRESH, blob) != refresh:
            return
        with self._lent(), self._store.write():
            if values.secret(self._store, REFRESH) != blob:
                return  # somebody has signed in meanwhile
            for name in (ACCESS, REFRESH):
                values.forget_secret(self._store, name)
            ended = {"refused": sign_in.told(refusal), "for": self._for}
            sign_in.put_facts(self._store, ended)
            entry = history.Entry(_ENGINE, "sign-in ended", REFRESH, result=refusal.why)
            history.append(self._store, entry)

    def refuse(self, refusal: AppError) -> None:
        """Commit that the client is not taken; the tokens stay for a corrected one."""
        with self._lent(), self._store.write():
            known = sign_in.facts(self._store)
            if known.get("for") != self._for:
                known["root"] = ""
            known |= {"refused": sign_in.told(refusal), "for": self._for}
            sign_in.put_facts(self._store, known)

    # A person's sign-in

    def sign_in(self, pair: Pair, *, actor: str) -> None:
        """Commit the first pair of a person's sign-in, with a row in the audit log."""
        self._keep(pair, history.Entry(actor, "signed in", REFRESH))

    def _keep(self, pair: Pair, entry: history.Entry | None) -> None:
        blobs = {
            ACCESS: self._vault.seal(ACCESS, pair.access),
            REFRESH: self._vault.seal(REFRESH, pair.refresh),
        }
        with self._lent(), self._store.write():
            old, now = sign_in.facts(self._store), self._store.now()
            for name, blob in blobs.items():
                values.put_secret(self._store, name, blob)
            known = {
                "access_ends": instant_text(pair.access_ends),
                "access_life_s": pair.access_life_s,
                "refresh_ends": instant_text(pair.refresh_ends),
                "root": pair.root,
                "for": self._for,
                "since": now if entry is not None else old.get("since", now),
            }
            sign_in.put_facts(self._store, known)
            if entry is not None:
                history.append(self._store, entry)

    @contextmanager
    def _lent(self) -> Iterator[None]:
        """The store for a moment."""
        try:
            yield
        finally:
            self._store.close_thread()


def _digest(text: str) -> str:
    """Tells values apart without holding them."""
    return hashlib.sha256(text.encode()).hexdigest()
