"""Checks of services that somebody else runs, before the stack relies on them."""

from __future__ import annotations

from gateway_kit.stack.services.credentials import Credentials
from gateway_kit.stack.services.endpoints import Endpoints
from gateway_kit.stack.services.migrations import migrate
from gateway_kit.stack.services.postgres import check_database, psycopg_url
from gateway_kit.stack.services.redis import check_redis
from gateway_kit.stack.services.tracing import check_langfuse, ensure_external_database


def check_external(endpoints: Endpoints, credentials: Credentials, *, own_traces: bool) -> None:
    """Raise StackError if somebody else's database, Redis or Langfuse cannot be used.

    Migrates that database, and creates one for `own_traces` beside it.
    """
    if "redis" in endpoints.external:
        check_redis(endpoints.redis_url)
    if "postgres" in endpoints.external:
        check_database(endpoints.database_url)
        if own_traces:
            ensure_external_database(endpoints.database_url)
        migrate(psycopg_url(endpoints.database_url))
    if "tracing" in endpoints.external:
        check_langfuse(endpoints.langfuse_host, credentials)
