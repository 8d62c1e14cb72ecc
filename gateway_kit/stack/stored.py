"""How much a stack has stored, in words: what a person wants to know before it is deleted.

Only what answers at once is asked: a service that is down, or a count that takes long, is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, LiteralString

from gateway_kit.errors import ProvidersError
from gateway_kit.stack.run_time_changes import simulator_lists
from gateway_kit.stack.services.postgres import own_database_url
from gateway_kit.stack.services.redis import own_redis_url
from gateway_kit.stack.services.tracing import traces_url
from gateway_kit.stack.supervisor import ports

if TYPE_CHECKING:
    from gateway_kit.stack.stack import Stack

_ASK_MS = 500

# One and many of what is counted, and how; the key that `up` made for the lessons does not count.
_GATEWAY: Sequence[tuple[str, str, LiteralString]] = (
    (
        "key",
        "keys",
        """select count(*) from "LiteLLM_VerificationToken" where coalesce(key_alias, '') not like 'lessons-%'""",
    ),
    ("added model", "added models", 'select count(*) from "LiteLLM_ProxyModelTable"'),
    ("logged call", "logged calls", 'select count(*) from "LiteLLM_SpendLogs"'),
)
_TRACES: Sequence[tuple[str, str, LiteralString]] = (
    ("trace", "traces", "select count(distinct trace_id) from observations"),
    ("score", "scores", "select count(*) from scores"),
    ("prompt", "prompts", "select count(distinct name) from prompts"),
)


def gateway_counts(stack: Stack) -> str:
    """Keys, added models and logged calls in the kit's own database; empty if nothing answers."""
    return _rows(stack, own_database_url(stack.settings(), stack.credentials()), _GATEWAY)


def trace_counts(stack: Stack) -> str:
    """Traces, scores and prompts in the kit's own trace store; empty if nothing answers."""
    url = own_database_url(stack.settings(), stack.credentials())
    return _rows(stack, traces_url(url, password=None), _TRACES)


def cache_counts(stack: Stack) -> str:
    """Entries in the kit's own Redis; empty if it does not answer."""
    import redis

    settings = stack.settings()
    if ports.is_free(settings.port("redis")):
        return ""
    ask_s = _ASK_MS / 1000
    url = own_redis_url(settings, stack.credentials())
    try:
        with redis.Redis.from_url(url, socket_timeout=ask_s, socket_connect_timeout=ask_s) as client:
            return _words([(int(client.dbsize()), "entry", "entries")])
    except redis.RedisError:
        return ""


def simulator_counts(stack: Stack) -> str:
    """Faults, profiles and answers that are set at the kit's own simulator; empty if it does not answer."""
    if ports.is_free(stack.settings().port("providers")):
        return ""
    try:
        return _words([(len(simulator_lists(stack).changes()), "change", "changes")])
    except ProvidersError:
        return ""


def _rows(stack: Stack, url: str, statements: Sequence[tuple[str, str, LiteralString]]) -> str:
    import psycopg

    if ports.is_free(stack.settings().port("postgres")):
        return ""
    counts = []
    try:
        with psycopg.connect(url, connect_timeout=2, autocommit=True) as connection:
            connection.execute(f"set statement_timeout = {_ASK_MS}")
            for one, many, statement in statements:
                row = connection.execute(statement).fetchone()
                counts.append((int(row[0]) if row else 0, one, many))
    except psycopg.Error:
        pass  # what was counted until then
    return _words(counts)


def _words(counts: Sequence[tuple[int, str, str]]) -> str:
    return ", ".join(f"{count:,} {one if count == 1 else many}" for count, one, many in counts)
