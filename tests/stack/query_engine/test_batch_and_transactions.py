"""Batches are atomic; interactive transactions commit, roll back, expire and wait no longer than told."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from .engine_program import EngineProgram

pytestmark = pytest.mark.asyncio(loop_scope="session")


def ms(number: int) -> timedelta:
    return timedelta(milliseconds=number)


async def test_batch_does_all(client: Any) -> None:
    async with client.batch_() as batch:
        batch.user.create({"id": "a", "name": "a"})
        batch.user.create_many([{"name": "b"}, {"name": "c"}])
        batch.user.update(where={"id": "a"}, data={"name": "aa"})
        batch.execute_raw('UPDATE "User" SET age = 1')
        batch.user.delete_many(where={"name": "c"})
    assert sorted(user.name for user in await client.user.find_many(where={"age": 1})) == ["aa", "b"]


async def test_batch_does_nothing_where_one_part_fails(client: Any, prisma: Any) -> None:
    await client.user.create({"name": "a", "email": "taken"})
    batch = client.batch_()
    batch.user.create({"name": "b"})
    batch.user.create({"name": "c", "email": "taken"})
    with pytest.raises(prisma.errors.UniqueViolationError):
        await batch.commit()
    assert await client.user.count() == 1


async def test_commit_shows_to_others_only_then(client: Any) -> None:
    async with client.tx() as tx:
        await tx.user.create({"name": "a"})
        async with tx.batch_() as batch:
            batch.user.create({"name": "b"})
        assert (await client.user.count(), await tx.user.count()) == (0, 2)
        assert (await tx.query_raw('SELECT count(*) AS n FROM "User"')) == [{"n": 2}]
    assert await client.user.count() == 2


async def test_rollback_on_an_exception(client: Any) -> None:
    async def change_mind() -> None:
        async with client.tx() as tx:
            await tx.user.create({"name": "a"})
            raise RuntimeError("changed my mind")

    with pytest.raises(RuntimeError, match="changed my mind"):
        await change_mind()
    assert await client.user.count() == 0


async def test_failed_statement_inside_a_transaction(client: Any, prisma: Any) -> None:
    await client.user.create({"name": "a", "email": "taken"})

    async def take_twice() -> None:
        async with client.tx() as tx:
            await tx.user.create({"name": "b"})
            await tx.user.create({"name": "c", "email": "taken"})

    with pytest.raises(prisma.errors.UniqueViolationError):
        await take_twice()
    assert await client.user.count() == 1


async def test_deferred_constraint_fails_the_commit_and_returns_the_connection(
    client: Any, prisma: Any, server: Any
) -> None:
    with server.connect("shop") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS late (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    for _ in range(12):  # more often than there are connections
        with pytest.raises(prisma.errors.PrismaError):
            async with client.tx() as tx:
                await tx.execute_raw("INSERT INTO late VALUES (1), (1)")
    assert await client.query_raw("SELECT count(*) AS n FROM late") == [{"n": 0}]


async def test_two_transactions_at_once_do_not_see_each_other(client: Any) -> None:
    async with client.tx() as one, client.tx() as two:
        await one.user.create({"name": "one"})
        await two.user.create({"name": "two"})
        assert await one.user.find_first(where={"name": "two"}) is None
        assert (await two.user.find_first()).name == "two"
    assert await client.user.count() == 2


async def test_queries_at_once_in_one_transaction(client: Any) -> None:
    async with client.tx() as tx:
        await asyncio.gather(*[tx.user.create({"name": str(at)}) for at in range(20)])
        counts = await asyncio.gather(*[tx.user.count(where={"name": str(at)}) for at in range(20)])
    assert counts == [1] * 20


async def test_timeout_expires_query_commit_and_changes(client: Any, prisma: Any) -> None:
    manager = client.tx(timeout=ms(100))
    tx = await manager.start()
    await tx.user.create({"name": "a"})
    await asyncio.sleep(0.15)
    with pytest.raises(prisma.errors.TransactionExpiredError, match="expired transaction") as caught:
        await tx.user.count()
    [passed_ms] = re.findall(r"however (\d+) ms passed", str(caught.value))
    assert 100 <= int(passed_ms) < 10_000
    with pytest.raises(prisma.errors.TransactionExpiredError):
        await manager.commit()
    assert await client.user.count() == 0


@pytest.mark.parametrize("action", ["query", "commit"])
async def test_what_comes_right_at_the_deadline_is_too_late(
    start_engine: Callable[..., EngineProgram], server: Any, action: str
) -> None:
    engine = start_engine(server.url("shop"))
    engine.wait_ready()
    connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=120)

    def post(path: str, body: object, **headers: str) -> dict[str, Any]:
        connection.request("POST", path, json.dumps(body), headers)
        return dict(json.loads(connection.getresponse().read()))

    for _ in range(30):
        name = post("/transaction/start", {"max_wait": 2000, "timeout": 20})["id"]
        due_s = time.monotonic() + 0.02
        while time.monotonic() < due_s:
            pass  # sleeping would wake up after the deadline, not right at it
        if action == "commit":
            answer = post(f"/transaction/{name}/commit", {})
        else:
            query = {"query": "query { result: findManyUser { id } }", "variables": {}}
            answer = post("/", query, **{"X-transaction-id": name})
        assert answer["errors"][0]["error"].startswith("Transaction already closed"), answer
    connection.close()


async def test_closed_transaction_cannot_be_used(client: Any, prisma: Any) -> None:
    async with client.tx() as tx:
        pass
    with pytest.raises(prisma.errors.TransactionExpiredError, match="Transaction already closed"):
        await tx.user.count()


async def test_unknown_transaction_is_an_error(client: Any, prisma: Any) -> None:
    for name in ("x", "x" * 40):
        client_of_tx = client._copy()
        client_of_tx._tx_id = name
        with pytest.raises(prisma.errors.TransactionError, match="Transaction not found"):
            await client_of_tx.user.count()
    assert await client.user.count() == 0


async def test_max_wait_is_kept_and_the_late_transaction_given_back(
    prisma: Any, server: Any, client: Any
) -> None:
    small = prisma.Prisma(datasource={"url": server.url("shop", connection_limit=1)})
    await small.connect()
    try:
        holder = small.tx(timeout=ms(5000))
        await holder.start()
        started_s = time.monotonic()
        with pytest.raises(
            prisma.errors.TransactionError, match="Unable to start a transaction in the given time"
        ):
            await small.tx(max_wait=ms(150), timeout=ms(9000)).start()
        assert time.monotonic() - started_s > 0.14
        await holder.commit()
        # The only connection comes back although the late transaction got it in between.
        assert await small.user.count() == 0
        async with small.tx(max_wait=ms(1000)) as tx:
            await tx.user.create({"name": "a"})
    finally:
        await small.disconnect()
    assert await client.user.count() == 1


async def test_waiting_for_a_connection_ends_with_the_pool_timeout(
    prisma: Any, server: Any, client: Any
) -> None:
    small = prisma.Prisma(datasource={"url": server.url("shop", connection_limit=1, pool_timeout=1)})
    await small.connect()
    try:
        holder = small.tx(timeout=ms(5000))
        await holder.start()
        with pytest.raises(prisma.errors.DataError, match="Timed out fetching a new connection") as caught:
            await small.user.count()
        assert (caught.value.code, caught.value.meta) == ("P2024", {"connection_limit": 1, "timeout": 1})
        await holder.rollback()
        assert await small.user.count() == 0
    finally:
        await small.disconnect()


async def test_statement_longer_than_the_socket_timeout_is_given_up(
    prisma: Any, server: Any, client: Any
) -> None:
    small = prisma.Prisma(datasource={"url": server.url("shop", connection_limit=1, socket_timeout=1)})
    await small.connect()
    try:
        with pytest.raises(prisma.errors.DataError, match="Operations timed out after `1s`"):
            await small.query_raw("SELECT pg_sleep(30)")
        assert await small.user.count() == 0  # on a new connection: the old one is still busy
    finally:
        await small.disconnect()
