"""What the recording transport writes down and hands on, at the wire; the real gateway is in tests/stack."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_kit.gateway import CallRecord, Gateway
from gateway_kit.gateway.sse import EventReader
from gateway_kit.gateway.transport import kind_of
from gateway_kit.litellm_api.connection import Connection

HEADERS = {
    "x-litellm-call-id": "call-1",
    "x-litellm-model-id": "deployment-1",
    "x-litellm-model-name": "azure/gpt-4o-mini",
    "x-litellm-model-group": "smart",
    "x-litellm-response-cost": "3.0e-05",
    "x-litellm-response-duration-ms": "80.5",
    "x-litellm-overhead-duration-ms": "9.5",
    "x-litellm-attempted-retries": "1",
    "x-litellm-attempted-fallbacks": "0",
}
COMPLETION = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "smart",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hi"}}],
    "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
}


def event(delta: dict[str, Any], finish: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = {
        "id": "1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        "choices": [choice],
        **more,
    }
    return b"data: " + json.dumps(body).encode() + b"\n\n"


USAGE = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "cost": 2.5e-06}
ROLE, WORD, LAST = event({"role": "assistant", "content": ""}), event({"content": "Hé"}), event({}, "stop")
USAGE_EVENT, DONE = event({}, usage=USAGE), b"data: [DONE]\n\n"


class Body(httpx.SyncByteStream):
    def __init__(self, chunks: list[bytes], error: Exception | None = None) -> None:
        self.chunks, self.error, self.closed = chunks, error, False

    def __iter__(self) -> Iterator[bytes]:
        yield from self.chunks
        if self.error:
            raise self.error

    def close(self) -> None:
        self.closed = True


def gateway(handler: Callable[[httpx.Request], httpx.Response], **connection: Any) -> Gateway:
    where = Connection("http://gateway.test", "sk-virtual-abcd", **connection)
    return Gateway(where, transport=httpx.MockTransport(handler))


def streaming(body: Body, seen: list[dict[str, Any]] | None = None, **headers: str) -> Gateway:
    def handle(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(json.loads(request.content))
        headers_of_a_stream = {k: v for k, v in HEADERS.items() if k != "x-litellm-response-cost"}
        return httpx.Response(
            200, headers={**headers_of_a_stream, "content-type": "text/event-stream", **headers}, stream=body
        )

    return gateway(handle)


def test_a_chat_becomes_a_row() -> None:
    answer = gateway(lambda _: httpx.Response(200, headers=HEADERS, json=COMPLETION)).ask("Hello", "smart")
    row = answer.call
    assert str(answer) == "Hi"
    assert (row.kind, row.model, row.model_group) == ("chat", "smart", "smart")
    assert (row.provider, row.provider_model, row.deployment) == ("azure", "gpt-4o-mini", "deployment-1")
    assert (row.status, row.error, row.stream, row.cache_hit) == (200, None, False, False)
    assert (row.prompt_tokens, row.completion_tokens, row.total_tokens) == (3, 2, 5)
    assert (row.cost_usd, row.saved_usd, row.overhead_ms) == (3.0e-05, None, 9.5)
    assert (row.retries, row.fallbacks, row.key, row.request_id) == (1, 0, "…abcd", "call-1")
    assert row.ttft_s is None
    assert row.latency_s is not None


def test_a_hit_costs_nothing_and_tells_what_it_saved() -> None:
    headers = {**HEADERS, "x-litellm-cache-key": "abc"}
    row = gateway(lambda _: httpx.Response(200, headers=headers, json=COMPLETION)).ask("Hello").call
    assert (row.cache_hit, row.cost_usd, row.saved_usd) == (True, 0.0, 3.0e-05)


@pytest.mark.parametrize(("texts", "cost"), [(["a"], 0.0), (["a", "b"], None)])
def test_an_embeddings_hit_has_no_cache_key(texts: list[str], cost: float | None) -> None:
    headers = {k: v for k, v in HEADERS.items() if "duration" not in k}
    data = [
        {"object": "embedding", "index": i, "embedding": [float(i), 1.0]} for i in reversed(range(len(texts)))
    ]
    body = {"object": "list", "model": "m", "data": data, "usage": {"prompt_tokens": 2, "total_tokens": 2}}
    client = gateway(lambda _: httpx.Response(200, headers=headers, json=body))
    vectors = client.embed(texts)
    assert vectors[:, 0].tolist() == [float(i) for i in range(len(texts))]
    (row,) = client.calls
    assert (row.kind, row.cache_hit, row.cost_usd) == ("embeddings", True, cost)


def test_the_usage_chunk_is_asked_for_and_hidden() -> None:
    seen: list[dict[str, Any]] = []
    client = streaming(Body([ROLE, WORD, LAST, USAGE_EVENT, DONE]), seen)
    with client.client.chat.completions.create(model="m", messages=[], stream=True) as chunks:
        received = list(chunks)
    assert seen[0]["stream_options"] == {"include_usage": True}
    assert [c.usage for c in received] == [None, None, None]
    (row,) = client.calls
    assert (row.total_tokens, row.cost_usd, row.error) == (5, 2.5e-06, None)
    assert 0 < (row.ttft_s or 0) <= (row.latency_s or 0)


@pytest.mark.parametrize(("wanted", "chunks"), [(True, 4), (False, 4)])
def test_the_callers_own_choice_is_left_alone(wanted: bool, chunks: int) -> None:
    seen: list[dict[str, Any]] = []
    client = streaming(Body([ROLE, WORD, LAST, USAGE_EVENT, DONE]), seen)
    options: Any = {"include_usage": wanted}
    stream = client.client.chat.completions.create(
        model="m", messages=[], stream=True, stream_options=options
    )
    assert len(list(stream)) == chunks
    assert seen[0]["stream_options"] == options


def test_a_streamed_hit_costs_nothing() -> None:
    client = streaming(Body([WORD, LAST, USAGE_EVENT, DONE]), **{"x-litellm-cache-key": "abc"})
    stream = client.stream("Hello")
    assert list(stream) == ["Hé"]
    assert stream.call is not None
    assert (stream.call.cache_hit, stream.call.cost_usd, stream.call.saved_usd) == (True, 0.0, 2.5e-06)


def test_a_stream_left_early_is_recorded_and_closed() -> None:
    body = Body([ROLE, WORD, WORD, LAST, DONE])
    client = streaming(body)
    with client.stream("Hello") as stream:
        assert next(iter(stream)) == "Hé"
    assert body.closed
    assert stream.call is not None
    assert stream.call.error == "left by the caller before its end"
    assert stream.call.ttft_s is not None
    assert stream.call.cost_usd is None


def test_a_stream_without_its_end_is_recorded_as_cut() -> None:
    client = streaming(Body([ROLE, WORD]))
    list(client.stream("Hello"))
    assert client.calls.last["error"] == "the stream ended without [DONE]"


def test_an_error_in_a_stream_is_recorded() -> None:
    client = streaming(Body([WORD, b'data: {"error": {"message": "it broke\\nhere", "code": "500"}}\n\n']))
    with pytest.raises(Exception, match="it broke"):
        list(client.stream("Hello"))
    (row,) = client.calls
    assert (row.status, row.error) == (200, "it broke")


def test_a_broken_connection_is_recorded() -> None:
    client = streaming(Body([WORD], httpx.ReadError("reset")))
    with pytest.raises(Exception, match="reset"):
        list(client.stream("Hello"))
    assert client.calls.last["error"] == "ReadError: reset"


def test_a_refused_connection_is_recorded() -> None:
    def refuse(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    client = gateway(refuse)
    with pytest.raises(openai.APIConnectionError):
        client.client.embeddings.create(model="m", input="x")
    (row,) = client.calls
    assert (row.kind, row.status, row.error, row.request_id) == (
        "embeddings",
        None,
        "ConnectError: refused",
        None,
    )


def test_an_error_answer_is_recorded() -> None:
    body = {"error": {"message": "No.\nSecond line", "type": "auth_error", "code": "401"}}
    client = gateway(lambda _: httpx.Response(401, json=body))
    with pytest.raises(openai.AuthenticationError):
        client.client.models.list()
    (row,) = client.calls
    assert (row.kind, row.status, row.error, row.cache_hit) == ("models", 401, "No.", False)


def test_compressed_answers_are_read_and_handed_on() -> None:
    packed = gzip.compress(json.dumps(COMPLETION).encode())
    headers = {**HEADERS, "content-encoding": "gzip", "content-type": "application/json"}
    answer = gateway(lambda _: httpx.Response(200, headers=headers, content=packed)).ask("Hello")
    assert (answer.text, answer.call.total_tokens) == ("Hi", 5)


def test_clients_of_other_keys_share_the_record() -> None:
    keys = []

    def handle(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["authorization"])
        return httpx.Response(200, headers=HEADERS, json=COMPLETION)

    client = gateway(handle, master_key="sk-master-key")
    client.ask("Hello")
    client.ask("Hello", api_key="sk-other-wxyz")
    client.ask("Hello", api_key="sk-master-key")
    assert client.client_for("sk-other-wxyz") is client.client_for("sk-other-wxyz")
    assert client.calls.frame()["key"].tolist() == ["…abcd", "…wxyz", "master"]
    assert keys == ["Bearer sk-virtual-abcd", "Bearer sk-other-wxyz", "Bearer sk-master-key"]


def test_no_key_shows_in_a_repr() -> None:
    client = gateway(lambda _: httpx.Response(200), master_key="sk-master-key")
    shown = repr(client) + repr(client.connection) + repr(client.calls)
    assert "sk-" not in shown
    assert "http://gateway.test" in shown


def test_ask_many_keeps_order_and_errors() -> None:
    def handle(request: httpx.Request) -> httpx.Response:
        text = json.loads(request.content)["messages"][0]["content"]
        if text == "2":
            return httpx.Response(429, headers={"retry-after": "3"}, json={"error": {"message": "Slow down"}})
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "finish_reason": "stop", "message": message}
        return httpx.Response(200, headers=HEADERS, json={**COMPLETION, "choices": [choice]})

    client = gateway(handle)
    results = client.ask_many([str(n) for n in range(5)], concurrency=3)
    assert [type(result).__name__ if n == 2 else str(result) for n, result in enumerate(results)] == [
        "0", "1", "RateLimitedError", "3", "4",
    ]  # fmt: skip
    with pytest.raises(Exception, match="Slow down"):
        client.ask_many(["2"], errors="raise")
    with pytest.raises(ValueError, match="concurrency"):
        client.ask_many(["1"], concurrency=0)


@given(st.lists(st.integers(min_value=1, max_value=40), min_size=1), st.booleans())
def test_how_the_bytes_arrive_changes_nothing(sizes: list[int], crlf: bool) -> None:
    """Chunks may end anywhere, within a character or between CR and LF too."""
    data = b": a comment\n\n" + ROLE + WORD + LAST + USAGE_EVENT + DONE
    sent = data.replace(b"\n", b"\r\n") if crlf else data
    reader = EventReader(lambda: 1.0, hide_usage=True)
    passed, at, turn = b"", 0, 0
    while at < len(sent):
        size = sizes[turn % len(sizes)]
        passed += reader.feed(sent[at : at + size])
        at, turn = at + size, turn + 1
    passed += reader.flush()
    assert passed == b": a comment\n\n" + ROLE + WORD + LAST + DONE
    assert reader.done
    assert reader.facts() == {
        "ttft_s": 1.0, "prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5, "cost_usd": 2.5e-06,
    }  # fmt: skip


def test_the_messages_api_counts_in_two_places() -> None:
    start = {"type": "message_start", "message": {"usage": {"input_tokens": 12, "output_tokens": 1}}}
    text = {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Hi"}}
    end = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 50}}
    reader = EventReader(lambda: 1.0, hide_usage=False)
    for message in (start, text, end):
        reader.feed(b"event: x\ndata: " + json.dumps(message).encode() + b"\n\n")
    assert reader.facts() == {
        "ttft_s": 1.0,
        "prompt_tokens": 12,
        "completion_tokens": 50,
        "total_tokens": 62,
    }


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/v1/chat/completions", "chat"),
        ("/v1/completions", "completions"),
        ("/v1/embeddings/", "embeddings"),
        ("/openai/deployments/x/chat/completions", "chat"),
        ("/v1/images/generations", "generations"),
        ("/", "other"),
    ],
)
def test_kinds_by_path(path: str, kind: str) -> None:
    assert kind_of(path) == kind


def test_calls_is_the_records_type() -> None:
    assert isinstance(gateway(lambda _: httpx.Response(200)).calls, CallRecord)
