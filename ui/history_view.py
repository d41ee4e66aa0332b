"""The history of a document as entries of the timeline; pure.

An entry that keeps a request and its answer carries the id of the exchange as its key.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from core.desk_views import TimelineEntry as Told
from core.words import area
from ui import formats, looks
from ui.told_texts import pattern
from ui.widgets import TimelineEntry

say = area(__name__)

_told = area("core.explanations")
#: What an entry begins with -> its icon; the words of a state come first.
_ICONS = tuple(
    (re.compile(words, re.DOTALL), icon)
    for words, icon in (
        *((rf"{re.escape(look.text)}(?!\w)", look.icon) for look in looks.INVOICES.values()),
        (pattern(_told("sending")), "send"),
        (pattern(_told("answered_now")), "circle-check"),
        (pattern(_told("planned_to_write")), "list-details"),
        (pattern(_told("needs_a_person")), "alert-triangle"),
        (pattern(_told("payment_seen")), "credit-card"),
        (pattern(_told("payment_changed")), "credit-card"),
        (pattern(_told("payment_posted_in_x3_as")), "credit-card"),
        (pattern(_told("payment_is_no_longer_posted_in_x3")), "credit-card"),
        (pattern(_told("read_for_the_first_time")), "file-text"),
        (pattern(_told("changed_in_x3")), "file-diff"),
        (pattern(_told("no_longer_shown")), "circle-minus"),
    )
)
_BY_SOURCE = {"x3": "file-text", "avidxchange": "cloud", "crossfoot": "circle-dashed"}
_SOURCES = {"x3": say("sage_x3"), "avidxchange": "AvidXchange", "crossfoot": "Crossfoot"}
_LONGEST_TITLE = 90


def entries(told: Sequence[Told], now: datetime) -> list[TimelineEntry]:
    """Timeline rows, newest first; the first is marked *now* when it is what stands."""
    return [_entry(one, now) for one in told]


def _entry(told: Told, now: datetime) -> TimelineEntry:
    title, detail = split(told.text)
    is_ours = told.source == "crossfoot" or told.exchange is not None
    said = [f"{detail.rstrip('.')}."] if detail else []
    if told.source not in _SOURCES:
        said.append(say("by", source=told.source))
    if told.exchange is not None:
        said.append(say("request_and_answer_kept"))
    return TimelineEntry(
        icon=icon_of(told),
        title=title,
        when=formats.short_moment(datetime.fromisoformat(told.time), now),
        detail=" ".join(said),
        is_ours=is_ours,
        key="" if told.exchange is None else str(told.exchange),
    )


def icon_of(told: Told) -> str:
    """The icon of what the text begins with, else of who said it."""
    for words, icon in _ICONS:
        if words.match(told.text):
            return icon
    return _BY_SOURCE.get(told.source, "user")


def split(text: str) -> tuple[str, str]:
    """What happened, and the rest as a muted detail: at the first colon or bracket."""
    if len(text) <= _LONGEST_TITLE // 2:
        return text, ""
    for mark in (": ", " ("):
        at = text.find(mark)
        if 0 < at <= _LONGEST_TITLE:
            rest = text[at + len(mark) :]
            if mark == " (" and rest.endswith(")"):
                rest = rest[:-1]
            return text[:at], rest[:1].upper() + rest[1:]
    return text, ""
