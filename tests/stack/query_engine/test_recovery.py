"""Failures that a running engine must recover from: database restarts, crashes, cut connections, panics."""

from __future__ import annotations

import asyncio
import concurrent.futures
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from gateway_kit.common.polling import poll_until

from .database_server import DatabaseServer
from .engine_program import HERE, NODE_FOLDER, EngineProgram

Start = Callable[..., EngineProgram]
COUNT = "query { result: aggregateUser { _count { _all } } }"
SLEEP = 'mutation { result: queryRaw(query: "SELECT pg_sleep(20)", parameters: "[]") }'
OPEN_TRANSACTIONS = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'panicky' AND state LIKE 'idle in%'"
)


def _code(answer: dict[str, Any]) -> str:
    return str(answer["errors"][0]["user_facing_error"].get("error_code"))


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
async def test_restarted_server_serves_the_next_request(
    client: Any, prisma: Any, server: DatabaseServer, how: signal.Signals
) -> None:
    await client.user.create({"name": "before"})
    await asyncio.gather(*[client.user.count() for _ in range(10)])  # several connections are open
    tx = await client.tx(timeout=timedelta(seconds=20)).start()
    await tx.user.create({"name": "lost"})
    running = asyncio.ensure_future(client.query_raw("SELECT pg_sleep(20)"))
    await asyncio.sleep(0.2)
    server.end(how)
    try:
        with pytest.raises(prisma.errors.DataError) as caught:
            await running
        assert caught.value.code == "P1017"
        # Pooled connections that are closed without the pool's knowledge fail when they are used.
        codes = [await refusal(client, prisma)]
        while codes[-1] == "P1017" and len(codes) < 20:
            codes.append(await refusal(client, prisma))
        assert codes[-1] == "P1001"
    finally:
        server.start()  # for the other tests, too
    assert await client.user.count() == 1  # the very next request; no "lost"
    with pytest.raises(prisma.errors.PrismaError):
        await tx.user.count()
    await asyncio.gather(*[client.user.create({"name": "after"}) for _ in range(20)])
    async with client.tx() as fresh:
        assert await fresh.user.count() == 21


async def refusal(client: Any, prisma: Any) -> str:
    """Prisma's error code for a request to a server that has stopped."""
    with pytest.raises(prisma.errors.DataError) as caught:
        await client.user.count()
    return str(caught.value.code)


@pytest.mark.asyncio(loop_scope="session")
async def test_terminated_connections_are_replaced(client: Any, server: DatabaseServer) -> None:
    await asyncio.gather(*[client.user.count() for _ in range(10)])
    with server.connect() as connection:
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop'")
    await asyncio.sleep(0.1)
    assert await asyncio.gather(*[client.user.count() for _ in range(10)]) == [0] * 10


@pytest.mark.asyncio(loop_scope="session")
async def test_connection_cut_within_a_transaction_is_not_lost_to_the_pool(
    prisma: Any, client: Any, server: DatabaseServer
) -> None:
    small = prisma.Prisma(datasource={"url": server.url("shop", connection_limit=1)})
    await small.connect()
    try:
        for _ in range(3):
            manager = small.tx()
            tx = await manager.start()
            await tx.user.create({"name": "lost"})
            with server.connect() as connection:
                connection.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop'"
                )
            with pytest.raises(prisma.errors.PrismaError):
                await tx.user.count()
            await _ignore(manager.rollback(), prisma)
            assert await small.user.count() == 0
    finally:
        await small.disconnect()


async def _ignore(work: Any, prisma: Any) -> None:
    try:
        await work
    except prisma.errors.PrismaError:
        pass


@pytest.mark.asyncio(loop_scope="session")
async def test_hundred_requests_at_once(client: Any, prisma: Any) -> None:
    made = await asyncio.gather(
        *[client.user.create({"name": f"n{at}", "email": f"e{at % 90}"}) for at in range(100)],
        return_exceptions=True,
    )
    duplicates = [result for result in made if isinstance(result, prisma.errors.UniqueViolationError)]
    assert len(duplicates) == 10
    assert sum(isinstance(result, prisma.models.User) for result in made) == 90
    found = await asyncio.gather(*[client.user.find_unique({"email": f"e{at}"}) for at in range(90)])
    assert [user.email for user in found] == [f"e{at}" for at in range(90)]


@pytest.mark.asyncio(loop_scope="session")
async def test_concurrent_upserts_and_increments_lose_nothing(client: Any) -> None:
    post = await client.post.create({"title": "x"})
    change = {"where": {"id": post.id}, "data": {"views": {"increment": 1}}}
    await asyncio.gather(*[client.post.update(**change) for _ in range(60)])
    assert (await client.post.find_unique({"id": post.id})).views == 60


def test_panic_fails_only_the_pending_requests(server: DatabaseServer, start_engine: Start) -> None:
    url = server.url("shop", connection_limit=3, application_name="panicky")
    engine = start_engine(
        url, script=HERE / "panic_probe.mjs", QUERY_ENGINE_FOLDER=str(NODE_FOLDER / "query_engine")
    )
    engine.wait_ready()
    before = engine.query(COUNT)["data"]
    # The long ones end by the panic alone; the short one's timer fires below.
    for timeout_ms in (60_000, 60_000, 1500):
        tx_id = engine.post("/transaction/start", {"max_wait": 2000, "timeout": timeout_ms})["id"]
        create = 'mutation { result: createOneUser(data: {name: "lost"}) { id } }'
        assert "data" in engine.query(create, **{"X-transaction-id": tx_id})
        with concurrent.futures.ThreadPoolExecutor() as pool:
            running = pool.submit(engine.query, SLEEP)
            time.sleep(0.2)
            engine.process.send_signal(signal.SIGUSR2)
            answer = running.result(timeout=60)
        assert answer["errors"][0]["user_facing_error"]["is_panic"] is True
        assert engine.query(COUNT)["data"] == before
        assert _code(engine.query(COUNT, **{"X-transaction-id": tx_id})) == "P2028"
        with server.connect() as connection:
            # PostgreSQL hears of a dropped connection a moment later.
            left = poll_until(
                lambda connection=connection: connection.execute(OPEN_TRANSACTIONS).fetchone(),
                lambda row: row == (0,),
                timeout_s=30,
            )
            assert left == ((0,), True)
            connection.execute(
                "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(20)'"
            )
    time.sleep(1.6)  # let the dead engine's transaction timer fire; it must do nothing
    assert "data" in engine.query(COUNT)
    engine.process.terminate()
    assert engine.read_errors().count("the query engine panicked") == 3
