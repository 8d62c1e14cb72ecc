"""Whatever of a mutated request the simulator answers, OpenAI's own types can read."""

from __future__ import annotations

import copy
import json
import random
from collections import Counter
from typing import Any

import httpx2
from openai.types import Completion, CreateEmbeddingResponse, ImagesResponse, ModerationCreateResponse
from openai.types.chat import ChatCompletion, ChatCompletionChunk
from pydantic import BaseModel

SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
FUNCTION = {"name": "look_up", "parameters": SCHEMA}
USER = {"role": "user", "content": "Tell me about lighthouses, as JSON."}
CALL = {"id": "c", "type": "function", "function": {"name": "look_up", "arguments": "{}"}}
REQUESTS: dict[str, list[dict[str, Any]]] = {
    "/v1/chat/completions": [
        {
            "model": "gpt-4o-mini",
            "messages": [{"role": "system", "content": "Be brief."}, USER],
            "n": 2,
            "stop": ["x"],
            "logprobs": True,
            "top_logprobs": 2,
            "max_tokens": 20,
            "metadata": {"a": "b"},
            "service_tier": "auto",
            "response_format": {"type": "json_object"},
        },
        {
            "model": "gpt-4o",
            "messages": [
                USER,
                {"role": "assistant", "tool_calls": [CALL]},
                {"role": "tool", "tool_call_id": "c", "content": "4"},
                USER,
            ],
            "tools": [
                {"type": "function", "function": FUNCTION},
                {"type": "custom", "custom": {"name": "run"}},
            ],
            "tool_choice": "required",
            "stream": True,
            "stream_options": {"include_usage": True},
        },
        {
            "model": "gpt-5-nano",
            "messages": [USER],
            "reasoning_effort": "low",
            "verbosity": "low",
            "stream": True,
        },
        {
            "model": "gpt-3.5-turbo",
            "messages": [USER],
            "functions": [FUNCTION],
            "function_call": {"name": "look_up"},
        },
    ],
    "/v1/completions": [
        {
            "model": "gpt-3.5-turbo-instruct",
            "prompt": ["a", "b"],
            "n": 2,
            "best_of": 2,
            "echo": True,
            "logprobs": 2,
        }
    ],
    "/v1/embeddings": [
        {
            "model": "text-embedding-3-small",
            "input": ["a", "b"],
            "dimensions": 8,
            "encoding_format": "float",
            "user": "u",
        }
    ],
    "/v1/moderations": [{"input": ["a", "b"], "model": "omni-moderation-latest"}],
    "/v1/images/generations": [
        {"prompt": "a", "model": "gpt-image-1", "size": "1024x1024", "quality": "low", "n": 2}
    ],
}
ANSWERS: dict[str, type[BaseModel]] = {
    "/v1/chat/completions": ChatCompletion,
    "/v1/completions": Completion,
    "/v1/embeddings": CreateEmbeddingResponse,
    "/v1/moderations": ModerationCreateResponse,
    "/v1/images/generations": ImagesResponse,
}
ODD = [
    None,
    True,
    False,
    0,
    1,
    2,
    -1,
    1.5,
    10**12,
    "",
    "auto",
    "low",
    "none",
    "😀",
    "\ud800",
    "a" * 200,
    [],
    {},
    ["a"],
    {"type": "text"},
]
EACH = 60


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []
    found = [place for name, item in steps for place in places(item, (*path, name))]
    return [path, *found] if path else found


def mutated(request: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    body = copy.deepcopy(request)
    *way, last = chance.choice(places(body))
    parent: Any = body
    for step in way:
        parent = parent[step]
    if chance.random() < 0.4:
        del parent[last]
    else:
        parent[last] = copy.deepcopy(chance.choice(ODD))
    return body


def parsed(answer: httpx2.Response, path: str) -> None:
    if answer.headers["content-type"].startswith("text/event-stream"):
        *frames, done = answer.text.removesuffix("\n\n").split("\n\n")
        assert done == "data: [DONE]"
        for frame in frames:
            ChatCompletionChunk.model_validate(json.loads(frame.removeprefix("data: ")))
    else:
        ANSWERS[path].model_validate(answer.json())


def test_every_answer_to_a_mutated_request_is_parsed(sim_base: str) -> None:
    chance = random.Random(11)
    statuses: Counter[int] = Counter()
    with httpx2.Client(base_url=sim_base, headers={"authorization": "Bearer k"}, timeout=60) as client:
        for path, requests in REQUESTS.items():
            for request in requests:
                for _ in range(EACH):
                    body = mutated(request, chance)
                    if path == "/v1/embeddings" and body.get("encoding_format") != "float":
                        continue  # base64 is decoded by the client after the check
                    # As ASCII, so that a lone surrogate can be sent too.
                    answer = client.post(path, content=json.dumps(body).encode())
                    statuses[answer.status_code] += 1
                    if answer.status_code == 200 and not (path == "/v1/completions" and body.get("stream")):
                        parsed(answer, path)
                    else:
                        assert answer.json()["error"]["message"]
    assert set(statuses) <= {200, 400, 403, 404}
    assert statuses[200] > 100
    assert statuses[400] > 100
