"""Broken and strange requests to Ollama: never a 5xx, and always its form of an error or of an answer."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import mutated

from gateway_kit.gateway.providers import Providers

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg=="
SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
TOOL = {"type": "function", "function": {"name": "look_up", "description": "d", "parameters": SCHEMA}}
OPTIONS = {"num_predict": 9, "temperature": 0.5, "stop": ["x"], "seed": 1, "num_ctx": 2048, "use_mmap": True}
BODIES: dict[str, list[dict[str, Any]]] = {
    "/api/chat": [
        {
            "model": "phi3",
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Look it up."},
                {
                    "role": "assistant",
                    "content": "",
                    "tool_calls": [{"function": {"name": "look_up", "arguments": {"a": "b"}}}],
                },
                {"role": "tool", "tool_name": "look_up", "content": "c"},
            ],
            "tools": [TOOL],
            "options": OPTIONS,
            "keep_alive": "5m",
            "stream": False,
        },
        {
            "model": "gemma3",
            "messages": [{"role": "user", "content": "?", "images": [PNG]}],
            "format": SCHEMA,
        },
        {
            "model": "qwen3",
            "messages": [{"role": "user", "content": "Hello"}],
            "think": "low",
            "logprobs": True,
            "top_logprobs": 2,
            "format": "json",
            "truncate": False,
        },
    ],
    "/api/generate": [
        {"model": "phi3", "prompt": "Hello", "system": "Be brief.", "context": [1, 2], "options": OPTIONS},
        {"model": "codellama", "prompt": "def f(", "suffix": "return 1", "stream": False, "raw": True},
        {"model": "llava", "prompt": "?", "images": [PNG], "keep_alive": 5, "think": False},
    ],
    "/api/embed": [
        {
            "model": "nomic-embed-text",
            "input": ["a", "b"],
            "dimensions": 64,
            "truncate": True,
            "options": OPTIONS,
        }
    ],
    "/api/embeddings": [{"model": "nomic-embed-text", "prompt": "a", "keep_alive": "1h"}],
    "/api/show": [{"model": "phi3", "verbose": True}],
}
QUIET = settings(
    derandomize=True,
    max_examples=200,
)


@pytest.mark.parametrize("path", BODIES)
def test_the_requests_that_are_changed_are_valid(path: str, quick: Providers, http: httpx.Client) -> None:
    for body in BODIES[path]:
        answer = http.post(f"{quick.url}{path}", json=body)
        assert answer.status_code == 200, answer.text


@QUIET
@pytest.mark.parametrize("path", BODIES)
@given(st.data())
def test_strange_requests(quick: Providers, http: httpx.Client, path: str, data: st.DataObject) -> None:
    body = data.draw(mutated(BODIES[path]))
    answer = http.post(f"{quick.url}{path}", content=json.dumps(body).encode("utf-8", "surrogatepass"))
    assert answer.status_code in (200, 400, 404), answer.text
    if answer.status_code == 200:
        for line in answer.text.splitlines():
            assert isinstance(json.loads(line), dict)
        return
    assert answer.json().keys() == {"error"}
    assert isinstance(answer.json()["error"], str)
