"""What more users and more replicas do to throughput and latency."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from gateway_kit.charts.elements import add_grid, legend_below, line_style, set_headline
from gateway_kit.charts.figure import ChartFigure, empty_figure, new_figure
from gateway_kit.charts.theme import THEME
from gateway_kit.charts.units import format_value
from gateway_kit.metrics.saturation import saturation_knees

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# What is drawn on the left and on the right, and its axis label.
_PANES = (
    ("requests_per_s", "answered calls per second"),
    ("latency_p95_s", "p95 of the latency in seconds"),
)


def saturation_curve(curve: pd.DataFrame, *, title: str = "") -> ChartFigure:
    """A line per number of replicas: throughput on the left and p95 on the right, as more users ask at the same time.

    A ring marks each line's knee: the fewest users with 90 % of its highest throughput. To the right of it calls mostly
    wait. Each step to the right doubles the users.

    Args:
        curve: What `load.saturation` returns, or several of these together.
        title: Replaces the headline of the throughput.
    """
    figure, panes = new_figure(ncols=2, height=4.2)
    curve = curve[curve["requests_per_s"] > 0]
    if curve.empty:
        return empty_figure(figure, "No answered call yet")
    knees = saturation_knees(curve)
    for axes, (measure, label) in zip(panes, _PANES, strict=True):
        for index, (_, knee) in enumerate(knees.iterrows()):
            steps = curve[_same(curve["replicas"], knee["replicas"])].sort_values("users")
            axes.plot(steps["users"], steps[measure], label=_name(knee, steps), **line_style(index))
            _ring(axes, knee, measure)
        axes.set_ylim(0, float(curve[measure].max()) * 1.12)
        _users_axis(axes, sorted(curve["users"].unique()))
        axes.set_ylabel(label)
        add_grid(axes)
    legend_below(panes[0], columns=3)
    set_headline(panes[0], title or _throughput(knees))
    set_headline(panes[1], _waiting(curve, knees))
    return figure


def _ring(axes: Axes, knee: pd.Series[Any], measure: str) -> None:
    """Mark a knee, with its value."""
    at = (knee["users"], knee[measure])
    axes.plot(*at, "o", ms=13, mfc="none", mec=THEME.text, mew=1.6)
    axes.annotate(
        f"{knee[measure]:.0f}/s" if measure == "requests_per_s" else format_value(knee[measure], measure),
        at,
        xytext=(8, -13),
        textcoords="offset points",
        fontsize=THEME.small_pt,
        color=THEME.text,
        bbox={"facecolor": THEME.background, "edgecolor": "none", "pad": 0.5, "alpha": 0.8},
    )


def _users_axis(axes: Axes, users: list[int]) -> None:
    """Doublings, equally far apart, with the measured numbers as ticks."""
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_locator(FixedLocator(users))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_xlim(users[0] / math.sqrt(2), users[-1] * math.sqrt(2))
    axes.set_xlabel("users who ask at the same time")


def _name(knee: pd.Series[Any], steps: pd.DataFrame) -> str:
    return f"{_replicas(knee['replicas'])} (n={int(steps['requests'].sum()):,})"


def _replicas(count: Any) -> str:
    if count is pd.NA:
        return "the gateway"
    return "1 replica" if count == 1 else f"{count} replicas"


def _same(column: pd.Series[Any], value: Any) -> pd.Series[bool]:
    return column.isna() if value is pd.NA else column.eq(value).fillna(False)


def _throughput(knees: pd.DataFrame) -> str:
    most = knees["most_requests_per_s"]
    first, last = knees.iloc[0], knees.iloc[-1]
    if len(knees) == 1:
        return f"At most {most.iloc[0]:.0f} calls per second"
    times = last["most_requests_per_s"] / first["most_requests_per_s"]
    return f"{_replicas(last['replicas'])}: {times:.2f} times the calls per second of {_replicas(first['replicas'])}"


def _waiting(curve: pd.DataFrame, knees: pd.DataFrame) -> str:
    lost = int(curve["failures"].sum())
    failed = f"; {lost:,} of {int(curve['requests'].sum()):,} calls failed" if lost else ""
    if not knees["beyond"].any():
        return f"No knee yet: throughput still grows at {int(knees['users'].max())} users{failed}"
    users = sorted(set(knees.loc[knees["beyond"], "users"]))
    listed = " or ".join(map(str, users))
    return f"Beyond {listed} users calls mostly wait{failed}"
