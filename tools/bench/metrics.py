"""Each summary over a million calls, and the dashboard from the calls to a PNG.

Figures are milliseconds of CPU time, the minimum of several rounds: everything runs in one thread, and other load can
only add to it. To compare machines, `bare_axes_ms` is matplotlib's own time for an image of the same size with four
empty axes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from gateway_kit.caching.savings import savings
from gateway_kit.charts.dashboard import dashboard
from gateway_kit.gateway import CALLS
from gateway_kit.litellm_api.spend import SPEND
from gateway_kit.metrics import (
    AlertRule,
    alert_times,
    budget_forecast,
    cost_by,
    latency_percentiles,
    monthly_cost,
    normalize_calls,
    observed_mix,
    outcome_rates,
)
from gateway_kit.metrics.budget import budget_burn_down
from gateway_kit.metrics.dashboard import dashboard_metrics
from gateway_kit.metrics.percentiles import latency_distribution
from gateway_kit.metrics.rates import traffic_rates
from gateway_kit.tracing.observations import OBSERVATIONS

CALL_COUNT = 1_000_000
DAYS = 7
ROUNDS = 5
MODELS = (
    "gpt-4o",
    "gpt-4o-mini",
    "claude-sonnet-4-5",
    "claude-haiku-4-5",
    "gemini-2.5-flash",
    "llama-3.3-70b",
)
PRICES = ((2.5, 10.0), (0.15, 0.6), (3.0, 15.0), (1.0, 5.0), (0.3, 2.5), (0.0, 0.0))


def measure(scratch: Path) -> dict[str, Any]:  # noqa: ARG001 - the same signature as the other parts
    """Milliseconds of each summary, of `normalize_calls`, and of the dashboard for 100,000 calls and a million."""
    record = calls(CALL_COUNT)
    accounts = {"record": record, "spend_log": _as_spend(record), "traces": _as_traces(record)}
    shapes = {
        f"normalize_calls_of_{name}": _least_ms(lambda t=table: normalize_calls(t))
        for name, table in accounts.items()
    }
    del accounts
    summaries = {name: _least_ms(lambda s=summary: s(record)) for name, summary in _summaries().items()}
    result: dict[str, Any] = {"calls": CALL_COUNT, "shapes_ms": shapes, "summaries_ms": summaries}
    print(f"  summaries done: slowest {max(summaries.values())} ms", flush=True)
    for count in (100_000, CALL_COUNT):
        some = normalize_calls(record.tail(count).reset_index(drop=True))
        summed = dashboard_metrics(some)
        result[f"dashboard_of_{count}_ms"] = {
            "summaries": _least_ms(lambda s=some: dashboard_metrics(s)),
            "figure": _least_ms(lambda m=summed: dashboard(m)),
            "figure_and_png": _least_ms(lambda m=summed: dashboard(m).png()),
            "all": _least_ms(lambda s=some: dashboard(dashboard_metrics(s)).png()),
        }
    result["bare_axes_ms"] = _least_ms(_bare_axes)
    return result


def calls(count: int, seed: int = 0) -> pd.DataFrame:
    """A reproducible call record of one week: six models, a fifth answered by the cache, 2 % failed."""
    random = np.random.default_rng(seed)
    model = random.choice(len(MODELS), count, p=[0.1, 0.4, 0.1, 0.2, 0.15, 0.05])
    failed = random.random(count) < 0.02
    hit = (random.random(count) < 0.2) & ~failed
    latency_s = random.lognormal(np.array([0.3, -0.5, 0.6, -0.2, -0.4, 0.9])[model], 0.5)
    latency_s = np.where(hit, latency_s * 0.02, latency_s)
    prompt, completion = random.integers(10, 900, count), random.integers(1, 400, count)
    prices = np.array(PRICES)[model]
    usd = (prompt * prices[:, 0] + completion * prices[:, 1]) / 1e6
    at_s = np.sort(random.random(count)) * DAYS * 86400
    columns: dict[str, Any] = {
        "started": pd.Timestamp("2026-11-02", tz="UTC") + pd.to_timedelta(at_s, unit="s"),
        "kind": "chat",
        "model": np.array(MODELS, dtype=object)[model],
        "deployment": np.array([f"deployment-{n}" for n in range(12)], dtype=object)[
            random.integers(0, 12, count)
        ],
        "status": np.where(failed, 500, 200),
        "error": np.where(failed, "500 broken", None),
        "stream": random.random(count) < 0.5,
        "latency_s": latency_s,
        "ttft_s": np.where((random.random(count) < 0.5) & ~hit, latency_s * 0.2, np.nan),
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "cost_usd": np.where(hit | failed, 0.0, usd),
        "saved_usd": np.where(hit, usd, np.nan),
        "overhead_ms": random.gamma(4.0, 5.0, count),
        "cache_hit": hit,
        "key": np.array(["app", "batch", "…aB3d"], dtype=object)[random.integers(0, 3, count)],
        "request_id": pd.util.hash_array(np.arange(count)).astype(str),
    }
    return pd.DataFrame(columns, columns=CALLS.columns).astype(CALLS.dtypes)


def _summaries() -> dict[str, Callable[[pd.DataFrame], object]]:
    tags = [["atlas", "chat"], ["atlas"], [], ["search"]]

    def with_tags(record: pd.DataFrame) -> pd.DataFrame:
        return record.assign(tags=pd.Series(tags * (len(record) // len(tags)), dtype="object"))

    tagged: dict[int, pd.DataFrame] = {}
    mix = pd.DataFrame({"model": MODELS, "share": 1.0}).assign(
        input_usd_per_million=[price for price, _ in PRICES],
        output_usd_per_million=[price for _, price in PRICES],
    )
    return {
        "latency_percentiles": latency_percentiles,
        "latency_percentiles_per_hour": lambda record: latency_percentiles(record, over="1h"),
        "latency_percentiles_per_minute": lambda record: latency_percentiles(record, None, over="1min"),
        "ttft_by_deployment": lambda record: latency_percentiles(record, "deployment", measure="ttft_s"),
        "latency_distribution": latency_distribution,
        "outcome_rates_per_hour": lambda record: outcome_rates(record, "model", over="1h"),
        "traffic_rates_per_hour": lambda record: traffic_rates(record, "model", over="1h"),
        "cost_by_model": cost_by,
        "cost_by_key_per_hour": lambda record: cost_by(record, "key", over="1h"),
        "cost_by_tag": lambda record: cost_by(tagged.setdefault(0, with_tags(record)), "tag"),
        "budget_burn_down": lambda record: budget_burn_down(record, 1000.0),
        "budget_forecast": lambda record: budget_forecast(record, 1000.0),
        "observed_mix": observed_mix,
        "monthly_cost": lambda _: monthly_cost(
            mix, calls_per_day=1e5, prompt_tokens=400, completion_tokens=200
        ),
        "alert_p95": lambda record: alert_times(record, AlertRule("latency_p95_s", 2.0, "5min", "1min")),
        "alert_error_rate": lambda record: alert_times(record, AlertRule("error_rate", 0.05, "5min", "1min")),
        "alert_cost": lambda record: alert_times(record, AlertRule("cost_usd", 5.0, "1h")),
        "cache_savings_by_model": lambda record: savings(record, by="model"),
    }


def _as_spend(record: pd.DataFrame) -> pd.DataFrame:
    """The same calls in the form of LiteLLM's spend log."""
    failed = record["error"].notna().map({True: "failure", False: "success"})
    made = record.assign(status=failed.astype("string"), key_alias=record["key"], team="blue")
    return made[[name for name in SPEND.columns if name in made.columns]]


def _as_traces(record: pd.DataFrame) -> pd.DataFrame:
    """The same calls in the form of traces."""
    level = record["error"].notna().map({True: "ERROR", False: "DEFAULT"}).astype("string")
    made = record.assign(level=level, type=pd.Series("GENERATION", index=record.index, dtype="string"))
    return made[[name for name in OBSERVATIONS.dtypes if name in made.columns]]


def _bare_axes() -> None:
    figure = Figure(figsize=(9, 6.76), dpi=100)
    figure.subplots(2, 2)
    figure.savefig(BytesIO(), format="png")


def _least_ms(work: Callable[[], object]) -> float:
    work()  # the first time imports and fills caches
    took = []
    for _ in range(ROUNDS):
        begin = time.process_time()
        work()
        took.append(time.process_time() - begin)
    return round(min(took) * 1000, 1)
