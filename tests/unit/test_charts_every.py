"""What holds for every chart: on light and on dark paper, wide and narrow, with calls and without."""

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
from gateway_kit.charts import DARK, LIGHT, Picture, Theme
from gateway_kit.charts.theme import contrast
from gateway_kit.metrics import AlertRule, budget_forecast, dashboard_metrics, monthly_cost, normalize_calls
from gateway_kit.tracing.metrics import metric_columns
from gateway_kit.tracing.tree import TREE_COLUMNS
from tests.unit.metric_calls import BEGIN, calls, many_calls

CALLS = many_calls(300).assign(deployment=pd.Series(["east", "west", "own"] * 100, dtype="string"))
NONE = calls()
RULE = AlertRule("latency_p50_s", 0.5, "1h")
TREE = pd.DataFrame(
    [{"depth": d, "type": t, "level": "DEFAULT", "name": t.lower(), "offset_s": 0.0, "latency_s": 2.0 - d}
     for d, t in enumerate(("SPAN", "GENERATION"))],
    columns=list(TREE_COLUMNS),
).astype(dict(TREE_COLUMNS))  # fmt: skip
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

# Each chart with something to show, and with nothing.
DRAWN: dict[str, tuple[Callable[..., Picture], Callable[..., Picture]]] = {
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
    "cost_over_time": (
        lambda **k: charts.cost_over_time(CALLS, **k),
        lambda **k: charts.cost_over_time(NONE, **k),
    ),
    "dashboard": (
        lambda **k: charts.dashboard(dashboard_metrics(CALLS), **k),
        lambda **k: charts.dashboard(dashboard_metrics(NONE), **k),
    ),
    "hit_rate_over_calls": (
        lambda **k: charts.hit_rate_over_calls({"a run": CALLS}, **k),
        lambda **k: charts.hit_rate_over_calls({}, **k),
    ),
    "hit_rate_over_time": (
        lambda **k: charts.hit_rate_over_time(CALLS, **k),
        lambda **k: charts.hit_rate_over_time(NONE, **k),
    ),
    "hits_and_misses": (
        lambda **k: charts.hits_and_misses(CALLS, **k),
        lambda **k: charts.hits_and_misses(NONE, **k),
    ),
    "latency_and_cost": (
        lambda **k: charts.latency_and_cost(CALLS, **k),
        lambda **k: charts.latency_and_cost(NONE, **k),
    ),
    "latency_by": (lambda **k: charts.latency_by(CALLS, **k), lambda **k: charts.latency_by(NONE, **k)),
    "latency_ecdf": (lambda **k: charts.latency_ecdf(CALLS, **k), lambda **k: charts.latency_ecdf(NONE, **k)),
    "latency_over_time": (
        lambda **k: charts.latency_over_time(CALLS, **k),
        lambda **k: charts.latency_over_time(NONE, **k),
    ),
    "limits_at_work": (
        lambda **k: charts.limits_at_work({"a run": CALLS.head(40)}, **k),
        lambda **k: charts.limits_at_work({}, **k),
    ),
    "monthly_costs": (
        lambda **k: charts.monthly_costs(MONTH, **k),
        lambda **k: charts.monthly_costs(MONTH.head(0), **k),
    ),
    "request_waterfall": (
        lambda **k: charts.request_waterfall(CALLS.head(2), **k),
        lambda **k: charts.request_waterfall(NONE, **k),
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
        lambda **k: charts.threshold_costs(PAIRS, wrong_usd=1, call_usd=0.1, threshold=0.85, **k),
        lambda **k: charts.threshold_costs(PAIRS.head(0), wrong_usd=1, call_usd=0.1, **k),
    ),
    "time_to_first_token": (
        lambda **k: charts.time_to_first_token(CALLS.head(20), **k),
        lambda **k: charts.time_to_first_token(NONE, **k),
    ),
    "tokens_in_and_out": (
        lambda **k: charts.tokens_in_and_out(CALLS, **k),
        lambda **k: charts.tokens_in_and_out(NONE, **k),
    ),
    "tokens_over_time": (
        lambda **k: charts.tokens_over_time(CALLS, **k),
        lambda **k: charts.tokens_over_time(NONE, **k),
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
THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK, LIGHT.narrow(), DARK.narrow()],
                                 ids=["light", "dark", "narrow", "narrow-dark"])  # fmt: skip
CHARTS = pytest.mark.parametrize("name", DRAWN)


@cache
def drawn(name: str, theme: Theme) -> Picture:
    """The chart with something to show, laid out and drawn."""
    figure = DRAWN[name][0](theme=theme)
    FigureCanvasAgg(figure).draw()
    return figure


def test_every_chart_is_here_and_takes_a_theme() -> None:
    functions = {name for name in charts.__all__ if inspect.isfunction(getattr(charts, name))}
    assert functions == set(DRAWN)
    for name in functions:
        parameter = inspect.signature(getattr(charts, name)).parameters["theme"]
        assert (parameter.kind, parameter.default) == (inspect.Parameter.KEYWORD_ONLY, LIGHT), name


@CHARTS
@THEMES
def test_all_text_can_be_read_on_the_themes_paper(name: str, theme: Theme) -> None:
    figure = drawn(name, theme)
    assert to_hex(figure.get_facecolor()) == theme.paper
    assert figure.get_figwidth() == theme.width_in
    for axes in figure.axes:
        assert to_hex(axes.get_facecolor()) == theme.paper
    for text in figure.findobj(Text):
        if not text.get_visible() or not text.get_text().strip():
            continue
        if text.get_bbox_patch() is not None:
            behind = to_hex(text.get_bbox_patch().get_facecolor())  # type: ignore[union-attr]
        elif name == "similarity_grid" and text in figure.axes[0].texts:
            continue  # written on squares of every shade: its own tests look at them
        else:
            behind = theme.paper
        # Numbers may have their series' colour, which stands out by 3:1; all other text by 4.5:1.
        least = 3 if to_hex(text.get_color()) in theme.series else 4.5
        assert contrast(to_hex(text.get_color()), behind) >= least, text.get_text()
        assert text.get_fontsize() >= (8.5 if theme.is_narrow else 9.5), text.get_text()


@CHARTS
@THEMES
def test_titles_and_legends_stay_inside_of_the_picture(name: str, theme: Theme) -> None:
    figure = drawn(name, theme)
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
def test_nothing_to_show_is_said(name: str) -> None:
    for theme in (LIGHT, DARK.narrow()):
        figure = DRAWN[name][1](theme=theme)
        said = [text.get_text() for axes in figure.axes for text in axes.texts]
        assert len(said) == 1
        assert said[0].startswith("No")
        assert figure.alt == f"{said[0]}."
        assert to_hex(figure.axes[0].texts[0].get_color()) == theme.ink


@CHARTS
def test_the_words_begin_with_the_finding_and_name_the_units(name: str) -> None:
    figure = DRAWN[name][0]()
    for axes in figure.axes:
        title = " ".join(axes.get_title().split())
        assert title
        assert title in figure.alt
        if label := axes.get_xlabel():
            assert " ".join(label.split()) in figure.alt
    assert "\n" not in figure.alt


@pytest.mark.parametrize(
    "name", [name for name in DRAWN if "title" in inspect.signature(getattr(charts, name)).parameters]
)
def test_a_title_of_ones_own_takes_the_findings_place(name: str) -> None:
    assert "Mine" in [axes.get_title() for axes in DRAWN[name][0](title="Mine").axes]


def test_only_pictures_of_several_findings_have_no_title_of_their_own() -> None:
    untitled = {name for name in DRAWN if "title" not in inspect.signature(getattr(charts, name)).parameters}
    assert untitled == {"cost_and_latency_by_model", "dashboard", "latency_and_cost"}


def test_drawing_leaves_matplotlibs_settings_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = dict(rcParams)
    figure = charts.latency_by(CALLS, theme=DARK)
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


def test_as_calls_is_not_needed_before_a_chart_and_does_no_harm() -> None:
    assert charts.latency_by(CALLS).alt == charts.latency_by(normalize_calls(CALLS)).alt
