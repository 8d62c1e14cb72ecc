"""Latency, cost and cache hits at one glance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway_kit.charts.dashboard_axes import (
    draw_cost_over_time,
    draw_hit_rate_over_time,
    draw_latency_by_group,
    draw_latency_over_time,
)
from gateway_kit.charts.elements import label_line_ends, set_headline
from gateway_kit.charts.figure import ChartFigure, apply_theme, blank_figure, empty_figure, write_message
from gateway_kit.charts.theme import SMALL_TEXT
from gateway_kit.metrics.dashboard import DashboardMetrics

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLUMNS = _ROWS = 2
# Inches: a row of axes; below it the ticks and the label, above it a title of two lines; left of it the y axis, whose
# labels are model names in the first chart.
_ROW_IN, _BELOW_IN, _ABOVE_IN, _RIGHT_IN = 2.2, 0.6, 0.58, 0.42
_LEFT_IN, _NAMES_IN = 0.85, 1.4


def dashboard(metrics: DashboardMetrics) -> ChartFigure:
    """Four charts in one: latency by model, latency over time, cost over time, hit rate over time.

    dashboard(dashboard_metrics(gateway.calls.frame()))

    Drawing takes as long for a hundred calls as for a million, since the summaries are small.
    """
    height_in = (_BELOW_IN + _ROW_IN + _ABOVE_IN) * _ROWS
    figure = blank_figure(SMALL_TEXT, height_in, _COLUMNS)
    if not metrics.calls:
        return empty_figure(figure, "No call yet")
    for place, draw in enumerate((_by_model, _over_time, _cost, _hit_rate)):
        axes = figure.add_axes(_rectangle(place, height_in))
        apply_theme(axes)
        # Few ticks and no tick marks: ticks take a third of the drawing time.
        axes.tick_params(bottom=False, left=False)
        axes.locator_params(nbins=4)
        # Labels have a fixed position, as the axes have.
        axes.xaxis.set_label_coords(0.5, -0.36 / _ROW_IN)
        axes.yaxis.set_label_coords(-0.42 / _width_in(place), 0.5)
        if headline := draw(axes, metrics):
            set_headline(axes, headline, centre=(place % _COLUMNS + 0.5) / _COLUMNS)
        else:
            write_message(axes, "No answered call yet")
    return figure


def _rectangle(place: int, height_in: float) -> tuple[float, float, float, float]:
    """The position of the axes in the figure; fixed, since matplotlib finds one by drawing everything twice."""
    row, column = divmod(place, _COLUMNS)
    left_in = column * SMALL_TEXT.width_in / _COLUMNS + _left_in(place)
    bottom_in = height_in - (row + 1) * (_BELOW_IN + _ROW_IN + _ABOVE_IN) + _BELOW_IN
    width_in = SMALL_TEXT.width_in
    return left_in / width_in, bottom_in / height_in, _width_in(place) / width_in, _ROW_IN / height_in


def _left_in(place: int) -> float:
    return _NAMES_IN if place == 0 else _LEFT_IN


def _width_in(place: int) -> float:
    return SMALL_TEXT.width_in / _COLUMNS - _left_in(place) - _RIGHT_IN


def _by_model(axes: Axes, metrics: DashboardMetrics) -> str:
    if metrics.latency_by_model.empty:
        return ""
    return draw_latency_by_group(axes, metrics.latency_by_model, metrics.failures_by_model)


def _over_time(axes: Axes, metrics: DashboardMetrics) -> str:
    if not metrics.latency_over_time["calls"].sum():
        return ""
    headline = draw_latency_over_time(axes, metrics.latency_over_time, metrics.over)
    label_line_ends(axes)
    return headline


def _cost(axes: Axes, metrics: DashboardMetrics) -> str:
    return draw_cost_over_time(axes, metrics.cost_over_time, metrics.over)


def _hit_rate(axes: Axes, metrics: DashboardMetrics) -> str:
    table = metrics.outcomes_over_time
    answered = (table["calls"] - table["failed"]).sum()
    return draw_hit_rate_over_time(axes, table, metrics.over) if answered else ""
