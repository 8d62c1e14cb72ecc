"""Google's Agent Development Kit: https://google.github.io/adk-docs."""

from __future__ import annotations

from typing import Any

from gateway_kit.stack.servers.tracestore.ingest.frameworks.framework import Attributes, Framework, Pair
from gateway_kit.stack.servers.tracestore.ingest.usage import tokens_by_convention
from gateway_kit.stack.servers.tracestore.ingest.values import number, parsed_object

SCOPE = "gcp.vertex.agent"
_REQUEST, _RESPONSE = "gcp.vertex.agent.llm_request", "gcp.vertex.agent.llm_response"
_ARGUMENTS, _RESULT = "gcp.vertex.agent.tool_call_args", "gcp.vertex.agent.tool_response"
KEYS = frozenset((_REQUEST, _RESPONSE, _ARGUMENTS, _RESULT))


def messages(attributes: Attributes) -> Pair | None:
    """Request and response of the model; for a tool, which sends '{}' for these, its arguments and result."""
    input_, output = attributes.get(_REQUEST), attributes.get(_RESPONSE)
    if input_ == "{}" or not input_:
        input_ = attributes.get(_ARGUMENTS)
    if output == "{}" or not output:
        output = attributes.get(_RESULT)
    return (input_, output) if input_ or output else None


def _usage(attributes: Attributes) -> dict[str, Any] | None:
    """Versions below 2.3 report cached tokens only in the response, and include them in the input."""
    if _RESPONSE not in attributes:
        return None
    tokens: dict[str, Any] = dict(tokens_by_convention(attributes))
    if "input_cached_tokens" in tokens:
        return tokens
    usage = parsed_object(attributes[_RESPONSE]).get("usage_metadata")
    cached = number(usage.get("cached_content_token_count")) if isinstance(usage, dict) else None
    if cached and cached > 0:
        tokens["input_cached_tokens"] = cached
        if "input" in tokens:
            tokens["input"] = max(0, tokens["input"] - cached)
    return tokens


FRAMEWORK = Framework(usage=_usage)
