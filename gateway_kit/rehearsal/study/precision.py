"""From labels of pairs to the precision of each threshold, what it saves and whether it pays. Pure functions.

What was labelled is known. Of the rest of a band (the near hits between two thresholds) the labelled pairs of that band
tell the share of right answers: a Beta distribution from Jeffreys' prior, so that few labels give a wide interval, and
no label the widest. Intervals are of 95 %, by seeded draws.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gateway_kit.common.tables import Column, Table
from gateway_kit.common.words import counted
from gateway_kit.rehearsal.study.tally import Tally

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

HIT_RATES = Table(
    Column("threshold", "float64", "the least cosine similarity at which the kept answer is taken"),
    Column("calls", "int64", "calls of the log that a cache could have answered"),
    Column("exact_hits", "int64", "calls answered by what was kept for the very same text"),
    Column("near_hits", "int64", "calls answered by what was kept for another text"),
    Column("hit_rate", "float64", "both, as a share of the calls"),
    Column("saved_usd", "float64", "US dollars that these hits would have saved, right or wrong"),
    Column("saved_s", "float64", "seconds that these hits would have saved, all calls together"),
)

PAYS = Table(
    *HIT_RATES,
    Column("labels", "int64", "labelled pairs that are at least so similar"),
    Column("precision", "float64", "share of right answers among the near hits; missing without a label"),
    Column("precision_low", "float64", "lower end of its 95 % interval"),
    Column("precision_high", "float64", "upper end of its 95 % interval"),
    Column("wrong_hits", "float64", "near hits whose answer is wrong; missing without a label"),
    Column("net_usd", "float64", "US dollars more than an exact cache saves, less what wrong answers cost"),
    Column("net_low_usd", "float64", "lower end of its 95 % interval"),
    Column("net_high_usd", "float64", "upper end of its 95 % interval"),
)

_DRAWS = 4000
_CALLS, _USD, _SECONDS = range(3)


@dataclass(frozen=True)
class LabelledPair:
    """A pair with its label. `worth` is what its hits come to by threshold: shape (thresholds, 3)."""

    band: int
    same: bool
    worth: NDArray[np.float64]


def hit_rates(tally: Tally, thresholds: Sequence[float]) -> pd.DataFrame:
    """A row for each threshold; see `HIT_RATES`."""
    return HIT_RATES.frame(_hit_rows(tally, thresholds))


def _hit_rows(tally: Tally, thresholds: Sequence[float]) -> list[dict[str, float]]:
    near = tally.near.sum(axis=1)
    both = tally.exact + near
    return [
        {
            "threshold": threshold,
            "calls": tally.calls[_CALLS],
            "exact_hits": tally.exact[level, _CALLS],
            "near_hits": near[level, _CALLS],
            "hit_rate": both[level, _CALLS] / tally.calls[_CALLS],
            "saved_usd": both[level, _USD],
            "saved_s": both[level, _SECONDS],
        }
        for level, threshold in enumerate(thresholds)
    ]


def what_pays(
    tally: Tally,
    thresholds: Sequence[float],
    labelled: Sequence[LabelledPair],
    *,
    wrong_usd: float,
    question_usd: float = 0.0,
    seed: int = 7,
) -> pd.DataFrame:
    """A row for each threshold; see `PAYS`.

    Args:
        tally: the hits.
        thresholds: as the tally has them.
        labelled: the pairs with their labels.
        wrong_usd: what a wrong answer costs, in US dollars.
        question_usd: what embedding one question costs, in US dollars.
        seed: of the draws.

    Raises:
        ValueError: a price is invalid.
    """
    for name, usd in (("wrong_usd", wrong_usd), ("question_usd", question_usd)):
        if not (math.isfinite(usd) and usd >= 0):
            raise ValueError(f"{name}={usd!r}: must be a price of 0 or more US dollars")
    share = _drawn_shares(len(thresholds), labelled, seed)
    near = tally.near[:, :, _CALLS]
    known = np.zeros_like(near)
    right = np.zeros(len(thresholds))
    for pair in labelled:
        known[:, pair.band] += pair.worth[:, _CALLS]
        right += pair.worth[:, _CALLS] * pair.same
    rest = np.maximum(near - known, 0.0)
    drawn_right = right + share @ rest.T  # a row for each draw, a column for each threshold
    total = near.sum(axis=1)
    extra_usd = tally.exact[:, _USD] + tally.near[:, :, _USD].sum(axis=1) - tally.plain[_USD]
    wrong = total - drawn_right
    net = extra_usd - wrong * wrong_usd - question_usd * tally.calls[_CALLS]
    rows = _hit_rows(tally, thresholds)
    for level, row in enumerate(rows):
        labels = sum(pair.band >= level for pair in labelled)
        row["labels"] = labels
        if total[level] == 0:  # nothing to be wrong
            row |= {"wrong_hits": 0.0, **_interval("net", "_usd", net[:, level])}
        elif labels:
            row |= {"wrong_hits": wrong[:, level].mean(), **_interval("net", "_usd", net[:, level])}
            row |= _interval("precision", "", drawn_right[:, level] / total[level])
    return PAYS.frame(rows)


def _drawn_shares(bands: int, labelled: Sequence[LabelledPair], seed: int) -> NDArray[np.float64]:
    """Draws of the share of right answers in each band: shape (draws, bands)."""
    counts = np.full((2, bands), 0.5)
    for pair in labelled:
        counts[0 if pair.same else 1, pair.band] += 1
    return np.random.default_rng(seed).beta(counts[0], counts[1], size=(_DRAWS, bands))


def _interval(name: str, unit: str, draws: NDArray[np.float64]) -> dict[str, float]:
    low, high = np.percentile(draws, [2.5, 97.5])
    # A sum of what is known for sure has no width but for rounding.
    return {f"{name}{unit}": float(draws.mean()), f"{name}_low{unit}": low, f"{name}_high{unit}": high}


def verdict(table: pd.DataFrame, wrong_usd: float) -> str:
    """The threshold that pays, or that none does, as sentences."""
    price = f"a wrong answer costs {money(wrong_usd)}"
    if table["saved_usd"].isna().any():
        return (
            "The log has no costs, so nothing says what a hit saves. Give the price of a call: "
            "study_cache(…, call_usd=0.002), or --call-usd 0.002"
        )
    if not table["near_hits"].any():
        lowest = table["threshold"].min()
        return f"No threshold from {lowest:g} on adds a hit to those of an exact cache: no two questions are so alike."
    judged = table[table["net_usd"].notna() & (table["near_hits"] > 0)]
    if judged.empty:
        return (
            "No pair is labelled yet, so nothing says how often the answers would be right. Label some first."
        )
    sure = judged[judged["net_low_usd"] > 0]
    best = (sure if len(sure) else judged).sort_values(["net_usd", "threshold"]).iloc[-1]
    if len(sure):
        return f"{best['threshold']:g} pays if {price}: {_at(best)}."
    if best["net_high_usd"] > 0:
        return (
            f"No threshold pays for sure if {price}. The most promising is {best['threshold']:g}: {_at(best)}. More "
            "labels narrow this down."
        )
    return f"No threshold pays if {price}. The least bad is {best['threshold']:g}: {_at(best)}."


def _at(row: pd.Series[Any]) -> str:
    calls, labels = counted(int(row["calls"]), "call"), counted(int(row["labels"]), "labelled pair")
    low, high = money(row["net_low_usd"]), money(row["net_high_usd"])
    return (
        f"another question's answer goes to {row['near_hits']:,.0f} of {calls}, rightly in {row['precision']:.0%} "
        f"({row['precision_low']:.0%} to {row['precision_high']:.0%}, by {labels}), and all in all it saves "
        f"{money(row['net_usd'])} more than an exact cache ({low} to {high})"
    )


def money(usd: float) -> str:
    """US dollars with as many digits as tell something: 12.30 USD, 0.0021 USD."""
    digits = 2 if usd == 0 or abs(usd) >= 0.1 else min(1 - math.floor(math.log10(abs(usd))), 8)
    whole, _, rest = f"{usd:,.{digits}f}".partition(".")
    return f"{whole}.{rest[:2]}{rest[2:].rstrip('0')} USD"
