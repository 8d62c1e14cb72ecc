"""What calls cost: by model, key, team or tag; over time; against a budget, with a forecast."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gateway_kit.charts.latency import left_out
from gateway_kit.charts.measures import money, money_axis, usd
from gateway_kit.charts.parts import bar_of, draw_bars, grid, group_names, legend_below, named, set_headline
from gateway_kit.charts.picture import Picture, empty_picture, new_figure, picture_of
from gateway_kit.charts.theme import LIGHT, Theme
from gateway_kit.charts.times import moment, seconds_of, time_axis
from gateway_kit.metrics import BudgetForecast, budget_burn_down, cost_by, nice_width, normalize_calls

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Numbers = NDArray[np.float64]

_MOST_BARS, _MOST_PARTS = 12, 5
_OTHERS = "others"


def cost_breakdown(
    calls: pd.DataFrame, by: str = "model", *, title: str = "", theme: Theme = LIGHT
) -> Picture:
    """A bar per model, key, team, user or tag: US dollars, dearest on top.

    `calls` is what `metrics.normalize_calls` takes; `by` is what `metrics.cost_by` takes. By tag a call counts for
    each of its tags.
    """
    table = cost_by(calls, by)
    shown = table.head(_MOST_BARS)
    figure, (axes,) = new_figure(height=1.4 + 0.42 * max(len(shown), 2), theme=theme)
    if table.empty:
        return empty_picture(figure, "No call yet")
    names = group_names(shown[by])
    labels = [named(name, n, theme) for name, n in zip(names, shown["calls"], strict=True)]
    costs_usd, top_usd = list(shown["cost_usd"]), float(shown["cost_usd"].max())
    draw_bars(axes, labels, costs_usd, "", [money(cost_usd, top_usd) for cost_usd in costs_usd])
    axes.set_xlabel(f"{money_axis(axes.xaxis, top_usd)} (n: calls)")
    axes.invert_yaxis()
    first = shown.iloc[0]
    found = f"{names[0]} costs {first['share']:.0%} of it all" if first["cost_usd"] else "Nothing was charged"
    set_headline(axes, title or found + left_out(len(table), _MOST_BARS))
    return figure


def cost_over_time(
    calls: pd.DataFrame,
    by: str | None = "model",
    *,
    over: timedelta | str | None = None,
    title: str = "",
    theme: Theme = LIGHT,
) -> Picture:
    """A bar per interval, divided by model (or key, team, …): US dollars.

    The five dearest are told apart, the rest is one part. `over` is the intervals' length, by default a usual one that
    makes at most 60. With `by=None` bars are not divided.
    """
    calls = normalize_calls(calls)
    width = over or nice_width(calls["started"])
    table = cost_by(calls, by, over=width)
    figure, (axes,) = new_figure(height=3.8, theme=theme)
    if table.empty:
        return empty_picture(figure, "No call yet")
    found = draw_cost_over_time(axes, table, width)
    if by is not None:
        legend_below(axes, columns=3)
    set_headline(axes, title or found)
    return figure


def budget_over_time(
    calls: pd.DataFrame,
    budget_usd: float,
    *,
    forecast: BudgetForecast | None = None,
    over: timedelta | str | None = None,
    title: str = "",
    theme: Theme = LIGHT,
) -> Picture:
    """What had been spent by when, in US dollars, against the budget; and where a `forecast` sees it go.

    The band is where spending will lie with the forecast's confidence. `calls` are those since the budget began anew;
    `forecast` is `metrics.budget_forecast(calls, budget_usd)`; `over` is the resolution.
    """
    calls = normalize_calls(calls)
    width = over or nice_width(calls["started"])
    table = budget_burn_down(calls, budget_usd, over=width)
    figure, (axes,) = new_figure(height=4.2, theme=theme)
    if table.empty:
        return empty_picture(figure, "No call yet")
    width_s = pd.Timedelta(width).total_seconds()
    begins_s = seconds_of(table["time"])
    moments_s, spent_usd = np.append(begins_s, begins_s[-1] + width_s), np.append(0.0, table["spent_usd"])
    if forecast is not None and forecast.now.timestamp() > begins_s[-1]:
        # The last interval may not be over yet. Calls after `now` show how good the forecast was.
        moments_s[-1] = min(forecast.now.timestamp(), moments_s[-1])
    axes.plot(moments_s, spent_usd, color=theme.series[0], lw=2.5, label="spent")
    last_s = moments_s[-1] if forecast is None else _draw_forecast(axes, forecast, begins_s[0])
    axes.axhline(budget_usd, color=theme.series[1], lw=2, ls="--", label=f"the budget, {usd(budget_usd)}")
    time_axis(axes, begins_s[0], max(last_s, moments_s[-1]))
    axes.set_ylim(0, max(budget_usd, float(spent_usd[-1]), 1e-12) * 1.2)
    axes.set_ylabel(money_axis(axes.yaxis, axes.get_ylim()[1]))
    grid(axes)
    legend_below(axes, columns=4)
    set_headline(axes, title or _budget_found(table, budget_usd, forecast))
    return figure


def draw_cost_over_time(axes: Axes, table: pd.DataFrame, width: timedelta | str) -> str:
    """Bars of `cost_by` with `over`; returns the headline."""
    theme, width_s = picture_of(axes).theme, pd.Timedelta(width).total_seconds()
    begins_s, parts = _parts(table)
    edges_s = np.append(begins_s, begins_s[-1] + width_s)
    below = np.zeros(len(begins_s))
    for index, (name, cost_usd) in enumerate(parts.items()):
        look = bar_of(theme, index)
        if name == _OTHERS:
            look["color"] = theme.faint
        if len(parts) == 1:
            look["hatch"] = ""
        # One shape for a whole series: bars of their own take ten times as long.
        axes.stairs(below + cost_usd, edges_s, baseline=below, fill=True, label=name, **look)
        below = below + cost_usd  # a new one: the shape keeps the old
    time_axis(axes, begins_s[0], begins_s[-1] + width_s)
    axes.set_ylim(0, max(float(below.max()), 1e-12) * 1.08)
    axes.set_ylabel(f"{money_axis(axes.yaxis, float(below.max()))}\nper {length(width_s)}")
    grid(axes)
    total_usd, n = float(below.sum()), int(table["calls"].sum())
    if not total_usd:
        return f"Nothing was charged (n={n:,})"
    times = table["time"].drop_duplicates()
    dearest = int(below.argmax())
    when = moment(times.iloc[dearest], times)
    return f"{usd(total_usd)} in all, most at {when}: {usd(below[dearest])} (n={n:,})"


def length(width_s: float) -> str:
    """A length of time in words, for "per …": "hour", "5 minutes", "1.5 hours"."""
    for unit, unit_s in (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1)):
        if width_s >= unit_s:
            count = width_s / unit_s
            return unit if count == 1 else f"{count:g} {unit}s"
    return f"{width_s:g} seconds"


def _parts(table: pd.DataFrame) -> tuple[Numbers, dict[str, Numbers]]:
    """Begins of the intervals, and a row of costs per group: the dearest, and the rest together."""
    times = table["time"].drop_duplicates()
    if table.columns[0] == "time":
        return seconds_of(times), {"all": table["cost_usd"].to_numpy("float64")}
    groups = len(table) // len(times)
    costs = table["cost_usd"].to_numpy("float64").reshape(len(times), groups)
    names = group_names(table.iloc[:groups, 0])
    order = np.argsort(-costs.sum(axis=0), kind="stable")
    # "Others" of one group would be a name less and nothing gained.
    most = order if groups == _MOST_PARTS + 1 else order[:_MOST_PARTS]
    parts = {names[group]: costs[:, group] for group in most if costs[:, group].any()}
    if groups > len(most):
        parts[_OTHERS] = costs[:, order[_MOST_PARTS:]].sum(axis=1)
    return seconds_of(times), parts


def _draw_forecast(axes: Axes, forecast: BudgetForecast, begin_s: float) -> float:
    """The forecast's line and band; the moment up to which it is drawn, in seconds since 1970."""
    theme, now_s = picture_of(axes).theme, forecast.now.timestamp()
    past_s = max(now_s - begin_s, 1.0)
    ends = [end.timestamp() for end in (forecast.ends_late, forecast.ends) if end is not None]
    # Far ahead, the past would be a stroke at the left edge.
    ahead_s = min(max((ends[0] - now_s) * 1.1, past_s * 0.3), past_s * 3) if ends else past_s
    if forecast.left_usd <= 0:
        return now_s
    line = forecast.line(forecast.now + timedelta(seconds=ahead_s))
    times_s = seconds_of(line["time"])
    axes.plot(times_s, line["spent_usd"], color=theme.series[0], lw=2, ls=":", label="at this pace")
    axes.fill_between(
        times_s,
        line["low_usd"],
        line["high_usd"],
        color=theme.series[0],
        alpha=0.18,
        lw=0,
        label=f"{forecast.confidence:.0%} of the time",
    )
    return float(times_s[-1])


def _budget_found(table: pd.DataFrame, budget_usd: float, forecast: BudgetForecast | None) -> str:
    spent_usd, n = float(table["spent_usd"].iloc[-1]), int(table["calls"].sum())
    said = f"{usd(spent_usd)} of {usd(budget_usd)} spent (n={n:,})"
    if spent_usd >= budget_usd or forecast is None:
        return said
    if forecast.ends is None:
        return f"{said}; at this pace the budget lasts"
    return f"{said}; at this pace gone on {forecast.ends:%d %b, %H:%M} UTC"
