"""What calls cost, by whatever they have in common."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from gateway_kit.metrics.calls import normalize_calls, numbers, require_columns
from gateway_kit.metrics.groups import group_calls
from gateway_kit.metrics.rates import ratio


def cost_by(
    calls: pd.DataFrame, by: str | None = "model", *, over: timedelta | str | None = None
) -> pd.DataFrame:
    """What was charged, one row per group, dearest first; with `over` one per group and interval.

    column               dtype                 meaning
    <by>                 string                the group's name; missing for calls that have none
    time                 datetime64[ns, UTC]   only with `over`: the interval's begin
    calls                int64                 all of them, failed ones and hits of the cache too
    unpriced             int64                 of them those whose cost is not known, counted as 0
    cost_usd             float64               US dollars, the sum
    share                float64               of the sum of all groups, 0 to 1; with `over` of the interval's;
                                               missing where that is 0
    cost_per_call_usd    float64               US dollars per call whose cost is known; missing without one

    cost_by(calls)                             # by model; also "deployment", "key", "user", a column of yours
    cost_by(normalize_calls(gateway.spend.logs()), "team")
    cost_by(calls, None, over="1h")            # all of it, hour by hour

    By "tag" a call counts for each of its tags, so that the rows may add up to more than was charged. Failed calls
    are unpriced in most accounts, and cost nothing but streams that broke. LiteLLM itself sums by day
    (`keys.reports.by_team` and its siblings), the trace store by model, user or tag (`tracing.cost_and_latency`): on
    the server, without sending the calls. Raises ValueError.
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
