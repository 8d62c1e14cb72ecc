"""What all spans of one instrumentation scope share, worked out once."""

from __future__ import annotations

from gateway_kit.stack.servers.tracestore.ingest.frameworks import (
    flue,
    genkit,
    google_adk,
    livekit,
    pydantic_ai,
    vercel_ai,
)
from gateway_kit.stack.servers.tracestore.ingest.frameworks.framework import Framework
from gateway_kit.stack.servers.tracestore.ingest.metadata import metadata_of_scope
from gateway_kit.stack.servers.tracestore.ingest.span import Scope

_SDK = "langfuse-sdk"
_ANY = Framework()
_FRAMEWORKS: dict[str, Framework] = {
    module.SCOPE: module.FRAMEWORK for module in (flue, genkit, google_adk, livekit, pydantic_ai, vercel_ai)
}


class ScopeFacts:
    """Which framework or SDK sent the spans, and their part of the metadata."""

    __slots__ = ("framework", "is_old_sdk", "is_sdk", "metadata")

    def __init__(self, scope: Scope) -> None:
        self.is_sdk = scope.name.startswith(_SDK)
        self.is_old_sdk = _is_old_python_sdk(scope)
        self.framework = _FRAMEWORKS.get(scope.name, _ANY)
        self.metadata = metadata_of_scope(scope)


def _is_old_python_sdk(scope: Scope) -> bool:
    """Langfuse's SDK up to 3.3, which sends the type span even for spans that became generations."""
    if scope.name != _SDK or scope.resource.get("telemetry.sdk.language") != "python":
        return False
    parts = [int(part) if part.isdigit() else 0 for part in scope.version.split(".")[:2]]
    return parts <= [3, 3]
