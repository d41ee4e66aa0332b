"""What the frame says of the whole: environment, status bar, phases, sides that are lost.

Words only, from views; nothing is asked and nothing is kept.
"""

from __future__ import annotations

from datetime import UTC, datetime

from core.desk_views import HealthView, PlanView, ProgressView, SideView
from core.words import area
from ui import formats
from ui.widgets import EnvironmentStrip, StatusBar, StatusPart

say = area(__name__)

_DEMO = say("both_systems_are_simulated_on_this")
_PREVIEW = say("both_systems_are_read_nothing_is")
_PLAN = say("this_is_the_plan_nothing_is_written")
_LEAST_S = 5.0
_LOOKS = {
    "ok": ("circle-check", "ok"),
    "not_reached": ("plug-connected-x", "bad"),
    "not_checked": ("circle-dashed", "wait"),
    "paused": ("player-pause", "warn"),
}
SIDE_NAMES = {"x3": say("sage_x3"), "avidxchange": "AvidXchange"}


def instant(text: str) -> datetime | None:
    """An instant of a view; None when it is empty."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def short(text: str) -> str:
    """An instant as the frame shows it: today the time alone."""
    value = instant(text)
    return formats.short_moment(value, datetime.now(UTC)) if value is not None else ""


def environment(strip: EnvironmentStrip, health: HealthView, plan: PlanView | None) -> None:
    """Say where one works; a plan that waits for its approval is a preview everywhere."""
    if plan is not None:
        at = instant(plan.at)
        strip.show_mode(
            "preview", _PLAN, say("plan", hash=plan.hash[:4], moment=formats.moment(at))
        )
        return
    meaning = _DEMO if health.environment == "demo" else _PREVIEW
    strip.show_mode(health.environment, meaning, say("workspace", workspace=health.workspace))


def status(bar: StatusBar, health: HealthView | None, *, is_running: bool) -> None:
    """Both sides, the next run, and how many need the clerk."""
    for system, part in (("x3", bar.x3), ("avidxchange", bar.avidxchange)):
        side = health.side(system) if health is not None else None
        _side(part, system, side, is_running=is_running)
    bar.next_run.show_words(*next_run(health, is_running=is_running))
    bar.show_needs(health.needs_you if health is not None else 0)


def _side(part: StatusPart, system: str, side: SideView | None, *, is_running: bool) -> None:
    name = SIDE_NAMES[system]
    state = side.state if side is not None else "not_checked"
    icon, kind = _LOOKS.get(state, _LOOKS["not_checked"])
    when = short(side.last_contact) if side is not None else ""
    if state == "not_reached":
        since = say("not_reached_since", when=when) if when else say("not_reached")
        part.show_words(name, since, tone="bad", icon=icon)
    elif is_running:
        part.show_words(name, when, icon="refresh", icon_tone="go")
    else:
        said = when or ("paused" if state == "paused" else say("not_asked_yet"))
        part.show_words(name, said, icon=icon, icon_tone=kind)


def next_run(health: HealthView | None, *, is_running: bool) -> tuple[str, str]:
    """Word and value of the next run."""
    if is_running:
        return say("running"), ""
    if health is None:
        return say("next_run"), formats.NONE
    if health.paused_until:
        return say("paused_until"), short(health.paused_until)
    return say("next_run"), short(health.next_run) or say("when_you_ask")


def lost(health: HealthView | None) -> set[str]:
    """Names of the sides that are not reached."""
    sides = health.sides if health is not None else ()
    return {SIDE_NAMES[side.system] for side in sides if side.state == "not_reached"}


def phase(text: str) -> str:
    """The phase as the strip shows it; `Starting` before the first is known."""
    return text[:1].upper() + text[1:] if text else say("starting")


def elapsed_for(view: ProgressView) -> float:
    """The time that makes the strip say the core's own estimate; 0 while there is none."""
    if view.left_s is None or not 0 < view.done < view.total:
        return 0.0
    return max(_LEAST_S, view.left_s * view.done / (view.total - view.done))
