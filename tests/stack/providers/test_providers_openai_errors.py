"""What OpenAI's chat completions refuse: the status, the words, `param` and `code` of its own answers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway_kit.gateway.providers import Providers

KEY = {"authorization": "Bearer k"}
PING = [{"role": "user", "content": "ping"}]
F = {"type": "function", "function": {"name": "f", "parameters": {}}}
CALL = {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALLED = {"role": "assistant", "tool_calls": [CALL]}
GPT5 = {"model": "gpt-5-nano"}
CLOSED = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}


def messages(*more: dict[str, Any]) -> dict[str, Any]:
    return {"messages": [*PING, *more]}


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    form = {"name": "x", "strict": True, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": form}}


CASES = json.loads((Path(__file__).parent / "openai_refusals.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=[case["message"][:60] for case in CASES])
def test_a_refused_request(case: dict[str, Any], quick: Providers, http: httpx.Client) -> None:
    body = {"model": "gpt-4o-mini", "messages": PING, **case["fields"]}
    answer = http.post(f"{quick.url}/v1/chat/completions", json=body, headers=KEY)
    error = {"type": "invalid_request_error", **{name: case[name] for name in ("message", "param", "code")}}
    assert (answer.status_code, answer.json()) == (400, {"error": error})


ACCEPTED: list[dict[str, Any]] = [
    {"n": 128, "max_tokens": 1},
    {"temperature": 2, "top_p": 0, "presence_penalty": -2, "frequency_penalty": 2, "stop": list("abcd")},
    {"temperature": None, "max_tokens": None, "stop": None, "response_format": {"type": "text"}},
    {"metadata": {"k" * 64: "v" * 512}, "store": True, "user": "u", "service_tier": "flex"},
    {"messages": [{"role": "user", "content": ""}]},
    {"messages": [{"role": "user", "content": []}]},
    messages(CALLED, {"role": "tool", "tool_call_id": "c1", "content": "x"}, *PING),
    messages({"role": "assistant", "content": None, "refusal": "no"}, *PING),
    messages({"role": "assistant", "content": "x", "annotations": [], "added_by_a_gateway": {}}, *PING),
    {"tools": [F], "tool_choice": "none", "parallel_tool_calls": False},
    {**GPT5, "reasoning_effort": "minimal", "max_completion_tokens": 5, "temperature": 1, "top_p": 1},
    {
        "model": "gpt-5.1",
        "temperature": 0.2,
        "logprobs": True,
        "top_logprobs": 5,
        "reasoning_effort": "none",
    },
    strict({**CLOSED, "properties": {"a": {"type": ["string", "null"]}}, "required": ["a"]}),
]


@pytest.mark.parametrize("fields", ACCEPTED)
def test_the_valid_side_of_each_bound(fields: dict[str, Any], quick: Providers, http: httpx.Client) -> None:
    body = {"model": "gpt-4o-mini", "messages": PING, **fields}
    answer = http.post(f"{quick.url}/v1/chat/completions", json=body, headers=KEY)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("model", "status", "message"),
    [
        ("gpt-9", 404, "The model `gpt-9` does not exist or you do not have access to it."),
        (
            "gpt-4o-mini-2020-01-01",
            404,
            "The model `gpt-4o-mini-2020-01-01` does not exist or you do not have access to it.",
        ),
        ("text-embedding-3-small", 403, "You are not allowed to sample from this model"),
        (
            "gpt-3.5-turbo-instruct",
            404,
            "This is not a chat model and thus not supported in the v1/chat/completions endpoint. "
            "Did you mean to use v1/completions?",
        ),
    ],
)
def test_models_that_cannot_chat(
    model: str, status: int, message: str, quick: Providers, http: httpx.Client
) -> None:
    body = {"model": model, "messages": PING}
    answer = http.post(f"{quick.url}/v1/chat/completions", json=body, headers=KEY)
    assert (answer.status_code, answer.json()["error"]["message"]) == (status, message)
