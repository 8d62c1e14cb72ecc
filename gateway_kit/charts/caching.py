"""What a cache does to calls: latency and cost of hits and misses, and the hit rate over a run of calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway_kit.caching.savings import savings
from gateway_kit.charts.elements import (
    add_grid,
    label_bars,
    label_with_n,
    legend_below,
    reserve_label_space,
    set_headline,
)
from gateway_kit.charts.figure import ChartFigure, empty_figure, new_figure
from gateway_kit.charts.headlines import enough, failures_note
from gateway_kit.charts.theme import LINES, THEME

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray


def hits_and_misses(calls: pd.DataFrame, *, title: str = "") -> ChartFigure:
    """Cache hits beside misses: latency in seconds (a dot per call, a bar for the median), and mean cost of a call.

    Args:
        calls: Rows of `gateway.calls.frame()`. Bars are of the answered calls; the headline names the
            failed ones.
        title: Replaces the headline of the latencies.
    """
    answered = _answered(calls)
    figure, (left, right) = new_figure(ncols=2, height=2.7)
    if answered.empty:
        return empty_figure(figure, "No answered call yet")
    hit = answered["cache_hit"]
    parts = {"the provider": answered[~hit], "the cache": answered[hit]}
    colours = [THEME.colour(1), THEME.colour(0)]
    names = [label_with_n(who, len(part)) for who, part in parts.items()]
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
        # To the right of all dots: right beside the bar it would cover some.
        left.text(longest_s * 1.05, place, label, va="center", fontsize=THEME.small_pt, color=THEME.text)
    reserve_label_space(left, [longest_s], labels)
    left.set_xlabel("seconds (dot: a call, bar: the median)")
    left.set_yticks(range(2), names)

    labels = [f"{cost:.4f}" if cost else "0" for cost in costs]
    label_bars(right, right.barh(range(2), costs, color=colours), labels)
    reserve_label_space(right, costs, labels)
    right.set_xlabel("USD per 1,000 such calls")
    right.set_yticks(range(2), ["", ""])
    for axes in (left, right):
        axes.locator_params(axis="x", nbins=4)
        axes.invert_yaxis()
    saved = savings(answered).iloc[0]
    failed = int(calls["error"].notna().sum())
    set_headline(left, title or _latency_headline(saved) + failures_note(["calls"], [len(calls)], [failed]))
    set_headline(right, _cost_headline(saved))
    return figure


def hit_rate_over_calls(runs: Mapping[str, pd.DataFrame], *, title: str = "") -> ChartFigure:
    """A line per run: the hit rate of the calls so far, in percent; a tick below marks each miss.

    Args:
        runs: Name of the run, such as the TTL in force → rows of `gateway.calls.frame()`. Calls count in the order in
            which they began. Failed calls are left out.
        title: Replaces the headline.
    """
    figure, (axes,) = new_figure(height=3.8)
    hits = {name: hit for name, calls in runs.items() if len(hit := _hits_in_order(calls))}
    if not hits:
        return empty_figure(figure, "No answered call yet")
    longest = max(len(hit) for hit in hits.values())
    for index, (name, hit) in enumerate(hits.items()):
        colour, numbers = THEME.colour(index), np.arange(1, len(hit) + 1)
        rate = hit.cumsum() / numbers * 100
        label = f"{name} (n={len(hit)})"
        axes.plot(numbers, rate, color=colour, lw=2, ls=LINES[index % len(LINES)], label=label)
        end, text = (numbers[-1] + longest * 0.01, rate[-1]), f"{rate[-1]:.0f} %"
        axes.text(*end, text, color=colour, va="center", fontsize=THEME.small_pt)
        missed = numbers[~hit]
        axes.plot(missed, np.full(len(missed), -6 - 8 * index), "|", color=colour, ms=7, mew=1.2)
    axes.axhline(0, color=THEME.muted, lw=0.8)
    axes.set_xlim(0, longest * 1.1)
    axes.set_ylim(-4 - 8 * len(hits), 103)
    axes.set_yticks(range(0, 101, 20))
    axes.set_xlabel("number of calls (tick: the provider answered)")
    axes.set_ylabel("percent from the cache")
    add_grid(axes)
    legend_below(axes, columns=3)
    rates = [f"{hit.mean():.0%} ({name})" for name, hit in hits.items()]
    set_headline(axes, title or f"From the cache: {', '.join(rates)}")
    return figure


def _answered(calls: pd.DataFrame) -> pd.DataFrame:
    return calls[calls["error"].isna() & calls["latency_s"].notna()]


def _hits_in_order(calls: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether each answered call was a hit, in the order in which the calls began."""
    return _answered(calls).sort_values("started", kind="stable")["cache_hit"].to_numpy(dtype=bool)


def _latency_headline(savings: pd.Series[Any]) -> str:
    if not savings["hits"]:
        return "No answer came from the cache"
    if savings["hits"] == savings["calls"]:
        return "Every answer came from the cache"
    times = f"{savings['miss_latency_s'] / savings['hit_latency_s']:.0f} times as fast"
    if enough(50, [savings["hits"], savings["calls"] - savings["hits"]]):
        return f"The cache is {times}"
    return f"Few calls (n={savings['calls']:.0f}): in these the cache was {times}"


def _cost_headline(savings: pd.Series[Any]) -> str:
    full_usd = savings["cost_usd"] + savings["saved_usd"]
    if not full_usd:
        return "Nothing was charged"
    return f"It saved {savings['saved_usd'] / full_usd:.0%} of the cost"
