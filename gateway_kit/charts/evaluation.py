"""Experiments side by side, and how far a judge agrees with people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from gateway_kit.charts.elements import add_grid, bar_style, label_bars, legend_below, set_headline
from gateway_kit.charts.figure import ChartFigure, empty_figure, new_figure
from gateway_kit.charts.theme import MARKERS, THEME
from gateway_kit.metrics.comparison import ALL, HIGHER, LOWER, TOO_FEW, UNDECIDED
from gateway_kit.metrics.intervals import LEAST_ITEMS, mean_interval

if TYPE_CHECKING:
    import pandas as pd

# Verdict → place of its colour, marker.
_VERDICTS = {HIGHER: (0, "o"), LOWER: (1, "s"), UNDECIDED: (2, "D"), TOO_FEW: (3, "^")}
_CELLS = {
    "both_pass": "both accept",
    "both_fail": "both refuse",
    "wrongly_passed": "only the judge accepts",
    "wrongly_failed": "only people accept",
}


def experiment_differences(comparison: pd.DataFrame, *, title: str = "") -> ChartFigure:
    """A point per score and group: the mean difference with its 95 % interval; right of the line, the second is higher.

    Args:
        comparison: The rows of `metrics.compare_experiments`.
        title: Replaces the headline.
    """
    figure, (axes,) = new_figure(height=1.9 + 0.42 * max(len(comparison), 2))
    if comparison.empty:
        return empty_figure(figure, "No item to compare")
    for verdict, (colour, marker) in _VERDICTS.items():
        part = comparison[comparison["verdict"] == verdict]
        if len(part):
            places = [int(place) for place in np.flatnonzero(comparison["verdict"] == verdict)]
            spread = [part["difference"] - part["low"], part["high"] - part["difference"]]
            look = THEME.colour(colour)
            axes.errorbar(
                part["difference"],
                places,
                xerr=spread,
                fmt=marker,
                ms=7,
                lw=2,
                capsize=4,
                color=look,
                label=verdict,
            )
    axes.axvline(0, color=THEME.muted, lw=1)
    several = comparison["score"].nunique() > 1
    labels = [
        f"{f'{row.score}: ' if several else ''}{row.group} (n={row.items})" for row in comparison.itertuples()
    ]
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)  # the first at the top
    add_grid(axes, "x")
    axes.set_xlabel("mean difference per item, after minus before, with its 95 % interval")
    legend_below(axes, columns=2)
    set_headline(axes, title or _differences_headline(comparison))
    return figure


def experiment_scores(experiments: Mapping[str, pd.DataFrame], score: str, *, title: str = "") -> ChartFigure:
    """A point per experiment: the mean of one score over its items, with its 95 % interval.

    Args:
        experiments: Name → rows of `tracing.evaluation.experiment_items`.
        score: Name of the score.
        title: Replaces the headline.
    """
    values = {name: _values(items, score) for name, items in experiments.items()}
    known = {name: scores for name, scores in values.items() if len(scores)}
    figure, (axes,) = new_figure(height=1.7 + 0.45 * max(len(known), 2))
    if not known:
        return empty_figure(figure, f"No item with the score {score}")
    means = [float(scores.mean()) for scores in known.values()]
    ends = [mean_interval(scores) for scores in known.values()]
    spread = np.array([[mean - low, high - mean] for mean, (low, high) in zip(means, ends, strict=True)]).T
    axes.errorbar(
        means, range(len(known)), xerr=spread, fmt=MARKERS[0], ms=7, lw=2, capsize=4, color=THEME.series[0]
    )
    for place, mean in enumerate(means):
        axes.annotate(f"{mean:.2f}", (mean, place), xytext=(0, 7), textcoords="offset points", ha="center",
                      fontsize=THEME.small_pt, color=THEME.text)  # fmt: skip
    axes.set_yticks(range(len(known)), [f"{name} (n={len(scores)})" for name, scores in known.items()])
    axes.set_ylim(len(known) - 0.4, -0.6)
    add_grid(axes, "x")
    axes.set_xlabel(f"mean of {score}, with its 95 % interval")
    set_headline(
        axes, title or _scores_headline(score, list(known), means, ends, min(map(len, known.values())))
    )
    return figure


def judge_agreement(agreement: pd.DataFrame, *, title: str = "") -> ChartFigure:
    """A bar per group of answers: the share that judge and people judge alike, and in which direction the judge errs.

    Args:
        agreement: The rows of `metrics.judge_agreement`.
        title: Replaces the headline.
    """
    figure, (axes,) = new_figure(height=1.9 + 0.5 * max(len(agreement), 2))
    if agreement.empty:
        return empty_figure(figure, "No answer was judged by both")
    places = range(len(agreement))
    left = np.zeros(len(agreement))
    for index, (column, label) in enumerate(_CELLS.items()):
        shares = (agreement[column] / agreement["answers"]).to_numpy()
        look = bar_style(index)
        drawn = axes.barh(places, shares, left=left, label=label, **look)
        label_bars(
            axes, drawn, [f"{share:.0%}" if share >= 0.06 else "" for share in shares], inside=look["color"]
        )
        left = left + shares
    axes.set_yticks(places, [f"{row.group} (n={row.answers})" for row in agreement.itertuples()])
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("share of the answers")
    legend_below(axes, columns=2)
    set_headline(axes, title or _agreement_headline(agreement))
    return figure


def _values(items: pd.DataFrame, score: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    found = [scores[score] for scores in items["scores"] if scores and score in scores]
    numbers = [float(value) for value in found if isinstance(value, bool | int | float)]
    return np.array(numbers, dtype="float64")


def _scores_headline(
    score: str, names: list[str], means: list[float], ends: list[tuple[float, float]], items: int
) -> str:
    """Who scores highest, if the intervals tell."""
    if len(names) == 1:
        return f"{names[0]}: {means[0]:.2f} on {score}"
    if items < LEAST_ITEMS:
        return f"Too few items to compare: an interval needs {LEAST_ITEMS}"
    best = int(np.argmax(means))
    if any(high >= ends[best][0] for place, (_, high) in enumerate(ends) if place != best):
        return f"The intervals of {score} overlap; compare the experiments item by item"
    return f"{names[best]} scores highest on {score}"


def _differences_headline(comparison: pd.DataFrame) -> str:
    """What holds for all items, and which groups went the other way."""
    said = []
    for score, part in comparison.groupby("score", sort=False):
        whole = part[part["group"] == ALL]
        groups = part[part["group"] != ALL]
        lower = list(groups.loc[groups["verdict"] == LOWER, "group"])
        verdict = whole["verdict"].iloc[0] if len(whole) else ""
        found = {
            HIGHER: "higher",
            LOWER: "lower",
            UNDECIDED: "no difference can be told",
            TOO_FEW: "too few items",
        }
        said.append(
            f"{score}: {found.get(verdict, 'by group')}"
            + (f", but lower for {', '.join(lower)}" if lower and verdict != LOWER else "")
        )
    return "; ".join(said)


def _agreement_headline(agreement: pd.DataFrame) -> str:
    whole = agreement[agreement["group"] == ALL]
    row = (whole if len(whole) else agreement).iloc[0]
    kappa = "" if np.isnan(row["kappa"]) else f" (kappa {row['kappa']:.2f})"
    return f"Judge and people agree on {row['agreed']:.0%} of {row['answers']} answers{kappa}"
