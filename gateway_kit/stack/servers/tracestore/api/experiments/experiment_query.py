"""What a request for experiments or their items asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson
from starlette.requests import Request

from gateway_kit.stack.servers.tracestore.api import checks, issues
from gateway_kit.stack.servers.tracestore.api.cursors import ExperimentCursor, experiment_cursor
from gateway_kit.stack.servers.tracestore.api.errors import invalid_request
from gateway_kit.stack.servers.tracestore.api.filter_sql import Binder, Column, condition
from gateway_kit.stack.servers.tracestore.api.filters import Filter, read_filters
from gateway_kit.stack.servers.tracestore.api.listing import DEFAULT_LIMIT, MAX_LIMIT
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.store.tables.observations import START_MS

MAX_SCORES = 50  # of an experiment or an item


@dataclass(frozen=True, slots=True)
class ExperimentQuery:
    """A page: `window` and `chosen` are conditions in SQL, with their values in `binder`."""

    groups: frozenset[str]
    limit: int
    score_limit: int
    cursor: ExperimentCursor | None
    window: str  # of the spans' start
    chosen: str  # by the filters
    binder: Binder


def read_query(
    request: Request, groups: Sequence[str], default_groups: Sequence[str], columns: Mapping[str, Column]
) -> ExperimentQuery:
    """The query of a request. `columns` can be named by filters, and by parameters with lists of values.

    Raises Refusal 400.
    """
    parameters = Parameters(request.query_params.multi_items())
    binder = Binder()
    asked = _groups(parameters, groups) if parameters.text("fields") else default_groups
    limit = _limit(parameters, "limit", DEFAULT_LIMIT, MAX_LIMIT)
    score_limit = _limit(parameters, "scoreLimit", MAX_SCORES, MAX_SCORES)
    sent = parameters.text("fromStartTime")
    start = checks.date_and_time(... if sent is None else sent, ["fromStartTime"], parameters.issues)
    end = parameters.date_and_time("toStartTime")
    simple = [
        Filter("stringOptions", name, "any of", values, "")
        for name in columns
        if (values := parameters.listed(name))
    ]
    filters = _filters(parameters, list(columns))
    parameters.finish()
    cursor = experiment_cursor(parameters)
    parameters.finish()
    overridden = {item.column for item in filters}
    chosen = [*(item for item in simple if item.column not in overridden), *filters]
    window = [f"{START_MS} >= {binder.bind(start)}", *([f"{START_MS} < {binder.bind(end)}"] if end else [])]
    return ExperimentQuery(
        groups=frozenset(asked),
        limit=limit,
        score_limit=score_limit,
        cursor=cursor,
        window=" and ".join(window),
        chosen=" and ".join(["true", *(condition(item, columns, binder) for item in chosen)]),
        binder=binder,
    )


def _groups(parameters: Parameters, groups: Sequence[str]) -> list[str]:
    asked = parameters.listed("fields")
    for index, group in enumerate(asked):
        if group not in groups:
            parameters.issues.append(issues.not_an_option(["fields", index], groups))
    return asked


def _limit(parameters: Parameters, name: str, default: int, maximum: int) -> int:
    if parameters.text(name) == "":
        return default
    return parameters.whole(name, default, least=1, maximum=maximum)


def _filters(parameters: Parameters, columns: Sequence[str]) -> list[Filter]:
    text = parameters.text("filter")
    if not text:
        return []
    try:
        value = orjson.loads(text)
    except ValueError:
        raise invalid_request("Invalid JSON in filter parameter") from None
    filters = read_filters(value, ["filter"], parameters.issues)
    for index, item in enumerate(value if isinstance(value, list) else []):
        column = item.get("column") if isinstance(item, dict) else None
        if column not in columns:
            parameters.issues.append(issues.not_an_option(["filter", index, "column"], columns))
    return filters
