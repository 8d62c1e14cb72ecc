"""The metadata of a span: one flat object with dotted keys, as Langfuse answers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_kit.servers.tracestore import messages
from gateway_kit.servers.tracestore.span import Attributes, Scope
from gateway_kit.servers.tracestore.values import parsed, parsed_object

SDK_SCOPE = "langfuse-sdk"
_TRACE = "langfuse.trace.metadata"
_OBSERVATION = "langfuse.observation.metadata"
_BOTH = "langfuse.metadata"
_MAX_DEPTH = 100


class ScopeMetadata:
    """What all spans of one scope have in their metadata; made once a scope."""

    __slots__ = ("fields", "is_sdk")

    def __init__(self, scope: Scope) -> None:
        self.is_sdk = scope.name.startswith(SDK_SCOPE)
        self.fields: dict[str, Any] = {}
        _flatten("resourceAttributes", scope.resource, self.fields)
        if scope.name:
            self.fields["scope.name"] = scope.name
        if scope.version:
            self.fields["scope.version"] = scope.version
        _flatten("scope.attributes", scope.attributes, self.fields)


def metadata_of(attributes: Attributes, shared: ScopeMetadata) -> dict[str, Any]:
    """Metadata of the trace, then of the observation, then (not for the SDK's own spans) all other attributes."""
    fields: dict[str, Any] = {}
    for prefix in (_BOTH, _TRACE, _OBSERVATION):
        whole = attributes.get(prefix)
        if whole is not None:
            for key, value in parsed_object(whole).items():
                _flatten(key, value, fields)
    later: list[tuple[str, Any]] = []
    for key, value in attributes.items():
        if key.startswith("langfuse."):
            if key.startswith(_OBSERVATION + "."):
                later.append((key[len(_OBSERVATION) + 1 :], value))
            elif key.startswith(_TRACE + "."):
                _flatten(key[len(_TRACE) + 1 :], value, fields)
            elif key.startswith(_BOTH + "."):
                _flatten(key[len(_BOTH) + 1 :], value, fields)
    for key, value in later:
        _flatten(key, value, fields)
    if not shared.is_sdk:
        for key, value in attributes.items():
            if key not in messages.KEYS and not key.startswith(messages.PREFIXES):
                fields[f"attributes.{key}"] = _leaf(value)
    fields.update(shared.fields)
    return fields


def _flatten(key: str, value: Any, into: dict[str, Any], depth: int = 0) -> None:
    if isinstance(value, Mapping) and depth < _MAX_DEPTH:
        for name, item in value.items():
            _flatten(f"{key}.{name}", item, into, depth + 1)
    else:
        into[key] = _leaf(value)


def _leaf(value: Any) -> Any:
    """A text is what it says in JSON: Langfuse keeps metadata as text and reads it so."""
    return parsed(value) if isinstance(value, str) else value
