"""The what-if calculator: prices in, a month's bill out, compared, and told when it makes no sense."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
import traitlets
from ipywidgets.widgets.widget import _instances

from gateway_kit.litellm_api.models import MODELS
from gateway_kit.metrics import monthly_cost, observed_mix
from gateway_kit.widgets import WhatIfCalculator
from gateway_kit.widgets.what_if import bill_text, price_table
from tests.unit.widget_parts import Tags, find


def prices(*rows: tuple[str, float | None, float | None]) -> pd.DataFrame:
    made = [
        {"model": name, "input_usd_per_million": i, "output_usd_per_million": o, "added": False}
        for name, i, o in rows
    ]
    return MODELS.frame(made)


PRICES = prices(("cheap", 1.0, 2.0), ("dear", 10.0, 20.0), ("embed", 0.1, 0.0), ("unknown", None, None))
# A call of cheap: 1000 x 1 + 500 x 2 = 2000 millionths of a dollar.
NUMBERS: dict[str, Any] = {"calls_per_day": 1000, "prompt_tokens": 1000, "completion_tokens": 500}


@pytest.fixture
def calculator() -> Iterator[WhatIfCalculator]:
    before = set(_instances)
    with WhatIfCalculator(PRICES, **NUMBERS) as made:
        yield made
    assert set(_instances) == before


def bill(calculator: WhatIfCalculator) -> float:
    costs = calculator.model.costs
    assert costs is not None
    return float(costs["cost_usd"].sum())


def test_prices_come_from_the_gateway_and_the_first_model_has_all_traffic(
    calculator: WhatIfCalculator,
) -> None:
    assert calculator.model.shares == {"cheap": 100.0, "dear": 0.0}
    assert calculator.model.input_usd == {"cheap": 1.0, "dear": 10.0}
    assert calculator.model.output_usd == {"cheap": 2.0, "dear": 20.0}
    assert bill(calculator) == pytest.approx(1000 * 30 * 0.002)
    assert calculator.model.status == "60.00 USD a month."


@pytest.mark.parametrize(
    ("changes", "usd"),
    [
        ({"calls_per_day": 2000}, 120),
        ({"prompt_tokens": 0}, 30),
        ({"completion_tokens": 0}, 30),
        ({"hit_rate": 0.25}, 45),
        ({"shares": {"cheap": 1, "dear": 1}}, 30 + 300),
        ({"input_usd": {"cheap": 3.0, "dear": 0.0}}, 120),
        ({"output_usd": {"cheap": 0.0, "dear": 0.0}}, 30),
    ],
)
def test_each_number_counts(calculator: WhatIfCalculator, changes: dict[str, Any], usd: float) -> None:
    picture = calculator.model.png
    for name, value in changes.items():
        setattr(calculator.model, name, value)
    assert bill(calculator) == pytest.approx(usd)
    assert calculator.model.status.startswith(f"{usd:,.2f} USD a month")
    assert f"than the baseline of {60:,.2f} USD" in calculator.model.status
    assert calculator.model.png != picture


def test_the_controls_are_the_model(calculator: WhatIfCalculator) -> None:
    root = calculator.widget
    find(root, "gk-hit-rate").value = 0.5
    assert bill(calculator) == pytest.approx(30)
    assert calculator.model.status == (
        "30.00 USD a month; the cache saves 30.00 USD; 30.00 USD (50%) less than the baseline of 60.00 USD."
    )
    find(root, "gk-calls-per-day").value = 4000
    assert bill(calculator) == pytest.approx(120)
    calculator.model.hit_rate = 0.0
    assert find(root, "gk-hit-rate").value == 0.0
    table = Tags(find(root, "gk-costs").value)
    assert table.rows[1:] == [
        ["cheap", "100%", "120,000", "0", "180,000,000", "240.00"],
        ["dear", "0%", "0", "0", "0", "0.00"],
    ]
    assert Tags(find(root, "gk-picture").value).attributes("img")[0]["alt"] == calculator.model.alt
    assert "240.00 USD a month" in calculator.model.alt


def test_a_bill_can_be_the_baseline(calculator: WhatIfCalculator) -> None:
    calculator.model.calls_per_day = 2000
    find(calculator.widget, "gk-baseline").click()
    calculator.wait()
    assert calculator.model.baseline_usd == pytest.approx(120)
    assert calculator.model.status == "120.00 USD a month."
    calculator.model.calls_per_day = 1000
    assert (
        calculator.model.status == "60.00 USD a month; 60.00 USD (50%) less than the baseline of 120.00 USD."
    )


def test_invalid_numbers_are_reported_and_leave_no_bill(calculator: WhatIfCalculator) -> None:
    calculator.model.shares = {"cheap": 0, "dear": 0}
    model = calculator.model
    assert (model.costs, model.png, model.status) == (None, b"", "")
    assert "shares of all models are 0" in model.error
    assert "shares of all models are 0" in Tags(find(calculator.widget, "gk-status-line").value).words
    assert Tags(calculator._repr_html_()).attributes("img") == []
    calculator.model.shares = {"cheap": 0, "dear": 2}
    assert (model.error, bill(calculator)) == ("", pytest.approx(600))


@pytest.mark.parametrize(
    ("name", "value"), [("hit_rate", 1.1), ("calls_per_day", -1), ("prompt_tokens", float("inf"))]
)
def test_an_invalid_value_raises_an_error(calculator: WhatIfCalculator, name: str, value: float) -> None:
    with pytest.raises(traitlets.TraitError):
        setattr(calculator.model, name, value)


def record(*rows: tuple[str, bool, int, int]) -> pd.DataFrame:
    made = [
        {
            "started": pd.Timestamp("2026-01-01", tz="UTC"),
            "model": model,
            "error": None,
            "cache_hit": hit,
            "prompt_tokens": prompt,
            "completion_tokens": completion,
        }
        for model, hit, prompt, completion in rows
    ]
    return pd.DataFrame(made).astype({"model": "string", "error": "string"})


def test_it_can_start_from_recorded_calls() -> None:
    calls = record(("dear", False, 100, 10), ("dear", True, 100, 10), ("cheap", False, 400, 40))
    with WhatIfCalculator(PRICES, calls, calls_per_day=10) as calculator:
        model = calculator.model
        assert model.shares == {"dear": 66.7, "cheap": 33.3}
        assert model.hit_rate == pytest.approx(1 / 3)
        assert (model.prompt_tokens, model.completion_tokens) == (pytest.approx(200), pytest.approx(20))
        assert model.calls_per_day == 10


def test_models_that_were_not_called_are_offered_too() -> None:
    with WhatIfCalculator(PRICES, record(("dear", False, 100, 10))) as calculator:
        assert calculator.model.shares == {"dear": 100.0, "cheap": 0.0}
    with WhatIfCalculator(PRICES, record(("dear", False, 100, 10)), models=["dear"]) as calculator:
        assert calculator.model.shares == {"dear": 100.0}


def test_equal_calls_cost_what_the_metrics_say() -> None:
    calls = record(*[("dear", False, 100, 10)] * 3, ("dear", True, 100, 10))
    with WhatIfCalculator(PRICES, calls, calls_per_day=10) as calculator:
        truth = monthly_cost(observed_mix(calls, PRICES), calls_per_day=10)
        assert bill(calculator) == pytest.approx(float(truth["cost_usd"].sum()))


def test_models_can_be_chosen_and_must_have_a_price() -> None:
    assert list(price_table(PRICES, ["dear", "embed"]).index) == ["dear", "embed"]
    with pytest.raises(
        ValueError, match=r"There is no price for unknown\. Models with a price: cheap, dear, embed"
    ):
        price_table(PRICES, ["unknown"])
    with pytest.raises(ValueError, match="No model has a price"):
        WhatIfCalculator(PRICES[PRICES["model"] == "unknown"])
    twice = prices(("both", 1.0, 1.0), ("both", 3.0, 5.0))
    assert price_table(twice).loc["both"].to_list() == [2.0, 3.0], "the mean of its deployments"


def test_a_page_without_widgets_has_picture_table_and_sentence(calculator: WhatIfCalculator) -> None:
    page = Tags(calculator._repr_html_())
    assert page.attributes("img")[0]["alt"]
    assert [row[0] for row in page.rows] == ["model", "cheap", "dear"]
    assert "60.00 USD a month." in page.words
    assert "What would a month cost?" in page.words


def test_the_bill_in_words() -> None:
    costs = monthly_cost(
        pd.DataFrame([{"model": "a", "share": 1, "input_usd_per_million": 1, "output_usd_per_million": 0}]),
        calls_per_day=1, prompt_tokens=1e6, completion_tokens=0,
    )  # fmt: skip
    assert bill_text(costs) == bill_text(costs, 30.0) == "30.00 USD a month."
    assert bill_text(costs, 20.0) == "30.00 USD a month; 10.00 USD (50%) more than the baseline of 20.00 USD."
    assert bill_text(costs, 0.0) == "30.00 USD a month; 30.00 USD more than the baseline of 0.00 USD."


def test_it_can_be_closed_twice(calculator: WhatIfCalculator) -> None:
    calculator.close()
    calculator.close()
    assert calculator.closed
