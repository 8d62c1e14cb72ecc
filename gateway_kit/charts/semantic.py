"""Similar questions: their similarities, what a threshold makes of labelled pairs, and what it costs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_hex

from gateway_kit.charts.parts import grid, legend_below, named, set_headline
from gateway_kit.charts.picture import Picture, empty_picture, new_figure
from gateway_kit.charts.theme import LIGHT, Theme

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

# `gateway_kit.caching` brings the clients with it, seconds of start that a process which only draws does not need: its
# functions are imported by those that call them.

# Letters of a text in one line at the axis.
_WIDE, _NARROW = 56, 16


def similarity_grid(
    texts: Sequence[str], vectors: NDArray[np.float64], *, title: str = "", theme: Theme = LIGHT
) -> Picture:
    """A square per two texts: the cosine similarity of their vectors, -1 to 1; the stronger, the more alike."""
    line = 0.6 if theme.is_narrow else 0.42
    figure, (axes,) = new_figure(height=1.4 + line * max(len(texts), 2), theme=theme)
    if len(texts) == 0:
        return empty_picture(figure, "No text yet")
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = unit @ unit.T
    shade = LinearSegmentedColormap.from_list("alike", [theme.paper, theme.series[0]])
    axes.imshow(similarity, cmap=shade, vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(similarity):
        colour = theme.on(to_hex(shade(max(float(value), 0.0))))
        axes.text(
            column, row, f"{value:.2f}", ha="center", va="center", fontsize=theme.small_pt, color=colour
        )
    width = _NARROW if theme.is_narrow else _WIDE
    places = range(len(texts))
    axes.set_yticks(
        places, [textwrap.fill(f"{number}  {text}", width) for number, text in enumerate(texts, start=1)]
    )
    axes.set_xticks(places, [str(number + 1) for number in places])
    axes.set_xlabel("cosine similarity of two texts' vectors")
    set_headline(axes, title or _closest(similarity))
    return figure


def similarity_by_kind(
    pairs: pd.DataFrame, threshold: float | None = None, *, title: str = "", theme: Theme = LIGHT
) -> Picture:
    """A mark per labelled pair: its similarity, by kind; a dot where sharing an answer is right, a cross where wrong.

    What lies right of the line would hit at `threshold`. `pairs` has kind, same and similarity.
    """
    kinds = list(dict.fromkeys(pairs["kind"]))
    figure, (axes,) = new_figure(height=1.8 + 0.32 * max(len(kinds), 2), theme=theme)
    if not kinds:
        return empty_picture(figure, "No pair yet")
    marks: dict[bool, dict[str, Any]] = {
        True: {"marker": "o", "color": theme.series[0]},
        False: {"marker": "x", "color": theme.series[1]},
    }
    for place, kind in enumerate(kinds):
        here = pairs[pairs["kind"] == kind]
        # Spread within the row, the same way each time.
        spread = np.linspace(-0.28, 0.28, max(len(here), 2))[: len(here)]
        for same, mark in marks.items():
            at = (here["same"] == same).to_numpy()
            axes.scatter(here["similarity"][at], place + spread[at], s=22, **mark)
    axes.set_yticks(
        range(len(kinds)), [named(kind, int((pairs["kind"] == kind).sum()), theme) for kind in kinds]
    )
    axes.invert_yaxis()  # the first kind on top
    axes.set_xlim(min(-0.1, float(pairs["similarity"].min()) - 0.02), 1.02)
    axes.set_xlabel("cosine similarity of the two questions")
    axes.scatter([], [], label="one answer is right for both", **marks[True])
    axes.scatter([], [], label="the kept answer would be wrong", **marks[False])
    found = _overlap(pairs)
    if threshold is not None:
        axes.axvline(threshold, color=theme.ink, lw=1, label=f"threshold {threshold:.2f}")
        from gateway_kit.caching.thresholds import hits_at

        right = pairs.loc[hits_at(pairs, threshold), "same"]
        found = f"At {threshold:.2f}: {int(right.sum())} right hits, {int((~right).sum())} wrong ones"
    legend_below(axes, columns=3)
    set_headline(axes, title or found)
    return figure


def threshold_costs(
    pairs: pd.DataFrame,
    *,
    wrong_usd: float,
    call_usd: float,
    threshold: float | None = None,
    title: str = "",
    theme: Theme = LIGHT,
) -> Picture:
    """Two pictures over the threshold: precision and recall, and US dollars per 1,000 questions.

    The line is `threshold`, where one is given; the dot is the threshold that costs least at these prices. `title` is
    that of the costs.
    """
    figure, (left, right) = new_figure(ncols=2, height=4.2, theme=theme)
    if pairs.empty:
        return empty_picture(figure, "No pair yet")
    from gateway_kit.caching.thresholds import (
        cheapest,
        threshold_table,
    )

    table = threshold_table(pairs, wrong_usd=wrong_usd, call_usd=call_usd)
    best = cheapest(table)
    looks: list[dict[str, Any]] = [
        {"color": theme.series[0], "lw": 2, "label": "precision: right hits of all hits"},
        {"color": theme.series[2], "lw": 2, "ls": "--", "label": "recall: right hits of all that could be"},
        {"color": theme.series[1], "lw": 2, "ls": "-.", "label": "wrong hits and calls to the provider"},
        {"color": theme.ink, "lw": 1, "ls": ":", "label": "the same without a cache"},
        {"color": theme.ink, "ls": "", "marker": "o", "label": f"least cost, at {best['threshold']:.2f}"},
    ]
    precise, recalled, paid, free, least = looks
    left.plot(table["threshold"], table["precision"], **precise)
    left.plot(table["threshold"], table["recall"], **recalled)
    left.set_ylim(0, 1.05)
    left.set_ylabel("share")
    right.plot(table["threshold"], table["cost_usd"], **paid)
    right.axhline(1000 * call_usd, **free)
    right.plot([best["threshold"]], [best["cost_usd"]], **least)
    right.set_ylim(0, max(float(table["cost_usd"].max()), 1000 * call_usd, 1e-9) * 1.08)
    right.set_ylabel("USD per 1,000 questions")
    for axes in (left, right):
        axes.set_xlabel(f"threshold (n={len(pairs)} pairs)")
        grid(axes)
        if threshold is not None:
            axes.axvline(threshold, color=theme.ink, lw=1)
    for look in (paid, free, least):  # one legend for both
        left.plot([], [], **look)
    legend_below(left)
    set_headline(left, _shares_at(pairs, float(best["threshold"]) if threshold is None else threshold))
    set_headline(right, title or f"Least cost at {best['threshold']:.2f}")
    return figure


def _closest(similarity: NDArray[np.float64]) -> str:
    """The headline: which two different texts are closest."""
    if len(similarity) < 2:
        return "One text"
    others = similarity - 3 * np.eye(len(similarity))
    one, other = sorted(int(i) for i in np.unravel_index(int(np.argmax(others)), others.shape))
    return f"{one + 1} and {other + 1} are closest: {similarity[one, other]:.2f}"


def _overlap(pairs: pd.DataFrame) -> str:
    """The headline: how far the pairs that must not share an answer reach into those that may."""
    right, wrong = (pairs.loc[pairs["same"] == same, "similarity"] for same in (True, False))
    if right.empty or wrong.empty:
        return "Nothing to tell apart"
    closer = int((wrong > right.median()).sum())
    return f"{closer} of {len(wrong)} wrong pairs are closer than half of the right ones"


def _shares_at(pairs: pd.DataFrame, threshold: float) -> str:
    from gateway_kit.caching.thresholds import threshold_table

    row = threshold_table(pairs, [threshold]).iloc[0]
    if not row["hits"]:
        return f"At {threshold:.2f} nothing hits"
    return f"At {threshold:.2f}: precision {row['precision']:.0%}, recall {row['recall']:.0%}"
