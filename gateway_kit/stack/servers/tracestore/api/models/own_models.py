"""The models with prices of one's own, as the spans of a request need them."""

from __future__ import annotations

from collections.abc import Iterable

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from gateway_kit.stack.servers.tracestore.ingest.model_call import model_of
from gateway_kit.stack.servers.tracestore.ingest.own_prices import OwnPrice, Prices, read_price
from gateway_kit.stack.servers.tracestore.ingest.prices import PriceTable
from gateway_kit.stack.servers.tracestore.ingest.span import Span
from gateway_kit.stack.servers.tracestore.store.models import matching_models, own_models
from gateway_kit.stack.servers.tracestore.store.reader import reading

_MAX_REMEMBERED = 2000  # names, which come from clients


class OwnModels:
    """Remembers the models and which names they match, until `forget`."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection], table: PriceTable) -> None:
        self._pool, self._table = pool, table
        self._prices: dict[str, OwnPrice] | None = None
        self._matches: dict[str, str | None] = {}

    def forget(self) -> None:
        """Read everything anew, since a model was added or deleted."""
        self._prices, self._matches = None, {}

    async def are_there(self) -> bool:
        """Whether there is any."""
        return bool(await self._all())

    async def prices_of(self, spans: Iterable[Span]) -> Prices:
        """The prices for the models that these spans name."""
        prices, matches = await self._all(), self._matches
        names = {name for span in spans if (name := model_of(span.attributes))}
        if unknown := [name for name in names if name not in matches]:
            found = await matching_models(self._pool, unknown)
            if len(matches) + len(found) > _MAX_REMEMBERED:
                matches.clear()
                found |= await matching_models(self._pool, list(names - found.keys()))
            matches |= found  # of the dictionary that `forget` may have replaced meanwhile
        own = {name: prices[found_id] for name in names if (found_id := matches.get(name)) in prices}
        return Prices(own, self._table)

    async def _all(self) -> dict[str, OwnPrice]:
        prices = self._prices
        while prices is None:
            matches = self._matches
            async with reading(self._pool) as reader:
                prices = {row["id"]: read_price(row["id"], row["tiers"]) for row in await own_models(reader)}
            if matches is self._matches:
                self._prices = prices
            else:  # something changed while they were read
                prices = None
        return prices
