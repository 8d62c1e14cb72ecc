"""Writing scores. Each write is committed when the function returns."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from psycopg import AsyncConnection, sql
from psycopg_pool import AsyncConnectionPool

from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row
from gateway_kit.stack.servers.tracestore.store.rows import ScoreRow
from gateway_kit.stack.servers.tracestore.store.score_configs import configs_by_id
from gateway_kit.stack.servers.tracestore.store.writing import writing

MAX_DROPPED_KEPT = 10_000

# A known id is an update, as in Langfuse: it keeps its place (trace, time, environment); what was not sent stays.
_IF_SENT = ("observation_id", "session_id", "dataset_run_id", "comment", "config_id")
_ALWAYS = ("name", "data_type", "value", "string_value", "source", "queue_id")


def _assignments() -> sql.Composed:
    one = "{0} = case when {1} = any(%(sent)s) then excluded.{0} else scores.{0} end"
    parts: list[sql.Composable] = [
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in _ALWAYS
    ]
    parts += [sql.SQL(one).format(sql.Identifier(name), sql.Literal(name)) for name in _IF_SENT]
    parts.append(sql.SQL("trace_id = coalesce(scores.trace_id, excluded.trace_id)"))
    parts.append(sql.SQL("metadata = scores.metadata || excluded.metadata"))
    return sql.SQL(", ").join(parts)


_UPSERT = sql.SQL(
    "insert into scores ({}) values ({}) on conflict (id) do update set {}, updated_at = now()"
).format(
    sql.SQL(", ").join(map(sql.Identifier, ScoreRow._fields)),
    sql.SQL(", ").join(map(sql.Placeholder, ScoreRow._fields)),
    _assignments(),
)
_DROP = (
    "insert into dropped_scores (score_id, name, config_id, reason, body) values (%s, %s, %s, %s, %s::jsonb)"
)
_FORGET = "delete from dropped_scores where number <= (select max(number) from dropped_scores) - %s"


class SentScore(NamedTuple):
    """A score to write: its row, and the columns that the client named; or why it is dropped."""

    row: ScoreRow
    sent: Sequence[str]
    body: str  # as it was sent, as JSON, if it is dropped
    reason: str = ""


async def write_scores(
    pool: AsyncConnectionPool[AsyncConnection],
    config_ids: Iterable[str],
    make: Callable[[Mapping[str, Row]], Sequence[SentScore]],
) -> None:
    """Return once the scores that `make` makes of the configs are committed. Raises psycopg.Error or PoolTimeout."""
    async with writing(pool) as connection:
        scores = make(await configs_by_id(connection, config_ids))
        # Sorted by id, so that two requests with the same ids wait for each other instead of deadlocking.
        kept = sorted((score for score in scores if not score.reason), key=lambda score: score.row.id)
        dropped = [score for score in scores if score.reason]
        await upsert(connection, kept)
        if dropped:
            async with connection.cursor() as cursor:
                await cursor.executemany(_DROP, [_dropped(score) for score in dropped])
                await cursor.execute(_FORGET, (MAX_DROPPED_KEPT,))
    for score in dropped:
        print(f"tracestore: dropped the score {score.row.id}: {score.reason}", file=sys.stderr, flush=True)


async def upsert(connection: AsyncConnection, scores: Sequence[SentScore]) -> None:
    """Write scores in the connection's transaction."""
    async with connection.cursor() as cursor:
        await cursor.executemany(
            _UPSERT, [{**score.row._asdict(), "sent": list(score.sent)} for score in scores]
        )


def _dropped(score: SentScore) -> tuple[Any, ...]:
    row = score.row
    return row.id, row.name, row.config_id, score.reason, score.body


async def delete_score(pool: AsyncConnectionPool[AsyncConnection], score_id: str) -> None:
    """Delete a score, if there is one with this id."""
    async with writing(pool) as connection:
        await connection.execute("delete from scores where id = %s", (score_id,))


async def dropped_scores(reader: Reader, limit: int) -> list[Row]:
    """The scores that were accepted and then dropped, newest first: number, score_id, name, config_id, reason, body."""
    query = "select *, body::text as body_text from dropped_scores order by number desc limit %(limit)s"
    rows = await reader.rows(query, {"limit": limit})
    return [{**row, "body": orjson.loads(row.pop("body_text"))} for row in rows]
