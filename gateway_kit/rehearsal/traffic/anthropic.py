"""Requests to Anthropic's `/v1/messages` as chats, which a gateway serves by the same deployments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

_ENDPOINT = re.compile(r"/v1/messages\b|anthropic_messages|^messages$", re.IGNORECASE)
_BLOCKS = frozenset({"tool_use", "tool_result", "thinking", "redacted_thinking", "document", "image"})
_SAME = frozenset({"max_tokens", "temperature", "top_p", "top_k", "metadata", "thinking", "service_tier"})
_CHOICES = {"any": "required", "auto": "auto", "none": "none"}


def is_messages_endpoint(endpoint: Any) -> bool:
    """Whether a path, an address or LiteLLM's `call_type` is that of `/v1/messages`."""
    return isinstance(endpoint, str) and _ENDPOINT.search(endpoint) is not None


def is_anthropic(body: Mapping[str, Any]) -> bool:
    """Whether the body of a request is in Anthropic's format, where that differs from a chat's."""
    if "system" in body or "stop_sequences" in body:
        return True
    tools, messages = body.get("tools"), body.get("messages")
    if isinstance(tools, list) and any(isinstance(tool, dict) and "input_schema" in tool for tool in tools):
        return True
    return isinstance(messages, list) and any(
        str(block.get("type")) in _BLOCKS for block in _blocks_of(messages)
    )


def as_chat(body: Mapping[str, Any]) -> dict[str, Any]:
    """The body as that of a chat. What a chat does not have (citations, thoughts of earlier answers) is left out."""
    chat: dict[str, Any] = {name: value for name, value in body.items() if name in _SAME}
    system = body.get("system")
    messages = [{"role": "system", "content": _content(system)}] if system else []
    for message in body["messages"]:
        messages += _messages(message)
    chat["messages"] = messages
    for name in ("model", "stream"):
        if name in body:
            chat[name] = body[name]
    if isinstance(body.get("stop_sequences"), list):
        chat["stop"] = body["stop_sequences"]
    listed = body.get("tools")
    listed = listed if isinstance(listed, list) else []
    tools = [_tool(tool) for tool in listed if isinstance(tool, dict) and "input_schema" in tool]
    if tools:
        chat["tools"] = tools
    choice = body.get("tool_choice")
    if isinstance(choice, dict) and tools:
        named = {"type": "function", "function": {"name": choice.get("name")}}
        chat["tool_choice"] = _CHOICES.get(str(choice.get("type")), named)
    user = body["metadata"].get("user_id") if isinstance(body.get("metadata"), dict) else None
    if isinstance(user, str):
        chat["user"] = user
    return chat


def _messages(message: Any) -> list[dict[str, Any]]:
    """A message of Anthropic's as one of a chat, and one more for each result of a tool in it."""
    if not isinstance(message, dict) or not isinstance(message.get("content"), list):
        return [message]
    blocks = [block for block in message["content"] if isinstance(block, dict)]
    results = [
        {"role": "tool", "tool_call_id": block.get("tool_use_id"), "content": _text(block.get("content"))}
        for block in blocks
        if block.get("type") == "tool_result"
    ]
    calls = [
        {
            "id": block.get("id"),
            "type": "function",
            "function": {"name": block.get("name"), "arguments": orjson.dumps(block.get("input")).decode()},
        }
        for block in blocks
        if block.get("type") == "tool_use"
    ]
    content = _content(blocks)
    if not content and not calls:
        return results
    made: dict[str, Any] = {"role": message.get("role"), "content": content or None}
    return [*results, made | ({"tool_calls": calls} if calls else {})]


def _content(given: Any) -> Any:
    """Text, or parts of a chat's message; empty if there are none."""
    if not isinstance(given, list):
        return given
    parts: list[dict[str, Any]] = []
    for block in given:
        if not isinstance(block, dict):
            continue
        source = block.get("source") if isinstance(block.get("source"), dict) else {}
        if block.get("type") == "text":
            kept = {"cache_control": block["cache_control"]} if "cache_control" in block else {}
            parts.append({"type": "text", "text": block.get("text"), **kept})
        elif block.get("type") == "image" and source:
            url = source.get("url") or f"data:{source.get('media_type')};base64,{source.get('data')}"
            parts.append({"type": "image_url", "image_url": {"url": url}})
    return parts


def _text(content: Any) -> str:
    if isinstance(content, list):
        return "\n".join(
            str(block.get("text")) for block in content if isinstance(block, dict) and "text" in block
        )
    return content if isinstance(content, str) else ""


def _tool(tool: Mapping[str, Any]) -> dict[str, Any]:
    function = {"name": tool.get("name"), "parameters": tool["input_schema"]}
    if "description" in tool:
        function["description"] = tool["description"]
    return {"type": "function", "function": function}


def _blocks_of(messages: list[Any]) -> Iterator[Mapping[str, Any]]:
    for message in messages:
        content = message.get("content") if isinstance(message, dict) else None
        if isinstance(content, list):
            yield from (block for block in content if isinstance(block, dict))
