"""What a key and a value in Redis say about a cached answer. Pure functions.

As LiteLLM 1.106.2 writes them:
- exact: a string under `[NAMESPACE:]SHA256`, a JSON object with `timestamp` (seconds) and `response`, which is an
  answer as JSON text, or an embedding as an object;
- semantic: a hash under `INDEX:ID` of redisvl, with `prompt`, `response`, `inserted_at`, `litellm_cache_key` and the
  vector. `response` is the same object as Python prints it, which is not JSON; `litellm_cache_key` is what an exact
  entry would lie under if the messages did not count: `[NAMESPACE:]SHA256`.
Everything else in the same Redis (counters of rate limits and spend, the router's state) is not the cache's.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

# One part before the digest at most: `spend:key:SHA256` is a counter of a virtual key's spend.
_EXACT_KEY = re.compile(r"(?:(?P<namespace>[^:{}]+):)?(?P<digest>[0-9a-f]{64})")


def namespace_of(key: str) -> str | None:
    """The namespace of an exact entry's key, "" without one; None where the key is no exact entry's."""
    found = _EXACT_KEY.fullmatch(key)
    return (found["namespace"] or "") if found else None


def exact_facts(value: str) -> dict[str, Any]:
    """Columns that an exact entry's value tells: kind, model, stored, question (never kept), answer."""
    entry = _parsed(value)
    response = _parsed(entry.get("response"))
    return {
        "kind": "embedding" if "embedding" in response else "answer",
        "model": response.get("model"),
        "stored": _when(entry.get("timestamp")),
        "question": None,
        "answer": answer_text(response),
    }


def semantic_facts(fields: Mapping[str, str | None]) -> dict[str, Any]:
    """Columns that a semantic entry's hash tells; `question` is the text that was embedded."""
    response = _printed(fields.get("response"))
    inner = _parsed(response.get("response")) if "response" in response else response
    return {
        "kind": "semantic",
        "namespace": namespace_of(fields.get("litellm_cache_key") or "") or "",
        "model": inner.get("model"),
        "stored": _when(fields.get("inserted_at") or response.get("timestamp")),
        "question": fields.get("prompt"),
        "answer": answer_text(inner),
    }


def answer_text(response: Mapping[str, Any]) -> str | None:
    """The text of a cached chat answer; None for what has none."""
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


def _printed(text: str | None) -> dict[str, Any]:
    """A mapping that was written as JSON, or as Python prints it; LiteLLM reads both."""
    if found := _parsed(text):
        return found
    try:
        value = ast.literal_eval(text or "")
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _when(seconds: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(seconds), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
