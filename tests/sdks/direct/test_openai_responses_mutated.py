"""Whatever of a mutated request the simulator answers, OpenAI's own types can read."""

from __future__ import annotations

import json
import random
from typing import Any

import httpx2
import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

EVENT: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)
TOOL = {
    "type": "function",
    "name": "look_up",
    "parameters": {"type": "object", "properties": {"word": {"type": "string"}}},
}
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
REQUESTS: list[dict[str, Any]] = [
    {
        "model": "gpt-4o-mini",
        "input": "What is the capital of France?",
        "instructions": "Be brief.",
        "metadata": {"a": "b"},
        "tools": [TOOL, {"type": "custom", "name": "run"}],
        "tool_choice": "auto",
        "text": {"format": {"type": "json_schema", "name": "place", "schema": SCHEMA}, "verbosity": "medium"},
        "include": ["message.output_text.logprobs"],
        "top_logprobs": 1,
        "temperature": 0.5,
        "max_output_tokens": 50,
        "service_tier": "auto",
        "truncation": "auto",
    },
    {
        "model": "gpt-5-mini",
        "input": [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": [{"type": "input_text", "text": "Look it up."}]},
            {"type": "function_call", "call_id": "call_1", "name": "look_up", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "call_1", "output": "a word"},
            {"role": "assistant", "content": [{"type": "output_text", "text": "Done."}]},
        ],
        "tools": [TOOL],
        "tool_choice": {"type": "function", "name": "look_up"},
        "reasoning": {"effort": "low", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "background": False,
        "store": False,
    },
]
ODD = [
    None,
    True,
    False,
    0,
    -1,
    1.5,
    16,
    10**12,
    "",
    "auto",
    "low",
    "a" * 200,
    "😀",
    "\ud800",
    [],
    {},
    [None],
    {"type": "text"},
    "none",
    "required",
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    return [path, *(place for name, item in steps for place in places(item, (*path, name)))]


def mutated(chance: random.Random) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(json.dumps(chance.choice(REQUESTS)))
    for _ in range(chance.randint(1, 3)):
        *way, last = chance.choice([place for place in places(body) if place])
        parent: Any = body
        for step in way:
            parent = parent[step]
        if chance.random() < 0.4:
            del parent[last]
        else:
            parent[last] = chance.choice(ODD)
        if not body:
            break
    return {**body, "stream": chance.random() < 0.5}


@pytest.mark.parametrize("seed", range(6))
def test_every_answer_is_read_by_the_types(seed: int, sim_base: str) -> None:
    chance = random.Random(seed)
    statuses = []
    with httpx2.Client(base_url=sim_base, headers={"authorization": "Bearer sim-fuzz"}) as http:
        for _ in range(60):
            body = json.dumps(mutated(chance))
            answer = http.post("/v1/responses", content=body, headers={"content-type": "application/json"})
            statuses.append(answer.status_code)
            if answer.status_code != 200:
                assert answer.status_code in (400, 404), (body, answer.text)
                continue
            if answer.headers["content-type"] == "application/json":
                Response.model_validate_json(answer.text, strict=False)
                continue
            events = [line[6:] for line in answer.text.splitlines() if line.startswith("data: ")]
            for event in events:
                EVENT.validate_json(event)
    assert statuses.count(200) >= 5
    assert statuses.count(400) >= 20
