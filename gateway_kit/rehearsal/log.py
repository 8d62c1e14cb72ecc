"""The log's own figures of the calls that a run made, in the shape of a run's calls. Pure functions."""

from __future__ import annotations

import numpy as np
import pandas as pd

_WRONG = 400
# Column of a run's calls → the log's.
LOGGED = {
    "latency_s": "logged_latency_s",
    "ttft_s": "logged_ttft_s",
    "cost_usd": "logged_cost_usd",
    "prompt_tokens": "logged_prompt_tokens",
    "completion_tokens": "logged_completion_tokens",
    "status": "logged_status",
    "provider_model": "logged_model",
}


def as_logged(calls: pd.DataFrame) -> pd.DataFrame:
    """The same calls as the log has them: what it does not say is missing, and a call without a status was answered."""
    log = calls.assign(**{column: calls[logged] for column, logged in LOGGED.items()})
    return log.assign(
        started=calls["at"],
        failed=log_failed(calls),
        cache_hit=calls["logged_cache_hit"].fillna(False).astype("bool"),
        error=pd.Series(pd.NA, index=calls.index, dtype="string"),
        cause=pd.Series(pd.NA, index=calls.index, dtype="string"),
        deployment=pd.Series(pd.NA, index=calls.index, dtype="string"),
        fell_back=np.zeros(len(calls), dtype=bool),
        retried=np.zeros(len(calls), dtype=bool),
    )


def log_failed(calls: pd.DataFrame) -> pd.Series[bool]:
    """Which of the calls failed by the log."""
    return (calls["logged_status"].fillna(0) >= _WRONG).astype("bool")
