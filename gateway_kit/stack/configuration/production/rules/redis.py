"""Rules about Redis, and about the cache that it holds."""

from __future__ import annotations

from collections.abc import Iterator

from gateway_kit.stack.configuration.production.mends import Step
from gateway_kit.stack.configuration.production.rule import DOCS, PAGE, Hit, Rule
from gateway_kit.stack.configuration.production.subject import Subject

_PARAMS = ("litellm_settings", "cache_params")
_COORDINATION = ("general_settings", "coordination_redis")
_KINDS = ("redis", "redis-semantic")

# The names of a URL where Redis is configured, and the name of the host beside it.
_URLS = (
    ((*_PARAMS, "url"), (*_PARAMS, "host")),
    ((*_PARAMS, "redis_url"), (*_PARAMS, "host")),
    (("router_settings", "redis_url"), ("router_settings", "redis_host")),
    ((*_COORDINATION, "url"), (*_COORDINATION, "host")),
)


def _cache_is_on(subject: Subject) -> bool:
    return subject.is_on("litellm_settings", "cache")


def _is_redis(subject: Subject) -> bool:
    """Whether the cache is on and lies in Redis, which is also the default."""
    kind = subject.given(*_PARAMS, "type")
    return _cache_is_on(subject) and (kind is None or subject.text(kind.value) in (*_KINDS, None))


def _address(*section: str, prefix: str = "") -> Iterator[tuple[tuple[str, ...], str]]:
    for part in ("host", "port", "password"):
        yield (*section, f"{prefix}{part}"), f"os.environ/REDIS_{part.upper()}"


def _shared_redis(subject: Subject) -> Iterator[Hit]:
    if _shares_redis(subject) or _by_variables(subject):
        return
    why = (
        f"{subject.processes} processes share no Redis: each counts for itself, so limits are {subject.processes} "
        "times what they say, budgets are overspent, and a deleted key lives on elsewhere."
    )
    yield Hit(subject.place(*_COORDINATION), why, _coordinate(subject))


def _redis_named(subject: Subject) -> Iterator[Hit]:
    if _shares_redis(subject) or not _by_variables(subject):
        return
    why = (
        "only variables name Redis: if it does not answer within 2 s of a gateway's start, that gateway counts limits "
        "and budgets for itself until it is started again, and says so in one line of its log."
    )
    yield Hit(subject.place(*_COORDINATION), why, _coordinate(subject))


def _shares_redis(subject: Subject) -> bool:
    """Whether all processes count in one Redis that the configuration names, or there is one process."""
    if subject.processes < 2 or subject.given(*_COORDINATION) is not None or subject.chart_has_redis:
        return True
    if not _is_redis(subject):
        return False
    # LiteLLM does not count in the Redis of a semantic cache, but in the one that variables name.
    kind = subject.given(*_PARAMS, "type")
    return kind is None or subject.text(kind.value) != "redis-semantic" or _by_variables(subject)


def _by_variables(subject: Subject) -> bool:
    return any(
        subject.variables.may_give(name) for name in ("REDIS_HOST", "REDIS_URL", "REDIS_CLUSTER_NODES")
    )


def _coordinate(subject: Subject) -> tuple[Step, ...]:
    return tuple(subject.write(*path, value=value) for path, value in _address(*_COORDINATION))


def _redis_url(subject: Subject) -> Iterator[Hit]:
    why = "Redis is named by a URL: LiteLLM measured 80 requests/s less so, and a URL shows its password more often."
    for url, host in _URLS:
        setting = subject.given(*url)
        if setting is None:
            continue
        prefix = "redis_" if url[0] == "router_settings" else ""
        writes = [subject.write(*path, value=value) for path, value in _address(*url[:-1], prefix=prefix)]
        yield Hit(
            setting.key_node, why, (subject.delete(*url), *(writes if subject.given(*host) is None else ()))
        )
    by_variable = subject.variables.gives("REDIS_URL")
    if (
        by_variable
        and _is_redis(subject)
        and not any(subject.given(*key) for pair in _URLS[:2] for key in pair)
    ):
        steps = (
            subject.unset_variable("REDIS_URL"),
            *(subject.write(*path, value=value) for path, value in _address(*_PARAMS)),
        )
        yield Hit(subject.place(*_PARAMS), why, steps)


def _cache_ttl(subject: Subject) -> Iterator[Hit]:
    if not _cache_is_on(subject):
        return
    if any(subject.given(*_PARAMS, name) for name in ("ttl", "default_in_redis_ttl", "default_redis_ttl")):
        return
    why = "how long an answer may be repeated is left to a default: 60 s, and for ever in a semantic cache."
    yield Hit(subject.place(*_PARAMS, "ttl"), why, (subject.write(*_PARAMS, "ttl", value=600),))


def _cache_memory(subject: Subject) -> Iterator[Hit]:
    setting = (*_PARAMS, "default_in_memory_ttl")
    kind = subject.given(*_PARAMS, "type")
    semantic = kind is not None and subject.text(kind.value) == "redis-semantic"  # it keeps nothing in memory
    if subject.processes < 2 or semantic or not _is_redis(subject) or subject.given(*setting) is not None:
        return
    why = (
        "each process keeps what it read from Redis for 600 s in its own memory, whatever the `ttl`: a deleted answer "
        "lives on in the others."
    )
    yield Hit(subject.place(*setting), why, (subject.write(*setting, value=5),))


RULES = (
    Rule(
        "shared-redis",
        "error",
        f"{DOCS}/redis_requirements",
        _shared_redis,
        ("coordination_redis", "cache_params"),
    ),
    Rule(
        "redis-named",
        "warning",
        f"{DOCS}/redis_requirements",
        _redis_named,
        ("coordination_redis", "_init_coordination_redis_env_fallback"),
    ),
    Rule("redis-url", "advice", f"{PAGE}#redis", _redis_url, ("redis_url", "REDIS_URL")),
    Rule("cache-ttl", "advice", f"{DOCS}/caching", _cache_ttl, ("default_in_redis_ttl", "default_redis_ttl")),
    Rule("cache-memory", "warning", f"{DOCS}/caching", _cache_memory, ("default_in_memory_ttl",)),
)
