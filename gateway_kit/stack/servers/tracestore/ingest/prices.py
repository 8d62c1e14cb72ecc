"""Prices per token, from the price map of the installed LiteLLM (read as a file; LiteLLM is not imported)."""

from __future__ import annotations

import hashlib
import importlib.util
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

# Langfuse's ids of the models that it ships prices for, from its public answers, so that an id means the same model
# here and there. The prices themselves are LiteLLM's.
LANGFUSE_IDS: Mapping[str, str] = orjson.loads(
    Path(__file__).with_name("langfuse_model_ids.json").read_bytes()
)
_EPOCH = datetime.fromtimestamp(0, UTC)
_PRICE_MAP = "model_prices_and_context_window_backup.json"
_MAX_REMEMBERED = 2000  # names, which come from clients
# "-2024-07-18", "-20250514", "@20250514", "-0613", with or without Bedrock's "-v1:0"; and "-latest".
_DATE = re.compile(r"(?:[-@](?:20\d\d-\d\d-\d\d|20\d{6}|\d{4})|[-@:]latest)?(?:-v\d+(?::\d+)?)?$")


@dataclass(frozen=True, slots=True)
class Price:
    """One model's prices in USD per token; None if the map has no such price."""

    id: str  # see model_id
    name: str
    input: Decimal | None
    output: Decimal | None
    cache_read: Decimal | None
    cache_creation: Decimal | None

    def for_call(self, *_: object) -> Price:
        """The same prices for every call."""
        return self

    def flat(self, kind: str) -> Decimal | None:
        """The price of input or output; there is none of the total."""
        return {"input": self.input, "output": self.output}.get(kind)

    def of_usage(self, usage_key: str) -> Decimal | None:
        """The price of a token of this kind of usage; None for kinds without a price, such as a total."""
        if "cache_creation" in usage_key or "cache_write" in usage_key:
            return self.cache_creation if self.cache_creation is not None else self.input
        if "cache" in usage_key:
            return self.cache_read if self.cache_read is not None else self.input
        if usage_key.startswith("input"):
            return self.input
        if usage_key.startswith("output"):
            return self.output
        return None


class PriceTable:
    """All models with a price per token, sorted by name."""

    def __init__(self, prices: Mapping[str, Price], installed: datetime = _EPOCH) -> None:
        self.installed = installed  # when the price map was installed
        self._prices = dict(sorted(prices.items()))
        self._by_lower = {name.lower(): price for name, price in reversed(self._prices.items())}
        self._known: dict[str, Price | None] = {}

    @classmethod
    def load(cls) -> PriceTable:
        """The table of the installed LiteLLM; an empty one without LiteLLM."""
        spec = importlib.util.find_spec("litellm")  # locates the package without running its code
        for folder in (spec.submodule_search_locations or []) if spec else []:
            path = Path(folder) / _PRICE_MAP
            if path.is_file():
                installed = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                return cls.from_map(orjson.loads(path.read_bytes()), installed)
        return cls({})

    @classmethod
    def from_map(cls, price_map: Mapping[str, Any], installed: datetime = _EPOCH) -> PriceTable:
        """A table from a price map in LiteLLM's format."""
        prices = {}
        for name, entry in price_map.items():
            if not isinstance(entry, dict) or name == "sample_spec":
                continue
            price = Price(
                id=model_id(name),
                name=name,
                input=_usd(entry.get("input_cost_per_token")),
                output=_usd(entry.get("output_cost_per_token")),
                cache_read=_usd(entry.get("cache_read_input_token_cost")),
                cache_creation=_usd(entry.get("cache_creation_input_token_cost")),
            )
            if price.input is not None or price.output is not None:
                prices[name] = price
        return cls(prices, installed)

    def __iter__(self) -> Iterator[Price]:
        return iter(self._prices.values())

    def __len__(self) -> int:
        return len(self._prices)

    def find(self, model: str) -> Price | None:
        """The price for a model name as a client sent it; None if there is none.

        Tried in this order: the name; the name without a date or version at its end; both again without the first
        part up to a slash (a provider). Case does not matter.
        """
        if model in self._known:
            return self._known[model]
        price = self._search(model.lower())
        if len(self._known) >= _MAX_REMEMBERED:
            self._known.clear()
        self._known[model] = price
        return price

    def by_id(self, identifier: str) -> Price | None:
        """The price with this id."""
        return next((price for price in self if price.id == identifier), None)

    def _search(self, name: str) -> Price | None:
        while name:
            for candidate in (name, _DATE.sub("", name)):
                if candidate in self._by_lower:
                    return self._by_lower[candidate]
            _, _, name = name.partition("/")
        return None


def model_id(name: str) -> str:
    """The id of a model, the same in every installation: Langfuse's, else a hash of the name."""
    return LANGFUSE_IDS.get(name) or "m" + hashlib.sha256(name.encode()).hexdigest()[:24]


def _usd(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # via repr, so that 1.5e-07 stays exactly that instead of the nearest binary fraction
    price = Decimal(repr(value))
    return price if price.is_finite() and 0 <= price < 1000 else None
