"""The grader of exercise 04.1: a function that chooses the cheapest threshold, for pairs that it has not seen."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from numbers import Real
from typing import Any

from gateway_kit.caching.study import SemanticStudy
from gateway_kit.lessons.exercise import Criterion, require
from gateway_kit.lessons.learner import call_learner

# Of each pair: the similarity, whether one answer is right for both, and how often it comes (`weight`).
_Pairs = Sequence[tuple[float, bool, float]]

_MIXED: _Pairs = (
    (0.95, True, 1), (0.85, False, 1), (0.75, True, 1), (0.65, True, 1), (0.55, True, 1), (0.52, False, 1),
)  # fmt: skip
_RARE: _Pairs = tuple((similarity, same, 50 if same else 1) for similarity, same, _ in _MIXED)
_CLOSE: _Pairs = ((0.97, False, 1), (0.93, False, 1), (0.72, True, 1), (0.66, True, 1))
_HOPELESS: _Pairs = ((0.99, False, 1), (0.9, False, 1), (0.6, True, 1))

# The criterion, the pairs, and the prices of a wrong answer and of a call in US dollars. A function that ignores what
# one of them is about chooses a threshold that costs more there.
_CASES: Sequence[tuple[str, _Pairs, float, float]] = (
    ("its choice is the cheapest if a wrong answer is expensive", _MIXED, 5.0, 0.01),
    ("its choice is the cheapest if the provider is expensive too", _MIXED, 3.0, 2.0),
    ("its choice is the cheapest if near misses are rare (`weight`)", _RARE, 5.0, 0.2),
    ("its choice is the cheapest if near misses are the closest pairs", _CLOSE, 0.5, 0.3),
    ("nothing hits if hits only do harm", _HOPELESS, 100.0, 0.01),
)


def grade_choice(variables: Mapping[str, Any]) -> Sequence[Criterion]:
    """A function that finds the cheapest threshold, for pairs and prices that it has not seen."""
    choose = require(variables, choose=callable)
    _, pairs, *prices = _CASES[0]
    threshold, fault = _chosen(choose, _study(pairs), *prices)
    criteria = [
        Criterion("`choose(study, wrong_usd, call_usd)` returns a threshold", threshold is not None, fault)
    ]
    if threshold is None:
        return criteria
    return criteria + [_is_cheapest(choose, text, _study(pairs), *prices) for text, pairs, *prices in _CASES]


def _study(pairs: _Pairs) -> SemanticStudy:
    import pandas as pd

    return SemanticStudy(pd.DataFrame(pairs, columns=["similarity", "same", "weight"]))


def _is_cheapest(
    choose: Callable[..., Any], text: str, study: SemanticStudy, wrong_usd: float, call_usd: float
) -> Criterion:
    threshold, fault = _chosen(choose, study, wrong_usd, call_usd)
    if threshold is None:
        return Criterion(text, False, fault)
    table = study.thresholds(wrong_usd=wrong_usd, call_usd=call_usd)
    chosen = study.thresholds([threshold], wrong_usd=wrong_usd, call_usd=call_usd)
    least_usd, cost_usd = float(table["cost_usd"].min()), float(chosen["cost_usd"].iloc[0])
    detail = f"{threshold:.2f} costs {cost_usd:.0f} USD per 1,000 questions, the cheapest {least_usd:.0f} USD"
    return Criterion(text, cost_usd <= least_usd + 1e-9 * max(1.0, least_usd), detail)


def _chosen(choose: Callable[..., Any], study: SemanticStudy, *prices: float) -> tuple[float | None, str]:
    """(the threshold that the learner's function chose, or what it returned instead)."""
    returned, failure = call_learner(choose, study, *prices)
    if failure:
        return None, failure
    if not isinstance(returned, Real):  # a text, say: its owner would compare it with similarities
        return None, f"{returned!r:.80}, which is not a number"
    threshold = float(returned)
    if isinstance(returned, bool) or not (math.isfinite(threshold) and 0 <= threshold <= 1):
        return None, f"{returned!r:.80}, which is not a similarity"
    return threshold, ""
