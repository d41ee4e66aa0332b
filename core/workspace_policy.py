"""The rules' choices of a workspace without its clients; asks nobody."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # lists start without the profiles of either side
    from core.domain.policy import Policy
    from core.settings import Settings


def policy_of_workspace(settings: Settings, directory: Path) -> Policy:
    """The choices of a workspace from its settings and its two profiles; asks nobody.

    Raises:
        ConfigError: CFG-01, a profile is wrong.
    """
    from core.avidxchange import load_profile
    from core.config import relative_to_data, resource
    from core.policies import policy_of
    from core.x3 import profile as x3_profile

    x3 = x3_profile.load(
        resource("profiles/x3-default.toml"), relative_to_data(directory, settings.x3.profile)
    )
    avid = load_profile(relative_to_data(directory, settings.avidxchange.profile))
    return policy_of(settings, x3, avid)
