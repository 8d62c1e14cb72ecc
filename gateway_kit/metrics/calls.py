"""One shape of calls for all summaries, whichever account they come from: the record, the spend log or the traces."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

METRIC_COLUMNS: Mapping[str, str] = {
    "started": "datetime64[ns, UTC]",
    "model": "string",
    "provider": "string",
    "deployment": "string",
    "key": "string",
    "team": "string",
    "user": "string",
    "session": "string",
    "tags": "object",
    "failed": "bool",
    "cache_hit": "bool",
    "latency_s": "float64",
    "ttft_s": "float64",
    "overhead_ms": "float64",
    "prompt_tokens": "Int64",
    "completion_tokens": "Int64",
    "cost_usd": "float64",
    "saved_usd": "float64",
}

_MODEL_CALLS = ("GENERATION", "EMBEDDING")
# LiteLLM writes the end as the first token of what was no stream, and rounds both to milliseconds.
_TWO_MS = 0.002


def normalize_calls(table: pd.DataFrame) -> pd.DataFrame:
    """The calls of any account in one shape, which every summary of this package takes; a call a row, as in `table`.

    normalize_calls(gateway.calls.frame())      # the call record: what this client met
    normalize_calls(gateway.spend.logs())       # LiteLLM's spend log: all clients, with teams and tags
    normalize_calls(tracing.observations())     # traces: all clients, with users, sessions and tags

    column             dtype                 meaning
    started            datetime64[ns, UTC]   when the request began
    model              string                the name that was asked for; in traces the model that answered
    provider           string                openai, azure, …; not in traces
    deployment         string                its id; not in traces
    key                string                the record's label, the spend log's alias of the key; not in traces
    team               string                the key's team; in the spend log only
    user               string                traces and spend log: on whose behalf the caller says to ask
    session            string                in traces only
    tags               object                list of str; not in the record
    failed             bool                  the caller got no (whole) answer
    cache_hit          bool                  the gateway's cache answered
    latency_s          float64               seconds until the last byte; missing where nobody measured them
    ttft_s             float64               streams: seconds until the first content
    overhead_ms        float64               milliseconds that LiteLLM says it added; in the record only
    prompt_tokens      Int64                 on a cache hit both repeat the first answer's
    completion_tokens  Int64
    cost_usd           float64               US dollars that were charged
    saved_usd          float64               cache hits: what the first answer had cost; in the record only

    Each account has the columns that it knows, and a summary says which one it misses. Columns of your own stay, and
    a summary can be made by them. Of traces only the calls of models count. The spend log and the traces have a row
    for each attempt of a failed call: the last one counts, which is the outcome, and latency is measured at the
    gateway, which is shorter than at the client; of a cache hit both say about 0. A time to first token that is the
    whole latency is none: LiteLLM writes it for what was no stream. Raises ValueError for a table that is no account.
    """
    if not isinstance(table, pd.DataFrame):
        raise ValueError(f"A DataFrame of calls is needed, such as gateway.calls.frame(), not {table!r:.80}.")
    names = set(table.columns)
    for needed, adapt in _SHAPES:
        if needed <= names:
            return _checked(adapt(table))
    listed = ", ".join(map(str, table.columns)) or "none"
    raise ValueError(
        "These are no calls. Give gateway.calls.frame(), gateway.spend.logs() or tracing.observations(), or a table "
        f"with the columns started (times with a zone) and failed (bool). Columns here: {listed}."
    )


def require_columns(calls: pd.DataFrame, columns: Iterable[str], what: str) -> None:
    """Raises ValueError where `calls` lacks a column that `what` is made of."""
    missing = [name for name in columns if name not in calls.columns]
    if missing:
        listed = ", ".join(map(str, calls.columns))
        raise ValueError(
            f"{what} needs the column {' and '.join(missing)}, which this account of the calls does not have. "
            f"normalize_calls says who has what. Columns here: {listed}."
        )


def numbers(calls: pd.DataFrame, column: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A column as floats, missing being NaN. Raises ValueError where it holds something else than numbers."""
    try:
        return calls[column].to_numpy("float64", na_value=np.nan)
    except (TypeError, ValueError) as exc:
        raise ValueError(f"The column {column} holds no numbers: {exc}") from exc


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
    """The latest row of each id, in the rows' order; a row without an id stands for itself."""
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
    """Times in UTC and true or false where that is meant; the same table where it is so already."""
    changes: dict[str, Any] = {}
    if str(calls["started"].dtype) != METRIC_COLUMNS["started"]:
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
            "The column started needs times with a zone, since calls come from several places: "
            'frame["started"] = pd.to_datetime(frame["started"], utc=True)'
        )
    return started.astype("datetime64[ns, UTC]")


def _truth(values: pd.Series[Any]) -> pd.Series[bool]:
    try:
        return values.astype("boolean").fillna(False).astype(bool)
    except (TypeError, ValueError) as exc:
        raise ValueError(f"The column {values.name} needs true or false: {exc}") from exc
