"""What a faster clock changes: limits per minute grow, times shrink, each with a line in the list."""

from __future__ import annotations

import re
from typing import Any

from gateway_kit.stack.rehearsing.translation.draft import Draft
from gateway_kit.stack.rehearsing.translation.source import Way

_PER_MINUTE = re.compile(r"(^|_)(rpm|tpm|itpm|otpm)(_limit)?$")
_AT_ONCE = re.compile(r"(^|_)max_parallel_requests$")
_SECONDS = re.compile(
    r"(^|_)(cooldown_time|ttl|ttl_seconds|cache_ttl|health_check_interval|cache_expiry)$"
    r"|^proxy_budget_rescheduler_(min|max)_time$|^proxy_batch_write_at$"
)
_DURATION = re.compile(r"(^|_)budget_duration$|^time_period$")
# Times on the wire, which stay: answers take as long as they took.
_STAY = frozenset({"client_ttl"})
# How long usage-based routing keeps the counts of a minute, whose limits grow instead.
_WINDOW = ("router_settings", "routing_strategy_args", "ttl")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "mo": 2592000}
_LENGTH = re.compile(r"(\d+)(mo|[smhdw])$")
_WORDS = {"hourly": 3600, "daily": 86400, "weekly": 604800, "monthly": 2592000, "yearly": 31536000}

# What LiteLLM takes where the file is silent: a time of the gateway's that a faster clock changes too.
_DEFAULTS: tuple[tuple[Way, float], ...] = (
    (("router_settings", "cooldown_time"), 5),
    (("general_settings", "proxy_budget_rescheduler_min_time"), 597),
    (("general_settings", "proxy_budget_rescheduler_max_time"), 605),
    (("general_settings", "proxy_batch_write_at"), 10),
)


def scale(draft: Draft, speed: float | None) -> None:
    """Scale the draft's limits and times for traffic that comes `speed` times as fast; None and 1 change nothing."""
    if speed is None:
        draft.notes.append(
            "At full speed nothing is scaled: limits per minute, cooldowns, TTLs and budget periods mean nothing here."
        )
        return
    if speed == 1:
        return
    for way, value in list(leaves(draft.data, ())):
        if way != _WINDOW or draft.get("router_settings", "routing_strategy") == "latency-based-routing":
            _scale_one(draft, way, value, speed)
    draft.notes.append(
        f"At {speed:g} times the speed LiteLLM still counts in minutes of its own where no setting says otherwise: "
        f"whether half of a deployment's calls failed is decided of {speed:g} times the calls."
    )
    for way, seconds in _DEFAULTS:
        if draft.get(*way) is None:
            now = _seconds(seconds / speed)
            draft.put(way, now)
            draft.say(
                "scaled", way, "LiteLLM's default, on a faster clock", was=f"{seconds:g}", now=f"{now:g}"
            )


def _scale_one(draft: Draft, way: Way, written: Any, speed: float) -> None:
    key, value = way[-1], draft.resolved(written)
    if not isinstance(key, str) or key in _STAY or isinstance(value, bool):
        return
    if _PER_MINUTE.search(key) and (number := _number(value)) is not None:
        now = round(number * speed)
        draft.replace(
            way, now, f"counted per minute, and a minute has {speed:g} times the calls", what="scaled"
        )
    elif _AT_ONCE.search(key) and (number := _number(value)) is not None:
        now = round(number * speed)
        draft.replace(
            way, now, f"answers take as long, so {speed:g} times the calls are under way", what="scaled"
        )
    elif _SECONDS.search(key) and (number := _number(value)) is not None:
        shorter = _seconds(number / speed)
        draft.replace(way, shorter, _shorter(number, shorter, speed), what="scaled")
    elif _DURATION.search(key) and (length := _length(value)) is not None:
        whole = max(1, round(length / speed))
        draft.replace(way, f"{whole}s", _shorter(length, whole, speed), what="scaled")


def leaves(value: Any, way: Way) -> list[tuple[Way, Any]]:
    """Every value that holds no others, with the way to it."""
    if isinstance(value, dict):
        return [leaf for key, inner in value.items() for leaf in leaves(inner, (*way, key))]
    if isinstance(value, list):
        return [leaf for number, inner in enumerate(value) for leaf in leaves(inner, (*way, number))]
    return [(way, value)]


def _number(value: Any) -> float | None:
    if isinstance(value, int | float):
        return float(value)
    try:
        return float(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _length(value: Any) -> int | None:
    """Seconds of a duration such as 30d, or of a word such as daily."""
    if not isinstance(value, str):
        return None
    if value.strip().lower() in _WORDS:
        return _WORDS[value.strip().lower()]
    match = _LENGTH.match(value.strip())
    return int(match.group(1)) * _UNITS[match.group(2)] if match else None


def _seconds(value: float) -> int:
    """Whole seconds: Redis and the scheduler take no parts of one."""
    return max(1, round(value))


def _shorter(was: float, now: float, speed: float) -> str:
    why = f"the clock is {speed:g} times as fast"
    exact = was / speed
    return (
        why
        if abs(now - exact) <= 0.05 * exact
        else f"{why}; {exact:.2g} s would be right, and 1 s is the least"
    )
