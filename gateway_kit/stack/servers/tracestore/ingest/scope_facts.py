"""What is the same for all spans of one instrumentation scope, worked out once."""

from __future__ import annotations

from typing import Any

from gateway_kit.stack.servers.tracestore.ingest.frameworks.by_scope import framework_of
from gateway_kit.stack.servers.tracestore.ingest.metadata import metadata_of_scope
from gateway_kit.stack.servers.tracestore.ingest.span import Scope
from gateway_kit.stack.servers.tracestore.ingest.type_and_level import is_old_python_sdk

SDK_SCOPE = "langfuse-sdk"


class ScopeFacts:
    """Who sent the spans, and their part of the metadata."""

    __slots__ = ("framework", "is_old_sdk", "is_sdk", "metadata")

    def __init__(self, scope: Scope) -> None:
        self.is_sdk = scope.name.startswith(SDK_SCOPE)
        self.is_old_sdk = is_old_python_sdk(scope)
        self.framework = framework_of(scope.name)
        self.metadata: dict[str, Any] = metadata_of_scope(scope)
