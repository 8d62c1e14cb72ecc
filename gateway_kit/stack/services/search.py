"""Who needs Redis' search module: known before anything starts, since LiteLLM treats a lookup without it as a miss."""

from __future__ import annotations

import platform
from collections.abc import Mapping

from gateway_kit.common.redis_search import how_to_get_it
from gateway_kit.errors import StackError
from gateway_kit.settings import Settings
from gateway_kit.stack.services.effective_config import EffectiveConfig
from gateway_kit.stack.services.endpoints import Endpoints, without_password
from gateway_kit.stack.services.redis import has_search
from gateway_kit.stack.supervisor.probes import redis_trouble
from gateway_kit.stack.supervisor.record import StackRecord


def check_search(
    settings: Settings,
    endpoints: Endpoints,
    wanted: StackRecord,
    config: EffectiveConfig | None,
    environ: Mapping[str, str],
) -> None:
    """Raise StackError if a gateway is to have a semantic cache in a Redis without the search module."""
    if wanted.semantic:
        who, otherwise = "--semantic", ". Without a semantic cache: gateway-kit up --no-semantic"
    elif config is not None and config.has_semantic_cache:
        who, otherwise = "The configuration's cache, of type redis-semantic,", ""
    else:
        return
    if "redis" in endpoints.external:
        if not redis_trouble(endpoints.redis_url, needs_search=True):
            return
        which = f"the Redis at {without_password(endpoints.redis_url)}"
    elif has_search(settings):
        return
    else:
        which = "the stack's own Redis"
    if wanted.rehearsal:  # which has a Redis of its own in any case
        raise StackError(
            f"The semantic cache cannot be rehearsed on this machine: it needs Redis' search module, which no package "
            f"has for {platform.machine()}. Rehearse it on x86_64, or give the configuration a cache of type redis"
        )
    raise StackError(
        f"{who} needs Redis' search module, which {which} has not. {how_to_get_it(environ)}{otherwise}"
    )
