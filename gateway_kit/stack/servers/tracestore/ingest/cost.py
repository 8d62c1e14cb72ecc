"""The cost of a span: as sent, else computed from the price table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from gateway_kit.stack.servers.tracestore.ingest.own_prices import TierPrice
from gateway_kit.stack.servers.tracestore.ingest.prices import Price
from gateway_kit.stack.servers.tracestore.ingest.usage import MAX_NAME_CHARS, MAX_NAMES
from gateway_kit.stack.servers.tracestore.ingest.values import number, sent_object

MAX_COST_USD = 10**11  # the column keeps twelve digits before the point

_TOTALS = ("gen_ai.usage.cost", "llm.cost.total")


@dataclass(slots=True)
class Cost:
    """The cost of a span in USD by kind of token."""

    details: dict[str, float] = field(default_factory=dict)

    @property
    def total_usd(self) -> float:
        """0 if the cost is unknown."""
        return self.details.get("total", 0.0)

    def part_usd(self, kind: str) -> float | None:
        """The sum of all parts with 'input' or 'output' in their name; None without such a part."""
        parts = [cost for name, cost in self.details.items() if kind in name]
        return round(sum(parts), 12) if parts else None  # as exact as the column


def cost_of(attributes: Mapping[str, Any], usage: Mapping[str, int], price: Price | TierPrice | None) -> Cost:
    """The cost as sent, else computed from the price; empty without either."""
    details = _sent_cost(attributes)
    if not details and price is not None:
        details = _computed_cost(usage, price)
    return Cost(details)


def _sent_cost(attributes: Mapping[str, Any]) -> dict[str, float]:
    sent = sent_object(attributes.get("langfuse.observation.cost_details"))
    if sent is None:
        total = next((cost for key in _TOTALS if (cost := attributes.get(key)) not in (None, "")), None)
        sent = {"total": total}
    details = {}
    for name, value in sent.items():
        cost = number(value)
        if cost is not None and 0 <= cost < MAX_COST_USD and len(name) <= MAX_NAME_CHARS:
            details[name] = cost
            if len(details) == MAX_NAMES:
                break
    # With other parts the sum may not be the total: some parts may be missing or counted twice.
    if details and details.keys() <= {"input", "output"}:
        details["total"] = min(sum(details.values()), MAX_COST_USD - 1.0)
    return details


def _computed_cost(usage: Mapping[str, int], price: Price | TierPrice) -> dict[str, float]:
    costs: dict[str, Decimal] = {}
    for name, count in usage.items():
        per_token = price.of_usage(name)
        if per_token is not None:
            costs[name] = per_token * count
    if not costs:
        return {}
    if "total" not in costs:  # a price of one's own may be of the total
        costs["total"] = sum(costs.values(), Decimal(0))
    limit = Decimal(MAX_COST_USD - 1)
    return {name: float(min(cost, limit)) for name, cost in costs.items()}
