"""How soon a Redis that was gone is asked again."""

from __future__ import annotations

import os

ASK_REDIS_AGAIN = "REDIS_CIRCUIT_BREAKER_RECOVERY_TIMEOUT"


def ask_redis_again_as_told() -> None:
    """Let LiteLLM ask a Redis that was gone again after as many seconds as this process's environment says.

    It asks the environment once, while it is imported, which another process may have done.
    """
    from litellm.caching import redis_cache

    if told := os.environ.get(ASK_REDIS_AGAIN):
        redis_cache.REDIS_CIRCUIT_BREAKER_RECOVERY_TIMEOUT = int(told)
