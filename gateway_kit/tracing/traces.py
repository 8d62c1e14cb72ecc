"""Traces and sessions, grouped from observations: a new Langfuse has no endpoint for them. Pure functions. Internal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway_kit.common.tables import TIME, Column, Table

if TYPE_CHECKING:
    import pandas as pd

_SUMS = (
    Column("observations", "Int64", "how many"),
    Column("errors", "Int64", "observations of level ERROR"),
    Column("cache_hits", "Int64", "calls that the gateway's cache answered"),
)
_USAGE = (
    Column("prompt_tokens", "Int64", "sum; missing if nothing has tokens"),
    Column("completion_tokens", "Int64", "sum; missing if nothing has tokens"),
    Column("total_tokens", "Int64", "sum; missing if nothing has tokens"),
    Column("cost_usd", "float64", "US dollars, the sum; missing if nothing has a cost"),
)

TRACES = Table(
    Column("trace_id", "string", "32 hexadecimal digits"),
    Column("name", "string", "the trace's, else that of its first observation"),
    Column("user", "string", "on whose behalf the application asked"),
    Column("session", "string", "the conversation it belongs to"),
    Column("tags", "object", "list of str, of all its observations"),
    Column("started", TIME, "start of the first observation"),
    Column("latency_s", "float64", "seconds from the first start to the last end"),
    *_SUMS,
    *_USAGE,
)

SESSIONS = Table(
    Column("session", "string", "its name"),
    Column("users", "object", "list of str"),
    Column("traces", "Int64", "how many"),
    *_SUMS,
    Column("started", TIME, "start of the first observation"),
    Column("ended", TIME, "end of the last observation"),
    *_USAGE,
)


def traces_frame(observations: pd.DataFrame) -> pd.DataFrame:
    """One row per trace of a table of observations, the newest first."""
    rows = [_trace(str(trace_id), part) for trace_id, part in observations.groupby("trace_id", sort=False)]
    rows.sort(key=lambda row: row["started"], reverse=True)
    return TRACES.frame(rows)


def sessions_frame(observations: pd.DataFrame) -> pd.DataFrame:
    """One row per session, the last active one first. Observations without a session are left out."""
    rows = [_session(str(name), part) for name, part in observations.groupby("session", sort=False)]
    rows.sort(key=lambda row: row["ended"], reverse=True)
    return SESSIONS.frame(rows)


def _trace(trace_id: str, part: pd.DataFrame) -> dict[str, Any]:
    # The root first, then by time: its word on the trace counts before that of its children.
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
    """Counts and sums; tokens and cost are missing if no observation has any."""
    sums = {column.name: part[column.name].sum(min_count=1) for column in _USAGE}
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
