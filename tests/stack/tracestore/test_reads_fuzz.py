"""Any JSON and any parameters are answered: 200 with data, or 400 with a message."""

from __future__ import annotations

import json

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway_kit.stack.servers.tracestore.api.filters import OPERATORS
from gateway_kit.stack.servers.tracestore.api.observations.observation_query import COLUMNS
from gateway_kit.stack.servers.tracestore.metrics.query import AGGREGATIONS, GRANULARITIES
from gateway_kit.stack.servers.tracestore.metrics.views import VIEWS

from .store_program import StoreProgram
from .test_reads_bad_input import COUNT, METRICS, OBSERVATIONS, PATHS, WINDOW

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["2026-11-23T00:00:00Z", "", "any of", "=", "key", *VIEWS, *AGGREGATIONS]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
conditions = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(sorted(OPERATORS)) | values,
        "column": st.sampled_from([*COLUMNS, "providedModelName", "timestamp"]) | st.text(max_size=5),
        "operator": st.sampled_from(sorted({name for names in OPERATORS.values() for name in names}))
        | values,
        "value": values,
        "key": st.text(max_size=5) | values,
    },
)
queries = st.fixed_dictionaries(
    {
        "view": st.sampled_from(VIEWS),
        "metrics": st.just(COUNT) | values,
        **{k: st.just(v) for k, v in WINDOW.items()},
    },
    optional={
        "filters": st.lists(conditions, max_size=3) | values,
        "dimensions": st.lists(
            st.fixed_dictionaries({"field": st.sampled_from(["name", "tags", "id"]) | values})
        ),
        "timeDimension": st.fixed_dictionaries({"granularity": st.sampled_from(GRANULARITIES)}) | values,
        "orderBy": values,
        "config": st.fixed_dictionaries({}, optional={"row_limit": values, "bins": values}) | values,
    },
)
fuzzed = settings(max_examples=150)


def check_answered(response: httpx.Response) -> None:
    assert response.status_code in (200, 400), response.text
    assert ("data" if response.status_code == 200 else "message") in response.json()


@fuzzed
@given(filters=st.lists(conditions, max_size=3) | values)
def test_any_json_as_a_filter(store: StoreProgram, filters):
    check_answered(store.http.get(OBSERVATIONS, params={"filter": json.dumps(filters)}))


@fuzzed
@given(query=queries | values)
def test_any_json_as_a_metrics_query(store: StoreProgram, query):
    check_answered(store.http.get(METRICS, params={"query": json.dumps(query)}))


@fuzzed
@given(
    path=st.sampled_from([*PATHS.values()]),
    params=st.lists(
        st.tuples(
            st.sampled_from(["limit", "page", "cursor", "filter", "query", "fields", "traceId", "value", "dataType",
                             "fromStartTime", "fromTimestamp", "environment", "userId", "valueMin", "name"]),
            st.text(max_size=30) | st.sampled_from(["NUMERIC", "1", "2026-11-23T00:00:00Z", "[]", "e30="]),
        ),
        max_size=4,
    ),
)  # fmt: skip
def test_any_parameters(store: StoreProgram, path, params):
    check_answered(store.http.get(path, params=params))
