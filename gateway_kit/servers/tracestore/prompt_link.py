"""The prompt with which a generation was made; other types of observations have none."""

from __future__ import annotations

from typing import Any

from gateway_kit.servers.tracestore.frameworks import vercel_ai
from gateway_kit.servers.tracestore.span import Attributes
from gateway_kit.servers.tracestore.values import as_text, number

MAX_CHARS = 500
MAX_VERSION = 65_535
_NAMES = ("langfuse.observation.prompt.name", "langfuse.prompt.name")
_VERSIONS = ("langfuse.observation.prompt.version", "langfuse.prompt.version")


def prompt_link(attributes: Attributes) -> tuple[str, int | None]:
    """Name and version; '' and None without."""
    name, version = _first(attributes, _NAMES), _first(attributes, _VERSIONS)
    if name is None or version is None:
        of_call = vercel_ai.prompt_of(attributes)
        name = of_call.get("name") if name is None else name
        version = of_call.get("version") if version is None else version
    found = number(version)
    return (
        "" if name is None else as_text(name)[:MAX_CHARS],
        int(found) if found is not None and 0 <= found <= MAX_VERSION else None,
    )


def _first(attributes: Attributes, keys: tuple[str, ...]) -> Any:
    return next((value for key in keys if (value := attributes.get(key)) is not None), None)
