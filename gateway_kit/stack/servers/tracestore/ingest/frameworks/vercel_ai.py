"""The Vercel AI SDK, versions 3 to 7: https://ai-sdk.dev/docs/ai-sdk-core/telemetry."""

from __future__ import annotations

import math
from contextlib import suppress
from typing import Any

from gateway_kit.stack.servers.tracestore.ingest.frameworks.framework import (
    Attributes,
    Framework,
    Pair,
    Parameters,
)
from gateway_kit.stack.servers.tracestore.ingest.frameworks.gen_ai import messages_of_gen_ai
from gateway_kit.stack.servers.tracestore.ingest.values import as_text, dumped, number, parsed, parsed_object

SCOPE = "ai"
METADATA = "ai.telemetry.metadata"
PROMPT = f"{METADATA}.langfusePrompt"
# These become columns.
NOT_METADATA = frozenset((f"{METADATA}.userId", f"{METADATA}.sessionId", f"{METADATA}.tags", PROMPT))
_INPUTS = ("ai.prompt.messages", "ai.prompt", "ai.toolCall.args")
# `ai.result.*`: versions below 4.
_OUTPUTS = (
    "ai.result.text", "ai.toolCall.result", "ai.response.object", "ai.result.object", "ai.response.toolCalls",
    "ai.result.toolCalls",
)  # fmt: skip
KEYS = frozenset((*_INPUTS, "ai.response.text", *_OUTPUTS))

_MODEL_KEYS = (
    "langfuse.observation.model.name", "ai.model.id", "gen_ai.request.model", "gen_ai.response.model",
)  # fmt: skip
_CALLS = {
    "ai.generateText.doGenerate": "GENERATION",
    "ai.streamText.doStream": "GENERATION",
    "ai.generateObject.doGenerate": "GENERATION",
    "ai.streamObject.doStream": "GENERATION",
    "ai.embedMany.doEmbed": "EMBEDDING",
    "ai.embed.doEmbed": "EMBEDDING",
}
_PARAMETERS = {
    "maxSteps": ("ai.settings.maxSteps",),
    "toolChoice": ("ai.prompt.toolChoice",),
    "maxTokens": ("gen_ai.request.max_tokens",),
    "finishReason": ("gen_ai.response.finish_reasons", "gen_ai.finishReason"),
    "system": ("gen_ai.system", "ai.model.provider"),
    "maxRetries": ("ai.settings.maxRetries",),
    "mode": ("ai.settings.mode",),
    "temperature": ("gen_ai.request.temperature",),
    "service_tier": ("gen_ai.request.service_tier",),
}
_COUNTS = {
    "input": ("gen_ai.usage.prompt_tokens", "gen_ai.usage.input_tokens"),
    "output": ("gen_ai.usage.completion_tokens", "gen_ai.usage.output_tokens"),
    "total": ("ai.usage.tokens",),
    "input_cached_tokens": ("ai.usage.cachedInputTokens",),
    "output_reasoning_tokens": ("ai.usage.reasoningTokens",),
}
# In `ai.response.providerMetadata`: the provider, the object, and the names in it.
_OF_PROVIDERS = (
    (
        ("openai",),
        {
            "input_cached_tokens": "cachedPromptTokens",
            "accepted_prediction_tokens": "acceptedPredictionTokens",
            "rejected_prediction_tokens": "rejectedPredictionTokens",
            "output_reasoning_tokens": "reasoningTokens",
        },
    ),
    (
        ("anthropic", "usage"),
        {
            "input_cache_creation": "cache_creation_input_tokens",
            "input_cached_tokens": "cache_read_input_tokens",
        },
    ),
    (
        ("anthropic", "usage", "cache_creation"),
        {
            "input_cache_creation_5m": "ephemeral_5m_input_tokens",
            "input_cache_creation_1h": "ephemeral_1h_input_tokens",
        },
    ),
    (
        ("bedrock", "usage"),
        {
            "input_cache_read": "cacheReadInputTokens",
            "input_cache_write": "cacheWriteInputTokens",
            "input_cache_creation": "cacheCreationInputTokens",
        },
    ),
)
_LIFETIMES = ("input_cache_creation_5m", "input_cache_creation_1h")
_IN_INPUT = ("input_cached_tokens", "input_cache_creation", *_LIFETIMES, "input_cache_read")


def type_of(attributes: Attributes) -> str | None:
    """GENERATION or EMBEDDING for the call of a model, TOOL for a tool's, by the name of the operation."""
    name, operation = attributes.get("operation.name"), attributes.get("ai.operationId")
    if not name and not operation:
        return None
    # The name may end with the id of a function.
    name = name if isinstance(name, str) else ""
    for call, kind in _CALLS.items():
        if name.startswith(call) or operation == call:
            return kind if any(attributes.get(key) for key in _MODEL_KEYS) else None
    return "TOOL" if name.startswith("ai.toolCall") or operation == "ai.toolCall" else None


def name_of(attributes: Attributes) -> str | None:
    """The tool's name, else the operation, preceded by the function's id."""
    if name := attributes.get("ai.toolCall.name"):
        return as_text(name)
    if operation := attributes.get("ai.operationId"):
        function = attributes.get("ai.telemetry.functionId")
        return f"{as_text(function)}:{as_text(operation)}" if function else as_text(operation)
    return None


def prompt_of(attributes: Attributes) -> dict[str, Any]:
    """Name and version of the prompt that was sent with the call; {} without one."""
    return parsed_object(attributes.get(PROMPT))


def ms_to_first_token(attributes: Attributes) -> int | None:
    """Whole milliseconds from the start of the span, rounded up."""
    value = attributes.get("ai.response.msToFirstChunk", attributes.get("ai.stream.msToFirstChunk"))
    passed = number(value)
    return math.ceil(passed) if passed and 0 < passed < 2**40 else None


def _messages(attributes: Attributes) -> Pair:
    input_ = next((attributes[key] for key in _INPUTS if key in attributes), None)
    text, calls = attributes.get("ai.response.text"), attributes.get("ai.response.toolCalls")
    if text is not None and calls is not None:
        output: Any = dumped({"role": "assistant", "content": text, "tool_calls": calls})
    else:
        output = text or next((attributes[key] for key in _OUTPUTS if key in attributes), None)
    if input_ is None or output is None:
        pair = messages_of_gen_ai(attributes) or (None, None)
        input_ = pair[0] if input_ is None else input_
        output = pair[1] if output is None else output
    return input_, output


def _usage(attributes: Attributes) -> dict[str, Any]:
    counts: dict[str, float] = {}
    for kind, keys in _COUNTS.items():
        key = next((key for key in keys if key in attributes), None)
        if key is not None and (count := _count(attributes[key])) is not None:
            counts[kind] = count
    _add_of_providers(parsed_object(attributes.get("ai.response.providerMetadata")), counts)
    cached = sum(counts.get(kind, 0) for kind in _IN_INPUT)
    counts["input"] = max(0, counts.get("input", 0) - cached)
    counts["output"] = max(0, counts.get("output", 0) - counts.get("output_reasoning_tokens", 0))
    return counts


def _count(value: Any) -> float | None:
    """A number; some versions send the text `{"intValue": 5}`."""
    whole = parsed(value)
    return number(whole.get("intValue") if isinstance(value, str) and isinstance(whole, dict) else value)


def _add_of_providers(providers: dict[str, Any], counts: dict[str, float]) -> None:
    for path, names in _OF_PROVIDERS:
        part: Any = providers
        for step in path:
            part = part.get(step) if isinstance(part, dict) else None
        if not isinstance(part, dict):
            continue
        for kind, name in names.items():
            if kind not in counts and (count := number(part.get(name))) is not None:
                counts[kind] = count
        if path[-1] == "cache_creation":
            by_lifetime = sum(counts.get(kind, 0) for kind in _LIFETIMES)
            counts["input_cache_creation"] = max(0, counts.get("input_cache_creation", 0) - by_lifetime)


def _parameters(attributes: Attributes, sent: Parameters | None) -> Parameters:
    made: Parameters = {}
    for name, keys in _PARAMETERS.items():
        made[name] = _js_text(next((attributes[key] for key in keys if key in attributes), None))
    with suppress(KeyError, TypeError):
        tier = parsed_object(attributes.get("ai.response.providerMetadata"))["openai"]["serviceTier"]
        made["service_tier"] = tier if isinstance(tier, str) else made["service_tier"]
    return made | (sent or {})


def _js_text(value: Any) -> str | None:
    """The value as JavaScript's toString writes it, as stored by Langfuse."""
    if isinstance(value, list):
        return ",".join(_js_text(item) or "" for item in value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return None if value is None else as_text(value)


FRAMEWORK = Framework(messages=_messages, usage=_usage, parameters=_parameters)
