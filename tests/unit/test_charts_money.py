"""The pictures of cost, budgets, tokens and the hit rate, and the dashboard, read by their axes."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from matplotlib.colors import to_hex

from gateway_kit.charts import (
    LIGHT,
    Picture,
    budget_over_time,
    cost_breakdown,
    cost_over_time,
    dashboard,
    hit_rate_over_time,
    tokens_in_and_out,
    tokens_over_time,
)
from gateway_kit.charts.measures import amount, money_axis, usd
from gateway_kit.charts.money import length
from gateway_kit.charts.picture import new_figure
from gateway_kit.metrics import (
    budget_forecast,
    cost_by,
    dashboard_metrics,
    latency_percentiles,
    normalize_calls,
    outcome_rates,
    traffic_rates,
)
from tests.unit.metric_calls import BEGIN, calls, many_calls

CALLS = many_calls(3000)


def lanes(figure: Picture) -> list[str]:
    return [label.get_text() for label in figure.axes[0].get_yticklabels()]


def legend(figure: Picture) -> list[str]:
    return [text.get_text() for box in figure.legends for text in box.get_texts()]


def test_cost_has_a_bar_per_model_dearest_on_top() -> None:
    figure = cost_breakdown(CALLS)
    axes, table = figure.axes[0], cost_by(CALLS)
    assert [bar.get_width() for bar in axes.patches] == pytest.approx(table["cost_usd"].tolist())  # type: ignore[attr-defined]
    assert lanes(figure) == [
        f"{model} (n={n:,})" for model, n in zip(table["model"], table["calls"], strict=True)
    ]
    assert axes.yaxis_inverted()
    assert axes.get_xlim()[0] == 0
    assert axes.get_title() == f"large costs {table['share'].iloc[0]:.0%} of it all"
    assert (
        cost_breakdown(calls({"model": "own", "cost_usd": 0.0})).axes[0].get_title() == "Nothing was charged"
    )


def test_cost_by_tag_and_by_a_column_of_ones_own() -> None:
    made = normalize_calls(calls({"cost_usd": 1.0}, {"cost_usd": 3.0})).assign(
        tags=[["a"], ["a", "b"]], department=["x", None]
    )
    assert lanes(cost_breakdown(made, "tag")) == ["a (n=2)", "b (n=1)"]
    assert lanes(cost_breakdown(made, "department")) == ["none (n=1)", "x (n=1)"]


def test_small_sums_have_a_small_unit() -> None:
    axes = cost_breakdown(calls({"model": "a", "cost_usd": 2.5e-05}, {"model": "b", "cost_usd": 0.0})).axes[0]
    assert axes.get_xlabel() == "millionths of a US dollar (n: calls)"
    assert [text.get_text() for text in axes.texts] == ["25.00", "0"]
    assert axes.xaxis.get_major_formatter()(2e-05) == "20"
    for top_usd, unit, written in ((3.0, "US dollars", "2"), (0.004, "thousandths of a US dollar", "2,000")):
        _, (other,) = new_figure()
        assert money_axis(other.yaxis, top_usd) == unit
        assert other.yaxis.get_major_formatter()(2.0) == written


def test_cost_over_time_is_stacked_and_adds_up() -> None:
    figure = cost_over_time(CALLS, over="6h")
    axes = figure.axes[0]
    names = [patch.get_label() for patch in axes.patches]
    table = cost_by(CALLS, over="6h")
    assert names == ["large", "small", "embedder"] == legend(figure)
    below = np.zeros(4)
    for name, patch in zip(names, axes.patches, strict=True):
        tops, edges_s, floor = patch.get_data()  # type: ignore[attr-defined]
        mine = table[table["model"] == name]["cost_usd"].to_numpy()
        np.testing.assert_allclose(floor, below)
        np.testing.assert_allclose(tops - floor, mine, atol=1e-12)
        assert (np.diff(edges_s) == 6 * 3600).all()
        below = tops
    assert below.sum() == pytest.approx(CALLS["cost_usd"].sum())
    assert len({(to_hex(patch.get_facecolor()), patch.get_hatch()) for patch in axes.patches}) == 3
    assert axes.get_ylabel() == "thousandths of a US dollar\nper 6 hours"
    assert axes.get_ylim()[0] == 0
    assert axes.get_title().startswith(usd(CALLS["cost_usd"].sum()))
    assert axes.get_title().endswith("(n=3,000)")


def test_many_groups_are_the_dearest_and_others() -> None:
    rows = [{"model": f"m{n}", "cost_usd": float(n)} for n in range(1, 9)]
    figure = cost_over_time(calls(*rows), over="1h")
    assert legend(figure) == ["m8", "m7", "m6", "m5", "m4", "others"]
    tops, _, floor = figure.axes[0].patches[-1].get_data()  # type: ignore[attr-defined]
    assert (tops - floor).tolist() == [6]
    assert to_hex(figure.axes[0].patches[-1].get_facecolor()) == LIGHT.faint
    # One more than the dearest is named itself; what cost nothing is not there.
    assert legend(cost_over_time(calls(*rows[:6]), over="1h"))[-1] == "m1"
    assert legend(cost_over_time(calls(*rows[:2], {"model": "free", "cost_usd": 0.0}), over="1h")) == [
        "m2",
        "m1",
    ]
    undivided = cost_over_time(calls(*rows), None, over="1h")
    assert len(undivided.axes[0].patches) == 1
    assert legend(undivided) == []


def test_nothing_was_charged_is_a_headline() -> None:
    assert cost_over_time(calls({"cost_usd": 0.0})).axes[0].get_title() == "Nothing was charged (n=1)"


def test_a_budget_is_spent_from_zero_and_the_forecast_goes_on_from_there() -> None:
    half = CALLS[CALLS["started"] < BEGIN + timedelta(hours=12)]
    budget_usd = float(half["cost_usd"].sum()) * 1.5
    forecast = budget_forecast(half, budget_usd, now=BEGIN + timedelta(hours=12))
    figure = budget_over_time(half, budget_usd, forecast=forecast)
    axes = figure.axes[0]
    lines = {line.get_label(): line for line in axes.lines}
    spent = lines["spent"]
    assert spent.get_ydata()[0] == 0  # type: ignore[index]
    assert spent.get_ydata()[-1] == pytest.approx(half["cost_usd"].sum())  # type: ignore[index]
    assert spent.get_xdata()[-1] == pytest.approx(forecast.now.timestamp())  # type: ignore[index]
    ahead = lines["at this pace"]
    assert (ahead.get_xdata()[0], ahead.get_ydata()[0]) == pytest.approx(  # type: ignore[index]
        (forecast.now.timestamp(), forecast.spent_usd)
    )
    assert forecast.ends is not None
    crossed = np.interp(forecast.ends.timestamp(), ahead.get_xdata(), ahead.get_ydata())  # type: ignore[arg-type]
    assert crossed == pytest.approx(budget_usd)
    assert lines[f"the budget, {usd(budget_usd)}"].get_ydata()[0] == budget_usd  # type: ignore[index]
    assert legend(figure)[:3] == ["spent", "at this pace", "90% of the time"]
    assert f"gone on {forecast.ends:%d %b, %H:%M} UTC" in " ".join(axes.get_title().split())
    assert axes.get_ylim()[0] == 0


def test_a_budget_without_a_forecast_or_that_is_gone() -> None:
    plain = budget_over_time(CALLS, 1e6)
    assert legend(plain) == ["spent", "the budget, 1,000,000.00 USD"]
    budget_usd = float(CALLS["cost_usd"].sum()) / 2
    gone = budget_over_time(CALLS, budget_usd, forecast=budget_forecast(CALLS, budget_usd))
    assert "at this pace" not in legend(gone)
    assert "gone on" not in gone.axes[0].get_title()
    free = calls({"cost_usd": 0.0, "latency_s": 1.0}, {"cost_usd": 0.0})
    lasts = budget_over_time(free, 1.0, forecast=budget_forecast(free, 1.0))
    assert lasts.axes[0].get_title().endswith("at this pace the budget lasts")


def test_calls_after_a_forecast_show_how_good_it_was() -> None:
    half = CALLS.sort_values("started").head(len(CALLS) // 2)
    forecast = budget_forecast(half, 1.0, now=half["started"].max().floor("us").to_pydatetime())
    alone, checked = (
        next(line for line in figure.axes[0].lines if line.get_label() == "spent")
        for figure in (budget_over_time(CALLS, 1.0), budget_over_time(CALLS, 1.0, forecast=forecast))
    )
    assert list(checked.get_xdata()) == list(alone.get_xdata())  # type: ignore[arg-type]
    assert checked.get_xdata()[-1] > forecast.now.timestamp()  # type: ignore[index,operator]


def test_tokens_in_and_out_and_from_the_cache() -> None:
    figure = tokens_in_and_out(CALLS)
    table = traffic_rates(CALLS, "model").set_index("model")
    order = [lane.split(" (n=")[0] for lane in lanes(figure)]
    kinds = ("prompt_tokens", "completion_tokens", "cached_tokens")
    for bars, kind in zip(figure.axes[0].containers, kinds, strict=True):
        assert [bar.get_width() for bar in bars] == pytest.approx(table.loc[order, kind].tolist())
    assert legend(figure) == ["in (prompts)", "out (answers)", "from the cache, at no cost"]
    paid = table[["prompt_tokens", "completion_tokens"]].sum()
    assert figure.axes[0].get_title() == (
        f"{paid['completion_tokens'] / paid.sum():.0%} of the tokens that are paid for are answers"
    )
    no_hits = tokens_in_and_out(CALLS[~CALLS["cache_hit"]])
    assert legend(no_hits) == ["in (prompts)", "out (answers)"]


def test_tokens_over_time_go_up_and_down_and_have_no_sign() -> None:
    figure = tokens_over_time(CALLS, over="6h")
    axes, table = figure.axes[0], traffic_rates(CALLS, over="6h")
    up, down = axes.containers
    np.testing.assert_allclose([bar.get_height() for bar in up], table["prompt_tokens"] / 21600)
    np.testing.assert_allclose([bar.get_height() for bar in down], -table["completion_tokens"] / 21600)
    assert axes.yaxis.get_major_formatter()(-5.0) == "5"
    assert axes.get_ylabel() == "tokens a second"


def test_the_hit_rate_is_in_percent_and_its_mean_is_the_headline() -> None:
    axes = hit_rate_over_time(CALLS, over="6h").axes[0]
    table = outcome_rates(CALLS, over="6h")
    np.testing.assert_allclose(axes.lines[0].get_ydata(), table["hit_rate"] * 100)
    whole = outcome_rates(CALLS).iloc[0]
    answered = int(whole["calls"] - whole["failed"])
    assert axes.get_title() == f"The cache answered {whole['hit_rate']:.0%} of {answered:,} calls"
    assert axes.lines[1].get_ydata()[0] == pytest.approx(whole["hit_rate"] * 100)  # type: ignore[index]
    assert axes.get_ylim() == (0, 103)
    assert axes.get_ylabel() == "from the cache, percent\nper 6 hours"


def test_a_dashboard_draws_what_it_is_given() -> None:
    metrics = dashboard_metrics(CALLS, over="2h")
    figure = dashboard(metrics)
    by_model, over_time, cost, hits = figure.axes
    table = latency_percentiles(CALLS)
    for bars, percentile in zip(by_model.containers, (50, 95, 99), strict=True):
        assert [bar.get_width() for bar in bars] == pytest.approx(table[f"latency_p{percentile}_s"].tolist())
    np.testing.assert_allclose(over_time.lines[1].get_ydata(), metrics.latency_over_time["latency_p95_s"])
    tops, _, _ = cost.patches[0].get_data()  # type: ignore[attr-defined]
    np.testing.assert_allclose(tops, metrics.cost_over_time["cost_usd"])
    np.testing.assert_allclose(hits.lines[0].get_ydata(), metrics.outcomes_over_time["hit_rate"] * 100)
    assert [axes.get_xlabel()[:7] for axes in figure.axes] == ["latency", "time in", "time in", "time in"]
    assert all(axes.get_title() for axes in figure.axes)
    left = figure.axes[0].get_position()
    assert figure.axes[1].get_position().x0 > left.x1
    assert figure.axes[2].get_position().y1 < left.y0


def test_lines_have_their_names_at_their_ends_and_names_that_meet_move_apart() -> None:
    rows = [{"latency_s": second} for second in (1.0, 1.02, 9.0)]
    metrics = dashboard_metrics(calls(*rows[:2], every_s=1.0), over="10s")
    names = {text.get_text(): text.xy[1] for text in dashboard(metrics).axes[1].texts}  # type: ignore[attr-defined]
    assert list(names) == ["p50", "p95", "p99"]
    assert names["p50"] == pytest.approx(1.01)
    assert names["p50"] < names["p95"] - 0.05 < names["p99"] - 0.1
    # The last interval may have no call: then the last one that had counts.
    gap = calls(rows[0], {"error": "500"}, every_s=60.0)
    assert len(dashboard(dashboard_metrics(gap, over="1min")).axes[1].texts) == 3


def test_a_narrow_dashboard_is_one_column() -> None:
    wide, narrow = (dashboard(dashboard_metrics(CALLS), theme=theme) for theme in (LIGHT, LIGHT.narrow()))
    boxes = [axes.get_position() for axes in narrow.axes]
    assert all(below.y1 < above.y0 for above, below in itertools.pairwise(boxes))
    assert narrow.get_figheight() > 1.9 * wide.get_figheight()


def test_a_dashboard_of_failed_calls_says_what_there_is_not() -> None:
    figure = dashboard(dashboard_metrics(calls({"error": "500"}, {"error": "500"})))
    said = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert said == ["No answered call yet"] * 3
    assert "Nothing was charged" in figure.alt


def test_a_dashboards_summaries_can_be_of_anything() -> None:
    metrics = dashboard_metrics(CALLS)
    by_key = replace(metrics, latency_by_model=latency_percentiles(CALLS, "key", percentiles=(95,)))
    assert len(dashboard(by_key).axes[0].containers) == 1


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (0.0523, "0.052 s"),
        (0.523, "0.52 s"),
        (12.34, "12.3 s"),
        (523.4, "523 s"),
        (0.0, "0.00 s"),
        (np.nan, "none"),
    ],
)
def test_seconds_have_the_digits_that_one_reads(value: float, written: str) -> None:
    assert amount(value, "latency_s") == written


def test_other_units() -> None:
    assert amount(13.2, "overhead_ms") == "13 ms"
    assert amount(1.32, "overhead_ms") == "1.3 ms"
    assert amount(0.5, "error_rate") == "0.50"
    assert [usd(value) for value in (0, 12.4, 1234.5, 0.0031, 0.000075)] == [
        "0 USD", "12.40 USD", "1,234.50 USD", "0.0031 USD", "0.000075 USD",
    ]  # fmt: skip
    assert [length(seconds) for seconds in (0.5, 1, 300, 3600, 5400, 86400, 172800)] == [
        "0.5 seconds", "second", "5 minutes", "hour", "1.5 hours", "day", "2 days",
    ]  # fmt: skip
