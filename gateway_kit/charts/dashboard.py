"""Latency, cost and the cache at one glance, from summaries."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gateway_kit.charts.latency import draw_percentiles, draw_percentiles_over_time
from gateway_kit.charts.money import draw_cost_over_time
from gateway_kit.charts.parts import name_lines, set_headline
from gateway_kit.charts.picture import Picture, apply_theme, blank_figure, empty_picture, say
from gateway_kit.charts.theme import LIGHT, Theme
from gateway_kit.charts.traffic import draw_hit_rate_over_time
from gateway_kit.metrics import DashboardMetrics

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MODELS = 5
# Inches of a row, and what surrounds it: the ticks and the axis' label below, the title's two lines above.
# Left of the first stand the names of models.
_NAMES_IN = 1.4
_ROW_IN, _BELOW_IN, _ABOVE_IN, _LEFT_IN, _RIGHT_IN = 2.2, 0.6, 0.58, 0.85, 0.42


def dashboard(metrics: DashboardMetrics, *, theme: Theme = LIGHT) -> Picture:
    """Four pictures in one: latency by model, latency over time, cost over time, hit rate over time.

    dashboard(dashboard_metrics(gateway.calls.frame()))

    Drawing takes the same time for a hundred calls and for a million, since the summaries are small. Where the theme
    is narrow the pictures lie one below the other.
    """
    if not theme.is_narrow:
        theme = replace(theme, title_pt=12.0, text_pt=10.0, small_pt=9.5)
    columns = 1 if theme.is_narrow else 2
    height_in = (_BELOW_IN + _ROW_IN + _ABOVE_IN) * (4 // columns)
    figure = blank_figure(theme, height_in, columns)
    if not metrics.calls:
        return empty_picture(figure, "No call yet")
    for place, draw in enumerate((_by_model, _over_time, _cost, _hit_rate)):
        axes = figure.add_axes(_rectangle(place, columns, theme, height_in))
        apply_theme(axes, theme)
        # Few ticks and no marks at them: making and drawing ticks is a third of the work.
        axes.tick_params(bottom=False, left=False)
        axes.locator_params(nbins=4)
        # The labels' places are given, as the axes' are.
        axes.xaxis.set_label_coords(0.5, -0.36 / _ROW_IN)
        axes.yaxis.set_label_coords(-0.42 / _width_in(place, columns, theme), 0.5)
        if found := draw(axes, metrics):
            set_headline(axes, found, centre=(place % columns + 0.5) / columns)
        else:
            say(axes, "No answered call yet")
    return figure


def _rectangle(place: int, columns: int, theme: Theme, height_in: float) -> tuple[float, float, float, float]:
    """Where the axes lie, in parts of the picture; fixed, since to find it out matplotlib has to draw it all twice."""
    row, column = divmod(place, columns)
    left_in = column * theme.width_in / columns + _left_in(place)
    bottom_in = height_in - (row + 1) * (_BELOW_IN + _ROW_IN + _ABOVE_IN) + _BELOW_IN
    return (
        left_in / theme.width_in,
        bottom_in / height_in,
        _width_in(place, columns, theme) / theme.width_in,
        _ROW_IN / height_in,
    )


def _left_in(place: int) -> float:
    return _NAMES_IN if place == 0 else _LEFT_IN


def _width_in(place: int, columns: int, theme: Theme) -> float:
    return theme.width_in / columns - _left_in(place) - _RIGHT_IN


def _by_model(axes: Axes, metrics: DashboardMetrics) -> str:
    if metrics.latency_by_model.empty:
        return ""
    return draw_percentiles(axes, metrics.latency_by_model, most=_MODELS, short=True)


def _over_time(axes: Axes, metrics: DashboardMetrics) -> str:
    if not metrics.latency_over_time["calls"].sum():
        return ""
    found = draw_percentiles_over_time(axes, metrics.latency_over_time, metrics.over)
    name_lines(axes)
    return found


def _cost(axes: Axes, metrics: DashboardMetrics) -> str:
    return draw_cost_over_time(axes, metrics.cost_over_time, metrics.over)


def _hit_rate(axes: Axes, metrics: DashboardMetrics) -> str:
    table = metrics.outcomes_over_time
    if not (table["calls"] - table["failed"]).sum():
        return ""
    return draw_hit_rate_over_time(axes, table, metrics.over)
