"""A query for metrics as SQL."""

from __future__ import annotations

from gateway_kit.stack.servers.tracestore.api.filter_sql import Binder, condition
from gateway_kit.stack.servers.tracestore.metrics.buckets import bucket_sql
from gateway_kit.stack.servers.tracestore.metrics.percentiles import PERCENTILES
from gateway_kit.stack.servers.tracestore.metrics.query import TIME, Metric, MetricsQuery
from gateway_kit.stack.servers.tracestore.metrics.views import Measure, columns

# One aggregate that percentiles of any fraction, and histograms, are taken from.
VALUES = "values of "


class MetricsSql:
    """The parts of a statement; `names` are the columns of its result.

    With `in_memory`, percentiles come as all values of a group in one string of bytes, which is three times as fast
    as having the server sort them: it need not order its groups. Without, the server computes them.
    """

    def __init__(self, query: MetricsQuery, *, in_memory: bool) -> None:
        self._query, self._in_memory = query, in_memory
        self.binder = Binder()
        view = query.view
        self._keys = {name: view.dimensions[name].sql for name in query.dimensions}
        if query.granularity:
            self._keys[TIME] = bucket_sql(query.granularity, view.time)
        self._aggregates: dict[str, str] = {}
        for metric in query.metrics:
            self._aggregates |= self._aggregate(metric, view.measures[metric.measure])
        self.names = [*self._keys, *self._aggregates]
        self._source_sql = self._source()

    def estimate(self) -> str:
        """The statement that tells how many rows would be aggregated."""
        return " ".join(("explain (format json) select 1 from", self._source_sql))

    def statement(self, limit: int, *, ordered: bool) -> str:
        """The statement, with at most `limit` rows."""
        places = {name: f"c{index}" for index, name in enumerate(self.names)}
        selected = [f"{sql} as {places[name]}" for name, sql in (self._keys | self._aggregates).items()]
        text = " ".join(("select", ", ".join(selected), "from", self._source_sql))
        if self._keys:
            text += f" group by {', '.join(places[name] for name in self._keys)}"
        if ordered:
            order = [
                f"{places[name]} {'desc' if is_descending else 'asc'} nulls last"
                for name, is_descending in self._query.order
            ]
            order += [f"{places[name]} asc nulls last" for name in self._keys]
            text += f" order by {', '.join(order)}"
        return f"{text} limit {limit}"

    def _source(self) -> str:
        query, view = self._query, self._query.view
        named = columns(view)
        joins = {view.dimensions[name].join: None for name in query.dimensions}
        joins |= {view.measures[metric.measure].join: None for metric in query.metrics}
        start, end = self.binder.bind(query.start), self.binder.bind(query.end)
        conditions = [f"{view.time} >= {start}", f"{view.time} <= {end}"]
        if view.condition:
            conditions.append(view.condition)
        places = f"{','.join(view.dimensions)} or {' or '.join(view.filters)}"
        for item in query.filters:
            conditions.append(condition(item, named, self.binder, places))
            if item.column in view.dimensions:
                joins[view.dimensions[item.column].join] = None
        return f"{view.table} {' '.join(join for join in joins if join)} where {' and '.join(conditions)}"

    def _aggregate(self, metric: Metric, measure: Measure) -> dict[str, str]:
        sql = measure.sql
        match metric.aggregation:
            case "count":
                return {metric.key: "count(*)" if sql == "1" else f"count({sql})"}
            case "uniq":
                return {metric.key: f"count(distinct {sql})"}
            case "sum":
                return {metric.key: f"sum({sql})" if measure.is_nullable else f"coalesce(sum({sql}), 0)"}
            case "avg" | "min" | "max":
                return {metric.key: f"{metric.aggregation}({sql})"}
        as_float = f"({sql})::float8"
        if self._in_memory:
            return {VALUES + metric.measure: f"string_agg(float8send({as_float}), ''::bytea)"}
        fraction = PERCENTILES[metric.aggregation]
        return {metric.key: f"percentile_cont({fraction}) within group (order by {as_float})"}
