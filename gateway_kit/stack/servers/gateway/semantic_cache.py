"""What LiteLLM's semantic cache lacks."""

from __future__ import annotations


def complete_semantic_cache() -> None:
    """Give the semantic cache the `disconnect` that LiteLLM 1.106.2 calls when the proxy ends, and that it lacks.

    Without it the proxy's end fails half-way, with a traceback in the log, and what is left of its traces is lost.
    """
    from litellm.caching.base_cache import BaseCache
    from litellm.caching.redis_semantic_cache import RedisSemanticCache

    if RedisSemanticCache.disconnect is BaseCache.disconnect:
        RedisSemanticCache.disconnect = _disconnect


async def _disconnect(cache: object) -> None:
    """Close redisvl's connections, if a request has opened any."""
    opened = getattr(cache, "_llmcache", None)
    if opened is not None:
        await opened.adisconnect()
