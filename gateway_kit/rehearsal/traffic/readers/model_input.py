"""The input of a model as traces keep it, as the body of a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

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
# Parameters of a request; recorders keep others beside them, and all as text.
_PARAMETERS = frozenset(
    {
        "temperature",
        "top_p",
        "top_k",
        "max_tokens",
        "max_completion_tokens",
        "max_output_tokens",
        "n",
        "stop",
        "seed",
    }
    | {
        "presence_penalty",
        "frequency_penalty",
        "logit_bias",
        "logprobs",
        "top_logprobs",
        "response_format",
        "tools",
    }
    | {
        "tool_choice",
        "parallel_tool_calls",
        "reasoning_effort",
        "reasoning",
        "text",
        "verbosity",
        "modalities",
        "user",
    }
    | {
        "dimensions",
        "encoding_format",
        "service_tier",
        "instructions",
        "stream_options",
        "functions",
        "function_call",
    }
    | {"thinking", "web_search_options", "prediction", "store", "truncation"}
)

# Those of them whose value is a word.
_WORDS = frozenset(
    {"reasoning_effort", "verbosity", "user", "encoding_format", "service_tier", "tool_choice", "stop"}
)


def body_of_input(given: Any, kind: Kind, parameters: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The body, with parameters such as the temperature; None if there is no text, or it was withheld."""
    given = decoded(given)
    if given in (None, "", [], {}) or _is_withheld(given):
        return None
    kept = {
        name: parameter
        for name, value in parameters.items()
        if name in _PARAMETERS and (parameter := _parameter(name, value)) is not None
    }
    if (
        isinstance(given, dict)
        and kind in ("responses", "embeddings")
        and _are_messages(given.get("messages"))
    ):
        # LiteLLM records the input of all endpoints as messages.
        others = {name: value for name, value in given.items() if name != "messages"}
        given = {"input": _input_of(given["messages"], kind), **others}
    if isinstance(given, dict):
        if not looks_like_request(given):
            return _of_mapping(given, kind, kept)
        body = {**kept, **given}
    elif isinstance(given, list) and kind == "chat" and not _are_messages(given):
        return None
    elif isinstance(given, str) and kind in ("chat", "responses"):
        body = kept | ({"messages": _one_message(given)} if kind == "chat" else {"input": given})
    elif kind == "embeddings" and _are_messages(given):
        body = kept | {"input": _input_of(given, kind)}
    else:
        body = kept | {_FIELD[kind]: given}
    try:
        asked: Mapping[str, Any] = read_request(body, kind)["body"]
    except BadLine:
        return None
    return asked


def _input_of(messages: list[Any], kind: Kind) -> list[Any]:
    return [message.get("content") for message in messages] if kind == "embeddings" else messages


def _parameter(name: str, value: Any) -> Any:
    """A parameter, which may have been recorded as text; None if that cannot be told."""
    if not isinstance(value, str):
        return value if value not in ({}, []) else None
    if value in ("true", "True", "false", "False"):
        return value in ("true", "True")
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        return value if name in _WORDS and value.isidentifier() and value != "None" else None


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
