"""An OpenAI request: which endpoint it is for, and its fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from gateway_kit.rehearsal.call import Kind
from gateway_kit.rehearsal.traffic.anthropic import as_chat, is_anthropic, is_messages_endpoint
from gateway_kit.rehearsal.traffic.problems import BadLine, shortened
from gateway_kit.rehearsal.traffic.reading import Fields

_ENDPOINTS: tuple[tuple[re.Pattern[str], Kind | None], ...] = (
    (re.compile(r"chat/completions|\bchat\b", re.IGNORECASE), "chat"),
    (re.compile(r"embedding", re.IGNORECASE), "embeddings"),
    (re.compile(r"response", re.IGNORECASE), "responses"),
    (re.compile(r"text_?completion|/completions|llm/v1/completions", re.IGNORECASE), "completions"),
    (re.compile(r"^a?completion$", re.IGNORECASE), "chat"),  # LiteLLM's call_type
    (re.compile(r"^completions$", re.IGNORECASE), "completions"),
)
_OTHER = re.compile(
    r"image|audio|speech|transcription|moderation|rerank|batch|file|assistant|thread|fine_?tun|video|realtime"
    r"|vector_store|search|ocr|mcp|passthrough|pass_through|generate_?content|container",
    re.IGNORECASE,
)
_EMBEDDING_MODEL = re.compile(r"embed|ada-002|\bbge\b|\be5\b|gte-|minilm|voyage-|nomic", re.IGNORECASE)
_OF_RESPONSES = frozenset(
    {"instructions", "max_output_tokens", "previous_response_id", "store", "text", "reasoning", "tools"}
    | {"truncation", "background"}
)
# What a gateway's caller adds for the gateway's own sake, and what names its secrets.
_NEEDED: Mapping[Kind, str] = {
    "chat": "messages",
    "completions": "prompt",
    "embeddings": "input",
    "responses": "input",
}
_SECRET = frozenset(
    {"api_key", "api_base", "base_url", "litellm_params", "proxy_server_request", "secret_fields"}
)


def kind_of(endpoint: Any) -> Kind | None:
    """The kind of call of a path, an address or LiteLLM's `call_type`; None if it does not say.

    Raises BadLine for endpoints that cannot be rehearsed (images, audio, …).
    """
    if not isinstance(endpoint, str) or not endpoint:
        return None
    if is_messages_endpoint(endpoint):
        return "chat"  # see `anthropic.py`
    for pattern, kind in _ENDPOINTS:
        if pattern.search(endpoint):
            return kind
    if "/v1/" in endpoint and _OTHER.search(endpoint):
        raise BadLine(
            "other endpoint",
            f"{shortened(endpoint)} cannot be rehearsed: only chat, completions, embeddings, Responses",
        )
    return None


def kind_of_model(model: Any) -> Kind:
    """What a model of this name is for, if nothing else says it."""
    return "embeddings" if isinstance(model, str) and _EMBEDDING_MODEL.search(model) else "chat"


def looks_like_request(value: Any) -> bool:
    """Whether this is the body of a request to a model."""
    return isinstance(value, dict) and (
        isinstance(value.get("messages"), list)
        or ("model" in value and ("input" in value or "prompt" in value))
        or ("input" in value and ("instructions" in value or isinstance(value["input"], list)))
    )


def read_request(body: Mapping[str, Any], kind: Kind | None = None) -> Fields:
    """`kind`, `body`, `stream` and, if it names one, `model` and `user` of a request's body.

    Raises BadLine for what is no request.
    """
    if kind is None or _NEEDED[kind] not in body:
        kind = _kind_of_body(body)  # what the log names its endpoint may be anything
    needed = _NEEDED[kind]
    if kind == "chat" and not _are_messages(body["messages"]):
        raise BadLine("no request", "messages is no list of messages, each with a role")
    if body[needed] is None or body[needed] == []:
        raise BadLine("no request", f"{needed} is empty")
    anthropic = kind == "chat" and is_anthropic(body)
    if anthropic:
        body = as_chat(body)
    fields: Fields = {
        "kind": kind,
        "stream": body.get("stream") is True,
        "body": {
            name: value
            for name, value in body.items()
            if name not in ("model", "stream") and name not in _SECRET
        },
    }
    if anthropic:
        fields["converted"] = "/v1/messages"
    if isinstance(body.get("model"), str):
        fields["model"] = body["model"]
    user = body.get("user")
    if isinstance(user, str) and user:
        fields["user"] = user
    return fields


def _kind_of_body(body: Mapping[str, Any]) -> Kind:
    if "messages" in body:
        return "chat"
    if "prompt" in body:
        return "completions"
    if "input" not in body:
        raise BadLine("no request", f"no messages, prompt or input among {_names(body)}")
    given, model = body["input"], body.get("model")
    if "encoding_format" in body or "dimensions" in body:
        return "embeddings"
    if _OF_RESPONSES & body.keys() or (isinstance(given, list) and given and isinstance(given[0], dict)):
        return "responses"
    if isinstance(given, list) or (isinstance(model, str) and _EMBEDDING_MODEL.search(model)):
        return "embeddings"
    return "responses"


def _are_messages(messages: Any) -> bool:
    return isinstance(messages, list) and all(
        isinstance(message, dict) and isinstance(message.get("role"), str) for message in messages
    )


def _names(body: Mapping[str, Any]) -> str:
    return shortened(", ".join(map(str, body)) or "nothing", 80)
