"""POST and DELETE models: prices of one's own. They count for every span that arrives after the answer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api import shapes
from gateway_kit.stack.servers.tracestore.api.answers import JSON
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.bodies import json_text, read_json
from gateway_kit.stack.servers.tracestore.api.errors import invalid_request, not_found
from gateway_kit.stack.servers.tracestore.api.models.model_json import of_own
from gateway_kit.stack.servers.tracestore.api.models.model_shapes import FLAT_PRICES, NEW
from gateway_kit.stack.servers.tracestore.store.ids import cuid
from gateway_kit.stack.servers.tracestore.store.models import (
    NameTakenError,
    delete_model,
    is_pattern,
    new_model,
)
from gateway_kit.stack.servers.tracestore.store.times import now_ms

_NO_PATTERN = "matchPattern is not a valid regex pattern (Postgres)"
_NOT_FOUND = (
    "No model with this id found. Note: You cannot delete built-in models, override them with a model with the same "
    "name."
)


async def create(request: Request) -> Response:
    """The new model. Raises Refusal 400 for a pattern that PostgreSQL does not take, and for a name that is taken."""
    authorize(request)
    state = request.app.state
    sent = shapes.read(NEW, await read_json(request))
    if not await is_pattern(state.pool, sent["matchPattern"]):
        raise invalid_request(_NO_PATTERN)
    model_id = cuid()
    columns = {
        "id": model_id,
        "name": sent["modelName"],
        "match_pattern": sent["matchPattern"],
        "start_date": sent.get("startDate"),
        "unit": sent["unit"],
        "tokenizer_id": sent.get("tokenizerId"),
        "tokenizer_config": None if (config := sent.get("tokenizerConfig")) is None else json_text(config),
        "tiers": json_text(_tiers(model_id, sent)),
        "created_at": now_ms(),
    }
    try:
        row = await new_model(state.pool, columns)
    except NameTakenError:
        raise invalid_request(f"Model name '{sent['modelName']}' already exists in project") from None
    finally:
        state.own_models.forget()
    return JSON(of_own(row))


async def remove(request: Request) -> Response:
    """Delete a model; what its spans cost stays as it is."""
    authorize(request)
    state = request.app.state
    try:
        found = await delete_model(state.pool, request.path_params["model_id"])
    finally:
        state.own_models.forget()
    if not found:
        raise not_found(_NOT_FOUND)
    return JSON({"message": "Model successfully deleted"})


def _tiers(model_id: str, sent: dict[str, Any]) -> list[dict[str, Any]]:
    """The tiers as they are stored: flat prices are the only tier; a price is a text, so that it stays exact."""
    if tiers := sent.get("pricingTiers"):
        return [
            {"id": cuid(), **tier, "priority": int(tier["priority"]), "prices": _texts(tier["prices"])}
            for tier in tiers
        ]
    flat = {name.removesuffix("Price"): sent.get(name) for name in FLAT_PRICES}
    default = {"name": "Standard", "isDefault": True, "priority": 0, "conditions": []}
    prices = _texts({name: usd for name, usd in flat.items() if usd is not None})
    return [{"id": f"{model_id}_tier_default", **default, "prices": prices}]


def _texts(prices: dict[str, float]) -> dict[str, str]:
    return {name: str(Decimal(repr(usd))) for name, usd in prices.items()}
