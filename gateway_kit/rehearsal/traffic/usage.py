"""Token counts, by whichever names an answer has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_kit.rehearsal.traffic.reading import Fields, Reading

_INPUT = ("prompt_tokens", "input_tokens", "promptTokens", "inputTokens", "promptTokenCount", "input")
_OUTPUT = (
    "completion_tokens",
    "output_tokens",
    "completionTokens",
    "outputTokens",
    "candidatesTokenCount",
    "output",
)
_DETAILS = {
    "cached_tokens": (
        ("prompt_tokens_details", "cached_tokens"),
        ("input_tokens_details", "cached_tokens"),
        ("cache_read_input_tokens",),
        ("cachedContentTokenCount",),
        ("prompt_cache_hit_tokens",),
    ),
    "cache_write_tokens": (
        ("cache_creation_input_tokens",),
        ("prompt_tokens_details", "cache_creation_tokens"),
        ("prompt_tokens_details", "cache_write_tokens"),
        ("input_tokens_details", "cache_write_tokens"),
    ),
    "reasoning_tokens": (
        ("completion_tokens_details", "reasoning_tokens"),
        ("output_tokens_details", "reasoning_tokens"),
        ("thoughtsTokenCount",),
    ),
}


def read_usage(usage: Any, reading: Reading) -> Fields:
    """The token counts of an answer's `usage`; only those that it has.

    Anthropic counts cached input beside `input_tokens`, Gemini its thoughts beside the output; here both are included,
    as OpenAI counts them.
    """
    if not isinstance(usage, Mapping):
        return {}
    fields: Fields = {}
    for field, names in (("prompt_tokens", _INPUT), ("completion_tokens", _OUTPUT)):
        for name in names:
            count = reading.count(usage.get(name), name)
            if count is not None:
                fields[field] = count
                break
    for field, paths in _DETAILS.items():
        for path in paths:
            value: Any = usage
            for name in path:
                value = value.get(name) if isinstance(value, Mapping) else None
            count = reading.count(value, path[-1])
            if count:
                fields[field] = count
                break
    anthropic = (
        "input_tokens" in usage and "prompt_tokens" not in usage and "input_tokens_details" not in usage
    )
    if anthropic and "prompt_tokens" in fields:
        fields["prompt_tokens"] += fields.get("cached_tokens", 0) + fields.get("cache_write_tokens", 0)
    if "candidatesTokenCount" in usage and "completion_tokens" in fields:
        fields["completion_tokens"] += fields.get("reasoning_tokens", 0)
    return fields
