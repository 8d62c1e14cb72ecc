"""The query of GET v2/metrics: checked JSON, resolved to dimensions and measures of a view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from gateway_kit.stack.servers.tracestore.api import checks, issues
from gateway_kit.stack.servers.tracestore.api.errors import invalid_request
from gateway_kit.stack.servers.tracestore.api.filters import Filter, read_filters
from gateway_kit.stack.servers.tracestore.api.parameters import Parameters
from gateway_kit.stack.servers.tracestore.metrics.views import VIEWS, View, view

PERCENTILES = {"p50": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99}
AGGREGATIONS = ("sum", "avg", "count", "max", "min", *PERCENTILES, "histogram", "uniq")
GRANULARITIES = ("auto", "minute", "hour", "day", "week", "month")
TIME = "time_dimension"
DEFAULT_ROWS, MAX_ROWS = 100, 1000
DEFAULT_BINS, MAX_BINS = 10, 100
MAX_PARTS = 50  # dimensions, metrics or orders; keeps the statement small
_PATH = "query"


@dataclass(frozen=True, slots=True)
class Metric:
    """One column of the answer."""

    measure: str
    aggregation: str

    @property
    def key(self) -> str:
        """Its name in the answer, such as p95_latency."""
        return f"{self.aggregation}_{self.measure}"

    @property
    def needs_all_values(self) -> bool:
        """Whether it is computed from all values of a group, in order."""
        return self.aggregation in PERCENTILES or self.aggregation == "histogram"


@dataclass(frozen=True, slots=True)
class MetricsQuery:
    """A valid query. `order` has names in the answer, and whether they sort descending."""

    view: View
    dimensions: tuple[str, ...]
    metrics: tuple[Metric, ...]
    filters: tuple[Filter, ...]
    start: datetime
    end: datetime
    granularity: str | None
    order: tuple[tuple[str, bool], ...]
    is_filled: bool  # with a row for each bucket without data
    row_limit: int
    bins: int


def read_query(parameters: Parameters) -> MetricsQuery:
    """The query of a request. Raises Refusal 400 with what is wrong with it."""
    wrong = parameters.issues
    sent = _sent(parameters)
    view_name = checks.option(sent.get("view"), [_PATH, "view"], VIEWS, wrong) or ""
    dimensions = [_field(item, "field", path, wrong) for item, path in _parts(sent, "dimensions", wrong)]
    metrics = [
        Metric(_field(item, "measure", path, wrong), _option(item, "aggregation", AGGREGATIONS, path, wrong))
        for item, path in _parts(sent, "metrics", wrong, is_required=True)
    ]
    filters = read_filters(sent.get("filters", ...), [_PATH, "filters"], wrong)
    granularity, path = None, [_PATH, "timeDimension"]
    if (time := sent.get("timeDimension")) is not None and checks.fields(time, path, wrong) is not None:
        granularity = _option(time, "granularity", GRANULARITIES, path, wrong)
    start, end = (
        checks.date_and_time(sent.get(name, ...), [_PATH, name], wrong)
        for name in ("fromTimestamp", "toTimestamp")
    )
    if start is not None and end is not None and start >= end:
        wrong.append(issues.custom([_PATH]))
    order = [
        (
            _field(item, "field", path, wrong),
            _option(item, "direction", ("asc", "desc"), path, wrong) == "desc",
        )
        for item, path in _parts(sent, "orderBy", wrong)
    ]
    config = checks.fields(sent.get("config", {}), [_PATH, "config"], wrong) or {}
    bins = _whole(config, "bins", wrong, least=1, maximum=MAX_BINS)
    row_limit = _whole(config, "row_limit", wrong, above=0, maximum=MAX_ROWS)
    parameters.finish()
    if start is None or end is None:  # cannot happen: `finish` raised for it
        raise invalid_request("fromTimestamp and toTimestamp are required")
    chosen = view(view_name)
    _check_high(chosen, dimensions, metrics, order, granularity, has_limit=row_limit is not None)
    dimensions = _checked_dimensions(chosen, dimensions, metrics)
    keys = [*dimensions, *([TIME] if granularity else [])]
    return MetricsQuery(
        view=chosen,
        dimensions=tuple(dimensions),
        metrics=tuple(dict.fromkeys(metrics)),
        filters=tuple(filters),
        start=start,
        end=end,
        granularity=_granularity(granularity, start, end),
        order=_order(order, keys, metrics),
        is_filled=granularity is not None and not order,
        row_limit=row_limit or DEFAULT_ROWS,
        bins=bins or DEFAULT_BINS,
    )


def _sent(parameters: Parameters) -> dict[str, Any]:
    text = parameters.text("query")
    if text is None and not parameters.issues:
        checks.text(..., [_PATH], parameters.issues)
    parameters.finish()
    try:
        sent = orjson.loads(text or "")
    except ValueError:
        raise invalid_request("Invalid JSON in query parameter") from None
    fields = checks.fields(sent, [_PATH], parameters.issues)
    parameters.finish()
    return fields or {}


def _parts(
    sent: dict[str, Any], name: str, wrong: checks.Issues, *, is_required: bool = False
) -> list[tuple[dict[str, Any], list[str | int]]]:
    """The objects of a list, each with its path."""
    value, path = sent.get(name, ...), [_PATH, name]
    if not is_required and (value is ... or value is None):
        return []
    if is_required and value == []:
        wrong.append(issues.too_small(path, 1, origin="array"))
    items = checks.items(value, path, wrong, MAX_PARTS) or []
    parts = [(checks.fields(item, place, wrong), place) for item, place in items]
    return [(part, place) for part, place in parts if part is not None]


def _field(item: dict[str, Any], name: str, path: issues.Path, wrong: checks.Issues) -> str:
    return checks.text(item.get(name, ...), [*path, name], wrong) or ""


def _option(
    item: dict[str, Any], name: str, options: Sequence[str], path: issues.Path, wrong: checks.Issues
) -> str:
    return checks.option(item.get(name), [*path, name], options, wrong) or ""


def _whole(config: dict[str, Any], name: str, wrong: checks.Issues, **limits: int) -> int | None:
    path = [_PATH, "config", name]
    number = checks.number(config[name], path, wrong) if name in config else None
    return None if number is None else checks.whole(number, path, wrong, **limits)


def _check_high(
    chosen: View,
    dimensions: Sequence[str],
    metrics: Sequence[Metric],
    order: Sequence[tuple[str, bool]],
    granularity: str | None,
    *,
    has_limit: bool,
) -> None:
    """Raise Refusal 400 unless dimensions of high cardinality have a limit, a descending order and no time."""
    high = [
        name
        for name in dimensions
        if name in chosen.dimensions and chosen.dimensions[name].is_high_cardinality
    ]
    if not high:
        return
    start = f"High cardinality dimension(s) '{', '.join(high)}'"
    if granularity:
        raise invalid_request(
            f"{start} cannot be used with timeDimension. Time series queries with high cardinality dimensions "
            "produce unbounded result sets."
        )
    descending = [name for name, is_descending in order if is_descending]
    if not has_limit or not descending:
        raise invalid_request(
            f"{start} require both 'config.row_limit' and 'orderBy' with direction 'desc' on a measure field."
        )
    measures = {metric.measure for metric in metrics}
    wrong = [name for name in descending if name not in measures and name.partition("_")[2] not in measures]
    if wrong:
        raise invalid_request(
            f"{start} require 'orderBy' with direction 'desc' on a measure field. '{', '.join(wrong)}' "
            f"{'is' if len(wrong) == 1 else 'are'} not a measure in this query."
        )


def _checked_dimensions(chosen: View, dimensions: Sequence[str], metrics: Sequence[Metric]) -> list[str]:
    """The dimensions, and those that a measure needs. Raises Refusal 400 for names unknown to the view."""
    result = list(dict.fromkeys(dimensions))
    for name in result:
        if name not in chosen.dimensions:
            allowed = ",".join(chosen.dimensions)
            raise invalid_request(f"Invalid dimension {name}. Must be one of {allowed}")
        if missing := chosen.dimensions[name].missing:
            raise invalid_request(f"Dimension {name} cannot be answered: {missing}")
    for metric in metrics:
        measure = chosen.measures.get(metric.measure)
        if measure is None:
            raise invalid_request(
                f"Invalid metric {metric.measure}. Must be one of {','.join(chosen.measures)}"
            )
        if not measure.is_number and metric.aggregation not in ("count", "uniq"):
            raise invalid_request(
                f'Aggregation "{metric.aggregation}" is not valid for measure "{metric.measure}" (type: string). '
                "Valid aggregations: count, uniq"
            )
        if measure.missing:
            raise invalid_request(f"Metric {metric.measure} cannot be answered: {measure.missing}")
        if measure.dimension and measure.dimension not in result:
            result.append(measure.dimension)
    if {"costType", "usageType"} <= set(result):
        raise invalid_request("Only one of the dimensions costType and usageType is supported per query")
    return result


def _order(
    order: Sequence[tuple[str, bool]], keys: Sequence[str], metrics: Sequence[Metric]
) -> tuple[tuple[str, bool], ...]:
    """The given order, else by time ascending, else by the first metric descending."""
    measured = [metric.key for metric in metrics if metric.aggregation != "histogram"]
    if not order:
        if TIME in keys or not measured:
            return tuple((key, False) for key in (TIME, *keys) if key in keys)[:1]
        return ((measured[0], True),)
    sortable = {*keys, *measured}
    for name, _ in order:
        if name not in sortable:
            raise invalid_request(
                f"Invalid orderBy field: {name}. Must be one of the dimension or metric fields."
            )
    return tuple(order)


def _granularity(asked: str | None, start: datetime, end: datetime) -> str | None:
    """For `auto`, the granularity that gives about fifty rows, by Langfuse's limits."""
    if asked != "auto":
        return asked
    hours = (end - start).total_seconds() / 3600
    for limit_hours, granularity in ((2, "minute"), (72, "hour"), (1440, "day"), (8760, "week")):
        if hours < limit_hours:
            return granularity
    return "month"
