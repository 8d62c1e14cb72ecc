"""A cached answer as a row, by its key and its value in Redis. Pure functions. Internal.

As LiteLLM 1.106.2 writes them:
- exact: a string under `[NAMESPACE:]SHA256`, a JSON object with `timestamp` (seconds) and `response`, which is an
  answer as JSON text, or an embedding as an object;
- semantic: a hash under `INDEX:ID` of redisvl, with `prompt`, `response`, `inserted_at`, `litellm_cache_key` and the
  vector. `response` is the same object as Python prints it, which is not JSON; `litellm_cache_key` is what an exact
  entry would have as key if the messages did not count: `[NAMESPACE:]SHA256`.
Everything else in the same Redis (counters of rate limits and spend, the router's state) is not part of the cache.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gateway_kit.common.tables import TIME, Column, Table

ENTRIES = Table(
    Column("key", "string", "its key in Redis, for `delete`"),
    Column("kind", "string", "answer, embedding (exact cache) or semantic"),
    Column("namespace", "string", "its part of the cache; empty without one"),
    Column("model", "string", "the provider's name of the model that answered; missing for embeddings"),
    Column("stored", TIME, "when it was stored"),
    Column("ttl_left_s", "float64", "seconds until it expires; missing if it never does"),
    Column("size_bytes", "Int64", "its memory in Redis"),
    Column("hits", "Int64", "calls that it answered; missing without `calls`, and for semantic entries"),
    Column("question", "string", "semantic entries: the text that was embedded; missing for exact ones"),
    Column("answer", "string", "the answer's text; missing for embeddings and tool calls"),
)

# One part before the digest at most: `spend:key:SHA256` is a counter of a virtual key's spend.
_EXACT_KEY = re.compile(r"(?:(?P<namespace>[^:{}]+):)?(?P<digest>[0-9a-f]{64})")


def namespace_of(key: str) -> str | None:
    """The namespace of an exact entry's key, "" without one; None for any other key."""
    match = _EXACT_KEY.fullmatch(key)
    return (match["namespace"] or "") if match else None


def exact_entry(value: str) -> dict[str, Any]:
    """The columns that an exact entry's value has: kind, model, stored, answer."""
    entry = _parsed(value)
    response = _parsed(entry.get("response"))
    return {
        "kind": "embedding" if "embedding" in response else "answer",
        "model": response.get("model"),
        "stored": _time(entry.get("timestamp")),
        "answer": answer_text(response),
    }


def semantic_entry(fields: Mapping[str, str | None]) -> dict[str, Any]:
    """The columns that a semantic entry's hash has; `question` is the text that was embedded."""
    response = _python_or_json(fields.get("response"))
    inner = _parsed(response.get("response")) if "response" in response else response
    return {
        "kind": "semantic",
        "namespace": namespace_of(fields.get("litellm_cache_key") or "") or "",
        "model": inner.get("model"),
        "stored": _time(fields.get("inserted_at") or response.get("timestamp")),
        "question": fields.get("prompt"),
        "answer": answer_text(inner),
    }


def answer_text(response: Mapping[str, Any]) -> str | None:
    """The text of a cached chat answer; None if it has none."""
    choices = response.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return None
    choice = choices[0]
    content = (choice.get("message") or {}).get("content", choice.get("text"))
    return content if isinstance(content, str) else None


def _parsed(value: Any) -> dict[str, Any]:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return {}
    return value if isinstance(value, dict) else {}


def _python_or_json(text: str | None) -> dict[str, Any]:
    """A mapping written as JSON, or as Python prints it; LiteLLM reads both."""
    if value := _parsed(text):
        return value
    try:
        value = ast.literal_eval(text or "")
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _time(seconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
