"""GET models: the price table as Langfuse's model definitions."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api.answers import JSON, number, time_text
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.errors import not_found
from gateway_kit.stack.servers.tracestore.api.listing import read_page
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.ingest.prices import Price, PriceTable


async def list_models(request: Request) -> Response:
    """A page of the models that have a price, sorted by name."""
    authorize(request)
    parameters = Parameters(request.query_params.multi_items())
    page = read_page(parameters)
    parameters.finish()
    prices: PriceTable = request.app.state.prices
    first = min(page.offset, len(prices))
    data = [_model_to_json(price, prices.installed) for price in islice(prices, first, first + page.limit)]
    return JSON({"data": data, "meta": page.meta(len(prices))})


async def get_model(request: Request) -> Response:
    """A model by its id. Raises Refusal 404 for an unknown id."""
    authorize(request)
    prices: PriceTable = request.app.state.prices
    price = prices.by_id(request.path_params["model_id"])
    if price is None:
        raise not_found("No model with this id found.")
    return JSON(_model_to_json(price, prices.installed))


def _model_to_json(price: Price, installed: datetime) -> dict[str, Any]:
    prices: dict[str, Decimal | None] = {
        "input": price.input,
        "output": price.output,
        "cache_read_input_tokens": price.cache_read,
        "cache_creation_input_tokens": price.cache_creation,
    }
    numbers = {name: number(usd) for name, usd in prices.items() if usd is not None}
    return {
        "id": price.id,
        "createdAt": time_text(installed),
        "modelName": price.name,
        "matchPattern": f"(?i)^({re.escape(price.name)})$",
        "startDate": None,
        "tokenizerId": None,
        "tokenizerConfig": None,
        "unit": "TOKENS",
        "inputPrice": number(price.input),
        "outputPrice": number(price.output),
        "totalPrice": None,
        "prices": {name: {"price": usd} for name, usd in numbers.items()},
        "isLangfuseManaged": True,
        "pricingTiers": [
            {
                "id": f"{price.id}_tier_default",
                "name": "Standard",
                "isDefault": True,
                "priority": 0,
                "conditions": [],
                "prices": numbers,
            }
        ],
    }
