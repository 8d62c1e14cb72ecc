"""Creates the tables of all families, and brings those of an earlier version up to date.

Each module of `tables/` has `STATEMENTS`, which run at every start of the program. So a statement changes nothing where
its work is done already: `create table if not exists`, and for a column that came later
`alter table … add column if not exists`. A column that came later may be missing in the rows of an earlier version: it
has a default or is null.
"""

from __future__ import annotations

from psycopg import Connection

from gateway_kit.stack.servers.tracestore.store.tables import (
    annotation,
    connections,
    datasets,
    experiments,
    media,
    models,
    observations,
    prompts,
    score_configs,
    scores,
)

_FAMILIES = (
    annotation,
    connections,
    datasets,
    media,
    models,
    observations,
    experiments,
    prompts,
    score_configs,
    scores,
)
_LOCK = 7262001  # any number; keeps two programs from creating the same table at the same time


def create_tables(connection: Connection) -> None:
    """Create or change what is missing, and commit."""
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(%s)", (_LOCK,))
        connection.execute("set local client_min_messages = warning")
        for family in _FAMILIES:
            for statement in family.STATEMENTS:
                connection.execute(statement)
