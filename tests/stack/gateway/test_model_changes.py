"""What LiteLLM reads of its database when a model is added or deleted."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest

from gateway_kit.common.polling import poll_until
from gateway_kit.stack.services.postgres import psycopg_url

CHANGES = 8


@pytest.fixture
def reads(stack_env: dict[str, str]) -> Iterator[Callable[[str], int]]:
    """How often LiteLLM has read a table. PostgreSQL counts it within a second."""
    with psycopg.connect(psycopg_url(stack_env["DATABASE_URL"]), autocommit=True) as database:

        def count(table: str) -> int:
            found = database.execute(
                "select seq_scan + coalesce(idx_scan, 0) from pg_stat_user_tables where relname = %s", [table]
            ).fetchone()
            assert found is not None, table
            return int(found[0])

        yield count


def test_a_change_reads_the_models_and_not_all_else(
    own_model: Callable[..., str], reads: Callable[[str], int]
):
    models, others = "LiteLLM_ProxyModelTable", ("LiteLLM_GuardrailsTable", "LiteLLM_AgentsTable")
    models_before, before = reads(models), {table: reads(table) for table in others}
    for _ in range(CHANGES):
        own_model()
    _, counted = poll_until(lambda: reads(models) >= models_before + CHANGES, timeout_s=60)
    assert counted
    for table in others:
        # A job of LiteLLM's reads all now and then.
        assert reads(table) - before[table] < CHANGES / 2, table
