"""GET models: those with prices of one's own, and LiteLLM's price map as Langfuse's model definitions."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api.answers import JSON
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.errors import not_found
from gateway_kit.stack.servers.tracestore.api.listing import read_page
from gateway_kit.stack.servers.tracestore.api.models.model_json import of_own, of_price_map
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.ingest.prices import Price, PriceTable
from gateway_kit.stack.servers.tracestore.store.models import own_models
from gateway_kit.stack.servers.tracestore.store.reader import Row, reading


async def list_models(request: Request) -> Response:
    """A page of the models, sorted by name."""
    authorize(request)
    parameters = Parameters(request.query_params.multi_items())
    page = read_page(parameters)
    parameters.finish()
    prices: PriceTable = request.app.state.prices
    async with reading(request.app.state.pool) as reader:
        own = sorted(await own_models(reader), key=_name)
    total = len(own) + len(prices)
    first = min(page.offset, total)
    both: Iterator[Price | Row] = merge(own, prices, key=_name)
    data = [
        of_price_map(model, prices.installed) if isinstance(model, Price) else of_own(model)
        for model in islice(both, first, first + page.limit)
    ]
    return JSON({"data": data, "meta": page.meta(total)})


def _name(model: Any) -> str:
    name: str = model.name if isinstance(model, Price) else model["name"]
    return name


async def get_model(request: Request) -> Response:
    """A model by its id. Raises Refusal 404 for an unknown id."""
    authorize(request)
    model_id = request.path_params["model_id"]
    prices: PriceTable = request.app.state.prices
    price = prices.by_id(model_id)
    if price is not None:
        return JSON(of_price_map(price, prices.installed))
    async with reading(request.app.state.pool) as reader:
        rows = await reader.rows("select * from own_models where id = %(id)s", {"id": model_id})
    if not rows:
        raise not_found("No model with this id found.")
    return JSON(of_own(rows[0]))
