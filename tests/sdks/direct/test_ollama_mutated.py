"""Changed requests to Ollama: each is refused in its form, or its answer is one of ollama-python's types."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from ollama import ChatResponse, Client, GenerateResponse, ResponseError
from places import parent_of, places

TOOL = {
    "type": "function",
    "function": {"name": "look_up", "description": "d", "parameters": {"type": "object", "properties": {}}},
}
COMMON: dict[str, Any] = {
    "stream": False,
    "keep_alive": "5m",
    "options": {"num_predict": 50, "temperature": 0.5, "stop": ["x"], "seed": 1},
    "format": {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
    "logprobs": True,
    "top_logprobs": 2,
}
REQUESTS: dict[str, tuple[type, dict[str, Any]]] = {
    "/api/chat": (
        ChatResponse,
        {
            "model": "qwen3",
            "messages": [
                {"role": "user", "content": "Hello"},
                {
                    "role": "assistant",
                    "content": "",
                    "tool_calls": [{"function": {"name": "look_up", "arguments": {}}}],
                },
                {"role": "tool", "tool_name": "look_up", "content": "a word"},
            ],
            "tools": [TOOL],
            "think": True,
            **COMMON,
        },
    ),
    "/api/generate": (
        GenerateResponse,
        {"model": "phi3", "prompt": "Hello", "system": "a", "context": [1], **COMMON},
    ),
}
ODD: tuple[Any, ...] = (None, True, 0, -2, 1.5, "", "x", [], {}, [{}], "high", 1e308)


@pytest.mark.parametrize("path", REQUESTS)
def test_a_changed_request(path: str, sim_base: str) -> None:
    kind, request = REQUESTS[path]
    chance = random.Random(3)
    answered, refused = [], []
    with Client(host=sim_base, timeout=60) as client:
        for _ in range(200):
            body = copy.deepcopy(request)
            path_to = chance.choice([place for place in places(body) if place and place != ("stream",)])
            parent_of(body, path_to)[path_to[-1]] = chance.choice(ODD)
            try:
                answered.append(client._request(kind, "POST", path, json=body))
            except ResponseError as error:
                refused.append((error.status_code, error.error))
    assert len(answered) > 20
    assert all(isinstance(answer, kind) and answer.done for answer in answered)
    assert len(refused) > 20
    assert {status for status, _ in refused} <= {400, 404}
    assert all(message for _, message in refused)
