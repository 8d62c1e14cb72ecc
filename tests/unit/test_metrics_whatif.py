"""What a month would cost, against arithmetic by hand, and the mix as it was observed."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_kit.metrics import monthly_cost, observed_mix
from tests.unit.metric_calls import calls, many_calls

MIX = pd.DataFrame(
    {
        "model": ["dear", "cheap"],
        "share": [1.0, 3.0],
        "input_usd_per_million": [2.5, 0.15],
        "output_usd_per_million": [10.0, 0.6],
    }
)


def test_the_arithmetic() -> None:
    rows = monthly_cost(
        MIX, calls_per_day=400, prompt_tokens=1000, completion_tokens=200, hit_rate=0.25, days=30
    )
    dear, cheap = rows.iloc[0], rows.iloc[1]
    assert rows["model"].tolist() == ["dear", "cheap"]
    assert dear["calls"] == 3000  # a quarter of 400 a day, 30 days
    assert dear["hits"] == 750
    assert dear["prompt_tokens"] == 2_250_000
    assert dear["completion_tokens"] == 450_000
    assert dear["cost_usd"] == pytest.approx(2.25 * 2.5 + 0.45 * 10)
    assert dear["saved_usd"] == pytest.approx(0.75 * 2.5 + 0.15 * 10)
    assert cheap["cost_usd"] == pytest.approx(6.75 * 0.15 + 1.35 * 0.6)


RATES = st.floats(0, 1)
COUNTS = st.floats(0, 1e6)


@settings(max_examples=60)
@given(COUNTS, COUNTS, COUNTS, RATES, st.floats(0.1, 10))
def test_the_cost_is_linear(
    calls_per_day: float, prompt: float, completion: float, hit_rate: float, factor: float
) -> None:
    usual: dict[str, float] = {
        "calls_per_day": calls_per_day, "prompt_tokens": prompt, "completion_tokens": completion, "hit_rate": hit_rate,
    }  # fmt: skip
    rows = monthly_cost(MIX, **usual)
    total = rows["cost_usd"].sum()
    # Hits and misses together cost what all would have cost without a cache.
    uncached = monthly_cost(MIX, **(usual | {"hit_rate": 0.0}))["cost_usd"].sum()
    assert total + rows["saved_usd"].sum() == pytest.approx(uncached)
    # Twice the calls, twice the bill; shares count by their ratio only.
    assert monthly_cost(MIX, **(usual | {"calls_per_day": calls_per_day * factor}))["cost_usd"].sum() == (
        pytest.approx(total * factor)
    )
    scaled = monthly_cost(MIX.assign(share=MIX["share"] * factor), **usual)
    assert scaled["cost_usd"].tolist() == pytest.approx(rows["cost_usd"].tolist())
    assert rows["share"].sum() == pytest.approx(1)


def test_a_model_may_have_its_own_tokens_and_hit_rate() -> None:
    own = MIX.assign(prompt_tokens=[100, 1000], completion_tokens=[10, 20], hit_rate=[0.0, 0.5])
    rows = monthly_cost(own, calls_per_day=4, days=1)
    assert rows["prompt_tokens"].tolist() == [100, 1500]
    assert rows["hits"].tolist() == [0, 1.5]
    # A number for all counts before the column.
    assert monthly_cost(own, calls_per_day=4, days=1, hit_rate=0.0)["hits"].sum() == 0
    assert monthly_cost(MIX, calls_per_day=4, prompt_tokens=1, completion_tokens=1)["hits"].sum() == 0
    assert monthly_cost(own.head(0), calls_per_day=4).empty


@pytest.mark.parametrize(
    ("models", "arguments", "said"),
    [
        (MIX.drop(columns="share"), {}, "needs the column share"),
        (MIX, {"calls_per_day": -1}, "calls_per_day=-1"),
        (MIX, {"days": math.inf}, "days=inf"),
        (MIX, {"hit_rate": 1.5}, "a share from 0 to 1"),
        (MIX, {"prompt_tokens": None}, "prompt_tokens is missing"),
        (MIX, {"completion_tokens": -1}, "negative for dear, cheap"),
        (MIX.assign(share=0.0), {}, "shares of all models are 0"),
        (MIX.assign(output_usd_per_million=[1.0, math.nan]), {}, "output_usd_per_million must .* for cheap"),
        (MIX.assign(share=["a", "b"]), {}, "The column share is not numeric"),
    ],
)
def test_invalid_input_raises_an_error_with_the_reason(
    models: pd.DataFrame, arguments: dict[str, Any], said: str
) -> None:
    usual = {"calls_per_day": 1, "prompt_tokens": 1, "completion_tokens": 1}
    with pytest.raises(ValueError, match=said):
        monthly_cost(models, **{**usual, **arguments})


def test_the_observed_mix() -> None:
    hit = {"model": "a", "cache_hit": True, "prompt_tokens": 10, "completion_tokens": 2}
    mix = observed_mix(
        calls(
            hit,
            {"model": "a", "prompt_tokens": 30, "completion_tokens": 4},
            {"model": "a", "error": "500", "prompt_tokens": 999},
            {"model": "b"},
            {"model": "a"},
        )
    ).set_index("model")
    assert mix.loc["a", ["calls", "share", "prompt_tokens", "completion_tokens"]].tolist() == [3, 0.75, 20, 3]
    assert mix.loc["a", "hit_rate"] == pytest.approx(1 / 3)
    assert math.isnan(mix.loc["b", "prompt_tokens"])
    assert observed_mix(calls()).empty


def test_the_observed_mix_costs_what_was_charged() -> None:
    table = many_calls(2000)
    table = table[table["model"] != "embedder"]
    prices = pd.DataFrame(
        {
            "model": ["small", "large", "unused"],
            "provider": "openai",
            "provider_model": ["s", "l", "u"],
            "input_usd_per_million": [0.15, 2.5, 1.0],
            "output_usd_per_million": [0.6, 10.0, 1.0],
        }
    )
    answered = table[table["error"].isna()]
    mix = observed_mix(table, prices)
    month = monthly_cost(mix, calls_per_day=len(answered), days=1)
    # Means of tokens over hits and misses alike: the mix is a model of the calls, not the calls.
    assert month["cost_usd"].sum() == pytest.approx(answered["cost_usd"].sum(), rel=0.02)
    assert month["saved_usd"].sum() == pytest.approx(answered["saved_usd"].sum(), rel=0.05)


def test_prices_are_found_by_the_providers_name_too() -> None:
    prices = pd.DataFrame(
        {
            "model": ["fast", "fast", "no-price"],
            "provider": ["openai", "azure", "own"],
            "provider_model": ["gpt-4o-mini", "mini-eu", "x"],
            "input_usd_per_million": [0.2, 0.4, math.nan],
            "output_usd_per_million": [1.0, 3.0, math.nan],
        }
    )
    rows = [{"model": name, "prompt_tokens": 1, "completion_tokens": 1} for name in
            ("fast", "openai/gpt-4o-mini", "no-price", "unknown")]  # fmt: skip
    mix = observed_mix(calls(*rows), prices).set_index("model")
    assert mix["input_usd_per_million"].to_dict() == pytest.approx({"fast": 0.3, "openai/gpt-4o-mini": 0.2})
