"""Tokens of a span by kind, with their total.

Read from Langfuse's own attribute, else from the framework's attributes, else by the conventions of OpenTelemetry and
OpenInference.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gateway_kit.stack.servers.tracestore.ingest.frameworks.framework import Framework
from gateway_kit.stack.servers.tracestore.ingest.values import number, sent_object

MAX_TOKENS = 2**53  # larger integers lose precision in JSON
MAX_NAMES = 200
MAX_NAME_CHARS = 200
_SIDES = (("prompt", "completion"), ("input", "output"))  # OpenAI's chat completions, OpenAI's responses
_DIGITS = re.compile(r"\s*\+?(\d{1,20})")
_CONVENTIONS = ("gen_ai.usage.", "llm.token_count.")
# Kind of token: the names under which it is sent; the first that is present counts.
_NAMES = {
    "input": ("prompt_tokens", "input_tokens", "prompt"),
    "output": ("completion_tokens", "output_tokens", "completion"),
    "total": ("total_tokens", "total"),
    "input_cached_tokens": (
        "cache_read.input_tokens",
        "cache_read_input_tokens",
        "cache_read_tokens",
        "details.cache_read_tokens",
        "details.cache_read_input_tokens",
        "prompt_details.cache_read",
        "input_cached_tokens",
    ),
    "input_cache_creation": (
        "cache_creation.input_tokens",
        "cache_creation_input_tokens",
        "cache_write_tokens",
        "details.cache_write_tokens",
        "details.cache_creation_input_tokens",
        "prompt_details.cache_write",
        "input_cache_creation",
    ),
    "output_reasoning_tokens": ("reasoning.output_tokens", "completion_details.reasoning"),
    "output_audio_tokens": ("completion_details.audio",),
}
# These parts are included in the whole; each token shall count once.
_PARTS = {
    "input": ("input_cached_tokens", "input_cache_creation"),
    "output": ("output_reasoning_tokens", "output_audio_tokens"),
}
_RANKED = {name: (kind, rank) for kind, names in _NAMES.items() for rank, name in enumerate(names)}


def usage_details(attributes: Mapping[str, Any], framework: Framework) -> dict[str, int]:
    """Tokens by kind, with 'total' unless it is empty. Negative and malformed counts are left out."""
    sent: Mapping[str, Any] | None = sent_object(attributes.get("langfuse.observation.usage_details"))
    if sent is None:
        sent = framework.usage(attributes)
    if sent is None:
        sent = tokens_by_convention(attributes)
    if not sent:
        return {}
    details = _of_openai(sent) or _tokens(sent)
    if details and "total" not in details:
        details["total"] = min(sum(details.values()), MAX_TOKENS)
    return details


def tokens_of(details: Mapping[str, int], kind: str) -> int:
    """The sum of all kinds with 'input' or 'output' in their name."""
    return min(sum(count for name, count in details.items() if kind in name), MAX_TOKENS)


def tokens_by_convention(attributes: Mapping[str, Any]) -> dict[str, float]:
    """The counts of `gen_ai.usage.*` and `llm.token_count.*`; the whole excludes cached and reasoning tokens."""
    known: dict[str, float] = {}
    others: dict[str, float] = {}
    ranks: dict[str, int] = {}
    for key, value in attributes.items():
        if not key.startswith(_CONVENTIONS):
            continue
        name = key[13:] if key[0] == "g" else key[16:]
        count = None if key == "gen_ai.usage.cost" else number(value)
        if count is None:
            continue
        if (ranked := _RANKED.get(name)) is None:
            others[name.removeprefix("details.")] = count
            continue
        kind, rank = ranked
        if rank <= ranks.get(kind, rank):
            known[kind], ranks[kind] = count, rank
    for whole, parts in _PARTS.items():
        if whole in known:
            known[whole] = max(0.0, known[whole] - sum(known.get(part, 0.0) for part in parts))
    return others | known


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
    """A whole number from 0, or the one at the start of a text."""
    if type(value) is int:
        return value if 0 <= value <= MAX_TOKENS else None
    if isinstance(value, str):
        digits = _DIGITS.match(value)
        value = int(digits[1]) if digits else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_TOKENS:
        return None
    return int(value) if value == int(value) else None


def _of_openai(sent: Mapping[str, Any]) -> dict[str, int] | None:
    """OpenAI's usage object, with the store's names of kinds; None if it has any other field."""
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
            # Each token counts once: these are no longer part of the whole.
            result[ours] = max(0, result[ours] - count)
    return result if len(result) <= MAX_NAMES else None


def _number(value: Any) -> int | None:
    return None if isinstance(value, str) else _whole(value)
