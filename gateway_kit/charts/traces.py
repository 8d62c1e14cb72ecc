"""The timeline of a trace; latency and cost of models across traces."""

from __future__ import annotations

import pandas as pd

from gateway_kit.charts.elements import (
    bar_style,
    draw_bars,
    label_bars,
    label_with_n,
    legend_below,
    reserve_label_space,
    set_headline,
)
from gateway_kit.charts.figure import ChartFigure, empty_figure, new_figure
from gateway_kit.charts.headlines import enough, failures_note, too_few
from gateway_kit.charts.palette import colours
from gateway_kit.charts.theme import THEME

# Of a name, its indentation included.
_MOST_LETTERS = 48
_MODEL_CALLS = ("GENERATION", "EMBEDDING")
# Kind of observation → number of its colour.
_KINDS = {"application": 5, "model call": 0, "failed": 1}


def trace_timeline(tree: pd.DataFrame, *, title: str = "") -> ChartFigure:
    """A bar per observation of a trace, from its start to its end, in seconds since the trace began.

    Args:
        tree: The rows of a trace tree's `frame()`. Names are indented by depth.
        title: Replaces the headline.
    """
    figure, (axes,) = new_figure(height=1.7 + 0.38 * max(len(tree), 3))
    if tree.empty:
        return empty_figure(figure, "No observation in this trace")
    kinds = tree["type"].isin(_MODEL_CALLS).map({True: "model call", False: "application"})
    kinds = kinds.mask(tree["level"] == "ERROR", "failed")
    latency_s = tree["latency_s"].fillna(0.0)
    for kind, index in _KINDS.items():
        here = kinds == kind
        if here.any():
            places = [place for place, there in enumerate(here) if there]
            look = bar_style(index)
            starts_s, lasted_s = tree["offset_s"][here], latency_s[here]
            drawn = axes.barh(places, lasted_s, left=starts_s, label=kind, height=0.7, **look)
            label_bars(axes, drawn, [f"{value:.2f} s" for value in lasted_s])
    names = [_indented(row) for _, row in tree.iterrows()]
    axes.set_yticks(range(len(tree)), names, ha="left")
    # Left-aligned labels show the indentation; this is the space that the longest one needs.
    axes.tick_params(axis="y", length=0, pad=0.56 * THEME.text_pt * max(map(len, names)) + 6)
    axes.invert_yaxis()  # the root at the top
    total_s = float((tree["offset_s"] + latency_s).max())
    reserve_label_space(axes, [max(total_s, 1e-3)], [f"{total_s:.2f} s"])
    axes.set_xlabel(f"seconds since the trace began (n={len(tree)} observations)")
    legend_below(axes, columns=3)
    set_headline(axes, title or _timeline_headline(tree, total_s))
    return figure


def cost_and_latency_by_model(by_model: pd.DataFrame, *, failed: pd.DataFrame | None = None) -> ChartFigure:
    """Latency at p50 and p95 in seconds, and cost in thousandths of a USD, per model.

    Args:
        by_model: The rows of `tracing.cost_and_latency("model", level="DEFAULT")`, the answered calls. The model with
            the highest cost is at the top.
        failed: The same with `level="ERROR"`: the headline names these calls.
    """
    known = by_model[by_model["observations"] > 0].sort_values("cost_usd", ascending=False)
    figure, (left, right) = new_figure(ncols=2, height=1.8 + 0.6 * max(len(known), 2))
    if known.empty:
        return empty_figure(figure, "No model call yet")
    places = range(len(known))
    names = [label_with_n(m, n) for m, n in zip(known["model"], known["observations"], strict=True)]
    for shift, name, colour in ((-0.2, "p50", THEME.shades[0]), (0.2, "p95", THEME.shades[2])):
        latency_s = list(known[f"latency_{name}_s"])
        drawn = left.barh(
            [place + shift for place in places], latency_s, height=0.38, color=colour, label=name
        )
        label_bars(left, drawn, [f"{value:.2f} s" for value in latency_s])
    left.set_yticks(places, names)
    reserve_label_space(left, [max(float(known["latency_p95_s"].max()), 1e-3)], ["00.00 s"])
    left.set_xlabel("latency in seconds")
    cost, fill = list(known["cost_usd"] * 1000), colours(list(known["model"]))
    draw_bars(right, names, cost, "cost in thousandths of a USD", "{:.4f}", fill=fill)
    right.set_yticklabels([])  # as on the left
    for axes in (left, right):
        axes.invert_yaxis()  # the highest cost at the top
    legend_below(left)
    set_headline(left, _latency_headline(known) + _failures(known, failed))
    set_headline(right, _cost_headline(known))
    return figure


def _indented(row: pd.Series) -> str:
    """A name, indented by its depth and shortened at the end."""
    name = "    " * int(row["depth"])
    name += row["name"] if isinstance(row["name"], str) else "(no name)"
    return name if len(name) <= _MOST_LETTERS else name[: _MOST_LETTERS - 1] + "…"


def _bare(model: str) -> str:
    """A model without its provider."""
    return model.rsplit("/", 1)[-1]


def _latency_headline(known: pd.DataFrame) -> str:
    """Which model is slowest, by p95 or else by the median, if there are enough calls of each."""
    for percentile in (95, 50):
        if len(known) > 1 and enough(percentile, known["observations"]):
            slowest = known.sort_values(f"latency_p{percentile}_s").iloc[-1]
            return f"{_bare(slowest['model'])} is slowest by p{percentile}"
    return too_few("which is slowest", 50) if len(known) > 1 else f"{_bare(known['model'].iloc[0])}"


def _failures(known: pd.DataFrame, failed: pd.DataFrame | None) -> str:
    if failed is None:
        return ""
    both = pd.concat([known.assign(failed=0), failed.assign(failed=failed["observations"])])
    ends = both.groupby("model", sort=False)[["observations", "failed"]].sum()
    return failures_note(
        [_bare(str(model)) for model in ends.index], list(ends["observations"]), list(ends["failed"])
    )


def _cost_headline(known: pd.DataFrame) -> str:
    """Which model costs most; `known` is sorted by cost."""
    first, total_usd = known.iloc[0], float(known["cost_usd"].sum())
    if not total_usd:
        return "Nothing was charged"
    return f"{_bare(first['model'])} costs {first['cost_usd'] / total_usd:.0%} of the total"


def _timeline_headline(tree: pd.DataFrame, total_s: float) -> str:
    """Which model call takes longest, or how long the trace took."""
    calls = tree[tree["type"].isin(_MODEL_CALLS) & tree["latency_s"].notna()]
    if calls.empty or not total_s:
        return f"The trace took {total_s:.2f} s"
    longest = calls.sort_values("latency_s").iloc[-1]
    share = longest["latency_s"] / total_s
    return f"The longest model call, {longest['name']}, takes {share:.0%} of the {total_s:.2f} s"
