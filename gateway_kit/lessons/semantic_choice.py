"""The grader of exercise 04.1: a function that chooses the threshold of least cost, for pairs that it has not seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gateway_kit.caching import threshold_table
from gateway_kit.lessons.exercise import Criterion
from gateway_kit.lessons.learner import call_learner

if TYPE_CHECKING:
    import pandas as pd

# What each pair is: its similarity, whether one answer is right for both, and how often it comes (`weight`).
_Pairs = Sequence[tuple[float, bool, float]]

_MIXED: _Pairs = (
    (0.95, True, 1), (0.85, False, 1), (0.75, True, 1), (0.65, True, 1), (0.55, True, 1), (0.52, False, 1),
)  # fmt: skip
_RARE: _Pairs = tuple((similarity, same, 50 if same else 1) for similarity, same, _ in _MIXED)
_CLOSE: _Pairs = ((0.97, False, 1), (0.93, False, 1), (0.72, True, 1), (0.66, True, 1))
_HOPELESS: _Pairs = ((0.99, False, 1), (0.9, False, 1), (0.6, True, 1))

# What is minded, the pairs, and the prices of a wrong answer and of a call in US dollars. Each is made so that who
# leaves that one thing out chooses a threshold that costs more.
_CASES: Sequence[tuple[str, _Pairs, float, float]] = (
    ("where a wrong answer is dear, its choice costs least", _MIXED, 5.0, 0.01),
    ("where the provider is dear too, its choice costs least", _MIXED, 3.0, 2.0),
    ("where near misses come seldom (`weight`), its choice costs least", _RARE, 5.0, 0.2),
    ("where near misses are the closest of all, its choice costs least", _CLOSE, 0.5, 0.3),
    ("where hits do nothing but harm, nothing hits", _HOPELESS, 100.0, 0.01),
)


def grade_choice(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A function that finds the threshold of least cost, for pairs and prices that it has not seen."""
    choose = variables.get("choose")
    criteria = [Criterion("`choose` is a function", callable(choose), repr(choose)[:80])]
    if not callable(choose):
        return criteria
    _, pairs, *prices = _CASES[0]
    threshold, said = _chosen(choose, _frame(pairs), *prices)
    criteria.append(
        Criterion("`choose(pairs, wrong_usd, call_usd)` gives a threshold", threshold is not None, said)
    )
    if threshold is None:
        return criteria
    return criteria + [_costs_least(choose, text, _frame(pairs), *prices) for text, pairs, *prices in _CASES]


def _frame(pairs: _Pairs) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(pairs, columns=["similarity", "same", "weight"])


def _costs_least(
    choose: Callable[..., Any], text: str, pairs: pd.DataFrame, wrong_usd: float, call_usd: float
) -> Criterion:
    threshold, said = _chosen(choose, pairs, wrong_usd, call_usd)
    if threshold is None:
        return Criterion(text, False, said)
    table = threshold_table(pairs, wrong_usd=wrong_usd, call_usd=call_usd)
    mine = threshold_table(pairs, [threshold], wrong_usd=wrong_usd, call_usd=call_usd)
    least_usd, cost_usd = float(table["cost_usd"].min()), float(mine["cost_usd"].iloc[0])
    found = f"{threshold:.2f} costs {cost_usd:.0f} USD per 1,000 questions, and {least_usd:.0f} would do"
    return Criterion(text, cost_usd <= least_usd + 1e-9 * max(1.0, least_usd), found)


def _chosen(choose: Callable[..., Any], pairs: pd.DataFrame, *prices: float) -> tuple[float | None, str]:
    """(the threshold that the learner's function chose, or what was found instead)."""
    # A copy: what the function does to its pairs must not reach the grader's.
    returned, said = call_learner(choose, pairs.copy(), *prices)
    if said:
        return None, said
    try:
        threshold = float(returned)
    except (TypeError, ValueError):
        return None, f"{returned!r:.80}, which is no number"
    if isinstance(returned, bool) or not (math.isfinite(threshold) and 0 <= threshold <= 1):
        return None, f"{returned!r:.80}, which is no similarity"
    return threshold, ""
