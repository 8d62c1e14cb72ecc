"""The input of a model as traces keep it, as the body of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway_kit.rehearsal.call import Kind
from gateway_kit.rehearsal.traffic.problems import BadLine
from gateway_kit.rehearsal.traffic.readers.envelope import decoded
from gateway_kit.rehearsal.traffic.request import looks_like_request, read_request

_FIELD: Mapping[Kind, str] = {
    "chat": "messages",
    "completions": "prompt",
    "embeddings": "input",
    "responses": "input",
}
# What LiteLLM and Langfuse write in place of texts that they were told not to keep.
_WITHHELD = ("redacted-by-litellm", "<fully masked due to failed mask function>")
# Names under which recorders keep parameters that a request has otherwise, and what is none.
_NOT_PARAMETERS = frozenset(
    {
        "model",
        "stream",
        "messages",
        "input",
        "prompt",
        "extra_headers",
        "extra_body",
        "api_key",
        "api_base",
        "user_id",
    }
    | {
        "max_retries",
        "metadata",
        "base_url",
        "litellm_metadata",
        "proxy_server_request",
        "headers",
        "model_info",
    }
)


def body_of_input(given: Any, kind: Kind, parameters: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The body, with parameters such as the temperature; None if there is no text, or it was withheld."""
    given = decoded(given)
    if given in (None, "", [], {}) or _is_withheld(given):
        return None
    kept = {
        name: value
        for name, value in parameters.items()
        if name not in _NOT_PARAMETERS and value not in (None, "", {})
    }
    if isinstance(given, dict):
        if not looks_like_request(given):
            return _of_mapping(given, kind, kept)
        body = {**kept, **given}
    elif isinstance(given, list) and kind == "chat" and not _are_messages(given):
        return None
    elif isinstance(given, str) and kind in ("chat", "responses"):
        body = kept | ({"messages": _one_message(given)} if kind == "chat" else {"input": given})
    elif kind == "embeddings" and _are_messages(given):
        body = kept | {"input": [message.get("content") for message in given]}
    else:
        body = kept | {_FIELD[kind]: given}
    try:
        asked: Mapping[str, Any] = read_request(body, kind)["body"]
    except BadLine:
        return None
    return asked


def _of_mapping(given: Mapping[str, Any], kind: Kind, kept: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """One message, or one text in an object."""
    if isinstance(given.get("role"), str) and kind == "chat":
        return {**kept, "messages": [given]}
    texts = [value for value in given.values() if isinstance(value, str) and value]
    if len(texts) == 1:
        return body_of_input(texts[0], kind, kept)
    return None


def _one_message(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def _are_messages(given: Any) -> bool:
    return isinstance(given, list) and all(
        isinstance(m, dict) and isinstance(m.get("role"), str) for m in given
    )


def _is_withheld(given: Any) -> bool:
    if isinstance(given, str):
        return given in _WITHHELD
    if isinstance(given, dict):
        return _is_withheld(given.get("messages", given.get("content")))
    if isinstance(given, list) and given:
        return _is_withheld(given[0])
    return False
