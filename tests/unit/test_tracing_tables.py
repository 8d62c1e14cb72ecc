"""A real Langfuse's recorded answers, read by the SDK, as the kit's tables."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest

from gateway_kit.errors import TracingError, TracingKeysRefusedError, TracingUnreachableError
from gateway_kit.tracing.api import TraceApi
from gateway_kit.tracing.connection import TraceConnection
from gateway_kit.tracing.metrics import Metrics
from gateway_kit.tracing.observations import OBSERVATIONS, observations_frame
from gateway_kit.tracing.queries import Queries
from gateway_kit.tracing.scores import SCORES, scores_frame
from gateway_kit.tracing.traces import SESSIONS, TRACES, sessions_frame, traces_frame
from gateway_kit.tracing.tree import TREE, TraceTree

RECORDED = Path(__file__).parents[1] / "stack" / "tracestore" / "recorded"
TRACE = "ac16bd6f747948824ed3df84a559d75e"


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(next(RECORDED.rglob(f"{name}.json")).read_text())
    return found


def api(handle: Callable[[httpx.Request], httpx.Response]) -> TraceApi:
    http = httpx.Client(transport=httpx.MockTransport(handle))
    return TraceApi(TraceConnection("http://traces.test", "pk-lf-x", "sk-lf-secret"), http)


def reading(handle: Callable[[httpx.Request], httpx.Response]) -> Queries:
    return Queries(api(handle))


def answering(name: str) -> Queries:
    answer = recorded(name)
    return reading(lambda _: httpx.Response(answer["status"], json=answer["body"]))


def metrics(name: str) -> Metrics:
    answer = recorded(name)
    return Metrics(api(lambda _: httpx.Response(answer["status"], json=answer["body"])))


def dtypes(frame: pd.DataFrame) -> dict[str, str]:
    return {name: str(dtype) for name, dtype in frame.dtypes.items()}


@pytest.fixture(scope="module")
def observations() -> pd.DataFrame:
    return answering("31-observations-v2-trace-allfields").observations(TRACE)


def test_an_observation_in_the_kits_terms(observations: pd.DataFrame) -> None:
    assert dtypes(observations) == OBSERVATIONS.dtypes
    row = observations.set_index("name").loc["kit-gen"]
    assert row["started"] == pd.Timestamp("2026-11-23T07:52:01.808Z")
    assert (row["type"], row["model"], row["latency_s"], row["ttft_s"]) == (
        "GENERATION", "gpt-4o-mini", 0.12, 0.12,
    )  # fmt: skip
    # Two of the fourteen came from the provider's cache: Langfuse counts them as input.
    assert (row["prompt_tokens"], row["completion_tokens"], row["total_tokens"]) == (14, 3, 15)
    assert row["cost_usd"] == pytest.approx(3.6e-06)
    assert (row["trace_name"], row["user"], row["session"], row["tags"]) == (
        "kit-trace", "user-1", "sess-1", ["alpha", "beta"],
    )  # fmt: skip
    assert row["input"] == [{"role": "user", "content": "2+2?"}]
    assert row["metadata"]["g"] == {"nested": [1, 2]}


def test_a_time_out_of_range_is_missing_and_the_others_stay() -> None:
    answer = recorded("31-observations-v2-trace-allfields")["body"]
    first, *others = answer["data"]
    later = [{**first, "startTime": "2554-07-21T23:34:33.709Z", "endTime": None}, *others]
    served = reading(lambda _: httpx.Response(200, json={**answer, "data": later}))
    start = served.observations(TRACE)["started"]
    assert pd.isna(start[0])
    assert start[1:].notna().all()
    assert str(start.dtype) == OBSERVATIONS.dtypes["started"]


def test_unset_values_are_missing_and_a_short_span_has_a_latency(observations: pd.DataFrame) -> None:
    row = observations.set_index("name").loc["kit-tool"]
    assert row[["model", "cost_usd", "total_tokens", "ttft_s", "cache_hit"]].isna().all()
    assert row["latency_s"] == 0.0  # the server answers null for it
    assert (row["level"], row["status_message"]) == ("ERROR", "tool failed: boom")


def test_litellms_metadata_become_columns() -> None:
    answer = recorded("31-observations-v2-trace-allfields")["body"]
    first = answer["data"][0]
    first["metadata"] = {"cache_hit": "True", "litellm_call_id": "call-1", "response_id": "chatcmpl-1"}
    answer["data"][1]["tags"] = ["x", "cache_hit:False"]
    row, other = (
        reading(lambda _: httpx.Response(200, json=answer)).observations().iloc[[0, 1]].to_dict("records")
    )
    assert (row["request_id"], row["response_id"], row["cache_hit"]) == ("call-1", "chatcmpl-1", True)
    assert other["cache_hit"] is False


def test_traces_are_grouped(observations: pd.DataFrame) -> None:
    traces = traces_frame(observations)
    assert dtypes(traces) == TRACES.dtypes
    (row,) = traces.to_dict("records")
    assert (row["trace_id"], row["name"], row["user"], row["tags"]) == (
        TRACE, "kit-trace", "user-1", ["alpha", "beta"],
    )  # fmt: skip
    assert (row["observations"], row["errors"], row["total_tokens"]) == (6, 1, 1515)
    assert row["latency_s"] == pytest.approx(0.122)
    assert row["cost_usd"] == pytest.approx(0.0004536)


def test_sessions_are_grouped(observations: pd.DataFrame) -> None:
    sessions = sessions_frame(observations)
    assert dtypes(sessions) == SESSIONS.dtypes
    (row,) = sessions.to_dict("records")
    assert (row["session"], row["users"], row["traces"], row["observations"]) == (
        "sess-1",
        ["user-1"],
        1,
        6,
    )
    assert row["ended"] == pd.Timestamp("2026-11-23T07:52:01.929Z")


def test_a_tree_has_children_under_their_parents(observations: pd.DataFrame) -> None:
    tree = TraceTree(TRACE, observations)
    frame = tree.frame()
    assert dtypes(frame) == TREE.dtypes
    assert frame["name"][0] == "kit-root"
    assert frame["depth"].tolist() == [0, 1, 1, 1, 1, 1]
    assert frame["offset_s"].tolist()[:3] == [0.0, 0.001, 0.121]
    assert "  kit-gen [GENERATION] · 0.120 s · gpt-4o-mini · 15 tokens · 0.0000036 USD" in str(tree)
    assert "ERROR tool failed: boom" in str(tree)


def test_an_orphan_is_at_the_top(observations: pd.DataFrame) -> None:
    children = observations[observations["name"] != "kit-root"]
    assert set(TraceTree(TRACE, children).frame()["depth"]) == {0}


def test_scores_in_the_kits_terms() -> None:
    scores = answering("64-scores-v3-trace").scores(TRACE)
    assert dtypes(scores) == SCORES.dtypes
    by_name = scores.set_index("name")
    assert by_name["value"].fillna(-1).to_dict() == {"verdict": -1, "ok": 1.0, "quality": 0.9}
    assert by_name["text"].fillna("-").to_dict() == {"verdict": "good", "ok": "True", "quality": "-"}


def test_a_score_has_the_id_of_what_it_judges() -> None:
    answer = recorded("64-scores-v3-trace")["body"]
    answer["data"][0] |= {"subject": {"kind": "observation", "id": "o1", "traceId": TRACE}, "comment": "c"}
    answer["data"][1] |= {"subject": {"kind": "trace", "id": TRACE}}
    answer["data"][2] |= {"subject": {"kind": "session", "id": "s1"}}
    scores = reading(lambda _: httpx.Response(200, json=answer)).scores()
    assert scores["observation_id"].fillna("").tolist() == ["o1", "", ""]
    assert scores["trace_id"].fillna("").tolist() == [TRACE, TRACE, ""]
    assert scores["session"].fillna("").tolist() == ["", "", "s1"]
    assert scores["comment"][0] == "c"


def test_all_pages_are_read() -> None:
    first, second = recorded("32-observations-v2-limit2"), recorded("33-observations-v2-limit2-cursor")
    asked: list[dict[str, str]] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(dict(request.url.params))
        return httpx.Response(200, json=(first if len(asked) == 1 else second)["body"])

    rows = reading(handle).observations(TRACE, limit=4)
    assert len(rows) == rows["observation_id"].nunique() == 4
    assert asked[1]["cursor"] == first["body"]["meta"]["cursor"]
    assert [one["limit"] for one in asked] == ["4", "2"]


def test_empty_tables_have_their_columns() -> None:
    empty = observations_frame([])
    assert dtypes(empty) == OBSERVATIONS.dtypes
    assert dtypes(traces_frame(empty)) == TRACES.dtypes
    assert dtypes(sessions_frame(empty)) == SESSIONS.dtypes
    assert dtypes(scores_frame([])) == SCORES.dtypes
    assert dtypes(TraceTree(TRACE, empty).frame()) == TREE.dtypes


def test_metrics_are_seconds_and_dollars() -> None:
    costs = metrics("83-metrics-v2-by-model").cost_and_latency("model", percentiles=(95,))
    assert "gpt-4o-mini" in set(costs["model"])
    assert not costs["model"].isna().any()  # spans that asked no model
    row = costs.set_index("model").loc["gpt-4o-mini"]
    assert (row["observations"], row["latency_p95_s"], row["total_tokens"]) == (28, 1.0, 12360)
    assert row["cost_usd"] == pytest.approx(0.3037266)


def test_metrics_over_time() -> None:
    days = metrics("85-metrics-v2-timeseries-by-type").cost_and_latency(
        "type",
        percentiles=(50,),
        over="day",
        until=datetime(2026, 11, 24, tzinfo=UTC),
        window=timedelta(days=2),
    )
    assert days["time"].unique().tolist() == [pd.Timestamp(f"2026-11-{day}", tz="UTC") for day in (22, 23)]
    assert len(days) == 2 * days["type"].nunique()
    generations = days[days["type"] == "GENERATION"]
    assert generations["observations"].tolist() == [0, 31]
    assert generations[["latency_p50_s", "cost_usd"]].iloc[0].isna().tolist() == [True, False]


def test_intervals_that_the_limit_may_have_cut_off_are_not_called_empty() -> None:
    recorded_days = metrics("85-metrics-v2-timeseries-by-type")
    days = recorded_days.cost_and_latency("type", percentiles=(), over="day", limit=7)
    assert days["observations"].min() == 1


@pytest.mark.parametrize(
    ("name", "error", "text"),
    [
        ("106-auth-wrong-secret", TracingKeysRefusedError, "LANGFUSE_SECRET_KEY"),
        ("51-observations-v2-filter-badjson", TracingError, "Invalid JSON in filter parameter"),
        ("45-observations-v2-limit1000", None, ""),
    ],
)
def test_errors_of_the_server_become_errors_of_the_kit(
    name: str, error: type[TracingError] | None, text: str
) -> None:
    if error is None:
        answering(name).observations()
        return
    with pytest.raises(error, match=text) as raised:
        answering(name).observations()
    assert "sk-lf-secret" not in str(raised.value)


def test_another_server_at_the_address_is_recognized() -> None:
    for status in (200, 404):
        with pytest.raises(TracingError, match="is not Langfuse"):
            reading(lambda _, s=status: httpx.Response(s, text="<html>hello</html>")).observations()


def test_without_an_answer_the_error_names_the_next_command() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with pytest.raises(TracingUnreachableError, match="Check LANGFUSE_HOST"):
        reading(refuse).scores()
