"""The candidate compared with a baseline, call by call: what changed, and whether that is more than chance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from gateway_kit.common.tables import Column, Table
from gateway_kit.metrics.calls import numbers
from gateway_kit.metrics.comparison import ALL, HIGHER, LOWER, UNDECIDED
from gateway_kit.metrics.intervals import LEAST_ITEMS, mean_interval
from gateway_kit.metrics.paired import mcnemar, quantile_differences, share_interval
from gateway_kit.metrics.percentiles import least_calls

if TYPE_CHECKING:
    from gateway_kit.rehearsal.run_result import Run

SAME, TOO_FEW = "the same", "too few calls"
# A latency that differs though the providers' part of it does not: by the configuration, or by a busier machine.
OWN_TIME = "the gateway's own time"
# Of the groups by a column, those with the most calls are compared.
DIMENSIONS = ("model", "key", "team")
MOST_GROUPS = 20
PERCENTILES = (50, 95, 99)
_TTFT_PERCENTILES = (50, 95)
# Whether a difference is more than chance takes so many times the calls that a percentile needs at all.
_TIMES = 10
_NO_MONEY = 1e-12

COMPARISON = Table(
    Column(
        "measure", "string", "cost_usd, cost_answered_usd, failed, latency_p50_s, ttft_p50_s, cache_hits, …"
    ),
    Column("by", "string", "model, key or team; all: every call"),
    Column("group", "string", "which of them; all: every call"),
    Column("calls", "int64", "pairs of calls, one of each run, that have the measure"),
    Column("baseline", "float64", "the measure in the baseline: a sum, a share of the calls, or seconds"),
    Column("candidate", "float64", "likewise in the candidate"),
    Column("difference", "float64", "candidate minus baseline"),
    Column("change", "float64", "difference / baseline; missing if that is 0"),
    Column("low", "float64", "lower end of its 95 % interval; of groups, of all of them together"),
    Column("high", "float64", "upper end of the interval"),
    Column("baseline_only", "Int64", "shares: calls of which it holds in the baseline alone"),
    Column("candidate_only", "Int64", "shares: calls of which it holds in the candidate alone"),
    Column("p", "float64", "shares: how likely chance makes such a difference (McNemar)"),
    Column(
        "verdict",
        "string",
        "higher, lower, the same, no difference can be told, too few calls, or the gateway's own time",
    ),
)


@dataclass(frozen=True)
class Comparison:
    """The candidate compared with one baseline.

    pairs           calls that both runs made
    candidate_only  calls that only the candidate made, since the baseline was broken off
    baseline_only   calls that only the baseline made
    """

    candidate: str
    baseline: str
    pairs: int
    candidate_only: int
    baseline_only: int
    _table: pd.DataFrame = field(repr=False)

    @property
    def table(self) -> pd.DataFrame:
        """One row per measure for all calls, and then per model, key and team.

        Both runs made the same calls, so each call is compared with itself: shares by McNemar's test, quantiles by a
        bootstrap over the calls, costs by Student's interval. Groups have wider intervals: all intervals of one column
        hold together with 95 %. A latency is higher or lower only if the providers' part of it is, too: the gateway's
        own time also depends on what else the machine does, which no interval knows. `cost_answered_usd` is the cost of
        the calls that both runs answered; `fell_back` and `cache_hits` are shares of the calls, as `failed` is.

        Returns:
            - `measure` (string): cost_usd, cost_answered_usd, failed, latency_p50_s, ttft_p50_s, cache_hits, …
            - `by` (string): model, key or team; all: every call
            - `group` (string): which of them; all: every call
            - `calls` (int64): pairs of calls, one of each run, that have the measure
            - `baseline` (float64): the measure in the baseline: a sum, a share of the calls, or seconds
            - `candidate` (float64): likewise in the candidate
            - `difference` (float64): candidate minus baseline
            - `change` (float64): difference / baseline; missing if that is 0
            - `low` (float64): lower end of its 95 % interval; of groups, of all of them together
            - `high` (float64): upper end of the interval
            - `baseline_only` (Int64): shares: calls of which it holds in the baseline alone
            - `candidate_only` (Int64): shares: calls of which it holds in the candidate alone
            - `p` (float64): shares: how likely chance makes such a difference (McNemar)
            - `verdict` (string): higher, lower, the same, no difference can be told, too few calls, or the gateway's
              own time
        """
        return self._table

    @property
    def overall(self) -> pd.DataFrame:
        """The rows of all calls together."""
        return self._table[self._table["by"] == ALL]

    @property
    def changed(self) -> pd.DataFrame:
        """The rows whose difference is more than chance."""
        return self._table[self._table["verdict"].isin([HIGHER, LOWER])]


def compare_runs(candidate: Run, baseline: Run, *, seed: int = 0) -> Comparison:
    """What changed from the baseline to the candidate; the same seed gives the same intervals."""
    after, before = (_calls(run) for run in (candidate, baseline))
    both = after.index.intersection(before.index)
    pairs = _Pairs(before.loc[both], after.loc[both])
    rows = list(pairs.rows(ALL, ALL, 0.95, seed))
    for by in DIMENSIONS:
        groups = pairs.after[by].value_counts().head(MOST_GROUPS)
        if len(groups) < 2:
            continue  # one group is all calls
        # Bonferroni's correction: of many groups some differ by chance.
        confidence = 1 - 0.05 / len(groups)
        for name in groups.index:
            here = (pairs.after[by] == name).fillna(False).to_numpy("bool")
            rows += pairs.part(here).rows(by, str(name), confidence, seed)
    return Comparison(
        candidate.title,
        baseline.title,
        len(both),
        len(after) - len(both),
        len(before) - len(both),
        COMPARISON.frame(rows),
    )


def _calls(run: Run) -> pd.DataFrame:
    """The calls by number; the providers' seconds as if the gateway's own time had not been taken off them."""
    calls = run.calls.set_index("number")
    return calls.assign(provider_s=calls["provider_s"] + run.taken_off_s)


@dataclass(frozen=True)
class _Pairs:
    """The same calls in both runs, with the same index."""

    before: pd.DataFrame
    after: pd.DataFrame

    def part(self, which: np.ndarray[Any, Any]) -> _Pairs:
        return _Pairs(self.before[which], self.after[which])

    def rows(self, by: str, group: str, confidence: float, seed: int) -> Iterator[dict[str, Any]]:
        for row in (
            *self._costs(confidence),
            *(self._share(name, confidence) for name in ("failed", "cache_hits", "fell_back", "retried")),
            *self._seconds("latency", PERCENTILES, confidence, seed),
            *self._seconds("ttft", _TTFT_PERCENTILES, confidence, seed),
        ):
            yield {"by": by, "group": group, **row}

    def _costs(self, confidence: float) -> Iterator[dict[str, Any]]:
        answered = ~(self.before["failed"] | self.after["failed"]).to_numpy()
        costs = []
        for run in (self.before, self.after):
            cost = numbers(run, "cost_usd")
            # A failed call without a cost was not charged.
            costs.append(np.where(np.isnan(cost) & run["failed"].to_numpy(), 0.0, cost))
        known = ~np.isnan(costs[0]) & ~np.isnan(costs[1])
        for name, which in (("cost_usd", known), ("cost_answered_usd", known & answered)):
            before, after = (cost[which] for cost in costs)
            n, change = len(before), after - before
            same = bool((np.abs(change) < _NO_MONEY).all())
            low, high = (0.0, 0.0) if same else mean_interval(change, confidence)
            verdict = _verdict(n, LEAST_ITEMS, low, high, same)
            yield _row(name, n, float(before.sum()), float(after.sum()), low * n, high * n, verdict)

    def _share(self, name: str, confidence: float) -> dict[str, Any]:
        column = "cache_hit" if name == "cache_hits" else name
        before, after = (run[column].to_numpy("bool") for run in (self.before, self.after))
        n, lost, won = len(before), int((before & ~after).sum()), int((~before & after).sum())
        low, high = share_interval(n, lost, won, confidence)
        p = mcnemar(lost, won)
        verdict = UNDECIDED
        if n < LEAST_ITEMS:
            verdict = TOO_FEW
        elif not lost + won:
            verdict, low, high = SAME, 0.0, 0.0
        elif p < 1 - confidence:
            verdict = HIGHER if won > lost else LOWER
        first, second = (float(run.mean()) if n else np.nan for run in (before, after))
        row = _row(name, n, first, second, low, high, verdict)
        return row | {"baseline_only": lost, "candidate_only": won, "p": p if n else np.nan}

    def _seconds(
        self, stem: str, percentiles: tuple[int, ...], confidence: float, seed: int
    ) -> Iterator[dict[str, Any]]:
        answered = ~(self.before["failed"] | self.after["failed"]).to_numpy()
        before, after = (numbers(run, f"{stem}_s") for run in (self.before, self.after))
        known = answered & ~np.isnan(before) & ~np.isnan(after)
        before, after, n = before[known], after[known], int(known.sum())
        shares = [percentile / 100 for percentile in percentiles]
        # Percentiles of too few calls get no interval, which would take time and say nothing.
        enough = [n >= _TIMES * least_calls(percentile) for percentile in percentiles]
        intervals = (
            quantile_differences(before, after, shares, confidence=confidence, seed=seed)
            if any(enough)
            else []
        )
        verdicts = [
            _verdict(
                n,
                _TIMES * least_calls(percentile),
                *(intervals[at] if enough[at] else (np.nan, np.nan)),
                same=False,
            )
            for at, percentile in enumerate(percentiles)
        ]
        told = [at for at, verdict in enumerate(verdicts) if verdict in (HIGHER, LOWER)]
        parts = self._providers_parts(known, [shares[at] for at in told], confidence, seed)
        for at, (low, high) in zip(told, parts, strict=True):
            if not (low > 0 if verdicts[at] == HIGHER else high < 0):
                verdicts[at] = OWN_TIME
        for at, percentile in enumerate(percentiles):
            first, second = (float(np.quantile(run, shares[at])) if n else np.nan for run in (before, after))
            low, high = intervals[at] if enough[at] else (np.nan, np.nan)
            yield _row(f"{stem}_p{percentile}_s", n, first, second, low, high, verdicts[at])

    def _providers_parts(
        self, known: np.ndarray[Any, Any], shares: list[float], confidence: float, seed: int
    ) -> list[tuple[float, float]]:
        """The intervals of the quantiles of the seconds at the providers; a cache hit has none there."""
        parts = [numbers(run, "provider_s")[known] for run in (self.before, self.after)]
        if not shares or all(np.isnan(part).all() for part in parts):
            # No attempt was written down: nobody knows whose time it was.
            return [(np.inf, -np.inf)] * len(shares)
        before, after = (np.nan_to_num(part) for part in parts)
        return quantile_differences(before, after, shares, confidence=confidence, seed=seed)


def _verdict(calls: int, least: int, low: float, high: float, same: bool) -> str:
    if calls < least:
        return TOO_FEW
    if same:
        return SAME
    if low > 0:
        return HIGHER
    return LOWER if high < 0 else UNDECIDED


def _row(
    measure: str, calls: int, before: float, after: float, low: float, high: float, verdict: str
) -> dict[str, Any]:
    difference = after - before
    return {
        "measure": measure,
        "calls": calls,
        "baseline": before,
        "candidate": after,
        "difference": difference,
        "change": difference / before if before else np.nan,
        "low": low,
        "high": high,
        "verdict": verdict,
    }
