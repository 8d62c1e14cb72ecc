"""The Langfuse SDK reads the store: every documented parameter is accepted, every answer parses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
import pytest
from langfuse.api import LangfuseAPI, NotFoundError, UnauthorizedError

from .recorded_traffic import load
from .store_program import StoreProgram

TRACE = "ac16bd6f747948824ed3df84a559d75e"
FIELDS = "core,basic,time,io,metadata,model,usage,prompt,metrics,trace_context"


@pytest.fixture(scope="module")
def api(store: StoreProgram) -> Iterator[LangfuseAPI]:
    load(store)
    with httpx.Client(trust_env=False, timeout=120) as client:
        yield LangfuseAPI(
            base_url=store.url, username=store.public_key, password=store.secret_key, httpx_client=client
        )


def test_projects_and_health(api):
    (project,) = api.projects.get().data
    assert (project.id, project.name, project.organization.id) == ("kit", "kit", "kit-org")
    assert api.health.health().version == "4.16.0"


def test_wrong_keys_are_an_unauthorized_error(api, store):
    with httpx.Client(trust_env=False) as client:
        wrong = LangfuseAPI(
            base_url=store.url, username=store.public_key, password="wrong", httpx_client=client
        )
        with pytest.raises(UnauthorizedError):
            wrong.projects.get()


def test_observations_with_every_parameter(api):
    (row,) = api.observations.get_many(
        fields=FIELDS,
        expand_metadata="g",
        limit=5,
        parse_io_as_json=False,
        name="kit-gen",
        user_id="user-1",
        session_id="sess-1",
        type="GENERATION",
        trace_id=TRACE,
        level="DEFAULT",
        parent_observation_id="d428108ed8ece1a1",
        is_root_observation=False,
        environment=["default", "production"],
        from_start_time=datetime.fromisoformat("2026-11-23T07:00:00Z"),
        to_start_time=datetime.fromisoformat("2026-11-23T08:00:00Z"),
        version="v9",
        filter=json.dumps([{"type": "number", "column": "latency", "operator": ">", "value": 0.1}]),
    ).data
    assert row.model == "gpt-4o-mini"
    assert row.latency == 0.12
    assert row.input_price == "1.5e-7"
    assert row.tags == ["alpha", "beta"]
    assert row.metadata["g"] == {"nested": [1, 2]}
    assert row.end_time - row.start_time == timedelta(seconds=row.latency)


def test_observations_page_by_page(api):
    result, cursor = [], None
    while True:
        page = api.observations.get_many(limit=10, cursor=cursor)
        result += [row.id for row in page.data]
        cursor = page.meta.cursor
        if cursor is None:
            break
    assert len(result) == len(set(result)) == 75


def test_metrics(api):
    query = {
        "view": "observations",
        "metrics": [
            {"measure": "latency", "aggregation": "p95"},
            {"measure": "count", "aggregation": "count"},
        ],
        "dimensions": [{"field": "providedModelName"}],
        "timeDimension": {"granularity": "auto"},
        "fromTimestamp": "2026-11-23T07:00:00Z",
        "toTimestamp": "2026-11-23T08:00:00Z",
    }
    rows = api.metrics.metrics(query=json.dumps(query)).data
    assert sum(row["count_count"] for row in rows) == 75


def test_scores_with_every_parameter(api):
    page = api.scores_v3.get_many_v3(
        limit=1,
        fields="details,subject,annotation",
        id="8dee79d6d5ca9e44,x",
        name="quality",
        source="API",
        data_type="NUMERIC",
        environment="default",
        value="0.9",
        value_min=0.5,
        value_max=1.0,
        trace_id=TRACE,
        from_timestamp=datetime.fromisoformat("2026-11-23T07:00:00Z"),
        to_timestamp=datetime.fromisoformat("2026-11-23T08:00:00Z"),
    )
    (score,) = page.data
    assert score.value == 0.9
    assert score.comment == "numeric score"
    assert score.subject.kind == "trace"
    assert (
        api.scores_v3.get_many_v3(config_id="a", queue_id="b", author_user_id="c", experiment_id="d").data
        == []
    )
    values = {type(score.value) for score in api.scores_v3.get_many_v3(limit=100).data}
    assert values == {float, bool, str}


def test_scores_page_by_page(api):
    result, cursor = [], None
    while True:
        page = api.scores_v3.get_many_v3(limit=4, cursor=cursor)
        result += [score.id for score in page.data]
        cursor = page.meta.cursor
        if cursor is None:
            break
    assert len(result) == len(set(result)) > 10


def test_models(api):
    page = api.models.list(page=2, limit=3)
    assert page.meta.total_items > 1000
    model = page.data[0]
    assert api.models.get(model.id) == model
    assert model.pricing_tiers[0].is_default
    with pytest.raises(NotFoundError):
        api.models.get("no-such-model")


def test_removed_endpoints_raise_not_found(api):
    with pytest.raises(NotFoundError):
        api.trace.list()
    with pytest.raises(NotFoundError):
        api.sessions.get("sess-1")
