"""Flue: https://flueframework.com."""

from __future__ import annotations

from gateway_kit.stack.servers.tracestore.ingest.frameworks.framework import Attributes, Framework, Pair

SCOPE = "@flue/opentelemetry"
_INPUTS = ("flue.turn.input", "flue.tool.arguments", "flue.task.prompt", "flue.workflow.payload")
_OUTPUTS = (
    "flue.turn.output", "flue.tool.result", "flue.task.result", "flue.operation.result", "flue.workflow.result",
)  # fmt: skip
KEYS = frozenset((*_INPUTS, *_OUTPUTS))


def type_of(attributes: Attributes) -> str | None:
    """TOOL for a tool's call, AGENT for a task delegated to another agent."""
    if attributes.get("flue.tool.name") or attributes.get("flue.tool.call_id"):
        return "TOOL"
    return "AGENT" if attributes.get("flue.task.id") or attributes.get("flue.task.agent") else None


def _messages(attributes: Attributes) -> Pair | None:
    input_ = next((attributes[key] for key in _INPUTS if attributes.get(key) is not None), None)
    output = next((attributes[key] for key in _OUTPUTS if attributes.get(key) is not None), None)
    return None if input_ is None and output is None else (input_, output)


FRAMEWORK = Framework(messages=_messages)
