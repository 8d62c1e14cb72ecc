"""What the filter boxes suggest."""

from __future__ import annotations

from typing import LiteralString

from gateway_kit.stack.servers.tracestore.store.reader import Reader

_OBSERVATIONS: LiteralString = """
    with recent as (
        select trace_name, name, model, user_id, session_id, tags, environment from observations
        order by start_time desc limit 2000)
    select 'name' as kind, coalesce(nullif(trace_name, ''), name) as value from recent
    union select 'model', model from recent
    union select 'user', user_id from recent
    union select 'session', session_id from recent
    union select 'tag', tag from recent, unnest(tags) as tag where not starts_with(tag, 'cache_hit:')
    union select 'environment', environment from recent
    union select 'score', name from (select name from scores order by "timestamp" desc limit 2000) as scored
"""


async def known_values(reader: Reader) -> dict[str, list[str]]:
    """Names, models, users, tags, environments and scores of the newest 2,000 observations and scores."""
    rows = await reader.rows(_OBSERVATIONS, {})
    kinds = ("name", "model", "user", "session", "tag", "environment", "score")
    values: dict[str, list[str]] = {kind: [] for kind in kinds}
    for row in sorted(rows, key=lambda row: row["value"]):
        if row["value"] and len(row["value"]) <= 100 and len(values[row["kind"]]) < 50:
            values[row["kind"]].append(row["value"])
    return values
