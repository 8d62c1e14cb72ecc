"""What of a logged request can be sent again: no secrets, nothing that the log's gateway added, nothing outside."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from gateway_kit.rehearsal.call import Kind

# Where and with whose credentials a call goes is the configuration's matter; a log may even hold a secret here.
_WHERE = (
    "api_key", "api_base", "base_url", "api_version", "organization", "custom_llm_provider", "client", "model_list",
    "headers", "extra_headers", "extra_query", "default_headers", "http_client", "azure_ad_token", "region_name",
    "litellm_credential_name", "vertex_project", "vertex_location", "vertex_credentials",
)  # fmt: skip
# What a gateway writes into a request on its way.
_ADDED = (
    "litellm_call_id", "litellm_logging_obj", "litellm_params", "litellm_metadata", "litellm_trace_id",
    "proxy_server_request", "secret_fields", "standard_logging_object", "model_info", "deployment_id", "user_api_key",
    "model_group", "callbacks", "success_callback", "failure_callback", "no-log",
)  # fmt: skip
# What lies at the provider, and not in the log.
_STORED = ("previous_response_id", "conversation", "prompt_id", "background", "container")
_PREFIXES = ("aws_", "mock_", "user_api_key", "_litellm", "litellm_")
# A picture of one pixel, in the place of one that would have to be fetched.
_PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    "rkJggg=="
)


def clean_body(kind: Kind, body: Mapping[str, Any], *, stream: bool, removed: Counter[str]) -> dict[str, Any]:
    """The body as it can be sent; `removed` counts what was taken out, by its name."""
    kept: dict[str, Any] = {}
    for name, value in body.items():
        if name in ("model", "stream") or value is None:
            continue
        if name in _WHERE or name in _ADDED or name in _STORED or name.startswith(_PREFIXES):
            removed[name] += 1
        elif name == "stream_options" and not stream:
            removed["stream_options without a stream"] += 1
        elif name == "metadata":
            kept |= _metadata(value, removed)
        elif name == "prompt" and kind == "responses":  # a prompt that is stored at the provider
            removed["prompt"] += 1
        elif name == "tools" and isinstance(value, list):
            kept |= _tools(value, removed)
        else:
            kept[name] = value
    for name in ("messages", "input"):
        if name in kept and kind != "embeddings":
            kept[name] = _without_addresses(kept[name], removed)
    return kept


def _metadata(value: Any, removed: Counter[str]) -> dict[str, Any]:
    """The caller's own metadata: LiteLLM adds its own to it, with the key's hash and more."""
    if not isinstance(value, Mapping):
        removed["metadata"] += 1
        return {}
    own = {
        name: item
        for name, item in value.items()
        if isinstance(item, str | int | float | bool | list)
        and not str(name).startswith((*_PREFIXES, "requester_"))
    }
    if len(own) < len(value):
        removed["metadata of the gateway"] += 1
    return {"metadata": own} if own else {}


def _tools(tools: list[Any], removed: Counter[str]) -> dict[str, Any]:
    """Without tool servers, which the gateway would call."""
    kept = [tool for tool in tools if not (isinstance(tool, Mapping) and tool.get("type") == "mcp")]
    if len(kept) < len(tools):
        removed["tools of type mcp"] += 1
    return {"tools": kept} if kept else {}


def _without_addresses(value: Any, removed: Counter[str]) -> Any:
    """Messages with a pixel instead of each picture at an address; the gateway would fetch it."""
    if not isinstance(value, list):
        return value
    return [_part(item, removed) for item in value]


def _part(item: Any, removed: Counter[str]) -> Any:
    if not isinstance(item, Mapping):
        return item
    changed = dict(item)
    if isinstance(changed.get("content"), list):
        changed["content"] = [_part(part, removed) for part in changed["content"]]
    url = changed.get("image_url")
    address = url.get("url") if isinstance(url, Mapping) else url
    if isinstance(address, str) and not address.startswith("data:"):
        removed["addresses of pictures"] += 1
        changed["image_url"] = {**url, "url": _PIXEL} if isinstance(url, Mapping) else _PIXEL
    return changed
