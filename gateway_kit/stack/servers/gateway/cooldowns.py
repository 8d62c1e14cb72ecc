"""Cooldowns, written into a file as they begin: LiteLLM tells nobody but Prometheus.

Its router keeps them in memory, and in Redis for whole seconds if it has one, so that short ones, and those of a router
without Redis, cannot be seen from outside.
"""

from __future__ import annotations

import json
import os
import time
from typing import Any


def note_cooldowns(path: str) -> None:
    """Add a line to the file for each cooldown: `deployment`, `status`, `seconds`, and `at` in seconds since 1970."""
    from litellm.router_utils.cooldown_cache import CooldownCache

    add = CooldownCache.add_deployment_to_cooldown

    def add_and_note(
        cache: Any,
        model_id: str,
        original_exception: Exception,
        exception_status: int,
        cooldown_time: float | None,
    ) -> None:
        add(cache, model_id, original_exception, exception_status, cooldown_time)
        seconds = cache.default_cooldown_time if cooldown_time is None else cooldown_time
        line = {"deployment": model_id, "status": exception_status, "seconds": seconds, "at": time.time()}
        # One write each: several workers may share the file.
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, (json.dumps(line) + "\n").encode())
        finally:
            os.close(file)

    CooldownCache.add_deployment_to_cooldown = add_and_note
