"""A load run in a few numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gateway_kit.common.tables import Column, Table

if TYPE_CHECKING:
    import pandas as pd

_PERCENTILES = (50, 95)

SUMMARY = Table(
    Column("requests", "int64", "calls that were made"),
    Column("failures", "int64", "of them, those with an error"),
    Column("requests_per_s", "float64", "calls / seconds from the first start to the last end"),
    Column("n", "int64", "answered calls, of which the percentiles are"),
    Column("latency_p50_s", "float64", "seconds from sending to the last byte"),
    Column("latency_p95_s", "float64", "likewise"),
    Column("latency_from_schedule_p50_s", "float64", "open loop: seconds from when the call was due"),
    Column("latency_from_schedule_p95_s", "float64", "likewise"),
    Column("ttft_p50_s", "float64", "streams: seconds until the first content"),
    Column("ttft_p95_s", "float64", "likewise"),
    Column("cache_hits", "int64", "calls that the gateway's cache answered"),
    Column("tokens", "float64", "that models read and wrote, without cache hits"),
    Column("cost_usd", "float64", "US dollars; the cost of broken streams is not known"),
)


def load_summary(calls: pd.DataFrame, arrivals: pd.DataFrame) -> pd.DataFrame:
    """One row per model, the model with the most calls first, and a last one `all`; the index is `model`.

    `calls` and `arrivals` are those of a LoadRun, or some of their rows.

    Returns:
        - `requests` (int64): calls that were made
        - `failures` (int64): of them, those with an error
        - `requests_per_s` (float64): calls / seconds from the first start to the last end
        - `n` (int64): answered calls, of which the percentiles are
        - `latency_p50_s` (float64): seconds from sending to the last byte
        - `latency_p95_s` (float64): likewise
        - `latency_from_schedule_p50_s` (float64): open loop: seconds from when the call was due
        - `latency_from_schedule_p95_s` (float64): likewise
        - `ttft_p50_s` (float64): streams: seconds until the first content
        - `ttft_p95_s` (float64): likewise
        - `cache_hits` (int64): calls that the gateway's cache answered
        - `tokens` (float64): that models read and wrote, without cache hits
        - `cost_usd` (float64): US dollars; the cost of broken streams is not known
    """
    import pandas as pd

    measured = calls.assign(latency_from_schedule_s=arrivals["latency_from_schedule_s"])
    return pd.concat([_rows(measured, "model"), _rows(measured, None)])


def _rows(calls: pd.DataFrame, by: str | None) -> pd.DataFrame:
    import pandas as pd

    from gateway_kit.metrics.cost import cost_by
    from gateway_kit.metrics.percentiles import latency_percentiles
    from gateway_kit.metrics.rates import outcome_rates, traffic_rates

    def named(table: pd.DataFrame) -> pd.DataFrame:
        whole = table.assign(model="all") if by is None else table
        return whole.astype({"model": "string"}).set_index("model")

    traffic, ends, cost = (named(count(calls, by)) for count in (traffic_rates, outcome_rates, cost_by))
    seconds = {
        measure: named(latency_percentiles(calls, by, measure=measure, percentiles=_PERCENTILES))
        for measure in ("latency_s", "latency_from_schedule_s", "ttft_s")
    }
    percentiles = {name: table[name] for table in seconds.values() for name in table.columns if "_p" in name}
    columns = {
        "requests": traffic["calls"],
        "failures": ends["failed"],
        "requests_per_s": traffic["requests_per_s"],
        "n": seconds["latency_s"]["calls"],
        **percentiles,
        "cache_hits": ends["hits"],
        "tokens": traffic["prompt_tokens"] + traffic["completion_tokens"],
        "cost_usd": cost["cost_usd"],
    }
    made = pd.DataFrame(columns, index=traffic.index)
    return made.fillna({"n": 0}).astype({"n": "int64"})
