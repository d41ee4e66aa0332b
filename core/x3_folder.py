"""Whether an X3 folder is the one this workspace was set up for (ENV-01).

A folder is told by its endpoint's name, its companies with their names, and its sites with their
companies. What the first good look shows is kept in the store. Later looks must show the same
endpoint and at least half of what is kept; what is new is added, so that a folder may grow and a
company may get another name. A copy of a folder under another endpoint is another folder, because
references in AvidXchange name the endpoint. Until something has been read from X3 nothing is bound:
whoever sets up a workspace may still change their mind.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from core.domain.canonical import canonical
from core.errors import ConfigError
from core.store import values
from core.store.sqlite import Store
from core.words import area

say = area(__name__)

_KEPT = "x3.folder"
_LEAST_SHARE = 0.5
_SHOWN = 3


def check_folder(store: Store, endpoint: str, shown: Mapping[str, str]) -> tuple[str, ...]:
    """Facts that are no longer as they were kept; keeps what is new. At most one transaction.

    `shown` is a text per fact, such as `company US10` -> its name. Nothing shown proves nothing.

    Raises:
        ConfigError: ENV-01, this is another folder; nothing was kept.
    """
    kept = json.loads(values.setting(store, _KEPT, "{}"))
    facts: dict[str, str] = kept.get("facts", {})
    first = str(kept.get("endpoint", endpoint))
    if not values.bookmarks(store):
        first, facts = endpoint, {}
    if first != endpoint:
        why = say("this_workspace_was_set_up_for_the", first=first, endpoint=endpoint)
        fix = say("set_x3_endpoint_back_to_or_make", first=first, endpoint=endpoint)
        raise ConfigError("ENV-01", why, "x3", title=say("it_is_not_the_same_folder"), fix=fix)
    if not shown:
        return ()
    changed = tuple(name for name, value in facts.items() if shown.get(name) != value)
    if facts and len(facts) - len(changed) < len(facts) * _LEAST_SHARE:
        raise _other_folder(endpoint, facts, shown, changed)
    merged = canonical({"endpoint": endpoint, "facts": facts | dict(shown)})
    if merged != canonical(kept):
        with store.write():
            values.put_setting(store, _KEPT, merged)
    return changed


def _other_folder(
    endpoint: str, facts: Mapping[str, str], shown: Mapping[str, str], changed: tuple[str, ...]
) -> ConfigError:
    told = [
        say("was_and_is", name=name, facts=facts[name] or say("without_a_name"))
        + (f"{shown[name] or say('without_a_name')}" if name in shown else say("not_there"))
        for name in changed[:_SHOWN]
    ]
    why = say(
        "shows_another_folder_than_this",
        endpoint=endpoint,
        count=len(changed),
        count2=len(facts),
        told="; ".join(told),
    )
    fix = say("check_x3_base_url_and_x3_endpoint")
    return ConfigError("ENV-01", why, "x3", title=say("it_is_not_the_same_folder"), fix=fix)
