"""The scores of experiments and of their items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway_kit.stack.servers.tracestore.api.filter_sql import Binder
from gateway_kit.stack.servers.tracestore.api.scores.get_scores import score_to_json
from gateway_kit.stack.servers.tracestore.store.reader import Reader, Row

_TYPES = "('NUMERIC', 'BOOLEAN', 'CATEGORICAL', 'TEXT')"
_GROUPS = ["core", "subject"]

Scores = dict[str, list[dict[str, Any]]]


async def scores_of_experiments(
    reader: Reader, experiment_ids: Sequence[str], limit: int, project_id: str
) -> Scores:
    """By experiment, the latest first, at most `limit` each."""
    binder = Binder()
    where = (
        f"dataset_run_id = any({binder.bind(list(experiment_ids))})"
        " and trace_id is null and observation_id is null and session_id is null"
    )
    return await _scores(reader, "dataset_run_id", where, binder, limit, project_id)


async def scores_of_items(reader: Reader, items: Sequence[Row], limit: int, project_id: str) -> Scores:
    """By trace: those of the item's span and of its trace as a whole, the latest first, at most `limit` each."""
    binder = Binder()
    spans, traces = (binder.bind([row[name] for row in items]) for name in ("id", "trace_id"))
    where = (
        f"trace_id = any({traces}) and (observation_id = any({spans})"
        " or observation_id is null and session_id is null and dataset_run_id is null)"
    )
    return await _scores(reader, "trace_id", where, binder, limit, project_id)


async def _scores(
    reader: Reader, subject: str, where: str, binder: Binder, limit: int, project_id: str
) -> Scores:
    order = f"partition by {subject} order by updated_at desc, id"
    rows = await reader.rows(
        f"select * from (select *, metadata::text as metadata_text, row_number() over ({order}) as place"
        f" from scores where {where} and data_type in {_TYPES}) as ranked where place <= {limit} order by place",
        binder.values,
    )
    scores: Scores = {}
    for row in rows:
        scores.setdefault(row[subject], []).append(score_to_json(row, _GROUPS, project_id))
    return scores
