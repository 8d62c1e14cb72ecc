"""Any input to the writing endpoints: a clear answer, never a 500, and the program keeps running."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from .exports import PROTOBUF, TRACES, json_export, new_trace_id, protobuf_export

RELAXED = settings(
    max_examples=60,
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = st.sampled_from(
    ["traceId", "spanId", "parentSpanId", "name", "startTimeUnixNano", "endTimeUnixNano", "attributes", "events",
     "status", "kind", "links"]
)  # fmt: skip
ANY_VALUE = st.one_of(
    st.builds(lambda text: {"stringValue": text}, st.text(max_size=30) | VALUES.map(json.dumps)),
    st.builds(lambda number: {"intValue": number}, st.integers(-(2**63), 2**63 - 1).map(str)),
    st.builds(lambda number: {"doubleValue": number}, st.floats(allow_nan=False, allow_infinity=False)),
    st.builds(
        lambda items: {"arrayValue": {"values": [{"stringValue": text} for text in items]}},
        st.lists(st.text()),
    ),
)
KEYS = st.sampled_from(
    ["langfuse.trace.tags", "langfuse.observation.usage_details", "langfuse.observation.cost_details", "model",
     "langfuse.observation.metadata.x", "langfuse.trace.metadata", "user.id", "session.id", "input.value",
     "langfuse.observation.completion_start_time", "langfuse.observation.prompt.version", "gen_ai.usage.cost",
     "langfuse.observation.model.parameters", "deployment.environment", "langfuse.version"]
)  # fmt: skip


@RELAXED
@given(fields=st.dictionaries(FIELDS, VALUES, max_size=4))
def test_any_json_span(store, fields):
    answer = store.http.post(TRACES, content=json.dumps(json_export(new_trace_id(), "00000000000000f1", **fields)),
                             headers={"content-type": "application/json"})  # fmt: skip
    assert answer.status_code in (200, 400)


@RELAXED
@given(attributes=st.lists(st.tuples(KEYS | st.text(max_size=20), ANY_VALUE), max_size=6))
def test_any_attributes_are_stored(store, attributes):
    trace_id = new_trace_id()
    pairs = [{"key": key, "value": value} for key, value in attributes]
    export = json_export(trace_id, "00000000000000f2", attributes=pairs)
    answer = store.http.post(TRACES, content=json.dumps(export), headers={"content-type": "application/json"})
    if answer.status_code == 200:
        assert store.rows("select count(*) from observations where trace_id = %s", trace_id) == [(1,)]
    else:
        # Half a surrogate pair is no Unicode text, and so no JSON.
        assert (answer.status_code, "\\ud" in json.dumps(export)) == (400, True)


@RELAXED
@given(cut=st.integers(0, 400), noise=st.binary(max_size=12))
def test_damaged_protobuf(store, cut, noise):
    body = protobuf_export(new_trace_id(), 4)
    cut %= len(body)
    damaged = body[:cut] + noise + body[cut + len(noise) :]
    answer = store.http.post(TRACES, content=damaged, headers=PROTOBUF)
    assert answer.status_code in (200, 400)


@RELAXED
@given(body=VALUES, events=st.lists(st.fixed_dictionaries(
    {}, optional={"id": VALUES, "type": st.just("score-create") | VALUES, "body": VALUES,
                  "timestamp": st.just("2026-11-23T07:52:09Z") | VALUES}), max_size=3))  # fmt: skip
def test_any_score_and_any_batch(store, body: Any, events: list[Any]):
    as_json = {"content-type": "application/json"}
    answer = store.http.post("/api/public/scores", content=json.dumps(body), headers=as_json)
    assert answer.status_code in (200, 400, 202, 207)  # the last two for an array
    answer = store.http.post("/api/public/ingestion", content=json.dumps({"batch": events}), headers=as_json)
    assert answer.status_code in (207, 400)


def test_the_log_shows_no_defect_after_the_fuzzing(store):
    assert "Traceback" not in store.log()
    assert "failed" not in store.log()
