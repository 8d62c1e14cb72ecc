"""What a speed does to the limits of keys, teams and users: as numbers for the gateway, and as rows for the report."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from gateway_kit.rehearsal.limits import KeyLimits, Limits, TeamLimits, UserLimits
from gateway_kit.rehearsal.run_folder import Replaced

Limited = KeyLimits | TeamLimits | UserLimits

_DURATION = re.compile(r"(\d+)\s*(mo|[smhdw])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "mo": 2_592_000}
# A list of keys may be long: so many rows say enough.
_SHOWN = 20


def rate(per_minute: float | None, speed: float) -> int | None:
    """What counts per minute, at this speed; a limit that lets something through still does."""
    return None if per_minute is None else max(1 if per_minute else 0, round(per_minute * speed))


def period(duration: str | None, speed: float) -> str | None:
    """A budget's period in the rehearsal's time; LiteLLM counts whole seconds."""
    seconds = duration_s(duration) if duration else None
    if seconds is None or speed == 1.0:
        return duration
    return f"{max(1, math.ceil(seconds / speed))}s"


def duration_s(text: str) -> float | None:
    """The seconds of LiteLLM's `30s`, `5m`, `1h`, `7d`, `2w`, `1mo`; None for anything else."""
    match = _DURATION.fullmatch(text.strip())
    return None if match is None else int(match[1]) * _SECONDS[match[2]]


def scaled_rows(limits: Limits, speed: float | None) -> list[Replaced]:
    """A row for each limit that the speed changes; of many entries the first ones, and how many more there are."""
    if speed is None or speed == 1.0:
        return []
    rows = list(_rows(limits, speed))
    left = len(rows) - _SHOWN
    more = Replaced(
        "scaled", "", "keys, teams and users", f"{left} more limits", "likewise", "as those above"
    )
    return [*rows[:_SHOWN], *([more] if left > 0 else [])]


def _rows(limits: Limits, speed: float) -> Iterator[Replaced]:
    named: list[tuple[str, Limited]] = [
        *((f"key {key.alias}", key) for key in limits.keys),
        *((f"team {team.alias}", team) for team in limits.teams),
        *((f"user {user.id}", user) for user in limits.users),
    ]
    for name, entry in named:
        for field, per_minute in (("rpm", entry.rpm), ("tpm", entry.tpm)):
            if per_minute is not None:
                now = str(rate(per_minute, speed))
                why = f"what counts per minute is {speed:g} times as much"
                yield Replaced("scaled", "", f"{name}: {field}", str(per_minute), now, why)
        if entry.max_budget is not None and entry.budget_duration:
            now = period(entry.budget_duration, speed) or ""
            why = f"periods pass {speed:g} times as fast"
            yield Replaced("scaled", "", f"{name}: budget_duration", entry.budget_duration, now, why)
