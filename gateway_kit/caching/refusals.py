"""What Redis refuses, or cannot be asked, as the kit's exceptions: what happened, and the next command."""

from __future__ import annotations

import redis

from gateway_kit.errors import CacheError, CacheUnreachableError


class NoIndexError(CacheError):
    """There is no search index of that name."""


def cache_error(exc: redis.RedisError, shown: str) -> CacheError:
    """The exception for what redis-py raised; `shown` is the address, without its password."""
    said = str(exc)
    if isinstance(exc, redis.AuthenticationError):  # before ConnectionError, of which it is one
        return CacheUnreachableError(
            f"Redis at {shown} refuses the password. The right URL is REDIS_URL of: gateway-kit env"
        )
    if isinstance(exc, redis.ConnectionError | redis.TimeoutError):
        return CacheUnreachableError(
            f"No Redis answers at {shown}. The gateway goes on without its cache. "
            "Start Redis again with: gateway-kit up"
        )
    if "no such index" in said.lower() or "unknown index" in said.lower():
        return NoIndexError(f"Redis at {shown} has no such index: {said}")
    if "unknown command" in said.lower():
        return CacheError(
            f"Redis at {shown} has no search module, which a semantic cache needs. Unset REDIS_URL, "
            "then run: gateway-kit up, which starts one that has it"
        )
    if isinstance(exc, redis.exceptions.OutOfMemoryError):
        return CacheError(
            f"Redis at {shown} is full (maxmemory), so nothing new is kept. Delete entries, or raise "
            "the limit with CONFIG SET maxmemory; a cache wants maxmemory-policy volatile-lru"
        )
    return CacheError(f"Redis at {shown} refused: {said}. See: gateway-kit doctor")
