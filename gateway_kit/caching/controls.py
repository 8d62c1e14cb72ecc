"""How one request treats the cache, as arguments of `Gateway.ask`."""

from __future__ import annotations

import re
from typing import Any

# Beyond this a time is a mistake: a hundred years, in seconds.
_LONGEST_S = 100 * 365 * 24 * 3600

# A colon ends the namespace in Redis' key; * ? [ ] \ would make a pattern of it.
_NAMESPACE = re.compile(r"[A-Za-z0-9._-]{1,100}")


def cache_controls(
    *,
    no_cache: bool = False,
    no_store: bool = False,
    ttl_s: float | None = None,
    s_maxage_s: float | None = None,
    namespace: str | None = None,
) -> dict[str, Any]:
    """Keyword arguments for `Gateway.ask`, `stream` and `embed` that say how one request treats the cache.

    gateway.ask("What is new?", **cache_controls(no_cache=True))

    no_cache     do not read: ask the provider, and keep its answer for others
    no_store     do not keep this answer; what is kept already may still answer
    ttl_s        keep this answer for so many seconds, instead of the configuration's `ttl`
    s_maxage_s   take a kept answer only if it is at most so many seconds old
    namespace    a compartment of the cache: requests of one never meet those of another

    LiteLLM ignores what it cannot use without a word (a negative or textual `ttl`, say), so what it would ignore
    is refused here with ValueError. See docs.litellm.ai/docs/proxy/caching for the parameters themselves.
    """
    wanted: dict[str, Any] = {}
    if no_cache:
        wanted["no-cache"] = True
    if no_store:
        wanted["no-store"] = True
    if ttl_s is not None:
        wanted["ttl"] = _whole_seconds("ttl_s", ttl_s)
        if no_store:
            raise ValueError(
                "ttl_s says how long to keep an answer, no_store that it is not kept: choose one"
            )
    if s_maxage_s is not None:
        wanted["s-maxage"] = _seconds("s_maxage_s", s_maxage_s)
        if no_cache:
            raise ValueError("s_maxage_s says which kept answer will do, no_cache that none will: choose one")
    if namespace is not None:
        if not isinstance(namespace, str) or not _NAMESPACE.fullmatch(namespace):
            raise ValueError(f"namespace={namespace!r}: 1 to 100 letters, digits and . _ - are allowed")
        wanted["namespace"] = namespace
    return {"extra_body": {"cache": wanted}} if wanted else {}


def _seconds(name: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _LONGEST_S:
        raise ValueError(f"{name}={value!r}: a number of seconds above 0 is needed (at most a hundred years)")
    return value


def _whole_seconds(name: str, value: float) -> int:
    """Redis counts whole seconds: LiteLLM cuts a fraction off, and half a second would become none."""
    if (seconds := _seconds(name, value)) != int(seconds):
        raise ValueError(f"{name}={value!r}: Redis counts whole seconds here, 1 at least")
    return int(seconds)
