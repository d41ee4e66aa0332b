"""Records that a person holds in X3; each lock ends by itself (wire contract, 5.2 and 8.14)."""

from datetime import datetime, timedelta

from core.sandbox.state import State

_NAME = "x3.locks"


def lock(state: State, name: str, key: str, seconds: float) -> None:
    """Hold a record of this class for so many seconds of the simulated clock."""
    held: dict[str, str] = dict(state.get_value(_NAME, {}))
    held[f"{name}:{key}"] = (state.now() + timedelta(seconds=seconds)).isoformat()
    state.set_value(_NAME, held)


def unlock(state: State, name: str, key: str) -> None:
    """Release a record."""
    held: dict[str, str] = dict(state.get_value(_NAME, {}))
    held.pop(f"{name}:{key}", None)
    state.set_value(_NAME, held)


def is_locked(state: State, name: str, key: str) -> bool:
    """Say whether the record is held now."""
    until = state.get_value(_NAME, {}).get(f"{name}:{key}")
    return until is not None and state.now() < datetime.fromisoformat(until)
