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
    """Request and response of the model, or arguments and result of a tool: then the others are sent as '{}'."""
    sent, answered = attributes.get(_REQUEST), attributes.get(_RESPONSE)
    if sent == "{}" or not sent:
        sent = attributes.get(_ARGUMENTS)
    if answered == "{}" or not answered:
        answered = attributes.get(_RESULT)
    return (sent, answered) if sent or answered else None


def _usage(attributes: Attributes) -> dict[str, Any] | None:
    """Versions below 2.3 tell cached tokens only in the response, and count them as input too."""
    if _RESPONSE not in attributes:
        return None
    found: dict[str, Any] = dict(tokens_by_convention(attributes))
    if "input_cached_tokens" in found:
        return found
    usage = parsed_object(attributes[_RESPONSE]).get("usage_metadata")
    cached = number(usage.get("cached_content_token_count")) if isinstance(usage, dict) else None
    if cached and cached > 0:
        found["input_cached_tokens"] = cached
        if "input" in found:
            found["input"] = max(0, found["input"] - cached)
    return found


FRAMEWORK = Framework(usage=_usage)
