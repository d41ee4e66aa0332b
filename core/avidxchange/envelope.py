"""What lies around documents in an answer: lists, paging, links and results (avidxchange.md 3).

Only shapes are read here; what a document holds is `records`, what a fault means is `faults`. A
shape that does not prove anything raises `ShapeError`, so that a write is then in doubt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.avidxchange.profile_names import Envelope
from core.avidxchange.values import Members, RecordError, as_list, read_count, read_text
from core.words import area

say = area(__name__)


class ShapeError(ValueError):
    """The answer is JSON, but not of the shape that was asked for."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list as it came; None where the answer told nothing."""

    items: tuple[Any, ...]
    has_paging: bool = False
    number: int | None = None
    size: int | None = None
    count: int | None = None
    total: int | None = None
    time: Any = None
    next_link: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """One result of a write. `successful` None = the answer does not tell.

    `is_bare`: the answer was an object without results around it.
    """

    successful: bool | None
    item: Mapping[str, Any] | None
    messages: tuple[str, ...] = ()
    is_bare: bool = False


def read_list(payload: Any, names: Envelope) -> Listing:
    """The list in an answer: `Items` with or without `Paging`, or a bare array.

    Raises:
        ShapeError: there is no list.
    """
    if isinstance(payload, list):
        return Listing(tuple(payload))
    if not isinstance(payload, Mapping):
        raise ShapeError(say("the_answer_holds_no_list"))
    members = Members(payload)
    paging = members.get(names.list.paging)
    if not members.has(names.list.items) and not isinstance(paging, Mapping):
        raise ShapeError(say("the_answer_holds_no", items=names.list.items))
    items = tuple(as_list(members.get(names.list.items)))
    if not isinstance(paging, Mapping):
        return Listing(items, next_link=_next_link(members, names))
    inner = Members(paging)
    return Listing(
        items,
        has_paging=True,
        number=_count(inner, names.paging.number),
        size=_count(inner, names.paging.size),
        count=_count(inner, *names.paging.count),
        total=_count(inner, names.paging.total),
        time=inner.get(names.paging.time),
        next_link=_next_link(inner, names) or _next_link(members, names),
    )


def read_single(payload: Any, names: Envelope) -> Mapping[str, Any]:
    """The one object of an answer, bare or inside a list.

    Raises:
        ShapeError: there is none, or more than one.
    """
    if isinstance(payload, Mapping):
        members = Members(payload)
        if not members.has(names.list.items):
            return payload
        found = as_list(members.get(names.list.items))
    else:
        found = as_list(payload)
    if len(found) != 1:
        raise ShapeError(say("one_object_was_asked_for_and_came", count=len(found)))
    if not isinstance(found[0], Mapping):
        raise ShapeError(say("the_answer_holds_no_object"))
    return found[0]


def read_results(payload: Any, names: Envelope) -> tuple[Result, ...]:
    """The results of a write; a bare object counts as one success (avidxchange.md 3.3).

    Whether such an object is the one that was written is for the caller to see.

    Raises:
        ShapeError: the answer holds neither results nor an object.
    """
    write = names.write
    members = Members(payload) if isinstance(payload, Mapping) else None
    if members is None:
        raise ShapeError(say("the_answer_to_a_write_is_no"))
    if members.has(write.results):
        found = as_list(members.get(write.results))
        if not found:
            raise ShapeError(say("is_empty", results=write.results))
        return tuple(_result(item, names) for item in found)
    if members.has(write.successful) or members.has(write.item):
        return (_result(payload, names),)
    if any(members.has(name) for name in names.fault_wrappers):
        raise ShapeError(say("a_fault_came_with_a_status_of"))
    return (Result(successful=True, item=read_single(payload, names), is_bare=True),)


def error_messages(value: Any, names: Envelope) -> tuple[str, ...]:
    """The messages of `Errors`, which may be an object, a list, texts or null."""
    messages = []
    for error in as_list(value):
        text = Members(error).get(names.write.message) if isinstance(error, Mapping) else error
        try:
            message = read_text(text, names.write.message).strip()
        except RecordError:
            message = ""
        messages.append(message or say("no_reason_was_given"))
    return tuple(messages)


def _result(value: Any, names: Envelope) -> Result:
    if not isinstance(value, Mapping):
        raise ShapeError(say("a_result_is_no_object"))
    members = Members(value)
    item = members.get(names.write.item)
    if isinstance(item, list) and len(item) == 1:
        item = item[0]
    if item is not None and not isinstance(item, Mapping):
        raise ShapeError(say("the_item_of_a_result_is_no"))
    messages = error_messages(members.get(names.write.errors), names)
    stated = members.get(names.write.successful)
    return Result(_success(stated, item, messages), item, messages)


def _success(stated: Any, item: Mapping[str, Any] | None, messages: Sequence[str]) -> bool | None:
    """What a result says of itself; None when it says nothing or contradicts itself."""
    if stated is None:
        if messages:
            return False
        return True if item is not None else None
    word = str(stated).strip().casefold()
    if word == "false":
        return False
    return True if word == "true" and not messages else None


def _count(members: Members, *names: str) -> int | None:
    """A number of the paging object; one that cannot be read is as good as none."""
    try:
        return read_count(members.get(*names), names[0])
    except RecordError:
        return None


def _next_link(members: Members, names: Envelope) -> str:
    """The address of the next page: the link whose relation is `next`, in any case."""
    for link in as_list(members.get(names.links.list)):
        if not isinstance(link, Mapping):
            continue
        inner = Members(link)
        href = inner.get(names.links.href)
        if str(inner.get(names.links.rel)).strip().casefold() == "next" and isinstance(href, str):
            return href.strip()
    return ""
