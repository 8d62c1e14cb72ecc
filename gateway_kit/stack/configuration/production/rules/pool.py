"""Rules about the database's connections: all of them together have to fit."""

from __future__ import annotations

import math
from collections.abc import Iterator

from gateway_kit.stack.configuration.production.mends import Do, Path, Step, Write
from gateway_kit.stack.configuration.production.rule import DOCS, PAGE, Hit, Rule
from gateway_kit.stack.configuration.production.subject import Subject

_LIMIT = ("general_settings", "database_connection_pool_limit")

# LiteLLM's default for each worker, the fewest that serve, and what PostgreSQL keeps for its administrator.
_DEFAULT_LIMIT, _LEAST, _RESERVED = 10, 2, 3


def _room(subject: Subject) -> int:
    return subject.database_connections - _RESERVED


def _limit(subject: Subject) -> int:
    """The connections of each pool: a worker's, or a replica's own PgBouncer."""
    if subject.pooled is not None:
        return subject.pooled
    setting = subject.given(*_LIMIT)
    number = subject.number(setting.value) if setting is not None else None
    return int(number) if number is not None and 1 <= number < 1_000_000 else _DEFAULT_LIMIT


def _pools(subject: Subject) -> list[tuple[int, str]]:
    """What multiplies a replica's connections; each worker has an engine for the database and one for its replica."""
    pools = [] if subject.pooled is not None else [(subject.workers, "worker")]
    return [*pools, (2, "database")] if subject.variables.gives("DATABASE_URL_READ_REPLICA") else pools


def _demand(subject: Subject, replicas: int) -> int:
    return replicas * _of_each(subject) * _limit(subject)


def _of_each(subject: Subject) -> int:
    """The pools of each replica."""
    return math.prod(count for count, _ in _pools(subject))


def _pool(subject: Subject) -> Iterator[Hit]:
    if _demand(subject, subject.replicas) > _room(subject):
        why = f"{_told(subject, subject.replicas)}, and the database takes {_room(subject)}: it refuses the others."
        yield Hit(subject.place(*_LIMIT), why, (_mend(subject),))


def _pool_at_restart(subject: Subject) -> Iterator[Hit]:
    now, then = subject.replicas, subject.replicas + 1
    if now < 2 or _demand(subject, now) > _room(subject) or _demand(subject, then) <= _room(subject):
        return
    why = (
        f"{_told(subject, then)} while a rolling restart has the next one beside the others, and the database takes "
        f"{_room(subject)}."
    )
    yield Hit(subject.place(*_LIMIT), why, (_mend(subject),))


def _told(subject: Subject, replicas: int) -> str:
    factors = [(replicas, "replica"), *_pools(subject), (_limit(subject), "connection")]
    product = " \u00d7 ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in factors)
    return f"{product} are {_demand(subject, replicas):,} connections"


def _mend(subject: Subject) -> Step:
    """Smaller pools, with room for one replica more, or fewer replicas where those would be too small."""
    beside = 1 if subject.replicas > 1 else 0
    fitting = _room(subject) // ((subject.replicas + beside) * _of_each(subject))
    if fitting >= _LEAST:
        return Write(_pool_path(subject), fitting)
    most = _room(subject) // (_of_each(subject) * _limit(subject)) - 1
    if subject.replicas_path and most >= 1:
        return Write(subject.replicas_path, most)
    return Do("Run fewer replicas or workers, or put a pooler such as PgBouncer before the database.")


def _pool_path(subject: Subject) -> Path:
    if subject.pooled is not None:
        return (*subject.gateway, "db", "connectionPool", "maxDbConnections")
    return (*subject.inside, *_LIMIT)


RULES = (
    Rule("pool", "error", f"{PAGE}#bound-database-connections", _pool, ("database_connection_pool_limit",)),
    Rule(
        "pool-at-restart",
        "warning",
        f"{DOCS}/db_sizing#connections-break-before-cpu-does",
        _pool_at_restart,
        ("database_connection_pool_limit",),
    ),
)
