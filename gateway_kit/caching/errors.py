"""Errors of Redis as the kit's exceptions, with the next command. Internal."""

from __future__ import annotations

import redis

from gateway_kit.common.redis_search import MISSING, how_to_get_it
from gateway_kit.errors import CacheError, CacheUnreachableError


class NoIndexError(CacheError):
    """There is no search index of that name."""


def cache_error(exc: redis.RedisError, address: str) -> CacheError:
    """The kit's exception for one of redis-py; `address` has no password."""
    message = str(exc)
    if isinstance(exc, redis.AuthenticationError):  # a ConnectionError too, so it is first
        return CacheUnreachableError(
            f"Redis at {address} refuses the password. The right URL is REDIS_URL in the output of: gateway-kit env"
        )
    if isinstance(exc, redis.ConnectionError | redis.TimeoutError):
        return CacheUnreachableError(
            f"No Redis answers at {address}. The gateway works without its cache. "
            "Start Redis again with: gateway-kit up"
        )
    if "no such index" in message.lower() or "unknown index" in message.lower():
        return NoIndexError(f"Redis at {address} has no such index: {message}")
    if "unknown command" in message.lower():
        return CacheError(f"Redis at {address} {MISSING}. {how_to_get_it()}")
    if isinstance(exc, redis.exceptions.OutOfMemoryError):
        return CacheError(
            f"Redis at {address} is full (maxmemory) and keeps nothing new. Delete entries, or raise "
            "the limit with CONFIG SET maxmemory; maxmemory-policy should be volatile-lru"
        )
    return CacheError(f"Redis at {address} refused: {message}. See: gateway-kit doctor")
