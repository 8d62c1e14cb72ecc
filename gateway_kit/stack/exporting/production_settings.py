"""LiteLLM's settings as production runs them; what each is for is said beside it in the exported file.

docs/production.md has the reasons and the sources.
"""

from __future__ import annotations

from typing import Any

from gateway_kit.stack.exporting.draft import Draft
from gateway_kit.stack.exporting.variables import Variable
from gateway_kit.stack.rehearsing.translation.redis import is_connection

# LiteLLM's own number of connections of a worker, and PostgreSQL's of all, less those kept for its administrator.
_MOST_PER_POOL, _DATABASE_CONNECTIONS = 10, 97
# From so many processes on, LiteLLM advises to collect spend in Redis before it is written.
_BUFFER_FROM = 10
# Where a balancer or an ingress in front of the gateways may be.
_PRIVATE_NETWORKS = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"]

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


def pool_size(gateways: int, workers: int) -> int:
    """Database connections of each worker's pool, so that all of them together fit PostgreSQL's default."""
    # One more than there are: while they are restarted one by one, the next runs beside the last.
    return max(1, min(_MOST_PER_POOL, _DATABASE_CONNECTIONS // ((gateways + 1) * workers)))


def production_settings(draft: Draft, *, gateways: int, workers: int) -> None:
    """Write the settings of production into the draft."""
    _litellm(draft)
    _redis(draft)
    _router(draft)
    _general(draft, gateways=gateways, workers=workers)


def _litellm(draft: Draft) -> None:
    section = "litellm_settings"
    _set(draft, section, "telemetry", False, "nothing is reported to LiteLLM's makers")
    _set(draft, section, "json_logs", True, "a log that programs read")
    _set(draft, section, "set_verbose", False, "else each request is in the log, its texts included")
    _default(draft, section, "request_timeout", 600, "seconds; LiteLLM's default is 6,000")
    upper = draft.section(section).get("upperbound_key_generate_params")
    bounds = {"duration": "90d", "max_budget": 100, "budget_duration": "30d"}
    bounds |= upper if isinstance(upper, dict) else {}
    _set(
        draft,
        section,
        "upperbound_key_generate_params",
        bounds,
        "of new keys; and their defaults: decide them",
    )


def _redis(draft: Draft) -> None:
    """Redis by host, port and password, for the cache and for what the gateways count together."""
    settings = draft.section("litellm_settings")
    params = settings.get("cache_params")
    if isinstance(params, dict) and params.get("type", "redis") in ("redis", "redis-semantic"):
        kept = {key: value for key, value in params.items() if not is_connection(str(key))}
        kept = {"ttl": 600, "default_in_memory_ttl": 5, **kept}
        settings["cache_params"] = {**kept, **_references(draft)}
    if not (settings.get("cache") and isinstance(params, dict) and params.get("type", "redis") == "redis"):
        why = "what the gateways count together: limits, budgets, cooldowns"
        _set(draft, "general_settings", "coordination_redis", _references(draft), why)


def _router(draft: Draft) -> None:
    settings = draft.section("router_settings")
    for key in [key for key in settings if str(key).startswith("redis_")]:
        del settings[key]
    settings.update(_references(draft, "redis_"))
    draft.remarks["router_settings.redis_host"] = (
        "limits of deployments and cooldowns that all gateways share"
    )
    strategy = settings.get("routing_strategy")
    if isinstance(strategy, str) and strategy != "simple-shuffle":
        settings["routing_strategy"] = "simple-shuffle"
        draft.note(
            f"`router_settings.routing_strategy` was {strategy}, which asks Redis at each call, or decides by what one "
            "process has seen: simple-shuffle now."
        )
    _default(draft, "router_settings", "routing_strategy", "simple-shuffle", "the quickest strategy")


def _general(draft: Draft, *, gateways: int, workers: int) -> None:
    section = "general_settings"
    settings = draft.section(section)
    for key, why in _TEACHING.items():
        if settings.pop(key, None) is not None:
            draft.note(f"`general_settings.{key}` is left out: {why}.")
    master = Variable(
        "LITELLM_MASTER_KEY", True, "opens the gateway's administration; begins with sk-", needed=True
    )
    settings["master_key"] = draft.register.refer(master)
    if settings.pop("database_url", None) is not None:
        draft.note(
            "`general_settings.database_url` is left out: the gateway takes the variable DATABASE_URL."
        )
    _set(draft, section, "proxy_batch_write_at", 60, "seconds between two writes of spend")
    _set(draft, section, "database_connection_pool_limit", pool_size(gateways, workers), "of each worker")
    _default(
        draft, section, "alerting", ["slack"], "to SLACK_WEBHOOK_URL: budgets, failing and hanging calls"
    )
    if "slack" in settings["alerting"]:
        meaning = "where alerts go: a webhook of Slack's format"
        draft.register.refer(Variable("SLACK_WEBHOOK_URL", True, meaning, needed=True))
    _default(
        draft, section, "maximum_spend_logs_retention_period", "90d", "else the log of calls grows for ever"
    )
    _default(draft, section, "disable_error_logs", True, "failures are in the traces and the log")
    _default(draft, section, "trusted_proxy_ranges", _PRIVATE_NETWORKS, "where the balancer in front may be")
    if gateways * workers >= _BUFFER_FROM:
        _set(draft, section, "use_redis_transaction_buffer", True, "one gateway writes the spend of all")


def _references(draft: Draft, prefix: str = "") -> dict[str, Any]:
    names = ("host", "port", "password")
    return {f"{prefix}{name}": draft.register.refer(each) for name, each in zip(names, _REDIS, strict=True)}


def _set(draft: Draft, section: str, key: str, value: Any, why: str) -> None:
    draft.section(section)[key] = value
    draft.remarks[f"{section}.{key}"] = why


def _default(draft: Draft, section: str, key: str, value: Any, why: str) -> None:
    if draft.section(section).get(key) is None:
        _set(draft, section, key, value, why)
