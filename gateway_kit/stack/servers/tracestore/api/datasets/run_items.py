"""POST dataset-run-items: tells a client the id of its run's experiment, and stores nothing.

What links a trace to an experiment are attributes of its spans. The SDK's version 4 posts here for each item, and uses
the id that it is answered; its version 5 computes the same id.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from gateway_kit.stack.servers.tracestore.api import checks, issues
from gateway_kit.stack.servers.tracestore.api.answers import JSON, time_text
from gateway_kit.stack.servers.tracestore.api.auth import authorize
from gateway_kit.stack.servers.tracestore.api.bodies import read_json
from gateway_kit.stack.servers.tracestore.api.datasets.item_query import ACTIVE, at_version
from gateway_kit.stack.servers.tracestore.api.datasets.items import NO_ITEM
from gateway_kit.stack.servers.tracestore.api.errors import invalid_data, not_found
from gateway_kit.stack.servers.tracestore.api.filter_sql import Binder
from gateway_kit.stack.servers.tracestore.store.reader import reading

_FIELDS = (
    "runName", "runDescription", "metadata", "datasetItemId", "observationId", "traceId", "datasetVersion", "createdAt",
)  # fmt: skip


def experiment_id(project_id: str, dataset_id: str, run_name: str) -> str:
    """The id of a dataset's run, the same for all its items and for every client."""
    seed = json.dumps(
        ["langfuse-experiment-v1", project_id, dataset_id, run_name],
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return hashlib.sha256(seed.encode()).hexdigest()[:16]


async def post_run_item(request: Request) -> Response:
    """An item of a run, as if it were stored. Raises Refusal 404 for an unknown or archived item of a dataset."""
    authorize(request)
    wrong: checks.Issues = []
    fields = checks.fields(await read_json(request), [], wrong)
    if fields is None:
        raise invalid_data(wrong)
    run_name = checks.text(fields.get("runName", ...), ["runName"], wrong)
    checks.optional_text(fields, "runDescription", wrong)
    item_id = checks.text(fields.get("datasetItemId", ...), ["datasetItemId"], wrong)
    observation_id = checks.optional_text(fields, "observationId", wrong)
    trace_id = checks.optional_text(fields, "traceId", wrong)
    sent = fields.get("datasetVersion")
    version = None if sent is None else checks.date(sent, ["datasetVersion"], wrong)
    sent = fields.get("createdAt")
    created = None if sent is None else checks.date_and_time(sent, ["createdAt"], wrong)
    if unknown := [name for name in fields if name not in _FIELDS]:
        wrong.append(issues.unknown_keys(unknown))
    if checks.is_readable(wrong) and not (observation_id or trace_id):
        message = "observationId or traceId must be provided"
        wrong.append(issues.custom(["observationId", "traceId"], message))
    if wrong or run_name is None or item_id is None:
        raise invalid_data(wrong)
    binder = Binder()
    where = f"i.id = {binder.bind(item_id)} and {ACTIVE} and {at_version(version, binder)}"
    async with reading(request.app.state.pool) as reader:
        rows = await reader.rows(f"select i.dataset_id from dataset_items i where {where}", binder.values)
    if not rows:
        raise not_found(NO_ITEM)
    time = time_text(created or datetime.now(UTC))
    return JSON(
        {
            "id": str(uuid.uuid4()),
            "datasetRunId": experiment_id(
                request.app.state.config.project_id, rows[0]["dataset_id"], run_name
            ),
            "datasetRunName": run_name,
            "datasetItemId": item_id,
            "traceId": trace_id or "",
            "observationId": observation_id,
            "createdAt": time,
            "updatedAt": time,
        }
    )
