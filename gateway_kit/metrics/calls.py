"""Calls with the same columns, whether they come from the call record, the spend log or traces."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pandas as pd

from gateway_kit.common.tables import TIME, Column, Table

NORMALIZED = Table(
    Column("started", TIME, "when the request began"),
    Column("model", "string", "the name that was asked for; in traces the model that answered"),
    Column("provider", "string", "openai, azure, …; not in traces"),
    Column("deployment", "string", "its id; not in traces"),
    Column("key", "string", "the record's label, or the spend log's alias of the key; not in traces"),
    Column("team", "string", "the key's team; only in the spend log"),
    Column("user", "string", "the end user that the request names; in traces and the spend log"),
    Column("session", "string", "only in traces"),
    Column("tags", "object", "list of str; not in the record"),
    Column("failed", "bool", "the caller got no answer, or not all of it"),
    Column("cache_hit", "bool", "the gateway's cache answered"),
    Column("latency_s", "float64", "seconds until the last byte; missing if not measured"),
    Column("ttft_s", "float64", "streams: seconds until the first content"),
    Column("overhead_ms", "float64", "milliseconds that LiteLLM says it added; only in the record"),
    Column("prompt_tokens", "Int64", "on a cache hit the first answer's again"),
    Column("completion_tokens", "Int64", "likewise"),
    Column("cost_usd", "float64", "US dollars that were charged"),
    Column("saved_usd", "float64", "cache hits: what the first answer cost; only in the record"),
)

_MODEL_CALLS = ("GENERATION", "EMBEDDING")
# Without a stream LiteLLM reports the end as the first token; both are rounded to milliseconds.
_TWO_MS = 0.002


def normalize_calls(table: pd.DataFrame) -> pd.DataFrame:
    """Calls with the same columns, from any source; every summary and chart takes all of them.

    Args:
        table: The call record (what this client saw), LiteLLM's spend log (all clients, with teams and tags), traces
        (all
            clients, with users, sessions and tags), or a table with the columns `started` and `failed`.

    Returns:
        One row per call, in the order of `table`. Columns that the source does not have are missing, others are kept.

        - `started` (datetime64[ns, UTC]): when the request began
        - `model` (string): the name that was asked for; in traces the model that answered
        - `provider` (string): openai, azure, …; not in traces
        - `deployment` (string): its id; not in traces
        - `key` (string): the record's label, or the spend log's alias of the key; not in traces
        - `team` (string): the key's team; only in the spend log
        - `user` (string): the end user that the request names; in traces and the spend log
        - `session` (string): only in traces
        - `tags` (object): list of str; not in the record
        - `failed` (bool): the caller got no answer, or not all of it
        - `cache_hit` (bool): the gateway's cache answered
        - `latency_s` (float64): seconds until the last byte; missing if not measured
        - `ttft_s` (float64): streams: seconds until the first content
        - `overhead_ms` (float64): milliseconds that LiteLLM says it added; only in the record
        - `prompt_tokens` (Int64): on a cache hit the first answer's again
        - `completion_tokens` (Int64): likewise
        - `cost_usd` (float64): US dollars that were charged
        - `saved_usd` (float64): cache hits: what the first answer cost; only in the record

        Of traces only model calls count. The spend log and traces have a row per attempt of a failed call: the last one
        counts. Their latency is measured at the gateway, and is about 0 on a cache hit.

    Raises:
        ValueError: The table does not have the columns of a source.

    Example:
        >>> normalize_calls(gateway.calls.frame())
        >>> normalize_calls(gateway.spend.logs())
        >>> normalize_calls(gateway.tracing.observations())
    """
    if not isinstance(table, pd.DataFrame):
        raise ValueError(f"Give a DataFrame of calls, such as gateway.calls.frame(), not {table!r:.80}.")
    names = set(table.columns)
    for needed, adapt in _SHAPES:
        if needed <= names:
            return _checked(adapt(table))
    listed = ", ".join(map(str, table.columns)) or "none"
    raise ValueError(
        "These are not calls. Give gateway.calls.frame(), gateway.spend.logs() or tracing.observations(), or a table "
        f"with the columns started (times with a zone) and failed (bool). Columns here: {listed}."
    )


def require_columns(calls: pd.DataFrame, columns: Iterable[str], what: str) -> None:
    """Raise ValueError if `calls` lacks one of the columns that `what` needs."""
    missing = [name for name in columns if name not in calls.columns]
    if missing:
        listed = ", ".join(map(str, calls.columns))
        raise ValueError(
            f"{what} needs the column {' and '.join(missing)}, which these calls do not have. "
            f"See normalize_calls for which source has which column. Columns here: {listed}."
        )


def numbers(calls: pd.DataFrame, column: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A column as floats, with NaN for missing values. Raises ValueError if it is not numeric."""
    try:
        return calls[column].to_numpy("float64", na_value=np.nan)
    except (TypeError, ValueError) as exc:
        raise ValueError(f"The column {column} is not numeric: {exc}") from exc


def _of_record(record: pd.DataFrame) -> pd.DataFrame:
    return record.assign(failed=record["error"].notna())


def _of_spend(spend: pd.DataFrame) -> pd.DataFrame:
    calls = _last_of_each(spend, "request_id")
    calls = calls.rename(columns={"key_alias": "key", "end_user": "user"})
    return calls.assign(failed=calls["status"] == "failure")


def _of_observations(observations: pd.DataFrame) -> pd.DataFrame:
    calls = observations[observations["type"].isin(_MODEL_CALLS)]
    calls = _last_of_each(calls, "request_id")
    ttft_s = calls["ttft_s"].where(calls["ttft_s"] < calls["latency_s"] - _TWO_MS)
    return calls.assign(failed=calls["level"] == "ERROR", ttft_s=ttft_s)


def _last_of_each(rows: pd.DataFrame, key: str) -> pd.DataFrame:
    """The latest row of each id, in the order of the rows. Rows without an id are all kept."""
    if key not in rows.columns or not (again := rows[key].duplicated(keep=False) & rows[key].notna()).any():
        return rows
    tried = rows.loc[again, ["started", key]].reset_index(drop=True)
    last = tried.sort_values("started", kind="stable").drop_duplicates(key, keep="last").index
    keep = ~again.to_numpy()
    keep[np.flatnonzero(again.to_numpy())[last]] = True
    return rows[keep]


_SHAPES: tuple[tuple[set[str], Callable[[pd.DataFrame], pd.DataFrame]], ...] = (
    ({"started", "failed"}, lambda calls: calls),
    ({"started", "error"}, _of_record),
    ({"started", "status", "key_alias"}, _of_spend),
    ({"started", "level", "type"}, _of_observations),
)


def _checked(calls: pd.DataFrame) -> pd.DataFrame:
    """Convert times to UTC and flags to bool; returns the same table if nothing changes."""
    changes: dict[str, Any] = {}
    if str(calls["started"].dtype) != NORMALIZED.dtypes["started"]:
        changes["started"] = _in_utc(calls["started"])
    for name in ("failed", "cache_hit"):
        if name in calls.columns and calls[name].dtype != bool:
            changes[name] = _truth(calls[name])
    return calls.assign(**changes) if changes else calls


def _in_utc(started: pd.Series[Any]) -> pd.Series[Any]:
    if started.empty or started.isna().all():
        return pd.Series(pd.NaT, index=started.index, dtype="datetime64[ns, UTC]")
    if not isinstance(started.dtype, pd.DatetimeTZDtype):
        raise ValueError(
            "The column started needs times with a time zone: "
            'frame["started"] = pd.to_datetime(frame["started"], utc=True)'
        )
    return started.astype("datetime64[ns, UTC]")


def _truth(values: pd.Series[Any]) -> pd.Series[bool]:
    try:
        return values.astype("boolean").fillna(False).astype(bool)
    except (TypeError, ValueError) as exc:
        raise ValueError(f"The column {values.name} needs boolean values: {exc}") from exc
