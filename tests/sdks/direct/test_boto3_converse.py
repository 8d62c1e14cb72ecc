"""Tasks of AWS's Converse examples, with boto3; each answer is held against AWS's service model."""

from __future__ import annotations

import json
from typing import Any

import pytest
from aws_shapes import client, png, user

HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
NOVA = "us.amazon.nova-micro-v1:0"
NOVA_LITE = "us.amazon.nova-lite-v1:0"
LLAMA = "us.meta.llama3-1-8b-instruct-v1:0"
MISTRAL = "mistral.mistral-large-2402-v1:0"
COMMAND_R = "cohere.command-r-v1:0"
EVERY = (HAIKU, NOVA, NOVA_LITE, LLAMA, MISTRAL, COMMAND_R, "meta.llama3-8b-instruct-v1:0")
WEATHER = {
    "toolSpec": {
        "name": "get_weather",
        "description": "The weather in a city now",
        "inputSchema": {
            "json": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
        },
    }
}
PERSON = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name", "age"],
    "additionalProperties": False,
}


@pytest.fixture(scope="module")
def bedrock(sim_base: str) -> Any:
    return client(sim_base)


def text_of(answer: dict[str, Any]) -> str:
    return "".join(block.get("text", "") for block in answer["output"]["message"]["content"])


@pytest.mark.parametrize("model", EVERY)
def test_a_question(model: str, bedrock: Any) -> None:
    answer = bedrock.converse(
        modelId=model,
        messages=[user("What is the capital of France?")],
        inferenceConfig={"maxTokens": 512, "temperature": 0.5},
    )
    assert "Paris" in text_of(answer)
    assert answer["stopReason"] == "end_turn"
    usage = answer["usage"]
    assert usage["inputTokens"] + usage["outputTokens"] == usage["totalTokens"]


def test_a_prompt_that_nobody_knows(bedrock: Any) -> None:
    answer = bedrock.converse(modelId=NOVA, messages=[user("Write two sentences on the mating of snails.")])
    assert text_of(answer)
    assert answer["ResponseMetadata"]["HTTPHeaders"]["x-simulated"] == "made_up"
    assert answer["ResponseMetadata"]["RequestId"]


def test_a_conversation_with_a_system_prompt(bedrock: Any) -> None:
    short = bedrock.converse(modelId=HAIKU, messages=[user("What is the capital of France?")])
    answer = bedrock.converse(
        modelId=HAIKU,
        system=[{"text": "You answer in one word."}, {"cachePoint": {"type": "default"}}],
        messages=[
            user("What is the capital of Japan?"),
            {"role": "assistant", "content": [{"text": "Tokyo"}]},
            user("What is the capital of France?", {"cachePoint": {"type": "default"}}),
        ],
    )
    assert "Paris" in text_of(answer)
    assert answer["usage"]["inputTokens"] > short["usage"]["inputTokens"]


def test_a_cache_point(bedrock: Any) -> None:
    def usage(question: str) -> dict[str, int]:
        system = [{"text": "A rule of the house. " * 1_000}, {"cachePoint": {"type": "default", "ttl": "1h"}}]
        answer = bedrock.converse(modelId=HAIKU, system=system, messages=[user(question)])
        return dict(answer["usage"])

    first, second = usage("What is the capital of France?"), usage("What is the capital of Japan?")
    assert first["cacheWriteInputTokens"] > 4_096
    assert first["cacheDetails"] == [{"ttl": "1h", "inputTokens": first["cacheWriteInputTokens"]}]
    assert second["cacheReadInputTokens"] == first["cacheWriteInputTokens"]
    assert second["inputTokens"] < 100
    assert second["totalTokens"] == sum(
        second[name] for name in ("inputTokens", "outputTokens", "cacheReadInputTokens")
    )


def test_the_limit_of_tokens(bedrock: Any) -> None:
    answer = bedrock.converse(
        modelId=NOVA, messages=[user("Write a long story.")], inferenceConfig={"maxTokens": 7}
    )
    assert (answer["stopReason"], answer["usage"]["outputTokens"]) == ("max_tokens", 7)


def test_a_stop_sequence_and_the_models_own_field_for_it(bedrock: Any) -> None:
    answer = bedrock.converse(
        modelId=HAIKU,
        messages=[user("What is the capital of France?")],
        inferenceConfig={"stopSequences": ["Paris"]},
        additionalModelResponseFieldPaths=["/stop_sequence", "/usage/output_tokens", "/nothing/here"],
    )
    assert answer["stopReason"] == "stop_sequence"
    assert "Paris" not in text_of(answer)
    own = answer["additionalModelResponseFields"]
    assert own["stop_sequence"] == "Paris"
    assert own["usage"] == {"output_tokens": answer["usage"]["outputTokens"]}


@pytest.mark.parametrize("model", [HAIKU, NOVA, LLAMA, MISTRAL, COMMAND_R])
def test_a_tool_is_called_and_its_result_told(model: str, bedrock: Any) -> None:
    messages = [user("What is the weather in Oslo?")]
    tools = {"tools": [WEATHER]}
    first = bedrock.converse(modelId=model, messages=messages, toolConfig=tools)
    assert first["stopReason"] == "tool_use"
    message = first["output"]["message"]
    (call,) = [block["toolUse"] for block in message["content"] if "toolUse" in block]
    assert (call["name"], call["input"]) == ("get_weather", {"city": "Oslo"})
    result = {
        "toolUseId": call["toolUseId"],
        "content": [{"json": {"temperature_c": 4, "sky": "snowy"}}],
        "status": "success",
    }
    messages += [message, user({"toolResult": result})]
    second = bedrock.converse(modelId=model, messages=messages, toolConfig=tools)
    assert second["stopReason"] == "end_turn"
    assert "snowy" in text_of(second)


def test_two_tools_at_once_and_one_at_a_time(bedrock: Any) -> None:
    messages = [user("What is the weather in Paris and Tokyo?")]

    def cities(**more: Any) -> list[str]:
        answer = bedrock.converse(modelId=HAIKU, messages=messages, toolConfig={"tools": [WEATHER]}, **more)
        return [
            b["toolUse"]["input"]["city"] for b in answer["output"]["message"]["content"] if "toolUse" in b
        ]

    assert cities() == ["Paris", "Tokyo"]
    single = {"tool_choice": {"type": "auto", "disable_parallel_tool_use": True}}
    assert cities(additionalModelRequestFields=single) == ["Paris"]


@pytest.mark.parametrize("choice", [{"any": {}}, {"tool": {"name": "get_weather"}}])
def test_a_forced_tool(choice: dict[str, Any], bedrock: Any) -> None:
    answer = bedrock.converse(
        modelId=NOVA,
        messages=[user("Tell me something.")],
        toolConfig={"tools": [WEATHER], "toolChoice": choice},
    )
    (block,) = answer["output"]["message"]["content"]
    assert block["toolUse"]["name"] == "get_weather"
    assert isinstance(block["toolUse"]["input"]["city"], str)


@pytest.mark.parametrize("model", [HAIKU, MISTRAL])
@pytest.mark.parametrize("prompt", ["What is the capital of France?", "Ada is 36 years old. Who is she?"])
def test_an_answer_in_a_schemas_form(model: str, prompt: str, bedrock: Any) -> None:
    definition = {"name": "person", "schema": json.dumps(PERSON)}
    answer = bedrock.converse(
        modelId=model,
        messages=[user(prompt)],
        outputConfig={"textFormat": {"type": "json_schema", "structure": {"jsonSchema": definition}}},
    )
    person = json.loads(text_of(answer))
    assert person.keys() == {"name", "age"}
    assert isinstance(person["age"], int)


@pytest.mark.parametrize("model", [LLAMA, NOVA])
@pytest.mark.parametrize("others", [[], [WEATHER]])
def test_a_schema_by_the_tool_that_libraries_use(model: str, others: list[Any], bedrock: Any) -> None:
    tool = {"toolSpec": {"name": "json_tool_call", "inputSchema": {"json": PERSON}}}
    answer = bedrock.converse(
        modelId=model,
        messages=[user("What is the capital of France?")],
        toolConfig={"tools": [*others, tool]},
    )
    (block,) = answer["output"]["message"]["content"]
    assert block["toolUse"]["name"] == "json_tool_call"
    assert block["toolUse"]["input"].keys() == {"name", "age"}
    assert answer["stopReason"] == "tool_use"


def test_claude_thinks(bedrock: Any) -> None:
    answer = bedrock.converse(
        modelId=HAIKU,
        messages=[user("How many days has a leap year?")],
        inferenceConfig={"maxTokens": 4096},
        additionalModelRequestFields={"thinking": {"type": "enabled", "budget_tokens": 1024}},
        additionalModelResponseFieldPaths=["/usage/output_tokens_details"],
    )
    thought, said = answer["output"]["message"]["content"]
    assert thought["reasoningContent"]["reasoningText"]["text"]
    assert thought["reasoningContent"]["reasoningText"]["signature"]
    assert said["text"]
    details = answer["additionalModelResponseFields"]["usage"]["output_tokens_details"]
    assert 0 < details["thinking_tokens"] < answer["usage"]["outputTokens"]
    again = bedrock.converse(
        modelId=HAIKU, messages=[user("Hello"), answer["output"]["message"], user("And an ordinary one?")]
    )
    assert text_of(again)


@pytest.mark.parametrize("model", ["us.deepseek.r1-v1:0", "openai.gpt-oss-20b-1:0"])
def test_a_model_that_always_thinks(model: str, bedrock: Any) -> None:
    answer = bedrock.converse(modelId=model, messages=[user("How many days has a leap year?")])
    thought, said = answer["output"]["message"]["content"]
    assert thought["reasoningContent"]["reasoningText"].keys() == {"text"}
    assert said["text"]


def test_nova_2_thinks_when_it_is_asked_to(bedrock: Any) -> None:
    def kinds(**config: str) -> list[str]:
        answer = bedrock.converse(
            modelId="global.amazon.nova-2-lite-v1:0",
            messages=[user("How many days has a leap year?")],
            additionalModelRequestFields={"reasoningConfig": config},
        )
        return [next(iter(block)) for block in answer["output"]["message"]["content"]]

    assert kinds(type="enabled", maxReasoningEffort="low") == ["reasoningContent", "text"]
    assert kinds(type="disabled") == ["text"]


def test_an_image_is_counted_by_its_size(bedrock: Any) -> None:
    def tokens(width: int) -> int:
        image = {"image": {"format": "png", "source": {"bytes": png(width, 600)}}}
        answer = bedrock.converse(modelId=HAIKU, messages=[user("What is on this picture?", image)])
        return int(answer["usage"]["inputTokens"])

    assert tokens(1000) - tokens(500) == 400


def test_a_document_is_counted(bedrock: Any) -> None:
    def tokens(text: str) -> int:
        document = {"format": "txt", "name": "My report (1)", "source": {"bytes": text.encode()}}
        answer = bedrock.converse(modelId=NOVA_LITE, messages=[user("Sum this up.", {"document": document})])
        return int(answer["usage"]["inputTokens"])

    assert tokens("word " * 400) - tokens("word " * 100) == 300


def test_what_is_echoed(bedrock: Any) -> None:
    answer = bedrock.converse(
        modelId=NOVA,
        messages=[user("ping")],
        performanceConfig={"latency": "optimized"},
        serviceTier={"type": "flex"},
        requestMetadata={"team": "lessons"},
    )
    assert answer["performanceConfig"] == {"latency": "optimized"}
    assert answer["serviceTier"] == {"type": "flex"}


@pytest.mark.parametrize(
    "name",
    [
        "meta.llama3-1-8b-instruct-v1:0",
        "eu.meta.llama3-1-8b-instruct-v1:0",
        "apac.meta.llama3-1-8b-instruct-v1:0",
        "arn:aws:bedrock:us-east-1::foundation-model/meta.llama3-1-8b-instruct-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.meta.llama3-1-8b-instruct-v1:0",
    ],
)
def test_every_name_of_a_model(name: str, bedrock: Any) -> None:
    answer = bedrock.converse(modelId=name, messages=[user("What is the capital of France?")])
    expected = bedrock.converse(modelId=LLAMA, messages=[user("What is the capital of France?")])
    assert text_of(answer) == text_of(expected)


def test_tokens_are_counted_without_an_answer(bedrock: Any) -> None:
    messages = [user("What is the capital of France?")]
    system = [{"text": "You are brief."}]
    answer = bedrock.converse(modelId=HAIKU, messages=messages, system=system)
    counted = bedrock.count_tokens(
        modelId=HAIKU, input={"converse": {"messages": messages, "system": system}}
    )
    assert counted["inputTokens"] == answer["usage"]["inputTokens"]
    body = {
        "anthropic_version": "bedrock-2023-05-31",
        "max_tokens": 10,
        "messages": [{"role": "user", "content": "What is the capital of France?"}],
    }
    counted = bedrock.count_tokens(modelId=HAIKU, input={"invokeModel": {"body": json.dumps(body)}})
    assert 0 < counted["inputTokens"] < answer["usage"]["inputTokens"]


def test_the_control_planes_listings(sim_base: str) -> None:
    control = client(sim_base, "bedrock")
    models = {row["modelId"]: row for row in control.list_foundation_models()["modelSummaries"]}
    assert models["amazon.nova-lite-v1:0"]["inputModalities"] == ["TEXT", "IMAGE"]
    embedding = control.list_foundation_models(byOutputModality="EMBEDDING")["modelSummaries"]
    assert {row["providerName"] for row in embedding} == {"Amazon", "Cohere"}
    one = control.get_foundation_model(modelIdentifier="amazon.nova-lite-v1:0")["modelDetails"]
    assert one["modelArn"] == models["amazon.nova-lite-v1:0"]["modelArn"]
    profiles = control.list_inference_profiles()["inferenceProfileSummaries"]
    assert HAIKU in {row["inferenceProfileId"] for row in profiles}
    assert control.get_inference_profile(inferenceProfileIdentifier=NOVA)["status"] == "ACTIVE"
    with pytest.raises(control.exceptions.ResourceNotFoundException):
        control.get_foundation_model(modelIdentifier="amazon.no-such-model")
