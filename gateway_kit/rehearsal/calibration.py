"""A run compared with the log of the same calls: by how much cost and latency differ, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from gateway_kit.common.tables import Column, Table
from gateway_kit.metrics.calls import numbers
from gateway_kit.metrics.percentiles import least_calls
from gateway_kit.rehearsal.calibration_reasons import REASONS, cost_reasons, latency_reasons
from gateway_kit.rehearsal.log import as_logged, log_failed

if TYPE_CHECKING:
    from gateway_kit.rehearsal.run_result import Run

# What the unchanged configuration must reproduce of the log: as a share of the log's figure.
COST_TOLERANCE, LATENCY_TOLERANCE = 0.01, 0.10

CALIBRATION = Table(
    Column(
        "measure",
        "string",
        "cost_usd, latency_p50_s, latency_p95_s, ttft_p50_s, ttft_p95_s, failed, cache_hits",
    ),
    Column("calls", "int64", "calls of which the log says it"),
    Column("logged", "float64", "in the log: US dollars, seconds, or a share of the calls"),
    Column("rehearsed", "float64", "in the rehearsal, of the same calls"),
    Column("difference", "float64", "rehearsed minus logged"),
    Column("change", "float64", "difference / logged; missing if that is 0"),
    Column("tolerance", "float64", "how large the change may be; missing if nothing is asked"),
    Column("within", "boolean", "whether it is no larger; missing if that cannot be told"),
)
BY_MODEL = Table(
    Column("model", "string", "the name that was asked for"),
    Column("calls", "int64", "that were made"),
    Column("logged_usd", "float64", "US dollars in the log, of the calls whose cost it has"),
    Column("rehearsed_usd", "float64", "US dollars of the same calls in the rehearsal"),
    Column("logged_p50_s", "float64", "median seconds of the calls that the log has answered"),
    Column("rehearsed_p50_s", "float64", "of the same calls that the rehearsal answered"),
    Column("logged_p95_s", "float64", "likewise, 95th percentile"),
    Column("rehearsed_p95_s", "float64", "likewise"),
)
_SECONDS = (("latency_p50_s", "latency_s", 50), ("latency_p95_s", "latency_s", 95),
            ("ttft_p50_s", "ttft_s", 50), ("ttft_p95_s", "ttft_s", 95))  # fmt: skip


@dataclass(frozen=True)
class Calibration:
    """How close one run comes to the log. `run` is the run's title."""

    run: str
    _table: pd.DataFrame = field(repr=False)
    _reasons: pd.DataFrame = field(repr=False)
    _models: pd.DataFrame = field(repr=False)

    @property
    def table(self) -> pd.DataFrame:
        """One row per measure that the log has.

        Returns:
            - `measure` (string): cost_usd, latency_p50_s, latency_p95_s, ttft_p50_s, ttft_p95_s, failed, cache_hits
            - `calls` (int64): calls of which the log says it
            - `logged` (float64): in the log: US dollars, seconds, or a share of the calls
            - `rehearsed` (float64): in the rehearsal, of the same calls
            - `difference` (float64): rehearsed minus logged
            - `change` (float64): difference / logged; missing if that is 0
            - `tolerance` (float64): how large the change may be; missing if nothing is asked
            - `within` (boolean): whether it is no larger; missing if that cannot be told
        """
        return self._table

    @property
    def reasons(self) -> pd.DataFrame:
        """Why cost, p50 and p95 differ; the amounts of a measure's reasons add up to its difference.

        Returns:
            - `measure` (string): cost_usd, latency_p50_s or latency_p95_s
            - `reason` (string): in words
            - `calls` (int64): to which it applies
            - `amount` (float64): US dollars or seconds that it adds to the rehearsal; negative if it takes them away
            - `share` (float64): amount / the log's figure
            - `models` (string): of these calls, the most frequent first
        """
        return self._reasons

    @property
    def models(self) -> pd.DataFrame:
        """Cost and latency in the log and in the rehearsal, the model with the most calls first.

        Returns:
            - `model` (string): the name that was asked for
            - `calls` (int64): that were made
            - `logged_usd` (float64): US dollars in the log, of the calls whose cost it has
            - `rehearsed_usd` (float64): US dollars of the same calls in the rehearsal
            - `logged_p50_s` (float64): median seconds of the calls that the log has answered
            - `rehearsed_p50_s` (float64): of the same calls that the rehearsal answered
            - `logged_p95_s` (float64): likewise, 95th percentile
            - `rehearsed_p95_s` (float64): likewise
        """
        return self._models

    def change(self, measure: str) -> float:
        """The relative difference of a measure; missing if the log does not have it."""
        row = self._table.loc[self._table["measure"] == measure, "change"]
        return float(row.iloc[0]) if len(row) else float("nan")


def calibrate(run: Run) -> Calibration:
    """How close the run comes to the log."""
    calls = run.calls
    log = as_logged(calls)
    rows = [_cost_row(calls)]
    answered_there = ~log["failed"].to_numpy()
    answered_here = ~calls["failed"].to_numpy()
    for measure, column, percentile in _SECONDS:
        here = numbers(calls, column)
        there = numbers(log, column)
        known = answered_there & ~np.isnan(there)
        rows.append(
            _seconds_row(measure, there[known], here[known & answered_here & ~np.isnan(here)], percentile)
        )
    for measure, column in (("failed", "logged_status"), ("cache_hits", "logged_cache_hit")):
        known = calls[column].notna().to_numpy()
        name = "failed" if measure == "failed" else "cache_hit"
        there, here = (frame[name].to_numpy("float64")[known] for frame in (log, calls))
        rows.append(_row(measure, int(known.sum()), _mean(there), _mean(here), None, 1))
    table = CALIBRATION.frame([row for row in rows if row["calls"]])
    reasons = [*cost_reasons(calls), *latency_reasons(calls, run.facts.speed, run.taken_off_s)]
    return Calibration(run.title, table, REASONS.frame(reasons), _models(calls))


def _cost_row(calls: pd.DataFrame) -> dict[str, object]:
    there, here = numbers(calls, "logged_cost_usd"), np.nan_to_num(numbers(calls, "cost_usd"))
    known = ~np.isnan(there)
    return _row(
        "cost_usd", int(known.sum()), float(there[known].sum()), float(here[known].sum()), COST_TOLERANCE, 1
    )


def _seconds_row(
    measure: str, there: np.ndarray[tuple[int], np.dtype[np.float64]],
    here: np.ndarray[tuple[int], np.dtype[np.float64]], percentile: int,
) -> dict[str, object]:  # fmt: skip
    logged, rehearsed = (
        float(np.percentile(each, percentile)) if len(each) else np.nan for each in (there, here)
    )
    return _row(measure, len(there), logged, rehearsed, LATENCY_TOLERANCE, least_calls(percentile))


def _row(
    measure: str, calls: int, logged: float, rehearsed: float, tolerance: float | None, least: int
) -> dict[str, object]:
    difference = rehearsed - logged
    change = difference / logged if logged else np.nan
    told = tolerance is not None and calls >= least and not np.isnan(change)
    return {
        "measure": measure,
        "calls": calls,
        "logged": logged,
        "rehearsed": rehearsed,
        "difference": difference,
        "change": change,
        "tolerance": tolerance,
        "within": bool(abs(change) <= tolerance) if told else None,  # type: ignore[operator]
    }


def _mean(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _models(calls: pd.DataFrame) -> pd.DataFrame:
    failed_there = log_failed(calls)
    cost_known = calls["logged_cost_usd"].notna()
    there = calls["logged_latency_s"].mask(failed_there)
    by = calls["model"].fillna("none")

    def quantile(values: pd.Series[float], share: float) -> pd.Series[float]:
        return values.groupby(by).quantile(share)

    here = calls["latency_s"].mask(calls["failed"] | there.isna())
    columns = {
        "calls": by.groupby(by).size(),
        "logged_usd": calls["logged_cost_usd"].groupby(by).sum(min_count=1),
        "rehearsed_usd": calls["cost_usd"].fillna(0).where(cost_known).groupby(by).sum(min_count=1),
        "logged_p50_s": quantile(there, 0.5),
        "rehearsed_p50_s": quantile(here, 0.5),
        "logged_p95_s": quantile(there, 0.95),
        "rehearsed_p95_s": quantile(here, 0.95),
    }
    table = pd.DataFrame(columns).rename_axis("model").reset_index()
    table = table.sort_values("calls", ascending=False, kind="stable", ignore_index=True)
    return table.astype(BY_MODEL.dtypes)
