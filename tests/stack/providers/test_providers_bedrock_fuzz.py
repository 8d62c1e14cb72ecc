"""Broken and strange requests to Bedrock: never a 5xx, and always AWS's form of an error or of an answer."""

from __future__ import annotations

import base64
import json
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import mutated

from gateway_kit.gateway.providers import Providers

HEADERS = {"authorization": "AWS4-HMAC-SHA256 Credential=sim-fuzz/20260101/us-east-1/bedrock/aws4_request"}
HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
NOVA = "us.amazon.nova-lite-v1:0"
LLAMA = "us.meta.llama3-1-8b-instruct-v1:0"
GIF = base64.b64encode(b"GIF89a\x08\x00\x08\x00\x00\x00\x00").decode()
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "array", "items": {"type": "integer"}}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOLS = {
    "tools": [
        {"toolSpec": {"name": "get_weather", "description": "Weather", "inputSchema": {"json": SCHEMA}}},
        {"cachePoint": {"type": "default"}},
    ],
    "toolChoice": {"auto": {}},
}
USE = {"toolUse": {"toolUseId": "t1", "name": "get_weather", "input": {"city": "Paris"}}}
RESULT = {"toolResult": {"toolUseId": "t1", "status": "success", "content": [{"json": {"sky": "blue"}}]}}
CONVERSE: list[dict[str, Any]] = [
    {
        "system": [{"text": "Be brief."}, {"cachePoint": {"type": "default"}}],
        "messages": [{"role": "user", "content": [{"text": "What is the capital of France?"}]}],
        "inferenceConfig": {"maxTokens": 50, "temperature": 0.5, "stopSequences": ["x"]},
        "additionalModelResponseFieldPaths": ["/stop_sequence", "/usage/output_tokens"],
        "requestMetadata": {"a": "b"},
        "performanceConfig": {"latency": "standard"},
        "serviceTier": {"type": "default"},
    },
    {
        "messages": [
            {"role": "user", "content": [{"text": "What is the weather in Paris?"}]},
            {"role": "assistant", "content": [{"text": "I will look."}, USE]},
            {"role": "user", "content": [RESULT]},
        ],
        "toolConfig": TOOLS,
    },
    {
        "messages": [
            {
                "role": "user",
                "content": [
                    {"text": "Compare."},
                    {"image": {"format": "gif", "source": {"bytes": GIF}}},
                    {"document": {"format": "txt", "name": "a b", "source": {"bytes": "YSBi"}}},
                    {"guardContent": {"text": {"text": "c", "qualifiers": ["query"]}}},
                    {"citationsContent": {"content": [{"text": "d"}], "citations": []}},
                ],
            }
        ],
        "inferenceConfig": {"maxTokens": 4000},
        "additionalModelRequestFields": {
            "thinking": {"type": "enabled", "budget_tokens": 1024},
            "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
        },
    },
    {
        "messages": [{"role": "user", "content": [{"text": "Who is Ada?"}]}],
        "outputConfig": {
            "textFormat": {
                "type": "json_schema",
                "structure": {"jsonSchema": {"name": "a", "schema": json.dumps(SCHEMA)}},
            }
        },
    },
]
BODIES: dict[str, list[dict[str, Any]]] = {
    f"{HAIKU}/invoke": [
        {
            "anthropic_version": "bedrock-2023-05-31",
            "max_tokens": 50,
            "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
        }
    ],
    f"{NOVA}/invoke": [
        {
            "schemaVersion": "messages-v1",
            "messages": [{"role": "user", "content": [{"text": "Hello"}]}],
            "inferenceConfig": {"maxTokens": 9, "topK": 3},
            "toolConfig": TOOLS,
        }
    ],
    f"{LLAMA}/invoke": [{"prompt": "[INST]Hello[/INST]", "max_gen_len": 9, "temperature": 0.5}],
    "cohere.command-r-v1:0/invoke": [
        {"message": "Hello", "chat_history": [{"role": "USER", "message": "a"}], "p": 0.5}
    ],
    "amazon.titan-embed-text-v2:0/invoke": [
        {"inputText": "a", "dimensions": 256, "normalize": True, "embeddingTypes": ["float"]}
    ],
    "us.cohere.embed-v4:0/invoke": [
        {
            "texts": ["a", "b"],
            "input_type": "clustering",
            "embedding_types": ["int8"],
            "output_dimension": 256,
        }
    ],
    f"{HAIKU}/count-tokens": [{"input": {"converse": {**CONVERSE[1]}}}],
}
QUIET = settings(
    derandomize=True,
    max_examples=250,
)


def check(http: httpx.Client, url: str, path: str, body: dict[str, Any]) -> None:
    model, operation = path.rsplit("/", 1)
    answer = http.post(
        f"{url}/model/{quote(model, safe='')}/{operation}",
        content=json.dumps(body).encode("utf-8", "surrogatepass"),
        headers={**HEADERS, "content-type": "application/json"},
    )
    assert answer.status_code in (200, 400, 403), answer.text
    if answer.status_code == 200:
        assert answer.content
        return
    assert answer.json().keys() == {"message"}
    assert isinstance(answer.json()["message"], str)
    assert answer.headers["x-amzn-errortype"].endswith("Exception")


@QUIET
@given(
    st.sampled_from([HAIKU, NOVA, LLAMA]), st.sampled_from(["converse", "converse-stream"]), mutated(CONVERSE)
)
def test_converse(
    quick: Providers, http: httpx.Client, model: str, operation: str, body: dict[str, Any]
) -> None:
    check(http, quick.url, f"{model}/{operation}", body)


@pytest.mark.parametrize("path", BODIES)
def test_the_requests_that_are_changed_are_valid(path: str, quick: Providers, http: httpx.Client) -> None:
    for body in BODIES[path]:
        model, operation = path.rsplit("/", 1)
        answer = http.post(
            f"{quick.url}/model/{quote(model, safe='')}/{operation}", json=body, headers=HEADERS
        )
        assert answer.status_code == 200, answer.text
    for body in CONVERSE:
        assert http.post(f"{quick.url}/model/{HAIKU}/converse", json=body, headers=HEADERS).status_code == 200


@settings(QUIET, max_examples=60)
@pytest.mark.parametrize("path", BODIES)
@given(st.data())
def test_invoke_and_count(quick: Providers, http: httpx.Client, path: str, data: st.DataObject) -> None:
    check(http, quick.url, path, data.draw(mutated(BODIES[path])))
