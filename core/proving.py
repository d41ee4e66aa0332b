"""Why an invoice stands as it does, and what it was at any moment. Part of the facade."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from core import explanations, views
from core.clock import SystemClock
from core.domain.canonical import decode
from core.errors import ConfigError
from core.store import holds, queries, reviews
from core.store.invoices import InvoiceRow, invoice_rows
from core.store.paging import walked
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

if TYPE_CHECKING:  # lists start without the engine and its clients
    from core.engine.work import Tools
    from core.facade import Parts
    from core.past import Past

Members = dict[str, Any]


class Proving:
    """The part of the facade that explains an invoice; any thread."""

    _parts: Parts
    _store: Store

    def explain(self, number: str) -> Members:
        """`explain`; a few indexed queries.

        Raises:
            ConfigError: X3 has shown no invoice of that number.
        """
        store = self._store
        with store.read():
            row = self._known(number)
            shown = {
                "number": number, "state": row.state, "since": row.since, "why": row.why,
            }  # fmt: skip
            items = [
                views.picked(item, views.REVIEW)
                for item in walked(lambda after: queries.reviews(store, after=after))
                if number == item["document"] or number in item["documents"]
            ]
            told = queries.audit_of(store, queries.names_of(store, row))
            is_held = holds.invoice_standings(store, [number])[number].is_held
        return {
            "number": number,
            "state": row.state,
            "text": explanations.sentence(shown, items, is_held_by_person=is_held),
            "timeline": explanations.timeline(told),
        }

    def explain_as_of(self, number: str, moment: str) -> Members:
        """`explain --as-of`: the invoice as it was, each part with the audit row that proves it.

        `today` is what today's settings, reference data and mapping would send for the image of
        then. `moment` is a day (its end here) or a time. Cost: some indexed queries, and all
        reference data once; asks neither system.

        Raises:
            ConfigError: X3 has shown no invoice of that number, or the moment is none.
        """
        from core import past

        try:
            instant = past.moment_of(moment)
        except ValueError:
            raise _refused(
                say("is_no_moment_like_2026_10_31", moment=moment), say("give_another_one")
            ) from None
        connected = self._parts.connect(SystemClock())
        try:
            with self._store.read():
                row = self._known(number)
                found = past.Past(self._store, number, instant, queries.names_of(self._store, row))
                members = found.members()
                members["today"] = self._today(found, row, connected.tools)
                return members | {"log": past.head_members(self._store)}
        finally:
            connected.close()

    def _today(self, found: Past, row: InvoiceRow, tools: Tools) -> Members | None:
        """What today's rules make of the image of then; None when X3 had not shown it yet."""
        from core.domain import unsent
        from core.domain.documents import OpenItem
        from core.domain.findings import Acceptances
        from core.domain.validate import Candidate
        from core.engine import shelves

        if found.document is None:
            return None
        decided = reviews.decisions(self._store)
        excluded = [d for d in decided if (d.document, d.how) == (row.number, "exclude")]
        images = [image for image in found.items() if image.body and not image.is_gone]
        candidate = Candidate(
            invoice=found.document,
            items=tuple(decode(OpenItem, image.body) for image in images),
            revision=row.revision,
            excluded_because=excluded[-1].reason if excluded else "",
        )
        verdict = unsent.decide(
            candidate,
            shelves.load(self._store),
            tools.policy,
            Acceptances(frozenset((d.code, d.document, d.basis) for d in decided)),
            tools.encoders,
        )
        return _told(verdict, found.exchanges())

    def _known(self, number: str) -> InvoiceRow:
        found = invoice_rows(self._store, numbers=[number])
        if not found:
            why = say("x3_has_shown_no_invoice_to_this", number=number)
            raise ConfigError(
                "CFG-01",
                why,
                title=say("there_is_no_such_document"),
                fix=say("look_it_up_in_the_list"),
            )
        return found[0]


def _told(verdict: Any, exchanges: list[Members]) -> Members:
    body = verdict.action.body if verdict.action else b""
    digest = hashlib.sha256(body).hexdigest() if body else ""
    sent = {one["sha256"] for one in exchanges if one["kind"] in ("invoice", "replace")}
    return {
        "state": verdict.state,
        "why": verdict.why,
        "codes": [{"code": one.code, "text": one.text} for one in verdict.findings],
        "request": body.decode("utf-8", "replace"),
        "sha256": digest,
        "is_as_sent": bool(digest) and digest in sent,
    }


def _refused(why: str, fix: str) -> ConfigError:
    return ConfigError("CFG-01", why, title=say("nothing_was_shown"), fix=fix)
