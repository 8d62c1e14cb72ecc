"""A trace's timeline, and what the models of many traces took and cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway_kit.charts.parts import (
    bar_of,
    draw_bars,
    label_bars,
    legend_below,
    named,
    room_for_labels,
    set_headline,
)
from gateway_kit.charts.picture import Picture, empty_picture, new_figure
from gateway_kit.charts.theme import LIGHT, Theme

if TYPE_CHECKING:
    import pandas as pd

_MODEL_CALLS = ("GENERATION", "EMBEDDING")
# Kind of observation and number of its colour.
_KINDS = {"the application": 5, "a call of a model": 0, "failed": 1}


def trace_timeline(tree: pd.DataFrame, *, title: str = "", theme: Theme = LIGHT) -> Picture:
    """A bar per observation of one trace, from its start to its end, in seconds since the trace began.

    `tree` has the rows of `tracing.trace_tree(trace_id).frame()`; a name is indented as deep as it is nested.
    """
    figure, (axes,) = new_figure(height=1.7 + 0.38 * max(len(tree), 3), theme=theme)
    if tree.empty:
        return empty_picture(figure, "No observation in this trace")
    kinds = tree["type"].isin(_MODEL_CALLS).map({True: "a call of a model", False: "the application"})
    kinds = kinds.mask(tree["level"] == "ERROR", "failed")
    latency_s = tree["latency_s"].fillna(0.0)
    for kind, index in _KINDS.items():
        here = kinds == kind
        if here.any():
            places = [place for place, there in enumerate(here) if there]
            look = bar_of(theme, index)
            starts_s, lasted_s = tree["offset_s"][here], latency_s[here]
            drawn = axes.barh(places, lasted_s, left=starts_s, label=kind, height=0.7, **look)
            label_bars(axes, drawn, [f"{value:.2f} s" for value in lasted_s])
    names = [_indented(row, theme) for _, row in tree.iterrows()]
    axes.set_yticks(range(len(tree)), names, ha="left")
    # Labels are flush left, so that the indentation shows; this is the room that the longest one needs.
    axes.tick_params(axis="y", length=0, pad=0.56 * theme.text_pt * max(map(len, names)) + 6)
    axes.invert_yaxis()  # the root on top
    total_s = float((tree["offset_s"] + latency_s).max())
    room_for_labels(axes, [max(total_s, 1e-3)], [f"{total_s:.2f} s"])
    axes.set_xlabel(f"seconds since the trace began (n={len(tree)} observations)")
    legend_below(axes, columns=3)
    set_headline(axes, title or _longest(tree, total_s))
    return figure


def cost_and_latency_by_model(by_model: pd.DataFrame, *, theme: Theme = LIGHT) -> Picture:
    """Per model side by side: latency at p50 and p95 (seconds), and the cost of all its calls (thousandths of a USD).

    `by_model` has the rows of `tracing.cost_and_latency("model")`.
    """
    known = by_model[by_model["observations"] > 0].sort_values("cost_usd", ascending=False)
    figure, (left, right) = new_figure(ncols=2, height=1.8 + 0.6 * max(len(known), 2), theme=theme)
    if known.empty:
        return empty_picture(figure, "No call of a model yet")
    places = range(len(known))
    names = [named(m, n, theme) for m, n in zip(known["model"], known["observations"], strict=True)]
    for shift, name, colour in ((-0.2, "p50", theme.shades[0]), (0.2, "p95", theme.shades[2])):
        latency_s = list(known[f"latency_{name}_s"])
        drawn = left.barh(
            [place + shift for place in places], latency_s, height=0.38, color=colour, label=name
        )
        label_bars(left, drawn, [f"{value:.2f} s" for value in latency_s])
    left.set_yticks(places, names)
    room_for_labels(left, [max(float(known["latency_p95_s"].max()), 1e-3)], ["00.00 s"])
    left.set_xlabel("latency in seconds")
    draw_bars(right, names, list(known["cost_usd"] * 1000), "cost in thousandths of a USD", "{:.4f}")
    if figure.columns > 1:
        right.set_yticklabels([])  # the names are there already
    for axes in (left, right):
        axes.invert_yaxis()  # the dearest on top
    legend_below(left)
    slowest = known.sort_values("latency_p95_s").iloc[-1]
    set_headline(left, f"{_bare(slowest['model'])} is slowest")
    set_headline(right, _dearest(known))
    return figure


def _indented(row: pd.Series, theme: Theme) -> str:
    """A name with as many spaces as it is deep; what is longer than there is room for loses its end."""
    depth, most = int(row["depth"]), 22 if theme.is_narrow else 48
    name = ("  " if theme.is_narrow else "    ") * depth
    name += row["name"] if isinstance(row["name"], str) else "(no name)"
    return name if len(name) <= most else name[: most - 1] + "…"


def _bare(model: str) -> str:
    """A model without its provider, for a title."""
    return model.rsplit("/", 1)[-1]


def _dearest(known: pd.DataFrame) -> str:
    """The headline of the costs: which model has the largest share; `known` has the dearest first."""
    first, total_usd = known.iloc[0], float(known["cost_usd"].sum())
    if not total_usd:
        return "Nothing was charged"
    return f"{_bare(first['model'])} costs {first['cost_usd'] / total_usd:.0%} of it all"


def _longest(tree: pd.DataFrame, total_s: float) -> str:
    """The headline of a timeline: which call of a model takes longest, or how long it all took."""
    calls = tree[tree["type"].isin(_MODEL_CALLS) & tree["latency_s"].notna()]
    if calls.empty or not total_s:
        return f"The trace took {total_s:.2f} s"
    longest = calls.sort_values("latency_s").iloc[-1]
    share = longest["latency_s"] / total_s
    return f"The longest call of a model, {longest['name']}, takes {share:.0%} of the {total_s:.2f} s"
