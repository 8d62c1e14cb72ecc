"""Traces and sessions, grouped from observations: a new Langfuse has no endpoint for them. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gateway_kit.tracing.observation_table import frame

if TYPE_CHECKING:
    import pandas as pd

TRACE_COLUMNS: Mapping[str, str] = {
    "trace_id": "string",
    "name": "string",
    "user": "string",
    "session": "string",
    "tags": "object",
    "started": "datetime64[ns, UTC]",
    "latency_s": "float64",
    "observations": "Int64",
    "errors": "Int64",
    "cache_hits": "Int64",
    "prompt_tokens": "Int64",
    "completion_tokens": "Int64",
    "total_tokens": "Int64",
    "cost_usd": "float64",
}

SESSION_COLUMNS: Mapping[str, str] = {
    "session": "string",
    "users": "object",
    "traces": "Int64",
    "observations": "Int64",
    "errors": "Int64",
    "cache_hits": "Int64",
    "started": "datetime64[ns, UTC]",
    "ended": "datetime64[ns, UTC]",
    "prompt_tokens": "Int64",
    "completion_tokens": "Int64",
    "total_tokens": "Int64",
    "cost_usd": "float64",
}


def traces_frame(observations: pd.DataFrame) -> pd.DataFrame:
    """One row per trace, the newest first: TRACE_COLUMNS. `observations` as `observations_frame` gives them."""
    rows = [_trace(str(trace_id), part) for trace_id, part in observations.groupby("trace_id", sort=False)]
    rows.sort(key=lambda row: row["started"], reverse=True)
    return frame(rows, TRACE_COLUMNS)


def sessions_frame(observations: pd.DataFrame) -> pd.DataFrame:
    """One row per session, the one last active first: SESSION_COLUMNS. Observations of no session are left out."""
    rows = [_session(str(name), part) for name, part in observations.groupby("session", sort=False)]
    rows.sort(key=lambda row: row["ended"], reverse=True)
    return frame(rows, SESSION_COLUMNS)


def _trace(trace_id: str, part: pd.DataFrame) -> dict[str, Any]:
    # The root first, then by time: what it says of the trace counts before what its children say.
    ordered = part.assign(child=part["parent_id"].notna()).sort_values(["child", "started"], kind="stable")
    return {
        "trace_id": trace_id,
        "name": _first(ordered["trace_name"]) or _first(ordered["name"]),
        "user": _first(ordered["user"]),
        "session": _first(ordered["session"]),
        "tags": list(dict.fromkeys(tag for tags in ordered["tags"] for tag in tags)),
        "started": part["started"].min(),
        "latency_s": (_ends(part).max() - part["started"].min()).total_seconds(),
        **_sums(part),
    }


def _session(session_id: str, part: pd.DataFrame) -> dict[str, Any]:
    return {
        "session": session_id,
        "users": sorted(part["user"].dropna().unique()),
        "traces": part["trace_id"].nunique(),
        "started": part["started"].min(),
        "ended": _ends(part).max(),
        **_sums(part),
    }


def _sums(part: pd.DataFrame) -> dict[str, Any]:
    """Counts and sums; tokens and cost are missing where no observation has any."""
    sums = {
        name: part[name].sum(min_count=1)
        for name in ("prompt_tokens", "completion_tokens", "total_tokens", "cost_usd")
    }
    return {
        "observations": len(part),
        "errors": int((part["level"] == "ERROR").sum()),
        "cache_hits": int(part["cache_hit"].fillna(False).sum()),
        **sums,
    }


def _ends(part: pd.DataFrame) -> pd.Series[Any]:
    """When each observation ended; one that has not ended counts with its start."""
    import pandas as pd

    return part["started"] + pd.to_timedelta(part["latency_s"].fillna(0.0).round(3), unit="s")


def _first(values: pd.Series[Any]) -> str | None:
    known = values.dropna()
    return None if known.empty else str(known.iloc[0])
