"""What a person decides: about a review item, and about what was not sent or posted yet."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from core.engine.work import RunOrder
from core.errors import ConfigError
from core.store import holds, reviews
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

if TYPE_CHECKING:  # lists start without the engine
    from core.engine.run import RunResult

Members = dict[str, Any]
_Result = TypeVar("_Result")


class Deciding(Protocol):
    """An engine as far as the ledger's commands need it, in this process or in its own."""

    def sync(self, order: RunOrder) -> Future[RunResult]:
        """As `Engine.sync`."""
        ...

    def resolve(
        self, item: int, how: str, reason: str, to: str, actor: str
    ) -> Future[dict[str, Any]]:
        """As `Engine.resolve`."""
        ...

    def decide(
        self, documents: Sequence[str], kind: str, how: str, reason: str, actor: str
    ) -> Future[dict[str, Any]]:
        """As `Engine.decide`."""
        ...


class Decisions(ABC):
    """The part of the facade that carries out what a person decided."""

    _store: Store
    _actor: str

    @abstractmethod
    def _with_engine(self, ask: Callable[[Deciding], Future[_Result]]) -> _Result:
        """What the workspace's engine answers."""

    def resolve(self, item: int, how: str, *, reason: str, to: str = "") -> Members:
        """Settle a review item by a person's decision; the caller holds the workspace.

        Raises:
            ConfigError: no open item has that id, or it cannot be settled so; nothing was changed.
        """
        row = reviews.review_item(self._store, item)
        if row is None or row.closed:
            raise unknown(say("no_open_review_item_has_the_id", item=item))
        if how not in row.how:
            offered = (
                f"by {', '.join(row.how)}" if row.how else say("by_itself_when_its_cause_is_gone")
            )
            raise refused(
                say("item_is_settled_not_by", item=item, code=row.code, offered=offered, how=how)
            )
        try:
            return self._with_engine(
                lambda engine: engine.resolve(item, how, reason, to, self._actor)
            )
        except KeyError:
            raise unknown(say("no_open_review_item_has_the_id", item=item)) from None
        except ValueError as error:
            raise refused(f"{str(error).removesuffix('.')}.") from error

    def decide(
        self, documents: Sequence[str], how: str, *, reason: str, kind: str = holds.INVOICE
    ) -> Members:
        """Put aside what was not sent or posted yet, or take that back: `done, refused`.

        `kind` and `how` are those of `holds.HOWS`: invoices by number are held, released or
        excluded, payments by id held or released. `refused` is document -> why not. The caller
        holds the workspace.

        Raises:
            ConfigError: there is no such decision, or no reason was given; nothing was changed.
        """
        try:
            return self._with_engine(
                lambda engine: engine.decide(documents, kind, how, reason, self._actor)
            )
        except ValueError as error:
            raise refused(str(error)) from error

    def decidable(self, numbers: Sequence[str]) -> dict[str, dict[str, str]]:
        """For each way to decide invoices each number with why not, empty when it can be."""
        with self._store.read():
            found = holds.invoice_standings(self._store, numbers)
        return {
            how: {number: standing.why_not(how) for number, standing in found.items()}
            for how in holds.HOWS[holds.INVOICE]
        }


def unknown(why: str) -> ConfigError:
    """Nothing of that name or id is known."""
    return ConfigError(
        "CFG-01", why, title=say("there_is_no_such_document"), fix=say("look_it_up_in_the_list")
    )


def refused(why: str) -> ConfigError:
    """It cannot be done so; nothing was changed."""
    return ConfigError(
        "CFG-01", why, title=say("nothing_was_changed"), fix=say("choose_another_way")
    )
