"""The numbers of the dashboard. A request is an observation of type GENERATION or EMBEDDING."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

from gateway_kit.stack.servers.tracestore.pages.windows import Window, within
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row
from gateway_kit.stack.servers.tracestore.store.tables.observations import CACHE_HIT

_REQUEST: LiteralString = "type in ('GENERATION', 'EMBEDDING')"
EXACT_LIMIT = 20_000  # requests; above it percentiles are up to 1 % too low, which the page mentions
# In charts; all further models share one colour, since readers cannot tell more colours apart.
MODELS_NAMED = 6
OTHERS = "other models"
UNNAMED = "(no model)"

_HOUR_S, _DAY_S = 3600, 86400
_STEPS_S = (
    60, 300, 600, 1800, _HOUR_S, 2 * _HOUR_S, 6 * _HOUR_S, 12 * _HOUR_S, _DAY_S, 7 * _DAY_S, 30 * _DAY_S, 365 * _DAY_S,
)  # fmt: skip
_ORIGIN = datetime(2000, 1, 3, tzinfo=UTC)  # a Monday


@dataclass(frozen=True)
class Dashboard:
    """The numbers of the dashboard.

    `total`, `models` and `times` hold requests, errors, cost_usd, tokens, cached_tokens, cache_hits, p50_ms, p95_ms;
    `series` holds requests and cost_usd by time and model.
    """

    total: Row
    models: list[Row]
    times: list[Row]  # one per bucket, also for empty ones
    series: dict[tuple[datetime, str], Row]
    step: timedelta
    named: list[str]  # models with their own colour, most requests first
    exact: bool  # whether percentiles are exact; else up to 1 % too low


def bucket_step(length: timedelta) -> timedelta:
    """The shortest round step that needs at most 31 buckets."""
    wanted_s = length.total_seconds() / 31
    return timedelta(seconds=next((step for step in _STEPS_S if step >= wanted_s), _STEPS_S[-1]))


def step_title(step: timedelta) -> str:
    """hour, 5 minutes, day."""
    seconds = int(step.total_seconds())
    for size, name in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds % size == 0:
            count = seconds // size
            return name if count == 1 else f"{count} {name}s"
    return f"{seconds} seconds"


def _percentile(fraction: LiteralString) -> LiteralString:
    """The smallest latency that this fraction of the requests of a group does not exceed."""
    least: LiteralString = "min(latency_ms) filter (where {0}_rank >= " + fraction + " * {0}_n)"
    return (
        " case grouping(bucket, model) when 3 then " + least.format("all") + " when 2 then " + least.format("model")
        + " when 1 then " + least.format("time") + " end"
    )  # fmt: skip


async def read_dashboard(reader: Reader, window: Window, model: str, now: datetime) -> Dashboard:
    """The numbers of the window; `model` '' stands for all models."""
    condition: LiteralString = _REQUEST
    values: dict[str, Any] = {"model": "" if model == UNNAMED else model}
    if model:
        condition += " and model = %(model)s"
    condition += within(window, values)
    span = await reader.rows(
        "select (select start_time from observations where "
        + condition
        + " order by start_time limit 1) as first,"
        " (select start_time from observations where "
        + condition
        + " order by start_time desc limit 1) as last",
        values,
    )
    start = window.start or span[0]["first"] or now
    end = window.end or max(now, span[0]["last"] or now)
    step = bucket_step(max(end - start, timedelta(hours=1)))
    values |= {"step": step, "origin": _ORIGIN}
    count = await reader.rows("select count(*) as n from observations where " + condition, values)
    values["exact"] = count[0]["n"] <= EXACT_LIMIT
    await reader.group_by_hash()
    # Count by latency first: that runs in parallel and leaves few rows to sort for the percentiles.
    rows = await reader.rows(
        "with cells as materialized (select date_bin(%(step)s, start_time, %(origin)s) as bucket, model,"
        " min(latency_ms) as latency_ms, count(*) as n, sum(total_cost) as cost_usd, sum(total_usage) as tokens"
        " from observations where " + condition + " group by 1, model,"
        " case when %(exact)s then latency_ms::float8 else floor(ln(1 + latency_ms::float8) * 100) end),"
        " ranked as (select cells.*,"
        "  sum(n) filter (where latency_ms is not null) over (order by latency_ms) as all_rank,"
        "  sum(n) filter (where latency_ms is not null) over (partition by model order by latency_ms) as model_rank,"
        "  sum(n) filter (where latency_ms is not null) over (partition by bucket order by latency_ms) as time_rank,"
        "  sum(n) filter (where latency_ms is not null) over () as all_n,"
        "  sum(n) filter (where latency_ms is not null) over (partition by model) as model_n,"
        "  sum(n) filter (where latency_ms is not null) over (partition by bucket) as time_n"
        "  from cells)"
        " select grouping(bucket) = 0 as has_bucket, grouping(model) = 0 as has_model, bucket, model,"
        " sum(n)::bigint as requests, coalesce(sum(cost_usd), 0) as cost_usd,"
        " coalesce(sum(tokens), 0)::bigint as tokens,"
        + _percentile("0.5")
        + " as p50_ms,"
        + _percentile("0.95")
        + " as p95_ms"
        " from ranked group by grouping sets ((), (model), (bucket), (bucket, model))",
        values,
    )
    # Failures and cache hits are few and have their own indexes.
    part: LiteralString = (
        "select bucket, model, count(*) as n, sum(total_usage)::bigint as tokens from (select"
        " date_bin(%(step)s, start_time, %(origin)s) as bucket, model, total_usage from observations where "
    )
    hits = await reader.rows(part + CACHE_HIT + " and " + condition + ") as rare group by 1, 2", values)
    failed = await reader.rows(
        "select bucket, model, count(*) as n from (select date_bin(%(step)s, start_time, %(origin)s) as bucket, model"
        " from observations where level = 'ERROR' and " + condition + ") as rare group by 1, 2",
        values,
    )
    _add(rows, hits, failed)
    return _arrange(rows, start, end, step, exact=values["exact"])


def _add(rows: list[Row], hits: list[Row], failed: list[Row]) -> None:
    """Add errors, cache_hits and cached_tokens, and subtract the latter from tokens."""
    places = {}
    for row in rows:
        row |= {"errors": 0, "cache_hits": 0, "cached_tokens": 0}
        places[row["bucket"] if row["has_bucket"] else None, row["model"] if row["has_model"] else None] = row
    for kind, counts in (("cache_hits", hits), ("errors", failed)):
        for count in counts:
            for place in (
                (None, None),
                (count["bucket"], None),
                (None, count["model"]),
                (count["bucket"], count["model"]),
            ):
                if place in places:  # else the row arrived after the first query
                    row = places[place]
                    row[kind] += count["n"]
                    if kind == "cache_hits":
                        row["cached_tokens"] += count["tokens"]
                        row["tokens"] -= count["tokens"]


def _arrange(rows: list[Row], start: datetime, end: datetime, step: timedelta, *, exact: bool) -> Dashboard:
    for row in rows:
        if row["has_model"]:
            row["model"] = row["model"] or UNNAMED
    total = next(row for row in rows if not row["has_bucket"] and not row["has_model"])
    models = [row for row in rows if row["has_model"] and not row["has_bucket"]]
    models.sort(key=lambda row: (-row["requests"], row["model"]))
    named = [row["model"] for row in models[:MODELS_NAMED]]
    by_time = {row["bucket"]: row for row in rows if row["has_bucket"] and not row["has_model"]}
    series: dict[tuple[datetime, str], Row] = {}
    for row in rows:
        if row["has_bucket"] and row["has_model"]:
            key = row["bucket"], row["model"] if row["model"] in named else OTHERS
            sums = series.setdefault(key, {"requests": 0, "cost_usd": 0})
            sums["requests"] += row["requests"]
            sums["cost_usd"] += row["cost_usd"]
    empty = {
        "requests": 0, "errors": 0, "cost_usd": 0, "tokens": 0, "cached_tokens": 0, "cache_hits": 0,
        "p50_ms": None, "p95_ms": None,
    }  # fmt: skip
    bucket = _ORIGIN + (start.astimezone(UTC) - _ORIGIN) // step * step
    times: list[Row] = []
    while bucket < end and len(times) < 400:
        times.append(by_time.get(bucket, {**empty, "bucket": bucket}))
        bucket += step
    return Dashboard(total, models, times, series, step, named, exact)
