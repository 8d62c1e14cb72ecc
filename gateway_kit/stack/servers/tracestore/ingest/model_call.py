"""The parameters with which a model was called."""

from __future__ import annotations

from typing import Any

from gateway_kit.stack.servers.tracestore.ingest.frameworks.framework import Framework
from gateway_kit.stack.servers.tracestore.ingest.span import Attributes
from gateway_kit.stack.servers.tracestore.ingest.values import parsed, texts_and_numbers

_LANGFUSE = "langfuse.observation.model.parameters"
_WHOLE = ("llm.invocation_parameters", "model_config")
_PREFIXES = ("gen_ai.request.", "llm.invocation_parameters.")


def model_parameters(attributes: Attributes, framework: Framework) -> dict[str, Any]:
    """By name; each a text or a number, anything else is JSON text."""
    own = framework.parameters(attributes, _object(attributes.get(_LANGFUSE)))
    if own is not None:
        return own
    for key in _WHOLE:
        if (found := _object(attributes.get(key))) is not None:
            return found
    named = {}
    for key, value in attributes.items():
        if key.startswith(_PREFIXES) and key != "gen_ai.request.model":
            named[key.removeprefix(_PREFIXES[0]).removeprefix(_PREFIXES[1])] = value
    named.pop("model", None)
    return texts_and_numbers(named)


def _object(sent: Any) -> dict[str, Any] | None:
    said = parsed(sent) if isinstance(sent, str) else sent
    return texts_and_numbers(said) if isinstance(said, dict) else None
