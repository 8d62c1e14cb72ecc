"""Answers as long as a rehearsal's header plans them, in every dialect, with the usage where each provider has it."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from botocore.eventstream import EventStreamBuffer
from conftest import KEYS, Post, Simulator

from gateway_kit.gateway.latency import Latency
from gateway_kit.gateway.providers import Providers
from gateway_kit.rehearsal.run_folder import PLAN_HEADER

PLAN = "call=12;in=812;out=95;cached=300;cache_write=200;reasoning=40"
MESSAGES = [{"role": "user", "content": "What is the capital of France?"}]
CONTENTS = [{"role": "user", "parts": [{"text": "What is the capital of France?"}]}]
BLOCKS = [{"role": "user", "content": [{"text": "What is the capital of France?"}]}]
CLAUDE = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
BODY_CLAUDE = {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 500, "messages": MESSAGES}


# What an answer says: (input, output, cached, written to the cache, reasoning) in tokens, where it has the field.
Usage = Mapping[str, int]


@dataclass(frozen=True)
class Dialect:
    """How one operation is asked, and where its answer has the text and the usage."""

    path: str
    body: Mapping[str, Any]
    usage: Callable[[Any], Usage]
    text: Callable[[Any], str]
    headers: Mapping[str, str] = field(default_factory=lambda: KEYS)


def of_openai(answer: Any) -> Usage:
    usage = answer["usage"]
    return {
        "in": usage["prompt_tokens"], "out": usage["completion_tokens"], "sum": usage["total_tokens"],
        "cached": usage["prompt_tokens_details"]["cached_tokens"],
        "reasoning": usage["completion_tokens_details"]["reasoning_tokens"],
    }  # fmt: skip


def of_completions(answer: Any) -> Usage:
    usage = answer["usage"]
    return {"in": usage["prompt_tokens"], "out": usage["completion_tokens"], "sum": usage["total_tokens"]}


def of_responses(answer: Any) -> Usage:
    usage = answer["usage"]
    return {
        "in": usage["input_tokens"], "out": usage["output_tokens"], "sum": usage["total_tokens"],
        "cached": usage["input_tokens_details"]["cached_tokens"],
        "cache_write": usage["input_tokens_details"]["cache_write_tokens"],
        "reasoning": usage["output_tokens_details"]["reasoning_tokens"],
    }  # fmt: skip


def of_anthropic(answer: Any) -> Usage:
    usage = answer["usage"]
    cached, written = usage["cache_read_input_tokens"], usage["cache_creation_input_tokens"]
    return {
        "in": usage["input_tokens"] + cached + written, "out": usage["output_tokens"], "cached": cached,
        "cache_write": written, "reasoning": usage["output_tokens_details"]["thinking_tokens"],
    }  # fmt: skip


def of_converse(answer: Any) -> Usage:
    usage = answer["usage"]
    cached, written = usage["cacheReadInputTokens"], usage["cacheWriteInputTokens"]
    return {
        "in": usage["inputTokens"] + cached + written, "out": usage["outputTokens"], "sum": usage["totalTokens"],
        "cached": cached, "cache_write": written,
    }  # fmt: skip


def of_google(answer: Any) -> Usage:
    usage = answer["usageMetadata"]
    return {
        "in": usage["promptTokenCount"], "out": usage["candidatesTokenCount"] + usage["thoughtsTokenCount"],
        "sum": usage["totalTokenCount"], "cached": usage["cachedContentTokenCount"],
        "reasoning": usage["thoughtsTokenCount"],
    }  # fmt: skip


def of_ollama(answer: Any) -> Usage:
    return {"in": answer["prompt_eval_count"], "out": answer["eval_count"]}


def said_by_openai(answer: Any) -> str:
    return str(answer["choices"][0]["message"]["content"])


def said_by_claude(answer: Any) -> str:
    return str(answer["content"][0]["text"])


def said_by_google(answer: Any) -> str:
    return str(answer["candidates"][0]["content"]["parts"][0]["text"])


GOOGLE = {"x-goog-api-key": "sim-east"}
DIALECTS = {
    "openai": Dialect(
        "/v1/chat/completions", {"model": "gpt-5-nano", "messages": MESSAGES}, of_openai, said_by_openai
    ),
    "azure": Dialect(
        "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21",
        {"messages": MESSAGES}, of_openai, said_by_openai, {"api-key": "sim-east"},
    ),
    "completions": Dialect(
        "/v1/completions", {"model": "gpt-3.5-turbo-instruct", "prompt": "Hello", "max_tokens": 500},
        of_completions, lambda answer: str(answer["choices"][0]["text"]),
    ),
    "responses": Dialect(
        "/v1/responses", {"model": "gpt-4o-mini", "input": "Hello"}, of_responses,
        lambda answer: str(answer["output"][0]["content"][0]["text"]),
    ),
    "anthropic": Dialect(
        "/v1/messages", {"model": "claude-haiku-4-5", "max_tokens": 500, "messages": MESSAGES}, of_anthropic,
        said_by_claude, {"x-api-key": "sim-east", "anthropic-version": "2023-06-01"},
    ),
    "bedrock-converse": Dialect(
        f"/model/{CLAUDE}/converse", {"messages": BLOCKS}, of_converse,
        lambda answer: str(answer["output"]["message"]["content"][0]["text"]),
    ),
    "bedrock-claude": Dialect(f"/model/{CLAUDE}/invoke", BODY_CLAUDE, of_anthropic, said_by_claude),
    "gemini": Dialect(
        "/v1beta/models/gemini-2.5-flash:generateContent", {"contents": CONTENTS}, of_google, said_by_google, GOOGLE
    ),
    "vertex_ai": Dialect(
        "/v1/projects/p/locations/us-central1/publishers/google/models/gemini-2.5-flash:generateContent",
        {"contents": CONTENTS}, of_google, said_by_google,
    ),
    "ollama": Dialect(
        "/api/chat", {"model": "phi3", "messages": MESSAGES, "stream": False}, of_ollama,
        lambda answer: str(answer["message"]["content"]),
    ),
}  # fmt: skip
PLANNED = {"in": 812, "out": 95, "sum": 907, "cached": 300, "cache_write": 200, "reasoning": 40}


@pytest.mark.parametrize("name", DIALECTS)
def test_an_answer_has_the_planned_usage_and_length(name: str, post: Post) -> None:
    dialect = DIALECTS[name]
    response = post(dialect.path, dialect.body, PLAN, dialect.headers)
    assert response.status_code == 200, response.text
    usage = dialect.usage(response.json())
    assert usage == {field: PLANNED[field] for field in usage}
    assert tokens_of(dialect.text(response.json())) == 95 - 40, "the reasoning is not shown"


def tokens_of(text: str) -> int:
    """Words and marks, each of which is a token to the simulator if the word is short."""
    return len(re.findall(r"\w+|[^\w\s]", text))


# Of each stream: its path, what its body has besides, and its last usage.
STREAMS: dict[str, tuple[str, dict[str, Any], str]] = {
    "openai": ("", {"stream": True, "stream_options": {"include_usage": True}}, "usage"),
    "azure": ("", {"stream": True, "stream_options": {"include_usage": True}}, "usage"),
    "completions": ("", {"stream": True, "stream_options": {"include_usage": True}}, "usage"),
    "responses": ("", {"stream": True}, "usage"),
    "anthropic": ("", {"stream": True}, "usage"),
    "bedrock-converse": ("converse-stream", {}, "usage"),
    "bedrock-claude": ("invoke-with-response-stream", {}, "usage"),
    "gemini": ("streamGenerateContent?alt=sse", {}, "usageMetadata"),
    "vertex_ai": ("streamGenerateContent?alt=sse", {}, "usageMetadata"),
    "ollama": ("", {"stream": True}, "eval_count"),
}


@pytest.mark.parametrize("name", STREAMS)
def test_a_stream_has_the_planned_usage(name: str, post: Post) -> None:
    dialect, (operation, more, wanted) = DIALECTS[name], STREAMS[name]
    path = (
        re.sub(r"(converse|invoke|generateContent)$", operation, dialect.path) if operation else dialect.path
    )
    response = post(path, {**dialect.body, **more}, PLAN, dialect.headers)
    assert response.status_code == 200, response.text
    events = list(events_of(response))
    last = [found for event in events for found in having(event, wanted)][-1]
    usage = dialect.usage(last)
    assert usage == {field: PLANNED[field] for field in usage}
    assert len(events) > 25, "piece by piece"


def test_a_long_stream_has_few_pieces(post: Post) -> None:
    body = {**DIALECTS["openai"].body, **STREAMS["openai"][1]}
    events = list(events_of(post("/v1/chat/completions", body, "in=20;out=5000")))
    text = "".join(choice["delta"].get("content") or "" for event in events for choice in event["choices"])
    assert tokens_of(text) == events[-1]["usage"]["completion_tokens"] == 5000
    assert len(events) < 80


def events_of(response: httpx.Response) -> Iterator[Any]:
    """The JSON objects of a stream: server-sent events, lines, or the frames of AWS."""
    if "amazon.eventstream" in response.headers["content-type"]:
        buffer = EventStreamBuffer()
        buffer.add_data(response.content)
        for frame in buffer:
            event = json.loads(frame.payload)
            yield json.loads(base64.b64decode(event["bytes"])) if "bytes" in event else event
        return
    for line in response.text.splitlines():
        data = line.removeprefix("data: ")
        if data.startswith("{"):
            yield json.loads(data)


def having(value: Any, field: str) -> Iterator[Any]:
    """The objects within a JSON value whose field is filled."""
    if isinstance(value, dict):
        if value.get(field):
            yield value
        for one in value.values():
            yield from having(one, field)


def test_an_answer_is_cut_at_the_limit_of_tokens(post: Post) -> None:
    dialect = DIALECTS["openai"]
    answer = post(dialect.path, {**dialect.body, "max_completion_tokens": 60}, PLAN).json()
    assert answer["choices"][0]["finish_reason"] == "length"
    assert dialect.usage(answer) == {"in": 812, "out": 60, "sum": 872, "cached": 300, "reasoning": 40}


def test_a_call_that_offers_tools_is_answered_with_one_and_counted_as_planned(post: Post) -> None:
    tool = {
        "name": "get_weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
    body = {
        "model": "gpt-4o-mini",
        "messages": [{"role": "user", "content": "What is the weather in Paris?"}],
        "tools": [{"type": "function", "function": tool}],
    }
    answer = post("/v1/chat/completions", body, "call=1;in=50;out=23").json()
    (made,) = answer["choices"][0]["message"]["tool_calls"]
    assert json.loads(made["function"]["arguments"]) == {"city": "Paris"}
    assert (of_openai(answer)["in"], of_openai(answer)["out"]) == (50, 23)
    declined = post("/v1/chat/completions", {**body, "messages": MESSAGES}, "call=1;in=50;out=23").json()
    assert tokens_of(said_by_openai(declined)) == of_openai(declined)["out"] == 23


def test_json_keeps_its_form_and_is_counted_as_planned(post: Post) -> None:
    schema = {
        "type": "object",
        "properties": {"city": {"type": "string"}, "people": {"type": "integer"}},
        "required": ["city", "people"],
        "additionalProperties": False,
    }
    form = {"type": "json_schema", "json_schema": {"name": "a", "schema": schema, "strict": True}}
    body = {"model": "gpt-4o-mini", "messages": MESSAGES, "response_format": form}
    answer = post("/v1/chat/completions", body, "call=1;in=50;out=7").json()
    assert set(json.loads(said_by_openai(answer))) == {"city", "people"}
    assert (of_openai(answer)["in"], of_openai(answer)["out"]) == (50, 7)


def test_the_tokens_of_several_choices_add_up(post: Post) -> None:
    body = {"model": "gpt-4o-mini", "messages": MESSAGES, "n": 3}
    answer = post("/v1/chat/completions", body, "out=10").json()
    assert [tokens_of(choice["message"]["content"]) for choice in answer["choices"]] == [4, 3, 3]
    assert answer["usage"]["completion_tokens"] == 10


def test_embeddings_have_the_planned_tokens(post: Post) -> None:
    answer = post(
        "/v1/embeddings", {"model": "text-embedding-3-small", "input": ["one", "two"]}, "call=3;in=41"
    ).json()
    assert answer["usage"] == {"prompt_tokens": 41, "total_tokens": 41}
    assert len(answer["data"]) == 2


def test_what_the_plan_does_not_say_is_as_always(post: Post, rehearsing: Simulator) -> None:
    dialect = DIALECTS["openai"]
    answer = post(dialect.path, dialect.body, "call=5").json()
    assert "Paris" in said_by_openai(answer)
    with Providers(rehearsing.url) as control:
        (row,) = control.journal(call=5).itertuples()
        assert (row.call, row.source, row.deployment) == (5, "bank", "east")
        last = control.journal().id.max()
        assert control.journal(after_id=last).empty
        assert control.journal(after_id=last - 1).id.tolist() == [last]


def test_a_prompt_that_is_planned_to_be_too_long_is_refused(post: Post) -> None:
    body = {"model": "gpt-4o-mini", "messages": MESSAGES}
    answer = post("/v1/chat/completions", body, "call=6;in=128001;out=5")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "context_length_exceeded")


def test_ollama_takes_what_its_log_says_that_it_took(post: Post) -> None:
    dialect = DIALECTS["ollama"]
    answer = post(dialect.path, dialect.body, "in=9000;out=5", dialect.headers).json()
    assert dialect.usage(answer) == {"in": 9000, "out": 5}


@pytest.mark.parametrize("plan", ["call=x", "in=1;in=2", "colour=1", "in=-1", "in=99999999"])
def test_a_plan_that_cannot_be_read_is_refused(post: Post, plan: str) -> None:
    answer = post("/v1/chat/completions", {"model": "gpt-4o-mini", "messages": MESSAGES}, plan)
    assert answer.status_code == 400
    assert "x-rehearsal" in answer.json()["error"]["message"]


def test_an_ordinary_simulator_obeys_no_plan(
    simulator: Simulator, quick: Providers, http: httpx.Client
) -> None:
    body = {"model": "gpt-4o-mini", "messages": MESSAGES}
    headers = {**KEYS, PLAN_HEADER: PLAN}
    answer = http.post(f"{simulator.url}/v1/chat/completions", json=body, headers=headers).json()
    assert "Paris" in said_by_openai(answer)
    assert answer["usage"]["prompt_tokens"] < 100
    assert quick.journal().call.isna().all()


def test_a_text_that_is_embedded_alone_has_its_share_of_the_call(post: Post) -> None:
    body = {"inputText": "one"}
    path = "/model/amazon.titan-embed-text-v2:0/invoke"
    for call in (91, 92, 91):  # the last is another attempt
        answers = [post(path, body, f"call={call};in=42;texts=4") for _ in range(4)]
        assert [answer.json()["inputTextTokenCount"] for answer in answers] == [10, 11, 10, 11]


def test_a_text_that_is_embedded_alone_takes_its_share_of_the_time(post: Post, rehearsing: Simulator) -> None:
    path, body = "/model/amazon.titan-embed-text-v2:0/invoke", {"inputText": "one"}
    with Providers(rehearsing.url) as control:
        control.latencies([Latency(model="amazon.titan-embed-text-v2:0", whole_s=(600.0,))])
        answer = post(
            path, body, "call=93;in=42000;texts=42000"
        )  # the whole time would take the test with it
        assert answer.status_code == 200
