"""Writing observations: those of many requests share a transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import psycopg
from psycopg import AsyncConnection, sql
from psycopg_pool import AsyncConnectionPool

from gateway_kit.stack.servers.tracestore.store.rows import ObservationRow

MAX_ROWS = 5000  # of one transaction; a single request may have more
MAX_WAITING_ROWS = 40_000  # above it callers wait, so that memory stays bounded
# Errors in the rows, not of the server: sending them again would not help.
NOT_STORABLE = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)

_STAGE = """
create temporary table if not exists staged_observations
(like observations including defaults) on commit delete rows
"""


def _names(columns: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _update(columns: Iterable[str], key: Sequence[str]) -> sql.Composed:
    """The clause that makes a later row with the same key replace the earlier one."""
    changes = [
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in columns if name not in key
    ]
    return sql.SQL("on conflict ({}) do update set {}, updated_at = now()").format(
        _names(key), sql.SQL(", ").join(changes)
    )


_COLUMNS = ObservationRow._fields
_COPY = sql.SQL("copy staged_observations ({}) from stdin").format(_names(_COLUMNS))
# The prompt's id is looked up once, when the observation arrives: it stays if the prompt is deleted later.
_PROMPT_ID = sql.SQL(
    "case when prompt_version is null then '' else coalesce((select p.id from prompts p"
    " where p.name = prompt_name and p.version = prompt_version), '') end"
)
_MERGE = sql.SQL(
    "insert into observations ({0}, prompt_id) select {0}, {1} from staged_observations {2}"
).format(_names(_COLUMNS), _PROMPT_ID, _update([*_COLUMNS, "prompt_id"], ("trace_id", "id")))


@dataclass(eq=False)
class _Batch:
    rows: Sequence[ObservationRow]
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Writer:
    """A single task that writes for all requests, so that small requests share a commit and cannot deadlock."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection]) -> None:
        self._pool = pool
        self._waiting: list[_Batch] = []
        self._rows = 0
        self._wake = asyncio.Event()
        self._room = asyncio.Condition()
        self._closing = False

    async def write(self, rows: Sequence[ObservationRow]) -> None:
        """Return once the rows are committed. Raises psycopg.Error or PoolTimeout if they are not."""
        if not rows:
            return
        async with self._room:
            await self._room.wait_for(lambda: self._rows < MAX_WAITING_ROWS)
            batch = _Batch(rows)
            self._waiting.append(batch)
            self._rows += len(rows)
        self._wake.set()
        await asyncio.shield(batch.done)

    async def run(self) -> None:
        """Write until `close`."""
        while self._waiting or not self._closing:
            if not self._waiting:
                self._wake.clear()
                await self._wake.wait()
                continue
            batches = [self._waiting.pop(0)]
            count = len(batches[0].rows)
            while self._waiting and count + len(self._waiting[0].rows) <= MAX_ROWS:
                batches.append(self._waiting.pop(0))
                count += len(batches[-1].rows)
            await self._write_together(batches)
            async with self._room:
                self._rows -= count
                self._room.notify_all()

    def close(self) -> None:
        """Let `run` write the waiting rows and then return."""
        self._closing = True
        self._wake.set()

    async def _write_together(self, batches: list[_Batch]) -> None:
        try:
            await self._transaction([row for batch in batches for row in batch.rows])
        except NOT_STORABLE as exc:
            if len(batches) == 1:
                _settle(batches, exc)
                return
            for batch in batches:  # at least one cannot be stored, but the others can
                await self._write_together([batch])
        except Exception as exc:  # the task must survive any error of a request or the database
            _settle(batches, exc)
        else:
            _settle(batches, None)

    async def _transaction(self, rows: list[ObservationRow]) -> None:
        # A statement may touch a row only once; the last row wins.
        unique = {(row.trace_id, row.id): row for row in rows}
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            await cursor.execute(_STAGE)
            # A 200 promises that the rows survive a crash, whatever the database's own setting is.
            await cursor.execute("set local synchronous_commit = on")
            async with cursor.copy(_COPY) as copy:
                for number, row in enumerate(unique.values()):
                    await copy.write_row(row)
                    if number % 500 == 499:
                        await asyncio.sleep(0)
            await cursor.execute(_MERGE)


def _settle(batches: list[_Batch], error: Exception | None) -> None:
    for batch in batches:
        if batch.done.done():
            continue
        if error is None:
            batch.done.set_result(None)
        else:
            batch.done.set_exception(error)
