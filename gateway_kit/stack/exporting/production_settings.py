"""LiteLLM's settings as production runs them; what each is for is said beside it in the exported file."""

from __future__ import annotations

import re
from typing import Any

from gateway_kit.stack.exporting.draft import Draft
from gateway_kit.stack.exporting.variables import Variable
from gateway_kit.stack.rehearsing.translation.redis import is_connection

# LiteLLM's own numbers: connections of one worker's pool, and PostgreSQL's default with some kept for people.
_MOST_PER_POOL, _DATABASE_CONNECTIONS = 10, 90
# From so many gateways on, LiteLLM advises to collect spend in Redis before it is written.
_BUFFER_FROM = 10

# Settings for lessons and tests.
_TEACHING = {
    "proxy_budget_rescheduler_min_time": "budgets are looked at every 10 minutes, LiteLLM's default",
    "proxy_budget_rescheduler_max_time": "budgets are looked at every 10 minutes, LiteLLM's default",
    "dangerously_allow_mock_testing_request_params": "callers could make calls fail on purpose",
}
_REDIS = (
    Variable("REDIS_HOST", False, "host of Redis", needed=True),
    Variable("REDIS_PORT", False, "port of Redis", needed=True, default="6379"),
    Variable("REDIS_PASSWORD", True, "password of Redis", needed=True),
)


def pool_size(replicas: int, workers: int) -> int:
    """Database connections of each worker's pool, so that all of them together fit PostgreSQL's default."""
    return max(1, min(_MOST_PER_POOL, _DATABASE_CONNECTIONS // (replicas * workers)))


def production_settings(draft: Draft, *, replicas: int, workers: int) -> None:
    """Write the settings of production into the draft."""
    _litellm(draft)
    _cache(draft)
    _router(draft)
    _general(draft, replicas=replicas, workers=workers)


def _litellm(draft: Draft) -> None:
    _set(draft, "litellm_settings", "telemetry", False, "nothing is reported to LiteLLM's makers")
    _set(draft, "litellm_settings", "json_logs", True, "a log that programs read")
    _set(draft, "litellm_settings", "set_verbose", False, "2 KB of log a request otherwise")
    _default(draft, "litellm_settings", "request_timeout", 600, "seconds; LiteLLM's default is 6,000")


def _cache(draft: Draft) -> None:
    """Redis by host, port and password: by its URL LiteLLM opens another, slower client."""
    settings = draft.section("litellm_settings")
    params = settings.get("cache_params")
    if not isinstance(params, dict) or params.get("type", "redis") not in ("redis", "redis-semantic"):
        return
    for key in [key for key in params if is_connection(str(key))]:
        del params[key]
    settings["cache_params"] = {**params, **_redis(draft, "")}


def _router(draft: Draft) -> None:
    settings = draft.section("router_settings")
    for key in [key for key in settings if re.match(r"redis_(?!cache)", str(key))]:
        del settings[key]
    settings.update(_redis(draft, "redis_"))
    draft.remarks["router_settings.redis_host"] = "limits and cooldowns that all gateways share"
    strategy = settings.get("routing_strategy")
    if isinstance(strategy, str) and strategy.startswith("usage-based"):
        settings["routing_strategy"] = "simple-shuffle"
        draft.note(
            f"`router_settings.routing_strategy` was {strategy}, which slows every call: simple-shuffle now."
        )
    _default(draft, "router_settings", "routing_strategy", "simple-shuffle", "the quickest strategy")


def _general(draft: Draft, *, replicas: int, workers: int) -> None:
    settings = draft.section("general_settings")
    for key, why in _TEACHING.items():
        if key in settings:
            del settings[key]
            draft.note(f"`general_settings.{key}` is left out: {why}.")
    master = Variable(
        "LITELLM_MASTER_KEY", True, "opens the gateway's administration; begins with sk-", needed=True
    )
    settings["master_key"] = draft.register.refer(master)
    # LiteLLM reads DATABASE_URL by itself.
    if settings.pop("database_url", None) is not None:
        draft.note(
            "`general_settings.database_url` is left out: the gateway takes the variable DATABASE_URL."
        )
    general = "general_settings"
    _set(draft, general, "proxy_batch_write_at", 60, "seconds between two writes of spend")
    _set(
        draft,
        general,
        "database_connection_pool_limit",
        pool_size(replicas, workers),
        "connections of each worker",
    )
    _default(
        draft, general, "alerting", ["slack"], "to SLACK_WEBHOOK_URL: budgets, failing and hanging calls"
    )
    if "slack" in settings["alerting"]:
        draft.register.refer(Variable("SLACK_WEBHOOK_URL", True, "where alerts go; empty: nobody is alerted"))
    _default(
        draft,
        general,
        "maximum_spend_logs_retention_period",
        "90d",
        "the table of calls grows without an end",
    )
    if replicas * workers >= _BUFFER_FROM:
        _set(draft, general, "use_redis_transaction_buffer", True, "one gateway writes the spend of all")


def _redis(draft: Draft, prefix: str) -> dict[str, Any]:
    names = ("host", "port", "password")
    return {f"{prefix}{name}": draft.register.refer(each) for name, each in zip(names, _REDIS, strict=True)}


def _set(draft: Draft, section: str, key: str, value: Any, why: str) -> None:
    draft.section(section)[key] = value
    draft.remarks[f"{section}.{key}"] = why


def _default(draft: Draft, section: str, key: str, value: Any, why: str) -> None:
    if draft.section(section).get(key) is None:
        _set(draft, section, key, value, why)
