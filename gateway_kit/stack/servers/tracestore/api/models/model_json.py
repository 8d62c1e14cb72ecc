"""Models as JSON."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from gateway_kit.stack.servers.tracestore.api.answers import number, time_text
from gateway_kit.stack.servers.tracestore.ingest.prices import Price
from gateway_kit.stack.servers.tracestore.store.reader import Row


def of_price_map(price: Price, installed: datetime) -> dict[str, Any]:
    """A model of LiteLLM's price map."""
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


def of_own(row: Row) -> dict[str, Any]:
    """A model with prices of one's own."""
    tiers = [
        {**tier, "prices": {name: number(Decimal(usd)) for name, usd in tier["prices"].items()}}
        for tier in sorted(row["tiers"], key=lambda tier: tier["priority"])
    ]
    (flat,) = (tier["prices"] for tier in tiers if tier["isDefault"])
    return {
        "id": row["id"],
        "createdAt": time_text(row["created_at"]),
        "modelName": row["name"],
        "matchPattern": row["match_pattern"],
        "startDate": time_text(row["start_date"]),
        "tokenizerId": row["tokenizer_id"],
        "tokenizerConfig": row["tokenizer_config"],
        "unit": row["unit"],
        "inputPrice": flat.get("input"),
        "outputPrice": flat.get("output"),
        "totalPrice": flat.get("total"),
        "prices": {name: {"price": usd} for name, usd in flat.items()},
        "isLangfuseManaged": False,
        "pricingTiers": tiers,
    }
