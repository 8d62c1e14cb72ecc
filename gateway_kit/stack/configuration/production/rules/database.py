"""Rules about the database's tables, and what happens while it is away."""

from __future__ import annotations

from collections.abc import Iterator

from gateway_kit.stack.configuration.document import text_of
from gateway_kit.stack.configuration.production.mends import Step, Write
from gateway_kit.stack.configuration.production.rule import PAGE, Hit, Rule, must_be_off
from gateway_kit.stack.configuration.production.subject import FILL_IN, Subject

_NO_MIGRATION = ("general_settings", "disable_prisma_schema_update")


def _leaves_tables_alone(subject: Subject) -> bool:
    return subject.variables.is_on("DISABLE_SCHEMA_UPDATE") or subject.is_on(*_NO_MIGRATION)


def _schema_updates(subject: Subject) -> Iterator[Hit]:
    if (subject.replicas == 1 and not subject.migrates) or _leaves_tables_alone(subject):
        return
    why = "each gateway changes the database's tables when it starts: with several, and in an upgrade, that is a race."
    by_chart = subject.kind == "values"  # with its job, the chart gives the gateways the variable by itself
    step = _migration(subject) if by_chart else subject.set_variable("DISABLE_SCHEMA_UPDATE", "true")
    yield Hit(subject.variables_place(), why, (step,))


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
