"""Mutated requests to the Responses API: a 200, or OpenAI's form of an error, and never a fault of the server."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway_kit.gateway.providers import Providers

HEADERS = {"authorization": "Bearer sim-fuzz"}
TOOL = {
    "type": "function",
    "name": "look_up",
    "parameters": {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]},
    "strict": False,
}
REQUESTS: list[dict[str, Any]] = [
    {"model": "gpt-4o-mini", "input": "What is the capital of France?"},
    {
        "model": "gpt-5-mini",
        "instructions": "Be brief.",
        "input": [{"role": "user", "content": [{"type": "input_text", "text": "Hello."}]}],
        "reasoning": {"effort": "low", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "max_output_tokens": 64,
        "store": False,
    },
    {
        "model": "gpt-4o-mini",
        "input": [
            {"role": "user", "content": "Look it up."},
            {"type": "function_call", "call_id": "call_1", "name": "look_up", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_1", "output": "a word"},
            {"type": "custom_tool_call", "call_id": "call_2", "name": "run", "input": "1"},
            {
                "type": "custom_tool_call_output",
                "call_id": "call_2",
                "output": [{"type": "input_text", "text": "1"}],
            },
            {"role": "assistant", "content": [{"type": "output_text", "text": "Done.", "annotations": []}]},
        ],
        "tools": [TOOL, {"type": "custom", "name": "run"}],
        "tool_choice": {
            "type": "allowed_tools",
            "mode": "auto",
            "tools": [{"type": "function", "name": "look_up"}],
        },
        "text": {
            "format": {"type": "json_schema", "name": "a", "schema": {"type": "object", "properties": {}}}
        },
        "stream": True,
        "stream_options": {"include_obfuscation": False},
        "metadata": {"lesson": "fuzz"},
    },
    {
        "model": "gpt-4o",
        "input": [
            {
                "role": "user",
                "content": [
                    {"type": "input_image", "image_url": "https://a.example/b.png", "detail": "low"},
                    {"type": "input_file", "filename": "a.txt", "file_data": "data:text/plain;base64,YQ=="},
                ],
            }
        ],
        "include": ["message.output_text.logprobs"],
        "top_logprobs": 2,
        "truncation": "auto",
        "service_tier": "flex",
        "temperature": 0.5,
        "background": True,
    },
]


def nested(depth: int) -> Any:
    value: Any = None
    for _ in range(depth):
        value = {"a": [value]}
    return value


ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.sampled_from([0, -1, 1.5, 1e308, -1e308]),
    st.sampled_from(
        ["", " ", "\ud83d\ude00", "\ud83d", "\x00", "a" * 5_000, "id", "resp_x", "msg_x", "constructor"]
    ),
    st.sampled_from(
        [[], {}, [None], {"type": None}, {"type": "message"}, {"__proto__": 1}, [[]], list(range(300))]
    ),
    st.sampled_from([3, 20]).map(nested),
    st.text(max_size=8),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    return [path, *(place for name, item in steps for place in places(item, (*path, name)))]


def changed(body: Any, path: tuple[Any, ...], change: Callable[[Any, Any], None]) -> Any:
    copy = json.loads(json.dumps(body))
    parent = copy
    for step in path[:-1]:
        parent = parent[step]
    change(parent, path[-1])
    return copy


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A valid request with one to three changes: a value dropped, replaced, repeated, or one with an unknown name."""
    body: Any = draw(st.sampled_from(REQUESTS))
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from([place for place in places(body) if place]))
        kind = draw(st.sampled_from(["drop", "replace", "replace", "replace", "name", "repeat"]))
        if kind == "drop":
            body = changed(body, path, lambda parent, step: parent.pop(step))
        elif kind == "replace":
            odd = draw(ODD)
            body = changed(body, path, lambda parent, step, odd=odd: parent.__setitem__(step, odd))
        elif kind == "name":
            name, odd = draw(st.sampled_from(["zzz", "type", "id", "n", "__proto__"])), draw(ODD)
            body = changed(body, path, lambda parent, step, name=name, odd=odd: put(parent, step, name, odd))
        else:
            body = changed(body, path, repeat)
        if not body:
            break
    return dict(body)


def put(parent: Any, step: Any, name: str, value: Any) -> None:
    target = parent[step] if isinstance(parent[step], dict) else parent
    if isinstance(target, dict):
        target[name] = value


def repeat(parent: Any, step: Any) -> None:
    if isinstance(parent, list):
        parent.insert(0, parent[step])
    elif isinstance(parent[step], str):
        parent[step] *= 3


@pytest.fixture
def sending(quick: Providers, http: httpx.Client) -> Callable[[str, dict[str, Any]], httpx.Response]:
    def send(path: str, body: dict[str, Any]) -> httpx.Response:
        # ensure_ascii keeps lone surrogates as escapes, which are valid JSON.
        content = json.dumps(body).encode()
        headers = {**HEADERS, "content-type": "application/json"}
        return http.post(f"{quick.url}{path}", content=content, headers=headers)

    return send


def check(answer: httpx.Response) -> None:
    if answer.status_code == 200:
        if answer.headers["content-type"].startswith("text/event-stream"):
            lines = [line for line in answer.text.splitlines() if line.startswith("data: ")]
            last = json.loads(lines[-1].removeprefix("data: "))
            assert last["type"] in ("response.completed", "response.incomplete")
        else:
            assert answer.json()["object"] in ("response", "response.input_tokens", "conversation")
        return
    assert 400 <= answer.status_code < 500, answer.text
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    assert error["type"] == "invalid_request_error"


@settings(derandomize=True, max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=mutated())
def test_a_mutated_request_is_answered_or_refused(
    body: dict[str, Any], sending: Callable[[str, dict[str, Any]], httpx.Response]
) -> None:
    check(sending("/v1/responses", body))


@settings(derandomize=True, max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=mutated())
def test_its_tokens_are_counted_or_refused(
    body: dict[str, Any], sending: Callable[[str, dict[str, Any]], httpx.Response]
) -> None:
    names = ("model", "input", "instructions", "tools", "tool_choice", "text", "reasoning", "truncation")
    check(sending("/v1/responses/input_tokens", {name: body[name] for name in names if name in body}))


@settings(derandomize=True, max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(body=mutated())
def test_a_conversation_is_begun_or_refused(
    body: dict[str, Any], sending: Callable[[str, dict[str, Any]], httpx.Response]
) -> None:
    check(sending("/v1/conversations", {"items": body.get("input"), "metadata": body.get("metadata")}))
