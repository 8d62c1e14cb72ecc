"""Rules about the database's connections and tables."""

from __future__ import annotations

from collections.abc import Iterator

from gateway_kit.stack.configuration.document import text_of
from gateway_kit.stack.configuration.production.mends import Step, Write
from gateway_kit.stack.configuration.production.rule import DOCS, PAGE, Hit, Rule, must_be_off
from gateway_kit.stack.configuration.production.subject import FILL_IN, Subject

_LIMIT = ("general_settings", "database_connection_pool_limit")

# LiteLLM's default for each worker, and what PostgreSQL keeps for its administrator.
_DEFAULT_LIMIT, _RESERVED = 10, 3

_NO_MIGRATION = ("general_settings", "disable_prisma_schema_update")


def _demand(subject: Subject, replicas: int) -> int:
    return replicas * subject.workers * _databases(subject) * _limit(subject)


def _limit(subject: Subject) -> int:
    setting = subject.given(*_LIMIT)
    number = subject.number(setting.value) if setting is not None else None
    return int(number) if number is not None and 1 <= number < 1_000_000 else _DEFAULT_LIMIT


def _databases(subject: Subject) -> int:
    """A worker has an engine for the database, and one for its read replica."""
    return 2 if subject.variables.gives("DATABASE_URL_READ_REPLICA") else 1


def _fit(subject: Subject, replicas: int) -> int:
    """The largest limit that fits; below 1 where none does."""
    room = subject.database_connections - _RESERVED
    return room // (replicas * subject.workers * _databases(subject))


def _pool(subject: Subject) -> Iterator[Hit]:
    room, demand = subject.database_connections - _RESERVED, _demand(subject, subject.replicas)
    if demand <= room:
        return
    why = f"{_told(subject, subject.replicas)}, and the database takes {room}: it refuses the others."
    yield Hit(subject.place(*_LIMIT), why, _mend(subject))


def _pool_at_restart(subject: Subject) -> Iterator[Hit]:
    room = subject.database_connections - _RESERVED
    if subject.replicas < 2 or _demand(subject, subject.replicas) > room:
        return
    if _demand(subject, subject.replicas + 1) <= room:
        return
    why = (
        f"{_told(subject, subject.replicas + 1)} while a rolling restart has the next one beside the others, and the "
        f"database takes {room}."
    )
    yield Hit(subject.place(*_LIMIT), why, _mend(subject))


def _told(subject: Subject, replicas: int) -> str:
    factors = [(replicas, "replica"), (subject.workers, "worker"), (_limit(subject), "connection")]
    if _databases(subject) > 1:
        factors.insert(2, (2, "database"))
    product = " \u00d7 ".join(f"{count} {word}{'' if count == 1 else 's'}" for count, word in factors)
    return f"{product} are {_demand(subject, replicas):,} connections"


def _mend(subject: Subject) -> tuple[Step, ...]:
    with_one_more = _fit(subject, subject.replicas + (subject.replicas > 1))
    fitting = max(with_one_more, _fit(subject, subject.replicas), 1) if with_one_more < 1 else with_one_more
    return (subject.write(*_LIMIT, value=fitting),)


def _leaves_tables_alone(subject: Subject) -> bool:
    return subject.variables.is_on("DISABLE_SCHEMA_UPDATE") or subject.is_on(*_NO_MIGRATION)


def _schema_updates(subject: Subject) -> Iterator[Hit]:
    if (subject.replicas == 1 and not subject.migrates) or _leaves_tables_alone(subject):
        return
    why = "each gateway changes the database's tables when it starts: with several, and in an upgrade, that is a race."
    steps = (subject.set_variable("DISABLE_SCHEMA_UPDATE", "true"),)
    yield Hit(subject.variables_place(), why, steps)


def _migration_job(subject: Subject) -> Iterator[Hit]:
    if subject.kind == "litellm" or subject.migrates or not _leaves_tables_alone(subject):
        return
    why = "the gateways leave the database's tables alone and nothing else makes them: an upgrade lacks columns."
    yield Hit(subject.variables_place(), why, (_migration(subject),))


def _migration(subject: Subject) -> Step:
    """The step that adds what migrates."""
    if subject.kind == "values":
        return Write((*subject.gateway, "migrationJob", "enabled"), True)
    image = subject.find("image")
    job = {
        "image": (text_of(image.value) if image else None) or FILL_IN,
        "entrypoint": ["python", "litellm/proxy/prisma_migration.py"],
        "working_dir": "/app",
        "environment": {"DATABASE_URL": "${DATABASE_URL:?}", "DISABLE_SCHEMA_UPDATE": "false"},
        "restart": "on-failure",
    }
    return Write(("services", "migrate"), job)


RULES = (
    Rule("pool", "error", f"{PAGE}#bound-database-connections", _pool, ("database_connection_pool_limit",)),
    Rule(
        "pool-at-restart",
        "warning",
        f"{DOCS}/db_sizing#connections-break-before-cpu-does",
        _pool_at_restart,
        ("database_connection_pool_limit",),
    ),
    Rule(
        "schema-updates",
        "warning",
        f"{PAGE}#run-migrations-from-the-helm-presync-hook",
        _schema_updates,
        ("DISABLE_SCHEMA_UPDATE", "disable_prisma_schema_update"),
    ),
    Rule(
        "migration-job",
        "error",
        f"{PAGE}#run-migrations-from-the-helm-presync-hook",
        _migration_job,
        ("DISABLE_SCHEMA_UPDATE",),
    ),
    Rule(
        "database-unavailable",
        "warning",
        f"{PAGE}#gracefully-handle-db-unavailability",
        must_be_off(
            "general_settings",
            "allow_requests_on_db_unavailable",
            why="while the database is away any text is a valid key, without budget or limits: only where nobody from "
            "outside reaches the port.",
        ),
        ("allow_requests_on_db_unavailable",),
    ),
)
