"""The prompt with which a generation was made; other types of observations have none."""

from __future__ import annotations

from gateway_kit.stack.servers.tracestore.ingest.frameworks import vercel_ai
from gateway_kit.stack.servers.tracestore.ingest.span import Attributes
from gateway_kit.stack.servers.tracestore.ingest.values import as_text, number

MAX_CHARS = 500
MAX_VERSION = 65_535
_NAME, _VERSION = "langfuse.observation.prompt.name", "langfuse.observation.prompt.version"


def prompt_link(attributes: Attributes) -> tuple[str, int | None]:
    """Name and version; '' and None without."""
    name, version = attributes.get(_NAME), attributes.get(_VERSION)
    name = attributes.get("langfuse.prompt.name") if name is None else name
    version = attributes.get("langfuse.prompt.version") if version is None else version
    if (name is None or version is None) and (of_call := vercel_ai.prompt_of(attributes)):
        name = of_call.get("name") if name is None else name
        version = of_call.get("version") if version is None else version
    found = None if version is None else number(version)
    return (
        "" if name is None else as_text(name)[:MAX_CHARS],
        int(found) if found is not None and 0 <= found <= MAX_VERSION else None,
    )
