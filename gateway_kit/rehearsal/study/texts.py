"""The text of a logged call that a semantic cache embeds, and what keeps its entries apart. Pure functions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from gateway_kit.rehearsal.call import LoggedCall

Embedded = Literal["messages", "last_user"]
Separated = Literal["key", "user", "nobody"]

# Characters of a text that are embedded: more than any embedding model reads.
MOST_CHARACTERS = 32_000

# What LiteLLM 1.106 takes into the key of a cached answer, of chat, completions and responses; besides, the model, the
# stream, the user and the cache's namespace. Other fields of a request, such as tags, make no difference to it.
_PARAMETERS = (
    "audio", "background", "best_of", "cache_control", "container", "context_management", "conversation", "echo",
    "frequency_penalty", "function_call", "functions", "include", "instructions", "logit_bias", "logprobs",
    "max_completion_tokens", "max_output_tokens", "max_tokens", "max_tool_calls", "mcp_servers", "modalities",
    "moderation", "n", "output_config", "output_format", "parallel_tool_calls", "prediction", "presence_penalty",
    "previous_response_id", "prompt_cache_key", "prompt_cache_retention", "reasoning", "reasoning_effort",
    "response_format", "safety_identifier", "seed", "service_tier", "stop", "stop_sequences", "store",
    "stream_options", "suffix", "system", "temperature", "text", "thinking", "tool_choice", "tools", "top_k",
    "top_logprobs", "top_p", "truncation", "verbosity", "web_search_options",
)  # fmt: skip
# LiteLLM's caches pass over requests with more messages than `cache_params.max_messages`, which is this by default.
MAX_MESSAGES = 4


def embedded_text(call: LoggedCall, embedded: Embedded = "messages") -> tuple[str, int]:
    """The text that is embedded, and where in it the last user text begins; an empty text if the log has none.

    `messages` is what LiteLLM embeds: the texts of all messages, one after the other. `last_user` is the last user text
    alone.
    """
    body = call.body
    if body is None or call.kind == "embeddings":
        return "", 0
    parts = [(role, text) for role, text in _parts(body) if text]
    last = next((place for place in reversed(range(len(parts))) if parts[place][0] == "user"), None)
    if last is None:
        return "", 0
    if embedded == "last_user":
        return parts[last][1][:MOST_CHARACTERS], 0
    before = sum(len(text) for _, text in parts[:last])
    return "".join(text for _, text in parts)[:MOST_CHARACTERS], min(before, MOST_CHARACTERS)


def scope_of(
    call: LoggedCall,
    text: str,
    separated: Separated = "key",
    guard: Callable[[str], str] | None = None,
    max_messages: int | None = MAX_MESSAGES,
) -> bytes:
    """Calls of one scope can share an answer, others never.

    As LiteLLM has it, model, stream and all other parameters separate, and so does who asks: the key, its team and the
    request's `user` (`key`), the end user of the log too (`user`), or `nobody`, as if all customers asked with one key.
    A guard's namespace separates besides. A call that the cache passes over has a scope of its own.
    """
    body = call.body or {}
    parameters = {name: body[name] for name in _PARAMETERS if body.get(name) is not None}
    who: list[Any] = [] if separated == "nobody" else [call.key, call.team, body.get("user")]
    if separated == "user":
        who.append(call.user)
    cache = body.get("cache")
    namespaces = [
        cache.get("namespace") if isinstance(cache, Mapping) else None,
        guard(text) if guard is not None else None,
        call.number if is_passed_over(call, max_messages) else None,
    ]
    facts = json.dumps([call.model, call.stream, parameters, who, namespaces], sort_keys=True, default=str)
    return hashlib.blake2b(facts.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def is_passed_over(call: LoggedCall, max_messages: int | None = MAX_MESSAGES) -> bool:
    """Whether LiteLLM's caches neither look a call up nor keep its answer, since it has too many messages."""
    body = call.body or {}
    asked = body.get("messages", body.get("input"))
    if max_messages is None or not isinstance(asked, list):
        return False
    return sum(isinstance(item, Mapping) for item in asked) > max_messages


def owner_of(call: LoggedCall, separated: Separated) -> str:
    """Who asked, in the words of the table by customer."""
    key = call.key or call.team or "(no key)"
    return f"{key}, {call.user}" if separated == "user" and call.user else key


def text_digest(text: str) -> bytes:
    """16 bytes that stand for a text."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _parts(body: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The roles and texts of a request, in their order."""
    messages = body.get("messages")
    if isinstance(messages, list):
        for message in messages:
            if isinstance(message, Mapping):
                yield str(message.get("role", "user")), _content(message.get("content"))
        return
    asked = body.get("input", body.get("prompt"))
    if isinstance(asked, str):
        yield "user", asked
    elif isinstance(asked, list):
        for item in asked:
            if isinstance(item, str):
                yield "user", item
            elif isinstance(item, Mapping):
                yield str(item.get("role", "tool")), _content(item.get("content", item.get("output")))


def _content(content: Any) -> str:
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        return ""
    texts = (part.get("text") if isinstance(part, Mapping) else part for part in content)
    return "".join(text for text in texts if isinstance(text, str))
