"""InvokeModel with boto3: each vendor's own bodies, and their embeddings."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from aws_shapes import client, user

HAIKU = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
NOVA = "us.amazon.nova-micro-v1:0"
LLAMA = "us.meta.llama3-1-8b-instruct-v1:0"
COMMAND_R = "cohere.command-r-v1:0"
TITAN = "amazon.titan-embed-text-v2:0"
EMBED = "us.cohere.embed-v4:0"
CLAUDE = {
    "anthropic_version": "bedrock-2023-05-31",
    "max_tokens": 200,
    "messages": [{"role": "user", "content": [{"type": "text", "text": "What is the capital of France?"}]}],
}


@pytest.fixture(scope="module")
def bedrock(sim_base: str) -> Any:
    return client(sim_base)


def invoke(bedrock: Any, model: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = bedrock.invoke_model(modelId=model, body=json.dumps(body))
    assert answer["contentType"] == "application/json"
    return dict(json.loads(answer["body"].read()))


def refusal(bedrock: Any, model: str, body: dict[str, Any]) -> str:
    with pytest.raises(bedrock.exceptions.ValidationException) as error:
        bedrock.invoke_model(modelId=model, body=json.dumps(body))
    return str(error.value.response["Error"]["Message"])


def test_claude_answers_as_at_anthropic(bedrock: Any) -> None:
    answer = invoke(bedrock, HAIKU, CLAUDE)
    assert "Paris" in answer["content"][0]["text"]
    assert answer["model"] == "claude-haiku-4-5-20251001"
    assert answer["id"].startswith("msg_bdrk_")
    assert answer["stop_reason"] == "end_turn"


def test_claude_calls_a_tool(bedrock: Any) -> None:
    tool = {
        "name": "get_weather",
        "description": "The weather in a city",
        "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    }
    messages = [{"role": "user", "content": "What is the weather in Oslo?"}]
    answer = invoke(bedrock, HAIKU, {**CLAUDE, "messages": messages, "tools": [tool]})
    (call,) = [block for block in answer["content"] if block["type"] == "tool_use"]
    assert call["input"] == {"city": "Oslo"}
    assert call["id"].startswith("toolu_bdrk_")


def test_claude_in_a_schemas_form(bedrock: Any) -> None:
    schema = {
        "type": "object",
        "properties": {"capital": {"type": "string"}},
        "required": ["capital"],
        "additionalProperties": False,
    }
    form = {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
    assert json.loads(invoke(bedrock, HAIKU, {**CLAUDE, **form})["content"][0]["text"]) == {
        "capital": "Paris"
    }


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"anthropic_version": None}, "anthropic_version: Field required"),
        ({"anthropic_version": "2023-06-01"}, "anthropic_version"),
        ({"max_tokens": None}, "max_tokens: Field required"),
        ({"model": "claude"}, "model: Extra inputs are not permitted"),
    ],
)
def test_a_body_that_claude_refuses(change: dict[str, Any], words: str, bedrock: Any) -> None:
    assert words in refusal(bedrock, HAIKU, {**CLAUDE, **change})


def test_llamas_template_is_read(bedrock: Any) -> None:
    def turn(role: str, text: str) -> str:
        return f"<|start_header_id|>{role}<|end_header_id|>\n\n{text}<|eot_id|>"

    prompt = (
        "<|begin_of_text|>"
        + turn("system", "You are brief.")
        + turn("user", "Hello")
        + turn("assistant", "Hello!")
        + turn("user", "What is the capital of Japan?")
        + "<|start_header_id|>assistant<|end_header_id|>\n\n"
    )
    answer = invoke(bedrock, LLAMA, {"prompt": prompt, "max_gen_len": 512, "temperature": 0.5})
    assert "Tokyo" in answer["generation"]
    assert answer["stop_reason"] == "stop"
    old = "[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nWhat is the capital of Spain? [/INST]"
    assert "Madrid" in invoke(bedrock, "meta.llama2-13b-chat-v1", {"prompt": old})["generation"]
    cut = invoke(bedrock, LLAMA, {"prompt": prompt, "max_gen_len": 1})
    assert (cut["stop_reason"], cut["generation_token_count"]) == ("length", 1)


def test_nova_takes_its_own_settings_and_tools(bedrock: Any) -> None:
    body = {
        "schemaVersion": "messages-v1",
        "system": [{"text": "You are brief."}],
        "messages": [user("What is the weather in Rome?")],
        "inferenceConfig": {"max_new_tokens": 300, "temperature": 0.3, "top_k": 20},
        "toolConfig": {
            "tools": [
                {
                    "toolSpec": {
                        "name": "get_weather",
                        "description": "The weather in a city",
                        "inputSchema": {
                            "json": {"type": "object", "properties": {"city": {"type": "string"}}}
                        },
                    }
                }
            ],
            "toolChoice": {"any": {}},
        },
    }
    answer = invoke(bedrock, NOVA, body)
    (block,) = answer["output"]["message"]["content"]
    assert block["toolUse"]["name"] == "get_weather"
    assert answer["stopReason"] == "tool_use"
    assert answer["usage"]["inputTokens"] > 0


def test_command_r_with_a_history(bedrock: Any) -> None:
    history = [{"role": "USER", "message": "Hello"}, {"role": "CHATBOT", "message": "Hello!"}]
    answer = invoke(
        bedrock, COMMAND_R, {"message": "What is the capital of France?", "chat_history": history}
    )
    assert "Paris" in answer["text"]
    assert answer["finish_reason"] == "COMPLETE"
    assert len(answer["chat_history"]) == 4


@pytest.mark.parametrize(
    ("model", "body", "words"),
    [
        (LLAMA, {}, "#: required key [prompt] not found"),
        (LLAMA, {"prompt": "a", "messages": []}, "#: extraneous key [messages] is not permitted"),
        (LLAMA, {"prompt": "a", "temperature": 5}, "#/temperature: 5 is not less or equal to 1"),
        (LLAMA, {"prompt": 5}, "#/prompt: expected type: String, found: Integer"),
        (NOVA, {"messages": [user("a")], "stream": True}, "#: extraneous key [stream] is not permitted"),
        (COMMAND_R, {"message": "a", "tools": [{}]}, "tools: The simulator's Command R calls no tools"),
        (TITAN, {"inputText": ""}, "#/inputText: expected minLength: 1, actual: 0"),
        (TITAN, {"inputText": "a", "dimensions": 7}, "#/dimensions: 7 is not a valid enum value"),
        ("amazon.titan-embed-text-v1", {"inputText": "a", "dimensions": 256}, "extraneous key [dimensions]"),
        (EMBED, {"texts": [], "input_type": "search_query"}, "#/texts: expected minItems: 1, actual: 0"),
        (EMBED, {"texts": ["a"]}, "#: required key [input_type] not found"),
        ("mistral.mistral-large-2402-v1:0", {"prompt": "a"}, "does not know InvokeModel's body for mistral."),
        ("amazon.nova-canvas-v1:0", {"taskType": "TEXT_IMAGE"}, "makes no images, videos or speech"),
        ("no.such-model", {}, "The provided model identifier is invalid."),
    ],
)
def test_a_body_that_is_refused(model: str, body: dict[str, Any], words: str, bedrock: Any) -> None:
    assert words in refusal(bedrock, model, body)


def test_titans_embeddings(bedrock: Any) -> None:
    body = {"inputText": "A cat", "dimensions": 256, "normalize": True, "embeddingTypes": ["float", "binary"]}
    answer = invoke(bedrock, TITAN, body)
    assert len(answer["embedding"]) == len(answer["embeddingsByType"]["binary"]) == 256
    assert answer["embeddingsByType"]["float"] == answer["embedding"]
    assert math.isclose(math.hypot(*answer["embedding"]), 1, abs_tol=1e-6)
    assert set(answer["embeddingsByType"]["binary"]) == {0, 1}
    first = invoke(bedrock, "amazon.titan-embed-text-v1", {"inputText": "A cat"})
    assert first.keys() == {"embedding", "inputTextTokenCount"}
    assert len(first["embedding"]) == 1536


def likeness(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_coheres_embeddings(bedrock: Any) -> None:
    texts = ["A cat", "A dog", "The stock market"]
    plain = invoke(bedrock, "cohere.embed-english-v3", {"texts": texts, "input_type": "search_document"})
    assert plain["response_type"] == "embeddings_floats"
    cat, dog, market = plain["embeddings"]
    assert likeness(cat, dog) > likeness(cat, market)
    body = {
        "texts": texts,
        "input_type": "clustering",
        "embedding_types": ["float", "int8", "ubinary"],
        "output_dimension": 512,
    }
    typed = invoke(bedrock, EMBED, body)
    assert typed["response_type"] == "embeddings_by_type"
    assert [len(typed["embeddings"][name][2]) for name in ("float", "int8", "ubinary")] == [512, 512, 64]
    whole, small = typed["embeddings"]["float"][0], typed["embeddings"]["int8"][0]
    assert small == [round(value * 127) for value in whole]
    assert all(0 <= value <= 255 for value in typed["embeddings"]["ubinary"][0])


def test_a_guardrail_is_refused(bedrock: Any) -> None:
    with pytest.raises(bedrock.exceptions.ValidationException, match="guardrail"):
        bedrock.invoke_model(
            modelId=LLAMA, body=json.dumps({"prompt": "a"}), guardrailIdentifier="abc", guardrailVersion="1"
        )
