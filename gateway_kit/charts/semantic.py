"""Similarities of questions, and what a semantic cache's threshold does and costs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap, to_hex

from gateway_kit.caching.thresholds import cheapest, exact_cost_usd, hits_at, threshold_table
from gateway_kit.charts.elements import add_grid, label_with_n, legend_below, set_headline
from gateway_kit.charts.figure import ChartFigure, empty_figure, new_figure
from gateway_kit.charts.theme import THEME

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

# Characters of a text in one line at the axis.
_LINE = 56


def similarity_grid(texts: Sequence[str], vectors: NDArray[np.float64], *, title: str = "") -> ChartFigure:
    """The cosine similarity of every two texts, -1 to 1, as a grid; the darker, the more similar.

    Args:
        texts: One line and one column each.
        vectors: An embedding per text.
        title: Replaces the headline.
    """
    figure, (axes,) = new_figure(height=1.4 + 0.42 * max(len(texts), 2))
    if len(texts) == 0:
        return empty_figure(figure, "No text yet")
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = unit @ unit.T
    shade = LinearSegmentedColormap.from_list("alike", [THEME.background, THEME.series[0]])
    axes.imshow(similarity, cmap=shade, vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(similarity):
        colour = THEME.on(to_hex(shade(max(float(value), 0.0))))
        axes.text(
            column, row, f"{value:.2f}", ha="center", va="center", fontsize=THEME.small_pt, color=colour
        )
    places = range(len(texts))
    axes.set_yticks(
        places, [textwrap.fill(f"{number}  {text}", _LINE) for number, text in enumerate(texts, start=1)]
    )
    axes.set_xticks(places, [str(number + 1) for number in places])
    axes.set_xlabel("cosine similarity of two texts' vectors")
    set_headline(axes, title or _closest(similarity))
    return figure


def similarity_by_kind(
    pairs: pd.DataFrame, threshold: float | None = None, *, title: str = ""
) -> ChartFigure:
    """A mark per labelled pair at its similarity, by kind: a dot if one answer is right for both, else a cross.

    Args:
        pairs: Columns kind, same and similarity.
        threshold: Drawn as a line: pairs to its right would hit.
        title: Replaces the headline.
    """
    kinds = list(dict.fromkeys(pairs["kind"]))
    figure, (axes,) = new_figure(height=1.8 + 0.32 * max(len(kinds), 2))
    if not kinds:
        return empty_figure(figure, "No pair yet")
    marks: dict[bool, dict[str, Any]] = {
        True: {"marker": "o", "color": THEME.series[0]},
        False: {"marker": "x", "color": THEME.series[1]},
    }
    for place, kind in enumerate(kinds):
        here = pairs[pairs["kind"] == kind]
        # Spread within the row, the same way each time.
        spread = np.linspace(-0.28, 0.28, max(len(here), 2))[: len(here)]
        for same, mark in marks.items():
            at = (here["same"] == same).to_numpy()
            axes.scatter(here["similarity"][at], place + spread[at], s=22, **mark)
    axes.set_yticks(
        range(len(kinds)), [label_with_n(kind, int((pairs["kind"] == kind).sum())) for kind in kinds]
    )
    axes.invert_yaxis()  # the first kind at the top
    axes.set_xlim(min(-0.1, float(pairs["similarity"].min()) - 0.02), 1.02)
    axes.set_xlabel("cosine similarity of the two questions")
    axes.scatter([], [], label="one answer is right for both", **marks[True])
    axes.scatter([], [], label="the cached answer would be wrong", **marks[False])
    headline = _overlap(pairs)
    if threshold is not None:
        axes.axvline(threshold, color=THEME.text, lw=1, label=f"threshold {threshold:.2f}")
        right = pairs.loc[hits_at(pairs, threshold), "same"]
        headline = f"At {threshold:.2f}: {int(right.sum())} right hits, {int((~right).sum())} wrong ones"
    legend_below(axes, columns=3)
    set_headline(axes, title or headline)
    return figure


def threshold_costs(
    pairs: pd.DataFrame,
    *,
    wrong_usd: float,
    call_usd: float,
    threshold: float | None = None,
) -> ChartFigure:
    """Precision and recall by threshold, and US dollars per 1,000 questions.

    `threshold` is drawn as a line. The dot is the threshold that costs least at these prices; the dotted line is what
    an exact cache costs, which answers only what is repeated word for word.
    """
    figure, (left, right) = new_figure(ncols=2, height=4.2)
    if pairs.empty:
        return empty_figure(figure, "No pair yet")
    table = threshold_table(pairs, wrong_usd=wrong_usd, call_usd=call_usd)
    best = cheapest(table)
    looks: list[dict[str, Any]] = [
        {"color": THEME.series[0], "lw": 2, "label": "precision: right hits / all hits"},
        {"color": THEME.series[2], "lw": 2, "ls": "--", "label": "recall: right hits / possible hits"},
        {"color": THEME.series[1], "lw": 2, "ls": "-.", "label": "wrong hits and calls to the provider"},
        {"color": THEME.text, "lw": 1, "ls": ":", "label": "the same with an exact cache"},
        {"color": THEME.text, "ls": "", "marker": "o", "label": f"least cost, at {best['threshold']:.2f}"},
    ]
    precise, recalled, paid, exact, least = looks
    left.plot(table["threshold"], table["precision"], **precise)
    left.plot(table["threshold"], table["recall"], **recalled)
    left.set_ylim(0, 1.05)
    left.set_ylabel("share")
    right.plot(table["threshold"], table["cost_usd"], **paid)
    exact_usd = exact_cost_usd(pairs, call_usd)
    right.axhline(exact_usd, **exact)
    right.plot([best["threshold"]], [best["cost_usd"]], **least)
    right.set_ylim(0, max(float(table["cost_usd"].max()), exact_usd, 1e-9) * 1.08)
    right.set_ylabel("USD per 1,000 questions")
    for axes in (left, right):
        axes.set_xlabel(f"threshold (n={len(pairs)} pairs)")
        add_grid(axes)
        if threshold is not None:
            axes.axvline(threshold, color=THEME.text, lw=1)
    for look in (paid, exact, least):  # one legend for both
        left.plot([], [], **look)
    legend_below(left)
    set_headline(left, _shares_at(pairs, float(best["threshold"]) if threshold is None else threshold))
    set_headline(right, f"Least cost at {best['threshold']:.2f}")
    return figure


def _closest(similarity: NDArray[np.float64]) -> str:
    """Which two texts are most similar."""
    if len(similarity) < 2:
        return "One text"
    others = similarity - 3 * np.eye(len(similarity))
    one, other = sorted(int(i) for i in np.unravel_index(int(np.argmax(others)), others.shape))
    return f"{one + 1} and {other + 1} are closest: {similarity[one, other]:.2f}"


def _overlap(pairs: pd.DataFrame) -> str:
    """How many wrong pairs are more similar than half of the right ones."""
    right, wrong = (pairs.loc[pairs["same"] == same, "similarity"] for same in (True, False))
    if right.empty or wrong.empty:
        return "No right and wrong pairs to compare"
    closer = int((wrong > right.median()).sum())
    return f"{closer} of {len(wrong)} wrong pairs are more similar than half of the right ones"


def _shares_at(pairs: pd.DataFrame, threshold: float) -> str:
    row = threshold_table(pairs, [threshold]).iloc[0]
    if not row["hits"]:
        return f"At {threshold:.2f} nothing hits"
    return f"At {threshold:.2f}: precision {row['precision']:.0%}, recall {row['recall']:.0%}"
