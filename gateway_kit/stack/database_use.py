"""What the gateways use of their database."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

import psycopg

from gateway_kit.stack.services.gateway import pooled
from gateway_kit.stack.services.postgres import psycopg_url
from gateway_kit.stack.stack import Stack

_CONNECTIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user"
)
_LOG_ROW = 'SELECT pg_total_relation_size(%s)::float / nullif(count(*), 0) FROM "LiteLLM_SpendLogs"'


@dataclass(frozen=True)
class DatabaseUse:
    """What the gateways of a stack use of their database.

    connections      that they have open, all together
    pool             connections that each worker's query engine may open
    spend_row_bytes  of a row of the spend log with its part of the indexes; 0 while there is none
    """

    connections: int
    pool: int
    spend_row_bytes: float


def database_use(stack: Stack) -> DatabaseUse:
    """Ask the database of a stack that runs."""
    url = stack.endpoints().database_url
    with psycopg.connect(psycopg_url(url)) as database:
        (connections,) = database.execute(_CONNECTIONS).fetchone() or (1,)
        (row_bytes,) = database.execute(_LOG_ROW, ['"LiteLLM_SpendLogs"']).fetchone() or (None,)
    pool = int(parse_qs(urlsplit(pooled(url)).query)["connection_limit"][0])
    return DatabaseUse(connections - 1, pool, row_bytes or 0.0)  # this connection is no gateway's
