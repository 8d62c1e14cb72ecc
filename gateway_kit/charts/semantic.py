"""Similar questions: their similarities, what a threshold makes of labelled pairs, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from gateway_kit.caching.thresholds import cheapest, hits_at, threshold_table
from gateway_kit.charts.picture import PALETTE, Picture, empty_picture, legend_below, new_figure

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

_RIGHT, _WRONG, _MISSED = PALETTE[0], PALETTE[1], "#999999"


def similarity_grid(texts: Sequence[str], vectors: NDArray[np.float64], *, title: str = "") -> Picture:
    """A square per two texts: the cosine similarity of their vectors, -1 to 1; the darker, the more alike."""
    figure, (axes,) = new_figure(height=1.2 + 0.42 * max(len(texts), 2))
    if len(texts) == 0:
        return empty_picture(figure, "No text yet")
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = unit @ unit.T
    axes.imshow(similarity, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), value in np.ndenumerate(similarity):
        colour = "white" if value > 0.6 else "black"
        axes.text(column, row, f"{value:.2f}", ha="center", va="center", fontsize=9, color=colour)
    places = range(len(texts))
    axes.set_yticks(places, [f"{number + 1}  {text}" for number, text in enumerate(texts)])
    axes.set_xticks(places, [str(number + 1) for number in places])
    axes.set_xlabel("cosine similarity of the two texts' vectors")
    axes.set_title(title or _closest(similarity), fontsize=11)
    return figure


def similarity_by_kind(pairs: pd.DataFrame, threshold: float | None = None, *, title: str = "") -> Picture:
    """A dot per labelled pair: its similarity, by kind; blue where sharing an answer is right, orange where wrong.

    Dots right of the line would hit at `threshold`. `pairs` has kind, same and similarity.
    """
    kinds = list(dict.fromkeys(pairs["kind"]))
    figure, (axes,) = new_figure(height=1.4 + 0.3 * max(len(kinds), 2))
    if not kinds:
        return empty_picture(figure, "No pair yet")
    for place, kind in enumerate(kinds):
        here = pairs[pairs["kind"] == kind]
        # Spread within the row, the same way each time.
        spread = np.linspace(-0.28, 0.28, max(len(here), 2))[: len(here)]
        colours = [_RIGHT if same else _WRONG for same in here["same"]]
        axes.scatter(here["similarity"], place + spread, s=20, c=colours, alpha=0.8)
    axes.set_yticks(range(len(kinds)), [f"{kind} (n={int((pairs['kind'] == kind).sum())})" for kind in kinds])
    axes.invert_yaxis()
    axes.set_xlim(min(-0.1, float(pairs["similarity"].min()) - 0.02), 1.02)
    axes.set_xlabel("cosine similarity of the two questions")
    axes.scatter([], [], color=_RIGHT, label="one answer is right for both")
    axes.scatter([], [], color=_WRONG, label="the kept answer would be wrong")
    found = "Near misses look as alike as paraphrases"
    if threshold is not None:
        axes.axvline(threshold, color="black", lw=1, label=f"threshold {threshold:.2f}")
        right = pairs.loc[hits_at(pairs, threshold), "same"]
        found = f"At {threshold:.2f}: {int(right.sum())} right hits, {int((~right).sum())} wrong ones"
    legend_below(axes, columns=3)
    axes.set_title(title or found, fontsize=11)
    return figure


def threshold_costs(
    pairs: pd.DataFrame, *, wrong_usd: float, call_usd: float, threshold: float | None = None, title: str = ""
) -> Picture:
    """Two pictures over the threshold: precision and recall, and US dollars per 1,000 questions.

    The line is `threshold`, where one is given; the dot is the threshold that costs least at these prices.
    """
    figure, (left, right) = new_figure(ncols=2, height=3.6)
    if pairs.empty:
        return empty_picture(figure, "No pair yet")
    table = threshold_table(pairs, wrong_usd=wrong_usd, call_usd=call_usd)
    best = cheapest(table)
    left.plot(
        table["threshold"], table["precision"], color=PALETTE[0], label="precision: right hits of all hits"
    )
    left.plot(
        table["threshold"],
        table["recall"],
        color=PALETTE[2],
        ls="--",
        label="recall: right hits of all possible ones",
    )
    left.set_ylim(0, 1.05)
    left.set_ylabel("share")
    right.plot(table["threshold"], table["cost_usd"], color=PALETTE[1], label="wrong hits and provider calls")
    right.axhline(1000 * call_usd, color=_MISSED, lw=1, ls=":", label="without a cache")
    right.plot(
        [best["threshold"]], [best["cost_usd"]], "o", color="black", label=f"least at {best['threshold']:.2f}"
    )
    right.set_ylim(0, _top(table["cost_usd"], call_usd))
    right.set_ylabel("USD per 1,000 questions")
    for axes in (left, right):
        axes.set_xlabel(f"similarity threshold (n={len(pairs)} pairs)")
        if threshold is not None:
            axes.axvline(threshold, color="black", lw=1)
    _legends(figure, left, right)
    if threshold is not None:
        left.set_title(_shares_at(pairs, threshold), fontsize=11)
    else:
        left.set_title("What raises one lowers the other", fontsize=11)
    right.set_title(title or f"Least cost at {best['threshold']:.2f}", fontsize=11)
    return figure


def _closest(similarity: NDArray[np.float64]) -> str:
    """The finding: which two different texts are closest."""
    if len(similarity) < 2:
        return "One text"
    others = similarity - 2 * np.eye(len(similarity))
    one, other = sorted(int(i) for i in np.unravel_index(int(np.argmax(others)), others.shape))
    return f"{one + 1} and {other + 1} are closest: {similarity[one, other]:.2f}"


def _shares_at(pairs: pd.DataFrame, threshold: float) -> str:
    row = threshold_table(pairs, [threshold]).iloc[0]
    if not row["hits"]:
        return f"At {threshold:.2f} nothing hits"
    return f"At {threshold:.2f}: precision {row['precision']:.0%}, recall {row['recall']:.0%}"


def _top(cost_usd: pd.Series[float], call_usd: float) -> float:
    """The upper end of the cost axis: what is dear at low thresholds must not flatten the rest."""
    return max(float(cost_usd.max()), 1000 * call_usd, 1e-9) * 1.08


def _legends(figure: Picture, left: Axes, right: Axes) -> None:
    handles = [*left.get_legend_handles_labels()[0], *right.get_legend_handles_labels()[0]]
    labels = [*left.get_legend_handles_labels()[1], *right.get_legend_handles_labels()[1]]
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
