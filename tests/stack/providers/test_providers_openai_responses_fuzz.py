"""Mutated requests to the Responses API: a 200, or OpenAI's form of an error, and never a fault of the server."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from mutations import mutated

from gateway_kit.gateway.providers import Providers

HEADERS = {"authorization": "Bearer sim-fuzz"}
OBJECTS = ("response", "response.input_tokens", "response.compaction", "conversation")
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
            assert answer.json()["object"] in OBJECTS
        return
    assert 400 <= answer.status_code < 500, answer.text
    error = answer.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert error["message"]
    assert error["type"] == "invalid_request_error"


@settings(derandomize=True, max_examples=250, suppress_health_check=list(HealthCheck))
@given(body=mutated(REQUESTS))
def test_a_mutated_request_is_answered_or_refused(
    body: dict[str, Any], sending: Callable[[str, dict[str, Any]], httpx.Response]
) -> None:
    check(sending("/v1/responses", body))


@settings(derandomize=True, max_examples=60, suppress_health_check=list(HealthCheck))
@given(body=mutated(REQUESTS))
def test_its_tokens_are_counted_or_refused(
    body: dict[str, Any], sending: Callable[[str, dict[str, Any]], httpx.Response]
) -> None:
    names = ("model", "input", "instructions", "tools", "tool_choice", "text", "reasoning", "truncation")
    check(sending("/v1/responses/input_tokens", {name: body[name] for name in names if name in body}))


@settings(derandomize=True, max_examples=60, suppress_health_check=list(HealthCheck))
@given(body=mutated(REQUESTS))
def test_a_conversation_is_begun_or_refused(
    body: dict[str, Any], sending: Callable[[str, dict[str, Any]], httpx.Response]
) -> None:
    check(sending("/v1/conversations", {"items": body.get("input"), "metadata": body.get("metadata")}))


@settings(derandomize=True, max_examples=60, suppress_health_check=list(HealthCheck))
@given(body=mutated(REQUESTS))
def test_a_context_is_made_short_or_refused(
    body: dict[str, Any], sending: Callable[[str, dict[str, Any]], httpx.Response]
) -> None:
    names = ("model", "input", "instructions", "service_tier")
    check(sending("/v1/responses/compact", {name: body[name] for name in names if name in body}))
