"""What calls cost, by group."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gateway_kit.common.tables import Column, Table
from gateway_kit.metrics.calls import normalize_calls, numbers, require_columns
from gateway_kit.metrics.groups import group_calls
from gateway_kit.metrics.rates import ratio

COSTS = Table(
    Column("calls", "int64", "all of them, failed ones and cache hits too"),
    Column("unpriced", "int64", "calls without a known cost, which count as 0"),
    Column("cost_usd", "float64", "US dollars, the sum"),
    Column(
        "share", "float64", "of the sum of all groups, or of the interval's; 0 to 1; missing if that is 0"
    ),
    Column("cost_per_call_usd", "float64", "US dollars per call with a known cost; missing without one"),
)


def cost_by(
    calls: pd.DataFrame, by: str | None = "model", *, over: timedelta | str | None = None
) -> pd.DataFrame:
    """What was charged, one row per group, the highest cost first.

    Args:
        calls: Whatever `normalize_calls` takes. Most failed calls have no known cost and were not charged.
        by: The column to group by, or None for all calls together. By "tag", a call counts for each of its tags, so the
            rows may add up to more than was charged.
        over: Length of intervals such as "1h": then one row per group and interval, without gaps.

    Returns:
        The group's name (missing for calls without one); with `over` the interval's begin as `time`; and:

        - `calls` (int64): all of them, failed ones and cache hits too
        - `unpriced` (int64): calls without a known cost, which count as 0
        - `cost_usd` (float64): US dollars, the sum
        - `share` (float64): of the sum of all groups, or of the interval's; 0 to 1; missing if that is 0
        - `cost_per_call_usd` (float64): US dollars per call with a known cost; missing without one

    Raises:
        ValueError: Invalid arguments, or a missing column.

    Example:
        >>> cost_by(calls)                           # by model; also "deployment", "key", "user", a column of yours
        >>> cost_by(gateway.spend.logs(), "team")
        >>> cost_by(calls, None, over="1h")          # all of it, hour by hour
    """
    calls = normalize_calls(calls)
    require_columns(calls, ["cost_usd"], "A cost")
    groups = group_calls(calls, by, over)
    usd = numbers(calls, "cost_usd")
    n, unpriced, cost_usd = groups.count(), groups.count(np.isnan(usd)), groups.total(usd)
    intervals = 1 if groups.buckets is None else len(groups.buckets)
    whole = np.tile(cost_usd.reshape(len(groups.names), intervals).sum(axis=0), len(groups.names))
    columns: dict[str, NDArray[np.generic]] = {
        "calls": n,
        "unpriced": unpriced,
        "cost_usd": cost_usd,
        "share": ratio(cost_usd, whole),
        "cost_per_call_usd": ratio(cost_usd, n - unpriced),
    }
    return groups.ordered(groups.table(columns), "cost_usd")
