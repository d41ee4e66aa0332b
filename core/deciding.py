"""What a person decides: about a review item, and about invoices that were not sent."""

from __future__ import annotations

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
        self, numbers: Sequence[str], how: str, reason: str, actor: str
    ) -> Future[dict[str, Any]]:
        """As `Engine.decide`."""
        ...


class Decisions:
    """The part of the facade that carries out what a person decided."""

    _store: Store
    _actor: str

    def _with_engine(self, ask: Callable[[Deciding], Future[_Result]]) -> _Result:
        raise NotImplementedError

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

    def decide(self, numbers: Sequence[str], how: str, *, reason: str) -> Members:
        """Put invoices aside that AvidXchange does not have, or take that back: `done, refused`.

        `how` is `hold`, `release` or `exclude`; `refused` is number -> why not. The caller holds
        the workspace.

        Raises:
            ConfigError: there is no such decision, or no reason was given; nothing was changed.
        """
        try:
            return self._with_engine(
                lambda engine: engine.decide(numbers, how, reason, self._actor)
            )
        except ValueError as error:
            raise refused(str(error)) from error

    def decidable(self, numbers: Sequence[str]) -> dict[str, dict[str, str]]:
        """For each way of `decide` each number with why it is refused, empty when it is not."""
        with self._store.read():
            return {how: holds.refusals(self._store, numbers, how) for how in holds.HOWS}


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
