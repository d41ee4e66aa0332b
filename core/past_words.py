"""An invoice as of a moment, as text that people read; for both front ends."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from core.explanations import word_of
from core.words import area

say = area(__name__)

Row = Mapping[str, Any]


def text(found: Row) -> str:
    """An invoice as it was, each part with its audit row, and what today's rules would send."""
    return "\n".join(_lines(found))


def _lines(found: Row) -> Iterator[str]:
    if found["x3"] is None:
        yield say("as_of_x3_had_not_shown_it", number=found["number"], moment=_moment(found["at"]))
        return
    why = f": {found['why']}" if found["why"] else ""
    yield say(
        "as_of",
        number=found["number"],
        moment=_moment(found["at"]),
        word_of=word_of(found["state"]),
        why=why,
    )
    yield from _image(say("x3_showed"), found["x3"])
    for item in found["items"]:
        yield from _image(say("open_item"), item)
    if found["avidxchange"]:
        yield from _image(say("avidxchange_showed"), found["avidxchange"])
    yield from _mapping(found)
    yield from _plan(found["plan"])
    for one in found["exchanges"]:
        yield from _exchange(one)
    for one in found["decisions"]:
        yield say(
            "decided_by", moment=_moment(one["at"]), by=one["by"], code=one["code"], how=one["how"]
        )
        yield f"  {one['reason']}"
    yield from _today(found["today"])
    yield say(
        "the_audit_logs_head_is_row", sequence=found["log"]["sequence"], head=found["log"]["head"]
    )


def _image(title: str, image: Row) -> Iterator[str]:
    gone = say("no_longer_shown") if image["is_gone"] else ""
    proof = say("audit_row", sequence=image["sequence"])
    yield say(
        "read",
        title=title,
        key=image["key"],
        moment=_moment(image["heard"]),
        proof=proof,
        gone=gone,
    )
    if image["is_proven"]:
        yield f"  {json.dumps(image['body'], ensure_ascii=False)}"
    else:
        yield say("its_content_is_not_kept_the_log", hash=image["hash"])


def _mapping(found: Row) -> Iterator[str]:
    yield say("mapping_then")
    for row in found["mapping"]:
        key = f"{row['key1']} {row['key2']}".strip()
        yield say(
            "revision",
            kind=row["kind"],
            key=key,
            code=row["code"],
            revision=row["revision"],
            by=row["by"],
        )
    if not found["mapping"]:
        yield say("no_row_held")


def _plan(plan: Row | None) -> Iterator[str]:
    if plan is None:
        yield say("no_plan_had_named_it")
        return
    yield say(
        "planned_plan",
        moment=_moment(plan["at"]),
        mode=plan["mode"],
        kind=plan["kind"],
        hash=plan["hash"],
    )
    yield f"  {plan['request']}"


def _exchange(one: Row) -> Iterator[str]:
    proof = say("audit_row_2", intent=one["intent"]) if one["intent"] else ""
    yield say(
        "of",
        kind=one["kind"],
        purpose=one["purpose"],
        object=one["object"],
        moment=_moment(one["started"]),
        proof=proof,
    )
    if one["request"]:
        yield f"  {one['request']}"
        yield say("sha_256", sha256=one["sha256"])
    if not one["ended"]:
        yield say("no_answer_had_come")
        return
    status = f" {one['status']}" if one["status"] else ""
    proof = say("audit_row_3", answered=one["answered"]) if one["answered"] else ""
    yield say(
        "answer",
        moment=_moment(one["ended"]),
        proof=proof,
        replace=one["outcome"].replace("_", " "),
        status=status,
    )
    if one["answer"]:
        yield f"  {one['answer']}"


def _today(today: Row | None) -> Iterator[str]:
    if today is None:
        yield say("todays_rules_have_nothing_to_look_at")
        return
    same = say("they_are_the_bytes_that_were_sent") if today["is_as_sent"] else ""
    if today["request"]:
        yield say("todays_rules_would_send", same=same, request=today["request"])
        return
    codes = ", ".join(one["code"] for one in today["codes"])
    yield say(
        "todays_rules_would_send_nothing", value=f" ({codes})" if codes else "", why=today["why"]
    )


def _moment(at: str) -> str:
    return say("utc", at=at[:10], at2=at[11:19])
