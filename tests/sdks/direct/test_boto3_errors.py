"""What Bedrock refuses, in its own words; boto3 raises each as the exception of AWS's service model."""

from __future__ import annotations

from typing import Any

import pytest
from aws_shapes import client, png, user

HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
NOVA = "us.amazon.nova-micro-v1:0"
LLAMA = "us.meta.llama3-1-8b-instruct-v1:0"
ASK = [user("What is the capital of France?")]
TOOL = {"toolSpec": {"name": "add", "inputSchema": {"json": {"type": "object"}}}}
TOOLS = {"tools": [TOOL]}


@pytest.fixture(scope="module")
def bedrock(sim_base: str) -> Any:
    return client(sim_base, validate=False)


def use(call_id: str) -> dict[str, Any]:
    return {"toolUse": {"toolUseId": call_id, "name": "add", "input": {}}}


def result(call_id: str) -> dict[str, Any]:
    return {"toolResult": {"toolUseId": call_id, "content": [{"text": "2"}]}}


def assistant(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"role": "assistant", "content": list(blocks)}


def schema(text: str) -> dict[str, Any]:
    return {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": text}}}}


def thinking(**more: Any) -> dict[str, Any]:
    return {"additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 1024}}, **more}


INVALID: dict[str, tuple[str, dict[str, Any], str]] = {
    "no message": (NOVA, {"messages": []}, "must start with a user message"),
    "the assistant first": (
        NOVA,
        {"messages": [assistant({"text": "Hi"})]},
        "must start with a user message",
    ),
    "two users": (NOVA, {"messages": [*ASK, *ASK]}, "must alternate between user and assistant roles"),
    "a prefill": (NOVA, {"messages": [*ASK, assistant({"text": "It is"})]}, "must end with a user message"),
    "no content": (
        NOVA,
        {"messages": [{"role": "user", "content": []}]},
        "The content field in the Message object at messages.0 is empty",
    ),
    "blank text": (
        NOVA,
        {"messages": [user("Hello", "  ")]},
        "The text field in the ContentBlock object at messages.0.content.1 is blank",
    ),
    "two members": (
        HAIKU,
        {"messages": [user({"text": "a", "cachePoint": {"type": "default"}})]},
        "messages.0.content.0 is a union",
    ),
    "tools without a declaration": (
        NOVA,
        {"messages": [*ASK, assistant(use("t1")), user(result("t1"))]},
        "The toolConfig field must be defined when using toolUse and toolResult content blocks.",
    ),
    "no result": (
        NOVA,
        {"messages": [*ASK, assistant(use("t1"), use("t2")), user(result("t2"))], "toolConfig": TOOLS},
        "Expected toolResult blocks at messages.2.content for the following Ids: t1",
    ),
    "a result too many": (
        NOVA,
        {"messages": [*ASK, assistant(use("t1")), user(result("t1"), result("t9"))], "toolConfig": TOOLS},
        "The number of toolResult blocks at messages.2.content exceeds the number of toolUse blocks",
    ),
    "an orphan": (
        NOVA,
        {"messages": [user(result("t1"))], "toolConfig": TOOLS},
        "The number of toolResult blocks at messages.0.content exceeds",
    ),
    "the same id twice": (
        NOVA,
        {"messages": [*ASK, assistant(use("t1"), use("t1")), user(result("t1"))], "toolConfig": TOOLS},
        "messages.1.content contain duplicate Ids: t1",
    ),
    "temperature": (
        NOVA,
        {"messages": ASK, "inferenceConfig": {"temperature": 5}},
        "1 validation error detected: Value '5' at 'inferenceConfig.temperature' failed to satisfy "
        "constraint: Member must have value less than or equal to 1",
    ),
    "a negative top p": (
        NOVA,
        {"messages": ASK, "inferenceConfig": {"topP": -0.5}},
        "Member must have value greater than or equal to 0",
    ),
    "both temperature and top p": (
        HAIKU,
        {"messages": ASK, "inferenceConfig": {"temperature": 0.5, "topP": 0.5}},
        "`temperature` and `top_p` cannot both be specified for this model",
    ),
    "no token": (NOVA, {"messages": ASK, "inferenceConfig": {"maxTokens": 0}}, "'inferenceConfig.maxTokens'"),
    "too many tokens": (
        NOVA,
        {"messages": ASK, "inferenceConfig": {"maxTokens": 100_000}},
        "The maximum tokens you requested exceeds the model limit of 10000",
    ),
    "an empty stop": (
        NOVA,
        {"messages": ASK, "inferenceConfig": {"stopSequences": [""]}},
        "Value '' at 'inferenceConfig.stopSequences.1.member' failed",
    ),
    "a role": (
        NOVA,
        {"messages": [{"role": "robot", "content": [{"text": "a"}]}]},
        "Value 'robot' at 'messages.1.member.role' failed to satisfy constraint: "
        "Member must satisfy enum value set: [user, assistant]",
    ),
    "a tool's name": (
        NOVA,
        {"messages": ASK, "toolConfig": {"tools": [{"toolSpec": {**TOOL["toolSpec"], "name": "a b"}}]}},
        "at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+",
    ),
    "a tool's schema": (
        NOVA,
        {
            "messages": ASK,
            "toolConfig": {
                "tools": [{"toolSpec": {"name": "a", "inputSchema": {"json": {"type": "array"}}}}]
            },
        },
        "toolConfig.tools.0.toolSpec.inputSchema.json.type must be one of the following: object.",
    ),
    "no tool": (NOVA, {"messages": ASK, "toolConfig": {"tools": []}}, "greater than or equal to 1"),
    "any of Llama": (
        LLAMA,
        {"messages": ASK, "toolConfig": {**TOOLS, "toolChoice": {"any": {}}}},
        "This model doesn't support the toolConfig.toolChoice.any field. Remove toolConfig.toolChoice.any",
    ),
    "tools of Llama 2": (
        "meta.llama2-13b-chat-v1",
        {"messages": ASK, "toolConfig": TOOLS},
        "This model doesn't support tool use.",
    ),
    "a schema of Nova": (
        NOVA,
        {"messages": ASK, "outputConfig": schema('{"type":"object"}')},
        "This model doesn't support the outputConfig field. Remove outputConfig and try again.",
    ),
    "an open schema": (
        HAIKU,
        {"messages": ASK, "outputConfig": schema('{"type":"object","properties":{}}')},
        "For 'object' type, 'additionalProperties' must be explicitly set to false",
    ),
    "a schema that is none": (HAIKU, {"messages": ASK, "outputConfig": schema("{")}, "is not a JSON object"),
    "an image of Nova Micro": (
        NOVA,
        {"messages": [user("?", {"image": {"format": "png", "source": {"bytes": png(8, 8)}}})]},
        "This model doesn't support the image content block",
    ),
    "an image of another kind": (
        HAIKU,
        {"messages": [user("?", {"image": {"format": "jpeg", "source": {"bytes": png(8, 8)}}})]},
        "The image was specified using the image/jpeg media type, but the image appears to be a image/png",
    ),
    "a document of Nova Micro": (
        NOVA,
        {"messages": [user("?", {"document": {"format": "txt", "name": "a", "source": {"bytes": b"a"}}})]},
        "This model doesn't support documents.",
    ),
    "a document's name": (
        HAIKU,
        {
            "messages": [
                user("?", {"document": {"format": "txt", "name": "a.txt", "source": {"bytes": b"a"}}})
            ]
        },
        "The document file name can only contain alphanumeric characters",
    ),
    "a video": (
        "us.amazon.nova-lite-v1:0",
        {"messages": [user("?", {"video": {"format": "mp4", "source": {"bytes": b"a"}}})]},
        "The simulator does not watch videos.",
    ),
    "an unknown additional field": (
        LLAMA,
        {"messages": ASK, "additionalModelRequestFields": {"top_k": 5}},
        "The model returned the following errors: Malformed input request: #: extraneous key [top_k]",
    ),
    "an additional field of Converse": (
        HAIKU,
        {"messages": ASK, "additionalModelRequestFields": {"max_tokens": 5}},
        "The additional field max_tokens conflicts with an existing field.",
    ),
    "a thinking budget that is too small": (
        HAIKU,
        {
            "messages": ASK,
            "additionalModelRequestFields": {"thinking": {"type": "enabled", "budget_tokens": 5}},
        },
        "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024",
    ),
    "a thinking budget without room": (
        HAIKU,
        thinking(messages=ASK, inferenceConfig={"maxTokens": 1000}),
        "`max_tokens` must be greater than `thinking.budget_tokens`.",
    ),
    "thinking and a forced tool": (
        HAIKU,
        thinking(messages=ASK, toolConfig={**TOOLS, "toolChoice": {"any": {}}}),
        "Thinking may not be enabled when tool_choice forces tool use.",
    ),
    "reasoning that Claude has not written": (
        HAIKU,
        {
            "messages": [
                *ASK,
                assistant(
                    {"reasoningContent": {"reasoningText": {"text": "a", "signature": "b"}}},
                    {"text": "Paris"},
                ),
                *ASK,
            ]
        },
        "messages.1.content.0: Invalid `signature` in `thinking` block",
    ),
    "a pointer": (
        HAIKU,
        {"messages": ASK, "additionalModelResponseFieldPaths": ["stop"]},
        "additionalModelResponseFieldPaths.0 is not a JSON pointer",
    ),
    "a guardrail": (
        NOVA,
        {"messages": ASK, "guardrailConfig": {"guardrailIdentifier": "abc", "guardrailVersion": "1"}},
        "guardrailConfig: The guardrail identifier or version provided in the request does not exist",
    ),
    "prompt variables": (NOVA, {"messages": ASK, "promptVariables": {"a": {"text": "b"}}}, "promptVariables"),
    "metadata": (NOVA, {"messages": ASK, "requestMetadata": {"a": "b" * 257}}, "'requestMetadata.a'"),
}


@pytest.mark.parametrize("name", INVALID)
def test_an_invalid_request(name: str, bedrock: Any) -> None:
    model, request, words = INVALID[name]
    for call in (bedrock.converse, bedrock.converse_stream):
        with pytest.raises(bedrock.exceptions.ValidationException) as error:
            call(modelId=model, **request)
        assert words in error.value.response["Error"]["Message"]
        assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_an_unknown_model(bedrock: Any) -> None:
    with pytest.raises(
        bedrock.exceptions.ValidationException, match="The provided model identifier is invalid"
    ):
        bedrock.converse(modelId="anthropic.claude-99", messages=ASK)


def test_a_cache_point_for_a_model_without_a_cache(bedrock: Any) -> None:
    with pytest.raises(bedrock.exceptions.AccessDeniedException, match="did not allow prompt caching"):
        bedrock.converse(modelId=LLAMA, messages=[user("a", {"cachePoint": {"type": "default"}})])


def test_a_prompt_that_is_too_long(bedrock: Any) -> None:
    with pytest.raises(bedrock.exceptions.ValidationException, match="Input is too long for requested model"):
        bedrock.converse(modelId="meta.llama2-13b-chat-v1", messages=[user("word " * 5_000)])


def test_a_wrong_key(sim_base: str) -> None:
    wrong = client(sim_base, key="wrong-key")
    with pytest.raises(wrong.exceptions.ClientError) as error:
        wrong.converse(modelId=NOVA, messages=ASK)
    assert error.value.response["Error"]["Code"] == "UnrecognizedClientException"
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_what_is_no_part_of_the_simulation_says_so(bedrock: Any) -> None:
    with pytest.raises(bedrock.exceptions.ValidationException, match="The simulator has no guardrails"):
        bedrock.apply_guardrail(
            guardrailIdentifier="a", guardrailVersion="1", source="INPUT", content=[{"text": {"text": "a"}}]
        )
    with pytest.raises(bedrock.exceptions.ValidationException, match="no asynchronous invocations"):
        bedrock.start_async_invoke(
            modelId="amazon.nova-reel-v1:0",
            modelInput={},
            outputDataConfig={"s3OutputDataConfig": {"s3Uri": "s3://bucket"}},
        )
    with pytest.raises(bedrock.exceptions.ValidationException, match="no asynchronous invocations"):
        bedrock.list_async_invokes()
