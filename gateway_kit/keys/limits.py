"""What a key, team, user or budget may be limited to, checked before it is sent. Pure functions. Internal.

LiteLLM 1.106.2 accepts a negative limit and a budget of an unknown team silently, and answers other invalid limits with
an internal error; here each raises RequestRefusedError with a sentence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any, Final

from gateway_kit.errors import RequestRefusedError

_DURATION = re.compile(r"([1-9]\d{0,8})(mo|[smhdw])")
_SECONDS: Final[Mapping[str, int]] = {
    "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800, "mo": 2_678_400,
}  # fmt: skip
# Longer than any budget lives; LiteLLM's own dates end in the year 9999.
_LONGEST_S: Final = 100 * 366 * 86_400
# What the columns of LiteLLM's tables hold.
_LARGEST_COUNT: Final = 2**31 - 1

# The kit's names, with their units, and LiteLLM's.
_BUDGETS: Final[Mapping[str, str]] = {"max_budget_usd": "max_budget"}
_COUNTS: Final[Mapping[str, str]] = {
    "rpm_limit": "rpm_limit",
    "tpm_limit": "tpm_limit",
    "max_parallel_requests": "max_parallel_requests",
}
_DURATIONS: Final[Mapping[str, str]] = {"budget_duration": "budget_duration", "expires_in": "duration"}

NAMES: Final = (*_BUDGETS, *_COUNTS, *_DURATIONS)
# Those of teams and users.
GROUP_LIMITS: Final = ("max_budget_usd", "budget_duration", "rpm_limit", "tpm_limit")


def limits_body(limits: Mapping[str, Any], *, needs_budget: bool = False) -> dict[str, Any]:
    """LiteLLM's fields for `limits` by the names of `Keys.create`; a limit that is None is left out.

    Raises RequestRefusedError for an invalid limit, and with `needs_budget` for a `budget_duration` without a budget.
    """
    body: dict[str, Any] = {}
    for name, value in limits.items():
        field = _litellm_name(name)
        if value is None:
            continue
        if name in _BUDGETS:
            body[field] = _usd(name, value)
        elif name in _COUNTS:
            body[field] = _count(name, value)
        else:
            body[field] = duration(name, value)
    if needs_budget and "budget_duration" in body and "max_budget" not in body:
        raise RequestRefusedError(
            f"budget_duration={body['budget_duration']!r} resets a budget, and there is none. "
            "Give max_budget_usd too, or leave budget_duration out."
        )
    return body


def changes_body(limits: Mapping[str, Any]) -> dict[str, Any]:
    """LiteLLM's fields for a change: as `limits_body`, but None takes a limit away."""
    body = limits_body(limits)
    for name, value in limits.items():
        if value is None and name == "expires_in":
            body["duration"] = "-1"  # LiteLLM's word for never
        elif value is None:
            body[_litellm_name(name)] = None
    return body


def only(limits: dict[str, Any], *allowed: str) -> dict[str, Any]:
    """`limits`, if all their names are allowed. Raises RequestRefusedError."""
    if wrong := [name for name in limits if name not in allowed]:
        raise RequestRefusedError(
            f"There is no limit {', '.join(wrong)} here. Choose from: {', '.join(allowed)}."
        )
    return limits


def duration(name: str, value: object) -> str:
    """A duration as LiteLLM reads it. Raises RequestRefusedError."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) * _SECONDS[match[2]] > _LONGEST_S:
        raise RequestRefusedError(
            f"{name}={value!r} cannot be read. Write a whole number and a unit, such as 30s, 5m, 1h, 7d, 2w or 1mo "
            "(at most 100 years)."
        )
    return match[0]


def seconds_of(value: object) -> int | None:
    """The seconds of a duration such as "1d", a month as LiteLLM's longest; None if it is none."""
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    return int(match[1]) * _SECONDS[match[2]] if match else None


def name_of(what: str, value: object) -> str:
    """A name (a key's alias, a team, a user) that can be shown to everybody. Raises RequestRefusedError."""
    if not isinstance(value, str) or not value.strip() or len(value) > 200:
        raise RequestRefusedError(f"{what} needs a name of 1 to 200 characters.")
    if value.startswith("sk-"):
        # Not quoted: it may be the very secret.
        raise RequestRefusedError(
            f"{what} was given a name that begins with sk-, like a key. Names are shown in every table: choose another."
        )
    return value


def checked_secret(value: object) -> str:
    """A key of the caller's own choice, if LiteLLM accepts it. Raises RequestRefusedError, without the key."""
    if not isinstance(value, str) or not re.fullmatch(r"sk-[A-Za-z0-9._~-]{13,197}", value):
        raise RequestRefusedError(
            "A key of your own must begin with sk- and be 16 to 200 letters, digits or . _ ~ - long. "
            "Leave `secret` out and LiteLLM makes a safe one."
        )
    return value


def _litellm_name(name: str) -> str:
    field = _BUDGETS.get(name) or _COUNTS.get(name) or _DURATIONS.get(name)
    if field is None:
        raise RequestRefusedError(f"There is no limit {name!r}. Choose from: {', '.join(NAMES)}.")
    return field


def _usd(name: str, value: object) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not math.isfinite(float(value)) or float(value) < 0:  # type: ignore[arg-type]
        raise RequestRefusedError(
            f"{name}={value!r}: a budget is a number of US dollars, 0 or more, such as 0.50. "
            "Leave it out for no budget."
        )
    return float(value)  # type: ignore[arg-type]


def _count(name: str, value: object) -> int:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not 0 <= value <= _LARGEST_COUNT:  # type: ignore[operator]
        raise RequestRefusedError(
            f"{name}={value!r}: a limit is a whole number from 0 (refuses every call) to {_LARGEST_COUNT}. "
            "Leave it out for no limit."
        )
    return int(value)  # type: ignore[call-overload, no-any-return]
