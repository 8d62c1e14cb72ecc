"""boto3 through the gateway's Bedrock pass-through, which takes the gateway's model names and its keys."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
from aws_shapes import client, user
from gateway_models import added_bedrock_model

# With the prefix bedrock/converse/ LiteLLM would put "converse" into the path as a part of the model's name.
MODELS = ("bedrock/us.amazon.nova-micro-v1:0", "bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0")


@pytest.fixture(scope="module")
def bedrock(gateway_url: str) -> Iterator[Any]:
    made = client(f"{gateway_url}/bedrock")

    def sign(request: Any, **_: Any) -> None:
        request.headers["Authorization"] = f"Bearer {os.environ['LITELLM_MASTER_KEY']}"

    made.meta.events.register("before-send.bedrock-runtime", sign)
    yield made
    made.close()


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest, gateway_url: str) -> Iterator[str]:
    with added_bedrock_model(gateway_url, request.param) as name:
        yield name


def test_converse(model: str, bedrock: Any) -> None:
    answer = bedrock.converse(modelId=model, messages=[user("What is the capital of France?")])
    assert "Paris" in answer["output"]["message"]["content"][0]["text"]
    assert answer["usage"]["totalTokens"] > 0


def test_converse_stream(model: str, bedrock: Any) -> None:
    stream = bedrock.converse_stream(modelId=model, messages=[user("What is the capital of France?")])[
        "stream"
    ]
    found = list(stream)
    text = "".join(
        event["contentBlockDelta"]["delta"]["text"] for event in found if "contentBlockDelta" in event
    )
    assert "Paris" in text
    assert found[-1]["metadata"]["usage"]["outputTokens"] > 0


def test_a_tool_is_called(model: str, bedrock: Any) -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tool = {"name": "get_weather", "description": "The weather in a city", "inputSchema": {"json": schema}}
    answer = bedrock.converse(
        modelId=model,
        messages=[user("What is the weather in Oslo?")],
        toolConfig={"tools": [{"toolSpec": tool}]},
    )
    (block,) = answer["output"]["message"]["content"]
    assert block["toolUse"]["input"] == {"city": "Oslo"}


def test_invoke_model(gateway_url: str, bedrock: Any) -> None:
    body = json.dumps({"messages": [user("What is the capital of France?")]})
    with added_bedrock_model(gateway_url, MODELS[0]) as name:
        answer = bedrock.invoke_model(modelId=name, body=body)
    assert "Paris" in answer["body"].read().decode()
