"""What an LLM connection may hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from gateway_kit.stack.servers.tracestore.api import checks, issues, rules, shapes

ADAPTERS = ("anthropic", "openai", "azure", "bedrock", "google-vertex-ai", "google-ai-studio")
AWS_DEFAULT, GCP_DEFAULT = "__BEDROCK_DEFAULT_CREDENTIALS__", "__VERTEXAI_DEFAULT_CREDENTIALS__"
_NEEDS_REGION = "Config is required for Bedrock adapter. Expected: { region: string }"
_NO_CREDENTIALS = (
    "Invalid Bedrock credentials. Expected a JSON object with either "
    "{accessKeyId, secretAccessKey} or {apiKey}."
)
_TEXT = shapes.text(least=1)

# Of each adapter that has a config: its name in a message, what it holds, and how a message says that.
_CONFIGS = {
    "bedrock": ("Bedrock", shapes.fields({"region": shapes.text()}), "{ region: string }"),
    "openai": (
        "OpenAI",
        shapes.fields({"useResponsesApi": shapes.optional(shapes.boolean())}, is_strict=True),
        "{ useResponsesApi: boolean }",
    ),
    "google-vertex-ai": (
        "VertexAI",
        shapes.fields({"location": shapes.optional(shapes.text())}, is_strict=True),
        "{ location: string }",
    ),
}
_CREDENTIALS = shapes.any_of(
    shapes.fields({"accessKeyId": _TEXT, "secretAccessKey": _TEXT}, is_strict=True),
    shapes.fields({"apiKey": _TEXT}, is_strict=True),
)


def _adapter(sent: Mapping[str, Any], path: issues.Path, wrong: checks.Issues) -> None:
    adapter, config = sent["adapter"], sent.get("config")
    if adapter not in _CONFIGS:
        if config:
            message = f"Config is not supported for {adapter} adapter. Remove the config field."
            wrong.append(issues.custom([*path, "config"], message))
        return
    if adapter == "bedrock" and config is None:
        wrong.append(issues.custom([*path, "config"], _NEEDS_REGION))
        return
    if config is not None and (fault := _fault(config, *_CONFIGS[adapter])):
        wrong.append(issues.custom([*path, "config"], fault))
    if adapter == "bedrock" and sent["secretKey"] != AWS_DEFAULT and not _has_credentials(sent["secretKey"]):
        wrong.append(issues.custom([*path, "secretKey"], _NO_CREDENTIALS))


def _fault(config: Any, name: str, shape: shapes.Shape, expected: str) -> str:
    found: checks.Issues = []
    shape(config, [], found)
    messages = ", ".join(issue["message"] for issue in found)
    return f"Invalid {name} config: {messages}. Expected: {expected}" if found else ""


def _has_credentials(secret: str) -> bool:
    try:
        value = orjson.loads(secret)
    except ValueError:
        return False
    found: checks.Issues = []
    _CREDENTIALS(value, [], found)
    return not found


BODY = shapes.fields(
    {
        "provider": _TEXT,
        "adapter": shapes.choice(ADAPTERS),
        "secretKey": _TEXT,
        "baseURL": shapes.nullish(shapes.text(rules=[rules.is_url])),
        "customModels": shapes.optional(shapes.listed(_TEXT)),
        "withDefaultModels": shapes.optional(shapes.boolean(), True),
        "extraHeaders": shapes.optional(shapes.record(shapes.text())),
        "config": shapes.optional(shapes.record(shapes.any_of(shapes.text(), shapes.boolean()))),
    },
    _adapter,
)
