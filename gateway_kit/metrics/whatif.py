"""What a month would cost, by prices, volume, tokens, hit rate and mix of models."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gateway_kit.common.tables import Column, Table
from gateway_kit.metrics.calls import normalize_calls, numbers, require_columns
from gateway_kit.metrics.groups import group_calls, select_calls
from gateway_kit.metrics.rates import ratio

MONTH = Table(
    Column("model", "string", "its name"),
    Column("share", "float64", "of the calls, 0 to 1"),
    Column("calls", "float64", "a month"),
    Column("hits", "float64", "of them answered by the gateway's cache, at no cost"),
    Column("prompt_tokens", "float64", "a month, without those of hits"),
    Column("completion_tokens", "float64", "likewise"),
    Column("cost_usd", "float64", "US dollars a month"),
    Column("saved_usd", "float64", "US dollars a month that the hits would have cost"),
)
MIX = Table(
    Column("model", "string", "its name"),
    Column("calls", "int64", "answered ones"),
    Column("share", "float64", "of all answered calls, 0 to 1"),
    Column("prompt_tokens", "float64", "mean of the calls with a known number, cache hits included"),
    Column("completion_tokens", "float64", "likewise"),
    Column("hit_rate", "float64", "0 to 1"),
    Column("input_usd_per_million", "float64", "only with `prices`: the mean of the model's deployments"),
    Column("output_usd_per_million", "float64", "likewise"),
)
_PRICES = ("input_usd_per_million", "output_usd_per_million")


def monthly_cost(
    models: pd.DataFrame,
    *,
    calls_per_day: float,
    prompt_tokens: float | None = None,
    completion_tokens: float | None = None,
    hit_rate: float | None = None,
    days: float = 30.0,
) -> pd.DataFrame:
    """What a month costs, one row per model, in the order of `models`; `["cost_usd"].sum()` is the month's bill.

    The model is linear: it knows no discounts, batches, cached prompts or price tiers.

    Args:
        models: One row per model with the columns model, share (its part of the traffic, in any unit),
            input_usd_per_million and output_usd_per_million (as in `gateway.models.list()`).
        calls_per_day: All models together.
        prompt_tokens: Mean per call, the same for all models; by default the column of that name.
        completion_tokens: Likewise.
        hit_rate: Share of the calls that the cache answers, 0 to 1; by default the column of that name, or 0.
        days: Of a month.

    Returns:
        - `model` (string): its name
        - `share` (float64): of the calls, 0 to 1
        - `calls` (float64): a month
        - `hits` (float64): of them answered by the gateway's cache, at no cost
        - `prompt_tokens` (float64): a month, without those of hits
        - `completion_tokens` (float64): likewise
        - `cost_usd` (float64): US dollars a month
        - `saved_usd` (float64): US dollars a month that the hits would have cost

    Raises:
        ValueError: A missing column, or a number out of range.

    Example:
        >>> monthly_cost(observed_mix(calls, gateway.models.list()), calls_per_day=50_000)
        >>> monthly_cost(observed_mix(calls, gateway.models.list()), calls_per_day=50_000, hit_rate=0.4)
    """
    missing = [name for name in ("model", "share", *_PRICES) if name not in models.columns]
    if missing:
        raise ValueError(f"models needs the column {' and '.join(missing)}; it has {list(models.columns)}")
    given = {"prompt_tokens": prompt_tokens, "completion_tokens": completion_tokens, "hit_rate": hit_rate}
    inputs = {name: _column(models, name, value) for name, value in given.items()}
    if (inputs["hit_rate"] > 1).any():
        raise ValueError("hit_rate: give a share from 0 to 1")
    for name, value in (("calls_per_day", calls_per_day), ("days", days)):
        if not (np.isfinite(value) and value >= 0):
            raise ValueError(f"{name}={value!r}: give a number of at least 0")
    weight = _column(models, "share", None)
    if len(models) and not weight.sum():
        raise ValueError("The shares of all models are 0: at least one must be above.")
    share = ratio(weight, np.full(len(weight), weight.sum()))
    calls = share * calls_per_day * days
    misses = calls * (1 - inputs["hit_rate"])
    usd_per_call = sum(
        inputs[tokens] * _column(models, price, None) / 1e6
        for tokens, price in zip(("prompt_tokens", "completion_tokens"), _PRICES, strict=True)
    )
    columns = {
        "model": models["model"].to_numpy(),
        "share": share,
        "calls": calls,
        "hits": calls - misses,
        "prompt_tokens": misses * inputs["prompt_tokens"],
        "completion_tokens": misses * inputs["completion_tokens"],
        "cost_usd": misses * usd_per_call,
        "saved_usd": (calls - misses) * usd_per_call,
    }
    return pd.DataFrame(columns).astype(MONTH.dtypes)


def observed_mix(calls: pd.DataFrame, prices: pd.DataFrame | None = None) -> pd.DataFrame:
    """The mix of models in some calls, as `monthly_cost` takes it, one row per model, the most calls first.

    Args:
        calls: Whatever `normalize_calls` takes.
        prices: `gateway.models.list()`. Models without a price there are left out.

    Returns:
        - `model` (string): its name
        - `calls` (int64): answered ones
        - `share` (float64): of all answered calls, 0 to 1
        - `prompt_tokens` (float64): mean of the calls with a known number, cache hits included
        - `completion_tokens` (float64): likewise
        - `hit_rate` (float64): 0 to 1
        - `input_usd_per_million` (float64): only with `prices`: the mean of the model's deployments
        - `output_usd_per_million` (float64): likewise

    Raises:
        ValueError: A missing column.
    """
    calls = normalize_calls(calls)
    require_columns(calls, ["model", "cache_hit", "prompt_tokens", "completion_tokens"], "The mix of models")
    answered = select_calls(
        calls, ~calls["failed"].to_numpy(), "model", "cache_hit", "prompt_tokens", "completion_tokens"
    )
    groups = group_calls(answered, "model")
    n = groups.count()
    columns: dict[str, NDArray[np.generic]] = {"calls": n, "share": ratio(n, np.full(len(n), n.sum()))}
    for name in ("prompt_tokens", "completion_tokens"):
        values = numbers(answered, name)
        columns[name] = ratio(groups.total(values), groups.count(~np.isnan(values)))
    columns["hit_rate"] = ratio(groups.count(answered["cache_hit"].to_numpy()), n)
    mix = groups.ordered(groups.table(columns), "calls")
    if prices is None:
        return mix
    # Traces have the provider's name of a model, such as "openai/gpt-4o-mini", which may be behind several names.
    names = pd.concat([prices["model"], prices["provider"] + "/" + prices["provider_model"]])
    both = pd.concat([prices, prices])[list(_PRICES)]
    by_name = both.groupby(names.to_numpy()).mean()
    priced = mix.assign(**{price: mix["model"].map(by_name[price]).astype("float64") for price in _PRICES})
    return priced.dropna(subset=list(_PRICES), ignore_index=True)


def _column(models: pd.DataFrame, name: str, value: float | None) -> NDArray[np.float64]:
    if value is not None:
        values = np.full(len(models), float(value))
    elif name in models.columns:
        values = numbers(models, name)
    elif name == "hit_rate":
        values = np.zeros(len(models))
    else:
        raise ValueError(f"{name} is missing: give one number for all models, or a column of `models`")
    wrong = ~(np.isfinite(values) & (values >= 0))
    if wrong.any():
        which = ", ".join(map(str, models["model"][wrong]))
        raise ValueError(
            f"{name} must be a number of at least 0 for each model; it is missing or negative for {which}"
        )
    return values
