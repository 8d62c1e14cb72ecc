"""The ASGI application: the public API and the web pages on one pool of database connections."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette

from gateway_kit.stack.servers.tracestore.api.answers import exception_handlers
from gateway_kit.stack.servers.tracestore.api.datasets.schemas import SchemaChecker
from gateway_kit.stack.servers.tracestore.api.datasets.turns import Turns
from gateway_kit.stack.servers.tracestore.api.models.own_models import OwnModels
from gateway_kit.stack.servers.tracestore.api.paths import route
from gateway_kit.stack.servers.tracestore.api.routes import api_routes
from gateway_kit.stack.servers.tracestore.config import Config
from gateway_kit.stack.servers.tracestore.ingest.prices import PriceTable
from gateway_kit.stack.servers.tracestore.metrics.get_metrics import get_metrics
from gateway_kit.stack.servers.tracestore.pages.routes import page_routes
from gateway_kit.stack.servers.tracestore.store.media_files import MediaFiles
from gateway_kit.stack.servers.tracestore.store.retention import keep_deleting
from gateway_kit.stack.servers.tracestore.store.writer import Writer

_CONNECTIONS = 6
# These hold a connection while a schema is checked, which may take seconds; the others stay free for the rest.
_CHECKED_WRITES = 3


def build_app(config: Config) -> Starlette:
    """The application.

    `request.app.state` has `config`, `pool`, `writer`, `prices`, `schemas`, the lock `decoding`, and the turns
    `checked_writes`.
    """
    pool: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
        config.database_url,
        min_size=1,
        max_size=_CONNECTIONS,
        open=False,
        timeout=5,
        # Give up soon, so that the next request tries anew and a restarted server is used within two seconds.
        reconnect_timeout=2,
        check=AsyncConnectionPool.check_connection,
    )
    writer, schemas = Writer(pool), SchemaChecker()
    media = MediaFiles(config.media_dir) if config.media_dir else None
    if media:
        media.delete_unfinished()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with pool:
            writing = asyncio.create_task(writer.run())
            deleting = asyncio.create_task(keep_deleting(pool, config.retain_days, media))
            try:
                yield
            finally:
                writer.close()
                await writing
                await schemas.close()
                deleting.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await deleting

    metrics = route("GET", "v2/metrics", get_metrics)
    app = Starlette(
        routes=[*api_routes(), metrics, *page_routes()],
        lifespan=lifespan,
        exception_handlers=exception_handlers(),
    )
    app.state.config, app.state.pool, app.state.writer = config, pool, writer
    app.state.prices, app.state.decoding = PriceTable.load(), asyncio.Lock()
    app.state.own_models = OwnModels(pool, app.state.prices)
    app.state.schemas, app.state.checked_writes = schemas, Turns(_CHECKED_WRITES)
    return app
