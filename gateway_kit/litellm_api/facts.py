"""What LiteLLM's headers and bodies say about a call, as fields of `Call`. Pure functions. Internal.

Measured on LiteLLM 1.106.2:
- `x-litellm-cache-key` is sent on cache hits only. An embeddings hit lacks it, and lacks the duration headers too,
  which every other successful answer has.
- On a hit `x-litellm-response-cost` repeats what the first answer cost; the spend log has 0.
- Embeddings are cached text by text. If some of the texts were in the cache, the answer looks as if all had been: cost
  and usage are those of all texts, the spend log has those of the rest.
- A stream has no cost header, but its usage chunk has `cost`, on hits too.
- Error answers carry neither the deployment nor retries and fallbacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def facts_of_headers(kind: str, status: int, headers: Mapping[str, str]) -> dict[str, Any]:
    """The call's fields from its answer's headers."""
    provider, provider_model = split_model(headers.get("x-litellm-model-name"))
    return {
        "model_group": headers.get("x-litellm-model-group"),
        "provider": provider,
        "provider_model": provider_model,
        "deployment": headers.get("x-litellm-model-id"),
        "cost_usd": _number(headers.get("x-litellm-response-cost")),
        "overhead_ms": _number(headers.get("x-litellm-overhead-duration-ms")),
        "cache_hit": is_cache_hit(kind, status, headers),
        "cache_key": headers.get("x-litellm-cache-key") or None,
        # On a miss LiteLLM says 0.0, however near the nearest was.
        "similarity": _number(headers.get("x-litellm-semantic-similarity")) or None,
        "retries": _whole(headers.get("x-litellm-attempted-retries")),
        "fallbacks": _whole(headers.get("x-litellm-attempted-fallbacks")),
        "request_id": headers.get("x-litellm-call-id"),
    }


def is_cache_hit(kind: str, status: int, headers: Mapping[str, str]) -> bool:
    """Whether the gateway's cache answered; see the top of this file."""
    if status != 200 or "x-litellm-call-id" not in headers:
        return False
    if headers.get("x-litellm-cache-key"):
        return True
    return kind == "embeddings" and "x-litellm-response-duration-ms" not in headers


def settle_cost(facts: dict[str, Any], texts: int) -> None:
    """Set `cost_usd` to what was charged, and `saved_usd` to what a cache hit saved; `texts` is how many were embedded.

    The answer does not say which of several texts were hits, so then both are unknown.
    """
    if not facts["cache_hit"]:
        return
    first_cost = facts.get("cost_usd")
    facts["saved_usd"], facts["cost_usd"] = (first_cost, 0.0) if texts <= 1 else (None, None)


def facts_of_body(body: Any) -> dict[str, Any]:
    """The call's fields from a JSON answer's `usage`."""
    usage = body.get("usage") if isinstance(body, dict) else None
    facts = facts_of_usage(usage) if isinstance(usage, dict) else {}
    facts.pop("cost_usd", None)  # the header has it
    return facts


def facts_of_usage(usage: Mapping[str, Any]) -> dict[str, Any]:
    """Token counts, and the cost if a stream's usage has it; by OpenAI's or Anthropic's names."""
    prompt = _count(usage, "prompt_tokens", "input_tokens")
    completion = _count(usage, "completion_tokens", "output_tokens")
    total = _count(usage, "total_tokens")
    if total is None and prompt is not None:
        total = prompt + (completion or 0)
    cost = usage.get("cost")
    known = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": total,
    }
    return {**known, "cost_usd": float(cost)} if isinstance(cost, int | float) else known


def cached_tokens(usage: Mapping[str, Any]) -> int | None:
    """Tokens of the prompt that the provider read from its cache, by OpenAI's or Anthropic's names; None if untold."""
    for name in ("prompt_tokens_details", "input_tokens_details"):
        details = usage.get(name)
        if isinstance(details, dict) and isinstance(details.get("cached_tokens"), int):
            return int(details["cached_tokens"])
    return _count(usage, "cache_read_input_tokens")


def short_error(status: int, body: Any) -> str | None:
    """The first line of an error answer's message; None for a success."""
    if status < 400:
        return None
    text = error_message(body) or f"HTTP {status}"
    return text.splitlines()[0][:300]


def error_message(body: Any) -> str | None:
    """LiteLLM's own message in an error body, None if there is none."""
    error = body.get("error", body.get("detail")) if isinstance(body, dict) else None
    if isinstance(error, dict):
        error = error.get("message") or error.get("error")
    return str(error) if error else None


def split_model(name: str | None) -> tuple[str | None, str | None]:
    """("openai", "gpt-4o-mini") of LiteLLM's "openai/gpt-4o-mini"."""
    if not name:
        return None, None
    provider, slash, model = name.partition("/")
    return (provider, model) if slash else (None, name)


def _count(usage: Mapping[str, Any], *names: str) -> int | None:
    return next((usage[n] for n in names if isinstance(usage.get(n), int)), None)


def _number(text: str | None) -> float | None:
    try:
        return float(text) if text is not None else None
    except ValueError:  # LiteLLM writes "None" for unknown
        return None


def _whole(text: str | None) -> int | None:
    number = _number(text)
    return None if number is None else int(number)
