"""A query for metrics as SQL."""

from __future__ import annotations

from gateway_kit.stack.servers.tracestore.api.filter_sql import Binder, condition
from gateway_kit.stack.servers.tracestore.metrics.buckets import bucket_sql
from gateway_kit.stack.servers.tracestore.metrics.query import PERCENTILES, TIME, Metric, MetricsQuery
from gateway_kit.stack.servers.tracestore.metrics.views import Measure, filter_columns

# Bins of equal width from the least to the greatest value, as [lower bound, upper bound, number of values]. A single
# bin if all values are equal, or if their range exceeds a double.
# One bin for a single value, and for a range that a double cannot divide or hold: PostgreSQL makes errors of underflow
# and overflow.
_HISTOGRAM = """(
    with counted as materialized (select v, count(*) as n from unnest({values}) as v group by v),
        ends as (
            select min(v) as least, max(v) as most,
                case when max(v) < 1 and min(v) > -1 and max(v) - min(v) < 1e-290 then 1
                    when min(v) < 0 and max(v) > 1.7e308 + min(v) then 1
                    when min(v) = max(v) then 1
                    else {bins} end as bins
            from counted),
        edges as (
            select bins, least || array(
                select least + (most - least) / bins * step from generate_series(1, bins - 1) as step) || most as edges
            from ends where least is not null),
        binned as (select width_bucket(v, edges[:bins]) as bin, sum(n) as n from counted, edges group by 1)
    select coalesce(array_agg(
        array[edges[bin], edges[bin + 1], coalesce(n, 0)::float8] order by bin), '{{}}')
    from edges cross join generate_series(1, bins) as bin left join binned using (bin)
)"""


class Statement:
    """Builds the statement; `names` are the columns of its result.

    With `collects`, the statement collects the values of each group in an array and takes percentiles and histograms
    from it. That is up to twice as fast as sorting all rows by group, but needs memory for all values. Histograms need
    it.
    """

    def __init__(self, query: MetricsQuery, *, collects: bool) -> None:
        self._query, self._collects = query, collects
        self.binder = Binder()
        view = query.view
        self._keys = {name: view.dimensions[name].sql for name in query.dimensions}
        if query.granularity:
            self._keys[TIME] = bucket_sql(query.granularity, view.time)
        self._aggregates = {
            metric.key: self._aggregate(metric, view.measures[metric.measure]) for metric in query.metrics
        }
        self.names = [*self._keys, *self._aggregates]
        self._source_sql = self._source()

    def estimate(self) -> str:
        """The statement that estimates how many rows will be aggregated."""
        return f"explain (format json) select 1 from {self._source_sql}"

    def text(self, limit: int) -> str:
        """The statement, with at most `limit` rows in the order of the query."""
        places = {name: f"c{index}" for index, name in enumerate(self.names)}
        grouped, outer = [f"{sql} as {places[name]}" for name, sql in self._keys.items()], ""
        selected = [places[name] for name in self._keys]
        percentiles: dict[str, list[str]] = {}  # by measure
        for metric in self._query.metrics:
            sql, place = self._aggregates[metric.key], places[metric.key]
            if metric.aggregation == "histogram":
                percentiles.setdefault(metric.measure, [])
                selected.append(f"{sql} as {place}")
                continue
            selected.append(place)
            if self._collects and metric.needs_all_values:
                percentiles.setdefault(metric.measure, []).append(f"{sql} as {place}")
            else:
                grouped.append(f"{sql} as {place}")
        for measure, parts in percentiles.items():
            values = f"values_{measure}"
            as_float = f"({self._query.view.measures[measure].sql})::float8"
            grouped.append(f"array_agg({as_float}) filter (where {as_float} is not null) as {values}")
            if parts:
                outer += f" cross join lateral (select {', '.join(parts)} from unnest({values}) as v) as of_{measure}"
        groups = f"select {', '.join(grouped)} from {self._source_sql}"
        if self._keys:
            groups += f" group by {', '.join(places[name] for name in self._keys)}"
        order = [
            f"{places[name]} {'desc' if is_descending else 'asc'} nulls last"
            for name, is_descending in (*self._query.order, *((key, False) for key in self._keys))
        ]
        # Materialized, so that PostgreSQL plans the groups by themselves. Otherwise it may sort all rows to get the
        # groups in order.
        text = " ".join(
            (f"with groups as materialized ({groups}) select", ", ".join(selected), f"from groups{outer}")
        )
        return text + (f" order by {', '.join(order)}" if order else "") + f" limit {limit}"

    def _source(self) -> str:
        query, view = self._query, self._query.view
        columns = filter_columns(view)
        joins = {view.dimensions[name].join: None for name in query.dimensions}
        joins |= {view.measures[metric.measure].join: None for metric in query.metrics}
        start, end = self.binder.bind(query.start), self.binder.bind(query.end)
        conditions = [f"{view.time} >= {start}", f"{view.time} <= {end}"]
        if view.condition:
            conditions.append(view.condition)
        places = f"{','.join(view.dimensions)} or {' or '.join(view.filters)}"
        for item in query.filters:
            conditions.append(condition(item, columns, self.binder, places))
            if item.column in view.dimensions:
                joins[view.dimensions[item.column].join] = None
        return f"{view.table} {' '.join(join for join in joins if join)} where {' and '.join(conditions)}"

    def _aggregate(self, metric: Metric, measure: Measure) -> str:
        sql = measure.sql
        match metric.aggregation:
            case "count":
                return "count(*)" if sql == "1" else f"count({sql})"
            case "uniq":
                return f"count(distinct {sql})"
            case "sum":
                return f"sum({sql})" if measure.is_nullable else f"coalesce(sum({sql}), 0)"
            case "avg" | "min" | "max":
                return f"{metric.aggregation}({sql})"
            case "histogram":
                return _HISTOGRAM.format(values=f"values_{metric.measure}", bins=self._query.bins)
        value = "v" if self._collects else f"({sql})::float8"
        return f"percentile_cont({PERCENTILES[metric.aggregation]}) within group (order by {value})"
