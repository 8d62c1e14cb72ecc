"""Prices of one's own: models that a person defined, with tiers that depend on a call's usage or attributes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Any

from gateway_kit.stack.servers.tracestore.ingest.prices import Price, PriceTable
from gateway_kit.stack.servers.tracestore.ingest.usage_pattern import UsagePattern
from gateway_kit.stack.servers.tracestore.ingest.values import as_text

_MAX_STORED_PRICE = Decimal(10**6)  # of the column
_COMPARISONS = {"gt": gt, "gte": ge, "lt": lt, "lte": le, "eq": eq, "neq": ne}

Attributes = Mapping[str, Any]
# Whether it is met by a call's usage, parameters and metadata.
Condition = Callable[[Mapping[str, int], Attributes, Attributes], bool]


@dataclass(frozen=True, slots=True)
class Tier:
    """Prices in USD by exact kind of usage, and the conditions under which they hold."""

    id: str
    name: str
    conditions: tuple[Condition, ...]
    prices: Mapping[str, Decimal]

    def holds(self, usage: Mapping[str, int], parameters: Attributes, metadata: Attributes) -> bool:
        """Whether all conditions are met; a tier without any never is."""
        return bool(self.conditions) and all(
            condition(usage, parameters, metadata) for condition in self.conditions
        )


def _condition(stored: Mapping[str, Any]) -> Condition:
    if "source" in stored:
        return _of_attributes(stored["source"] == "model_parameters", stored["key"], stored["values"])
    pattern = UsagePattern(stored["usageDetailPattern"], is_case_sensitive=bool(stored.get("caseSensitive")))
    return _of_usage(pattern, _COMPARISONS[stored["operator"]], stored["value"])


def _of_attributes(is_of_parameters: bool, key: str, values: Sequence[str]) -> Condition:
    def is_met(_: Mapping[str, int], parameters: Attributes, metadata: Attributes) -> bool:
        value = (parameters if is_of_parameters else metadata).get(key, ...)
        return value is not ... and as_text("" if value is None else value) in values

    return is_met


def _of_usage(pattern: UsagePattern, compare: Callable[[float, float], bool], bound: float) -> Condition:
    def is_met(usage: Mapping[str, int], *_: Attributes) -> bool:
        return compare(sum(count for name, count in usage.items() if pattern.is_in(name)), bound)

    return is_met


@dataclass(frozen=True, slots=True)
class OwnPrice:
    """A model's tiers: the default one, and the others in the order in which they are tried."""

    id: str
    default: Tier
    others: tuple[Tier, ...] = ()

    def for_call(self, usage: Mapping[str, int], parameters: Attributes, metadata: Attributes) -> TierPrice:
        """The prices of the first tier that holds, else of the default one."""
        held = (tier for tier in self.others if tier.holds(usage, parameters, metadata))
        return TierPrice(self, next(held, self.default))


@dataclass(frozen=True, slots=True)
class TierPrice:
    """The prices of a call."""

    model: OwnPrice
    tier: Tier

    @property
    def id(self) -> str:
        """The model's id."""
        return self.model.id

    def flat(self, kind: str) -> Decimal | None:
        """The model's price of input, output or total, as far as it can be stored."""
        price = self.model.default.prices.get(kind)
        return price if price is not None and price < _MAX_STORED_PRICE else None

    def of_usage(self, usage_key: str) -> Decimal | None:
        """The price of exactly this kind of usage."""
        return self.tier.prices.get(usage_key)


class Prices:
    """Prices of one's own for the models of a request, and all others from the table."""

    def __init__(self, own: Mapping[str, OwnPrice], table: PriceTable) -> None:
        self._own, self._table = own, table

    def find(self, model: str) -> OwnPrice | Price | None:
        """The price for a model name as a client sent it; None if there is none."""
        return self._own.get(model) or self._table.find(model)


def read_price(model_id: str, tiers: list[dict[str, Any]]) -> OwnPrice:
    """The price of a model from its tiers as they are stored; prices are texts."""
    read = {
        tier["priority"]: Tier(
            tier["id"],
            tier["name"],
            tuple(map(_condition, tier["conditions"])),
            {name: Decimal(price) for name, price in tier["prices"].items()},
        )
        for tier in sorted(tiers, key=lambda tier: tier["priority"])
    }
    (default,) = (tier["priority"] for tier in tiers if tier["isDefault"])
    return OwnPrice(model_id, read.pop(default), tuple(read.values()))
