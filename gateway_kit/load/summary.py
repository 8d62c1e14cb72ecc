"""A run in a few numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_PERCENTILES = (50, 95)


def load_summary(calls: pd.DataFrame, arrivals: pd.DataFrame) -> pd.DataFrame:
    """One row per model that was asked for, the most calls first, and a last one `all`; indexed by `model`.

    column                        dtype     meaning
    requests                      int64     calls that were made
    failures                      int64     of them, those with an error
    requests_per_s                float64   calls / seconds from the first call's start to the last one's end
    n                             int64     answered calls: the percentiles are theirs
    latency_p50_s                 float64   seconds from sending to the last byte
    latency_p95_s                 float64
    latency_from_schedule_p50_s   float64   open loop: seconds from when the call was due; missing in a closed loop
    latency_from_schedule_p95_s   float64
    ttft_p50_s                    float64   streams: seconds until the first content; missing where none was streamed
    ttft_p95_s                    float64
    cache_hits                    int64     calls that the gateway's cache answered
    tokens                        float64   read and written by the models; those of cache hits left out
    cost_usd                      float64   US dollars, as far as the gateway told: a broken stream's is not known

    `calls` and `arrivals` are those of a LoadRun, or some of their rows. More than this: `gateway_kit.metrics`.
    """
    import pandas as pd

    measured = calls.assign(latency_from_schedule_s=arrivals["latency_from_schedule_s"])
    return pd.concat([_rows(measured, "model"), _rows(measured, None)])


def _rows(calls: pd.DataFrame, by: str | None) -> pd.DataFrame:
    # Here, since a summary is not what most of a run's time should go into: this imports pandas.
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
