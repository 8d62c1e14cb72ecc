"""Tokens of a span by kind: what was sent, completed by a sum."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gateway_kit.stack.servers.tracestore.ingest.frameworks.framework import Framework
from gateway_kit.stack.servers.tracestore.ingest.usage_conventions import tokens_by_convention
from gateway_kit.stack.servers.tracestore.ingest.values import sent_object

MAX_TOKENS = 2**53  # beyond it JSON's numbers are not whole any more
MAX_NAMES = 200
MAX_NAME_CHARS = 200
_SIDES = (("prompt", "completion"), ("input", "output"))  # of OpenAI's chat completions, of its responses
_DIGITS = re.compile(r"\s*\+?(\d{1,20})")


def usage_details(attributes: Mapping[str, Any], framework: Framework) -> dict[str, int]:
    """Tokens by kind, with 'total' where there are any. Negative and broken counts are left out."""
    found: Mapping[str, Any] | None = sent_object(attributes.get("langfuse.observation.usage_details"))
    if found is None:
        found = framework.usage(attributes)
    if found is None:
        found = tokens_by_convention(attributes)
    if not found:
        return {}
    details = _of_openai(found) or _tokens(found)
    if details and "total" not in details:
        details["total"] = min(sum(details.values()), MAX_TOKENS)
    return details


def tokens_of(details: Mapping[str, int], kind: str) -> int:
    """All tokens that have 'input' or 'output' in their name; cached ones count as input."""
    return min(sum(count for name, count in details.items() if kind in name), MAX_TOKENS)


def _tokens(sent: Mapping[str, Any]) -> dict[str, int]:
    details = {}
    for name, value in sent.items():
        count = _whole(value)
        if count is not None and len(name) <= MAX_NAME_CHARS:
            details[name] = count
            if len(details) == MAX_NAMES:
                break
    return details


def _whole(value: Any) -> int | None:
    """A whole number from 0 on, or the one that a text begins with."""
    if type(value) is int:
        return value if 0 <= value <= MAX_TOKENS else None
    if isinstance(value, str):
        digits = _DIGITS.match(value)
        value = int(digits[1]) if digits else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_TOKENS:
        return None
    return int(value) if value == int(value) else None


def _of_openai(sent: Mapping[str, Any]) -> dict[str, int] | None:
    """OpenAI's usage object in the store's own names; None for one that is not wholly of that shape."""
    for sides in _SIDES:
        if f"{sides[0]}_tokens" in sent:
            return _renamed(sent, sides)
    return None


def _renamed(sent: Mapping[str, Any], sides: tuple[str, str]) -> dict[str, int] | None:
    counts = {f"{side}_tokens": ours for side, ours in zip(sides, ("input", "output"), strict=True)}
    counts["total_tokens"] = "total"
    parts = {f"{side}_tokens_details": ours for side, ours in zip(sides, ("input", "output"), strict=True)}
    if not counts.keys() <= sent.keys() <= counts.keys() | parts.keys():
        return None
    result: dict[str, int] = {}
    for theirs, ours in counts.items():
        if (count := _number(sent[theirs])) is None:
            return None
        result[ours] = count
    for theirs, ours in parts.items():
        details = sent.get(theirs)
        if details is not None and not isinstance(details, dict):
            return None
        for name, value in (details or {}).items():
            if value is None:
                continue
            if (count := _number(value)) is None or len(name) > MAX_NAME_CHARS:
                return None
            result[f"{ours}_{name}"] = count
            # Each token counts once: what is told apart is not in the rest any more.
            result[ours] = max(0, result[ours] - count)
    return result if len(result) <= MAX_NAMES else None


def _number(value: Any) -> int | None:
    return None if isinstance(value, str) else _whole(value)
