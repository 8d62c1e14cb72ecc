"""Calls for tests of metrics and charts: a few by hand, or many drawn by a seed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from gateway_kit.gateway import CALLS

BEGIN = datetime(2026, 11, 2, tzinfo=UTC)
MODELS = ("small", "large", "embedder")


def calls(*rows: dict[str, Any], every_s: float = 1.0) -> pd.DataFrame:
    """A call record with these facts; one call every `every_s` seconds unless `started` says otherwise."""
    filled = [
        {"started": BEGIN + timedelta(seconds=every_s * i), "stream": False, "cache_hit": False, **row}
        for i, row in enumerate(rows)
    ]
    return pd.DataFrame(filled, columns=CALLS.columns).astype(CALLS.dtypes)


def many_calls(count: int, seed: int = 0, *, hours: float = 24.0) -> pd.DataFrame:
    """A call record of three models with hits, failures, streams and tokens, the same for the same seed."""
    random = np.random.default_rng(seed)
    model = random.choice(len(MODELS), count, p=[0.6, 0.3, 0.1])
    failed = random.random(count) < 0.05
    hit = (random.random(count) < 0.3) & ~failed
    latency_s = random.lognormal(np.array([-1.0, 0.5, -3.0])[model], 0.5) * np.where(hit, 0.05, 1.0)
    stream = (random.random(count) < 0.4) & ~hit
    prompt, completion = random.integers(1, 500, count), random.integers(1, 200, count)
    usd = (prompt * np.array([0.15, 2.5, 0.02])[model] + completion * np.array([0.6, 10.0, 0.0])[model]) / 1e6
    at_s = np.sort(random.random(count)) * hours * 3600
    columns = {
        "started": pd.Timestamp(BEGIN) + pd.to_timedelta(at_s, unit="s"),
        "kind": "chat",
        "model": np.array(MODELS, dtype=object)[model],
        "status": np.where(failed, 500, 200),
        "error": np.where(failed, "500 broken", None),
        "stream": stream,
        "latency_s": latency_s,
        "ttft_s": np.where(stream, latency_s * 0.2, np.nan),
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "cost_usd": np.where(hit | failed, 0.0, usd),
        "saved_usd": np.where(hit, usd, np.nan),
        "overhead_ms": random.gamma(4.0, 5.0, count),
        "cache_hit": hit,
        "key": np.array(["master", "abcd"], dtype=object)[random.integers(0, 2, count)],
    }
    return pd.DataFrame(columns, columns=CALLS.columns).astype(CALLS.dtypes)
