"""Token counts, by whichever names an answer has them."""

from __future__ import annotations

from typing import Any

from gateway_kit.rehearsal.traffic.reading import Fields, Reading

_COUNTS = (
    (
        "prompt_tokens",
        ("prompt_tokens", "input_tokens", "promptTokens", "inputTokens", "promptTokenCount", "input"),
    ),
    (
        "completion_tokens",
        (
            "completion_tokens",
            "output_tokens",
            "completionTokens",
            "outputTokens",
            "candidatesTokenCount",
            "output",
        ),
    ),
)
# The field, the object in the usage that has it (None for the usage itself), and its name there; the first counts.
_DETAILS = (
    ("cached_tokens", "prompt_tokens_details", "cached_tokens"),
    ("cached_tokens", "input_tokens_details", "cached_tokens"),
    ("cached_tokens", None, "cache_read_input_tokens"),
    ("cached_tokens", None, "cachedContentTokenCount"),
    ("cached_tokens", None, "prompt_cache_hit_tokens"),
    ("cache_write_tokens", None, "cache_creation_input_tokens"),
    ("cache_write_tokens", "prompt_tokens_details", "cache_creation_tokens"),
    ("cache_write_tokens", "prompt_tokens_details", "cache_write_tokens"),
    ("cache_write_tokens", "input_tokens_details", "cache_write_tokens"),
    ("reasoning_tokens", "completion_tokens_details", "reasoning_tokens"),
    ("reasoning_tokens", "output_tokens_details", "reasoning_tokens"),
    ("reasoning_tokens", None, "thoughtsTokenCount"),
)
_HAVE_DETAILS = frozenset(name if group is None else group for _, group, name in _DETAILS)


def read_usage(usage: Any, reading: Reading) -> Fields:
    """The token counts of an answer's `usage`; only those that it has.

    Anthropic counts cached input beside `input_tokens`, Gemini its thoughts beside the output; here both are included,
    as OpenAI counts them.
    """
    if not isinstance(usage, dict):
        return {}
    fields: Fields = {}
    for field, names in _COUNTS:
        for name in names:
            if name in usage and (count := reading.count(usage[name], name)) is not None:
                fields[field] = count
                break
    if not usage.keys() & _HAVE_DETAILS:
        return fields
    for field, group, name in _DETAILS:
        details = usage if group is None else usage.get(group)
        if (
            isinstance(details, dict)
            and field not in fields
            and (count := reading.count(details.get(name), name))
        ):
            fields[field] = count
    anthropic = (
        "input_tokens" in usage and "prompt_tokens" not in usage and "input_tokens_details" not in usage
    )
    if anthropic and "prompt_tokens" in fields:
        fields["prompt_tokens"] += fields.get("cached_tokens", 0) + fields.get("cache_write_tokens", 0)
    if "candidatesTokenCount" in usage and "completion_tokens" in fields:
        fields["completion_tokens"] += fields.get("reasoning_tokens", 0)
    return fields
