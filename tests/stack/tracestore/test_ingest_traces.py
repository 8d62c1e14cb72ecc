"""POST otel/v1/traces: what is stored, and which batches are refused as a whole."""

from __future__ import annotations

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from .exports import PROTOBUF, START_NS, TRACES, json_export, new_trace_id, protobuf_export
from .store_program import StoreProgram

RECORDED = Path(__file__).parent / "recorded"
SPAN_ID = "00000000000000a1"


def stored(store: StoreProgram, trace_id: str, columns: str = "id") -> list[tuple[Any, ...]]:
    return store.rows(f"select {columns} from observations where trace_id = %s order by id", trace_id)


def post(store: StoreProgram, content: bytes, **headers: str) -> httpx.Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return store.http.post(TRACES, content=content, headers=names)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_recorded_clients_batch_is_stored_and_answered_with_an_empty_object(store, packed):
    body = (RECORDED / "wire" / "063-sdk4-evonly2.pb").read_bytes()
    headers = PROTOBUF | ({"content-encoding": "gzip"} if packed else {})
    answer = store.http.post(
        TRACES, content=gzip.compress(body, mtime=0) if packed else body, headers=headers
    )
    assert (answer.status_code, answer.json()) == (200, {})
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    (row,) = store.rows(
        "select latency_ms, ttft_ms, input_usage, tags, metadata->'g', total_cost, input_price, is_app_root "
        "from observations where id = 'c9073ee6ed793d76'"
    )
    assert row[:5] == (120, 120, 14, ["alpha", "beta"], {"nested": [1, 2]})
    assert (float(row[5]), float(row[6]), row[7]) == (3.6e-06, 1.5e-07, False)


def test_json_exports_are_read_with_all_kinds_of_values(store):
    trace_id = new_trace_id()
    attributes = [
        {"key": "a.text", "value": {"stringValue": "x"}},
        {"key": "a.number", "value": {"intValue": "12"}},
        {"key": "a.double", "value": {"doubleValue": 0.5}},
        {"key": "a.bool", "value": {"boolValue": True}},
        {"key": "a.list", "value": {"arrayValue": {"values": [{"intValue": 1}, {"stringValue": "y"}]}}},
        {"key": "a.map", "value": {"kvlistValue": {"values": [{"key": "k", "value": {"intValue": 1}}]}}},
        {"key": "a.bytes", "value": {"bytesValue": "AAE="}},
        {"key": "a.nothing", "value": {}},
    ]
    export = json_export(trace_id, SPAN_ID, attributes=attributes, parentSpanId="", status={"code": 2})
    assert store.http.post(TRACES, json=export).json() == {}
    ((metadata, parent_id, level),) = stored(store, trace_id, "metadata, parent_id, level")
    assert (parent_id, level) == (None, "ERROR")
    assert {name: value for name, value in metadata.items() if name.startswith("attributes.")} == {
        "attributes.a.text": "x",
        "attributes.a.number": 12,
        "attributes.a.double": 0.5,
        "attributes.a.bool": True,
        "attributes.a.list": [1, "y"],
        "attributes.a.map": {"k": 1},
        "attributes.a.bytes": "AAE=",
        "attributes.a.nothing": None,
    }


def test_the_same_span_twice_is_one_span_and_the_last_one_wins(store):
    trace_id = new_trace_id()
    for name in ("first", "second"):
        assert store.http.post(TRACES, json=json_export(trace_id, SPAN_ID, name=name)).status_code == 200
    ((name, created, updated),) = stored(store, trace_id, "name, created_at, updated_at")
    assert name == "second"
    assert updated > created
    export = json_export(trace_id, SPAN_ID, SPAN_ID, name="third")
    export["resourceSpans"][0]["scopeSpans"][0]["spans"][1]["name"] = "fourth"
    assert store.http.post(TRACES, json=export).status_code == 200
    assert stored(store, trace_id, "name") == [("fourth",)]


def test_children_may_come_before_and_long_after_their_parent(store):
    trace_id = new_trace_id()
    child, root, late = "00000000000000c1", "00000000000000c2", "00000000000000c3"
    for span_id, parent in ((child, root), (root, None), (late, root)):
        fields = {"parentSpanId": parent} if parent else {}
        assert store.http.post(TRACES, json=json_export(trace_id, span_id, **fields)).status_code == 200
    assert stored(store, trace_id, "id, parent_id") == [(child, root), (root, None), (late, root)]


def test_many_writers_of_the_same_spans_lose_nothing(store):
    shared, own = new_trace_id(), [new_trace_id() for _ in range(8)]

    def write(trace_id: str) -> list[int]:
        codes = []
        for _ in range(5):
            for wanted in (trace_id, shared):
                answer = store.http.post(TRACES, content=protobuf_export(wanted, 40), headers=PROTOBUF)
                codes.append(answer.status_code)
        return codes

    with ThreadPoolExecutor(8) as threads:
        codes = [code for result in threads.map(write, own) for code in result]
    assert codes == [200] * 80
    for trace_id in (shared, *own):
        assert len(stored(store, trace_id)) == 40


NOT_UNPACKED = {"error": "Failed to decompress request body"}
NOT_PROTOBUF = {"error": "Failed to parse OTel Protobuf Trace"}
MALFORMED = {"error": "Failed to parse OTel JSON Trace"}
JSON = {"content_type": "application/json"}


@pytest.mark.parametrize(
    ("content", "headers", "status", "body"),
    [
        (b"x", {"content_type": "text/plain"}, 400, {"error": "Invalid content type"}),
        (b"", {}, 400, {"error": "Invalid content type"}),
        (b"{}", JSON, 200, {}),
        (b"", {"content_type": "application/x-protobuf"}, 200, {}),
        (b"{bad", JSON, 400, MALFORMED),
        (b"[]", JSON, 400, MALFORMED),
        (b"\xff\xfe", JSON, 400, MALFORMED),
        (b'{"resourceSpans": {}}', JSON, 400, MALFORMED),
        (b'{"resourceSpans": [{"scopeSpans": [{"spans": 7}]}]}', JSON, 400, MALFORMED),
        (b'{"resourceSpans": ' + b"[" * 100_000, JSON, 400, MALFORMED),
        (b"\xff\xff\xff", {"content_type": "application/x-protobuf"}, 400, NOT_PROTOBUF),
        (b"not gzip", JSON | {"content_encoding": "gzip"}, 400, NOT_UNPACKED),
        (gzip.compress(b"{}", mtime=0)[:-3], JSON | {"content_encoding": "gzip"}, 400, NOT_UNPACKED),
        (gzip.compress(b"{}", mtime=0), JSON | {"content_encoding": "gzip"}, 200, {}),
    ],
)  # fmt: skip
def test_unreadable_bodies_are_refused_as_recorded(store, content, headers, status, body):
    answer = post(store, content, **headers)
    assert (answer.status_code, answer.json()) == (status, body)


@pytest.mark.parametrize(
    "fields",
    [
        {"traceId": ""},
        {"spanId": None},
        {"traceId": "0" * 32},
        {"traceId": 7},
        {"spanId": "a" * 65},
        {"startTimeUnixNano": "yesterday"},
        {"startTimeUnixNano": -1},
        {"endTimeUnixNano": str(2**64)},
        {"endTimeUnixNano": 1e300},
        {"attributes": {"a": 1}},
        {"attributes": [{"key": "a", "value": {"intValue": "9" * 30}}]},
        {"attributes": [{"key": 7, "value": {}}]},
        {"events": [1]},
        {"status": "bad"},
        {"name": {}},
    ],
    ids=str,
)
def test_one_bad_span_refuses_its_whole_batch(store, fields):
    trace_id = new_trace_id()
    export = json_export(trace_id, "00000000000000b1", "00000000000000b2")
    export["resourceSpans"][0]["scopeSpans"][0]["spans"][1].update(fields)
    answer = store.http.post(TRACES, json=export)
    assert answer.status_code == 400
    assert answer.json()["error"]
    assert stored(store, trace_id) == []


def test_a_protobuf_span_without_ids_refuses_its_whole_batch(store):
    trace_id = new_trace_id()
    body = protobuf_export(trace_id, 3).replace((2).to_bytes(8, "big"), bytes(8))
    answer = store.http.post(TRACES, content=body, headers=PROTOBUF)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("Invalid OTLP trace export")
    assert stored(store, trace_id) == []


@pytest.mark.parametrize("version", ["5", "5.5", "abc", "99999999999999999999"])
def test_a_newer_ingestion_version_is_refused(store, version):
    trace_id = new_trace_id()
    export = json_export(trace_id, SPAN_ID)
    answer = store.http.post(TRACES, json=export, headers={"x-langfuse-ingestion-version": version})
    error = f'Unsupported x-langfuse-ingestion-version: "{version}". Maximum supported: "4".'
    assert (answer.status_code, answer.json()) == (400, {"error": error})
    assert stored(store, trace_id) == []
    assert (
        store.http.post(TRACES, json=export, headers={"x-langfuse-ingestion-version": "4"}).status_code == 200
    )


def test_strange_texts_and_numbers_are_stored_safely(store):
    trace_id = new_trace_id()
    texts = {
        "langfuse.trace.name": "nul \x00 inside",
        "langfuse.observation.input": "a\x00b 'quote' \\. \t\n \U0001f600",
        "langfuse.observation.metadata.x": '{"k\\u0000": "v\\u0000", "big": 123456789012345678901234567890}',
        "langfuse.observation.metadata.deep": "[" * 400 + "]" * 400,
        "langfuse.observation.metadata.huge": "1e999",
        "langfuse.trace.tags": '["{", "}", "\\\\", "\\"", "NULL", ",", ""]',
        "user.id": "u" * 10_000,
        "model": "\U0001f600" * 4000,
        "langfuse.observation.usage_details": '{"input": 1e15, "output": -5}',
        "langfuse.observation.cost_details": '{"total": 1e300}',
        "langfuse.observation.completion_start_time": '"0001-01-01T00:00:00+23:59"',
        "key\x00": "v",
    }
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in texts.items()]
    export = json_export(
        trace_id, SPAN_ID, attributes=attributes, startTimeUnixNano=0, endTimeUnixNano=2**64 - 1
    )
    answer = store.http.post(TRACES, json=export)
    assert (answer.status_code, answer.json()) == (200, {})
    ((name, sent, metadata, tags, user_id, total_cost),) = stored(
        store, trace_id, "trace_name, input, metadata, tags, user_id, total_cost"
    )
    assert name == "nul \ufffd inside"
    assert sent == texts["langfuse.observation.input"].replace("\x00", "\ufffd")
    assert metadata["x"]["k\ufffd"] == "v\ufffd"
    assert metadata["deep"] == texts["langfuse.observation.metadata.deep"]
    assert metadata["huge"] == "1e999"
    assert tags == ["{", "}", "\\", '"', "NULL", ","]
    assert (len(user_id), total_cost) == (500, 0)


def test_absurd_but_valid_times_are_kept(store):
    trace_id = new_trace_id()
    export = json_export(trace_id, SPAN_ID, startTimeUnixNano=2**64 - 1, endTimeUnixNano=1)
    assert store.http.post(TRACES, json=export).status_code == 200
    ((start, latency_ms),) = stored(store, trace_id, "extract(year from start_time)::int, latency_ms")
    assert start == 2554
    assert latency_ms < 0


def test_too_many_attributes_or_spans_are_refused(store):
    trace_id = new_trace_id()
    attributes = [{"key": f"k{number}", "value": {"intValue": 1}} for number in range(10_001)]
    answer = store.http.post(TRACES, json=json_export(trace_id, SPAN_ID, attributes=attributes))
    assert answer.status_code == 413
    answer = store.http.post(TRACES, content=protobuf_export(trace_id, 50_001), headers=PROTOBUF)
    assert answer.status_code == 413
    assert stored(store, trace_id) == []


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_body_beyond_the_limit_is_refused_before_and_after_decompression(store, packed):
    body = b"[" + b" " * (17 * 1024 * 1024) + b"]"
    headers = {"content-type": "application/json"} | ({"content-encoding": "gzip"} if packed else {})
    content = gzip.compress(body, mtime=0) if packed else body
    assert not packed or len(content) < 100_000
    answer = store.http.post(TRACES, content=content, headers=headers)
    assert answer.status_code == 413
    assert "16 MiB" in answer.json()["error"]


def test_a_large_batch_within_the_limits_is_stored_whole(store):
    trace_id = new_trace_id()
    answer = store.http.post(TRACES, content=protobuf_export(trace_id, 12_000), headers=PROTOBUF)
    assert answer.status_code == 200
    ((count, first),) = stored_count(store, trace_id)
    assert (count, first) == (12_000, START_NS // 1000 + 1)


def stored_count(store: StoreProgram, trace_id: str) -> list[tuple[Any, ...]]:
    first = "(extract(epoch from min(start_time)) * 1000000)::bigint"
    return store.rows(f"select count(*), {first} from observations where trace_id = %s", trace_id)


@pytest.mark.parametrize("name", ["111-auth-wrong-otel", "112-auth-wrong-ingestion"])
def test_wrong_keys_are_answered_as_recorded(store, name):
    recorded = json.loads((RECORDED / "answers" / f"{name}.json").read_text())
    answer = httpx.post(store.url + recorded["request"]["path"], json={}, auth=(store.public_key, "bad"))
    assert (answer.status_code, answer.json()) == (recorded["status"], recorded["body"])


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 401), ("Basic", 401), ("Basic !!!", 401), ("Basic /w==", 401), ("Bearer pk-lf-test", 403),
        ("Bearer x", 401), ("basic cGstbGYtdGVzdDpzay1sZi10ZXN0LXNlY3JldA==", 200),
    ],
)  # fmt: skip
def test_who_may_write(store, header, status):
    headers = {"content-type": "application/json"} | ({"authorization": header} if header else {})
    answer = httpx.post(store.url + TRACES, content=b"{}", headers=headers)
    assert answer.status_code == status


def test_another_method_is_answered_as_recorded(store):
    answer = store.http.get(TRACES)
    recorded = {"message": "Method not allowed", "error": "MethodNotAllowedError"}
    assert (answer.status_code, answer.json()) == (405, recorded)
