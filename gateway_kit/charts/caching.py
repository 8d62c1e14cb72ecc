"""What a cache does to calls: latency and cost of hits and misses, and the hit rate of a stream of calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway_kit.charts.parts import grid, label_bars, legend_below, named, room_for_labels, set_headline
from gateway_kit.charts.picture import Picture, empty_picture, new_figure
from gateway_kit.charts.theme import LIGHT, LINES, Theme

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

# `gateway_kit.caching` brings the clients with it, seconds of start that a process which only draws does not need: its
# functions are imported by those that call them.


def hits_and_misses(calls: pd.DataFrame, *, title: str = "", theme: Theme = LIGHT) -> Picture:
    """Two pictures side by side: latency (seconds: a dot per call, a bar for the median), and mean cost of a call.

    `calls` are rows of `gateway.calls.frame()`; failed ones are left out. `title` is that of the latencies.
    """
    answered = _answered(calls)
    figure, (left, right) = new_figure(ncols=2, height=2.7, theme=theme)
    if answered.empty:
        return empty_picture(figure, "No answered call yet")
    hit = answered["cache_hit"]
    parts = {"the provider": answered[~hit], "the cache": answered[hit]}  # first what one has without a cache
    colours = [theme.colour(1), theme.colour(0)]
    names = [named(who, len(part), theme) for who, part in parts.items()]
    medians_s = [0.0 if part.empty else float(part["latency_s"].median()) for part in parts.values()]
    costs = [0.0 if part.empty else float(part["cost_usd"].mean()) * 1000 for part in parts.values()]

    left.barh(range(2), medians_s, color=colours, alpha=0.4)
    for place, part in enumerate(parts.values()):
        # Spread within the bar, the same way each time.
        spread = np.linspace(-0.3, 0.3, max(len(part), 2))[: len(part)]
        left.scatter(part["latency_s"], place + spread, s=9, color=colours[place], zorder=3)
    longest_s = float(answered["latency_s"].max())
    labels = [f"{median_s:.3f} s" if median_s else "" for median_s in medians_s]
    for place, label in enumerate(labels):
        # Right of all dots: beside its bar, some would lie on it.
        left.text(longest_s * 1.05, place, label, va="center", fontsize=theme.small_pt, color=theme.ink)
    room_for_labels(left, [longest_s], labels)
    left.set_xlabel("seconds: a dot per call, a bar to the median")
    left.set_yticks(range(2), names)

    labels = [f"{cost:.4f}" if cost else "0" for cost in costs]
    label_bars(right, right.barh(range(2), costs, color=colours), labels)
    room_for_labels(right, costs, labels)
    right.set_xlabel("USD per 1,000 such calls")
    right.set_yticks(range(2), names if figure.columns == 1 else ["", ""])
    for axes in (left, right):
        axes.locator_params(axis="x", nbins=4)
        axes.invert_yaxis()
    from gateway_kit.caching.savings import cache_savings

    savings = cache_savings(answered).iloc[0]
    set_headline(left, title or _times_as_fast(savings))
    set_headline(right, _spared(savings))
    return figure


def hit_rate_over_calls(
    runs: Mapping[str, pd.DataFrame], *, title: str = "", theme: Theme = LIGHT
) -> Picture:
    """A line per run: of the calls so far, how many the cache answered, in percent; below it a tick per miss.

    `runs` maps a name, such as the TTL in force, to rows of `gateway.calls.frame()`. Calls count in the order in
    which they began; failed ones are left out.
    """
    figure, (axes,) = new_figure(height=3.8, theme=theme)
    hits = {name: hit for name, calls in runs.items() if len(hit := _hits_in_order(calls))}
    if not hits:
        return empty_picture(figure, "No answered call yet")
    longest = max(len(hit) for hit in hits.values())
    for index, (name, hit) in enumerate(hits.items()):
        colour, numbers = theme.colour(index), np.arange(1, len(hit) + 1)
        rate = hit.cumsum() / numbers * 100
        axes.plot(
            numbers, rate, color=colour, lw=2, ls=LINES[index % len(LINES)], label=f"{name} (n={len(hit)})"
        )
        axes.text(
            numbers[-1] + longest * 0.01,
            rate[-1],
            f"{rate[-1]:.0f} %",
            color=colour,
            va="center",
            fontsize=theme.small_pt,
        )
        missed = numbers[~hit]
        axes.plot(missed, np.full(len(missed), -6 - 8 * index), "|", color=colour, ms=7, mew=1.2)
    axes.axhline(0, color=theme.faint, lw=0.8)
    axes.set_xlim(0, longest * 1.1)
    axes.set_ylim(-4 - 8 * len(hits), 103)
    axes.set_yticks(range(0, 101, 20))
    axes.set_xlabel("calls so far; a tick is a call that went to the provider")
    axes.set_ylabel("percent from the cache")
    grid(axes)
    legend_below(axes, columns=3)
    rates = [f"{hit.mean():.0%} ({name})" for name, hit in hits.items()]
    set_headline(axes, title or f"From the cache: {', '.join(rates)}")
    return figure


def _answered(calls: pd.DataFrame) -> pd.DataFrame:
    return calls[calls["error"].isna() & calls["latency_s"].notna()]


def _hits_in_order(calls: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether each answered call was a hit, in the order in which they began."""
    return _answered(calls).sort_values("started", kind="stable")["cache_hit"].to_numpy(dtype=bool)


def _times_as_fast(savings: pd.Series[Any]) -> str:
    """The headline of the latencies."""
    if not savings["hits"]:
        return "No answer came from the cache"
    if savings["hits"] == savings["calls"]:
        return "Every answer came from the cache"
    return f"The cache is {savings['miss_latency_s'] / savings['hit_latency_s']:.0f} times as fast"


def _spared(savings: pd.Series[Any]) -> str:
    """The headline of the costs: which part of what all calls would have cost was not paid."""
    full_usd = savings["cost_usd"] + savings["saved_usd"]
    if not full_usd:
        return "Nothing was charged"
    return f"It spared {savings['saved_usd'] / full_usd:.0%} of the cost"
