"""The page of score configs, with the scores that were dropped because they did not fit theirs."""

from __future__ import annotations

import json
from typing import LiteralString

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.pages.choices import limits
from gateway_kit.stack.servers.tracestore.pages.formatting import shorten
from gateway_kit.stack.servers.tracestore.pages.html import html
from gateway_kit.stack.servers.tracestore.pages.parameters import read_offset
from gateway_kit.stack.servers.tracestore.pages.queue_list import PAGE_SIZE
from gateway_kit.stack.servers.tracestore.store.reader import PAGE_TIMEOUT_MS, reading
from gateway_kit.stack.servers.tracestore.store.scores import dropped_scores

DROPPED_SHOWN = 100

# Scores that keep to a config, and the queues that judge by it.
_CONFIGS: LiteralString = f"""
    select c.*, coalesce(d.n, 0) as dropped,
        (select count(*) from annotation_queues q where c.id = any(q.score_config_ids)) as queues,
        (select count(*) from scores s where s.config_id = c.id) as scores
    from score_configs c
        left join (select config_id, count(*) as n from dropped_scores group by 1) as d on d.config_id = c.id
    order by created_at desc, id limit {PAGE_SIZE + 1} offset %(offset)s
"""


async def configs_page(request: Request) -> Response:
    """The score configs, the newest first, and the newest of the dropped scores."""
    offset = read_offset(request.query_params)
    async with reading(request.app.state.pool, PAGE_TIMEOUT_MS) as reader:
        configs = await reader.rows(_CONFIGS, {"offset": offset})
        (count,) = await reader.rows("select count(*) as n from dropped_scores", {})
        dropped = await dropped_scores(reader, DROPPED_SHOWN)
    for row in dropped:
        row["value"] = shorten(json.dumps(row["body"].get("value"), ensure_ascii=False), 80)
    return html(
        request, "score_configs.html", configs=configs[:PAGE_SIZE], offset=offset, dropped=dropped, limits=limits,
        following=offset + PAGE_SIZE if len(configs) > PAGE_SIZE else 0, count=count["n"],
    )  # fmt: skip


PAGES = {"/score-configs": configs_page}
