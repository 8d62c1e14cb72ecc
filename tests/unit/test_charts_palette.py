"""One colour per provider and one per model, in every chart that colours them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import yaml
from matplotlib.colors import to_hex

from gateway_kit import charts
from gateway_kit.charts.figure import ChartFigure
from gateway_kit.charts.monthly import monthly_costs
from gateway_kit.charts.palette import PROVIDERS, colours, looks, place
from gateway_kit.charts.theme import HATCHES, THEME
from gateway_kit.metrics import monthly_cost
from gateway_kit.tracing.metrics import metric_columns
from tests.unit.metric_calls import calls

ROOT = Path(charts.__file__).parents[1]
MODELS = ["gemini-flash-lite", "gpt-4o-mini", "claude-haiku-4-5", "a-model-of-mine"]


def record(names: list[str]) -> pd.DataFrame:
    row = {"latency_s": 1.0, "cost_usd": 0.1}
    return calls(
        *[{"model": name, "deployment": name, "provider": name, **row} for name in names for _ in range(3)]
    )


def month(names: list[str]) -> pd.DataFrame:
    prices = {"share": 1.0, "input_usd_per_million": 1.0, "output_usd_per_million": 2.0}
    return monthly_cost(
        pd.DataFrame({"model": names, **prices}), calls_per_day=1, prompt_tokens=9, completion_tokens=9
    )


def traced(names: list[str]) -> pd.DataFrame:
    columns = metric_columns("model", (50, 95, 99), None)
    row = {"observations": 3, "latency_p50_s": 1.0, "latency_p95_s": 1.0, "cost_usd": 0.1}
    return pd.DataFrame([{"model": name, **row} for name in names], columns=list(columns)).astype(columns)


def spent(names: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"model": names, "spend_usd": 1.0, "requests": 1})


def labelled_bars(figure: ChartFigure, axes: int = -1) -> dict[str, str]:
    """Name at the y axis → colour of its bar, of charts with a bar per name."""
    chart = figure.axes[axes]
    names = [label.get_text().split(" (")[0] for label in figure.axes[0].get_yticklabels()]
    return {name: to_hex(bar.get_facecolor()) for name, bar in zip(names, chart.containers[0], strict=True)}


def stacked_bars(figure: ChartFigure) -> dict[str, str]:
    return {c.get_label(): to_hex(c[0].get_facecolor()) for c in figure.axes[0].containers}


def lines(figure: ChartFigure) -> dict[str, str]:
    return {str(line.get_label()).split(" (")[0]: to_hex(line.get_color()) for line in figure.axes[0].lines}


def dots(figure: ChartFigure) -> dict[str, str]:
    names = [label.get_text().split(" (")[0] for label in figure.axes[0].get_yticklabels()]
    return {n: to_hex(c.get_facecolor()[0]) for n, c in zip(names, figure.axes[0].collections, strict=True)}


Drawn = Callable[[list[str]], dict[str, str]]
COLOURED: dict[str, Drawn] = {
    "cost_and_latency_by_model": lambda names: labelled_bars(charts.cost_and_latency_by_model(traced(names))),
    "cost_breakdown": lambda names: labelled_bars(charts.cost_breakdown(record(names))),
    "latency_and_cost": lambda names: labelled_bars(charts.latency_and_cost(record(names))),
    "latency_ecdf": lambda names: lines(charts.latency_ecdf(record(names))),
    "monthly_costs": lambda names: labelled_bars(monthly_costs(month(names))),
    "spend_shares": lambda names: labelled_bars(charts.spend_shares(spent(names))),
    "traffic_over_time": lambda names: dots(charts.traffic_over_time(record(names))),
    "traffic_share": lambda names: stacked_bars(charts.traffic_share({"a run": record(names)})),
}
# What a colour means in the other charts, whose data may name models.
OTHERS = {
    "alert_history": "a threshold and when it fires", "budget_over_time": "spent and budget",
    "budget_spent": "spent and budget", "dashboard": "a percentile", "experiment_differences": "a verdict",
    "experiment_scores": "an experiment", "hit_rate_over_calls": "a run", "judge_agreement": "who accepts",
    "hits_and_misses": "the cache or the provider", "limits_at_work": "an outcome",
    "cost_of_runs": "a run", "latency_of_runs": "a run", "outcomes_over_time": "an outcome",
    "refusals_by_cause": "a run",
    "request_waterfall": "a part of the time", "saturation_curve": "a number of replicas",
    "similarity_by_kind": "right or wrong", "similarity_grid": "similarity",
    "threshold_costs": "a measure", "time_to_first_token": "a part of the time", "trace_timeline": "a kind",
}  # fmt: skip


def test_every_chart_is_here() -> None:
    from tests.unit.test_charts_every import DRAWN

    assert set(COLOURED) | set(OTHERS) == set(DRAWN)
    assert not set(COLOURED) & set(OTHERS)


@pytest.mark.parametrize("name", COLOURED)
def test_a_model_has_its_colour_in_whatever_company_and_order(name: str) -> None:
    for names in (MODELS, MODELS[::-1], MODELS[1:3], *([model] for model in MODELS)):
        assert COLOURED[name](names) == dict(zip(names, colours(names), strict=True))


@pytest.mark.parametrize("by", ["provider", "deployment"])
def test_providers_and_deployments_have_theirs_where_a_chart_is_by_them(by: str) -> None:
    names = ["azure", "anthropic", "openai"]
    own = dict(zip(names, colours(names), strict=True))
    assert labelled_bars(charts.latency_and_cost(record(names), by)) == own
    assert lines(charts.latency_ecdf(record(names), by)) == own
    assert labelled_bars(charts.cost_breakdown(record(names), by)) == own


def test_each_provider_has_a_colour_of_its_own() -> None:
    assert len({place(provider) for provider in PROVIDERS}) == len(PROVIDERS) == len(THEME.series)
    assert all(place(provider) == at for provider, at in PROVIDERS.items())


# LiteLLM's prefix of a model → the provider whose colour it has.
PREFIXES = {"ollama_chat": "ollama", "bedrock/converse": "bedrock"}


def test_every_model_of_the_kit_has_its_providers_colour_under_each_of_its_names() -> None:
    text = (ROOT / "stack/configuration/templates/offline.yaml").read_text()
    listed = yaml.safe_load(text)["model_list"]
    assert len(listed) > 15
    own = {"smollm2", "local-embed"}  # spoken to as OpenAI, but on this machine
    for row in listed:
        name, model = row["model_name"], row["litellm_params"]["model"]
        provider = PREFIXES.get(model.split("/")[0], model.split("/")[0])
        expected = PROVIDERS["ollama" if name in own else provider]
        names = [model, row.get("model_info", {}).get("id", name)]
        assert [place(each) for each in names] == [expected] * 2, (names, provider)


def test_names_of_one_colour_differ_by_pattern() -> None:
    many = looks([f"gpt-{number}" for number in range(len(HATCHES))])
    assert {look.colour for look in many} == {PROVIDERS["openai"]}
    assert len({look.pattern for look in many}) == len(HATCHES)
    assert looks(["gpt-5", "gpt-5"])[0] == looks(["gpt-5"])[0], "a name that comes twice is one"
    drawn = charts.traffic_share({"a run": record(["gpt-5", "gpt-4"])}).axes[0].containers
    assert len({(to_hex(bars[0].get_facecolor()), bars[0].get_hatch()) for bars in drawn}) == 2


def test_unknown_names_get_one_colour_after_the_other_and_keep_it() -> None:
    first = [place(f"unknown {number}") for number in range(7)]
    assert sorted(first) == list(range(7))
    beside = looks(["gpt-4o-mini", "claude-haiku-4-5", "never seen before", "nor this one"])
    assert len({look.colour for look in beside}) == 4, "a new name avoids the colours that a chart has"
    assert [place(f"unknown {number}") for number in range(7)] == first
