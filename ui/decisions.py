"""What a person can decide about documents, in words, and the question that asks for a reason."""

from __future__ import annotations

from dataclasses import dataclass, replace

from core.words import area
from ui.dialogs import Question

say = area(__name__)


@dataclass(frozen=True, slots=True)
class Action:
    """One way to decide: `how` of a review item, of `Desk.decide`, or of both.

    `beside` says which review items are decided together with others: those that can be settled by
    it too, for what offers *send again* alone is in doubt, or about a level or a document image.
    Empty = not through items. `counted` has a `{count}`; `title`, `verb` and `done` have a
    `{counted}`.
    """

    how: str
    icon: str
    word: str
    counted: str
    title: str
    sentence: str
    verb: str
    safe: str
    reason_label: str
    busy: str
    done: str
    beside: str = ""


SEND_AGAIN = Action(
    "send_again",
    "send",
    say("send_again"),
    say("send_again_2"),
    say("send_again_3"),
    say("the_next_run_sends_what_then_stands"),
    say("send_again_4"),
    say("until_then_nothing_is_written"),
    say("why_send_again"),
    say("noting"),
    say("are_sent_with_the_next_run"),
    "exclude",
)
HOLD = Action(
    "hold",
    "player-pause",
    say("hold"),
    say("hold_2"),
    say("hold_3"),
    say("what_is_held_waits"),
    say("hold_4"),
    say("nothing_in_sage_x3_or_avidxchange_is"),
    say("why_hold"),
    say("noting"),
    say("held"),
)
RELEASE = Action(
    "release",
    "player-play",
    say("release"),
    say("release_2"),
    say("release_3"),
    say("what_is_released_is_looked_at_again"),
    say("release_4"),
    say("until_then_nothing_is_written"),
    say("why_release"),
    say("noting"),
    say("released"),
)
EXCLUDE = Action(
    "exclude",
    "circle-minus",
    say("exclude"),
    say("exclude_2"),
    say("exclude_3"),
    say("what_is_excluded_is_not_sent"),
    say("exclude_4"),
    say("nothing_in_sage_x3_or_avidxchange_is"),
    say("why_exclude"),
    say("excluding"),
    say("excluded"),
    "exclude",
)
ACTIONS = (SEND_AGAIN, HOLD, RELEASE, EXCLUDE)  # about several invoices at once
#: What details offer without a review item, by `how`.
OF_INVOICES = {action.how: action for action in (HOLD, RELEASE, EXCLUDE)}
OF_PAYMENTS = {
    HOLD.how: replace(HOLD, sentence=say("what_is_held_is_not_posted")),
    RELEASE.how: replace(RELEASE, sentence=say("the_next_run_posts_what_is_released")),
}


def question(action: Action, counted: str) -> Question:
    """The question before it, about so many invoices or about one by its number."""
    return Question(
        title=action.title.format(counted=counted),
        sentence=action.sentence,
        verb=action.verb.format(counted=counted),
        safe=action.safe,
        icon=action.icon,
        reason_label=action.reason_label,
    )
