"""Writes observations: what waits is written in one transaction, and a caller goes on once it is committed."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg
from psycopg import AsyncConnection, sql
from psycopg_pool import AsyncConnectionPool

from gateway_kit.stack.servers.tracestore.store.rows import COLUMNS, Observation

MAX_ROWS = 5000  # of one transaction; a single request may have more
MAX_WAITING_ROWS = 40_000  # beyond it a caller waits for room, so that memory stays bounded
# What is wrong with the rows, not with the server: sending them again would not help.
NOT_STORABLE = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.ProgramLimitExceeded)
_KEY = ("trace_id", "id")

_STAGE = """
create temporary table if not exists staged_observations
(like observations including defaults) on commit delete rows
"""


def _statements() -> tuple[sql.Composed, sql.Composed]:
    names = sql.SQL(", ").join(map(sql.Identifier, COLUMNS))
    copy = sql.SQL("copy staged_observations ({}) from stdin").format(names)
    changes = sql.SQL(", ").join(
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in COLUMNS if name not in _KEY
    )
    merge = sql.SQL(
        "insert into observations ({0}) select {0} from staged_observations "
        "on conflict (trace_id, id) do update set {1}, updated_at = now()"
    ).format(names, changes)
    return copy, merge


@dataclass(eq=False)
class _Batch:
    rows: Sequence[Observation]
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Writer:
    """One task that writes for all requests: many small requests share a commit, and there are no deadlocks."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection]) -> None:
        self._pool = pool
        self._waiting: list[_Batch] = []
        self._rows = 0
        self._wake = asyncio.Event()
        self._room = asyncio.Condition()
        self._closing = False
        self._copy, self._merge = _statements()

    async def write(self, rows: Sequence[Observation]) -> None:
        """Return once the rows are committed. Raises psycopg.Error or PoolTimeout where they are not."""
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
        """Let `run` write what waits and then return."""
        self._closing = True
        self._wake.set()

    async def _write_together(self, batches: list[_Batch]) -> None:
        try:
            await self._transaction([row for batch in batches for row in batch.rows])
        except NOT_STORABLE as exc:
            if len(batches) == 1:
                _settle(batches, exc)
                return
            for batch in batches:  # one of them cannot be stored; the others can
                await self._write_together([batch])
        except Exception as exc:  # the task must outlive whatever a request or the database does
            _settle(batches, exc)
        else:
            _settle(batches, None)

    async def _transaction(self, rows: list[Observation]) -> None:
        # A row may be there once in a statement; the last one wins.
        unique = {(row.trace_id, row.id): row for row in rows}
        async with self._pool.connection() as connection, connection.cursor() as cursor:
            await cursor.execute(_STAGE)
            # The answer "stored" must hold after a crash, whatever the database's own setting is.
            await cursor.execute("set local synchronous_commit = on")
            async with cursor.copy(self._copy) as copy:
                for number, row in enumerate(unique.values()):
                    await copy.write_row(row)
                    if number % 500 == 499:
                        await asyncio.sleep(0)
            await cursor.execute(self._merge)


def _settle(batches: list[_Batch], problem: Exception | None) -> None:
    for batch in batches:
        if batch.done.done():
            continue
        if problem is None:
            batch.done.set_result(None)
        else:
            batch.done.set_exception(problem)
