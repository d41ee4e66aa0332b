"""How long generated examples may take here: a busy machine is no failure of a rule."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

settings.register_profile(
    "domain", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("domain")
