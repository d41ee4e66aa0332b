"""An invoice as of a moment, as text that people read; for both front ends."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from core.explanations import word_of

Row = Mapping[str, Any]


def text(found: Row) -> str:
    """An invoice as it was, each part with its audit row, and what today's rules would send."""
    return "\n".join(_lines(found))


def _lines(found: Row) -> Iterator[str]:
    if found["x3"] is None:
        yield f"{found['number']} as of {_moment(found['at'])}: X3 had not shown it yet."
        return
    why = f": {found['why']}" if found["why"] else ""
    yield f"{found['number']} as of {_moment(found['at'])}: {word_of(found['state'])}{why}"
    yield from _image("X3 showed", found["x3"])
    for item in found["items"]:
        yield from _image("Open item", item)
    if found["avidxchange"]:
        yield from _image("AvidXchange showed", found["avidxchange"])
    yield from _mapping(found)
    yield from _plan(found["plan"])
    for one in found["exchanges"]:
        yield from _exchange(one)
    for one in found["decisions"]:
        yield f"\nDecided {_moment(one['at'])} by {one['by']}: {one['code']} {one['how']}"
        yield f"  {one['reason']}"
    yield from _today(found["today"])
    yield f"\nThe audit log's head is row {found['log']['sequence']}, {found['log']['head']}"


def _image(title: str, image: Row) -> Iterator[str]:
    gone = ", no longer shown" if image["is_gone"] else ""
    proof = f"audit row {image['sequence']}"
    yield f"\n{title} ({image['key']}, read {_moment(image['heard'])}, {proof}{gone}):"
    if image["is_proven"]:
        yield f"  {json.dumps(image['body'], ensure_ascii=False)}"
    else:
        yield f"  Its content is not kept; the log holds its hash {image['hash']}."


def _mapping(found: Row) -> Iterator[str]:
    yield "\nMapping then:"
    for row in found["mapping"]:
        key = f"{row['key1']} {row['key2']}".strip()
        yield f"  {row['kind']} {key} -> {row['code']} (revision {row['revision']}, {row['by']})"
    if not found["mapping"]:
        yield "  no row held"


def _plan(plan: Row | None) -> Iterator[str]:
    if plan is None:
        yield "\nNo plan had named it."
        return
    yield f"\nPlanned {_moment(plan['at'])} ({plan['mode']}, {plan['kind']}, plan {plan['hash']}):"
    yield f"  {plan['request']}"


def _exchange(one: Row) -> Iterator[str]:
    proof = f", audit row {one['intent']}" if one["intent"] else ""
    yield f"\n{one['kind']} {one['purpose']} of {one['object']}, {_moment(one['started'])}{proof}:"
    if one["request"]:
        yield f"  {one['request']}"
        yield f"  SHA-256 {one['sha256']}"
    if not one["ended"]:
        yield "  No answer had come."
        return
    status = f" {one['status']}" if one["status"] else ""
    proof = f", audit row {one['answered']}" if one["answered"] else ""
    yield f"  Answer {_moment(one['ended'])}{proof}: {one['outcome'].replace('_', ' ')}{status}"
    if one["answer"]:
        yield f"  {one['answer']}"


def _today(today: Row | None) -> Iterator[str]:
    if today is None:
        yield "\nToday's rules have nothing to look at: its content is not kept."
        return
    same = " They are the bytes that were sent." if today["is_as_sent"] else ""
    if today["request"]:
        yield f"\nToday's rules would send:{same}\n  {today['request']}"
        return
    codes = ", ".join(one["code"] for one in today["codes"])
    yield f"\nToday's rules would send nothing{f' ({codes})' if codes else ''}: {today['why']}"


def _moment(at: str) -> str:
    return f"{at[:10]} {at[11:19]} UTC"
