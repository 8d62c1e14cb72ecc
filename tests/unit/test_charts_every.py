"""What holds for every chart, with calls and without."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib import rcParams
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.text import Text

from gateway_kit import charts
from gateway_kit.charts.dashboard import dashboard
from gateway_kit.charts.figure import ChartFigure
from gateway_kit.charts.monthly import monthly_costs
from gateway_kit.charts.semantic import threshold_costs
from gateway_kit.charts.theme import DARK_STYLE, IMAGE_CLASS, SMALL_TEXT, THEME, contrast
from gateway_kit.load.saturation import SATURATION
from gateway_kit.metrics import (
    AlertRule,
    budget_forecast,
    compare_experiments,
    judge_agreement,
    monthly_cost,
    normalize_calls,
)
from gateway_kit.metrics.agreement import AGREEMENT
from gateway_kit.metrics.comparison import COMPARISON
from gateway_kit.metrics.dashboard import dashboard_metrics
from gateway_kit.tracing.metrics import metric_columns
from gateway_kit.tracing.tree import TREE
from tests.unit.metric_calls import BEGIN, calls, many_calls

CALLS = many_calls(300).assign(deployment=pd.Series(["east", "west", "own"] * 100, dtype="string"))
NONE = calls()
RULE = AlertRule("latency_p50_s", 0.5, "1h")
TREE = pd.DataFrame(
    [{"depth": d, "type": t, "level": "DEFAULT", "name": t.lower(), "offset_s": 0.0, "latency_s": 2.0 - d}
     for d, t in enumerate(("SPAN", "GENERATION"))],
    columns=TREE.columns,
).astype(TREE.dtypes)  # fmt: skip
BY_MODEL = pd.DataFrame(
    [
        {
            "model": "openai/gpt-4o-mini",
            "observations": 3,
            "latency_p50_s": 1.0,
            "latency_p95_s": 2.0,
            "cost_usd": 0.1,
        }
    ],
    columns=list(metric_columns("model", (50, 95, 99), None)),
).astype(metric_columns("model", (50, 95, 99), None))
REPORT = pd.DataFrame({"tag": ["atlas", None], "spend_usd": [3e-05, 1e-05], "requests": [2, 5]})
PAIRS = pd.DataFrame({"kind": ["paraphrase", "near miss"], "same": [True, False], "similarity": [0.9, 0.8]})
MONTH = monthly_cost(
    pd.DataFrame({"model": ["a", "b"], "share": 1.0, "input_usd_per_million": 1.0, "output_usd_per_million": 2.0}),
    calls_per_day=100, prompt_tokens=100, completion_tokens=100, hit_rate=0.5,
)  # fmt: skip
ITEMS = pd.DataFrame({"item_id": [str(n) for n in range(20)], "scores": [{"good": n % 2} for n in range(20)]})
JUDGED = judge_agreement(pd.Series([1, 1, 0, 0, 1]), pd.Series([1, 0, 0, 1, 1]))
SPENT = pd.Series({"gpt-4o": 0.3, "mini": 0.02})
REFUSED = pd.Series({"rate limit of the key": 12, "a budget is spent": 1})
TIMELINE = pd.DataFrame(
    {
        "at_s": [0.0, 60.0],
        "seconds": 60.0,
        "answered": [9, 4],
        "cached": [1, 0],
        "rescued": [0, 3],
        "failed": [0, 2],
    }
)
TROUBLES = pd.DataFrame(
    {"subject": ["azure", "redis"], "begin_s": [30.0, 70.0], "end_s": [90.0, float("nan")]}
)
CURVE = SATURATION.frame(
    {"replicas": replicas, "users": users, "seconds": 3.0, "requests": 90, "failures": 0, "cores": 2,
     "requests_per_s": replicas * 30 * users / (users + 3), "latency_p50_s": 0.05, "latency_p95_s": 0.02 * users}
    for replicas in (1, 2) for users in (1, 2, 4, 8, 16, 32)
)  # fmt: skip

# Each chart with something to show, and with nothing.
DRAWN: dict[str, tuple[Callable[..., ChartFigure], Callable[..., ChartFigure]]] = {
    "alert_history": (
        lambda **k: charts.alert_history(CALLS, RULE, **k),
        lambda **k: charts.alert_history(NONE, RULE, **k),
    ),
    "budget_over_time": (
        lambda **k: charts.budget_over_time(CALLS, 1.0, forecast=budget_forecast(CALLS, 1.0), **k),
        lambda **k: charts.budget_over_time(NONE, 1.0, **k),
    ),
    "budget_spent": (
        lambda **k: charts.budget_spent(CALLS.head(9), 0.01, **k),
        lambda **k: charts.budget_spent(NONE, 1.0, **k),
    ),
    "cost_and_latency_by_model": (
        lambda **k: charts.cost_and_latency_by_model(BY_MODEL, **k),
        lambda **k: charts.cost_and_latency_by_model(BY_MODEL.head(0), **k),
    ),
    "cost_breakdown": (
        lambda **k: charts.cost_breakdown(CALLS, **k),
        lambda **k: charts.cost_breakdown(NONE, **k),
    ),
    "dashboard": (
        lambda **k: dashboard(dashboard_metrics(CALLS), **k),
        lambda **k: dashboard(dashboard_metrics(NONE), **k),
    ),
    "experiment_differences": (
        lambda **k: charts.experiment_differences(compare_experiments(ITEMS, ITEMS), **k),
        lambda **k: charts.experiment_differences(COMPARISON.frame([]), **k),
    ),
    "experiment_scores": (
        lambda **k: charts.experiment_scores({"one": ITEMS, "two": ITEMS}, "good", **k),
        lambda **k: charts.experiment_scores({}, "good", **k),
    ),
    "judge_agreement": (
        lambda **k: charts.judge_agreement(JUDGED, **k),
        lambda **k: charts.judge_agreement(AGREEMENT.frame([]), **k),
    ),
    "hit_rate_over_calls": (
        lambda **k: charts.hit_rate_over_calls({"a run": CALLS}, **k),
        lambda **k: charts.hit_rate_over_calls({}, **k),
    ),
    "hits_and_misses": (
        lambda **k: charts.hits_and_misses(CALLS, **k),
        lambda **k: charts.hits_and_misses(NONE, **k),
    ),
    "latency_and_cost": (
        lambda **k: charts.latency_and_cost(CALLS, **k),
        lambda **k: charts.latency_and_cost(NONE, **k),
    ),
    "latency_ecdf": (lambda **k: charts.latency_ecdf(CALLS, **k), lambda **k: charts.latency_ecdf(NONE, **k)),
    "limits_at_work": (
        lambda **k: charts.limits_at_work({"a run": CALLS.head(40)}, **k),
        lambda **k: charts.limits_at_work({}, **k),
    ),
    "monthly_costs": (
        lambda **k: monthly_costs(MONTH, **k),
        lambda **k: monthly_costs(MONTH.head(0), **k),
    ),
    "cost_of_runs": (
        lambda **k: charts.cost_of_runs({"the log": SPENT, "candidate": SPENT * 2}, **k),
        lambda **k: charts.cost_of_runs({"candidate": SPENT.head(0)}, **k),
    ),
    "latency_of_runs": (
        lambda **k: charts.latency_of_runs(
            {"the log": CALLS["latency_s"], "candidate": CALLS["latency_s"]}, **k
        ),
        lambda **k: charts.latency_of_runs({"the log": [float("nan")]}, **k),
    ),
    "outcomes_over_time": (
        lambda **k: charts.outcomes_over_time(TIMELINE, TROUBLES, **k),
        lambda **k: charts.outcomes_over_time(TIMELINE.head(0), TROUBLES, **k),
    ),
    "refusals_by_cause": (
        lambda **k: charts.refusals_by_cause({"baseline": REFUSED, "candidate": REFUSED + 1}, **k),
        lambda **k: charts.refusals_by_cause({"candidate": REFUSED * 0}, **k),
    ),
    "request_waterfall": (
        lambda **k: charts.request_waterfall(CALLS.head(2), **k),
        lambda **k: charts.request_waterfall(NONE, **k),
    ),
    "saturation_curve": (
        lambda **k: charts.saturation_curve(CURVE, **k),
        lambda **k: charts.saturation_curve(CURVE.head(0), **k),
    ),
    "similarity_by_kind": (
        lambda **k: charts.similarity_by_kind(PAIRS, 0.85, **k),
        lambda **k: charts.similarity_by_kind(PAIRS.head(0), **k),
    ),
    "similarity_grid": (
        lambda **k: charts.similarity_grid(["one", "two"], np.eye(2) + 0.3, **k),
        lambda **k: charts.similarity_grid([], np.zeros((0, 2)), **k),
    ),
    "spend_shares": (
        lambda **k: charts.spend_shares(REPORT, **k),
        lambda **k: charts.spend_shares(REPORT.head(0), **k),
    ),
    "threshold_costs": (
        lambda **k: threshold_costs(PAIRS, wrong_usd=1, call_usd=0.1, threshold=0.85, **k),
        lambda **k: threshold_costs(PAIRS.head(0), wrong_usd=1, call_usd=0.1, **k),
    ),
    "time_to_first_token": (
        lambda **k: charts.time_to_first_token(CALLS.head(20), **k),
        lambda **k: charts.time_to_first_token(NONE, **k),
    ),
    "trace_timeline": (
        lambda **k: charts.trace_timeline(TREE, **k),
        lambda **k: charts.trace_timeline(TREE.head(0), **k),
    ),
    "traffic_over_time": (
        lambda **k: charts.traffic_over_time(CALLS.head(30), outage=(BEGIN, BEGIN + timedelta(hours=1)), **k),
        lambda **k: charts.traffic_over_time(NONE, **k),
    ),
    "traffic_share": (
        lambda **k: charts.traffic_share({"a run": CALLS}, **k),
        lambda **k: charts.traffic_share({}, **k),
    ),
}
# Charts that only panels draw.
INTERNAL = {"dashboard", "monthly_costs", "threshold_costs"}
CHARTS = pytest.mark.parametrize("name", DRAWN)


@cache
def drawn(name: str) -> ChartFigure:
    """The chart with something to show, laid out and drawn."""
    figure = DRAWN[name][0]()
    FigureCanvasAgg(figure).draw()
    return figure


def test_every_chart_is_here() -> None:
    functions = {name for name in charts.__all__ if inspect.isfunction(getattr(charts, name))}
    assert functions == set(charts.__all__) == set(DRAWN) - INTERNAL


@CHARTS
def test_all_text_can_be_read_on_its_background(name: str) -> None:
    figure = drawn(name)
    theme = figure.theme
    assert theme is (SMALL_TEXT if name == "dashboard" else THEME)
    assert to_hex(figure.get_facecolor()) == theme.background
    assert figure.get_figwidth() == theme.width_in
    for axes in figure.axes:
        assert to_hex(axes.get_facecolor()) == theme.background
    for text in figure.findobj(Text):
        if not text.get_visible() or not text.get_text().strip():
            continue
        if text.get_bbox_patch() is not None:
            behind = to_hex(text.get_bbox_patch().get_facecolor())  # type: ignore[union-attr]
        elif name == "similarity_grid" and text in figure.axes[0].texts:
            continue  # written on squares of every shade: its own tests look at them
        else:
            behind = theme.background
        # Numbers may have their series' colour, which stands out by 3:1; all other text by 4.5:1.
        least = 3 if to_hex(text.get_color()) in theme.series else 4.5
        assert contrast(to_hex(text.get_color()), behind) >= least, text.get_text()
        assert text.get_fontsize() >= 9.5, text.get_text()


@CHARTS
def test_titles_and_legends_stay_inside_the_figure(name: str) -> None:
    figure = drawn(name)
    width, height = figure.bbox.size
    boxes = [axes.title.get_window_extent() for axes in figure.axes]
    boxes += [legend.get_window_extent() for legend in figure.legends]
    boxes += [axes.xaxis.label.get_window_extent() for axes in figure.axes if axes.get_xlabel()]
    for box in boxes:
        assert box.x0 >= -2, name
        assert box.x1 <= width + 2, name
        assert box.y0 >= -2, name
        assert box.y1 <= height + 2, name


@CHARTS
def test_an_empty_chart_says_so(name: str) -> None:
    figure = DRAWN[name][1]()
    messages = [text.get_text() for axes in figure.axes for text in axes.texts]
    assert len(messages) == 1
    assert messages[0].startswith("No")
    assert figure.alt == f"{messages[0]}."
    assert to_hex(figure.axes[0].texts[0].get_color()) == THEME.text


@CHARTS
def test_the_text_alternative_has_the_headline_and_the_units(name: str) -> None:
    figure = DRAWN[name][0]()
    for axes in figure.axes:
        title = " ".join(axes.get_title().split())
        assert title
        assert title in figure.alt
        if label := axes.get_xlabel():
            assert " ".join(label.split()) in figure.alt
    assert "\n" not in figure.alt


UNTITLED = INTERNAL | {"cost_and_latency_by_model", "latency_and_cost"}


@pytest.mark.parametrize("name", sorted(set(DRAWN) - UNTITLED))
def test_a_title_replaces_the_headline(name: str) -> None:
    assert "Mine" in [axes.get_title() for axes in DRAWN[name][0](title="Mine").axes]


def test_only_charts_with_several_headlines_have_no_title() -> None:
    titled = {
        name for name in charts.__all__ if "title" in inspect.signature(getattr(charts, name)).parameters
    }
    assert set(charts.__all__) - titled == UNTITLED - INTERNAL


def test_drawing_leaves_matplotlibs_settings_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = dict(rcParams)
    figure = charts.latency_ecdf(CALLS)
    figure.png()
    assert dict(rcParams) == before

    def broken(*_: Any, **__: Any) -> None:
        assert rcParams["text.hinting"] == "none"
        raise OSError("no")

    monkeypatch.setattr(figure, "savefig", broken)
    with pytest.raises(OSError, match="no"):
        figure.png()
    assert dict(rcParams) == before


def test_a_notebook_gets_html_with_the_words_and_a_png() -> None:
    figure = charts.cost_breakdown(CALLS, title='Who pays for "all" & more <now>')
    bundle = figure._repr_mimebundle_(include=None, exclude=None)
    assert set(bundle) == {"text/html", "image/png", "text/plain"}
    assert bundle["text/plain"] == figure.alt
    assert 'alt="Who pays for &quot;all&quot; &amp; more &lt;now&gt;.' in bundle["text/html"]
    assert bundle["image/png"] in bundle["text/html"]
    assert figure.html() == bundle["text/html"]


def test_a_chart_is_dark_in_a_dark_jupyterlab_and_nowhere_else() -> None:
    html = charts.cost_breakdown(CALLS).html()
    assert html.startswith(DARK_STYLE)
    assert f'<img class="{IMAGE_CLASS}"' in html
    assert '[data-jp-theme-light="false"] img.' + IMAGE_CLASS in DARK_STYLE


def test_normalized_calls_give_the_same_chart() -> None:
    assert charts.latency_ecdf(CALLS).alt == charts.latency_ecdf(normalize_calls(CALLS)).alt
