"""The question that spares an idle gateway its look for budgets to reset, asked of LiteLLM's own tables, emptied."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from gateway_kit.stack.servers.gateway.idle_work import DUE
from gateway_kit.stack.services.postgres import psycopg_url

PAST, FUTURE = "now() at time zone 'utc' - interval '1 s'", "now() at time zone 'utc' + interval '1 min'"
KEY, TEAM = "LiteLLM_VerificationToken", "LiteLLM_TeamTable"
USER, BUDGET = "LiteLLM_UserTable", "LiteLLM_BudgetTable"
IDS = {KEY: "token", TEAM: "team_id", USER: "user_id", BUDGET: "budget_id"}


@pytest.fixture
def database(stack_env: dict[str, str]) -> Iterator[psycopg.Connection]:
    """A connection that sees empty tables of its own in the place of LiteLLM's."""
    with psycopg.connect(psycopg_url(stack_env["DATABASE_URL"])) as connection:
        # The server's clock as on a machine in another zone: LiteLLM's times are UTC.
        connection.execute("set local time zone 'America/New_York'")
        for table in map(sql.Identifier, IDS):
            make = sql.SQL(
                "create temp table {table} (like public.{table} including defaults) on commit drop"
            )
            connection.execute(make.format(table=table))
            for (column,) in required(connection, table.as_string()):
                drop = sql.SQL("alter table {} alter column {} drop not null")
                connection.execute(drop.format(table, sql.Identifier(column)))
        yield connection
        connection.rollback()


def required(connection: psycopg.Connection, table: str) -> list[tuple[str]]:
    query = "select attname from pg_attribute where attrelid = %s::regclass and attnotnull and attnum > 0"
    return connection.execute(query, (table,)).fetchall()


def due(connection: psycopg.Connection) -> bool:
    ((answer,),) = connection.execute(DUE.encode()).fetchall()
    return bool(answer)


def insert(connection: psycopg.Connection, table: str, **values: str) -> None:
    columns = {IDS[table]: "'one'", **values}
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    given = ", ".join(columns.values())
    statement = sql.SQL("insert into {} ({}) values (").format(sql.Identifier(table), names).as_string()
    connection.execute(f"{statement}{given})".encode())


@pytest.mark.parametrize("table", IDS)
def test_a_budget_is_due_once_its_time_has_come(database: psycopg.Connection, table: str):
    assert not due(database)
    insert(database, table)  # without a budget
    insert(database, table, budget_duration="'1d'", budget_reset_at=FUTURE)
    assert not due(database)
    insert(database, table, budget_duration="'1d'", budget_reset_at=PAST)
    assert due(database)


@pytest.mark.parametrize("table", [TEAM, USER, BUDGET])
def test_a_budget_without_a_time_is_due(database: psycopg.Connection, table: str):
    insert(database, table, budget_duration="'1d'")
    assert due(database)


@pytest.mark.parametrize("table", [KEY, TEAM])
def test_budgets_of_several_windows_are_left_to_litellm(database: psycopg.Connection, table: str):
    insert(database, table, budget_limits="'[]'::jsonb")
    assert due(database)


def test_an_expired_keys_budget_is_not_due(database: psycopg.Connection):
    insert(database, KEY, budget_duration="'1d'", budget_reset_at=PAST, expires=PAST)
    assert not due(database)
    insert(database, KEY, budget_duration="'1d'", budget_reset_at=PAST, expires=FUTURE)
    assert due(database)
