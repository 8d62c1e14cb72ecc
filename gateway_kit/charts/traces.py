"""A trace's timeline, and what the models of many traces took and cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway_kit.charts.picture import PALETTE, Picture, empty_picture, legend_below, new_figure

if TYPE_CHECKING:
    import pandas as pd

_MODEL_CALLS = ("GENERATION", "EMBEDDING")
_COLOURS = {"the application": PALETTE[5], "a call of a model": PALETTE[0], "failed": PALETTE[1]}


def trace_timeline(tree: pd.DataFrame, *, title: str = "") -> Picture:
    """A bar per observation of one trace, from its start to its end, in seconds since the trace began.

    `tree` has the rows of `tracing.trace_tree(trace_id).frame()`; a name is indented as deep as it is nested.
    """
    figure, (axes,) = new_figure(height=1.5 + 0.34 * max(len(tree), 3))
    if tree.empty:
        return empty_picture(figure, "No observation in this trace")
    kinds = tree["type"].isin(_MODEL_CALLS).map({True: "a call of a model", False: "the application"})
    kinds = kinds.mask(tree["level"] == "ERROR", "failed")
    latency_s = tree["latency_s"].fillna(0.0)
    for kind, colour in _COLOURS.items():
        here = kinds == kind
        if here.any():
            places = [place for place, there in enumerate(here) if there]
            drawn = axes.barh(
                places, latency_s[here], left=tree["offset_s"][here], color=colour, label=kind, height=0.7
            )
            axes.bar_label(drawn, [f"{value:.2f} s" for value in latency_s[here]], padding=4, fontsize=9)
    axes.set_yticks(range(len(tree)), [_indented(row) for _, row in tree.iterrows()], ha="left")
    axes.tick_params(axis="y", length=0, pad=_label_width(tree))
    axes.invert_yaxis()  # the root on top
    total_s = float((tree["offset_s"] + latency_s).max())
    axes.set_xlim(0, max(total_s, 1e-3) * 1.12)
    axes.set_xlabel(f"seconds since the trace began (n={len(tree)} observations)")
    legend_below(axes, columns=3)
    axes.set_title(title or _longest(tree, total_s), fontsize=11)
    return figure


def cost_and_latency_by_model(by_model: pd.DataFrame) -> Picture:
    """Per model side by side: latency at p50 and p95 (seconds), and the cost of all its calls (thousandths of a USD).

    `by_model` has the rows of `tracing.cost_and_latency("model")`.
    """
    known = by_model[by_model["observations"] > 0].sort_values("cost_usd", ascending=False)
    figure, (left, right) = new_figure(ncols=2, height=1.6 + 0.5 * max(len(known), 2))
    if known.empty:
        return empty_picture(figure, "No call of a model yet")
    places = range(len(known))
    names = [f"{m} (n={n})" for m, n in zip(known["model"], known["observations"], strict=True)]
    for shift, name, colour in ((-0.2, "p50", PALETTE[5]), (0.2, "p95", PALETTE[0])):
        latency_s = list(known[f"latency_{name}_s"])
        drawn = left.barh(
            [place + shift for place in places], latency_s, height=0.38, color=colour, label=name
        )
        left.bar_label(drawn, [f"{value:.2f} s" for value in latency_s], padding=4, fontsize=9)
    left.set_yticks(places, names)
    left.set_xlim(0, max(float(known["latency_p95_s"].max()), 1e-3) * 1.25)
    left.set_xlabel("latency in seconds")
    cost = list(known["cost_usd"] * 1000)
    right.bar_label(
        right.barh(places, cost, color=PALETTE[2]), [f"{value:.4f}" for value in cost], padding=4, fontsize=9
    )
    right.set_yticks(places, names)
    right.set_xlim(0, max([*cost, 1e-12]) * 1.25)
    right.set_xlabel("cost of these calls in thousandths of a USD")
    right.set_yticklabels([])
    for axes in (left, right):
        axes.invert_yaxis()  # the dearest on top
    legend_below(left)
    slowest = known.sort_values("latency_p95_s").iloc[-1]
    left.set_title(f"{_bare(slowest['model'])} is slowest", fontsize=11)
    right.set_title(_dearest(known), fontsize=11)
    return figure


def _indented(row: pd.Series) -> str:
    return "    " * int(row["depth"]) + (row["name"] if isinstance(row["name"], str) else "(no name)")


def _label_width(tree: pd.DataFrame) -> float:
    """Room for the longest label, in points: labels are flush left, so that the indentation shows."""
    return 5.2 * max(len(_indented(row)) for _, row in tree.iterrows()) + 6


def _bare(model: str) -> str:
    """A model without its provider, for a title."""
    return model.rsplit("/", 1)[-1]


def _dearest(known: pd.DataFrame) -> str:
    """The finding of the costs: which model has the largest share; `known` has the dearest first."""
    first, total_usd = known.iloc[0], float(known["cost_usd"].sum())
    if not total_usd:
        return "Nothing was charged"
    return f"{_bare(first['model'])} costs {first['cost_usd'] / total_usd:.0%} of it all"


def _longest(tree: pd.DataFrame, total_s: float) -> str:
    """The finding of a timeline: which call of a model takes longest, or how long it all took."""
    calls = tree[tree["type"].isin(_MODEL_CALLS) & tree["latency_s"].notna()]
    if calls.empty or not total_s:
        return f"The trace took {total_s:.2f} s"
    longest = calls.sort_values("latency_s").iloc[-1]
    share = longest["latency_s"] / total_s
    return f"The longest call of a model, {longest['name']}, takes {share:.0%} of the {total_s:.2f} s"
