"""The views that metrics queries can name, with their dimensions and measures as SQL."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gateway_kit.stack.servers.tracestore.api.filter_sql import Column
from gateway_kit.stack.servers.tracestore.store.tables.observations import IS_ROOT, TRACE_NAME

VIEWS = ("observations", "scores-numeric", "scores-categorical", "scores-boolean")


@dataclass(frozen=True, slots=True)
class Dimension:
    """A column to group by. If `is_nullable`, `sql` is null for rows without a value."""

    sql: str
    kind: str = "text"  # text, number, boolean, list
    is_nullable: bool = False
    is_high_cardinality: bool = False  # queries must then ask for the top rows
    join: str = ""
    filtered: str = ""  # the SQL that filters compare; '': `sql`
    missing: str = ""  # why the store cannot answer it; '': it can


@dataclass(frozen=True, slots=True)
class Measure:
    """A value to aggregate; texts can only be counted."""

    sql: str
    is_number: bool = True
    is_nullable: bool = False  # some rows have no value; nor has an empty group
    join: str = ""
    dimension: str = ""  # a dimension that is always added
    missing: str = ""  # why the store cannot answer it; '': it can


@dataclass(frozen=True, slots=True)
class View:
    """A view; `time` is the column of the time window, and filters can name `filters` besides dimensions."""

    table: str
    time: str
    dimensions: Mapping[str, Dimension]
    measures: Mapping[str, Measure]
    filters: Mapping[str, Column]
    condition: str = ""


def _set(column: str) -> str:
    """The column, null instead of ''."""
    return f"nullif({column}, '')"


def _named(column: str, *, is_high_cardinality: bool = False, join: str = "") -> Dimension:
    """A text that may be empty; filters compare the column itself, so that they can use its index."""
    return Dimension(
        _set(column), is_nullable=True, is_high_cardinality=is_high_cardinality, join=join, filtered=column
    )


_COST_PAIRS = "cross join lateral jsonb_each(o.cost_details) as cost(key, value)"
_USAGE_PAIRS = "cross join lateral jsonb_each(o.usage_details) as usage(key, value)"
_SCORES = (
    "left join (select s.trace_id, s.observation_id, count(*) as n from scores s"
    " where s.observation_id is not null group by 1, 2) as scored"
    " on scored.trace_id = o.trace_id and scored.observation_id = o.id"
)
_PAIR = "(case when jsonb_typeof({0}.value) = 'number' then ({0}.value)::numeric end)"
_NO_TOOLS = "this store does not keep the tools of a request apart from its input"

# In the order of Langfuse's error messages.
_OBSERVATION_DIMENSIONS = {
    "id": Dimension("o.id", is_high_cardinality=True),
    "traceId": Dimension("o.trace_id", is_high_cardinality=True),
    "environment": Dimension("o.environment"),
    "parentObservationId": Dimension("o.parent_id", is_nullable=True, is_high_cardinality=True),
    "isRootObservation": Dimension(IS_ROOT, "boolean"),
    "type": Dimension("o.type"),
    "name": Dimension("o.name"),
    "level": Dimension("o.level"),
    "version": _named("o.version"),
    "userId": _named("o.user_id", is_high_cardinality=True),
    "sessionId": _named("o.session_id", is_high_cardinality=True),
    "tags": Dimension("o.tags", "list"),
    "release": _named("o.release"),
    "traceName": Dimension(TRACE_NAME, is_nullable=True),
    "traceRelease": _named("o.release"),
    "traceVersion": _named("o.version"),
    "providedModelName": _named("o.model"),
    "promptName": _named("o.prompt_name"),
    "promptVersion": Dimension("o.prompt_version", "number", is_nullable=True),
    "startTimeMonth": Dimension("to_char(o.start_time at time zone 'UTC', 'YYYY-MM')"),
    "toolNames": Dimension("null::text[]", "list", missing=_NO_TOOLS),
    "calledToolNames": Dimension("null::text[]", "list", missing=_NO_TOOLS),
    "costType": Dimension("cost.key", join=_COST_PAIRS),
    "usageType": Dimension("usage.key", join=_USAGE_PAIRS),
    "experimentName": _named("o.experiment_name", is_high_cardinality=True),
    "experimentDatasetId": _named("o.experiment_dataset_id", is_high_cardinality=True),
    "experimentId": _named("o.experiment_id", is_high_cardinality=True),
}

_PER_SECOND = "({0} * 1000.0 / nullif(o.latency_ms, 0))"

OBSERVATIONS = View(
    table="observations o",
    time="o.start_time",
    dimensions=_OBSERVATION_DIMENSIONS,
    # In the order of Langfuse's error messages.
    measures={
        "count": Measure("1"),
        "traceId": Measure("o.trace_id", is_number=False),
        "uniqueUserIds": Measure(_set("o.user_id"), is_number=False, is_nullable=True),
        "uniqueSessionIds": Measure(_set("o.session_id"), is_number=False, is_nullable=True),
        "latency": Measure("o.latency_ms", is_nullable=True),
        "streamingLatency": Measure("(o.latency_ms - o.ttft_ms)", is_nullable=True),
        "inputTokens": Measure("o.input_usage"),
        "outputTokens": Measure("o.output_usage"),
        "totalTokens": Measure("o.total_usage"),
        "outputTokensPerSecond": Measure(_PER_SECOND.format("o.output_usage"), is_nullable=True),
        "tokensPerSecond": Measure(_PER_SECOND.format("o.total_usage"), is_nullable=True),
        "inputCost": Measure("coalesce(o.input_cost, 0)"),
        "outputCost": Measure("coalesce(o.output_cost, 0)"),
        "totalCost": Measure("o.total_cost"),
        "timeToFirstToken": Measure("o.ttft_ms", is_nullable=True),
        "countScores": Measure("coalesce(scored.n, 0)", join=_SCORES),
        "toolDefinitions": Measure("0", missing=_NO_TOOLS),
        "toolCalls": Measure("0", missing=_NO_TOOLS),
        "costByType": Measure(_PAIR.format("cost"), join=_COST_PAIRS, dimension="costType"),
        "usageByType": Measure(_PAIR.format("usage"), join=_USAGE_PAIRS, dimension="usageType"),
    },
    filters={
        "startTime": Column("o.start_time", "time"),
        "metadata": Column("o.metadata", "object", is_searchable=True),
    },
)

# A trace's fields come from its first observation without a parent.
_TRACE = (
    f"left join lateral (select {TRACE_NAME} as trace_name, t.tags, t.release, t.version, t.user_id, t.session_id"
    " from observations t where t.trace_id = s.trace_id"
    " order by t.parent_id is not null, t.start_time, t.id limit 1) as t on true"
)
_OBSERVATION = "left join observations o on o.trace_id = s.trace_id and o.id = s.observation_id"

_SCORE_DIMENSIONS = {
    "id": Dimension("s.id", is_high_cardinality=True),
    "environment": Dimension("s.environment"),
    "name": Dimension("s.name"),
    "source": Dimension("s.source"),
    "dataType": Dimension("s.data_type"),
    "traceId": Dimension("s.trace_id", is_nullable=True, is_high_cardinality=True),
    "traceName": Dimension("t.trace_name", is_nullable=True, join=_TRACE),
    "tags": Dimension("coalesce(t.tags, '{}')", "list", join=_TRACE),
    "userId": _named("t.user_id", is_high_cardinality=True, join=_TRACE),
    "sessionId": Dimension(
        "coalesce(s.session_id, nullif(t.session_id, ''))",
        is_nullable=True,
        is_high_cardinality=True,
        join=_TRACE,
    ),
    "observationId": Dimension("s.observation_id", is_nullable=True, is_high_cardinality=True),
    "traceRelease": _named("t.release", join=_TRACE),
    "traceVersion": _named("t.version", join=_TRACE),
    "observationName": _named("o.name", join=_OBSERVATION),
    "observationModelName": _named("o.model", join=_OBSERVATION),
    "observationPromptName": _named("o.prompt_name", join=_OBSERVATION),
    "observationPromptVersion": Dimension("o.prompt_version", "number", is_nullable=True, join=_OBSERVATION),
    "experimentName": _named("o.experiment_name", is_high_cardinality=True, join=_OBSERVATION),
    "experimentId": _named("o.experiment_id", is_high_cardinality=True, join=_OBSERVATION),
    "configId": Dimension("s.config_id", is_nullable=True),
    "timestampMonth": Dimension("to_char(s.\"timestamp\" at time zone 'UTC', 'YYYY-MM')"),
    "timestampDay": Dimension("to_char(s.\"timestamp\" at time zone 'UTC', 'YYYY-MM-DD')"),
}
_SCORE_FILTERS = {
    "timestamp": Column('s."timestamp"', "time"),
    "metadata": Column("s.metadata", "object", is_searchable=True),
    "scoreName": Column("s.name"),
}
_VALUE = {"count": Measure("1"), "value": Measure("s.value", is_nullable=True)}
_COUNT = {"count": Measure("1")}


def _scores(types: str, dimensions: Mapping[str, Dimension], measures: Mapping[str, Measure]) -> View:
    return View(
        table="scores s",
        time='s."timestamp"',
        dimensions={**_SCORE_DIMENSIONS, **dimensions},
        measures=measures,
        filters=_SCORE_FILTERS,
        condition=f"s.data_type in ({types})",
    )


_NUMERIC_VALUE = {"value": Dimension("s.value", "number", is_nullable=True)}
_BY_NAME = {
    "observations": OBSERVATIONS,
    "scores-numeric": _scores("'NUMERIC', 'BOOLEAN'", _NUMERIC_VALUE, _VALUE),
    "scores-categorical": _scores(
        "'CATEGORICAL'", {"stringValue": Dimension("s.string_value", is_nullable=True)}, _COUNT
    ),
    "scores-boolean": _scores(
        "'BOOLEAN'", {**_NUMERIC_VALUE, "booleanValue": Dimension("(s.value = 1)", "boolean")}, _VALUE
    ),
}


def filter_columns(chosen: View) -> dict[str, Column]:
    """The columns that filters can name: the dimensions and the view's own."""
    dimensions = {
        name: Column(d.filtered or d.sql, d.kind) for name, d in chosen.dimensions.items() if not d.missing
    }
    return {**dimensions, **chosen.filters}


def view(name: str) -> View:
    """The view with this name, one of VIEWS."""
    return _BY_NAME[name]
