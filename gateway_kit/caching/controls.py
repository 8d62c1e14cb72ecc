"""How one request treats the cache. Internal: `gateway.cache.controls`."""

from __future__ import annotations

import re
from typing import Any

# A longer time is a mistake: a hundred years, in seconds.
_LONGEST_S = 100 * 365 * 24 * 3600

# A colon ends the namespace in Redis' key; * ? [ ] \ would make a pattern of it.
_NAMESPACE = re.compile(r"[A-Za-z0-9._-]{1,100}")


def controls(
    *,
    no_cache: bool = False,
    no_store: bool = False,
    ttl_s: float | None = None,
    s_maxage_s: float | None = None,
    namespace: str | None = None,
) -> dict[str, Any]:
    """How one request treats the cache, as arguments of `gateway.ask`, `stream` and `embed`.

    See docs.litellm.ai/docs/proxy/caching for the parameters themselves.

    Args:
        no_cache: do not read; ask the provider, and keep its answer for others.
        no_store: do not keep this answer; a kept one may still be returned.
        ttl_s: keep this answer for so many whole seconds, instead of the configuration's `ttl`.
        s_maxage_s: take a kept answer only if it is at most so many seconds old.
        namespace: a part of the cache; requests of one never get answers of another.

    Raises:
        ValueError: a value is invalid; LiteLLM would ignore it without an error.

    Example:
        >>> gateway.ask("What is new?", **gateway.cache.controls(no_cache=True))
    """
    cache: dict[str, Any] = {}
    if no_cache:
        cache["no-cache"] = True
    if no_store:
        cache["no-store"] = True
    if ttl_s is not None:
        cache["ttl"] = _whole_seconds("ttl_s", ttl_s)
        if no_store:
            raise ValueError(
                "ttl_s is how long to keep an answer, and no_store means not to keep it: choose one"
            )
    if s_maxage_s is not None:
        cache["s-maxage"] = _seconds("s_maxage_s", s_maxage_s)
        if no_cache:
            raise ValueError(
                "s_maxage_s is how old a kept answer may be, and no_cache means to take none: choose one"
            )
    if namespace is not None:
        if not isinstance(namespace, str) or not _NAMESPACE.fullmatch(namespace):
            raise ValueError(f"namespace={namespace!r}: must be 1 to 100 letters, digits and . _ -")
        cache["namespace"] = namespace
    return {"extra_body": {"cache": cache}} if cache else {}


def _seconds(name: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _LONGEST_S:
        raise ValueError(
            f"{name}={value!r}: must be a number of seconds above 0 (and at most a hundred years)"
        )
    return value


def _whole_seconds(name: str, value: float) -> int:
    """LiteLLM cuts a fraction off, so that half a second would become none."""
    if (seconds := _seconds(name, value)) != int(seconds):
        raise ValueError(f"{name}={value!r}: must be whole seconds, at least 1")
    return int(seconds)
