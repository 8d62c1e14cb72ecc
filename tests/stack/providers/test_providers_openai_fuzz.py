"""Strange requests to OpenAI and Azure OpenAI: never a 5xx, and always OpenAI's form of an error or of an answer."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from mutations import mutated

from gateway_kit.gateway.providers import Providers

HEADERS = {"authorization": "Bearer k", "api-key": "k"}
GIF = "data:image/gif;base64,R0lGODlhCAAIAA=="
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "array", "items": {"type": "integer"}}},
    "required": ["city", "days"],
    "additionalProperties": False,
}
FUNCTION = {
    "name": "get_weather",
    "description": "The weather in a city",
    "parameters": SCHEMA,
    "strict": True,
}
TOOL = {"type": "function", "function": FUNCTION}
CUSTOM = {"type": "custom", "custom": {"name": "run", "format": {"type": "text"}}}
CALL = {
    "id": "call_1",
    "type": "function",
    "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'},
}
CHAT: list[dict[str, Any]] = [
    {
        "model": "gpt-4o-mini",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "text", "text": "ping"}], "name": "ann"},
        ],
        "temperature": 0.5,
        "top_p": 0.5,
        "n": 2,
        "stop": ["x"],
        "seed": 7,
        "max_tokens": 50,
        "logprobs": True,
        "top_logprobs": 2,
        "logit_bias": {"50": 1},
        "metadata": {"a": "b"},
        "service_tier": "auto",
        "user": "u",
    },
    {
        "model": "gpt-4o",
        "messages": [
            {"role": "user", "content": "What is the weather in Oslo?"},
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "call_1", "content": [{"type": "text", "text": "4 degrees"}]},
            {"role": "user", "content": "And in Paris?"},
        ],
        "tools": [TOOL, CUSTOM],
        "tool_choice": {"type": "function", "function": {"name": "get_weather"}},
        "parallel_tool_calls": True,
        "stream": True,
        "stream_options": {"include_usage": True},
    },
    {
        "model": "gpt-5-nano",
        "messages": [
            {"role": "developer", "content": "Answer as JSON."},
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is this?"},
                    {"type": "image_url", "image_url": {"url": GIF, "detail": "low"}},
                    {"type": "file", "file": {"filename": "a", "file_data": "data:text/plain;base64,YQ=="}},
                ],
            },
        ],
        "reasoning_effort": "low",
        "verbosity": "low",
        "max_completion_tokens": 200,
        "response_format": {
            "type": "json_schema",
            "json_schema": {"name": "a", "strict": True, "schema": SCHEMA},
        },
    },
    {
        "model": "gpt-3.5-turbo",
        "messages": [
            {"role": "user", "content": "What is the weather in Oslo?"},
            {"role": "assistant", "function_call": {"name": "get_weather", "arguments": "{}"}},
            {"role": "function", "name": "get_weather", "content": "4 degrees"},
        ],
        "functions": [{"name": "get_weather", "parameters": SCHEMA}],
        "function_call": {"name": "get_weather"},
    },
]
OTHERS: dict[str, list[dict[str, Any]]] = {
    "/v1/completions": [
        {
            "model": "gpt-3.5-turbo-instruct",
            "prompt": ["ping", "pong"],
            "n": 2,
            "best_of": 2,
            "echo": True,
            "logprobs": 2,
            "max_tokens": 5,
            "stop": "x",
        },
        {
            "model": "gpt-3.5-turbo-instruct",
            "prompt": [[1, 2], [3]],
            "stream": True,
            "stream_options": {"include_usage": True},
        },
    ],
    "/v1/embeddings": [
        {
            "model": "text-embedding-3-small",
            "input": ["one", "two"],
            "dimensions": 8,
            "encoding_format": "base64",
            "user": "u",
        },
        {"model": "text-embedding-3-small", "input": [[1, 2], [3]]},
    ],
    "/v1/moderations": [
        {"input": ["hello", "I will kill you"], "model": "omni-moderation-latest"},
        {
            "input": [
                {"type": "text", "text": "hello"},
                {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
            ]
        },
    ],
    "/v1/images/generations": [
        {"prompt": "a", "model": "gpt-image-1", "size": "1024x1024", "quality": "low", "n": 2},
        {"prompt": "a", "model": "dall-e-2", "size": "256x256", "response_format": "b64_json"},
    ],
}
AT = "?api-version=2024-10-21"
PATHS = {
    "/v1/chat/completions": CHAT,
    f"/openai/deployments/gpt-4o-mini/chat/completions{AT}": CHAT,
    **OTHERS,
}
RUNS = settings(
    derandomize=True,
    max_examples=200,
)


def check(path: str, body: Any, url: str, http: httpx.Client) -> None:
    # As ASCII, so that a lone surrogate can be sent too.
    answer = http.post(f"{url}{path}", content=json.dumps(body), headers=HEADERS)
    assert answer.status_code in (200, 400, 403, 404), f"{answer.status_code}: {answer.text}"
    if answer.status_code == 200 and answer.headers["content-type"].startswith("text/event-stream"):
        assert answer.text.endswith("data: [DONE]\n\n")
        frames = answer.text.removesuffix("data: [DONE]\n\n").split("\n\n")
        for frame in frames[:-1]:
            json.loads(frame.removeprefix("data: "))
    elif answer.status_code == 200:
        assert answer.json()
    else:
        error = answer.json()["error"]
        assert error["message"]
        if error["code"] != "DeploymentNotFound":
            assert set(error) == {"message", "type", "param", "code"}
            assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize("path", PATHS)
def test_a_mutated_request(path: str, quick: Providers, http: httpx.Client) -> None:
    @RUNS
    @given(body=mutated(PATHS[path]))
    def send(body: dict[str, Any]) -> None:
        check(path, body, quick.url, http)

    send()


@pytest.mark.parametrize("path", PATHS)
def test_the_requests_that_are_mutated_are_answered(path: str, quick: Providers, http: httpx.Client) -> None:
    for body in PATHS[path]:
        answer = http.post(f"{quick.url}{path}", json=body, headers=HEADERS)
        expected = 200
        if path.startswith("/openai/") and body["model"] == "gpt-5-nano":
            expected = 400  # the deployment's model does not reason
        assert answer.status_code == expected, answer.text
