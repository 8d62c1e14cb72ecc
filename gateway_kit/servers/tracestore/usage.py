"""Tokens and money of a span: what was sent, completed by sums and by the price table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from gateway_kit.servers.tracestore.prices import Price
from gateway_kit.servers.tracestore.values import number, parsed_object

MAX_TOKENS = 2**53  # beyond it JSON's numbers are not whole any more
MAX_COST_USD = 10**11  # the column keeps twelve digits before the point
_MAX_NAMES = 200
_MAX_NAME_CHARS = 200

_NAMES = {
    "prompt_tokens": "input",
    "completion_tokens": "output",
    "total_tokens": "total",
    "input_tokens": "input",
    "output_tokens": "output",
    "prompt": "input",
    "completion": "output",
}
_CACHED = {
    "cache_read_input_tokens": "input_cached_tokens",
    "cache_read.input_tokens": "input_cached_tokens",
    "prompt_details.cache_read": "input_cached_tokens",
    "cache_creation_input_tokens": "input_cache_creation",
    "cache_creation.input_tokens": "input_cache_creation",
    "prompt_details.cache_write": "input_cache_creation",
}


@dataclass(slots=True)
class Cost:
    """The cost of a span in USD by kind of token, and the price that was found for its model."""

    details: dict[str, float] = field(default_factory=dict)
    price: Price | None = None

    @property
    def total_usd(self) -> float:
        """0 where nothing is known."""
        return self.details.get("total", 0.0)

    def part_usd(self, kind: str) -> float | None:
        """The sum of what has 'input' or 'output' in its name; None where nothing has."""
        parts = [cost for name, cost in self.details.items() if kind in name]
        return round(sum(parts), 12) if parts else None  # as exact as the column


def usage_details(attributes: Mapping[str, Any]) -> dict[str, int]:
    """Tokens by kind, with 'total' where there are any. Negative and broken counts are left out."""
    sent = parsed_object(attributes.get("langfuse.observation.usage_details"))
    details = _tokens(_of_openai(sent)) if sent else _of_conventions(attributes)
    if details and "total" not in details:
        details["total"] = min(sum(details.values()), MAX_TOKENS)
    return details


def tokens_of(details: Mapping[str, int], kind: str) -> int:
    """All tokens that have 'input' or 'output' in their name; cached ones count as input."""
    return min(sum(count for name, count in details.items() if kind in name), MAX_TOKENS)


def _tokens(sent: Mapping[str, Any]) -> dict[str, int]:
    details = {}
    for name, value in sent.items():
        count = number(value)
        if count is not None and 0 <= count <= MAX_TOKENS and len(name) <= _MAX_NAME_CHARS:
            details[name] = int(count)
            if len(details) == _MAX_NAMES:
                break
    return details


def _of_openai(sent: dict[str, Any]) -> dict[str, Any]:
    """OpenAI's usage object in the store's own names; any other object as it is."""
    for side, other in (("prompt", "completion"), ("input", "output")):
        if f"{side}_tokens" not in sent or f"{other}_tokens" not in sent:
            continue
        result: dict[str, Any] = {}
        for ours, theirs in (("input", side), ("output", other)):
            count = number(sent.get(f"{theirs}_tokens"))
            result[ours] = count
            details = sent.get(f"{theirs}_tokens_details")
            for name, value in (details if isinstance(details, dict) else {}).items():
                part = number(value)
                if part is not None and count is not None:
                    result[f"{ours}_{name}"] = part
                    # Each token counts once: what is told apart is not in the rest any more.
                    result[ours] = max(0.0, result[ours] - part)
        result["total"] = sent.get("total_tokens")
        return result
    return sent


def _of_conventions(attributes: Mapping[str, Any]) -> dict[str, int]:
    """The counts of `gen_ai.usage.*` and `llm.token_count.*`; cached tokens are taken out of the input."""
    found: dict[str, Any] = {}
    for key, value in attributes.items():
        if key.startswith("gen_ai.usage."):
            name = key[13:]
        elif key.startswith("llm.token_count."):
            name = key[16:]
        else:
            continue
        if name != "cost":
            found[_CACHED.get(name) or _NAMES.get(name, name)] = value
    details = _tokens(found)
    if "input" in details:
        cached = details.get("input_cached_tokens", 0) + details.get("input_cache_creation", 0)
        details["input"] = max(0, details["input"] - cached)
    return details


def cost_of(attributes: Mapping[str, Any], usage: Mapping[str, int], price: Price | None) -> Cost:
    """What was sent, else what the price table says; without either there is no cost."""
    details = _sent_cost(attributes)
    if not details and price is not None:
        details = _computed_cost(usage, price)
    return Cost(details, price)


def _sent_cost(attributes: Mapping[str, Any]) -> dict[str, float]:
    sent = parsed_object(attributes.get("langfuse.observation.cost_details"))
    if not sent:
        for key in ("gen_ai.usage.cost", "llm.cost.total"):
            if attributes.get(key) is not None:
                sent = {"total": attributes[key]}
                break
    details = {}
    for name, value in sent.items():
        cost = number(value)
        if cost is not None and 0 <= cost < MAX_COST_USD and len(name) <= _MAX_NAME_CHARS:
            details[name] = cost
            if len(details) == _MAX_NAMES:
                break
    if details and "total" not in details:
        details["total"] = min(sum(details.values()), MAX_COST_USD - 1.0)
    return details


def _computed_cost(usage: Mapping[str, int], price: Price) -> dict[str, float]:
    costs: dict[str, Decimal] = {}
    for name, count in usage.items():
        per_token = price.of_usage(name)
        if per_token is not None:
            costs[name] = per_token * count
    if not costs:
        return {}
    costs["total"] = sum(costs.values(), Decimal(0))
    limit = Decimal(MAX_COST_USD - 1)
    return {name: float(min(cost, limit)) for name, cost in costs.items()}
