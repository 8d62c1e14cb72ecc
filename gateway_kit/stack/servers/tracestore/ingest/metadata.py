"""The metadata of a span: one flat object with dotted keys, as Langfuse answers it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from gateway_kit.stack.servers.tracestore.ingest import input_output
from gateway_kit.stack.servers.tracestore.ingest.frameworks import vercel_ai
from gateway_kit.stack.servers.tracestore.ingest.span import Attributes, Scope
from gateway_kit.stack.servers.tracestore.ingest.values import parsed, parsed_object, raw_text

_TRACE = "langfuse.trace.metadata"
_OBSERVATION = "langfuse.observation.metadata"
_BOTH = "langfuse.metadata"
_VERCEL_AI = vercel_ai.METADATA
_NAMED = (f"{_OBSERVATION}.", f"{_TRACE}.", f"{_BOTH}.", f"{_VERCEL_AI}.")
# Attributes that go elsewhere: to input and output, or to the metadata without this prefix.
_ELSEWHERE = (*input_output.PREFIXES, _TRACE, _OBSERVATION, _VERCEL_AI)
_MAX_DEPTH = 100


def metadata_of_scope(scope: Scope) -> dict[str, Any]:
    """The metadata that all spans of one scope share."""
    fields: dict[str, Any] = {}
    flatten("resourceAttributes", scope.resource, fields)
    if scope.name:
        fields["scope.name"] = scope.name
    if scope.version:
        fields["scope.version"] = scope.version
    flatten("scope.attributes", scope.attributes, fields)
    return fields


def sent_metadata(attributes: Attributes) -> dict[str, Any]:
    """The metadata that the application sent: the observation's, overridden by the trace's."""
    observation, trace = _whole(attributes, _OBSERVATION), _whole(attributes, _TRACE)
    for key, value in attributes.items():
        if not key.startswith(_NAMED):
            continue
        if key.startswith(_NAMED[0]):
            observation[key[len(_NAMED[0]) :]] = value
        elif key.startswith(_NAMED[1]):
            trace[key[len(_NAMED[1]) :]] = value
        elif key not in vercel_ai.NOT_METADATA:
            prefix = _NAMED[2] if key.startswith(_NAMED[2]) else _NAMED[3]
            name = key[len(prefix) :]
            observation[name] = trace[name] = value
    return observation | trace if observation else trace


def _whole(attributes: Attributes, key: str) -> dict[str, Any]:
    sent = attributes.get(key) or attributes.get(_BOTH)
    return dict(parsed_object(sent)) if sent else {}


def other_attributes(attributes: Attributes) -> Attributes:
    """The attributes without a field of their own: they become metadata."""
    return {
        key: value
        for key, value in attributes.items()
        if key not in input_output.KEYS and not key.startswith(_ELSEWHERE)
    }


def metadata_of(
    sent: Mapping[str, Any],
    others: Attributes,
    of_scope: Mapping[str, Any],
    leaf: Callable[[Any], Any] = parsed,
) -> dict[str, Any]:
    """All metadata in one object; the application's own replaces the rest.

    A text that is JSON becomes its value, as in Langfuse, which stores metadata as text; with `raw_text` as `leaf`, it
    stays what Langfuse stores.
    """
    fields = {f"attributes.{key}": leaf(value) for key, value in others.items()}
    fields.update({key: leaf(value) for key, value in of_scope.items()} if leaf is raw_text else of_scope)
    for name in ("attributes", "resourceAttributes", "scope"):
        if name in sent:
            fields = {key: value for key, value in fields.items() if not key.startswith(f"{name}.")}
    for key, value in sent.items():
        flatten(key, value, fields, leaf)
    return fields


def flatten(
    key: str, value: Any, into: dict[str, Any], leaf: Callable[[Any], Any] = parsed, depth: int = 0
) -> None:
    """Add a value to `into`, an object as its items with dotted keys."""
    if isinstance(value, dict) and depth < _MAX_DEPTH:
        for name, item in value.items():
            flatten(f"{key}.{name}", item, into, leaf, depth + 1)
    else:
        into[key] = leaf(value)
