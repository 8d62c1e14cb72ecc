"""Tokens in the attributes of OpenTelemetry's GenAI conventions and of OpenInference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_kit.stack.servers.tracestore.ingest.values import number

_PREFIXES = ("gen_ai.usage.", "llm.token_count.")
# What is counted: the names under which it is sent, the first one that is there counts.
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
# These are counted in the whole as well, and each token is to count once.
_PARTS = {
    "input": ("input_cached_tokens", "input_cache_creation"),
    "output": ("output_reasoning_tokens", "output_audio_tokens"),
}
_RANKED = {name: (kind, rank) for kind, names in _NAMES.items() for rank, name in enumerate(names)}


def tokens_by_convention(attributes: Mapping[str, Any]) -> dict[str, float]:
    """The counts of `gen_ai.usage.*` and `llm.token_count.*`; cached and reasoning tokens are out of the rest."""
    known: dict[str, float] = {}
    others: dict[str, float] = {}
    ranks: dict[str, int] = {}
    for key, value in attributes.items():
        if not key.startswith(_PREFIXES):
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
