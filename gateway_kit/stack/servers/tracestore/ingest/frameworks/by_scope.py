"""The framework that sent a span, by the name of its instrumentation scope."""

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

ANY = Framework()
_BY_SCOPE: dict[str, Framework] = {
    flue.SCOPE: flue.FRAMEWORK,
    genkit.SCOPE: genkit.FRAMEWORK,
    google_adk.SCOPE: google_adk.FRAMEWORK,
    livekit.SCOPE: livekit.FRAMEWORK,
    pydantic_ai.SCOPE: pydantic_ai.FRAMEWORK,
    vercel_ai.SCOPE: vercel_ai.FRAMEWORK,
}


def framework_of(scope_name: str) -> Framework:
    """What is particular to these spans; nothing for a scope that is not known."""
    return _BY_SCOPE.get(scope_name, ANY)
