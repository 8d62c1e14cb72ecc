"""`gateway.tracing` with the real store: recording with the SDK, and reading every table back."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from langfuse import Langfuse, get_client
from langfuse._client.resource_manager import LangfuseResourceManager
from opentelemetry import trace as otel

from gateway_kit import observe, propagate_attributes
from gateway_kit.errors import (
    SettingsError,
    TraceMissingError,
    TracingError,
    TracingKeysRefusedError,
    TracingUnreachableError,
)
from gateway_kit.tracing.client import Tracing, connect_tracing
from gateway_kit.tracing.masking import mask_personal_data

from .store_program import StoreProgram


def environ(store: StoreProgram, **changes: str) -> dict[str, str]:
    return {
        "LANGFUSE_HOST": store.url,
        "LANGFUSE_PUBLIC_KEY": store.public_key,
        "LANGFUSE_SECRET_KEY": store.secret_key,
        **changes,
    }


@pytest.fixture
def tracing(store: StoreProgram) -> Iterator[Tracing]:
    with connect_tracing(environ(store)) as client:
        yield client


@pytest.fixture
def unique() -> str:
    return uuid.uuid4().hex


@observe(name="step", as_type="tool")
def step(fail: bool) -> str:
    if fail:
        raise ValueError("boom")
    return "done"


@observe(name="application")
def application(unique: str, tracing: Tracing) -> str:
    """A span with a tool that works, one that fails, and a call of a model."""
    with propagate_attributes(user_id=f"user-{unique}", session_id=f"session-{unique}", tags=[unique],
                              trace_name=f"trace-{unique}"):  # fmt: skip
        step(False)
        time.sleep(0.002)  # times are kept to the millisecond
        with pytest.raises(ValueError, match="boom"):
            step(True)
        time.sleep(0.002)
        with tracing.client.start_as_current_observation(
            name="answer", as_type="generation", model=f"model-{unique}", input=[{"role": "user"}]
        ) as generation:
            generation.update(
                output="four",
                usage_details={"input": 10, "output": 2, "total": 12},
                cost_details={"total": 0.25},
            )
    found = tracing.current_trace_id()
    assert found
    return found


@pytest.fixture
def trace_id(tracing: Tracing, unique: str) -> str:
    return application(unique, tracing)


def test_a_trace_comes_back_as_tables(tracing: Tracing, trace_id: str, unique: str) -> None:
    found = tracing.wait_for_trace(trace_id, observations=4)
    assert sorted(found["name"]) == ["answer", "application", "step", "step"]
    answer = found.set_index("name").loc["answer"]
    assert (answer["model"], answer["total_tokens"], answer["cost_usd"]) == (f"model-{unique}", 12, 0.25)
    assert (answer["user"], answer["session"], answer["tags"]) == (
        f"user-{unique}", f"session-{unique}", [unique],
    )  # fmt: skip
    assert (answer["input"], answer["output"]) == ([{"role": "user"}], "four")
    (wrong,) = found[found["level"] == "ERROR"].to_dict("records")
    assert (wrong["type"], wrong["status_message"]) == ("TOOL", "boom")

    tree = tracing.trace_tree(trace_id).frame()
    assert tree[["depth", "name"]].to_numpy().tolist() == [
        [0, "application"], [1, "step"], [1, "step"], [1, "answer"],
    ]  # fmt: skip

    (one,) = tracing.traces(tag=unique).to_dict("records")
    assert (one["trace_id"], one["name"], one["observations"], one["errors"]) == (
        trace_id, f"trace-{unique}", 4, 1,
    )  # fmt: skip
    assert (one["total_tokens"], one["cost_usd"]) == (12, 0.25)
    session = tracing.sessions().set_index("session").loc[f"session-{unique}"]
    assert (session["traces"], session["users"], session["cost_usd"]) == (1, [f"user-{unique}"], 0.25)


def test_every_filter_matches_its_column(tracing: Tracing, trace_id: str, unique: str) -> None:
    tracing.wait_for_trace(trace_id, observations=4)
    now, everything = datetime.now(UTC), {"application", "step", "answer"}
    for wanted, names in (
        ({"user": f"user-{unique}"}, everything),
        ({"session": f"session-{unique}"}, everything),
        ({"tag": unique, "type": "tool"}, {"step"}),
        ({"tag": unique, "level": "error"}, {"step"}),
        ({"model": f"model-{unique}"}, {"answer"}),
        ({"trace_id": trace_id, "name": "application"}, {"application"}),
        ({"tag": unique, "since": now}, set()),
        ({"tag": unique, "until": now - timedelta(hours=1)}, set()),
        ({"tag": unique, "since": now - timedelta(hours=1), "until": now}, everything),
    ):
        assert set(tracing.observations(**wanted)["name"]) == names, wanted  # type: ignore[arg-type]
    assert len(tracing.observations(trace_id, limit=3)) == 3


def test_cost_and_latency_by_everything(tracing: Tracing, trace_id: str, unique: str) -> None:
    tracing.wait_for_trace(trace_id, observations=4)
    by_model = tracing.cost_and_latency().set_index("model").loc[f"model-{unique}"]
    assert (by_model["observations"], by_model["total_tokens"], by_model["cost_usd"]) == (1, 12, 0.25)
    for by, name in (("user", f"user-{unique}"), ("session", f"session-{unique}"), ("tag", unique)):
        row = tracing.cost_and_latency(by, session=f"session-{unique}").set_index(by).loc[name]
        assert row["cost_usd"] == 0.25, by
    types = tracing.cost_and_latency("type", percentiles=(50, 75, 90, 95, 99), tag=unique).set_index("type")
    assert types["observations"].to_dict() == {"TOOL": 2, "GENERATION": 1, "SPAN": 1}
    (whole,) = tracing.cost_and_latency(None, tag=unique).to_dict("records")
    assert (whole["observations"], whole["cost_usd"]) == (4, 0.25)


def test_latency_is_in_seconds(tracing: Tracing, unique: str) -> None:
    end = datetime.now(UTC)
    span = tracing.client.start_observation(name=f"long-{unique}")
    span.end(end_time=int((end + timedelta(seconds=90)).timestamp() * 1e9))
    tracing.wait_for_trace(span.trace_id)
    (row,) = tracing.cost_and_latency("name", name=f"long-{unique}").to_dict("records")
    assert row["latency_p50_s"] == pytest.approx(90, abs=2)
    assert tracing.observations(span.trace_id)["latency_s"][0] == pytest.approx(90, abs=2)
    until = end.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    hours = tracing.cost_and_latency(
        "name", name=f"long-{unique}", over="hour", window=timedelta(hours=3), until=until
    )
    assert hours["observations"].tolist() == [0, 0, 1]
    assert hours["time"].is_monotonic_increasing


def test_scores_of_every_type(tracing: Tracing, trace_id: str) -> None:
    tracing.score(trace_id, "quality", 0.75, comment="by a person")
    tracing.score(trace_id, "helpful", True)
    tracing.score(
        trace_id, "verdict", "good", observation_id=tracing.wait_for_trace(trace_id)["observation_id"][0]
    )
    tracing.client.create_score(trace_id=trace_id, name="queued", value=1.0)
    scores = tracing.wait_for_scores(trace_id, 4).set_index("name")
    assert scores["value"].fillna(-1).to_dict() == {
        "quality": 0.75,
        "helpful": 1.0,
        "verdict": -1,
        "queued": 1.0,
    }
    assert (scores["text"]["helpful"], scores["text"]["verdict"]) == ("True", "good")
    assert scores["comment"]["quality"] == "by a person"
    assert scores["observation_id"].notna().to_dict()["verdict"]
    assert set(scores["trace_id"]) == {trace_id}
    with pytest.raises(TracingError, match="value"):
        tracing.score(trace_id, "wrong", "text", data_type="NUMERIC")


def test_missing_observations_are_named(tracing: Tracing, trace_id: str) -> None:
    with pytest.raises(
        TraceMissingError, match=r"5 observation\(s\).* 4 arrived: .*application.*gateway-kit"
    ):
        tracing.wait_for_trace(trace_id, observations=5, timeout_s=0.5)
    with pytest.raises(TraceMissingError, match="0 arrived: none"):
        tracing.wait_for_scores(trace_id, timeout_s=0.1)
    with pytest.raises(TraceMissingError, match="no trace"):
        tracing.trace_tree("0" * 32)


def test_a_request_id_of_litellm_finds_its_observation(tracing: Tracing, unique: str) -> None:
    tracing.client.start_observation(name="call", metadata={"litellm_call_id": unique}).end()
    assert tracing.wait_for_trace(request_id=unique)["request_id"].tolist() == [unique]


@pytest.fixture
def masked(tracing: Tracing) -> Iterator[Tracing]:
    tracing.mask = mask_personal_data
    yield tracing
    tracing.mask = None


def recorded_input(tracing: Tracing, text: str) -> str:
    """What the store has of an input, recorded through the SDK's `observe`."""

    @observe(name="masked")
    def record(text: str) -> str | None:
        return tracing.current_trace_id()

    row = tracing.wait_for_trace(str(record(text))).iloc[0]
    return str(row["input"]["args"][0])


def test_a_mask_comes_before_the_network(store: StoreProgram, masked: Tracing, unique: str) -> None:
    with masked.client.start_as_current_observation(name="m", input={"mail": f"{unique}@mail.org"}) as span:
        span.update(output="sk-1234567890abc", metadata={"card": "4111111111111111"})
    row = masked.wait_for_trace(span.trace_id).iloc[0]
    assert (row["input"], row["output"], row["metadata"]["card"]) == ({"mail": "<email>"}, "<key>", "<card>")
    stored = store.rows("select o::text from observations o where trace_id = %s", span.trace_id)
    assert unique not in str(stored)


def test_a_mask_can_be_set_and_ended_at_any_time(tracing: Tracing) -> None:
    assert recorded_input(tracing, "a@b.org") == "a@b.org"
    tracing.mask = mask_personal_data
    assert recorded_input(tracing, "a@b.org") == "<email>"
    tracing.mask = None
    assert recorded_input(tracing, "a@b.org") == "a@b.org"


def test_a_mask_holds_for_all_connections_with_these_keys_and_after_their_end(
    store: StoreProgram, masked: Tracing
) -> None:
    with connect_tracing(environ(store)) as again:
        assert again.mask is mask_personal_data
        assert recorded_input(again, "a@b.org") == "<email>"
    masked.activate()  # a new client, since the other connection has ended the one they shared
    assert recorded_input(masked, "a@b.org") == "<email>"


def test_connecting_again_shares_and_the_last_connection_is_the_one_that_records(
    store: StoreProgram, tracing: Tracing
) -> None:
    with connect_tracing(environ(store)) as again:
        assert again.client is tracing.client
        with connect_tracing(environ(store), timeout_s=5) as other:
            assert other.client is not tracing.client
            assert get_client()._resources is other.client._resources
        assert get_client()._resources is tracing.client._resources  # the other one is closed


def test_another_client_of_the_sdk_with_the_same_key_does_not_interfere(
    store: StoreProgram, unique: str
) -> None:
    """The SDK alone would return the first client, which has another address."""
    stranger = Langfuse(public_key=store.public_key, secret_key="x", base_url="http://127.0.0.1:9")
    try:
        with connect_tracing(environ(store)) as tracing:
            assert len(tracing.wait_for_trace(application(unique, tracing), observations=4)) == 4
    finally:
        stranger.shutdown()
        LangfuseResourceManager._instances.clear()


def test_recording_goes_on_after_a_connection_that_shared_it_was_closed(
    store: StoreProgram, tracing: Tracing, unique: str
) -> None:
    connect_tracing(environ(store)).close()
    assert tracing.observations(tag=unique).empty
    tracing.activate()
    assert len(tracing.wait_for_trace(application(unique, tracing), observations=4)) == 4


def test_spans_of_other_libraries_are_not_sent(tracing: Tracing, store: StoreProgram, unique: str) -> None:
    with otel.get_tracer("another library").start_as_current_span(f"foreign-{unique}"):
        step(False)
    tracing.flush()
    assert store.rows("select 1 from observations where name = %s", f"foreign-{unique}") == []


def test_the_metadata_for_the_gateway_has_the_spans_ids(tracing: Tracing, unique: str) -> None:
    with pytest.raises(TracingError, match="@observe"):
        tracing.gateway_metadata()
    with (
        propagate_attributes(user_id="u", session_id=unique, tags=["a"], trace_name="n"),
        tracing.client.start_as_current_observation(name="outer") as span,
    ):
        assert tracing.gateway_metadata(tags=["b"]) == {
            "trace_id": span.trace_id, "parent_observation_id": span.id, "trace_user_id": "u",
            "session_id": unique, "trace_name": "n", "tags": ["b"],
        }  # fmt: skip


def test_wrong_keys_and_addresses(store: StoreProgram) -> None:
    with pytest.raises(TracingKeysRefusedError, match="gateway-kit env") as refused:
        connect_tracing(environ(store, LANGFUSE_SECRET_KEY="sk-lf-wrong"))
    assert "sk-lf-wrong" not in str(refused.value)
    with pytest.raises(TracingUnreachableError, match="gateway-kit up"):
        connect_tracing(environ(store, LANGFUSE_HOST="http://127.0.0.1:9"))
    with pytest.raises(SettingsError, match="LANGFUSE_PUBLIC_KEY"):
        connect_tracing(environ(store, LANGFUSE_PUBLIC_KEY=""))


def test_lost_spans_are_reported(store: StoreProgram, caplog: pytest.LogCaptureFixture) -> None:
    tracing = connect_tracing(environ(store), timeout_s=1)
    recorder = tracing._instrument._recorder()
    recorder.delivery._exporter._client._endpoint = "http://127.0.0.1:9/api/public/otel/v1/traces"
    tracing.client.start_observation(name="lost").end()
    with pytest.raises(TracingError, match=r"1 span\(s\) could not be delivered .*gateway-kit status"):
        tracing.flush()
    tracing.flush()  # told once
    tracing.close()
    assert [record.name for record in caplog.records if record.levelname == "WARNING"] == [
        "gateway_kit.tracing"
    ]
