"""Changed requests to Bedrock: each is refused in AWS's form, or its answer fits AWS's service model."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from aws_shapes import client, user
from botocore.exceptions import ClientError
from places import parent_of, places

HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
NOVA = "us.amazon.nova-micro-v1:0"
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"toolSpec": {"name": "get_weather", "description": "Weather", "inputSchema": {"json": SCHEMA}}}
USE = {"toolUse": {"toolUseId": "t1", "name": "get_weather", "input": {"city": "Paris"}}}
RESULT = {"toolResult": {"toolUseId": "t1", "content": [{"text": "18 degrees"}], "status": "success"}}
REQUEST: dict[str, Any] = {
    "system": [{"text": "Be brief."}],
    "messages": [
        user("What is the weather in Paris?"),
        {"role": "assistant", "content": [{"text": "I will look."}, USE]},
        user(RESULT, "And in Oslo?"),
    ],
    "toolConfig": {"tools": [TOOL], "toolChoice": {"auto": {}}},
    "inferenceConfig": {"maxTokens": 2000, "temperature": 1, "stopSequences": ["x"]},
    "additionalModelResponseFieldPaths": ["/stop_sequence"],
    "serviceTier": {"type": "default"},
}
# What boto3 can still put into a request.
ODD = ("", " ", "x", "user", "any", 0, -1, 1, 3.5, 10**9)


def mutated(chance: random.Random) -> dict[str, Any]:
    """The request with one or two values dropped, doubled, or replaced by another of their type."""
    body = copy.deepcopy(REQUEST)
    for _ in range(chance.choice((1, 2))):
        path = chance.choice([place for place in places(body) if place])
        parent, last = parent_of(body, path), path[-1]
        old = parent[last]
        kind = chance.choice(("drop", "replace", "double"))
        if kind == "replace" and isinstance(old, (str, int, float)):
            parent[last] = chance.choice([one for one in ODD if isinstance(one, type(old))])
        elif kind == "double" and isinstance(parent, list):
            parent.append(copy.deepcopy(old))
        else:
            del parent[last]
    return body


@pytest.mark.parametrize("model", [HAIKU, NOVA])
def test_a_changed_request(model: str, sim_base: str) -> None:
    bedrock = client(sim_base, validate=False)
    chance = random.Random(5)
    answered = 0
    refused = []
    for _ in range(150):
        request = mutated(chance)
        try:
            bedrock.converse(modelId=model, **request)
            list(bedrock.converse_stream(modelId=model, **request)["stream"])
            answered += 1
        except ClientError as error:
            refused.append(error.response["Error"])
    bedrock.close()
    assert answered > 20
    assert len(refused) > 20
    assert {error["Code"] for error in refused} <= {"ValidationException", "SerializationException"}
    assert all(error["Message"] for error in refused)
